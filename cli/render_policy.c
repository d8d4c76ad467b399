/* Policies and rules (grammar §7.1, §7.2). */
#include "cli/render_private.h"

#include "cli/labels.h"
#include "cli/render_json.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

/* A policy may have come from elsewhere without its keys. Those of dynamic rules are not in the store. */
static const char *key_word(struct session *s, const struct guid *id)
{
	struct err ignored = {0}; /* who may not read the key file is told no more than that there is a key */

	if (s->store && !guid_is_null(id) && store_psk_known(s->store, id, &ignored) == 0)
		return L_PSK_MISSING;
	return "********";
}

/* --- rules -------------------------------------------------------------------------------------- */

/*
 * Windows prints a preshared key in clear here. We do not: listings end up in mails and logs, and
 * whoever may know the key can read it from the secrets file.
 */
void auth_lines(struct session *s, const struct auth_list *l)
{
	buf_printf(&s->text, L_AUTH "(%zu)\n", l->n);
	for (size_t i = 0; i < l->n; i++) {
		const struct auth_method *m = &l->v[i];
		switch ((enum auth_kind)m->kind) {
		case AUTH_KERBEROS:
			buf_adds(&s->text, "        " L_KERBEROS "\n");
			break;
		case AUTH_PSK:
			buf_printf(&s->text, "        " L_PSK " : %s\n", key_word(s, &m->secret_id));
			break;
		case AUTH_ROOTCA:
			buf_printf(&s->text, "        %-22s: %s\n", L_ROOTCA, m->text);
			buf_printf(&s->text, "        %-22s: %s\n", L_CERTMAP, yes_text(m->certmap));
			buf_printf(&s->text, "        %-22s: %s\n", L_EXCLUDECANAME,
			    yes_text(m->excludecaname));
			break;
		}
	}
}

const char *conntype_word(uint8_t conntype)
{
	static const char *const words[] = {L_CONN_ALL, L_CONN_LAN, L_CONN_DIALUP};

	return conntype <= CONN_DIALUP ? words[conntype] : "";
}

static void rule_head(struct session *s, const struct rule *r, uint32_t id, bool verbose)
{
	char text[IP_TEXT];

	put_text(s, L_RULE, r->name);
	put_line(s, L_RULE_ID, "%u", id);
	if (verbose)
		put_guid(s, &r->guid);
	put_time(s, L_MODIFIED, r->modified);
	if (verbose)
		put_text(s, L_DESCRIPTION, r->description);
	put_yes(s, L_ACTIVATED, r->active);
	put_text(s, L_RULE_FILTERLIST, r->is_default ? NULL : r->filterlist->name);
	put_text(s, L_RULE_FILTERACTION, r->is_default ? L_DEFAULT_ACTION : r->filteraction->name);
	if (r->tunnel.family != IP_NONE)
		put_line(s, L_TUNNEL, "%s", ip_print(&r->tunnel, text));
	put_line(s, L_CONNTYPE, "%s", conntype_word(r->conntype));
	auth_lines(s, &r->auth);
	if (verbose)
		put_traffic(s, s->rules_counted, r->id);
	render_blank(s);
}

static void default_rule_details(struct session *s, const struct rule *r)
{
	buf_adds(&s->text, L_DEFAULT_NO_LIST "\n" L_ACTION_DETAILS);
	put_line(s, L_ACTION, "%s", action_word(ACTION_NEGOTIATE));
	put_qm_offers(s, &r->default_offers, true);
	put_yes(s, L_QMPFS, r->default_qmpfs);
	render_blank(s);
}

static int rule_verbose(struct session *s, const struct rule *r, uint32_t id, int format, bool wide,
    struct err *e)
{
	rule_head(s, r, id, true);
	if (r->is_default) {
		default_rule_details(s, r);
		return 0;
	}
	buf_adds(&s->text, L_LIST_DETAILS);
	if (put_filterlist(s, r->filterlist, format, false, wide, e) < 0)
		return -1;
	buf_adds(&s->text, L_ACTION_DETAILS);
	put_filteraction(s, r->filteraction);
	return 0;
}

static void rule_table_head(struct session *s)
{
	buf_printf(&s->text, "%-*s\t%-4s\t%-*s\t%-*s\t%s\n", CELL_NAME, L_RULE, L_COL_ID, CELL_NAME,
	    L_RULE_FILTERLIST, CELL_NAME, L_RULE_FILTERACTION, L_ACTIVATED);
	put_dashes(s, CELL_NAME);
	buf_adds(&s->text, "\t----\t");
	put_dashes(s, CELL_NAME);
	buf_addc(&s->text, '\t');
	put_dashes(s, CELL_NAME);
	buf_adds(&s->text, "\t---------\n");
}

static void rule_row(struct session *s, const struct rule *r, uint32_t id, bool wide)
{
	put_cell(s, r->name, CELL_NAME, wide);
	buf_printf(&s->text, "\t%-4u\t", id);
	put_cell(s, r->is_default ? NULL : r->filterlist->name, CELL_NAME, wide);
	buf_addc(&s->text, '\t');
	put_cell(s, r->is_default ? L_DEFAULT_ACTION : r->filteraction->name, CELL_NAME, wide);
	buf_printf(&s->text, "\t%s\n", yes_text(r->active));
}

int render_rules(struct session *s, const struct rule *r, const uint32_t *ids, size_t n, int level, int format,
    bool wide, struct err *e)
{
	bool table = level == LEVEL_NORMAL && format == FORMAT_TABLE;

	if (format == FORMAT_JSON)
		return json_rules(s, r, ids, n, level, e);
	if (table)
		rule_table_head(s);
	for (size_t i = 0; i < n; i++) {
		if (level == LEVEL_VERBOSE) {
			if (rule_verbose(s, &r[i], ids[i], format, wide, e) < 0)
				return -1;
		} else if (table) {
			rule_row(s, &r[i], ids[i], wide);
		} else {
			rule_head(s, &r[i], ids[i], false);
		}
	}
	put_count(s, table ? FORMAT_TABLE : FORMAT_LIST, L_RULES, n);
	return 0;
}

/* --- policies ----------------------------------------------------------------------------------- */

static void put_mm_offers(struct session *s, const struct mm_offers *o)
{
	static const char *const groups[] = {"", L_GROUP_1, L_GROUP_2, L_GROUP_3};

	buf_adds(&s->text, L_MM_ORDER "\n" L_MM_TITLES);
	for (size_t i = 0; i < o->n; i++) {
		buf_printf(&s->text, "        %-13s%-13s", enum_to_name(encr_names, o->v[i].encr),
		    enum_to_name(integ_names, o->v[i].integ));
		if (o->v[i].group < N_OF(groups))
			buf_printf(&s->text, "%s\n", groups[o->v[i].group]);
		else
			buf_printf(&s->text, "%u\n", o->v[i].group);
	}
}

static void policy_block(struct session *s, const struct policy *p)
{
	put_text(s, L_POLICY, p->name);
	put_text(s, L_DESCRIPTION, p->description);
	put_time(s, L_MODIFIED, p->modified);
	put_yes(s, L_ASSIGNED, p->assigned);
	put_yes(s, L_MASTER_PFS, p->mmpfs);
	put_line(s, L_POLLING, "%u " L_MINUTES, p->pollinginterval_s / 60);
	render_blank(s);
}

static int policy_verbose(struct session *s, const struct policy *p, int format, bool wide, struct err *e)
{
	put_text(s, L_POLICY, p->name);
	put_text(s, L_DESCRIPTION, p->description);
	put_store(s);
	put_time(s, L_MODIFIED, p->modified);
	put_guid(s, &p->guid);
	put_yes(s, L_ASSIGNED, p->assigned);
	put_line(s, L_POLLING, "%u " L_MINUTES, p->pollinginterval_s / 60);
	put_line(s, L_MM_LIFETIME, "%u " L_MINUTES " / %u " L_SESSIONS, p->mmlifetime_s / 60, p->qmpermm);
	put_yes(s, L_MASTER_PFS, p->mmpfs);
	put_mm_offers(s, &p->offers);
	put_line(s, L_POLICY_RULES, "%zu", p->nrules);
	render_blank(s);
	for (size_t i = 0; i < p->nrules; i++)
		if (rule_verbose(s, &p->rules[i], (uint32_t)i + 1, format, wide, e) < 0)
			return -1;
	return 0;
}

/* Four heading lines, blank ones included: readers start at the fifth (grammar §7.1). */
static void policy_table_head(struct session *s)
{
	buf_printf(&s->text, "\n%-*s\t%-5s\t%-*s\t%s\n", CELL_NAME, L_POLICY, L_COL_RULES, CELL_DATE,
	    L_COL_MODIFIED, L_COL_ASSIGN);
	put_dashes(s, CELL_NAME);
	buf_adds(&s->text, "\t-----\t--------------------\t------\n\n");
}

static void policy_row(struct session *s, const struct policy *p, bool wide)
{
	put_cell(s, p->name, CELL_NAME, wide);
	buf_printf(&s->text, "\t%-5zu\t", p->nrules);
	put_time_cell(s, p->modified);
	buf_printf(&s->text, "\t%s\n", yes_text(p->assigned));
}

int render_policies(struct session *s, const struct policy *p, size_t n, int level, int format, bool wide,
    struct err *e)
{
	bool table = level == LEVEL_NORMAL && format == FORMAT_TABLE;

	if (format == FORMAT_JSON)
		return json_policies(s, p, n, level, e);
	if (table)
		policy_table_head(s);
	for (size_t i = 0; i < n; i++) {
		if (level == LEVEL_VERBOSE) {
			if (policy_verbose(s, &p[i], format, wide, e) < 0)
				return -1;
		} else if (table) {
			policy_row(s, &p[i], wide);
		} else {
			policy_block(s, &p[i]);
		}
	}
	put_count(s, table ? FORMAT_TABLE : FORMAT_LIST, L_POLICIES, n);
	return 0;
}
