/*
 * Rules of a policy: each joins a filter list and a filter action, and holds its authentication
 * methods itself (semantics §1.1). The default response rule has neither list nor action nor name;
 * it comes and goes with its policy and cannot be deleted alone (§1.2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

static void row_to_tunnel(struct q *q, struct ip *ip)
{
	size_t n;
	const void *p = q_blob(q, &n);

	*ip = (struct ip){0};
	if (!p)
		return;
	ip->family = n == 4 ? IP_V4 : IP_V6;
	if (n == 4 || n == 16)
		memcpy(ip->b, p, n);
	else
		q->wrong = true;
}

/* id, RULE_COLS */
static void row_to_rule(struct q *q, struct arena *a, struct rule *r, int64_t *list, int64_t *action)
{
	*r = (struct rule){.id = q_int(q)};
	r->guid = q_guid(q);
	r->is_default = q_bool(q);
	r->name = q_text(q, a);
	r->description = q_text(q, a);
	r->modified = q_int(q);
	r->active = q_bool(q);
	r->conntype = (uint8_t)q_u32(q, CONN_DIALUP);
	row_to_tunnel(q, &r->tunnel);
	*list = q_int(q);
	*action = q_int(q);
	r->default_qmpfs = q_bool(q);
}

/* RULE_COLS from active on */
static void bind_rule_settings(struct q *q, const struct rule *r)
{
	size_t tunnel = ip_bits(r->tunnel.family) / 8;

	q_put_int(q, r->active);
	q_put_int(q, r->conntype);
	q_put_blob(q, tunnel ? r->tunnel.b : NULL, tunnel);
	if (r->is_default) {
		q_put_text(q, NULL);
		q_put_text(q, NULL);
	} else {
		q_put_int(q, r->filterlist->id);
		q_put_int(q, r->filteraction->id);
	}
	q_put_int(q, r->is_default && r->default_qmpfs);
}

static const char *rule_name(const struct rule *r)
{
	return r->is_default ? NULL : r->name;
}

/* --- reading ------------------------------------------------------------------------------------ */

/* What hangs on a rule's row. */
static int load_parts(struct store *st, struct arena *a, const struct rule_refs *refs, int64_t list,
    int64_t action, struct rule *r, struct err *e)
{
	if (qm_offers_load(st, &rule_offers, r->id, &r->default_offers, e) < 0 ||
	    auth_load(st, r->id, a, &r->auth, e) < 0)
		return -1;
	return r->is_default ? 0 : refs->resolve(refs->ctx, list, action, r, e);
}

int rules_load(struct store *st, int64_t policy, struct arena *a, const struct rule_refs *refs,
    struct rule **out, size_t *n, struct err *e)
{
	struct rule *v = NULL;
	int64_t list, action;
	size_t cap = 0;
	struct q q;
	int row;

	*n = 0;
	if (q_use(&q, st, &st->h, SQL_RULE_LIST, e) < 0)
		return -1;
	q_put_int(&q, policy);
	while ((row = q_step(&q, e)) > 0) {
		GROW(v, *n, cap);
		struct rule *r = &v[(*n)++];
		row_to_rule(&q, a, r, &list, &action);
		if (q_check(&q, e) < 0 || load_parts(st, a, refs, list, action, r, e) < 0) {
			row = -1;
			break;
		}
	}
	q_done(&q);
	if (row == 0) {
		*out = arena_array(a, *n, sizeof **out);
		if (*n > 0)
			memcpy(*out, v, *n * sizeof **out);
	}
	free(v);
	return row;
}

struct heads {
	struct store *st;
	struct arena *a;
};

static int resolve_heads(void *ctx, int64_t list, int64_t action, struct rule *r, struct err *e)
{
	struct heads *h = ctx;

	r->filterlist = arena_alloc(h->a, sizeof *r->filterlist);
	r->filteraction = arena_alloc(h->a, sizeof *r->filteraction);
	int rc = filterlist_by_id(h->st, list, h->a, r->filterlist, e);
	if (rc > 0)
		rc = filteraction_by_id(h->st, action, h->a, r->filteraction, e);
	if (rc == 0) /* foreign keys rule this out, unless the file is damaged */
		rc = err_set(e, STORE_DAMAGED, h->st->h.path, "a rule refers to nothing");
	return rc < 0 ? -1 : 0;
}

int store_rule_list(struct store *st, int64_t policy_id, struct arena *a, struct rule **out, size_t *n,
    struct err *e)
{
	struct heads heads = {st, a};
	struct rule_refs refs = {resolve_heads, &heads};

	*n = 0;
	if (read_begin(st, e) < 0)
		return -1;
	int rc = rules_load(st, policy_id, a, &refs, out, n, e);
	read_end(st);
	return rc;
}

/* --- writing ------------------------------------------------------------------------------------ */

/* Whose rule is it? 1, 0 = no such rule, -1. */
static int owner(struct store *st, int64_t id, struct arena *a, int64_t *policy, bool *is_default,
    const char **policy_name, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_RULE_OWNER, e) < 0)
		return -1;
	q_put_int(&q, id);
	int row = q_step(&q, e);
	if (row > 0) {
		*policy = q_int(&q);
		*is_default = q_bool(&q);
		*policy_name = q_text(&q, a);
	}
	q_done(&q);
	return row;
}

static int policy_name(struct store *st, int64_t policy, struct arena *a, const char **name, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_POLICY_NAME, e) < 0)
		return -1;
	q_put_int(&q, policy);
	int row = q_step(&q, e);
	if (row > 0)
		*name = q_text(&q, a);
	q_done(&q);
	return row;
}

/* Do list and action exist? Another writer may have removed them since they were looked up. */
static int check_refs(struct store *st, const struct rule *r, struct err *e)
{
	struct arena scratch = {0};
	struct filteraction fa;
	struct filterlist l;

	if (!r->name || !r->filterlist || !r->filteraction)
		return err_set(e, BUG, "a rule without name, list or action");
	int rc = filterlist_by_id(st, r->filterlist->id, &scratch, &l, e);
	if (rc == 0)
		rc = err_set(e, FILTERLIST_NOTFOUND, r->filterlist->name ? r->filterlist->name : "");
	if (rc > 0)
		rc = filteraction_by_id(st, r->filteraction->id, &scratch, &fa, e);
	if (rc == 0)
		rc = err_set(e, FILTERACTION_NOTFOUND, r->filteraction->name ? r->filteraction->name : "");
	arena_free(&scratch);
	return rc < 0 ? -1 : 0;
}

/* Is the policy there, and the name free in it? */
static int check_place(struct store *st, int64_t policy, const struct rule *r, struct err *e)
{
	struct arena scratch = {0};
	const char *in = NULL;
	char id[32];

	int rc = policy_name(st, policy, &scratch, &in, e);
	if (rc == 0) {
		snprintf(id, sizeof id, "%lld", (long long)policy);
		rc = err_set(e, POLICY_NOTFOUND, id);
	}
	if (rc > 0 && !r->is_default) {
		rc = name_taken(st, SQL_RULE_ID, r->name, policy, r->id, e);
		if (rc > 0)
			rc = err_set(e, RULE_EXISTS, in, r->name);
	}
	arena_free(&scratch);
	return rc < 0 ? -1 : 0;
}

static int insert(struct store *st, int64_t policy, const struct rule *r, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_RULE_ADD, e) < 0)
		return -1;
	q_put_int(&q, policy);
	q_put_guid(&q, &r->guid);
	q_put_int(&q, r->is_default);
	q_put_text(&q, rule_name(r));
	q_put_text(&q, r->description ? r->description : "");
	q_put_int(&q, r->modified);
	bind_rule_settings(&q, r);
	return q_run(&q, e);
}

/* The row and what hangs on it; fills id and the ids of keys. */
static int add_whole(struct store *st, int64_t policy, struct rule *r, const char *const *psk, struct err *e)
{
	bool changed;

	if (insert(st, policy, r, e) < 0)
		return -1;
	r->id = sqlite3_last_insert_rowid(st->h.db);
	if (r->is_default && qm_offers_save(st, &rule_offers, r->id, &r->default_offers, &changed, e) < 0)
		return -1;
	return auth_save(st, r->id, &r->auth, psk, &changed, e);
}

static int touch_policy(struct store *st, int64_t policy, struct err *e)
{
	return run_ints(st, SQL_POLICY_TOUCH, (int64_t[]){policy, now_s()}, 2, e) < 0 ? -1 : 0;
}

static int add(struct store *st, int64_t policy, struct rule *r, const char *const *psk, struct err *e)
{
	if (check_place(st, policy, r, e) < 0 || check_refs(st, r, e) < 0 ||
	    add_whole(st, policy, r, psk, e) < 0)
		return -1;
	return touch_policy(st, policy, e);
}

int store_rule_add(struct store *st, int64_t policy_id, struct rule *r, const char *const *psk,
    struct err *e)
{
	struct rule new = *r;

	if (r->is_default)
		return err_set(e, BUG, "a policy has one default response rule already");
	if (store_cmd_begin(st, e) < 0)
		return -1;
	new.id = 0;
	new.guid = guid_or_new(&r->guid);
	new.modified = now_s();
	if (write_end(st, add(st, policy_id, &new, psk, e), e) < 0)
		return -1;
	*r = new;
	return 0;
}

int rule_add_default(struct store *st, int64_t policy, const struct rule *def, struct err *e)
{
	struct rule new = *def;

	new.is_default = true;
	new.guid = guid_or_new(&def->guid);
	new.modified = now_s();
	return add_whole(st, policy, &new, NULL, e);
}

static int update(struct store *st, const struct rule *r, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, SQL_RULE_PUT, e) < 0)
		return -1;
	q_put_int(&q, r->id);
	q_put_text(&q, rule_name(r));
	q_put_text(&q, r->description ? r->description : "");
	bind_rule_settings(&q, r);
	return q_run(&q, e);
}

/* `r` is a rule of this policy, and is the default one exactly if it says so. */
static int check_identity(struct store *st, int64_t policy, const struct rule *r, struct err *e)
{
	struct arena scratch = {0};
	bool is_default = false;
	const char *name = "";
	int64_t of = 0;

	int rc = owner(st, r->id, &scratch, &of, &is_default, &name, e);
	if (rc == 0 || (rc > 0 && of != policy))
		rc = err_set(e, RULE_NOTFOUND, name, r->name ? r->name : "");
	if (rc > 0 && is_default != r->is_default)
		rc = err_set(e, BUG, "a rule cannot become the default response rule, or stop being it");
	arena_free(&scratch);
	return rc < 0 ? -1 : 0;
}

static int put(struct store *st, int64_t policy, struct rule *r, const char *const *psk, struct err *e)
{
	bool changed = false;

	if (check_identity(st, policy, r, e) < 0 || (!r->is_default && check_refs(st, r, e) < 0) ||
	    check_place(st, policy, r, e) < 0)
		return -1;
	int rows = update(st, r, e);
	if (rows < 0 || auth_save(st, r->id, &r->auth, psk, &changed, e) < 0)
		return -1;
	if (r->is_default && qm_offers_save(st, &rule_offers, r->id, &r->default_offers, &changed, e) < 0)
		return -1;
	if (rows == 0 && !changed)
		return 0;
	r->modified = now_s();
	if (run_ints(st, SQL_RULE_TOUCH, (int64_t[]){r->id, r->modified}, 2, e) < 0)
		return -1;
	return touch_policy(st, policy, e);
}

int store_rule_put(struct store *st, int64_t policy_id, struct rule *r, const char *const *psk,
    struct err *e)
{
	struct rule new = *r;

	if (store_cmd_begin(st, e) < 0)
		return -1;
	if (write_end(st, put(st, policy_id, &new, psk, e), e) < 0)
		return -1;
	*r = new;
	return 0;
}

static int delete(struct store *st, int64_t id, struct err *e)
{
	struct arena scratch = {0};
	bool is_default = false;
	const char *name = "";
	int64_t policy = 0;

	int rc = owner(st, id, &scratch, &policy, &is_default, &name, e);
	if (rc > 0 && is_default)
		rc = err_set(e, DEFAULTRULE_FIXED, name);
	arena_free(&scratch);
	if (rc <= 0)
		return rc;
	st->secrets.orphans = true; /* it may have had a key */
	if (run_ints(st, SQL_RULE_DELETE, &id, 1, e) < 0)
		return -1;
	return touch_policy(st, policy, e);
}

int store_rule_delete(struct store *st, int64_t id, struct err *e)
{
	if (store_cmd_begin(st, e) < 0)
		return -1;
	return write_end(st, delete(st, id, e), e);
}
