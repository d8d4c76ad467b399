/* alias, unalias, show alias (grammar §1.3). */
#include "cli/commands.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

struct alias_args {
	const char *name, *string;
	struct {
		bool name, string;
	} given;
};

static const struct tag alias_tags[] = {
	TAG(alias_args, name, type_text, 0, NULL, "The short name; alone, what it stands for is displayed."),
	TAG(alias_args, string, type_text, 0, NULL, "The words for which it stands at the beginning of a line."),
};
static const struct tag unalias_tags[] = {
	TAG(alias_args, name, type_text, TAG_REQUIRED, NULL, "The short name."),
};

static void print(struct session *s, const struct alias *a)
{
	buf_printf(&s->text, "%s\t%s\n", a->name, a->text);
}

static int show_all(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	for (size_t i = 0; i < s->general.aliases.n; i++)
		print(s, &s->general.aliases.v[i]);
	return 0;
}

/* A word that begins commands must stay what it is: there has to be a way out. */
static bool is_taken(struct session *s, const char *name)
{
	const char *words[GRAMMAR_CHILDREN];
	size_t n = grammar_children("", DIALECT_LINUX, words, N_OF(words), &s->arena);

	for (size_t i = 0; i < n; i++)
		if (str_caseeq(words[i], name))
			return true;
	return grammar_is_help(name) || str_caseeq(name, "netsh") || str_caseeq(name, "ipsec");
}

static int define(struct session *s, const struct words *w, struct err *e)
{
	const struct words rest = words_after(w, 1);
	struct buf text = {0};
	int rc;

	if (is_taken(s, w->v[0].text))
		return err_set(e, ALIAS_BAD, w->v[0].text, "it is a command");
	/* One quoted text is several words: alias ss "static show". */
	if (rest.n == 1)
		buf_adds(&text, rest.v[0].text);
	else
		words_to_line(&rest, &text);
	rc = alias_put(&s->general.aliases, w->v[0].text, buf_text(&text), e);
	buf_free(&text);
	return rc;
}

static int alias(struct session *s, const void *args, struct err *e)
{
	const struct words *w = args;
	const struct alias *a;

	if (w->n == 0)
		return show_all(s, NULL, e);
	if (w->n > 1)
		return define(s, w, e);
	a = alias_find(&s->general.aliases, w->v[0].text);
	if (!a)
		return err_set(e, ALIAS_NOTFOUND, w->v[0].text);
	print(s, a);
	return 0;
}

static int unalias(struct session *s, const void *args, struct err *e)
{
	const struct alias_args *a = args;

	return alias_delete(&s->general.aliases, a->name, e);
}

const struct cmd cmd_alias = {
	.path = "alias",
	.tags = alias_tags,
	.ntags = N_OF(alias_tags),
	.args_size = sizeof(struct words),
	.flags = CMD_SHELL | CMD_WORDS,
	.run = alias,
	.brief = "Gives the beginning of a line a short name, or displays those there are.",
	.example = "alias lists static show filterlist all",
};
const struct cmd cmd_unalias = {
	.path = "unalias",
	CMD_TAGS(alias_args, unalias_tags),
	.flags = CMD_SHELL,
	.run = unalias,
	.brief = "Forgets a short name.",
	.example = "unalias lists",
};
const struct cmd cmd_show_alias = {
	.path = "show alias",
	.args_size = sizeof(struct alias_args),
	.flags = CMD_SHELL,
	.run = show_all,
	.brief = "Displays the short names.",
	.example = "show alias",
};
