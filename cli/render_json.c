#include "cli/render_json.h"

#include <stdio.h>
#include <time.h>

#include "cli/render_private.h"
#include "common/model/values.h"
#include "common/base/banned.h"

/* --- values ------------------------------------------------------------------------------------- */

void json_guid(struct json *j, const char *name, const struct guid *g)
{
	char text[GUID_TEXT];

	json_string(j, name, guid_print(g, text));
}

void json_time(struct json *j, const char *name, int64_t when)
{
	char text[sizeof "-2147483648-01-01T00:00:00Z"];
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		json_null(j, name);
	else
		json_string(j, name, text);
}

void json_mm_offers(struct json *j, const char *name, const struct mm_offers *o)
{
	json_array(j, name, JSON_LINES);
	for (size_t i = 0; i < o->n; i++) {
		json_object(j, NULL, JSON_ROW);
		json_enum(j, "encryption", encr_names, o->v[i].encr);
		json_enum(j, "integrity", integ_names, o->v[i].integ);
		json_uint(j, "group", o->v[i].group);
		json_close(j);
	}
	json_close(j);
}

/* "None" is a word of the language; in a document what is not there is null. */
static void algorithm(struct json *j, const char *name, const struct enum_name *names, int value)
{
	json_string(j, name, value ? enum_to_name(names, value) : NULL);
}

static void qm_offer(struct json *j, const struct qm_offer *q, bool raw)
{
	json_object(j, NULL, JSON_ROW);
	algorithm(j, "ah", integ_names, q->ah);
	if (q->esp) {
		json_object(j, "esp", JSON_ROW);
		algorithm(j, "encryption", encr_names, q->encr);
		algorithm(j, "integrity", integ_names, q->integ);
		json_close(j);
	} else {
		json_null(j, "esp");
	}
	json_uint(j, "kilobytes", q->life_kb || raw ? q->life_kb : QM_LIFE_KB_DEFAULT);
	json_uint(j, "seconds", q->life_s || raw ? q->life_s : QM_LIFE_S_DEFAULT);
	json_close(j);
}

void json_qm_offers(struct json *j, const char *name, const struct qm_offers *o, bool raw)
{
	json_array(j, name, JSON_LINES);
	for (size_t i = 0; i < o->n; i++)
		qm_offer(j, &o->v[i], raw);
	json_close(j);
}

static void auth_method(struct json *j, const struct auth_method *m)
{
	static const char *const kinds[] = {"kerberos", "psk", "rootca"};

	json_object(j, NULL, JSON_ROW);
	json_string(j, "method", kinds[m->kind]);
	if (m->kind == AUTH_ROOTCA) {
		json_string(j, "name", m->text);
		json_bool(j, "certmap", m->certmap);
		json_bool(j, "excludecaname", m->excludecaname);
	}
	json_close(j);
}

void json_auth(struct json *j, const char *name, const struct auth_list *l)
{
	json_array(j, name, JSON_LINES);
	for (size_t i = 0; i < l->n; i++)
		auth_method(j, &l->v[i]);
	json_close(j);
}

/* --- filters ------------------------------------------------------------------------------------ */

static const char *kind_word(uint8_t kind)
{
	static const char *const words[] = {
		[END_ANY] = "any", [END_ME] = "me", [END_NET] = "subnet", [END_RANGE] = "range",
		[END_DNS] = "dns", [END_WINS] = "wins", [END_DHCP] = "dhcp", [END_GATEWAY] = "gateway"};

	return words[kind];
}

static bool is_host(const struct endpoint *p)
{
	return p->kind == END_NET && p->plen == ip_bits(p->lo.family);
}

void json_endpoint(struct session *s, struct json *j, const char *name, const struct endpoint *p,
    bool resolvedns)
{
	char host[HOST_NAME_TEXT];

	json_object(j, name, JSON_ROW);
	json_string(j, "kind", is_host(p) ? "address" : kind_word(p->kind));
	if (p->kind == END_NET) {
		json_ip(j, "address", &p->lo);
		json_uint(j, "prefix", p->plen);
		if (p->dns)
			json_string(j, "name", p->dns);
		else
			json_string(j, "name",
			    resolvedns && is_host(p) && s->reverse(&p->lo, host, sizeof host) ? host : NULL);
	} else if (p->kind == END_RANGE) {
		json_ip(j, "first", &p->lo);
		json_ip(j, "last", &p->hi);
	}
	json_close(j);
}

/* null: it is not in force, or nobody knows. */
static void traffic(struct json *j, const struct traffic_list *counted, int64_t id)
{
	const struct traffic *t = counted ? traffic_find(counted, (uint64_t)id) : NULL;

	if (t) {
		json_uint(j, "packets", t->packets);
		json_uint(j, "bytes", t->bytes);
	} else {
		json_null(j, "packets");
		json_null(j, "bytes");
	}
}

/* What the walk over a list's filters carries. */
struct walk {
	struct session *s;
	struct json *j;
	bool resolvedns;
};

static int filter(void *ctx, const struct filter *f, struct err *e)
{
	const struct walk *w = ctx;
	struct json *j = w->j;

	(void)e;
	json_object(j, NULL, JSON_ROW);
	json_endpoint(w->s, j, "srcaddr", &f->src, w->resolvedns);
	json_port(j, "srcport", f->srcport);
	json_endpoint(w->s, j, "dstaddr", &f->dst, w->resolvedns);
	json_port(j, "dstport", f->dstport);
	json_protocol(j, "protocol", f->protocol);
	json_bool(j, "mirrored", f->mirrored);
	json_string(j, "description", f->description);
	json_guid(j, "guid", &f->guid);
	traffic(j, w->s->filters_counted, f->id);
	json_close(j);
	put_some(w->s);
	return 0;
}

static int filterlist(struct session *s, struct json *j, const char *name, const struct filterlist *l,
    bool filters, bool resolvedns, struct err *e)
{
	struct walk w = {s, j, resolvedns};

	json_object(j, name, JSON_LINES);
	json_string(j, "name", l->name);
	json_string(j, "description", l->description);
	json_guid(j, "guid", &l->guid);
	json_time(j, "modified", l->modified);
	json_uint(j, "nfilters", l->nfilters);
	if (filters) {
		json_array(j, "filters", JSON_LINES);
		if (store_filter_each(s->store, l->id, filter, &w, e) < 0)
			return -1;
		json_close(j);
	}
	json_close(j);
	put_some(s);
	return 0;
}

static int filterlists(struct session *s, struct json *j, const char *name, const struct filterlist *l, size_t n,
    bool filters, bool resolvedns, struct err *e)
{
	json_array(j, name, JSON_LINES);
	for (size_t i = 0; i < n; i++)
		if (filterlist(s, j, NULL, &l[i], filters, resolvedns, e) < 0)
			return -1;
	json_close(j);
	return 0;
}

/* --- filter actions ----------------------------------------------------------------------------- */

static void filteraction(struct session *s, struct json *j, const char *name, const struct filteraction *fa)
{
	json_object(j, name, JSON_LINES);
	json_string(j, "name", fa->name);
	json_string(j, "description", fa->description);
	json_guid(j, "guid", &fa->guid);
	json_time(j, "modified", fa->modified);
	json_enum(j, "action", action_names, fa->action);
	json_bool(j, "qmpfs", fa->qmpfs);
	json_bool(j, "inpass", fa->inpass);
	json_bool(j, "soft", fa->soft);
	json_qm_offers(j, "qmsecmethods", &fa->offers, false);
	json_close(j);
	put_some(s);
}

static void filteractions(struct session *s, struct json *j, const char *name, const struct filteraction *fa,
    size_t n)
{
	json_array(j, name, JSON_LINES);
	for (size_t i = 0; i < n; i++)
		filteraction(s, j, NULL, &fa[i]);
	json_close(j);
}

/* --- rules and policies ------------------------------------------------------------------------- */

static int rule_details(struct session *s, struct json *j, const struct rule *r, struct err *e)
{
	json_object(j, "details", JSON_LINES);
	if (r->is_default) {
		json_null(j, "filterlist");
		json_null(j, "filteraction");
	} else {
		if (filterlist(s, j, "filterlist", r->filterlist, true, false, e) < 0)
			return -1;
		filteraction(s, j, "filteraction", r->filteraction);
	}
	json_close(j);
	return 0;
}

static int rule(struct session *s, struct json *j, const struct rule *r, uint32_t id, bool details, struct err *e)
{
	json_object(j, NULL, JSON_LINES);
	json_uint(j, "id", id);
	json_string(j, "name", r->name);
	json_bool(j, "default", r->is_default);
	json_string(j, "description", r->description);
	json_guid(j, "guid", &r->guid);
	json_time(j, "modified", r->modified);
	json_bool(j, "activate", r->active);
	json_string(j, "filterlist", r->is_default ? NULL : r->filterlist->name);
	json_string(j, "filteraction", r->is_default ? NULL : r->filteraction->name);
	json_ip(j, "tunnel", &r->tunnel);
	json_enum(j, "conntype", conntype_names, r->conntype);
	json_auth(j, "auth", &r->auth);
	if (r->is_default) {
		json_bool(j, "qmpfs", r->default_qmpfs);
		json_qm_offers(j, "qmsecmethods", &r->default_offers, true);
	} else { /* those of its filter action count */
		json_null(j, "qmpfs");
		json_null(j, "qmsecmethods");
	}
	traffic(j, s->rules_counted, r->id);
	if (details && rule_details(s, j, r, e) < 0)
		return -1;
	json_close(j);
	put_some(s);
	return 0;
}

static int policy(struct session *s, struct json *j, const struct policy *p, bool rules, bool details,
    struct err *e)
{
	json_object(j, NULL, JSON_LINES);
	json_string(j, "name", p->name);
	json_string(j, "description", p->description);
	json_guid(j, "guid", &p->guid);
	json_time(j, "modified", p->modified);
	json_bool(j, "assign", p->assigned);
	json_bool(j, "mmpfs", p->mmpfs);
	json_uint(j, "qmpermm", p->qmpermm);
	json_uint(j, "mmlifetime", p->mmlifetime_s / 60);
	json_uint(j, "pollinginterval", p->pollinginterval_s / 60);
	json_mm_offers(j, "mmsecmethods", &p->offers);
	json_uint(j, "nrules", p->nrules);
	if (rules) {
		json_array(j, "rules", JSON_LINES);
		for (size_t i = 0; i < p->nrules; i++)
			if (rule(s, j, &p->rules[i], (uint32_t)i + 1, details, e) < 0)
				return -1;
		json_close(j);
	}
	json_close(j);
	put_some(s);
	return 0;
}

static int policies(struct session *s, struct json *j, const char *name, const struct policy *p, size_t n,
    bool rules, bool details, struct err *e)
{
	json_array(j, name, JSON_LINES);
	for (size_t i = 0; i < n; i++)
		if (policy(s, j, &p[i], rules, details, e) < 0)
			return -1;
	json_close(j);
	return 0;
}

/* --- documents ---------------------------------------------------------------------------------- */

int json_policies(struct session *s, const struct policy *p, size_t n, int level, struct err *e)
{
	bool verbose = level == LEVEL_VERBOSE;
	struct json j;

	json_begin(&j, &s->text);
	if (policies(s, &j, NULL, p, n, verbose, verbose, e) < 0)
		return -1;
	json_end(&j);
	return 0;
}

int json_rules(struct session *s, const struct rule *r, const uint32_t *ids, size_t n, int level, struct err *e)
{
	struct json j;

	json_begin(&j, &s->text);
	json_array(&j, NULL, JSON_LINES);
	for (size_t i = 0; i < n; i++)
		if (rule(s, &j, &r[i], ids[i], level == LEVEL_VERBOSE, e) < 0)
			return -1;
	json_close(&j);
	json_end(&j);
	return 0;
}

int json_filterlists(struct session *s, const struct filterlist *l, size_t n, int level, bool resolvedns,
    struct err *e)
{
	struct json j;

	json_begin(&j, &s->text);
	if (filterlists(s, &j, NULL, l, n, level == LEVEL_VERBOSE, resolvedns, e) < 0)
		return -1;
	json_end(&j);
	return 0;
}

void json_filteractions(struct session *s, const struct filteraction *fa, size_t n)
{
	struct json j;

	json_begin(&j, &s->text);
	filteractions(s, &j, NULL, fa, n);
	json_end(&j);
}

static void store_object(struct session *s, struct json *j, const char *name)
{
	json_object(j, name, JSON_ROW);
	json_string(j, "location", s->location == LOCATION_PERSISTENT ? "persistent" : "local");
	json_string(j, "host", s->host);
	json_null(j, "domain");
	json_close(j);
}

void json_store(struct session *s)
{
	struct json j;

	json_begin(&j, &s->text);
	store_object(s, &j, NULL);
	json_end(&j);
}

void json_dialect(struct session *s, enum dialect dialect)
{
	struct json j;

	json_begin(&j, &s->text);
	json_object(&j, NULL, JSON_LINES);
	json_enum(&j, "dialect", dialect_names, (int)dialect);
	json_close(&j);
	json_end(&j);
}

void json_assigned(struct session *s, const struct policy *assigned)
{
	struct json j;

	json_begin(&j, &s->text);
	json_object(&j, NULL, JSON_LINES);
	json_string(&j, "host", s->host);
	json_null(&j, "gponame");
	bool persistent = s->location == LOCATION_PERSISTENT;
	json_string(&j, "local", assigned && !persistent ? assigned->name : NULL);
	json_string(&j, "persistent", assigned && persistent ? assigned->name : NULL);
	json_null(&j, "domain");
	json_close(&j);
	json_end(&j);
}

int json_everything(struct session *s, const struct json_all *all, struct err *e)
{
	struct json j;

	json_begin(&j, &s->text);
	json_object(&j, NULL, JSON_LINES);
	store_object(s, &j, "store");
	if (policies(s, &j, "policies", all->policies, all->npolicies, true, false, e) < 0 ||
	    filterlists(s, &j, "filterlists", all->lists, all->nlists, true, false, e) < 0)
		return -1;
	filteractions(s, &j, "filteractions", all->actions, all->nactions);
	json_close(&j);
	json_end(&j);
	return 0;
}
