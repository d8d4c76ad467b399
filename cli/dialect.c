/* Rows as a dialect has them. Flags and types of tag.h say what is ours; here it is left out. */
#include "cli/grammar.h"

#include "common/base/banned.h"

static struct tag tag_of_windows(const struct tag *t)
{
	struct tag as = *t;

	if (t->type && t->type->windows)
		as.type = t->type->windows;
	if (t->windows_dflt)
		as.dflt = t->windows_dflt;
	return as;
}

bool dialect_has(enum dialect dialect, const struct cmd *cmd)
{
	return dialect == DIALECT_LINUX || !(cmd->flags & CMD_EXTENSION) || cmd->flags & CMD_ALWAYS;
}

const struct cmd *cmd_in_dialect(const struct cmd *cmd, enum dialect dialect, struct arena *a)
{
	struct tag *tags;
	struct cmd *as;

	if (!dialect_has(dialect, cmd))
		return NULL;
	if (dialect == DIALECT_LINUX)
		return cmd;
	as = arena_alloc(a, sizeof *as);
	*as = *cmd;
	as->ntags = 0;
	as->tags = tags = arena_array(a, cmd->ntags + 1, sizeof *tags);
	for (size_t i = 0; i < cmd->ntags; i++)
		if (!(cmd->tags[i].flags & TAG_EXTENSION))
			tags[as->ntags++] = tag_of_windows(&cmd->tags[i]);
	return as;
}
