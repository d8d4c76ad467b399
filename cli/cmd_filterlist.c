/* static add, set, delete, show filterlist (grammar §5, §7.3). */
#include "cli/commands.h"

#include "cli/counted.h"
#include "cli/render.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct filterlist_args {
	const char *name, *newname, *description;
	struct guid guid; /* of set: which one; of add: what it gets */
	struct {
		bool name, guid, newname, description, all;
	} given;
};

static const struct tag add_tags[] = {
	TAG(filterlist_args, name, type_newname, TAG_REQUIRED, NULL, "Name of the filter list."),
	TAG(filterlist_args, description, type_text, 0, "", "What the list is for."),
	GUID_TAG(filterlist_args, guid, "The list"),
};
static const struct tag set_tags[] = {
	TAG(filterlist_args, name, type_filterlist_name, TAG_REQUIRED, NULL, "Name of the filter list."),
	TAG(filterlist_args, guid, type_guid, TAG_ALT, NULL, "Or its guid."),
	TAG(filterlist_args, newname, type_newname, 0, NULL, "Its new name."),
	TAG(filterlist_args, description, type_text, 0, NULL, "What the list is for; \"\" clears it."),
};
static const struct tag delete_tags[] = {
	TAG(filterlist_args, name, type_filterlist_name, TAG_REQUIRED, NULL, "Name of the filter list."),
	KEYWORD(filterlist_args, all, TAG_RESERVED, "Every filter list of the store."),
};

struct show_args {
	const char *name, *rule;
	uint8_t level, format;
	bool resolvedns, wide;
	struct {
		bool name, rule, all, level, format, resolvedns, wide;
	} given;
};
static const struct tag show_tags[] = {
	TAG(show_args, name, type_filterlist_name, TAG_REQUIRED, NULL, "Name of the filter list."),
	TAG(show_args, rule, type_rule_name, TAG_ALT, NULL, "Or the name of a rule that uses it."),
	KEYWORD(show_args, all, TAG_RESERVED, "Every filter list of the store."),
	TAG(show_args, level, type_level, 0, "normal", "How much to show; verbose includes the filters."),
	TAG(show_args, format, type_format, 0, "list", HELP_FORMAT),
	TAG(show_args, resolvedns, type_yesno, 0, "no", "Look up the names of addresses?"),
	TAG(show_args, wide, type_yesno, 0, "no", "Leave long names in tables uncut?"),
};

static int add_filterlist(struct session *s, const void *args, struct err *e)
{
	const struct filterlist_args *a = args;
	struct filterlist l = {.name = a->name, .description = a->description, .guid = a->guid}, old;
	int found = 0;

	if (s->importing && a->given.guid)
		found = is_there(store_filterlist_find(s->store, NULL, &a->guid, &s->arena, &old, e),
		    FILTERLIST_NOTFOUND, e);
	if (found <= 0)
		return found < 0 ? -1 : store_filterlist_add(s->store, &l, e);
	/* Rules may use it, so it stays where it is and gets another content. */
	l.id = old.id;
	return store_filterlist_put(s->store, &l, e) < 0 ? -1 : store_filterlist_empty(s->store, l.id, e);
}

static int set_filterlist(struct session *s, const void *args, struct err *e)
{
	const struct filterlist_args *a = args;
	struct filterlist l;

	if (store_filterlist_find(s->store, a->name, a->given.guid ? &a->guid : NULL, &s->arena, &l, e) < 0)
		return -1;
	if (a->given.newname)
		l.name = a->newname;
	TAKE(&l, a, description);
	return store_filterlist_put(s->store, &l, e);
}

static int delete_filterlist(struct session *s, const void *args, struct err *e)
{
	const struct filterlist_args *a = args;
	struct filterlist one, *l = &one;
	size_t n = 1;

	if (a->given.all && store_filterlist_list(s->store, &s->arena, &l, &n, e) < 0)
		return -1;
	if (!a->given.all && store_filterlist_find(s->store, a->name, NULL, &s->arena, l, e) < 0)
		return -1;
	if (n == 0)
		return err_set(e, NO_FILTERLISTS);
	for (size_t i = 0; i < n; i++)
		if (store_filterlist_delete(s->store, l[i].id, e) < 0)
			return -1;
	return 0;
}

int show_filterlists(struct session *s, int level, int format, bool resolvedns, bool wide, struct err *e)
{
	struct filterlist *l;
	size_t n;

	if (store_filterlist_list(s->store, &s->arena, &l, &n, e) < 0)
		return -1;
	if (n == 0 && format != FORMAT_JSON)
		return err_set(e, NO_FILTERLISTS);
	return render_filterlists(s, l, n, level, format, resolvedns, wide, e);
}

/* The lists behind the rules of that name; rules of several policies may share one. */
static int lists_of_rule(struct session *s, const char *rule, struct filterlist **out, size_t *n, struct err *e)
{
	struct rules r;

	if (rules_named(s, rule, &r, e) < 0)
		return -1;
	*out = arena_array(&s->arena, r.n, sizeof **out);
	*n = 0;
	for (size_t i = 0; i < r.n; i++) {
		size_t k = 0;
		while (k < *n && (*out)[k].id != r.v[i].filterlist->id)
			k++;
		if (k == *n)
			(*out)[(*n)++] = *r.v[i].filterlist;
	}
	return 0;
}

static int show_filterlist(struct session *s, const void *args, struct err *e)
{
	const struct show_args *a = args;
	struct filterlist one, *l = &one;
	size_t n = 1;

	if (a->level == LEVEL_VERBOSE)
		counted_ask(s);
	if (a->given.all)
		return show_filterlists(s, a->level, a->format, a->resolvedns, a->wide, e);
	if (a->given.rule && lists_of_rule(s, a->rule, &l, &n, e) < 0)
		return -1;
	if (!a->given.rule && (store_filterlist_find(s->store, a->name, NULL, &s->arena, l, e) < 0 ||
	    store_filterlist_count(s->store, l, e) < 0))
		return -1;
	return render_filterlists(s, l, n, a->level, a->format, a->resolvedns, a->wide, e);
}

const struct cmd cmd_static_add_filterlist = {
	.path = "static add filterlist",
	CMD_TAGS(filterlist_args, add_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = add_filterlist,
	.brief = "Creates an empty filter list.",
	.example = "add filterlist name=FilterList1 description=\"web servers\"",
};
const struct cmd cmd_static_set_filterlist = {
	.path = "static set filterlist",
	CMD_TAGS(filterlist_args, set_tags),
	.flags = CMD_WRITES,
	.run = set_filterlist,
	.brief = "Renames or describes a filter list.",
	.example = "set filterlist name=FilterList1 newname=FilterList2",
};
const struct cmd cmd_static_delete_filterlist = {
	.path = "static delete filterlist",
	CMD_TAGS(filterlist_args, delete_tags),
	.flags = CMD_WRITES,
	.run = delete_filterlist,
	.brief = "Deletes filter lists that no rule uses, with their filters.",
	.example = "delete filterlist all",
};
const struct cmd cmd_static_show_filterlist = {
	.path = "static show filterlist",
	CMD_TAGS(show_args, show_tags),
	.flags = CMD_READS,
	.run = show_filterlist,
	.brief = "Displays filter lists.",
	.example = "show filterlist name=FilterList1 level=verbose",
};
