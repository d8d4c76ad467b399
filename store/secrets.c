/*
 * The key file. It is opened for the moment only and never kept open, so that key text does not stay
 * in a page cache of ours. A rollback journal instead of a write-ahead log, with secure_delete: a
 * deleted key is overwritten where it was, and no log keeps a copy of it.
 */
#include "store/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "store/internal.h"
#include "store/schema.h"
#include "common/base/banned.h"

static const struct schema secrets_schema = {
	.migrations = schema_secrets,
	.n = &schema_secrets_n,
	.application_id = 0x49505353,
	/* EXTRA also syncs the folder after the journal is gone: the commit is final. */
	.settings = "PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY",
};

/* Opens for writing, in a transaction. `make`: also when there is no file yet. 1, 0 = no file, -1. */
static int open_write(struct store *st, bool make, struct err *e)
{
	struct dbh *h = &st->secrets.h;

	if (h->db)
		return 1;
	char *path = store_path(st->dir, "secrets.db");
	int rc = make ? db_make_file(path, true, e) : 0;
	if (rc == 0)
		rc = db_check_file(path, true, e);
	if (rc > 0 && (db_open(h, path, &secrets_schema, true, e) < 0 ||
			  q_exec(st, h, SQL_BEGIN_WRITE, e) < 0)) {
		db_close(h);
		rc = -1;
	}
	free(path);
	return rc;
}

/* The handle to read from: the one being written, or `own` opened for this (*own closed = none). */
static int open_read(struct store *st, struct dbh *own, struct dbh **h, struct err *e)
{
	*h = &st->secrets.h;
	if ((*h)->db)
		return 0;
	char *path = store_path(st->dir, "secrets.db");
	int rc = db_check_file(path, true, e);
	if (rc > 0 && db_open(own, path, &secrets_schema, false, e) < 0)
		rc = -1;
	free(path);
	*h = own->db ? own : NULL;
	return rc < 0 ? -1 : 0;
}

/* The text of a key, or NULL in *out when there is none. */
static int find(struct store *st, const struct guid *id, char **out, struct err *e)
{
	struct dbh own = {0}, *h;
	struct q q = {0};

	*out = NULL;
	if (open_read(st, &own, &h, e) < 0)
		return -1;
	if (!h)
		return 0;
	int rc = q_use(&q, st, h, SQL_SECRET_GET, e);
	if (rc == 0) {
		q_put_guid(&q, id);
		rc = q_step(&q, e);
		if (rc > 0)
			*out = xstrdup(q_text(&q, NULL));
	}
	q_done(&q);
	db_close(&own);
	return rc < 0 ? -1 : 0;
}

int secrets_add(struct store *st, const char *text, struct guid *id, struct err *e)
{
	struct guid fresh = guid_new();
	struct q q;

	if (open_write(st, true, e) < 0 || q_use(&q, st, &st->secrets.h, SQL_SECRET_ADD, e) < 0)
		return -1;
	q_put_guid(&q, &fresh);
	q_put_text(&q, text);
	if (q_run(&q, e) < 0)
		return -1;
	*id = fresh;
	return 0;
}

int secrets_has(struct store *st, const struct guid *id, struct err *e)
{
	char *text;

	if (find(st, id, &text, e) < 0)
		return -1;
	bool has = text != NULL;
	secret_free(text);
	return has;
}

int secrets_commit(struct store *st, struct err *e)
{
	int rc = 0;

	if (st->secrets.h.db) {
		rc = q_exec(st, &st->secrets.h, SQL_COMMIT, e);
		db_close(&st->secrets.h); /* rolls back what was not committed */
	}
	return rc;
}

void secrets_rollback(struct store *st)
{
	db_close(&st->secrets.h);
}

/* The keys that no rule of the policy file refers to; the caller frees *out. */
static int find_orphans(struct store *st, struct guid **out, size_t *n, struct err *e)
{
	struct q list = {0}, used = {0};
	size_t cap = 0;
	int row, refs = 0;

	if (q_use(&list, st, &st->secrets.h, SQL_SECRET_LIST, e) < 0)
		return -1;
	while ((row = q_step(&list, e)) > 0) {
		struct guid id = q_guid(&list);
		refs = q_use(&used, st, &st->h, SQL_AUTH_SECRET_USED, e);
		if (refs == 0) {
			q_put_guid(&used, &id);
			refs = q_step(&used, e);
		}
		q_done(&used);
		if (refs < 0)
			break;
		if (refs > 0)
			continue;
		GROW(*out, *n, cap);
		(*out)[(*n)++] = id;
	}
	q_done(&list);
	return row < 0 || refs < 0 ? -1 : 0;
}

/* Deletes orphans. The write lock of the policy file is held. */
static int sweep(struct store *st, struct err *e)
{
	struct guid *orphans = NULL;
	struct q del;
	size_t n = 0;
	int rc = open_write(st, false, e);

	if (rc <= 0)
		return rc;
	rc = find_orphans(st, &orphans, &n, e);
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = q_use(&del, st, &st->secrets.h, SQL_SECRET_DELETE, e);
		if (rc == 0) {
			q_put_guid(&del, &orphans[i]);
			rc = q_run(&del, e) < 0 ? -1 : 0;
		}
	}
	free(orphans);
	return rc < 0 ? -1 : secrets_commit(st, e);
}

void secrets_sweep_once(struct store *st)
{
	struct err ignored = {0};

	if (st->secrets.swept)
		return;
	st->secrets.swept = true;
	if (sweep(st, &ignored) < 0)
		secrets_rollback(st);
}

void secrets_sweep_orphans(struct store *st)
{
	struct err ignored = {0};

	if (!st->secrets.orphans)
		return;
	st->secrets.orphans = false;
	if (q_exec(st, &st->h, SQL_BEGIN_WRITE, &ignored) < 0)
		return;
	if (sweep(st, &ignored) < 0)
		secrets_rollback(st);
	q_exec(st, &st->h, SQL_ROLLBACK, &ignored);
}

void secrets_close(struct store *st)
{
	db_close(&st->secrets.h);
}

int store_psk_known(struct store *st, const struct guid *secret_id, struct err *e)
{
	return secrets_has(st, secret_id, e);
}

int store_psk_get(struct store *st, const struct guid *secret_id, char **out, struct err *e)
{
	char text[GUID_TEXT];

	if (find(st, secret_id, out, e) < 0)
		return -1;
	return *out ? 0 : err_set(e, SECRET_NOTFOUND, guid_print(secret_id, text));
}
