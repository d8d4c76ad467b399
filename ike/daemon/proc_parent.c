#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/manager.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/base/secret.h"
#include "ike/daemon/chan.h"
#include "ike/daemon/proc.h"
#include "ike/daemon/pulse.h"
#include "ike/daemon/source.h"
#include "ike/daemon/syscalls.h"

#include "common/base/banned.h"

enum { CONNECT_MS = 250, END_MS = 2000, END_STEP_MS = 5 /* between the end of one child and that of the other */ };

/* When keys ends, net fails; when net ends, keys just ends, so a failure of keys is its own (pulse_blame()). */
enum { KEYS, NET, CHILDREN };
static const struct {
	const char *name, *option;
	enum link_party party;
} children[CHILDREN] = {
    [NET] = {"net", "--" PROC_NET_OPTION, LINK_NET}, [KEYS] = {"keys", "--" PROC_KEYS_OPTION, LINK_KEYS}};

struct parent {
	struct chan link[CHILDREN];
	pid_t pid[CHILDREN];
	bool ready[CHILDREN];
	int signals, manager;
	struct pulse pulse;
	bool lost;     /* net has no enforcer */
	bool stopping;
};

/* --- starting children ------------------------------------------------------------------------------------------- */

/* In the child: nothing but the standard three and what it is given; -1 is a place that stays empty. Does not return. */
static void become(int child, const int *fds, int n, bool debug)
{
	const char *argv[] = {"ipsec-iked", children[child].option, debug ? "--debug" : NULL, NULL};
	int high[NET_FDS];

	for (int i = 0; i < n; i++) /* out of the way of dup2() */
		high[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD, 4 * (PROC_PARENT + NET_FDS));
	for (int i = 0; i < n; i++) {
		if (high[i] < 0)
			close(PROC_PARENT + i);
		else if (dup2(high[i], PROC_PARENT + i) < 0)
			_exit(1);
	}
	close_range((unsigned)(PROC_PARENT + n), ~0U, 0);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(1);
}

/* fds[0] is the child's end of its link. */
static int start_child(struct parent *p, int child, int ours, const int *fds, int n, bool debug, struct err *e)
{
	p->pid[child] = fork();
	if (p->pid[child] == 0)
		become(child, fds, n, debug);
	close(fds[0]);
	chan_init(&p->link[child], ours);
	return p->pid[child] > 0 ? 0 : err_set_errno(e, errno, SYS, "fork");
}

static int make_link(int pair[2], struct err *e)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 ? 0 : err_set_errno(e, errno, SYS, "socketpair");
}

static int start_children(struct parent *p, const int udp[UDP_SOCKETS], int trace, bool debug, struct err *e)
{
	int net[2], keys[2], between[2], rc;

	if (make_link(net, e) != 0 || make_link(keys, e) != 0 || make_link(between, e) != 0)
		return -1;
	const int net_fds[NET_FDS] = {net[1], between[0], udp[0], udp[1], udp[2], udp[3], trace}, keys_fds[KEYS_FDS] = {keys[1], between[1]};
	rc = start_child(p, NET, net[0], net_fds, NET_FDS, debug, e);
	if (rc == 0)
		rc = start_child(p, KEYS, keys[0], keys_fds, KEYS_FDS, debug, e);
	close(between[0]);
	close(between[1]);
	return rc;
}

/* --- serving them: 0: go on; 1: a child is gone, and ended() says why; -1: `e` ---------------------------------------- */

static struct mono now_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

static int put(struct parent *p, int child, const struct link_msg *m)
{
	uint8_t bytes[LINK_MSG_MAX];
	size_t n = link_encode(m, bytes);
	int rc = chan_send(&p->link[child], bytes, n);

	secret_wipe(bytes, n);
	return rc != 0;
}

static int on_want(struct parent *p, int child, const struct link_msg *m)
{
	struct link_msg answer = {.type = LINK_KEY, .seq = m->seq};
	char name[GUID_TEXT], *text;
	struct err why = {0};
	size_t n;
	int rc;

	text = source_key(paths_state(), paths_run(), &m->u.want, &why);
	n = text ? strlen(text) : 0;
	if (!text)
		log_line(LOG_L_WARNING, "there is no preshared key %s%s%s", guid_print(&m->u.want, name), why.id ? ": " : "", why.text);
	if (text && n <= sizeof answer.u.key.text) {
		answer.u.key.found = true;
		answer.u.key.n = (uint16_t)n;
		memcpy(answer.u.key.text, text, n);
	}
	rc = put(p, child, &answer);
	secret_wipe(&answer, sizeof answer);
	secret_free(text);
	return rc;
}

static int on_ready(struct parent *p, int child, const struct link_msg *m)
{
	(void)m;
	p->ready[child] = true;
	if (p->ready[NET] && p->ready[KEYS]) {
		log_line(LOG_L_INFO, "version %s is ready", IPSECSH_VERSION);
		manager_tell(p->manager, "READY=1");
		pulse_start(&p->pulse, manager_beat_ms(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getpid()), now_mono());
	}
	return 0;
}

static int on_lost(struct parent *p, int child, const struct link_msg *m)
{
	(void)child;
	(void)m;
	p->lost = true;
	manager_tell(p->manager, "STATUS=Waiting for the enforcer");
	return 0;
}

static int on_alive(struct parent *p, int child, const struct link_msg *m)
{
	(void)m;
	if (pulse_hears(&p->pulse, children[child].party))
		manager_tell(p->manager, "WATCHDOG=1");
	return 0;
}

static const struct {
	uint16_t type;
	int (*run)(struct parent *p, int child, const struct link_msg *m);
} on_message[] = {{LINK_WANT, on_want}, {LINK_READY, on_ready}, {LINK_LOST, on_lost}, {LINK_ALIVE, on_alive}};

static int take(struct parent *p, int child, const struct link_msg *m, struct err *e)
{
	for (size_t i = 0; i < N_OF(on_message); i++)
		if (on_message[i].type == m->type)
			return on_message[i].run(p, child, m);
	return err_set(e, BUG, "a message of a child that nobody takes");
}

static int read_child(struct parent *p, int child, struct err *e)
{
	uint8_t bytes[LINK_MSG_MAX];
	struct link_msg m;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = chan_recv(&p->link[child], bytes, sizeof bytes)) != 0) {
		if (n < 0)
			return 1;
		rc = link_decode(bytes, (size_t)n, children[child].party, LINK_PARENT, &m, e);
		if (rc == 0)
			rc = take(p, child, &m, e);
	}
	return rc;
}

static int try_enforcer(struct parent *p)
{
	const struct link_msg m = {.type = LINK_ENFORCER};
	uint8_t bytes[LINK_MSG_MAX];
	int fds[CHAN_FDS_MAX], rc;

	if (!source_enforcer(paths_run(), fds))
		return 0;
	p->lost = false;
	rc = chan_send_fds(&p->link[NET], bytes, link_encode(&m, bytes), fds, CHAN_FDS_MAX);
	for (size_t i = 0; i < CHAN_FDS_MAX; i++)
		close(fds[i]);
	if (rc == 0)
		manager_tell(p->manager, "STATUS=Connected to the enforcer");
	return rc != 0;
}

static int read_signals(struct parent *p)
{
	struct signalfd_siginfo si;

	while (read(p->signals, &si, sizeof si) == (ssize_t)sizeof si)
		p->stopping = p->stopping || si.ssi_signo != SIGHUP;
	if (!p->stopping)
		return 0;
	manager_tell(p->manager, "STOPPING=1");
	return put(p, NET, &(struct link_msg){.type = LINK_STOP});
}

static int ask_children(struct parent *p)
{
	int rc = 0;

	if (pulse_asks(&p->pulse, LINK_CHILD, now_mono()))
		for (int i = 0; i < CHILDREN && rc == 0; i++)
			rc = put(p, i, &(struct link_msg){.type = LINK_ASK});
	return rc;
}

static int wait_ms(const struct parent *p)
{
	int beat = pulse_wait_ms(&p->pulse, now_mono());

	return p->lost && (beat < 0 || beat > CONNECT_MS) ? CONNECT_MS : beat;
}

static short events_of(const struct chan *c)
{
	return (short)(chan_waits(c) ? POLLIN | POLLOUT : POLLIN);
}

/* Waits for something and does it. */
static int serve_once(struct parent *p, struct err *e)
{
	struct pollfd fds[1 + CHILDREN] = {[CHILDREN] = {.fd = p->signals, .events = POLLIN}};
	int rc = p->lost && !p->stopping ? try_enforcer(p) : 0;

	if (rc == 0)
		rc = ask_children(p);
	if (rc != 0)
		return rc;
	for (int i = 0; i < CHILDREN; i++)
		fds[i] = (struct pollfd){.fd = p->link[i].fd, .events = events_of(&p->link[i])};
	if (poll(fds, N_OF(fds), wait_ms(p)) < 0)
		return errno == EINTR ? 0 : err_set_errno(e, errno, SYS, "poll");
	if (fds[CHILDREN].revents)
		rc = read_signals(p);
	for (int i = 0; i < CHILDREN && rc == 0; i++) {
		rc = read_child(p, i, e);
		if (rc == 0)
			rc = chan_flush(&p->link[i]) != 0;
	}
	return rc;
}

/* --- their end ----------------------------------------------------------------------------------------------------- */

/* One child takes the other along, so this is soon over; one that hangs ends with us. */
static void wait_for_ends(const struct parent *p, struct pulse_end ends[CHILDREN])
{
	const struct timespec nap = {.tv_nsec = END_STEP_MS * 1000000};
	int running = CHILDREN;

	for (int waited = 0; running > 0 && waited < END_MS; waited += END_STEP_MS) {
		running = 0;
		for (int i = 0; i < CHILDREN; i++) {
			if (!ends[i].known)
				ends[i].known = waitpid(p->pid[i], &ends[i].status, WNOHANG) == p->pid[i];
			running += !ends[i].known;
		}
		if (running > 0)
			nanosleep(&nap, NULL);
	}
}

/* A child is gone. 0: net did what it was told to; -1: *e names the one that went first. */
static int ended(const struct parent *p, struct err *e)
{
	struct pulse_end ends[CHILDREN] = {{0}};
	int who;

	wait_for_ends(p, ends);
	who = pulse_blame(ends, CHILDREN);
	if (who < 0 && ends[NET].known)
		return 0;
	if (who < 0)
		who = ends[KEYS].known ? KEYS : NET;
	if (ends[who].known && WIFSIGNALED(ends[who].status))
		return err_set(e, IKE_CHILD_KILLED, children[who].name, WTERMSIG(ends[who].status));
	return err_set(e, IKE_CHILD_ENDED, children[who].name);
}

static int serve(struct parent *p, struct err *e)
{
	int rc;

	mkdir(paths_state(), 0700); /* one that came later would be out of reach */
	rc = iked_confine(IKED_PARENT, paths_state(), e);
	while (rc == 0)
		rc = serve_once(p, e);
	return rc > 0 ? ended(p, e) : -1;
}

/* --- begin and end -------------------------------------------------------------------------------------------------- */

static int open_signals(struct err *e)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd >= 0 ? fd : err_set_errno(e, errno, SYS, "signalfd");
}

static int open_trace(const char *path, int *out, struct err *e)
{
	*out = -1;
	if (!path)
		return 0;
	*out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	return *out >= 0 ? 0 : err_set_errno(e, errno, FILE_WRITE, path);
}

/* Children that are still there end with their links, and with us. */
int proc_parent(const struct proc_options *o, struct err *e)
{
	static const int given[UDP_SOCKETS] = {MANAGER_FIRST_FD, MANAGER_FIRST_FD + 1, MANAGER_FIRST_FD + 2, MANAGER_FIRST_FD + 3};
	struct parent p = {.link = {{.fd = -1}, {.fd = -1}}, .signals = -1};
	int udp[UDP_SOCKETS], trace = -1, rc;
	int ngiven = manager_given(getenv("LISTEN_FDS"), getenv("LISTEN_PID"), getpid(), UDP_SOCKETS);

	close_range((unsigned)(MANAGER_FIRST_FD + ngiven), ~0U, 0); /* what whoever started us left open */
	secret_no_core();
	rc = udp_adopt_all(udp, given, (size_t)ngiven) ? 0 : udp_open_all(udp, e);
	if (rc == 0)
		rc = open_trace(o->trace, &trace, e);
	if (rc == 0 && (p.signals = open_signals(e)) < 0)
		rc = -1;
	p.manager = manager_open();
	if (rc == 0)
		rc = start_children(&p, udp, trace, o->debug, e);
	for (int i = 0; i < UDP_SOCKETS; i++)
		if (udp[i] >= 0)
			close(udp[i]);
	if (trace >= 0)
		close(trace);
	if (rc == 0)
		rc = serve(&p, e);
	chan_close(&p.link[NET]);
	chan_close(&p.link[KEYS]);
	if (p.signals >= 0)
		close(p.signals);
	if (p.manager >= 0)
		close(p.manager);
	return rc;
}
