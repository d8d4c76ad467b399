#include "cli/session.h"

#include <stdlib.h>
#include <string.h>

#include "cli/bootsync.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/remote.h"
#include "cli/render.h"
#include "common/base/banned.h"

/* --- output ------------------------------------------------------------------------------------- */

void session_flush_text(struct session *s)
{
	if (s->text.len) {
		s->out(s->io_ctx, s->text.data, s->text.len);
		general_copy(s, s->text.data, s->text.len);
	}
	buf_clear(&s->text);
}

int session_fail(struct session *s, const struct err *e)
{
	struct buf line = {0};

	s->failures++;
	if (s->checking) {
		render_error(&line, s->place, e);
		s->report(s->report_ctx, line.data, line.len);
		buf_free(&line);
		return 1;
	}
	render_error(&s->text, s->place, e);
	session_flush_text(s);
	return 1;
}

const char *session_path(struct session *s, const char *word)
{
	struct buf b = {0};
	const char *path = word;

	if (s->path) {
		s->path(word, &b);
		path = arena_strdup(&s->arena, buf_text(&b));
		buf_free(&b);
	}
	return path;
}

const char *session_existing_path(struct session *s, const char *path)
{
	struct buf b = {0};

	if (s->find_path && s->find_path(path, &b))
		path = arena_strdup(&s->arena, buf_text(&b));
	buf_free(&b);
	return path;
}

void session_progress(struct session *s, const char *file, size_t number)
{
	if (s->progress)
		s->progress(file, number);
}

void session_say(struct session *s, const char *line)
{
	struct buf b = {0};

	session_flush_text(s);
	buf_printf(&b, "%s: %s\n", s->program, line);
	s->err(s->io_ctx, b.data, b.len);
	buf_free(&b);
}

/* --- store -------------------------------------------------------------------------------------- */

/* The folder of a store of this host; `room` keeps what is to be freed. */
static const char *store_dir(const struct session *s, enum location location, char **room)
{
	*room = location == LOCATION_PERSISTENT ? store_persistent_dir(s->state_dir) : NULL;
	return *room ? *room : s->state_dir;
}

/* The store that is open, or will be, is that one. */
static void go(struct session *s, enum location at)
{
	if (s->at == at)
		return;
	session_settle(s);
	store_close(s->store);
	s->store = NULL;
	s->writable = false;
	s->at = at;
}

static struct store *open_here(struct session *s, enum store_mode mode, struct err *e)
{
	char *room;

	if (s->store && (s->writable || mode == STORE_READ_ONLY))
		return s->store;
	store_close(s->store);
	s->store = store_open(store_dir(s, s->at, &room), mode, e);
	free(room);
	s->writable = s->store && mode == STORE_RW;
	if (!s->writable)
		return s->store;
	if (store_counter(s->store, &s->counter, e) < 0 ||
	    (s->grouping && store_group_begin(s->store, e) < 0)) {
		store_close(s->store);
		s->store = NULL;
		s->writable = false;
		return NULL;
	}
	bootsync_open(s);
	return s->store;
}

struct store *session_store(struct session *s, enum store_mode mode, struct err *e)
{
	go(s, s->host_command ? LOCATION_LOCAL : s->location);
	return open_here(s, mode, e);
}

void session_locate(struct session *s, enum location location)
{
	s->location = location;
	go(s, location);
}

struct policyset *session_other(struct session *s, struct err *e)
{
	char *room;
	struct store *st = store_open(
	    store_dir(s, s->at == LOCATION_LOCAL ? LOCATION_PERSISTENT : LOCATION_LOCAL, &room), STORE_READ_ONLY, e);
	struct policyset *ps = st ? store_snapshot(st, e) : NULL;

	store_close(st);
	free(room);
	return ps;
}

int session_host(struct session *s, struct settings *settings, enum dialect *dialect, struct err *e)
{
	struct store *st = s->at == LOCATION_LOCAL ? s->store : store_open(s->state_dir, STORE_READ_ONLY, e);
	int rc = st && store_settings(st, settings, e) == 0 ? store_dialect(st, dialect, e) : -1;

	if (st != s->store)
		store_close(st);
	return rc;
}

enum dialect session_dialect(struct session *s)
{
	struct err ignored = {0};

	if (s->general.machine && s->dialect_from != DIALECT_OF_RUN)
		return DIALECT_LINUX; /* the other host's store decides, when the command gets there */
	if (s->dialect_from != DIALECT_UNKNOWN)
		return s->dialect;
	/* A store that cannot be read has no say; the command that needs it will tell why. */
	go(s, LOCATION_LOCAL);
	if (!open_here(s, STORE_READ_ONLY, &ignored) || store_dialect(s->store, &s->dialect, &ignored) < 0)
		s->dialect = DIALECT_LINUX;
	s->dialect_from = DIALECT_OF_STORE;
	return s->dialect;
}

/* After a commit: the copy for the boot follows, and the enforcer hears that the store has moved on. */
static int announce(struct session *s)
{
	uint64_t now;
	struct err e = {0}, copy = {0};
	int status = 0;

	if (!s->writable)
		return 0;
	if (bootsync_finish(s, &copy) < 0)
		status = session_fail(s, &copy);
	if (store_counter(s->store, &now, &e) < 0)
		return session_fail(s, &e);
	if (now == s->counter)
		return status;
	s->counter = now;
	session_flush_text(s);
	if (s->changed)
		s->changed(s, now);
	return status;
}

int session_settle(struct session *s)
{
	struct err e = {0};

	if (s->writable && s->grouping && store_group_flush(s->store, &e) < 0)
		return session_fail(s, &e);
	return announce(s);
}

void session_tick(struct session *s)
{
	if (s->writable && s->grouping && store_group_due(s->store))
		session_settle(s);
}

void session_group_begin(struct session *s)
{
	struct err e = {0};

	if (s->grouping++ == 0 && s->writable && store_group_begin(s->store, &e) < 0)
		session_fail(s, &e);
}

int session_group_end(struct session *s)
{
	struct err e = {0};

	if (--s->grouping == 0 && s->writable && store_group_end(s->store, &e) < 0)
		return session_fail(s, &e);
	return announce(s);
}

int session_fini(struct session *s)
{
	int status = 0;

	if (s->batch) {
		s->batch = false;
		status = session_group_end(s);
	}
	session_flush_text(s);
	if (general_fini(s))
		status = 1;
	store_close(s->store);
	s->store = NULL;
	s->writable = false;
	arena_free(&s->arena);
	buf_free(&s->text);
	return status;
}

int is_there(int rc, enum msg_id none, struct err *e)
{
	if (rc == 0)
		return 1;
	if (e->id != none)
		return -1;
	*e = (struct err){0};
	return 0;
}

/* --- one command -------------------------------------------------------------------------------- */

struct call {
	const struct cmd *cmd;
	const void *args;
};

static int call_row(struct session *s, const void *ctx, struct err *e)
{
	const struct call *c = ctx;

	return c->cmd->run(s, c->args, e);
}

static int run_writing(struct session *s, const struct cmd *cmd, const void *args, struct err *e)
{
	const struct call call = {cmd, args};

	return open_here(s, STORE_RW, e) ? guard_run(s, call_row, &call, e) : -1;
}

/* Said once, it holds for all commands of a commit. */
static void note_force(struct session *s, const struct cmd *cmd, const char *args)
{
	bool forced = false;

	for (size_t i = 0; i < cmd->ntags; i++)
		if (cmd->tags[i].flags & TAG_FORCE)
			forced = *(const bool *)(args + cmd->tags[i].offset);
	s->guard.forced = forced || (s->guard.depth > 0 && s->guard.forced);
}

/* The history of the shell must not keep such a line. */
static void note_secrets(struct session *s, const struct cmd *cmd, const char *args)
{
	if (cmd->flags & CMD_WORDS)
		return;
	for (size_t i = 0; i < cmd->ntags; i++)
		if (cmd->tags[i].flags & TAG_SECRET && *(const bool *)(args + cmd->tags[i].given))
			s->secret = true;
}

/* What was asked for is done; a person at the terminal hears once what is wrong with it. */
static void warn_of_weak(struct session *s, const struct cmd *cmd, const char *args)
{
	for (size_t i = 0; i < cmd->ntags && s->person; i++) {
		const struct tag *t = &cmd->tags[i];
		if (!t->type || !t->type->weak || !*(const bool *)(args + t->given))
			continue;
		const char *weak = t->type->weak(args + t->offset);
		if (weak)
			session_say(s, arena_printf(&s->arena, "%s: %s is weak, keep it for peers that know nothing better", t->name, weak));
	}
}

static int run_cmd(struct session *s, const struct resolved *r, struct err *e)
{
	void *args;

	if (grammar_bind(r->cmd, &r->rest, &s->arena, &args, e) < 0)
		return -1;
	note_secrets(s, r->cmd, args);
	note_force(s, r->cmd, args);
	s->rules_counted = s->filters_counted = NULL;
	if (!(r->cmd->flags & CMD_SHELL)) {
		int elsewhere = s->general.machine ? remote_run(s, r, e) : general_queue(s, r, e);
		if (elsewhere != 0)
			return elsewhere < 0 ? -1 : 0;
	}
	s->host_command = r->cmd->flags & CMD_HOST;
	go(s, s->host_command ? LOCATION_LOCAL : s->location);
	if (r->cmd->flags & CMD_READS && !open_here(s, STORE_READ_ONLY, e)) {
		s->host_command = false;
		return -1;
	}
	int rc = r->cmd->flags & CMD_WRITES ? run_writing(s, r->cmd, args, e) : r->cmd->run(s, args, e);
	s->host_command = false;
	if (rc == 0)
		warn_of_weak(s, r->cmd, args);
	return rc;
}

int session_words(struct session *s, const struct words *w, struct err *e)
{
	struct resolved r = {0};

	if (grammar_resolve(s->context, session_dialect(s), w, &s->arena, &r, e) < 0)
		return -1;
	switch (r.kind) {
	case RESOLVED_NOTHING:
		return 0;
	case RESOLVED_HELP:
		help_print(s, r.path, r.cmd);
		return 0;
	case RESOLVED_CONTEXT:
		return general_enter(s, r.path, e);
	case RESOLVED_CMD:
		return run_cmd(s, &r, e);
	}
	return err_set(e, BUG, "no such kind of line");
}

/* `split` has made the words; prints the outcome. */
static int finish(struct session *s, int split, struct words *w, struct err *e)
{
	int status = split < 0 || alias_expand(&s->general.aliases, w, &s->arena, e) < 0 || session_words(s, w, e) < 0;

	/* Without one, another host has said what was wrong. */
	if (status && e->kind != ERR_NONE)
		session_fail(s, e);
	session_flush_text(s);
	if (!s->grouping && announce(s))
		status = 1;
	return status;
}

int session_line(struct session *s, const char *line, size_t n)
{
	struct words w = {0};
	struct err e = {0};

	arena_reset(&s->arena);
	return finish(s, words_from_line(line, n, &s->arena, &w, &e), &w, &e);
}

int session_argv(struct session *s, int argc, char *const *argv)
{
	struct words w = {0};
	struct err e = {0};

	arena_reset(&s->arena);
	return finish(s, words_from_argv(argc, argv, &s->arena, &w, &e), &w, &e);
}
