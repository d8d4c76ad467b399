/* Starts ssh itself: no shell on this side, its standard output read here, its standard error the terminal's. */
#include "cli/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/banned.h"

enum { READ_BYTES = 64 * 1024 };

/* A file in memory with that text, at its beginning. */
static int text_fd(const char *text)
{
	size_t n = strlen(text);
	int fd = memfd_create("ipsecsh", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, text, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int start(const char *const *argv, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t io;
	int rc;

	posix_spawn_file_actions_init(&io);
	posix_spawn_file_actions_adddup2(&io, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&io, out, STDOUT_FILENO);
	rc = posix_spawnp(pid, argv[0], &io, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&io);
	return rc;
}

static void read_all(struct session *s, int fd)
{
	char chunk[READ_BYTES];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0) {
			buf_add(&s->text, chunk, (size_t)n);
			session_flush_text(s);
		}
}

int remote_ssh(struct session *s, const char *const *argv, const char *input, int *status, struct err *e)
{
	int out[2] = {-1, -1}, in = text_fd(input), how = 0, rc = -1;
	pid_t pid;

	if (in < 0 || pipe2(out, O_CLOEXEC) < 0) {
		err_set_errno(e, errno, SYS, "pipe");
	} else if (start(argv, in, out[1], &pid) != 0) {
		err_set(e, SSH_MISSING);
	} else {
		close(out[1]);
		out[1] = -1;
		read_all(s, out[0]);
		while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
			;
		*status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
		rc = 0;
	}
	for (int i = 0; i < 2; i++)
		if (out[i] >= 0)
			close(out[i]);
	if (in >= 0)
		close(in);
	return rc;
}
