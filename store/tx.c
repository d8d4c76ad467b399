/*
 * Brackets and transactions. A bracket (struct level) is all or nothing; the outermost one opens the
 * write transaction, and outside a group closes it. Inside a group transactions last up to
 * STORE_GROUP_MS and span many commands.
 *
 * The change counter moves inside the transaction that changes something, once, as its last statement.
 * Keys go to disk in their own file before the transaction that refers to them (secrets.c).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store/internal.h"
#include "store/secrets.h"
#include "common/base/banned.h"

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

/* --- reading ------------------------------------------------------------------------------------ */

int read_begin(struct store *st, struct err *e)
{
	/* Below a writer or another reader there is a transaction already, and the file must not change. */
	if (st->readers == 0 && !st->tx.open) {
		if (store_attach(st, e) < 0 || q_exec(st, &st->h, SQL_BEGIN_READ, e) < 0)
			return -1;
		st->read_tx = true;
	}
	st->readers++;
	return 0;
}

void read_end(struct store *st)
{
	struct err ignored = {0};

	if (--st->readers > 0 || !st->read_tx)
		return;
	st->read_tx = false;
	if (!sqlite3_get_autocommit(st->h.db))
		q_exec(st, &st->h, SQL_ROLLBACK, &ignored);
}

int read_meta(struct store *st, enum sql id, int64_t *out, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, id, e) < 0)
		return -1;
	int row = q_step(&q, e);
	if (row > 0)
		*out = q_int(&q);
	q_done(&q);
	return row != 0 ? row : err_set(e, STORE_DAMAGED, st->h.path, "its counters are missing");
}

int store_counter(struct store *st, uint64_t *out, struct err *e)
{
	int64_t v;

	if (st->readers == 0 && !st->tx.open && store_attach(st, e) < 0)
		return -1;
	if (read_meta(st, SQL_COUNTER, &v, e) < 0)
		return -1;
	*out = (uint64_t)v;
	return 0;
}

/* --- the transaction ---------------------------------------------------------------------------- */

static int tx_begin(struct store *st, struct err *e)
{
	if (st->mode == STORE_READ_ONLY)
		return err_set(e, STORE_DENIED, st->dir);
	if (st->readers > 0)
		return err_set(e, BUG, "a store command began inside a read");
	if (q_exec(st, &st->h, SQL_BEGIN_WRITE, e) < 0)
		return -1;
	st->tx = (struct tx){.open = true, .group = st->tx.group, .opened_ms = now_ms()};
	secrets_sweep_once(st);
	return 0;
}

/* What an error says when it takes finished commands of a group with it. */
static void blame_group(struct store *st, struct err *e)
{
	size_t n = strlen(e->text);

	if (st->tx.commands > 0)
		snprintf(e->text + n, sizeof e->text - n, " (the %u commands before it are undone too)",
		    st->tx.commands);
	st->tx.commands = 0;
}

void tx_note_loss(struct store *st, struct err *e)
{
	if (!st->tx.open || st->tx.lost || !sqlite3_get_autocommit(st->h.db))
		return;
	st->tx.lost = true;
	st->tx.dirty = false;
	st->touched_list = 0;
	secrets_rollback(st);
	blame_group(st, e);
}

/* The transaction is over, with or without success. */
static void tx_close(struct store *st)
{
	struct err ignored = {0};

	if (!sqlite3_get_autocommit(st->h.db))
		q_exec(st, &st->h, SQL_ROLLBACK, &ignored);
	secrets_rollback(st);
	st->touched_list = 0;
	st->tx = (struct tx){.group = st->tx.group, .depth = st->tx.depth};
}

/* A statement of the commit itself, outside any bracket; it takes one number. */
static int put_meta(struct store *st, enum sql id, int64_t v, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, id, e) < 0)
		return -1;
	q_put_int(&q, v);
	int rc = q_step(&q, e);
	q_done(&q);
	return rc < 0 ? -1 : 0;
}

/* What is gone for long is told by a snapshot; keeps filter_gone small however many are deleted. */
static int forget_gone(struct store *st, struct err *e)
{
	int64_t counter;

	if (st->tx.buried == 0)
		return 0;
	if (read_meta(st, SQL_COUNTER, &counter, e) < 0)
		return -1;
	counter -= STORE_GONE_KEPT;
	if (counter <= 0)
		return 0;
	return put_meta(st, SQL_GONE_AFTER_SET, counter, e) < 0 ? -1 : put_meta(st, SQL_GONE_FORGET, counter, e);
}

static int write_meta(struct store *st, struct err *e)
{
	if (st->tx.next_filter > 0 && put_meta(st, SQL_NEXT_FILTER_SET, st->tx.next_filter, e) < 0)
		return -1;
	return forget_gone(st, e) < 0 ? -1 : put_meta(st, SQL_COUNTER_BUMP, st->tx.structure, e);
}

static int tx_commit(struct store *st, struct err *e)
{
	int rc = 0;

	if (st->tx.dirty) {
		rc = write_meta(st, e);
		if (rc == 0)
			rc = secrets_commit(st, e);
		if (rc == 0)
			rc = q_exec(st, &st->h, SQL_COMMIT, e);
		if (rc < 0)
			blame_group(st, e);
	}
	tx_close(st);
	if (rc == 0)
		secrets_sweep_orphans(st);
	return rc;
}

/* --- brackets ----------------------------------------------------------------------------------- */

int store_cmd_begin(struct store *st, struct err *e)
{
	if (st->tx.depth == STORE_DEPTH_MAX)
		return err_set(e, BUG, "store commands are nested too deep");
	if (!st->tx.open && tx_begin(st, e) < 0)
		return -1;
	st->tx.levels[st->tx.depth++] = (struct level){.dirty_before = st->tx.dirty};
	return 0;
}

int store_whole_begin(struct store *st, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	st->tx.levels[st->tx.depth - 1].whole = true;
	return 0;
}

/* The innermost whole bracket below level n, or NULL. */
static struct level *whole_below(struct store *st, unsigned n)
{
	while (n > 0)
		if (st->tx.levels[--n].whole)
			return &st->tx.levels[n];
	return NULL;
}

int tx_mark(struct store *st, struct err *e)
{
	if (st->tx.depth == 0)
		return err_set(e, BUG, "a write outside a store command");
	if (st->tx.lost)
		return err_set(e, STORE_FAILED, "the transaction was undone");
	unsigned first = st->tx.depth;
	while (first > 0 && !st->tx.levels[first - 1].marked)
		first--;
	if (first == st->tx.depth)
		return 0;
	if (!whole_below(st, first)) {
		if (q_exec(st, &st->h, SQL_MARK, e) < 0)
			return -1;
		st->tx.levels[first].owner = true;
	}
	for (unsigned i = first; i < st->tx.depth; i++)
		st->tx.levels[i].marked = true;
	return 0;
}

static int level_end(struct store *st, const struct level *l, bool commit, struct err *e)
{
	struct level *whole = whole_below(st, st->tx.depth);
	int rc = 0;

	if (!commit && l->marked && whole && !l->owner) {
		whole->failed = true; /* there is no savepoint to go back to but that one's */
		return 0;
	}
	if (!commit && l->marked) {
		rc = q_exec(st, &st->h, SQL_MARK_ROLLBACK, e);
		st->tx.dirty = l->dirty_before;
		st->touched_list = 0;
		if (st->secrets.h.db) /* it may have brought a key */
			st->secrets.orphans = true;
	}
	if (rc == 0 && l->owner)
		rc = q_exec(st, &st->h, SQL_MARK_RELEASE, e);
	if (rc == 0 || st->tx.lost)
		return rc;
	/* Half of a bracket is worse than none of the transaction. */
	struct err ignored = {0};
	q_exec(st, &st->h, SQL_ROLLBACK, &ignored);
	tx_note_loss(st, e);
	return rc;
}

/* The outermost bracket ended. */
static int tx_settle(struct store *st, bool commit, struct err *e)
{
	if (st->tx.lost || (!st->tx.group && !commit)) {
		tx_close(st);
		return 0;
	}
	if (!st->tx.group)
		return tx_commit(st, e);
	if (commit && st->tx.dirty)
		st->tx.commands++;
	if (now_ms() - st->tx.opened_ms < STORE_GROUP_MS)
		return 0;
	return tx_commit(st, e);
}

int store_cmd_end(struct store *st, bool commit, struct err *e)
{
	int rc = 0;

	if (st->tx.depth == 0)
		return err_set(e, BUG, "a store command ended that did not begin");
	struct level l = st->tx.levels[--st->tx.depth];
	if (commit && l.failed) {
		err_set(e, BUG, "a command was kept of which a part had failed");
		commit = false;
		rc = -1;
	}
	if (!st->tx.lost && level_end(st, &l, commit, e) < 0)
		rc = -1;
	else if (st->tx.lost && commit)
		rc = err_set(e, STORE_FAILED, "the transaction was undone");
	if (st->tx.depth > 0)
		return rc;
	if (rc < 0) {
		tx_settle(st, false, e);
		return -1;
	}
	return tx_settle(st, commit, e);
}

int write_end(struct store *st, int rc, struct err *e)
{
	struct err second = {0};

	if (rc == 0)
		return store_cmd_end(st, true, e);
	/* `e` says already what went wrong; what undoing adds to that cannot be told in one line. */
	store_cmd_end(st, false, &second);
	return -1;
}

int store_group_begin(struct store *st, struct err *e)
{
	if (st->tx.depth > 0)
		return err_set(e, BUG, "a group began inside a store command");
	st->tx.group = true;
	return 0;
}

int store_group_flush(struct store *st, struct err *e)
{
	if (st->tx.depth > 0)
		return err_set(e, BUG, "a group was flushed inside a store command");
	return st->tx.open ? tx_commit(st, e) : 0;
}

bool store_group_due(const struct store *st)
{
	return st->tx.open && st->tx.depth == 0 && now_ms() - st->tx.opened_ms >= STORE_GROUP_MS;
}

int store_group_end(struct store *st, struct err *e)
{
	int rc = store_group_flush(st, e);

	st->tx.group = st->tx.depth > 0 && st->tx.group;
	return rc;
}

int tx_filter_id(struct store *st, int64_t *id, struct err *e)
{
	if (st->tx.next_filter == 0 && read_meta(st, SQL_NEXT_FILTER, &st->tx.next_filter, e) < 0)
		return -1;
	*id = st->tx.next_filter++;
	return 0;
}
