/* The shell as host of batch files: netsh lines go to the grammar, the rest is not ours. */
#include "cli/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/bat/bat.h"
#include "cli/bat/files.h"
#include "cli/host.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/service.h"
#include "cli/start.h"
#include "common/base/banned.h"

struct bat_run {
	struct session *s;
	struct buf place;
	/* Of the session outside: while a command runs, the session's own lead into its sink. */
	void (*out)(void *ctx, const char *text, size_t n);
	void (*err)(void *ctx, const char *text, size_t n);
	void *io_ctx;
};

/* The output of one command goes where the file redirects it. */
static void call_out(void *ctx, const char *text, size_t n)
{
	struct bat_call *call = ctx;

	call->out(call->ctx, text, n);
}

static void call_err(void *ctx, const char *text, size_t n)
{
	struct bat_call *call = ctx;

	call->err(call->ctx, text, n);
}

/* Is the program word (any folder, any case) one of ours? */
static bool is_our_program(const char *word)
{
	static const char *const names[] = {"netsh", "netsh.exe", "ipsecsh"};

	for (const char *p = word; *p; p++)
		if (*p == '/' || *p == '\\')
			word = p + 1;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_caseeq(word, names[i]))
			return true;
	return false;
}

/* The end of the first word, quotes respected. */
static const char *behind_first_word(const char *line)
{
	bool quoted = false;

	line += strspn(line, " \t");
	for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++)
		quoted ^= *line == '"';
	return line;
}

/* netsh with options of its own in front: -c, -f, -r ... `a` is where the words are. */
static int run_with_options(struct session *s, const struct words *words, struct arena *a)
{
	char **argv = arena_array(a, words->n + 1, sizeof *argv);
	struct options o;
	struct err e = {0};

	for (size_t i = 0; i < words->n; i++)
		argv[i] = arena_strdup(a, words->v[i].text);
	if (options_parse((int)words->n, argv, &o, &e) < 0)
		return session_fail(s, &e);
	if (o.dialect) {
		err_set(&e, USAGE, "--dialect is for the whole file: give it when you start that");
		return session_fail(s, &e);
	}
	if (start_prepare(s, &o, &e) < 0)
		return session_fail(s, &e);
	if (o.mode == OPTIONS_SCRIPT)
		return script_run_file(s, session_existing_path(s, session_path(s, o.script)));
	if (o.mode != OPTIONS_COMMAND)
		return 0; /* at a prompt nobody would be */
	s->one_shot = true;
	return session_argv(s, o.argc, o.argv);
}

/* Every netsh of a batch file is a process of its own on Windows: it starts at the top. */
static int run_netsh(struct session *s, const char *rest, const struct words *words, struct arena *a)
{
	const char *context = s->context;
	const struct general general = s->general; /* aliases, mode, machine, store: of that process alone */
	enum location location = s->location;
	int status;

	s->general = (struct general){0};
	s->location = LOCATION_LOCAL;
	s->context = "";
	if (words->n > 1 && words->v[1].text[0] == '-' && !grammar_is_help(words->v[1].text)) {
		status = run_with_options(s, words, a);
	} else {
		s->one_shot = true;
		status = session_line(s, rest, strlen(rest));
	}
	s->one_shot = false;
	status |= general_fini(s);
	s->general = general;
	s->location = location;
	s->context = context;
	s->npushed = 0;
	s->leave = false;
	return status;
}

static bool somebody_wants_to_stop(void)
{
	return host_signal() != 0;
}

static void env_change(void *to, const char *name, const char *value)
{
	program_env_set(to, name, value);
}

/* A program of the machine, where the file may run such. What it does may be seen outside: settle first. */
static int other_program(struct session *s, const struct words *w, struct bat_call *call)
{
	struct program_env env;
	struct program p = {.words = w, .in = call->in, .in_len = call->in_len, .out = call->out, .err = call->err,
		.ctx = call->ctx, .stop = somebody_wants_to_stop};
	int status;

	if (!s->options || !s->options->allow_programs || s->checking)
		return BAT_NOT_FOUND;
	session_settle(s);
	program_env_init(&env, environ);
	call->variables(call->ctx, env_change, &env);
	p.env = env.v;
	status = program_run(&p);
	call->in_taken = p.in_taken;
	program_env_fini(&env);
	return status;
}

static int run(void *ctx, const char *line, struct bat_call *call)
{
	struct bat_run *b = ctx;
	struct session *s = b->s;
	struct arena a = {0};
	struct words w = {0};
	struct err e = {0};
	struct service_call service;
	int status = BAT_NOT_FOUND, split = words_from_line(line, strlen(line), &a, &w, &e);

	bool is_service = split == 0 && service_parse(&w, &service);

	if (split == 0 && !is_service && (w.n == 0 || !is_our_program(w.v[0].text))) {
		status = other_program(s, &w, call);
		arena_free(&a);
		return status;
	}
	s->out = call_out;
	s->err = call_err;
	s->io_ctx = call;
	s->path = path_map;
	s->find_path = path_find;
	s->place = b->place.len ? buf_text(&b->place) : NULL;
	if (is_service)
		status = s->checking ? 0 : service_run(s, &service, &service_linux);
	else
		status = split < 0 ? session_fail(s, &e) : run_netsh(s, behind_first_word(line), &w, &a);
	s->place = NULL;
	s->path = NULL;
	s->find_path = NULL;
	s->out = b->out;
	s->err = b->err;
	s->io_ctx = b->io_ctx;
	arena_free(&a);
	return status;
}

static void host_out(void *ctx, const char *text, size_t n)
{
	struct bat_run *b = ctx;

	b->out(b->io_ctx, text, n);
}

static void host_err(void *ctx, const char *text, size_t n)
{
	struct bat_run *b = ctx;

	b->err(b->io_ctx, text, n);
}

static void settle(void *ctx)
{
	struct bat_run *b = ctx;

	session_settle(b->s);
}

static const char *host_getenv(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

/* Asked before each command: a loop without commands of ours must not hold back what was written before it. */
static int stop(void *ctx)
{
	struct bat_run *b = ctx;

	session_tick(b->s);
	return host_signal() != 0;
}

static void at(void *ctx, const char *file, size_t number)
{
	struct bat_run *b = ctx;

	session_progress(b->s, file, number);
	buf_clear(&b->place);
	buf_printf(&b->place, "%s:%zu: ", file, number);
}

static int read_line(void *ctx, struct buf *text)
{
	bool any = false;
	char c;

	(void)ctx;
	/* Byte by byte: what follows the line belongs to whoever reads standard input next. */
	while (!host_signal()) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return any;
		any = true;
		if (c == '\n')
			return 1;
		if (text->len < WORDS_LINE_MAX)
			buf_addc(text, c);
	}
	return any;
}

static void sleep_ms(void *ctx, unsigned ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)ctx;
	nanosleep(&t, NULL);
}

int script_run_bat(struct session *s, const char *path, int argc, char **argv)
{
	struct bat_run b = {.s = s, .out = s->out, .err = s->err, .io_ctx = s->io_ctx};
	const struct bat_host host = {
		.ctx = &b,
		.run = run,
		.out = host_out,
		.err = host_err,
		.settle = settle,
		.getenv = host_getenv,
		.interactive = !s->checking && isatty(STDIN_FILENO),
		.stop = stop,
		.at = at,
		.read_line = read_line,
		.sleep_ms = s->checking ? NULL : sleep_ms,
		.codepage = s->options ? s->options->codepage : NULL,
		.missing = s->options ? s->options->missing : BAT_MISSING_SAY,
		.read_only = s->checking,
	};
	struct err e = {0};
	int status;

	session_group_begin(s);
	session_progress(s, path, 1); /* at() hears of the lines that run commands of ours */
	status = bat_run(&host, path, argc, argv, &e);
	session_progress(s, NULL, 0);
	if (status < 0)
		status = session_fail(s, &e);
	/* What could not be written must not look like success, whatever the file's last line said. */
	if (session_group_end(s) && status == 0)
		status = 1;
	buf_free(&b.place);
	return host_signal() ? 128 + host_signal() : status;
}
