#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

/* The child's end of the pipe becomes its standard output. */
static int spawn(char **argv, int from, int to, pid_t *pid)
{
	posix_spawn_file_actions_t io;
	int rc;

	posix_spawn_file_actions_init(&io);
	posix_spawn_file_actions_adddup2(&io, to, STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&io, from);
	posix_spawn_file_actions_addclose(&io, to);
	rc = posix_spawnp(pid, argv[0], &io, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&io);
	return rc;
}

static void hand_on(int fd, void (*out)(void *sink, const char *text, size_t n), void *sink)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			out(sink, chunk, (size_t)n);
}

static int await(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int program_run(const struct words *w, void (*out)(void *sink, const char *text, size_t n), void *sink)
{
	char **argv = xcalloc(w->n + 1, sizeof *argv);
	int pipes[2], rc = PROGRAM_NOT_FOUND;
	pid_t pid;

	for (size_t i = 0; i < w->n; i++)
		argv[i] = xstrdup(w->v[i].text);
	if (w->n > 0 && pipe2(pipes, O_CLOEXEC) == 0) {
		int failed = spawn(argv, pipes[0], pipes[1], &pid);
		close(pipes[1]);
		if (!failed) {
			hand_on(pipes[0], out, sink);
			rc = await(pid);
		}
		close(pipes[0]);
	}
	for (size_t i = 0; i < w->n; i++)
		free(argv[i]);
	free(argv);
	return rc;
}
