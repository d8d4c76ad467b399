/*
 * Diagnostics (semantics §2.5) of a running enforcer: reads dropped packets, asks the plan in force by whom,
 * and writes events; at the end of each ipsecloginterval, sums. Deciding is in droplog.h, saying in
 * diag_event.h; this does both. The clock comes as a value.
 */
#ifndef DAEMON_DIAG_H
#define DAEMON_DIAG_H

#include "enforcer/daemon/enforcer.h"

struct diag;

/* All borrowed; `stats_fd` is of stats_open(). Nothing is told before the first diag_follow(). */
struct diag *diag_new(struct kernel *kernel, struct enforcer *en, int stats_fd);
void diag_free(struct diag *d); /* NULL is fine */
/* Something may have been settled: the settings in force begin to count, and an interval under way ends. */
void diag_follow(struct diag *d, int64_t now_ms);
/* Another plan is about to replace the one in force: what that one counted is kept for the sums. */
void diag_swapping(struct diag *d);
/* kernel_drops_fd() is readable. */
void diag_read(struct diag *d, int64_t now_ms);
/* When diag_tick() is due; -1: never. */
int64_t diag_due_ms(const struct diag *d);
/* Writes the sums of the interval when it is over. */
void diag_tick(struct diag *d, int64_t now_ms);
/* The plan in force is about to go for good: writes the sums of what is under way. */
void diag_end(struct diag *d, int64_t now_ms);

#endif
