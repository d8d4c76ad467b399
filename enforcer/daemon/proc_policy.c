#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/base/secret.h"
#include "common/sandbox/sandbox.h"
#include "enforcer/daemon/daemon.h"
#include "enforcer/daemon/manager.h"
#include "enforcer/daemon/proc.h"
#include "enforcer/daemon/syscalls.h"
#include "enforcer/remote/remote.h"

#include "common/base/banned.h"

static int host_facts(void *ctx, struct facts *out, struct err *e)
{
	return facts_gather(ctx, out, e);
}

/* The folder in which a file really is, or NULL; the caller frees. */
static char *folder_of(const char *file)
{
	char *real = realpath(file, NULL), *slash = real ? strrchr(real, '/') : NULL;

	if (slash)
		slash[slash == real] = '\0';
	return real;
}

/*
 * The last thing before anything is read that others wrote. Folders and not files are named, because files are
 * replaced by renaming. The store's is made here should it be missing: one that comes later would be out of reach.
 */
static int confine(void *ctx, struct err *e)
{
	const struct daemon_conf *c = ctx;
	char *resolver = folder_of(c->fact_paths->resolv_conf);
	const struct sandbox_folder folders[] = {
		{c->state_dir, SANDBOX_WRITE}, /* SQLite's readers write, too: locks in the -shm file */
		{c->run_dir, SANDBOX_REMOVE},  /* the socket, at the end */
		{c->boot_dir, SANDBOX_READ},
		{"/etc", SANDBOX_READ},
		{"/run", SANDBOX_READ}, /* resolv.conf and leases: folders there are made anew when their service is */
		{resolver, SANDBOX_READ},
		{c->fact_paths->dhclient_leases, SANDBOX_READ},
		{c->fact_paths->dhcpcd_leases, SANDBOX_READ},
	};
	/* One that is not there yet would open /var/lib as a whole, for a program that few hosts have. */
	size_t n = N_OF(folders) - (access(c->fact_paths->dhcpcd_leases, F_OK) != 0);
	int rc;

	mkdir(c->state_dir, 0700);
	rc = sandbox_capabilities(0, e);
	if (rc == 0)
		rc = sandbox_files(folders, n, e);
	if (rc == 0)
		log_line(LOG_L_INFO, "this kernel has no Landlock: files are kept apart by their modes alone");
	if (rc >= 0)
		rc = enforcer_calls(ROLE_POLICY, 0, e);
	free(resolver);
	return rc;
}

static void tell_status(void *ctx, const char *line)
{
	const struct daemon_conf *c = ctx;
	struct err ignored = {0}; /* the next round of the loop sees that the kernel is lost */

	kernel_remote_tell(c->kernel, line, &ignored);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int wait_ms(int64_t until)
{
	int64_t left = until - now_ms();

	return left < 0 ? 0 : (int)left;
}

/*
 * Rounds of the loop, until there is no next one. The watchdog hears of each that comes after the time: a loop that
 * hangs says nothing, nor does a *kernel* that hangs, whose word it is.
 */
static int go_round(const struct daemon_conf *conf, struct daemon *d, int beat_ms, struct err *e)
{
	int64_t beat_at = now_ms();
	bool ready = false;
	int rc = 0;

	while (rc == 0) {
		/* Not before the policy is in force: who orders after us counts on it. */
		if (!ready && daemon_is_ready(d)) {
			rc = kernel_remote_tell(conf->kernel, "READY=1", e);
			ready = true;
		}
		if (rc == 0 && beat_ms > 0 && now_ms() >= beat_at) {
			rc = kernel_remote_tell(conf->kernel, "WATCHDOG=1", e);
			beat_at = now_ms() + beat_ms;
		}
		if (rc == 0)
			rc = daemon_step(d, beat_ms > 0 ? wait_ms(beat_at) : -1, e);
	}
	return rc;
}

static int run(const struct daemon_conf *conf, struct err *e)
{
	int beat_ms = manager_beat_ms(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getppid());
	struct daemon *d = daemon_open(conf, e); /* and the sandbox is entered */
	int rc = -1;

	if (d) {
		log_line(LOG_L_INFO, "version %s started, policy store '%s'", IPSECSH_VERSION, conf->state_dir);
		rc = go_round(conf, d, beat_ms, e);
	}
	if (rc > 0) {
		kernel_remote_tell(conf->kernel, "STOPPING=1", e);
		rc = daemon_stop(d, e);
		if (rc == 0)
			log_line(LOG_L_NOTICE, "stopped: nothing is enforced any more");
	}
	/* Another enforcer may be starting already: the socket by that name may be its. */
	if (kernel_lost(conf->kernel)) {
		log_line(LOG_L_ERROR, "%s; what was in force stays in force", e->text);
		_exit(1);
	}
	daemon_close(d);
	return rc;
}

static bool is_given(int fd)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* Started by kernel, and not by somebody who tries an option. */
static int check_descriptors(struct err *e)
{
	if (is_given(PROC_QUESTIONS) && is_given(PROC_EVENTS) && is_given(PROC_LISTENER) && is_given(PROC_IKE))
		return 0;
	return err_set(e, USAGE, "only the enforcer itself starts its policy process");
}

/* Its end of the journal: kernel tells of no events. Opened now, since the sandbox lets no more sockets be made. */
static void open_journal(void)
{
	bool given;
	const char *path = paths_journal(&given);

	log_journal(path, given);
}

int proc_policy(struct err *e)
{
	char *boot_dir = xstrdup(paths_boot()); /* which is its own until the next call only */
	struct fact_paths paths = fact_paths_linux;
	struct daemon_conf conf = {.state_dir = paths_state(), .boot_dir = boot_dir, .run_dir = paths_run(), .facts = host_facts,
		.facts_ctx = &paths, .facts_fd = -1, .fact_paths = &paths, .listener = PROC_LISTENER, .ike_listener = PROC_IKE,
		.confine = confine, .confine_ctx = &conf, .status = tell_status, .status_ctx = &conf};
	sigset_t signals;
	int rc = -1;

	secret_no_core(); /* the keys of dynamic rules are here alone */
	if (check_descriptors(e) != 0) {
		free(boot_dir);
		return -1;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* busy or not, it ends with kernel */
	proc_block_signals(&signals);
	conf.signals = &signals;
	conf.kernel = kernel_remote_open(PROC_QUESTIONS, PROC_EVENTS, is_given(PROC_DROPS) ? PROC_DROPS : -1);
	open_journal();
	conf.facts_fd = facts_watch_open(e);
	if (conf.facts_fd >= 0) {
		rc = run(&conf, e);
		close(conf.facts_fd);
	}
	kernel_close(conf.kernel);
	free(boot_dir);
	return rc;
}
