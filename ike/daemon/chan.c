#include "ike/daemon/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

struct chan_kept {
	struct chan_kept *next;
	size_t n;
	uint8_t bytes[];
};

void chan_init(struct chan *c, int fd)
{
	*c = (struct chan){.fd = fd, .last = &c->first};
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void drop_first(struct chan *c)
{
	struct chan_kept *k = c->first;

	c->first = k->next;
	if (!c->first)
		c->last = &c->first;
	c->kept -= k->n;
	secret_wipe(k->bytes, k->n); /* keys travel here */
	free(k);
}

void chan_close(struct chan *c)
{
	while (c->first)
		drop_first(c);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

bool chan_waits(const struct chan *c)
{
	return c->first != NULL;
}

/* 1: sent; 0: not now; -1. */
static int send_now(struct chan *c, const void *bytes, size_t n)
{
	ssize_t sent;

	do
		sent = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)n)
		return 1;
	return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) ? 0 : -1;
}

int chan_flush(struct chan *c)
{
	int rc = 1;

	while (c->first && (rc = send_now(c, c->first->bytes, c->first->n)) > 0)
		drop_first(c);
	return rc < 0 ? -1 : 0;
}

int chan_send(struct chan *c, const void *bytes, size_t n)
{
	struct chan_kept *k;
	int rc;

	if (c->fd < 0 || chan_flush(c) != 0)
		return -1;
	rc = c->first ? 0 : send_now(c, bytes, n);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (c->kept + n > CHAN_KEPT_MAX)
		return -1;
	k = xcalloc(1, sizeof *k + n);
	k->n = n;
	memcpy(k->bytes, bytes, n);
	*c->last = k;
	c->last = &k->next;
	c->kept += n;
	return 0;
}

/* --- with descriptors ------------------------------------------------------------------------------------------ */

union room {
	struct cmsghdr head;
	uint8_t bytes[CMSG_SPACE(CHAN_FDS_MAX * sizeof(int))];
};

int chan_send_fds(struct chan *c, const void *bytes, size_t n, const int *fds, size_t nfds)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
	union room room = {0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = CMSG_SPACE(nfds * sizeof *fds)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	if (c->first || nfds > CHAN_FDS_MAX)
		return -1;
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(nfds * sizeof *fds);
	memcpy(CMSG_DATA(h), fds, nfds * sizeof *fds);
	return sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n ? 0 : -1;
}

/* All of the message's descriptors, and only when there are as many as a message may have. */
static void take_fds(struct msghdr *m, int fds[CHAN_FDS_MAX])
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof *fds;
		int one;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			memcpy(&one, CMSG_DATA(h) + i * sizeof one, sizeof one);
			if (n == CHAN_FDS_MAX)
				fds[i] = one;
			else
				close(one);
		}
	}
}

ssize_t chan_recv_fds(struct chan *c, void *out, size_t cap, int fds[CHAN_FDS_MAX])
{
	struct iovec part = {.iov_base = out, .iov_len = cap};
	union room room = {0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (fds) {
		m.msg_control = &room;
		m.msg_controllen = sizeof room;
		for (size_t i = 0; i < CHAN_FDS_MAX; i++)
			fds[i] = -1;
	}
	do
		n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	if (fds)
		take_fds(&m, fds);
	return n == 0 || (m.msg_flags & MSG_TRUNC) ? -1 : n;
}

ssize_t chan_recv(struct chan *c, void *out, size_t cap)
{
	return chan_recv_fds(c, out, cap, NULL);
}
