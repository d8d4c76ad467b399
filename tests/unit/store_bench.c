/* How fast the store is: one line a figure. Not a test: nothing here passes or fails. */
#include "tests/unit/store_util.h"

#include <time.h>

#include "common/base/banned.h"

enum { N_FILTERS = 100000, N_COUNTERS = 100000, N_COMMANDS = 200 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_filters(struct store *st, int64_t list, bool commands)
{
	struct err err = {0};
	bool added;

	double t = now();
	works(store_group_begin(st, &e));
	for (uint32_t i = 0; i < N_FILTERS; i++) {
		struct filter f = a_filter(i * 7919 % (1 << 24));
		if (commands)
			store_cmd_begin(st, &err);
		if (store_filter_add(st, list, &f, &added, &err) < 0 || !added)
			printf("# %s\n", err.text);
		if (commands)
			store_cmd_end(st, true, &err);
	}
	works(store_group_end(st, &e));
	t = now() - t;
	printf("%d filters in a group%s: %.3f s, %.0f a second\n", N_FILTERS,
	    commands ? ", a command each" : "", t, N_FILTERS / t);
}

static int count(void *ctx, const struct filter *f, struct err *e)
{
	(void)f, (void)e;
	++*(size_t *)ctx;
	return 0;
}

int main(void)
{
	char *dir = dir_new();
	struct filterlist l = a_list("L"), m = a_list("M"), *lists;
	struct arena a = {0};
	struct err err = {0};
	size_t n = 0;

	double t = now();
	struct store *st = open_or_die(dir, STORE_RW);
	printf("making a store: %.1f ms\n", (now() - t) * 1e3);
	works(store_filterlist_add(st, &l, &e));
	works(store_filterlist_add(st, &m, &e));
	add_filters(st, l.id, true);
	add_filters(st, m.id, false);
	works(store_filterlist_delete(st, m.id, &e));
	t = now();
	struct policyset *ps = store_snapshot(st, &err);
	printf("snapshot of %zu filters: %.3f s, %.1f MB\n", ps->filterlists[0].nfilters, now() - t,
	    (double)ps->arena.used_bytes / 1e6);
	policyset_free(ps);
	t = now();
	works(store_filter_each(st, l.id, count, &n, &e));
	printf("walking %zu filters: %.3f s\n", n, now() - t);
	t = now();
	works(store_filterlist_list(st, &a, &lists, &n, &e));
	printf("heads of all lists: %.1f ms\n", (now() - t) * 1e3);
	t = now();
	for (int i = 0; i < N_COMMANDS; i++) {
		l.description = i & 1 ? "x" : "y";
		works(store_filterlist_put(st, &l, &e));
	}
	printf("a durable command: %.3f ms\n", (now() - t) * 1e3 / N_COMMANDS);
	struct store *ro = open_or_die(dir, STORE_READ_ONLY);
	t = now();
	for (int i = 0; i < N_COUNTERS; i++)
		counter_of(ro);
	printf("store_counter, read-only: %.2f us\n", (now() - t) * 1e6 / N_COUNTERS);
	store_close(ro);
	store_close(st);
	t = now();
	st = open_or_die(dir, STORE_RW);
	printf("opening: %.2f ms\n", (now() - t) * 1e3);
	store_close(st);
	arena_free(&a);
	dir_free(dir);
	return 0;
}
