/* The words behind the program's name; the line that says how far a file has got. */
#include "cli/options.h"

#include "cli/progress.h"
#include "common/base/mem.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

enum { WORDS_MAX = 16 };

static struct options o;
static struct err e;

/* Parses "ipsecsh " and these words; "~" is a blank inside of one. */
static int parse(const char *line)
{
	static char text[256], program[] = "ipsecsh";
	static char *argv[WORDS_MAX + 1];
	int argc = 1;

	snprintf(text, sizeof text, "%s", line);
	argv[0] = program;
	for (char *at = text; *at && argc < WORDS_MAX;) {
		size_t n = strcspn(at, " ");
		argv[argc++] = at;
		at += n + (at[n] == ' ');
		argv[argc - 1][n] = '\0';
		for (char *c = argv[argc - 1]; *c; c++)
			if (*c == '~')
				*c = ' ';
	}
	argv[argc] = NULL;
	e = (struct err){0};
	return options_parse(argc, argv, &o, &e);
}

static void words_decide_what_is_done(void)
{
	static const struct {
		const char *line;
		enum options_mode mode;
		int argc;
	} t[] = {
		{"", OPTIONS_SHELL, 0},
		{"static show all", OPTIONS_COMMAND, 3},
		{"?", OPTIONS_COMMAND, 1},
		{"-?", OPTIONS_COMMAND, 1},
		{"/?", OPTIONS_COMMAND, 1},
		{"-", OPTIONS_COMMAND, 1},
		{"--help", OPTIONS_HELP, 0},
		{"--version", OPTIONS_VERSION, 0},
		{"-f s.txt", OPTIONS_SCRIPT, 0},
		{"-c static -f s.txt", OPTIONS_SCRIPT, 0},
		{"a.bat", OPTIONS_BAT, 1},
		{"dir/a.CMD -f --check", OPTIONS_BAT, 3}, /* behind the file all is the file's */
		{"--check a.bat", OPTIONS_BAT, 1},
		{"-a s.txt", OPTIONS_SHELL, 0},
		{"-c ipsec~static show all", OPTIONS_COMMAND, 2},
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		is_int(parse(t[i].line), 0);
		is_int(o.mode, t[i].mode);
		is_int(o.argc, t[i].argc);
		if (tap_failed)
			printf("# at '%s'\n", t[i].line);
	}
}

static void options_are_taken(void)
{
	is_int(parse("-a first -c ipsec~static -r host -u me -p secret -f file"), 0);
	is_str(o.first, "first");
	is_str(o.context, "ipsec static");
	is_str(o.machine, "host");
	is_str(o.user, "me");
	is_str(o.password, "secret");
	is_str(o.script, "file");
	ok(!o.dialect && !o.codepage && !o.check && !o.allow_programs);
	is_int(parse("--dialect WINDOWS --codepage cp936 --allow-programs --check x.bat arg"), 0);
	is_str(o.dialect, "windows");
	is_str(o.codepage, "cp936");
	ok(o.check && o.allow_programs && !o.machine && !o.first);
	is_str(o.argv[1], "arg");
	is_int(o.missing, BAT_MISSING_SAY);
	is_int(parse("--missing Fatal x.bat"), 0);
	is_int(o.missing, BAT_MISSING_FATAL);
}

static void wrong_use_names_the_word(void)
{
	static const struct {
		const char *line, *text;
	} t[] = {
		{"-f", "'-f' needs a value"},
		{"-f a b", "'b' is too much: a script takes no arguments"},
		{"-f a -f b", "'-f' was given twice"},
		{"--check --check a.bat", "'--check' was given twice"},
		{"-x", "'-x' is not an option"},
		{"--codepag x a.bat", "'--codepag' is not an option (did you mean '--codepage'?)"},
		{"--help static", "'--help' is not an option"},
		{"--check", "'--check' is for a file: a batch file or -f must follow"},
		{"--codepage cp936 -f a", "'--codepage' is for a batch file: its name must follow"},
		{"--allow-programs static show all", "'--allow-programs' is for a batch file: its name must follow"},
		{"-u me show", "'-u' is for another host: give -r too"},
		{"-p x", "'-p' is for another host: give -r too"},
		{"-r h a.bat", "'-r' cannot be given with a batch file: copy the file to the host and run it there"},
		{"-r -oProxyCommand=x show", "'-oProxyCommand=x' is not the name of a host"},
		{"--missing loud a.bat", "'loud' is none of say, silent, fatal"},
		{"--missing fatal -f a", "'--missing' is for a batch file: its name must follow"},
		{"--dialect dos", "'dos' is not a dialect: expected windows or linux"},
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		is_int(parse(t[i].line), -1);
		is_str(e.text, t[i].text);
		is_int(e.kind, ERR_USAGE);
	}
}

static void usage_has_every_option(void)
{
	static const char *const words[] = {"-a FILE", "-c CONTEXT", "-f FILE", "-r HOST", "-u USER", "-p PASSWORD",
		"--dialect windows|linux", "--check", "--codepage NAME", "--allow-programs", "--missing say|silent|fatal", "netsh --help"};
	struct buf b = {0};

	options_usage("netsh", &b);
	for (size_t i = 0; i < N_OF(words); i++)
		ok(strstr(buf_text(&b), words[i]) != NULL);
	buf_free(&b);
}

/* --- how far a file has got --------------------------------------------------------------------- */

static void progress_comes_after_half_a_second(void)
{
	struct progress p = {0};

	ok(!progress_is_due(&p, 1000));
	ok(!progress_is_due(&p, 1499));
	ok(progress_is_due(&p, 1500));
	ok(!progress_is_due(&p, 1599));
	ok(progress_is_due(&p, 9000));
	ok(!progress_is_due(&p, 9099));
	ok(progress_is_due(&p, 9100));
}

static void progress_fits_a_line(void)
{
	static const struct {
		const char *file;
		size_t line, total;
		const char *text;
	} t[] = {
		{"a.bat", 1200, 5000, "a.bat: line 1200 of 5000 (24 %)"},
		{"a.bat", 5000, 5000, "a.bat: line 5000 of 5000 (100 %)"},
		{"stdin", 7, 0, "stdin: line 7"},
		{"a", 8, 7, "a: line 8"}, /* the file grew */
		{"a\033[2Jb\n", 1, 1, "a?[2Jb?: line 1 of 1 (100 %)"},
		{"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/gr\xC3\xBCn.bat", 1, 9,
		 "...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/gr\xC3\xBCn.bat: line 1 of 9 (11 %)"},
	};

	for (size_t i = 0; i < N_OF(t); i++) {
		struct buf b = {0};
		progress_text(t[i].file, t[i].line, t[i].total, &b);
		is_str(buf_text(&b), t[i].text);
		ok(b.len <= PROGRESS_COLUMNS);
		buf_free(&b);
	}
}

static const struct tap_case cases[] = {
	{"words decide what is done", words_decide_what_is_done},
	{"options are taken", options_are_taken},
	{"wrong use names the word", wrong_use_names_the_word},
	{"usage has every option", usage_has_every_option},
	{"progress comes after half a second", progress_comes_after_half_a_second},
	{"progress fits a line", progress_fits_a_line},
};
TAP_MAIN(cases)
