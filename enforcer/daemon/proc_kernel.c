#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/manager.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/base/secret.h"
#include "common/ipc/ipc.h"
#include "common/sandbox/sandbox.h"
#include "enforcer/daemon/host.h"
#include "enforcer/daemon/ike_kernel.h"
#include "enforcer/daemon/proc.h"
#include "enforcer/daemon/syscalls.h"
#include "enforcer/remote/remote.h"
#include "ike/channel/sockets.h"

#include "common/base/banned.h"

enum { CHILD_WAIT_MS = 2000, CHILD_STEP_MS = 5 }; /* between the end of its socket and its own end */

struct keeper {
	struct kernel *kernel;
	struct remote_server *server;
	int lock, questions, events, drops, signals, manager;
	int ike_listener;
	struct ike_kernel *ike;
	pid_t policy;
	bool changed; /* an event that policy was not told of yet */
};

void proc_block_signals(sigset_t *out)
{
	sigemptyset(out);
	sigaddset(out, SIGTERM);
	sigaddset(out, SIGINT);
	sigaddset(out, SIGHUP);
	sigprocmask(SIG_BLOCK, out, NULL);
}

/* --- starting policy -------------------------------------------------------------------------------- */

/* In the child: nothing but the standard three and what it is given. Does not return. */
static void become_policy(const int fds[PROC_FDS], bool debug)
{
	static const char name[] = "ipsec-enforcerd";
	const char *argv[] = {name, "--" PROC_POLICY_OPTION, debug ? "--debug" : NULL, NULL};
	int high[PROC_FDS], n = fds[PROC_DROPS - PROC_QUESTIONS] < 0 ? PROC_FDS - 1 : PROC_FDS;

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* the lock is this process's, too, until exec */
	for (int i = 0; i < n; i++)
		high[i] = fcntl(fds[i], F_DUPFD, 2 * (PROC_QUESTIONS + PROC_FDS)); /* out of the way of dup2() */
	for (int i = 0; i < n; i++)
		if (dup2(high[i], PROC_QUESTIONS + i) < 0)
			_exit(1);
	close_range((unsigned)(PROC_QUESTIONS + n), ~0U, 0);
	execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	log_line(LOG_L_ERROR, "the policy process cannot be started");
	_exit(1);
}

static int make_channel(int pair[2], struct err *e)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0 ? 0 : err_set_errno(e, errno, SYS, "socketpair");
}

/* What is opened here for policy alone. */
struct handed {
	int control, ike; /* listeners */
};

static int start_policy(struct keeper *k, const struct handed *h, bool debug, struct err *e)
{
	int questions[2], events[2], drops[2] = {-1, -1};

	if (make_channel(questions, e) != 0 || make_channel(events, e) != 0 ||
	    (kernel_drops_fd(k->kernel) >= 0 && make_channel(drops, e) != 0))
		return -1;
	k->questions = questions[0];
	k->events = events[0];
	k->drops = drops[0];
	k->policy = fork();
	if (k->policy == 0)
		become_policy((const int[PROC_FDS]){questions[1], events[1], h->control, h->ike, drops[1]}, debug);
	close(questions[1]);
	close(events[1]);
	if (drops[1] >= 0)
		close(drops[1]);
	return k->policy > 0 ? 0 : err_set_errno(e, errno, SYS, "fork");
}

/* --- serving it ------------------------------------------------------------------------------------- */

static void tell(void *ctx, const char *state)
{
	manager_tell(((const struct keeper *)ctx)->manager, state);
}

static void pass_signals(const struct keeper *k)
{
	struct signalfd_siginfo si;

	while (read(k->signals, &si, sizeof si) == (ssize_t)sizeof si)
		kill(k->policy, (int)si.ssi_signo);
}

/* Waits for something and does it. 0: go on; 1: policy is gone; -1. */
static int serve_once(struct keeper *k, struct err *e)
{
	enum { OWN = 5 };
	struct pollfd p[OWN + IKE_KERNEL_FDS] = {
		{.fd = k->questions, .events = POLLIN},
		{.fd = k->signals, .events = POLLIN},
		{.fd = kernel_watch_fd(k->kernel), .events = POLLIN},
		{.fd = k->changed ? k->events : -1, .events = POLLOUT},
		{.fd = kernel_drops_fd(k->kernel), .events = POLLIN},
	};
	int rc = 1, ms = ike_kernel_wait(k->ike, p + OWN);

	if (poll(p, N_OF(p), ms) < 0)
		return errno == EINTR ? 0 : err_set_errno(e, errno, SYS, "poll");
	if (p[1].revents)
		pass_signals(k);
	if (p[2].revents)
		k->changed |= kernel_watch_read(k->kernel);
	if (k->changed)
		k->changed = !remote_send_changed(k->server);
	if (p[4].revents)
		remote_pass_drops(k->server);
	ike_kernel_serve(k->ike, p + OWN);
	if (p[0].revents)
		rc = remote_serve(k->server, e);
	return rc < 0 ? -1 : rc == 0;
}

/* How policy ended. One that does not end by itself is made to: nobody listens to it any more. */
static int reap(const struct keeper *k, struct err *e)
{
	const struct timespec nap = {.tv_nsec = CHILD_STEP_MS * 1000000};
	int status = 0;
	pid_t got = 0;

	for (int waited = 0; waited < CHILD_WAIT_MS && got == 0; waited += CHILD_STEP_MS) {
		got = waitpid(k->policy, &status, WNOHANG);
		if (got == 0)
			nanosleep(&nap, NULL);
	}
	if (got == 0) {
		kill(k->policy, SIGKILL);
		waitpid(k->policy, &status, 0);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return WIFSIGNALED(status) ? err_set(e, POLICY_ENDED, "was ended by signal", WTERMSIG(status))
				   : err_set(e, POLICY_ENDED, "ended with status", WEXITSTATUS(status));
}

static int serve(struct keeper *k, struct err *e)
{
	int rc = 0;

	if (sandbox_capabilities(SANDBOX_CAP(CAP_NET_ADMIN), e) != 0 ||
	    enforcer_calls(ROLE_KERNEL, k->policy, e) != 0)
		rc = -1;
	while (rc == 0)
		rc = serve_once(k, e);
	if (rc > 0)
		return reap(k, e);
	kill(k->policy, SIGKILL);
	waitpid(k->policy, NULL, 0);
	return -1;
}

/* --- begin and end ---------------------------------------------------------------------------------- */

/* Listening here makes this process the one that clients see at the other end (SO_PEERCRED). */
static int listen_all(struct keeper *k, struct handed *h, const char *run_dir, struct err *e)
{
	h->control = ipc_listen(run_dir, e);
	h->ike = h->control < 0 ? -1 : host_listen(run_dir, IKC_SOCKET_POLICY, e);
	k->ike_listener = h->ike < 0 ? -1 : host_listen(run_dir, IKC_SOCKET_KERNEL, e);
	return k->ike_listener < 0 ? -1 : 0;
}

static int serve_ike(struct keeper *k, struct err *e)
{
	struct sad *sad = sad_netlink_open(k->kernel, e);

	if (!sad)
		return -1;
	k->ike = ike_kernel_new(k->kernel, sad, k->ike_listener);
	return 0;
}

static int open_all(struct keeper *k, struct handed *h, struct err *e)
{
	const char *run_dir = paths_run();
	sigset_t signals;

	proc_block_signals(&signals);
	if (host_make_run_dir(run_dir, e) != 0)
		return -1;
	k->lock = host_lock(run_dir, e);
	if (k->lock < 0 || host_check_privilege(e) != 0)
		return -1;
	host_hold_packets();
	k->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (k->signals < 0)
		return err_set_errno(e, errno, SYS, "signalfd");
	k->kernel = kernel_netlink_open(e);
	return k->kernel && listen_all(k, h, run_dir, e) == 0 ? serve_ike(k, e) : -1;
}

static void close_handed(struct handed *h)
{
	if (h->control >= 0)
		close(h->control);
	if (h->ike >= 0)
		close(h->ike);
	*h = (struct handed){-1, -1};
}

static void close_all(struct keeper *k)
{
	const int fds[] = {k->questions, k->events, k->drops, k->signals, k->manager, k->lock, k->ike_listener};

	remote_server_free(k->server);
	ike_kernel_free(k->ike);
	kernel_close(k->kernel);
	for (size_t i = 0; i < N_OF(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int proc_kernel(bool debug, struct err *e)
{
	struct keeper k = {.lock = -1, .questions = -1, .events = -1, .drops = -1, .signals = -1, .manager = -1,
	    .ike_listener = -1};
	struct handed h = {-1, -1};
	int rc = -1;

	secret_no_core(); /* keys of associations come by */
	close_range(STDERR_FILENO + 1, ~0U, 0); /* what whoever started us left open */
	if (open_all(&k, &h, e) == 0 && start_policy(&k, &h, debug, e) == 0) {
		close_handed(&h);
		k.manager = manager_open();
		k.server = remote_server_new(k.kernel, k.questions, k.events, k.drops, tell, &k);
		rc = serve(&k, e);
	}
	close_handed(&h);
	close_all(&k);
	return rc;
}
