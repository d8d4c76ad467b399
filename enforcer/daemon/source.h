/* One of the two policy stores, as the enforcer follows it: read-only, whatever is or comes in its folder. */
#ifndef DAEMON_SOURCE_H
#define DAEMON_SOURCE_H

#include "store/store.h"

struct source {
	char *dir;           /* owned */
	struct store *store; /* NULL until it could be opened */
};

/*
 * Has the store moved on from `have` (NULL: nothing was read yet)? 1 yes, 0 no, -1 it cannot be read. A store that
 * is not there reads as an empty one: the caller decides what that means. One of an older schema is brought up to date.
 */
int source_moved(struct source *s, const struct policyset *have, struct err *e);
/* Closes the store and frees the name. */
void source_free(struct source *s);

#endif
