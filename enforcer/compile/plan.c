/* The compiler as a whole: policy + facts -> filters -> nftables and XFRM. */
#include "enforcer/compile/plan.h"

#include <stdlib.h>

#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

int plan_compile(const struct policyset *ps, const struct facts *facts, struct plan *out, struct err *e)
{
	return plan_compile_sources(&(struct plan_sources){.local = ps}, facts, out, e);
}

int plan_compile_dynamic(const struct policyset *ps, const struct dyn_rules *dynamic,
    const struct facts *facts, struct plan *out, struct err *e)
{
	return plan_compile_sources(&(struct plan_sources){.local = ps, .dynamic = dynamic}, facts, out, e);
}

/* What a plan says beside its filters. */
static struct plan head_of(const struct plan_sources *s)
{
	struct plan head = {.persistent = s->persistent ? policyset_assigned(s->persistent) : NULL};
	struct settings settings;

	if (s->instead) {
		head.counter = s->instead->counter;
		head.policy = s->instead->policy;
		head.ipsecexempt = s->instead->ipsecexempt;
		head.diagnostics = s->instead->diagnostics;
		return head;
	}
	settings_default(&settings);
	if (s->local) {
		head.counter = s->local->counter;
		head.policy = policyset_assigned(s->local);
		settings = s->local->settings;
	}
	head.ipsecexempt = (uint8_t)settings.number[SET_IPSECEXEMPT];
	head.diagnostics = (uint8_t)settings.number[SET_IPSECDIAGNOSTICS];
	return head;
}

int plan_compile_sources(const struct plan_sources *s, const struct facts *facts, struct plan *out, struct err *e)
{
	*out = head_of(s);
	if (facts->no_nflog)
		out->diagnostics &= DIAG_TOTALS;
	if (!out->policy && !out->persistent && !(s->dynamic && s->dynamic->n > 0))
		return 0;
	if (expand_all(s, facts, out, e) < 0) {
		plan_free(out);
		return -1;
	}
	lower_nft(out, facts);
	lower_xfrm(out, facts);
	return 0;
}

void plan_block_all(struct plan *out)
{
	*out = (struct plan){.block_all = true};
	lower_block_all(out);
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
