#include "enforcer/daemon/source.h"

#include <stdlib.h>

#include "common/base/banned.h"

/* An upgrade brings a new enforcer to an old store: whoever writes first brings it up to date, also we. */
static int open_store(struct source *s, struct err *e)
{
	s->store = store_open(s->dir, STORE_READ_ONLY, e);
	if (s->store || e->id != STORE_OLDER)
		return s->store ? 0 : -1;
	*e = (struct err){0};
	struct store *writer = store_open(s->dir, STORE_RW, e);
	if (!writer)
		return -1;
	store_close(writer);
	s->store = store_open(s->dir, STORE_READ_ONLY, e);
	return s->store ? 0 : -1;
}

int source_moved(struct source *s, const struct policyset *have, struct err *e)
{
	uint64_t counter;

	if ((!s->store && open_store(s, e) < 0) || store_counter(s->store, &counter, e) != 0)
		return -1;
	return !have || have->counter != counter;
}

void source_free(struct source *s)
{
	store_close(s->store);
	free(s->dir);
	*s = (struct source){0};
}
