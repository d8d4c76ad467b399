#include "cli/ssh_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/banned.h"

/* All of it, or (too long, not readable) false. */
static bool read_file(const char *path, struct buf *out)
{
	char chunk[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = -1;

	if (fd < 0)
		return false;
	while (out->len <= SSH_PEER_ENVIRON_MAX && (n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_add(out, chunk, (size_t)n);
	}
	close(fd);
	return n == 0;
}

/* The value of the variable in "NAME=value\0NAME=value\0", or NULL. */
static const char *variable(const struct buf *environ_text, const char *name)
{
	const char *at = buf_text(environ_text), *end = at + environ_text->len; /* a NUL stands at the end */
	size_t n = strlen(name);

	for (; at < end; at += strlen(at) + 1)
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return at + n + 1;
	return NULL;
}

/* proc_pid_stat(5): "PID (NAME) STATE PPID ..."; the name may hold blanks and brackets. 0: not known. */
static pid_t parent_of(const struct buf *stat)
{
	const char *behind = strrchr(buf_text(stat), ')');
	int ppid;

	return behind && sscanf(behind + 1, " %*c %9d", &ppid) == 1 && ppid > 0 ? ppid : 0;
}

/* 1: *out is the connection; 0: nothing is said there; -1: there is none. */
static int look_into(const char *proc, pid_t pid, struct connection *out)
{
	char path[256];
	struct buf text = {0};
	const char *value = NULL;
	int found = 0;

	snprintf(path, sizeof path, "%s/%d/environ", proc, (int)pid);
	if (read_file(path, &text))
		value = variable(&text, "SSH_CONNECTION");
	if (value)
		found = connection_parse(value, out) ? 1 : -1;
	if (text.data)
		explicit_bzero(text.data, text.cap); /* environments hold passwords */
	buf_free(&text);
	return found;
}

static pid_t up(const char *proc, pid_t pid)
{
	char path[256];
	struct buf text = {0};
	pid_t parent = 0;

	snprintf(path, sizeof path, "%s/%d/stat", proc, (int)pid);
	if (read_file(path, &text))
		parent = parent_of(&text);
	buf_free(&text);
	return parent;
}

bool ssh_peer_find(const char *env, const char *proc, pid_t pid, struct connection *out)
{
	int found = 0;

	if (env)
		return connection_parse(env, out);
	for (int i = 0; i < SSH_PEER_ANCESTORS && pid > 0 && found == 0; i++) {
		found = look_into(proc, pid, out);
		pid = up(proc, pid);
	}
	return found > 0;
}
