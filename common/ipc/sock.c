/* The socket under the control channel: a packet is a message, so there is no framing to get wrong. */
#include "common/ipc/ipc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/secret.h"
#include "common/ipc/sock.h"

#include "common/base/banned.h"

int ipc_address(const char *run_dir, struct sockaddr_un *sa, struct err *e)
{
	int n;

	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(sa->sun_path, sizeof sa->sun_path, "%s/enforcerd.sock", run_dir);
	if (n < 0 || (size_t)n >= sizeof sa->sun_path)
		return err_set_errno(e, ENAMETOOLONG, IPC_SYSTEM);
	return 0;
}

int ipc_listen(const char *run_dir, struct err *e)
{
	struct sockaddr_un sa;
	int fd;

	if (ipc_address(run_dir, &sa, e) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set_errno(e, errno, IPC_SYSTEM);
	/*
	 * The mode is set on the file before anybody can connect: until listen() a connect is refused.
	 */
	if ((unlink(sa.sun_path) != 0 && errno != ENOENT) ||
	    bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || chmod(sa.sun_path, 0660) != 0 ||
	    listen(fd, 64) != 0) {
		err_set_errno(e, errno, FILE_WRITE, sa.sun_path);
		close(fd);
		return -1;
	}
	return fd;
}

int ipc_send(int fd, const struct ipc_msg *m, struct err *e)
{
	uint8_t bytes[IPC_MSG_MAX];
	size_t len = ipc_encode(m, bytes);
	ssize_t n;

	do
		n = send(fd, bytes, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	secret_wipe(bytes, len); /* a change may carry keys */
	return n == (ssize_t)len ? 0 : err_set_errno(e, n < 0 ? errno : EMSGSIZE, IPC_SYSTEM);
}

int ipc_recv(int fd, struct ipc_msg *m, struct err *e)
{
	uint8_t bytes[IPC_MSG_MAX + 1]; /* one more: a longer packet is seen as such, not cut */
	ssize_t n;

	*m = (struct ipc_msg){0};
	do
		n = recv(fd, bytes, sizeof bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : err_set_errno(e, errno, IPC_SYSTEM);
	if (n == 0)
		return 0;
	int rc = ipc_decode(bytes, (size_t)n, m, e);
	secret_wipe(bytes, (size_t)n);
	return rc == 0 ? 1 : -1;
}
