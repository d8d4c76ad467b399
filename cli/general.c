/* Commands of the shell itself: moving between contexts, help, leaving. */
#include "cli/commands.h"

#include <string.h>

#include "cli/help.h"
#include "common/base/banned.h"

int general_enter(struct session *s, const char *path, struct err *e)
{
	(void)e;
	if (s->one_shot) {
		help_print(s, path, NULL);
		return 0;
	}
	s->context = "";
	for (const struct context *c = contexts; c->word; c++)
		if (strcmp(c->word, path) == 0)
			s->context = c->word; /* outlives the arena in which `path` lies */
	return 0;
}

static int push_context(struct session *s, const struct words *rest, struct err *e)
{
	struct resolved r = {0};

	if (s->npushed == SESSION_PUSHD_MAX)
		return err_set(e, CMD_UNKNOWN, "pushd", " (too many contexts are saved already)");
	if (rest->n > 0) {
		if (grammar_resolve(s->context, session_dialect(s), rest, &s->arena, &r, e) < 0)
			return -1;
		if (r.kind != RESOLVED_CONTEXT)
			return err_set(e, CMD_UNKNOWN, rest->v[0].text, " (pushd takes the path of a context)");
	}
	s->pushed[s->npushed++] = s->context;
	return rest->n > 0 ? general_enter(s, r.path, e) : 0;
}

int general_run(struct session *s, const struct resolved *r, struct err *e)
{
	const struct general_cmd *g = r->general;

	if (g->what != GENERAL_PUSHD && r->rest.n > 0)
		return err_set(e, TAG_TOO_MANY, g->word, r->rest.v[0].text);
	switch (g->what) {
	case GENERAL_UP:
		s->context = "";
		return 0;
	case GENERAL_HELP:
		help_print(s, s->context, NULL);
		return 0;
	case GENERAL_EXIT:
		s->leave = true;
		return 0;
	case GENERAL_PUSHD:
		return push_context(s, &r->rest, e);
	case GENERAL_POPD:
		if (s->npushed > 0)
			s->context = s->pushed[--s->npushed];
		return 0;
	}
	return err_set(e, BUG, "no such command of the shell");
}
