/*
 * Sets of a transaction by their names: what *policy* sends, or an honest plan of thousands of shapes of filters, must not
 * make *kernel* compare every rule with every set.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"
#include "enforcer/diff/ops.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/remote/check.h"
#include "enforcer/remote/codec.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct nft_set a_set(const char *name, uint8_t gen, uint8_t plen)
{
	struct nft_set s = {.gen = gen, .keytype = NFT_KEY_FILTER, .family = IP_V4, .has_src = true, .src_plen = plen, .key_len = 4};

	snprintf(s.name, sizeof s.name, "%s", name);
	return s;
}

static void a_set_is_found_by_name_and_generation(void)
{
	struct nft_set v[] = {a_set("d", 0, 1), a_set("b", 1, 2), a_set("b", 0, 3), a_set("c", 0, 4)};
	struct ops o = {.sets = v, .nsets = N_OF(v)};

	ops_index_sets(&o);
	for (size_t i = 0; i < N_OF(v); i++)
		ok(ops_set(&o, v[i].name, v[i].gen) == &v[i]);
	ok(!ops_set(&o, "a", 0)); /* before all, between two, behind all, the other generation */
	ok(!ops_set(&o, "bb", 0));
	ok(!ops_set(&o, "e", 0));
	ok(!ops_set(&o, "c", 1));
	free(o.by_name);
	o = (struct ops){.n = 0};
	ops_index_sets(&o);
	ok(!ops_set(&o, "a", 0));
	ops_free(&o);
}

/* One that goes stands before the one that takes its name: rules look into that one. */
static void of_two_with_one_name_the_later_counts(void)
{
	for (size_t n = 2; n < 40; n++) {
		struct ops o = {.sets = xcalloc(n, sizeof *o.sets), .nsets = n};
		for (size_t i = 0; i < n; i++)
			o.sets[i] = a_set(i % 2 ? "x" : "y", 0, (uint8_t)(i % 32));
		ops_index_sets(&o);
		ok(ops_set(&o, "x", 0) == &o.sets[(n - 1) % 2 ? n - 1 : n - 2]);
		ok(ops_set(&o, "y", 0) == &o.sets[(n - 1) % 2 ? n - 2 : n - 1]);
		ops_free(&o);
	}
}

/* --- at the bounds of the channel --------------------------------------------------------------------- */

/* n sets that come in no order, and n rules, each of which looks into another one. */
static struct ops many(size_t n)
{
	struct ops o = {.v = xcalloc(n, sizeof *o.v), .n = n, .nft_n = n, .sets = xcalloc(n, sizeof *o.sets), .nsets = n,
	    .rules = xcalloc(n, sizeof *o.rules), .nrules = n};

	for (size_t i = 0; i < n; i++) {
		char name[16];
		snprintf(name, sizeof name, "s%05zx", i * 40503 % n); /* odd, so each once */
		o.sets[i] = a_set(name, 0, 32);
		o.rules[n - 1 - i] = (struct krule){.rule = {.match = NFT_M_SET}};
		snprintf(o.rules[n - 1 - i].set, sizeof o.rules[0].set, "%s", name);
		o.v[i] = (struct op){.kind = OP_RULE_ADD, .item = (uint32_t)i};
	}
	return o;
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The quickest of a few: indexed, judged, and all rules encoded. */
static double judged(size_t n)
{
	static _Alignas(8) char msg[NFT_MSG_ROOM];
	struct ops o = many(n);
	double best = 1e9;

	for (int round = 0; round < 3; round++) {
		double from = cpu_ms();
		ops_index_sets(&o);
		ok(check_nft(&o) == NULL);
		for (size_t i = 0; i < o.n; i++)
			for (size_t at = 0; nft_encode(&o, i, &at, msg, 1);)
				;
		double took = cpu_ms() - from;
		best = took < best ? took : best;
	}
	ops_free(&o);
	return best;
}

/* Sixteen times the rules and sets: some 20 times the time, and 256 times when each is compared with each. */
static void rules_times_sets_is_not_what_it_costs(void)
{
	double few = judged(REMOTE_SETS_MAX / 16), most = judged(REMOTE_SETS_MAX);

	printf("# %d rules and sets: %.1f ms, %d: %.1f ms\n", REMOTE_SETS_MAX / 16, few, REMOTE_SETS_MAX, most);
	ok(most < 60 * few);
}

static const struct tap_case cases[] = {
    {"a set is found by name and generation", a_set_is_found_by_name_and_generation},
    {"of two with one name the later counts", of_two_with_one_name_the_later_counts},
    {"rules times sets is not what it costs", rules_times_sets_is_not_what_it_costs},
};
TAP_MAIN(cases)
