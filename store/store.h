/*
 * The policy store: one SQLite file, and the only place where SQL is spelled.
 *
 * Every function returns 0, or -1 with `e` set and nothing changed. Objects are addressed by their row
 * id once found; names are compared without regard to ASCII case. Text that a getter hands out lives
 * in the arena given to it.
 *
 * Durability: outside a group, a function that returned 0 is on disk (WAL, synchronous=FULL). Inside a
 * group (store_group_begin) the writes of many commands share one transaction, flushed by
 * store_group_flush() and by time; each command still is all or nothing (a savepoint). While a group
 * has unflushed writes it holds the write lock: flush before waiting for a person.
 *
 * Files: policy.db with its -wal and -shm, and secrets.db (secrets.h). Deleting something that is not
 * there is no error and no change; writing what is there already is no change. `modified` is set by the
 * store, also that of a policy whose rules change and of a list whose filters do. A handle is for one
 * thread, and must not cross a fork.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/model/model.h"
#include "common/model/settings.h"

struct store;

enum store_mode {
	STORE_RW,        /* make folder (0700) and files (0600) when missing, migrate */
	STORE_READ_ONLY, /* never creates; a missing store reads as an empty one */
};

/* Opens the store in folder `dir`. NULL with `e` set on failure. The caller closes it. */
struct store *store_open(const char *dir, enum store_mode mode, struct err *e);
void store_close(struct store *st); /* flushes an open group; NULL is fine */
/* false: it reads as empty because there is no file (as of the last call that read something). */
bool store_is_there(const struct store *st);

/*
 * The folder of the persistent store of a host whose local store is in `dir` (semantics §1.4): a store of its own, of
 * the same kind. The caller frees it. Open it like any other; STORE_RW makes the folder in `dir` too.
 */
char *store_persistent_dir(const char *dir);

/* Goes up by one with every transaction that changed something; cheap to read (one page). */
int store_counter(struct store *st, uint64_t *out, struct err *e);
/* All of it, from one read transaction. The caller frees with policyset_free(). */
struct policyset *store_snapshot(struct store *st, struct err *e);

/* What happened to the filters of some lists since a policyset was read. */
struct filter_changes {
	uint64_t counter;    /* of the store now */
	int64_t next_filter; /* as in policyset */
	bool whole;          /* something else changed, or too much: read a snapshot. v is empty then */
	struct filter_change *v; /* first what is gone, then what came */
	size_t n;
};
/*
 * `counter` and `next_filter` are those of the policyset, `lists` the ids of the lists that matter. The
 * cost grows with the changes, not with the filters. Arrays and text live in `a`.
 */
int store_filter_changes(struct store *st, uint64_t counter, int64_t next_filter, const int64_t *lists,
    size_t nlists, struct arena *a, struct filter_changes *out, struct err *e);

/*
 * Copies the policies of the store in folder `from`, as of one moment, to folder `to`, which is there and
 * holds no store. Preshared keys are not copied. A store that is not there is copied as none.
 */
int store_copy(const char *from, const char *to, struct err *e);

/* --- transactions ------------------------------------------------------------------------------- */

/* Brackets one command: everything between is done, or (commit=false, error, crash) nothing of it. */
int store_cmd_begin(struct store *st, struct err *e);
int store_cmd_end(struct store *st, bool commit, struct err *e);
/*
 * The same for a command made of very many, which ends with store_cmd_end() too. Inside it nothing is undone
 * by itself: when a bracket in it is not kept, all of it cannot be. In return a bracket costs no savepoint,
 * of which SQLite makes and drops each in time that grows with what the transaction changed before.
 */
int store_whole_begin(struct store *st, struct err *e);
/* From now on commands share transactions; flushed after at most STORE_GROUP_MS of open time. */
int store_group_begin(struct store *st, struct err *e);
int store_group_flush(struct store *st, struct err *e); /* everything so far is durable; the group goes on */
int store_group_end(struct store *st, struct err *e);
/* Has what the group wrote waited for STORE_GROUP_MS? Then flush: nobody else can write meanwhile. */
bool store_group_due(const struct store *st);
enum { STORE_GROUP_MS = 200 };

/* --- settings of the host ---------------------------------------------------------------------- */

/* All of them; what was never set has its default. */
int store_settings(struct store *st, struct settings *out, struct err *e);
/*
 * Did a command write a policy or a setting since this was asked last, whether it was kept or not? For whoever
 * writes the copy for the next boot: most commands change filters and rules, and need no further question.
 */
bool store_boot_touched(struct store *st);
/* Keeps the text (setting_print) under the setting's name. */
int store_setting_put(struct store *st, const char *name, const char *value, struct err *e);

/* The dialect of the language over this store; DIALECT_LINUX when it was never set. */
int store_dialect(struct store *st, enum dialect *out, struct err *e);
int store_dialect_put(struct store *st, enum dialect dialect, struct err *e);

/* --- names -------------------------------------------------------------------------------------- */

enum store_kind { STORE_POLICIES, STORE_RULES, STORE_FILTERLISTS, STORE_FILTERACTIONS };
/*
 * The names of a kind that begin with `prefix` (ASCII case does not matter, "" fits all), sorted, at
 * most `max`, each once. `policy` narrows rules to those of the policy of that name; NULL: of any. Except
 * for rules, it takes time in what it returns, not in the size of the store.
 */
int store_names(struct store *st, enum store_kind kind, const char *policy, const char *prefix, size_t max,
    struct arena *a, const char ***out, size_t *n, struct err *e);

/* --- policies ----------------------------------------------------------------------------------- */

/* By name or guid (one of them NULL). Rules are not loaded (rules = NULL, nrules counts). */
int store_policy_find(struct store *st, const char *name, const struct guid *guid, struct arena *a,
    struct policy *out, struct err *e);
/* All policies in the order of their names, heads only. */
int store_policy_list(struct store *st, struct arena *a, struct policy **out, size_t *n, struct err *e);
/*
 * Adds `p` (guid made when null, id and modified filled in) together with its default response rule
 * `def` (is_default, auth, offers, active). When p->assigned, every other policy is unassigned.
 */
int store_policy_add(struct store *st, struct policy *p, const struct rule *def, struct err *e);
/* Writes all fields of `p` (found by p->id), `assigned` included; rules are untouched. */
int store_policy_put(struct store *st, const struct policy *p, struct err *e);
int store_policy_delete(struct store *st, int64_t id, struct err *e); /* its rules go with it */

/* --- rules -------------------------------------------------------------------------------------- */

/* All rules of a policy in order, lists and actions as heads. */
int store_rule_list(struct store *st, int64_t policy_id, struct arena *a, struct rule **out, size_t *n,
    struct err *e);
/*
 * r->filterlist and r->filteraction need only their id. Secrets: for each AUTH_PSK in r->auth whose
 * secret_id is null, psk[i] holds the key text (same index); the store keeps it and fills secret_id.
 * An id that is given already may be unknown to the key file (store_psk_known): a policy from elsewhere.
 */
int store_rule_add(struct store *st, int64_t policy_id, struct rule *r, const char *const *psk,
    struct err *e);
int store_rule_put(struct store *st, int64_t policy_id, struct rule *r, const char *const *psk,
    struct err *e);
int store_rule_delete(struct store *st, int64_t id, struct err *e);
/* Is there a key of that id? 1, 0, -1. A policy may come from elsewhere without its keys. */
int store_psk_known(struct store *st, const struct guid *secret_id, struct err *e);
/* The key text of a preshared key; the caller wipes it (secret_wipe) and frees it. */
int store_psk_get(struct store *st, const struct guid *secret_id, char **out, struct err *e);

/* --- filter lists and filters ------------------------------------------------------------------- */

int store_filterlist_find(struct store *st, const char *name, const struct guid *guid, struct arena *a,
    struct filterlist *out, struct err *e); /* head only, nfilters 0: not counted */
int store_filterlist_count(struct store *st, struct filterlist *l, struct err *e); /* fills l->nfilters */
int store_filterlist_list(struct store *st, struct arena *a, struct filterlist **out, size_t *n,
    struct err *e); /* heads, by name */
int store_filterlist_add(struct store *st, struct filterlist *l, struct err *e); /* filters ignored */
int store_filterlist_put(struct store *st, const struct filterlist *l, struct err *e);
/* Refused while a rule uses it (FILTERLIST_INUSE names the rule). */
int store_filterlist_empty(struct store *st, int64_t id, struct err *e); /* deletes all its filters */
int store_filterlist_delete(struct store *st, int64_t id, struct err *e);
/*
 * Calls fn for each filter of the list in the order of adding; fn's text lives during the call only. fn
 * may read the store; it may write only inside a store_cmd_begin() that precedes the walk.
 */
int store_filter_each(struct store *st, int64_t list_id, int (*fn)(void *ctx, const struct filter *f, struct err *e),
    void *ctx, struct err *e);
/* Likewise, only the filters from exactly `src` to exactly `dst` (names left aside): found by index. */
int store_filter_between(struct store *st, int64_t list_id, const struct endpoint *src,
    const struct endpoint *dst, int (*fn)(void *ctx, const struct filter *f, struct err *e), void *ctx,
    struct err *e);
/* Adds; *added is false when the list holds the same filter already (scripts-in-the-wild §1: harmless). */
int store_filter_add(struct store *st, int64_t list_id, struct filter *f, bool *added, struct err *e);
int store_filter_delete(struct store *st, int64_t list_id, const int64_t *ids, size_t n, struct err *e);

/* --- filter actions ----------------------------------------------------------------------------- */

int store_filteraction_find(struct store *st, const char *name, const struct guid *guid, struct arena *a,
    struct filteraction *out, struct err *e);
int store_filteraction_list(struct store *st, struct arena *a, struct filteraction **out, size_t *n,
    struct err *e); /* by name */
int store_filteraction_add(struct store *st, struct filteraction *fa, struct err *e);
int store_filteraction_put(struct store *st, const struct filteraction *fa, struct err *e);
int store_filteraction_delete(struct store *st, int64_t id, struct err *e); /* FILTERACTION_INUSE */

#endif
