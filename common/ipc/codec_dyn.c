/* Dynamic objects <-> bytes. What is read is well formed; whether it makes sense the enforcer decides. */
#include <string.h>

#include "common/ipc/wire.h"

#include "common/base/banned.h"

void wire_put_ip(struct wr *w, const struct ip *ip)
{
	wr_uint(w, ip->family, 1);
	wr_bytes(w, ip->b, ip_bits(ip->family) / 8);
}

void wire_get_ip(struct rd *r, struct ip *ip)
{
	ip->family = (uint8_t)rd_uint(r, 1);
	if (ip->family != IP_NONE && ip->family != IP_V4 && ip->family != IP_V6) {
		rd_bad(r, "an address is of no known family");
		ip->family = IP_NONE;
	}
	for (unsigned i = 0; i < ip_bits(ip->family) / 8; i++)
		ip->b[i] = (uint8_t)rd_uint(r, 1);
}

static void put_endpoint(struct wr *w, const struct endpoint *p)
{
	wr_uint(w, p->kind, 1);
	wr_uint(w, p->plen, 1);
	wire_put_ip(w, &p->lo);
	wire_put_ip(w, &p->hi);
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

static void get_endpoint(struct rd *r, struct endpoint *p)
{
	p->kind = rd_enum(r, END_GATEWAY, "an address is of no known kind");
	p->plen = (uint8_t)rd_uint(r, 1);
	wire_get_ip(r, &p->lo);
	wire_get_ip(r, &p->hi);
	p->dns = rd_string(r, MODEL_NAME_MAX);
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
	wr_uint(w, p->qmpermm, 4);
	wr_uint(w, p->mmlifetime_s, 4);
	wr_uint(w, p->softsa_s, 4);
	wr_uint(w, p->offers.n, 1);
	for (size_t i = 0; i < p->offers.n; i++) {
		wr_uint(w, p->offers.v[i].encr, 1);
		wr_uint(w, p->offers.v[i].integ, 1);
		wr_uint(w, p->offers.v[i].group, 1);
	}
}

static void get_mm(struct rd *r, struct dyn_mmpolicy *p)
{
	p->name = rd_string(r, MODEL_NAME_MAX);
	p->qmpermm = (uint32_t)rd_uint(r, 4);
	p->mmlifetime_s = (uint32_t)rd_uint(r, 4);
	p->softsa_s = (uint32_t)rd_uint(r, 4);
	p->offers.n = get_count(r, MODEL_OFFERS_MAX);
	for (size_t i = 0; i < p->offers.n; i++) {
		p->offers.v[i].encr = rd_enum(r, ENCR_AESGCM256, "a cipher is not known");
		p->offers.v[i].integ = rd_enum(r, INTEG_SHA512, "a hash is not known");
		p->offers.v[i].group = (uint8_t)rd_uint(r, 1);
	}
}

void wire_put_qm_offer(struct wr *w, const struct qm_offer *o)
{
	wr_uint(w, o->ah, 1);
	wr_bool(w, o->esp);
	wr_uint(w, o->encr, 1);
	wr_uint(w, o->integ, 1);
	wr_uint(w, o->life_kb, 4);
	wr_uint(w, o->life_s, 4);
}

void wire_get_qm_offer(struct rd *r, struct qm_offer *o)
{
	o->ah = rd_enum(r, INTEG_SHA512, "a hash is not known");
	o->esp = rd_bool(r);
	o->encr = rd_enum(r, ENCR_AESGCM256, "a cipher is not known");
	o->integ = rd_enum(r, INTEG_SHA512, "a hash is not known");
	o->life_kb = (uint32_t)rd_uint(r, 4);
	o->life_s = (uint32_t)rd_uint(r, 4);
}

static void put_qm(struct wr *w, const struct dyn_qmpolicy *p)
{
	wr_string(w, p->name, MODEL_NAME_MAX);
	wr_bool(w, p->soft);
	wr_uint(w, p->pfsgroup, 1);
	wr_uint(w, p->offers.n, 1);
	for (size_t i = 0; i < p->offers.n; i++)
		wire_put_qm_offer(w, &p->offers.v[i]);
}

static void get_qm(struct rd *r, struct dyn_qmpolicy *p)
{
	p->name = rd_string(r, MODEL_NAME_MAX);
	p->soft = rd_bool(r);
	p->pfsgroup = rd_enum(r, PFS_GRP31, "a group is not known");
	p->offers.n = get_count(r, MODEL_OFFERS_MAX);
	for (size_t i = 0; i < p->offers.n; i++)
		wire_get_qm_offer(r, &p->offers.v[i]);
}

/* The text of a method is a CA's name or a key; keys travel to the enforcer and never back. */
static void put_auth(struct wr *w, const struct dyn_rule *rule, bool keys)
{
	wr_uint(w, rule->auth.n, 1);
	for (size_t i = 0; i < rule->auth.n; i++) {
		const struct auth_method *m = &rule->auth.v[i];
		const char *text = m->kind == AUTH_ROOTCA ? m->text : keys ? rule->psk[i] : NULL;
		wr_uint(w, m->kind, 1);
		wr_bool(w, m->certmap);
		wr_bool(w, m->excludecaname);
		wr_string(w, text, MODEL_TEXT_MAX);
	}
}

static void get_auth(struct rd *r, struct dyn_rule *rule, bool keys)
{
	rule->auth.n = get_count(r, MODEL_AUTH_MAX);
	for (size_t i = 0; i < rule->auth.n; i++) {
		struct auth_method *m = &rule->auth.v[i];
		const char *text;
		m->kind = rd_enum(r, AUTH_ROOTCA, "an authentication method is not known");
		m->certmap = rd_bool(r);
		m->excludecaname = rd_bool(r);
		text = rd_string(r, MODEL_TEXT_MAX);
		if (m->kind == AUTH_ROOTCA)
			m->text = text;
		else if (m->kind == AUTH_PSK && keys)
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
	wr_uint(w, p->filter.protocol, 1);
	wr_uint(w, p->filter.srcport, 2);
	wr_uint(w, p->filter.dstport, 2);
	wr_bool(w, p->filter.mirrored);
	wr_uint(w, p->conntype, 1);
	wr_uint(w, p->action_in, 1);
	wr_uint(w, p->action_out, 1);
	wire_put_ip(w, &p->tunnel);
	wr_string(w, p->mmpolicy, MODEL_NAME_MAX);
	wr_string(w, p->qmpolicy, MODEL_NAME_MAX);
	put_auth(w, p, keys);
}

static void get_rule(struct rd *r, struct dyn_rule *p, bool keys)
{
	p->filter.description = "";
	rd_guid(r, &p->filter.guid);
	get_endpoint(r, &p->filter.src);
	get_endpoint(r, &p->filter.dst);
	p->filter.protocol = (uint8_t)rd_uint(r, 1);
	p->filter.srcport = (uint16_t)rd_uint(r, 2);
	p->filter.dstport = (uint16_t)rd_uint(r, 2);
	p->filter.mirrored = rd_bool(r);
	p->conntype = rd_enum(r, CONN_DIALUP, "a connection type is not known");
	p->action_in = rd_enum(r, ACTION_NEGOTIATE, "an action is not known");
	p->action_out = rd_enum(r, ACTION_NEGOTIATE, "an action is not known");
	wire_get_ip(r, &p->tunnel);
	p->mmpolicy = rd_string(r, MODEL_NAME_MAX);
	p->qmpolicy = rd_string(r, MODEL_NAME_MAX);
	get_auth(r, p, keys);
}

/* --- bodies --------------------------------------------------------------------------------------- */

void wire_put_change(struct wr *w, const struct ipc_msg *m)
{
	const struct dyn_change *c = &m->u.change;

	wr_uint(w, c->op, 1);
	wr_uint(w, c->kind, 1);
	wr_uint(w, c->given, 4);
	if (c->kind == DYN_MMPOLICY)
		put_mm(w, &c->u.mm);
	else if (c->kind == DYN_QMPOLICY)
		put_qm(w, &c->u.qm);
	else if (c->kind == DYN_RULE)
		put_rule(w, &c->u.rule, true);
	else if (c->kind == DYN_SA && c->op == DYN_DELETE)
		wire_put_ip(w, &c->u.peer);
}

static void get_peer(struct rd *r, struct ip *peer)
{
	wire_get_ip(r, peer);
	if (peer->family == IP_NONE)
		rd_bad(r, "a peer has an address");
}

void wire_get_change(struct rd *r, struct ipc_msg *m)
{
	struct dyn_change *c = &m->u.change;

	c->op = rd_enum(r, DYN_DELETE_ALL, "there is no such change");
	c->kind = rd_enum(r, DYN_SA, "there is no such object");
	c->given = (uint32_t)rd_uint(r, 4);
	if (c->op == 0 || (c->kind == DYN_ALL && c->op != DYN_DELETE_ALL) ||
	    (c->kind == DYN_SA && c->op != DYN_DELETE && c->op != DYN_DELETE_ALL) ||
	    c->given & ~(uint32_t)DYN_G_EVERY)
		rd_bad(r, "there is no such change");
	if (c->kind == DYN_SPECIFIC)
		rd_bad(r, "there is no such object");
	if (c->kind == DYN_MMPOLICY)
		get_mm(r, &c->u.mm);
	else if (c->kind == DYN_QMPOLICY)
		get_qm(r, &c->u.qm);
	else if (c->kind == DYN_RULE)
		get_rule(r, &c->u.rule, true);
	else if (c->kind == DYN_SA && c->op == DYN_DELETE)
		get_peer(r, &c->u.peer);
}

static void put_item(struct wr *w, const struct dyn_item *it)
{
	wr_bool(w, it->is_static);
	wr_uint(w, it->dir, 1);
	wr_uint(w, it->weight, 4);
	if (it->kind == DYN_MMPOLICY)
		put_mm(w, &it->u.mm);
	else if (it->kind == DYN_QMPOLICY)
		put_qm(w, &it->u.qm);
	else
		put_rule(w, &it->u.rule, false);
}

static void get_item(struct rd *r, uint8_t kind, struct dyn_item *it)
{
	it->kind = kind;
	it->is_static = rd_bool(r);
	it->dir = rd_enum(r, DYN_OUT, "a direction is not known");
	it->weight = (uint32_t)rd_uint(r, 4);
	if (kind == DYN_MMPOLICY)
		get_mm(r, &it->u.mm);
	else if (kind == DYN_QMPOLICY)
		get_qm(r, &it->u.qm);
	else
		get_rule(r, &it->u.rule, false);
}

enum { PAGE_HEAD = 1 + 1 + 8 + 1 };

void wire_put_page(struct wr *w, const struct ipc_msg *m)
{
	const struct dyn_page *p = &m->u.page;

	wr_uint(w, p->kind, 1);
	wr_bool(w, p->more);
	wr_uint(w, p->next, 8);
	wr_uint(w, p->n, 1);
	for (size_t i = 0; i < p->n; i++)
		put_item(w, &p->v[i]);
}

void wire_get_page(struct rd *r, struct ipc_msg *m)
{
	struct dyn_page *p = &m->u.page;

	p->kind = rd_enum(r, DYN_SPECIFIC, "there is no such listing");
	if (p->kind == DYN_ALL)
		rd_bad(r, "there is no such listing");
	p->more = rd_bool(r);
	p->next = rd_uint(r, 8);
	p->n = get_count(r, DYN_PAGE_MAX);
	for (size_t i = 0; i < p->n && !r->bad; i++)
		get_item(r, p->kind, &p->v[i]);
}

bool ipc_page_add(struct dyn_page *page, size_t *bytes, const struct dyn_item *it)
{
	uint8_t scratch[IPC_BODY_MAX];
	struct wr w = {.p = scratch, .cap = sizeof scratch - PAGE_HEAD - *bytes};

	if (page->n == DYN_PAGE_MAX)
		return false;
	put_item(&w, it);
	if (w.full)
		return false;
	*bytes += w.n;
	page->v[page->n++] = *it;
	return true;
}
