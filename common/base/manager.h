/*
 * The service manager: what it is told (sd_notify(3)), how often its watchdog wants to hear (sd_watchdog_enabled(3)), and
 * descriptors that it keeps for us (sd_pid_notify_with_fds(3), sd_listen_fds(3)). Their protocols, written out. What it says
 * is in the environment; functions that take the values of variables are pure.
 */
#ifndef BASE_MANAGER_H
#define BASE_MANAGER_H

#include <stddef.h>
#include <sys/types.h>

enum {
	MANAGER_FIRST_FD = 3, /* of those that are given */
	MANAGER_FDS_MAX = 8,  /* that may be kept */
};

/* A socket to the service manager's $NOTIFY_SOCKET; -1 when nobody wants to be told. The caller closes it. */
int manager_open(void);
/* Sends "READY=1" and so on, without waiting; -1 is fine, and a manager that does not listen is not our concern. */
void manager_tell(int manager, const char *state);
/* Gives it descriptors to keep: each start of the service finds them. They stay the caller's. -1: errno says why not. */
int manager_keep(int manager, const int *fds, size_t n);
/*
 * How often the watchdog wants to hear of us, in milliseconds: half of $WATCHDOG_USEC, as sd_watchdog_enabled(3)
 * advises. -1: never, it is not set, is no number, or $WATCHDOG_PID says that it is meant for another process than `main`.
 */
int manager_beat_ms(const char *watchdog_usec, const char *watchdog_pid, pid_t main);
/*
 * How many descriptors from MANAGER_FIRST_FD on are given: $LISTEN_FDS, when $LISTEN_PID is `us`; at most `most`, 0 when
 * one of them is no number.
 */
int manager_given(const char *listen_fds, const char *listen_pid, pid_t us, int most);

#endif
