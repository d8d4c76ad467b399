#include "enforcer/compile/lockout.h"

#include "common/base/banned.h"

static const struct fact_addr *own_address(const struct facts *f, const struct ip *ip)
{
	for (size_t i = 0; i < f->naddrs; i++)
		if (ip_eq(&f->addrs[i].ip, ip))
			return &f->addrs[i];
	return NULL;
}

static enum lockout_kind kind_of(enum fate fate)
{
	switch (fate) {
	case FATE_PASS:
		return LOCKOUT_NONE;
	case FATE_PROTECT:
		return LOCKOUT_NEGOTIATE;
	case FATE_DROP:
		return LOCKOUT_BLOCK;
	}
	return LOCKOUT_BLOCK;
}

static enum lockout_kind walk(const struct connection *c, bool inbound, bool dialup, const struct plan *plan,
    struct explanation *x)
{
	struct packet p = connection_packet(c, inbound);

	p.dialup = dialup;
	plan_explain(plan, &p, x);
	return kind_of(x->fate);
}

int lockout_judge(const struct policyset *ps, const struct dyn_rules *dynamic, const struct facts *facts,
    const struct connection *c, struct lockout *out, struct err *e)
{
	const struct fact_addr *own = own_address(facts, &c->own);
	bool dialup = own && facts->ifs[own->iface].kind == IF_DIALUP;
	enum lockout_kind in, back;

	*out = (struct lockout){.kind = LOCKOUT_NONE};
	if (own_address(facts, &c->peer))
		return 0; /* it uses the loopback interface */
	if (plan_compile_dynamic(ps, dynamic, facts, &out->plan, e) < 0)
		return -1;
	in = walk(c, true, dialup, &out->plan, &out->in);
	back = walk(c, false, dialup, &out->plan, &out->out);
	out->inbound = in >= back;
	out->kind = out->inbound ? in : back;
	return 0;
}

void lockout_print(const struct lockout *l, struct buf *b)
{
	const struct plan_filter *f = l->inbound ? l->in.winner : l->out.winner;
	const struct rule *r = f ? plan_rule_of(&l->plan, &f->origin) : NULL;

	if (l->kind == LOCKOUT_NONE || !f)
		return;
	if (r)
		buf_printf(b, "rule '%s' of policy '%s'", r->name, l->plan.policy->name);
	else
		buf_adds(b, "a dynamic rule");
	buf_printf(b, " (%s ", enum_to_name(action_names, f->action));
	plan_match_print(f, b);
	buf_addc(b, ')');
}

void lockout_free(struct lockout *l)
{
	plan_free(&l->plan);
	*l = (struct lockout){.kind = LOCKOUT_NONE};
}
