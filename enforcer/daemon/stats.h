/* The counters of `show stats` that the kernel keeps (semantics §6.2). */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include "common/model/dynamic.h"
#include "enforcer/kernel/kernel.h"

/* What the kernel counts for the whole host, whoever's associations they are. */
enum stats_host_line {
	STATS_NO_STATE, /* packets of an unknown SPI */
	STATS_PROTO,    /* packets that AH or ESP could not take: a wrong check value, or what is inside is malformed */
	STATS_MODE,     /* packets whose inside is not of the mode of their association */
	STATS_HOST_LINES
};
struct stats_host {
	uint64_t v[STATS_HOST_LINES];
};

/* Reads the text of /proc/net/xfrm_stat (NULL: there is none, zeros); unknown lines are passed over. Pure. */
void stats_parse(const char *xfrm_stat, struct stats_host *out);
/*
 * The counters of the IPsec block from what the host counts now, what it had counted when the service began, and what
 * associations carried. Those that IKE alone knows stay 0. Pure.
 */
void stats_make(const struct stats_host *now, const struct stats_host *began, const struct kernel_sa_sums *sums,
    struct dyn_stats *out);
/* Opens the counters; -1 when this kernel keeps none. The caller closes it. */
int stats_open(void);
/* Their text now, through what stats_open() gave, into `room`; NULL: there is none. */
enum { STATS_TEXT = 8192 };
const char *stats_read(int fd, char room[STATS_TEXT]);
/* stats_parse() of that; a kernel that keeps none gives zeros. */
void stats_host(int fd, struct stats_host *out);

#endif
