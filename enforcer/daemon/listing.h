/* What is in force, as pages for the dynamic context's show commands. Pure. */
#ifndef DAEMON_LISTING_H
#define DAEMON_LISTING_H

#include "common/ipc/ipc.h"
#include "enforcer/compile/plan.h"
#include "enforcer/dynamic/dynset.h"

struct listing_source {
	const struct plan *plan; /* and its policy */
	const struct facts *facts;
	const struct dynset *dynamic;
};

/*
 * One page of the kind: first what comes from the assigned policy, then the dynamic objects; specific
 * filters in their order. `after` is 0 or the last page's `next`; when what is in force has changed since,
 * the listing goes on at that place of the new one. The page's texts are borrowed from the source.
 */
void listing_page(const struct listing_source *s, enum dyn_kind kind, uint64_t after, struct dyn_page *out);

#endif
