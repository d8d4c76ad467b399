/*
 * Offline mode: set mode, show mode, online, offline, commit, abort, flush (grammar §1.3). A change of the
 * policy store is checked as a line when it is given, kept as text, and done at commit: all of them in one
 * bracket of the store, or none. Commands that show run at once, on what is in force. What acts on the running
 * service cannot wait and is refused.
 */
#include "cli/commands.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

struct mode_args {
	uint8_t mode;
	struct {
		bool mode;
	} given;
};

static const struct tag set_mode_tags[] = {
	TAG(mode_args, mode, type_mode, TAG_REQUIRED, NULL, "Do changes at once, or keep them until commit."),
};

/* --- keeping ------------------------------------------------------------------------------------ */

/* A dynamic command that changes something: there is no transaction around the service. */
static bool acts_on_service(const struct cmd *cmd)
{
	const char *name = path_inherited(cmd->path);

	return name && strcmp(path_context(cmd->path), "dynamic") == 0 &&
	       (strncmp(name, "add ", 4) == 0 || strncmp(name, "set ", 4) == 0 || strncmp(name, "delete ", 7) == 0);
}

int general_queue(struct session *s, const struct resolved *r, struct err *e)
{
	/* Without what separates it from the error behind it. */
	const char *place = s->place ? arena_strndup(&s->arena, s->place, strlen(s->place) - 2) : NULL;
	struct buf line = {0};
	int rc = -1;

	if (!s->general.offline)
		return 0;
	if (!(r->cmd->flags & CMD_WRITES))
		return acts_on_service(r->cmd) ? err_set(e, NOT_OFFLINE, cmd_name(r->cmd)) : 0;
	buf_adds(&line, r->cmd->path);
	words_to_line(&r->rest, &line);
	if (line.len > WORDS_LINE_MAX)
		err_set(e, SHELL_LIMIT, "the line is too long to be kept");
	else
		rc = queue_add(&s->general.queue, buf_text(&line), place, e) < 0 ? -1 : 1;
	explicit_bzero(line.data, line.len);
	buf_free(&line);
	return rc;
}

/* --- commit ------------------------------------------------------------------------------------- */

static int run_kept(struct session *s, const struct queued *q, struct err *e)
{
	struct words w = {0};

	if (words_from_line(q->line, strlen(q->line), &s->arena, &w, e) < 0)
		return -1;
	return session_words(s, &w, e);
}

static int run_all(struct session *s, struct err *e)
{
	const struct queue *q = &s->general.queue;

	for (size_t i = 0; i < q->n; i++) {
		arena_reset(&s->arena);
		if (run_kept(s, &q->v[i], e) < 0)
			return err_in(e, "nothing was done: command %zu of %zu%s%s", i + 1, q->n,
			    q->v[i].place ? " at " : "", q->v[i].place ? q->v[i].place : "");
	}
	return 0;
}

/* The words that the language had; a command of the queue may change that. */
struct words_known {
	enum dialect_from from;
	enum dialect dialect;
};

static int run_now(struct session *s, const void *ctx, struct err *e)
{
	const struct words_known *w = ctx;
	int rc;

	s->dialect_from = w->from;
	s->dialect = w->dialect;
	s->general.offline = false; /* now they run */
	s->context = "";
	rc = run_all(s, e);
	s->general.offline = true;
	return rc;
}

/* After a failure the queue is as it was. */
static int commit_all(struct session *s, struct err *e)
{
	const struct words_known w = {s->dialect_from, s->dialect};

	if (session_store(s, STORE_RW, e) && guard_run(s, run_now, &w, e) == 0)
		return 0;
	s->dialect_from = w.from;
	s->dialect = w.dialect;
	return -1;
}

static int commit(struct session *s, const void *args, struct err *e)
{
	const char *context = s->context;
	int rc;

	(void)args;
	if (s->general.queue.n == 0)
		return 0;
	rc = commit_all(s, e);
	s->context = context;
	if (rc == 0)
		queue_free(&s->general.queue);
	return rc;
}

static int forget(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	queue_free(&s->general.queue);
	return 0;
}

/* --- modes -------------------------------------------------------------------------------------- */

static int go_offline(struct session *s, const void *args, struct err *e)
{
	(void)args;
	if (s->general.machine)
		return err_set(e, MACHINE_OFFLINE);
	if (s->location == LOCATION_PERSISTENT)
		return err_set(e, STORE_HERE, "offline mode");
	s->general.offline = true;
	return 0;
}

/* On Windows online does what was kept, as commit does. When that fails, offline it stays. */
static int go_online(struct session *s, const void *args, struct err *e)
{
	if (commit(s, args, e) < 0)
		return -1;
	s->general.offline = false;
	return 0;
}

static int set_mode(struct session *s, const void *args, struct err *e)
{
	const struct mode_args *a = args;

	return a->mode == MODE_OFFLINE ? go_offline(s, args, e) : go_online(s, args, e);
}

static int show_mode(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	buf_printf(&s->text, "%s\n", s->general.offline ? "offline" : "online");
	return 0;
}

#define MODE_ROW(name, path_, run_, brief_)                                                        \
	const struct cmd name = {.path = (path_), .args_size = sizeof(struct mode_args), .flags = CMD_SHELL, \
		.run = (run_), .brief = (brief_), .example = (path_)}

MODE_ROW(cmd_offline, "offline", go_offline, "From now on changes wait for commit.");
MODE_ROW(cmd_online, "online", go_online, "Does what waits for commit; from now on changes are done at once.");
MODE_ROW(cmd_commit, "commit", commit, "Does all changes made while offline, or none of them.");
MODE_ROW(cmd_abort, "abort", forget, "Drops the changes made while offline.");
MODE_ROW(cmd_flush, "flush", forget, "Drops the changes made while offline.");
MODE_ROW(cmd_show_mode, "show mode", show_mode, "Displays whether changes are done at once.");

const struct cmd cmd_set_mode = {
	.path = "set mode",
	CMD_TAGS(mode_args, set_mode_tags),
	.flags = CMD_SHELL,
	.run = set_mode,
	.brief = "Does what online and offline do.",
	.example = "set mode mode=offline",
};
