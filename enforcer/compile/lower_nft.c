/*
 * Specific filters -> nftables: sets of elements, looked up in the order of specificity.
 *
 * A *group* is all filters of one rank and one shape. Two filters of one group have different keys, so a
 * packet matches at most one of them and one hash look-up settles the group: the cost of a packet grows
 * with the number of groups, not of filters (linux-datapath §2). Where a rank has a single shape, its
 * block and permit groups share one verdict map. Where it has several (a range's pieces, "me" beside a
 * literal address, connection types), two filters of equal rank can match one packet, and the groups stay
 * apart so that block is asked before negotiate before permit (semantics §3.4 rule 5).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

const char *const nft_chain_names[NFT_CHAINS] = {
	[NFT_CHAIN_INPUT] = "input",  [NFT_CHAIN_OUTPUT] = "output", [NFT_CHAIN_IN4] = "in4",
	[NFT_CHAIN_IN6] = "in6",      [NFT_CHAIN_OUT4] = "out4",     [NFT_CHAIN_OUT6] = "out6",
	[NFT_CHAIN_MIN4] = "mcast_in4", [NFT_CHAIN_MIN6] = "mcast_in6", [NFT_CHAIN_MOUT4] = "mcast_out4",
	[NFT_CHAIN_MOUT6] = "mcast_out6", [NFT_CHAIN_NEG_IN] = "neg_in", [NFT_CHAIN_NEG_OUT] = "neg_out",
};

enum class { CLASS_BLOCK, CLASS_NEGOTIATE, CLASS_INPASS, CLASS_PERMIT, CLASS_MAP };
static const char class_letter[] = {'b', 'n', 'i', 'p', 'v'};

struct group {
	uint32_t base;
	uint8_t class, family, reach, conntype, dir;
	uint8_t src_kind, src_plen, dst_kind, dst_plen;
	bool proto, sport, dport;
	size_t n;        /* filters in it */
	size_t into;     /* index of the group that takes its elements (itself, or the map it merged into) */
	uint32_t set;    /* into plan.sets, or NO_SET */
	size_t fill;     /* next element to write */
	struct origin origin; /* of its only filter, when the key is empty */
};
enum { NO_SET = UINT32_MAX };

struct groups {
	struct group *v;
	size_t n, cap;
};

static enum class class_of(const struct plan_filter *f)
{
	switch ((enum action)f->action) {
	case ACTION_BLOCK:
		return CLASS_BLOCK;
	case ACTION_PERMIT:
		return CLASS_PERMIT;
	case ACTION_NEGOTIATE:
		return f->inpass ? CLASS_INPASS : CLASS_NEGOTIATE;
	}
	return CLASS_BLOCK;
}

static struct group group_of(const struct plan_filter *f)
{
	struct group g = {.base = rank_base(f->rank), .class = (uint8_t)class_of(f),
	    .family = f->family, .conntype = f->conntype, .dir = f->dir, .src_kind = f->src.kind,
	    .dst_kind = f->dst.kind, .src_plen = f->src.kind == SIDE_NET ? f->src.plen : 0,
	    .dst_plen = f->dst.kind == SIDE_NET ? f->dst.plen : 0, .proto = f->protocol != PROTO_ANY,
	    .sport = f->sport != 0, .dport = f->dport != 0, .set = NO_SET, .origin = f->origin};

	g.reach = (uint8_t)filter_reach(f);
	return g;
}

static bool same_shape(const struct group *a, const struct group *b)
{
	return a->family == b->family && a->reach == b->reach && a->conntype == b->conntype &&
	    a->dir == b->dir && a->src_kind == b->src_kind && a->src_plen == b->src_plen && a->dst_kind == b->dst_kind &&
	    a->dst_plen == b->dst_plen && a->proto == b->proto && a->sport == b->sport &&
	    a->dport == b->dport;
}

static bool has_key(const struct group *g)
{
	return g->src_kind == SIDE_NET || g->dst_kind == SIDE_NET || g->proto || g->sport || g->dport;
}

/*
 * Filters come sorted by rank, so the groups of the current rank and class are the last ones: the search
 * is short. group_at[i] is the group of filter i.
 */
static void form_groups(const struct plan *p, struct groups *gs, uint32_t *group_at)
{
	size_t first = 0;

	for (size_t i = 0; i < p->nfilters; i++) {
		struct group g = group_of(&p->filters[i]);
		size_t k;

		if (gs->n > first && gs->v[first].base != g.base)
			first = gs->n;
		for (k = gs->n; k > first; k--)
			if (gs->v[k - 1].class == g.class && same_shape(&gs->v[k - 1], &g))
				break;
		if (k == first) {
			GROW(gs->v, gs->n, gs->cap);
			gs->v[gs->n++] = g;
			k = gs->n;
		}
		gs->v[k - 1].n++;
		group_at[i] = (uint32_t)(k - 1);
	}
}

/* Rank, class, shape: numbers of one width, so that groups compare as arrays. */
enum { GROUP_FIELDS = 13 };

static void group_fields(const struct group *g, uint32_t out[GROUP_FIELDS])
{
	const uint32_t v[GROUP_FIELDS] = {g->base, g->class, g->family, g->reach, g->conntype, g->dir, g->src_kind,
	    g->src_plen, g->dst_kind, g->dst_plen, g->proto, g->sport, g->dport};

	memcpy(out, v, sizeof v);
}

static int group_cmp(const void *a, const void *b)
{
	uint32_t x[GROUP_FIELDS], y[GROUP_FIELDS];

	group_fields(a, x);
	group_fields(b, y);
	for (size_t i = 0; i < GROUP_FIELDS; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

/*
 * The order of groups depends on the groups alone, not on which filter came first in one: else a new
 * filter of a known shape could turn the rules around (patch.c).
 */
static void sort_groups(struct groups *gs, uint32_t *group_at, size_t nfilters)
{
	uint32_t *now_at = xcalloc(gs->n, sizeof *now_at);

	for (size_t i = 0; i < gs->n; i++)
		gs->v[i].into = i;
	if (gs->n)
		qsort(gs->v, gs->n, sizeof *gs->v, group_cmp);
	for (size_t i = 0; i < gs->n; i++) {
		now_at[gs->v[i].into] = (uint32_t)i;
		gs->v[i].into = i;
	}
	for (size_t i = 0; i < nfilters; i++)
		group_at[i] = now_at[group_at[i]];
	free(now_at);
}

/* Within groups [lo, hi) of one rank: does the family of `g` have one shape only? */
static bool single_shape(const struct groups *gs, size_t lo, size_t hi, const struct group *g)
{
	for (size_t i = lo; i < hi; i++)
		if (gs->v[i].family == g->family && !same_shape(&gs->v[i], g))
			return false;
	return true;
}

/* Permit groups join the block group of the same shape where nothing of their rank lies across. */
static void merge_groups(struct groups *gs)
{
	for (size_t lo = 0, hi; lo < gs->n; lo = hi) {
		for (hi = lo + 1; hi < gs->n && gs->v[hi].base == gs->v[lo].base;)
			hi++;
		for (size_t b = lo; b < hi; b++) {
			if (gs->v[b].class != CLASS_BLOCK || !has_key(&gs->v[b]) ||
			    !single_shape(gs, lo, hi, &gs->v[b]))
				continue;
			for (size_t k = b + 1; k < hi; k++) {
				if (gs->v[k].class == CLASS_PERMIT && same_shape(&gs->v[b], &gs->v[k])) {
					gs->v[b].class = CLASS_MAP;
					gs->v[b].n += gs->v[k].n;
					gs->v[k].into = b;
					gs->v[k].n = 0;
				}
			}
		}
	}
}

static size_t name_side(char *out, size_t room, char letter, uint8_t kind, uint8_t plen)
{
	int n = kind == SIDE_NET ? snprintf(out, room, "_%c%u", letter, plen)
	    : kind == SIDE_ME    ? snprintf(out, room, "_%cme", letter)
	                         : 0;

	return (size_t)n;
}

/* e.g. v4_sme_d24_pd_r0a1b2c3: class, family, sides, fields, rank. The same group has the same name always. */
static void name_set(const struct group *g, char out[32])
{
	size_t n = (size_t)snprintf(out, 32, "%c%u", class_letter[g->class], g->family);

	n += name_side(out + n, 32 - n, 's', g->src_kind, g->src_plen);
	n += name_side(out + n, 32 - n, 'd', g->dst_kind, g->dst_plen);
	const char *fields = !g->proto ? "" : g->sport && g->dport ? "psd" : g->sport ? "ps" : g->dport ? "pd" : "p";
	const char *conn = g->conntype == CONN_LAN ? "L" : g->conntype == CONN_DIALUP ? "D" : "";
	const char *mcast = g->reach == REACH_MCAST ? "M" : "";
	const char *dir = g->dir == DYN_IN ? "I" : g->dir == DYN_OUT ? "O" : "";
	const char *gap = *fields || *conn || *mcast || *dir ? "_" : "";
	snprintf(out + n, 32 - n, "%s%s%s%s%s_r%06x", gap, fields, conn, mcast, dir, g->base);
}

static void add_set(struct plan *p, struct group *g)
{
	struct nft_set s = {.keytype = NFT_KEY_FILTER, .is_map = g->class == CLASS_MAP,
	    .family = g->family, .has_src = g->src_kind == SIDE_NET, .has_dst = g->dst_kind == SIDE_NET,
	    .has_proto = g->proto, .has_sport = g->sport, .has_dport = g->dport,
	    .src_plen = g->src_plen, .dst_plen = g->dst_plen, .first = p->nelems, .n = g->n};
	unsigned addr_bytes = ip_bits(g->family) / 8;

	name_set(g, s.name);
	s.key_len = (uint8_t)(addr_bytes * (s.has_src + s.has_dst) +
	    4u * (s.has_proto + s.has_sport + s.has_dport));
	g->set = (uint32_t)p->nsets;
	g->fill = p->nelems;
	GROW(p->sets, p->nsets, p->cap_sets);
	p->sets[p->nsets++] = s;
	p->nelems += g->n;
}

static void put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void fill_key(const struct nft_set *s, const struct plan_filter *f, uint8_t key[NFT_KEY_MAX])
{
	size_t bytes = ip_bits(s->family) / 8, at = 0;

	if (s->has_src) {
		memcpy(key + at, f->src.net.b, bytes);
		at += bytes;
	}
	if (s->has_dst) {
		memcpy(key + at, f->dst.net.b, bytes);
		at += bytes;
	}
	if (s->has_proto) {
		key[at] = f->protocol;
		at += 4;
	}
	if (s->has_sport) {
		put16(key + at, f->sport);
		at += 4;
	}
	if (s->has_dport)
		put16(key + at, f->dport);
}

static struct nft_elem elem_of(const struct nft_set *s, const struct plan_filter *f)
{
	/* Outside a map the rule decides; one value keeps plans comparable. */
	struct nft_elem el = {.verdict = s->is_map && f->action == ACTION_PERMIT ? NFT_V_ACCEPT : NFT_V_DROP,
	    .origin = f->origin};

	fill_key(s, f, el.key);
	return el;
}

int elem_cmp(const void *a, const void *b)
{
	return memcmp(((const struct nft_elem *)a)->key, ((const struct nft_elem *)b)->key, NFT_KEY_MAX);
}

static void make_sets(struct plan *p, struct groups *gs, const uint32_t *group_at)
{
	for (size_t i = 0; i < gs->n; i++)
		if (gs->v[i].n && has_key(&gs->v[i]))
			add_set(p, &gs->v[i]);
	p->cap_elems = p->nelems;
	p->elems = xcalloc(p->nelems, sizeof *p->elems);
	for (size_t i = 0; i < p->nfilters; i++) {
		struct group *g = &gs->v[gs->v[group_at[i]].into];
		if (g->set == NO_SET)
			continue;
		struct nft_set *s = &p->sets[g->set];
		struct nft_elem *el = &p->elems[g->fill++];
		*el = elem_of(s, &p->filters[i]);
		s->naccept += s->is_map && el->verdict == NFT_V_ACCEPT;
	}
	for (size_t i = 0; i < p->nsets; i++)
		if (p->sets[i].n)
			qsort(p->elems + p->sets[i].first, p->sets[i].n, sizeof *p->elems, elem_cmp);
}

bool lower_nft_slot(const struct plan *p, const struct plan_filter *f, uint32_t *set, struct nft_elem *el)
{
	struct group g = group_of(f), map = g;
	char name[32], map_name[32];

	map.class = CLASS_MAP;
	name_set(&g, name);
	name_set(&map, map_name);
	for (size_t i = 0; i < p->nsets && has_key(&g); i++) {
		if (strcmp(p->sets[i].name, name) != 0 && strcmp(p->sets[i].name, map_name) != 0)
			continue;
		*set = (uint32_t)i;
		*el = elem_of(&p->sets[i], f);
		return true;
	}
	return false;
}

static struct nft_rule *add_rule(struct plan *p, enum nft_chain chain, enum nft_match match,
    enum nft_verdict verdict)
{
	GROW(p->rules, p->nrules, p->cap_rules);
	p->rules[p->nrules] = (struct nft_rule){
	    .chain = (uint8_t)chain, .match = (uint8_t)match, .verdict = (uint8_t)verdict};
	return &p->rules[p->nrules++];
}

static void add_goto(struct plan *p, enum nft_chain chain, enum nft_match match, enum nft_chain target)
{
	struct nft_rule *r = add_rule(p, chain, match, NFT_V_ACCEPT);

	r->jump = true;
	r->target = (uint8_t)target;
}

static enum nft_verdict class_verdict(uint8_t class, bool inbound)
{
	switch ((enum class)class) {
	case CLASS_BLOCK:
		return NFT_V_DROP;
	case CLASS_NEGOTIATE:
		return NFT_V_NEG;
	case CLASS_INPASS: /* clear packets may come in, answers go out protected (semantics §4.2) */
		return inbound ? NFT_V_ACCEPT : NFT_V_NEG;
	case CLASS_PERMIT:
	case CLASS_MAP:
		return NFT_V_ACCEPT;
	}
	return NFT_V_DROP;
}

/* Look-ups of one family, one hook, in order. A side that is "me" can only be this host's end. */
static void add_lookups(struct plan *p, const struct groups *gs, enum nft_chain chain, uint8_t family,
    bool inbound, bool multicast)
{
	for (size_t i = 0; i < gs->n; i++) {
		const struct group *g = &gs->v[i];
		if (g->n == 0 || g->family != family)
			continue;
		if ((inbound ? g->src_kind : g->dst_kind) == SIDE_ME || g->dir == (inbound ? DYN_OUT : DYN_IN))
			continue;
		if (multicast ? g->reach == REACH_UNICAST || g->dst_kind == SIDE_ME
		              : g->reach == REACH_MCAST)
			continue;
		struct nft_rule *r = add_rule(p, chain, g->set == NO_SET ? NFT_M_ALWAYS : NFT_M_SET,
		    class_verdict(g->class, inbound));
		r->conntype = g->conntype;
		r->set = g->set == NO_SET ? 0 : g->set;
		r->counter = g->set == NO_SET;
		r->origin = g->set == NO_SET ? g->origin : (struct origin){0};
	}
}

/* What no filter takes passes (semantics §3.6). Behind the look-ups, since falling off the end is dropping. */
static void end_policy_chain(struct plan *p, enum nft_chain chain)
{
	add_rule(p, chain, NFT_M_ALWAYS, NFT_V_ACCEPT);
}

static bool any_negotiate(const struct plan *p)
{
	for (size_t i = 0; i < p->nfilters; i++)
		if (p->filters[i].action == ACTION_NEGOTIATE)
			return true;
	return false;
}

/* Goes on with packets from or to this host; not what stays inside it, nor what it forwards (semantics §3.9). */
static void add_own_only(struct plan *p, enum nft_chain chain)
{
	add_rule(p, chain, NFT_M_LO, NFT_V_ACCEPT);
	if (chain == NFT_CHAIN_OUTPUT)
		add_rule(p, chain, NFT_M_FORWARDED, NFT_V_ACCEPT);
}

/* What no filter can stop (semantics §2.4 value 3, §3.9; neighbour discovery is IPv6's ARP). */
static void add_base_chain(struct plan *p, enum nft_chain chain, bool negotiate, enum nft_chain v4,
    enum nft_chain v6)
{
	add_own_only(p, chain);
	add_rule(p, chain, NFT_M_IKE, NFT_V_ACCEPT);
	if (plan_exempts(p, EXEMPT_KERBEROS_RSVP)) {
		add_rule(p, chain, NFT_M_KERBEROS, NFT_V_ACCEPT);
		add_rule(p, chain, NFT_M_RSVP, NFT_V_ACCEPT);
	}
	if (negotiate)
		add_rule(p, chain, NFT_M_IPSEC, NFT_V_ACCEPT);
	add_rule(p, chain, NFT_M_ND, NFT_V_ACCEPT);
	add_goto(p, chain, NFT_M_IPV4, v4);
	add_goto(p, chain, NFT_M_IPV6, v6);
	if (p->diagnostics & (chain == NFT_CHAIN_INPUT ? DIAG_IN : DIAG_OUT))
		add_rule(p, chain, NFT_M_ALWAYS, NFT_V_LOG);
	add_rule(p, chain, NFT_M_ALWAYS, NFT_V_DROP);
}

static void add_policy_chain(struct plan *p, const struct groups *gs, enum nft_chain chain,
    uint8_t family, bool inbound, enum nft_chain mcast)
{
	if (plan_exempts(p, EXEMPT_MULTICAST)) {
		add_rule(p, chain, NFT_M_MCAST, NFT_V_ACCEPT);
		if (family == IP_V4)
			add_rule(p, chain, NFT_M_BCAST, NFT_V_ACCEPT);
	} else {
		add_goto(p, chain, NFT_M_MCAST, mcast);
		if (family == IP_V4)
			add_goto(p, chain, NFT_M_BCAST, mcast);
	}
	add_lookups(p, gs, chain, family, inbound, false);
	end_policy_chain(p, chain);
}

static void add_mcast_chain(struct plan *p, const struct groups *gs, enum nft_chain chain, uint8_t family,
    bool inbound)
{
	add_lookups(p, gs, chain, family, inbound, true);
	end_policy_chain(p, chain);
}

/* The two named sets that rules refer to beside their look-ups. */
static void add_fact_sets(struct plan *p, const struct facts *facts)
{
	static const struct ip limited = {.family = IP_V4, .b = {255, 255, 255, 255}};
	struct nft_set bcast = {.name = PLAN_BCAST4, .keytype = NFT_KEY_ADDR4, .key_len = 4, .first = p->nelems};
	struct nft_set dialup = {.name = PLAN_DIALUP, .keytype = NFT_KEY_IFNAME, .key_len = 16};

	for (size_t i = 0; i <= facts->naddrs; i++) {
		const struct ip *ip = i < facts->naddrs ? &facts->addrs[i].broadcast : &limited;
		bool seen = ip->family != IP_V4;
		for (size_t k = bcast.first; k < p->nelems && !seen; k++)
			seen = memcmp(p->elems[k].key, ip->b, 4) == 0;
		if (seen)
			continue;
		GROW(p->elems, p->nelems, p->cap_elems);
		p->elems[p->nelems] = (struct nft_elem){.verdict = NFT_V_DROP};
		memcpy(p->elems[p->nelems++].key, ip->b, 4);
	}
	bcast.n = p->nelems - bcast.first;
	qsort(p->elems + bcast.first, bcast.n, sizeof *p->elems, elem_cmp);
	dialup.first = p->nelems;
	for (size_t i = 0; i < facts->nifs; i++) {
		if (facts->ifs[i].kind != IF_DIALUP)
			continue;
		GROW(p->elems, p->nelems, p->cap_elems);
		p->elems[p->nelems] = (struct nft_elem){.verdict = NFT_V_DROP};
		memcpy(p->elems[p->nelems++].key, facts->ifs[i].name, strlen(facts->ifs[i].name));
	}
	dialup.n = p->nelems - dialup.first;
	if (dialup.n)
		qsort(p->elems + dialup.first, dialup.n, sizeof *p->elems, elem_cmp);
	GROW(p->sets, p->nsets, p->cap_sets);
	p->sets[p->nsets++] = bcast;
	GROW(p->sets, p->nsets, p->cap_sets);
	p->sets[p->nsets++] = dialup;
}

static bool any_soft(const struct plan *p, uint8_t family)
{
	for (size_t i = 0; i < p->nfilters; i++)
		if (p->filters[i].soft && p->filters[i].family == family && p->filters[i].tunnel.family == IP_NONE)
			return true;
	return false;
}

static void add_soft_set(struct plan *p, uint8_t family)
{
	uint8_t bits = (uint8_t)ip_bits(family);
	struct nft_set s = {.keytype = NFT_KEY_SOFT, .family = family, .has_src = true, .has_dst = true, .src_plen = bits,
	    .dst_plen = bits, .key_len = (uint8_t)(2 * bits / 8), .first = p->nelems};

	snprintf(s.name, sizeof s.name, "%s", family == IP_V6 ? PLAN_SOFT6 : PLAN_SOFT4);
	GROW(p->sets, p->nsets, p->cap_sets);
	p->sets[p->nsets++] = s;
}

/* What is not protected, or about to be, is dropped here, but for pairs of hosts that XFRM lets through. */
static void add_neg_chain(struct plan *p, enum nft_chain chain, enum nft_match protected, bool soft4, bool soft6)
{
	add_rule(p, chain, protected, NFT_V_ACCEPT);
	if (soft4)
		add_rule(p, chain, NFT_M_SOFT4, NFT_V_ACCEPT);
	if (soft6)
		add_rule(p, chain, NFT_M_SOFT6, NFT_V_ACCEPT);
	add_rule(p, chain, NFT_M_ALWAYS, NFT_V_DROP)->counter = true;
}

void lower_nft(struct plan *p, const struct facts *facts)
{
	struct groups gs = {0};
	uint32_t *group_at = xcalloc(p->nfilters, sizeof *group_at);
	bool negotiate = any_negotiate(p), soft4 = any_soft(p, IP_V4), soft6 = any_soft(p, IP_V6);

	form_groups(p, &gs, group_at);
	sort_groups(&gs, group_at, p->nfilters);
	merge_groups(&gs);
	make_sets(p, &gs, group_at);
	add_fact_sets(p, facts);
	if (soft4)
		add_soft_set(p, IP_V4);
	if (soft6)
		add_soft_set(p, IP_V6);

	add_base_chain(p, NFT_CHAIN_INPUT, negotiate, NFT_CHAIN_IN4, NFT_CHAIN_IN6);
	add_base_chain(p, NFT_CHAIN_OUTPUT, negotiate, NFT_CHAIN_OUT4, NFT_CHAIN_OUT6);
	add_policy_chain(p, &gs, NFT_CHAIN_IN4, IP_V4, true, NFT_CHAIN_MIN4);
	add_policy_chain(p, &gs, NFT_CHAIN_IN6, IP_V6, true, NFT_CHAIN_MIN6);
	add_policy_chain(p, &gs, NFT_CHAIN_OUT4, IP_V4, false, NFT_CHAIN_MOUT4);
	add_policy_chain(p, &gs, NFT_CHAIN_OUT6, IP_V6, false, NFT_CHAIN_MOUT6);
	add_mcast_chain(p, &gs, NFT_CHAIN_MIN4, IP_V4, true);
	add_mcast_chain(p, &gs, NFT_CHAIN_MIN6, IP_V6, true);
	add_mcast_chain(p, &gs, NFT_CHAIN_MOUT4, IP_V4, false);
	add_mcast_chain(p, &gs, NFT_CHAIN_MOUT6, IP_V6, false);
	add_neg_chain(p, NFT_CHAIN_NEG_IN, NFT_M_SECPATH, soft4, soft6);
	add_neg_chain(p, NFT_CHAIN_NEG_OUT, NFT_M_RTIPSEC, soft4, soft6);
	free(group_at);
	free(gs.v);
}

void lower_block_all(struct plan *p)
{
	static const enum nft_chain chains[] = {NFT_CHAIN_INPUT, NFT_CHAIN_OUTPUT};

	for (size_t i = 0; i < N_OF(chains); i++) {
		add_own_only(p, chains[i]);
		add_rule(p, chains[i], NFT_M_ALWAYS, NFT_V_DROP)->counter = true;
	}
}
