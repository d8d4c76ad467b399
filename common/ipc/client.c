/* The client's side of the control channel: connect, ask one thing, wait for its answer, close. */
#include "common/ipc/ipc.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/ipc/sock.h"

#include "common/base/banned.h"

enum { SEQ = 1 }; /* one request a connection, so any number tells an answer from nonsense */

/* 0: *fd is connected; 1: nobody is there; -1: `e` is set. */
static int dial(const char *run_dir, int timeout_ms, int *fd, struct err *e)
{
	struct timeval tv = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	struct sockaddr_un sa;
	int errnum;

	if (ipc_address(run_dir, &sa, e) != 0)
		return -1;
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return err_set_errno(e, errno, IPC_SYSTEM);
	/* A full queue of a hung enforcer makes connect() and send() wait; this bounds both. */
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	if (connect(*fd, (struct sockaddr *)&sa, sizeof sa) == 0)
		return 0;
	errnum = errno;
	close(*fd);
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return 1;
	case EACCES:
	case EPERM:
		return err_set(e, IPC_DENIED, sa.sun_path);
	case EAGAIN:
		return err_set(e, IPC_SILENT, timeout_ms);
	default:
		return err_set_errno(e, errnum, IPC_SYSTEM);
	}
}

/* Waits for one answer of type `want` on `fd`. 0, or -1 with `e` set. */
static int await(int fd, int timeout_ms, uint16_t want, struct ipc_msg *answer, struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do /* a signal restarts the wait; its handlers in the shell are rare enough not to count time */
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set_errno(e, errno, IPC_SYSTEM);
	if (n == 0)
		return err_set(e, IPC_SILENT, timeout_ms);
	n = ipc_recv(fd, answer, e);
	if (n == 0)
		return err_set(e, IPC_BAD, "it closed the connection");
	if (n < 0)
		return -1;
	if (answer->type == IPC_ERROR)
		return err_set(e, IPC_REFUSED, answer->u.error.text);
	if (answer->type != want || answer->seq != SEQ)
		return err_set(e, IPC_BAD, "it answers another question");
	return 0;
}

int ipc_ask(const char *run_dir, int timeout_ms, uint16_t want, struct ipc_msg *m, struct err *e)
{
	int fd, rc = dial(run_dir, timeout_ms, &fd, e);

	if (rc != 0)
		return rc;
	m->seq = SEQ;
	rc = ipc_send(fd, m, e);
	if (rc == 0)
		rc = await(fd, timeout_ms, want, m, e);
	close(fd);
	return rc;
}

/* Who listens there; false: the kernel does not tell. */
static bool who_listens(int fd, struct ucred *who)
{
	socklen_t len = sizeof *who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, who, &len) == 0;
}

/* A key is taken from nobody else: whoever could make a socket there would choose whom this host trusts. */
static int ask_trusted(int fd, const char *run_dir, int timeout_ms, uint16_t want, struct ipc_msg *m, struct err *e)
{
	struct ucred who;

	if (!who_listens(fd, &who) || (who.uid != 0 && who.uid != geteuid()))
		return err_set(e, IPC_DENIED, run_dir);
	m->seq = SEQ;
	return ipc_send(fd, m, e) == 0 ? await(fd, timeout_ms, want, m, e) : -1;
}

int ipc_key(const char *run_dir, int timeout_ms, const struct guid *name, char **text, struct err *e)
{
	struct ipc_msg m = {.type = IPC_KEY, .u.key_name = *name};
	int fd, rc = dial(run_dir, timeout_ms, &fd, e);

	*text = NULL;
	if (rc != 0)
		return rc;
	rc = ask_trusted(fd, run_dir, timeout_ms, IPC_KEY_TEXT, &m, e);
	close(fd);
	if (rc == 0 && m.u.key.found)
		*text = xstrdup(m.u.key.text);
	secret_wipe(m.pool, m.pool_used);
	return rc;
}

int ipc_notify_enforcer(const char *run_dir, bool persistent, uint64_t counter, int timeout_ms, struct buf *complaint,
    struct err *e)
{
	struct ipc_msg m = {.type = IPC_NOTIFY, .u.notify = {.persistent = persistent, .counter = counter}};
	int rc = ipc_ask(run_dir, timeout_ms, IPC_RESULT, &m, e);

	buf_clear(complaint);
	if (rc != 0)
		return rc;
	if (m.u.result.failed)
		buf_adds(complaint, m.u.result.text);
	else if (m.u.result.counter < counter)
		return err_set(e, IPC_BAD, "it put an older change in force");
	return 0;
}

bool ipc_left_behind(const char *run_dir)
{
	struct sockaddr_un sa;
	struct err ignored = {0};

	return ipc_address(run_dir, &sa, &ignored) == 0 && access(sa.sun_path, F_OK) == 0;
}

int ipc_status(const char *run_dir, int timeout_ms, struct ipc_state *out, struct err *e)
{
	struct ipc_msg m = {.type = IPC_STATUS};
	int rc = ipc_ask(run_dir, timeout_ms, IPC_STATE, &m, e);

	if (rc == 0)
		*out = m.u.state;
	return rc;
}

int ipc_peer(const char *run_dir, int timeout_ms, pid_t *pid, struct err *e)
{
	struct ucred who;
	int fd, rc = dial(run_dir, timeout_ms, &fd, e);

	if (rc != 0)
		return rc;
	if (!who_listens(fd, &who))
		rc = err_set_errno(e, errno, IPC_SYSTEM);
	else
		*pid = who.pid;
	close(fd);
	return rc;
}
