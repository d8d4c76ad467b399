/* The counters of `show stats` that the kernel keeps (semantics §6.2). */
#ifndef DAEMON_STATS_H
#define DAEMON_STATS_H

#include "common/model/dynamic.h"

/*
 * Adds what the text of /proc/net/xfrm_stat (or NULL) says to the counters; unknown lines are passed over.
 * Pure. What key exchange counts stays 0: nobody exchanges keys in this process.
 */
void stats_parse(const char *xfrm_stat, struct dyn_stats *out);
/* The text of /proc/net/xfrm_stat into `room`; NULL: this kernel keeps none. */
enum { STATS_TEXT = 8192 };
const char *stats_read(char room[STATS_TEXT]);
/* The counters now; a kernel that keeps none gives zeros. */
void stats_gather(struct dyn_stats *out);

#endif
