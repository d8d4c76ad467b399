/*
 * The whole store as one immutable value: one read transaction, one arena. Filters come in one scan of
 * their table, which is in the order of lists, into arrays whose size the list heads already know.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

/* Lists and actions by id, for the rules and filters that refer to them. */
struct index {
	struct store *st;
	struct filterlist **lists;
	struct filteraction **actions;
	size_t nlists, nactions;
};

static int list_by_id(const void *a, const void *b)
{
	int64_t x = (*(struct filterlist *const *)a)->id, y = (*(struct filterlist *const *)b)->id;

	return (x > y) - (x < y);
}

static int action_by_id(const void *a, const void *b)
{
	int64_t x = (*(struct filteraction *const *)a)->id, y = (*(struct filteraction *const *)b)->id;

	return (x > y) - (x < y);
}

static void index_make(struct index *x, struct store *st, struct policyset *ps)
{
	x->st = st;
	x->nlists = ps->nfilterlists;
	x->nactions = ps->nfilteractions;
	x->lists = xcalloc(x->nlists + 1, sizeof *x->lists);
	x->actions = xcalloc(x->nactions + 1, sizeof *x->actions);
	for (size_t i = 0; i < x->nlists; i++)
		x->lists[i] = &ps->filterlists[i];
	for (size_t i = 0; i < x->nactions; i++)
		x->actions[i] = &ps->filteractions[i];
	qsort(x->lists, x->nlists, sizeof *x->lists, list_by_id);
	qsort(x->actions, x->nactions, sizeof *x->actions, action_by_id);
}

static void index_free(struct index *x)
{
	free(x->lists);
	free(x->actions);
}

static int resolve(void *ctx, int64_t list, int64_t action, struct rule *r, struct err *e)
{
	const struct index *x = ctx;
	const struct filterlist lkey = {.id = list}, *lk = &lkey;
	const struct filteraction akey = {.id = action}, *ak = &akey;

	struct filterlist **l = bsearch(&lk, x->lists, x->nlists, sizeof *x->lists, list_by_id);
	struct filteraction **a = bsearch(&ak, x->actions, x->nactions, sizeof *x->actions, action_by_id);
	if (!l || !a)
		return err_set(e, STORE_DAMAGED, x->st->h.path, "a rule refers to nothing");
	r->filterlist = *l;
	r->filteraction = *a;
	return 0;
}

/* Reads the next row of the scan into the list that it belongs to; *at is where the scan stands. */
static int place_filter(struct q *q, const struct index *x, struct arena *a, size_t *at, size_t *used,
    struct err *e)
{
	struct filter f = {0};
	int64_t list;

	if (row_to_filter(q, a, &list, &f, e) < 0)
		return -1;
	for (; *at < x->nlists && x->lists[*at]->id < list; (*at)++)
		*used = 0;
	struct filterlist *l = *at < x->nlists ? x->lists[*at] : NULL;
	if (!l || l->id != list || *used == l->nfilters)
		return err_set(e, STORE_DAMAGED, x->st->h.path, "a filter belongs to no list");
	l->filters[(*used)++] = f;
	return 0;
}

static int load_filters(struct store *st, struct policyset *ps, const struct index *x, struct err *e)
{
	size_t at = 0, used = 0;
	struct q q;
	int rc;

	for (size_t i = 0; i < ps->nfilterlists; i++) {
		struct filterlist *l = &ps->filterlists[i];
		l->filters = arena_array(&ps->arena, l->nfilters, sizeof *l->filters);
	}
	if (q_use(&q, st, &st->h, SQL_FILTER_ALL, e) < 0)
		return -1;
	while ((rc = q_step(&q, e)) > 0)
		if (place_filter(&q, x, &ps->arena, &at, &used, e) < 0) {
			rc = -1;
			break;
		}
	q_done(&q);
	return rc;
}

static int load(struct store *st, struct policyset *ps, struct err *e)
{
	struct index x = {0};
	struct rule_refs refs = {resolve, &x};
	struct arena *a = &ps->arena;

	if (store_counter(st, &ps->counter, e) < 0 || settings_load(st, &ps->settings, e) < 0 ||
	    read_meta(st, SQL_NEXT_FILTER, &ps->next_filter, e) < 0 ||
	    store_policy_list(st, a, &ps->policies, &ps->npolicies, e) < 0 ||
	    store_filterlist_list(st, a, &ps->filterlists, &ps->nfilterlists, e) < 0 ||
	    store_filteraction_list(st, a, &ps->filteractions, &ps->nfilteractions, e) < 0)
		return -1;
	index_make(&x, st, ps);
	int rc = load_filters(st, ps, &x, e);
	for (size_t i = 0; i < ps->npolicies && rc == 0; i++) {
		struct policy *p = &ps->policies[i];
		rc = rules_load(st, p->id, a, &refs, &p->rules, &p->nrules, e);
	}
	index_free(&x);
	return rc;
}

struct policyset *store_snapshot(struct store *st, struct err *e)
{
	if (read_begin(st, e) < 0)
		return NULL;
	struct policyset *ps = xcalloc(1, sizeof *ps);
	int rc = load(st, ps, e);
	read_end(st);
	if (rc == 0)
		return ps;
	policyset_free(ps);
	return NULL;
}
