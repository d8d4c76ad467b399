/* What system calls each process of ipsec-iked may make (proc.h). */
#ifndef IKE_DAEMON_SYSCALLS_H
#define IKE_DAEMON_SYSCALLS_H

#include "common/base/err.h"

enum iked_role { IKED_PARENT, IKED_NET, IKED_KEYS };
/*
 * The sandbox of a role: no capability any more, only the files of `state` for *parent* and none for the others, only
 * the system calls of the role's table. Any other ends the process. -1: SANDBOX.
 */
int iked_confine(enum iked_role role, const char *state, struct err *e);

#endif
