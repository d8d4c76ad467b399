/*
 * What diagnostics say, as values: a text and fields, ready for log_event(). Pure. The fields are interface:
 * ipsec-enforcerd(8) lists them.
 */
#ifndef DAEMON_DIAG_EVENT_H
#define DAEMON_DIAG_EVENT_H

#include "common/base/arena.h"
#include "common/base/log.h"
#include "enforcer/daemon/droplog.h"
#include "enforcer/daemon/packet_head.h"
#include "enforcer/daemon/totals.h"

enum { EVENT_FIELDS = 24 };
struct event {
	struct arena mem; /* where the texts are */
	const char *id;   /* MESSAGE_ID */
	const char *text;
	struct log_field f[EVENT_FIELDS];
	size_t n;
};
void event_free(struct event *ev);

/* A dropped packet, and the filter that did it; NULL: none of the plan in force would. */
void event_drop(struct event *ev, const struct plan *p, const struct facts *facts, const struct packet_head *h,
    uint32_t ifindex, const struct plan_filter *by);
/* What one filter dropped in so many seconds. */
void event_sum(struct event *ev, const struct plan *p, const struct drop_sum *s, int64_t seconds);

/* What no other line of the interval says. */
struct diag_rest {
	uint64_t filters, packets; /* dropped by filters that got no line of their own */
	uint64_t untold, lost;     /* records without a line; records that never arrived */
	uint64_t journal_lost;     /* lines that the journal did not take */
};
void event_rest(struct event *ev, const struct diag_rest *r, int64_t seconds);
void event_totals(struct event *ev, const struct totals *t, int64_t seconds);

#endif
