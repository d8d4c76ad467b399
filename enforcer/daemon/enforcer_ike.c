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

/* As the kernel holds them: not where another program holds a policy of the same selector. */
static struct xfrm_pol *policies(const struct enforcer *en, size_t *n)
{
	struct xfrm_pol *v = xcalloc(en->kernel.nxfrm + 1, sizeof *v);

	for (size_t i = 0; i < en->kernel.nxfrm; i++)
		if (en->kernel.xfrm[i].pol.kind == XFRM_K_PROTECT && en->kernel.xfrm[i].pol.reqid)
			v[(*n)++] = en->kernel.xfrm[i].pol;
	return v;
}

static struct ip *locals(const struct facts *f, size_t *n)
{
	struct ip *v = xcalloc(f->naddrs + 1, sizeof *v);

	for (size_t i = 0; i < f->naddrs; i++)
		if (f->ifs[f->addrs[i].iface].kind != IF_LOOPBACK)
			v[(*n)++] = f->addrs[i].ip;
	return v;
}

int enforcer_tell_ike(struct enforcer *en, struct err *e)
{
	struct kernel_ike a = {.profile = en->profile};
	struct xfrm_pol *pols = NULL;
	struct ip *mine = NULL;
	int rc;

	if (!en->ike_untold)
		return 0;
	if (en->planned) {
		a.pols = pols = policies(en, &a.npols);
		a.locals = mine = locals(&en->facts, &a.nlocals);
	}
	rc = kernel_ike(en->world.kernel, &a, e);
	en->ike_untold = rc != 0;
	free(pols);
	free(mine);
	return rc;
}

void enforcer_follow_plan(struct enforcer *en)
{
	struct ike_profile *p = en->planned ? profile_of(en) : NULL;
	struct err later = {0}; /* enforcer_settle() tries again, and says so */

	if (!profile_same(p, en->profile)) {
		ike_profile_free(en->profile);
		en->profile = ike_profile_share(p);
		en->profile_generation++;
	}
	ike_profile_free(p);
	en->ike_untold = true;
	if (enforcer_tell_ike(en, &later) != 0)
		en->due |= CAUSE_KERNEL;
}

struct ike_profile *enforcer_profile(const struct enforcer *en)
{
	return en->profile;
}

uint64_t enforcer_profile_generation(const struct enforcer *en)
{
	return en->profile_generation;
}
