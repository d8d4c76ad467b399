/* static set store, set batch, show store, show gpoassignedpolicy, show all, delete all (grammar §5, §7.5, §7.6). */
#include "cli/commands.h"

#include "cli/render.h"
#include "cli/render_json.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct store_args {
	uint8_t location, mode, format;
	const char *domain, *name;
	bool wide;
	struct {
		bool location, domain, name, mode, format, wide;
	} given;
};

static const struct tag set_store_tags[] = {
	TAG(store_args, location, type_location, TAG_REQUIRED, NULL, "The policy store to work on: that of this host, or the persistent one, until the program ends."),
	TAG(store_args, domain, type_text, 0, NULL, "Name of the domain; domain store only."),
};
static const struct tag set_batch_tags[] = {
	TAG(store_args, mode, type_batch, TAG_REQUIRED, NULL,
	    "Collect changes and write them together, or write each at once."),
};
static const struct tag show_all_tags[] = {
	TAG(store_args, format, type_format, 0, "list", HELP_FORMAT),
	TAG(store_args, wide, type_yesno, 0, "no", "Leave long names in tables uncut?"),
};

/* Windows has no format here; ours has no table to offer. */
static const struct tag show_store_tags[] = {
	TAG(store_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT),
};
static const struct tag show_assigned_tags[] = {
	TAG(store_args, name, type_text, 0, NULL, "A group policy object; domain store only."),
	TAG(store_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT),
};

static int set_store(struct session *s, const void *args, struct err *e)
{
	const struct store_args *a = args;

	if (a->location == LOCATION_DOMAIN)
		return err_set(e, STORE_LOCATION, "domain");
	if (a->given.domain)
		return err_set(e, NOT_LOCAL, "domain");
	if (s->importing) /* a file's policies go into the store that is worked on, wherever they come from */
		return 0;
	if (a->location == LOCATION_PERSISTENT && (s->general.offline || s->general.machine))
		return err_set(e, STORE_HERE, s->general.offline ? "offline mode" : "another machine");
	session_locate(s, (enum location)a->location);
	return 0;
}

static int set_batch(struct session *s, const void *args, struct err *e)
{
	const struct store_args *a = args;
	bool on = a->mode == BATCH_ENABLE;

	(void)e;
	if (on == s->batch)
		return 0;
	s->batch = on;
	if (on)
		session_group_begin(s);
	else
		session_group_end(s);
	return 0;
}

static int show_store(struct session *s, const void *args, struct err *e)
{
	const struct store_args *a = args;

	(void)e;
	if (a->format == FORMAT_JSON)
		json_store(s);
	else
		render_store(s);
	return 0;
}

static int show_assigned(struct session *s, const void *args, struct err *e)
{
	const struct store_args *a = args;
	const struct policy *assigned = NULL;
	struct policy *p;
	size_t n;

	if (a->given.name)
		return err_set(e, NOT_LOCAL, "name");
	if (store_policy_list(s->store, &s->arena, &p, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (p[i].assigned)
			assigned = &p[i];
	if (a->format == FORMAT_JSON)
		json_assigned(s, assigned);
	else
		render_assigned(s, assigned);
	return 0;
}

/* Clears *e when it only says that there is nothing of that kind. */
static bool nothing_there(struct err *e)
{
	if (e->id != NO_POLICIES && e->id != NO_FILTERLISTS && e->id != NO_FILTERACTIONS)
		return false;
	*e = (struct err){0};
	return true;
}

/* An empty store is no error here: a program that asks for a document gets one. */
static int show_all_json(struct session *s, struct err *e)
{
	struct json_all all = {.npolicies = 0};
	struct policy *p;
	struct filterlist *l;
	struct filteraction *fa;

	if (store_policy_list(s->store, &s->arena, &p, &all.npolicies, e) < 0 ||
	    store_filterlist_list(s->store, &s->arena, &l, &all.nlists, e) < 0 ||
	    store_filteraction_list(s->store, &s->arena, &fa, &all.nactions, e) < 0)
		return -1;
	for (size_t i = 0; i < all.npolicies; i++)
		if (store_rule_list(s->store, p[i].id, &s->arena, &p[i].rules, &p[i].nrules, e) < 0)
			return -1;
	all.policies = p, all.lists = l, all.actions = fa;
	return json_everything(s, &all, e);
}

static int show_all(struct session *s, const void *args, struct err *e)
{
	const struct store_args *a = args;
	int empty = 0;

	if (a->format == FORMAT_JSON)
		return show_all_json(s, e);
	/* Readers take the second line of the list for the first policy's name (scripts-in-the-wild §4). */
	render_blank(s);
	if (show_policies(s, LEVEL_VERBOSE, a->format, a->wide, true, e) < 0) {
		if (!nothing_there(e))
			return -1;
		empty++;
	}
	if (show_filterlists(s, LEVEL_VERBOSE, a->format, false, a->wide, e) < 0) {
		if (!nothing_there(e))
			return -1;
		empty++;
	}
	if (show_filteractions(s, LEVEL_VERBOSE, a->format, a->wide, e) < 0) {
		if (!nothing_there(e))
			return -1;
		empty++;
	}
	return empty == 3 ? err_set(e, NO_POLICIES) : 0;
}

static int delete_all(struct session *s, const void *args, struct err *e)
{
	struct policy *p;
	struct filterlist *l;
	struct filteraction *fa;
	size_t n;

	(void)args;
	/* Policies first: their rules hold the lists and actions. An empty store is fine here. */
	if (store_policy_list(s->store, &s->arena, &p, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (store_policy_delete(s->store, p[i].id, e) < 0)
			return -1;
	if (store_filterlist_list(s->store, &s->arena, &l, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (store_filterlist_delete(s->store, l[i].id, e) < 0)
			return -1;
	if (store_filteraction_list(s->store, &s->arena, &fa, &n, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (store_filteraction_delete(s->store, fa[i].id, e) < 0)
			return -1;
	return 0;
}

const struct cmd cmd_static_set_store = {
	.path = "static set store",
	CMD_TAGS(store_args, set_store_tags),
	.flags = CMD_IN_FILES | CMD_SHELL,
	.run = set_store,
	.brief = "Chooses the policy store.",
	.example = "set store location=local",
};
const struct cmd cmd_static_set_batch = {
	.path = "static set batch",
	CMD_TAGS(store_args, set_batch_tags),
	.run = set_batch,
	.brief = "Groups changes of the policy store.",
	.example = "set batch mode=enable",
};
const struct cmd cmd_static_show_store = {
	.path = "static show store",
	CMD_TAGS(store_args, show_store_tags),
	.run = show_store,
	.brief = "Displays which policy store is in use.",
	.example = "show store",
};
const struct cmd cmd_static_show_gpoassignedpolicy = {
	.path = "static show gpoassignedpolicy",
	CMD_TAGS(store_args, show_assigned_tags),
	.flags = CMD_READS,
	.run = show_assigned,
	.brief = "Displays which policy is assigned, and where it comes from.",
	.example = "show gpoassignedpolicy",
};
const struct cmd cmd_static_show_all = {
	.path = "static show all",
	CMD_TAGS(store_args, show_all_tags),
	.flags = CMD_READS,
	.run = show_all,
	.brief = "Displays all policies, filter lists and filter actions.",
	.example = "show all format=list",
};
const struct cmd cmd_static_delete_all = {
	.path = "static delete all",
	.args_size = sizeof(struct store_args),
	.flags = CMD_WRITES,
	.run = delete_all,
	.brief = "Deletes all policies, filter lists and filter actions.",
	.example = "delete all",
};
