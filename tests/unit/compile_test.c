/* The compiler against the reference evaluator, the order table, and the promises of plan.h. */
#include "common/model/values.h"
#include "enforcer/compile/overlap.h"
#include "tests/unit/reference.h"
#include "tests/unit/tap.h"
#include "tests/unit/world.h"

#include "common/base/banned.h"

/* --- the order table of semantics §3.4: 9 address classes, 5 kinds of ports ------------------------- */

static struct side sides[] = {{.kind = SIDE_NET, .plen = 32, .spec = 32}, {.kind = SIDE_NET, .plen = 24, .spec = 24},
    {.kind = SIDE_ANY}};

static void order_follows_the_published_table(void)
{
	static const char *const rows[] = {"HH", "RH", "HR", "RR", "AH", "HA", "AR", "RA", "AA"};
	static const struct {
		uint8_t protocol;
		uint16_t sport, dport;
	} ports[] = {{6, 1, 1}, {6, 0, 1}, {6, 1, 0}, {6, 0, 0}, {0, 0, 0}};
	static const uint8_t actions[] = {ACTION_BLOCK, ACTION_NEGOTIATE, ACTION_PERMIT};
	uint32_t last = 0;
	size_t steps = 0;

	for (int tunnel = 1; tunnel >= 0; tunnel--)
		for (size_t i = 0; i < N_OF(rows); i++)
			for (size_t k = 0; k < N_OF(ports); k++)
				for (size_t a = 0; a < N_OF(actions); a++) {
					struct plan_filter f = {.family = IP_V4, .action = actions[a],
					    .protocol = ports[k].protocol, .sport = ports[k].sport,
					    .dport = ports[k].dport,
					    .src = sides[strcspn("HRA", (char[]){rows[i][0], 0})],
					    .dst = sides[strcspn("HRA", (char[]){rows[i][1], 0})]};
					if (tunnel)
						f.tunnel = ip("192.0.2.1");
					uint32_t r = plan_rank(&f);
					ok(steps == 0 || r > last);
					last = r;
					steps++;
				}
	is_int(steps, 2 * 45 * 3);
}

static void longer_prefix_comes_first_destination_before_source(void)
{
	struct plan_filter a = {.family = IP_V4, .src = {SIDE_NET, 8, 8, {0}}, .dst = {SIDE_NET, 24, 24, {0}}};
	struct plan_filter b = {.family = IP_V4, .src = {SIDE_NET, 24, 24, {0}}, .dst = {SIDE_NET, 8, 8, {0}}};
	struct plan_filter c = {.family = IP_V4, .src = {SIDE_NET, 9, 9, {0}}, .dst = {SIDE_NET, 24, 24, {0}}};

	ok(plan_rank(&a) < plan_rank(&b));
	ok(plan_rank(&c) < plan_rank(&a));
}

/* --- properties over random policies ---------------------------------------------------------------- */

/* The fate that a filter's action gives a packet which it takes. */
static enum fate fate_of(const struct plan_filter *f, const struct packet *p)
{
	if (f->action == ACTION_NEGOTIATE)
		return f->inpass && p->inbound ? FATE_PASS : FATE_PROTECT;
	return f->action == ACTION_BLOCK ? FATE_DROP : FATE_PASS;
}

/* An explanation names the filter that the kernel's look-ups find, and those behind it in order. */
static void explained(const struct plan *pl, const struct packet *p, enum fate fate)
{
	struct explanation x;

	plan_explain(pl, p, &x);
	is_int(x.fate, fate);
	if (x.exempt || !x.winner) {
		is_int(fate, FATE_PASS);
		return;
	}
	is_int(fate_of(x.winner, p), fate);
	for (size_t i = 0; i < x.nbeaten; i++) {
		ok(x.beaten[i] > x.winner && plan_filter_takes(pl, x.beaten[i], p));
		/* "with the same action" is left for filters that no rule of the order tells apart. */
		ok((x.winner->rank == x.beaten[i]->rank && x.winner->inpass == x.beaten[i]->inpass) ==
		   !strcmp(plan_order_reason(x.winner, x.beaten[i]), "equally specific, with the same action"));
	}
}

static void plan_decides_as_the_reference(void)
{
	struct facts fs;
	struct world w;
	struct plan pl;
	struct err e = {0};
	size_t seen[3] = {0};

	host_facts(&fs);
	for (int round = 0; round < 3000; round++) {
		seed = 0x9E3779B97F4A7C15u + (uint64_t)round;
		random_world(&w);
		is_int(world_compile(&w, &fs, &pl, &e), 0);
		for (int n = 0; n < 60; n++) {
			struct packet p = random_packet();
			unsigned exempt = w.ps.settings.number[SET_IPSECEXEMPT];
			enum fate want = reference(&w.policy, world_persistent(&w), &w.dynamic, exempt, &fs, &p), got = plan_walk(&pl, &p, NULL);
			seen[want]++;
			explained(&pl, &p, got);
			if (want != got) {
				struct buf b = {0};
				char s[IP_TEXT], d[IP_TEXT];
				plan_print(&pl, &b);
				printf("# round %d: %s %s > %s proto %u %u>%u dialup %d: want %d got %d\n%s\n", round,
				    p.inbound ? "in" : "out", ip_print(&p.src, s), ip_print(&p.dst, d), p.protocol,
				    p.sport, p.dport, p.dialup, want, got, buf_text(&b));
				buf_free(&b);
				ok(want == got);
				plan_free(&pl);
				facts_free(&fs);
				return;
			}
		}
		plan_free(&pl);
	}
	ok(seen[FATE_PASS] > 10000 && seen[FATE_DROP] > 10000 && seen[FATE_PROTECT] > 10000);
	facts_free(&fs);
}

/* The index finds what asking every negotiate filter finds. */
static void the_index_of_overlaps_agrees_with_looking_at_each(void)
{
	struct facts fs;
	static struct world w;
	struct err e = {0};
	size_t yes = 0, no = 0, wrong = 0;

	host_facts(&fs);
	for (uint64_t round = 1; round <= 1500; round++) {
		struct plan pl;
		seed = round * 0x9E3779B97F4A7C15u;
		random_world(&w);
		w.actions[0].action = ACTION_NEGOTIATE;
		is_int(world_compile(&w, &fs, &pl, &e), 0);
		struct overlap *o = overlap_new(&pl, &fs, pl.negs, pl.nnegs);
		for (size_t i = 0; i < pl.nfilters; i++) {
			bool each = lower_xfrm_cuts(&pl, &fs, &pl.filters[i]);
			wrong += overlap_behind(o, &pl.filters[i]) != each;
			*(each ? &yes : &no) += 1;
		}
		overlap_free(o);
		plan_free(&pl);
	}
	is_int(wrong, 0);
	ok(yes > 5000 && no > 5000);
	facts_free(&fs);
}

static char *plan_text(const struct world *w, const struct facts *fs)
{
	struct plan pl;
	struct err e = {0};
	struct buf b = {0};

	is_int(world_compile(w, fs, &pl, &e), 0);
	plan_print(&pl, &b);
	plan_free(&pl);
	return buf_take(&b);
}

static void order_of_input_rows_does_not_matter(void)
{
	struct facts fs;
	struct world w;

	host_facts(&fs);
	for (int round = 0; round < 300; round++) {
		seed = 77777u + (uint64_t)round;
		random_world(&w);
		char *a = plan_text(&w, &fs);
		for (size_t i = 0; i < w.policy.nrules; i++) {
			struct filterlist *l = &w.lists[i];
			for (size_t k = 0; k + 1 < l->nfilters; k++) {
				struct filter t = l->filters[k];
				size_t with = k + rnd((unsigned)(l->nfilters - k));
				l->filters[k] = l->filters[with];
				l->filters[with] = t;
			}
			struct rule t = w.rules[i];
			size_t with = i + rnd((unsigned)(w.policy.nrules - i));
			w.rules[i] = w.rules[with];
			w.rules[with] = t;
		}
		char *b = plan_text(&w, &fs);
		is_str(b, a);
		free(a);
		free(b);
	}
	facts_free(&fs);
}

/* --- single facts ----------------------------------------------------------------------------------- */

static void nothing_assigned_gives_an_empty_plan(void)
{
	struct world w;
	struct facts fs = {0};
	struct plan pl;
	struct err e = {0};

	world_init(&w, 1);
	w.policy.assigned = false;
	is_int(plan_compile(&w.ps, &fs, &pl, &e), 0);
	ok(!pl.policy && !pl.nrules && !pl.nsets && !pl.nxfrm);
	plan_free(&pl);
}

static void ten_thousand_hosts_are_one_set(void)
{
	static struct filter many[10000];
	struct world w;
	struct facts fs;
	struct plan pl;
	struct err e = {0};

	host_facts(&fs);
	world_init(&w, 1);
	w.actions[0].action = ACTION_BLOCK;
	for (size_t i = 0; i < N_OF(many); i++)
		many[i] = (struct filter){.id = (int64_t)i + 1, .dst = me, .protocol = PROTO_TCP, .dstport = 80,
		    .src = {.kind = END_NET, .plen = 32,
		        .lo = {.family = IP_V4, .b = {100, 64, (uint8_t)(i >> 8), (uint8_t)i}}}};
	w.lists[0].filters = many;
	w.lists[0].nfilters = N_OF(many);
	is_int(plan_compile(&w.ps, &fs, &pl, &e), 0);
	is_int(pl.nfilters, 10000);
	is_int(pl.nsets, 3); /* with bcast4 and dialup */
	is_int(pl.sets[0].n, 10000);
	is_int(pl.nxfrm, 0);
	plan_free(&pl);
	facts_free(&fs);
}

static size_t count_xfrm(const struct plan *pl, enum xfrm_kind kind, enum xfrm_dir dir, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < pl->nxfrm; i++)
		n += pl->xfrm[i].kind == kind && pl->xfrm[i].dir == dir && pl->xfrm[i].family == family &&
		    pl->xfrm[i].origin.rule;
	return n;
}

static void negotiate_names_local_addresses_and_permit_cuts_holes(void)
{
	struct world w;
	struct facts fs;
	struct plan pl;
	struct err e = {0};
	struct endpoint peer = net("10.0.0.7", 32), subnet = net("10.0.0.0", 24), far = net("172.16.0.1", 32);

	host_facts(&fs);
	world_init(&w, 3);
	w.actions[0].action = ACTION_NEGOTIATE;
	w.actions[1].action = ACTION_PERMIT;
	w.actions[2].action = ACTION_BLOCK;
	world_filter(&w, 0, &me, &subnet)->mirrored = true;
	world_filter(&w, 1, &me, &peer)->mirrored = true; /* inside: a hole */
	world_filter(&w, 2, &me, &far)->mirrored = true;  /* elsewhere: no XFRM policy */
	is_int(plan_compile(&w.ps, &fs, &pl, &e), 0);
	is_int(count_xfrm(&pl, XFRM_K_PROTECT, XFRM_D_OUT, IP_V4), 2); /* two local addresses */
	is_int(count_xfrm(&pl, XFRM_K_PROTECT, XFRM_D_IN, IP_V4), 2);
	is_int(count_xfrm(&pl, XFRM_K_ALLOW, XFRM_D_OUT, IP_V4), 2);
	is_int(count_xfrm(&pl, XFRM_K_BLOCK, XFRM_D_OUT, IP_V4), 0);
	is_int(count_xfrm(&pl, XFRM_K_PROTECT, XFRM_D_FWD, IP_V4), 0);
	for (size_t i = 0; i < pl.nxfrm; i++)
		if (pl.xfrm[i].kind == XFRM_K_PROTECT)
			ok(pl.xfrm[i].priority > 16 && pl.xfrm[i].reqid == PLAN_REQID_BASE + 1);
	plan_free(&pl);
	facts_free(&fs);
}

static void templates_follow_the_first_offer(void)
{
	static const struct {
		const char *offers;
		unsigned protection, offered; /* as a set */
	} rows[] = {
	    {"ESP[3DES,SHA1]", PROTECT_ESP, PROTECTION_BIT(PROTECT_ESP)},
	    {"ESP[None,MD5]", PROTECT_ESP, PROTECTION_BIT(PROTECT_ESP)},
	    {"AH[MD5] AH[SHA1]", PROTECT_AH, PROTECTION_BIT(PROTECT_AH)},
	    {"AH[SHA1]+ESP[3DES,None]", PROTECT_AH_ESP, PROTECTION_BIT(PROTECT_AH_ESP)},
	    {"ESP[3DES,SHA1] AH[SHA1] AH[MD5]", PROTECT_ESP, PROTECTION_BIT(PROTECT_ESP) | PROTECTION_BIT(PROTECT_AH)},
	    {"AH[MD5]+ESP[DES,MD5] AH[MD5] ESP[DES,MD5]", PROTECT_AH_ESP,
	        PROTECTION_BIT(PROTECT_ESP) | PROTECTION_BIT(PROTECT_AH) | PROTECTION_BIT(PROTECT_AH_ESP)},
	};
	const struct endpoint peer = net("10.0.0.7", 32), far = net("10.0.0.8", 32);
	struct facts fs;

	host_facts(&fs);
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct world w;
		struct plan pl;
		struct err e = {0};
		struct qm_offers offers;
		const struct qm_offers *all[] = {&offers};
		world_init(&w, 1);
		is_int(qm_offers_parse(rows[i].offers, DIALECT_LINUX, "", &offers, &e), 0);
		w.actions[0].action = ACTION_NEGOTIATE;
		w.actions[0].offers = offers;
		world_filter(&w, 0, &me, &peer)->mirrored = true;
		w.dyn[0] = (struct dyn_rule){.filter = {.id = 1, .mirrored = true, .src = me, .dst = far},
		    .action_in = ACTION_NEGOTIATE, .action_out = ACTION_PERMIT};
		w.dynp[0] = &w.dyn[0];
		w.dynamic = (struct dyn_rules){.v = w.dynp, .offers = all, .n = 1};
		is_int(world_compile(&w, &fs, &pl, &e), 0);
		is_int(count_xfrm(&pl, XFRM_K_PROTECT, XFRM_D_OUT, IP_V4), 2);
		is_int(count_xfrm(&pl, XFRM_K_PROTECT, XFRM_D_IN, IP_V4), 4); /* the dynamic one too */
		for (size_t k = 0; k < pl.nxfrm; k++) {
			bool protects = pl.xfrm[k].kind == XFRM_K_PROTECT;
			is_int(pl.xfrm[k].protection, protects ? rows[i].protection : 0);
			is_int(pl.xfrm[k].offered, protects ? rows[i].offered : 0);
		}
		plan_free(&pl);
	}
	facts_free(&fs);
}

static void one_selector_one_xfrm_policy(void)
{
	struct facts fs;
	struct world w;
	struct plan pl;
	struct err e = {0};

	host_facts(&fs);
	for (int round = 0; round < 500; round++) {
		seed = 4242u + (uint64_t)round;
		random_world(&w);
		is_int(world_compile(&w, &fs, &pl, &e), 0);
		for (size_t i = 0; i < pl.nxfrm; i++)
			for (size_t k = i + 1; k < pl.nxfrm; k++) {
				const struct xfrm_pol *a = &pl.xfrm[i], *b = &pl.xfrm[k];
				ok(!(a->dir == b->dir && ip_eq(&a->src, &b->src) && ip_eq(&a->dst, &b->dst) &&
				    a->src_plen == b->src_plen && a->dst_plen == b->dst_plen &&
				    a->protocol == b->protocol && a->sport == b->sport && a->dport == b->dport));
			}
		plan_free(&pl);
	}
	facts_free(&fs);
}

static void set_names_are_unique(void)
{
	struct facts fs;
	struct world w;
	struct plan pl;
	struct err e = {0};

	host_facts(&fs);
	for (int round = 0; round < 500; round++) {
		seed = 999u + (uint64_t)round;
		random_world(&w);
		is_int(world_compile(&w, &fs, &pl, &e), 0);
		for (size_t i = 0; i < pl.nsets; i++)
			for (size_t k = i + 1; k < pl.nsets; k++)
				ok(strcmp(pl.sets[i].name, pl.sets[k].name) != 0);
		plan_free(&pl);
	}
	facts_free(&fs);
}

static void dynamic_rules_need_no_policy(void)
{
	struct world w;
	struct facts fs;
	struct plan pl;
	struct err e = {0};
	struct packet in = {.family = IP_V4, .inbound = true, .src = ip("10.0.0.9"), .dst = ip("10.0.0.1"),
		.protocol = PROTO_TCP, .sport = 9, .dport = 23};
	struct packet out = {.family = IP_V4, .src = ip("10.0.0.1"), .dst = ip("10.0.0.9"), .protocol = PROTO_TCP,
		.sport = 23, .dport = 9};

	host_facts(&fs);
	world_init(&w, 1);
	w.policy.assigned = false;
	w.dyn[0] = (struct dyn_rule){.filter = {.id = 3, .src = any, .dst = me, .mirrored = true},
		.action_in = ACTION_PERMIT, .action_out = ACTION_BLOCK};
	w.dynp[0] = &w.dyn[0];
	w.dynamic.n = 1;
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	ok(!pl.policy && pl.nrules > 0);
	is_int(plan_walk(&pl, &in, NULL), FATE_PASS);
	is_int(plan_walk(&pl, &out, NULL), FATE_DROP);
	for (size_t i = 0; i < pl.nfilters; i++)
		is_int(pl.filters[i].origin.rule, ORIGIN_DYNAMIC | 3);
	plan_free(&pl);
	facts_free(&fs);
}

/* The four rows that ipsecexempt moves, and IKE, which it does not (semantics §2.4). */
static void exemptions_follow_the_table(void)
{
	static const struct {
		uint8_t protocol;
		uint16_t sport, dport;
		const char *dst;
		bool passes[4];
	} rows[] = {
		{PROTO_UDP, 9, 500, "10.0.0.1", {true, true, true, true}},
		{PROTO_TCP, 88, 23, "10.0.0.1", {true, false, true, false}},
		{PROTO_UDP, 9, 88, "10.0.0.1", {true, false, true, false}},
		{46, 0, 0, "10.0.0.1", {true, false, true, false}},
		{PROTO_UDP, 9, 9, "224.0.0.251", {true, true, false, false}},
		{PROTO_UDP, 9, 9, "255.255.255.255", {true, true, false, false}},
		{PROTO_TCP, 9, 23, "10.0.0.1", {false, false, false, false}},
	};
	struct world w;
	struct facts fs;
	struct plan pl;
	struct err e = {0};

	host_facts(&fs);
	world_init(&w, 1);
	w.actions[0].action = ACTION_BLOCK;
	world_filter(&w, 0, &any, &any);
	for (unsigned level = 0; level < 4; level++) {
		w.ps.settings.number[SET_IPSECEXEMPT] = level;
		is_int(plan_compile(&w.ps, &fs, &pl, &e), 0);
		for (size_t i = 0; i < N_OF(rows); i++) {
			struct packet p = {.family = IP_V4, .inbound = true, .src = ip("10.0.0.9"),
				.dst = ip(rows[i].dst), .protocol = rows[i].protocol, .sport = rows[i].sport,
				.dport = rows[i].dport};
			is_int(plan_walk(&pl, &p, NULL), rows[i].passes[level] ? FATE_PASS : FATE_DROP);
		}
		plan_free(&pl);
	}
	facts_free(&fs);
}

/* Does each policy chain end with accept and each base chain with drop, so that DROP can mean "back"? */
static void check_ends(const struct plan *pl)
{
	for (size_t i = 0; i < pl->nrules; i++) {
		const struct nft_rule *r = &pl->rules[i];
		bool last = i + 1 == pl->nrules || r[1].chain != r->chain, neg = r->chain >= NFT_CHAIN_NEG_IN;
		if (last)
			ok(r->match == NFT_M_ALWAYS && r->conntype == CONN_ALL && !r->jump &&
			    r->verdict == (r->chain < NFT_CHAIN_IN4 || neg ? NFT_V_DROP : NFT_V_ACCEPT));
		if (r->chain < NFT_CHAIN_IN4)
			ok(last || r->verdict != NFT_V_DROP);
	}
}

/* ipsecdiagnostics adds one rule to the base chain of its direction, and changes nothing else. */
static void diagnostics_are_one_rule_in_front_of_the_drop(void)
{
	struct world w;
	struct facts fs;
	struct plan plain, pl;
	struct err e = {0};

	host_facts(&fs);
	world_init(&w, 1);
	w.actions[0].action = ACTION_BLOCK;
	world_filter(&w, 0, &any, &me);
	is_int(plan_compile(&w.ps, &fs, &plain, &e), 0);
	check_ends(&plain);
	for (unsigned bits = 0; bits < 16; bits++) {
		unsigned told = bits & 8 ? bits & DIAG_TOTALS : bits & 7, logged = 0;
		w.ps.settings.number[SET_IPSECDIAGNOSTICS] = bits & 7;
		fs.no_nflog = bits & 8;
		is_int(plan_compile(&w.ps, &fs, &pl, &e), 0);
		check_ends(&pl);
		for (size_t i = 0; i < pl.nrules; i++) {
			if (pl.rules[i].verdict != NFT_V_LOG) {
				ok(memcmp(&pl.rules[i], &plain.rules[i - logged], sizeof pl.rules[i]) == 0);
				continue;
			}
			logged++;
			ok(pl.rules[i + 1].verdict == NFT_V_DROP && pl.rules[i + 1].chain == pl.rules[i].chain);
			ok(told & (pl.rules[i].chain == NFT_CHAIN_INPUT ? DIAG_IN : DIAG_OUT));
		}
		is_int(logged, !!(told & DIAG_IN) + !!(told & DIAG_OUT));
		is_int(pl.nelems, plain.nelems);
		plan_free(&pl);
	}
	plan_free(&plain);
	facts_free(&fs);
}

/* A filter without a key is a rule, which counts and says where it comes from. */
static void a_filter_without_a_key_is_named_by_its_rule(void)
{
	struct world w;
	struct facts fs;
	struct plan pl;
	struct err e = {0};
	size_t named = 0;

	host_facts(&fs);
	world_init(&w, 1);
	w.actions[0].action = ACTION_BLOCK;
	world_filter(&w, 0, &any, &me);
	is_int(plan_compile(&w.ps, &fs, &pl, &e), 0);
	for (size_t i = 0; i < pl.nrules; i++) {
		if (!pl.rules[i].origin.rule)
			continue;
		named++;
		ok(pl.rules[i].counter && pl.rules[i].verdict == NFT_V_DROP && pl.rules[i].match == NFT_M_ALWAYS);
		is_int(pl.rules[i].origin.filter, pl.filters[0].origin.filter);
	}
	ok(named >= 2); /* IPv4 and IPv6 */
	plan_free(&pl);
	facts_free(&fs);
}

/* --- the persistent store --------------------------------------------------------------------------- */

/* Both stores say something of inbound telnet; the persistent one in row 1, as the local one. */
static void two_stores(struct world *w, enum action local, enum action persistent)
{
	struct filter *f;

	world_init(w, 1);
	w->actions[0].action = (uint8_t)local;
	f = world_filter(w, 0, &any, &me);
	f->protocol = PROTO_TCP;
	f->dstport = 23;
	w->pfilters[0] = *f;
	w->plists[0] = (struct filterlist){.id = 1, .name = "PL", .nfilters = 1, .filters = w->pfilters};
	w->pactions[0] = (struct filteraction){.name = "PA", .action = (uint8_t)persistent};
	w->prules[0] = (struct rule){.id = 1, .name = "PR", .active = true, .filterlist = w->plists,
		.filteraction = w->pactions};
	w->ppolicy = (struct policy){.id = 1, .name = "PP", .assigned = true, .nrules = 1, .rules = w->prules};
	w->pps = (struct policyset){.policies = &w->ppolicy, .npolicies = 1};
}

static const struct packet *telnet(void)
{
	static struct packet p = {.family = IP_V4, .inbound = true, .protocol = PROTO_TCP, .sport = 9, .dport = 23};

	p.src = ip("10.0.0.9");
	p.dst = ip("10.0.0.1");
	return &p;
}

static void of_equal_filters_the_persistent_one_wins_whatever_it_does(void)
{
	static const enum fate fates[] = {
		[ACTION_PERMIT] = FATE_PASS, [ACTION_BLOCK] = FATE_DROP, [ACTION_NEGOTIATE] = FATE_PROTECT};
	struct facts fs;
	static struct world w;
	struct err e = {0};

	host_facts(&fs);
	for (unsigned i = 0; i < 9; i++) {
		enum action local = (enum action)(i / 3), persistent = (enum action)(i % 3);
		for (int range = 0; range < 2; range++) {
			struct plan pl;
			two_stores(&w, local, persistent);
			if (range) /* "me" and its literal address: equal rank, other shape, so both are in the plan */
				w.pfilters[0].dst = net("10.0.0.1", 32);
			is_int(world_compile(&w, &fs, &pl, &e), 0);
			is_int(plan_walk(&pl, telnet(), NULL), fates[persistent]);
			struct explanation x;
			plan_explain(&pl, telnet(), &x);
			is_str(plan_rule_of(&pl, &x.winner->origin)->name, "PR");
			is_int(x.nbeaten, range);
			if (range)
				is_str(plan_order_reason(x.winner, x.beaten[0]), "equally specific, and it is persistent");
			plan_free(&pl);
		}
	}
	facts_free(&fs);
}

static void a_more_specific_local_filter_stands_before_a_persistent_one(void)
{
	struct facts fs;
	static struct world w;
	struct plan pl;
	struct err e = {0};

	host_facts(&fs);
	two_stores(&w, ACTION_BLOCK, ACTION_PERMIT);
	w.filters[0][0].src = net("10.0.0.9", 32);
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	is_int(plan_walk(&pl, telnet(), NULL), FATE_DROP);
	plan_free(&pl);
	facts_free(&fs);
}

static void rows_of_one_number_in_two_stores_are_told_apart(void)
{
	struct facts fs;
	static struct world w;
	struct plan pl;
	struct err e = {0};
	size_t local = 0, persistent = 0;

	host_facts(&fs);
	two_stores(&w, ACTION_NEGOTIATE, ACTION_NEGOTIATE);
	w.pfilters[0].dstport = 25;
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	for (size_t i = 0; i < pl.nxfrm; i++) {
		local += pl.xfrm[i].reqid == PLAN_REQID_BASE + 1;
		persistent += pl.xfrm[i].reqid == PLAN_REQID_BASE + (ORIGIN_PERSISTENT | 1);
	}
	ok(local > 0 && persistent > 0);
	const struct origin o = {ORIGIN_PERSISTENT | 7, 1}, d = {ORIGIN_DYNAMIC | 7, 1}, l = {7, 1}, none = {0};
	ok(origin_owner(&o) == OWNER_PERSISTENT && origin_owner(&d) == OWNER_DYNAMIC);
	ok(origin_owner(&l) == OWNER_LOCAL && origin_owner(&none) == OWNER_PROGRAM);
	ok(origin_row(&o) == 7 && origin_row(&d) == 7 && origin_row(&l) == 7);
	plan_free(&pl);
	facts_free(&fs);
}

static void rows_beyond_their_range_are_an_error_that_names_the_rule(void)
{
	struct facts fs;
	static struct world w;
	struct plan pl;
	struct err e = {0};

	host_facts(&fs);
	two_stores(&w, ACTION_BLOCK, ACTION_BLOCK);
	w.rules[0].id = ORIGIN_LOCAL_MAX;
	w.prules[0].id = ORIGIN_MARKED_MAX;
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	plan_free(&pl);
	w.prules[0].id++;
	is_int(world_compile(&w, &fs, &pl, &e), -1);
	is_int(e.id, COMPILE_RULE);
	ok(strstr(e.text, "'PR'") && strstr(e.text, "262143"));
	w.prules[0].id--;
	w.rules[0].id++;
	e = (struct err){0};
	is_int(world_compile(&w, &fs, &pl, &e), -1);
	ok(strstr(e.text, "524287"));
	facts_free(&fs);
}

/* The local part of a plan stands in for a store that cannot be read any more. */
static void a_plan_can_take_the_place_of_its_local_store(void)
{
	struct facts fs;
	static struct world w;
	struct err e = {0};

	host_facts(&fs);
	for (uint64_t round = 1; round <= 500; round++) {
		struct plan before, got, want;
		struct buf x = {0}, y = {0};
		seed = round * 0x9E3779B97F4A7C15u;
		random_world(&w);
		struct policyset persistent = w.pps;
		w.pps.npolicies = 0;
		is_int(world_compile(&w, &fs, &before, &e), 0);
		w.pps = persistent;
		is_int(world_compile(&w, &fs, &want, &e), 0);
		const struct plan_sources s = {.persistent = &w.pps, .instead = &before};
		is_int(plan_compile_sources(&s, &fs, &got, &e), 0);
		plan_print(&want, &x);
		plan_print(&got, &y);
		is_str(buf_text(&y), buf_text(&x));
		buf_free(&x);
		buf_free(&y);
		plan_free(&before);
		plan_free(&got);
		plan_free(&want);
	}
	facts_free(&fs);
}

static void block_mode_drops_everything_but_loopback(void)
{
	struct plan pl;
	size_t dropped = 0;

	plan_block_all(&pl);
	for (uint64_t round = 1; round <= 2000; round++) {
		seed = round * 0x9E3779B97F4A7C15u;
		struct packet p = random_packet();
		dropped += plan_walk(&pl, &p, NULL) == FATE_DROP;
	}
	is_int(dropped, 2000);
	const struct packet lo = {.family = IP_V4, .inbound = true, .src = ip("127.0.0.1"), .dst = ip("127.0.0.1"),
		.protocol = PROTO_TCP, .sport = 9, .dport = 9};
	is_int(plan_walk(&pl, &lo, NULL), FATE_PASS);
	struct packet ike = *telnet();
	ike.protocol = PROTO_UDP;
	ike.dport = 500;
	is_int(plan_walk(&pl, &ike, NULL), FATE_DROP);
	plan_free(&pl);
}

static const struct tap_case cases[] = {
    {"order_follows_the_published_table", order_follows_the_published_table},
    {"longer_prefix_comes_first_destination_before_source", longer_prefix_comes_first_destination_before_source},
    {"plan_decides_as_the_reference", plan_decides_as_the_reference},
    {"the index of overlaps agrees with looking at each", the_index_of_overlaps_agrees_with_looking_at_each},
    {"order_of_input_rows_does_not_matter", order_of_input_rows_does_not_matter},
    {"nothing_assigned_gives_an_empty_plan", nothing_assigned_gives_an_empty_plan},
    {"ten_thousand_hosts_are_one_set", ten_thousand_hosts_are_one_set},
    {"negotiate_names_local_addresses_and_permit_cuts_holes", negotiate_names_local_addresses_and_permit_cuts_holes},
    {"templates follow the first offer", templates_follow_the_first_offer},
    {"one_selector_one_xfrm_policy", one_selector_one_xfrm_policy},
    {"set_names_are_unique", set_names_are_unique},
    {"dynamic_rules_need_no_policy", dynamic_rules_need_no_policy},
    {"exemptions_follow_the_table", exemptions_follow_the_table},
    {"diagnostics_are_one_rule_in_front_of_the_drop", diagnostics_are_one_rule_in_front_of_the_drop},
    {"a_filter_without_a_key_is_named_by_its_rule", a_filter_without_a_key_is_named_by_its_rule},
    {"of equal filters the persistent one wins, whatever it does",
	of_equal_filters_the_persistent_one_wins_whatever_it_does},
    {"a more specific local filter stands before a persistent one",
	a_more_specific_local_filter_stands_before_a_persistent_one},
    {"rows of one number in two stores are told apart", rows_of_one_number_in_two_stores_are_told_apart},
    {"rows beyond their range are an error that names the rule",
	rows_beyond_their_range_are_an_error_that_names_the_rule},
    {"a plan can take the place of its local store", a_plan_can_take_the_place_of_its_local_store},
    {"Block mode drops everything but loopback", block_mode_drops_everything_but_loopback},
};
TAP_MAIN(cases)
