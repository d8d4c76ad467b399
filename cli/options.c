#include "cli/options.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/model/model.h"
#include "common/base/banned.h"

/* Where an option can be given. */
enum scope { ANYWHERE, WITH_MACHINE, WITH_FILE, WITH_BAT };

/* `value` names what must follow; without one the option is a bool. */
static const struct option {
	const char *word, *value;
	size_t offset;
	enum scope scope;
	const char *help;
} rows[] = {
	{"-a", "FILE", offsetof(struct options, first), ANYWHERE, "run a script, then go on to what follows or to the prompt"},
	{"-c", "CONTEXT", offsetof(struct options, context), ANYWHERE, "begin in that context, e.g. \"ipsec static\""},
	{"-f", "FILE", offsetof(struct options, script), ANYWHERE, "run a script and end"},
	{"-r", "HOST", offsetof(struct options, machine), ANYWHERE, "act on another host, through ssh"},
	{"-u", "USER", offsetof(struct options, user), WITH_MACHINE, "as that user there"},
	{"-p", "PASSWORD", offsetof(struct options, password), WITH_MACHINE, "not used: ssh asks for what it needs, or takes your keys"},
	{"--dialect", "windows|linux", offsetof(struct options, dialect), ANYWHERE, "which extensions are accepted"},
	{"--check", NULL, offsetof(struct options, check), WITH_FILE, "say what in a file would fail, and change nothing"},
	{"--codepage", "NAME", offsetof(struct options, codepage), WITH_BAT, "the encoding of the file, e.g. cp936"},
	{"--allow-programs", NULL, offsetof(struct options, allow_programs), WITH_BAT, "let the file run programs of this host"},
	{"--missing", "say|silent|fatal", offsetof(struct options, missing_word), WITH_BAT, "when a program is not there"},
};

static const char *const ways[] = {
	"                     interactive shell, or a script on standard input",
	" WORDS...            one command, e.g. static show policy all",
	" -f FILE             a netsh script",
	" FILE.bat [ARG...]   a batch file",
	" --help | --version",
};

void options_usage(const char *program, struct buf *out)
{
	for (size_t i = 0; i < N_OF(ways); i++)
		buf_printf(out, "%s %s%s\n", i ? "      " : "Usage:", program, ways[i]);
	buf_adds(out, "Options, in front of the words:\n");
	for (size_t i = 0; i < N_OF(rows); i++) {
		size_t used = strlen(rows[i].word) + (rows[i].value ? 1 + strlen(rows[i].value) : 0);
		buf_printf(out, "  %s%s%s%*s%s%s\n", rows[i].word, rows[i].value ? " " : "",
		    rows[i].value ? rows[i].value : "", used < 25 ? (int)(25 - used) : 1, "", rows[i].help,
		    rows[i].scope == WITH_BAT ? " (batch files)" : rows[i].scope == WITH_MACHINE ? " (with -r)" : "");
	}
}

const char *options_word(size_t i, const char **value)
{
	if (i >= N_OF(rows))
		return NULL;
	*value = rows[i].value;
	return rows[i].word;
}

bool options_is_bat(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (str_caseeq(dot, ".bat") || str_caseeq(dot, ".cmd"));
}

static const char **text_of(struct options *o, const struct option *row)
{
	return (const char **)(void *)((char *)o + row->offset);
}

static bool *flag_of(struct options *o, const struct option *row)
{
	return (bool *)(void *)((char *)o + row->offset);
}

static bool is_given(struct options *o, const struct option *row)
{
	return row->value ? *text_of(o, row) != NULL : *flag_of(o, row);
}

/* One wrong word in a sentence. */
static int wrong(struct err *e, const char *word, const char *why)
{
	struct buf b = {0};

	buf_printf(&b, "'%s' %s", word, why);
	err_set(e, USAGE, buf_text(&b));
	buf_free(&b);
	return -1;
}

static int unknown(const char *word, struct err *e)
{
	const char *words[N_OF(rows)], *near;
	struct buf b = {0};

	for (size_t i = 0; i < N_OF(rows); i++)
		words[i] = rows[i].word;
	near = word[1] == '-' ? str_nearest(word, words, N_OF(rows)) : NULL;
	buf_adds(&b, "is not an option");
	if (near)
		buf_printf(&b, " (did you mean '%s'?)", near);
	wrong(e, word, buf_text(&b));
	buf_free(&b);
	return -1;
}

/* The option at argv[*i], which moves behind it and its value. */
static int take(struct options *o, int argc, char **argv, int *i, struct err *e)
{
	const char *word = argv[(*i)++];
	const struct option *row = rows;

	while (row < rows + N_OF(rows) && strcmp(row->word, word) != 0)
		row++;
	if (row == rows + N_OF(rows))
		return unknown(word, e);
	if (is_given(o, row))
		return wrong(e, word, "was given twice");
	if (!row->value) {
		*flag_of(o, row) = true;
		return 0;
	}
	if (*i == argc || !*argv[*i])
		return wrong(e, word, "needs a value");
	*text_of(o, row) = argv[(*i)++];
	return 0;
}

static int check_dialect(struct options *o, struct err *e)
{
	const struct enum_name *name = o->dialect ? enum_find(dialect_names, o->dialect) : NULL;

	if (o->dialect && !name)
		return wrong(e, o->dialect, "is not a dialect: expected windows or linux");
	if (name)
		o->dialect = name->name;
	return 0;
}

static int check_missing(struct options *o, struct err *e)
{
	static const char *const names[] = {
		[BAT_MISSING_SAY] = "say", [BAT_MISSING_SILENT] = "silent", [BAT_MISSING_FATAL] = "fatal"};

	for (size_t i = 0; o->missing_word && i < N_OF(names); i++) {
		if (!str_caseeq(o->missing_word, names[i]))
			continue;
		o->missing = (enum bat_missing)i;
		return 0;
	}
	return o->missing_word ? wrong(e, o->missing_word, "is none of say, silent, fatal") : 0;
}

/* What cannot stand together. */
static int check(struct options *o, struct err *e)
{
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (!is_given(o, &rows[i]))
			continue;
		if (rows[i].scope == WITH_MACHINE && !o->machine)
			return wrong(e, rows[i].word, "is for another host: give -r too");
		if (rows[i].scope == WITH_FILE && o->mode != OPTIONS_BAT && o->mode != OPTIONS_SCRIPT)
			return wrong(e, rows[i].word, "is for a file: a batch file or -f must follow");
		if (rows[i].scope == WITH_BAT && o->mode != OPTIONS_BAT)
			return wrong(e, rows[i].word, "is for a batch file: its name must follow");
	}
	if (o->script && o->argc)
		return wrong(e, o->argv[0], "is too much: a script takes no arguments");
	if (o->machine && o->mode == OPTIONS_BAT)
		return wrong(e, "-r", "cannot be given with a batch file: copy the file to the host and run it there");
	/* ssh would take it for an option of its own. */
	if (o->machine && *o->machine == '-')
		return wrong(e, o->machine, "is not the name of a host");
	return check_dialect(o, e) < 0 ? -1 : check_missing(o, e);
}

int options_parse(int argc, char **argv, struct options *out, struct err *e)
{
	int i = 1;

	*out = (struct options){.mode = OPTIONS_SHELL};
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		out->mode = OPTIONS_HELP;
	else if (argc == 2 && strcmp(argv[1], "--version") == 0)
		out->mode = OPTIONS_VERSION;
	if (out->mode != OPTIONS_SHELL)
		return 0;
	/* "-?" is a command. */
	while (i < argc && argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "-?") != 0)
		if (take(out, argc, argv, &i, e) < 0)
			return -1;
	out->argc = argc - i;
	out->argv = argv + i;
	if (out->script)
		out->mode = OPTIONS_SCRIPT;
	else if (out->argc && options_is_bat(out->argv[0]))
		out->mode = OPTIONS_BAT;
	else if (out->argc)
		out->mode = OPTIONS_COMMAND;
	return check(out, e);
}
