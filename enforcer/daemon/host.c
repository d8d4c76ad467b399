#include "enforcer/daemon/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/buf.h"

#include "common/base/banned.h"

int host_make_run_dir(const char *dir, struct err *e)
{
	if (mkdir(dir, 0750) == 0)
		return chmod(dir, 0750) == 0 ? 0 : err_set_errno(e, errno, FILE_WRITE, dir);
	return errno == EEXIST ? 0 : err_set_errno(e, errno, FILE_WRITE, dir);
}

int host_share(const char *run_dir, gid_t group, struct err *e)
{
	struct buf socket_path = {0};
	int rc = 0;

	buf_printf(&socket_path, "%s/enforcerd.sock", run_dir);
	if (lchown(run_dir, (uid_t)-1, group) != 0 || lchown(buf_text(&socket_path), (uid_t)-1, group) != 0)
		rc = err_set_errno(e, errno, FILE_WRITE, run_dir);
	buf_free(&socket_path);
	return rc;
}

int host_lock(const char *run_dir, struct err *e)
{
	struct buf path = {0};
	int fd;

	buf_printf(&path, "%s/enforcerd.lock", run_dir);
	fd = open(buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_set_errno(e, errno, FILE_OPEN, buf_text(&path));
	} else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			err_set(e, ALREADY_RUNNING, buf_text(&path));
		else
			err_set_errno(e, errno, FILE_OPEN, buf_text(&path));
		close(fd);
		fd = -1;
	} else if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		err_set_errno(e, errno, FILE_WRITE, buf_text(&path));
		close(fd);
		fd = -1;
	}
	buf_free(&path);
	return fd;
}

int host_check_privilege(struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capget, &head, caps) != 0)
		return err_set_errno(e, errno, SYS, "capget");
	if (!(caps[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)))
		return err_set(e, NOT_PRIVILEGED);
	return 0;
}

void host_tell_manager(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof sa.sun_path || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sa.sun_path, path, n);
	if (path[0] == '@') /* an abstract address begins with a zero byte */
		sa.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* A manager that does not listen is not our concern. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sa,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}
