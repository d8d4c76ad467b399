/*
 * --check: a file is run against a throw-away copy of the store, and only what would fail is said. Nothing
 * outside the copy changes: no file is written, no program runs, the enforcer is asked but told nothing.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/session.h"

struct check {
	char dir[64]; /* the copy, a folder of our own; "" when there is none */
	void (*out)(void *ctx, const char *text, size_t n); /* of the session: where failures are said */
	void *io_ctx;
};

/* Makes the copy and turns the session to it. `c` lives as long as the session. -1: nothing was made. */
int check_begin(struct session *s, struct check *c, struct err *e);
/* After session_fini(): removes the copy. */
void check_end(struct check *c);

#endif
