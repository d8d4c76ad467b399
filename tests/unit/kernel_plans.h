/*
 * Plans for the tests of diff/ and kernel/, made directly as structs.
 *
 * plan_random(): permit, block or negotiate (or nothing) for each key of three levels of
 * specificity, with nftables and XFRM parts that agree with each other as the compiler's do.
 * plan_full(): every kind of rule, set and XFRM entry once, for codecs and the real kernel.
 */
#ifndef TESTS_KERNEL_PLANS_H
#define TESTS_KERNEL_PLANS_H

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/plan.h"

enum { LEVELS = 3, HOSTS = 3, PORTS = 2, ACTIONS = 4 /* nothing, or 1 + enum action */ };
static const uint16_t tp_ports[PORTS] = {23, 80};

struct tp_rng {
	uint64_t s;
};

static inline uint32_t tp_next(struct tp_rng *r)
{
	r->s ^= r->s << 13;
	r->s ^= r->s >> 7;
	r->s ^= r->s << 17;
	return (uint32_t)(r->s >> 32);
}

static inline struct ip tp_ip(const char *text)
{
	struct ip a = {0};

	if (!ip_parse(text, &a))
		memset(&a, 0xFF, sizeof a);
	return a;
}

static inline struct ip tp_host(unsigned i)
{
	return (struct ip){.family = IP_V4, .b = {10, 0, 0, (uint8_t)(1 + i)}};
}

static inline struct nft_rule *tp_rule(
    struct plan *p, enum nft_chain chain, enum nft_match match, enum nft_verdict verdict)
{
	GROW(p->rules, p->nrules, p->cap_rules);
	p->rules[p->nrules] = (struct nft_rule){
	    .chain = (uint8_t)chain, .match = (uint8_t)match, .verdict = (uint8_t)verdict};
	return &p->rules[p->nrules++];
}

static inline void tp_goto(
    struct plan *p, enum nft_chain chain, enum nft_match match, enum nft_chain to)
{
	struct nft_rule *r = tp_rule(p, chain, match, NFT_V_ACCEPT);

	r->jump = true;
	r->target = (uint8_t)to;
}

/* Returns its index; elements follow with tp_elem(). */
static inline uint32_t tp_set(struct plan *p, const char *name, struct nft_set def)
{
	unsigned addr = ip_bits(def.family) / 8;

	snprintf(def.name, sizeof def.name, "%s", name);
	def.first = p->nelems;
	def.key_len = def.keytype == NFT_KEY_IFNAME ? 16
	    : def.keytype == NFT_KEY_ADDR4
	    ? 4
	    : (uint8_t)(addr * (unsigned)(def.has_src + def.has_dst) +
		  4u * (unsigned)(def.has_proto + def.has_sport + def.has_dport));
	GROW(p->sets, p->nsets, p->cap_sets);
	p->sets[p->nsets] = def;
	return (uint32_t)p->nsets++;
}

static inline void tp_elem(struct plan *p, const void *key, size_t n, enum nft_verdict verdict,
    uint32_t rule, uint32_t filter)
{
	GROW(p->elems, p->nelems, p->cap_elems);
	p->elems[p->nelems] = (struct nft_elem){
	    .verdict = (uint8_t)verdict, .origin = {rule, filter}};
	memcpy(p->elems[p->nelems++].key, key, n);
	p->sets[p->nsets - 1].n++;
}

static inline struct xfrm_pol *tp_xfrm(struct plan *p, enum xfrm_dir dir, enum xfrm_kind kind,
    uint32_t priority, struct ip src, uint8_t src_plen, struct ip dst, uint8_t dst_plen)
{
	GROW(p->xfrm, p->nxfrm, p->cap_xfrm);
	p->xfrm[p->nxfrm] = (struct xfrm_pol){.dir = (uint8_t)dir,
	    .kind = (uint8_t)kind,
	    .family = src.family,
	    .src = src,
	    .dst = dst,
	    .src_plen = src_plen,
	    .dst_plen = dst_plen,
	    .priority = priority,
	    .reqid = kind == XFRM_K_PROTECT ? PLAN_REQID_BASE + 7 : 0,
	    .protection = kind == XFRM_K_PROTECT ? PROTECT_ESP : 0,
	    .origin = {7, priority}};
	return &p->xfrm[p->nxfrm++];
}

static inline void tp_base(
    struct plan *p, enum nft_chain chain, enum nft_chain v4, enum nft_chain v6)
{
	tp_rule(p, chain, NFT_M_LO, NFT_V_ACCEPT);
	if (chain == NFT_CHAIN_OUTPUT)
		tp_rule(p, chain, NFT_M_FORWARDED, NFT_V_ACCEPT);
	tp_rule(p, chain, NFT_M_IKE, NFT_V_ACCEPT);
	tp_rule(p, chain, NFT_M_KERBEROS, NFT_V_ACCEPT);
	tp_rule(p, chain, NFT_M_RSVP, NFT_V_ACCEPT);
	tp_rule(p, chain, NFT_M_IPSEC, NFT_V_ACCEPT);
	tp_rule(p, chain, NFT_M_ND, NFT_V_ACCEPT);
	tp_goto(p, chain, NFT_M_IPV4, v4);
	tp_goto(p, chain, NFT_M_IPV6, v6);
	tp_rule(p, chain, NFT_M_ALWAYS, NFT_V_DROP);
}

/* The ends of the policy chains: what no filter takes passes. Last in the building of a plan. */
static inline void tp_ends(struct plan *p)
{
	for (uint8_t c = NFT_CHAIN_IN4; c < NFT_CHAIN_NEG_IN; c++)
		tp_rule(p, c, NFT_M_ALWAYS, NFT_V_ACCEPT);
}

static inline void tp_neg(struct plan *p)
{
	tp_set(p, PLAN_SOFT4, (struct nft_set){.keytype = NFT_KEY_SOFT, .family = IP_V4, .has_src = true, .has_dst = true,
	    .src_plen = 32, .dst_plen = 32});
	tp_set(p, PLAN_SOFT6, (struct nft_set){.keytype = NFT_KEY_SOFT, .family = IP_V6, .has_src = true, .has_dst = true,
	    .src_plen = 128, .dst_plen = 128});
	for (uint8_t chain = NFT_CHAIN_NEG_IN; chain <= NFT_CHAIN_NEG_OUT; chain++) {
		tp_rule(p, chain, NFT_M_SOFT4, NFT_V_ACCEPT);
		tp_rule(p, chain, NFT_M_SOFT6, NFT_V_ACCEPT);
	}
	tp_rule(p, NFT_CHAIN_NEG_IN, NFT_M_SECPATH, NFT_V_ACCEPT);
	tp_rule(p, NFT_CHAIN_NEG_IN, NFT_M_ALWAYS, NFT_V_DROP)->counter = true;
	tp_rule(p, NFT_CHAIN_NEG_OUT, NFT_M_RTIPSEC, NFT_V_ACCEPT);
	tp_rule(p, NFT_CHAIN_NEG_OUT, NFT_M_ALWAYS, NFT_V_DROP)->counter = true;
}

static inline void tp_fact_sets(struct plan *p)
{
	static const uint8_t limited[4] = {255, 255, 255, 255};
	static const char ppp0[16] = "ppp0";

	tp_set(p, "bcast4", (struct nft_set){.keytype = NFT_KEY_ADDR4});
	tp_elem(p, limited, 4, NFT_V_DROP, 0, 0);
	tp_set(p, "dialup", (struct nft_set){.keytype = NFT_KEY_IFNAME});
	tp_elem(p, ppp0, 16, NFT_V_DROP, 0, 0);
}

/* --- random ------------------------------------------------------------------------------ */

/* actions[level][host][port]: level 0 host+tcp+port, 1 host+tcp, 2 host (lower levels use [0]). */
struct tp_actions {
	uint8_t v[LEVELS][HOSTS][PORTS];
	uint8_t protection[LEVELS]; /* of what negotiates there */
};

static inline uint8_t tp_ports_of(unsigned level)
{
	return level == 0 ? PORTS : 1;
}

static inline void tp_level_xfrm(
    struct plan *p, const struct tp_actions *a, unsigned level, unsigned host, unsigned port)
{
	uint8_t action = a->v[level][host][port];
	static const uint8_t kinds[] = {[1 + ACTION_PERMIT] = XFRM_K_ALLOW,
	    [1 + ACTION_BLOCK] = XFRM_K_BLOCK,
	    [1 + ACTION_NEGOTIATE] = XFRM_K_PROTECT};
	struct ip any = {.family = IP_V4}, h = tp_host(host);

	for (int out = 0; out < 2; out++) {
		struct xfrm_pol *x = tp_xfrm(p, out ? XFRM_D_OUT : XFRM_D_IN, kinds[action],
		    100 * (level + 1), out ? any : h, out ? 0 : 32, out ? h : any, out ? 32 : 0);
		x->protocol = level < 2 ? PROTO_TCP : 0;
		x->protection = action == 1 + ACTION_NEGOTIATE ? a->protection[level] : 0;
		if (level == 0)
			*(out ? &x->dport : &x->sport) = tp_ports[port];
	}
}

/* One set of a level: `neg` those to negotiate, else the map of permit and block. */
static inline void tp_level_set(
    struct plan *p, const struct tp_actions *a, unsigned level, bool out, bool neg)
{
	char name[16];
	snprintf(name, sizeof name, "%c%u%c", neg ? 'n' : 'v', level, out ? 'o' : 'i');
	uint32_t set = tp_set(p, name,
	    (struct nft_set){.is_map = !neg,
		.family = IP_V4,
		.has_src = !out,
		.has_dst = out,
		.has_proto = level < 2,
		.has_sport = !out && level == 0,
		.has_dport = out && level == 0,
		.src_plen = out ? 0 : 32,
		.dst_plen = out ? 32 : 0});

	for (unsigned h = 0; h < HOSTS; h++) {
		for (unsigned q = 0; q < tp_ports_of(level); q++) {
			uint8_t act = a->v[level][h][q];
			uint8_t key[12] = {10, 0, 0, (uint8_t)(1 + h), PROTO_TCP, 0, 0, 0, 0,
			    (uint8_t)tp_ports[q]};
			if (!act || (act == 1 + ACTION_NEGOTIATE) != neg)
				continue;
			tp_elem(p, key, p->sets[set].key_len,
			    act == 1 + ACTION_PERMIT ? NFT_V_ACCEPT : NFT_V_DROP, 1 + level, 1 + h);
		}
	}
	struct nft_set *s = &p->sets[set];
	if (!s->n) {
		p->nsets--;
		return;
	}
	tp_rule(p, out ? NFT_CHAIN_OUT4 : NFT_CHAIN_IN4, NFT_M_SET, neg ? NFT_V_NEG : NFT_V_ACCEPT)
	    ->set = set;
}

/* Stable, by chain; rules are few. */
static inline void tp_sort_rules(struct plan *p)
{
	for (size_t i = 1; i < p->nrules; i++) {
		for (size_t j = i; j > 0 && p->rules[j - 1].chain > p->rules[j].chain; j--) {
			struct nft_rule t = p->rules[j];
			p->rules[j] = p->rules[j - 1];
			p->rules[j - 1] = t;
		}
	}
}

static inline void tp_build(struct plan *p, const struct policy *policy, const struct tp_actions *a)
{
	*p = (struct plan){.policy = policy};
	tp_fact_sets(p);
	tp_base(p, NFT_CHAIN_INPUT, NFT_CHAIN_IN4, NFT_CHAIN_IN6);
	tp_base(p, NFT_CHAIN_OUTPUT, NFT_CHAIN_OUT4, NFT_CHAIN_OUT6);
	for (unsigned level = 0; level < LEVELS; level++)
		for (int out = 0; out < 2; out++)
			for (int neg = 0; neg < 2; neg++)
				tp_level_set(p, a, level, out, neg);
	tp_ends(p);
	tp_neg(p);
	tp_sort_rules(p);
	for (unsigned level = 0; level < LEVELS; level++)
		for (unsigned h = 0; h < HOSTS; h++)
			for (unsigned q = 0; q < tp_ports_of(level); q++)
				if (a->v[level][h][q])
					tp_level_xfrm(p, a, level, h, q);
}

/* One in eight is the empty plan: nothing assigned. */
static inline void plan_random(struct plan *p, const struct policy *policy, struct tp_rng *r)
{
	struct tp_actions a;

	*p = (struct plan){0};
	if (tp_next(r) % 8 == 0)
		return;
	for (unsigned l = 0; l < LEVELS; l++)
		for (unsigned h = 0; h < HOSTS; h++)
			for (unsigned q = 0; q < PORTS; q++)
				a.v[l][h][q] = (uint8_t)(tp_next(r) % ACTIONS);
	for (unsigned l = 0; l < LEVELS; l++)
		a.protection[l] = (uint8_t)(PROTECT_ESP + tp_next(r) % PROTECT_AH_ESP);
	tp_build(p, policy, &a);
}

/* --- every kind once --------------------------------------------------------------------- */

static inline void tp_full_sets(struct plan *p)
{
	static const uint8_t k4[20] = {10, 0, 0, 0, 192, 168, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0, 0, 23};
	uint8_t k6[44] = {0x20, 0x01, 0x0d, 0xb8};
	uint32_t set;

	k6[16] = 0xfe;
	k6[17] = 0x80;
	k6[32] = 17;
	set = tp_set(p, "v4_all",
	    (struct nft_set){.is_map = true,
		.family = IP_V4,
		.has_src = true,
		.has_dst = true,
		.has_proto = true,
		.has_sport = true,
		.has_dport = true,
		.src_plen = 8,
		.dst_plen = 16});
	tp_elem(p, k4, 20, NFT_V_ACCEPT, 3, 12345);
	tp_rule(p, NFT_CHAIN_IN4, NFT_M_SET, NFT_V_ACCEPT)->set = set;
	set = tp_set(p, "b6_all",
	    (struct nft_set){.family = IP_V6,
		.has_src = true,
		.has_dst = true,
		.has_proto = true,
		.has_sport = true,
		.has_dport = true,
		.src_plen = 33,
		.dst_plen = 128});
	tp_elem(p, k6, 44, NFT_V_DROP, 4, 1);
	struct nft_rule *r = tp_rule(p, NFT_CHAIN_IN6, NFT_M_SET, NFT_V_DROP);
	r->set = set;
	r->conntype = CONN_LAN;
	r->counter = true;
	r = tp_rule(p, NFT_CHAIN_OUT6, NFT_M_SET, NFT_V_NEG);
	r->set = set;
	r->conntype = CONN_DIALUP;
	set = tp_set(p, "n4_p", (struct nft_set){.family = IP_V4, .has_proto = true});
	uint8_t proto[4] = {PROTO_UDP};
	tp_elem(p, proto, 4, NFT_V_DROP, 5, 1);
	tp_rule(p, NFT_CHAIN_OUT4, NFT_M_SET, NFT_V_NEG)->set = set;
	tp_rule(p, NFT_CHAIN_IN4, NFT_M_SET, NFT_V_NEG)->set = set;
}

/* Everything but ESP alone: in transport, in a tunnel of either family, required and not. */
static inline void tp_full_protections(struct plan *p)
{
	struct ip a = tp_ip("10.4.0.0"), b = tp_ip("192.168.7.1");
	struct xfrm_pol *x;

	for (uint8_t kind = PROTECT_AH; kind <= PROTECT_AH_ESP; kind++) {
		a.b[1] = (uint8_t)(40 + kind);
		tp_xfrm(p, XFRM_D_OUT, XFRM_K_PROTECT, 15, b, 32, a, 16)->protection = kind;
		x = tp_xfrm(p, XFRM_D_IN, XFRM_K_PROTECT, 15, a, 16, b, 32);
		x->protection = kind;
		x->optional = true;
		for (uint8_t v = IP_V4; v <= IP_V6; v += IP_V6 - IP_V4) {
			a.b[1] = (uint8_t)(50 + kind + v);
			x = tp_xfrm(p, XFRM_D_FWD, XFRM_K_PROTECT, 16, a, 16, b, 32);
			x->protection = kind;
			x->tunnel = true;
			x->tunnel_src = tp_ip(v == IP_V4 ? "0.0.0.0" : "::");
			x->tunnel_dst = tp_ip(v == IP_V4 ? "192.0.2.2" : "2001:db8::2");
		}
	}
}

static inline void tp_full_xfrm(struct plan *p)
{
	struct ip a = tp_ip("10.1.0.0"), b = tp_ip("192.168.7.1"), a6 = tp_ip("2001:db8::"),
		  b6 = tp_ip("fe80::1");
	struct xfrm_pol *x;

	tp_xfrm(p, XFRM_D_OUT, XFRM_K_ALLOW, 10, a, 16, b, 32)->protocol = PROTO_TCP;
	x = tp_xfrm(p, XFRM_D_OUT, XFRM_K_BLOCK, 11, a, 16, b, 32);
	x->protocol = PROTO_UDP;
	x->sport = 5353;
	x->dport = 53;
	tp_xfrm(p, XFRM_D_OUT, XFRM_K_PROTECT, 12, a, 16, b, 32);
	tp_xfrm(p, XFRM_D_IN, XFRM_K_PROTECT, 12, b, 32, a, 16)->optional = true;
	tp_xfrm(p, XFRM_D_OUT, XFRM_K_PROTECT, 13, a6, 32, b6, 128);
	x = tp_xfrm(p, XFRM_D_FWD, XFRM_K_PROTECT, 14, a, 16, tp_ip("172.16.0.0"), 12);
	x->tunnel = true;
	x->tunnel_src = tp_ip("192.0.2.1");
	x->tunnel_dst = tp_ip("192.0.2.2");
	tp_full_protections(p);
}

static inline void plan_full(struct plan *p, const struct policy *policy)
{
	*p = (struct plan){.policy = policy};
	tp_fact_sets(p);
	tp_rule(p, NFT_CHAIN_OUTPUT, NFT_M_ALWAYS, NFT_V_LOG);
	tp_base(p, NFT_CHAIN_INPUT, NFT_CHAIN_IN4, NFT_CHAIN_IN6);
	tp_base(p, NFT_CHAIN_OUTPUT, NFT_CHAIN_OUT4, NFT_CHAIN_OUT6);
	tp_goto(p, NFT_CHAIN_IN4, NFT_M_MCAST, NFT_CHAIN_MIN4);
	tp_goto(p, NFT_CHAIN_IN4, NFT_M_BCAST, NFT_CHAIN_MIN4);
	tp_goto(p, NFT_CHAIN_IN6, NFT_M_MCAST, NFT_CHAIN_MIN6);
	tp_goto(p, NFT_CHAIN_OUT4, NFT_M_MCAST, NFT_CHAIN_MOUT4);
	tp_goto(p, NFT_CHAIN_OUT4, NFT_M_BCAST, NFT_CHAIN_MOUT4);
	tp_goto(p, NFT_CHAIN_OUT6, NFT_M_MCAST, NFT_CHAIN_MOUT6);
	tp_full_sets(p);
	tp_rule(p, NFT_CHAIN_MIN4, NFT_M_ALWAYS, NFT_V_NEG)->conntype = CONN_LAN;
	tp_rule(p, NFT_CHAIN_MOUT6, NFT_M_ALWAYS, NFT_V_NEG);
	struct nft_rule *keyless = tp_rule(p, NFT_CHAIN_MIN6, NFT_M_ALWAYS, NFT_V_DROP);
	keyless->counter = true;
	keyless->origin = (struct origin){3, 4711};
	tp_ends(p);
	tp_neg(p);
	tp_sort_rules(p);
	tp_full_xfrm(p);
}

#endif
