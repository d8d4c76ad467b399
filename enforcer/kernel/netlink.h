/*
 * Private to the folder: one netlink socket, requests and dumps on it. No knowledge of what is
 * said.
 */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* Is there a whole message at `h`? mnl_nlmsg_ok() takes lengths above 2 GB for negative ones. */
static inline bool nl_ok(const struct nlmsghdr *h, int left)
{
	return mnl_nlmsg_ok(h, left) && h->nlmsg_len <= (uint32_t)left;
}

struct nl {
	struct mnl_socket *sock;
	uint32_t portid, seq;
};

/* `bus` is NETLINK_NETFILTER or NETLINK_XFRM; `groups` as of bind. */
int nl_open(struct nl *n, int bus, unsigned groups, struct err *e);
void nl_close(struct nl *n);
/* All of it in one datagram, however large. */
int nl_send(struct nl *n, const void *bytes, size_t len, struct err *e);

/* Called for each message of an answer; -1 stops. */
typedef int nl_cb(const struct nlmsghdr *nlh, void *ctx, struct err *e);
enum { NL_INTERRUPTED = 1 };
/*
 * Sends the request and hands the answer out (`cb` NULL: to nobody). NL_INTERRUPTED: the objects changed meanwhile, ask
 * again.
 */
int nl_dump(struct nl *n, const struct nlmsghdr *request, nl_cb *cb, void *ctx, struct err *e);
/*
 * Asks again until nothing came between, some times. The request gets numbers of its own; *taken, by which `cb` counts what it
 * took, is 0 before each try. -1 also when `what` changes all the time (EBUSY).
 */
int nl_dump_whole(struct nl *n, struct nlmsghdr *request, nl_cb *cb, void *ctx, size_t *taken, const char *what, struct err *e);

enum {
	NL_RECV_ROOM = 128 * 1024
}; /* the kernel's dump datagrams are at most 32 KB, events at most 64 */
/*
 * One datagram of the kernel into `room` (NL_RECV_ROOM bytes); those of other programs are thrown
 * away. Its length, or -1 and errno (EAGAIN: nothing there and not told to wait).
 */
ssize_t nl_receive(struct nl *n, char *room, bool wait);

/* An acknowledgement: what became of which message. */
struct nl_ack {
	uint32_t seq;
	int error;       /* 0 or errno */
	uint32_t offset; /* of the attribute at fault within that message; 0 = not said */
	char text[128];  /* the kernel's own words, or empty */
};
/*
 * Reads one datagram and appends its acknowledgements to `out` (at most `room`, `*n` counts). Waits
 * only when asked to; without an answer *n stays as it is.
 */
int nl_acks(struct nl *nl, bool wait, struct nl_ack *out, size_t room, size_t *n, struct err *e);

#endif
