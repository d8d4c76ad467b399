#include "cli/render_dyn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/labels.h"
#include "cli/labels_dyn.h"
#include "cli/render_private.h"
#include "common/base/mem.h"
#include "common/model/values.h"
#include "common/base/banned.h"

const struct dyn_list dyn_lists[DYN_LISTS] = {
	[DYN_LIST_TRANSPORT_RULES] = {"Transport Rules", "No. of Transport Rules", .rules = true},
	[DYN_LIST_TUNNEL_RULES] = {"Tunnel Rules", "No. of Tunnel Rules", .rules = true, .tunnel = true},
	[DYN_LIST_MM_GENERIC] = {"Main Mode Filters: Generic", "No. of Generic Filters", .main_mode = true},
	[DYN_LIST_MM_SPECIFIC] = {"Main Mode Filters: Specific", "No. of Specific Filters", .main_mode = true,
		.specific = true},
	[DYN_LIST_QM_GENERIC] = {"Quick Mode Filters(Transport): Generic", "No. of Generic Filters",
		.tunnel = false},
	[DYN_LIST_QM_TUNNEL_GENERIC] = {"Quick Mode Filters(Tunnel): Generic", "No. of Generic Filters",
		.tunnel = true},
	[DYN_LIST_QM_SPECIFIC] = {"Quick Mode Filters(Transport): Specific", "No. of Specific Filters",
		.specific = true},
	[DYN_LIST_QM_TUNNEL_SPECIFIC] = {"Quick Mode Filters(Tunnel): Specific", "No. of Specific Filters",
		.specific = true, .tunnel = true},
};

/* --- policies ----------------------------------------------------------------------------------- */

void render_mmpolicy(struct session *s, const struct dyn_mmpolicy *p)
{
	struct buf *b = &s->text;

	put_text(s, D_MM_NAME, p->name);
	put_line(s, D_MM_SOFT, "%u", p->softsa_s);
	buf_adds(b, D_MM_TITLES);
	for (size_t i = 0; i < p->offers.n; i++) {
		const struct mm_offer *o = &p->offers.v[i];
		buf_printf(b, "%-12s%-11s%-4u0/%-18u%u\n", enum_to_name(encr_names, o->encr),
		    enum_to_name(integ_names, o->integ), o->group, p->mmlifetime_s, p->qmpermm);
	}
	render_blank(s);
	put_some(s);
}

static const char *pfs_text(uint8_t group)
{
	const char *name = enum_to_name(pfs_names, group);

	if (group == PFS_NONE || !name)
		return D_PFS_NONE;
	return group == PFS_MM ? D_PFS_MM : name;
}

void render_qmpolicy(struct session *s, const struct dyn_qmpolicy *p)
{
	struct buf *b = &s->text;

	buf_printf(b, D_QM_NAME " : %s\n", p->name); /* longer than the column of labels */
	buf_adds(b, D_QM_TITLES);
	for (size_t i = 0; i < p->offers.n; i++) {
		struct qm_offers one = {.v = {p->offers.v[i]}, .n = 1};
		struct buf method = {0}, life = {0};
		const struct qm_offer *o = &one.v[0];
		buf_printf(&life, "%u/%u", o->life_kb ? o->life_kb : QM_LIFE_KB_DEFAULT,
		    o->life_s ? o->life_s : QM_LIFE_S_DEFAULT);
		one.v[0].life_kb = one.v[0].life_s = 0; /* they have a column of their own */
		qm_offers_print(&one, &method);
		buf_printf(b, "%-18s%-20s%s\n", buf_text(&method), buf_text(&life), pfs_text(p->pfsgroup));
		buf_free(&method);
		buf_free(&life);
	}
	render_blank(s);
	put_some(s);
}

/* --- rules and filters -------------------------------------------------------------------------- */

void render_dyn_title(struct session *s, const struct dyn_list *l)
{
	buf_printf(&s->text, "\n%s\n" D_RULE_LINE, l->title);
}

void render_dyn_count(struct session *s, const struct dyn_list *l, size_t n)
{
	buf_printf(&s->text, "%s : %zu\n\n", l->count, n);
}

static const char *dyn_action(uint8_t action)
{
	static const char *const words[] = {
		[ACTION_PERMIT] = D_PERMIT, [ACTION_BLOCK] = D_BLOCK, [ACTION_NEGOTIATE] = D_NEGOTIATE};

	return action < N_OF(words) ? words[action] : "";
}

static void side(struct session *s, const char *word, const struct endpoint *p, bool resolvedns)
{
	char label[32], address[ADDRESS_TEXT], mask[IP_TEXT], dns[DNS_TEXT];
	const char *name = dns_text(s, p, resolvedns, dns);

	snprintf(label, sizeof label, "%s Address", word);
	put_line(s, label, "%s", address_text(p, address));
	snprintf(label, sizeof label, "%s Mask", word);
	if (mask_text(p, mask))
		put_line(s, label, "%s", mask_text(p, mask));
	snprintf(label, sizeof label, "%s DNS Name", word);
	if (p->kind == END_NET && strcmp(name, L_NONE) != 0)
		put_line(s, label, "%s", name);
}

static void traffic(struct session *s, const struct filter *f)
{
	char text[8];

	put_line(s, D_PROTOCOL, "%s", protocol_text(f->protocol, text));
	put_line(s, "Source Port", "%s", port_text(f->srcport, text));
	put_line(s, "Destination Port", "%s", port_text(f->dstport, text));
}

/* A specific filter acts in its own direction only; the other action is not its business. */
static void actions(struct session *s, const struct dyn_item *it)
{
	if (it->dir != DYN_OUT)
		put_line(s, D_INBOUND, "%s", dyn_action(it->u.rule.action_in));
	if (it->dir != DYN_IN)
		put_line(s, D_OUTBOUND, "%s", dyn_action(it->u.rule.action_out));
}

void render_dyn_item(struct session *s, const struct dyn_list *l, const struct dyn_item *it, bool resolvedns)
{
	static const char *const dirs[] = {"INBOUND, OUTBOUND", "INBOUND", "OUTBOUND"};
	const struct dyn_rule *r = &it->u.rule;
	char guid[GUID_TEXT], ip[IP_TEXT];

	if (!l->rules)
		put_line(s, D_FILTER, "%s", guid_print(&r->filter.guid, guid));
	put_line(s, D_CONNTYPE, "%s", conntype_word(r->conntype));
	side(s, "Source", &r->filter.src, resolvedns);
	side(s, "Destination", &r->filter.dst, resolvedns);
	if (!l->main_mode)
		traffic(s, &r->filter);
	if (l->specific && !l->main_mode) {
		put_line(s, D_DIRECTION, "%s", dirs[it->dir <= DYN_OUT ? it->dir : 0]);
		put_line(s, D_WEIGHT, "%u", it->weight);
	} else if (!l->specific) {
		put_yes(s, D_MIRRORED, r->filter.mirrored);
	}
	if (r->tunnel.family != IP_NONE)
		put_line(s, D_TUNNEL, "%s", ip_print(&r->tunnel, ip));
	if (l->main_mode || l->rules) {
		auth_lines(s, &r->auth);
		put_text(s, D_MM_POLICY, r->mmpolicy);
	}
	if (!l->main_mode) {
		put_text(s, D_QM_POLICY, r->qmpolicy);
		actions(s, it);
	}
	render_blank(s);
}

/* --- what shares a main mode filter ------------------------------------------------------------- */

/* FNV-1a, 64 bits: of 100,000 different filters two agree with a chance of one in four thousand million. */
static uint64_t hash_text(const char *text, size_t n)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001B3u;
	return h ? h : 1;
}

static uint64_t mm_hash(const struct dyn_item *it)
{
	const struct dyn_rule *r = &it->u.rule;
	struct buf b = {0};
	uint64_t h;

	endpoint_print(&r->filter.src, &b);
	buf_addc(&b, '>');
	endpoint_print(&r->filter.dst, &b);
	buf_printf(&b, " %u %u %s", r->filter.mirrored, r->conntype, r->mmpolicy);
	for (size_t i = 0; i < r->auth.n; i++) {
		const struct auth_method *m = &r->auth.v[i];
		buf_printf(&b, " %u%u%u", m->kind, m->certmap, m->excludecaname);
		buf_adds(&b, m->text ? m->text : "");
		buf_add(&b, &m->secret_id, sizeof m->secret_id);
	}
	h = hash_text(b.data, b.len);
	buf_free(&b);
	return h;
}

static bool seen_put(struct dyn_seen *seen, uint64_t h)
{
	size_t i = (size_t)h & (seen->cap - 1);

	for (; seen->v[i]; i = (i + 1) & (seen->cap - 1))
		if (seen->v[i] == h)
			return false;
	seen->v[i] = h;
	seen->n++;
	return true;
}

bool dyn_seen_first(struct dyn_seen *seen, const struct dyn_item *it)
{
	if (2 * seen->n >= seen->cap) {
		struct dyn_seen bigger = {.cap = seen->cap ? 2 * seen->cap : 64};
		bigger.v = xcalloc(bigger.cap, sizeof *bigger.v);
		for (size_t i = 0; i < seen->cap; i++)
			if (seen->v[i])
				seen_put(&bigger, seen->v[i]);
		dyn_seen_free(seen);
		*seen = bigger;
	}
	return seen_put(seen, mm_hash(it));
}

void dyn_seen_free(struct dyn_seen *seen)
{
	free(seen->v);
	*seen = (struct dyn_seen){0};
}
