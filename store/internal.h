/*
 * Inside the store: the handle, statements by number, and the bracket that every write runs in.
 * Nobody outside this folder (and its tests) includes it.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/sql.h"
#include "store/store.h"

enum {
	STORE_BUSY_MS = 5000,  /* how long a writer waits for another one */
	STORE_DEPTH_MAX = 8,   /* nested brackets: a command, an operation inside it */
	STORE_GONE_KEPT = 256, /* transactions whose deleted filters are remembered */
	STORE_GONE_MAX = 256,  /* of one transaction; when it deletes more, a snapshot is cheaper */
};

/*
 * One bracket. Its savepoint is made at the first write only and shared by all brackets that had not
 * written before, so that a command of one insert costs one savepoint, and a command that changes
 * nothing costs none.
 */
struct level {
	bool marked;       /* a savepoint stands at or below this level's start */
	bool owner;        /* this level made that savepoint and releases it */
	bool dirty_before; /* store.tx.dirty when the level began */
	bool whole;        /* brackets inside share this one's savepoint (store_whole_begin) */
	bool failed;       /* whole: one of them was undone, so this one must be */
};

struct tx {
	bool open;           /* a write transaction of ours is on */
	bool group;          /* commands share transactions */
	bool dirty;          /* something changed since it began */
	bool structure;      /* and it was more than filters */
	unsigned buried;     /* filters that it deleted */
	bool lost;           /* SQLite undid it under us; the open brackets can only fail */
	unsigned depth;      /* open brackets */
	unsigned commands;   /* of the group, done but not yet durable */
	int64_t opened_ms;   /* monotonic */
	int64_t next_filter; /* next filter id, 0 = not read yet */
	struct level levels[STORE_DEPTH_MAX];
};

struct secrets {
	struct dbh h;   /* open only while keys are written; a reader opens and closes it in one call */
	bool swept;     /* orphans of an earlier crash were looked for */
	bool orphans;   /* this transaction may leave keys that no rule refers to */
};

struct store {
	struct dbh h;
	char *dir;
	enum store_mode mode;
	bool present;         /* read-only: the file exists; otherwise h is an empty store in memory */
	dev_t dev;            /* read-only: which file h reads */
	ino_t ino;
	unsigned readers;     /* nested read brackets */
	bool read_tx;         /* the outermost of them began a transaction */
	struct tx tx;
	struct secrets secrets;
	int64_t touched_list; /* filter list whose `modified` this command set already, and to what */
	int64_t touched_s;
	bool boot_touched;    /* store_boot_touched() */
};

/* --- open.c ------------------------------------------------------------------------------------- */

/*
 * Opens `path` with our settings. For writing it brings the schema up to date; for reading it demands
 * that, and returns 1, with h closed, when there is no schema at all yet. 0 done, -1 failed (h closed).
 */
int db_open(struct dbh *h, const char *path, const struct schema *schema, bool write, struct err *e);
void db_close(struct dbh *h);
/* Makes the file (0600) if missing, refuses it when others could have written it. */
int db_make_file(const char *path, bool private, struct err *e);
/* 1: there and safe; 0: not there; -1: refused. private: others may not even read it. */
int db_check_file(const char *path, bool private, struct err *e);
/* DIR/FILE; the caller frees. */
char *store_path(const char *dir, const char *file);
/* Read-only mode: follows the file when it appears or is replaced. */
int store_attach(struct store *st, struct err *e);

/* --- tx.c --------------------------------------------------------------------------------------- */

/* One consistent view for several statements; nests. Every begin that returned 0 needs its end. */
int read_begin(struct store *st, struct err *e);
void read_end(struct store *st);
/* Ends a bracket with the result of what ran in it: keeps its work if rc is 0. Returns rc, or -1. */
int write_end(struct store *st, int rc, struct err *e);
/* Called before a writing statement: makes the savepoint that is due. */
int tx_mark(struct store *st, struct err *e);
/* One number from the one row of meta. */
int read_meta(struct store *st, enum sql id, int64_t *out, struct err *e);
/* The next filter id; unused ids are not given out again within the transaction. */
int tx_filter_id(struct store *st, int64_t *id, struct err *e);
/* SQLite undid the transaction by itself (disk full, I/O error): remember, and say so in `e`. */
void tx_note_loss(struct store *st, struct err *e);
int64_t now_s(void);

/* --- several nouns ------------------------------------------------------------------------------ */

/* Does statement `id` find a row of that name (and owner, where it has one) other than `own`? 1, 0, -1. */
int name_taken(struct store *st, enum sql id, const char *name, int64_t owner, int64_t own, struct err *e);
/* The rule that uses a list or an action: 1 with both names in `a`, 0, -1. */
int find_user(struct store *st, enum sql id, int64_t object, struct arena *a, const char **rule,
    const char **policy, struct err *e);
/* Runs a writing statement with the given integers; rows changed, or -1. */
int run_ints(struct store *st, enum sql id, const int64_t *v, size_t n, struct err *e);
/* Starts a lookup by name or guid, whichever is not NULL. */
int use_key(struct q *q, struct store *st, enum sql by_name, enum sql by_guid, const char *name,
    const struct guid *guid, struct err *e);
/* How such a lookup names its object in an error. */
const char *key_text(const char *name, const struct guid *guid, char out[GUID_TEXT]);
/* The guid that a new object gets: its own, or a fresh one. */
struct guid guid_or_new(const struct guid *g);

/* Statements of a table of quick mode offers. */
struct offer_sql {
	enum sql load, clear, add;
};
extern const struct offer_sql filteraction_offers, rule_offers;
int qm_offers_load(struct store *st, const struct offer_sql *t, int64_t owner, struct qm_offers *out,
    struct err *e);
/* Replaces the offers of `owner` unless they are the same already; *changed is only ever set. */
int qm_offers_save(struct store *st, const struct offer_sql *t, int64_t owner, const struct qm_offers *o,
    bool *changed, struct err *e);

int auth_load(struct store *st, int64_t rule, struct arena *a, struct auth_list *out, struct err *e);
/* As store_rule_add() says of psk; *changed is only ever set. */
int auth_save(struct store *st, int64_t rule, struct auth_list *auth, const char *const *psk,
    bool *changed, struct err *e);

int filterlist_by_id(struct store *st, int64_t id, struct arena *a, struct filterlist *out, struct err *e);
int filteraction_by_id(struct store *st, int64_t id, struct arena *a, struct filteraction *out,
    struct err *e);

int settings_load(struct store *st, struct settings *out, struct err *e);

/* Columns of one filter, from the row that q stands on; *list gets its list. */
int row_to_filter(struct q *q, struct arena *a, int64_t *list, struct filter *out, struct err *e);

/* Loads the rules of a policy; `resolve` fills filterlist and filteraction from their ids. */
struct rule_refs {
	int (*resolve)(void *ctx, int64_t list, int64_t action, struct rule *r, struct err *e);
	void *ctx;
};
int rules_load(struct store *st, int64_t policy, struct arena *a, const struct rule_refs *refs,
    struct rule **out, size_t *n, struct err *e);
/* Adds the default response rule of a new policy. */
int rule_add_default(struct store *st, int64_t policy, const struct rule *def, struct err *e);

#endif
