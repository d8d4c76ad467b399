/*
 * Facts of a host as a value, and their text form. Everything that knows how a host is asked lives in
 * daemon/facts_*.c; here is only what compile and its goldens need.
 */
#include "enforcer/compile/facts.h"

#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/model/model.h"

#include "common/base/banned.h"

static const struct enum_name kind_names[] = {
	{IF_LAN, "lan"},
	{IF_DIALUP, "dialup"},
	{IF_LOOPBACK, "loopback"},
	{0, NULL},
};

/* In the order in which they are sorted and printed. */
static const struct enum_name server_kind_names[] = {
	{END_DNS, "dns"},
	{END_WINS, "wins"},
	{END_DHCP, "dhcp"},
	{END_GATEWAY, "gateway"},
	{0, NULL},
};

struct fact_if *facts_add_if(struct facts *f, const char *name, unsigned index, enum if_kind kind)
{
	struct fact_if *i;
	size_t n = strlen(name);

	GROW(f->ifs, f->nifs, f->cap_ifs);
	i = &f->ifs[f->nifs++];
	*i = (struct fact_if){.index = index, .kind = kind};
	memcpy(i->name, name, n < sizeof i->name ? n : sizeof i->name - 1);
	return i;
}

void facts_add_addr(struct facts *f, const struct fact_addr *a)
{
	for (size_t i = 0; i < f->naddrs; i++)
		if (f->addrs[i].iface == a->iface && ip_eq(&f->addrs[i].ip, &a->ip))
			return;
	GROW(f->addrs, f->naddrs, f->cap_addrs);
	f->addrs[f->naddrs++] = *a;
}

void facts_add_server(struct facts *f, uint8_t kind, const struct ip *ip)
{
	for (size_t i = 0; i < f->nservers; i++)
		if (f->servers[i].kind == kind && ip_eq(&f->servers[i].ip, ip))
			return;
	GROW(f->servers, f->nservers, f->cap_servers);
	f->servers[f->nservers++] = (struct fact_server){.kind = kind, .ip = *ip};
}

/* --- order and equality --------------------------------------------------------------------------- */

static int cmp_size(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int cmp_if(const void *pa, const void *pb)
{
	const struct fact_if *a = pa, *b = pb;

	return a->index != b->index ? cmp_size(a->index, b->index) : strcmp(a->name, b->name);
}

static int cmp_addr(const void *pa, const void *pb)
{
	const struct fact_addr *a = pa, *b = pb;

	return a->iface != b->iface ? cmp_size(a->iface, b->iface) : ip_cmp(&a->ip, &b->ip);
}

static int cmp_server(const void *pa, const void *pb)
{
	const struct fact_server *a = pa, *b = pb;

	return a->kind != b->kind ? cmp_size(a->kind, b->kind) : ip_cmp(&a->ip, &b->ip);
}

/* The place that interface `i` takes in the sorted order. */
static size_t if_place(const struct facts *f, size_t i)
{
	size_t place = 0;

	for (size_t k = 0; k < f->nifs; k++) {
		int c = cmp_if(&f->ifs[k], &f->ifs[i]);
		place += c < 0 || (c == 0 && k < i);
	}
	return place;
}

static void sort(void *v, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (n > 1) /* an empty array is NULL, which qsort may not be given */
		qsort(v, n, size, cmp);
}

void facts_sort(struct facts *f)
{
	for (size_t i = 0; i < f->naddrs; i++)
		f->addrs[i].iface = if_place(f, f->addrs[i].iface);
	sort(f->ifs, f->nifs, sizeof *f->ifs, cmp_if);
	sort(f->addrs, f->naddrs, sizeof *f->addrs, cmp_addr);
	sort(f->servers, f->nservers, sizeof *f->servers, cmp_server);
}

static bool addr_eq(const struct fact_addr *a, const struct fact_addr *b)
{
	return cmp_addr(a, b) == 0 && a->plen == b->plen && ip_eq(&a->broadcast, &b->broadcast);
}

bool facts_eq(const struct facts *a, const struct facts *b)
{
	if (a->nifs != b->nifs || a->naddrs != b->naddrs || a->nservers != b->nservers ||
	    a->no_nflog != b->no_nflog)
		return false;
	for (size_t i = 0; i < a->nifs; i++)
		if (cmp_if(&a->ifs[i], &b->ifs[i]) != 0 || a->ifs[i].kind != b->ifs[i].kind)
			return false;
	for (size_t i = 0; i < a->naddrs; i++)
		if (!addr_eq(&a->addrs[i], &b->addrs[i]))
			return false;
	for (size_t i = 0; i < a->nservers; i++)
		if (cmp_server(&a->servers[i], &b->servers[i]) != 0)
			return false;
	return true;
}

enum if_kind facts_if_kind(const char *name, const char *driver, unsigned type)
{
	static const char *const drivers[] = {"ppp", "wwan", "tun", "ovpn", "ovpn-dco"};
	/* ww*, sl*: systemd's predictable names of mobile broadband and serial line devices. */
	static const char *const names[] = {"ppp", "ippp", "ww", "sl"};

	if (type == ARPHRD_PPP || type == ARPHRD_SLIP || type == ARPHRD_CSLIP)
		return IF_DIALUP;
	if (driver && strcmp(driver, "tun") == 0 && type == ARPHRD_ETHER)
		return IF_LAN; /* a tap: the end of somebody's virtual wire */
	for (size_t i = 0; driver && i < N_OF(drivers); i++)
		if (strcmp(driver, drivers[i]) == 0)
			return IF_DIALUP;
	for (size_t i = 0; !driver && i < N_OF(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return IF_DIALUP;
	return IF_LAN;
}

void facts_free(struct facts *f)
{
	free(f->ifs);
	free(f->addrs);
	free(f->servers);
	*f = (struct facts){0};
}

/* --- text ----------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 4 };

/* Cuts `line` at blanks and '#'; returns the number of words, WORDS_MAX + 1 for "more than that". */
static size_t split(char *line, char *words[WORDS_MAX])
{
	size_t n = 0;

	line[strcspn(line, "#")] = '\0';
	for (;;) {
		line += strspn(line, " \t\r");
		if (!*line)
			return n;
		if (n == WORDS_MAX)
			return WORDS_MAX + 1;
		words[n++] = line;
		line += strcspn(line, " \t\r");
		if (*line)
			*line++ = '\0';
	}
}

/* Looks an exact name up; -1 when it is none. */
static int name_value(const struct enum_name *t, const char *word)
{
	const struct enum_name *row = enum_find(t, word);

	return row && str_caseeq(row->name, word) ? row->value : -1;
}

static bool find_if(const struct facts *f, const char *name, size_t *at)
{
	for (size_t i = 0; i < f->nifs; i++)
		if (strcmp(f->ifs[i].name, name) == 0) {
			*at = i;
			return true;
		}
	return false;
}

/* The verbs below return NULL, or what is wrong with the line. */

static const char *parse_interface(struct facts *f, char **w, size_t n)
{
	uint64_t index;
	size_t other;
	int kind;

	if (n != 4 || strlen(w[1]) >= sizeof f->ifs->name)
		return "expected: interface NAME INDEX lan|dialup|loopback";
	if (!str_to_u64(w[2], INT32_MAX, &index) || index == 0)
		return "the interface index is not a number";
	kind = name_value(kind_names, w[3]);
	if (kind < 0)
		return "the interface kind is none of lan, dialup, loopback";
	if (find_if(f, w[1], &other))
		return "the interface was named before";
	facts_add_if(f, w[1], (unsigned)index, (enum if_kind)kind);
	return NULL;
}

static const char *parse_address(struct facts *f, char **w, size_t n)
{
	struct fact_addr a = {0};
	uint64_t plen;
	char *slash;

	if (n != 3 && n != 4)
		return "expected: address NAME ADDR/PLEN [BROADCAST]";
	if (!find_if(f, w[1], &a.iface))
		return "the interface was not named before";
	slash = strchr(w[2], '/');
	if (!slash)
		return "the address needs a prefix length";
	*slash = '\0';
	if (!ip_parse(w[2], &a.ip))
		return "that is no address";
	if (!str_to_u64(slash + 1, ip_bits(a.ip.family), &plen))
		return "the prefix length is out of range";
	a.plen = (uint8_t)plen;
	if (n == 4 &&
	    (!ip_parse(w[3], &a.broadcast) || a.broadcast.family != IP_V4 || a.ip.family != IP_V4))
		return "the broadcast address is no IPv4 address";
	facts_add_addr(f, &a);
	return NULL;
}

static const char *parse_server(struct facts *f, char **w, size_t n)
{
	struct ip ip;
	int kind;

	if (n != 3)
		return "expected: server dns|wins|dhcp|gateway ADDR";
	kind = name_value(server_kind_names, w[1]);
	if (kind < 0)
		return "the server kind is none of dns, wins, dhcp, gateway";
	if (!ip_parse(w[2], &ip))
		return "that is no address";
	facts_add_server(f, (uint8_t)kind, &ip);
	return NULL;
}

static const char *parse_lacks(struct facts *f, char **w, size_t n)
{
	if (n != 2 || strcmp(w[1], "nflog") != 0)
		return "expected: lacks nflog";
	f->no_nflog = true;
	return NULL;
}

static const struct {
	const char *word;
	const char *(*parse)(struct facts *f, char **w, size_t n);
} verbs[] = {
	{"interface", parse_interface},
	{"address", parse_address},
	{"server", parse_server},
	{"lacks", parse_lacks},
};

static const char *parse_line(struct facts *f, char *line)
{
	char *words[WORDS_MAX];
	size_t n = split(line, words);

	if (n == 0)
		return NULL;
	if (n > WORDS_MAX)
		return "too many words";
	for (size_t i = 0; i < N_OF(verbs); i++)
		if (strcmp(words[0], verbs[i].word) == 0)
			return verbs[i].parse(f, words, n);
	return "expected interface, address, server or lacks";
}

int facts_parse(const char *text, const char *name, struct facts *out, struct err *e)
{
	size_t number = 1;
	int rc = 0;

	*out = (struct facts){0};
	for (const char *p = text; rc == 0 && *p; number++) {
		size_t len = strcspn(p, "\n");
		char *line = xstrndup(p, len);
		const char *wrong = parse_line(out, line);
		free(line);
		if (wrong)
			rc = err_set(e, FACTS_BAD, name, number, wrong);
		p += len + (p[len] == '\n');
	}
	if (rc != 0)
		facts_free(out);
	facts_sort(out);
	return rc;
}

void facts_print(const struct facts *f, struct buf *b)
{
	char text[IP_TEXT];

	for (size_t i = 0; i < f->nifs; i++)
		buf_printf(b, "interface %s %u %s\n", f->ifs[i].name, f->ifs[i].index,
		    enum_to_name(kind_names, (int)f->ifs[i].kind));
	for (size_t i = 0; i < f->naddrs; i++) {
		const struct fact_addr *a = &f->addrs[i];
		buf_printf(b, "address %s %s/%u", f->ifs[a->iface].name, ip_print(&a->ip, text), a->plen);
		if (a->broadcast.family != IP_NONE)
			buf_printf(b, " %s", ip_print(&a->broadcast, text));
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < f->nservers; i++)
		buf_printf(b, "server %s %s\n", enum_to_name(server_kind_names, f->servers[i].kind),
		    ip_print(&f->servers[i].ip, text));
	if (f->no_nflog)
		buf_adds(b, "lacks nflog\n");
}
