/* Filter lists without their filters. The number of filters is counted, not kept. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

/* id, LIST_COLS, count of filters */
static void row_to_list(struct q *q, struct arena *a, struct filterlist *l)
{
	*l = (struct filterlist){.id = q_int(q)};
	l->guid = q_guid(q);
	l->name = q_text(q, a);
	l->description = q_text(q, a);
	l->modified = q_int(q);
	l->nfilters = (size_t)q_int(q);
}

/* LIST_COLS */
static void bind_list(struct q *q, const struct filterlist *l)
{
	q_put_guid(q, &l->guid);
	q_put_text(q, l->name);
	q_put_text(q, l->description);
	q_put_int(q, l->modified);
}

/* Reads the one row of a lookup. 1, 0 = no row, -1. */
static int one(struct q *q, struct arena *a, struct filterlist *out, struct err *e)
{
	int row = q_step(q, e);

	if (row > 0) {
		row_to_list(q, a, out);
		if (q_check(q, e) < 0)
			row = -1;
	}
	q_done(q);
	return row;
}

int store_filterlist_find(struct store *st, const char *name, const struct guid *guid, struct arena *a,
    struct filterlist *out, struct err *e)
{
	char text[GUID_TEXT];
	struct q q;

	if (read_begin(st, e) < 0)
		return -1;
	int row = use_key(&q, st, SQL_FILTERLIST_BY_NAME, SQL_FILTERLIST_BY_GUID, name, guid, e);
	if (row == 0)
		row = one(&q, a, out, e);
	read_end(st);
	if (row == 0)
		return err_set(e, FILTERLIST_NOTFOUND, key_text(name, guid, text));
	return row < 0 ? -1 : 0;
}

int filterlist_by_id(struct store *st, int64_t id, struct arena *a, struct filterlist *out, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_FILTERLIST_BY_ID, e) < 0)
		return -1;
	q_put_int(&q, id);
	return one(&q, a, out, e);
}

int store_filterlist_count(struct store *st, struct filterlist *l, struct err *e)
{
	struct q q;

	if (read_begin(st, e) < 0)
		return -1;
	int row = q_use(&q, st, &st->h, SQL_FILTER_COUNT, e);
	if (row == 0) {
		q_put_int(&q, l->id);
		row = q_step(&q, e);
		if (row > 0)
			l->nfilters = (size_t)q_int(&q);
		q_done(&q);
	}
	read_end(st);
	return row < 0 ? -1 : 0;
}

static int list(struct store *st, struct arena *a, struct filterlist **v, size_t *n, struct err *e)
{
	size_t cap = 0;
	struct q q;
	int row;

	if (q_use(&q, st, &st->h, SQL_FILTERLIST_LIST, e) < 0)
		return -1;
	while ((row = q_step(&q, e)) > 0) {
		GROW(*v, *n, cap);
		row_to_list(&q, a, &(*v)[(*n)++]);
	}
	if (row == 0)
		row = q_check(&q, e);
	q_done(&q);
	return row;
}

int store_filterlist_list(struct store *st, struct arena *a, struct filterlist **out, size_t *n,
    struct err *e)
{
	struct filterlist *v = NULL;

	*n = 0;
	if (read_begin(st, e) < 0)
		return -1;
	int rc = list(st, a, &v, n, e);
	read_end(st);
	if (rc == 0) {
		*out = arena_array(a, *n, sizeof **out);
		if (*n > 0)
			memcpy(*out, v, *n * sizeof **out);
	}
	free(v);
	return rc;
}

static int name_free(struct store *st, const struct filterlist *l, struct err *e)
{
	int taken = name_taken(st, SQL_FILTERLIST_ID, l->name, 0, l->id, e);

	return taken > 0 ? err_set(e, FILTERLIST_EXISTS, l->name) : taken;
}

static int add(struct store *st, struct filterlist *l, struct err *e)
{
	struct q q;

	if (name_free(st, l, e) < 0 || q_use(&q, st, &st->h, SQL_FILTERLIST_ADD, e) < 0)
		return -1;
	bind_list(&q, l);
	if (q_run(&q, e) < 0)
		return -1;
	l->id = sqlite3_last_insert_rowid(st->h.db);
	return 0;
}

int store_filterlist_add(struct store *st, struct filterlist *l, struct err *e)
{
	struct filterlist new = *l;

	if (store_cmd_begin(st, e) < 0)
		return -1;
	new.id = 0;
	new.guid = guid_or_new(&l->guid);
	new.modified = now_s();
	new.nfilters = 0;
	new.filters = NULL;
	if (write_end(st, add(st, &new, e), e) < 0)
		return -1;
	*l = new;
	return 0;
}

static int put(struct store *st, const struct filterlist *l, struct err *e)
{
	struct arena scratch = {0};
	struct filterlist old;
	struct q q;

	int there = filterlist_by_id(st, l->id, &scratch, &old, e);
	arena_free(&scratch);
	if (there <= 0)
		return there < 0 ? -1 : err_set(e, FILTERLIST_NOTFOUND, l->name);
	if (name_free(st, l, e) < 0 || q_use(&q, st, &st->h, SQL_FILTERLIST_PUT, e) < 0)
		return -1;
	q_put_int(&q, l->id);
	q_put_text(&q, l->name);
	q_put_text(&q, l->description);
	int rows = q_run(&q, e);
	if (rows > 0)
		rows = run_ints(st, SQL_FILTERLIST_TOUCH, (int64_t[]){l->id, now_s()}, 2, e);
	return rows < 0 ? -1 : 0;
}

int store_filterlist_put(struct store *st, const struct filterlist *l, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	return write_end(st, put(st, l, e), e);
}

/* Semantics §1.2: refused while any rule refers to it. */
static int refuse_in_use(struct store *st, int64_t id, struct err *e)
{
	struct arena scratch = {0};
	const char *rule, *policy;
	struct filterlist l;

	int rc = find_user(st, SQL_FILTERLIST_USER, id, &scratch, &rule, &policy, e);
	if (rc > 0)
		rc = filterlist_by_id(st, id, &scratch, &l, e);
	if (rc > 0)
		rc = err_set(e, FILTERLIST_INUSE, l.name, rule, policy);
	arena_free(&scratch);
	return rc;
}

int store_filterlist_empty(struct store *st, int64_t id, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	int rows = run_ints(st, SQL_FILTERLIST_EMPTY, &id, 1, e);
	if (rows > 0)
		rows = run_ints(st, SQL_FILTERLIST_TOUCH, (int64_t[]){id, now_s()}, 2, e);
	return write_end(st, rows < 0 ? -1 : 0, e);
}

int store_filterlist_delete(struct store *st, int64_t id, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	int rc = refuse_in_use(st, id, e);
	if (rc == 0)
		rc = run_ints(st, SQL_FILTERLIST_DELETE, &id, 1, e);
	return write_end(st, rc < 0 ? -1 : 0, e);
}
