#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/base/secret.h"
#include "ike/daemon/chan.h"
#include "ike/daemon/proc.h"
#include "ike/daemon/source.h"
#include "ike/daemon/syscalls.h"

#include "common/base/banned.h"

enum { CONNECT_MS = 250 };

enum { NET, KEYS, CHILDREN };
static const struct {
	const char *name, *option;
	enum link_party party;
} children[CHILDREN] = {
    [NET] = {"net", "--" PROC_NET_OPTION, LINK_NET}, [KEYS] = {"keys", "--" PROC_KEYS_OPTION, LINK_KEYS}};

struct parent {
	struct chan link[CHILDREN];
	pid_t pid[CHILDREN];
	bool ready[CHILDREN];
	int signals;
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

/* --- serving them -------------------------------------------------------------------------------------------------- */

static int put(struct parent *p, int child, const struct link_msg *m, struct err *e)
{
	uint8_t bytes[LINK_MSG_MAX];
	size_t n = link_encode(m, bytes);
	int rc = chan_send(&p->link[child], bytes, n);

	secret_wipe(bytes, n);
	return rc == 0 ? 0 : err_set(e, IKE_CHILD_ENDED, children[child].name);
}

static int on_want(struct parent *p, const struct link_msg *m, struct err *e)
{
	struct link_msg answer = {.type = LINK_KEY, .seq = m->seq};
	char name[GUID_TEXT], *text;
	struct err why = {0};
	size_t n;
	int rc;

	text = source_key(paths_state(), &m->u.want, &why);
	n = text ? strlen(text) : 0;
	if (!text)
		log_line(LOG_L_WARNING, "there is no preshared key %s%s%s", guid_print(&m->u.want, name), why.id ? ": " : "", why.text);
	if (text && n <= sizeof answer.u.key.text) {
		answer.u.key.found = true;
		answer.u.key.n = (uint16_t)n;
		memcpy(answer.u.key.text, text, n);
	}
	rc = put(p, KEYS, &answer, e);
	secret_wipe(&answer, sizeof answer);
	secret_free(text);
	return rc;
}

static void on_ready(struct parent *p, int child)
{
	p->ready[child] = true;
	if (p->ready[NET] && p->ready[KEYS])
		log_line(LOG_L_INFO, "version %s is ready", IPSECSH_VERSION);
}

static int take(struct parent *p, int child, const struct link_msg *m, struct err *e)
{
	if (m->type == LINK_WANT)
		return on_want(p, m, e);
	if (m->type == LINK_READY)
		on_ready(p, child);
	else
		p->lost = true;
	return 0;
}

/* 0: go on; 1: the child is gone; -1. */
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

static int try_enforcer(struct parent *p, struct err *e)
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
	return rc == 0 ? 0 : err_set(e, IKE_CHILD_ENDED, children[NET].name);
}

static int read_signals(struct parent *p, struct err *e)
{
	struct signalfd_siginfo si;

	while (read(p->signals, &si, sizeof si) == (ssize_t)sizeof si)
		p->stopping = p->stopping || si.ssi_signo != SIGHUP;
	return p->stopping ? put(p, NET, &(struct link_msg){.type = LINK_STOP}, e) : 0;
}

static short events_of(const struct chan *c)
{
	return (short)(chan_waits(c) ? POLLIN | POLLOUT : POLLIN);
}

/* 0: go on; 1: net has ended; -1. */
static int serve_once(struct parent *p, struct err *e)
{
	struct pollfd fds[] = {{.fd = p->signals, .events = POLLIN}, {.fd = p->link[NET].fd, .events = events_of(&p->link[NET])},
	    {.fd = p->link[KEYS].fd, .events = events_of(&p->link[KEYS])}};
	int net, keys;

	if (p->lost && !p->stopping && try_enforcer(p, e) != 0)
		return -1;
	if (poll(fds, N_OF(fds), p->lost ? CONNECT_MS : -1) < 0)
		return errno == EINTR ? 0 : err_set_errno(e, errno, SYS, "poll");
	if (fds[0].revents && read_signals(p, e) != 0)
		return -1;
	net = read_child(p, NET, e);
	if (net != 0)
		return net;
	keys = read_child(p, KEYS, e);
	if (keys > 0)
		err_set(e, IKE_CHILD_ENDED, children[KEYS].name);
	return keys == 0 && chan_flush(&p->link[KEYS]) == 0 ? 0 : -1;
}

/* net has closed its link: did it end well? Nothing else of it waits, so this takes no time. */
static int reap_net(struct parent *p, struct err *e)
{
	int status = 0;

	if (waitpid(p->pid[NET], &status, 0) == p->pid[NET] && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, IKE_CHILD_ENDED, children[NET].name);
}

static int serve(struct parent *p, struct err *e)
{
	int rc;

	mkdir(paths_state(), 0700); /* one that came later would be out of reach */
	rc = iked_confine(IKED_PARENT, paths_state(), e);
	while (rc == 0)
		rc = serve_once(p, e);
	return rc > 0 ? reap_net(p, e) : -1;
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
	struct parent p = {.link = {{.fd = -1}, {.fd = -1}}, .signals = -1};
	int udp[UDP_SOCKETS] = {-1, -1, -1, -1}, trace = -1, rc;

	close_range(STDERR_FILENO + 1, ~0U, 0); /* what whoever started us left open */
	proc_harden();
	p.signals = open_signals(e);
	rc = p.signals < 0 || open_trace(o->trace, &trace, e) != 0 || udp_open_all(udp, e) != 0 ? -1 : 0;
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
	return rc;
}
