/*
 * Which filters came and went since a snapshot: the enforcer's way to follow a list of a hundred thousand
 * without reading it again. New filters are known by their ids, which only grow; deleted ones lie in
 * filter_gone for a while. Everything else that can change is a reason for a whole snapshot.
 */
#include <string.h>

#include "store/internal.h"
#include "common/base/banned.h"

enum { CHANGES_MAX = 1024 }; /* more than these are told faster by a snapshot */

struct collect {
	struct filter_changes *out;
	struct arena *a;
	const int64_t *lists;
	size_t nlists, cap;
	int64_t next_filter;
};

static bool wanted(const struct collect *c, int64_t list)
{
	for (size_t i = 0; i < c->nlists; i++)
		if (c->lists[i] == list)
			return true;
	return false;
}

static void collect(struct collect *c, const struct filter_change *change)
{
	struct filter_changes *out = c->out;

	if (out->n == CHANGES_MAX) {
		out->whole = true;
		return;
	}
	if (out->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 8;
		struct filter_change *v = arena_array(c->a, c->cap, sizeof *v);
		if (out->n)
			memcpy(v, out->v, out->n * sizeof *v);
		out->v = v;
	}
	out->v[out->n++] = *change;
}

static int collect_rows(struct q *q, struct collect *c, bool gone, struct err *e)
{
	struct filter_change change = {.gone = gone};
	int row = 0;

	while (!c->out->whole && (row = q_step(q, e)) > 0) {
		if (row_to_filter(q, c->a, &change.list, &change.filter, e) < 0) {
			row = -1;
			break;
		}
		/* What came and went since then was never known. */
		if (wanted(c, change.list) && !(gone && change.filter.id >= c->next_filter))
			collect(c, &change);
	}
	q_done(q);
	return row < 0 ? -1 : 0;
}

static int collect_gone(struct store *st, struct collect *c, uint64_t counter, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_FILTER_GONE, e) < 0)
		return -1;
	q_put_int(&q, (int64_t)counter);
	return collect_rows(&q, c, true, e);
}

static int collect_new(struct store *st, struct collect *c, struct err *e)
{
	for (size_t i = 0; i < c->nlists && !c->out->whole; i++) {
		struct q q;
		if (q_use(&q, st, &st->h, SQL_FILTER_NEW, e) < 0)
			return -1;
		q_put_int(&q, c->lists[i]);
		q_put_int(&q, c->next_filter);
		if (collect_rows(&q, c, false, e) < 0)
			return -1;
	}
	return 0;
}

static int changes(struct store *st, struct collect *c, uint64_t counter, struct err *e)
{
	int64_t structure, gone_after;

	if (store_counter(st, &c->out->counter, e) < 0 ||
	    read_meta(st, SQL_NEXT_FILTER, &c->out->next_filter, e) < 0 ||
	    read_meta(st, SQL_STRUCTURE, &structure, e) < 0 ||
	    read_meta(st, SQL_GONE_AFTER, &gone_after, e) < 0)
		return -1;
	c->out->whole = (uint64_t)structure > counter || (uint64_t)gone_after > counter ||
	    c->out->counter < counter;
	if (c->out->whole || c->out->counter == counter)
		return 0;
	return collect_gone(st, c, counter, e) < 0 ? -1 : collect_new(st, c, e);
}

int store_filter_changes(struct store *st, uint64_t counter, int64_t next_filter, const int64_t *lists,
    size_t nlists, struct arena *a, struct filter_changes *out, struct err *e)
{
	struct collect c = {.out = out, .a = a, .lists = lists, .nlists = nlists, .next_filter = next_filter};

	*out = (struct filter_changes){0};
	if (read_begin(st, e) < 0)
		return -1;
	int rc = changes(st, &c, counter, e);
	read_end(st);
	if (out->whole)
		out->n = 0;
	return rc;
}
