/*
 * The two processes of a running enforcer (SECURITY.md).
 *
 *   kernel   the one the service manager knows. Makes the run folder, takes the lock, opens netlink, starts policy,
 *            keeps CAP_NET_ADMIN and no file, and does what policy asks of the kernel (enforcer/remote).
 *   policy   the daemon's loop with everything that others wrote: store, control socket, facts, lease files. No
 *            capability. The same program started anew, so the two share neither heap nor addresses.
 *
 * When either goes without being told to, the other goes too and what is in force stays in force. kernel passes
 * SIGTERM, SIGINT and SIGHUP on; when policy has removed enforcement and ended well, kernel ends well.
 */
#ifndef DAEMON_PROC_H
#define DAEMON_PROC_H

#include <signal.h>
#include <stdbool.h>

#include "common/base/err.h"

/*
 * What policy finds open when it starts; all of them sockets. PROC_IKE listens for IKE (ike/channel/sockets.h). The last
 * may be missing: no PROC_DROPS, and this kernel tells of no dropped packets.
 */
enum { PROC_QUESTIONS = 3, PROC_EVENTS = 4, PROC_LISTENER = 5, PROC_IKE = 6, PROC_DROPS = 7, PROC_FDS = 5 };
#define PROC_POLICY_OPTION "policy-process"

/* Runs kernel, and policy beside it, until both have ended. 0: stopped in an orderly way; -1: `e`. */
int proc_kernel(bool debug, struct err *e);
/* Runs policy. Ends the process itself, at once, when kernel is gone. */
int proc_policy(struct err *e);
/* The signals that mean something to the enforcer, blocked from now on: they are read from a descriptor. */
void proc_block_signals(sigset_t *out);

#endif
