/*
 * What the compiler may know of the host, as a value. Gathering it is the daemon's work
 * (facts/facts_linux.c); a facts file reproduces any host's plan on a laptop (enforcerd -n).
 *
 * Text form, one fact a line, '#' comments:
 *   interface NAME INDEX lan|dialup|loopback
 *   address NAME ADDR/PLEN [BROADCAST]
 *   server dns|wins|dhcp|gateway ADDR
 *   lacks nflog
 */
#ifndef COMPILE_FACTS_H
#define COMPILE_FACTS_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/ip.h"

enum if_kind { IF_LAN, IF_DIALUP, IF_LOOPBACK };

struct fact_if {
	char name[16]; /* IFNAMSIZ */
	unsigned index;
	enum if_kind kind;
};
struct fact_addr {
	struct ip ip;
	uint8_t plen;
	struct ip broadcast; /* family IP_NONE when there is none */
	size_t iface;        /* into facts.ifs */
};
struct fact_server {
	uint8_t kind; /* END_DNS, END_WINS, END_DHCP, END_GATEWAY */
	struct ip ip;
};

/* Owned arrays. All zero is a host without a network. */
struct facts {
	struct fact_if *ifs;
	struct fact_addr *addrs;
	struct fact_server *servers;
	size_t nifs, naddrs, nservers, cap_ifs, cap_addrs, cap_servers;
	bool no_nflog; /* dropped packets cannot be told of here: no such kernel, or its group is taken */
};

struct fact_if *facts_add_if(struct facts *f, const char *name, unsigned index, enum if_kind kind);
/* Duplicates are ignored. */
void facts_add_addr(struct facts *f, const struct fact_addr *a);
void facts_add_server(struct facts *f, uint8_t kind, const struct ip *ip);
/* Canonical order, so that equal hosts compare and print equal. Call once after the last add. */
void facts_sort(struct facts *f);
bool facts_eq(const struct facts *a, const struct facts *b); /* both sorted */
/*
 * LAN or dial-up, by what the kernel tells of a link: `driver` is the kind of a virtual one (rtnetlink's
 * IFLA_INFO_KIND: "ppp", "tun", "veth"; NULL: a device), `type` its ARPHRD_ number. The name decides only where
 * those say nothing: people rename interfaces. Loopback is told by the caller.
 */
enum if_kind facts_if_kind(const char *name, const char *driver, unsigned type);
/* `name` is the file's, for messages FACTS_BAD. The result is sorted. */
int facts_parse(const char *text, const char *name, struct facts *out, struct err *e);
void facts_print(const struct facts *f, struct buf *b);
void facts_free(struct facts *f);

#endif
