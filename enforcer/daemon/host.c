#include "enforcer/daemon/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"

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

/* Is the process that wrote its id into the file there no more? */
static bool writer_is_gone(int fd)
{
	char text[32] = "";
	long pid = pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;

	return pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

/*
 * An enforcer that was killed between fork and exec leaves a child that has the lock, too, and is about to go: that
 * is waited for.
 */
static int lock_soon(int fd)
{
	const struct timespec nap = {.tv_nsec = 5000000};
	int rc = flock(fd, LOCK_EX | LOCK_NB);

	for (int i = 0; rc != 0 && errno == EWOULDBLOCK && i < 200 && writer_is_gone(fd); i++) {
		nanosleep(&nap, NULL);
		rc = flock(fd, LOCK_EX | LOCK_NB);
	}
	return rc;
}

/* Locks a descriptor that is for reading: who holds the lock need not be able to write a file. */
static int lock_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_set_errno(e, errno, FILE_OPEN, path);
	if (lock_soon(fd) == 0)
		return fd;
	err_set(e, ALREADY_RUNNING, path);
	close(fd);
	return -1;
}

static int write_pid(const char *path, struct err *e)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	int rc = 0;

	if (fd < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
		rc = err_set_errno(e, errno, FILE_WRITE, path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int host_lock(const char *run_dir, struct err *e)
{
	struct buf path = {0};
	int fd;

	buf_printf(&path, "%s/enforcerd.lock", run_dir);
	fd = lock_file(buf_text(&path), e);
	if (fd >= 0 && write_pid(buf_text(&path), e) != 0) {
		close(fd);
		fd = -1;
	}
	buf_free(&path);
	return fd;
}

/* The mode is set on the file before anybody can connect: until listen() a connect is refused. */
static int listen_at(const struct sockaddr_un *sa, struct err *e)
{
	enum { WAITING = 4 }; /* one is served at a time */
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set_errno(e, errno, SYS, "socket");
	if ((unlink(sa->sun_path) == 0 || errno == ENOENT) && bind(fd, (const struct sockaddr *)sa, sizeof *sa) == 0 &&
	    chmod(sa->sun_path, 0600) == 0 && listen(fd, WAITING) == 0)
		return fd;
	err_set_errno(e, errno, FILE_WRITE, sa->sun_path);
	close(fd);
	return -1;
}

int host_listen(const char *run_dir, const char *name, struct err *e)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int n = snprintf(sa.sun_path, sizeof sa.sun_path, "%s/%s", run_dir, name);

	if (n < 0 || (size_t)n >= sizeof sa.sun_path)
		return err_set_errno(e, ENAMETOOLONG, FILE_WRITE, run_dir);
	return listen_at(&sa, e);
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

void host_hold_packets(void)
{
	int fd = open("/proc/sys/net/core/xfrm_larval_drop", O_WRONLY | O_CLOEXEC);

	/* In a sandbox of the service manager's it is read-only, or not there; the manager set it before (units/). */
	if (fd >= 0) {
		if (write(fd, "0\n", 2) < 0)
			log_line(LOG_L_WARNING, "net.core.xfrm_larval_drop cannot be set: packets that wait for keys are thrown away");
		close(fd);
	}
}
