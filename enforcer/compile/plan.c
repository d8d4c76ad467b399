/* The compiler as a whole: policy + facts -> filters -> nftables and XFRM. */
#include "enforcer/compile/plan.h"

#include <stdlib.h>

#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

int plan_compile(const struct policyset *ps, const struct facts *facts, struct plan *out, struct err *e)
{
	static const struct dyn_rules none;

	return plan_compile_dynamic(ps, &none, facts, out, e);
}

int plan_compile_dynamic(const struct policyset *ps, const struct dyn_rules *dynamic,
    const struct facts *facts, struct plan *out, struct err *e)
{
	*out = (struct plan){.counter = ps->counter,
		.policy = policyset_assigned(ps),
		.ipsecexempt = (uint8_t)ps->settings.number[SET_IPSECEXEMPT],
		.diagnostics = (uint8_t)ps->settings.number[SET_IPSECDIAGNOSTICS]};
	if (facts->no_nflog)
		out->diagnostics &= DIAG_TOTALS;
	if (!out->policy && dynamic->n == 0)
		return 0;
	if (expand_all(out->policy, dynamic, facts, out, e) < 0) {
		plan_free(out);
		return -1;
	}
	lower_nft(out, facts);
	lower_xfrm(out, facts);
	return 0;
}

bool plan_exempts(const struct plan *p, enum exempt what)
{
	static const bool table[4][2] = {
		[0] = {[EXEMPT_KERBEROS_RSVP] = true, [EXEMPT_MULTICAST] = true},
		[1] = {[EXEMPT_MULTICAST] = true},
		[2] = {[EXEMPT_KERBEROS_RSVP] = true},
	};

	return p->ipsecexempt < 4 && table[p->ipsecexempt][what];
}

void plan_free(struct plan *p)
{
	free(p->filters);
	free(p->negs);
	free(p->rules);
	free(p->sets);
	free(p->elems);
	free(p->xfrm);
	*p = (struct plan){0};
}
