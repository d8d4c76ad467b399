/* A patched plan is the compiled plan; and the operations of a patch lead the kernel there. */
#include <stdlib.h>

#include "common/base/array.h"
#include "tests/unit/patch_world.h"
#include "tests/unit/tap.h"
#include "tests/unit/torn.h"

#include "common/base/banned.h"

/* --- array edits ------------------------------------------------------------------------------------ */

static int int_cmp(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void arrays_are_edited_in_place(void)
{
	int v[10] = {1, 3, 5, 7, 9};
	size_t n = 5, gone[] = {0, 2, 4}, at[] = {0, 1, 1, 2};
	const int new[] = {0, 4, 5, 8}, want[] = {0, 3, 4, 5, 7, 8};

	array_remove(v, &n, sizeof *v, gone, N_OF(gone));
	is_int(n, 2);
	array_insert(v, &n, sizeof *v, at, new, N_OF(new));
	is_int(n, N_OF(want));
	ok(memcmp(v, want, sizeof want) == 0);
	array_remove(v, &n, sizeof *v, gone, 0);
	array_insert(v, &n, sizeof *v, at, new, 0);
	is_int(n, N_OF(want));
	for (int key = -1; key < 10; key++) {
		size_t i = array_lower(v, n, sizeof *v, &key, int_cmp);
		ok((i == 0 || v[i - 1] < key) && (i == n || v[i] >= key));
	}
}

/* --- random policies of few shapes with many members -------------------------------------------------- */

enum { ROUNDS = 1500 };

static uint64_t seed = 1;

static unsigned rnd(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static struct endpoint random_net(uint8_t family, uint8_t plen)
{
	struct endpoint p = {.kind = END_NET, .plen = plen, .lo = {.family = family}};

	p.lo.b[0] = family == IP_V4 ? 10 : 0x20;
	p.lo.b[family == IP_V4 ? 2 : 7] = (uint8_t)rnd(6);
	if (plen == 32 || plen == 128)
		p.lo.b[plen / 8 - 1] = (uint8_t)rnd(20);
	return p;
}

static struct endpoint random_end(void)
{
	switch (rnd(6)) {
	case 0:
		return (struct endpoint){.kind = END_ANY};
	case 1:
		return (struct endpoint){.kind = END_DNS};
	case 2:
		return random_net(IP_V6, rnd(2) ? 64 : 128);
	default:
		return random_net(IP_V4, rnd(3) ? 32 : 24);
	}
}

static struct filter random_filter(struct world *w)
{
	struct filter f = {.id = ++w->next_id, .description = "", .mirrored = rnd(2), .src = random_end(),
	    .dst = {.kind = rnd(4) ? END_ME : END_ANY}};

	if (rnd(2)) {
		f.protocol = PROTO_TCP;
		f.dstport = (uint16_t)(rnd(2) ? 23 : 80);
	}
	if (rnd(2)) {
		struct endpoint t = f.src;
		f.src = f.dst;
		f.dst = t;
	}
	return f;
}

/* Some dynamic rules beside the policy, of which every second is about traffic that a list names too. */
static void add_dynamic(struct world *w)
{
	w->dynamic = (struct dyn_rules){.v = w->dynp, .n = rnd(DYNAMIC + 1)};
	for (size_t i = 0; i < w->dynamic.n; i++) {
		struct dyn_rule *r = &w->dyn[i];
		*r = (struct dyn_rule){.action_in = (uint8_t)rnd(w->negotiates ? 3 : 2), .action_out = (uint8_t)rnd(2)};
		r->filter = rnd(2) ? w->filters[0][rnd(20)] : random_filter(w);
		r->filter.id = (int64_t)i + 1;
		w->dynp[i] = r;
	}
}

static void world_init(struct world *w)
{
	memset(w, 0, sizeof *w);
	facts_add_if(&w->facts, "eth0", 2, IF_LAN);
	facts_add_addr(&w->facts, &(struct fact_addr){.ip = {.family = IP_V4, .b = {10, 0, 1, 1}}, .plen = 24});
	facts_add_server(&w->facts, END_DNS, &(struct ip){.family = IP_V4, .b = {10, 0, 0, 53}});
	facts_sort(&w->facts);
	w->policy = (struct policy){.id = 1, .name = "P", .assigned = true, .nrules = RULES, .rules = w->rules};
	w->ps = (struct policyset){.npolicies = 1, .policies = &w->policy};
	w->negotiates = rnd(3) == 0;
	for (size_t i = 0; i < RULES; i++) {
		w->actions[i].action = (uint8_t)(i == 3 && w->negotiates ? ACTION_NEGOTIATE : rnd(2));
		w->lists[i] = (struct filterlist){.id = (int64_t)i + 1, .name = "L", .filters = w->filters[i]};
		/* Two rules may share a list. */
		struct filterlist *l = &w->lists[i == 1 && rnd(2) ? 0 : i];
		w->rules[i] = (struct rule){.id = (int64_t)i + 1, .name = "R", .active = rnd(8) != 0,
		    .conntype = rnd(6) ? CONN_ALL : CONN_LAN, .filterlist = l, .filteraction = &w->actions[i]};
		size_t n = i == 3 ? 3 : 20 + rnd(60);
		while (w->lists[i].nfilters < n)
			w->filters[i][w->lists[i].nfilters++] = random_filter(w);
	}
	add_dynamic(w);
}

/* Some filters come and go in the lists; says which. */
static size_t change(struct world *w, struct filter_change *out, size_t max)
{
	size_t n = 0;

	for (size_t k = 1 + rnd((unsigned)max); k > 0; k--) {
		size_t i = rnd(rnd(4) ? 3 : RULES);
		struct filterlist *l = &w->lists[i];
		struct filter_change c = {.list = l->id, .gone = rnd(2) && l->nfilters};
		if (c.gone) {
			size_t at = rnd((unsigned)l->nfilters);
			c.filter = l->filters[at];
			array_remove(l->filters, &l->nfilters, sizeof *l->filters, &at, 1);
			/* What came only now is not told as gone. */
			size_t known = n;
			for (size_t j = 0; j < n; j++)
				if (out[j].filter.id == c.filter.id)
					known = j;
			if (known < n) {
				array_remove(out, &n, sizeof *out, &known, 1);
				continue;
			}
		} else {
			c.filter = random_filter(w);
			l->filters[l->nfilters++] = c.filter;
		}
		out[n++] = c;
	}
	return n;
}

/* One dynamic rule comes or goes; true when it does without a compilation. */
static bool change_dynamic(struct world *w, const struct plan *plan, struct plan_patch *patch)
{
	size_t n = w->dynamic.n;
	const struct dyn_rule *gone = NULL, *came = NULL;

	if (n == DYNAMIC || (n > 0 && rnd(2))) {
		gone = &w->dyn[n - 1];
		w->dynamic.n--;
	} else {
		struct dyn_rule *r = &w->dyn[n];
		*r = (struct dyn_rule){.action_in = (uint8_t)rnd(2), .action_out = (uint8_t)rnd(2)};
		r->filter = rnd(2) ? w->filters[0][rnd(20)] : random_filter(w);
		r->filter.id = (int64_t)n + 1;
		w->dynp[n] = came = r;
		w->dynamic.n++;
	}
	return plan_patch_dynamic(plan, &w->facts, gone, came, patch);
}

/* A persistent policy that repeats traffic of a list, with rows of the same numbers. */
static void add_persistent(struct world *w)
{
	w->persistent.npolicies = rnd(2);
	w->persistent.policies = &w->ppolicy;
	w->ppolicy = (struct policy){.id = 1, .name = "PP", .assigned = true, .nrules = 2, .rules = w->prules};
	for (size_t i = 0; i < 2; i++) {
		w->plists[i] = (struct filterlist){.id = (int64_t)i + 1, .name = "PL", .nfilters = 5,
			.filters = w->pfilters[i]};
		for (size_t k = 0; k < 5; k++)
			w->pfilters[i][k] = rnd(2) ? w->filters[0][rnd(20)] : random_filter(w);
		w->pactions[i] = (struct filteraction){.name = "PA", .action = (uint8_t)(i == 1 && w->negotiates ? 2 : rnd(2))};
		w->prules[i] = (struct rule){.id = (int64_t)i + 1, .name = "PR", .active = true,
			.filterlist = &w->plists[i], .filteraction = &w->pactions[i]};
	}
}

static void same_filters(const struct plan *a, const struct plan *b)
{
	is_int(a->nfilters, b->nfilters);
	for (size_t i = 0; i < a->nfilters && i < b->nfilters; i++) {
		struct plan_filter x = a->filters[i], y = b->filters[i];
		ok(x.shadows >= y.shadows); /* after a deletion the patch may remember too much, never too little */
		x.shadows = y.shadows;
		ok(memcmp(&x, &y, sizeof x) == 0);
	}
	is_int(a->nnegs, b->nnegs);
	for (size_t i = 0; i < a->nnegs && i < b->nnegs; i++)
		is_int(a->negs[i], b->negs[i]);
}

static void same_sets(const struct plan *a, const struct plan *b)
{
	is_int(a->nsets, b->nsets);
	is_int(a->nelems, b->nelems);
	for (size_t i = 0; i < a->nsets && i < b->nsets; i++)
		ok(memcmp(&a->sets[i], &b->sets[i], sizeof *a->sets) == 0);
	ok(a->nelems != b->nelems || memcmp(a->elems, b->elems, a->nelems * sizeof *a->elems) == 0);
}

static void same_plan(const struct plan *a, const struct plan *b)
{
	struct buf x = {0}, y = {0};

	same_filters(a, b);
	same_sets(a, b);
	plan_print(a, &x);
	plan_print(b, &y);
	is_str(buf_text(&x), buf_text(&y));
	buf_free(&x);
	buf_free(&y);
}

/* --- packets under way ------------------------------------------------------------------------------- */

static struct torn seen;
static size_t steps;

/* An address at that end of a filter. */
static struct ip address_at(const struct side *s, uint8_t family)
{
	const struct endpoint any = random_net(family, family == IP_V4 ? 32 : 128);
	struct ip a = s->kind == SIDE_NET ? s->net : any.lo;

	if (s->kind == SIDE_ME && family == IP_V4)
		a = (struct ip){.family = IP_V4, .b = {10, 0, 1, 1}};
	if (s->kind == SIDE_NET && s->plen < ip_bits(family))
		a.b[ip_bits(family) / 8 - 1] = (uint8_t)rnd(20);
	a.family = family;
	return a;
}

static struct fake_packet packet_of(const struct plan_filter *f)
{
	return (struct fake_packet){.out = f->dir == DYN_OUT || (f->dir == DYN_BOTH && rnd(2)), .family = f->family,
		.src = address_at(&f->src, f->family), .dst = address_at(&f->dst, f->family),
		.protocol = f->protocol != PROTO_ANY ? f->protocol : PROTO_TCP, .sport = f->sport ? f->sport : 23,
		.dport = f->dport ? f->dport : 80, .hop_limit = 64, .iface = "eth0"};
}

static void tear(const struct kstate *was, const struct kstate *is, const struct kstate *old, const struct kstate *new,
    const struct plan *p, const struct plan_patch *patch, struct torn *t)
{
	for (size_t i = 0; i < 4 * patch->n + 4; i++) {
		const struct fake_packet of = packet_of(i % 2 || p->nfilters == 0 ? &patch->v[i / 2 % patch->n].filter
		                                                                  : &p->filters[rnd((unsigned)p->nfilters)]);
		tear_packet(was, is, old, new, &of, t);
	}
}

/* What the kernel holds after the patch's operations is what it holds after the plan; on the way nothing is torn. */
static void same_kernel(const struct plan *before, const struct plan_patch *patch, const struct plan *after)
{
	struct kstate have, want, old, was;
	struct ops ops;

	kstate_from_plan(before, &have);
	kstate_from_plan(after, &want);
	plan_patch_ops(before, &have, patch, &ops);
	kstate_dup(&have, &old);
	for (size_t at = 0, n; (n = ops_transaction(&ops, at)) > 0; at += n) {
		kstate_dup(&have, &was);
		kstate_apply(&have, &ops, at, n);
		tear(&was, &have, &old, &want, before, patch, &seen);
		kstate_free(&was);
		steps++;
	}
	kstate_free(&old);
	ok(kstate_eq(&have, &want));
	is_int(ops.nft_n, ops.n);
	ops_free(&ops);
	kstate_free(&have);
	kstate_free(&want);
}

static void a_patched_plan_is_the_compiled_plan(void)
{
	enum { CHANGES = 5 };
	size_t patched = 0, anew = 0, items = 0, of_dynamic = 0;
	struct err e = {0};

	for (int round = 0; round < ROUNDS && !tap_failed; round++) {
		static struct world w;
		struct filter_change changes[CHANGES];
		struct plan plan, want;
		seed = 0x9E3779B97F4A7C15u * (uint64_t)(round + 1);
		world_init(&w);
		add_persistent(&w);
		is_int(compile_world(&w, &plan, &e), 0);
		/* Several patches one after another on one plan. */
		for (int step = 0; step < 6; step++) {
			struct plan_patch patch;
			bool dynamic = rnd(3) == 0, local;
			size_t n = dynamic ? 0 : change(&w, changes, 1 + rnd(CHANGES));
			local = dynamic ? change_dynamic(&w, &plan, &patch)
			                : plan_patch_make(&plan, &w.facts, changes, n, &patch);
			is_int(compile_world(&w, &want, &e), 0);
			if (local) {
				of_dynamic += dynamic;
				items += patch.n;
				same_kernel(&plan, &patch, &want);
				plan_patch_commit(&plan, &patch);
				same_plan(&plan, &want);
				plan_free(&want);
				patched++;
			} else {
				plan_free(&plan);
				plan = want;
				anew++;
			}
			plan_patch_free(&patch);
		}
		plan_free(&plan);
		facts_free(&w.facts);
	}
	printf("# %zu patched with %zu elements, %zu of them dynamic rules, %zu compiled anew\n", patched, items,
	    of_dynamic, anew);
	printf("# %zu forbidden, %zu permitted, %zu torn in %zu transactions\n", seen.forbidden, seen.permitted, seen.torn,
	    steps);
	is_int(seen.leaked, 0);
	is_int(seen.lost, 0);
	ok(seen.forbidden > 5000 && seen.permitted > 5000);
	ok(of_dynamic > ROUNDS / 10 && patched > ROUNDS && items > ROUNDS && anew > ROUNDS / 4);
}

static const struct tap_case cases[] = {
	{"arrays_are_edited_in_place", arrays_are_edited_in_place},
	{"a_patched_plan_is_the_compiled_plan", a_patched_plan_is_the_compiled_plan},
};
TAP_MAIN(cases)
