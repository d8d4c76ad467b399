/* static add, set, delete, show rule and set defaultrule (grammar §5, §7.2). */
#include "cli/commands.h"

#include <string.h>

#include "cli/counted.h"
#include "cli/render.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct rule_args {
	const char *name, *newname, *policy, *filterlist, *filteraction, *tunnel, *description;
	uint32_t id;
	uint8_t conntype;
	bool activate, force;
	struct guid guid;
	struct auth_args auth;
	struct {
		bool guid, pskid, name, id, all, newname, policy, filterlist, filteraction, tunnel, conntype, activate,
		    description, kerberos, psk, rootca, force;
	} given;
};

#define RULE_ID_MAX 2147483647
#define HELP_TUNNEL "The far tunnel end point; without it the rule is one of transport mode."
#define HELP_CONNTYPE "The kind of interface to which the rule applies."
#define HELP_ACTIVATE "Is the rule in force?"

static const struct tag add_tags[] = {
	TAG(rule_args, name, type_newname, TAG_REQUIRED, NULL, "Name of the rule."),
	TAG(rule_args, policy, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy to which it belongs."),
	TAG(rule_args, filterlist, type_filterlist_name, TAG_REQUIRED, NULL, "Name of the filter list."),
	TAG(rule_args, filteraction, type_filteraction_name, TAG_REQUIRED, NULL, "Name of the filter action."),
	TAG(rule_args, tunnel, type_tunnel, 0, NULL, HELP_TUNNEL),
	TAG(rule_args, conntype, type_conntype, 0, "all", HELP_CONNTYPE),
	TAG(rule_args, activate, type_yesno, 0, "yes", HELP_ACTIVATE),
	TAG(rule_args, description, type_text, 0, "", "What the rule is for."),
	AUTH_TAGS(rule_args),
	PSKID_TAG(rule_args),
	GUID_TAG(rule_args, guid, "The rule"),
	FORCE_TAG(rule_args),
};
static const struct tag set_tags[] = {
	TAG(rule_args, name, type_rule_name, TAG_REQUIRED, NULL, "Name of the rule."),
	TAG_NUMBER(rule_args, id, TAG_ALT, NULL, 1, RULE_ID_MAX, "Or its number in show rule."),
	TAG(rule_args, policy, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy to which it belongs."),
	TAG(rule_args, newname, type_newname, 0, NULL, "Its new name."),
	TAG(rule_args, description, type_text, 0, NULL, "What the rule is for; \"\" clears it."),
	TAG(rule_args, filterlist, type_filterlist_name, 0, NULL, "Name of the filter list."),
	TAG(rule_args, filteraction, type_filteraction_name, 0, NULL, "Name of the filter action."),
	TAG(rule_args, tunnel, type_tunnel, 0, NULL, HELP_TUNNEL),
	TAG(rule_args, conntype, type_conntype, 0, NULL, HELP_CONNTYPE),
	TAG(rule_args, activate, type_yesno, 0, NULL, HELP_ACTIVATE),
	AUTH_TAGS(rule_args),
	PSKID_TAG(rule_args),
	FORCE_TAG(rule_args),
};
static const struct tag delete_tags[] = {
	TAG(rule_args, name, type_rule_name, TAG_REQUIRED, NULL, "Name of the rule."),
	TAG_NUMBER(rule_args, id, TAG_ALT, NULL, 1, RULE_ID_MAX, "Or its number in show rule."),
	KEYWORD(rule_args, all, TAG_RESERVED, "Every rule of the policy but the default response rule."),
	TAG(rule_args, policy, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy."),
	FORCE_TAG(rule_args),
};

struct default_args {
	const char *policy;
	bool qmpfs, activate;
	struct qm_offers qmsecmethods;
	struct auth_args auth;
	struct {
		bool policy, qmpfs, activate, qmsecmethods, kerberos, psk, rootca, pskid;
	} given;
};
static const struct tag default_tags[] = {
	TAG(default_args, policy, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy."),
	TAG(default_args, qmpfs, type_yesno, 0, NULL, "Quick mode perfect forward secrecy."),
	TAG(default_args, activate, type_yesno, 0, NULL, HELP_ACTIVATE),
	TAG(default_args, qmsecmethods, type_qmlist, 0, NULL, "Methods in order of preference."),
	AUTH_TAGS(default_args),
	PSKID_TAG(default_args),
};

struct show_args {
	const char *name, *policy;
	uint32_t id;
	uint8_t type, level, format;
	bool wide;
	/* `default` is a word of C, so the field of that keyword is named after what it selects. */
	struct {
		bool name, id, all, default_rule, policy, type, level, format, wide;
	} given;
};
static const struct tag show_tags[] = {
	TAG(show_args, name, type_rule_name, TAG_REQUIRED, NULL, "Name of the rule."),
	TAG_NUMBER(show_args, id, TAG_ALT, NULL, 1, RULE_ID_MAX, "Or its number."),
	KEYWORD(show_args, all, TAG_RESERVED, "Every rule of the policy."),
	{.name = "default", .flags = TAG_KEYWORD | TAG_ALT, .help = "The default response rule.",
	 .given = offsetof(struct show_args, given.default_rule)},
	TAG(show_args, policy, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy."),
	TAG(show_args, type, type_rule_type, 0, NULL, "Only rules of that kind."),
	TAG(show_args, level, type_level, 0, "normal",
	    "How much to show; verbose includes filter list and filter action."),
	TAG(show_args, format, type_format, 0, "list", HELP_FORMAT),
	TAG(show_args, wide, type_yesno, 0, "no", "Leave long names in tables uncut?"),
};

/* --- finding ------------------------------------------------------------------------------------ */

int policy_rules(struct session *s, const char *policy, struct policy *p, struct rules *out, struct err *e)
{
	if (store_policy_find(s->store, policy, NULL, &s->arena, p, e) < 0)
		return -1;
	return store_rule_list(s->store, p->id, &s->arena, &out->v, &out->n, e);
}

struct rule *policy_rule_find(const struct rules *r, const char *name, uint32_t id)
{
	if (!name)
		return id >= 1 && id <= r->n ? &r->v[id - 1] : NULL;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].name && str_caseeq(r->v[i].name, name))
			return &r->v[i];
	return NULL;
}

static int rule_notfound(struct session *s, const char *policy, const char *name, uint32_t id, struct err *e)
{
	return err_set(e, RULE_NOTFOUND, policy, name ? name : arena_printf(&s->arena, "%u", id));
}

int rules_named(struct session *s, const char *name, struct rules *out, struct err *e)
{
	struct policy *p;
	size_t n;

	*out = (struct rules){.n = 0};
	if (store_policy_list(s->store, &s->arena, &p, &n, e) < 0)
		return -1;
	out->v = arena_array(&s->arena, n, sizeof *out->v); /* a name occurs at most once in a policy */
	for (size_t i = 0; i < n; i++) {
		struct rules of = {.n = 0};
		struct rule *found;
		if (store_rule_list(s->store, p[i].id, &s->arena, &of.v, &of.n, e) < 0)
			return -1;
		found = policy_rule_find(&of, name, 0);
		if (found)
			out->v[out->n++] = *found;
	}
	return out->n ? 0 : err_set(e, RULE_NOWHERE, name);
}

int policy_rules_complete(struct session *s, struct rule *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct filterlist *l = v[i].filterlist;
		struct filteraction *fa = v[i].filteraction;
		if (v[i].is_default)
			continue;
		if (store_filterlist_find(s->store, NULL, &l->guid, &s->arena, l, e) < 0 ||
		    store_filterlist_count(s->store, l, e) < 0 ||
		    store_filteraction_find(s->store, NULL, &fa->guid, &s->arena, fa, e) < 0)
			return -1;
	}
	return 0;
}

/* --- changing ----------------------------------------------------------------------------------- */

static int find_parts(struct session *s, const struct rule_args *a, struct rule *r, struct err *e)
{
	if (a->given.filterlist) {
		r->filterlist = arena_alloc(&s->arena, sizeof *r->filterlist);
		if (store_filterlist_find(s->store, a->filterlist, NULL, &s->arena, r->filterlist, e) < 0)
			return -1;
	}
	if (a->given.filteraction) {
		r->filteraction = arena_alloc(&s->arena, sizeof *r->filteraction);
		if (store_filteraction_find(s->store, a->filteraction, NULL, &s->arena, r->filteraction, e) < 0)
			return -1;
	}
	return a->given.tunnel ? tunnel_end(s, a->tunnel, &r->tunnel, e) : 0;
}

/* The stated list replaces the stored one whole (grammar §3.8); kerberos=no alone leaves nothing. */
static int take_auth(const struct auth_args *auth, bool given, struct rule *r, struct err *e)
{
	if (!given)
		return 0;
	if (auth->list.n == 0)
		return err_set(e, AUTH_NONE);
	r->auth = auth->list;
	return 0;
}

/* Nobody can use a key that is not here: its traffic is held until the rule gets one. */
static int say_missing_key(struct session *s, const struct policy *p, const struct rule *r, struct err *e)
{
	for (size_t i = 0; i < r->auth.n; i++) {
		int known = r->auth.v[i].kind == AUTH_PSK ? store_psk_known(s->store, &r->auth.v[i].secret_id, e) : 1;
		if (known < 0)
			return -1;
		if (known == 0)
			session_say(s, arena_printf(&s->arena, "policy '%s', rule '%s': its preshared key is not on this host",
			    p->name, r->is_default ? "default response" : r->name));
	}
	return 0;
}

static bool auth_given(const struct rule_args *a)
{
	return a->given.kerberos || a->given.psk || a->given.rootca || a->given.pskid;
}

static int add_rule(struct session *s, const void *args, struct err *e)
{
	const struct rule_args *a = args;
	struct policy p;
	struct rule r = {
		.name = a->name,
		.description = a->description,
		.active = a->activate,
		.conntype = a->conntype,
		.guid = a->guid,
		.auth = {.v = {{.kind = AUTH_KERBEROS}}, .n = 1},
	};

	if (take_auth(&a->auth, auth_given(a), &r, e) < 0 ||
	    store_policy_find(s->store, a->policy, NULL, &s->arena, &p, e) < 0 || find_parts(s, a, &r, e) < 0)
		return -1;
	guard_note_rule(s, &p, &r);
	if (store_rule_add(s->store, p.id, &r, a->auth.psk, e) < 0)
		return -1;
	return a->given.pskid ? say_missing_key(s, &p, &r, e) : 0;
}

static int set_rule(struct session *s, const void *args, struct err *e)
{
	const struct rule_args *a = args;
	struct policy p;
	struct rules rules;
	struct rule *r;

	if (policy_rules(s, a->policy, &p, &rules, e) < 0)
		return -1;
	r = policy_rule_find(&rules, a->name, a->id);
	if (!r || r->is_default) /* that one is changed by set defaultrule */
		return rule_notfound(s, p.name, a->name, a->id, e);
	if (a->given.newname)
		r->name = a->newname;
	TAKE(r, a, description);
	TAKE(r, a, conntype);
	if (a->given.activate)
		r->active = a->activate;
	guard_note_rule(s, &p, r);
	if (take_auth(&a->auth, auth_given(a), r, e) < 0 || find_parts(s, a, r, e) < 0 ||
	    store_rule_put(s->store, p.id, r, a->auth.psk, e) < 0)
		return -1;
	guard_note_rule(s, &p, r); /* it may have another list now */
	return a->given.pskid ? say_missing_key(s, &p, r, e) : 0;
}

static int set_defaultrule(struct session *s, const void *args, struct err *e)
{
	const struct default_args *a = args;
	bool auth = a->given.kerberos || a->given.psk || a->given.rootca || a->given.pskid;
	struct policy p;
	struct rules rules;
	struct rule *r = NULL;

	if (policy_rules(s, a->policy, &p, &rules, e) < 0)
		return -1;
	for (size_t i = 0; i < rules.n; i++)
		if (rules.v[i].is_default)
			r = &rules.v[i];
	if (!r)
		return err_set(e, BUG, "a policy without a default response rule");
	if (a->given.qmpfs)
		r->default_qmpfs = a->qmpfs;
	if (a->given.activate)
		r->active = a->activate;
	if (a->given.qmsecmethods)
		r->default_offers = a->qmsecmethods;
	if (take_auth(&a->auth, auth, r, e) < 0 || store_rule_put(s->store, p.id, r, a->auth.psk, e) < 0)
		return -1;
	return a->given.pskid ? say_missing_key(s, &p, r, e) : 0;
}

static int delete_all_rules(struct session *s, const struct policy *p, const struct rules *rules, struct err *e)
{
	size_t deleted = 0;

	for (size_t i = 0; i < rules->n; i++) {
		if (rules->v[i].is_default)
			continue;
		guard_note_rule(s, p, &rules->v[i]);
		if (store_rule_delete(s->store, rules->v[i].id, e) < 0)
			return -1;
		deleted++;
	}
	return deleted ? 0 : err_set(e, NO_RULES, p->name);
}

static int delete_rule(struct session *s, const void *args, struct err *e)
{
	const struct rule_args *a = args;
	struct policy p;
	struct rules rules;
	struct rule *r;

	if (policy_rules(s, a->policy, &p, &rules, e) < 0)
		return -1;
	if (a->given.all)
		return delete_all_rules(s, &p, &rules, e);
	r = policy_rule_find(&rules, a->name, a->id);
	if (!r)
		return rule_notfound(s, p.name, a->name, a->id, e);
	if (r->is_default)
		return err_set(e, DEFAULTRULE_FIXED, p.name);
	guard_note_rule(s, &p, r);
	return store_rule_delete(s->store, r->id, e);
}

/* --- showing ------------------------------------------------------------------------------------ */

static bool is_wanted(const struct show_args *a, const struct rule *r, uint32_t id)
{
	bool tunnel = r->tunnel.family != IP_NONE;

	if (a->given.type && (a->type == RULE_TYPE_TUNNEL) != tunnel)
		return false;
	if (a->given.all)
		return true;
	if (a->given.default_rule)
		return r->is_default;
	if (a->given.id)
		return id == a->id;
	return r->name && str_caseeq(r->name, a->name);
}

static int show_rule(struct session *s, const void *args, struct err *e)
{
	const struct show_args *a = args;
	struct policy p;
	struct rules rules, some = {.n = 0};
	uint32_t *ids;

	if (policy_rules(s, a->policy, &p, &rules, e) < 0)
		return -1;
	some.v = arena_array(&s->arena, rules.n, sizeof *some.v);
	ids = arena_array(&s->arena, rules.n, sizeof *ids);
	for (size_t i = 0; i < rules.n; i++)
		if (is_wanted(a, &rules.v[i], (uint32_t)i + 1)) {
			ids[some.n] = (uint32_t)i + 1;
			some.v[some.n++] = rules.v[i];
		}
	if (some.n == 0 && (a->given.name || a->given.id) && !a->given.type)
		return rule_notfound(s, p.name, a->name, a->id, e);
	if (some.n == 0 && a->format != FORMAT_JSON)
		return err_set(e, NO_RULES, p.name);
	if (a->level == LEVEL_VERBOSE && policy_rules_complete(s, some.v, some.n, e) < 0)
		return -1;
	if (a->level == LEVEL_VERBOSE || a->format == FORMAT_JSON)
		counted_ask(s);
	return render_rules(s, some.v, ids, some.n, a->level, a->format, a->wide, e);
}

const struct cmd cmd_static_add_rule = {
	.path = "static add rule",
	CMD_TAGS(rule_args, add_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = add_rule,
	.brief = "Creates a rule: what happens to the traffic of a filter list.",
	.example = "add rule name=Rule1 policy=Policy1 filterlist=FilterList1 filteraction=Action1 psk=\"a key\"",
};
const struct cmd cmd_static_set_rule = {
	.path = "static set rule",
	CMD_TAGS(rule_args, set_tags),
	.flags = CMD_WRITES,
	.run = set_rule,
	.brief = "Changes a rule.",
	.example = "set rule name=Rule1 policy=Policy1 activate=no",
};
const struct cmd cmd_static_delete_rule = {
	.path = "static delete rule",
	CMD_TAGS(rule_args, delete_tags),
	.flags = CMD_WRITES,
	.run = delete_rule,
	.brief = "Deletes rules of a policy.",
	.example = "delete rule name=Rule1 policy=Policy1",
};
const struct cmd cmd_static_set_defaultrule = {
	.path = "static set defaultrule",
	CMD_TAGS(default_args, default_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = set_defaultrule,
	.brief = "Changes the default response rule of a policy.",
	.example = "set defaultrule policy=Policy1 activate=no",
};
const struct cmd cmd_static_show_rule = {
	.path = "static show rule",
	CMD_TAGS(show_args, show_tags),
	.flags = CMD_READS,
	.run = show_rule,
	.brief = "Displays rules of a policy.",
	.example = "show rule all policy=Policy1 level=verbose",
};
