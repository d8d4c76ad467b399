/* dynamic show rule, mmfilter, qmfilter, stats, all (grammar §6.4, §7.8, §7.11). */
#include "cli/dyn.h"

#include "cli/render_dyn_json.h"
#include "common/base/mem.h"
#include "common/model/settings.h"
#include "common/base/banned.h"

#define TRAFFIC_TAGS                                                                               \
	TAG(dyn_rule_args, srcaddr, type_addr, 0, NULL, SHOW_SRC),                                  \
	TAG(dyn_rule_args, dstaddr, type_addr, 0, NULL, SHOW_DST),                                  \
	TAG(dyn_rule_args, srcmask, type_mask, 0, NULL, SHOW_SRCMASK),                              \
	TAG(dyn_rule_args, dstmask, type_mask, 0, NULL, SHOW_DSTMASK)
#define ACTION_TAGS                                                                                \
	TAG(dyn_rule_args, actioninbound, type_action, 0, NULL, "Only those with that inbound action."), \
	TAG(dyn_rule_args, actionoutbound, type_action, 0, NULL, "Only those with that outbound action.")
/* Windows has none on these: it comes last, where it takes no word's place. */
#define FORMAT_TAG TAG(dyn_rule_args, format, type_listformat, TAG_EXTENSION, "list", HELP_LISTFORMAT)

static const struct tag rule_tags[] = {
	TAG(dyn_rule_args, type, type_rule_type, 0, NULL, "Only rules of that kind."),
	TRAFFIC_TAGS,
	SHOW_PORT_TAGS,
	ACTION_TAGS,
	SHOW_RESOLVE_TAG,
	FORMAT_TAG,
};
static const struct tag mmfilter_tags[] = {
	TAG(dyn_rule_args, name, type_name, TAG_REQUIRED, NULL, "Name of the filter, as shown."),
	KEYWORD(dyn_rule_args, all, TAG_RESERVED, "Every filter."),
	TAG(dyn_rule_args, type, type_filter_type, 0, NULL,
	    "Filters as they were written, or what they are on this host now."),
	TRAFFIC_TAGS,
	SHOW_RESOLVE_TAG,
	FORMAT_TAG,
};
static const struct tag qmfilter_tags[] = {
	TAG(dyn_rule_args, name, type_name, TAG_REQUIRED, NULL, "Name of the filter, as shown."),
	KEYWORD(dyn_rule_args, all, TAG_RESERVED, "Every filter."),
	TAG(dyn_rule_args, type, type_filter_type, 0, NULL,
	    "Filters as they were written, or what they are on this host now."),
	TRAFFIC_TAGS,
	SHOW_PORT_TAGS,
	ACTION_TAGS,
	SHOW_RESOLVE_TAG,
	FORMAT_TAG,
};

/* --- which items a line asks for --------------------------------------------------------------------- */

struct wanted {
	const struct dyn_rule_args *a;
	struct endpoints src, dst;
};

static int wanted_side(struct session *s, const struct side_args *side, bool given, uint8_t family,
    struct endpoints *out, struct err *e)
{
	if (given)
		return side_endpoints(s, side, family, out, e);
	out->n = 0;
	/* A mask alone narrows as well; it is parsed again where it is compared. */
	return 0;
}

static int wanted_init(struct session *s, const struct dyn_rule_args *a, struct wanted *w, struct err *e)
{
	const struct side_args from = {&a->srcaddr, a->srcmask, "srcaddr", "srcmask"};
	const struct side_args to = {&a->dstaddr, a->dstmask, "dstaddr", "dstmask"};

	w->a = a;
	if (wanted_side(s, &from, a->given.srcaddr, IP_NONE, &w->src, e) < 0)
		return -1;
	return wanted_side(s, &to, a->given.dstaddr, IP_NONE, &w->dst, e);
}

static bool mask_is(const struct endpoint *p, const char *mask)
{
	struct err ignored = {0};
	uint8_t plen;

	return p->kind == END_NET && mask_parse(mask, "mask", p->lo.family, &plen, &ignored) == 0 &&
	       plen == p->plen;
}

static bool side_wanted(const struct endpoint *have, const struct endpoints *want, const struct addr_arg *addr,
    bool given, const char *mask)
{
	if (given)
		return end_matches(have, want, addr, mask != NULL);
	return !mask || mask_is(have, mask);
}

static bool is_wanted(const struct wanted *w, const struct dyn_rule *r)
{
	const struct dyn_rule_args *a = w->a;
	char name[GUID_TEXT];

	return (!a->given.name || str_caseeq(a->name, guid_print(&r->filter.guid, name))) &&
	       side_wanted(&r->filter.src, &w->src, &a->srcaddr, a->given.srcaddr, a->srcmask) &&
	       side_wanted(&r->filter.dst, &w->dst, &a->dstaddr, a->given.dstaddr, a->dstmask) &&
	       (!a->given.protocol || a->protocol == r->filter.protocol) &&
	       (!a->given.srcport || a->srcport == r->filter.srcport) &&
	       (!a->given.dstport || a->dstport == r->filter.dstport) &&
	       (!a->given.actioninbound || a->actioninbound == r->action_in) &&
	       (!a->given.actionoutbound || a->actionoutbound == r->action_out);
}

/* --- lists ------------------------------------------------------------------------------------------- */

/* One list: the items of a kind that are wanted and of one mode, rendered by `put`. */
struct list_walk {
	struct session *s;
	const struct wanted *w;
	const struct dyn_list *list;
	struct json_list *json; /* NULL: the list format */
	struct dyn_seen seen; /* main mode filters shown so far */
	size_t shown;
};

static int list_item(void *ctx, const struct dyn_item *it, struct err *e)
{
	struct list_walk *l = ctx;
	const struct dyn_rule *r = &it->u.rule;
	bool tunnel = r->tunnel.family != IP_NONE;
	bool negotiates = r->action_in == ACTION_NEGOTIATE || r->action_out == ACTION_NEGOTIATE;

	(void)e;
	if (!is_wanted(l->w, r))
		return 0;
	/* A dynamic rule names a main mode policy even when it never negotiates (grammar §6.1). */
	if (l->list->main_mode ? (it->is_static && !negotiates) || !dyn_seen_first(&l->seen, it)
	                       : tunnel != l->list->tunnel)
		return 0;
	if (l->json) {
		json_list_element(l->json);
		json_dyn_item(l->s, l->json->j, l->list, it, l->w->a->resolvedns);
		l->shown++;
		return 0;
	}
	if (l->shown++ == 0)
		render_dyn_title(l->s, l->list);
	render_dyn_item(l->s, l->list, it, l->w->a->resolvedns);
	return 0;
}

static int show_list(struct session *s, const struct wanted *w, const struct dyn_list *list,
    struct json_list *json, size_t *shown, struct err *e)
{
	struct list_walk l = {.s = s, .w = w, .list = list, .json = json};
	int rc = dyn_each(s, list->specific ? DYN_SPECIFIC : DYN_RULE, list_item, &l, e);

	dyn_seen_free(&l.seen);
	if (rc == 0 && l.shown && !json)
		render_dyn_count(s, list, l.shown);
	*shown += l.shown;
	return rc;
}

static int show_rule(struct session *s, const void *args, struct err *e)
{
	const struct dyn_rule_args *a = args;
	struct json_list doc = {.s = s}, *json = a->format == FORMAT_JSON ? &doc : NULL;
	struct wanted w;
	size_t shown = 0;

	if (wanted_init(s, a, &w, e) < 0)
		return -1;
	if (a->type != RULE_TYPE_TUNNEL &&
	    show_list(s, &w, &dyn_lists[DYN_LIST_TRANSPORT_RULES], json, &shown, e) < 0)
		return -1;
	if (a->type != RULE_TYPE_TRANSPORT &&
	    show_list(s, &w, &dyn_lists[DYN_LIST_TUNNEL_RULES], json, &shown, e) < 0)
		return -1;
	if (json)
		json_list_end(json);
	return shown || json ? 0 : err_set(e, NO_DYN_RULES);
}

/* Generic, specific or both lists of a mode; each that is empty gives its own sentence in show all. */
static int show_filters(struct session *s, const struct dyn_rule_args *a, bool main_mode, bool specific,
    struct json_list *json, size_t *shown, struct err *e)
{
	struct wanted w;

	if (wanted_init(s, a, &w, e) < 0)
		return -1;
	for (size_t i = 0; i < DYN_LISTS; i++) {
		const struct dyn_list *l = &dyn_lists[i];
		if (!l->rules && l->main_mode == main_mode && l->specific == specific &&
		    show_list(s, &w, l, json, shown, e) < 0)
			return -1;
	}
	return 0;
}

static int show_both(struct session *s, const struct dyn_rule_args *a, bool main_mode, struct json_list *json,
    struct err *e)
{
	size_t shown = 0;

	if (a->type != FILTER_TYPE_SPECIFIC && show_filters(s, a, main_mode, false, json, &shown, e) < 0)
		return -1;
	if (a->type != FILTER_TYPE_GENERIC && show_filters(s, a, main_mode, true, json, &shown, e) < 0)
		return -1;
	if (shown || json)
		return 0;
	if (main_mode)
		return a->type == FILTER_TYPE_SPECIFIC ? err_set(e, NO_MMFILTERS_SPECIFIC)
		                                       : err_set(e, NO_MMFILTERS);
	return a->type == FILTER_TYPE_SPECIFIC ? err_set(e, NO_QMFILTERS_SPECIFIC) : err_set(e, NO_QMFILTERS);
}

static int show_mode(struct session *s, const struct dyn_rule_args *a, bool main_mode, struct err *e)
{
	struct json_list json = {.s = s};

	if (a->format != FORMAT_JSON)
		return show_both(s, a, main_mode, NULL, e);
	if (show_both(s, a, main_mode, &json, e) < 0)
		return -1;
	json_list_end(&json);
	return 0;
}

static int show_mmfilter(struct session *s, const void *args, struct err *e)
{
	return show_mode(s, args, true, e);
}

static int show_qmfilter(struct session *s, const void *args, struct err *e)
{
	return show_mode(s, args, false, e);
}

/* --- statistics, all --------------------------------------------------------------------------------- */

static const struct tag stats_tags[] = {
	TAG(dyn_rule_args, type, type_stats, 0, "all", "Which counters."),
	FORMAT_TAG,
};

static int show_stats(struct session *s, const void *args, struct err *e)
{
	const struct dyn_rule_args *a = args;
	struct dyn_stats st;
	struct json j;
	bool ike;

	if (dyn_stats(s, &st, &ike, e) < 0)
		return -1;
	if (!ike && a->type != STATS_IPSEC)
		dyn_say_no_ike(s);
	if (a->format == FORMAT_JSON) {
		json_begin(&j, &s->text);
		json_stats(&j, NULL, &st, a->type);
		json_end(&j);
		return 0;
	}
	if (a->type != STATS_IPSEC)
		render_stats_ike(s, &st);
	if (a->type != STATS_IKE)
		render_stats_ipsec(s, &st);
	return 0;
}

static const struct tag all_tags[] = {SHOW_RESOLVE_TAG, FORMAT_TAG};

/* In show all an empty list is a sentence, not an error. */
static int soften(struct session *s, int rc, struct err *e)
{
	if (rc == 0)
		return 0;
	if (err_number(e) < DYN_EMPTY_FIRST || err_number(e) > DYN_EMPTY_LAST)
		return -1;
	buf_printf(&s->text, "%s\n", e->text);
	*e = (struct err){0};
	return 0;
}

static int filters_or_sentence(struct session *s, const struct dyn_rule_args *a, bool main_mode, uint8_t type,
    struct err *e)
{
	struct dyn_rule_args one = *a;

	one.type = type;
	return soften(s, show_both(s, &one, main_mode, NULL, e), e);
}

/* The sections of the list format as members of one object. */
static int show_all_json(struct session *s, const struct dyn_rule_args *a, const struct dyn_stats *st,
    const char *assigned, struct err *e)
{
	bool ike;
	struct json j;
	struct json_list json = {.s = s, .j = &j, .inside = true};
	struct settings all;

	if (store_settings(s->store, &all, e) < 0)
		return -1;
	json_begin(&j, &s->text);
	json_object(&j, NULL, JSON_LINES);
	json_string(&j, "assigned", assigned);
	json_array(&j, "mmpolicies", JSON_LINES);
	if (show_dyn_policies(s, DYN_MMPOLICY, NULL, &json, e) < 0)
		return -1;
	json_close(&j);
	json_array(&j, "qmpolicies", JSON_LINES);
	if (show_dyn_policies(s, DYN_QMPOLICY, NULL, &json, e) < 0)
		return -1;
	json_close(&j);
	json_array(&j, "mmfilters", JSON_LINES);
	if (show_both(s, a, true, &json, e) < 0)
		return -1;
	json_close(&j);
	json_array(&j, "qmfilters", JSON_LINES);
	if (show_both(s, a, false, &json, e) < 0)
		return -1;
	json_close(&j);
	json_array(&j, "mmsas", JSON_LINES);
	if (show_dyn_sas(s, a, false, &json, &ike, e) < 0)
		return -1;
	json_close(&j);
	json_array(&j, "qmsas", JSON_LINES);
	if (show_dyn_sas(s, a, true, &json, &ike, e) < 0)
		return -1;
	json_close(&j);
	json_settings(&j, "config", &all);
	json_stats(&j, "stats", st, STATS_ALL);
	json_close(&j);
	json_end(&j);
	return 0;
}

/* A daemon that does not answer hides nothing of the policy: what it said to the first question stands for the others. */
static int sas_or_sentence(struct session *s, const struct dyn_rule_args *a, bool quick, const struct err *silent,
    struct err *e)
{
	bool ike;

	if (silent->kind == ERR_NONE)
		return soften(s, show_dyn_sas(s, a, quick, NULL, &ike, e), e);
	buf_printf(&s->text, "%s\n", silent->text);
	return 0;
}

static bool is_silence(const struct err *e)
{
	struct err silent = {0}, gone = {0};

	err_set(&silent, IKE_SILENT);
	err_set(&gone, IKE_GONE);
	return err_number(e) == err_number(&silent) || err_number(e) == err_number(&gone);
}

static int show_all_list(struct session *s, const struct dyn_rule_args *a, const struct dyn_stats *st,
    const char *assigned, const struct err *silent, struct err *e)
{
	render_dyn_assigned(s, assigned);
	if (soften(s, show_dyn_policies(s, DYN_MMPOLICY, NULL, NULL, e), e) < 0 ||
	    soften(s, show_dyn_policies(s, DYN_QMPOLICY, NULL, NULL, e), e) < 0 ||
	    filters_or_sentence(s, a, true, FILTER_TYPE_GENERIC, e) < 0 ||
	    filters_or_sentence(s, a, true, FILTER_TYPE_SPECIFIC, e) < 0 ||
	    filters_or_sentence(s, a, false, FILTER_TYPE_GENERIC, e) < 0 ||
	    filters_or_sentence(s, a, false, FILTER_TYPE_SPECIFIC, e) < 0 || sas_or_sentence(s, a, false, silent, e) < 0 ||
	    sas_or_sentence(s, a, true, silent, e) < 0 || show_settings(s, e) < 0)
		return -1;
	if (silent->kind != ERR_NONE) {
		*e = *silent;
		return -1;
	}
	render_stats_ike(s, st);
	render_stats_ipsec(s, st);
	return 0;
}

static int show_all(struct session *s, const void *args, struct err *e)
{
	const struct dyn_rule_args *a = args;
	struct err silent = {0};
	const char *assigned;
	struct dyn_stats st;
	bool ike;

	/* First, so that nothing is printed when there is no service. */
	if (dyn_stats(s, &st, &ike, e) < 0) {
		if (!is_silence(e) || a->format == FORMAT_JSON)
			return -1;
		silent = *e;
		*e = (struct err){0};
	}
	if (dyn_assigned(s, &assigned, e) < 0)
		return -1;
	if (!ike)
		dyn_say_no_ike(s);
	if (a->format == FORMAT_JSON)
		return show_all_json(s, a, &st, assigned, e);
	return show_all_list(s, a, &st, assigned, &silent, e);
}

const struct cmd cmd_dynamic_show_rule = {
	.path = "dynamic show rule",
	CMD_TAGS(dyn_rule_args, rule_tags),
	.run = show_rule,
	.brief = "Displays the rules in force, those of the assigned policy included.",
	.example = "show rule type=transport protocol=TCP",
};
const struct cmd cmd_dynamic_show_mmfilter = {
	.path = "dynamic show mmfilter",
	CMD_TAGS(dyn_rule_args, mmfilter_tags),
	.run = show_mmfilter,
	.brief = "Displays main mode filters: between which addresses keys are agreed on, and how.",
	.example = "show mmfilter all type=generic",
};
const struct cmd cmd_dynamic_show_qmfilter = {
	.path = "dynamic show qmfilter",
	CMD_TAGS(dyn_rule_args, qmfilter_tags),
	.run = show_qmfilter,
	.brief = "Displays quick mode filters: which traffic is permitted, blocked or protected.",
	.example = "show qmfilter all type=specific dstport=23",
};
const struct cmd cmd_dynamic_show_stats = {
	.path = "dynamic show stats",
	CMD_TAGS(dyn_rule_args, stats_tags),
	.run = show_stats,
	.brief = "Displays counters of key exchange and of protected traffic.",
	.example = "show stats type=ipsec",
};
const struct cmd cmd_dynamic_show_all = {
	.path = "dynamic show all",
	CMD_TAGS(dyn_rule_args, all_tags),
	.flags = CMD_READS | CMD_HOST,
	.run = show_all,
	.brief = "Displays everything that is in force.",
	.example = "show all",
};
