/*
 * From words to a command with typed arguments. Two steps: grammar_resolve() finds the row (contexts,
 * groups, unique prefixes), grammar_bind() fills its args struct (tags, positions, defaults). Both are
 * pure: no store, no printing.
 */
#ifndef CLI_GRAMMAR_H
#define CLI_GRAMMAR_H

#include "cli/tag.h"
#include "cli/words.h"

enum resolved_kind {
	RESOLVED_CMD,     /* cmd, rest */
	RESOLVED_HELP,    /* path: of a context, a group or a command; cmd and rest when it is one */
	RESOLVED_CONTEXT, /* path: the context to enter */
	RESOLVED_NOTHING, /* an empty line */
};
struct resolved {
	enum resolved_kind kind;
	const struct cmd *cmd;
	const char *path; /* "" is the top; lives in the arena */
	struct words rest; /* what follows the command, without the word that asks for help */
};

/*
 * Resolves a line typed in `context` ("" or "static"). A leading netsh, netsh.exe or ipsec is accepted
 * everywhere and makes the rest start at the top. The command found is the row as the dialect has it
 * (cmd_in_dialect). Errors: CMD_UNKNOWN, CMD_AMBIGUOUS, CMD_INCOMPLETE.
 */
int grammar_resolve(const char *context, enum dialect dialect, const struct words *w, struct arena *a,
    struct resolved *out, struct err *e);

/*
 * Binds arguments to the command's tags: a named tag by exact name or first prefix, an untagged word to
 * the first position that the line names nowhere (scripts-in-the-wild §2). *args is an args struct of
 * the command, in `a`. Errors: TAG_*, VALUE_* and those of the value types.
 */
int grammar_bind(const struct cmd *cmd, const struct words *rest, struct arena *a, void **args, struct err *e);

/* "?", "/?", "-?", "help" */
bool grammar_is_help(const char *word);
/* The word of the context to which the path belongs; "" for what is known everywhere (grammar §1.3). */
const char *path_context(const char *path);
/*
 * A group of a context ("static set") has the commands of that group at the top too ("set"): the path of the
 * latter, borrowed from the former. NULL: there is none.
 */
const char *path_inherited(const char *path);
/* The command without its context: "add policy". Borrowed. */
const char *cmd_name(const struct cmd *cmd);
/* The command of that full path as the dialect has it, or NULL. */
const struct cmd *cmd_at(const char *path, enum dialect dialect, struct arena *a);
/* The tag of that name: exact, else the first in order that the word begins (grammar §2.3). -1: none. */
int cmd_find_tag(const struct cmd *cmd, const char *word);
/* The tag that leads the position of tag i: i itself, or what it is an alternative to. */
int cmd_position(const struct cmd *cmd, int i);
/* The words that may follow `path`, in table order, without repetition; at most `max`. */
size_t grammar_children(const char *path, enum dialect dialect, const char **out, size_t max, struct arena *a);
/* Does the dialect have the command? */
bool dialect_has(enum dialect dialect, const struct cmd *cmd);
/*
 * The row as the dialect has it: in windows without the tags, types and defaults that are ours, made in
 * `a`; in linux the row itself. NULL: the dialect has no such command.
 */
const struct cmd *cmd_in_dialect(const struct cmd *cmd, enum dialect dialect, struct arena *a);
enum { GRAMMAR_CHILDREN = 64, GRAMMAR_TAGS = 32 };

#endif
