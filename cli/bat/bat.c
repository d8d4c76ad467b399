/* The public entry: a run from the first line to the exit status. */
#include "cli/bat/bat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bat/interp.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

static void bat_free(struct bat *b)
{
	for (size_t i = 0; i < b->n_missing; i++)
		free(b->missing[i]);
	for (unsigned i = 0; i < b->n_dirs; i++)
		free(b->dirs[i]);
	buf_free(&b->chain);
	env_free(&b->env);
	free(b);
}

/* An exit status has eight bits; what is not 0 must not become 0. */
static int exit_status(int errorlevel)
{
	int low = errorlevel & 0xFF;

	return errorlevel != 0 && low == 0 ? 1 : low;
}

int bat_run(const struct bat_host *host, const char *path, int argc, char **argv, struct err *e)
{
	struct bat *b = xcalloc(1, sizeof *b);
	struct source in = {.is_text = false};
	char *cwd = getcwd(NULL, 0);

	b->host = host;
	b->env.host = host;
	b->env.errorlevel = &b->errorlevel;
	b->echo = true;
	b->io = (struct io){{.kind = SINK_HOST_OUT}, {.kind = SINK_HOST_ERR}, &in};
	int r = call_argv(b, path, argc, argv, e);
	if (r == 0) {
		bat_settle(b);
		r = exit_status(b->errorlevel);
	}
	local_unwind(b, 0);
	if (cwd && chdir(cwd) < 0 && r == 0)
		bat_say(b, "'%.200s' cannot be entered again: %s", cwd, strerror(errno));
	free(cwd);
	bat_free(b);
	return r;
}
