/* Policies for tests of plan patches. */
#ifndef TESTS_PATCH_WORLD_H
#define TESTS_PATCH_WORLD_H

#include "enforcer/compile/compile.h"
#include "enforcer/diff/ops.h"

enum { RULES = 4, DYNAMIC = 3, POOL = 240 };

struct world {
	struct facts facts;
	struct filteraction actions[RULES];
	struct filterlist lists[RULES];
	struct rule rules[RULES];
	struct policy policy;
	struct policyset ps;
	struct filter filters[RULES][POOL];
	int64_t next_id;
	bool negotiates;
	struct dyn_rule dyn[DYNAMIC];
	const struct dyn_rule *dynp[DYNAMIC];
	struct dyn_rules dynamic;
	struct policyset persistent;
	struct policy ppolicy;
	struct rule prules[2];
	struct filterlist plists[2];
	struct filteraction pactions[2];
	struct filter pfilters[2][5];
};

static inline int compile_world(const struct world *w, struct plan *out, struct err *e)
{
	const struct plan_sources s = {.local = &w->ps, .persistent = &w->persistent, .dynamic = &w->dynamic};

	return plan_compile_sources(&s, &w->facts, out, e);
}

#endif
