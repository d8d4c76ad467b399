/* What the service manager is told of the enforcer: pure; sending (common/base/manager.h) is *kernel*'s. */
#ifndef DAEMON_MANAGER_H
#define DAEMON_MANAGER_H

#include "common/base/manager.h"
#include "common/ipc/ipc.h"

enum { MANAGER_STATUS_MAX = 224 }; /* bytes, NUL included; below what the border lets pass */

/*
 * "STATUS=" and a line for `systemctl status`: the mode, and which policies are in force. Control characters of
 * names become '?', and a line that is too long is cut between characters.
 */
void manager_status(const struct ipc_state *s, char out[MANAGER_STATUS_MAX]);

#endif
