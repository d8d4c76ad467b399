/*
 * One end of a Unix SOCK_SEQPACKET socket that is never waited for: what the other end does not take yet is kept, in
 * order, up to a bound. For the links between the processes (link.h) and the channel to the enforcer (ike/channel).
 */
#ifndef IKE_DAEMON_CHAN_H
#define IKE_DAEMON_CHAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CHAN_KEPT_MAX = 16 << 20, CHAN_FDS_MAX = 2 }; /* bytes that wait; descriptors that come along */

struct chan_kept;
struct chan {
	int fd; /* owned; -1: closed */
	struct chan_kept *first, **last;
	size_t kept; /* bytes */
};

/* Takes fd over. */
void chan_init(struct chan *c, int fd);
/* Closes and wipes what waits. A closed one is fine. */
void chan_close(struct chan *c);
/* -1: the other end is gone, or reads nothing; the caller closes. */
int chan_send(struct chan *c, const void *bytes, size_t n);
/* The same with descriptors, which stay the caller's. Only when nothing waits; -1 too when it cannot be sent at once. */
int chan_send_fds(struct chan *c, const void *bytes, size_t n, const int *fds, size_t nfds);
/* Sends what waits, as far as it goes. -1: the other end is gone. */
int chan_flush(struct chan *c);
bool chan_waits(const struct chan *c);
/* The next message: its length; 0: none is there; -1: the other end is gone, or it is longer than cap. */
ssize_t chan_recv(struct chan *c, void *out, size_t cap);
/* The same, with the descriptors that came along, the caller's: exactly CHAN_FDS_MAX or none, and then fds[0] is -1. */
ssize_t chan_recv_fds(struct chan *c, void *out, size_t cap, int fds[CHAN_FDS_MAX]);

#endif
