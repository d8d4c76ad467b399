/* Moving between contexts, leaving, help, exec, helpers: commands of the shell itself (grammar §1.3). */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/script.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct shell_args {
	const char *file, *name;
	struct {
		bool file, name;
	} given;
};

static const struct tag pushd_tags[] = {
	TAG(shell_args, name, type_context, 0, NULL, "The context to enter, e.g. ipsec static."),
};
static const struct tag exec_tags[] = {
	TAG(shell_args, file, type_file, TAG_REQUIRED, NULL, "The script: one command a line, # begins a comment."),
};
static const struct tag helper_tags[] = {
	TAG(shell_args, name, type_text, TAG_REQUIRED, NULL, "Name of the DLL."),
};

int general_enter(struct session *s, const char *path, struct err *e)
{
	(void)e;
	if (s->one_shot) {
		help_print(s, path, NULL);
		return 0;
	}
	s->context = path_context(path);
	return 0;
}

static int up(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	s->context = "";
	return 0;
}

static int help(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	help_print(s, s->context, NULL);
	return 0;
}

static int leave(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	s->leave = true;
	return 0;
}

static int push_context(struct session *s, const void *args, struct err *e)
{
	const struct words *path = args;
	struct resolved r = {0};

	if (s->npushed == SESSION_PUSHD_MAX)
		return err_set(e, SHELL_LIMIT, "too many contexts are saved already");
	if (path->n > 0) {
		if (grammar_resolve(s->context, session_dialect(s), path, &s->arena, &r, e) < 0)
			return -1;
		if (r.kind != RESOLVED_CONTEXT)
			return err_set(e, CMD_UNKNOWN, path->v[0].text, " (pushd takes the path of a context)");
	}
	s->pushed[s->npushed++] = s->context;
	return path->n > 0 ? general_enter(s, r.path, e) : 0;
}

static int pop_context(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	if (s->npushed > 0)
		s->context = s->pushed[--s->npushed];
	return 0;
}

/* In place, as if its lines were typed: the contexts it enters and its exit count here. */
static int exec(struct session *s, const void *args, struct err *e)
{
	const struct shell_args *a = args;
	/* A copy: each line empties the arena. */
	char *path = xstrdup(session_existing_path(s, session_path(s, a->file)));
	bool one_shot = s->one_shot;
	int status;

	if (s->general.depth == EXEC_DEPTH_MAX) {
		free(path);
		return err_set(e, SHELL_LIMIT, "scripts run each other too deep");
	}
	s->general.depth++;
	s->one_shot = false;
	session_group_begin(s);
	status = script_run_here(s, path);
	status |= session_group_end(s);
	s->one_shot = one_shot;
	s->general.depth--;
	free(path);
	return status ? -1 : 0; /* what failed has been printed */
}

static int no_helper(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	session_say(s, "nothing to do: the commands of netsh ipsec are built in, and no DLL is ever loaded");
	return 0;
}

static int show_helper(struct session *s, const void *args, struct err *e)
{
	(void)args, (void)e;
	buf_adds(&s->text, "The commands of netsh ipsec are built in; there are no helper DLLs.\n");
	return 0;
}

/* A command without arguments. */
#define PLAIN_ROW(name, path_, run_, brief_)                                                       \
	const struct cmd name = {.path = (path_), .args_size = sizeof(struct shell_args), .flags = CMD_SHELL, \
		.run = (run_), .brief = (brief_), .example = (path_)}

PLAIN_ROW(cmd_up, "..", up, "Goes up one context level.");
PLAIN_ROW(cmd_question, "?", help, "Displays a list of commands.");
PLAIN_ROW(cmd_help, "help", help, "Displays a list of commands.");
PLAIN_ROW(cmd_bye, "bye", leave, "Leaves the program.");
PLAIN_ROW(cmd_exit, "exit", leave, "Leaves the program.");
PLAIN_ROW(cmd_quit, "quit", leave, "Leaves the program.");
PLAIN_ROW(cmd_popd, "popd", pop_context, "Returns to the context saved by pushd.");
PLAIN_ROW(cmd_show_helper, "show helper", show_helper, "Says that no helper DLLs are needed.");

const struct cmd cmd_pushd = {
	.path = "pushd",
	.tags = pushd_tags,
	.ntags = N_OF(pushd_tags),
	.args_size = sizeof(struct words),
	.flags = CMD_SHELL | CMD_WORDS,
	.run = push_context,
	.brief = "Saves the current context; with a path also enters that one.",
	.example = "pushd ipsec static",
};
const struct cmd cmd_exec = {
	.path = "exec",
	CMD_TAGS(shell_args, exec_tags),
	.flags = CMD_SHELL,
	.run = exec,
	.brief = "Runs a script as if its lines were typed.",
	.example = "exec file=policies.txt",
};
const struct cmd cmd_add_helper = {
	.path = "add helper",
	CMD_TAGS(shell_args, helper_tags),
	.flags = CMD_SHELL,
	.run = no_helper,
	.brief = "Does nothing: no helper DLLs are needed.",
	.example = "add helper ipsecex.dll",
};
const struct cmd cmd_delete_helper = {
	.path = "delete helper",
	CMD_TAGS(shell_args, helper_tags),
	.flags = CMD_SHELL,
	.run = no_helper,
	.brief = "Does nothing: no helper DLLs are needed.",
	.example = "delete helper ipsecex.dll",
};
