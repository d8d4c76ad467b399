/* The table of cmd's commands and the small ones among them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/bat/interp.h"
#include "common/base/mem.h"
#include "common/base/str.h"
#include "common/base/banned.h"

static int do_nothing(struct bat *b, const char *args)
{
	(void)b;
	(void)args;
	return BAT_KEEP;
}

static int do_succeed(struct bat *b, const char *args)
{
	(void)b;
	(void)args;
	return 0;
}

/*
 * `echo.` and its relatives print a text that may be empty or `on`; a blank after the name sets or
 * shows.
 */
static int do_echo(struct bat *b, const char *args)
{
	char word[4] = "";
	const char *p = skip_space(args);
	size_t n = strcspn(p, " \t");

	if (!*args || *args == ' ' || *args == '\t') {
		if (!*p) {
			bat_printf(b, "ECHO is %s.\n", b->echo ? "on" : "off");
			return BAT_KEEP;
		}
		if (n <= 3 && !*skip_space(p + n))
			memcpy(word, p, n);
		if (str_caseeq(word, "on") || str_caseeq(word, "off")) {
			b->echo = str_caseeq(word, "on");
			return BAT_KEEP;
		}
	}
	bat_printf(b, "%s\n", *args ? args + 1 : "");
	return BAT_KEEP;
}

/* Terminal effects are for a person at the terminal only. */
static bool on_terminal(const struct bat *b)
{
	return b->host->interactive && b->io.out.kind == SINK_HOST_OUT;
}

/* Scripts call it for its errorlevel of 0 more often than for its answer. */
static int do_ver(struct bat *b, const char *args)
{
	static const char text[] = "\nipsecsh " IPSECSH_VERSION "\n";

	(void)args;
	bat_write(b, &b->io.out, text, sizeof text - 1);
	return 0;
}

static int do_cls(struct bat *b, const char *args)
{
	(void)args;
	if (on_terminal(b))
		bat_out(b, "\033[H\033[2J");
	return BAT_KEEP;
}

static int do_title(struct bat *b, const char *args)
{
	struct buf plain = {0};

	for (args = skip_space(args); *args && plain.len < 200; args++)
		/* no control byte, so that nothing ends the sequence early */
		if ((unsigned char)*args >= ' ' && *args != 0x7F)
			buf_addc(&plain, *args);
	if (on_terminal(b))
		bat_printf(b, "\033]0;%s\a", buf_text(&plain));
	buf_free(&plain);
	return BAT_KEEP;
}

static int do_chcp(struct bat *b, const char *args)
{
	if (!*skip_space(args))
		bat_out(b, "Active code page: 65001\n");
	return 0;
}

/* date /t and time /t; setting the clock is not for us. */
static int print_variable(struct bat *b, const char *args, const char *name)
{
	if (!is_switch(skip_space(args), "/t"))
		return 1;
	const char *v = env_get(&b->env, name, strlen(name));
	bat_printf(b, "%s\n", v ? v : "");
	return 0;
}

static int do_date(struct bat *b, const char *args)
{
	return print_variable(b, args, "DATE");
}

static int do_time(struct bat *b, const char *args)
{
	return print_variable(b, args, "TIME");
}

static int do_path(struct bat *b, const char *args)
{
	args += strspn(args, " \t=");
	const char *v = env_get(&b->env, "PATH", 4);
	if (!*args)
		bat_printf(b, "PATH=%s\n", v ? v : "");
	else if (env_set(&b->env, "PATH", strcmp(args, ";") == 0 ? NULL : args) < 0)
		return 1;
	return BAT_KEEP;
}

/* cmd [/v:on] /c LINE */
static int do_cmd(struct bat *b, const char *args)
{
	const char *p = skip_space(args);
	bool delayed = b->delayed;

	b->delayed = false;
	while (*p == '/' && !is_switch(p, "/c") && !is_switch(p, "/k")) {
		b->delayed |= is_switch(p, "/v");
		p = skip_space(p + strcspn(p, " \t"));
	}
	if (is_switch(p, "/c") || is_switch(p, "/k")) {
		char *line = xstrdup(skip_space(p + 2));
		size_t n = strlen(line);
		while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			line[--n] = '\0';
		bool wrapped = n >= 2 && line[0] == '"' && line[n - 1] == '"';
		if (wrapped)
			line[n - 1] = '\0';
		exec_line(b, line + wrapped, NULL);
		free(line);
	}
	b->delayed = delayed;
	return b->errorlevel;
}

/* By name: looked up with bsearch. */
static const struct builtin builtins[] = {
	{"break", do_nothing, false},
	{"call", do_call, false},
	{"cd", do_cd, false},
	{"chcp", do_chcp, true},
	{"chdir", do_cd, false},
	{"choice", do_choice, true},
	{"cls", do_cls, false},
	{"cmd", do_cmd, true},
	{"color", do_nothing, false},
	{"copy", do_copy, false},
	{"date", do_date, false},
	{"del", do_del, false},
	{"dir", do_dir, false},
	{"echo", do_echo, false},
	{"endlocal", do_endlocal, false},
	{"erase", do_del, false},
	{"exit", do_exit, false},
	{"find", do_find, true},
	{"findstr", do_findstr, true},
	{"goto", do_goto, false},
	{"md", do_mkdir, false},
	{"mkdir", do_mkdir, false},
	{"mode", do_succeed, true},
	{"more", do_more, true},
	{"move", do_move, false},
	{"path", do_path, false},
	{"pause", do_pause, false},
	{"ping", do_ping, true},
	{"popd", do_popd, false},
	{"prompt", do_nothing, false},
	{"pushd", do_pushd, false},
	{"rd", do_rmdir, false},
	{"rem", do_nothing, false},
	{"ren", do_move, false},
	{"rename", do_move, false},
	{"rmdir", do_rmdir, false},
	{"set", do_set, false},
	{"setlocal", do_setlocal, false},
	{"shift", do_shift, false},
	{"sort", do_sort, true},
	{"time", do_time, false},
	{"timeout", do_timeout, true},
	{"title", do_title, false},
	{"type", do_type, false},
	{"ver", do_ver, false},
	{"verify", do_nothing, false},
};

static int by_name(const void *key, const void *row)
{
	return str_casecmp(key, ((const struct builtin *)row)->name);
}

static const struct builtin *lookup(const char *name, size_t n)
{
	char word[16];

	if (!n || n >= sizeof word)
		return NULL;
	memcpy(word, name, n);
	word[n] = '\0';
	return bsearch(word, builtins, N_OF(builtins), sizeof *builtins, by_name);
}

/* find.exe, %windir%\system32\find.exe, "C:\...\ping": the programs among the built-ins. */
static const struct builtin *lookup_program(const char *text, size_t n)
{
	size_t start = n, end = n;

	while (end && text[end - 1] == '"')
		end--;
	start = end;
	while (start && text[start - 1] != '\\' && text[start - 1] != '"')
		start--;
	if (end - start > 4 && strncasecmp(text + end - 4, ".exe", 4) == 0)
		end -= 4;
	const struct builtin *f = lookup(text + start, end - start);
	return f && f->program ? f : NULL;
}

const struct builtin *builtin_find(const char *text, size_t name_len, size_t *args_at)
{
	const struct builtin *f = lookup(text, name_len);
	size_t n = 0;

	*args_at = name_len;
	if (f)
		return f;
	/* `echo.text`, `cd..`, `exit/b`, `goto:eof`: cmd's own commands end at such a sign */
	while (n < name_len && !strchr(".:/\\[]+(\"", text[n]))
		n++;
	if (n == name_len)
		return NULL;
	f = lookup(text, n);
	*args_at = n;
	if (f && (!f->program || text[n] == '/'))
		return f;
	*args_at = name_len;
	return lookup_program(text, name_len);
}
