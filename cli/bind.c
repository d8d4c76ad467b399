/* grammar_bind(): arguments -> args struct of a command. */
#include "cli/grammar.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

struct binding {
	const struct cmd *cmd;
	struct arena *a;
	char *args;
	int tag_of[GRAMMAR_TAGS];   /* by leader: the tag that took the position, -1 while it is free */
};

int cmd_position(const struct cmd *cmd, int i)
{
	while (i > 0 && cmd->tags[i].flags & TAG_ALT)
		i--;
	return i;
}

int cmd_find_tag(const struct cmd *cmd, const char *word)
{
	int prefix = -1;

	for (int i = 0; i < (int)cmd->ntags; i++) {
		if (cmd->tags[i].flags & TAG_KEYWORD)
			continue;
		if (str_caseeq(word, cmd->tags[i].name))
			return i;
		if (prefix < 0 && str_is_prefix(word, cmd->tags[i].name))
			prefix = i;
	}
	return prefix;
}

static int unknown_tag(const struct binding *b, const char *word, struct err *e)
{
	const char *names[GRAMMAR_TAGS], *near;
	size_t n = 0;

	for (size_t i = 0; i < b->cmd->ntags; i++)
		if (!(b->cmd->tags[i].flags & TAG_KEYWORD))
			names[n++] = b->cmd->tags[i].name;
	near = str_nearest(word, names, n);
	return err_set(e, TAG_UNKNOWN, word, cmd_name(b->cmd),
	    near ? arena_printf(b->a, " (did you mean '%s'?)", near) : "");
}

/* "'name', 'guid' or 'all'": the alternatives of a position. */
static const char *alternatives(const struct binding *b, int lead)
{
	const struct cmd *cmd = b->cmd;
	char *text = arena_printf(b->a, "'%s'", cmd->tags[lead].name);

	for (int i = lead + 1; i < (int)cmd->ntags && cmd->tags[i].flags & TAG_ALT; i++) {
		bool last = i + 1 == (int)cmd->ntags || !(cmd->tags[i + 1].flags & TAG_ALT);
		text = arena_printf(b->a, "%s%s'%s'", text, last ? " or " : ", ", cmd->tags[i].name);
	}
	return text;
}

/* First pass: which positions does the line name, wherever it does? */
static int note_named(struct binding *b, const struct args *args, int *tag_of_arg, struct err *e)
{
	for (size_t i = 0; i < args->n; i++) {
		int tag, lead;
		tag_of_arg[i] = -1;
		if (!args->v[i].tag)
			continue;
		tag = cmd_find_tag(b->cmd, args->v[i].tag);
		if (tag < 0)
			return unknown_tag(b, args->v[i].tag, e);
		lead = cmd_position(b->cmd, tag);
		if (b->tag_of[lead] == tag && !(b->cmd->tags[tag].flags & TAG_REPEAT))
			return err_set(e, TAG_TWICE, b->cmd->tags[tag].name);
		if (b->tag_of[lead] >= 0 && b->tag_of[lead] != tag)
			return err_set(e, TAG_ALTERNATIVES, alternatives(b, lead));
		b->tag_of[lead] = tag;
		tag_of_arg[i] = tag;
	}
	return 0;
}

static void set_given(const struct binding *b, int tag)
{
	*(bool *)(b->args + b->cmd->tags[tag].given) = true;
}

/* The keyword of the position that `value` is, or -1. `tagged`: as "name=all". */
static int find_keyword(const struct cmd *cmd, int lead, const char *value, bool tagged)
{
	for (int i = lead + 1; i < (int)cmd->ntags && cmd->tags[i].flags & TAG_ALT; i++)
		if (cmd->tags[i].flags & TAG_KEYWORD && str_caseeq(value, cmd->tags[i].name) &&
		    (!tagged || cmd->tags[i].flags & TAG_RESERVED))
			return i;
	return -1;
}

static int bind_value(struct binding *b, int tag, const struct arg *arg, struct err *e)
{
	const struct tag *t = &b->cmd->tags[tag];
	int lead = cmd_position(b->cmd, tag);
	/* Only the first alternative, the name, can hold a keyword: guid=all is no guid. */
	int keyword = tag == lead ? find_keyword(b->cmd, lead, arg->value, arg->tag != NULL) : -1;

	if (keyword >= 0) {
		b->tag_of[lead] = keyword;
		set_given(b, keyword);
		return 0;
	}
	set_given(b, tag);
	return t->type->parse(t, arg->value, b->a, b->args + t->offset, e);
}

/* The first position that nothing took yet, or -1. */
static int free_position(const struct binding *b)
{
	for (int i = 0; i < (int)b->cmd->ntags; i++)
		if (!(b->cmd->tags[i].flags & TAG_TAKES_NO_WORD) && b->tag_of[i] < 0)
			return i;
	return -1;
}

/* Values in the order of the line: that of the authentication tags is their preference. */
static int bind_args(struct binding *b, const struct args *args, const int *tag_of_arg, struct err *e)
{
	for (size_t i = 0; i < args->n; i++) {
		int tag = tag_of_arg[i];
		if (tag < 0) {
			tag = free_position(b);
			if (tag < 0)
				return err_set(e, TAG_TOO_MANY, cmd_name(b->cmd), args->v[i].word);
			b->tag_of[tag] = tag;
		}
		if (bind_value(b, tag, &args->v[i], e) < 0)
			return -1;
	}
	return 0;
}

static int fill_defaults(struct binding *b, struct err *e)
{
	const struct cmd *cmd = b->cmd;

	for (int i = 0; i < (int)cmd->ntags; i++) {
		const struct tag *t = &cmd->tags[i];
		if (b->tag_of[cmd_position(cmd, i)] >= 0)
			continue;
		if (t->flags & TAG_REQUIRED)
			return err_set(e, TAG_MISSING, cmd_name(cmd), alternatives(b, i));
		if (t->dflt && t->type->parse(t, t->dflt, b->a, b->args + t->offset, e) < 0)
			return -1;
	}
	return 0;
}

static int bind_tags(const struct cmd *cmd, const struct words *rest, struct arena *a, void **out, struct err *e)
{
	struct args args = words_join(rest, a);
	int *tag_of_arg = arena_array(a, args.n + 1, sizeof *tag_of_arg);
	struct binding b = {.cmd = cmd, .a = a, .args = arena_alloc(a, cmd->args_size + 1)};

	for (size_t i = 0; i < N_OF(b.tag_of); i++)
		b.tag_of[i] = -1;
	if (note_named(&b, &args, tag_of_arg, e) < 0 || bind_args(&b, &args, tag_of_arg, e) < 0 ||
	    fill_defaults(&b, e) < 0)
		return -1;
	*out = b.args;
	return 0;
}

int grammar_bind(const struct cmd *cmd, const struct words *rest, struct arena *a, void **out, struct err *e)
{
	struct words *words;

	if (!(cmd->flags & CMD_WORDS))
		return bind_tags(cmd, rest, a, out, e);
	if (cmd->ntags && cmd->tags[0].flags & TAG_REQUIRED && rest->n == 0)
		return err_set(e, TAG_MISSING, cmd_name(cmd), arena_printf(a, "'%s'", cmd->tags[0].name));
	words = arena_alloc(a, sizeof *words);
	*words = *rest;
	*out = words;
	return 0;
}
