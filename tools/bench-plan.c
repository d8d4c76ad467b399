/*
 * Times the enforcer's own work on a policy of N block filters, each for another address (`make bench`):
 * compile, compare with an empty kernel, apply as one transaction. Runs in a network namespace of its
 * caller's making, as root. Prints "compile_us diff_us apply_us elements", the best of several runs.
 *
 *   bench-plan N RUNS
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"
#include "enforcer/kernel/kernel.h"

#include "common/base/banned.h"

enum { FILTERS_MAX = 1000000, STEPS = 3 };

struct timing {
	long long us[STEPS];
	size_t elements;
};

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* "block 10.x.y.z -> me, TCP 23", mirrored; addresses scattered, as those of a ban list are. */
static void make_filters(struct filter *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t a = (uint32_t)(i * 2654435761u) & 0xffffff;
		struct ip ip = { IP_V4, { 10, (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a } };

		f[i] = (struct filter){
			.id = (int64_t)i + 1,
			.description = "",
			.src = { .kind = END_NET, .plen = 32, .lo = ip, .hi = ip },
			.dst = { .kind = END_ME },
			.protocol = PROTO_TCP,
			.dstport = 23,
			.mirrored = true,
		};
	}
}

/* One round: everything from the policy to the kernel, which is left empty again. */
static int round_trip(struct kernel *k, const struct policyset *ps, struct timing *t, struct err *e)
{
	struct facts facts = { 0 };
	struct plan plan = { 0 }, none = { 0 };
	struct ops ops = { 0 }, undo = { 0 };
	struct kstate state = { 0 };
	struct kernel_report report = { 0 };
	long long start, compiled = 0, compared = 0;
	int r = kernel_scan(k, &state, e);

	start = now_us();
	if (r == 0)
		r = plan_compile(ps, &facts, &plan, e);
	compiled = now_us();
	if (r == 0)
		r = plan_diff(&plan, &state, &ops, e);
	compared = now_us();
	if (r == 0)
		r = kernel_apply(k, &ops, &state, &report, e);
	*t = (struct timing){ { compiled - start, compared - compiled, now_us() - compared }, plan.nelems };
	if (r == 0)
		r = plan_diff(&none, &state, &undo, e);
	if (r == 0)
		r = kernel_apply(k, &undo, &state, &report, e);
	ops_free(&undo);
	ops_free(&ops);
	plan_free(&plan);
	kstate_free(&state);
	return r;
}

static int best_of(const struct policyset *ps, long runs, struct timing *best, struct err *e)
{
	struct kernel *k = kernel_netlink_open(e);
	int r = k ? 0 : -1;

	for (long i = 0; i < runs && r == 0; i++) {
		struct timing t;

		r = round_trip(k, ps, &t, e);
		for (size_t s = 0; s < STEPS; s++)
			if (i == 0 || t.us[s] < best->us[s])
				best->us[s] = t.us[s];
		best->elements = t.elements;
	}
	kernel_close(k);
	return r;
}

int main(int argc, char **argv)
{
	long n = argc == 3 ? strtol(argv[1], NULL, 10) : 0, runs = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	struct filterlist list = { .id = 1, .name = "list", .description = "" };
	struct filteraction action = { .id = 1, .name = "block", .description = "", .action = ACTION_BLOCK };
	struct rule rule = { .id = 1, .name = "rule", .description = "", .active = true,
		.filterlist = &list, .filteraction = &action };
	struct policy policy = { .id = 1, .name = "bench", .description = "", .assigned = true,
		.nrules = 1, .rules = &rule };
	struct policyset ps = { .counter = 1, .npolicies = 1, .nfilterlists = 1, .nfilteractions = 1,
		.policies = &policy, .filterlists = &list, .filteractions = &action };
	struct timing best = { 0 };
	struct err e = { 0 };
	int r;

	if (n < 1 || n > FILTERS_MAX || runs < 1) {
		fputs("usage: bench-plan FILTERS RUNS\n", stderr);
		return 2;
	}
	list.filters = xcalloc((size_t)n, sizeof *list.filters);
	list.nfilters = (size_t)n;
	make_filters(list.filters, (size_t)n);
	r = best_of(&ps, runs, &best, &e);
	if (r == 0)
		printf("%lld %lld %lld %zu\n", best.us[0], best.us[1], best.us[2], best.elements);
	else
		fprintf(stderr, "bench-plan: %s\n", e.text);
	free(list.filters);
	return r != 0;
}
