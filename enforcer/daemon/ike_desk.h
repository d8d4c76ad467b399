/*
 * What clients of the control socket ask about IKE: it asks the daemon over the link (ike_link.h), and answers in the words
 * of the shell when the daemon has answered, or why it has not. Without a daemon answers come at once: nothing is
 * associated, and what the kernel counted stands by itself.
 */
#ifndef DAEMON_IKE_DESK_H
#define DAEMON_IKE_DESK_H

#include "enforcer/daemon/enforcer.h"
#include "enforcer/daemon/loop.h"
#include "ike/channel/channel.h"

struct ike_desk_conf {
	int listener; /* of ipsec-iked's connections; owned. -1: there will be none */
	struct loop *loop;
	struct enforcer *en; /* borrowed */
	int stats_fd; /* stats.h */
	struct mono (*now)(void *ctx);
	int64_t (*wall_s)(void *ctx); /* seconds since 1970 */
	/* Sends the answer to whoever holds the ticket; fills in nothing but its sequence number. */
	void (*reply)(void *ctx, uint64_t ticket, struct ipc_msg *answer);
	void *ctx; /* of the three */
};

struct ike_desk;

struct ike_desk *ike_desk_open(const struct ike_desk_conf *conf);
/* Whoever waits is not answered. NULL is fine. */
void ike_desk_close(struct ike_desk *d);

/* Each is answered once, now or later: an IPC_SAS_PAGE, an IPC_COUNTS. */
void ike_desk_sas(struct ike_desk *d, uint64_t ticket, const struct ipc_sas *asked);
void ike_desk_stats(struct ike_desk *d, uint64_t ticket);
/*
 * An administrator ends associations with that peer (NULL: with everybody). Where IKE knows one it says goodbye to the
 * peer and deletes what belongs to it; associations that it does not know, of a daemon that was before it, are deleted
 * in the kernel. 1: an IPC_DONE comes later; without a daemon 0, or -1 with NO_QMSAS: there is none.
 */
int ike_desk_delete(struct ike_desk *d, uint64_t ticket, const struct ip *peer, struct err *e);
/* The enforcer stops: peers are told that their associations end, as far as that takes no waiting. */
void ike_desk_goodbye(struct ike_desk *d);

/* As those of the link. */
void ike_desk_tick(struct ike_desk *d);
struct mono ike_desk_due(const struct ike_desk *d);
void ike_desk_state(const struct ike_desk *d, struct ipc_state *out);

#endif
