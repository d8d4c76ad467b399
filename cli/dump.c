#include "cli/dump.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/model/values.h"
#include "common/base/banned.h"

enum { FLUSH_BYTES = 256 * 1024, SECONDS_A_MINUTE = 60 };

/* --- pieces ------------------------------------------------------------------------------------- */

/* Quotes delimit and have no escape (grammar §2.1); the words of a line refuse control characters. */
static bool is_sayable(const char *text)
{
	return !strchr(text, '"') && text[str_plain(text, strlen(text))] == '\0';
}

int dump_text(struct dump *d, const char *tag, const char *text, struct err *e)
{
	if (!is_sayable(text))
		return err_set(e, DUMP_TEXT, tag);
	buf_addc(&d->text, ' ');
	buf_adds(&d->text, tag);
	buf_adds(&d->text, "=\"");
	buf_adds(&d->text, text);
	buf_addc(&d->text, '"');
	return 0;
}

void dump_yes(struct dump *d, const char *tag, bool yes)
{
	buf_addc(&d->text, ' ');
	buf_adds(&d->text, tag);
	buf_adds(&d->text, yes ? "=yes" : "=no");
}

void dump_word(struct dump *d, const char *tag, const struct enum_name *names, int value)
{
	const char *word = enum_to_name(names, value);

	buf_printf(&d->text, " %s=%s", tag, word ? word : "");
}

static void put_guid(struct dump *d, const char *tag, const struct guid *g)
{
	char text[GUID_TEXT];

	buf_addc(&d->text, ' ');
	buf_adds(&d->text, tag);
	buf_addc(&d->text, '=');
	buf_adds(&d->text, guid_print(g, text));
}

int dump_line(struct dump *d, struct err *e)
{
	buf_addc(&d->text, '\n');
	return d->text.len < FLUSH_BYTES ? 0 : d->flush(d->ctx, &d->text, e);
}

int dump_begin(struct dump *d, const char *context, struct err *e)
{
	buf_printf(&d->text, "pushd ipsec %s", context);
	return dump_line(d, e);
}

int dump_end(struct dump *d, struct err *e)
{
	buf_adds(&d->text, "popd\n");
	return d->flush(d->ctx, &d->text, e);
}

/* --- filters ------------------------------------------------------------------------------------ */

/* An address and its mask stand in tags of their own, as Windows writes them; only ::/0 has no mask. */
static void put_endpoint(struct dump *d, const char *tag, const struct endpoint *p)
{
	char text[IP_TEXT];

	buf_addc(&d->text, ' ');
	buf_adds(&d->text, tag);
	buf_addc(&d->text, '=');
	if (p->kind == END_NET && p->plen > 0)
		buf_adds(&d->text, ip_print(&p->lo, text));
	else
		endpoint_print(p, &d->text);
}

static void put_mask(struct dump *d, const char *tag, const struct endpoint *p)
{
	struct ip mask;
	char text[IP_TEXT];

	if (p->kind != END_NET || p->plen == 0)
		return;
	mask = ip_plen_to_mask(p->lo.family == IP_V4 ? p->plen : 0);
	if (p->lo.family == IP_V4)
		buf_printf(&d->text, " %s=%s", tag, ip_print(&mask, text));
	else
		buf_printf(&d->text, " %s=%u", tag, p->plen);
}

void dump_traffic(struct dump *d, const struct filter *f)
{
	put_endpoint(d, "srcaddr", &f->src);
	put_endpoint(d, "dstaddr", &f->dst);
	buf_adds(&d->text, " protocol=");
	protocol_print(f->protocol, &d->text);
	dump_yes(d, "mirrored", f->mirrored);
	put_mask(d, "srcmask", &f->src);
	put_mask(d, "dstmask", &f->dst);
	buf_printf(&d->text, " srcport=%u dstport=%u", f->srcport, f->dstport);
}

static int put_filter(struct dump *d, const char *list, const struct filter *f, struct err *e)
{
	buf_adds(&d->text, "add filter");
	if (dump_text(d, "filterlist", list, e) < 0 || dump_text(d, "description", f->description, e) < 0)
		return -1;
	dump_traffic(d, f);
	put_guid(d, "guid", &f->guid);
	if ((f->src.dns && dump_text(d, "srcdns", f->src.dns, e) < 0) ||
	    (f->dst.dns && dump_text(d, "dstdns", f->dst.dns, e) < 0))
		return -1;
	return dump_line(d, e);
}

static int put_filterlist(struct dump *d, const struct filterlist *l, struct err *e)
{
	buf_adds(&d->text, "add filterlist");
	if (dump_text(d, "name", l->name, e) < 0 || dump_text(d, "description", l->description, e) < 0)
		return -1;
	put_guid(d, "guid", &l->guid);
	if (dump_line(d, e) < 0)
		return -1;
	for (size_t i = 0; i < l->nfilters; i++)
		if (put_filter(d, l->name, &l->filters[i], e) < 0)
			return err_in(e, "filter list '%s'", l->name);
	return 0;
}

/* --- filter actions ----------------------------------------------------------------------------- */

static void put_qm_offers(struct dump *d, const struct qm_offers *o)
{
	buf_adds(&d->text, " qmsecmethods=\"");
	qm_offers_print(o, &d->text);
	buf_addc(&d->text, '"');
}

static int put_filteraction(struct dump *d, const struct filteraction *fa, struct err *e)
{
	buf_adds(&d->text, "add filteraction");
	if (dump_text(d, "name", fa->name, e) < 0 || dump_text(d, "description", fa->description, e) < 0)
		return -1;
	dump_yes(d, "qmpfs", fa->qmpfs);
	dump_yes(d, "inpass", fa->inpass);
	dump_yes(d, "soft", fa->soft);
	dump_word(d, "action", action_names, fa->action);
	put_qm_offers(d, &fa->offers);
	put_guid(d, "guid", &fa->guid);
	return dump_line(d, e);
}

/* --- policies and rules ------------------------------------------------------------------------- */

/* The name's own quotes are written \' (grammar §3.8). */
int dump_rootca(struct dump *d, const struct auth_method *m, struct err *e)
{
	struct buf name = {0};
	int rc;

	for (const char *p = m->text; *p; p++)
		if (*p == '"')
			buf_adds(&name, "\\'");
		else
			buf_addc(&name, *p);
	buf_printf(&name, " certmap:%s excludecaname:%s", m->certmap ? "yes" : "no",
	    m->excludecaname ? "yes" : "no");
	rc = dump_text(d, "rootca", buf_text(&name), e);
	buf_free(&name);
	return rc;
}

static int put_key(struct dump *d, const struct guid *id, struct err *e)
{
	char *key = NULL;
	int rc = 0;

	if (d->key && d->key(d->ctx, id, &key, e) < 0)
		return -1;
	if (key) {
		rc = dump_text(d, "psk", key, e);
		secret_free(key);
		return rc;
	}
	d->keys_left_out++;
	put_guid(d, "pskid", id);
	return 0;
}

/* The order of the tags is the order of preference. */
static int put_auth(struct dump *d, const struct auth_list *l, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < l->n && rc == 0; i++)
		switch ((enum auth_kind)l->v[i].kind) {
		case AUTH_KERBEROS:
			dump_yes(d, "kerberos", true);
			break;
		case AUTH_PSK:
			rc = put_key(d, &l->v[i].secret_id, e);
			break;
		case AUTH_ROOTCA:
			rc = dump_rootca(d, &l->v[i], e);
			break;
		}
	return rc;
}

static int put_default_rule(struct dump *d, const struct policy *p, const struct rule *r, struct err *e)
{
	buf_adds(&d->text, "set defaultrule");
	if (dump_text(d, "policy", p->name, e) < 0)
		return -1;
	dump_yes(d, "qmpfs", r->default_qmpfs);
	dump_yes(d, "activate", r->active);
	put_qm_offers(d, &r->default_offers);
	return put_auth(d, &r->auth, e) < 0 ? -1 : dump_line(d, e);
}

static int put_rule(struct dump *d, const struct policy *p, const struct rule *r, struct err *e)
{
	char text[IP_TEXT];

	if (r->is_default)
		return put_default_rule(d, p, r, e);
	buf_adds(&d->text, "add rule");
	if (dump_text(d, "name", r->name, e) < 0 || dump_text(d, "policy", p->name, e) < 0 ||
	    dump_text(d, "filterlist", r->filterlist->name, e) < 0 ||
	    dump_text(d, "filteraction", r->filteraction->name, e) < 0)
		return -1;
	if (r->tunnel.family != IP_NONE)
		buf_printf(&d->text, " tunnel=%s", ip_print(&r->tunnel, text));
	dump_word(d, "conntype", conntype_names, r->conntype);
	dump_yes(d, "activate", r->active);
	if (dump_text(d, "description", r->description, e) < 0 || put_auth(d, &r->auth, e) < 0)
		return -1;
	put_guid(d, "guid", &r->guid);
	return dump_line(d, e);
}

static const struct rule *default_rule(const struct policy *p)
{
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].is_default)
			return &p->rules[i];
	return NULL;
}

static int put_policy(struct dump *d, const struct policy *p, struct err *e)
{
	const struct rule *def = default_rule(p);

	buf_adds(&d->text, "add policy");
	if (dump_text(d, "name", p->name, e) < 0 || dump_text(d, "description", p->description, e) < 0)
		return -1;
	dump_yes(d, "mmpfs", p->mmpfs);
	buf_printf(&d->text, " qmpermm=%u mmlifetime=%u", p->qmpermm, p->mmlifetime_s / SECONDS_A_MINUTE);
	dump_yes(d, "activatedefaultrule", def && def->active);
	buf_printf(&d->text, " pollinginterval=%u", p->pollinginterval_s / SECONDS_A_MINUTE);
	dump_yes(d, "assign", false);
	buf_adds(&d->text, " mmsecmethods=\"");
	mm_offers_print(&p->offers, &d->text);
	buf_addc(&d->text, '"');
	put_guid(d, "guid", &p->guid);
	if (def)
		put_guid(d, "defaultruleguid", &def->guid);
	if (dump_line(d, e) < 0)
		return -1;
	for (size_t i = 0; i < p->nrules; i++)
		if (put_rule(d, p, &p->rules[i], e) < 0)
			return err_in(e, "policy '%s'", p->name);
	return 0;
}

/* --- all ---------------------------------------------------------------------------------------- */

static int put_assignment(struct dump *d, const struct policy *p, struct err *e)
{
	buf_adds(&d->text, "set policy");
	if (dump_text(d, "name", p->name, e) < 0)
		return -1;
	dump_yes(d, "assign", true);
	return dump_line(d, e);
}

int dump_policies(const struct policyset *ps, bool persistent, enum dialect dialect, struct dump *d, struct err *e)
{
	const struct policy *assigned = policyset_assigned(ps);

	if (dump_begin(d, "static", e) < 0)
		return -1;
	buf_printf(&d->text, "set dialect dialect=linux\nset store location=%s\n", persistent ? "persistent" : "local");
	for (size_t i = 0; i < ps->nfilterlists; i++)
		if (put_filterlist(d, &ps->filterlists[i], e) < 0)
			return -1;
	for (size_t i = 0; i < ps->nfilteractions; i++)
		if (put_filteraction(d, &ps->filteractions[i], e) < 0)
			return -1;
	for (size_t i = 0; i < ps->npolicies; i++)
		if (put_policy(d, &ps->policies[i], e) < 0)
			return -1;
	if (assigned && put_assignment(d, assigned, e) < 0)
		return -1;
	if (dialect != DIALECT_LINUX)
		buf_printf(&d->text, "set dialect dialect=%s\n", enum_to_name(dialect_names, (int)dialect));
	return dump_end(d, e);
}

int dump_settings(const struct settings *s, struct dump *d, struct err *e)
{
	struct settings fresh;
	struct buf now = {0}, dflt = {0};
	bool any = false;
	int rc = 0;

	settings_default(&fresh);
	for (int id = 0; id < SETTINGS && rc == 0; id++) {
		buf_clear(&now);
		buf_clear(&dflt);
		setting_print(s, (enum setting_id)id, &now);
		setting_print(&fresh, (enum setting_id)id, &dflt);
		if (strcmp(buf_text(&now), buf_text(&dflt)) == 0)
			continue;
		if (!any)
			rc = dump_begin(d, "dynamic", e);
		any = true;
		buf_adds(&d->text, "set config");
		dump_word(d, "property", setting_names, id);
		if (rc == 0)
			rc = dump_text(d, "value", buf_text(&now), e);
		if (rc == 0)
			rc = dump_line(d, e);
	}
	buf_free(&now);
	buf_free(&dflt);
	return rc == 0 && any ? dump_end(d, e) : rc;
}
