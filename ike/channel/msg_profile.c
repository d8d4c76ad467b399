/* The parts of a profile <-> bytes. */
#include "ike/channel/private.h"

#include "common/base/banned.h"

static void put_begin(struct wr *w, const struct ikc_msg *m)
{
	const struct ikc_begin *b = &m->u.begin;

	wr_uint(w, b->generation, 8);
	wr_u32(w, b->nmm);
	wr_u32(w, b->nqm);
	wr_u32(w, b->nrules);
	wr_u32(w, b->default_mm);
	wr_u32(w, b->default_qm);
	wr_u32(w, b->default_reqid);
	wr_u32(w, b->default_rule);
	wr_u8(w, b->dpd);
	wr_u8(w, b->nat_traversal);
	wr_u8(w, b->fragmentation);
	wr_u32(w, b->idle_s);
	wr_u32(w, b->fallback_ms);
	wr_u32(w, b->half_open_on);
	wr_u32(w, b->half_open_off);
	wr_u32(w, b->half_open_peer);
}

static void get_begin(struct rd *in, struct ikc_msg *m)
{
	struct ikc_begin *b = &m->u.begin;

	b->generation = rd_uint(in, 8);
	b->nmm = (uint32_t)rd_upto(in, rd_u32(in), IKC_PROFILE_POLICIES_MAX, "there are too many policies");
	b->nqm = (uint32_t)rd_upto(in, rd_u32(in), IKC_PROFILE_POLICIES_MAX, "there are too many policies");
	b->nrules = (uint32_t)rd_upto(in, rd_u32(in), IKC_PROFILE_RULES_MAX, "there are too many rules");
	b->default_mm = (uint32_t)rd_upto(in, rd_u32(in), b->nmm, "there is no such policy");
	b->default_qm = (uint32_t)rd_upto(in, rd_u32(in), b->nqm, "there is no such policy");
	b->default_reqid = rd_u32(in);
	b->default_rule = rd_u32(in);
	b->dpd = rd_bool(in);
	b->nat_traversal = rd_bool(in);
	b->fragmentation = rd_bool(in);
	b->idle_s = rd_u32(in);
	b->fallback_ms = rd_u32(in);
	b->half_open_on = rd_u32(in);
	b->half_open_off = rd_u32(in);
	b->half_open_peer = rd_u32(in);
	if ((b->default_mm == 0) != (b->default_qm == 0))
		rd_bad(in, "half a default response rule");
}

static void put_mm(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_mm_policy *p = &m->u.mm;

	wr_u32(w, p->id);
	wr_u32(w, p->life_s);
	wr_u32(w, p->qm_limit);
	wr_u32(w, p->soft_life_s);
	wr_u8(w, (uint8_t)p->noffers);
	for (size_t i = 0; i < p->noffers; i++)
		put_mm_offer(w, &p->offers[i]);
	wr_u8(w, (uint8_t)p->nauths);
	for (size_t i = 0; i < p->nauths; i++) {
		wr_u16(w, p->auths[i].method);
		wr_bytes(w, p->auths[i].secret.b, sizeof p->auths[i].secret.b);
	}
}

static void get_mm(struct rd *in, struct ikc_msg *m)
{
	struct ike_mm_policy *p = &m->u.mm;

	p->id = rd_u32(in);
	p->life_s = rd_u32(in);
	p->qm_limit = rd_u32(in);
	p->soft_life_s = rd_u32(in);
	p->noffers = rd_enum(in, IKE_OFFERS_MAX, "a list is too long");
	for (size_t i = 0; i < p->noffers; i++)
		get_mm_offer(in, &p->offers[i]);
	p->nauths = rd_enum(in, IKE_AUTHS_MAX, "a list is too long");
	for (size_t i = 0; i < p->nauths; i++) {
		p->auths[i].method = rd_u16(in);
		rd_copy(in, p->auths[i].secret.b, sizeof p->auths[i].secret.b);
	}
}

static void put_qm(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_qm_policy *p = &m->u.qm;

	wr_u16(w, p->pfs);
	wr_u8(w, (uint8_t)p->noffers);
	for (size_t i = 0; i < p->noffers; i++)
		put_qm_offer(w, &p->offers[i]);
}

static void get_qm(struct rd *in, struct ikc_msg *m)
{
	struct ike_qm_policy *p = &m->u.qm;

	p->pfs = rd_u16(in);
	p->noffers = rd_enum(in, IKE_OFFERS_MAX, "a list is too long");
	for (size_t i = 0; i < p->noffers; i++)
		get_qm_offer(in, &p->offers[i]);
}

static void put_rule(struct wr *w, const struct ikc_rule *r)
{
	const struct ike_rule *k = &r->rule;

	wr_u32(w, k->reqid);
	wr_u32(w, k->rule);
	wr_u32(w, k->filter);
	put_selector(w, &k->sel);
	wr_u8(w, k->inpass);
	wr_u8(w, k->soft);
	wr_u8(w, k->tunnel);
	if (k->tunnel) {
		wr_ip(w, &k->tunnel_local);
		wr_ip(w, &k->tunnel_remote);
	}
	wr_u16(w, (uint16_t)r->mm);
	wr_u16(w, (uint16_t)r->qm);
}

static void get_rule(struct rd *in, struct ikc_rule *r)
{
	struct ike_rule *k = &r->rule;

	k->reqid = rd_u32(in);
	k->rule = rd_u32(in);
	k->filter = rd_u32(in);
	get_selector(in, &k->sel);
	k->inpass = rd_bool(in);
	k->soft = rd_bool(in);
	k->tunnel = rd_bool(in);
	if (k->tunnel) {
		rd_ip(in, &k->tunnel_local);
		rd_ip(in, &k->tunnel_remote);
		if (k->tunnel_local.family == IP_NONE || k->tunnel_local.family != k->tunnel_remote.family)
			rd_bad(in, "a tunnel has two ends of one family");
	}
	r->mm = (uint32_t)rd_upto(in, rd_u16(in), IKC_PROFILE_POLICIES_MAX - 1, "there is no such policy");
	r->qm = (uint32_t)rd_upto(in, rd_u16(in), IKC_PROFILE_POLICIES_MAX - 1, "there is no such policy");
}

/* Numbers, two prefixes, protocol and ports, flags, two addresses, indexes. */
enum { RULE_BYTES_MAX = 12 + 2 * 18 + 5 + 3 + 2 * 17 + 4 };
_Static_assert(2 + IKC_RULES_MAX * RULE_BYTES_MAX <= IKC_BODY_MAX, "rules fit");

static void put_rules(struct wr *w, const struct ikc_msg *m)
{
	wr_u16(w, (uint16_t)m->u.rules.n);
	for (size_t i = 0; i < m->u.rules.n; i++)
		put_rule(w, &m->u.rules.v[i]);
}

static void get_rules(struct rd *in, struct ikc_msg *m)
{
	m->u.rules.n = (size_t)rd_upto(in, rd_u16(in), IKC_RULES_MAX, "a list is too long");
	if (m->u.rules.n == 0)
		rd_bad(in, "a list is empty");
	for (size_t i = 0; i < m->u.rules.n; i++)
		get_rule(in, &m->u.rules.v[i]);
}

const struct ikc_codec ikc_profile_codecs[IKC_PROFILE_CODECS] = {
    {IKC_PROFILE_BEGIN, put_begin, get_begin},
    {IKC_MM_POLICY, put_mm, get_mm},
    {IKC_QM_POLICY, put_qm, get_qm},
    {IKC_RULES, put_rules, get_rules},
    {IKC_PROFILE_END, put_nothing, get_nothing},
};
