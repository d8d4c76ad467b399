/* The socket part of talking to the kernel: sizes, datagrams, acknowledgements. */
#include "enforcer/kernel/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

enum { RCVBUF_BYTES = 4 << 20 };

int nl_open(struct nl *n, int bus, unsigned groups, struct err *e)
{
	int on = 1, size = RCVBUF_BYTES;

	*n = (struct nl){.sock = mnl_socket_open2(bus, SOCK_CLOEXEC), .seq = 1};
	if (!n->sock || mnl_socket_bind(n->sock, groups, MNL_SOCKET_AUTOPID) < 0) {
		int saved = errno;
		nl_close(n);
		return err_set_errno(e, saved, KERNEL_TALK, "socket");
	}
	n->portid = mnl_socket_get_portid(n->sock);
	/*
	 * Reasons in words, without our own message echoed. Best effort: errors come without them
	 * too.
	 */
	mnl_socket_setsockopt(n->sock, NETLINK_EXT_ACK, &on, sizeof on);
	mnl_socket_setsockopt(n->sock, NETLINK_CAP_ACK, &on, sizeof on);
	setsockopt(mnl_socket_get_fd(n->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	return 0;
}

void nl_close(struct nl *n)
{
	if (n->sock)
		mnl_socket_close(n->sock);
	n->sock = NULL;
}

int nl_send(struct nl *n, const void *bytes, size_t len, struct err *e)
{
	int fd = mnl_socket_get_fd(n->sock), size = len < INT32_MAX / 2 ? (int)len : INT32_MAX / 2;

	/* A batch cannot be cut: it is one datagram, and the limit on those is the send buffer. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (mnl_socket_sendto(n->sock, bytes, len) < 0)
		return err_set_errno(e, errno, KERNEL_TALK, "sending");
	return 0;
}

ssize_t nl_receive(struct nl *n, char *room, bool wait)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t size = sizeof from;
		ssize_t got = recvfrom(mnl_socket_get_fd(n->sock), room, NL_RECV_ROOM,
		    MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT), (struct sockaddr *)&from, &size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got > NL_RECV_ROOM) {
			errno = EMSGSIZE;
			return -1;
		}
		if (got < 0 ||
		    from.nl_pid == 0) /* 0 is the kernel; any process can send to our port */
			return got;
	}
}

/* Of an NLMSG_ERROR message; 0 is an acknowledgement. */
static int error_of(const struct nlmsghdr *h)
{
	struct nlmsgerr err;

	if (mnl_nlmsg_get_payload_len(h) < sizeof err)
		return EBADMSG;
	memcpy(&err, mnl_nlmsg_get_payload(h), sizeof err);
	return err.error < 0 ? -err.error : err.error;
}

/* One datagram of a dump. 1: the end was seen, 0: more to come. */
static int dump_part(const char *bytes, int len, uint32_t seq, bool *interrupted, nl_cb *cb,
    void *ctx, struct err *e)
{
	const struct nlmsghdr *h = (const void *)bytes;

	for (; nl_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
		if (h->nlmsg_seq != seq)
			continue;
		*interrupted |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR) {
			int err = error_of(h);
			return err ? err_set_errno(e, err, KERNEL_TALK, "asking") : 1;
		}
		if (h->nlmsg_type >= NLMSG_MIN_TYPE && !*interrupted && cb && cb(h, ctx, e))
			return -1;
		if (!(h->nlmsg_flags & NLM_F_MULTI))
			return 1;
	}
	return 0;
}

int nl_dump(struct nl *n, const struct nlmsghdr *request, nl_cb *cb, void *ctx, struct err *e)
{
	char *room = xcalloc(1, NL_RECV_ROOM);
	bool interrupted = false;
	int r = nl_send(n, request, request->nlmsg_len, e);

	while (r == 0) {
		ssize_t got = nl_receive(n, room, true);
		if (got < 0)
			r = err_set_errno(e, errno, KERNEL_TALK, "receiving");
		else
			r = dump_part(room, (int)got, request->nlmsg_seq, &interrupted, cb, ctx, e);
		if (got > 0)
			secret_wipe(room, (size_t)got); /* an association brings its keys along */
	}
	free(room);
	if (r < 0)
		return e->errno_ == EINTR ? NL_INTERRUPTED : -1;
	return interrupted ? NL_INTERRUPTED : 0;
}

int nl_dump_whole(struct nl *n, struct nlmsghdr *request, nl_cb *cb, void *ctx, size_t *taken, const char *what, struct err *e)
{
	enum { TRIES = 10 };
	int rc = NL_INTERRUPTED;

	for (int i = 0; rc == NL_INTERRUPTED && i < TRIES; i++) {
		*taken = 0;
		request->nlmsg_seq = ++n->seq;
		*e = (struct err){0};
		rc = nl_dump(n, request, cb, ctx, e);
	}
	return rc == NL_INTERRUPTED ? err_set_errno(e, EBUSY, KERNEL_TALK, what) : rc;
}

/*
 * The attributes behind struct nlmsgerr: the kernel's words and the offset of what it did not like.
 */
static void read_reason(const struct nlmsghdr *h, struct nl_ack *ack)
{
	size_t fixed = sizeof(struct nlmsgerr), len = mnl_nlmsg_get_payload_len(h);
	struct nlmsgerr err;

	memcpy(&err, mnl_nlmsg_get_payload(h), sizeof err);
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && err.msg.nlmsg_len >= sizeof err.msg)
		fixed += err.msg.nlmsg_len - sizeof err.msg;
	fixed = (fixed + MNL_ALIGNTO - 1) & ~(size_t)(MNL_ALIGNTO - 1);
	if (fixed >= len)
		return;
	const struct nlattr *a = mnl_nlmsg_get_payload_offset(h, fixed);
	for (int left = (int)(len - fixed); mnl_attr_ok(a, left);
	     left -= (int)MNL_ALIGN(a->nla_len), a = mnl_attr_next(a)) {
		size_t n = mnl_attr_get_payload_len(a);
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			snprintf(ack->text, sizeof ack->text, "%.*s", (int)n,
			    (const char *)mnl_attr_get_payload(a));
		else if (mnl_attr_get_type(a) == NLMSGERR_ATTR_OFFS && n >= sizeof ack->offset)
			ack->offset = mnl_attr_get_u32(a);
	}
}

int nl_acks(struct nl *nl, bool wait, struct nl_ack *out, size_t room, size_t *n, struct err *e)
{
	char *bytes = xcalloc(1, NL_RECV_ROOM);
	ssize_t got = nl_receive(nl, bytes, wait);

	if (got < 0) {
		int saved = errno;
		free(bytes);
		if (!wait && (saved == EAGAIN || saved == EWOULDBLOCK))
			return 0;
		return err_set_errno(e, saved, KERNEL_TALK, "receiving");
	}
	int left = (int)got;
	for (const struct nlmsghdr *h = (const void *)bytes; nl_ok(h, left);
	     h = mnl_nlmsg_next(h, &left)) {
		if (h->nlmsg_type != NLMSG_ERROR || *n == room)
			continue;
		struct nl_ack *ack = &out[*n];
		*ack = (struct nl_ack){.seq = h->nlmsg_seq, .error = error_of(h)};
		if (ack->error != EBADMSG)
			read_reason(h, ack);
		++*n;
	}
	free(bytes);
	return 0;
}
