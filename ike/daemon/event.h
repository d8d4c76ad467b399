/*
 * What the daemon says of an event: a text and fields, ready for log_event(). Pure. Names of fields and the ids are
 * interface (ipsec-iked(8)).
 */
#ifndef IKE_DAEMON_EVENT_H
#define IKE_DAEMON_EVENT_H

#include "common/base/arena.h"
#include "common/base/log.h"
#include "ike/engine/actions.h"

enum { IKE_EVENT_FIELDS = 16 };
struct ike_event_text {
	struct arena mem; /* of all texts */
	enum log_level level;
	const char *id, *text;
	struct log_field f[IKE_EVENT_FIELDS];
	size_t n;
};
/* Free with ike_event_text_free(). */
void ike_event_text_make(const struct ike_event *ev, struct ike_event_text *out);
void ike_event_text_free(struct ike_event_text *t);

/*
 * Strangers can make negotiations fail as often as they like: so many of those lines in a second, the rest is counted.
 * All zero in the beginning.
 */
enum { EVENT_FAILURES_PER_S = 10 };
struct event_limit {
	struct mono from;
	uint32_t told, untold;
};
/* May this event be told at `now`? *missed: so many before it were not, 0 = none or not yet to be said. */
bool event_may_tell(struct event_limit *l, const struct ike_event *ev, struct mono now, uint32_t *missed);

#endif
