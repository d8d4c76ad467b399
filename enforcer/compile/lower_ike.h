/*
 * The third target of the compiler: what the policy asks of IKE, as a profile (ike/engine/profile.h). Made from a
 * compiled plan, so that it says exactly what the plan's XFRM policies hold: an association that IKE negotiates by
 * a rule of the profile is one that a template waits for.
 */
#ifndef COMPILE_LOWER_IKE_H
#define COMPILE_LOWER_IKE_H

#include "enforcer/compile/plan.h"
#include "ike/engine/profile.h"

/* Beside the plan: the dynamic rules that went into it, and the policies that they name. Borrowed. */
struct ike_dynamic {
	struct dyn_rules rules;
	const struct dyn_mmpolicy *const *mm;
	const struct dyn_qmpolicy *const *qm;
	size_t nmm, nqm;
};

/*
 * The profile of that plan; free with ike_profile_free(). Pure. `dynamic` NULL: the plan has no dynamic rules. Rules
 * come in the order of the plan's XFRM policies, mirrors as one. Equal policies are shared, whoever's they are.
 *
 * Tunnels: Windows writes one rule a direction, so an outbound rule finds its own end in the inbound rule of the
 * mirrored traffic; without such a rule it is tried from every address of this host. An inbound rule alone is none: it
 * does not say who the peer is.
 */
struct ike_profile *lower_ike(const struct plan *p, const struct facts *facts, const struct ike_dynamic *dynamic);
/* Text form, for -n and goldens; follows plan_print(). Empty when nothing negotiates. Nothing of a key is in it. */
void ike_profile_print(const struct plan *p, const struct ike_profile *profile, struct buf *b);

#endif
