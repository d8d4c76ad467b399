#include "cli/start.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/remote.h"
#include "cli/script.h"
#include "common/base/banned.h"

int start_script(struct session *s, const char *path)
{
	int status;

	host_catch_signals();
	session_group_begin(s);
	status = path ? script_run_here(s, path) : script_run_fd(s, STDIN_FILENO, "stdin");
	if (session_group_end(s) && status == 0)
		status = 1;
	return status;
}

/* -r, -u; nobody shall read in a list of processes what was given with -p. */
static int set_machine(struct session *s, const struct options *o, struct err *e)
{
	if (!o->machine)
		return 0;
	if (general_set_machine(s, o->machine, o->user, e) < 0)
		return -1;
	if (o->password) {
		explicit_bzero((char *)(uintptr_t)o->password, strlen(o->password));
		session_say(s, REMOTE_NO_PASSWORD);
	}
	return 0;
}

/* -c */
static int set_context(struct session *s, const char *path, struct err *e)
{
	struct resolved r = {0};
	struct words w = {0};

	if (!path)
		return 0;
	if (words_from_line(path, strlen(path), &s->arena, &w, e) < 0 ||
	    grammar_resolve("", session_dialect(s), &w, &s->arena, &r, e) < 0)
		return -1;
	if (r.kind != RESOLVED_CONTEXT)
		return err_set(e, USAGE, "-c takes the path of a context, e.g. \"ipsec static\"");
	return general_enter(s, r.path, e);
}

int start_prepare(struct session *s, const struct options *o, struct err *e)
{
	if (o->dialect) {
		s->dialect = (enum dialect)enum_find(dialect_names, o->dialect)->value;
		s->dialect_from = DIALECT_OF_RUN;
	}
	if (set_machine(s, o, e) < 0 || set_context(s, o->context, e) < 0)
		return -1;
	/* What fails in the first script is told there; the exit status is that of what follows. */
	if (o->first)
		start_script(s, o->first);
	return 0;
}
