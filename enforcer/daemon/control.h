/*
 * The enforcer's side of the control channel: takes connections, answers questions about the state at
 * once, and keeps those that wait for a change until control_answer(). Decides nothing about policy.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <stdbool.h>

#include "common/ipc/ipc.h"
#include "enforcer/daemon/loop.h"

enum { CONTROL_CLIENTS_MAX = 32 };

struct control;

/*
 * Listens in run_dir. state(ctx, out) is asked whenever somebody wants to know. NULL and `e` on failure.
 */
struct control *control_open(const char *run_dir, struct loop *loop,
    void (*state)(void *ctx, struct ipc_state *out), void *ctx, struct err *e);
/* Removes the socket; waiting clients see the connection end. NULL is fine. */
void control_close(struct control *c);
/* Is anybody waiting for a change to be in force? */
bool control_waiting(const struct control *c);
/* Tells all who wait: `counter` is in force; `trouble` is NULL, or why what they asked for is not. */
void control_answer(struct control *c, uint64_t counter, const char *trouble);

#endif
