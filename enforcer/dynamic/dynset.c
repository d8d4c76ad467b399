#include "enforcer/dynamic/dynset.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/model/values.h"

#include "common/base/banned.h"

/* One policy or rule with its texts; shared by all sets that hold it. */
struct object {
	size_t refs;
	struct arena arena;
	union {
		struct dyn_mmpolicy mm;
		struct dyn_qmpolicy qm;
		struct dyn_rule rule;
	} u;
};

enum { KINDS = 3 }; /* DYN_MMPOLICY, DYN_QMPOLICY, DYN_RULE, in that order */
struct list {
	struct object **v;
	size_t n;
};
struct dynset {
	struct list lists[KINDS];
	const struct dyn_rule **rules; /* those of the last list, as the compiler wants them */
	const struct qm_offers **offers; /* of each */
	bool *soft;                      /* likewise */
	int64_t last_id;
	size_t auth_bytes; /* of all rules (dyn_rule_auth_bytes) */
};

static struct list *list_of(struct dynset *s, uint8_t kind)
{
	return &s->lists[kind - DYN_MMPOLICY];
}

static const struct list *const_list(const struct dynset *s, uint8_t kind)
{
	return &s->lists[kind - DYN_MMPOLICY];
}

/* --- objects -------------------------------------------------------------------------------------- */

static void object_drop(struct object *o, bool is_rule)
{
	if (--o->refs)
		return;
	if (is_rule)
		dyn_rule_wipe(&o->u.rule);
	arena_free(&o->arena);
	free(o);
}

static size_t text_bytes(const char *s)
{
	return s ? arena_text_bytes(strlen(s)) : 0;
}

/* Its texts will take so many bytes (text_bytes()): thousands of rules do not leave thousands of blocks nearly empty. */
static struct object *object_new(size_t bytes)
{
	struct object *o = xcalloc(1, sizeof *o);

	o->refs = 1;
	arena_start(&o->arena, bytes);
	return o;
}

static struct object *mm_new(const struct dyn_mmpolicy *p)
{
	struct object *o = object_new(text_bytes(p->name));

	o->u.mm = *p;
	o->u.mm.name = arena_strdup(&o->arena, p->name);
	return o;
}

static struct object *qm_new(const struct dyn_qmpolicy *p)
{
	struct object *o = object_new(text_bytes(p->name));

	o->u.qm = *p;
	o->u.qm.name = arena_strdup(&o->arena, p->name);
	return o;
}

static size_t rule_text_bytes(const struct dyn_rule *p)
{
	size_t n = text_bytes(p->filter.src.dns) + text_bytes(p->filter.dst.dns) + text_bytes(p->mmpolicy) + text_bytes(p->qmpolicy);

	for (size_t i = 0; i < p->auth.n; i++)
		n += text_bytes(p->auth.v[i].text) + text_bytes(p->psk[i]);
	return n;
}

static struct object *rule_new(const struct dyn_rule *p)
{
	struct object *o = object_new(rule_text_bytes(p));
	struct dyn_rule *r = &o->u.rule;
	struct arena *a = &o->arena;

	*r = *p;
	r->filter.description = "";
	r->filter.src.dns = arena_strdup(a, p->filter.src.dns);
	r->filter.dst.dns = arena_strdup(a, p->filter.dst.dns);
	r->mmpolicy = arena_strdup(a, p->mmpolicy);
	r->qmpolicy = arena_strdup(a, p->qmpolicy);
	for (size_t i = 0; i < MODEL_AUTH_MAX; i++) {
		bool used = i < p->auth.n;
		r->auth.v[i].text = used ? arena_strdup(a, p->auth.v[i].text) : NULL;
		r->psk[i] = used ? arena_strdup(a, p->psk[i]) : NULL;
	}
	return o;
}

/* --- sets ----------------------------------------------------------------------------------------- */

struct dynset *dynset_new(void)
{
	return xcalloc(1, sizeof(struct dynset));
}

void dynset_free(struct dynset *s)
{
	if (!s)
		return;
	for (size_t k = 0; k < KINDS; k++) {
		for (size_t i = 0; i < s->lists[k].n; i++)
			object_drop(s->lists[k].v[i], k == DYN_RULE - DYN_MMPOLICY);
		free(s->lists[k].v);
	}
	free(s->rules);
	free(s->offers);
	free(s->soft);
	free(s);
}

/* A copy that shares the objects, with room for one more of each kind. */
static struct dynset *copy(const struct dynset *old)
{
	struct dynset *s = dynset_new();

	s->last_id = old->last_id;
	s->auth_bytes = old->auth_bytes;
	for (size_t k = 0; k < KINDS; k++) {
		struct list *l = &s->lists[k];
		l->n = old->lists[k].n;
		l->v = xcalloc(l->n + 1, sizeof(struct object *));
		for (size_t i = 0; i < l->n; i++) {
			l->v[i] = old->lists[k].v[i];
			l->v[i]->refs++;
		}
	}
	return s;
}

/* --- finding -------------------------------------------------------------------------------------- */

enum { NOWHERE = -1 };

static const char *name_of(uint8_t kind, const struct object *o)
{
	return kind == DYN_MMPOLICY ? o->u.mm.name : o->u.qm.name;
}

static int find_name(const struct dynset *s, uint8_t kind, const char *name)
{
	const struct list *l = const_list(s, kind);

	for (size_t i = 0; i < l->n; i++)
		if (str_caseeq(name_of(kind, l->v[i]), name))
			return (int)i;
	return NOWHERE;
}

/* Its quick mode policy; NULL: it negotiates nothing. *at: where the policy of the rule before was, for rules mostly share one. */
static const struct dyn_qmpolicy *policy_of(const struct dynset *s, const struct dyn_rule *r, int *at)
{
	const struct list *l = const_list(s, DYN_QMPOLICY);

	if (r->action_in != ACTION_NEGOTIATE && r->action_out != ACTION_NEGOTIATE)
		return NULL;
	if (*at == NOWHERE || !str_caseeq(name_of(DYN_QMPOLICY, l->v[*at]), r->qmpolicy))
		*at = find_name(s, DYN_QMPOLICY, r->qmpolicy);
	return *at == NOWHERE ? NULL : &l->v[*at]->u.qm;
}

static struct dynset *finish(struct dynset *s)
{
	const struct list *l = const_list(s, DYN_RULE);
	int at = NOWHERE;

	s->rules = xcalloc(l->n + 1, sizeof *s->rules);
	s->offers = xcalloc(l->n + 1, sizeof *s->offers);
	s->soft = xcalloc(l->n + 1, sizeof *s->soft);
	for (size_t i = 0; i < l->n; i++) {
		s->rules[i] = &l->v[i]->u.rule;
		const struct dyn_qmpolicy *p = policy_of(s, s->rules[i], &at);
		s->offers[i] = p ? &p->offers : NULL;
		s->soft[i] = p && p->soft;
	}
	return s;
}

static int find_rule(const struct dynset *s, const struct dyn_rule *r)
{
	const struct list *l = const_list(s, DYN_RULE);

	for (size_t i = 0; i < l->n; i++)
		if (dyn_rule_same(&l->v[i]->u.rule, r))
			return (int)i;
	return NOWHERE;
}

static const char *name_in(const struct dyn_change *c)
{
	return c->kind == DYN_MMPOLICY ? c->u.mm.name : c->u.qm.name;
}

static int find(const struct dynset *s, const struct dyn_change *c)
{
	return c->kind == DYN_RULE ? find_rule(s, &c->u.rule) : find_name(s, c->kind, name_in(c));
}

static int say_exists(const struct dyn_change *c, struct err *e)
{
	if (c->kind == DYN_MMPOLICY)
		return err_set(e, MMPOLICY_EXISTS, c->u.mm.name);
	if (c->kind == DYN_QMPOLICY)
		return err_set(e, QMPOLICY_EXISTS, c->u.qm.name);
	return c->u.rule.tunnel.family == IP_NONE ? err_set(e, TRANSPORT_EXISTS) : err_set(e, TUNNEL_EXISTS);
}

static int say_notfound(const struct dyn_change *c, struct err *e)
{
	if (c->kind == DYN_MMPOLICY)
		return err_set(e, MMPOLICY_NOTFOUND, c->u.mm.name);
	if (c->kind == DYN_QMPOLICY)
		return err_set(e, QMPOLICY_NOTFOUND, c->u.qm.name);
	return c->u.rule.tunnel.family == IP_NONE ? err_set(e, TRANSPORT_NOTFOUND) : err_set(e, TUNNEL_NOTFOUND);
}

/* Does a rule of the set use the policy? */
static bool in_use(const struct dynset *s, uint8_t kind, const char *name)
{
	const struct list *l = const_list(s, DYN_RULE);

	for (size_t i = 0; i < l->n; i++) {
		const struct dyn_rule *r = &l->v[i]->u.rule;
		if (str_caseeq(kind == DYN_MMPOLICY ? r->mmpolicy : r->qmpolicy, name))
			return true;
	}
	return false;
}

/* --- what may be in a set ------------------------------------------------------------------------- */

static int check_auth(const struct dyn_rule *r, struct err *e)
{
	if (r->auth.n == 0)
		return err_set(e, AUTH_NONE);
	for (size_t i = 0; i < r->auth.n; i++)
		if (r->auth.v[i].kind == AUTH_PSK && (!r->psk[i] || !*r->psk[i]))
			return err_set(e, VALUE_EMPTY, "psk");
	return 0;
}

static int check_rule(const struct dynset *s, const struct dyn_rule *r, struct err *e)
{
	bool negotiates = r->action_in == ACTION_NEGOTIATE || r->action_out == ACTION_NEGOTIATE;

	if (filter_validate(&r->filter, e) < 0 || check_auth(r, e) < 0)
		return -1;
	if (find_name(s, DYN_MMPOLICY, r->mmpolicy) == NOWHERE)
		return err_set(e, MMPOLICY_NOTFOUND, r->mmpolicy);
	if (*r->qmpolicy && find_name(s, DYN_QMPOLICY, r->qmpolicy) == NOWHERE)
		return err_set(e, QMPOLICY_NOTFOUND, r->qmpolicy);
	return negotiates && !*r->qmpolicy ? err_set(e, QMPOLICY_NEEDED) : 0;
}

static int check_policy(const struct dyn_change *c, struct err *e)
{
	bool mm = c->kind == DYN_MMPOLICY;

	if (!*name_in(c) || str_caseeq(name_in(c), "all"))
		return err_set(e, NAME_RESERVED, name_in(c));
	if ((mm ? c->u.mm.offers.n : c->u.qm.offers.n) == 0)
		return err_set(e, DYN_BAD, "a policy needs at least one security method");
	if (mm ? !mm_offers_sayable(&c->u.mm.offers) : !qm_offers_sayable(&c->u.qm.offers))
		return err_set(e, DYN_BAD, "there is no such security method");
	return 0;
}

/* --- changes -------------------------------------------------------------------------------------- */

static int64_t free_id(const struct dynset *s)
{
	const struct list *l = const_list(s, DYN_RULE);
	int64_t id = s->last_id;
	bool taken = true;

	while (taken) {
		id = id < DYN_ID_MAX ? id + 1 : 1;
		taken = false;
		for (size_t i = 0; i < l->n && !taken; i++)
			taken = l->v[i]->u.rule.filter.id == id;
	}
	return id;
}

static int add(struct dynset *s, const struct dyn_change *c, struct err *e)
{
	struct list *l = list_of(s, c->kind);
	struct object *o;

	if (c->kind == DYN_RULE && l->n == DYN_RULES_MAX)
		return err_set(e, DYN_FULL, (int)DYN_RULES_MAX, "dynamic rules");
	if (c->kind != DYN_RULE && l->n == DYN_POLICIES_MAX)
		return err_set(e, DYN_FULL, (int)DYN_POLICIES_MAX, "dynamic policies of a kind");
	if ((c->kind == DYN_RULE ? check_rule(s, &c->u.rule, e) : check_policy(c, e)) < 0)
		return -1;
	if (find(s, c) != NOWHERE)
		return say_exists(c, e);
	o = c->kind == DYN_MMPOLICY ? mm_new(&c->u.mm) : c->kind == DYN_QMPOLICY ? qm_new(&c->u.qm)
	                                                                         : rule_new(&c->u.rule);
	if (c->kind == DYN_RULE) {
		o->u.rule.filter.id = s->last_id = free_id(s);
		s->auth_bytes += dyn_rule_auth_bytes(&o->u.rule);
	}
	l->v[l->n++] = o;
	return 0;
}

#define TAKE(bit, field)                                                                           \
	do {                                                                                       \
		if (given & (bit))                                                                 \
			to.field = from->field;                                                    \
	} while (0)

static struct object *mm_merged(struct dyn_mmpolicy to, const struct dyn_mmpolicy *from, uint32_t given)
{
	TAKE(DYN_G_QMPERMM, qmpermm);
	TAKE(DYN_G_MMLIFETIME, mmlifetime_s);
	TAKE(DYN_G_SOFTSA, softsa_s);
	TAKE(DYN_G_OFFERS, offers);
	return mm_new(&to);
}

static struct object *qm_merged(struct dyn_qmpolicy to, const struct dyn_qmpolicy *from, uint32_t given)
{
	TAKE(DYN_G_SOFT, soft);
	TAKE(DYN_G_PFSGROUP, pfsgroup);
	TAKE(DYN_G_OFFERS, offers);
	return qm_new(&to);
}

static struct object *rule_merged(struct dyn_rule to, const struct dyn_rule *from, uint32_t given)
{
	TAKE(DYN_G_MMPOLICY, mmpolicy);
	TAKE(DYN_G_QMPOLICY, qmpolicy);
	TAKE(DYN_G_ACTION_IN, action_in);
	TAKE(DYN_G_ACTION_OUT, action_out);
	TAKE(DYN_G_AUTH, auth);
	if (given & DYN_G_AUTH)
		memcpy(to.psk, from->psk, sizeof to.psk);
	return rule_new(&to);
}

static int set(struct dynset *s, const struct dyn_change *c, struct err *e)
{
	struct list *l = list_of(s, c->kind);
	int at = find(s, c);
	struct object *old, *new;

	if (at == NOWHERE)
		return say_notfound(c, e);
	if (c->kind != DYN_RULE && c->given & DYN_G_OFFERS && check_policy(c, e) < 0)
		return -1;
	old = l->v[at];
	new = c->kind == DYN_MMPOLICY ? mm_merged(old->u.mm, &c->u.mm, c->given)
	    : c->kind == DYN_QMPOLICY ? qm_merged(old->u.qm, &c->u.qm, c->given)
	                              : rule_merged(old->u.rule, &c->u.rule, c->given);
	if (c->kind == DYN_RULE)
		s->auth_bytes += dyn_rule_auth_bytes(&new->u.rule) - dyn_rule_auth_bytes(&old->u.rule);
	l->v[at] = new;
	object_drop(old, c->kind == DYN_RULE);
	return c->kind == DYN_RULE ? check_rule(s, &new->u.rule, e) : 0;
}

static int remove_at(struct dynset *s, uint8_t kind, size_t at, struct err *e)
{
	struct list *l = list_of(s, kind);
	const char *name = kind == DYN_RULE ? NULL : name_of(kind, l->v[at]);

	if (name && in_use(s, kind, name))
		return kind == DYN_MMPOLICY ? err_set(e, MMPOLICY_INUSE, name) : err_set(e, QMPOLICY_INUSE, name);
	if (kind == DYN_RULE)
		s->auth_bytes -= dyn_rule_auth_bytes(&l->v[at]->u.rule);
	object_drop(l->v[at], kind == DYN_RULE);
	memmove(&l->v[at], &l->v[at + 1], (l->n - at - 1) * sizeof(struct object *));
	l->n--;
	return 0;
}

static int delete_all(struct dynset *s, uint8_t kind, struct err *e)
{
	while (list_of(s, kind)->n)
		if (remove_at(s, kind, list_of(s, kind)->n - 1, e) < 0)
			return -1;
	return 0;
}

/* What is there keeps to the bound, so only a change that adds goes beyond it. */
static int check_memory(const struct dynset *s, struct err *e)
{
	return s->auth_bytes > DYN_AUTH_BYTES_MAX ? err_set(e, DYN_AUTH_FULL, (int)DYN_AUTH_BYTES_MAX) : 0;
}

static int apply(struct dynset *s, const struct dyn_change *c, struct err *e)
{
	int at;

	switch ((enum dyn_op)c->op) {
	case DYN_ADD:
		return add(s, c, e);
	case DYN_SET:
		return set(s, c, e);
	case DYN_DELETE:
		at = find(s, c);
		return at == NOWHERE ? say_notfound(c, e) : remove_at(s, c->kind, (size_t)at, e);
	case DYN_DELETE_ALL:
		if (c->kind != DYN_ALL)
			return delete_all(s, c->kind, e);
		/* Rules first: they use the policies. */
		if (delete_all(s, DYN_RULE, e) < 0 || delete_all(s, DYN_QMPOLICY, e) < 0)
			return -1;
		return delete_all(s, DYN_MMPOLICY, e);
	}
	return err_set(e, DYN_BAD, "there is no such change");
}

struct dynset *dynset_change(const struct dynset *old, const struct dyn_change *c, struct err *e)
{
	struct dynset *s;

	if (c->kind > DYN_RULE || (c->kind == DYN_ALL && c->op != DYN_DELETE_ALL)) {
		err_set(e, DYN_BAD, "there is no such object");
		return NULL;
	}
	s = copy(old);
	if (apply(s, c, e) == 0 && check_memory(s, e) == 0)
		return finish(s);
	dynset_free(s);
	return NULL;
}

/* --- reading -------------------------------------------------------------------------------------- */

size_t dynset_count(const struct dynset *s, enum dyn_kind kind)
{
	return const_list(s, (uint8_t)kind)->n;
}

const struct dyn_mmpolicy *dynset_mmpolicy(const struct dynset *s, size_t i)
{
	return &const_list(s, DYN_MMPOLICY)->v[i]->u.mm;
}

const struct dyn_qmpolicy *dynset_qmpolicy(const struct dynset *s, size_t i)
{
	return &const_list(s, DYN_QMPOLICY)->v[i]->u.qm;
}

struct dyn_rules dynset_rules(const struct dynset *s)
{
	return (struct dyn_rules){.v = s->rules, .offers = s->offers, .soft = s->soft, .n = const_list(s, DYN_RULE)->n};
}

struct dynset_difference dynset_compare(const struct dynset *old, const struct dynset *new)
{
	const struct list *x = const_list(old, DYN_RULE), *y = const_list(new, DYN_RULE);
	size_t head = 0, tail = 0, most = x->n < y->n ? x->n : y->n;

	while (head < most && x->v[head] == y->v[head] && old->offers[head] == new->offers[head])
		head++;
	while (tail < most - head && x->v[x->n - 1 - tail] == y->v[y->n - 1 - tail] &&
	    old->offers[x->n - 1 - tail] == new->offers[y->n - 1 - tail])
		tail++;
	size_t gone = x->n - head - tail, came = y->n - head - tail;
	return (struct dynset_difference){.n = gone > came ? gone : came,
		.gone = gone ? &x->v[head]->u.rule : NULL,
		.came = came ? &y->v[head]->u.rule : NULL};
}
