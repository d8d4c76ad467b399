/* Filter lists, filters and filter actions (grammar §7.3, §7.4). */
#include "cli/render_private.h"

#include <stdio.h>
#include <string.h>

#include "cli/labels.h"
#include "cli/render_json.h"
#include "common/model/values.h"
#include "common/base/banned.h"

const char *action_word(uint8_t action)
{
	static const char *const words[] = {L_PERMIT, L_BLOCK, L_NEGOTIATE};

	return action <= ACTION_NEGOTIATE ? words[action] : "";
}

/* --- one filter --------------------------------------------------------------------------------- */

/* any, me and the server types print as a phrase, which also stands in their DNS line. */
static const char *phrase(const struct endpoint *p)
{
	switch ((enum end_kind)p->kind) {
	case END_ANY:
		return L_ANY_ADDRESS;
	case END_ME:
		return L_MY_ADDRESS;
	case END_DNS:
		return L_DNS_SERVER;
	case END_WINS:
		return L_WINS_SERVER;
	case END_DHCP:
		return L_DHCP_SERVER;
	case END_GATEWAY:
		return L_GATEWAY;
	case END_NET:
	case END_RANGE:
		break;
	}
	return NULL;
}

const char *address_text(const struct endpoint *p, char out[ADDRESS_TEXT])
{
	char lo[IP_TEXT], hi[IP_TEXT];

	if (phrase(p))
		return phrase(p);
	snprintf(out, ADDRESS_TEXT, "%s%s%s", ip_print(&p->lo, lo), p->kind == END_RANGE ? "-" : "",
	    p->kind == END_RANGE ? ip_print(&p->hi, hi) : "");
	return out;
}

const char *mask_text(const struct endpoint *p, char out[IP_TEXT])
{
	struct ip mask;

	if (p->kind == END_ANY)
		return "0.0.0.0";
	if (p->kind != END_NET)
		return NULL;
	if (p->lo.family == IP_V4) {
		mask = ip_plen_to_mask(p->plen);
		return ip_print(&mask, out);
	}
	snprintf(out, IP_TEXT, "%u", p->plen);
	return out;
}

const char *dns_text(struct session *s, const struct endpoint *p, bool resolvedns, char out[DNS_TEXT])
{
	if (phrase(p))
		return phrase(p);
	if (p->dns)
		return p->dns;
	if (resolvedns && p->kind == END_NET && p->plen == ip_bits(p->lo.family) &&
	    s->reverse(&p->lo, out, DNS_TEXT))
		return out;
	return L_NONE;
}

static void side_lines(struct session *s, const char *side, const struct endpoint *p, bool resolvedns)
{
	char label[32], address[ADDRESS_TEXT], mask[IP_TEXT], dns[DNS_TEXT];

	snprintf(label, sizeof label, "%s " L_IP_ADDRESS, side);
	put_line(s, label, "%s", address_text(p, address));
	snprintf(label, sizeof label, "%s " L_MASK, side);
	if (mask_text(p, mask))
		put_line(s, label, "%s", mask_text(p, mask));
	snprintf(label, sizeof label, "%s " L_DNS_NAME, side);
	put_line(s, label, "%s", dns_text(s, p, resolvedns, dns));
}

const char *port_text(uint16_t port, char out[8])
{
	if (!port)
		return L_ANY;
	snprintf(out, 8, "%u", port);
	return out;
}

const char *protocol_text(uint8_t protocol, char out[8])
{
	const char *name = enum_to_name(protocol_names, protocol);

	if (name)
		return name;
	snprintf(out, 8, "%u", protocol);
	return out;
}

/* What the walk over a list's filters carries. */
struct walk {
	struct session *s;
	bool resolvedns, wide;
};

static int filter_list_block(void *ctx, const struct filter *f, struct err *e)
{
	struct walk *w = ctx;
	char text[8];

	(void)e;
	put_text(w->s, L_DESCRIPTION, f->description);
	put_yes(w->s, L_MIRRORED, f->mirrored);
	side_lines(w->s, L_SOURCE, &f->src, w->resolvedns);
	side_lines(w->s, L_DESTINATION, &f->dst, w->resolvedns);
	put_line(w->s, L_PROTOCOL, "%s", protocol_text(f->protocol, text));
	put_line(w->s, L_SOURCE " " L_PORT, "%s", port_text(f->srcport, text));
	put_line(w->s, L_DESTINATION " " L_PORT, "%s", port_text(f->dstport, text));
	put_traffic(w->s, w->s->filters_counted, f->id);
	render_blank(w->s);
	return 0;
}

static void mask_cell(struct session *s, const struct endpoint *p)
{
	char text[IP_TEXT];
	const char *mask = mask_text(p, text);

	/* A second line is known by its mask, so me, servers and ranges show the one of a host. */
	put_cell(s, mask ? mask : "255.255.255.255", 15, true);
}

/* Two lines a filter, or one when wide (grammar §7.3): the first begins YES or NO, the second with a mask. */
static int filter_table_row(void *ctx, const struct filter *f, struct err *e)
{
	struct walk *w = ctx;
	struct buf *b = &w->s->text;
	char address[ADDRESS_TEXT], text[8];

	(void)e;
	put_cell(w->s, yes_text(f->mirrored), 8, true);
	buf_addc(b, '\t');
	put_cell(w->s, address_text(&f->src, address), 18, true);
	buf_addc(b, '\t');
	mask_cell(w->s, &f->src);
	buf_addc(b, '\t');
	put_cell(w->s, address_text(&f->dst, address), 18, true);
	buf_addc(b, w->wide ? '\t' : '\n');
	mask_cell(w->s, &f->dst);
	buf_addc(b, '\t');
	put_cell(w->s, protocol_text(f->protocol, text), 8, true);
	buf_addc(b, '\t');
	put_cell(w->s, port_text(f->srcport, text), 7, true);
	buf_addc(b, '\t');
	put_cell(w->s, port_text(f->dstport, text), 7, true);
	buf_addc(b, '\t');
	put_cell(w->s, f->description, CELL_NAME, w->wide);
	buf_addc(b, '\n');
	put_some(w->s);
	return 0;
}

static void filter_table_head(struct session *s, bool wide)
{
	buf_printf(&s->text, "%-8s\t%-18s\t%-15s\t%-18s%c%-15s\t%-8s\t%-7s\t%-7s\t%s\n", L_MIRRORED, L_SOURCE,
	    L_COL_SRCMASK, L_DESTINATION, wide ? '\t' : '\n', L_COL_DSTMASK, L_PROTOCOL, L_COL_SRCPORT,
	    L_COL_DSTPORT, L_DESCRIPTION);
	put_dashes(s, 79);
	render_blank(s);
}

/* --- filter lists ------------------------------------------------------------------------------- */

static void filterlist_head(struct session *s, const struct filterlist *l, bool verbose)
{
	put_text(s, L_LIST, l->name);
	put_text(s, L_DESCRIPTION, l->description);
	if (verbose)
		put_store(s);
	put_time(s, L_MODIFIED, l->modified);
	if (verbose)
		put_guid(s, &l->guid);
	put_line(s, L_LIST_FILTERS, "%zu", l->nfilters);
}

int put_filterlist(struct session *s, const struct filterlist *l, int format, bool resolvedns, bool wide,
    struct err *e)
{
	struct walk w = {.s = s, .resolvedns = resolvedns, .wide = wide};

	filterlist_head(s, l, true);
	if (format == FORMAT_LIST) {
		buf_adds(&s->text, L_FILTERS);
		if (l->nfilters == 0)
			render_blank(s);
		return store_filter_each(s->store, l->id, filter_list_block, &w, e);
	}
	filter_table_head(s, wide);
	if (store_filter_each(s->store, l->id, filter_table_row, &w, e) < 0)
		return -1;
	render_blank(s);
	return 0;
}

int render_filterlists(struct session *s, const struct filterlist *l, size_t n, int level, int format,
    bool resolvedns, bool wide, struct err *e)
{
	bool table = level == LEVEL_NORMAL && format == FORMAT_TABLE;

	if (format == FORMAT_JSON)
		return json_filterlists(s, l, n, level, resolvedns, e);
	if (table) {
		buf_printf(&s->text, "%-*s\t%-7s\t%s\n", CELL_NAME, L_LIST, L_COL_FILTERS, L_COL_MODIFIED);
		put_dashes(s, CELL_NAME);
		buf_adds(&s->text, "\t-------\t--------------------\n");
	}
	for (size_t i = 0; i < n; i++) {
		if (level == LEVEL_VERBOSE) {
			if (put_filterlist(s, &l[i], format, resolvedns, wide, e) < 0)
				return -1;
		} else if (table) {
			put_cell(s, l[i].name, CELL_NAME, wide);
			buf_printf(&s->text, "\t%-7zu\t", l[i].nfilters);
			put_time_cell(s, l[i].modified);
			render_blank(s);
		} else {
			filterlist_head(s, &l[i], false);
			render_blank(s);
		}
	}
	put_count(s, table ? FORMAT_TABLE : FORMAT_LIST, L_LISTS, n);
	return 0;
}

/* --- filter actions ----------------------------------------------------------------------------- */

static const char *upper_none(const struct enum_name *names, int value)
{
	return value ? enum_to_name(names, value) : L_NONE; /* 0 is "none" in both enums */
}

void put_qm_offers(struct session *s, const struct qm_offers *o, bool raw)
{
	put_line(s, L_METHODS, "%zu", o->n);
	buf_adds(&s->text, L_METHOD_TITLES);
	for (size_t i = 0; i < o->n; i++) {
		const struct qm_offer *q = &o->v[i];
		char ah[32], esp[32];
		uint32_t seconds = q->life_s || raw ? q->life_s : QM_LIFE_S_DEFAULT;
		uint32_t kb = q->life_kb || raw ? q->life_kb : QM_LIFE_KB_DEFAULT;
		snprintf(ah, sizeof ah, "[%s]", upper_none(integ_names, q->ah));
		snprintf(esp, sizeof esp, "[%-5s, %s]", upper_none(integ_names, q->integ),
		    upper_none(encr_names, q->encr));
		buf_printf(&s->text, "%-15s%-20s%u/%u\n", ah, esp, seconds, kb);
	}
}

void put_filteraction(struct session *s, const struct filteraction *fa)
{
	put_text(s, L_ACTION_NAME, fa->name);
	put_text(s, L_DESCRIPTION, fa->description);
	put_store(s);
	put_line(s, L_ACTION, "%s", action_word(fa->action));
	if (fa->action == ACTION_NEGOTIATE) {
		put_yes(s, L_SOFT, fa->soft);
		put_yes(s, L_INPASS, fa->inpass);
		put_qm_offers(s, &fa->offers, false);
		put_yes(s, L_QMPFS, fa->qmpfs);
	}
	put_time(s, L_MODIFIED, fa->modified);
	put_guid(s, &fa->guid);
	render_blank(s);
}

static void filteraction_row(struct session *s, const struct filteraction *fa, bool wide)
{
	put_cell(s, fa->name, CELL_NAME, wide);
	buf_addc(&s->text, '\t');
	put_cell(s, action_word(fa->action), 18, true);
	buf_addc(&s->text, '\t');
	put_time_cell(s, fa->modified);
	render_blank(s);
}

static void filteraction_block(struct session *s, const struct filteraction *fa)
{
	put_text(s, L_ACTION_NAME, fa->name);
	put_text(s, L_DESCRIPTION, fa->description);
	put_line(s, L_ACTION, "%s", action_word(fa->action));
	put_time(s, L_MODIFIED, fa->modified);
	render_blank(s);
}

int render_filteractions(struct session *s, const struct filteraction *fa, size_t n, int level, int format,
    bool wide, struct err *e)
{
	bool table = level == LEVEL_NORMAL && format == FORMAT_TABLE;

	(void)e;
	if (format == FORMAT_JSON) {
		json_filteractions(s, fa, n);
		return 0;
	}
	if (table) {
		buf_printf(&s->text, "%-*s\t%-18s\t%s\n", CELL_NAME, L_ACTION_NAME, L_ACTION, L_COL_MODIFIED);
		put_dashes(s, CELL_NAME);
		buf_adds(&s->text, "\t------------------\t--------------------\n");
	}
	for (size_t i = 0; i < n; i++) {
		if (level == LEVEL_VERBOSE)
			put_filteraction(s, &fa[i]);
		else if (table)
			filteraction_row(s, &fa[i], wide);
		else
			filteraction_block(s, &fa[i]);
	}
	put_count(s, table ? FORMAT_TABLE : FORMAT_LIST, L_ACTIONS, n);
	return 0;
}
