/*
 * The reference evaluator: model + packet -> verdict, slow and obvious, written from
 * windows-ipsec-semantics §3 and sharing no code with the compiler.
 */
#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H

#include <string.h>

#include "enforcer/compile/explain.h"

static inline bool ref_multicast(const struct ip *ip)
{
	if (ip->family == IP_V6)
		return ip->b[0] == 0xFF;
	return (ip->b[0] >= 224 && ip->b[0] <= 239) || (ip->b[0] == 255 && ip->b[3] == 255);
}

static inline unsigned ref_spec(const struct endpoint *p, unsigned bits)
{
	switch ((enum end_kind)p->kind) {
	case END_ANY:
		return 0;
	case END_NET:
		return p->plen;
	case END_RANGE:
		return ip_range_plen(&p->lo, &p->hi);
	default:
		return bits;
	}
}

static inline bool ref_side(const struct endpoint *p, const struct ip *ip, bool mine, const struct facts *fs)
{
	switch ((enum end_kind)p->kind) {
	case END_ANY:
		return true;
	case END_ME:
		return mine && !ref_multicast(ip);
	case END_NET:
		return p->lo.family == ip->family && ip_in_prefix(ip, &p->lo, p->plen);
	case END_RANGE:
		return p->lo.family == ip->family && ip_cmp(ip, &p->lo) >= 0 && ip_cmp(ip, &p->hi) <= 0;
	default:
		for (size_t i = 0; i < fs->nservers; i++)
			if (fs->servers[i].kind == p->kind && ip_eq(&fs->servers[i].ip, ip))
				return true;
		return false;
	}
}

/* What the reference needs of a rule, whether a policy or somebody at the dynamic context made it. */
struct ref_rule {
	uint8_t conntype, action_in, action_out;
	bool inpass, persistent;
};

/* One orientation of one filter. */
static inline bool ref_matches(const struct ref_rule *r, const struct endpoint *src, const struct endpoint *dst,
    uint8_t protocol, uint16_t sport, uint16_t dport, const struct packet *p, const struct facts *fs)
{
	if (protocol == PROTO_ICMP && p->family == IP_V6)
		protocol = PROTO_ICMPV6;
	if (r->conntype != CONN_ALL && (r->conntype == CONN_DIALUP) != p->dialup)
		return false;
	if (ref_multicast(&p->dst) && !(src->kind == END_ANY || (src->kind == END_NET && src->plen == 0)) &&
	    !(dst->kind == END_NET && ref_multicast(&dst->lo) && dst->plen >= (p->family == IP_V4 ? 4 : 8)))
		return false;
	return ref_side(src, &p->src, !p->inbound, fs) && ref_side(dst, &p->dst, p->inbound, fs) &&
	    (!protocol || protocol == p->protocol) && (!sport || sport == p->sport) &&
	    (!dport || dport == p->dport);
}

/* The key of §3.4 as an array: smaller first; places 7 and 9 are set by the caller. */
enum { REF_KEY = 10 };
static inline void ref_key(const struct endpoint *src, const struct endpoint *dst, uint8_t protocol,
    uint16_t sport, uint16_t dport, uint8_t action, unsigned bits, unsigned key[REF_KEY])
{
	static const unsigned order[] = {[ACTION_BLOCK] = 0, [ACTION_NEGOTIATE] = 1, [ACTION_PERMIT] = 2};
	unsigned s = ref_spec(src, bits), d = ref_spec(dst, bits);

	key[0] = (s == 0) + (d == 0);
	key[1] = 2 - (s == bits) - (d == bits);
	key[2] = bits - d;
	key[3] = bits - s;
	key[4] = protocol == 0;
	key[5] = dport == 0;
	key[6] = sport == 0;
	key[8] = order[action];
}

static inline enum fate ref_fate(const struct ref_rule *r, uint8_t action, const struct packet *p)
{
	switch ((enum action)action) {
	case ACTION_PERMIT:
		return FATE_PASS;
	case ACTION_BLOCK:
		return FATE_DROP;
	case ACTION_NEGOTIATE:
		return p->inbound && r->inpass ? FATE_PASS : FATE_PROTECT;
	}
	return FATE_DROP;
}

/* The table of semantics §2.4, row by row; one row that exempts is enough. */
static inline bool ref_exempt(unsigned level, const struct packet *p)
{
	bool ports = p->protocol == PROTO_TCP || p->protocol == PROTO_UDP;
	uint16_t own = p->inbound ? p->dport : p->sport;

	if (p->protocol == PROTO_UDP && (own == 500 || own == 4500))
		return true;
	if (ports && (p->sport == 88 || p->dport == 88) && (level == 0 || level == 2))
		return true;
	if (p->protocol == 46 && (level == 0 || level == 2))
		return true;
	return ref_multicast(&p->dst) && level <= 1;
}

/* The best filter so far and what it says. */
struct ref_best {
	unsigned key[REF_KEY];
	enum fate fate;
	bool found;
};

static inline void ref_judge(const struct ref_rule *r, const struct filter *f, const struct facts *fs,
    const struct packet *p, struct ref_best *best)
{
	unsigned key[REF_KEY];

	for (int m = 0; m < (f->mirrored ? 2 : 1); m++) {
		const struct endpoint *s = m ? &f->dst : &f->src, *d = m ? &f->src : &f->dst;
		uint16_t sp = m ? f->dstport : f->srcport, dp = m ? f->srcport : f->dstport;
		uint8_t action = p->inbound ? r->action_in : r->action_out;
		int c = best->found ? 0 : 1;
		if (!ref_matches(r, s, d, f->protocol, sp, dp, p, fs))
			continue;
		ref_key(s, d, f->protocol, sp, dp, action, ip_bits(p->family), key);
		key[7] = !r->persistent; /* §1.4: whatever its action */
		key[9] = action == ACTION_NEGOTIATE && r->inpass; /* the stricter first */
		for (size_t n = 0; c == 0 && n < REF_KEY; n++)
			c = (int)best->key[n] - (int)key[n];
		if (c <= 0)
			continue;
		memcpy(best->key, key, sizeof key);
		best->fate = ref_fate(r, action, p);
		best->found = true;
	}
}

static inline void ref_policy(const struct policy *pol, bool persistent, const struct facts *fs,
    const struct packet *p, struct ref_best *best)
{
	for (size_t i = 0; i < pol->nrules; i++) {
		const struct rule *r = &pol->rules[i];
		if (r->is_default || !r->active)
			continue;
		struct ref_rule rr = {r->conntype, r->filteraction->action, r->filteraction->action,
			r->filteraction->inpass, persistent};
		for (size_t k = 0; k < r->filterlist->nfilters; k++)
			ref_judge(&rr, &r->filterlist->filters[k], fs, p, best);
	}
}

/* `persistent` may be NULL: the assigned policy of that store. */
static inline enum fate reference(const struct policy *pol, const struct policy *persistent,
    const struct dyn_rules *dynamic, unsigned exempt, const struct facts *fs, const struct packet *p)
{
	struct ref_best best = {.fate = FATE_PASS}; /* no match: untouched (§3.6) */

	if (ref_exempt(exempt, p))
		return FATE_PASS;
	if (persistent)
		ref_policy(persistent, true, fs, p, &best);
	ref_policy(pol, false, fs, p, &best);
	for (size_t i = 0; i < dynamic->n; i++) {
		const struct dyn_rule *r = dynamic->v[i];
		struct ref_rule rr = {r->conntype, r->action_in, r->action_out, false, false};
		ref_judge(&rr, &r->filter, fs, p, &best);
	}
	return best.fate;
}

#endif
