#include "cli/script.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

enum { READ_BYTES = 64 * 1024 };

/* Lines from a descriptor, of which at most WORDS_LINE_MAX + 1 bytes are kept (one too many to be legal). */
struct reader {
	int fd;
	char *chunk;
	size_t at, have;
	struct buf line;
	bool ended, failed;
};

/* Before a read that may wait for another program, what was said so far must be in force. */
static bool fill(struct reader *r, struct session *s)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, 0) == 0)
		session_settle(s);
	do
		n = read(r->fd, r->chunk, READ_BYTES);
	while (n < 0 && errno == EINTR && !host_signal());
	r->failed = n < 0 && errno != EINTR;
	r->at = 0;
	r->have = n > 0 ? (size_t)n : 0;
	r->ended = n <= 0;
	return !r->ended;
}

/* The next line without its end; false when there is none. */
static bool next_line(struct reader *r, struct session *s)
{
	bool any = false;

	buf_clear(&r->line);
	for (;;) {
		if (r->at == r->have && (r->ended || !fill(r, s)))
			break;
		any = true;
		char *from = r->chunk + r->at, *end = memchr(from, '\n', r->have - r->at);
		size_t n = end ? (size_t)(end - from) : r->have - r->at;
		size_t room = WORDS_LINE_MAX + 2 - r->line.len; /* one more for a CR */
		buf_add(&r->line, from, n < room ? n : room);
		r->at += n + (end != NULL);
		if (end)
			break;
	}
	if (r->line.len && r->line.data[r->line.len - 1] == '\r')
		buf_truncate(&r->line, r->line.len - 1);
	return any;
}

static bool is_comment(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && (text[i] == ' ' || text[i] == '\t'))
		i++;
	return i == n || text[i] == '#';
}

static int run_line(struct session *s, const struct buf *line, const char *name, size_t number)
{
	const char *text = buf_text(line);
	size_t n = line->len;
	struct buf place = {0};
	int failed;

	if (number == 1 && n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3; /* a byte order mark */
		n -= 3;
	}
	if (is_comment(text, n))
		return 0;
	buf_printf(&place, "%s:%zu: ", name, number);
	s->place = buf_text(&place);
	failed = session_line(s, text, n);
	s->place = NULL;
	buf_free(&place);
	return failed;
}

int script_run_fd(struct session *s, int fd, const char *name)
{
	struct reader r = {.fd = fd, .chunk = xcalloc(1, READ_BYTES)};
	struct err e = {0};
	int failed = 0;

	for (size_t number = 1; !s->leave && !host_signal() && next_line(&r, s) && !host_signal(); number++)
		failed |= run_line(s, &r.line, name, number);
	if (r.failed) {
		err_set_errno(&e, errno, FILE_READ, name);
		failed = session_fail(s, &e);
	}
	free(r.chunk);
	buf_free(&r.line);
	return host_signal() ? 128 + host_signal() : failed;
}

int script_run_file(struct session *s, const char *path)
{
	const char *context = s->context;
	size_t npushed = s->npushed;
	struct err e = {0};
	int status, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set_errno(&e, errno, FILE_OPEN, path);
		return session_fail(s, &e);
	}
	status = script_run_fd(s, fd, path);
	close(fd);
	s->context = context;
	s->npushed = npushed;
	s->leave = false;
	return status;
}
