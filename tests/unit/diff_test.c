/* diff/: properties over random plans, and what is done in which order. */
#include <stdlib.h>

#include "enforcer/diff/ops.h"
#include "enforcer/kernel/kernel.h"
#include "tests/unit/kernel_packets.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { PAIRS = 300 };

static struct rule rules[] = {{.id = 1, .name = "One"}, {.id = 7, .name = "Seven"}};
static struct policy policy = {.name = "P", .rules = rules, .nrules = N_OF(rules)};

static void random_state(struct kstate *s, struct tp_rng *rng)
{
	struct plan p;

	plan_random(&p, &policy, rng);
	kstate_from_plan(&p, s);
	plan_free(&p);
}

/* --- packets ----------------------------------------------------------------------------- */

/* Is `now` as closed as the stricter of `a` and `b`, for that packet? */
static bool closed(const struct kstate *now, const struct kstate *a, const struct kstate *b,
    const struct fake_packet *p, size_t *forbidden)
{
	enum fake_fate fa = fake_verdict(a, p), fb = fake_verdict(b, p), fn = fake_verdict(now, p);

	if (fa == FAKE_CLEAR || fb == FAKE_CLEAR)
		return true;
	++*forbidden;
	return fn != FAKE_CLEAR && (fn == FAKE_DROPPED || fa != FAKE_DROPPED || fb != FAKE_DROPPED);
}

static size_t count_open(
    const struct kstate *now, const struct kstate *a, const struct kstate *b, size_t *forbidden)
{
	const struct fake_packet *packets;
	size_t n = all_packets(&packets), bad = 0;

	for (size_t i = 0; i < n; i++)
		bad += !closed(now, a, b, &packets[i], forbidden);
	return bad;
}

/* --- properties -------------------------------------------------------------------------- */

static void a_state_does_not_differ_from_itself(void)
{
	struct tp_rng rng = {1};

	for (int i = 0; i < PAIRS; i++) {
		struct kstate a, b;
		struct ops o;
		random_state(&a, &rng);
		kstate_dup(&a, &b);
		kstate_diff(&a, &b, &o);
		is_int(o.n, 0);
		ok(kstate_eq(&a, &b));
		ops_free(&o);
		kstate_free(&a);
		kstate_free(&b);
	}
}

static void doing_the_difference_gives_what_was_wanted(void)
{
	struct tp_rng rng = {2};

	for (int i = 0; i < PAIRS; i++) {
		struct kstate a, b;
		struct ops o;
		random_state(&a, &rng);
		random_state(&b, &rng);
		kstate_diff(&b, &a, &o);
		ok(kstate_eq(&a, &b) == (o.n == 0));
		kstate_apply(&a, &o, 0, o.n);
		ok(kstate_eq(&a, &b));
		ops_free(&o);
		kstate_free(&a);
		kstate_free(&b);
	}
}

/* A transaction, or one operation of XFRM. */
static size_t step_at(const struct ops *o, size_t at)
{
	size_t n = at >= o->nft_first ? ops_transaction(o, at) : 0;

	return n ? n : 1;
}

static void no_prefix_lets_through_what_both_forbid(void)
{
	struct tp_rng rng = {3};
	size_t forbidden = 0, steps = 0;

	for (int i = 0; i < PAIRS / 4; i++) {
		struct kstate a, b, now;
		struct ops o;
		random_state(&a, &rng);
		random_state(&b, &rng);
		kstate_diff(&b, &a, &o);
		kstate_dup(&a, &now);
		for (size_t j = 0, n; j < o.n; j += n) {
			n = step_at(&o, j);
			kstate_apply(&now, &o, j, n);
			is_int(count_open(&now, &a, &b, &forbidden), 0);
			steps++;
		}
		ops_free(&o);
		kstate_free(&a);
		kstate_free(&b);
		kstate_free(&now);
	}
	ok(forbidden > 100000 && steps > 500); /* the loop above did look at something */
}

/* --- with traffic in clear that IKE was granted --------------------------------------------------- */

/* Does the state hold all traffic with that host, as a rule for it does? */
static bool holds_host(const struct kstate *s, unsigned h)
{
	struct ip host = tp_host(h);

	for (size_t i = 0; i < s->nxfrm; i++)
		if (s->xfrm[i].pol.kind == XFRM_K_PROTECT && s->xfrm[i].pol.protocol == 0 && ip_eq(&s->xfrm[i].pol.dst, &host))
			return true;
	return false;
}

static void grant_pair(struct kstate *s, unsigned h)
{
	struct ip me = {.family = IP_V4, .b = {10, 0, 0, 200}}, host = tp_host(h);
	struct kset *set = kstate_set(s, PLAN_SOFT4, 0);
	struct nft_elem el = {.verdict = NFT_V_DROP};

	memcpy(el.key, me.b, 4);
	memcpy(el.key + 4, host.b, 4);
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++)
		if (memcmp(set->elems[i].key, el.key, NFT_KEY_MAX) == 0)
			return;
	GROW(set->elems, set->n, set->cap);
	set->elems[set->n++] = el;
	kset_sort(set);
}

/* What *kernel* grants when that rule says soft: UDP with that host, by two policies and a pair. */
static void grant_clear(struct kstate *s, unsigned h)
{
	struct ip me = {.family = IP_V4, .b = {10, 0, 0, 200}}, host = tp_host(h);
	struct xfrm_change c[2];
	struct op v[2];
	const struct ops o = {.v = v, .n = 2, .xfrm = c, .nxfrm = 2};

	for (uint8_t out = 0; out < 2; out++) {
		v[out] = (struct op){.kind = OP_XFRM_ADD, .item = out};
		c[out] = (struct xfrm_change){.after = {.index = kpol_index(KPOL_GRANTED_FIRST + h, out),
			.pol = {.dir = out, .kind = XFRM_K_ALLOW, .family = IP_V4, .src = out ? me : host, .dst = out ? host : me,
			    .src_plen = 32, .dst_plen = 32, .protocol = PROTO_UDP, .priority = 100 * LEVELS - 1}}};
	}
	kstate_apply(s, &o, 0, 2);
	grant_pair(s, h);
}

/* A pair of hosts opens what was granted, and nothing that another rule says of the two. */
static void opens_udp_alone(const struct kstate *without, const struct kstate *with, unsigned hosts, size_t *opened)
{
	const struct fake_packet *packets;
	size_t n = all_packets(&packets);

	for (size_t i = 0; i < n; i++) {
		const struct fake_packet *p = &packets[i];
		unsigned h = (p->out ? p->dst : p->src).b[3] - 1u;
		bool clear = fake_verdict(with, p) == FAKE_CLEAR, before = fake_verdict(without, p) == FAKE_CLEAR;

		*opened += clear && !before;
		if (p->protocol != PROTO_UDP || !(hosts >> h & 1))
			ok(clear == before);
	}
}

/* In clear now, and by neither of them. */
static size_t count_clear(const struct kstate *now, const struct kstate *a, const struct kstate *b, size_t *forbidden)
{
	const struct fake_packet *packets;
	size_t n = all_packets(&packets), bad = 0;

	for (size_t i = 0; i < n; i++) {
		if (fake_verdict(a, &packets[i]) == FAKE_CLEAR || fake_verdict(b, &packets[i]) == FAKE_CLEAR)
			continue;
		++*forbidden;
		bad += fake_verdict(now, &packets[i]) == FAKE_CLEAR;
	}
	return bad;
}

/*
 * `a` with the grants, all the way to `b`: the number of packets that got through on the way. kernel_apply() takes the pairs out
 * first, when policies change; `held` false: what if it did not?
 */
static size_t walk_with_grants(const struct kstate *a, const struct kstate *b, const struct ops *o, unsigned hosts, bool held,
    size_t *forbidden)
{
	struct kstate now;
	size_t bad = 0;

	held = held && o->nft_n < o->n;
	kstate_dup(a, &now);
	if (held && kstate_set(&now, PLAN_SOFT4, 0))
		kstate_set(&now, PLAN_SOFT4, 0)->n = 0;
	for (size_t j = 0, n; j < o->n; j += n) {
		n = step_at(o, j);
		kstate_apply(&now, o, j, n);
		for (unsigned h = 0; h < HOSTS && !held; h++)
			if (hosts >> h & 1) /* the sets may be new */
				grant_pair(&now, h);
		bad += count_clear(&now, a, b, forbidden);
	}
	kstate_free(&now);
	return bad;
}

static void nor_does_one_with_traffic_in_clear(void)
{
	struct tp_rng rng = {33};
	size_t forbidden = 0, opened = 0, careless = 0;

	for (int i = 0; i < PAIRS / 4; i++) {
		struct kstate plain, a, b;
		struct ops o;
		unsigned hosts = 0;

		random_state(&plain, &rng);
		random_state(&b, &rng);
		kstate_diff(&b, &plain, &o);
		kstate_dup(&plain, &a);
		for (unsigned h = 0; h < HOSTS; h++) {
			if (!holds_host(&plain, h))
				continue;
			hosts |= 1u << h;
			grant_clear(&a, h);
		}
		opens_udp_alone(&plain, &a, hosts, &opened);
		is_int(walk_with_grants(&a, &b, &o, hosts, true, &forbidden), 0);
		careless += walk_with_grants(&a, &b, &o, hosts, false, &forbidden);
		ops_free(&o);
		kstate_free(&plain);
		kstate_free(&a);
		kstate_free(&b);
	}
	ok(forbidden > 100000 && opened > 1000 && careless > 0);
}

/* The property must be able to fail: between two policies, an empty kernel is open. */
static void the_property_notices_an_opening(void)
{
	struct tp_rng rng = {4};
	struct kstate a, nothing = {0};
	size_t forbidden = 0, bad = 0;

	for (int i = 0; i < 20; i++) {
		random_state(&a, &rng);
		bad += count_open(&nothing, &a, &a, &forbidden);
		kstate_free(&a);
	}
	ok(bad > 0);
}

/* --- cases ------------------------------------------------------------------------------- */

static size_t count_kind(const struct ops *o, enum op_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += o->v[i].kind == kind;
	return n;
}

/* v4_all comes under its other name; no other set is touched, and the old one goes in a transaction of its own. */
static void a_set_of_which_an_element_changes_comes_anew(void)
{
	struct plan p, q;
	struct kstate have;
	struct err e = {0};
	struct ops o;

	plan_full(&p, &policy);
	plan_full(&q, &policy);
	kstate_from_plan(&p, &have);
	q.elems[q.sets[2].first].verdict = NFT_V_DROP;
	is_int(plan_diff(&q, &have, &o, &e), 0);
	is_int(o.v[0].kind, OP_SET_ADD);
	is_str(o.sets[o.v[0].item].name, "v4_all");
	is_int(o.sets[o.v[0].item].gen, 1);
	is_int(o.v[1].kind, OP_ELEMS_ADD);
	is_int(o.v[1].n, q.sets[2].n);
	is_int(count_kind(&o, OP_ELEMS_DEL), 0);
	is_int(count_kind(&o, OP_SET_ADD), 1);
	is_int(count_kind(&o, OP_SET_DEL), 1);
	is_int(o.v[o.n - 2].kind, OP_NEXT);
	is_int(o.v[o.n - 1].kind, OP_SET_DEL);
	is_int(o.sets[o.v[o.n - 1].item].gen, 0);
	is_int(ops_transaction(&o, 0), o.n - 2);
	is_int(ops_transaction(&o, o.n - 2), 2);
	for (size_t i = 0; i < o.nrules; i++)
		is_int(o.rules[i].gen, strcmp(o.rules[i].set, "v4_all") == 0);
	ops_free(&o);
	kstate_free(&have);
	plan_free(&p);
	plan_free(&q);
}

static void a_changed_rule_refills_its_chain_and_leaves_the_sets(void)
{
	struct plan p, q;
	struct kstate have;
	struct err e = {0};
	struct ops o;

	plan_full(&p, &policy);
	plan_full(&q, &policy);
	kstate_from_plan(&p, &have);
	q.rules[3].counter = true;
	is_int(plan_diff(&q, &have, &o, &e), 0);
	size_t in_chain = 0;
	for (size_t i = 0; i < q.nrules; i++)
		in_chain += q.rules[i].chain == q.rules[3].chain;
	is_int(count_kind(&o, OP_CHAIN_FLUSH), 1);
	is_int(count_kind(&o, OP_RULE_ADD), in_chain);
	is_int(o.n, 1 + in_chain);
	is_int(o.nft_n, o.n);
	ops_free(&o);
	kstate_free(&have);
	plan_free(&p);
	plan_free(&q);
}

static void a_stale_table_is_replaced_in_the_same_transaction(void)
{
	struct kstate have = {.table = KTABLE_STALE};
	struct err e = {0};
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	is_int(plan_diff(&p, &have, &o, &e), 0);
	is_int(o.v[o.nft_first].kind, OP_TABLE_DEL);
	is_int(o.v[o.nft_first + 1].kind, OP_TABLE_ADD);
	is_int(count_kind(&o, OP_SET_ADD), p.nsets);
	ops_free(&o);
	plan_free(&p);
}

static void holes_come_first_and_leave_last(void)
{
	struct kstate full, none = {0};
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	kstate_from_plan(&p, &full);
	kstate_diff(&full, &none, &o);
	for (size_t i = 1; i < o.nft_first; i++) {
		const struct xfrm_pol *a = &o.xfrm[o.v[i - 1].item].after.pol,
				      *b = &o.xfrm[o.v[i].item].after.pol;
		ok((a->kind == XFRM_K_PROTECT) <= (b->kind == XFRM_K_PROTECT));
		ok(a->priority <= b->priority);
	}
	is_int(o.nft_first, p.nxfrm);
	ops_free(&o);
	kstate_diff(&none, &full, &o);
	is_int(o.nft_first, 0);
	is_int(ops_transaction(&o, 0), o.nft_n - 2); /* first the rules */
	is_int(count_kind(&o, OP_CHAIN_FLUSH), o.nft_n - 2);
	is_int(o.v[o.nft_n - 1].kind, OP_TABLE_DEL);
	for (size_t i = o.nft_n + 1; i < o.n; i++)
		ok((o.xfrm[o.v[i - 1].item].before.pol.kind == XFRM_K_PROTECT) >=
		    (o.xfrm[o.v[i].item].before.pol.kind == XFRM_K_PROTECT));
	is_int(o.n, o.nft_n + p.nxfrm);
	ops_free(&o);
	kstate_free(&full);
	plan_free(&p);
}

/* Other offers of a rule: its policies get other templates, and the reqid stays, by which associations are found. */
static void other_templates_are_an_update_in_place(void)
{
	struct kstate now = {0}, want;
	struct plan p = {.policy = &policy};
	struct ops o;

	struct xfrm_pol *x = tp_xfrm(&p, XFRM_D_OUT, XFRM_K_PROTECT, 5, tp_ip("10.0.0.0"), 8, tp_ip("10.0.0.0"), 8);
	for (uint8_t kind = PROTECT_ESP; kind <= PROTECT_AH_ESP; kind++) {
		x->protection = kind;
		x->offered = PROTECTION_BIT(kind);
		kstate_from_plan(&p, &want);
		kstate_diff(&want, &now, &o);
		const struct xfrm_change *c = &o.xfrm[o.v[0].item];
		is_int(o.nft_first, 1);
		is_int(o.v[0].kind, kind == PROTECT_ESP ? OP_XFRM_ADD : OP_XFRM_UPDATE);
		is_int(c->after.pol.protection, kind);
		is_int(c->after.pol.reqid, PLAN_REQID_BASE + 7);
		ok(kind == PROTECT_ESP || c->after.index == c->before.index);
		kstate_apply(&now, &o, 0, o.n);
		ok(kstate_eq(&now, &want));
		ops_free(&o);
		kstate_free(&want);
		/* What else is offered stands nowhere in the kernel. */
		x->offered = PROTECTION_BIT(PROTECT_ESP) | PROTECTION_BIT(PROTECT_AH);
		kstate_from_plan(&p, &want);
		kstate_diff(&want, &now, &o);
		is_int(o.n, 0);
		ops_free(&o);
		kstate_free(&want);
	}
	kstate_free(&now);
	plan_free(&p);
}

static int cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Every index is ours, carries its direction, and none is given twice, over a chain of changes. */
static void indexes_are_ours_and_unique(void)
{
	struct tp_rng rng = {5};
	struct kstate now = {0};

	for (int i = 0; i < 60; i++) {
		struct kstate want;
		struct ops o;
		uint32_t seen[200];
		random_state(&want, &rng);
		kstate_diff(&want, &now, &o);
		kstate_apply(&now, &o, 0, o.n);
		for (size_t j = 0; j < now.nxfrm; j++) {
			seen[j] = now.xfrm[j].index & ~7u;
			ok(kpol_is_ours(&now.xfrm[j]));
			is_int(now.xfrm[j].index & 7, now.xfrm[j].pol.dir);
		}
		if (now.nxfrm)
			qsort(seen, now.nxfrm, sizeof *seen, cmp_u32);
		for (size_t j = 1; j < now.nxfrm; j++)
			ok(seen[j - 1] != seen[j]);
		ops_free(&o);
		kstate_free(&want);
	}
	kstate_free(&now);
}

static void a_selector_of_another_program_is_named_and_all_else_is_done(void)
{
	struct kstate have = {0};
	struct err e = {0};
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	kstate_from_plan(&p, &have);
	for (size_t i = 0; i < have.nxfrm; i++)
		have.xfrm[i].index = 8;
	free(have.foreign);
	have.foreign = have.xfrm; /* as if all were somebody else's */
	have.nforeign = have.nxfrm;
	have.xfrm = NULL;
	have.nxfrm = 0;
	is_int(plan_diff(&p, &have, &o, &e), 1);
	is_int(e.id, KERNEL_CONFLICT);
	ok(strstr(e.text, "rule 'Seven' (filter 1") != NULL);
	/* All else is there already. */
	is_int(o.nxfrm, 0);
	is_int(o.n, 0);
	ops_free(&o);
	/* One of many: only that one is missing. */
	have.xfrm = NULL;
	struct kpol one = have.foreign[have.nforeign / 2];
	size_t all = have.nforeign;
	have.foreign[0] = one;
	have.nforeign = 1;
	is_int(plan_diff(&p, &have, &o, &e), 1);
	is_int(o.nxfrm, all - 1);
	for (size_t i = 0; i < o.nxfrm; i++)
		ok(kpol_cmp(&o.xfrm[i].after, &one) != 0);
	ops_free(&o);
	kstate_free(&have);
	plan_free(&p);
}

static void of_two_elements_with_one_key_the_stricter_stays(void)
{
	struct plan p = {.policy = &policy};
	struct kstate s;
	uint8_t key[4] = {10, 0, 0, 1};

	tp_set(&p, "m",
	    (struct nft_set){.is_map = true, .family = IP_V4, .has_src = true, .src_plen = 32});
	tp_elem(&p, key, 4, NFT_V_ACCEPT, 1, 1);
	tp_elem(&p, key, 4, NFT_V_DROP, 1, 2);
	kstate_from_plan(&p, &s);
	is_int(s.sets[0].n, 1);
	is_int(s.sets[0].elems[0].verdict, NFT_V_DROP);
	is_int(s.sets[0].elems[0].origin.filter, 2);
	kstate_free(&s);
	plan_free(&p);
}

static void operations_print_their_rule(void)
{
	struct kstate none = {0};
	struct buf b = {0};
	struct err e = {0};
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	is_int(plan_diff(&p, &none, &o, &e), 0);
	ops_print(&o, &b);
	ok(strstr(buf_text(&b),
	       "add IPsec policy out block 10.1.0.0/16 -> 192.168.7.1/32 proto 17 ports "
	       "5353:53 of rule 'Seven' (filter 11)\n") != NULL);
	ok(strstr(buf_text(&b), "create the table\ncreate chain input\n") != NULL);
	ok(strstr(buf_text(&b),
	       "add to set v4_all: 1 element, the first of rule no. 3 (filter 12345)\n") != NULL);
	ok(strstr(buf_text(&b),
	       "add to set bcast4: 1 element, the first of the program itself\n") != NULL);
	buf_free(&b);
	ops_free(&o);
	plan_free(&p);
}

static const struct tap_case cases[] = {
    {"a state does not differ from itself", a_state_does_not_differ_from_itself},
    {"doing the difference gives what was wanted", doing_the_difference_gives_what_was_wanted},
    {"no prefix lets through what both forbid", no_prefix_lets_through_what_both_forbid},
    {"nor does one with traffic in clear", nor_does_one_with_traffic_in_clear},
    {"the property notices an opening", the_property_notices_an_opening},
    {"a set of which an element changes comes anew", a_set_of_which_an_element_changes_comes_anew},
    {"a changed rule refills its chain and leaves the sets", a_changed_rule_refills_its_chain_and_leaves_the_sets},
    {"a stale table is replaced in the same transaction",
	a_stale_table_is_replaced_in_the_same_transaction},
    {"holes come first and leave last", holes_come_first_and_leave_last},
    {"other templates are an update in place", other_templates_are_an_update_in_place},
    {"indexes are ours and unique", indexes_are_ours_and_unique},
    {"a selector of another program is named", a_selector_of_another_program_is_named_and_all_else_is_done},
    {"of two elements with one key the stricter stays",
	of_two_elements_with_one_key_the_stricter_stays},
    {"operations print their rule", operations_print_their_rule},
};
TAP_MAIN(cases)
