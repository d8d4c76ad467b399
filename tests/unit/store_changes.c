/* store_filter_changes(): a snapshot and the changes since are the next snapshot. */
#include "tests/unit/store_util.h"

#include "store/internal.h"
#include "common/base/banned.h"

enum { LISTS = 3 };

static char *dir;
static struct store *st;
static struct filterlist lists[LISTS];
static int64_t ids[LISTS];

static void set_up(void)
{
	dir = dir_new();
	st = open_or_die(dir, STORE_RW);
	for (int i = 0; i < LISTS; i++) {
		lists[i] = a_list((const char *const[]){"A", "B", "C"}[i]);
		works(store_filterlist_add(st, &lists[i], &e));
		ids[i] = lists[i].id;
	}
}

static void tear_down(void)
{
	store_close(st);
	dir_free(dir);
}

static struct policyset *snapshot(void)
{
	struct err e = {0};
	struct policyset *ps = store_snapshot(st, &e);

	if (!ps)
		printf("Bail out! %s\n", e.text);
	return ps;
}

static int64_t add(int list, uint32_t n)
{
	struct filter f = a_filter(n);
	bool added;

	works(store_filter_add(st, ids[list], &f, &added, &e));
	return added ? f.id : 0;
}

static void del(int list, int64_t id)
{
	works(store_filter_delete(st, ids[list], &id, 1, &e));
}

static void changes_since(const struct policyset *ps, struct arena *a, struct filter_changes *c)
{
	works(store_filter_changes(st, ps->counter, ps->next_filter, ids, LISTS, a, c, &e));
}

static void nothing_happened(void)
{
	struct arena a = {0};
	struct filter_changes c;

	set_up();
	struct policyset *ps = snapshot();
	changes_since(ps, &a, &c);
	ok(!c.whole);
	is_int(c.n, 0);
	is_int(c.counter, ps->counter);
	policyset_free(ps);
	arena_free(&a);
	tear_down();
}

static void filters_that_came_and_went_are_told(void)
{
	struct arena a = {0};
	struct filter_changes c;

	set_up();
	int64_t old = add(0, 1);
	add(0, 2);
	struct policyset *ps = snapshot();
	del(0, old);
	int64_t new = add(1, 3);
	del(1, add(1, 4)); /* never known to the reader */
	changes_since(ps, &a, &c);
	ok(!c.whole);
	is_int(c.n, 2);
	if (c.n == 2) {
		ok(c.v[0].gone && c.v[0].list == ids[0] && c.v[0].filter.id == old);
		is_int(c.v[0].filter.dst.lo.b[3], 1);
		ok(!c.v[1].gone && c.v[1].list == ids[1] && c.v[1].filter.id == new);
	}
	is_int(c.counter, counter_of(st));
	policyset_free(ps);
	arena_free(&a);
	tear_down();
}

static void only_lists_that_matter(void)
{
	struct arena a = {0};
	struct filter_changes c;

	set_up();
	int64_t old = add(2, 1);
	struct policyset *ps = snapshot();
	del(2, old);
	add(2, 2);
	add(0, 3);
	works(store_filter_changes(st, ps->counter, ps->next_filter, ids, 2, &a, &c, &e));
	is_int(c.n, 1);
	policyset_free(ps);
	arena_free(&a);
	tear_down();
}

static void anything_else_asks_for_a_snapshot(void)
{
	struct arena a = {0};
	struct filter_changes c;
	struct policy p = a_policy("P");
	struct rule def = a_default_rule();

	set_up();
	struct policyset *ps = snapshot();
	add(0, 1);
	works(store_policy_add(st, &p, &def, &e));
	add(0, 2);
	changes_since(ps, &a, &c);
	ok(c.whole);
	is_int(c.n, 0);
	policyset_free(ps);
	ps = snapshot();
	p.description = "changed";
	works(store_policy_put(st, &p, &e));
	changes_since(ps, &a, &c);
	ok(c.whole);
	policyset_free(ps);
	arena_free(&a);
	tear_down();
}

static void what_is_undone_is_no_change(void)
{
	struct arena a = {0};
	struct filter_changes c;

	set_up();
	int64_t old = add(0, 1);
	struct policyset *ps = snapshot();
	works(store_cmd_begin(st, &e));
	del(0, old);
	add(0, 2);
	works(store_cmd_end(st, false, &e));
	add(0, 3);
	changes_since(ps, &a, &c);
	ok(!c.whole);
	is_int(c.n, 1);
	policyset_free(ps);
	arena_free(&a);
	tear_down();
}

/* Deleting much at once, or being away for long, leads to a snapshot; the memory of it stays small. */
static void the_memory_is_bounded(void)
{
	struct arena a = {0};
	struct filter_changes c;
	int64_t v[2 * STORE_GONE_MAX];

	set_up();
	works(store_group_begin(st, &e));
	for (uint32_t i = 0; i < N_OF(v); i++)
		v[i] = add(0, i);
	works(store_group_end(st, &e));
	struct policyset *ps = snapshot();
	works(store_filter_delete(st, ids[0], v, N_OF(v), &e));
	changes_since(ps, &a, &c);
	ok(c.whole);
	policyset_free(ps);
	ps = snapshot();
	for (uint32_t i = 0; i <= STORE_GONE_KEPT; i++)
		del(0, add(0, i));
	changes_since(ps, &a, &c);
	ok(c.whole);
	policyset_free(ps);
	arena_free(&a);
	tear_down();
}

/* --- property: old filters - gone + new = new filters --------------------------------------------- */

static uint32_t seed = 1;

static uint32_t draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static bool holds(const struct filterlist *l, int64_t id)
{
	for (size_t i = 0; i < l->nfilters; i++)
		if (l->filters[i].id == id)
			return true;
	return false;
}

static const struct filterlist *list_of(const struct policyset *ps, int64_t id)
{
	for (size_t i = 0; i < ps->nfilterlists; i++)
		if (ps->filterlists[i].id == id)
			return &ps->filterlists[i];
	return NULL;
}

static void compare(const struct policyset *was, const struct policyset *is, const struct filter_changes *c)
{
	size_t balance = 0, have = 0;

	for (int i = 0; i < LISTS; i++) {
		balance += list_of(was, ids[i])->nfilters;
		have += list_of(is, ids[i])->nfilters;
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct filter_change *v = &c->v[i];
		balance += v->gone ? (size_t)-1 : 1;
		ok(holds(list_of(v->gone ? was : is, v->list), v->filter.id));
		ok(!holds(list_of(v->gone ? is : was, v->list), v->filter.id));
	}
	is_int(balance, have);
	is_int(c->counter, is->counter);
	is_int(c->next_filter, is->next_filter);
}

static void one_change(struct policyset *ps)
{
	int list = (int)draw(LISTS);
	const struct filterlist *l = list_of(ps, ids[list]);

	if (draw(3) && l->nfilters)
		del(list, l->filters[draw((uint32_t)l->nfilters)].id);
	else
		add(list, draw(40));
}

static void changes_lead_from_snapshot_to_snapshot(void)
{
	set_up();
	for (int round = 0; round < 60; round++) {
		struct arena a = {0};
		struct filter_changes c;
		struct policyset *was = snapshot();
		bool group = draw(2);
		if (group)
			works(store_group_begin(st, &e));
		for (uint32_t n = draw(12); n > 0; n--)
			one_change(was);
		if (group)
			works(store_group_end(st, &e));
		struct policyset *is = snapshot();
		changes_since(was, &a, &c);
		ok(!c.whole);
		compare(was, is, &c);
		policyset_free(was);
		policyset_free(is);
		arena_free(&a);
	}
	tear_down();
}

static const struct tap_case cases[] = {
	{"nothing_happened", nothing_happened},
	{"filters_that_came_and_went_are_told", filters_that_came_and_went_are_told},
	{"only_lists_that_matter", only_lists_that_matter},
	{"anything_else_asks_for_a_snapshot", anything_else_asks_for_a_snapshot},
	{"what_is_undone_is_no_change", what_is_undone_is_no_change},
	{"the_memory_is_bounded", the_memory_is_bounded},
	{"changes_lead_from_snapshot_to_snapshot", changes_lead_from_snapshot_to_snapshot},
};
TAP_MAIN(cases)
