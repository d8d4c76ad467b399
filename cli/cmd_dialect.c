/*
 * static set dialect, show dialect: which words the language has over this store. Ours, so that a script
 * for Windows can be held to Windows' words, and known in either dialect, so that there is a way back.
 */
#include "cli/commands.h"

#include "cli/render.h"
#include "cli/render_json.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct dialect_args {
	uint8_t dialect, format;
	struct {
		bool dialect, format;
	} given;
};
static const struct tag set_tags[] = {
	TAG(dialect_args, dialect, type_dialect, TAG_REQUIRED, NULL,
	    "linux: all words. windows: only what Windows knows, with its defaults."),
};
static const struct tag show_tags[] = {
	TAG(dialect_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT),
};

static int set_dialect(struct session *s, const void *args, struct err *e)
{
	const struct dialect_args *a = args;

	/* From here on the store decides, also when this run began with a dialect of its own. */
	s->dialect_from = DIALECT_UNKNOWN;
	return store_dialect_put(s->store, (enum dialect)a->dialect, e);
}

static int show_dialect(struct session *s, const void *args, struct err *e)
{
	const struct dialect_args *a = args;

	(void)e;
	if (a->format == FORMAT_JSON)
		json_dialect(s, session_dialect(s));
	else
		render_dialect(s, session_dialect(s));
	return 0;
}

const struct cmd cmd_static_set_dialect = {
	.path = "static set dialect",
	CMD_TAGS(dialect_args, set_tags),
	.flags = CMD_WRITES | CMD_IN_FILES | CMD_HOST | CMD_EXTENSION | CMD_ALWAYS,
	.run = set_dialect,
	.brief = "Chooses the words that the language has.",
	.example = "set dialect windows",
};
const struct cmd cmd_static_show_dialect = {
	.path = "static show dialect",
	CMD_TAGS(dialect_args, show_tags),
	.flags = CMD_READS | CMD_HOST | CMD_EXTENSION | CMD_ALWAYS,
	.run = show_dialect,
	.brief = "Displays which words the language has.",
	.example = "show dialect",
};
