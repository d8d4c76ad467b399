/* The client's three answers, against a scripted enforcer in a child process. */
#include "common/ipc/ipc.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#include "common/base/banned.h"

static char dir[64];

static void make_dir(void)
{
	snprintf(dir, sizeof dir, "/tmp/ipcXXXXXX");
	ok(mkdtemp(dir) != NULL);
}

static void remove_dir(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/enforcerd.sock", dir);
	unlink(path);
	rmdir(dir);
}

/* Serves one connection: receives one message, hands it to `reply`, which answers as it likes. */
static pid_t serve(void (*reply)(int fd, const struct ipc_msg *request))
{
	struct err e = {0};
	int listener = ipc_listen(dir, &e);
	pid_t pid;

	is_str(e.text, "");
	pid = fork();
	if (pid == 0) {
		struct pollfd p = {.fd = listener, .events = POLLIN};
		struct ipc_msg m;
		poll(&p, 1, 10000);
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0 && ipc_recv(fd, &m, &e) == 1)
			reply(fd, &m);
		_exit(0);
	}
	close(listener);
	return pid;
}

static void end(pid_t pid)
{
	int status;

	ok(waitpid(pid, &status, 0) == pid);
	remove_dir();
}

static void answer(int fd, uint16_t type, uint32_t seq, uint64_t counter, bool failed, const char *text)
{
	struct ipc_msg m = {.type = type, .seq = seq};
	struct err e;

	m.u.result.counter = counter;
	m.u.result.failed = failed;
	snprintf(type == IPC_ERROR ? m.u.error.text : m.u.result.text, IPC_TEXT_MAX, "%s", text);
	ipc_send(fd, &m, &e);
}

static void reply_in_force(int fd, const struct ipc_msg *r)
{
	answer(fd, IPC_RESULT, r->seq, r->u.notify.counter + 1, false, "");
}
static void reply_older(int fd, const struct ipc_msg *r)
{
	answer(fd, IPC_RESULT, r->seq, r->u.notify.counter - 1, false, "");
}
static void reply_failed(int fd, const struct ipc_msg *r)
{
	answer(fd, IPC_RESULT, r->seq, 1, true, "rule 'r' is bad");
}
static void reply_error(int fd, const struct ipc_msg *r)
{
	answer(fd, IPC_ERROR, r->seq, 0, false, "no such thing");
}
static void reply_other_seq(int fd, const struct ipc_msg *r)
{
	answer(fd, IPC_RESULT, r->seq + 1, r->u.notify.counter, false, "");
}
static void reply_garbage(int fd, const struct ipc_msg *r)
{
	(void)r;
	ok(send(fd, "hello", 5, 0) == 5);
}
static void reply_close(int fd, const struct ipc_msg *r)
{
	(void)fd;
	(void)r;
}
static void reply_late(int fd, const struct ipc_msg *r)
{
	usleep(400 * 1000);
	answer(fd, IPC_RESULT, r->seq, r->u.notify.counter, false, "");
}

static void notify_outcomes(void)
{
	static const struct {
		void (*reply)(int fd, const struct ipc_msg *request);
		int rc;
		const char *complaint, *error;
	} table[] = {
		{reply_in_force, 0, "", ""},
		{reply_failed, 0, "rule 'r' is bad", ""},
		{reply_older, -1, "",
		 "a message of the control channel is not understood: it put an older change in force"},
		{reply_error, -1, "", "the enforcer refused the request: no such thing"},
		{reply_other_seq, -1, "",
		 "a message of the control channel is not understood: it answers another question"},
		{reply_garbage, -1, "",
		 "a message of the control channel is not understood: it is no message of ipsecsh"},
		{reply_close, -1, "",
		 "a message of the control channel is not understood: it closed the connection"},
		{reply_late, -1, "", "the enforcer did not answer within 200 ms"},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct buf complaint = {0};
		struct err e = {0};
		make_dir();
		pid_t pid = serve(table[i].reply);
		buf_adds(&complaint, "left over");
		is_int(ipc_notify_enforcer(dir, false, 41, table[i].reply == reply_late ? 200 : 10000, &complaint, &e),
		    table[i].rc);
		is_str(buf_text(&complaint), table[i].complaint);
		is_str(e.text, table[i].error);
		buf_free(&complaint);
		end(pid);
	}
}

static void nobody_is_no_error(void)
{
	struct buf complaint = {0};
	struct ipc_state s;
	struct err e = {0};
	int fd;

	make_dir();
	is_int(ipc_notify_enforcer(dir, false, 1, 1000, &complaint, &e), 1);
	is_int(ipc_notify_enforcer("/tmp/no-such-folder-for-ipc", false, 1, 1000, &complaint, &e), 1);
	fd = ipc_listen(dir, &e); /* an enforcer that was killed leaves its socket file */
	close(fd);
	is_int(ipc_notify_enforcer(dir, false, 1, 1000, &complaint, &e), 1);
	is_int(ipc_status(dir, 1000, &s, &e), 1);
	is_str(e.text, "");
	remove_dir();
	buf_free(&complaint);
}

static void listen_replaces_a_stale_socket_and_sets_its_mode(void)
{
	struct err e = {0};
	struct stat st;
	char path[128];

	make_dir();
	close(ipc_listen(dir, &e));
	int fd = ipc_listen(dir, &e);
	ok(fd >= 0);
	snprintf(path, sizeof path, "%s/enforcerd.sock", dir);
	is_int(stat(path, &st), 0);
	is_int(st.st_mode & 07777, 0660);
	close(fd);
	remove_dir();
}

static void a_path_too_long_is_said(void)
{
	struct err e = {0};
	struct buf b = {0};
	char deep[200];

	memset(deep, 'd', sizeof deep - 1);
	deep[0] = '/';
	deep[sizeof deep - 1] = '\0';
	is_int(ipc_notify_enforcer(deep, false, 1, 1000, &b, &e), -1);
	ok(strstr(e.text, "too long") != NULL);
	buf_free(&b);
}

static void reply_state(int fd, const struct ipc_msg *r)
{
	struct ipc_msg m = {.type = IPC_STATE, .seq = r->seq};
	struct err e;

	ok(r->type == IPC_STATUS);
	m.u.state.counter = 12;
	ipc_send(fd, &m, &e);
}

static void status_is_asked(void)
{
	struct ipc_state s = {0};
	struct err e = {0};

	make_dir();
	pid_t pid = serve(reply_state);
	is_int(ipc_status(dir, 10000, &s, &e), 0);
	is_int(s.counter, 12);
	end(pid);
}

static void reply_key(int fd, const struct ipc_msg *r)
{
	struct ipc_msg m = {.type = IPC_KEY_TEXT, .seq = r->seq};
	struct err e;

	ok(r->type == IPC_KEY);
	if (r->u.key_name.b[0] == 7)
		m.u.key = (struct ipc_key){true, "Sesame"};
	ipc_send(fd, &m, &e);
}

static void a_key_is_asked(void)
{
	static const struct {
		void (*reply)(int fd, const struct ipc_msg *request);
		uint8_t name;
		int rc;
		const char *text; /* NULL: none */
	} table[] = {{reply_key, 7, 0, "Sesame"}, {reply_key, 8, 0, NULL}, {reply_error, 7, -1, NULL}, {reply_late, 7, -1, NULL}};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct guid name = {{table[i].name}};
		struct err e = {0};
		char left_over[] = "x", *text = left_over;
		make_dir();
		pid_t pid = serve(table[i].reply);
		is_int(ipc_key(dir, table[i].reply == reply_late ? 200 : 10000, &name, &text, &e), table[i].rc);
		ok(table[i].text ? text && strcmp(text, table[i].text) == 0 : text == NULL);
		free(text);
		end(pid);
	}
	const struct guid name = {{7}};
	struct err e = {0};
	char *text;
	make_dir();
	is_int(ipc_key(dir, 1000, &name, &text, &e), 1);
	ok(!text);
	remove_dir();
}

static const struct tap_case cases[] = {
	{"ipc notify: every outcome", notify_outcomes},
	{"ipc nobody there is no error", nobody_is_no_error},
	{"ipc listen replaces a stale socket, mode 0660", listen_replaces_a_stale_socket_and_sets_its_mode},
	{"ipc a path too long is said", a_path_too_long_is_said},
	{"ipc status is asked", status_is_asked},
	{"ipc a key is asked", a_key_is_asked},
};
TAP_MAIN(cases)
