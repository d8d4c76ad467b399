/* What the running enforcer counted, for listings of the store (semantics of the counters: common/model/traffic.h). */
#ifndef CLI_COUNTED_H
#define CLI_COUNTED_H

#include "cli/session.h"

/*
 * Fills s->rules_counted and s->filters_counted for the command that runs. They stay NULL when no enforcer runs,
 * when it does not answer, or when what it enforces is not of this store: a listing never fails for that.
 */
void counted_ask(struct session *s);

#endif
