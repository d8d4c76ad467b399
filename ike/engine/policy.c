/*
 * A new profile ends what it no longer allows and nothing else; and what ends with a peer as a whole.
 */
#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

/* The rule of the new profile under which an association goes on; NULL: none. */
static const struct ike_rule *rule_for(const struct ike_profile *p, const struct qm *qm)
{
	for (size_t i = 0; i < p->nrules; i++) {
		const struct ike_rule *r = &p->rules[i];

		if (r->reqid == qm->reqid && r->tunnel == qm->tunnel && ike_selector_covers(&r->sel, &qm->sel) &&
		    (!r->tunnel || ip_eq(&r->tunnel_remote, &qm->path.remote.ip)) && ike_qm_policy_eq(r->qm, qm->policy) &&
		    ike_mm_policy_eq(r->mm, qm->rule->mm) && (!qm->soft || r->soft))
			return r;
	}
	return NULL;
}

/* False: the new profile does not allow it. */
static bool carry_qm(const struct ike_profile *p, struct qm *qm)
{
	if (qm->rule) {
		qm->rule = rule_for(p, qm);
		qm->policy = qm->rule ? qm->rule->qm : NULL;
		return qm->rule != NULL;
	}
	if (!p->default_qm || p->default_reqid != qm->reqid || !ike_qm_policy_eq(p->default_qm, qm->policy) ||
	    ike_profile_rule(p, &qm->sel, false, &qm->path.remote.ip))
		return false;
	qm->policy = p->default_qm;
	return true;
}

static bool speaks_of(const struct ike_rule *r, const struct mm *mm)
{
	const struct ip *local = &mm->path.local.ip, *remote = &mm->path.remote.ip;

	return r->tunnel ? ip_eq(&r->tunnel_remote, remote)
	                 : ip_in_prefix(remote, &r->sel.remote.net, r->sel.remote.plen) &&
	                       ip_in_prefix(local, &r->sel.local.net, r->sel.local.plen);
}

static bool carry_mm(const struct ike_profile *p, struct mm *mm)
{
	const struct ike_mm_policy *old = mm->policy;

	mm->policy = NULL;
	for (size_t i = 0; i < p->nrules && !mm->policy; i++) {
		if (speaks_of(&p->rules[i], mm) && ike_mm_policy_eq(p->rules[i].mm, old))
			mm->policy = p->rules[i].mm;
	}
	if (!mm->policy && p->default_mm && ike_mm_policy_eq(p->default_mm, old))
		mm->policy = p->default_mm;
	if (mm->policy)
		return true;
	mm->policy = old;
	return false;
}

void policy_change(struct ike *ike, struct ike_profile *p)
{
	struct ike_profile *old = ike->profile;

	ike->profile = p;
	RING_EACH(&ike->qms, r) {
		struct qm *qm = OWNER(struct qm, all, r);

		if (qm->policy && !carry_qm(p, qm))
			qm_down(ike, qm, IKE_FAIL_POLICY_CHANGE, true);
	}
	RING_EACH(&ike->mms, r) {
		struct mm *mm = OWNER(struct mm, all, r);

		if (mm->x.state == MM_ENDING || carry_mm(p, mm))
			continue;
		if (mm->x.state == MM_UP)
			mm_down(ike, mm, IKE_FAIL_POLICY_CHANGE, true);
		else
			mm_fail(ike, mm, IKE_FAIL_POLICY_CHANGE, false, NULL);
	}
	/* Nothing looks at the policy of one that is ending, and nothing may point into the old profile. */
	RING_EACH(&ike->mms, r) {
		struct mm *mm = OWNER(struct mm, all, r);

		if (mm->x.state == MM_ENDING)
			mm->policy = NULL;
	}
	ike_profile_free(old);
	stalled_retry(ike);
}

/* Hosts behind one NAT share the address, not the port. */
static bool same_host(const struct path *p, const struct mm *but)
{
	return !but || !but->path.natt || p->remote.port == but->path.remote.port;
}

void peer_down(struct ike *ike, struct peer *peer, struct mono before, const struct mm *but, enum ike_failure why, bool tell)
{
	RING_EACH(&peer->qms, r) {
		struct qm *qm = OWNER(struct qm, in_peer, r);

		if (qm->x.state == QM_UP && mono_before(qm->up_at, before) && same_host(&qm->path, but))
			qm_down(ike, qm, why, tell);
	}
	RING_EACH(&peer->mms, r) {
		struct mm *mm = OWNER(struct mm, in_peer, r);

		if (mm != but && mm->x.state == MM_UP && mono_before(mm->up_at, before) && same_host(&mm->path, but))
			mm_down(ike, mm, why, tell);
	}
}
