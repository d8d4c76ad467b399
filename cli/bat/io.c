/*
 * Redirections and the three streams. Files are opened when a statement begins and closed when it
 * ends, as cmd does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "common/base/banned.h"

void bat_write(struct bat *b, const struct sink *s, const char *text, size_t n)
{
	switch (s->kind) {
	case SINK_HOST_OUT:
		b->host->out(b->host->ctx, text, n);
		break;
	case SINK_HOST_ERR:
		b->host->err(b->host->ctx, text, n);
		break;
	case SINK_NUL:
		break;
	case SINK_BUF:
		if (s->buf->len < PIPE_BYTES_MAX)
			buf_add(s->buf, text, n);
		else
			exec_fatal(b, "a command in a pipe printed too much");
		break;
	case SINK_FILE:
		fwrite(text, 1, n, s->file);
		break;
	}
}

void bat_out(struct bat *b, const char *text)
{
	bat_write(b, &b->io.out, text, strlen(text));
}

void bat_printf(struct bat *b, const char *fmt, ...)
{
	struct buf text = {0};
	char small[512];
	va_list ap, ap2;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	int n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof small) {
		bat_write(b, &b->io.out, small, (size_t)n);
	} else if (n >= 0) {
		char *big = buf_extend(&text, (size_t)n + 1);
		vsnprintf(big, (size_t)n + 1, fmt, ap2);
		bat_write(b, &b->io.out, big, (size_t)n);
		buf_free(&text);
	}
	va_end(ap2);
}

void bat_say(struct bat *b, const char *fmt, ...)
{
	char text[1024];
	struct buf line = {0};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (b->frame)
		buf_printf(&line, "%s:%zu: ", b->frame->script->path, b->line);
	buf_adds(&line, text);
	buf_addc(&line, '\n');
	bat_write(b, &b->io.err, line.data, line.len);
	buf_free(&line);
}

bool bat_read_line(struct bat *b, struct buf *line)
{
	struct source *in = b->io.in;

	if (!in->is_text) {
		bat_settle(b); /* a person may look at the effect before answering */
		return b->host->read_line && b->host->read_line(b->host->ctx, line) > 0;
	}
	if (in->pos >= in->len)
		return false;
	const char *p = in->data + in->pos, *end = memchr(p, '\n', in->len - in->pos);
	size_t n = end ? (size_t)(end - p) : in->len - in->pos;
	in->pos += n + (end != NULL);
	buf_add(line, p, n && p[n - 1] == '\r' ? n - 1 : n);
	return true;
}

void bat_read_all(struct bat *b, struct buf *out)
{
	while (out->len < PIPE_BYTES_MAX && bat_read_line(b, out))
		buf_addc(out, '\n');
}

void bat_settle(struct bat *b)
{
	if (b->host->settle)
		b->host->settle(b->host->ctx);
}

bool bat_stopped(struct bat *b)
{
	if (!b->stopped && b->host->stop && b->host->stop(b->host->ctx)) {
		b->stopped = true;
		b->errorlevel = 1;
	}
	return b->stopped;
}

void bat_sleep(struct bat *b, unsigned ms)
{
	bat_settle(b);
	while (ms && b->host->sleep_ms && !bat_stopped(b)) {
		unsigned slice = ms < 100 ? ms : 100;
		b->host->sleep_ms(b->host->ctx, slice);
		ms -= slice;
	}
}

/* O_CREAT with 0666: the umask decides, as for every file a shell makes. */
static int open_out(struct bat *b, struct io_scope *s, const struct redirect *r, const char *name,
    struct sink *to)
{
	struct buf path = {0};
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
	            (r->kind == REDIRECT_APPEND ? O_APPEND : O_TRUNC);

	if (path_is_nul(name) || b->host->read_only) {
		*to = (struct sink){.kind = SINK_NUL};
		return 0;
	}
	if (s->n == SCOPE_FILES) {
		bat_say(b, "more than %d redirections in one command", (int)SCOPE_FILES);
		return -1;
	}
	if (!path_find(name, &path)) {
		buf_clear(&path);
		path_map(name, &path);
	}
	int fd = open(buf_text(&path), flags, 0666);
	FILE *f = fd < 0 ? NULL : fdopen(fd, r->kind == REDIRECT_APPEND ? "a" : "w");
	if (!f)
		bat_say(b, "'%.200s' cannot be written: %s", buf_text(&path), strerror(errno));
	if (!f && fd >= 0)
		close(fd);
	buf_free(&path);
	if (!f)
		return -1;
	s->files[s->n++] = f;
	*to = (struct sink){.kind = SINK_FILE, .file = f};
	return 0;
}

static int open_in(struct bat *b, struct io_scope *s, const char *name)
{
	buf_clear(&s->in_text);
	int why = file_read_text(name, b->host->codepage, &s->in_text);
	if (why) {
		bat_say(b, "'%.200s' cannot be read: %s", name, strerror(why));
		return -1;
	}
	s->in =
	    (struct source){.is_text = true, .data = buf_text(&s->in_text), .len = s->in_text.len};
	b->io.in = &s->in;
	return 0;
}

int io_begin(struct bat *b, struct io_scope *s, const struct redirect *r)
{
	s->before = b->io;
	s->in_text = (struct buf){0};
	s->n = 0;
	for (; r; r = r->next) {
		struct sink *to = r->fd == 1 ? &b->io.out : r->fd == 2 ? &b->io.err : NULL;
		if (r->kind == REDIRECT_DUP) {
			if (to && (r->from == 1 || r->from == 2))
				*to = r->from == 1 ? b->io.out : b->io.err;
			continue;
		}
		struct buf name = {0};
		struct sink other;
		int rc = exec_expand(b, r->target, strlen(r->target), &name);
		if (rc == 0 && r->kind == REDIRECT_IN)
			rc = open_in(b, s, buf_text(&name));
		else if (rc == 0)
			rc = open_out(b, s, r, buf_text(&name), to ? to : &other);
		buf_free(&name);
		if (rc < 0)
			return -1;
	}
	return 0;
}

void io_end(struct bat *b, struct io_scope *s)
{
	b->io = s->before;
	for (size_t i = 0; i < s->n; i++) {
		/*
		 * A file that could not take everything is an error even when the command was
		 * content.
		 */
		bool bad = ferror(s->files[i]) != 0;
		if (fclose(s->files[i]) != 0 || bad) {
			bat_say(b, "writing a file failed: %s", strerror(errno));
			b->errorlevel = b->status = 1;
		}
	}
	buf_free(&s->in_text);
}
