/*
 * Transactions as packets see them: one that is under way while a transaction is committed, and what is there when a change stops
 * between its two transactions, by an end of the program, a refusal or an answer that gets lost.
 */
#include "enforcer/diff/ops.h"
#include "enforcer/kernel/kernel.h"
#include "tests/unit/kernel_packets.h"
#include "tests/unit/tap.h"
#include "tests/unit/torn.h"

#include "common/base/banned.h"

enum { PAIRS = 300 };

static struct rule rules[] = {{.id = 1, .name = "One"}, {.id = 7, .name = "Seven"}};
static struct policy policy = {.name = "P", .rules = rules, .nrules = N_OF(rules)};

/* All packets, in the rules of `before` when `after` comes, at each moment; `a` and `b`: from where to where it goes. */
static void tear(const struct kstate *before, const struct kstate *after, const struct kstate *a, const struct kstate *b,
    struct torn *t)
{
	const struct fake_packet *packets;
	size_t n = all_packets(&packets);

	for (size_t i = 0; i < n; i++)
		tear_packet(before, after, a, b, &packets[i], t);
}

/* nftables alone, since the transactions of nftables are what is torn. */
static void random_nft(struct plan *p, struct kstate *s, struct tp_rng *rng)
{
	plan_random(p, &policy, rng);
	p->nxfrm = 0;
	kstate_from_plan(p, s);
}

static void random_state(struct kstate *s, struct tp_rng *rng)
{
	struct plan p;

	random_nft(&p, s, rng);
	plan_free(&p);
}

/* `now` goes to `b`, in as many transactions as it takes. */
static void walk_torn(struct kstate *now, const struct kstate *b, struct torn *t)
{
	struct kstate a, after;
	struct ops o;

	kstate_dup(now, &a);
	kstate_diff(b, now, &o);
	for (size_t j = 0, n; (n = ops_transaction(&o, j)) > 0; j += n) {
		kstate_dup(now, &after);
		kstate_apply(&after, &o, j, n);
		tear(now, &after, &a, b, t);
		kstate_free(now);
		*now = after;
	}
	ok(kstate_eq(now, b));
	ops_free(&o);
	kstate_free(&a);
}

/* Over a chain of policies, so that sets have either name, and sometimes without one: the table comes and goes. */
static void no_packet_is_torn_between_two_policies(void)
{
	struct tp_rng rng = {35};
	struct torn t = {0}, careless = {0};
	struct kstate now, none = {0};

	random_state(&now, &rng);
	for (int i = 0; i < PAIRS / 4; i++) {
		struct kstate b;
		random_state(&b, &rng);
		if (now.table == KTABLE_OURS)
			tear(&now, &b, &now, &b, &careless); /* as if the elements were exchanged in place */
		walk_torn(&now, i % 5 == 4 ? &none : &b, &t);
		kstate_free(&b);
	}
	kstate_free(&now);
	is_int(t.leaked, 0);
	is_int(t.lost, 0);
	printf("# %zu forbidden, %zu permitted, %zu torn; in place %zu would leak, %zu be lost\n", t.forbidden, t.permitted, t.torn, careless.leaked, careless.lost);
	ok(t.forbidden > 3000 && t.permitted > 10000 && t.torn > 50000);
	ok(careless.leaked > 0 && careless.lost > 0); /* the property can fail */
}

/* The program ended between the two transactions: the old sets are there still, and what is wanted is another plan already. */
static void what_an_end_between_two_transactions_leaves_is_removed(void)
{
	struct tp_rng rng = {36};
	struct torn t = {0};
	size_t left = 0;

	for (int i = 0; i < PAIRS / 4; i++) {
		struct kstate now, b, c;
		struct ops o;
		random_state(&now, &rng);
		random_state(&b, &rng);
		random_state(&c, &rng);
		kstate_diff(&b, &now, &o);
		kstate_apply(&now, &o, 0, ops_transaction(&o, 0));
		left += now.nsets > b.nsets;
		walk_torn(&now, i % 2 ? &b : &c, &t);
		ops_free(&o);
		kstate_free(&now);
		kstate_free(&b);
		kstate_free(&c);
	}
	ok(left > 10);
	is_int(t.leaked, 0);
	is_int(t.lost, 0);
}

/* --- a second transaction that fails ------------------------------------------------------------------------------ */

/* Of a set there are never more than its two names, so that nothing piles up, and none twice. */
static bool is_tidy(const struct kstate *s)
{
	for (size_t i = 0; i < s->nsets; i++)
		for (size_t k = 0; k < s->nsets; k++)
			if (s->sets[k].def.gen >= KSET_GENS || (k != i && strcmp(s->sets[i].def.name, s->sets[k].def.name) == 0 && s->sets[i].def.gen == s->sets[k].def.gen))
				return false;
	return true;
}

/* A policy that is left, and one that is wanted; the fake kernel goes from wherever it is to the latter. */
struct change {
	struct kernel *k;
	const struct plan *to;
	const struct kstate *a, *b; /* what is forbidden by both must never pass, what is permitted by both always */
	struct torn *torn;
};

static void watch(const struct kstate *before, const struct kstate *after, void *ctx)
{
	const struct change *c = ctx;

	tear(before, after, c->a, c->b, c->torn);
}

/* What the daemon does: look, compare, apply. The fault hits the second transaction; false: there is none, and it succeeded. */
static bool attempt(struct change *c, enum fake_fault fault)
{
	struct kernel_report rep;
	struct kstate now, began;
	struct err e = {0};
	struct ops o;
	size_t first;
	bool hit;

	kernel_fake_fault(c->k, FAKE_FAULT_NONE, 0);
	is_int(kernel_scan(c->k, &now, &e), 0);
	kstate_dup(&now, &began);
	is_int(plan_diff(c->to, &now, &o, &e), 0);
	first = ops_transaction(&o, 0);
	hit = fault != FAKE_FAULT_NONE && first < o.n;
	kernel_fake_fault(c->k, hit ? fault : FAKE_FAULT_NONE, first);
	is_int(kernel_apply(c->k, &o, &now, &rep, &e), hit ? -1 : 0);
	if (hit) {
		is_int(e.id, KERNEL_REFUSED);
		is_int(rep.nft_ops, first); /* so the caller knows that it is half-way */
		is_int(rep.rescan, fault == FAKE_FAULT_LOSE);
	}
	if (!rep.rescan)
		ok(kstate_eq(&now, kernel_fake_state(c->k)));
	ok(tear_walk(&began, &o, kernel_fake_state(c->k), watch, c));
	ok(is_tidy(kernel_fake_state(c->k)));
	ops_free(&o);
	kstate_free(&now);
	kstate_free(&began);
	return hit;
}

/*
 * From one policy towards another, over a chain of them: the second transaction fails, some times one after the other. Then what
 * was in force is put back, as the daemon does, or what was wanted is tried again; that may fail likewise.
 */
static void fails_and_converges(enum fake_fault fault, uint64_t seed)
{
	struct tp_rng rng = {seed};
	struct torn t = {0};
	struct kernel *k = kernel_fake_open();
	struct plan p;
	struct kstate a;
	size_t failed = 0;

	random_nft(&p, &a, &rng);
	kernel_fake_set(k, &a);
	for (int i = 0; i < PAIRS / 4; i++) {
		struct plan q;
		struct kstate b;
		random_nft(&q, &b, &rng);
		struct change there = {k, &q, &a, &b, &t}, back = {k, &p, &a, &b, &t};
		for (int tries = i % 4; tries > 0; tries--) {
			failed += attempt(&there, fault);
			failed += attempt(&back, tries % 2 ? fault : FAKE_FAULT_NONE);
		}
		failed += attempt(&there, i % 2 ? fault : FAKE_FAULT_NONE);
		ok(!attempt(&there, FAKE_FAULT_NONE));
		ok(kstate_eq(kernel_fake_state(k), &b));
		is_int(kernel_fake_state(k)->nsets, b.nsets);
		plan_free(&p);
		kstate_free(&a);
		p = q;
		a = b;
	}
	printf("# %zu failed; %zu forbidden, %zu permitted, %zu torn\n", failed, t.forbidden, t.permitted, t.torn);
	ok(failed > 50 && t.forbidden > 3000 && t.permitted > 10000);
	is_int(t.leaked, 0);
	is_int(t.lost, 0);
	plan_free(&p);
	kstate_free(&a);
	kernel_close(k);
}

static void a_second_transaction_that_is_refused_opens_nothing_and_leaves_nothing(void)
{
	fails_and_converges(FAKE_FAULT_REFUSE, 51);
}

static void nor_does_one_whose_answer_is_lost(void)
{
	fails_and_converges(FAKE_FAULT_LOSE, 52);
}

static void nor_does_one_before_which_the_program_ends(void)
{
	fails_and_converges(FAKE_FAULT_DIE, 53);
}

static const struct tap_case cases[] = {
    {"no packet is torn between two policies", no_packet_is_torn_between_two_policies},
    {"what an end between two transactions leaves is removed", what_an_end_between_two_transactions_leaves_is_removed},
    {"a second transaction that is refused opens nothing and leaves nothing",
	a_second_transaction_that_is_refused_opens_nothing_and_leaves_nothing},
    {"nor does one whose answer is lost", nor_does_one_whose_answer_is_lost},
    {"nor does one before which the program ends", nor_does_one_before_which_the_program_ends},
};
TAP_MAIN(cases)
