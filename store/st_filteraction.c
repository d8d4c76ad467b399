/* Filter actions with their quick mode offers. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

/* id, ACTION_COLS */
static void row_to_action(struct q *q, struct arena *a, struct filteraction *fa)
{
	*fa = (struct filteraction){.id = q_int(q)};
	fa->guid = q_guid(q);
	fa->name = q_text(q, a);
	fa->description = q_text(q, a);
	fa->modified = q_int(q);
	fa->action = (uint8_t)q_u32(q, ACTION_NEGOTIATE);
	fa->qmpfs = q_bool(q);
	fa->inpass = q_bool(q);
	fa->soft = q_bool(q);
}

/* ACTION_COLS from action on */
static void bind_action_settings(struct q *q, const struct filteraction *fa)
{
	q_put_int(q, fa->action);
	q_put_int(q, fa->qmpfs);
	q_put_int(q, fa->inpass);
	q_put_int(q, fa->soft);
}

/* Reads the one row of a lookup and its offers. 1, 0 = no row, -1. */
static int one(struct store *st, struct q *q, struct arena *a, struct filteraction *out, struct err *e)
{
	int row = q_step(q, e);

	if (row > 0) {
		row_to_action(q, a, out);
		if (q_check(q, e) < 0 ||
		    qm_offers_load(st, &filteraction_offers, out->id, &out->offers, e) < 0)
			row = -1;
	}
	q_done(q);
	return row;
}

int store_filteraction_find(struct store *st, const char *name, const struct guid *guid,
    struct arena *a, struct filteraction *out, struct err *e)
{
	char text[GUID_TEXT];
	struct q q;

	if (read_begin(st, e) < 0)
		return -1;
	int row = use_key(&q, st, SQL_FILTERACTION_BY_NAME, SQL_FILTERACTION_BY_GUID, name, guid, e);
	if (row == 0)
		row = one(st, &q, a, out, e);
	read_end(st);
	if (row == 0)
		return err_set(e, FILTERACTION_NOTFOUND, key_text(name, guid, text));
	return row < 0 ? -1 : 0;
}

int filteraction_by_id(struct store *st, int64_t id, struct arena *a, struct filteraction *out,
    struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_FILTERACTION_BY_ID, e) < 0)
		return -1;
	q_put_int(&q, id);
	return one(st, &q, a, out, e);
}

static int list(struct store *st, struct arena *a, struct filteraction **v, size_t *n, struct err *e)
{
	size_t cap = 0;
	struct q q;
	int row;

	if (q_use(&q, st, &st->h, SQL_FILTERACTION_LIST, e) < 0)
		return -1;
	while ((row = q_step(&q, e)) > 0) {
		GROW(*v, *n, cap);
		struct filteraction *fa = &(*v)[*n];
		row_to_action(&q, a, fa);
		if (q_check(&q, e) < 0 ||
		    qm_offers_load(st, &filteraction_offers, fa->id, &fa->offers, e) < 0) {
			row = -1;
			break;
		}
		(*n)++;
	}
	q_done(&q);
	return row;
}

int store_filteraction_list(struct store *st, struct arena *a, struct filteraction **out, size_t *n,
    struct err *e)
{
	struct filteraction *v = NULL;

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

static int name_free(struct store *st, const struct filteraction *fa, struct err *e)
{
	int taken = name_taken(st, SQL_FILTERACTION_ID, fa->name, 0, fa->id, e);

	return taken > 0 ? err_set(e, FILTERACTION_EXISTS, fa->name) : taken;
}

static int add(struct store *st, struct filteraction *fa, struct err *e)
{
	bool changed;
	struct q q;

	if (name_free(st, fa, e) < 0 || q_use(&q, st, &st->h, SQL_FILTERACTION_ADD, e) < 0)
		return -1;
	q_put_guid(&q, &fa->guid);
	q_put_text(&q, fa->name);
	q_put_text(&q, fa->description);
	q_put_int(&q, fa->modified);
	bind_action_settings(&q, fa);
	if (q_run(&q, e) < 0)
		return -1;
	fa->id = sqlite3_last_insert_rowid(st->h.db);
	return qm_offers_save(st, &filteraction_offers, fa->id, &fa->offers, &changed, e);
}

int store_filteraction_add(struct store *st, struct filteraction *fa, struct err *e)
{
	struct filteraction new = *fa;

	if (store_cmd_begin(st, e) < 0)
		return -1;
	new.id = 0;
	new.guid = guid_or_new(&fa->guid);
	new.modified = now_s();
	if (write_end(st, add(st, &new, e), e) < 0)
		return -1;
	*fa = new;
	return 0;
}

static int put(struct store *st, const struct filteraction *fa, struct err *e)
{
	struct arena scratch = {0};
	struct filteraction old;
	bool changed = false;
	struct q q;

	int there = filteraction_by_id(st, fa->id, &scratch, &old, e);
	arena_free(&scratch);
	if (there <= 0)
		return there < 0 ? -1 : err_set(e, FILTERACTION_NOTFOUND, fa->name);
	if (name_free(st, fa, e) < 0 || q_use(&q, st, &st->h, SQL_FILTERACTION_PUT, e) < 0)
		return -1;
	q_put_int(&q, fa->id);
	q_put_text(&q, fa->name);
	q_put_text(&q, fa->description);
	bind_action_settings(&q, fa);
	int rows = q_run(&q, e);
	if (rows < 0 || qm_offers_save(st, &filteraction_offers, fa->id, &fa->offers, &changed, e) < 0)
		return -1;
	if (rows == 0 && !changed)
		return 0;
	return run_ints(st, SQL_FILTERACTION_TOUCH, (int64_t[]){fa->id, now_s()}, 2, e) < 0 ? -1 : 0;
}

int store_filteraction_put(struct store *st, const struct filteraction *fa, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	return write_end(st, put(st, fa, e), e);
}

/* Semantics §1.2: refused while any rule refers to it. */
static int refuse_in_use(struct store *st, int64_t id, struct err *e)
{
	struct arena scratch = {0};
	const char *rule, *policy;
	struct filteraction fa;

	int rc = find_user(st, SQL_FILTERACTION_USER, id, &scratch, &rule, &policy, e);
	if (rc > 0)
		rc = filteraction_by_id(st, id, &scratch, &fa, e);
	if (rc > 0)
		rc = err_set(e, FILTERACTION_INUSE, fa.name, rule, policy);
	arena_free(&scratch);
	return rc;
}

int store_filteraction_delete(struct store *st, int64_t id, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	int rc = refuse_in_use(st, id, e);
	if (rc == 0)
		rc = run_ints(st, SQL_FILTERACTION_DELETE, &id, 1, e);
	return write_end(st, rc < 0 ? -1 : 0, e);
}
