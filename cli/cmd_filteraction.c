/* static add, set, delete, show filteraction (grammar §5, §7.4). */
#include "cli/commands.h"

#include "cli/render.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct filteraction_args {
	const char *name, *newname, *description;
	struct guid guid;
	bool qmpfs, inpass, soft, force;
	uint8_t action;
	struct qm_offers qmsecmethods;
	struct {
		bool name, guid, newname, description, qmpfs, inpass, soft, action, qmsecmethods, all, force;
	} given;
};

#define HELP_QMPFS "Quick mode perfect forward secrecy: a new key exchange for every session key."
#define HELP_INPASS "Accept unprotected inbound traffic, answering with protection?"
#define HELP_SOFT "Fall back to unprotected traffic with peers that have no IPsec?"
#define HELP_ACTION "What happens to traffic that matches."
#define HELP_QMSEC "Methods in order of preference, like \"ESP[3DES,SHA1]:100000k/3600s AH[SHA1]\"."

static const struct tag add_tags[] = {
	TAG(filteraction_args, name, type_newname, TAG_REQUIRED, NULL, "Name of the filter action."),
	TAG(filteraction_args, description, type_text, 0, "", "What the action is for."),
	TAG(filteraction_args, qmpfs, type_yesno, 0, "no", HELP_QMPFS),
	TAG(filteraction_args, inpass, type_yesno, 0, "no", HELP_INPASS),
	TAG(filteraction_args, soft, type_yesno, 0, "no", HELP_SOFT),
	TAG(filteraction_args, action, type_action, 0, "negotiate", HELP_ACTION),
	TAG_DIALECTS(filteraction_args, qmsecmethods, type_qmlist, 0, QM_DEFAULT, QM_DEFAULT_WINDOWS, HELP_QMSEC),
	GUID_TAG(filteraction_args, guid, "The filter action"),
};
static const struct tag set_tags[] = {
	TAG(filteraction_args, name, type_filteraction_name, TAG_REQUIRED, NULL, "Name of the filter action."),
	TAG(filteraction_args, guid, type_guid, TAG_ALT, NULL, "Or its guid."),
	TAG(filteraction_args, newname, type_newname, 0, NULL, "Its new name."),
	TAG(filteraction_args, description, type_text, 0, NULL, "What the action is for; \"\" clears it."),
	TAG(filteraction_args, qmpfs, type_yesno, 0, NULL, HELP_QMPFS),
	TAG(filteraction_args, inpass, type_yesno, 0, NULL, HELP_INPASS),
	TAG(filteraction_args, soft, type_yesno, 0, NULL, HELP_SOFT),
	TAG(filteraction_args, action, type_action, 0, NULL, HELP_ACTION),
	TAG(filteraction_args, qmsecmethods, type_qmlist, 0, NULL, HELP_QMSEC),
	FORCE_TAG(filteraction_args),
};
static const struct tag delete_tags[] = {
	TAG(filteraction_args, name, type_filteraction_name, TAG_REQUIRED, NULL, "Name of the filter action."),
	KEYWORD(filteraction_args, all, TAG_RESERVED, "Every filter action of the store."),
};

struct show_args {
	const char *name, *rule;
	uint8_t level, format;
	bool wide;
	struct {
		bool name, rule, all, level, format, wide;
	} given;
};
static const struct tag show_tags[] = {
	TAG(show_args, name, type_filteraction_name, TAG_REQUIRED, NULL, "Name of the filter action."),
	TAG(show_args, rule, type_rule_name, TAG_ALT, NULL, "Or the name of a rule that uses it."),
	KEYWORD(show_args, all, TAG_RESERVED, "Every filter action of the store."),
	TAG(show_args, level, type_level, 0, "normal", "How much to show."),
	TAG(show_args, format, type_format, 0, "list", HELP_FORMAT),
	TAG(show_args, wide, type_yesno, 0, "no", "Leave long names in tables uncut?"),
};

static int add_filteraction(struct session *s, const void *args, struct err *e)
{
	const struct filteraction_args *a = args;
	struct filteraction fa = {
		.name = a->name,
		.description = a->description,
		.action = a->action,
		.qmpfs = a->qmpfs,
		.inpass = a->inpass,
		.soft = a->soft,
		.offers = a->qmsecmethods,
		.guid = a->guid,
	}, old;
	int found = 0;

	if (s->importing && a->given.guid)
		found = is_there(store_filteraction_find(s->store, NULL, &a->guid, &s->arena, &old, e),
		    FILTERACTION_NOTFOUND, e);
	if (found <= 0)
		return found < 0 ? -1 : store_filteraction_add(s->store, &fa, e);
	fa.id = old.id; /* rules may use it */
	return store_filteraction_put(s->store, &fa, e);
}

static int set_filteraction(struct session *s, const void *args, struct err *e)
{
	const struct filteraction_args *a = args;
	struct filteraction fa;

	if (store_filteraction_find(s->store, a->name, a->given.guid ? &a->guid : NULL, &s->arena, &fa, e) < 0)
		return -1;
	if (a->given.newname)
		fa.name = a->newname;
	TAKE(&fa, a, description);
	TAKE(&fa, a, qmpfs);
	TAKE(&fa, a, inpass);
	TAKE(&fa, a, soft);
	TAKE(&fa, a, action);
	if (a->given.action || a->given.inpass)
		guard_note_policy(s);
	if (a->given.qmsecmethods)
		fa.offers = a->qmsecmethods;
	return store_filteraction_put(s->store, &fa, e);
}

static int delete_filteraction(struct session *s, const void *args, struct err *e)
{
	const struct filteraction_args *a = args;
	struct filteraction one, *fa = &one;
	size_t n = 1;

	if (a->given.all && store_filteraction_list(s->store, &s->arena, &fa, &n, e) < 0)
		return -1;
	if (!a->given.all && store_filteraction_find(s->store, a->name, NULL, &s->arena, fa, e) < 0)
		return -1;
	if (n == 0)
		return err_set(e, NO_FILTERACTIONS);
	for (size_t i = 0; i < n; i++)
		if (store_filteraction_delete(s->store, fa[i].id, e) < 0)
			return -1;
	return 0;
}

int show_filteractions(struct session *s, int level, int format, bool wide, struct err *e)
{
	struct filteraction *fa;
	size_t n;

	if (store_filteraction_list(s->store, &s->arena, &fa, &n, e) < 0)
		return -1;
	if (n == 0 && format != FORMAT_JSON)
		return err_set(e, NO_FILTERACTIONS);
	return render_filteractions(s, fa, n, level, format, wide, e);
}

static int actions_of_rule(struct session *s, const char *rule, struct filteraction **out, size_t *n,
    struct err *e)
{
	struct rules r;

	if (rules_named(s, rule, &r, e) < 0)
		return -1;
	*out = arena_array(&s->arena, r.n, sizeof **out);
	*n = 0;
	for (size_t i = 0; i < r.n; i++) {
		size_t k = 0;
		while (k < *n && (*out)[k].id != r.v[i].filteraction->id)
			k++;
		if (k == *n)
			(*out)[(*n)++] = *r.v[i].filteraction;
	}
	return 0;
}

static int show_filteraction(struct session *s, const void *args, struct err *e)
{
	const struct show_args *a = args;
	struct filteraction one, *fa = &one;
	size_t n = 1;

	if (a->given.all)
		return show_filteractions(s, a->level, a->format, a->wide, e);
	if (a->given.rule && actions_of_rule(s, a->rule, &fa, &n, e) < 0)
		return -1;
	if (!a->given.rule && store_filteraction_find(s->store, a->name, NULL, &s->arena, fa, e) < 0)
		return -1;
	return render_filteractions(s, fa, n, a->level, a->format, a->wide, e);
}

const struct cmd cmd_static_add_filteraction = {
	.path = "static add filteraction",
	CMD_TAGS(filteraction_args, add_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = add_filteraction,
	.brief = "Creates a filter action.",
	.example = "add filteraction name=Action1 qmpfs=yes action=negotiate qmsec=\"ESP[3DES,SHA1]:100000k/3600s\"",
};
const struct cmd cmd_static_set_filteraction = {
	.path = "static set filteraction",
	CMD_TAGS(filteraction_args, set_tags),
	.flags = CMD_WRITES,
	.run = set_filteraction,
	.brief = "Changes a filter action.",
	.example = "set filteraction name=Action1 action=block",
};
const struct cmd cmd_static_delete_filteraction = {
	.path = "static delete filteraction",
	CMD_TAGS(filteraction_args, delete_tags),
	.flags = CMD_WRITES,
	.run = delete_filteraction,
	.brief = "Deletes filter actions that no rule uses.",
	.example = "delete filteraction all",
};
const struct cmd cmd_static_show_filteraction = {
	.path = "static show filteraction",
	CMD_TAGS(show_args, show_tags),
	.flags = CMD_READS,
	.run = show_filteraction,
	.brief = "Displays filter actions.",
	.example = "show filteraction all format=table",
};
