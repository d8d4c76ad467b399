#include "cli/import.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/host.h"
#include "cli/lines.h"
#include "common/base/banned.h"

enum { PUSHD_MAX = 8, LOOK_AHEAD_BYTES = 4096 };

struct import {
	struct session *s;
	const char *context, *pushed[PUSHD_MAX]; /* of the file: "" or a word of contexts[] */
	size_t npushed;
	/* Of the session while the file is read. */
	struct arena outer;
	size_t (*resolve)(const char *name, struct ip *out, size_t max);
};

static size_t resolve_nothing(const char *name, struct ip *out, size_t max)
{
	(void)name, (void)out, (void)max;
	return 0;
}

/* Commands use the session's arena, in which the arguments of the import itself lie. */
static int begin(struct import *im, struct session *s, struct err *e)
{
	*im = (struct import){.s = s, .context = "", .outer = s->arena, .resolve = s->resolve};
	if (store_whole_begin(s->store, e) < 0)
		return -1;
	s->arena = (struct arena){0};
	s->resolve = resolve_nothing;
	s->importing = true;
	return 0;
}

/* `rc` is how it went; what the end adds to that. */
static int end(struct import *im, int rc, struct err *e)
{
	struct session *s = im->s;
	struct err second = {0};

	arena_free(&s->arena);
	s->arena = im->outer;
	s->resolve = im->resolve;
	s->importing = false;
	if (rc == 0)
		return store_cmd_end(s->store, true, e);
	store_cmd_end(s->store, false, &second); /* the first error is the one to report */
	return -1;
}

static int not_here(const char *word, struct err *e)
{
	return err_set(e, IMPORT_WORD, word);
}

static int push(struct import *im, const struct words *rest, struct err *e)
{
	struct resolved r = {0};

	if (im->npushed == PUSHD_MAX)
		return not_here("pushd", e);
	if (rest->n > 0 && grammar_resolve(im->context, DIALECT_LINUX, rest, &im->s->arena, &r, e) < 0)
		return -1;
	if (rest->n > 0 && r.kind != RESOLVED_CONTEXT)
		return not_here(rest->v[0].text, e);
	im->pushed[im->npushed++] = im->context;
	if (rest->n > 0)
		im->context = path_context(r.path);
	return 0;
}

static int pop(struct import *im, const struct words *rest, struct err *e)
{
	if (rest->n > 0)
		return not_here("popd", e);
	if (im->npushed > 0)
		im->context = im->pushed[--im->npushed];
	return 0;
}

static int run(struct import *im, const struct resolved *r, struct err *e)
{
	void *args;

	if (strcmp(r->cmd->path, cmd_pushd.path) == 0)
		return push(im, &r->rest, e);
	if (strcmp(r->cmd->path, cmd_popd.path) == 0)
		return pop(im, &r->rest, e);
	if (!(r->cmd->flags & CMD_IN_FILES))
		return not_here(cmd_name(r->cmd), e);
	if (r->cmd->flags & CMD_HOST && im->s->at != LOCATION_LOCAL)
		return 0; /* a word about the host, not about the policies of this store */
	if (grammar_bind(r->cmd, &r->rest, &im->s->arena, &args, e) < 0)
		return -1;
	return r->cmd->run(im->s, args, e);
}

/* The words are those of dump, so all of ours are known whatever the dialect of the store is. */
static int line(struct import *im, const char *text, size_t n, struct err *e)
{
	struct arena *a = &im->s->arena;
	struct resolved r = {0};
	struct words w = {0};

	arena_reset(a);
	if (words_is_comment(text, n))
		return 0;
	if (words_from_line(text, n, a, &w, e) < 0 ||
	    grammar_resolve(im->context, DIALECT_LINUX, &w, a, &r, e) < 0)
		return -1;
	switch (r.kind) {
	case RESOLVED_NOTHING:
		return 0;
	case RESOLVED_CMD:
		return run(im, &r, e);
	case RESOLVED_CONTEXT:
		im->context = path_context(r.path);
		return 0;
	case RESOLVED_HELP:
		break;
	}
	return not_here(w.v[0].text, e);
}

/* Windows writes a format of its own, which is not public (grammar §5.4); it is no text at all. */
static int check_text(struct lines *l, const char *name, struct err *e)
{
	size_t n;
	const char *start = lines_ahead(l, &n);

	if (n > LOOK_AHEAD_BYTES)
		n = LOOK_AHEAD_BYTES;
	/* UTF-16 of any kind has NULs in the ASCII words of a command. */
	return n && memchr(start, 0, n) ? err_set(e, IMPORT_BINARY, name) : 0;
}

int import_fd(struct session *s, int fd, const char *name, struct err *e)
{
	struct lines l = {.fd = fd};
	struct import im;
	int rc;

	if (begin(&im, s, e) < 0)
		return -1;
	rc = check_text(&l, name, e);
	while (rc == 0 && lines_next(&l)) {
		rc = line(&im, buf_text(&l.line), l.line.len, e);
		if (rc < 0)
			err_in(e, "%s:%zu", name, l.number);
	}
	if (rc == 0 && l.failed)
		rc = err_set_errno(e, l.failed, FILE_READ, name);
	if (rc == 0 && host_signal())
		rc = err_set(e, SYS, "interrupted, nothing was changed");
	lines_free(&l);
	return end(&im, rc, e);
}

int import_text(struct session *s, const char *text, const char *name, struct err *e)
{
	struct import im;
	int rc = 0;

	if (begin(&im, s, e) < 0)
		return -1;
	for (size_t number = 1; *text && rc == 0; number++) {
		size_t n = strcspn(text, "\n");
		rc = line(&im, text, n, e);
		if (rc < 0)
			err_in(e, "%s:%zu", name, number);
		text += n + (text[n] == '\n');
	}
	return end(&im, rc, e);
}
