/* Plan -> IKE profile. See lower_ike.h. */
#include "enforcer/compile/lower_ike.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/ike_words.h"

#include "common/base/banned.h"

/* A rule of some store, lowered; XFRM policies find it by their origin. */
struct source {
	uint32_t rule; /* origin.rule */
	bool inpass, soft;
	const struct ike_mm_policy *mm;
	const struct ike_qm_policy *qm;
};

struct lowering {
	const struct plan *plan;
	const struct facts *facts;
	struct ike_profile *out;
	struct source *sources; /* sorted by rule */
	size_t nsources, cap_sources;
	const struct ike_mm_policy **mm; /* each once */
	const struct ike_qm_policy **qm;
	size_t nmm, nqm, cap_mm, cap_qm;
	struct ike_rule *rules; /* in the order of the plan */
	size_t nrules, cap_rules;
	struct ike_rule *inbound; /* of tunnels: tunnel_local only; sorted by selector */
	size_t ninbound, cap_inbound;
};

/* --- policies ------------------------------------------------------------------------------------------------ */

/* FNV-1a: an id that stays while the policy says the same. Sums of contents only tell apart, they protect nothing. */
static uint32_t mix(uint32_t h, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static uint32_t mix_number(uint32_t h, uint32_t v)
{
	return mix(h, &v, sizeof v);
}

static uint32_t mm_id(const struct ike_mm_policy *p)
{
	uint32_t h = mix_number(2166136261u, p->life_s);

	h = mix_number(mix_number(h, p->qm_limit), p->soft_life_s);
	for (size_t i = 0; i < p->noffers; i++)
		h = mix_number(mix_number(mix_number(h, p->offers[i].cipher), p->offers[i].hash), p->offers[i].group);
	for (size_t i = 0; i < p->nauths; i++)
		h = mix(mix_number(h, p->auths[i].method), p->auths[i].secret.b, sizeof p->auths[i].secret.b);
	return h;
}

static bool id_is_taken(const struct lowering *l, uint32_t id)
{
	for (size_t i = 0; i < l->nmm; i++)
		if (l->mm[i]->id == id)
			return true;
	return id == 0;
}

/* The policy of the profile that says the same; a copy when there is none yet. */
static const struct ike_mm_policy *share_mm(struct lowering *l, const struct ike_mm_policy *p)
{
	struct ike_mm_policy *copy;

	for (size_t i = 0; i < l->nmm; i++)
		if (ike_mm_policy_eq(l->mm[i], p))
			return l->mm[i];
	copy = arena_alloc(&l->out->arena, sizeof *copy);
	*copy = *p;
	for (copy->id = mm_id(p); id_is_taken(l, copy->id); copy->id++)
		;
	GROW(l->mm, l->nmm, l->cap_mm);
	return l->mm[l->nmm++] = copy;
}

static const struct ike_qm_policy *share_qm(struct lowering *l, const struct ike_qm_policy *p)
{
	struct ike_qm_policy *copy;

	for (size_t i = 0; i < l->nqm; i++)
		if (ike_qm_policy_eq(l->qm[i], p))
			return l->qm[i];
	copy = arena_alloc(&l->out->arena, sizeof *copy);
	*copy = *p;
	GROW(l->qm, l->nqm, l->cap_qm);
	return l->qm[l->nqm++] = copy;
}

static void set_mm_offers(const struct mm_offers *in, struct ike_mm_policy *out)
{
	_Static_assert((int)MODEL_OFFERS_MAX <= (int)IKE_OFFERS_MAX && (int)MODEL_AUTH_MAX <= (int)IKE_AUTHS_MAX, "lists fit");
	out->noffers = in->n;
	for (size_t i = 0; i < in->n; i++)
		out->offers[i] = (struct ike_mm_offer){ike_cipher_of(in->v[i].encr), ike_hash_of(in->v[i].integ),
		    ike_group_of(in->v[i].group)};
}

static struct ike_qm_policy qm_policy(const struct qm_offers *in, uint16_t pfs)
{
	struct ike_qm_policy out = {.noffers = in->n, .pfs = pfs};

	for (size_t i = 0; i < in->n; i++) {
		const struct qm_offer *o = &in->v[i];

		out.offers[i] = (struct ike_qm_offer){.has_ah = o->ah != INTEG_NONE, .has_esp = o->esp,
		    .ah_hash = ike_hash_of(o->ah), .life_s = o->life_s, .life_kb = o->life_kb};
		if (!o->esp)
			continue;
		out.offers[i].esp_cipher = ike_esp_of(o->encr);
		out.offers[i].esp_hash = ike_hash_of(o->integ);
	}
	return out;
}

static void add_auth(struct ike_mm_policy *out, uint8_t kind, const struct guid *secret)
{
	struct ike_auth *a = &out->auths[out->nauths++];

	*a = (struct ike_auth){.method = ike_auth_of(kind)};
	if (kind == AUTH_PSK)
		a->secret = *secret;
}

/* --- rules of the two stores ----------------------------------------------------------------------------------- */

static struct ike_mm_policy static_mm(const struct policy *p, const struct rule *r)
{
	struct ike_mm_policy out = {.life_s = p->mmlifetime_s,
	    .qm_limit = p->mmpfs ? 1 : p->qmpermm, /* semantics §4.5 */
	    .soft_life_s = p->mmlifetime_s};       /* semantics §4.4: netsh's default, a static policy cannot say */

	set_mm_offers(&p->offers, &out);
	for (size_t i = 0; i < r->auth.n; i++)
		add_auth(&out, r->auth.v[i].kind, &r->auth.v[i].secret_id);
	return out;
}

static struct source *add_source(struct lowering *l, uint32_t rule, const struct ike_mm_policy *mm,
    const struct ike_qm_policy *qm)
{
	GROW(l->sources, l->nsources, l->cap_sources);
	l->sources[l->nsources] = (struct source){.rule = rule, .mm = share_mm(l, mm), .qm = share_qm(l, qm)};
	return &l->sources[l->nsources++];
}

/* Of two stores that both answer whoever asks, the persistent one is asked first, as with filters (semantics §1.4). */
static void set_default(struct lowering *l, const struct policy *p, uint32_t rule, const struct rule *r)
{
	struct ike_mm_policy mm = static_mm(p, r);
	struct ike_qm_policy qm = qm_policy(&r->default_offers, r->default_qmpfs ? IKE_PFS_MM : IKE_PFS_NONE);

	if (l->out->default_mm)
		return;
	l->out->default_mm = share_mm(l, &mm);
	l->out->default_qm = share_qm(l, &qm);
	l->out->default_rule = rule;
	l->out->default_reqid = PLAN_REQID_BASE + rule;
}

static void add_policy(struct lowering *l, const struct policy *p, uint32_t mark)
{
	for (size_t i = 0; p && i < p->nrules; i++) {
		const struct rule *r = &p->rules[i];
		uint32_t rule = mark | (uint32_t)r->id;

		if (!r->active || (!r->is_default && r->filteraction->action != ACTION_NEGOTIATE))
			continue;
		if (r->is_default) {
			set_default(l, p, rule, r);
			continue;
		}
		const struct filteraction *fa = r->filteraction;
		struct ike_mm_policy mm = static_mm(p, r);
		struct ike_qm_policy qm = qm_policy(&fa->offers, fa->qmpfs ? IKE_PFS_MM : IKE_PFS_NONE);
		struct source *s = add_source(l, rule, &mm, &qm);
		s->inpass = fa->inpass;
		s->soft = fa->soft;
	}
}

/* --- dynamic rules ---------------------------------------------------------------------------------------------- */

static struct ike_mm_policy dynamic_mm(const struct dyn_mmpolicy *p, const struct dyn_rule *r)
{
	struct ike_mm_policy out = {.life_s = p->mmlifetime_s, .qm_limit = p->qmpermm, .soft_life_s = p->softsa_s};

	set_mm_offers(&p->offers, &out);
	for (size_t i = 0; i < r->auth.n; i++)
		add_auth(&out, r->auth.v[i].kind, &r->auth.v[i].secret_id);
	return out;
}

static const struct dyn_mmpolicy *find_mm(const struct ike_dynamic *d, const char *name)
{
	for (size_t i = 0; i < d->nmm; i++)
		if (str_caseeq(d->mm[i]->name, name))
			return d->mm[i];
	return NULL;
}

static const struct dyn_qmpolicy *find_qm(const struct ike_dynamic *d, const char *name)
{
	for (size_t i = 0; i < d->nqm; i++)
		if (str_caseeq(d->qm[i]->name, name))
			return d->qm[i];
	return NULL;
}

static void add_dynamic(struct lowering *l, const struct ike_dynamic *d)
{
	for (size_t i = 0; d && i < d->rules.n; i++) {
		const struct dyn_rule *r = d->rules.v[i];
		bool negotiates = r->action_in == ACTION_NEGOTIATE || r->action_out == ACTION_NEGOTIATE;
		const struct dyn_mmpolicy *dmm = negotiates ? find_mm(d, r->mmpolicy) : NULL;
		const struct dyn_qmpolicy *dqm = negotiates ? find_qm(d, r->qmpolicy) : NULL;

		if (!dmm || !dqm)
			continue;
		struct ike_mm_policy mm = dynamic_mm(dmm, r);
		struct ike_qm_policy qm = qm_policy(&dqm->offers, ike_pfs_of(dqm->pfsgroup));
		struct source *s = add_source(l, ORIGIN_DYNAMIC | (uint32_t)r->filter.id, &mm, &qm);
		s->inpass = r->action_in == ACTION_PERMIT && r->action_out == ACTION_NEGOTIATE; /* semantics §4.2 */
		s->soft = dqm->soft;
	}
}

static int source_cmp(const void *a, const void *b)
{
	const struct source *x = a, *y = b;

	return (x->rule > y->rule) - (x->rule < y->rule);
}

static const struct source *source_of(const struct lowering *l, uint32_t rule)
{
	const struct source key = {.rule = rule};

	return l->nsources ? bsearch(&key, l->sources, l->nsources, sizeof key, source_cmp) : NULL;
}

/* --- XFRM policies -> rules ------------------------------------------------------------------------------------ */

static int number_cmp(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int c = ip_cmp(&a->net, &b->net);

	return c ? c : number_cmp(a->plen, b->plen);
}

static int selector_cmp(const struct ike_selector *a, const struct ike_selector *b)
{
	int c = prefix_cmp(&a->local, &b->local);

	c = c ? c : prefix_cmp(&a->remote, &b->remote);
	c = c ? c : number_cmp(a->protocol, b->protocol);
	c = c ? c : number_cmp(a->local_port, b->local_port);
	return c ? c : number_cmp(a->remote_port, b->remote_port);
}

static int by_selector(const void *a, const void *b)
{
	return selector_cmp(&((const struct ike_rule *)a)->sel, &((const struct ike_rule *)b)->sel);
}

static struct ike_selector selector_of(const struct xfrm_pol *x)
{
	bool out = x->dir == XFRM_D_OUT;
	struct ip_prefix src = {x->src, x->src_plen}, dst = {x->dst, x->dst_plen};

	return (struct ike_selector){.local = out ? src : dst, .remote = out ? dst : src, .protocol = x->protocol,
	    .local_port = out ? x->sport : x->dport, .remote_port = out ? x->dport : x->sport};
}

static void add_rule(struct lowering *l, const struct ike_rule *r)
{
	GROW(l->rules, l->nrules, l->cap_rules);
	l->rules[l->nrules++] = *r;
}

static bool is_loopback(const struct facts *f, const struct fact_addr *a)
{
	return f->ifs[a->iface].kind == IF_LOOPBACK;
}

/* The ends of the tunnel, and so the rule, once for each address that may be ours. */
static void add_tunnel(struct lowering *l, const struct xfrm_pol *x, struct ike_rule r)
{
	const struct ike_rule *in = l->ninbound ? bsearch(&r, l->inbound, l->ninbound, sizeof r, by_selector) : NULL;

	r.tunnel_remote = x->tunnel_dst;
	if (in && in->tunnel_local.family == r.tunnel_remote.family) {
		r.tunnel_local = in->tunnel_local;
		add_rule(l, &r);
		return;
	}
	for (size_t i = 0; i < l->facts->naddrs; i++) {
		const struct fact_addr *a = &l->facts->addrs[i];

		if (a->ip.family != r.tunnel_remote.family || is_loopback(l->facts, a))
			continue;
		r.tunnel_local = a->ip;
		add_rule(l, &r);
	}
}

static void add_inbound_tunnels(struct lowering *l)
{
	for (size_t i = 0; i < l->plan->nxfrm; i++) {
		const struct xfrm_pol *x = &l->plan->xfrm[i];

		if (x->kind != XFRM_K_PROTECT || !x->tunnel || x->dir != XFRM_D_IN)
			continue;
		GROW(l->inbound, l->ninbound, l->cap_inbound);
		l->inbound[l->ninbound++] = (struct ike_rule){.sel = selector_of(x), .tunnel_local = x->tunnel_dst};
	}
	if (l->ninbound)
		qsort(l->inbound, l->ninbound, sizeof *l->inbound, by_selector);
}

static void add_rules(struct lowering *l)
{
	add_inbound_tunnels(l);
	for (size_t i = 0; i < l->plan->nxfrm; i++) {
		const struct xfrm_pol *x = &l->plan->xfrm[i];
		const struct source *s = x->kind == XFRM_K_PROTECT ? source_of(l, x->origin.rule) : NULL;

		if (!s || (x->tunnel ? x->dir != XFRM_D_OUT : x->dir == XFRM_D_FWD))
			continue;
		struct ike_rule r = {.reqid = x->reqid, .rule = x->origin.rule, .filter = x->origin.filter,
		    .sel = selector_of(x), .tunnel = x->tunnel, .inpass = s->inpass, .soft = s->soft, .mm = s->mm, .qm = s->qm};
		if (x->tunnel)
			add_tunnel(l, x, r);
		else
			add_rule(l, &r);
	}
}

/* --- mirrors are one ---------------------------------------------------------------------------------------------- */

/* A rule and its place in the plan. */
struct placed {
	struct ike_rule r;
	size_t at;
};

static int same_rule(const struct ike_rule *a, const struct ike_rule *b)
{
	int c = selector_cmp(&a->sel, &b->sel);

	c = c ? c : number_cmp(a->reqid, b->reqid);
	c = c ? c : number_cmp(a->tunnel, b->tunnel);
	c = c ? c : ip_cmp(&a->tunnel_remote, &b->tunnel_remote);
	return c ? c : ip_cmp(&a->tunnel_local, &b->tunnel_local);
}

static int by_rule(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int c = same_rule(&x->r, &y->r);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static void take_each_once(struct lowering *l)
{
	struct placed *v = xcalloc(l->nrules + 1, sizeof *v);
	size_t n = 0;

	for (size_t i = 0; i < l->nrules; i++)
		v[i] = (struct placed){l->rules[i], i};
	qsort(v, l->nrules, sizeof *v, by_rule);
	for (size_t i = 0; i < l->nrules; i++)
		if (n == 0 || same_rule(&v[n - 1].r, &v[i].r) != 0)
			v[n++] = v[i];
	qsort(v, n, sizeof *v, by_place);
	l->out->rules = arena_array(&l->out->arena, n, sizeof *l->out->rules);
	l->out->nrules = n;
	for (size_t i = 0; i < n; i++)
		l->out->rules[i] = v[i].r;
	free(v);
}

struct ike_profile *lower_ike(const struct plan *p, const struct facts *facts, const struct ike_dynamic *dynamic)
{
	struct lowering l = {.plan = p, .facts = facts, .out = ike_profile_new()};

	l.out->generation = p->counter;
	add_policy(&l, p->persistent, ORIGIN_PERSISTENT);
	add_policy(&l, p->policy, 0);
	add_dynamic(&l, dynamic);
	if (l.nsources)
		qsort(l.sources, l.nsources, sizeof *l.sources, source_cmp);
	add_rules(&l);
	take_each_once(&l);
	free(l.sources);
	free(l.mm);
	free(l.qm);
	free(l.rules);
	free(l.inbound);
	return l.out;
}
