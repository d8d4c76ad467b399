#include "cli/script.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/lines.h"
#include "common/base/banned.h"

static int run_line(struct session *s, const struct lines *l, const char *name)
{
	const char *outer = s->place; /* of a script that runs this one */
	struct buf place = {0};
	int failed;

	if (words_is_comment(buf_text(&l->line), l->line.len))
		return 0;
	session_progress(s, name, l->number);
	buf_printf(&place, "%s:%zu: ", name, l->number);
	s->place = buf_text(&place);
	failed = session_line(s, buf_text(&l->line), l->line.len);
	s->place = outer;
	buf_free(&place);
	return failed;
}

/* Before a read that may wait for another program, what was said so far must be in force. */
static void settle(void *ctx)
{
	session_settle(ctx);
}

int script_run_fd(struct session *s, int fd, const char *name)
{
	struct lines l = {.fd = fd, .wait = settle, .ctx = s};
	struct err e = {0};
	int failed = 0;

	while (!s->leave && !host_signal() && lines_next(&l))
		failed |= run_line(s, &l, name);
	session_progress(s, NULL, 0);
	if (l.failed) {
		err_set_errno(&e, l.failed, FILE_READ, name);
		failed = session_fail(s, &e);
	}
	lines_free(&l);
	return host_signal() ? 128 + host_signal() : failed;
}

int script_run_here(struct session *s, const char *path)
{
	struct err e = {0};
	int status, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set_errno(&e, errno, FILE_OPEN, path);
		return session_fail(s, &e);
	}
	status = script_run_fd(s, fd, path);
	close(fd);
	return status;
}

int script_run_file(struct session *s, const char *path)
{
	const char *context = s->context;
	size_t npushed = s->npushed;
	int status = script_run_here(s, path);

	s->context = context;
	s->npushed = npushed;
	s->leave = false;
	return status;
}
