#include "cli/guard.h"

#include <stdlib.h>
#include <string.h>

#include "cli/bootsync.h"
#include "cli/dyn.h"
#include "common/base/mem.h"
#include "common/model/boot.h"
#include "enforcer/compile/lockout.h"
#include "common/base/banned.h"

#define OVERRULE "; force=yes does it all the same"

static bool watches(struct session *s)
{
	struct guard *g = &s->guard;

	if (!g->looked) {
		g->looked = true;
		g->on = s->connection && s->connection(&g->conn);
	}
	return g->on && session_dialect(s) == DIALECT_LINUX;
}

/* --- notes -------------------------------------------------------------------------------------- */

void guard_note_policy(struct session *s)
{
	s->guard.policy = true;
}

void guard_note_boot(struct session *s)
{
	s->guard.boot = true;
}

static void note_list(struct guard *g, const struct guard_list *l)
{
	for (size_t i = 0; i < g->nlists; i++) {
		if (g->lists[i].id != l->id)
			continue;
		g->lists[i].used |= l->used;
		g->lists[i].meets |= l->meets;
		return;
	}
	if (g->nlists == GUARD_LISTS_MAX)
		g->policy = true;
	else
		g->lists[g->nlists++] = *l;
}

void guard_note_rule(struct session *s, const struct policy *p, const struct rule *r)
{
	if (p->assigned && r->filterlist && !s->guard.policy)
		note_list(&s->guard, &(struct guard_list){.id = r->filterlist->id, .used = true});
}

void guard_note_filter(struct session *s, int64_t list, const struct filter *f)
{
	if (!s->guard.policy && watches(s) && connection_meets(&s->guard.conn, f))
		note_list(&s->guard, &(struct guard_list){.id = list, .meets = true});
}

static void forget_notes(struct guard *g)
{
	g->policy = g->boot = false;
	g->nlists = 0;
}

/* --- what the store says ------------------------------------------------------------------------ */

/* What becomes of the connection. */
struct finding {
	enum lockout_kind kind;
	bool inbound;
	struct buf why;  /* rule and filter */
	bool boot_shut;  /* no connection to this port while the host starts */
};

static void finding_free(struct finding *f)
{
	buf_free(&f->why);
	*f = (struct finding){.kind = LOCKOUT_NONE};
}

/* Filters of a list that meet the connection. */
struct gather {
	const struct connection *c;
	bool first_only;
	struct filter *v;
	size_t n, cap;
};

static int gather_one(void *ctx, const struct filter *f, struct err *e)
{
	struct gather *g = ctx;

	(void)e;
	if (!connection_meets(g->c, f))
		return 0;
	GROW(g->v, g->n, g->cap);
	g->v[g->n] = *f;
	g->v[g->n].description = "";
	g->v[g->n].src.dns = g->v[g->n].dst.dns = NULL;
	g->n++;
	return g->first_only; /* that is enough: the walk ends */
}

static int gather_list(struct session *s, struct filterlist *l, struct arena *a, struct err *e)
{
	struct gather g = {.c = &s->guard.conn};
	int rc = store_filter_each(s->store, l->id, gather_one, &g, e);

	l->nfilters = rc < 0 ? 0 : g.n;
	l->filters = arena_array(a, l->nfilters, sizeof *l->filters);
	if (l->nfilters)
		memcpy(l->filters, g.v, l->nfilters * sizeof *l->filters);
	free(g.v);
	return rc;
}

static int gather_rules(struct session *s, struct policy *p, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < p->nrules; i++) {
		struct rule *r = &p->rules[i];
		size_t k = 0;
		if (r->is_default || !r->active)
			continue;
		while (p->rules[k].is_default || !p->rules[k].active || p->rules[k].filterlist->id != r->filterlist->id)
			k++;
		if (k < i)
			r->filterlist = p->rules[k].filterlist; /* loaded already */
		else if (gather_list(s, r->filterlist, a, e) < 0)
			return -1;
	}
	return 0;
}

/* The assigned policy with its rules, without filters; NULL: there is none. */
static int assigned_policy(struct session *s, struct arena *a, struct policy **out, struct err *e)
{
	struct policy *p;
	size_t n;

	*out = NULL;
	if (store_policy_list(s->store, a, &p, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (p[i].assigned)
			*out = &p[i];
	return *out ? store_rule_list(s->store, (*out)->id, a, &(*out)->rules, &(*out)->nrules, e) : 0;
}

static bool uses(const struct policy *p, int64_t list)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].active && p->rules[i].filterlist && p->rules[i].filterlist->id == list)
			return true;
	return false;
}

static bool meets(struct session *s, int64_t list)
{
	struct gather g = {.c = &s->guard.conn, .first_only = true};
	struct err ignored = {0};

	store_filter_each(s->store, list, gather_one, &g, &ignored);
	free(g.v);
	return g.n > 0;
}

/* Can what was touched have changed anything for the connection? */
static bool matters(struct session *s, const struct policy *p)
{
	const struct guard *g = &s->guard;

	for (size_t i = 0; i < g->nlists && !g->policy; i++)
		if ((g->lists[i].used || uses(p, g->lists[i].id)) && (g->lists[i].meets || meets(s, g->lists[i].id)))
			return true;
	return g->policy;
}

/* Policies (loaded into `a`) and dynamic rules -> what becomes of the connection. */
static int judge(struct session *s, const struct policyset *ps, const struct dyn_rules *dynamic, struct finding *out,
    struct err *e)
{
	struct facts facts = {0};
	struct lockout l;
	int rc;

	if (s->facts && s->facts(&facts, e) < 0) {
		facts_free(&facts);
		return -1;
	}
	rc = lockout_judge(ps, dynamic, &facts, &s->guard.conn, &l, e);
	if (rc == 0) {
		out->kind = l.kind;
		out->inbound = l.inbound;
		buf_clear(&out->why);
		lockout_print(&l, &out->why);
	}
	lockout_free(&l);
	facts_free(&facts);
	return rc;
}

static bool boot_is_shut(const struct connection *c, const struct settings *settings, bool assigned)
{
	struct packet first = connection_packet(c, true);

	first.sport = 0; /* the next connection comes from another port */
	return !boot_lets_in(settings, boot_mode(settings, assigned), &first);
}

static int look(struct session *s, struct arena *a, struct finding *out, struct err *e)
{
	const struct dyn_rules none = {.n = 0};
	struct policyset ps = {.npolicies = 0};
	struct policy *p;

	if (assigned_policy(s, a, &p, e) < 0 || store_settings(s->store, &ps.settings, e) < 0)
		return -1;
	out->boot_shut = s->guard.boot && boot_is_shut(&s->guard.conn, &ps.settings, p != NULL);
	if (!p || !matters(s, p))
		return 0;
	ps.policies = p;
	ps.npolicies = 1;
	return gather_rules(s, p, a, e) < 0 ? -1 : judge(s, &ps, &none, out, e);
}

/* A policy that cannot be read or compiled is not put in force, and cuts nothing. */
static void find(struct session *s, struct finding *out)
{
	struct arena a = {0};
	struct err ignored = {0};

	*out = (struct finding){.kind = LOCKOUT_NONE};
	if (look(s, &a, out, &ignored) < 0)
		finding_free(out);
	arena_free(&a);
}

/* --- asking or refusing ------------------------------------------------------------------------- */

static bool is_bad(const struct finding *f)
{
	return f->kind != LOCKOUT_NONE || f->boot_shut;
}

static bool is_worse(const struct finding *after, const struct finding *before)
{
	return after->kind > before->kind || (after->boot_shut && !before->boot_shut);
}

/* What is wrong, as an error; `tail` is what follows it. */
static void tell(const struct session *s, const struct finding *after, const struct finding *before,
    const char *tail, struct err *e)
{
	const char *dir = after->inbound ? "inbound" : "outbound", *why = buf_text(&after->why);
	char peer[IP_TEXT];

	ip_print(&s->guard.conn.peer, peer);
	if (after->kind > before->kind && after->kind == LOCKOUT_BLOCK)
		err_set(e, GUARD_BLOCKS, peer, dir, why, tail);
	else if (after->kind > before->kind)
		err_set(e, GUARD_HOLDS, peer, dir, why, tail);
	else
		err_set(e, GUARD_BOOT, s->guard.conn.own_port, peer,
		    "an inbound bootexemption would let it in", tail);
}

/* 0: it is to be done all the same. Nothing of the store is locked meanwhile. */
static int ask_or_refuse(struct session *s, const struct finding *after, const struct finding *before, struct err *e)
{
	struct err question = {0};

	if (!s->confirm || s->place || s->checking) {
		tell(s, after, before, OVERRULE, e);
		return -1;
	}
	session_settle(s);
	session_flush_text(s);
	tell(s, after, before, "", &question);
	return s->confirm(question.text) ? 0 : err_set(e, GUARD_NO);
}

/* --- changes of the store ----------------------------------------------------------------------- */

enum { UNDONE = 1 };

/* 0: done and kept; UNDONE: it went well, and `after` (may be NULL: all is well) is bad; -1. */
static int attempt(struct session *s, int (*change)(struct session *s, const void *ctx, struct err *e), const void *ctx,
    struct finding *after, struct err *e)
{
	struct guard *g = &s->guard;
	struct err undo = {0};
	int rc;

	if (store_cmd_begin(s->store, e) < 0)
		return -1;
	g->depth++;
	rc = change(s, ctx, e);
	g->depth--;
	if (rc == 0 && after && !g->forced && (g->policy || g->boot || g->nlists) && watches(s)) {
		find(s, after);
		rc = is_bad(after) ? UNDONE : 0;
	}
	if (rc == 0)
		rc = bootsync_prepare(s, e);
	if (rc == 0)
		return store_cmd_end(s->store, true, e);
	store_cmd_end(s->store, false, &undo); /* the first error is the one to report */
	return rc;
}

int guard_run(struct session *s, int (*change)(struct session *s, const void *ctx, struct err *e), const void *ctx,
    struct err *e)
{
	struct finding after = {.kind = LOCKOUT_NONE}, before = {.kind = LOCKOUT_NONE};
	int rc;

	if (s->guard.depth > 0)
		return attempt(s, change, ctx, NULL, e);
	forget_notes(&s->guard);
	rc = attempt(s, change, ctx, &after, e);
	if (rc == UNDONE) {
		s->guard.policy = true;
		find(s, &before);
		rc = is_worse(&after, &before) ? ask_or_refuse(s, &after, &before, e) : 0;
		if (rc == 0)
			rc = attempt(s, change, ctx, NULL, e);
	}
	finding_free(&after);
	finding_free(&before);
	return rc;
}

/* --- dynamic rules ------------------------------------------------------------------------------ */

/* Those in force that meet the connection. Texts are left out, they live during the call only. */
struct dynamics {
	const struct connection *c;
	struct dyn_rule *v;
	size_t n, cap;
};

static void dynamics_add(struct dynamics *d, const struct dyn_rule *r)
{
	struct dyn_rule bare = {.filter = r->filter, .conntype = r->conntype, .action_in = r->action_in,
		.action_out = r->action_out, .tunnel = r->tunnel, .mmpolicy = "", .qmpolicy = ""};

	bare.filter.description = "";
	bare.filter.src.dns = bare.filter.dst.dns = NULL;
	GROW(d->v, d->n, d->cap);
	d->v[d->n++] = bare;
}

static int dynamics_take(void *ctx, const struct dyn_item *it, struct err *e)
{
	struct dynamics *d = ctx;

	(void)e;
	if (!it->is_static && connection_meets(d->c, &it->u.rule.filter))
		dynamics_add(d, &it->u.rule);
	return 0;
}

static void dynamics_change(struct dynamics *d, const struct dyn_change *c)
{
	size_t i = 0;

	while (i < d->n && !dyn_rule_same(&d->v[i], &c->u.rule))
		i++;
	if (c->op == DYN_ADD) {
		dynamics_add(d, &c->u.rule);
	} else if (i < d->n && c->op == DYN_DELETE) {
		memmove(&d->v[i], &d->v[i + 1], (d->n - i - 1) * sizeof *d->v);
		d->n--;
	} else if (i < d->n) {
		if (c->given & DYN_G_ACTION_IN)
			d->v[i].action_in = c->u.rule.action_in;
		if (c->given & DYN_G_ACTION_OUT)
			d->v[i].action_out = c->u.rule.action_out;
	}
}

static int judge_dynamic(struct session *s, const struct policyset *ps, const struct dynamics *d, struct finding *out,
    struct err *e)
{
	const struct dyn_rule **v = xcalloc(d->n + 1, sizeof *v);
	struct dyn_rules rules = {.v = v, .n = d->n};
	int rc;

	for (size_t i = 0; i < d->n; i++)
		v[i] = &d->v[i];
	rc = judge(s, ps, &rules, out, e);
	free(v);
	return rc;
}

/* The state before and after; -1: it cannot be told. */
static int look_dynamic(struct session *s, const struct dyn_change *c, struct arena *a, struct finding *before,
    struct finding *after, struct err *e)
{
	struct dynamics d = {.c = &s->guard.conn};
	struct policyset ps = {.npolicies = 0};
	struct policy *p;
	int rc = -1;

	if (!session_store(s, STORE_READ_ONLY, e) || assigned_policy(s, a, &p, e) < 0 ||
	    store_settings(s->store, &ps.settings, e) < 0)
		return -1;
	ps.policies = p;
	ps.npolicies = p != NULL;
	if ((!p || gather_rules(s, p, a, e) == 0) && dyn_each(s, DYN_RULE, dynamics_take, &d, e) == 0 &&
	    judge_dynamic(s, &ps, &d, before, e) == 0) {
		dynamics_change(&d, c);
		rc = judge_dynamic(s, &ps, &d, after, e);
	}
	free(d.v);
	return rc;
}

int guard_dynamic(struct session *s, const struct dyn_change *c, struct err *e)
{
	struct finding after = {.kind = LOCKOUT_NONE}, before = {.kind = LOCKOUT_NONE};
	struct arena a = {0};
	struct err ignored = {0};
	int rc = 0;

	if (s->guard.forced || !watches(s) || !connection_meets(&s->guard.conn, &c->u.rule.filter))
		return 0;
	if (look_dynamic(s, c, &a, &before, &after, &ignored) == 0 && is_worse(&after, &before))
		rc = ask_or_refuse(s, &after, &before, e);
	finding_free(&after);
	finding_free(&before);
	arena_free(&a);
	return rc;
}
