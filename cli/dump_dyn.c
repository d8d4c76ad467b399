#include "cli/dump_dyn.h"

#include "cli/dyn.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

struct dyn_dump {
	struct dump *d;
	bool any;
};

static void put_random_key(struct dump *d)
{
	struct guid key = guid_new();
	char text[GUID_TEXT];

	buf_printf(&d->text, " psk=\"%s\"", guid_print(&key, text));
	d->keys_left_out++;
}

static int put_methods(struct dump *d, const struct auth_list *l, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++)
		switch ((enum auth_kind)l->v[i].kind) {
		case AUTH_KERBEROS:
			dump_yes(d, "kerberos", true);
			break;
		case AUTH_PSK:
			put_random_key(d);
			break;
		case AUTH_ROOTCA:
			rc = dump_rootca(d, &l->v[i], e);
			break;
		}
	return rc;
}

static int put_mm(struct dump *d, const struct dyn_mmpolicy *p, struct err *e)
{
	buf_adds(&d->text, "add mmpolicy");
	if (dump_text(d, "name", p->name, e) < 0)
		return -1;
	buf_printf(&d->text, " qmpermm=%u mmlifetime=%u softsaexpirationtime=%u mmsecmethods=\"", p->qmpermm,
	    p->mmlifetime_s / SECONDS_A_MINUTE, p->softsa_s / SECONDS_A_MINUTE);
	mm_offers_print(&p->offers, &d->text);
	buf_addc(&d->text, '"');
	return dump_line(d, e);
}

static int put_qm(struct dump *d, const struct dyn_qmpolicy *p, struct err *e)
{
	buf_adds(&d->text, "add qmpolicy");
	if (dump_text(d, "name", p->name, e) < 0)
		return -1;
	dump_yes(d, "soft", p->soft);
	dump_word(d, "pfsgroup", pfs_names, p->pfsgroup);
	buf_adds(&d->text, " qmsecmethods=\"");
	qm_offers_print(&p->offers, &d->text);
	buf_addc(&d->text, '"');
	return dump_line(d, e);
}

static int put_rule(struct dump *d, const struct dyn_rule *r, struct err *e)
{
	char text[IP_TEXT];

	buf_adds(&d->text, "add rule");
	dump_traffic(d, &r->filter);
	if (dump_text(d, "mmpolicy", r->mmpolicy, e) < 0 ||
	    (*r->qmpolicy && dump_text(d, "qmpolicy", r->qmpolicy, e) < 0))
		return -1;
	dump_word(d, "conntype", conntype_names, r->conntype);
	dump_word(d, "actioninbound", action_names, r->action_in);
	dump_word(d, "actionoutbound", action_names, r->action_out);
	if (r->tunnel.family != IP_NONE)
		buf_printf(&d->text, " tunneldstaddress=%s", ip_print(&r->tunnel, text));
	return put_methods(d, &r->auth, e) < 0 ? -1 : dump_line(d, e);
}

static int put_item(void *ctx, const struct dyn_item *it, struct err *e)
{
	struct dyn_dump *x = ctx;

	if (it->is_static)
		return 0;
	if (!x->any && dump_begin(x->d, "dynamic", e) < 0)
		return -1;
	x->any = true;
	switch ((enum dyn_kind)it->kind) {
	case DYN_MMPOLICY:
		return put_mm(x->d, &it->u.mm, e);
	case DYN_QMPOLICY:
		return put_qm(x->d, &it->u.qm, e);
	case DYN_RULE:
		return put_rule(x->d, &it->u.rule, e);
	case DYN_ALL:
	case DYN_SPECIFIC:
	case DYN_SA:
		break;
	}
	return 0;
}

int dump_dynamic(struct session *s, struct dump *d, struct err *e)
{
	static const enum dyn_kind kinds[] = {DYN_MMPOLICY, DYN_QMPOLICY, DYN_RULE};
	struct dyn_dump x = {.d = d};

	for (size_t i = 0; i < N_OF(kinds); i++) {
		if (dyn_each(s, kinds[i], put_item, &x, e) == 0)
			continue;
		if (e->id != SERVICE_STOPPED || x.any)
			return -1;
		*e = (struct err){0}; /* nothing of the dynamic context outlives the service */
		return 0;
	}
	return x.any ? dump_end(d, e) : 0;
}
