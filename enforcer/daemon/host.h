/* The process and its place on the host: run folder, lock, privilege, and what it asks of the host's kernel. */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include <sys/types.h>

#include "common/base/err.h"

/* Makes the run folder (0750) when it is missing; its parent must exist. */
int host_make_run_dir(const char *dir, struct err *e);
/* Gives the run folder and the socket in it to a group, whose members may then connect. */
int host_share(const char *run_dir, gid_t group, struct err *e);
/*
 * Takes run_dir/enforcerd.lock for as long as the descriptor is open, and writes our process id into it. Nothing
 * can be written through the descriptor.
 * -1: ALREADY_RUNNING, or the file cannot be made.
 */
int host_lock(const char *run_dir, struct err *e);
/*
 * Binds and listens on run_dir/name (SOCK_SEQPACKET, non-blocking, mode 0600). An old socket file is replaced, so the
 * caller holds the lock. The descriptor, or -1.
 */
int host_listen(const char *run_dir, const char *name, struct err *e);
/* -1 (NOT_PRIVILEGED) without CAP_NET_ADMIN. */
int host_check_privilege(struct err *e);
/*
 * Asks the kernel to hold packets that wait for keys (sysctl net.core.xfrm_larval_drop = 0, of this network namespace), at
 * most 100 a policy, and send them when the keys are there. Else it throws them away, and TCP tries again after a second
 * (semantics §3.7). Where that cannot be set, they are thrown away.
 */
void host_hold_packets(void);

#endif
