/*
 * Messages of the control channel <-> bytes. Pure: no sockets here. Each put_X stands beside its get_X;
 * a decoder copies into a struct and nothing else, meaning is the business of the two programs.
 */
#include "common/ipc/ipc.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/ipc/private.h"

#include "common/base/banned.h"

/* The worst case of every body fits, so writing needs no error path. */
_Static_assert(IPC_VERSION_TEXT_MAX + 2 * IPC_NAME_MAX + 3 * IPC_TEXT_MAX + 128 <= IPC_BODY_MAX, "state fits");

const struct enum_name opmode_names[] = {
	{OPMODE_PERMIT, "Permit"}, {OPMODE_SECURE, "Secure"}, {OPMODE_BLOCK, "Block"}, {0, NULL}};

/* --- bodies --------------------------------------------------------------------------------------- */

static void put_notify(struct wr *w, const struct ipc_msg *m)
{
	wr_bool(w, m->u.notify.persistent);
	wr_le64(w, m->u.notify.counter);
}

static void get_notify(struct rd *r, struct ipc_msg *m)
{
	m->u.notify.persistent = rd_bool(r);
	m->u.notify.counter = rd_le64(r);
}

static void put_result(struct wr *w, const struct ipc_msg *m)
{
	wr_le64(w, m->u.result.counter);
	wr_bool(w, m->u.result.failed);
	wr_text(w, m->u.result.text, sizeof m->u.result.text);
}

static void get_result(struct rd *r, struct ipc_msg *m)
{
	m->u.result.counter = rd_le64(r);
	m->u.result.failed = rd_bool(r);
	rd_text(r, m->u.result.text, sizeof m->u.result.text);
}

static void put_nothing(struct wr *w, const struct ipc_msg *m)
{
	(void)w;
	(void)m;
}

static void get_nothing(struct rd *r, struct ipc_msg *m)
{
	(void)r;
	(void)m;
}

static void put_state(struct wr *w, const struct ipc_msg *m)
{
	const struct ipc_state *s = &m->u.state;

	wr_u8(w, s->mode);
	wr_text(w, s->reason, sizeof s->reason);
	wr_le64(w, (uint64_t)s->applied_s);
	wr_text(w, s->version, sizeof s->version);
	wr_bool(w, s->assigned);
	wr_text(w, s->policy, sizeof s->policy);
	wr_guid(w, &s->guid);
	wr_le64(w, s->counter);
	wr_bool(w, s->persistent_assigned);
	wr_text(w, s->persistent_policy, sizeof s->persistent_policy);
	wr_guid(w, &s->persistent_guid);
	wr_le64(w, s->persistent_counter);
	wr_le32(w, s->nfilters);
	wr_le32(w, s->nxfrm);
	wr_bool(w, s->ike_running);
	wr_text(w, s->ike, sizeof s->ike);
	wr_text(w, s->last_error, sizeof s->last_error);
}

static void get_state(struct rd *r, struct ipc_msg *m)
{
	struct ipc_state *s = &m->u.state;

	s->mode = rd_enum(r, OPMODE_BLOCK, "there is no such mode");
	rd_text(r, s->reason, sizeof s->reason);
	s->applied_s = (int64_t)rd_le64(r);
	rd_text(r, s->version, sizeof s->version);
	s->assigned = rd_bool(r);
	rd_text(r, s->policy, sizeof s->policy);
	rd_guid(r, &s->guid);
	s->counter = rd_le64(r);
	s->persistent_assigned = rd_bool(r);
	rd_text(r, s->persistent_policy, sizeof s->persistent_policy);
	rd_guid(r, &s->persistent_guid);
	s->persistent_counter = rd_le64(r);
	s->nfilters = rd_le32(r);
	s->nxfrm = rd_le32(r);
	s->ike_running = rd_bool(r);
	rd_text(r, s->ike, sizeof s->ike);
	rd_text(r, s->last_error, sizeof s->last_error);
}

static void put_error(struct wr *w, const struct ipc_msg *m)
{
	wr_text(w, m->u.error.text, sizeof m->u.error.text);
}

static void get_error(struct rd *r, struct ipc_msg *m)
{
	rd_text(r, m->u.error.text, sizeof m->u.error.text);
}

static void put_done(struct wr *w, const struct ipc_msg *m)
{
	wr_le32(w, m->u.done.number);
	wr_text(w, m->u.done.text, sizeof m->u.done.text);
}

static void get_done(struct rd *r, struct ipc_msg *m)
{
	m->u.done.number = rd_le32(r);
	rd_text(r, m->u.done.text, sizeof m->u.done.text);
}

static void put_list(struct wr *w, const struct ipc_msg *m)
{
	wr_u8(w, m->u.list.kind);
	wr_le64(w, m->u.list.after);
}

static void get_list(struct rd *r, struct ipc_msg *m)
{
	m->u.list.kind = rd_enum(r, DYN_SPECIFIC, "there is no such listing");
	m->u.list.after = rd_le64(r);
	if (m->u.list.kind == DYN_ALL)
		rd_bad(r, "there is no such listing");
}

static void put_explain(struct wr *w, const struct ipc_msg *m)
{
	const struct packet *p = &m->u.explain.packet;

	wr_bool(w, m->u.explain.json);
	wr_bool(w, p->inbound);
	wr_bool(w, p->dialup);
	wr_ip(w, &p->src);
	wr_ip(w, &p->dst);
	wr_u8(w, p->protocol);
	wr_le16(w, p->sport);
	wr_le16(w, p->dport);
}

static void get_explain(struct rd *r, struct ipc_msg *m)
{
	struct packet *p = &m->u.explain.packet;

	m->u.explain.json = rd_bool(r);
	p->inbound = rd_bool(r);
	p->dialup = rd_bool(r);
	rd_ip(r, &p->src);
	rd_ip(r, &p->dst);
	p->protocol = rd_u8(r);
	p->sport = rd_le16(r);
	p->dport = rd_le16(r);
	p->family = p->src.family;
	if (p->family == IP_NONE || p->family != p->dst.family)
		rd_bad(r, "a packet has two addresses of one family");
}

static void put_explanation(struct wr *w, const struct ipc_msg *m)
{
	wr_le32(w, m->u.explanation.number);
	wr_string(w, m->u.explanation.text, IPC_EXPLANATION_MAX);
}

static void get_explanation(struct rd *r, struct ipc_msg *m)
{
	m->u.explanation.number = rd_le32(r);
	m->u.explanation.text = rd_string(r, m, IPC_EXPLANATION_MAX);
}

static void put_traffic(struct wr *w, const struct ipc_msg *m)
{
	wr_u8(w, m->u.traffic.of);
	wr_bool(w, m->u.traffic.persistent);
	wr_le32(w, m->u.traffic.after);
}

static void get_traffic(struct rd *r, struct ipc_msg *m)
{
	m->u.traffic.of = rd_enum(r, TRAFFIC_FILTERS, "there are no such counters");
	m->u.traffic.persistent = rd_bool(r);
	m->u.traffic.after = rd_le32(r);
}

_Static_assert(IPC_TRAFFIC_MAX * 20 + 19 <= IPC_BODY_MAX, "counters fit");

static void put_traffic_page(struct wr *w, const struct ipc_msg *m)
{
	const struct ipc_traffic_page *p = &m->u.traffic_page;

	wr_guid(w, &p->policy);
	wr_bool(w, p->more);
	wr_le16(w, (uint16_t)p->n);
	for (size_t i = 0; i < p->n; i++) {
		wr_le32(w, p->v[i].id);
		wr_le64(w, p->v[i].packets);
		wr_le64(w, p->v[i].bytes);
	}
}

static void get_traffic_page(struct rd *r, struct ipc_msg *m)
{
	struct ipc_traffic_page *p = &m->u.traffic_page;

	rd_guid(r, &p->policy);
	p->more = rd_bool(r);
	p->n = rd_upto(r, rd_le16(r), IPC_TRAFFIC_MAX, "a list is too long");
	for (size_t i = 0; i < p->n; i++) {
		p->v[i].id = rd_le32(r);
		p->v[i].packets = rd_le64(r);
		p->v[i].bytes = rd_le64(r);
		if (i > 0 && p->v[i].id <= p->v[i - 1].id)
			rd_bad(r, "counters are not in order");
	}
	if (p->more && p->n == 0)
		rd_bad(r, "an empty page is the last");
}

/* A message that is not in this table does not exist. */
static const struct codec {
	uint16_t type;
	void (*put)(struct wr *w, const struct ipc_msg *m);
	void (*get)(struct rd *r, struct ipc_msg *m);
} codecs[] = {
	{IPC_NOTIFY, put_notify, get_notify},
	{IPC_RESULT, put_result, get_result},
	{IPC_STATUS, put_nothing, get_nothing},
	{IPC_STATE, put_state, get_state},
	{IPC_CHANGE, ipc_put_change, ipc_get_change},
	{IPC_DONE, put_done, get_done},
	{IPC_LIST, put_list, get_list},
	{IPC_PAGE, ipc_put_page, ipc_get_page},
	{IPC_STATS, put_nothing, get_nothing},
	{IPC_COUNTS, ipc_put_counts, ipc_get_counts},
	{IPC_EXPLAIN, put_explain, get_explain},
	{IPC_EXPLANATION, put_explanation, get_explanation},
	{IPC_TRAFFIC, put_traffic, get_traffic},
	{IPC_TRAFFIC_PAGE, put_traffic_page, get_traffic_page},
	{IPC_SAS, ipc_put_sas, ipc_get_sas},
	{IPC_SAS_PAGE, ipc_put_sas_page, ipc_get_sas_page},
	{IPC_KEY, ipc_put_key_name, ipc_get_key_name},
	{IPC_KEY_TEXT, ipc_put_key, ipc_get_key},
	{IPC_ERROR, put_error, get_error},
};

static const struct codec *find_codec(uint64_t type)
{
	for (size_t i = 0; i < N_OF(codecs); i++)
		if (codecs[i].type == type)
			return &codecs[i];
	return NULL;
}

/* --- whole messages ------------------------------------------------------------------------------- */

size_t ipc_encode(const struct ipc_msg *m, uint8_t out[IPC_MSG_MAX])
{
	struct wr head = wr_of(out, IPC_HEAD_BYTES), body = wr_of(out + IPC_HEAD_BYTES, IPC_BODY_MAX);

	find_codec(m->type)->put(&body, m);
	wr_le32(&head, IPC_MAGIC);
	wr_le16(&head, IPC_VERSION);
	wr_le16(&head, m->type);
	wr_le32(&head, (uint32_t)body.n);
	wr_le32(&head, m->seq);
	return IPC_HEAD_BYTES + body.n;
}

/* Reads the header; NULL with the reason in `e`. */
static const struct codec *get_head(struct rd *r, struct ipc_msg *m, struct err *e)
{
	uint64_t magic = rd_le32(r), version = rd_le16(r), type = rd_le16(r);
	uint64_t length = rd_le32(r), seq = rd_le32(r);
	const struct codec *c = find_codec(type);
	char why[80] = "";

	if (r->bad || magic != IPC_MAGIC) {
		err_set(e, IPC_BAD, "it is no message of ipsecsh");
		return NULL;
	}
	m->seq = (uint32_t)seq;
	if (version != IPC_VERSION)
		snprintf(why, sizeof why, "it speaks version %u, this program version %u",
		    (unsigned)version, (unsigned)IPC_VERSION);
	else if (!c)
		snprintf(why, sizeof why, "message type %u is unknown", (unsigned)type);
	else if (length != r->n || length > IPC_BODY_MAX)
		snprintf(why, sizeof why, "its length is wrong");
	if (why[0]) {
		err_set(e, IPC_BAD, why);
		return NULL;
	}
	m->type = (uint16_t)type;
	return c;
}

int ipc_decode(const uint8_t *bytes, size_t n, struct ipc_msg *m, struct err *e)
{
	struct rd r = rd_of(span_of(bytes, n));
	const struct codec *c;

	*m = (struct ipc_msg){0};
	c = get_head(&r, m, e);
	if (!c)
		return -1;
	c->get(&r, m);
	if (r.n != 0)
		rd_bad(&r, "something follows its end");
	return r.bad ? err_set(e, IPC_BAD, r.bad) : 0;
}

void ipc_state_print(const struct ipc_state *s, struct buf *b)
{
	char guid[GUID_TEXT];

	buf_printf(b, "version: %s\n", s->version);
	buf_printf(b, "mode: %s, %s\n", enum_to_name(opmode_names, s->mode), s->reason);
	if (s->assigned)
		buf_printf(b, "policy: %s %s\n", s->policy, guid_print(&s->guid, guid));
	else
		buf_adds(b, "policy: none\n");
	buf_printf(b, "change: %llu\n", (unsigned long long)s->counter);
	if (s->persistent_assigned)
		buf_printf(b, "persistent policy: %s %s\n", s->persistent_policy,
		    guid_print(&s->persistent_guid, guid));
	else
		buf_adds(b, "persistent policy: none\n");
	buf_printf(b, "persistent change: %llu\n", (unsigned long long)s->persistent_counter);
	buf_printf(b, "filters: %u\n", s->nfilters);
	buf_printf(b, "xfrm policies: %u\n", s->nxfrm);
	buf_printf(b, "ike: %s\n", s->ike);
	buf_printf(b, "last error: %s\n", s->last_error[0] ? s->last_error : "none");
}
