/*
 * A packet against a state, as the kernel would judge it (linux-datapath §3): outbound first the
 * XFRM policy, then the nft output hook; inbound the nft input hook, then the XFRM policy at the
 * socket; forwarded two XFRM policies, of what comes and of what goes.
 */
#include <stdlib.h>
#include <string.h>

#include "enforcer/kernel/kernel.h"

#include "common/base/banned.h"

enum {
	PROTO_ESP = 50,
	PROTO_AH = 51,
	ND_FIRST = 133,
	ND_LAST = 137,
	IKE_PORT = 500,
	NATT_PORT = 4500,
	KERBEROS_PORT = 88,
	PROTO_RSVP = 46,
};

/* The packet with what XFRM made of it. */
struct seen {
	const struct fake_packet *p;
	bool will_protect; /* rt ipsec exists */
	/* A commit while the packet is under way: look-ups from number `at` on find what `later` holds. NULL: none. */
	const struct kstate *later;
	size_t at, *asked;
};

static bool has_ports(uint8_t protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_UDP;
}

static bool is_multicast(const struct ip *a)
{
	return a->family == IP_V4 ? (a->b[0] & 0xF0) == 0xE0 : a->b[0] == 0xFF;
}

static size_t put_addr(uint8_t *key, const struct ip *a, unsigned plen)
{
	struct ip m = ip_mask(a, plen);
	size_t n = ip_bits(a->family) / 8;

	memcpy(key, m.b, n);
	return n;
}

/* The key that the rule's expressions would put together; false: the packet lacks a field. */
static bool build_key(
    const struct nft_set *s, const struct fake_packet *p, uint8_t key[NFT_KEY_MAX])
{
	size_t at = 0;

	memset(key, 0, NFT_KEY_MAX);
	if (p->family != s->family || ((s->has_sport || s->has_dport) && !has_ports(p->protocol)))
		return false;
	if (s->has_src)
		at += put_addr(key + at, &p->src, s->src_plen);
	if (s->has_dst)
		at += put_addr(key + at, &p->dst, s->dst_plen);
	if (s->has_proto) {
		key[at] = p->protocol;
		at += 4;
	}
	if (s->has_sport) {
		key[at] = (uint8_t)(p->sport >> 8);
		key[at + 1] = (uint8_t)p->sport;
		at += 4;
	}
	if (s->has_dport) {
		key[at] = (uint8_t)(p->dport >> 8);
		key[at + 1] = (uint8_t)p->dport;
	}
	return true;
}

static int elem_cmp(const void *key, const void *elem)
{
	return memcmp(key, ((const struct nft_elem *)elem)->key, NFT_KEY_MAX);
}

static const struct nft_elem *find_elem(const struct kset *s, const uint8_t key[NFT_KEY_MAX])
{
	if (!s || !s->n)
		return NULL;
	return bsearch(key, s->elems, s->n, sizeof *s->elems, elem_cmp);
}

/* The elements of that set at the moment of the look-up. */
static const struct kset *look_into(const struct kstate *st, const struct seen *v, const char *set, uint8_t gen)
{
	bool late = v->later && (*v->asked)++ >= v->at;

	return kstate_set(late ? v->later : st, set, gen);
}

static const struct nft_elem *find_raw(
    const struct kstate *st, const struct seen *v, const char *set, uint8_t gen, const void *bytes, size_t n)
{
	uint8_t key[NFT_KEY_MAX] = {0};

	memcpy(key, bytes, n);
	return find_elem(look_into(st, v, set, gen), key);
}

static bool is_soft(const struct kstate *st, const struct seen *v, uint8_t family)
{
	const struct fake_packet *p = v->p;
	const struct ip *ours = p->out ? &p->src : &p->dst, *other = p->out ? &p->dst : &p->src;
	size_t n = ip_bits(family) / 8;
	uint8_t pair[2 * sizeof ours->b];

	if (p->family != family)
		return false;
	memcpy(pair, ours->b, n);
	memcpy(pair + n, other->b, n);
	return find_raw(st, v, family == IP_V6 ? PLAN_SOFT6 : PLAN_SOFT4, 0, pair, 2 * n) != NULL;
}

static bool conntype_fits(const struct kstate *st, const struct krule *k, const struct seen *v)
{
	const char *iface = v->p->iface;

	if (k->rule.conntype == CONN_ALL)
		return true;
	bool dialup = find_raw(st, v, PLAN_DIALUP, k->dialup_gen, iface, strlen(iface)) != NULL;
	return dialup == (k->rule.conntype == CONN_DIALUP);
}

static bool is_ike(const struct fake_packet *p)
{
	uint16_t port = p->out ? p->sport : p->dport;

	return p->protocol == PROTO_UDP && (port == IKE_PORT || port == NATT_PORT);
}

/* Does the rule match; and for sets, which element? */
static bool rule_matches(const struct kstate *st, const struct krule *k, const struct seen *v,
    const struct nft_elem **elem)
{
	const struct fake_packet *p = v->p;
	uint8_t key[NFT_KEY_MAX];

	switch ((enum nft_match)k->rule.match) {
	case NFT_M_ALWAYS:
		return true;
	case NFT_M_LO:
		return strcmp(p->iface, "lo") == 0;
	case NFT_M_IKE:
		return is_ike(p);
	case NFT_M_IPSEC:
		return p->protocol == PROTO_ESP || p->protocol == PROTO_AH;
	case NFT_M_ND:
		return p->family == IP_V6 && p->protocol == PROTO_ICMPV6 && p->hop_limit == 255 &&
		    p->icmp_type >= ND_FIRST && p->icmp_type <= ND_LAST;
	case NFT_M_IPV4:
		return p->family == IP_V4;
	case NFT_M_IPV6:
		return p->family == IP_V6;
	case NFT_M_MCAST:
		return is_multicast(&p->dst);
	case NFT_M_BCAST:
		return p->family == IP_V4 && find_raw(st, v, PLAN_BCAST4, k->gen, p->dst.b, 4);
	case NFT_M_SECPATH:
		return p->protected != 0;
	case NFT_M_RTIPSEC:
		return v->will_protect;
	case NFT_M_KERBEROS:
		return has_ports(p->protocol) && (p->sport == KERBEROS_PORT || p->dport == KERBEROS_PORT);
	case NFT_M_RSVP:
		return p->protocol == PROTO_RSVP;
	case NFT_M_SOFT4:
		return is_soft(st, v, IP_V4);
	case NFT_M_SOFT6:
		return is_soft(st, v, IP_V6);
	case NFT_M_FORWARDED: /* those that come here are this host's own */
	case NFT_MATCHES:
		return false;
	case NFT_M_SET: {
		const struct kset *s = kstate_set(st, k->set, k->gen);
		*elem = s && build_key(&s->def, p, key) ? find_elem(look_into(st, v, k->set, k->gen), key) : NULL;
		return *elem != NULL;
	}
	}
	return false;
}

static const struct krule *next_match(const struct kstate *st, size_t *at, uint8_t chain, const struct seen *v,
    const struct nft_elem **elem)
{
	while (*at < st->nrules) {
		const struct krule *k = &st->rules[(*at)++];
		*elem = NULL;
		if (k->rule.chain == chain && k->rule.verdict != NFT_V_LOG && conntype_fits(st, k, v) &&
		    rule_matches(st, k, v, elem))
			return k;
	}
	return NULL;
}

/* Below a base chain: accepted for good, or back to it. A goto does not come back to the chain it leaves. */
static bool chain_accepts(const struct kstate *st, uint8_t chain, const struct seen *v)
{
	const struct nft_elem *elem;

	/*
	 * As each chain is left for good by a goto, there are at most NFT_CHAINS of them to walk.
	 */
	for (unsigned hops = 0; hops < NFT_CHAINS; hops++) {
		size_t at = 0;
		const struct krule *k = next_match(st, &at, chain, v, &elem);
		if (!k)
			return false;
		if (k->rule.jump)
			chain = k->rule.target;
		else if (elem && kstate_set(st, k->set, k->gen)->def.is_map)
			return elem->verdict == NFT_V_ACCEPT;
		else if (k->rule.verdict != NFT_V_NEG)
			return k->rule.verdict == NFT_V_ACCEPT;
		else
			chain = v->p->out ? NFT_CHAIN_NEG_OUT : NFT_CHAIN_NEG_IN;
	}
	return false;
}

/* A base chain: what comes back from where it jumps meets the rules behind; its policy is accept. */
static bool hook_accepts(const struct kstate *st, uint8_t chain, const struct seen *v)
{
	const struct nft_elem *elem;
	const struct krule *k;
	size_t at = 0;

	while ((k = next_match(st, &at, chain, v, &elem))) {
		if (!k->rule.jump)
			return k->rule.verdict == NFT_V_ACCEPT;
		if (chain_accepts(st, k->rule.target, v))
			return true;
	}
	return true;
}

static bool pol_matches(const struct xfrm_pol *x, enum xfrm_dir dir, const struct fake_packet *p)
{
	if (x->dir != dir || x->family != p->family)
		return false;
	if (!ip_in_prefix(&p->src, &x->src, x->src_plen) ||
	    !ip_in_prefix(&p->dst, &x->dst, x->dst_plen))
		return false;
	if (x->protocol && x->protocol != p->protocol)
		return false;
	return (!x->sport || x->sport == p->sport) && (!x->dport || x->dport == p->dport);
}

static const struct xfrm_pol *find_pol(const struct kstate *s, enum xfrm_dir dir, const struct fake_packet *p)
{
	const struct xfrm_pol *best = NULL;

	for (size_t i = 0; i < s->nxfrm; i++) {
		const struct xfrm_pol *x = &s->xfrm[i].pol;
		if (pol_matches(x, dir, p) && (!best || x->priority < best->priority))
			best = x;
	}
	return best;
}

static bool on_loopback(const struct fake_packet *p)
{
	return strcmp(p->iface, "lo") == 0; /* the kernel sets DST_NOXFRM there */
}

/* Every template wants its association; inbound more than that may be around. */
static bool has_all(uint8_t protected, const struct xfrm_pol *x)
{
	return (protected & x->protection) == x->protection;
}

/* Nothing goes out by it. */
static bool holds(const struct xfrm_pol *x, const struct fake_packet *p)
{
	return x && (x->kind == XFRM_K_BLOCK || (x->kind == XFRM_K_PROTECT && !has_all(p->have_sa, x)));
}

static bool turns_away(const struct xfrm_pol *x, const struct fake_packet *p)
{
	return x && (x->kind == XFRM_K_BLOCK || (x->kind == XFRM_K_PROTECT && !has_all(p->protected, x) && !x->optional));
}

static enum fake_fate judge_out(const struct kstate *s, struct seen v)
{
	const struct fake_packet *p = v.p;
	const struct xfrm_pol *x = on_loopback(p) ? NULL : find_pol(s, XFRM_D_OUT, p);

	v.will_protect = x && x->kind == XFRM_K_PROTECT;
	if (holds(x, p))
		return FAKE_DROPPED;
	if (s->table == KTABLE_OURS && !hook_accepts(s, NFT_CHAIN_OUTPUT, &v))
		return FAKE_DROPPED;
	return v.will_protect ? FAKE_PROTECTED : FAKE_CLEAR;
}

static enum fake_fate judge_in(const struct kstate *s, struct seen v)
{
	const struct fake_packet *p = v.p;

	if (s->table == KTABLE_OURS && !hook_accepts(s, NFT_CHAIN_INPUT, &v))
		return FAKE_DROPPED;
	if (turns_away(on_loopback(p) ? NULL : find_pol(s, XFRM_D_IN, p), p))
		return FAKE_DROPPED;
	return p->protected ? FAKE_PROTECTED : FAKE_CLEAR;
}

/* Our rules let it pass (NFT_M_FORWARDED). What came out of a tunnel needs a policy that wants it so, or goes nowhere. */
static enum fake_fate judge_forwarded(const struct kstate *s, const struct fake_packet *p)
{
	const struct xfrm_pol *came = find_pol(s, XFRM_D_FWD, p), *goes = find_pol(s, XFRM_D_OUT, p);

	if (turns_away(came, p) || (p->protected && !(came && came->kind == XFRM_K_PROTECT && has_all(p->protected, came))) ||
	    holds(goes, p))
		return FAKE_DROPPED;
	return p->protected || (goes && goes->kind == XFRM_K_PROTECT) ? FAKE_PROTECTED : FAKE_CLEAR;
}

static enum fake_fate judge(const struct kstate *s, struct seen v)
{
	return v.p->forwarded ? judge_forwarded(s, v.p) : v.p->out ? judge_out(s, v) : judge_in(s, v);
}

enum fake_fate fake_verdict(const struct kstate *s, const struct fake_packet *p)
{
	return judge(s, (struct seen){.p = p});
}

enum fake_fate fake_verdict_torn(const struct kstate *s, const struct kstate *later, size_t at, const struct fake_packet *p,
    bool *torn)
{
	size_t asked = 0;
	const struct seen v = {.p = p, .later = later, .at = at, .asked = &asked};
	enum fake_fate fate = judge(s, v);

	*torn = asked > at;
	return fate;
}
