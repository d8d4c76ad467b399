/*
 * Every statement of the store, and the thin layer between SQLite's calls and the nouns. Statements
 * are prepared at first use and kept; column lists stand here once and serve reading and writing.
 */
#include "store/sql.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

#define POLICY_COLS                                                                                \
	"guid, name, description, modified, mmpfs, assigned, qmpermm, mmlifetime_s, pollinginterval_s"
#define POLICY_SELECT                                                                              \
	"SELECT id, " POLICY_COLS ", (SELECT count(*) FROM rule WHERE rule.policy = policy.id)"    \
	" FROM policy "
#define QM_COLS "seq, ah, esp, encr, integ, life_kb, life_s"
#define AUTH_COLS "seq, kind, certmap, excludecaname, ca, secret"
#define RULE_COLS                                                                                  \
	"guid, is_default, name, description, modified, active, conntype, tunnel, filterlist,"     \
	" filteraction, default_qmpfs"
#define LIST_COLS "guid, name, description, modified"
/* Counting takes time in the length of the list, so a look-up by name leaves it out. */
#define LIST_HEAD "SELECT id, " LIST_COLS ", 0 FROM filterlist "
#define LIST_SELECT                                                                                \
	"SELECT id, " LIST_COLS ", (SELECT count(*) FROM filter WHERE filter.list = filterlist.id)" \
	" FROM filterlist "
#define FILTER_COLS                                                                                \
	"list, id, guid, description, mirrored, protocol, srcport, dstport, src, dst, src_dns, dst_dns"
#define ACTION_COLS "guid, name, description, modified, action, qmpfs, inpass, soft"
#define ACTION_SELECT "SELECT id, " ACTION_COLS " FROM filteraction "
/* Names from ?1 on and before ?2, a range of the index on names. */
#define NAME_RANGE "name >= ?1 AND name < ?2"
/* Who uses a list or an action: the names of the rule and of its policy. */
#define USER_SELECT                                                                                \
	"SELECT rule.name, policy.name FROM rule JOIN policy ON policy.id = rule.policy WHERE rule."

/*
 * The _PUT statements change a row only where it differs ("IS NOT", names byte by byte so that a new
 * spelling counts): a write that changes nothing must not move the change counter.
 */
static const char *const texts[SQL_N] = {
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_MARK] = "SAVEPOINT command",
	[SQL_MARK_RELEASE] = "RELEASE command",
	[SQL_MARK_ROLLBACK] = "ROLLBACK TO command",
	[SQL_COUNTER] = "SELECT counter FROM meta",
	[SQL_COUNTER_BUMP] = "UPDATE meta SET counter = counter + 1,"
	    " structure = CASE WHEN ?1 THEN counter + 1 ELSE structure END",
	[SQL_NEXT_FILTER] = "SELECT next_filter FROM meta",
	[SQL_NEXT_FILTER_SET] = "UPDATE meta SET next_filter = ?1 WHERE next_filter <> ?1",
	[SQL_STRUCTURE] = "SELECT structure FROM meta",
	[SQL_GONE_AFTER] = "SELECT gone_after FROM meta",
	[SQL_GONE_FORGET] = "DELETE FROM filter_gone WHERE counter <= ?1",
	[SQL_GONE_AFTER_SET] = "UPDATE meta SET gone_after = ?1 WHERE gone_after < ?1",

	[SQL_POLICY_BY_NAME] = POLICY_SELECT "WHERE name = ?1",
	[SQL_POLICY_BY_GUID] = POLICY_SELECT "WHERE guid = ?1",
	[SQL_POLICY_LIST] = POLICY_SELECT "ORDER BY name",
	[SQL_POLICY_ID] = "SELECT id FROM policy WHERE name = ?1",
	[SQL_POLICY_NAME] = "SELECT name FROM policy WHERE id = ?1",
	[SQL_POLICY_ADD] = "INSERT INTO policy (" POLICY_COLS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
	[SQL_POLICY_PUT] = "UPDATE policy SET (name, description, mmpfs, assigned, qmpermm, mmlifetime_s,"
	    " pollinginterval_s) = (?2,?3,?4,?5,?6,?7,?8) WHERE id = ?1 AND (name COLLATE BINARY,"
	    " description, mmpfs, assigned, qmpermm, mmlifetime_s, pollinginterval_s)"
	    " IS NOT (?2,?3,?4,?5,?6,?7,?8)",
	[SQL_POLICY_UNASSIGN] = "UPDATE policy SET assigned = 0 WHERE assigned = 1 AND id <> ?1",
	[SQL_POLICY_TOUCH] = "UPDATE policy SET modified = ?2 WHERE id = ?1 AND modified <> ?2",
	[SQL_POLICY_DELETE] = "DELETE FROM policy WHERE id = ?1",
	[SQL_POLICY_OFFERS] = "SELECT seq, encr, integ, dh FROM policy_offer WHERE policy = ?1 ORDER BY seq",
	[SQL_POLICY_OFFERS_CLEAR] = "DELETE FROM policy_offer WHERE policy = ?1",
	[SQL_POLICY_OFFER_ADD] = "INSERT INTO policy_offer (policy, seq, encr, integ, dh)"
	    " VALUES (?1,?2,?3,?4,?5)",

	[SQL_RULE_LIST] = "SELECT id, " RULE_COLS " FROM rule WHERE policy = ?1 ORDER BY is_default, id",
	[SQL_RULE_ID] = "SELECT id FROM rule WHERE name = ?1 AND policy = ?2",
	[SQL_RULE_OWNER] = "SELECT rule.policy, rule.is_default, policy.name FROM rule"
	    " JOIN policy ON policy.id = rule.policy WHERE rule.id = ?1",
	[SQL_RULE_ADD] = "INSERT INTO rule (policy, " RULE_COLS ")"
	    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
	[SQL_RULE_PUT] = "UPDATE rule SET (name, description, active, conntype, tunnel, filterlist,"
	    " filteraction, default_qmpfs) = (?2,?3,?4,?5,?6,?7,?8,?9) WHERE id = ?1"
	    " AND (name COLLATE BINARY, description, active, conntype, tunnel, filterlist,"
	    " filteraction, default_qmpfs) IS NOT (?2,?3,?4,?5,?6,?7,?8,?9)",
	[SQL_RULE_TOUCH] = "UPDATE rule SET modified = ?2 WHERE id = ?1 AND modified <> ?2",
	[SQL_RULE_DELETE] = "DELETE FROM rule WHERE id = ?1",
	[SQL_RULE_OFFERS] = "SELECT " QM_COLS " FROM rule_offer WHERE rule = ?1 ORDER BY seq",
	[SQL_RULE_OFFERS_CLEAR] = "DELETE FROM rule_offer WHERE rule = ?1",
	[SQL_RULE_OFFER_ADD] = "INSERT INTO rule_offer (rule, " QM_COLS ")"
	    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
	[SQL_AUTH] = "SELECT " AUTH_COLS " FROM rule_auth WHERE rule = ?1 ORDER BY seq",
	[SQL_AUTH_CLEAR] = "DELETE FROM rule_auth WHERE rule = ?1",
	[SQL_AUTH_ADD] = "INSERT INTO rule_auth (rule, " AUTH_COLS ") VALUES (?1,?2,?3,?4,?5,?6,?7)",
	[SQL_AUTH_SECRET_USED] = "SELECT 1 FROM rule_auth WHERE secret = ?1 LIMIT 1",

	[SQL_FILTERLIST_BY_NAME] = LIST_HEAD "WHERE name = ?1",
	[SQL_FILTERLIST_BY_GUID] = LIST_HEAD "WHERE guid = ?1",
	[SQL_FILTERLIST_BY_ID] = LIST_HEAD "WHERE id = ?1",
	[SQL_FILTERLIST_LIST] = LIST_SELECT "ORDER BY name",
	[SQL_FILTERLIST_ID] = "SELECT id FROM filterlist WHERE name = ?1",
	[SQL_FILTERLIST_ADD] = "INSERT INTO filterlist (" LIST_COLS ") VALUES (?1,?2,?3,?4)",
	[SQL_FILTERLIST_PUT] = "UPDATE filterlist SET (name, description) = (?2,?3) WHERE id = ?1"
	    " AND (name COLLATE BINARY, description) IS NOT (?2,?3)",
	[SQL_FILTERLIST_TOUCH] = "UPDATE filterlist SET modified = ?2 WHERE id = ?1 AND modified <> ?2",
	[SQL_FILTERLIST_DELETE] = "DELETE FROM filterlist WHERE id = ?1",
	[SQL_FILTERLIST_EMPTY] = "DELETE FROM filter WHERE list = ?1",
	[SQL_FILTERLIST_USER] = USER_SELECT "filterlist = ?1 ORDER BY policy.name, rule.id LIMIT 1",
	[SQL_FILTER_COUNT] = "SELECT count(*) FROM filter WHERE list = ?1",
	[SQL_FILTER_EACH] = "SELECT " FILTER_COLS " FROM filter WHERE list = ?1 ORDER BY id",
	[SQL_FILTER_ALL] = "SELECT " FILTER_COLS " FROM filter ORDER BY list, id",
	[SQL_FILTER_ADD] = "INSERT INTO filter (" FILTER_COLS ")"
	    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"
	    " ON CONFLICT (list, src, dst, protocol, srcport, dstport, mirrored) DO NOTHING",
	[SQL_FILTER_DELETE] = "DELETE FROM filter WHERE list = ?1 AND id = ?2",
	[SQL_FILTER_BETWEEN] = "SELECT " FILTER_COLS " FROM filter INDEXED BY filter_same"
	    " WHERE list = ?1 AND src = ?2 AND dst = ?3 ORDER BY id",
	[SQL_FILTER_BURY] = "INSERT INTO filter_gone (counter, " FILTER_COLS ")"
	    " SELECT (SELECT counter + 1 FROM meta), " FILTER_COLS " FROM filter WHERE list = ?1 AND id = ?2",
	[SQL_FILTER_NEW] = "SELECT " FILTER_COLS " FROM filter WHERE list = ?1 AND id >= ?2 ORDER BY id",
	[SQL_FILTER_GONE] = "SELECT " FILTER_COLS " FROM filter_gone WHERE counter > ?1 ORDER BY counter",

	[SQL_FILTERACTION_BY_NAME] = ACTION_SELECT "WHERE name = ?1",
	[SQL_FILTERACTION_BY_GUID] = ACTION_SELECT "WHERE guid = ?1",
	[SQL_FILTERACTION_BY_ID] = ACTION_SELECT "WHERE id = ?1",
	[SQL_FILTERACTION_LIST] = ACTION_SELECT "ORDER BY name",
	[SQL_FILTERACTION_ID] = "SELECT id FROM filteraction WHERE name = ?1",
	[SQL_FILTERACTION_ADD] = "INSERT INTO filteraction (" ACTION_COLS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
	[SQL_FILTERACTION_PUT] = "UPDATE filteraction SET (name, description, action, qmpfs, inpass, soft)"
	    " = (?2,?3,?4,?5,?6,?7) WHERE id = ?1 AND (name COLLATE BINARY, description, action, qmpfs,"
	    " inpass, soft) IS NOT (?2,?3,?4,?5,?6,?7)",
	[SQL_FILTERACTION_TOUCH] = "UPDATE filteraction SET modified = ?2 WHERE id = ?1 AND modified <> ?2",
	[SQL_FILTERACTION_DELETE] = "DELETE FROM filteraction WHERE id = ?1",
	[SQL_FILTERACTION_USER] = USER_SELECT "filteraction = ?1 ORDER BY policy.name, rule.id LIMIT 1",
	[SQL_FILTERACTION_OFFERS] = "SELECT " QM_COLS " FROM filteraction_offer WHERE filteraction = ?1"
	    " ORDER BY seq",
	[SQL_FILTERACTION_OFFERS_CLEAR] = "DELETE FROM filteraction_offer WHERE filteraction = ?1",
	[SQL_FILTERACTION_OFFER_ADD] = "INSERT INTO filteraction_offer (filteraction, " QM_COLS ")"
	    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",

	[SQL_POLICY_NAMES] = "SELECT name FROM policy WHERE " NAME_RANGE " ORDER BY name LIMIT ?3",
	[SQL_FILTERLIST_NAMES] = "SELECT name FROM filterlist WHERE " NAME_RANGE " ORDER BY name LIMIT ?3",
	[SQL_FILTERACTION_NAMES] = "SELECT name FROM filteraction WHERE " NAME_RANGE " ORDER BY name LIMIT ?3",
	[SQL_RULE_NAMES] = "SELECT DISTINCT name FROM rule WHERE " NAME_RANGE
	    " AND (?4 IS NULL OR policy = (SELECT id FROM policy WHERE name = ?4)) ORDER BY name LIMIT ?3",

	[SQL_SETTINGS] = "SELECT name, value FROM setting",
	[SQL_SETTING_PUT] = "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name)"
		" DO UPDATE SET value = ?2 WHERE value <> ?2",
	[SQL_DIALECT] = "SELECT value FROM setting WHERE name = 'dialect'",

	[SQL_ASSIGNED] = "SELECT EXISTS (SELECT 1 FROM policy WHERE assigned = 1),"
	    " EXISTS (SELECT 1 FROM setting WHERE name = 'everassigned')",
	[SQL_NOTE_ASSIGNED] = "INSERT INTO setting (name, value) SELECT 'everassigned', 'yes' FROM policy"
	    " WHERE assigned = 1 ON CONFLICT (name) DO NOTHING",

	[SQL_SECRET_GET] = "SELECT text FROM secret WHERE id = ?1",
	[SQL_SECRET_ADD] = "INSERT INTO secret (id, text) VALUES (?1, ?2)",
	[SQL_SECRET_LIST] = "SELECT id FROM secret",
	[SQL_SECRET_DELETE] = "DELETE FROM secret WHERE id = ?1",
};

/* "UNIQUE constraint failed: policy.guid": names were looked up before, guids come from outside seldom. */
static bool is_about_guid(const char *message)
{
	size_t n = strlen(message);

	return n > 5 && strcmp(message + n - 5, ".guid") == 0;
}

int db_fail(struct dbh *h, int rc, struct err *e)
{
	int os = h->db ? sqlite3_system_errno(h->db) : 0;
	/* SQLite's message may quote values; that of the code never does, and a value may be a key. */
	const char *what = sqlite3_errstr(rc);

	switch (rc & 0xFF) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(e, STORE_BUSY);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(e, STORE_DAMAGED, h->path, what);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return err_set(e, STORE_DENIED, h->path);
	case SQLITE_CANTOPEN:
		if (os == EACCES || os == EPERM || os == EROFS)
			return err_set(e, STORE_DENIED, h->path);
		return err_set_errno(e, os ? os : EIO, STORE_OPEN, h->path);
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
		return err_set(e, BUG, h->db ? sqlite3_errmsg(h->db) : what);
	case SQLITE_CONSTRAINT: /* names the constraint, not the values */
		if (is_about_guid(sqlite3_errmsg(h->db)))
			return err_set(e, GUID_TAKEN);
		return err_set(e, STORE_FAILED, sqlite3_errmsg(h->db));
	default: /* full, I/O, too big: the text of the code says it */
		return err_set(e, STORE_FAILED, what);
	}
}

static int q_fail(struct q *q, int rc, struct err *e)
{
	db_fail(q->h, rc, e);
	if (q->st && q->h == &q->st->h)
		tx_note_loss(q->st, e);
	q_done(q);
	return -1;
}

int q_use(struct q *q, struct store *st, struct dbh *h, enum sql id, struct err *e)
{
	sqlite3_stmt **slot = &h->stmts[id];

	*q = (struct q){.st = st, .h = h, .id = id, .at = 1};
	if (!*slot || sqlite3_stmt_busy(*slot)) {
		/* In use by a caller further up: this one is made for the occasion. */
		q->own = *slot != NULL;
		int rc = sqlite3_prepare_v3(h->db, texts[id], -1, q->own ? 0 : SQLITE_PREPARE_PERSISTENT,
		    q->own ? &q->s : slot, NULL);
		if (rc != SQLITE_OK)
			return q_fail(q, rc, e);
	}
	if (!q->own)
		q->s = *slot;
	return 0;
}

/* A failed bind can only be one of our own making (position, type); q_step would then see NULL. */
void q_put_int(struct q *q, int64_t v)
{
	sqlite3_bind_int64(q->s, q->at++, v);
}

void q_put_text(struct q *q, const char *s)
{
	sqlite3_bind_text(q->s, q->at++, s, -1, SQLITE_STATIC);
}

void q_put_blob(struct q *q, const void *p, size_t n)
{
	sqlite3_bind_blob(q->s, q->at++, p, (int)n, SQLITE_STATIC);
}

void q_put_guid(struct q *q, const struct guid *g)
{
	q_put_blob(q, g->b, sizeof g->b);
}

int q_step(struct q *q, struct err *e)
{
	int rc = sqlite3_step(q->s);

	q->at = 0;
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		return q_fail(q, rc, e);
	sqlite3_reset(q->s);
	return 0;
}

int64_t q_int(struct q *q)
{
	return sqlite3_column_int64(q->s, q->at++);
}

uint32_t q_u32(struct q *q, uint32_t max)
{
	int64_t v = q_int(q);

	if (v < 0 || v > max) {
		q->wrong = true;
		return 0;
	}
	return (uint32_t)v;
}

bool q_bool(struct q *q)
{
	return q_u32(q, 1) != 0;
}

const char *q_text(struct q *q, struct arena *a)
{
	int i = q->at++;
	const char *s = (const char *)sqlite3_column_text(q->s, i);

	if (!s || !a)
		return s;
	return arena_strndup(a, s, (size_t)sqlite3_column_bytes(q->s, i));
}

const void *q_blob(struct q *q, size_t *n)
{
	int i = q->at++;
	const void *p = sqlite3_column_blob(q->s, i);

	*n = (size_t)sqlite3_column_bytes(q->s, i);
	return p;
}

struct guid q_guid(struct q *q)
{
	struct guid g = {0};
	size_t n;
	const void *p = q_blob(q, &n);

	if (p && n == sizeof g.b)
		memcpy(g.b, p, n);
	else
		q->wrong = true;
	return g;
}

int q_check(struct q *q, struct err *e)
{
	if (!q->wrong)
		return 0;
	q->wrong = false;
	return err_set(e, STORE_DAMAGED, q->h->path, "a row holds a value that cannot be");
}

void q_done(struct q *q)
{
	if (!q->s)
		return;
	if (q->own) {
		sqlite3_finalize(q->s);
	} else {
		sqlite3_reset(q->s);
		sqlite3_clear_bindings(q->s);
	}
	q->s = NULL;
}

/* Statements whose changes store_filter_changes() can tell one by one. */
static const bool only_filters[SQL_N] = {
	[SQL_FILTER_ADD] = true, [SQL_FILTER_DELETE] = true, [SQL_FILTER_BURY] = true,
	[SQL_FILTERLIST_TOUCH] = true, [SQL_GONE_FORGET] = true, [SQL_GONE_AFTER_SET] = true,
};

/* Statements whose work the copy for the next boot may depend on. */
static const bool for_boot[SQL_N] = {
	[SQL_POLICY_ADD] = true, [SQL_POLICY_PUT] = true, [SQL_POLICY_UNASSIGN] = true, [SQL_POLICY_DELETE] = true,
	[SQL_SETTING_PUT] = true, [SQL_NOTE_ASSIGNED] = true,
};

int q_run(struct q *q, struct err *e)
{
	if (q->st && q->h == &q->st->h && tx_mark(q->st, e) < 0) {
		q_done(q);
		return -1;
	}
	int rc = sqlite3_step(q->s);
	if (rc != SQLITE_DONE)
		return q_fail(q, rc, e);
	int changed = sqlite3_changes(q->h->db);
	if (changed && q->st && q->h == &q->st->h) {
		q->st->tx.dirty = true;
		q->st->tx.structure |= !only_filters[q->id];
		q->st->boot_touched |= for_boot[q->id];
	}
	q_done(q);
	return changed;
}

int q_exec(struct store *st, struct dbh *h, enum sql id, struct err *e)
{
	struct q q;

	if (q_use(&q, st, h, id, e) < 0 || q_step(&q, e) < 0)
		return -1;
	q_done(&q);
	return 0;
}
