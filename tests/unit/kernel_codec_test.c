/* Encoders and decoders of kernel/ against each other, and decoders against damaged bytes. */
#include <linux/netfilter/nf_tables.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"
#include "tests/unit/kernel_plans.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct policy policy = {.name = "P"};

struct messages {
	struct buf *v; /* one a message */
	size_t n, cap;
};

static void messages_free(struct messages *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_free(&m->v[i]);
	free(m->v);
}

/* The nf_tables messages of all ops, each in memory of exactly its size. */
static void encode_all(const struct ops *o, struct messages *out)
{
	void *msg = xcalloc(1, NFT_MSG_ROOM);
	uint32_t seq = 0;

	for (size_t i = o->nft_first; i < o->nft_first + o->nft_n; i++) {
		for (size_t at = 0; nft_encode(o, i, &at, msg, ++seq);) {
			struct nlmsghdr *h = msg;
			ok(h->nlmsg_len <= 65535 + 200);
			is_int(h->nlmsg_len % 4, 0);
			is_int(h->nlmsg_seq, seq);
			GROW(out->v, out->n, out->cap);
			out->v[out->n] = (struct buf){0};
			buf_add(&out->v[out->n++], h, h->nlmsg_len);
		}
	}
	free(msg);
}

static int decode_all(const struct messages *m, struct kstate *out)
{
	struct nft_scan s = {.out = out};
	struct err e = {0};

	for (size_t i = 0; i < m->n; i++)
		if (nft_decode(&s, (const void *)m->v[i].data, &e))
			return -1;
	nft_decode_finish(&s);
	kstate_sort(out);
	return 0;
}

/* Makes the ops that create the plan from nothing. */
static void ops_of(const struct plan *p, struct ops *o, struct kstate *want)
{
	struct kstate none = {0};

	kstate_from_plan(p, want);
	kstate_diff(want, &none, o);
}

static void nft_round_trip(const struct plan *p)
{
	struct messages m = {0};
	struct kstate want, got = {0};
	struct ops o;

	ops_of(p, &o, &want);
	encode_all(&o, &m);
	is_int(decode_all(&m, &got), 0);
	want.nxfrm = 0; /* comes by other messages */
	ok(kstate_eq(&got, &want));
	messages_free(&m);
	ops_free(&o);
	kstate_free(&want);
	kstate_free(&got);
}

static void every_kind_of_rule_and_set_comes_back(void)
{
	struct plan p;

	plan_full(&p, &policy);
	unsigned kinds = 0;
	for (size_t i = 0; i < p.nrules; i++)
		kinds |= 1u << p.rules[i].match;
	is_int(kinds, (1u << NFT_MATCHES) - 1); /* the plan has them all */
	nft_round_trip(&p);
	plan_free(&p);
}

/* All sets under their other name, but those of traffic in clear, which have one. */
static void exchange_all(struct ops *o)
{
	for (size_t i = 0; i < o->nsets; i++)
		o->sets[i].gen = o->sets[i].keytype != NFT_KEY_SOFT;
	for (size_t i = 0; i < o->nrules; i++) {
		struct krule *k = &o->rules[i];
		k->gen = k->rule.match == NFT_M_SET || k->rule.match == NFT_M_BCAST;
		k->dialup_gen = k->rule.conntype != CONN_ALL;
	}
}

static void sets_come_back_under_their_other_name(void)
{
	struct messages m = {0};
	struct kstate want, got = {0};
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	ops_of(&p, &o, &want);
	exchange_all(&o);
	encode_all(&o, &m);
	is_int(decode_all(&m, &got), 0);
	want.nxfrm = 0;
	ok(kstate_eq(&got, &want));
	for (size_t i = 0; i < got.nsets; i++)
		is_int(got.sets[i].def.gen, got.sets[i].def.keytype != NFT_KEY_SOFT);
	for (size_t i = 0; i < got.nrules && i < o.nrules; i++) {
		is_int(got.rules[i].gen, o.rules[i].gen);
		is_int(got.rules[i].dialup_gen, o.rules[i].dialup_gen);
	}
	messages_free(&m);
	ops_free(&o);
	kstate_free(&want);
	kstate_free(&got);
	plan_free(&p);
}

/* Rules that look into both generations of one set, or into one that is not there: not of our making. */
static void rules_that_disagree_make_the_table_stale(void)
{
	for (int both = 0; both < 2; both++) {
		struct kstate want, got = {0};
		struct nft_scan s = {.out = &got, .present = true, .chains = (1u << NFT_CHAINS) - 1};
		struct plan p;
		plan_full(&p, &policy);
		kstate_from_plan(&p, &want);
		kstate_dup(&want, &got);
		nft_decode_finish(&s);
		is_int(got.table, KTABLE_OURS);
		struct kset *old = kstate_set(&got, "v4_all", 0), copy = {.def = old->def};
		size_t at = 0;
		while (at < got.nrules && strcmp(got.rules[at].set, "v4_all") != 0)
			at++;
		GROW(got.rules, got.nrules, got.cap_rules);
		got.rules[got.nrules++] = got.rules[at]; /* looks into the first one */
		got.rules[at].gen = copy.def.gen = 1;
		GROW(got.sets, got.nsets, got.cap_sets);
		got.sets[got.nsets] = copy;
		got.nsets += (size_t)both;
		nft_decode_finish(&s);
		is_int(got.table, KTABLE_STALE);
		is_int(got.nsets, 0);
		kstate_free(&want);
		kstate_free(&got);
		plan_free(&p);
	}
}

static void random_plans_come_back(void)
{
	struct tp_rng rng = {21};
	struct plan p;

	for (int i = 0; i < 200; i++) {
		plan_random(&p, &policy, &rng);
		nft_round_trip(&p);
		plan_free(&p);
	}
}

static void long_lists_are_split_and_come_back(void)
{
	struct plan p = {.policy = &policy};
	struct messages m = {0};
	struct kstate want;
	struct ops o;

	tp_fact_sets(&p);
	tp_set(&p, "v",
	    (struct nft_set){.is_map = true,
		.family = IP_V6,
		.has_src = true,
		.has_dst = true,
		.has_proto = true,
		.has_sport = true,
		.has_dport = true,
		.src_plen = 128,
		.dst_plen = 128});
	static const uint32_t rules[] = {ORIGIN_LOCAL_MAX, ORIGIN_DYNAMIC | 1, ORIGIN_PERSISTENT | ORIGIN_MARKED_MAX};
	for (uint32_t i = 0; i < 3000; i++) {
		uint8_t key[44] = {0x20, 1, (uint8_t)(i >> 8), (uint8_t)i};
		tp_elem(&p, key, sizeof key, i % 2 ? NFT_V_ACCEPT : NFT_V_DROP, rules[i % 3], i);
	}
	nft_round_trip(&p);
	ops_of(&p, &o, &want);
	encode_all(&o, &m);
	ok(m.n > o.nft_n + 4);
	messages_free(&m);
	ops_free(&o);
	kstate_free(&want);
	plan_free(&p);
}

static void a_lone_field_has_its_own_length(void)
{
	static const struct {
		struct nft_set def;
		size_t bytes;
	} rows[] = {
	    {{.family = IP_V4, .has_proto = true, .key_len = 4}, 1},
	    {{.family = IP_V4, .has_dport = true, .key_len = 4}, 2},
	    {{.family = IP_V4, .has_src = true, .key_len = 4}, 4},
	    {{.family = IP_V4, .has_proto = true, .has_dport = true, .key_len = 8}, 8},
	    {{.family = IP_V6, .has_dst = true, .has_proto = true, .key_len = 20}, 20},
	    {{.keytype = NFT_KEY_IFNAME, .key_len = 16}, 16},
	    {{.keytype = NFT_KEY_ADDR4, .key_len = 4}, 4},
	};

	for (size_t i = 0; i < N_OF(rows); i++)
		is_int(nft_key_bytes(&rows[i].def), rows[i].bytes);
}

static void a_missing_or_foreign_part_makes_the_table_stale(void)
{
	struct messages m = {0};
	struct kstate want;
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	ops_of(&p, &o, &want);
	encode_all(&o, &m);
	/*
	 * Message 0 is the table, then the chains, sets, elements, rules: leave out each of the
	 * chains.
	 */
	for (size_t skip = 1; skip <= NFT_CHAINS; skip++) {
		struct kstate got = {0};
		struct nft_scan s = {.out = &got};
		struct err e = {0};
		for (size_t i = 0; i < m.n; i++)
			if (i != skip)
				is_int(nft_decode(&s, (const void *)m.v[i].data, &e), 0);
		nft_decode_finish(&s);
		is_int(got.table, KTABLE_STALE);
		is_int(got.nrules, 0);
		kstate_free(&got);
	}
	/* Half of an IKE rule (its two ports are two kernel rules). */
	struct kstate got = {0};
	size_t kept = m.n;
	m.n = 0;
	while (m.n < kept &&
	    ((struct nlmsghdr *)(void *)m.v[m.n].data)->nlmsg_type != (10 << 8 | NFT_MSG_NEWRULE))
		m.n++;
	m.n += 2; /* input: lo, the first half */
	is_int(decode_all(&m, &got), 0);
	is_int(got.table, KTABLE_STALE);
	kstate_free(&got);
	m.n = kept;
	messages_free(&m);
	ops_free(&o);
	kstate_free(&want);
	plan_free(&p);
}

/*
 * One message, damaged, in memory of exactly its size so that the sanitizer sees any step beyond.
 */
static void decode_damaged(const struct buf *good, size_t len, struct tp_rng *rng, unsigned flips)
{
	char *bytes = xcalloc(1, len);
	struct nlmsghdr *h = (void *)bytes;
	struct kstate st = {0};
	struct nft_scan s = {.out = &st, .present = true};
	struct err e = {0};
	struct kpol pol;
	size_t index;
	uint32_t gen;

	memcpy(bytes, good->data, len);
	for (unsigned i = 0; i < flips; i++)
		bytes[16 + tp_next(rng) % (len - 16)] ^= (char)(1 << tp_next(rng) % 8);
	h->nlmsg_len = (uint32_t)len;
	GROW(st.sets, st.nsets, st.cap_sets); /* so that elements find a home */
	st.sets[st.nsets++] = (struct kset){.def = {.name = "v4_all",
						.is_map = true,
						.family = IP_V4,
						.has_src = true,
						.has_dst = true,
						.has_proto = true,
						.has_sport = true,
						.has_dport = true,
						.key_len = 20}};
	nft_decode(&s, h, &e);
	nft_decode_gen(h, &gen);
	nft_decode_is_ours(h);
	nft_decode_elem_at(h, 60, &index);
	xfrm_decode(h, &pol);
	xfrm_event_is_ours(h);
	nft_decode_finish(&s);
	for (size_t i = 0; i < st.nrules; i++)
		ok(st.rules[i].rule.chain < NFT_CHAINS && st.rules[i].rule.match <= NFT_M_SET);
	kstate_free(&st);
	free(bytes);
}

static void damaged_bytes_are_survived(void)
{
	struct tp_rng rng = {22};
	struct messages m = {0};
	struct kstate want;
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	ops_of(&p, &o, &want);
	encode_all(&o, &m);
	for (size_t i = 0; i < o.nxfrm; i++) {
		_Alignas(8) char msg[XFRM_MSG_ROOM];
		xfrm_encode(&o, i, false, msg, 1);
		GROW(m.v, m.n, m.cap);
		m.v[m.n] = (struct buf){0};
		buf_add(&m.v[m.n++], msg, ((struct nlmsghdr *)(void *)msg)->nlmsg_len);
	}
	for (size_t i = 0; i < m.n; i++) {
		for (size_t len = 17; len < m.v[i].len; len++)
			decode_damaged(&m.v[i], len, &rng, 0);
		for (int k = 0; k < 300; k++)
			decode_damaged(&m.v[i], m.v[i].len, &rng, 1 + (unsigned)k % 8);
	}
	messages_free(&m);
	ops_free(&o);
	kstate_free(&want);
	plan_free(&p);
}

static void an_offset_leads_to_its_element(void)
{
	struct messages m = {0};
	struct plan p = {.policy = &policy};
	struct kstate want;
	struct ops o;
	size_t index = 99, found = 0, last = 0;

	tp_set(&p, "v", (struct nft_set){.family = IP_V4, .has_src = true, .src_plen = 32});
	for (uint8_t i = 0; i < 10; i++)
		tp_elem(&p, (uint8_t[]){10, 0, 0, i}, 4, NFT_V_DROP, 1, i);
	ops_of(&p, &o, &want);
	encode_all(&o, &m);
	struct buf *elems = &m.v[m.n - 1];
	for (uint32_t off = 0; off < elems->len; off++) {
		if (!nft_decode_elem_at((const void *)elems->data, off, &index))
			continue;
		ok(index == last || index == last + 1);
		last = index;
		found++;
	}
	is_int(last, 9);
	ok(found > 200);
	ok(!nft_decode_elem_at((const void *)elems->data, 20, &index));
	messages_free(&m);
	ops_free(&o);
	kstate_free(&want);
	plan_free(&p);
}

static void policies_come_back_both_ways(void)
{
	struct kstate want, none = {0};
	struct plan p;
	struct ops o;
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct nlmsghdr *h = (void *)msg;
	struct kpol got;

	plan_full(&p, &policy);
	ops_of(&p, &o, &want);
	is_int(o.nft_first, p.nxfrm);
	for (size_t i = 0; i < o.nft_first; i++) {
		const struct kpol *k = &o.xfrm[o.v[i].item].after;
		xfrm_encode(&o, i, false, msg, 5);
		is_int(h->nlmsg_type, XFRM_MSG_NEWPOLICY);
		is_int(xfrm_decode(h, &got), XFRM_POLICY);
		ok(kpol_cmp(&got, k) == 0 && kpol_same(&got, k) && got.index == k->index);
		ok(kpol_is_ours(&got) && xfrm_event_is_ours(h));
		if (k->pol.kind == XFRM_K_PROTECT)
			is_int(got.pol.origin.rule, k->pol.origin.rule);
		xfrm_encode(&o, i, true, msg, 6);
		is_int(h->nlmsg_type, XFRM_MSG_DELPOLICY);
	}
	kstate_apply(&none, &o, 0, o.n);
	ops_free(&o);
	/* An update and its inverse: the priority moves and moves back. */
	for (size_t i = 0; i < want.nxfrm; i++)
		want.xfrm[i].pol.priority += 100;
	kstate_diff(&want, &none, &o);
	is_int(o.n, want.nxfrm);
	for (size_t i = 0; i < o.n; i++) {
		xfrm_encode(&o, i, false, msg, 7);
		is_int(h->nlmsg_type, XFRM_MSG_UPDPOLICY);
		is_int(xfrm_decode(h, &got), XFRM_POLICY);
		ok(kpol_same(&got, &o.xfrm[o.v[i].item].after));
		xfrm_encode(&o, i, true, msg, 8);
		is_int(xfrm_decode(h, &got), XFRM_POLICY);
		ok(kpol_same(&got, &o.xfrm[o.v[i].item].before));
	}
	ops_free(&o);
	kstate_free(&want);
	kstate_free(&none);
	plan_free(&p);
}

/* What cannot be told apart from ours must be; what can never meet ours is passed over. */
static void policies_of_others_are_recognised(void)
{
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct nlmsghdr *h = (void *)msg;
	struct plan p = {.policy = &policy};
	struct kstate want;
	struct kpol got;
	struct ops o;

	tp_xfrm(&p, XFRM_D_OUT, XFRM_K_BLOCK, 5, tp_ip("10.0.0.0"), 8, tp_ip("10.0.0.0"), 8);
	ops_of(&p, &o, &want);
	xfrm_encode(&o, 0, false, msg, 1);
	struct xfrm_userpolicy_info *i = mnl_nlmsg_get_payload(h);
	i->index = 8 * 77 + XFRM_POLICY_OUT;
	is_int(xfrm_decode(h, &got), XFRM_POLICY);
	ok(!kpol_is_ours(&got) && !xfrm_event_is_ours(h));
	i->sel.sport_mask = 0xFF00;
	is_int(xfrm_decode(h, &got), XFRM_OTHER);
	i->sel.sport_mask = 0;
	i->dir = 4; /* of a socket */
	is_int(xfrm_decode(h, &got), XFRM_OTHER);
	i->dir = XFRM_POLICY_OUT;
	i->sel.prefixlen_d = 33;
	is_int(xfrm_decode(h, &got), XFRM_BAD);
	ops_free(&o);
	kstate_free(&want);
	plan_free(&p);
}

/* A policy with our mark whose templates are not ours is one to be replaced: never the same as a wanted one. */
static void templates_of_others_are_not_taken_for_ours(void)
{
	static const struct {
		const char *what;
		size_t n;
		struct xfrm_user_tmpl t[3];
	} bad[] = {
	    {"none", 0, {{.reqid = PLAN_REQID_BASE + 7}}},
	    {"compression", 1, {{.id.proto = IPPROTO_COMP}}},
	    {"AH inside ESP", 2, {{.id.proto = IPPROTO_AH}, {.id.proto = IPPROTO_ESP}}},
	    {"ESP twice", 2, {{.id.proto = IPPROTO_ESP}, {.id.proto = IPPROTO_ESP}}},
	    {"two tunnels", 2, {{.id.proto = IPPROTO_ESP}, {.id.proto = IPPROTO_AH, .mode = XFRM_MODE_TUNNEL}}},
	    {"half of it optional", 2, {{.id.proto = IPPROTO_ESP}, {.id.proto = IPPROTO_AH, .optional = 1}}},
	    {"three", 3, {{.id.proto = IPPROTO_ESP}, {.id.proto = IPPROTO_AH}, {.id.proto = IPPROTO_AH}}},
	};
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct nlmsghdr *h = (void *)msg;
	struct kpol got;

	for (size_t i = 0; i < N_OF(bad); i++) {
		struct xfrm_user_tmpl t[N_OF(bad[i].t)];
		memcpy(t, bad[i].t, sizeof t);
		h = mnl_nlmsg_put_header(msg);
		h->nlmsg_type = XFRM_MSG_NEWPOLICY;
		struct xfrm_userpolicy_info *p = mnl_nlmsg_put_extra_header(h, sizeof *p);
		p->sel.family = AF_INET;
		p->index = kpol_index(1, XFRM_D_OUT);
		p->dir = XFRM_D_OUT;
		for (size_t k = 0; k < N_OF(t); k++) {
			t[k].family = AF_INET;
			t[k].reqid = PLAN_REQID_BASE + 7;
		}
		mnl_attr_put(h, XFRMA_TMPL, bad[i].n * sizeof *t, t);
		is_int(xfrm_decode(h, &got), XFRM_POLICY);
		if (got.pol.reqid != 0)
			printf("# %s\n", bad[i].what);
		ok(got.pol.kind == XFRM_K_PROTECT && got.pol.reqid == 0 && kpol_is_ours(&got));
		is_int(got.pol.protection, PROTECT_ESP);
	}
}

static const struct tap_case cases[] = {
    {"every kind of rule and set comes back", every_kind_of_rule_and_set_comes_back},
    {"sets come back under their other name", sets_come_back_under_their_other_name},
    {"rules that disagree make the table stale", rules_that_disagree_make_the_table_stale},
    {"random plans come back", random_plans_come_back},
    {"long lists are split and come back", long_lists_are_split_and_come_back},
    {"a lone field has its own length", a_lone_field_has_its_own_length},
    {"a missing or foreign part makes the table stale",
	a_missing_or_foreign_part_makes_the_table_stale},
    {"damaged bytes are survived", damaged_bytes_are_survived},
    {"an offset leads to its element", an_offset_leads_to_its_element},
    {"policies come back both ways", policies_come_back_both_ways},
    {"policies of others are recognised", policies_of_others_are_recognised},
    {"templates of others are not taken for ours", templates_of_others_are_not_taken_for_ours},
};
TAP_MAIN(cases)
