/*
 * Authentication methods of a rule. A row names a CA or the id of a key; the key itself goes through
 * secrets.c and is never seen by this file's SQL.
 */
#include <string.h>

#include "store/internal.h"
#include "store/secrets.h"
#include "common/base/banned.h"

/* AUTH_COLS, after seq */
static struct auth_method row_to_auth(struct q *q, struct arena *a)
{
	struct auth_method m = {0};

	m.kind = (uint8_t)q_u32(q, AUTH_ROOTCA);
	m.certmap = q_bool(q);
	m.excludecaname = q_bool(q);
	m.text = q_text(q, a);
	if (m.kind == AUTH_PSK)
		m.secret_id = q_guid(q);
	return m;
}

static void bind_auth(struct q *q, const struct auth_method *m)
{
	bool ca = m->kind == AUTH_ROOTCA;

	q_put_int(q, m->kind);
	q_put_int(q, ca && m->certmap);
	q_put_int(q, ca && m->excludecaname);
	q_put_text(q, ca ? m->text : NULL);
	if (m->kind == AUTH_PSK)
		q_put_guid(q, &m->secret_id);
	else
		q_put_text(q, NULL);
}

static bool method_eq(const struct auth_method *a, const struct auth_method *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == AUTH_PSK)
		return guid_eq(&a->secret_id, &b->secret_id);
	if (a->kind == AUTH_ROOTCA)
		return a->certmap == b->certmap && a->excludecaname == b->excludecaname && a->text &&
		    b->text && strcmp(a->text, b->text) == 0;
	return true;
}

static bool auth_eq(const struct auth_list *a, const struct auth_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!method_eq(&a->v[i], &b->v[i]))
			return false;
	return true;
}

int auth_load(struct store *st, int64_t rule, struct arena *a, struct auth_list *out, struct err *e)
{
	struct q q;
	int row;

	out->n = 0;
	if (q_use(&q, st, &st->h, SQL_AUTH, e) < 0)
		return -1;
	q_put_int(&q, rule);
	while ((row = q_step(&q, e)) > 0 && out->n < MODEL_AUTH_MAX) {
		q_u32(&q, MODEL_AUTH_MAX - 1); /* seq: the order only */
		out->v[out->n++] = row_to_auth(&q, a);
	}
	if (row >= 0)
		row = q_check(&q, e);
	q_done(&q);
	return row;
}

static int auth_add(struct store *st, int64_t rule, size_t seq, const struct auth_method *m, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_AUTH_ADD, e) < 0)
		return -1;
	q_put_int(&q, rule);
	q_put_int(&q, (int64_t)seq);
	bind_auth(&q, m);
	return q_run(&q, e);
}

/* Gives every preshared key of the list an id under which the key file holds it. */
static int keep_keys(struct store *st, struct auth_list *auth, const char *const *psk, struct err *e)
{
	for (size_t i = 0; i < auth->n; i++) {
		struct auth_method *m = &auth->v[i];
		if (m->kind != AUTH_PSK || !guid_is_null(&m->secret_id))
			continue; /* an id may be that of a key which is not on this host: nobody can use it */
		if (!psk || !psk[i])
			return err_set(e, BUG, "a preshared key without its text");
		if (secrets_add(st, psk[i], &m->secret_id, e) < 0)
			return -1;
	}
	return 0;
}

static bool has_key(const struct auth_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].kind == AUTH_PSK)
			return true;
	return false;
}

int auth_save(struct store *st, int64_t rule, struct auth_list *auth, const char *const *psk,
    bool *changed, struct err *e)
{
	struct arena scratch = {0};
	struct auth_list old, new = *auth;

	int rc = auth_load(st, rule, &scratch, &old, e);
	if (rc == 0)
		rc = keep_keys(st, &new, psk, e);
	if (rc == 0 && !auth_eq(&old, &new)) {
		*changed = true;
		st->secrets.orphans |= has_key(&old);
		rc = run_ints(st, SQL_AUTH_CLEAR, &rule, 1, e);
		for (size_t i = 0; i < new.n && rc >= 0; i++)
			rc = auth_add(st, rule, i, &new.v[i], e);
	}
	if (rc >= 0)
		*auth = new;
	arena_free(&scratch);
	return rc < 0 ? -1 : 0;
}
