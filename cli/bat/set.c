/* `set`: plain, /a and /p. */
#include <stdlib.h>
#include <string.h>

#include "cli/bat/arith.h"
#include "cli/bat/interp.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

static void show(void *ctx, const char *name, const char *value)
{
	bat_printf(ctx, "%s=%s\n", name, value);
}

static int set_show(struct bat *b, char *prefix)
{
	size_t n = strlen(prefix);

	while (n && (prefix[n - 1] == ' ' || prefix[n - 1] == '\t'))
		prefix[--n] = '\0';
	if (env_each(&b->env, prefix, show, b) || !n)
		return BAT_KEEP;
	const char *v = env_get(&b->env, prefix, n); /* the machine's: by its whole name only */
	if (!v) {
		bat_say(b, "the variable '%.200s' is not set", prefix);
		return 1;
	}
	show(b, prefix, v);
	return BAT_KEEP;
}

/* `"name=value" rest`: the last quote ends it. Without quotes all of the line counts. In place. */
static char *strip_outer(char *s)
{
	if (*s != '"')
		return s;
	char *last = strrchr(++s, '"');
	if (last)
		*last = '\0';
	return s;
}

static int set_value(struct bat *b, char *text)
{
	char *eq;

	text = strip_outer(text);
	text += strspn(text, " \t");
	eq = *text ? strchr(text + 1, '=') : NULL;
	if (!eq)
		return *text == '=' ? 1 : set_show(b, text);
	*eq = '\0';
	if (env_set(&b->env, text, eq[1] ? eq + 1 : NULL) < 0) {
		bat_say(b, "the variable '%.200s' cannot be set: too long, or too many", text);
		return 1;
	}
	return BAT_KEEP;
}

/* Prints the prompt and takes one line. `<nul set /p =text` is the way to print without a line end.
 */
static int set_prompt(struct bat *b, char *text)
{
	struct buf line = {0};
	int level = 1;

	text = strip_outer(text);
	char *eq = strchr(text, '=');
	if (!eq)
		return 1;
	*eq = '\0';
	char *prompt = strip_outer(eq + 1 + strspn(eq + 1, " \t"));
	bat_out(b, *(eq + 1) == '"' ? prompt : eq + 1);
	if (bat_read_line(b, &line) && line.len && *text)
		level = env_set(&b->env, text, line.data) < 0 ? 1 : BAT_KEEP;
	buf_free(&line);
	return level;
}

static int set_arith(struct bat *b, const char *text)
{
	static const struct {
		enum arith_result r;
		const char *text;
	} why[] = {
	    {ARITH_PARENS, "the parentheses do not match"},
	    {ARITH_OPERAND, "an operand is missing"},
	    {ARITH_OPERATOR, "an operator is missing"},
	    {ARITH_NUMBER, "this is not a number"},
	    {ARITH_RANGE, "a number is too large"},
	    {ARITH_ZERO, "division by zero"},
	};
	int32_t v;
	enum arith_result r = arith_eval(&b->env, text, &v);

	for (size_t i = 0; i < N_OF(why); i++)
		if (why[i].r == r)
			bat_say(b, "set /a: %s", why[i].text);
	if (r == ARITH_OK && b->line_mode)
		bat_printf(b, "%d", (int)v);
	return r == ARITH_OK ? BAT_KEEP : (int)r;
}

int do_set(struct bat *b, const char *args)
{
	char *text = xstrdup(args), *p = text + strspn(text, " \t");
	int level;

	if (is_switch(p, "/a"))
		level = set_arith(b, p + 2);
	else if (is_switch(p, "/p"))
		level = set_prompt(b, p + 2 + strspn(p + 2, " \t"));
	else
		level = set_value(b, p);
	free(text);
	return level;
}
