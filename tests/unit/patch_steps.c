/* Which patches there are, their one or two steps, and what becomes of a second step that fails. */
#include "common/base/mem.h"
#include "tests/unit/patch_world.h"
#include "tests/unit/tap.h"
#include "tests/unit/torn.h"

#include "common/base/banned.h"

/* Two lists of filters of two shapes, host to me: the first is of a rule that blocks, the second of one that permits. */
static void two_rules(struct world *w)
{
	static const struct endpoint me = {.kind = END_ME};

	memset(w, 0, sizeof *w);
	facts_add_addr(&w->facts, &(struct fact_addr){.ip = {.family = IP_V4, .b = {10, 0, 1, 1}}, .plen = 24});
	w->policy = (struct policy){.id = 1, .name = "P", .assigned = true, .nrules = 2, .rules = w->rules};
	w->ps = (struct policyset){.npolicies = 1, .policies = &w->policy};
	for (size_t i = 0; i < 2; i++) {
		w->actions[i].action = (uint8_t)(i ? ACTION_PERMIT : ACTION_BLOCK);
		w->lists[i] = (struct filterlist){.id = (int64_t)i + 1, .name = "L", .filters = w->filters[i], .nfilters = 4};
		w->rules[i] = (struct rule){.id = (int64_t)i + 1, .name = "R", .active = true, .filterlist = &w->lists[i],
		    .filteraction = &w->actions[i]};
		for (uint8_t k = 0; k < 4; k++) {
			struct filter *f = &w->filters[i][k];
			*f = (struct filter){.id = ++w->next_id, .description = "", .dst = me, .src = {.kind = END_NET, .plen = 32,
				.lo = {.family = IP_V4, .b = {10, 0, 7, (uint8_t)(10 * i + k)}}}};
			f->protocol = k % 2 ? PROTO_TCP : PROTO_ANY;
			f->dstport = k % 2 ? 23 : 0;
		}
	}
}

static struct filter of_host(struct world *w, uint8_t host, bool port)
{
	struct filter f = w->filters[0][port];

	f.id = ++w->next_id;
	f.src.lo.b[3] = host;
	return f;
}

/*
 * A host that is blocked as a whole is now blocked by a more specific filter: whoever looks for that before the commit and for
 * the other one after it finds neither. So they are two transactions, and in one it would leak.
 */
static void a_block_that_replaces_a_block_comes_before_that_goes(void)
{
	static struct world w;
	struct plan plan;
	struct plan_patch patch;
	struct kstate have, want, was;
	struct torn one = {0}, two = {0};
	struct err e = {0};
	struct ops ops;

	two_rules(&w);
	const struct filter_change changes[] = {{.list = 1, .gone = true, .filter = w.filters[0][0]},
	    {.list = 1, .filter = of_host(&w, 0, true)}};
	const struct fake_packet p = {.family = IP_V4, .src = {.family = IP_V4, .b = {10, 0, 7, 0}},
		.dst = {.family = IP_V4, .b = {10, 0, 1, 1}}, .protocol = PROTO_TCP, .sport = 9, .dport = 23, .iface = "eth0"};
	is_int(compile_world(&w, &plan, &e), 0);
	kstate_from_plan(&plan, &have);
	ok(plan_patch_make(&plan, &w.facts, changes, N_OF(changes), &patch) && patch.two_steps);
	plan_patch_ops(&plan, &have, &patch, &ops);
	is_int(ops.n, 3);
	is_int(ops.v[0].kind, OP_ELEMS_ADD);
	is_int(ops.v[1].kind, OP_NEXT);
	is_int(ops.v[2].kind, OP_ELEMS_DEL);
	kstate_dup(&have, &want);
	kstate_apply(&want, &ops, 0, ops.n);
	tear_packet(&have, &want, &have, &want, &p, &one);
	kstate_dup(&have, &was);
	kstate_apply(&was, &ops, 0, 1);
	tear_packet(&have, &was, &have, &want, &p, &two);
	tear_packet(&was, &want, &have, &want, &p, &two);
	is_int(two.forbidden, 2);
	is_int(two.leaked, 0);
	ok(one.leaked > 0);
	ops_free(&ops);
	plan_patch_free(&patch);
	plan_free(&plan);
	kstate_free(&have);
	kstate_free(&want);
	kstate_free(&was);
	facts_free(&w.facts);
}

/* A packet that is forbidden, and what became of it. */
struct forbidden {
	struct fake_packet p;
	const struct kstate *by;
	struct torn t;
};

static void watch(const struct kstate *before, const struct kstate *after, void *ctx)
{
	struct forbidden *f = ctx;

	tear_packet(before, after, f->by, f->by, &f->p, &f->t);
}

/* Towards a plan as the daemon goes there: by what the kernel holds. */
static void put_back(struct kernel *k, const struct plan *p, const struct kstate *want, struct forbidden *f)
{
	struct kernel_report rep;
	struct kstate now, was;
	struct err e = {0};
	struct ops ops;

	kernel_fake_fault(k, FAKE_FAULT_NONE, 0);
	is_int(kernel_scan(k, &now, &e), 0);
	is_int(plan_diff(p, &now, &ops, &e), 0);
	kstate_dup(&now, &was);
	is_int(kernel_apply(k, &ops, &now, &rep, &e), 0);
	ok(kstate_eq(&now, want) && kstate_eq(kernel_fake_state(k), want));
	ok(tear_walk(&was, &ops, &now, watch, f));
	ops_free(&ops);
	kstate_free(&now);
	kstate_free(&was);
}

/* The new block is there and the old one cannot be taken away: nothing passes, and what was in force comes back without a trace. */
static void a_second_step_that_fails_is_taken_back(void)
{
	static const enum fake_fault faults[] = {FAKE_FAULT_REFUSE, FAKE_FAULT_LOSE, FAKE_FAULT_DIE};
	static struct world w;
	struct plan plan;
	struct plan_patch patch;
	struct kstate old, have;
	struct err e = {0};
	struct ops ops;
	struct forbidden f = {.by = &old, .p = {.family = IP_V4, .src = {.family = IP_V4, .b = {10, 0, 7, 0}},
	    .dst = {.family = IP_V4, .b = {10, 0, 1, 1}}, .protocol = PROTO_TCP, .sport = 9, .dport = 23, .iface = "eth0"}};

	two_rules(&w);
	const struct filter_change changes[] = {{.list = 1, .gone = true, .filter = w.filters[0][0]},
	    {.list = 1, .filter = of_host(&w, 0, true)}};
	is_int(compile_world(&w, &plan, &e), 0);
	kstate_from_plan(&plan, &old);
	ok(plan_patch_make(&plan, &w.facts, changes, N_OF(changes), &patch) && patch.two_steps);
	for (size_t i = 0; i < N_OF(faults); i++) {
		struct kernel *k = kernel_fake_open();
		struct kernel_report rep;

		kernel_fake_set(k, &old);
		kstate_dup(&old, &have);
		plan_patch_ops(&plan, &have, &patch, &ops);
		kernel_fake_fault(k, faults[i], ops_transaction(&ops, 0));
		is_int(kernel_apply(k, &ops, &have, &rep, &e), -1);
		is_int(rep.nft_ops, 1); /* half of it is there: the daemon puts back what was in force */
		is_int(rep.rescan, faults[i] == FAKE_FAULT_LOSE);
		ok(tear_walk(&old, &ops, kernel_fake_state(k), watch, &f));
		put_back(k, &plan, &old, &f);
		is_int(kernel_fake_state(k)->nsets, old.nsets);
		ops_free(&ops);
		kstate_free(&have);
		kernel_close(k);
	}
	ok(f.t.forbidden >= 2 * N_OF(faults));
	is_int(f.t.leaked, 0);
	plan_patch_free(&patch);
	plan_free(&plan);
	kstate_free(&old);
	facts_free(&w.facts);
}

/* Blocks and permits that come together, or go together, are no patch; one of each that changes places is, in one step. */
static void blocks_and_permits_do_not_come_together(void)
{
	static const struct {
		bool gone[2], local, two_steps; /* of a block, of a permit */
	} rows[] = {{{false, false}, false, false}, {{true, true}, false, false}, {{false, true}, true, false},
	    {{true, false}, true, false}};
	static struct world w;
	struct err e = {0};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct filter_change changes[2];
		struct plan_patch patch;
		struct plan plan;
		two_rules(&w);
		for (size_t k = 0; k < 2; k++)
			changes[k] = (struct filter_change){.list = (int64_t)k + 1, .gone = rows[i].gone[k],
			    .filter = rows[i].gone[k] ? w.filters[k][0] : of_host(&w, (uint8_t)(100 + k), false)};
		is_int(compile_world(&w, &plan, &e), 0);
		is_int(plan_patch_make(&plan, &w.facts, changes, 2, &patch), rows[i].local);
		is_int(patch.two_steps, rows[i].two_steps);
		plan_patch_free(&patch);
		plan_free(&plan);
		facts_free(&w.facts);
	}
}

/* A set that was exchanged once has its other name: a patch finds it. */
static void a_patch_finds_a_set_by_either_name(void)
{
	static struct world w;
	struct plan plan;
	struct plan_patch patch;
	struct kstate have;
	struct err e = {0};
	struct ops ops;

	two_rules(&w);
	const struct filter_change change = {.list = 1, .filter = of_host(&w, 100, false)};
	is_int(compile_world(&w, &plan, &e), 0);
	kstate_from_plan(&plan, &have);
	for (size_t i = 0; i < have.nsets; i++)
		have.sets[i].def.gen = 1;
	ok(plan_patch_make(&plan, &w.facts, &change, 1, &patch));
	plan_patch_ops(&plan, &have, &patch, &ops);
	is_int(ops.n, 1);
	is_int(ops.sets[ops.v[0].item].gen, 1);
	ops_free(&ops);
	plan_patch_free(&patch);
	plan_free(&plan);
	kstate_free(&have);
	facts_free(&w.facts);
}

static const struct tap_case cases[] = {
	{"a_block_that_replaces_a_block_comes_before_that_goes", a_block_that_replaces_a_block_comes_before_that_goes},
	{"a_second_step_that_fails_is_taken_back", a_second_step_that_fails_is_taken_back},
	{"blocks_and_permits_do_not_come_together", blocks_and_permits_do_not_come_together},
	{"a_patch_finds_a_set_by_either_name", a_patch_finds_a_set_by_either_name},
};
TAP_MAIN(cases)
