/*
 * The enforcer's side of the control channel: takes connections of those who may, answers questions at
 * once, keeps those that wait for a change of the store until control_answer(), and those that only IKE can answer until
 * control_reply(). Decides nothing about policy. It never waits for a client: each is owed one packet at most, and one
 * that does not take it is dropped. Whoever waits for IKE asks nothing else meanwhile.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <stdbool.h>

#include "common/ipc/ipc.h"
#include "enforcer/daemon/loop.h"
#include "enforcer/daemon/peer.h"

enum { CONTROL_CLIENTS_MAX = 32 };

struct control;

/* What the enforcer does about a request; called inside loop_wait(). */
struct control_ops {
	void (*state)(void *ctx, struct ipc_state *out);
	/*
	 * 0: the change is in force; -1: nothing has changed and `e` says why; 1: control_reply() says how it went, of which
	 * the ticket names the client.
	 */
	int (*change)(void *ctx, uint64_t ticket, struct dyn_change *c, struct err *e);
	/* The page's texts live until the next call of any of these. */
	void (*page)(void *ctx, enum dyn_kind kind, uint64_t after, struct dyn_page *out);
	/* Both are answered by control_reply(), now or later. */
	void (*stats)(void *ctx, uint64_t ticket);
	void (*sas)(void *ctx, uint64_t ticket, const struct ipc_sas *asked);
	/* The preshared key of a dynamic rule; borrowed. NULL: there is none of that name. */
	const char *(*key)(void *ctx, const struct guid *name);
	/* Appends the explanation as lines or as JSON; -1 and `e` when there is none. */
	int (*explain)(void *ctx, const struct packet *p, bool json, struct buf *b, struct err *e);
	void (*traffic)(void *ctx, const struct ipc_traffic *asked, struct ipc_traffic_page *out);
	bool (*may)(void *ctx, const struct peer *p);
};

/*
 * Takes connections of `listener` (ipc_listen() of run_dir), which it owns from now on; when that is negative, it
 * listens there itself. NULL and `e` on failure.
 */
struct control *control_open(const char *run_dir, int listener, struct loop *loop, const struct control_ops *ops, void *ctx,
    struct err *e);
/* Removes the socket; waiting clients see the connection end. NULL is fine. */
void control_close(struct control *c);
/* Answers the client of that ticket, if it is still there. The sequence number of `m` is filled in. */
void control_reply(struct control *c, uint64_t ticket, struct ipc_msg *m);
/* Is anybody waiting for a change to be in force? */
bool control_waiting(const struct control *c);
/*
 * Tells all who wait which changes of the two stores are in force; `trouble` is NULL, or why what they asked for is
 * not.
 */
void control_answer(struct control *c, uint64_t local, uint64_t persistent, const char *trouble);

#endif
