/*
 * The kernel at the end of a socket: *policy* holds a `struct kernel` whose calls are asked of another process,
 * *kernel*, which holds the real one and answers. One question at a time; what somebody else changes comes as an
 * event on a second socket, so it never mixes with an answer, and what is told of dropped packets on a third, so
 * that a flood of it keeps no event waiting.
 */
#ifndef REMOTE_REMOTE_H
#define REMOTE_REMOTE_H

#include "enforcer/kernel/kernel.h"

/* --- in policy -------------------------------------------------------------------------------------- */

/*
 * All are SOCK_SEQPACKET sockets and are closed by kernel_close(). `drops` is -1 where no records of dropped packets
 * can be had; so it is for kernel_drops_fd(). When the other process is gone
 * or talks nonsense, calls fail and kernel_lost() is true from then on.
 */
struct kernel *kernel_remote_open(int questions, int events, int drops);
/* Tells the service manager (sd_notify(3)) through the other process, whose word it takes. */
int kernel_remote_tell(struct kernel *k, const char *state, struct err *e);

/* --- in kernel -------------------------------------------------------------------------------------- */

struct remote_server;

/*
 * `tell` is called with a state of sd_notify's that was checked: READY=1, STOPPING=1, WATCHDOG=1, or STATUS= and
 * a line of printable text. All borrowed. `drops` is -1 when kernel_drops_fd() is.
 */
struct remote_server *remote_server_new(struct kernel *k, int questions, int events, int drops,
    void (*tell)(void *ctx, const char *state), void *ctx);
void remote_server_free(struct remote_server *s);
/*
 * Waits for one question, does what it asks, and answers. 1; 0: the other process is gone; -1: it asked what it
 * may not, or could not be answered (REMOTE_BAD): then it must not be listened to any more.
 */
int remote_serve(struct remote_server *s, struct err *e);
/* Sends the event without waiting. false: no room now, try again when `events` can be written. */
bool remote_send_changed(struct remote_server *s);
/*
 * kernel_drops_fd() is readable: sends what is there without waiting. What finds no room is counted, and the next
 * record that does says so.
 */
void remote_pass_drops(struct remote_server *s);
/* May the service manager be told that? Pure. */
bool remote_state_is_plain(const char *state);

#endif
