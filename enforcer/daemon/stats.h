/* The counters of `show stats` that the kernel keeps (semantics §6.2). */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include "common/model/dynamic.h"

/*
 * Adds what the text of /proc/net/xfrm_stat (or NULL) says to the counters; unknown lines are passed over.
 * Pure. What key exchange counts stays 0: nobody exchanges keys in this process.
 */
void stats_parse(const char *xfrm_stat, struct dyn_stats *out);
/* Opens the counters; -1 when this kernel keeps none. The caller closes it. */
int stats_open(void);
/* Their text now, through what stats_open() gave, into `room`; NULL: there is none. */
enum { STATS_TEXT = 8192 };
const char *stats_read(int fd, char room[STATS_TEXT]);
/* The counters now; a kernel that keeps none gives zeros. */
void stats_gather(int fd, struct dyn_stats *out);

#endif
