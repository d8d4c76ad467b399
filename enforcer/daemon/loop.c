#include "enforcer/daemon/loop.h"

#include <errno.h>
#include <poll.h>

#include "common/base/banned.h"

int loop_add(struct loop *l, int fd, void (*ready)(void *ctx, int fd), void *ctx)
{
	size_t i = 0;

	if (fd < 0)
		return 0;
	while (i < l->n && l->v[i].fd >= 0)
		i++;
	if (i == LOOP_MAX)
		return -1;
	l->v[i] = (struct loop_source){.fd = fd, .ready = ready, .ctx = ctx};
	if (i == l->n)
		l->n++;
	return 0;
}

void loop_write(struct loop *l, int fd, bool write)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].fd == fd)
			l->v[i].write = write;
}

void loop_remove(struct loop *l, int fd)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].fd == fd)
			l->v[i].fd = -1;
}

int loop_wait(struct loop *l, int timeout_ms, struct err *e)
{
	struct pollfd p[LOOP_MAX];
	size_t n = l->n;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = l->v[i].fd, .events = l->v[i].write ? POLLIN | POLLOUT : POLLIN};
	if (poll(p, n, timeout_ms) < 0)
		return errno == EINTR ? 0 : err_set_errno(e, errno, SYS, "poll");
	/* A call may give a place to another descriptor; the event is not that one's. */
	for (size_t i = 0; i < n; i++)
		if (p[i].revents && p[i].fd >= 0 && l->v[i].fd == p[i].fd)
			l->v[i].ready(l->v[i].ctx, p[i].fd);
	return 0;
}
