/* The compiler as a whole: policy + facts -> filters -> nftables and XFRM. */
#include "enforcer/compile/plan.h"

#include <stdlib.h>

#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

int plan_compile(const struct policyset *ps, const struct facts *facts, struct plan *out, struct err *e)
{
	*out = (struct plan){.counter = ps->counter, .policy = policyset_assigned(ps)};
	if (!out->policy)
		return 0;
	if (expand_policy(out->policy, facts, out, e) < 0) {
		plan_free(out);
		return -1;
	}
	lower_nft(out, facts);
	lower_xfrm(out, facts);
	return 0;
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
