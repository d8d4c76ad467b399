/* Policies: the row, its main mode offers, and the one assignment. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

/* id, POLICY_COLS, count of rules */
static void row_to_policy(struct q *q, struct arena *a, struct policy *p)
{
	*p = (struct policy){.id = q_int(q)};
	p->guid = q_guid(q);
	p->name = q_text(q, a);
	p->description = q_text(q, a);
	p->modified = q_int(q);
	p->mmpfs = q_bool(q);
	p->assigned = q_bool(q);
	p->qmpermm = q_u32(q, UINT32_MAX);
	p->mmlifetime_s = q_u32(q, UINT32_MAX);
	p->pollinginterval_s = q_u32(q, UINT32_MAX);
	p->nrules = q_u32(q, UINT32_MAX);
}

/* POLICY_COLS from mmpfs on */
static void bind_policy_settings(struct q *q, const struct policy *p)
{
	q_put_int(q, p->mmpfs);
	q_put_int(q, p->assigned);
	q_put_int(q, p->qmpermm);
	q_put_int(q, p->mmlifetime_s);
	q_put_int(q, p->pollinginterval_s);
}

/* --- main mode offers --------------------------------------------------------------------------- */

static int offers_load(struct store *st, int64_t policy, struct mm_offers *out, struct err *e)
{
	struct q q;
	int row;

	out->n = 0;
	if (q_use(&q, st, &st->h, SQL_POLICY_OFFERS, e) < 0)
		return -1;
	q_put_int(&q, policy);
	while ((row = q_step(&q, e)) > 0 && out->n < MODEL_OFFERS_MAX) {
		struct mm_offer *o = &out->v[out->n++];
		q_u32(&q, MODEL_OFFERS_MAX - 1); /* seq: the order only */
		o->encr = (uint8_t)q_u32(&q, UINT8_MAX);
		o->integ = (uint8_t)q_u32(&q, UINT8_MAX);
		o->group = (uint8_t)q_u32(&q, UINT8_MAX);
	}
	if (row >= 0)
		row = q_check(&q, e);
	q_done(&q);
	return row;
}

static int offers_save(struct store *st, int64_t policy, const struct mm_offers *o, bool *changed,
    struct err *e)
{
	struct mm_offers old;

	if (offers_load(st, policy, &old, e) < 0)
		return -1;
	/* Three bytes and no padding: bytes compare as values. */
	if (old.n == o->n && memcmp(old.v, o->v, o->n * sizeof o->v[0]) == 0)
		return 0;
	if (run_ints(st, SQL_POLICY_OFFERS_CLEAR, &policy, 1, e) < 0)
		return -1;
	for (size_t i = 0; i < o->n; i++) {
		const struct mm_offer *x = &o->v[i];
		int64_t v[] = {policy, (int64_t)i, x->encr, x->integ, x->group};
		if (run_ints(st, SQL_POLICY_OFFER_ADD, v, N_OF(v), e) < 0)
			return -1;
	}
	*changed = true;
	return 0;
}

/* --- reading ------------------------------------------------------------------------------------ */

static int find(struct store *st, const char *name, const struct guid *guid, struct arena *a,
    struct policy *out, struct err *e)
{
	char text[GUID_TEXT];
	struct q q;

	if (use_key(&q, st, SQL_POLICY_BY_NAME, SQL_POLICY_BY_GUID, name, guid, e) < 0)
		return -1;
	int row = q_step(&q, e);
	if (row > 0) {
		row_to_policy(&q, a, out);
		row = q_check(&q, e);
		if (row == 0)
			row = offers_load(st, out->id, &out->offers, e);
	} else if (row == 0) {
		row = err_set(e, POLICY_NOTFOUND, key_text(name, guid, text));
	}
	q_done(&q);
	return row;
}

int store_policy_find(struct store *st, const char *name, const struct guid *guid, struct arena *a,
    struct policy *out, struct err *e)
{
	if (read_begin(st, e) < 0)
		return -1;
	int rc = find(st, name, guid, a, out, e);
	read_end(st);
	return rc;
}

static int list(struct store *st, struct arena *a, struct policy **v, size_t *n, struct err *e)
{
	size_t cap = 0;
	struct q q;
	int row;

	if (q_use(&q, st, &st->h, SQL_POLICY_LIST, e) < 0)
		return -1;
	while ((row = q_step(&q, e)) > 0) {
		GROW(*v, *n, cap);
		struct policy *p = &(*v)[*n];
		row_to_policy(&q, a, p);
		if (q_check(&q, e) < 0 || offers_load(st, p->id, &p->offers, e) < 0) {
			row = -1;
			break;
		}
		(*n)++;
	}
	q_done(&q);
	return row;
}

int store_policy_list(struct store *st, struct arena *a, struct policy **out, size_t *n, struct err *e)
{
	struct policy *v = NULL;

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

/* --- writing ------------------------------------------------------------------------------------ */

static int name_free(struct store *st, const struct policy *p, struct err *e)
{
	int taken = name_taken(st, SQL_POLICY_ID, p->name, 0, p->id, e);

	return taken > 0 ? err_set(e, POLICY_EXISTS, p->name) : taken;
}

/* Only one policy is assigned at a time (semantics §1.4); the index policy_assigned holds us to it. */
static int unassign_others(struct store *st, const struct policy *p, struct err *e)
{
	return p->assigned && run_ints(st, SQL_POLICY_UNASSIGN, &p->id, 1, e) < 0 ? -1 : 0;
}

/* That a policy was assigned decides how the host starts for ever after (semantics §2.1). */
static int note_assigned(struct store *st, struct err *e)
{
	return run_ints(st, SQL_NOTE_ASSIGNED, NULL, 0, e) < 0 ? -1 : 0;
}

static int insert(struct store *st, const struct policy *p, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_POLICY_ADD, e) < 0)
		return -1;
	q_put_guid(&q, &p->guid);
	q_put_text(&q, p->name);
	q_put_text(&q, p->description);
	q_put_int(&q, p->modified);
	bind_policy_settings(&q, p);
	return q_run(&q, e);
}

static int add(struct store *st, struct policy *p, const struct rule *def, struct err *e)
{
	bool changed;

	if (name_free(st, p, e) < 0 || unassign_others(st, p, e) < 0 || insert(st, p, e) < 0)
		return -1;
	p->id = sqlite3_last_insert_rowid(st->h.db);
	if ((p->assigned && note_assigned(st, e) < 0) || offers_save(st, p->id, &p->offers, &changed, e) < 0)
		return -1;
	return rule_add_default(st, p->id, def, e);
}

int store_policy_add(struct store *st, struct policy *p, const struct rule *def, struct err *e)
{
	struct policy new = *p;

	if (store_cmd_begin(st, e) < 0)
		return -1;
	new.id = 0;
	new.guid = guid_or_new(&p->guid);
	new.modified = now_s();
	new.nrules = 1;
	if (write_end(st, add(st, &new, def, e), e) < 0)
		return -1;
	*p = new;
	return 0;
}

static int update(struct store *st, const struct policy *p, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_POLICY_PUT, e) < 0)
		return -1;
	q_put_int(&q, p->id);
	q_put_text(&q, p->name);
	q_put_text(&q, p->description);
	bind_policy_settings(&q, p);
	return q_run(&q, e);
}

/* Is there still such a policy? Another writer may have removed it since it was looked up. */
static int exists(struct store *st, const struct policy *p, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_POLICY_NAME, e) < 0)
		return -1;
	q_put_int(&q, p->id);
	int row = q_step(&q, e);
	q_done(&q);
	return row > 0 ? 0 : row < 0 ? -1 : err_set(e, POLICY_NOTFOUND, p->name);
}

static int put(struct store *st, const struct policy *p, struct err *e)
{
	bool changed = false;

	if (exists(st, p, e) < 0 || name_free(st, p, e) < 0 || note_assigned(st, e) < 0 ||
	    unassign_others(st, p, e) < 0)
		return -1;
	int rows = update(st, p, e);
	if (rows < 0 || (p->assigned && note_assigned(st, e) < 0) || offers_save(st, p->id, &p->offers, &changed, e) < 0)
		return -1;
	if (rows == 0 && !changed)
		return 0;
	return run_ints(st, SQL_POLICY_TOUCH, (int64_t[]){p->id, now_s()}, 2, e) < 0 ? -1 : 0;
}

int store_policy_put(struct store *st, const struct policy *p, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	return write_end(st, put(st, p, e), e);
}

int store_policy_delete(struct store *st, int64_t id, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	int rows = note_assigned(st, e) < 0 ? -1 : run_ints(st, SQL_POLICY_DELETE, &id, 1, e);
	if (rows > 0)
		st->secrets.orphans = true; /* its rules may have had keys */
	return write_end(st, rows < 0 ? -1 : 0, e);
}
