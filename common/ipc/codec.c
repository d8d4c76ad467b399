/*
 * Messages of the control channel <-> bytes. Pure: no sockets here. Each put_X stands beside its get_X;
 * a decoder copies into a struct and nothing else, meaning is the business of the two programs.
 */
#include "common/ipc/ipc.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/ipc/wire.h"

#include "common/base/banned.h"

/* The worst case of every body fits, so writing needs no error path. */
_Static_assert(IPC_VERSION_TEXT_MAX + 2 * IPC_NAME_MAX + 3 * IPC_TEXT_MAX + 128 <= IPC_BODY_MAX, "state fits");

const struct enum_name opmode_names[] = {
	{OPMODE_PERMIT, "Permit"}, {OPMODE_SECURE, "Secure"}, {OPMODE_BLOCK, "Block"}, {0, NULL}};

/* --- bodies --------------------------------------------------------------------------------------- */

static void put_notify(struct wr *w, const struct ipc_msg *m)
{
	wr_bool(w, m->u.notify.persistent);
	wr_uint(w, m->u.notify.counter, 8);
}

static void get_notify(struct rd *r, struct ipc_msg *m)
{
	m->u.notify.persistent = rd_bool(r);
	m->u.notify.counter = rd_uint(r, 8);
}

static void put_result(struct wr *w, const struct ipc_msg *m)
{
	wr_uint(w, m->u.result.counter, 8);
	wr_bool(w, m->u.result.failed);
	wr_text(w, m->u.result.text, sizeof m->u.result.text);
}

static void get_result(struct rd *r, struct ipc_msg *m)
{
	m->u.result.counter = rd_uint(r, 8);
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

	wr_uint(w, s->mode, 1);
	wr_text(w, s->reason, sizeof s->reason);
	wr_uint(w, (uint64_t)s->applied_s, 8);
	wr_text(w, s->version, sizeof s->version);
	wr_bool(w, s->assigned);
	wr_text(w, s->policy, sizeof s->policy);
	wr_guid(w, &s->guid);
	wr_uint(w, s->counter, 8);
	wr_bool(w, s->persistent_assigned);
	wr_text(w, s->persistent_policy, sizeof s->persistent_policy);
	wr_guid(w, &s->persistent_guid);
	wr_uint(w, s->persistent_counter, 8);
	wr_uint(w, s->nfilters, 4);
	wr_uint(w, s->nxfrm, 4);
	wr_bool(w, s->ike_running);
	wr_text(w, s->ike, sizeof s->ike);
	wr_text(w, s->last_error, sizeof s->last_error);
}

static void get_state(struct rd *r, struct ipc_msg *m)
{
	struct ipc_state *s = &m->u.state;

	s->mode = rd_enum(r, OPMODE_BLOCK, "there is no such mode");
	rd_text(r, s->reason, sizeof s->reason);
	s->applied_s = (int64_t)rd_uint(r, 8);
	rd_text(r, s->version, sizeof s->version);
	s->assigned = rd_bool(r);
	rd_text(r, s->policy, sizeof s->policy);
	rd_guid(r, &s->guid);
	s->counter = rd_uint(r, 8);
	s->persistent_assigned = rd_bool(r);
	rd_text(r, s->persistent_policy, sizeof s->persistent_policy);
	rd_guid(r, &s->persistent_guid);
	s->persistent_counter = rd_uint(r, 8);
	s->nfilters = (uint32_t)rd_uint(r, 4);
	s->nxfrm = (uint32_t)rd_uint(r, 4);
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
	wr_uint(w, m->u.done.number, 4);
	wr_text(w, m->u.done.text, sizeof m->u.done.text);
}

static void get_done(struct rd *r, struct ipc_msg *m)
{
	m->u.done.number = (uint32_t)rd_uint(r, 4);
	rd_text(r, m->u.done.text, sizeof m->u.done.text);
}

static void put_list(struct wr *w, const struct ipc_msg *m)
{
	wr_uint(w, m->u.list.kind, 1);
	wr_uint(w, m->u.list.after, 8);
}

static void get_list(struct rd *r, struct ipc_msg *m)
{
	m->u.list.kind = rd_enum(r, DYN_SPECIFIC, "there is no such listing");
	m->u.list.after = rd_uint(r, 8);
	if (m->u.list.kind == DYN_ALL)
		rd_bad(r, "there is no such listing");
}

static void put_explain(struct wr *w, const struct ipc_msg *m)
{
	const struct packet *p = &m->u.explain.packet;

	wr_bool(w, m->u.explain.json);
	wr_bool(w, p->inbound);
	wr_bool(w, p->dialup);
	wire_put_ip(w, &p->src);
	wire_put_ip(w, &p->dst);
	wr_uint(w, p->protocol, 1);
	wr_uint(w, p->sport, 2);
	wr_uint(w, p->dport, 2);
}

static void get_explain(struct rd *r, struct ipc_msg *m)
{
	struct packet *p = &m->u.explain.packet;

	m->u.explain.json = rd_bool(r);
	p->inbound = rd_bool(r);
	p->dialup = rd_bool(r);
	wire_get_ip(r, &p->src);
	wire_get_ip(r, &p->dst);
	p->protocol = (uint8_t)rd_uint(r, 1);
	p->sport = (uint16_t)rd_uint(r, 2);
	p->dport = (uint16_t)rd_uint(r, 2);
	p->family = p->src.family;
	if (p->family == IP_NONE || p->family != p->dst.family)
		rd_bad(r, "a packet has two addresses of one family");
}

static void put_explanation(struct wr *w, const struct ipc_msg *m)
{
	wr_uint(w, m->u.explanation.number, 4);
	wr_string(w, m->u.explanation.text, IPC_EXPLANATION_MAX);
}

static void get_explanation(struct rd *r, struct ipc_msg *m)
{
	m->u.explanation.number = (uint32_t)rd_uint(r, 4);
	m->u.explanation.text = rd_string(r, IPC_EXPLANATION_MAX);
}

static void put_traffic(struct wr *w, const struct ipc_msg *m)
{
	wr_uint(w, m->u.traffic.of, 1);
	wr_bool(w, m->u.traffic.persistent);
	wr_uint(w, m->u.traffic.after, 4);
}

static void get_traffic(struct rd *r, struct ipc_msg *m)
{
	m->u.traffic.of = rd_enum(r, TRAFFIC_FILTERS, "there are no such counters");
	m->u.traffic.persistent = rd_bool(r);
	m->u.traffic.after = (uint32_t)rd_uint(r, 4);
}

_Static_assert(IPC_TRAFFIC_MAX * 20 + 19 <= IPC_BODY_MAX, "counters fit");

static void put_traffic_page(struct wr *w, const struct ipc_msg *m)
{
	const struct ipc_traffic_page *p = &m->u.traffic_page;

	wr_guid(w, &p->policy);
	wr_bool(w, p->more);
	wr_uint(w, p->n, 2);
	for (size_t i = 0; i < p->n; i++) {
		wr_uint(w, p->v[i].id, 4);
		wr_uint(w, p->v[i].packets, 8);
		wr_uint(w, p->v[i].bytes, 8);
	}
}

static void get_traffic_page(struct rd *r, struct ipc_msg *m)
{
	struct ipc_traffic_page *p = &m->u.traffic_page;

	rd_guid(r, &p->policy);
	p->more = rd_bool(r);
	p->n = (size_t)rd_uint(r, 2);
	if (p->n > IPC_TRAFFIC_MAX) {
		rd_bad(r, "a list is too long");
		p->n = 0;
	}
	for (size_t i = 0; i < p->n; i++) {
		p->v[i].id = (uint32_t)rd_uint(r, 4);
		p->v[i].packets = rd_uint(r, 8);
		p->v[i].bytes = rd_uint(r, 8);
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
	{IPC_CHANGE, wire_put_change, wire_get_change},
	{IPC_DONE, put_done, get_done},
	{IPC_LIST, put_list, get_list},
	{IPC_PAGE, wire_put_page, wire_get_page},
	{IPC_STATS, put_nothing, get_nothing},
	{IPC_COUNTS, wire_put_counts, wire_get_counts},
	{IPC_EXPLAIN, put_explain, get_explain},
	{IPC_EXPLANATION, put_explanation, get_explanation},
	{IPC_TRAFFIC, put_traffic, get_traffic},
	{IPC_TRAFFIC_PAGE, put_traffic_page, get_traffic_page},
	{IPC_SAS, wire_put_sas, wire_get_sas},
	{IPC_SAS_PAGE, wire_put_sas_page, wire_get_sas_page},
	{IPC_KEY, wire_put_key_name, wire_get_key_name},
	{IPC_KEY_TEXT, wire_put_key, wire_get_key},
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
	struct wr body = {.p = out + IPC_HEAD_BYTES, .cap = IPC_BODY_MAX};
	struct wr head = {.p = out, .cap = IPC_HEAD_BYTES};

	find_codec(m->type)->put(&body, m);
	wr_uint(&head, IPC_MAGIC, 4);
	wr_uint(&head, IPC_VERSION, 2);
	wr_uint(&head, m->type, 2);
	wr_uint(&head, body.n, 4);
	wr_uint(&head, m->seq, 4);
	return IPC_HEAD_BYTES + body.n;
}

/* Reads the header; NULL with the reason in `e`. */
static const struct codec *get_head(struct rd *r, struct ipc_msg *m, struct err *e)
{
	uint64_t magic = rd_uint(r, 4), version = rd_uint(r, 2), type = rd_uint(r, 2);
	uint64_t length = rd_uint(r, 4), seq = rd_uint(r, 4);
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
	else if (length != r->left || length > IPC_BODY_MAX)
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
	struct rd r = {.p = bytes, .left = n, .m = m};
	const struct codec *c;

	*m = (struct ipc_msg){0};
	c = get_head(&r, m, e);
	if (!c)
		return -1;
	c->get(&r, m);
	if (!r.bad && r.left != 0)
		r.bad = "something follows its end";
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
