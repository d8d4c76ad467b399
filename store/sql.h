/*
 * Statements: their numbers, and typed binding and reading. Positions follow the column list that the
 * statement shares with the row_to_X/bind_X pair of its noun; each q_* call takes the next position.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/guid.h"

enum sql {
	SQL_BEGIN_READ, SQL_BEGIN_WRITE, SQL_COMMIT, SQL_ROLLBACK,
	SQL_MARK, SQL_MARK_RELEASE, SQL_MARK_ROLLBACK,
	SQL_COUNTER, SQL_COUNTER_BUMP, SQL_NEXT_FILTER, SQL_NEXT_FILTER_SET,
	SQL_STRUCTURE, SQL_GONE_AFTER, SQL_GONE_FORGET, SQL_GONE_AFTER_SET,

	SQL_POLICY_BY_NAME, SQL_POLICY_BY_GUID, SQL_POLICY_LIST, SQL_POLICY_ID, SQL_POLICY_NAME,
	SQL_POLICY_ADD, SQL_POLICY_PUT, SQL_POLICY_UNASSIGN, SQL_POLICY_TOUCH, SQL_POLICY_DELETE,
	SQL_POLICY_OFFERS, SQL_POLICY_OFFERS_CLEAR, SQL_POLICY_OFFER_ADD,

	SQL_RULE_LIST, SQL_RULE_ID, SQL_RULE_OWNER, SQL_RULE_ADD, SQL_RULE_PUT, SQL_RULE_TOUCH,
	SQL_RULE_DELETE,
	SQL_RULE_OFFERS, SQL_RULE_OFFERS_CLEAR, SQL_RULE_OFFER_ADD,
	SQL_AUTH, SQL_AUTH_CLEAR, SQL_AUTH_ADD, SQL_AUTH_SECRET_USED,

	SQL_FILTERLIST_BY_NAME, SQL_FILTERLIST_BY_GUID, SQL_FILTERLIST_BY_ID, SQL_FILTERLIST_LIST,
	SQL_FILTERLIST_ID, SQL_FILTERLIST_ADD, SQL_FILTERLIST_PUT, SQL_FILTERLIST_TOUCH,
	SQL_FILTERLIST_DELETE, SQL_FILTERLIST_EMPTY, SQL_FILTERLIST_USER,
	SQL_FILTER_COUNT, SQL_FILTER_EACH, SQL_FILTER_ALL, SQL_FILTER_ADD, SQL_FILTER_DELETE,
	SQL_FILTER_BETWEEN, SQL_FILTER_BURY, SQL_FILTER_NEW, SQL_FILTER_GONE,

	SQL_FILTERACTION_BY_NAME, SQL_FILTERACTION_BY_GUID, SQL_FILTERACTION_BY_ID,
	SQL_FILTERACTION_LIST, SQL_FILTERACTION_ID, SQL_FILTERACTION_ADD, SQL_FILTERACTION_PUT,
	SQL_FILTERACTION_TOUCH, SQL_FILTERACTION_DELETE, SQL_FILTERACTION_USER,
	SQL_FILTERACTION_OFFERS, SQL_FILTERACTION_OFFERS_CLEAR, SQL_FILTERACTION_OFFER_ADD,

	SQL_POLICY_NAMES, SQL_RULE_NAMES, SQL_FILTERLIST_NAMES, SQL_FILTERACTION_NAMES,

	SQL_SETTINGS, SQL_SETTING_PUT, SQL_DIALECT, SQL_ASSIGNED, SQL_NOTE_ASSIGNED,

	SQL_SECRET_GET, SQL_SECRET_ADD, SQL_SECRET_LIST, SQL_SECRET_DELETE,
	SQL_N
};

/* One kind of database file of ours. */
struct schema {
	const char *const *migrations; /* schema.h */
	const int *n;
	uint32_t application_id;
	bool wal;             /* write-ahead log, otherwise a rollback journal */
	const char *settings; /* pragmas for each connection that writes */
};

/* An open database file with its prepared statements. */
struct dbh {
	sqlite3 *db; /* NULL when closed */
	char *path;
	sqlite3_stmt *stmts[SQL_N];
};

struct store;

/* A statement in use. All zero is none; q_done() is harmless then. */
struct q {
	struct store *st; /* whose transaction suffers from a failure; NULL for none */
	struct dbh *h;
	sqlite3_stmt *s;
	enum sql id;
	int at;     /* next position to bind or read */
	bool own;   /* not from the cache: it was in use already */
	bool wrong; /* a value read was not of the shape that the schema promises */
};

/* Makes statement `id` ready for binding. Every q_use() needs a q_done() or q_run(). */
int q_use(struct q *q, struct store *st, struct dbh *h, enum sql id, struct err *e);
void q_put_int(struct q *q, int64_t v);
/* Text and bytes are borrowed until q_done(); NULL binds NULL. */
void q_put_text(struct q *q, const char *s);
void q_put_blob(struct q *q, const void *p, size_t n);
void q_put_guid(struct q *q, const struct guid *g);
/* 1: a row stands ready, positions start anew; 0: no more rows; -1: failed. */
int q_step(struct q *q, struct err *e);
int64_t q_int(struct q *q);
uint32_t q_u32(struct q *q, uint32_t max);
bool q_bool(struct q *q);
/* A copy in `a`, or borrowed until the next q_step() when a is NULL. NULL for NULL. */
const char *q_text(struct q *q, struct arena *a);
const void *q_blob(struct q *q, size_t *n);
struct guid q_guid(struct q *q);
/* -1 when one of the values read since the last call was of a wrong shape. */
int q_check(struct q *q, struct err *e);
void q_done(struct q *q);
/* Runs a writing statement to its end. Rows it changed, or -1. Marks the store as changed. */
int q_run(struct q *q, struct err *e);
/* A statement without parameters or rows that is not itself a change: BEGIN and its like. */
int q_exec(struct store *st, struct dbh *h, enum sql id, struct err *e);
/* Translates what SQLite says of `h` into an error. -1. */
int db_fail(struct dbh *h, int rc, struct err *e);

#endif
