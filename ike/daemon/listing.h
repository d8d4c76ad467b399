/* Answers to the enforcer's questions about what stands: pages of listings, and the counters. Pure. */
#ifndef IKE_DAEMON_LISTING_H
#define IKE_DAEMON_LISTING_H

#include "ike/channel/channel.h"

/* The page that `q` asks for. */
void listing_page(const struct ike *ike, const struct ikc_list *q, uint32_t seq, struct ikc_msg *out);

/* What only the daemon knows (stats.h). */
struct listing_own {
	uint64_t active_receive, receive_failures, send_failures, receive_heap;
};
void listing_counts(const struct ike *ike, const struct listing_own *own, uint32_t seq, struct ikc_msg *out);

#endif
