/*
 * *policy*'s end of the channel to ipsec-iked (ike/channel): takes its connection, hands out the profile and `ikelogging`,
 * carries questions and their answers. One daemon at a time: a second one is turned away until the first has gone.
 *
 * It never waits, neither for the daemon nor for the enforcer. A profile is made part by part while the socket takes them, so the largest needs no memory on the way; a
 * newer one that comes meanwhile replaces it from its beginning, and is put off only while the other end takes one that it
 * has whole. What is small (questions, orders) goes between the parts. A daemon that takes nothing, or answers nothing, for
 * IKE_STUCK_MS is disconnected, and so is one that sends nonsense: it connects anew.
 */
#ifndef DAEMON_IKE_LINK_H
#define DAEMON_IKE_LINK_H

#include "common/ipc/ipc.h"
#include "enforcer/daemon/loop.h"
#include "ike/channel/channel.h"

enum {
	IKE_ASK_MS = 3000,    /* so long a question waits; shells wait longer */
	IKE_STUCK_MS = 20000, /* a main mode takes milliseconds, 100,000 rules a second or two */
	IKE_QUESTIONS_MAX = 64,
};

/* What the link wants of its owner. */
struct ike_link_ops {
	/*
	 * The number of the profile that is to be in force; another number is another profile. Cheap: asked often.
	 * Numbers need not ascend.
	 */
	uint64_t (*number)(void *ctx);
	/* That profile; the link shares it. NULL: there is none yet. */
	struct ike_profile *(*profile)(void *ctx);
	bool (*logging)(void *ctx); /* ikelogging */
	/* The answer to a question; NULL: none comes, and *why says why. May ask anew. */
	void (*answer)(void *ctx, uint64_t token, const struct ikc_msg *m, const struct err *why);
	struct mono (*now)(void *ctx);
};

struct ike_link;

/* Takes connections of `listener` (ike/channel/sockets.h), which it owns from now on; -1: there will be none. */
struct ike_link *ike_link_open(int listener, struct loop *loop, const struct ike_link_ops *ops, void *ctx);
/* Closes; questions are not answered any more. NULL is fine. */
void ike_link_close(struct ike_link *l);

bool ike_link_connected(const struct ike_link *l);
/*
 * Asks a LIST or COUNT; ops.answer() comes later with that token, which is not 0. -1 with IKE_SILENT: too much has been
 * asked already. Only while connected.
 */
int ike_link_ask(struct ike_link *l, const struct ikc_msg *question, uint64_t token, struct err *e);
/* Ends associations with that peer (NULL: with everybody): the peers are told. Only while connected. */
void ike_link_delete(struct ike_link *l, const struct ip *peer);
/* Passes on what the owner has changed, and acts on what is late. Call it after each round of the loop. */
void ike_link_tick(struct ike_link *l);
/* When ike_link_tick() is next needed without that; MONO_NEVER: not at all. */
struct mono ike_link_due(const struct ike_link *l);

/* Is a daemon connected, and what is it doing? Fills the two members of `out` about IKE. */
void ike_link_state(const struct ike_link *l, struct ipc_state *out);

#endif
