/* Files, subroutines and jumps: call, goto, exit, shift, setlocal, and the loop that runs a frame.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

/* ---- one frame ---- */

static int frame_next_line(void *ctx, struct buf *text, size_t *line, struct err *e)
{
	struct bat *b = ctx;
	struct frame *f = b->frame;
	size_t len;
	const char *s = script_line(f->script, f->next, &len);

	if (!s)
		return 0;
	*line = ++f->next;
	if (len > LINE_BYTES_MAX)
		return err_set(e, BAT, "the line is too long");
	if (!memchr(s, '%', len))
		buf_add(text, s, len);
	else if (script_is_label(s, len, &(const char *){0}, &(size_t){0}))
		buf_add(text, s, len); /* a stray % in a comment means nothing */
	else if (expand_percent(&b->env, &f->args, s, len, text) < 0)
		return err_set(e, BAT, "the line is too long after expansion");
	return 1;
}

/* A terminal shows what runs, as cmd does; programs that read our output never see it (bat.h). */
static void show_statement(struct bat *b, const struct node *n, const struct buf *text)
{
	if (b->echo && b->host->interactive && !n->quiet)
		bat_write(b, &b->io.out, text->data, text->len);
}

static enum flow run_frame(struct bat *b, struct frame *f)
{
	const struct line_source src = {b, frame_next_line};
	enum flow flow = FLOW_NEXT;

	while (flow == FLOW_NEXT || flow == FLOW_GOTO) {
		struct err e = {0};
		struct node *n = NULL;
		size_t line = 0;
		arena_reset(&f->arena);
		if (bat_stopped(b))
			return FLOW_EXIT;
		switch (parse_statement(&src, &f->arena, &f->text, &n, &line, &e)) {
		case PARSE_NODE:
			show_statement(b, n, &f->text);
			flow = exec_node(b, n);
			break;
		case PARSE_NOTHING:
			break;
		case PARSE_END:
			return FLOW_RETURN;
		case PARSE_ERROR:
			b->line = line;
			bat_say(b, "%s", e.text);
			b->errorlevel = b->status = LEVEL_SYNTAX;
			return FLOW_FILE;
		}
	}
	return flow;
}

/* Runs a frame inside the current one. Its setlocal scopes end with it. */
static enum flow enter(struct bat *b, struct frame *f)
{
	const struct for_var *vars = b->vars;
	size_t line = b->line;
	enum flow flow = FLOW_EXIT;

	f->up = b->frame;
	f->scopes = b->env.depth;
	if (nest_begin(b, f->held)) {
		b->frame = f;
		b->vars = NULL;
		flow = run_frame(b, f);
		local_unwind(b, f->scopes);
		b->frame = f->up;
		b->vars = vars;
		nest_end(b, f->held);
	}
	b->line = line;
	arena_free(&f->arena);
	buf_free(&f->text);
	return flow;
}

/* ---- arguments ---- */

static void args_init(struct bat_args *a, const char *self, const char *self_path)
{
	a->self = self;
	a->self_path = self_path;
	for (size_t i = 0; i < N_OF(a->shifted); i++)
		a->shifted[i] = i;
}

static void args_from_text(struct bat_args *a, struct arena *arena, const char *text)
{
	struct words w = {0};

	text += strspn(text, " \t\v\f,;=");
	a->all = arena_strdup(arena, text);
	words_split(&w, text, true);
	a->words = arena_array(arena, w.n + 1, sizeof *a->words);
	for (size_t i = 0; i < w.n; i++)
		a->words[i] = arena_strdup(arena, w.v[i]);
	a->n = w.n;
	words_free(&w);
}

/* An argument vector becomes words as Windows would have them: quoted when they hold a separator.
 */
static void args_from_argv(struct bat_args *a, struct arena *arena, int argc, char **argv)
{
	struct buf all = {0};

	a->n = argc > 1 ? (size_t)argc - 1 : 0;
	a->words = arena_array(arena, a->n + 1, sizeof *a->words);
	for (size_t i = 0; i < a->n; i++) {
		const char *w = argv[i + 1];
		bool quote = (!*w || strpbrk(w, " \t,;=&|<>^()")) && !strchr(w, '"');
		a->words[i] =
		    arena_printf(arena, "%s%s%s", quote ? "\"" : "", w, quote ? "\"" : "");
		buf_printf(&all, "%s%s", i ? " " : "", a->words[i]);
	}
	a->all = arena_strdup(arena, buf_text(&all));
	buf_free(&all);
}

/* ---- files ---- */

bool call_find(const char *name, size_t len, struct buf *path)
{
	static const char *const endings[] = {"", ".bat", ".cmd"};

	for (size_t i = 0; i < N_OF(endings); i++) {
		char *word = xcalloc(1, len + 8);
		memcpy(word, name, len);
		memcpy(word + len, endings[i], strlen(endings[i]));
		const char *dot = strrchr(word, '.');
		bool is_batch = dot && (str_caseeq(dot, ".bat") || str_caseeq(dot, ".cmd"));
		buf_clear(path);
		bool found = is_batch && path_find(word, path);
		free(word);
		if (found)
			return true;
	}
	return false;
}

/* Runs `first` and then whatever files take its place, one after the other. */
static void run_chain(struct bat *b, struct frame *first)
{
	struct frame f = *first;
	struct err e = {0};

	for (;;) {
		f.held = 2 * f.script->n_bytes + 4 * strlen(f.args.all);
		b->flow = enter(b, &f);
		script_free(f.script);
		arena_free(&f.args_arena);
		if (b->flow != FLOW_FILE || !b->chain.len || b->stopped)
			break;
		struct buf path = {0};
		size_t n = exec_name_len(b->chain.data, b->chain.len);
		char *name = unquote(xstrndup(b->chain.data, n));
		f = (struct frame){0};
		if (call_find(name, strlen(name), &path) &&
		    (f.script = script_load(buf_text(&path), b->host->codepage, &e))) {
			args_init(&f.args, arena_strdup(&f.args_arena, name), f.script->path);
			args_from_text(&f.args, &f.args_arena, b->chain.data + n);
		}
		free(name);
		buf_free(&path);
		buf_clear(&b->chain);
		if (!f.script) {
			bat_say(b, "%s", e.text);
			b->errorlevel = 1;
			break;
		}
	}
	buf_clear(&b->chain);
	if (b->flow != FLOW_EXIT)
		b->flow = FLOW_NEXT;
}

int call_file(struct bat *b, const char *self, const char *path, const char *args, struct err *e)
{
	struct frame f = {.script = script_load(path, b->host->codepage, e)};

	if (!f.script)
		return -1;
	args_init(&f.args, arena_strdup(&f.args_arena, self), f.script->path);
	args_from_text(&f.args, &f.args_arena, args);
	run_chain(b, &f);
	return 0;
}

int call_argv(struct bat *b, const char *path, int argc, char **argv, struct err *e)
{
	struct frame f = {.script = script_load(path, b->host->codepage, e)};

	if (!f.script)
		return -1;
	args_init(&f.args, argc > 0 ? argv[0] : path, f.script->path);
	args_from_argv(&f.args, &f.args_arena, argc, argv);
	run_chain(b, &f);
	return 0;
}

/* ---- labels ---- */

/*
 * The name of a label in `goto X`, `call :X`: up to what ends one in the file, so `goto Exit;`
 * finds :Exit.
 */
static const char *label_name(const char *s, size_t *n)
{
	s += strspn(s, " \t,;=");
	s += *s == ':';
	s += strspn(s, " \t,;=");
	*n = strcspn(s, " \t,;=:+&|<>");
	return s;
}

/* Jumps within the current frame. false: there is no such label; cmd then stops the file. */
static bool jump(struct bat *b, struct frame *f, const char *name, size_t n)
{
	size_t at = n ? script_label(f->script, name, n, f->next) : (size_t)SCRIPT_NO_LABEL;

	if (at == SCRIPT_NO_LABEL) {
		bat_say(b, "there is no label '%.*s'", n > 200 ? 200 : (int)n, name);
		b->errorlevel = 1;
		b->flow = FLOW_FILE;
		return false;
	}
	f->next = at + 1;
	return true;
}

int do_goto(struct bat *b, const char *args)
{
	size_t n;
	const char *name = label_name(args, &n);

	if (!b->frame)
		return 1;
	if (n == 3 && strncasecmp(name, "eof", 3) == 0 && strchr(args, ':') &&
	    strchr(args, ':') < name) {
		b->flow = FLOW_RETURN;
		return BAT_KEEP;
	}
	if (!jump(b, b->frame, name, n))
		return 1;
	b->flow = FLOW_GOTO;
	return BAT_KEEP;
}

static int call_label(struct bat *b, const char *text)
{
	size_t n_name, n_self = exec_name_len(text, strlen(text));
	const char *name = label_name(text, &n_name);
	struct frame f = {.script = b->frame->script, .next = b->frame->next};

	if (n_name == 3 && strncasecmp(name, "eof", 3) == 0)
		return BAT_KEEP;
	if (!jump(b, &f, name, n_name))
		return 1;
	args_init(&f.args, arena_strndup(&f.args_arena, text, n_self), f.script->path);
	args_from_text(&f.args, &f.args_arena, name + n_name);
	f.held = 4 * strlen(text);
	b->flow = enter(b, &f);
	arena_free(&f.args_arena);
	if (b->flow == FLOW_RETURN)
		b->flow = FLOW_NEXT;
	/* A call succeeds or fails with what the subroutine left behind. */
	return b->errorlevel;
}

int do_call(struct bat *b, const char *args)
{
	struct buf text = {0};
	static const struct bat_args none = {.self = "", .self_path = "", .all = ""};
	const struct bat_args *a = b->frame ? &b->frame->args : &none;
	int level = 1;

	args += strspn(args, " \t,;=");
	if (expand_percent(&b->env, a, args, strlen(args), &text) < 0) {
		bat_say(b, "the command is too long after expansion");
	} else if (!text.len) {
		level = BAT_KEEP;
	} else if (*text.data == ':') {
		if (b->frame)
			level = call_label(b, text.data);
	} else if (nest_begin(b, 2 * text.len)) {
		exec_text(b, text.data, text.len, exec_name_len(text.data, text.len), true);
		nest_end(b, 2 * text.len);
		level = b->status == 0 ? BAT_KEEP : b->status;
	}
	buf_free(&text);
	return level;
}

/* ---- leaving ---- */

int do_exit(struct bat *b, const char *args)
{
	char *end;
	bool sub = false;

	args = skip_space(args);
	if (is_switch(args, "/b")) {
		sub = true;
		args = skip_space(args + 2);
	}
	long n = strtol(args, &end, 10);
	if (end != args)
		b->errorlevel = (int)n;
	bat_settle(b);
	b->flow = sub ? FLOW_RETURN : FLOW_EXIT;
	b->status = b->errorlevel;
	return b->errorlevel;
}

int do_shift(struct bat *b, const char *args)
{
	size_t from = 0;

	args = skip_space(args);
	if (*args == '/' && isdigit((unsigned char)args[1]))
		from = (size_t)(args[1] - '0');
	if (!b->frame)
		return 1;
	size_t *at = b->frame->args.shifted;
	for (size_t i = from; i + 1 < 10; i++)
		at[i] = at[i + 1];
	if (at[9] <= b->frame->args.n)
		at[9]++;
	return BAT_KEEP;
}

int do_setlocal(struct bat *b, const char *args)
{
	struct words w = {0};
	unsigned at = b->env.depth;

	if (env_push(&b->env) < 0) {
		bat_say(b, "too many setlocal");
		return 1;
	}
	b->locals[at] = (struct local){.delayed = b->delayed, .cwd = getcwd(NULL, 0)};
	words_split(&w, args, true);
	for (size_t i = 0; i < w.n; i++) {
		if (str_caseeq(w.v[i], "enabledelayedexpansion"))
			b->delayed = true;
		else if (str_caseeq(w.v[i], "disabledelayedexpansion"))
			b->delayed = false;
	}
	words_free(&w);
	return 0;
}

void local_unwind(struct bat *b, unsigned depth)
{
	while (b->env.depth > depth) {
		struct local *l = &b->locals[b->env.depth - 1];
		b->delayed = l->delayed;
		if (l->cwd && chdir(l->cwd) < 0)
			bat_say(b, "'%.200s' cannot be entered: %s", l->cwd, strerror(errno));
		free(l->cwd);
		l->cwd = NULL;
		env_pop(&b->env);
	}
}

int do_endlocal(struct bat *b, const char *args)
{
	(void)args;
	if (b->frame && b->env.depth > b->frame->scopes)
		local_unwind(b, b->env.depth - 1);
	return BAT_KEEP;
}
