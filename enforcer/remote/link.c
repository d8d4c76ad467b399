#include "enforcer/remote/link.h"

#include <errno.h>
#include <sys/socket.h>

#include "common/base/banned.h"

int link_send(void *ctx, const uint8_t *bytes, size_t n, struct err *e)
{
	ssize_t sent;

	do
		sent = send(*(const int *)ctx, bytes, n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n ? 0 : err_set_errno(e, sent < 0 ? errno : EMSGSIZE, SYS, "the other process");
}

/* recv() takes no descriptors: whatever else comes with a packet is thrown away by the kernel. */
long link_recv(void *ctx, uint8_t *room, struct err *e)
{
	ssize_t got;

	do
		got = recv(*(const int *)ctx, room, PACKET_MAX, MSG_TRUNC);
	while (got < 0 && errno == EINTR);
	if (got > PACKET_MAX)
		return err_set_errno(e, EMSGSIZE, SYS, "the other process");
	if (got < 0 && errno != ECONNRESET)
		return err_set_errno(e, errno, SYS, "the other process");
	return got < 0 ? 0 : got;
}
