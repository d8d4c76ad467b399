/*
 * Our service on this machine. Where systemd runs the machine it is asked; elsewhere (and for a run folder
 * that is not the machine's, as in network namespaces) the enforcer is started and ended directly.
 */
#include "cli/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/paths.h"
#include "common/ipc/ipc.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

enum { STATUS_MS = 2000, WAIT_MS = 30000, STEP_MS = 20 };
#define UNIT "ipsec-enforcerd.service"

static int is_running(bool *yes, struct err *e)
{
	struct ipc_state state;
	int rc = ipc_status(paths_run(), STATUS_MS, &state, e);

	*yes = rc == 0;
	return rc < 0 ? -1 : 0;
}

static bool has_systemd(void)
{
	return !getenv("IPSECSH_RUN") && access("/run/systemd/system", F_OK) == 0;
}

/* Waits for a child; -1 with what became of it. */
static int wait_for(pid_t pid, const char *what, struct err *e)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : err_set(e, SERVICE_FAILED, what);
}

static int systemctl(const char *verb, struct err *e)
{
	static const char *const places[] = {"/usr/bin/systemctl", "/bin/systemctl"};
	const char *const argv[] = {"systemctl", verb, UNIT, NULL};
	pid_t pid;

	for (size_t i = 0; i < N_OF(places); i++)
		if (posix_spawn(&pid, places[i], NULL, NULL, (char *const *)(uintptr_t)argv, environ) == 0)
			return wait_for(pid, "systemctl", e);
	return err_set(e, SERVICE_FAILED, "systemctl");
}

static void pause_ms(long ms)
{
	const struct timespec t = {.tv_nsec = ms * 1000000};

	nanosleep(&t, NULL);
}

/* --- without systemd ------------------------------------------------------------------------------ */

/* The enforcer beside this program, else the installed one. */
static const char *enforcer_path(char out[4096])
{
	ssize_t n = readlink("/proc/self/exe", out, 4000);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash) {
		snprintf(slash + 1, 64, "ipsec-enforcerd");
		if (access(out, X_OK) == 0)
			return out;
	}
	return "/usr/sbin/ipsec-enforcerd";
}

/* Its own session, its log in a file of the run folder: it outlives the script. */
static int spawn_enforcer(const char *path, pid_t *pid, struct err *e)
{
	char log[4096], dot[4096];
	const char *const argv[] = {"ipsec-enforcerd", NULL};
	posix_spawn_file_actions_t io;
	posix_spawnattr_t attr;
	int rc;

	snprintf(log, sizeof log, "%s/enforcerd.log", paths_run());
	snprintf(dot, sizeof dot, "%s/.", paths_run());
	posix_spawn_file_actions_init(&io);
	posix_spawn_file_actions_addopen(&io, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&io, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&io, STDERR_FILENO, access(dot, W_OK) == 0 ? log : "/dev/null",
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID);
	rc = posix_spawn(pid, path, &io, &attr, (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&io);
	return rc ? err_set_errno(e, rc, SERVICE_FAILED, path) : 0;
}

static int start_enforcer(struct err *e)
{
	char room[4096];
	pid_t pid;
	bool up = false;

	if (spawn_enforcer(enforcer_path(room), &pid, e) < 0)
		return -1;
	for (long waited = 0; waited < WAIT_MS && !up; waited += STEP_MS) {
		int status;
		if (waitpid(pid, &status, WNOHANG) == pid)
			return err_set(e, SERVICE_FAILED, "ipsec-enforcerd");
		if (is_running(&up, e) < 0)
			return -1;
		if (!up)
			pause_ms(STEP_MS);
	}
	return up ? 0 : err_set(e, SERVICE_FAILED, "ipsec-enforcerd");
}

static int stop_enforcer(struct err *e)
{
	pid_t pid;

	int rc = ipc_peer(paths_run(), STATUS_MS, &pid, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0; /* gone meanwhile */
	if (kill(pid, SIGTERM) < 0)
		return err_set_errno(e, errno, SYS, "kill");
	for (long waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		int status;
		waitpid(pid, &status, WNOHANG); /* in case it is our own child */
		if (kill(pid, 0) < 0 && errno == ESRCH)
			return 0;
		pause_ms(STEP_MS);
	}
	return err_set(e, SERVICE_FAILED, "ipsec-enforcerd");
}

static int start(struct err *e)
{
	return has_systemd() ? systemctl("start", e) : start_enforcer(e);
}

static int stop(struct err *e)
{
	return has_systemd() ? systemctl("stop", e) : stop_enforcer(e);
}

static int at_boot(bool yes, struct err *e)
{
	if (!has_systemd())
		return err_set(e, SERVICE_NO_BOOT);
	return systemctl(yes ? "enable" : "disable", e);
}

const struct service_ops service_linux = {is_running, start, stop, at_boot};
