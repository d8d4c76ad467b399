/* What IKE is asked for: made from the plan in force, kept as long as that says the same. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/lower_ike.h"
#include "enforcer/daemon/enforcer_private.h"

#include "common/base/banned.h"

static bool mm_same(const struct ike_mm_policy *a, const struct ike_mm_policy *b)
{
	return a && b ? a->id == b->id && ike_mm_policy_eq(a, b) : a == b;
}

static bool qm_same(const struct ike_qm_policy *a, const struct ike_qm_policy *b)
{
	return a && b ? ike_qm_policy_eq(a, b) : a == b;
}

static bool rule_same(const struct ike_rule *a, const struct ike_rule *b)
{
	return a->reqid == b->reqid && a->rule == b->rule && a->filter == b->filter && ike_selector_eq(&a->sel, &b->sel) &&
	       a->tunnel == b->tunnel && ip_eq(&a->tunnel_local, &b->tunnel_local) &&
	       ip_eq(&a->tunnel_remote, &b->tunnel_remote) && a->inpass == b->inpass && a->soft == b->soft &&
	       mm_same(a->mm, b->mm) && qm_same(a->qm, b->qm);
}

/* All that lower_ike() sets; the counter of the store, which it takes along for logs, does not count. */
static bool profile_same(const struct ike_profile *a, const struct ike_profile *b)
{
	if (!a || !b)
		return a == b;
	if (a->nrules != b->nrules || !mm_same(a->default_mm, b->default_mm) || !qm_same(a->default_qm, b->default_qm) ||
	    a->default_reqid != b->default_reqid)
		return false;
	for (size_t i = 0; i < a->nrules; i++)
		if (!rule_same(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

static struct ike_profile *profile_of(const struct enforcer *en)
{
	size_t nmm = dynset_count(en->dynamic, DYN_MMPOLICY), nqm = dynset_count(en->dynamic, DYN_QMPOLICY);
	const struct dyn_mmpolicy **mm = xcalloc(nmm + 1, sizeof *mm);
	const struct dyn_qmpolicy **qm = xcalloc(nqm + 1, sizeof *qm);
	const struct ike_dynamic dynamic = {dynset_rules(en->dynamic), mm, qm, nmm, nqm};
	struct ike_profile *p;

	for (size_t i = 0; i < nmm; i++)
		mm[i] = dynset_mmpolicy(en->dynamic, i);
	for (size_t i = 0; i < nqm; i++)
		qm[i] = dynset_qmpolicy(en->dynamic, i);
	p = lower_ike(&en->plan, &en->facts, &dynamic);
	free(mm);
	free(qm);
	return p;
}

void enforcer_follow_plan(struct enforcer *en)
{
	struct ike_profile *p = en->planned ? profile_of(en) : NULL;

	if (profile_same(p, en->profile)) {
		ike_profile_free(p);
		return;
	}
	ike_profile_free(en->profile);
	en->profile = p;
	en->profile_generation++;
}

struct ike_profile *enforcer_profile(const struct enforcer *en)
{
	return en->profile;
}

uint64_t enforcer_profile_generation(const struct enforcer *en)
{
	return en->profile_generation;
}
