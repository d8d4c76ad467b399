/* What *policy* and *net* say to each other beside profiles: commands, listings, counters, events <-> bytes. */
#include "ike/channel/private.h"
#include "ike/codec/codec.h"

#include "common/base/banned.h"

/* --- policy to net --------------------------------------------------------------------------------------------- */

static void put_delete(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_cmd *c = &m->u.cmd;

	wr_uint(w, c->u.del.mmsa, 8);
	wr_uint(w, c->u.del.qmsa, 8);
	put_ip(w, &c->u.del.peer);
}

static void get_delete(struct in *in, struct ikc_msg *m)
{
	struct ike_cmd *c = &m->u.cmd;

	c->kind = IKE_CMD_DELETE;
	c->u.del.mmsa = in_uint(in, 8);
	c->u.del.qmsa = in_uint(in, 8);
	get_ip(in, &c->u.del.peer);
}

static void put_logging(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.logging);
}

static void get_logging(struct in *in, struct ikc_msg *m)
{
	m->u.logging = in_bool(in);
}

static void put_list(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.list.quick);
	wr_uint(w, m->u.list.after, 8);
}

static void get_list(struct in *in, struct ikc_msg *m)
{
	m->u.list.quick = in_bool(in);
	m->u.list.after = in_uint(in, 8);
}

/* --- net to policy ----------------------------------------------------------------------------------------------- */

static void put_generation(struct wr *w, const struct ikc_msg *m)
{
	wr_uint(w, m->u.generation, 8);
}

static void get_generation(struct in *in, struct ikc_msg *m)
{
	m->u.generation = in_uint(in, 8);
}

static void put_counts(struct wr *w, const struct ikc_msg *m)
{
	for (size_t i = 0; i < IKE_STAT_COUNT; i++)
		wr_uint(w, m->u.stats.ike[i], 8);
	for (size_t i = 0; i < IKE_QSTAT_COUNT; i++)
		wr_uint(w, m->u.stats.ipsec[i], 8);
}

static void get_counts(struct in *in, struct ikc_msg *m)
{
	for (size_t i = 0; i < IKE_STAT_COUNT; i++)
		m->u.stats.ike[i] = in_uint(in, 8);
	for (size_t i = 0; i < IKE_QSTAT_COUNT; i++)
		m->u.stats.ipsec[i] = in_uint(in, 8);
}

static void put_mmsa(struct wr *w, const struct ike_mmsa_info *i)
{
	wr_uint(w, i->id, 8);
	put_end(w, &i->local);
	put_end(w, &i->remote);
	wr_bytes(w, i->icookie, sizeof i->icookie);
	wr_bytes(w, i->rcookie, sizeof i->rcookie);
	wr_u8(w, i->initiator);
	wr_u8(w, i->up);
	wr_u8(w, i->natt);
	wr_u8(w, i->dpd);
	put_mm_offer(w, &i->offer);
	wr_u16(w, i->auth);
	wr_u32(w, i->life_s);
	put_mono(w, i->since);
	put_mono(w, i->until);
	wr_u32(w, i->quick_modes);
	put_text(w, i->remote_id, sizeof i->remote_id);
}

static void get_cookie(struct in *in, uint8_t *cookie)
{
	for (size_t i = 0; i < IKE_COOKIE_LEN; i++)
		cookie[i] = (uint8_t)in_uint(in, 1);
}

static void get_mmsa(struct in *in, struct ike_mmsa_info *i)
{
	i->id = in_uint(in, 8);
	get_end(in, &i->local);
	get_end(in, &i->remote);
	get_cookie(in, i->icookie);
	get_cookie(in, i->rcookie);
	i->initiator = in_bool(in);
	i->up = in_bool(in);
	i->natt = in_bool(in);
	i->dpd = in_bool(in);
	get_mm_offer(in, &i->offer);
	i->auth = (uint16_t)in_uint(in, 2);
	i->life_s = (uint32_t)in_uint(in, 4);
	i->since = get_mono(in);
	i->until = get_mono(in);
	i->quick_modes = (uint32_t)in_uint(in, 4);
	get_text(in, i->remote_id, sizeof i->remote_id);
}

static void put_qmsa(struct wr *w, const struct ike_qmsa_info *i)
{
	wr_uint(w, i->id, 8);
	wr_uint(w, i->mmsa, 8);
	put_end(w, &i->local);
	put_end(w, &i->remote);
	wr_u8(w, i->initiator);
	wr_u8(w, i->up);
	wr_u8(w, i->soft);
	wr_u8(w, i->tunnel);
	wr_u8(w, i->udp_encap);
	put_selector(w, &i->sel);
	put_qm_offer(w, &i->offer);
	wr_u16(w, i->pfs);
	wr_u32(w, i->reqid);
	wr_u32(w, i->rule);
	wr_u32(w, i->filter);
	wr_u32(w, i->ah_in);
	wr_u32(w, i->ah_out);
	wr_u32(w, i->esp_in);
	wr_u32(w, i->esp_out);
	wr_u32(w, i->life_s);
	wr_u32(w, i->life_kb);
	put_mono(w, i->since);
	put_mono(w, i->until);
}

static void get_qmsa(struct in *in, struct ike_qmsa_info *i)
{
	i->id = in_uint(in, 8);
	i->mmsa = in_uint(in, 8);
	get_end(in, &i->local);
	get_end(in, &i->remote);
	i->initiator = in_bool(in);
	i->up = in_bool(in);
	i->soft = in_bool(in);
	i->tunnel = in_bool(in);
	i->udp_encap = in_bool(in);
	get_selector(in, &i->sel);
	get_qm_offer(in, &i->offer);
	i->pfs = (uint16_t)in_uint(in, 2);
	i->reqid = (uint32_t)in_uint(in, 4);
	i->rule = (uint32_t)in_uint(in, 4);
	i->filter = (uint32_t)in_uint(in, 4);
	i->ah_in = (uint32_t)in_uint(in, 4);
	i->ah_out = (uint32_t)in_uint(in, 4);
	i->esp_in = (uint32_t)in_uint(in, 4);
	i->esp_out = (uint32_t)in_uint(in, 4);
	i->life_s = (uint32_t)in_uint(in, 4);
	i->life_kb = (uint32_t)in_uint(in, 4);
	i->since = get_mono(in);
	i->until = get_mono(in);
}

/* Two ends of 19 bytes, a selector of 41, and the numbers. */
_Static_assert(2 + IKC_PAGE_MAX * (8 + 2 * 19 + 16 + 4 + 4 + 6 + 16 + 4 + 2 + 128) <= IKC_BODY_MAX, "main modes fit");
_Static_assert(2 + IKC_PAGE_MAX * (16 + 2 * 19 + 5 + 41 + 13 + 2 + 36 + 16) <= IKC_BODY_MAX, "quick modes fit");

static size_t get_page_head(struct in *in, bool *more)
{
	size_t n;

	*more = in_bool(in);
	n = (size_t)in_max(in, 1, IKC_PAGE_MAX, "a list is too long");
	if (*more && n == 0)
		in_bad(in, "an empty page is the last");
	return n;
}

/* A page is asked for with the id that ended the one before, so it must go on from there. */
static void check_order(struct in *in, size_t i, uint64_t before, uint64_t id)
{
	if (i > 0 && id <= before)
		in_bad(in, "associations are not in order");
}

static void put_mmsas(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.mmsas.more);
	wr_u8(w, (uint8_t)m->u.mmsas.n);
	for (size_t i = 0; i < m->u.mmsas.n; i++)
		put_mmsa(w, &m->u.mmsas.v[i]);
}

static void get_mmsas(struct in *in, struct ikc_msg *m)
{
	struct ikc_mmsas *p = &m->u.mmsas;

	p->n = get_page_head(in, &p->more);
	for (size_t i = 0; i < p->n; i++) {
		get_mmsa(in, &p->v[i]);
		check_order(in, i, i ? p->v[i - 1].id : 0, p->v[i].id);
	}
}

static void put_qmsas(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.qmsas.more);
	wr_u8(w, (uint8_t)m->u.qmsas.n);
	for (size_t i = 0; i < m->u.qmsas.n; i++)
		put_qmsa(w, &m->u.qmsas.v[i]);
}

static void get_qmsas(struct in *in, struct ikc_msg *m)
{
	struct ikc_qmsas *p = &m->u.qmsas;

	p->n = get_page_head(in, &p->more);
	for (size_t i = 0; i < p->n; i++) {
		get_qmsa(in, &p->v[i]);
		check_order(in, i, i ? p->v[i - 1].id : 0, p->v[i].id);
	}
}

static void put_event(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_event *e = &m->u.event.event;

	wr_u8(w, (uint8_t)e->kind);
	wr_u8(w, e->quick);
	wr_u8(w, e->initiator);
	wr_u8(w, e->at_peer);
	wr_u32(w, (uint32_t)e->why);
	wr_uint(w, e->mmsa, 8);
	wr_uint(w, e->qmsa, 8);
	put_end(w, &e->local);
	put_end(w, &e->remote);
	wr_u32(w, e->reqid);
	wr_u32(w, e->rule);
	wr_u32(w, e->filter);
	wr_u8(w, e->sel != NULL);
	if (e->sel)
		put_selector(w, e->sel);
	put_text(w, e->detail, IKC_TEXT_MAX);
}

static void get_event(struct in *in, struct ikc_msg *m)
{
	struct ike_event *e = &m->u.event.event;

	e->kind = (enum ike_event_kind)in_max(in, 1, IKE_EV_FAILED, "an event is not known");
	e->quick = in_bool(in);
	e->initiator = in_bool(in);
	e->at_peer = in_bool(in);
	e->why = (enum ike_failure)in_max(in, 4, INT32_MAX, "a failure is not known");
	e->mmsa = in_uint(in, 8);
	e->qmsa = in_uint(in, 8);
	get_end(in, &e->local);
	get_end(in, &e->remote);
	e->reqid = (uint32_t)in_uint(in, 4);
	e->rule = (uint32_t)in_uint(in, 4);
	e->filter = (uint32_t)in_uint(in, 4);
	if (in_bool(in)) {
		get_selector(in, &m->u.event.sel);
		e->sel = &m->u.event.sel;
	}
	get_text(in, m->u.event.detail, sizeof m->u.event.detail);
	e->detail = m->u.event.detail;
}

const struct ikc_codec ikc_watch_codecs[IKC_WATCH_CODECS] = {
    {IKC_DELETE, put_delete, get_delete},
    {IKC_SHUTDOWN, put_nothing, get_nothing},
    {IKC_LOGGING, put_logging, get_logging},
    {IKC_LIST, put_list, get_list},
    {IKC_COUNT, put_nothing, get_nothing},
    {IKC_READY, put_nothing, get_nothing},
    {IKC_PROFILE_DONE, put_generation, get_generation},
    {IKC_MMSAS, put_mmsas, get_mmsas},
    {IKC_QMSAS, put_qmsas, get_qmsas},
    {IKC_COUNTS, put_counts, get_counts},
    {IKC_EVENT, put_event, get_event},
};
