/*
 * Which dropped packets are told of one by one, and how much was dropped by whom in an interval. Pure: the
 * clock is a value, memory does not grow with what arrives. Two budgets stand between a flood and the disk:
 * how many records are looked at in a second (that costs time), and how many become lines (that costs disk).
 */
#ifndef DAEMON_DROPLOG_H
#define DAEMON_DROPLOG_H

#include "enforcer/compile/plan.h"
#include "enforcer/kernel/kernel.h"

enum {
	DROPLOG_LOOKS = 50,     /* records a second that are looked at */
	DROPLOG_LINES = 10,     /* lines a second */
	DROPLOG_INTERVAL = 500, /* lines an interval */
	DROPLOG_FIRST = 5,      /* lines an interval of one filter and direction */
	DROPLOG_FILTERS = 128,  /* filters and directions that get lines in an interval */
	DROPLOG_SUMS = 50,      /* filters that get a line in a summary: those that dropped most */
};

/* All zero is the beginning. */
struct droplog {
	int64_t second; /* to which the budgets belong */
	unsigned looks, lines;
	unsigned interval_lines;
	uint64_t untold; /* records that came and got no line */
	uint64_t lost;   /* records that never came */
	struct droplog_seen {
		struct origin origin;
		bool inbound;
		unsigned lines;
	} seen[DROPLOG_FILTERS];
	size_t nseen;
};

/* A record arrived: may it be looked at? Otherwise it is counted, and that is all. */
bool droplog_look(struct droplog *d, int64_t now_ms);
/* It was dropped by that filter: does it get a line? Otherwise it is counted. */
bool droplog_tell(struct droplog *d, const struct origin *by, bool inbound);
/* The next interval begins. */
void droplog_next(struct droplog *d);

/* --- sums ----------------------------------------------------------------------------------------- */

/* One filter's packets. */
struct drop_sum {
	struct origin origin;
	const struct plan_filter *filter; /* drop_sums_name(): one of those that the origin became; of the plan */
	bool in, out; /* drop_sums_of(): which packets it judges */
	uint64_t packets, bytes;
};
/* Owned array, sorted by origin, each origin once; free `v`. */
struct drop_sums {
	struct drop_sum *v;
	size_t n;
};
/* Counters -> one sum for each origin. */
void drop_sums_make(const struct kernel_counts *c, struct drop_sums *out);
/*
 * What came since `before`. A counter that is smaller than before began anew: all of it came since. Sums of 0
 * are left out.
 */
void drop_sums_since(const struct drop_sums *now, const struct drop_sums *before, struct drop_sums *out);
/* Keeps those of filters that block, in a direction that `diagnostics` (enum plan_diagnostics) tells of. */
void drop_sums_of(struct drop_sums *s, const struct plan *p, unsigned diagnostics);
/* Adds `more` to it. */
void drop_sums_add(struct drop_sums *s, const struct drop_sums *more);
/*
 * A change of the plan may have begun counters anew. `now` was read right after it: what is smaller there than
 * in the base for later comparisons counts from 0 on.
 */
void drop_sums_rebase(struct drop_sums *base, const struct drop_sums *now);
/* Fills in the filters; NULL where the plan has it no more. Those with a filter come first, largest first. */
void drop_sums_name(struct drop_sums *s, const struct plan *p);

#endif
