/* What concerns IKE <-> bytes: counters, security associations, the key of a dynamic rule. */
#include <string.h>

#include "common/ipc/private.h"

#include "common/base/banned.h"

/* --- how it went ---------------------------------------------------------------------------------- */

static void put_ike(struct wr *w, const struct ipc_ike *ike)
{
	wr_bool(w, ike->running);
	wr_le32(w, ike->number);
	wr_text(w, ike->text, sizeof ike->text);
}

static void get_ike(struct rd *r, struct ipc_ike *ike)
{
	ike->running = rd_bool(r);
	ike->number = rd_le32(r);
	rd_text(r, ike->text, sizeof ike->text);
}

/* --- counters ------------------------------------------------------------------------------------- */

void ipc_put_counts(struct wr *w, const struct ipc_msg *m)
{
	const struct dyn_stats *s = &m->u.counts.stats;

	put_ike(w, &m->u.counts.ike);
	for (size_t i = 0; i < DYN_STATS_IKE; i++)
		wr_le64(w, s->ike[i]);
	for (size_t i = 0; i < DYN_STATS_IPSEC; i++)
		wr_le64(w, s->ipsec[i]);
	wr_le64(w, s->replayed);
}

void ipc_get_counts(struct rd *r, struct ipc_msg *m)
{
	struct dyn_stats *s = &m->u.counts.stats;

	get_ike(r, &m->u.counts.ike);
	for (size_t i = 0; i < DYN_STATS_IKE; i++)
		s->ike[i] = rd_le64(r);
	for (size_t i = 0; i < DYN_STATS_IPSEC; i++)
		s->ipsec[i] = rd_le64(r);
	s->replayed = rd_le64(r);
}

/* --- parts of an association ---------------------------------------------------------------------- */

static void put_end(struct wr *w, const struct assoc_end *e)
{
	wr_ip(w, &e->ip);
	wr_le16(w, e->port);
}

static void get_end(struct rd *r, struct assoc_end *e)
{
	rd_ip(r, &e->ip);
	e->port = rd_le16(r);
	if (e->ip.family == IP_NONE)
		rd_bad(r, "an end of an association has an address");
}

static void get_ends(struct rd *r, struct assoc_end *local, struct assoc_end *remote)
{
	get_end(r, local);
	get_end(r, remote);
	if (local->ip.family != remote->ip.family)
		rd_bad(r, "the ends of an association are of one family");
}

static void put_prefix(struct wr *w, const struct ip_prefix *p)
{
	wr_ip(w, &p->net);
	wr_u8(w, p->plen);
}

static void get_prefix(struct rd *r, struct ip_prefix *p)
{
	rd_ip(r, &p->net);
	p->plen = rd_u8(r);
	if (p->net.family == IP_NONE || p->plen > ip_bits(p->net.family))
		rd_bad(r, "a prefix is none");
}

static void put_times(struct wr *w, int64_t since_s, int64_t until_s)
{
	wr_le64(w, (uint64_t)since_s);
	wr_le64(w, (uint64_t)until_s);
}

/* --- one association ------------------------------------------------------------------------------ */

static void put_mmsa(struct wr *w, const struct mmsa *a)
{
	wr_le64(w, a->id);
	put_end(w, &a->local);
	put_end(w, &a->remote);
	wr_bytes(w, a->icookie, sizeof a->icookie);
	wr_bytes(w, a->rcookie, sizeof a->rcookie);
	wr_bool(w, a->initiator);
	wr_bool(w, a->natt);
	wr_bool(w, a->dpd);
	wr_u8(w, a->offer.encr);
	wr_u8(w, a->offer.integ);
	wr_u8(w, a->offer.group);
	wr_u8(w, a->auth);
	wr_le32(w, a->life_s);
	wr_le32(w, a->quick_modes);
	put_times(w, a->since_s, a->until_s);
	wr_text(w, a->remote_id, sizeof a->remote_id);
}

static void get_mmsa(struct rd *r, struct mmsa *a)
{
	a->id = rd_le64(r);
	get_ends(r, &a->local, &a->remote);
	rd_copy(r, a->icookie, sizeof a->icookie);
	rd_copy(r, a->rcookie, sizeof a->rcookie);
	a->initiator = rd_bool(r);
	a->natt = rd_bool(r);
	a->dpd = rd_bool(r);
	a->offer.encr = rd_enum(r, ENCR_AESGCM256, "a cipher is not known");
	a->offer.integ = rd_enum(r, INTEG_SHA512, "a hash is not known");
	a->offer.group = rd_u8(r);
	a->auth = rd_enum(r, AUTH_ROOTCA, "an authentication method is not known");
	a->life_s = rd_le32(r);
	a->quick_modes = rd_le32(r);
	a->since_s = (int64_t)rd_le64(r);
	a->until_s = (int64_t)rd_le64(r);
	rd_text(r, a->remote_id, sizeof a->remote_id);
}

static void put_qmsa(struct wr *w, const struct qmsa *a)
{
	wr_le64(w, a->id);
	wr_le64(w, a->mmsa);
	put_end(w, &a->local);
	put_end(w, &a->remote);
	wr_bool(w, a->initiator);
	wr_bool(w, a->tunnel);
	wr_bool(w, a->udp_encap);
	wr_bool(w, a->soft);
	put_prefix(w, &a->src);
	put_prefix(w, &a->dst);
	wr_u8(w, a->protocol);
	wr_le16(w, a->sport);
	wr_le16(w, a->dport);
	ipc_put_qm_offer(w, &a->offer);
	wr_le16(w, a->pfs);
	wr_le32(w, a->ah_in);
	wr_le32(w, a->ah_out);
	wr_le32(w, a->esp_in);
	wr_le32(w, a->esp_out);
	wr_ip(w, &a->original);
	put_times(w, a->since_s, a->until_s);
	wr_bool(w, a->counted);
	wr_le64(w, a->sent);
	wr_le64(w, a->received);
	wr_le64(w, a->sent_packets);
	wr_le64(w, a->received_packets);
	wr_string(w, a->policy, MODEL_NAME_MAX);
}

static void get_qmsa(struct rd *r, struct ipc_msg *m, struct qmsa *a)
{
	a->id = rd_le64(r);
	a->mmsa = rd_le64(r);
	get_ends(r, &a->local, &a->remote);
	a->initiator = rd_bool(r);
	a->tunnel = rd_bool(r);
	a->udp_encap = rd_bool(r);
	a->soft = rd_bool(r);
	get_prefix(r, &a->src);
	get_prefix(r, &a->dst);
	a->protocol = rd_u8(r);
	a->sport = rd_le16(r);
	a->dport = rd_le16(r);
	ipc_get_qm_offer(r, &a->offer);
	a->pfs = rd_le16(r);
	a->ah_in = rd_le32(r);
	a->ah_out = rd_le32(r);
	a->esp_in = rd_le32(r);
	a->esp_out = rd_le32(r);
	rd_ip(r, &a->original);
	if (a->original.family != IP_NONE && a->original.family != a->remote.ip.family)
		rd_bad(r, "an address before translation is of another family");
	a->since_s = (int64_t)rd_le64(r);
	a->until_s = (int64_t)rd_le64(r);
	a->counted = rd_bool(r);
	a->sent = rd_le64(r);
	a->received = rd_le64(r);
	a->sent_packets = rd_le64(r);
	a->received_packets = rd_le64(r);
	a->policy = rd_string(r, m, MODEL_NAME_MAX);
}

/* --- pages ---------------------------------------------------------------------------------------- */

void ipc_put_sas(struct wr *w, const struct ipc_msg *m)
{
	wr_bool(w, m->u.sas.quick);
	wr_le64(w, m->u.sas.after);
}

void ipc_get_sas(struct rd *r, struct ipc_msg *m)
{
	m->u.sas.quick = rd_bool(r);
	m->u.sas.after = rd_le64(r);
}

enum {
	END_BYTES = 1 + 16 + 2,
	MMSA_BYTES = 8 + 2 * END_BYTES + 2 * ASSOC_COOKIE_BYTES + 3 + 3 + 1 + 8 + 16 + 2 + ASSOC_ID_MAX,
	QMSA_BYTES = 16 + 2 * END_BYTES + 4 + 2 * 18 + 5 + 12 + 2 + 16 + 17 + 16 + 33 + 2 + MODEL_NAME_MAX,
	SAS_HEAD_BYTES = 1 + 4 + 2 + IPC_TEXT_MAX + 8 + 1 + 1 + 8 + 1,
};
_Static_assert(SAS_HEAD_BYTES + ASSOC_PAGE_MAX * MMSA_BYTES <= IPC_BODY_MAX, "a page of main modes fits");
_Static_assert(SAS_HEAD_BYTES + ASSOC_PAGE_MAX * QMSA_BYTES <= IPC_BODY_MAX, "a page of quick modes fits");

static void put_page_head(struct wr *w, bool more, uint64_t next, size_t n)
{
	wr_bool(w, more);
	wr_le64(w, next);
	wr_u8(w, (uint8_t)n);
}

static size_t get_page_head(struct rd *r, bool *more, uint64_t *next)
{
	*more = rd_bool(r);
	*next = rd_le64(r);
	return rd_enum(r, ASSOC_PAGE_MAX, "a list is too long");
}

void ipc_put_sas_page(struct wr *w, const struct ipc_msg *m)
{
	const struct ipc_sas_page *p = &m->u.sas_page;

	put_ike(w, &p->ike);
	wr_le64(w, (uint64_t)p->now_s);
	wr_bool(w, p->quick);
	if (p->quick) {
		put_page_head(w, p->u.qm.more, p->u.qm.next, p->u.qm.n);
		for (size_t i = 0; i < p->u.qm.n; i++)
			put_qmsa(w, &p->u.qm.v[i]);
	} else {
		put_page_head(w, p->u.mm.more, p->u.mm.next, p->u.mm.n);
		for (size_t i = 0; i < p->u.mm.n; i++)
			put_mmsa(w, &p->u.mm.v[i]);
	}
}

void ipc_get_sas_page(struct rd *r, struct ipc_msg *m)
{
	struct ipc_sas_page *p = &m->u.sas_page;

	get_ike(r, &p->ike);
	p->now_s = (int64_t)rd_le64(r);
	p->quick = rd_bool(r);
	if (p->quick) {
		p->u.qm.n = get_page_head(r, &p->u.qm.more, &p->u.qm.next);
		for (size_t i = 0; i < p->u.qm.n && !r->bad; i++)
			get_qmsa(r, m, &p->u.qm.v[i]);
	} else {
		p->u.mm.n = get_page_head(r, &p->u.mm.more, &p->u.mm.next);
		for (size_t i = 0; i < p->u.mm.n && !r->bad; i++)
			get_mmsa(r, &p->u.mm.v[i]);
	}
}

/* --- keys ----------------------------------------------------------------------------------------- */

void ipc_put_key_name(struct wr *w, const struct ipc_msg *m)
{
	wr_guid(w, &m->u.key_name);
}

void ipc_get_key_name(struct rd *r, struct ipc_msg *m)
{
	rd_guid(r, &m->u.key_name);
}

void ipc_put_key(struct wr *w, const struct ipc_msg *m)
{
	wr_bool(w, m->u.key.found);
	wr_string(w, m->u.key.text, MODEL_TEXT_MAX);
}

void ipc_get_key(struct rd *r, struct ipc_msg *m)
{
	m->u.key.found = rd_bool(r);
	m->u.key.text = rd_string(r, m, MODEL_TEXT_MAX);
	if (!m->u.key.found && *m->u.key.text)
		rd_bad(r, "a key that is not there has a text");
}
