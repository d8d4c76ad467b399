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
	wr_ip(w, &c->u.del.peer);
}

static void get_delete(struct rd *in, struct ikc_msg *m)
{
	struct ike_cmd *c = &m->u.cmd;

	c->kind = IKE_CMD_DELETE;
	c->u.del.mmsa = rd_uint(in, 8);
	c->u.del.qmsa = rd_uint(in, 8);
	rd_ip(in, &c->u.del.peer);
}

static void put_logging(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.logging);
}

static void get_logging(struct rd *in, struct ikc_msg *m)
{
	m->u.logging = rd_bool(in);
}

static void put_list(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.list.quick);
	wr_uint(w, m->u.list.after, 8);
}

static void get_list(struct rd *in, struct ikc_msg *m)
{
	m->u.list.quick = rd_bool(in);
	m->u.list.after = rd_uint(in, 8);
}

/* --- net to policy ----------------------------------------------------------------------------------------------- */

static void put_generation(struct wr *w, const struct ikc_msg *m)
{
	wr_uint(w, m->u.generation, 8);
}

static void get_generation(struct rd *in, struct ikc_msg *m)
{
	m->u.generation = rd_uint(in, 8);
}

static void put_counts(struct wr *w, const struct ikc_msg *m)
{
	for (size_t i = 0; i < IKE_STAT_COUNT; i++)
		wr_uint(w, m->u.stats.ike[i], 8);
	for (size_t i = 0; i < IKE_QSTAT_COUNT; i++)
		wr_uint(w, m->u.stats.ipsec[i], 8);
}

static void get_counts(struct rd *in, struct ikc_msg *m)
{
	for (size_t i = 0; i < IKE_STAT_COUNT; i++)
		m->u.stats.ike[i] = rd_uint(in, 8);
	for (size_t i = 0; i < IKE_QSTAT_COUNT; i++)
		m->u.stats.ipsec[i] = rd_uint(in, 8);
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

static void get_mmsa(struct rd *in, struct ike_mmsa_info *i)
{
	i->id = rd_uint(in, 8);
	get_end(in, &i->local);
	get_end(in, &i->remote);
	rd_copy(in, i->icookie, sizeof i->icookie);
	rd_copy(in, i->rcookie, sizeof i->rcookie);
	i->initiator = rd_bool(in);
	i->up = rd_bool(in);
	i->natt = rd_bool(in);
	i->dpd = rd_bool(in);
	get_mm_offer(in, &i->offer);
	i->auth = rd_u16(in);
	i->life_s = rd_u32(in);
	i->since = get_mono(in);
	i->until = get_mono(in);
	i->quick_modes = rd_u32(in);
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
	wr_ip(w, &i->original);
}

static void get_qmsa(struct rd *in, struct ike_qmsa_info *i)
{
	i->id = rd_uint(in, 8);
	i->mmsa = rd_uint(in, 8);
	get_end(in, &i->local);
	get_end(in, &i->remote);
	i->initiator = rd_bool(in);
	i->up = rd_bool(in);
	i->soft = rd_bool(in);
	i->tunnel = rd_bool(in);
	i->udp_encap = rd_bool(in);
	get_selector(in, &i->sel);
	get_qm_offer(in, &i->offer);
	i->pfs = rd_u16(in);
	i->reqid = rd_u32(in);
	i->rule = rd_u32(in);
	i->filter = rd_u32(in);
	i->ah_in = rd_u32(in);
	i->ah_out = rd_u32(in);
	i->esp_in = rd_u32(in);
	i->esp_out = rd_u32(in);
	i->life_s = rd_u32(in);
	i->life_kb = rd_u32(in);
	i->since = get_mono(in);
	i->until = get_mono(in);
	rd_ip(in, &i->original);
}

/* Two ends of 19 bytes, a selector of 41, an address of 17, and the numbers. */
_Static_assert(2 + IKC_PAGE_MAX * (8 + 2 * 19 + 16 + 4 + 4 + 6 + 16 + 4 + 2 + 128) <= IKC_BODY_MAX, "main modes fit");
_Static_assert(2 + IKC_PAGE_MAX * (16 + 2 * 19 + 5 + 41 + 13 + 2 + 36 + 16 + 17) <= IKC_BODY_MAX, "quick modes fit");

static size_t get_page_head(struct rd *in, bool *more)
{
	size_t n;

	*more = rd_bool(in);
	n = rd_enum(in, IKC_PAGE_MAX, "a list is too long");
	if (*more && n == 0)
		rd_bad(in, "an empty page is the last");
	return n;
}

/* A page is asked for with the id that ended the one before, so it must go on from there. */
static void check_order(struct rd *in, size_t i, uint64_t before, uint64_t id)
{
	if (i > 0 && id <= before)
		rd_bad(in, "associations are not in order");
}

static void put_mmsas(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.mmsas.more);
	wr_u8(w, (uint8_t)m->u.mmsas.n);
	for (size_t i = 0; i < m->u.mmsas.n; i++)
		put_mmsa(w, &m->u.mmsas.v[i]);
}

static void get_mmsas(struct rd *in, struct ikc_msg *m)
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

static void get_qmsas(struct rd *in, struct ikc_msg *m)
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

static void get_event(struct rd *in, struct ikc_msg *m)
{
	struct ike_event *e = &m->u.event.event;

	e->kind = (enum ike_event_kind)rd_enum(in, IKE_EV_FAILED, "an event is not known");
	e->quick = rd_bool(in);
	e->initiator = rd_bool(in);
	e->at_peer = rd_bool(in);
	e->why = (enum ike_failure)rd_upto(in, rd_u32(in), INT32_MAX, "a failure is not known");
	e->mmsa = rd_uint(in, 8);
	e->qmsa = rd_uint(in, 8);
	get_end(in, &e->local);
	get_end(in, &e->remote);
	e->reqid = rd_u32(in);
	e->rule = rd_u32(in);
	e->filter = rd_u32(in);
	if (rd_bool(in)) {
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
