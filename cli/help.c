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
	for (const struct context *c = contexts; c->word; c++)
		if (strcmp(c->word, word) == 0)
			return true;
	return false;
}

/* The commands below a path; for a group with their full name ("add policy"). */
static void list_children(struct session *s, const char *path, const char *group)
{
	const char *words[GRAMMAR_CHILDREN];
	size_t n = grammar_children(path, session_dialect(s), words, N_OF(words), &s->arena);

	for (size_t i = 0; i < n; i++) {
		char *child = *path ? arena_printf(&s->arena, "%s %s", path, words[i])
		                    : arena_strdup(&s->arena, words[i]);
		const struct cmd *cmd = cmd_at(child, session_dialect(s), &s->arena);
		if (!*path && is_context_word(words[i]))
			continue;
		entry(&s->text, group ? arena_printf(&s->arena, "%s %s", group, words[i]) : words[i],
		    cmd ? cmd->brief : group_brief(child, session_dialect(s), &s->arena));
	}
}

static void help_list(struct session *s, const char *path)
{
	const char *group = strchr(path, ' ');

	buf_adds(&s->text, "\nThe following commands are available:\n\nCommands in this context:\n");
	if (!group)
		for (const struct general_cmd *g = general_cmds; g->word; g++)
			entry(&s->text, g->word, g->brief);
	list_children(s, path, group ? group + 1 : NULL);
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
static void usage_of(struct buf *b, const struct tag *t)
{
	if (t->flags & TAG_KEYWORD)
		buf_adds(b, t->name);
	else
		buf_printf(b, "[ %s = ] %s", t->name, t->type->usage);
}

static void help_usage(struct buf *b, const struct cmd *cmd)
{
	const char *noun = strrchr(cmd->path, ' ');
	int indent = (int)strlen(noun) + 1;

	buf_printf(b, "\nUsage:\n %s", noun);
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
		usage_of(b, t);
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
