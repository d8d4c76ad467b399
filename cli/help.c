#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

enum { NAME_COLUMNS = 14, TAG_COLUMNS = 20 };

static void entry(struct buf *b, const char *name, const char *brief)
{
	buf_printf(b, "%-*s%s- %s\n", NAME_COLUMNS, name, strlen(name) >= NAME_COLUMNS ? " " : "", brief);
}

/* What stands under "static add" in the list of "static": its commands' nouns. */
static char *group_brief(const char *path, enum dialect dialect, struct arena *a)
{
	const char *words[GRAMMAR_CHILDREN];
	size_t n = grammar_children(path, dialect, words, N_OF(words), a);
	char *text = arena_strdup(a, "Of");

	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%s%s %s", text, i ? "," : "", words[i]);
	return arena_printf(a, "%s.", text);
}

static bool is_context_word(const char *word)
{
	return *path_context(word) != '\0';
}

/*
 * The commands below a path; for a group with their full name ("add policy"). `but` is a path whose own
 * commands of the same words hide them, or NULL.
 */
static void list_children(struct session *s, const char *path, const char *group, const char *but)
{
	const char *words[GRAMMAR_CHILDREN];
	enum dialect dialect = session_dialect(s);
	size_t n = grammar_children(path, dialect, words, N_OF(words), &s->arena);

	for (size_t i = 0; i < n; i++) {
		const char *child = *path ? arena_printf(&s->arena, "%s %s", path, words[i]) : words[i];
		const struct cmd *cmd = cmd_at(child, dialect, &s->arena);
		if (!*path && is_context_word(words[i]))
			continue;
		if (but && cmd_at(arena_printf(&s->arena, "%s %s", but, words[i]), dialect, &s->arena))
			continue;
		entry(&s->text, group ? arena_printf(&s->arena, "%s %s", group, words[i]) : words[i],
		    cmd ? cmd->brief : group_brief(child, dialect, &s->arena));
	}
}

/* What a context, or a group in one, takes over from the top (grammar §1.5). */
static void list_inherited(struct session *s, const char *path, const char *group)
{
	const char *words[1];

	if (group && grammar_children(group, session_dialect(s), words, 1, &s->arena) == 0)
		return;
	buf_printf(&s->text, "\nCommands inherited from the %s context:\n", s->program);
	list_children(s, group ? group : "", group, path);
}

static void help_list(struct session *s, const char *path)
{
	const char *group = *path_context(path) ? path_inherited(path) : *path ? path : NULL;

	buf_adds(&s->text, "\nThe following commands are available:\n\nCommands in this context:\n");
	list_children(s, path, group, NULL);
	if (*path_context(path))
		list_inherited(s, path, group);
	if (!*path) {
		buf_adds(&s->text, "\nThe following sub-contexts are available:\n");
		for (const struct context *c = contexts; c->word; c++)
			buf_printf(&s->text, " %s", c->word);
		buf_addc(&s->text, '\n');
	}
	buf_adds(&s->text, "\nTo view help for a command, type the command, followed by a space, and then"
	                   " type ?.\n\n");
}

/* --- one command -------------------------------------------------------------------------------- */

/* "[ name = ] <name>" for a required tag; optional ones stand in a second pair of brackets. */
static void usage_of(struct buf *b, const struct tag *t, bool words)
{
	if (t->flags & TAG_KEYWORD)
		buf_adds(b, t->name);
	else if (words)
		buf_adds(b, t->type->usage);
	else
		buf_printf(b, "[ %s = ] %s", t->name, t->type->usage);
}

static void help_usage(struct buf *b, const struct cmd *cmd)
{
	const char *blank = strrchr(cmd->path, ' '), *noun = blank ? blank + 1 : cmd->path;
	int indent = (int)strlen(noun) + 2;

	buf_printf(b, "\nUsage:\n  %s", noun);
	for (size_t i = 0; i < cmd->ntags; i++) {
		const struct tag *t = &cmd->tags[i];
		bool optional = !(t->flags & (TAG_REQUIRED | TAG_ALT));
		if (t->flags & TAG_ALT)
			buf_adds(b, " | ");
		else if (i == 0)
			buf_adds(b, " ");
		else
			buf_printf(b, "\n%*s ", indent, "");
		buf_adds(b, optional ? "[ " : "");
		usage_of(b, t, cmd->flags & CMD_WORDS);
		buf_adds(b, optional ? " ]" : "");
	}
	buf_printf(b, "\n\n  %s\n", cmd->brief);
}

static void help_cmd(struct session *s, const struct cmd *cmd)
{
	struct buf *b = &s->text;

	help_usage(b, cmd);
	if (cmd->ntags) {
		buf_printf(b, "\nParameters:\n\n  %-*sValue\n", TAG_COLUMNS, "Tag");
		for (size_t i = 0; i < cmd->ntags; i++) {
			const struct tag *t = &cmd->tags[i];
			buf_printf(b, "  %-*s-%s", TAG_COLUMNS, t->name, t->help);
			if (t->dflt && *t->dflt)
				buf_printf(b, " Default: %s.", t->dflt);
			buf_addc(b, '\n');
		}
		if (!(cmd->flags & CMD_WORDS))
			buf_adds(b, "\nRemarks:  A word without its tag is taken for the first tag, in this order, that\n"
		            "          the line does not name.\n");
	}
	buf_printf(b, "\nExample:  %s\n\n", cmd->example);
}

void help_print(struct session *s, const char *path, const struct cmd *cmd)
{
	if (cmd)
		help_cmd(s, cmd);
	else
		help_list(s, path);
}
