#include "enforcer/daemon/listing.h"

#include "common/base/array.h"

#include "common/base/banned.h"

/* A place in a listing: two numbers, so that no list need be counted or skipped through. */
enum { MINOR_BITS = 40, SOFTSA_S = 480 * 60 };

struct place {
	uint64_t major, minor;
};

static struct place place_of(uint64_t after)
{
	return (struct place){after >> MINOR_BITS, after & (((uint64_t)1 << MINOR_BITS) - 1)};
}

static uint64_t place_number(struct place at)
{
	return at.major << MINOR_BITS | at.minor;
}

/* The page being filled. */
struct filling {
	const struct listing_source *s;
	struct dyn_page *out;
	size_t bytes;
};

/* false: the page is full, and goes on at `at`. */
static bool put(struct filling *f, const struct dyn_item *it, struct place at)
{
	if (ipc_page_add(f->out, &f->bytes, it))
		return true;
	f->out->more = true;
	f->out->next = place_number(at);
	return false;
}

/* The policies of the stores, in the order of their places in a listing. */
enum { POLICIES = 2 };

static const struct policy *policy_at(const struct filling *f, size_t i)
{
	return i == 0 ? f->s->plan->persistent : f->s->plan->policy;
}

/* --- policies ------------------------------------------------------------------------------------- */

static void mmpolicies(struct filling *f, struct place at)
{
	struct dyn_item it = {.kind = DYN_MMPOLICY, .is_static = true};

	for (; at.major < POLICIES; at = (struct place){.major = at.major + 1}) {
		const struct policy *p = policy_at(f, at.major);
		if (!p)
			continue;
		it.u.mm = (struct dyn_mmpolicy){.name = p->name, .qmpermm = p->mmpfs ? 1 : p->qmpermm,
			.mmlifetime_s = p->mmlifetime_s, .softsa_s = SOFTSA_S, .offers = p->offers};
		if (!put(f, &it, at))
			return;
	}
	it.is_static = false;
	for (; at.minor < dynset_count(f->s->dynamic, DYN_MMPOLICY); at.minor++) {
		it.u.mm = *dynset_mmpolicy(f->s->dynamic, at.minor);
		if (!put(f, &it, at))
			return;
	}
}

/* Rules share filter actions; each is listed where it appears first. */
static bool is_repeated(const struct policy *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->rules[k].filteraction == p->rules[i].filteraction && !p->rules[k].is_default &&
		    p->rules[k].active)
			return true;
	return false;
}

static bool qm_of_policy(struct filling *f, struct place *at)
{
	const struct policy *p = policy_at(f, at->major);

	for (; p && at->minor < p->nrules; at->minor++) {
		const struct rule *r = &p->rules[at->minor];
		const struct filteraction *fa = r->filteraction;
		if (r->is_default || !r->active || fa->action != ACTION_NEGOTIATE || is_repeated(p, at->minor))
			continue;
		struct dyn_item it = {.kind = DYN_QMPOLICY, .is_static = true,
			.u.qm = {.name = fa->name, .soft = fa->soft, .pfsgroup = fa->qmpfs ? PFS_MM : PFS_NONE,
				.offers = fa->offers}};
		if (!put(f, &it, *at))
			return false;
	}
	*at = (struct place){.major = at->major + 1};
	return true;
}

static void qmpolicies(struct filling *f, struct place at)
{
	struct dyn_item it = {.kind = DYN_QMPOLICY};

	while (at.major < POLICIES)
		if (!qm_of_policy(f, &at))
			return;
	for (; at.minor < dynset_count(f->s->dynamic, DYN_QMPOLICY); at.minor++) {
		it.u.qm = *dynset_qmpolicy(f->s->dynamic, at.minor);
		if (!put(f, &it, at))
			return;
	}
}

/* --- rules as they were written ------------------------------------------------------------------- */

/* A rule of the policy and one of its filters, as the dynamic context would have said it. */
static struct dyn_rule as_dynamic(const struct policy *p, const struct rule *r, const struct filter *f)
{
	bool negotiate = r->filteraction->action == ACTION_NEGOTIATE;
	struct dyn_rule d = {.filter = *f,
		.conntype = r->conntype,
		.action_in = r->filteraction->action,
		.action_out = r->filteraction->action,
		.tunnel = r->tunnel,
		.mmpolicy = p->name,
		.qmpolicy = negotiate ? r->filteraction->name : "",
		.auth = r->auth};

	if (negotiate && r->filteraction->inpass)
		d.action_in = ACTION_PERMIT;
	return d;
}

/* Majors are the rules of the persistent policy, those of the local one, then one for all dynamic rules. */
static void rules(struct filling *f, struct place at)
{
	const struct policy *first = policy_at(f, 0), *second = policy_at(f, 1);
	size_t nfirst = first ? first->nrules : 0, n = nfirst + (second ? second->nrules : 0);
	struct dyn_rules dynamic = dynset_rules(f->s->dynamic);
	struct dyn_item it = {.kind = DYN_RULE, .is_static = true};

	for (; at.major < n; at = (struct place){.major = at.major + 1}) {
		const struct policy *p = at.major < nfirst ? first : second;
		const struct rule *r = &p->rules[at.major < nfirst ? at.major : at.major - nfirst];
		for (; !r->is_default && r->active && at.minor < r->filterlist->nfilters; at.minor++) {
			it.u.rule = as_dynamic(p, r, &r->filterlist->filters[at.minor]);
			if (!put(f, &it, at))
				return;
		}
	}
	it.is_static = false;
	for (; at.minor < dynamic.n; at.minor++) {
		it.u.rule = *dynamic.v[at.minor];
		if (!put(f, &it, at))
			return;
	}
}

/* --- specific filters ----------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct filter *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* The names that belong to the plan's filter: its guid, policies, methods. */
static void put_origin(const struct listing_source *s, const struct origin *o, struct dyn_rule *d)
{
	const struct policy *p = plan_policy_of(s->plan, o);
	const struct rule *r = plan_rule_of(s->plan, o);
	struct dyn_rules dynamic = dynset_rules(s->dynamic);
	const struct filter key = {.id = o->filter};

	for (size_t i = 0; origin_owner(o) == OWNER_DYNAMIC && i < dynamic.n; i++) {
		const struct dyn_rule *dr = dynamic.v[i];
		if (dr->filter.id != origin_row(o))
			continue;
		d->filter.guid = dr->filter.guid;
		d->mmpolicy = dr->mmpolicy;
		d->qmpolicy = dr->qmpolicy;
		d->auth = dr->auth;
	}
	if (!r || !r->filterlist)
		return;
	const struct filterlist *l = r->filterlist;
	size_t at = array_lower(l->filters, l->nfilters, sizeof *l->filters, &key, by_id);
	if (at < l->nfilters && l->filters[at].id == key.id)
		d->filter.guid = l->filters[at].guid;
	d->mmpolicy = p->name;
	d->qmpolicy = r->filteraction->action == ACTION_NEGOTIATE ? r->filteraction->name : "";
	d->auth = r->auth;
}

static struct endpoint endpoint_of(const struct side *side, const struct ip *mine)
{
	if (side->kind == SIDE_ANY)
		return (struct endpoint){.kind = END_ANY};
	if (side->kind == SIDE_ME)
		return (struct endpoint){.kind = END_NET, .plen = (uint8_t)ip_bits(mine->family), .lo = *mine};
	return (struct endpoint){.kind = END_NET, .plen = side->plen, .lo = side->net};
}

/* One filter of the plan where "me" is that address. */
static struct dyn_item specific_item(const struct listing_source *s, const struct plan_filter *f,
    const struct ip *mine)
{
	struct dyn_item it = {.kind = DYN_SPECIFIC, .dir = f->dir, .weight = f->rank,
		.is_static = origin_owner(&f->origin) != OWNER_DYNAMIC};
	struct dyn_rule *d = &it.u.rule;

	d->filter = (struct filter){.src = endpoint_of(&f->src, mine), .dst = endpoint_of(&f->dst, mine),
		.protocol = f->protocol, .srcport = f->sport, .dstport = f->dport};
	d->conntype = f->conntype;
	d->action_in = f->inpass ? ACTION_PERMIT : f->action;
	d->action_out = f->action;
	d->tunnel = f->tunnel;
	d->mmpolicy = d->qmpolicy = "";
	/* What comes from this host never arrives, what goes to it never leaves. */
	if (f->src.kind == SIDE_ME)
		it.dir = DYN_OUT;
	else if (f->dst.kind == SIDE_ME)
		it.dir = DYN_IN;
	put_origin(s, &f->origin, d);
	return it;
}

static bool can_match(const struct plan_filter *f)
{
	return !(f->src.kind == SIDE_ME && f->dir == DYN_IN) && !(f->dst.kind == SIDE_ME && f->dir == DYN_OUT);
}

/* Majors are the host's addresses, so that a filter with "me" appears once for each. */
static void specific(struct filling *f, struct place at)
{
	const struct plan *plan = f->s->plan;
	const struct facts *facts = f->s->facts;

	for (; at.minor < plan->nfilters; at = (struct place){.minor = at.minor + 1}) {
		const struct plan_filter *pf = &plan->filters[at.minor];
		bool me = pf->src.kind == SIDE_ME || pf->dst.kind == SIDE_ME;
		for (; at.major < (me ? facts->naddrs : 1) && can_match(pf); at.major++) {
			static const struct ip none;
			const struct fact_addr *a = me ? &facts->addrs[at.major] : NULL;
			if (a && (a->ip.family != pf->family || facts->ifs[a->iface].kind == IF_LOOPBACK))
				continue;
			struct dyn_item it = specific_item(f->s, pf, a ? &a->ip : &none);
			if (!put(f, &it, at))
				return;
		}
	}
}

void listing_page(const struct listing_source *s, enum dyn_kind kind, uint64_t after, struct dyn_page *out)
{
	static void (*const fill[])(struct filling *f, struct place at) = {
		[DYN_MMPOLICY] = mmpolicies, [DYN_QMPOLICY] = qmpolicies, [DYN_RULE] = rules,
		[DYN_SPECIFIC] = specific};
	struct filling f = {.s = s, .out = out};

	*out = (struct dyn_page){.kind = (uint8_t)kind};
	if (kind >= DYN_MMPOLICY && kind <= DYN_SPECIFIC)
		fill[kind](&f, place_of(after));
}
