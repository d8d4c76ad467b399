/*
 * Generic filters -> specific ones (windows-ipsec-semantics §3.3): mirrors, both IP families, ranges
 * cut into prefixes, server types replaced by what the host uses now. "me" stays "me" (see plan.h).
 *
 * any and me mean both families unless the other side names one: a rule that blocks telnet from
 * everyone would be no block if the same neighbour came in over IPv6. Protocol ICMP is ICMPv6 there.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

/* One endpoint in one family: the sides it stands for. */
struct sides {
	struct side v[IP_RANGE_PREFIXES];
	size_t n;
};

static struct side host_side(const struct ip *ip)
{
	uint8_t bits = (uint8_t)ip_bits(ip->family);

	return (struct side){.kind = SIDE_NET, .plen = bits, .spec = bits, .net = *ip};
}

static void range_sides(const struct endpoint *p, struct sides *out)
{
	struct ip_prefix pieces[IP_RANGE_PREFIXES];
	uint8_t spec = (uint8_t)ip_range_plen(&p->lo, &p->hi);

	out->n = ip_range_split(&p->lo, &p->hi, pieces);
	for (size_t i = 0; i < out->n; i++)
		out->v[i] = (struct side){.kind = pieces[i].plen ? SIDE_NET : SIDE_ANY,
		    .plen = pieces[i].plen, .spec = spec, .net = pieces[i].net};
}

static void server_sides(uint8_t kind, const struct facts *facts, uint8_t family, struct sides *out)
{
	for (size_t i = 0; i < facts->nservers && out->n < N_OF(out->v); i++)
		if (facts->servers[i].kind == kind && facts->servers[i].ip.family == family)
			out->v[out->n++] = host_side(&facts->servers[i].ip);
}

static void endpoint_sides(const struct endpoint *p, const struct facts *facts, uint8_t family,
    struct sides *out)
{
	out->n = 0;
	switch ((enum end_kind)p->kind) {
	case END_ANY:
		out->v[out->n++] = (struct side){.kind = SIDE_ANY};
		break;
	case END_ME: {
		uint8_t bits = (uint8_t)ip_bits(family);
		out->v[out->n++] = (struct side){.kind = SIDE_ME, .plen = bits, .spec = bits};
		break;
	}
	case END_NET:
		if (p->lo.family == family && p->plen == 0)
			out->v[out->n++] = (struct side){.kind = SIDE_ANY};
		else if (p->lo.family == family)
			out->v[out->n++] = (struct side){.kind = SIDE_NET, .plen = p->plen,
			    .spec = p->plen, .net = ip_mask(&p->lo, p->plen)};
		break;
	case END_RANGE:
		if (p->lo.family == family)
			range_sides(p, out);
		break;
	case END_DNS:
	case END_WINS:
	case END_DHCP:
	case END_GATEWAY:
		server_sides(p->kind, facts, family, out);
		break;
	}
}

/* The protocol as that family numbers it; false when the family has no such protocol. */
static bool family_protocol(uint8_t family, uint8_t protocol, uint8_t *out)
{
	*out = protocol;
	if (protocol == PROTO_ICMP && family == IP_V6)
		*out = PROTO_ICMPV6;
	return !(protocol == PROTO_ICMPV6 && family == IP_V4);
}

static void add_filter(struct plan *p, struct plan_filter f)
{
	f.rank = plan_rank(&f);
	GROW(p->filters, p->nfilters, p->cap_filters);
	p->filters[p->nfilters++] = f;
}

static void mirror(struct plan_filter *f)
{
	struct side side = f->src;
	uint16_t port = f->sport;

	f->src = f->dst;
	f->dst = side;
	f->sport = f->dport;
	f->dport = port;
}

/* `f` holds what the rule says; the filter adds the traffic. */
static void expand_filter(struct plan_filter f, const struct filter *in, const struct facts *facts,
    uint8_t family, struct plan *out)
{
	struct sides src, dst;

	f.family = family;
	f.sport = in->srcport;
	f.dport = in->dstport;
	f.origin.filter = (uint32_t)in->id;
	if (!family_protocol(family, in->protocol, &f.protocol))
		return;
	endpoint_sides(&in->src, facts, family, &src);
	endpoint_sides(&in->dst, facts, family, &dst);
	for (size_t i = 0; i < src.n; i++) {
		for (size_t j = 0; j < dst.n; j++) {
			f.src = src.v[i];
			f.dst = dst.v[j];
			add_filter(out, f);
			/* A tunnel rule has one direction: its end point belongs to it (§3.2). */
			if (in->mirrored && f.tunnel.family == IP_NONE) {
				struct plan_filter m = f;
				mirror(&m);
				add_filter(out, m);
			}
		}
	}
}

int filter_cmp(const void *a, const void *b)
{
	const struct plan_filter *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->inpass != y->inpass) /* the stricter first, as between actions (§3.4 rule 5) */
		return x->inpass ? 1 : -1;
	int c = filter_match_cmp(x, y);
	if (c)
		return c;
	if (x->origin.rule != y->origin.rule)
		return x->origin.rule < y->origin.rule ? -1 : 1;
	if (x->origin.filter != y->origin.filter)
		return x->origin.filter < y->origin.filter ? -1 : 1;
	return 0;
}

/* By traffic first, so that copies of one selector with different actions become neighbours. */
static int filter_match_then_rank(const void *a, const void *b)
{
	int c = filter_match_cmp(a, b);

	return c ? c : filter_cmp(a, b);
}

/* Of several filters for exactly the same traffic only the first in order can ever win. */
static void drop_shadowed(struct plan *p)
{
	size_t n = 0;

	if (p->nfilters == 0)
		return;
	qsort(p->filters, p->nfilters, sizeof *p->filters, filter_match_then_rank);
	for (size_t i = 1; i < p->nfilters; i++) {
		struct plan_filter *f = &p->filters[n];
		if (filter_match_cmp(f, &p->filters[i]) != 0)
			p->filters[++n] = p->filters[i];
		else if (!origin_eq(&f->origin, &p->filters[i].origin))
			f->shadows = true;
	}
	p->nfilters = n + 1;
	qsort(p->filters, p->nfilters, sizeof *p->filters, filter_cmp);
}

static uint8_t protection_of(const struct qm_offer *o)
{
	return (uint8_t)((o->esp ? PROTECT_ESP : 0) | (o->ah != INTEG_NONE ? PROTECT_AH : 0));
}

/* What the offers of a rule that negotiates say of its filters; without any, what Windows offers first. */
static void set_offers(struct plan_filter *f, const struct qm_offers *offers)
{
	f->protection = PROTECT_ESP;
	for (size_t i = 0; offers && i < offers->n; i++)
		f->offered |= (uint8_t)PROTECTION_BIT(protection_of(&offers->v[i]));
	if (f->offered)
		f->protection = protection_of(&offers->v[0]);
	else
		f->offered = PROTECTION_BIT(PROTECT_ESP);
}

void expand_filter_of(const struct rule *r, uint32_t mark, const struct filter *in, const struct facts *facts,
    struct plan *out)
{
	struct plan_filter f = {.action = r->filteraction->action,
	    .conntype = r->conntype,
	    .tunnel = r->tunnel,
	    .origin = {.rule = mark | (uint32_t)r->id}};

	if (f.action == ACTION_NEGOTIATE) {
		f.inpass = r->filteraction->inpass;
		f.soft = r->filteraction->soft;
		set_offers(&f, &r->filteraction->offers);
	}
	expand_filter(f, in, facts, IP_V4, out);
	expand_filter(f, in, facts, IP_V6, out);
}

bool expand_takes(const struct rule *r)
{
	/* The default response rule answers a peer's IKE; it has no filters of its own (§1.6). */
	return !r->is_default && r->active;
}

static int check_rule(const struct policy *p, uint32_t mark, const struct rule *r, struct err *e)
{
	if (r->id <= 0 || r->id > (mark ? ORIGIN_MARKED_MAX : ORIGIN_LOCAL_MAX))
		return err_set(e, COMPILE_RULE, p->name, r->name,
		    mark ? "its row number is beyond 262143, the largest of the persistent store"
		         : "its row number is beyond 524287");
	for (size_t i = 0; i < r->filterlist->nfilters; i++)
		if (r->filterlist->filters[i].id > UINT32_MAX)
			return err_set(e, COMPILE_RULE, p->name, r->name,
			    "a filter's row number is beyond 32 bits");
	return 0;
}

static int expand_policy(const struct policy *p, uint32_t mark, const struct facts *facts, struct plan *out, struct err *e)
{
	for (size_t i = 0; p && i < p->nrules; i++) {
		const struct rule *r = &p->rules[i];
		if (!expand_takes(r))
			continue;
		if (check_rule(p, mark, r, e) < 0)
			return -1;
		for (size_t k = 0; k < r->filterlist->nfilters; k++)
			expand_filter_of(r, mark, &r->filterlist->filters[k], facts, out);
	}
	return 0;
}

static void expand_dynamic_action(struct plan_filter f, uint8_t action, const struct dyn_rule *r,
    const struct qm_offers *offers, const struct facts *facts, struct plan *out)
{
	f.action = action;
	f.soft = f.soft && action == ACTION_NEGOTIATE;
	if (action == ACTION_NEGOTIATE)
		set_offers(&f, offers);
	expand_filter(f, &r->filter, facts, IP_V4, out);
	expand_filter(f, &r->filter, facts, IP_V6, out);
}

/* Equal actions make one filter for both directions, different ones a filter each. */
void expand_dynamic_of(const struct dyn_rule *r, const struct qm_offers *offers, bool soft, const struct facts *facts,
    struct plan *out)
{
	struct plan_filter f = {.conntype = r->conntype,
	    .soft = soft,
	    .tunnel = r->tunnel,
	    .origin = {.rule = ORIGIN_DYNAMIC | (uint32_t)r->filter.id}};

	f.dir = r->action_in == r->action_out ? DYN_BOTH : DYN_IN;
	expand_dynamic_action(f, r->action_in, r, offers, facts, out);
	if (f.dir == DYN_BOTH)
		return;
	f.dir = DYN_OUT;
	expand_dynamic_action(f, r->action_out, r, offers, facts, out);
}

/* Filters that were expanded before. What they stood before may not be there any more. */
static void take_over(const struct plan *from, struct plan *out)
{
	for (size_t i = 0; i < from->nfilters; i++) {
		if (origin_owner(&from->filters[i].origin) == OWNER_PERSISTENT)
			continue;
		GROW(out->filters, out->nfilters, out->cap_filters);
		out->filters[out->nfilters++] = from->filters[i];
	}
}

int expand_all(const struct plan_sources *s, const struct facts *facts, struct plan *out, struct err *e)
{
	if (expand_policy(out->persistent, ORIGIN_PERSISTENT, facts, out, e) < 0)
		return -1;
	if (s->instead)
		take_over(s->instead, out);
	else if (expand_policy(out->policy, 0, facts, out, e) < 0)
		return -1;
	for (size_t i = 0; !s->instead && s->dynamic && i < s->dynamic->n; i++)
		expand_dynamic_of(s->dynamic->v[i], s->dynamic->offers ? s->dynamic->offers[i] : NULL,
		    s->dynamic->soft && s->dynamic->soft[i], facts, out);
	drop_shadowed(out);
	return 0;
}
