/* static add, set, delete, show policy (grammar §5.1-§5.5, §7.1). */
#include "cli/commands.h"

#include "cli/render.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct policy_args {
	const char *name, *newname, *description, *gponame;
	struct guid guid, defaultruleguid;
	bool mmpfs, activatedefaultrule, assign, force;
	uint32_t qmpermm, mmlifetime, pollinginterval;
	struct mm_offers mmsecmethods;
	struct {
		bool name, guid, newname, description, mmpfs, qmpermm, mmlifetime, activatedefaultrule,
		    pollinginterval, assign, gponame, mmsecmethods, all, defaultruleguid, force;
	} given;
};

#define HELP_MMPFS "Main mode perfect forward secrecy: a new key exchange for every quick mode."
#define HELP_QMPERMM "Quick modes that one main mode key may serve; 0 is no limit."
#define HELP_MMLIFETIME "Minutes after which a main mode key is renewed."
#define HELP_DEFAULTRULE "Is the default response rule of the policy active?"
#define HELP_POLLING "Minutes between two looks for changes of the policy."
#define HELP_ASSIGN "Is this the policy in force? Assigning it unassigns any other."
#define HELP_MMSEC "Offers of main mode in order of preference, like \"3DES-SHA1-2 3DES-MD5-2\"."

static const struct tag add_tags[] = {
	TAG(policy_args, name, type_newname, TAG_REQUIRED, NULL, "Name of the policy."),
	TAG(policy_args, description, type_text, 0, "", "What the policy is for."),
	TAG(policy_args, mmpfs, type_yesno, 0, "no", HELP_MMPFS),
	TAG_NUMBER(policy_args, qmpermm, 0, "0", 0, 2147483647, HELP_QMPERMM),
	TAG_NUMBER(policy_args, mmlifetime, 0, "480", 1, MINUTES_MAX, HELP_MMLIFETIME),
	TAG(policy_args, activatedefaultrule, type_yesno, 0, "yes", HELP_DEFAULTRULE),
	TAG_NUMBER(policy_args, pollinginterval, 0, "180", 1, MINUTES_MAX, HELP_POLLING),
	TAG(policy_args, assign, type_yesno, 0, "no", HELP_ASSIGN),
	TAG_DIALECTS(policy_args, mmsecmethods, type_mmlist, 0, MM_DEFAULT, MM_DEFAULT_WINDOWS, HELP_MMSEC),
	GUID_TAG(policy_args, guid, "The policy"),
	GUID_TAG(policy_args, defaultruleguid, "Its default response rule"),
	FORCE_TAG(policy_args),
};

/* No defaults: what the line does not name stays as it is. */
static const struct tag set_tags[] = {
	TAG(policy_args, name, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy."),
	TAG(policy_args, guid, type_guid, TAG_ALT, NULL, "Or its guid."),
	TAG(policy_args, newname, type_newname, 0, NULL, "Its new name."),
	TAG(policy_args, description, type_text, 0, NULL, "What the policy is for; \"\" clears it."),
	TAG(policy_args, mmpfs, type_yesno, 0, NULL, HELP_MMPFS),
	TAG_NUMBER(policy_args, qmpermm, 0, NULL, 0, 2147483647, HELP_QMPERMM),
	TAG_NUMBER(policy_args, mmlifetime, 0, NULL, 1, MINUTES_MAX, HELP_MMLIFETIME),
	TAG(policy_args, activatedefaultrule, type_yesno, 0, NULL, HELP_DEFAULTRULE),
	TAG_NUMBER(policy_args, pollinginterval, 0, NULL, 1, MINUTES_MAX, HELP_POLLING),
	TAG(policy_args, assign, type_yesno, 0, NULL, HELP_ASSIGN),
	TAG(policy_args, gponame, type_text, 0, NULL, "Group policy object; domain store only."),
	TAG(policy_args, mmsecmethods, type_mmlist, 0, NULL, HELP_MMSEC),
	FORCE_TAG(policy_args),
};

static const struct tag delete_tags[] = {
	TAG(policy_args, name, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy."),
	KEYWORD(policy_args, all, TAG_RESERVED, "Every policy of the store."),
};

struct show_args {
	const char *name;
	uint8_t level, format;
	bool wide;
	struct {
		bool name, all, level, format, wide;
	} given;
};
static const struct tag show_tags[] = {
	TAG(show_args, name, type_policy_name, TAG_REQUIRED, NULL, "Name of the policy."),
	KEYWORD(show_args, all, TAG_RESERVED, "Every policy of the store."),
	TAG(show_args, level, type_level, 0, "normal", "How much to show; verbose includes the rules."),
	TAG(show_args, format, type_format, 0, "list", HELP_FORMAT),
	TAG(show_args, wide, type_yesno, 0, "no", "Leave long names in tables uncut?"),
};

/*
 * The policy whose guid the new one has. Which policy is assigned is not part of it (semantics §1.4): the new
 * one takes over that too, so that no import leaves the host open.
 */
static int remove_old(struct session *s, struct policy *new, struct err *e)
{
	struct policy old;
	int found = is_there(store_policy_find(s->store, NULL, &new->guid, &s->arena, &old, e), POLICY_NOTFOUND, e);

	if (found <= 0)
		return found;
	new->assigned |= old.assigned;
	return store_policy_delete(s->store, old.id, e);
}

static int add_policy(struct session *s, const void *args, struct err *e)
{
	const struct policy_args *a = args;
	struct policy p = {
		.name = a->name,
		.description = a->description,
		.mmpfs = a->mmpfs,
		.assigned = a->assign,
		.qmpermm = a->qmpermm,
		.mmlifetime_s = a->mmlifetime * SECONDS_A_MINUTE,
		.pollinginterval_s = a->pollinginterval * SECONDS_A_MINUTE,
		.offers = a->mmsecmethods,
		.guid = a->guid,
	};
	struct rule def = {
		.is_default = true,
		.guid = a->defaultruleguid,
		.description = "",
		.active = a->activatedefaultrule,
		.auth = {.v = {{.kind = AUTH_KERBEROS}}, .n = 1},
	};

	qm_offers_default_rule(session_dialect(s), &def.default_offers);
	if (s->importing && a->given.guid && remove_old(s, &p, e) < 0)
		return -1;
	if (p.assigned)
		guard_note_policy(s);
	return store_policy_add(s->store, &p, &def, e);
}

static int set_default_active(struct session *s, const struct policy *p, bool active, struct err *e)
{
	struct rule *rules;
	size_t n;

	if (store_rule_list(s->store, p->id, &s->arena, &rules, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		static const char *const no_keys[MODEL_AUTH_MAX];
		if (!rules[i].is_default)
			continue;
		rules[i].active = active;
		return store_rule_put(s->store, p->id, &rules[i], no_keys, e);
	}
	return err_set(e, BUG, "a policy without a default response rule");
}

static int set_policy(struct session *s, const void *args, struct err *e)
{
	const struct policy_args *a = args;
	struct policy p;

	if (a->given.gponame)
		return err_set(e, NOT_LOCAL, "gponame");
	if (store_policy_find(s->store, a->name, a->given.guid ? &a->guid : NULL, &s->arena, &p, e) < 0)
		return -1;
	if (a->given.newname)
		p.name = a->newname;
	TAKE(&p, a, description);
	TAKE(&p, a, mmpfs);
	TAKE(&p, a, qmpermm);
	if (a->given.mmlifetime)
		p.mmlifetime_s = a->mmlifetime * SECONDS_A_MINUTE;
	if (a->given.pollinginterval)
		p.pollinginterval_s = a->pollinginterval * SECONDS_A_MINUTE;
	if (a->given.assign && a->assign && !p.assigned)
		guard_note_policy(s);
	if (a->given.assign)
		p.assigned = a->assign;
	if (a->given.mmsecmethods)
		p.offers = a->mmsecmethods;
	if (store_policy_put(s->store, &p, e) < 0)
		return -1;
	if (a->given.activatedefaultrule)
		return set_default_active(s, &p, a->activatedefaultrule, e);
	return 0;
}

static int delete_policy(struct session *s, const void *args, struct err *e)
{
	const struct policy_args *a = args;
	struct policy one, *p = &one;
	size_t n = 1;

	if (a->given.all && store_policy_list(s->store, &s->arena, &p, &n, e) < 0)
		return -1;
	if (!a->given.all && store_policy_find(s->store, a->name, NULL, &s->arena, p, e) < 0)
		return -1;
	if (n == 0)
		return err_set(e, NO_POLICIES);
	for (size_t i = 0; i < n; i++)
		if (store_policy_delete(s->store, p[i].id, e) < 0)
			return -1;
	return 0;
}

static int show_some(struct session *s, struct policy *p, size_t n, int level, int format, bool wide,
    bool rules_too, struct err *e)
{
	for (size_t i = 0; i < n && rules_too; i++) {
		if (store_rule_list(s->store, p[i].id, &s->arena, &p[i].rules, &p[i].nrules, e) < 0 ||
		    policy_rules_complete(s, p[i].rules, p[i].nrules, e) < 0)
			return -1;
	}
	return render_policies(s, p, n, level, format, wide, e);
}

int show_policies(struct session *s, int level, int format, bool wide, bool rules_too, struct err *e)
{
	struct policy *p;
	size_t n;

	if (store_policy_list(s->store, &s->arena, &p, &n, e) < 0)
		return -1;
	if (n == 0 && format != FORMAT_JSON)
		return err_set(e, NO_POLICIES);
	return show_some(s, p, n, level, format, wide, rules_too, e);
}

static int show_policy(struct session *s, const void *args, struct err *e)
{
	const struct show_args *a = args;
	bool verbose = a->level == LEVEL_VERBOSE;
	struct policy p;

	if (a->given.all)
		return show_policies(s, a->level, a->format, a->wide, verbose, e);
	if (store_policy_find(s->store, a->name, NULL, &s->arena, &p, e) < 0) {
		/* Scripts ask "show policy X | findstr X" whether there is an X: the answer no must not name it. */
		return e->id == POLICY_NOTFOUND ? err_set(e, POLICY_NONE) : -1;
	}
	return show_some(s, &p, 1, a->level, a->format, a->wide, verbose, e);
}

const struct cmd cmd_static_add_policy = {
	.path = "static add policy",
	CMD_TAGS(policy_args, add_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = add_policy,
	.brief = "Creates a policy with a default response rule.",
	.example = "add policy Policy1 mmpfs=yes assign=yes",
};
const struct cmd cmd_static_set_policy = {
	.path = "static set policy",
	CMD_TAGS(policy_args, set_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = set_policy,
	.brief = "Changes a policy, assigns or unassigns it.",
	.example = "set policy name=Policy1 assign=y",
};
const struct cmd cmd_static_delete_policy = {
	.path = "static delete policy",
	CMD_TAGS(policy_args, delete_tags),
	.flags = CMD_WRITES,
	.run = delete_policy,
	.brief = "Deletes policies and their rules.",
	.example = "delete policy name=Policy1",
};
const struct cmd cmd_static_show_policy = {
	.path = "static show policy",
	CMD_TAGS(show_args, show_tags),
	.flags = CMD_READS,
	.run = show_policy,
	.brief = "Displays policies.",
	.example = "show policy all level=verbose",
};
