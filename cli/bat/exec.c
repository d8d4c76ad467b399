/*
 * Walks the tree of a statement. Depth is bounded; lists and pipes are loops, so only nesting
 * recurses.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

void exec_fatal(struct bat *b, const char *why)
{
	if (b->stopped)
		return;
	b->stopped = true; /* first: saying it may come back here */
	bat_say(b, "%s", why);
	b->errorlevel = LEVEL_SYNTAX;
}

bool nest_begin(struct bat *b, size_t bytes)
{
	if (b->calls >= CALL_DEPTH_MAX || bytes > HELD_BYTES_MAX - b->held) {
		exec_fatal(b, "calls are nested too deeply");
		return false;
	}
	b->calls++;
	b->held += bytes;
	return true;
}

void nest_end(struct bat *b, size_t bytes)
{
	b->calls--;
	b->held -= bytes;
}

int exec_expand(struct bat *b, const char *text, size_t n, struct buf *out)
{
	struct buf looped = {0};
	int rc = 0;

	if (b->delayed) { /* after the loop variables: one of them may bring a `!` */
		rc = expand_loop(b->vars, text, n, &looped);
		if (rc == 0)
			rc = expand_delayed(&b->env, buf_text(&looped), looped.len, out);
	} else {
		rc = expand_loop(b->vars, text, n, out);
	}
	buf_free(&looped);
	if (rc < 0)
		bat_say(b, "the command is too long after expansion");
	return rc;
}

size_t exec_name_len(const char *text, size_t len)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < len; i++) {
		if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr(" \t\v\f,;=", text[i]))
			break;
	}
	return i;
}

/* ---- programs ---- */

static void run_out(void *ctx, const char *text, size_t n)
{
	struct bat *b = ctx;

	bat_write(b, &b->io.out, text, n);
}

static void run_err(void *ctx, const char *text, size_t n)
{
	struct bat *b = ctx;

	bat_write(b, &b->io.err, text, n);
}

static void run_variables(void *ctx, void (*each)(void *to, const char *name, const char *value), void *to)
{
	const struct bat *b = ctx;

	env_each_change(&b->env, each, to);
}

static int run_line(struct bat *b, const char *line)
{
	struct source *in = b->io.in;
	struct bat_call call = {.ctx = b, .out = run_out, .err = run_err, .variables = run_variables};

	if (in->is_text) {
		call.in = in->data + in->pos;
		call.in_len = in->len - in->pos;
	}
	int level = b->host->run(b->host->ctx, line, &call);
	if (in->is_text)
		in->pos += call.in_taken < call.in_len ? call.in_taken : call.in_len;
	return level;
}

static void say_missing(struct bat *b, const char *name)
{
	for (size_t i = 0; i < b->n_missing; i++)
		if (str_caseeq(b->missing[i], name))
			return;
	if (b->n_missing < MISSING_MAX)
		b->missing[b->n_missing++] = xstrdup(name);
	if (b->host->missing != BAT_MISSING_SILENT)
		bat_say(b, "'%.200s' is not available on this system", name);
	if (b->host->missing == BAT_MISSING_FATAL) {
		b->stopped = true;
		b->errorlevel = BAT_NOT_FOUND;
	}
}

/* The name without quotes and, for C:\Windows\System32\netsh.exe, without its folder. */
static char *program_name(const char *text, size_t name_len)
{
	char *name = unquote(xstrndup(text, name_len)), *slash = strrchr(name, '\\');

	if (slash && slash[1])
		memmove(name, slash + 1, strlen(slash + 1) + 1);
	return name;
}

static int ask_host(struct bat *b, const char *text, size_t name_len)
{
	struct buf line = {0};
	int level;

	if (b->host->at && b->frame)
		b->host->at(b->host->ctx, b->frame->script->path, b->line);
	if (!memchr(text, '\\', name_len))
		return run_line(b, text);
	char *name = program_name(text, name_len);
	buf_adds(&line, name);
	buf_adds(&line, text + name_len);
	level = run_line(b, line.data);
	free(name);
	buf_free(&line);
	return level;
}

/*
 * A program or a batch file. Without an ending in its name the host is asked first, so that a plain
 * netsh line costs no look into the file system.
 */
static void run_program(struct bat *b, const char *text, size_t len, size_t name_len, bool called)
{
	struct buf path = {0};
	struct err e = {0};
	int level = BAT_NOT_FOUND;
	char *name = unquote(xstrndup(text, name_len));
	const char *dot = strrchr(name, '.');
	bool is_batch = dot && (str_caseeq(dot, ".bat") || str_caseeq(dot, ".cmd"));

	if (!is_batch)
		level = ask_host(b, text, name_len);
	if (level != BAT_NOT_FOUND || !call_find(name, strlen(name), &path)) {
		b->errorlevel = b->status = level;
		if (level == BAT_NOT_FOUND)
			say_missing(b, name);
	} else if (called || b->line_mode || !b->frame) {
		if (call_file(b, name, buf_text(&path), text + name_len, &e) < 0) {
			bat_say(b, "%s", e.text);
			b->errorlevel = b->status = 1;
		}
	} else {
		/* Without `call` the other file takes the place of this one. */
		buf_clear(&b->chain);
		buf_add(&b->chain, text, len);
		b->flow = FLOW_FILE;
	}
	buf_free(&path);
	free(name);
}

void exec_text(struct bat *b, const char *text, size_t len, size_t name_len, bool called)
{
	size_t args_at;
	const struct builtin *f = builtin_find(text, name_len, &args_at);

	if (!f) {
		run_program(b, text, len, name_len, called);
		return;
	}
	int level = f->run(b, text + args_at);
	b->status = level == BAT_KEEP ? 0 : level;
	if (level != BAT_KEEP && !b->stopped)
		b->errorlevel = level;
}

/* ---- the tree ---- */

static void exec_command(struct bat *b, const struct node *n)
{
	struct buf text = {0};

	if (!n->cmd.len) { /* only redirections: they made their files */
		b->status = 0;
	} else if (!b->vars && !(b->delayed && memchr(n->cmd.text, '!', n->cmd.len))) {
		exec_text(b, n->cmd.text, n->cmd.len, n->cmd.name_len, false);
	} else if (exec_expand(b, n->cmd.text, n->cmd.len, &text) < 0) {
		b->errorlevel = b->status = 1;
	} else {
		size_t skip = strspn(buf_text(&text), " \t\v\f,;=");
		const char *t = buf_text(&text) + skip;
		size_t len = text.len - skip;
		if (len)
			exec_text(b, t, len, exec_name_len(t, len), false);
	}
	buf_free(&text);
}

/* Each side is a child of cmd: what it sets, and where it jumps, ends with it. */
static void exec_side(struct bat *b, const struct node *n)
{
	unsigned scopes = b->env.depth;
	size_t next = b->frame ? b->frame->next : 0;

	if (env_push(&b->env) < 0) {
		exec_fatal(b, "too many pipes and setlocals inside one another");
		return;
	}
	b->locals[scopes] = (struct local){.delayed = b->delayed, .cwd = getcwd(NULL, 0)};
	exec_node(b, n);
	local_unwind(b, scopes);
	if (b->frame)
		b->frame->next = next;
	buf_clear(&b->chain);
	b->flow = FLOW_NEXT;
}

static void exec_pipe(struct bat *b, const struct node *list)
{
	struct io before = b->io;
	struct buf last = {0};
	struct source in = {.is_text = true};

	for (const struct node *n = list->first; n && !b->stopped; n = n->next) {
		struct buf collected = {0};
		if (n != list->first) {
			in = (struct source){
			    .is_text = true, .data = buf_text(&last), .len = last.len};
			b->io.in = &in;
		}
		b->io.out =
		    n->next ? (struct sink){.kind = SINK_BUF, .buf = &collected} : before.out;
		exec_side(b, n);
		buf_free(&last);
		last = collected;
	}
	buf_free(&last);
	b->io = before;
}

/* && goes on after success, || after failure, & always. */
static void exec_list(struct bat *b, const struct node *list)
{
	for (const struct node *n = list->first; n && b->flow == FLOW_NEXT && !b->stopped;
	     n = n->next) {
		if (n != list->first && list->kind == NODE_AND && b->status != 0)
			break;
		if (n != list->first && list->kind == NODE_OR && b->status == 0)
			break;
		exec_node(b, n);
	}
}

static void exec_kind(struct bat *b, const struct node *n)
{
	switch (n->kind) {
	case NODE_COMMAND:
		exec_command(b, n);
		break;
	case NODE_BLOCK:
	case NODE_SEQ:
	case NODE_OR:
	case NODE_AND:
		exec_list(b, n);
		break;
	case NODE_PIPE:
		exec_pipe(b, n);
		break;
	case NODE_IF:
		b->status = 0;
		if (cond_holds(b, &n->cond.head))
			exec_node(b, n->cond.then);
		else if (n->cond.otherwise)
			exec_node(b, n->cond.otherwise);
		break;
	case NODE_FOR:
		exec_for(b, n);
		break;
	}
}

/* Kept apart, so that the files of a scope take no stack in statements without redirections. */
static __attribute__((noinline)) void exec_redirected(struct bat *b, const struct node *n)
{
	struct io_scope scope;

	if (io_begin(b, &scope, n->redirects) < 0)
		b->errorlevel = b->status = 1;
	else
		exec_kind(b, n);
	io_end(b, &scope);
}

enum flow exec_node(struct bat *b, const struct node *n)
{
	b->line = n->line;
	b->flow = FLOW_NEXT;
	if (bat_stopped(b))
		return b->flow = FLOW_EXIT;
	if (++b->depth > EXEC_DEPTH_MAX)
		exec_fatal(b, "commands are nested too deeply");
	else if (n->redirects)
		exec_redirected(b, n);
	else
		exec_kind(b, n);
	b->depth--;
	if (b->stopped)
		b->flow = FLOW_EXIT;
	return b->flow;
}

/* ---- text as a command line of its own ---- */

struct one_line {
	const char *text;
	size_t line;
};

static int one_line_next(void *ctx, struct buf *text, size_t *line, struct err *e)
{
	struct one_line *l = ctx;

	(void)e;
	if (!l->text)
		return 0;
	buf_adds(text, l->text);
	*line = l->line;
	l->text = NULL;
	return 1;
}

void exec_line(struct bat *b, const char *text, struct buf *capture)
{
	struct one_line src = {text, b->line};
	const struct line_source lines = {&src, one_line_next};
	const struct for_var *vars = b->vars;
	struct io before = b->io;
	struct arena arena = {0};
	struct buf work = {0};
	struct err e = {0};
	struct node *n = NULL;
	size_t line, held = 4 * strlen(text); /* the copies that are made of it on the way */
	bool mode = b->line_mode;

	if (!nest_begin(b, held))
		return;
	b->vars = NULL;
	b->line_mode = true;
	if (capture)
		b->io.out = (struct sink){.kind = SINK_BUF, .buf = capture};
	enum parse_result r = parse_statement(&lines, &arena, &work, &n, &line, &e);
	if (r == PARSE_ERROR) {
		bat_say(b, "%s", e.text);
		b->errorlevel = b->status = 1;
	} else if (r == PARSE_NODE) {
		exec_side(b, n);
	}
	b->vars = vars;
	b->io = before;
	b->line_mode = mode;
	nest_end(b, held);
	buf_free(&work);
	arena_free(&arena);
}
