/* What the service manager is told (sd_notify(3)): pure; sending is in host.h, and *kernel*'s. */
#ifndef DAEMON_MANAGER_H
#define DAEMON_MANAGER_H

#include <sys/types.h>

#include "common/ipc/ipc.h"

enum { MANAGER_STATUS_MAX = 224 }; /* bytes, NUL included; below what the border lets pass */

/*
 * "STATUS=" and a line for `systemctl status`: the mode, and which policies are in force. Control characters of
 * names become '?', and a line that is too long is cut between characters.
 */
void manager_status(const struct ipc_state *s, char out[MANAGER_STATUS_MAX]);
/*
 * How often the manager's watchdog wants to hear of us, in milliseconds: half of $WATCHDOG_USEC, as sd_watchdog_enabled(3)
 * advises. -1: never, it is not set, is no number, or $WATCHDOG_PID says that it is meant for another process than `main`.
 */
int manager_beat_ms(const char *watchdog_usec, const char *watchdog_pid, pid_t main);

#endif
