#include "common/base/manager.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/banned.h"

int manager_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof sa.sun_path || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(sa.sun_path, path, n);
	if (path[0] == '@') /* an abstract address begins with a zero byte */
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
		return fd;
	close(fd);
	return -1;
}

void manager_tell(int manager, const char *state)
{
	if (manager >= 0)
		(void)!send(manager, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT);
}

int manager_keep(int manager, const int *fds, size_t n)
{
	/* Without FDPOLL=0 a socket that has something to tell is closed. */
	static const char state[] = "FDSTORE=1\nFDPOLL=0";
	struct iovec part = {.iov_base = (void *)(uintptr_t)state, .iov_len = sizeof state - 1};
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(MANAGER_FDS_MAX * sizeof(int))];
	} room = {.bytes = {0}};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = CMSG_SPACE(n * sizeof *fds)};

	if (n == 0 || n > MANAGER_FDS_MAX) {
		errno = EINVAL;
		return -1;
	}
	room.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(n * sizeof *fds)};
	memcpy(CMSG_DATA(&room.head), fds, n * sizeof *fds);
	return sendmsg(manager, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* A whole decimal number above 0; otherwise 0. */
static unsigned long long number(const char *s)
{
	unsigned long long v;
	char *end;

	if (!s || *s < '0' || *s > '9')
		return 0;
	errno = 0;
	v = strtoull(s, &end, 10);
	return errno || *end ? 0 : v;
}

int manager_beat_ms(const char *watchdog_usec, const char *watchdog_pid, pid_t main)
{
	unsigned long long ms = number(watchdog_usec) / 2000;

	if (!number(watchdog_usec) || (watchdog_pid && number(watchdog_pid) != (unsigned long long)main))
		return -1;
	return ms == 0 ? 1 : ms > INT_MAX ? INT_MAX : (int)ms;
}

int manager_given(const char *listen_fds, const char *listen_pid, pid_t us, int most)
{
	unsigned long long n = number(listen_fds);

	if (number(listen_pid) != (unsigned long long)us)
		return 0;
	return n > (unsigned long long)most ? most : (int)n;
}
