/* What system calls each of the enforcer's processes may make (proc.h). */
#ifndef DAEMON_SYSCALLS_H
#define DAEMON_SYSCALLS_H

#include <sys/types.h>

#include "common/base/err.h"

enum enforcer_role { ROLE_KERNEL, ROLE_POLICY };
/*
 * From now on any system call that is not in the role's table ends the process, with SIGSYS. `child` is the one
 * process that ROLE_KERNEL may signal. Needs no_new_privs. -1: SANDBOX.
 */
int enforcer_calls(enum enforcer_role role, pid_t child, struct err *e);

#endif
