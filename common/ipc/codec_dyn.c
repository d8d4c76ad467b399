/* Dynamic objects <-> bytes. What is read is well formed; whether it makes sense the enforcer decides. */
#include <string.h>

#include "common/ipc/private.h"

#include "common/base/banned.h"

static void put_endpoint(struct wr *w, const struct endpoint *p)
{
	wr_u8(w, p->kind);
	wr_u8(w, p->plen);
	wr_ip(w, &p->lo);
	wr_ip(w, &p->hi);
	wr_string(w, p->dns, MODEL_NAME_MAX);
}

/* Addresses where the kind has some, and nowhere else; prefixes without host bits; ranges that ascend. */
static bool endpoint_is_sound(const struct endpoint *p)
{
	struct ip net;

	switch ((enum end_kind)p->kind) {
	case END_NET:
		net = ip_mask(&p->lo, p->plen);
		return p->lo.family != IP_NONE && p->hi.family == IP_NONE && p->plen <= ip_bits(p->lo.family) &&
		       ip_eq(&net, &p->lo);
	case END_RANGE:
		return p->lo.family != IP_NONE && p->lo.family == p->hi.family && p->plen == 0 &&
		       ip_cmp(&p->lo, &p->hi) < 0;
	default:
		return p->lo.family == IP_NONE && p->hi.family == IP_NONE && p->plen == 0;
	}
}

static void get_endpoint(struct rd *r, struct ipc_msg *m, struct endpoint *p)
{
	p->kind = rd_enum(r, END_GATEWAY, "an address is of no known kind");
	p->plen = rd_u8(r);
	rd_ip(r, &p->lo);
	rd_ip(r, &p->hi);
	p->dns = rd_string(r, m, MODEL_NAME_MAX);
	if (!*p->dns)
		p->dns = NULL;
	if (!r->bad && !endpoint_is_sound(p))
		rd_bad(r, "an address contradicts itself");
}

/* --- offers and methods --------------------------------------------------------------------------- */

static size_t get_count(struct rd *r, size_t max)
{
	return rd_enum(r, (uint8_t)max, "a list is too long");
}

static void put_mm(struct wr *w, const struct dyn_mmpolicy *p)
{
	wr_string(w, p->name, MODEL_NAME_MAX);
	wr_le32(w, p->qmpermm);
	wr_le32(w, p->mmlifetime_s);
	wr_le32(w, p->softsa_s);
	wr_u8(w, (uint8_t)p->offers.n);
	for (size_t i = 0; i < p->offers.n; i++) {
		wr_u8(w, p->offers.v[i].encr);
		wr_u8(w, p->offers.v[i].integ);
		wr_u8(w, p->offers.v[i].group);
	}
}

static void get_mm(struct rd *r, struct ipc_msg *m, struct dyn_mmpolicy *p)
{
	p->name = rd_string(r, m, MODEL_NAME_MAX);
	p->qmpermm = rd_le32(r);
	p->mmlifetime_s = rd_le32(r);
	p->softsa_s = rd_le32(r);
	p->offers.n = get_count(r, MODEL_OFFERS_MAX);
	for (size_t i = 0; i < p->offers.n; i++) {
		p->offers.v[i].encr = rd_enum(r, ENCR_AESGCM256, "a cipher is not known");
		p->offers.v[i].integ = rd_enum(r, INTEG_SHA512, "a hash is not known");
		p->offers.v[i].group = rd_u8(r);
	}
}

void ipc_put_qm_offer(struct wr *w, const struct qm_offer *o)
{
	wr_u8(w, o->ah);
	wr_bool(w, o->esp);
	wr_u8(w, o->encr);
	wr_u8(w, o->integ);
	wr_le32(w, o->life_kb);
	wr_le32(w, o->life_s);
}

void ipc_get_qm_offer(struct rd *r, struct qm_offer *o)
{
	o->ah = rd_enum(r, INTEG_SHA512, "a hash is not known");
	o->esp = rd_bool(r);
	o->encr = rd_enum(r, ENCR_AESGCM256, "a cipher is not known");
	o->integ = rd_enum(r, INTEG_SHA512, "a hash is not known");
	o->life_kb = rd_le32(r);
	o->life_s = rd_le32(r);
}

static void put_qm(struct wr *w, const struct dyn_qmpolicy *p)
{
	wr_string(w, p->name, MODEL_NAME_MAX);
	wr_bool(w, p->soft);
	wr_u8(w, p->pfsgroup);
	wr_u8(w, (uint8_t)p->offers.n);
	for (size_t i = 0; i < p->offers.n; i++)
		ipc_put_qm_offer(w, &p->offers.v[i]);
}

static void get_qm(struct rd *r, struct ipc_msg *m, struct dyn_qmpolicy *p)
{
	p->name = rd_string(r, m, MODEL_NAME_MAX);
	p->soft = rd_bool(r);
	p->pfsgroup = rd_u8(r);
	if (!enum_to_name(pfs_names, p->pfsgroup))
		rd_bad(r, "a group is not known");
	p->offers.n = get_count(r, MODEL_OFFERS_MAX);
	for (size_t i = 0; i < p->offers.n; i++)
		ipc_get_qm_offer(r, &p->offers.v[i]);
}

/* The text of a method is a CA's name or a key; keys travel to the enforcer and never back. */
static void put_auth(struct wr *w, const struct dyn_rule *rule, bool keys)
{
	wr_u8(w, (uint8_t)rule->auth.n);
	for (size_t i = 0; i < rule->auth.n; i++) {
		const struct auth_method *m = &rule->auth.v[i];
		const char *text = m->kind == AUTH_ROOTCA ? m->text : keys ? rule->psk[i] : NULL;
		wr_u8(w, m->kind);
		wr_bool(w, m->certmap);
		wr_bool(w, m->excludecaname);
		wr_string(w, text, MODEL_TEXT_MAX);
	}
}

static void get_auth(struct rd *r, struct ipc_msg *m, struct dyn_rule *rule, bool keys)
{
	rule->auth.n = get_count(r, MODEL_AUTH_MAX);
	for (size_t i = 0; i < rule->auth.n; i++) {
		struct auth_method *a = &rule->auth.v[i];
		const char *text;
		a->kind = rd_enum(r, AUTH_ROOTCA, "an authentication method is not known");
		a->certmap = rd_bool(r);
		a->excludecaname = rd_bool(r);
		text = rd_string(r, m, MODEL_TEXT_MAX);
		if (a->kind == AUTH_ROOTCA)
			a->text = text;
		else if (a->kind == AUTH_PSK && keys)
			rule->psk[i] = text;
		else if (*text)
			rd_bad(r, "a method has a text that it cannot have");
	}
}

/* --- rules ---------------------------------------------------------------------------------------- */

static void put_rule(struct wr *w, const struct dyn_rule *p, bool keys)
{
	wr_guid(w, &p->filter.guid);
	put_endpoint(w, &p->filter.src);
	put_endpoint(w, &p->filter.dst);
	wr_u8(w, p->filter.protocol);
	wr_le16(w, p->filter.srcport);
	wr_le16(w, p->filter.dstport);
	wr_bool(w, p->filter.mirrored);
	wr_u8(w, p->conntype);
	wr_u8(w, p->action_in);
	wr_u8(w, p->action_out);
	wr_ip(w, &p->tunnel);
	wr_string(w, p->mmpolicy, MODEL_NAME_MAX);
	wr_string(w, p->qmpolicy, MODEL_NAME_MAX);
	put_auth(w, p, keys);
}

static void get_rule(struct rd *r, struct ipc_msg *m, struct dyn_rule *p, bool keys)
{
	p->filter.description = "";
	rd_guid(r, &p->filter.guid);
	get_endpoint(r, m, &p->filter.src);
	get_endpoint(r, m, &p->filter.dst);
	p->filter.protocol = rd_u8(r);
	p->filter.srcport = rd_le16(r);
	p->filter.dstport = rd_le16(r);
	p->filter.mirrored = rd_bool(r);
	p->conntype = rd_enum(r, CONN_DIALUP, "a connection type is not known");
	p->action_in = rd_enum(r, ACTION_NEGOTIATE, "an action is not known");
	p->action_out = rd_enum(r, ACTION_NEGOTIATE, "an action is not known");
	rd_ip(r, &p->tunnel);
	p->mmpolicy = rd_string(r, m, MODEL_NAME_MAX);
	p->qmpolicy = rd_string(r, m, MODEL_NAME_MAX);
	get_auth(r, m, p, keys);
}

/* --- bodies --------------------------------------------------------------------------------------- */

void ipc_put_change(struct wr *w, const struct ipc_msg *m)
{
	const struct dyn_change *c = &m->u.change;

	wr_u8(w, c->op);
	wr_u8(w, c->kind);
	wr_le32(w, c->given);
	if (c->kind == DYN_MMPOLICY)
		put_mm(w, &c->u.mm);
	else if (c->kind == DYN_QMPOLICY)
		put_qm(w, &c->u.qm);
	else if (c->kind == DYN_RULE)
		put_rule(w, &c->u.rule, true);
	else if (c->kind == DYN_SA && c->op == DYN_DELETE)
		wr_ip(w, &c->u.peer);
}

static void get_peer(struct rd *r, struct ip *peer)
{
	rd_ip(r, peer);
	if (peer->family == IP_NONE)
		rd_bad(r, "a peer has an address");
}

/* The words of a shell hold none, and what is said to one is shown by another. All texts of a message are in its pool. */
static bool pool_is_plain(const struct ipc_msg *m)
{
	for (size_t at = 0; at < m->pool_used; at++) { /* behind each its NUL */
		size_t n = strlen(m->pool + at);
		if (str_plain(m->pool + at, n) != n)
			return false;
		at += n;
	}
	return true;
}

void ipc_get_change(struct rd *r, struct ipc_msg *m)
{
	struct dyn_change *c = &m->u.change;

	c->op = rd_enum(r, DYN_DELETE_ALL, "there is no such change");
	c->kind = rd_enum(r, DYN_SA, "there is no such object");
	c->given = rd_le32(r);
	if (c->op == 0 || (c->kind == DYN_ALL && c->op != DYN_DELETE_ALL) ||
	    (c->kind == DYN_SA && c->op != DYN_DELETE && c->op != DYN_DELETE_ALL) ||
	    c->given & ~(uint32_t)DYN_G_EVERY)
		rd_bad(r, "there is no such change");
	if (c->kind == DYN_SPECIFIC)
		rd_bad(r, "there is no such object");
	if (c->kind == DYN_MMPOLICY)
		get_mm(r, m, &c->u.mm);
	else if (c->kind == DYN_QMPOLICY)
		get_qm(r, m, &c->u.qm);
	else if (c->kind == DYN_RULE)
		get_rule(r, m, &c->u.rule, true);
	else if (c->kind == DYN_SA && c->op == DYN_DELETE)
		get_peer(r, &c->u.peer);
	if (!pool_is_plain(m))
		rd_bad(r, "a text holds a control character");
}

static void put_item(struct wr *w, const struct dyn_item *it)
{
	wr_bool(w, it->is_static);
	wr_u8(w, it->dir);
	wr_le32(w, it->weight);
	if (it->kind == DYN_MMPOLICY)
		put_mm(w, &it->u.mm);
	else if (it->kind == DYN_QMPOLICY)
		put_qm(w, &it->u.qm);
	else
		put_rule(w, &it->u.rule, false);
}

static void get_item(struct rd *r, struct ipc_msg *m, uint8_t kind, struct dyn_item *it)
{
	it->kind = kind;
	it->is_static = rd_bool(r);
	it->dir = rd_enum(r, DYN_OUT, "a direction is not known");
	it->weight = rd_le32(r);
	if (kind == DYN_MMPOLICY)
		get_mm(r, m, &it->u.mm);
	else if (kind == DYN_QMPOLICY)
		get_qm(r, m, &it->u.qm);
	else
		get_rule(r, m, &it->u.rule, false);
}

enum { PAGE_HEAD = 1 + 1 + 8 + 1 };

void ipc_put_page(struct wr *w, const struct ipc_msg *m)
{
	const struct dyn_page *p = &m->u.page;

	wr_u8(w, p->kind);
	wr_bool(w, p->more);
	wr_le64(w, p->next);
	wr_u8(w, (uint8_t)p->n);
	for (size_t i = 0; i < p->n; i++)
		put_item(w, &p->v[i]);
}

void ipc_get_page(struct rd *r, struct ipc_msg *m)
{
	struct dyn_page *p = &m->u.page;

	p->kind = rd_enum(r, DYN_SPECIFIC, "there is no such listing");
	if (p->kind == DYN_ALL)
		rd_bad(r, "there is no such listing");
	p->more = rd_bool(r);
	p->next = rd_le64(r);
	p->n = get_count(r, DYN_PAGE_MAX);
	for (size_t i = 0; i < p->n && !r->bad; i++)
		get_item(r, m, p->kind, &p->v[i]);
}

bool ipc_page_add(struct dyn_page *page, size_t *bytes, const struct dyn_item *it)
{
	uint8_t scratch[IPC_BODY_MAX];
	struct wr w = wr_of(scratch, sizeof scratch - PAGE_HEAD - *bytes);

	if (page->n == DYN_PAGE_MAX)
		return false;
	put_item(&w, it);
	if (w.bad)
		return false;
	*bytes += w.n;
	page->v[page->n++] = *it;
	return true;
}
