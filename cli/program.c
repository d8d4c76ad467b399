#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

enum {
	TICK_MS = 50,    /* how soon a wish to stop is noticed */
	GRACE_MS = 1000, /* between SIGTERM and SIGKILL */
};

/* --- the environment ------------------------------------------------------------------------------- */

static void put(struct program_env *env, char *text)
{
	GROW(env->v, env->n, env->cap);
	env->v[env->n++] = text;
}

void program_env_init(struct program_env *env, char *const *machine)
{
	*env = (struct program_env){0};
	for (; *machine; machine++)
		put(env, xstrdup(*machine));
	put(env, NULL);
}

static bool names(const char *entry, const char *name)
{
	const char *eq = strchr(entry, '=');
	size_t n = strlen(name);

	return eq && (size_t)(eq - entry) == n && strncasecmp(entry, name, n) == 0;
}

void program_env_set(struct program_env *env, const char *name, const char *value)
{
	struct buf b = {0};
	size_t kept = 0;

	if (str_caseeq(name, "PATH"))
		return;
	for (size_t i = 0; i + 1 < env->n; i++) {
		if (names(env->v[i], name))
			free(env->v[i]);
		else
			env->v[kept++] = env->v[i];
	}
	env->n = kept;
	if (value) {
		buf_printf(&b, "%s=%s", name, value);
		put(env, xstrdup(buf_text(&b)));
		buf_free(&b);
	}
	put(env, NULL);
}

void program_env_fini(struct program_env *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->v[i]);
	free(env->v);
	*env = (struct program_env){0};
}

/* --- the child ------------------------------------------------------------------------------------- */

/* Our ends of its streams, -1 when there is none, and its number. */
struct child {
	int in;         /* a file of memory that holds its input */
	int out[2];     /* standard output and error, read by us */
	int far_out[2]; /* the ends that it writes to */
	pid_t pid;
};

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int pipe_into(int *near, int *far)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	*near = fds[0];
	*far = fds[1];
	return 0;
}

/* A file and not a pipe: nobody has to feed it, and its offset says afterwards how much was read. */
static int file_of(const char *text, size_t n)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	for (size_t done = 0; fd >= 0 && done < n;) {
		ssize_t w = write(fd, text + done, n - done);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			close_one(&fd);
		else
			done += (size_t)w;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int spawn(const struct program *p, char **argv, struct child *c)
{
	posix_spawn_file_actions_t io;
	int rc;

	posix_spawn_file_actions_init(&io);
	if (p->in)
		posix_spawn_file_actions_adddup2(&io, c->in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&io, c->far_out[0], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&io, c->far_out[1], STDERR_FILENO);
	rc = posix_spawnp(&c->pid, argv[0], &io, NULL, argv, p->env);
	posix_spawn_file_actions_destroy(&io);
	return rc;
}

/* Hands on what came; an end that is closed becomes -1. */
static void hand_on(const struct program *p, struct child *c, int i)
{
	char chunk[4096];
	ssize_t n = read(c->out[i], chunk, sizeof chunk);

	if (n > 0)
		(i ? p->err : p->out)(p->ctx, chunk, (size_t)n);
	else if (n == 0 || errno != EINTR)
		close_one(&c->out[i]);
}

/* One tick: what the child writes, or nothing. */
static void listen_to(const struct program *p, struct child *c, int wait_ms)
{
	struct pollfd fds[2] = {{.fd = c->out[0], .events = POLLIN}, {.fd = c->out[1], .events = POLLIN}};

	if (poll(fds, 2, wait_ms) > 0)
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				hand_on(p, c, i);
}

/*
 * Until the child is gone and its output read to the end. When somebody wants to stop, the end of the child is
 * enough: a grandchild in the background may hold the pipes.
 */
static int await(const struct program *p, struct child *c)
{
	int status = 0, stopping_ms = -1, wait_ms = 1;
	bool gone = false;

	while (!gone || ((c->out[0] >= 0 || c->out[1] >= 0) && stopping_ms < 0)) {
		bool open = c->out[0] >= 0 || c->out[1] >= 0;
		listen_to(p, c, open ? TICK_MS : wait_ms);
		if (!open && wait_ms < TICK_MS)
			wait_ms *= 2;
		if (!gone && waitpid(c->pid, &status, WNOHANG) == c->pid)
			gone = true;
		if (stopping_ms < 0 && p->stop && p->stop()) {
			stopping_ms = 0;
			if (!gone)
				kill(c->pid, SIGTERM);
		} else if (stopping_ms >= 0 && !gone && (stopping_ms += TICK_MS) >= GRACE_MS) {
			kill(c->pid, SIGKILL);
		}
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(struct program *p, char **argv)
{
	struct child c = {-1, {-1, -1}, {-1, -1}, -1};
	int rc = PROGRAM_NOT_FOUND;

	if ((!p->in || (c.in = file_of(p->in, p->in_len)) >= 0) && pipe_into(&c.out[0], &c.far_out[0]) == 0 &&
	    pipe_into(&c.out[1], &c.far_out[1]) == 0 && spawn(p, argv, &c) == 0) {
		close_one(&c.far_out[0]);
		close_one(&c.far_out[1]);
		rc = await(p, &c);
		off_t at = p->in ? lseek(c.in, 0, SEEK_CUR) : 0;
		p->in_taken = at > 0 ? (size_t)at : 0;
	}
	close_one(&c.in);
	for (int i = 0; i < 2; i++) {
		close_one(&c.out[i]);
		close_one(&c.far_out[i]);
	}
	return rc;
}

int program_run(struct program *p)
{
	const struct words *w = p->words;
	char **argv = xcalloc(w->n + 1, sizeof *argv);
	int rc;

	for (size_t i = 0; i < w->n; i++)
		argv[i] = xstrdup(w->v[i].text);
	p->in_taken = 0;
	rc = w->n ? run(p, argv) : PROGRAM_NOT_FOUND;
	for (size_t i = 0; i < w->n; i++)
		free(argv[i]);
	free(argv);
	return rc;
}
