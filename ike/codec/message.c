/*
 * Header and chain of payloads, both directions (RFC 2408 §3.1, §3.2, §5.2, §5.3). What stands inside a payload is
 * the affair of sa.c and payload.c; which payloads a message must have, of rules.c.
 */
#include "ike/codec/codec.h"

#include <string.h>

#include "common/base/mem.h"
#include "ike/codec/private.h"

#include "common/base/banned.h"

int ike_fail(struct ike_fault *f, enum ike_failure code, uint8_t payload, size_t at, const char *why)
{
	*f = (struct ike_fault){
	    .code = code,
	    .payload = payload,
	    .at = (uint16_t)(at < UINT16_MAX ? at : UINT16_MAX),
	    .why = why,
	};
	return -1;
}

int ike_dec_fail(const struct ike_dec *d, const char *why)
{
	/* A cursor that failed has left its bytes; the payload's name must do then. */
	size_t at = d->r.p && !d->r.bad ? (size_t)(d->r.p - d->message) : 0;

	return ike_fail(d->f, d->code, d->type, at, why);
}

/* --- header ---------------------------------------------------------------------------------------- */

/* In the order of RFC 2408 §5.2. */
int ike_header_decode(struct span datagram, struct ike_header *h, struct ike_fault *f)
{
	static const uint8_t zero[IKE_COOKIE_LEN];
	struct rd r = rd_of(datagram);

	rd_copy(&r, h->icookie, IKE_COOKIE_LEN);
	rd_copy(&r, h->rcookie, IKE_COOKIE_LEN);
	h->next = rd_u8(&r);
	h->version = rd_u8(&r);
	h->exchange = rd_u8(&r);
	h->flags = rd_u8(&r);
	h->msgid = rd_u32(&r);
	h->length = rd_u32(&r);
	if (r.bad)
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, datagram.n, "shorter than a header");
	if (datagram.n > IKE_MSG_MAX || h->length != datagram.n)
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, 24, "its length is not that of the datagram");
	if (h->version >> 4 != IKE_VERSION >> 4)
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, 17, "another major version");
	if (h->flags & ~(IKE_F_ENCRYPTED | IKE_F_COMMIT | IKE_F_AUTH_ONLY))
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, 19, "unknown flags");
	if (memcmp(h->icookie, zero, sizeof zero) == 0)
		return ike_fail(f, IKE_FAIL_INVALID_COOKIE, 0, 0, "the initiator's cookie is zero");
	return 0;
}

static void header_encode(const struct ike_header *h, struct wr *w)
{
	wr_bytes(w, h->icookie, IKE_COOKIE_LEN);
	wr_bytes(w, h->rcookie, IKE_COOKIE_LEN);
	wr_u8(w, h->next);
	wr_u8(w, h->version);
	wr_u8(w, h->exchange);
	wr_u8(w, h->flags);
	wr_u32(w, h->msgid);
	wr_u32(w, h->length);
}

/* --- payloads by type ------------------------------------------------------------------------------- */

static int data_decode(struct ike_dec *d, struct ike_payload *p)
{
	p->u.data = rd_rest(&d->r);
	return 0;
}

static void data_encode(const struct ike_payload *p, struct wr *w)
{
	wr_span(w, p->u.data);
}

static const struct {
	int (*decode)(struct ike_dec *d, struct ike_payload *p);
	void (*encode)(const struct ike_payload *p, struct wr *w);
} forms[] = {
    [IKE_FORM_DATA] = {data_decode, data_encode},
    [IKE_FORM_SA] = {ike_sa_decode, ike_sa_encode},
    [IKE_FORM_ID] = {ike_id_decode, ike_id_encode},
    [IKE_FORM_NOTIFY] = {ike_notify_decode, ike_notify_encode},
    [IKE_FORM_DELETE] = {ike_delete_decode, ike_delete_encode},
    [IKE_FORM_FRAG] = {ike_frag_decode, ike_frag_payload_encode},
    [IKE_FORM_CERT] = {ike_cert_decode, ike_cert_encode},
};

/* What is not here is data without a meaning of ours. */
static const struct type_row {
	uint8_t type, kind;
	enum ike_form form;
	enum ike_failure code;
} types[] = {
    {IKE_P_SA, IKE_P_SA, IKE_FORM_SA, IKE_FAIL_PROCESS_ERR_SA},
    {IKE_P_KE, IKE_P_KE, IKE_FORM_DATA, IKE_FAIL_PROCESS_ERR_KE},
    {IKE_P_ID, IKE_P_ID, IKE_FORM_ID, IKE_FAIL_PROCESS_ERR_ID},
    {IKE_P_CERT, IKE_P_CERT, IKE_FORM_CERT, IKE_FAIL_PROCESS_ERR_CERT},
    {IKE_P_CERTREQ, IKE_P_CERTREQ, IKE_FORM_CERT, IKE_FAIL_PROCESS_ERR_CERT_REQ},
    {IKE_P_HASH, IKE_P_HASH, IKE_FORM_DATA, IKE_FAIL_PROCESS_ERR_HASH},
    {IKE_P_SIG, IKE_P_SIG, IKE_FORM_DATA, IKE_FAIL_PROCESS_ERR_SIG},
    {IKE_P_NONCE, IKE_P_NONCE, IKE_FORM_DATA, IKE_FAIL_PROCESS_ERR_NONCE},
    {IKE_P_NOTIFY, IKE_P_NOTIFY, IKE_FORM_NOTIFY, IKE_FAIL_PROCESS_ERR_NOTIFY},
    {IKE_P_DELETE, IKE_P_DELETE, IKE_FORM_DELETE, IKE_FAIL_PROCESS_ERR_DELETE},
    {IKE_P_VENDOR, IKE_P_VENDOR, IKE_FORM_DATA, IKE_FAIL_PROCESS_ERR_VENDOR},
    {IKE_P_NATD, IKE_P_NATD, IKE_FORM_DATA, IKE_FAIL_INVALID_PAYLOAD},
    {IKE_P_NATOA, IKE_P_NATOA, IKE_FORM_ID, IKE_FAIL_PROCESS_ERR_NATOA},
    {IKE_P_NATD_02, IKE_P_NATD, IKE_FORM_DATA, IKE_FAIL_INVALID_PAYLOAD},
    {IKE_P_NATOA_02, IKE_P_NATOA, IKE_FORM_ID, IKE_FAIL_PROCESS_ERR_NATOA},
    {IKE_P_FRAG, IKE_P_FRAG, IKE_FORM_FRAG, IKE_FAIL_INVALID_PAYLOAD},
};

static struct type_row type_row(uint8_t type)
{
	for (size_t i = 0; i < N_OF(types); i++) {
		if (types[i].type == type)
			return types[i];
	}
	return (struct type_row){type, type, IKE_FORM_DATA, IKE_FAIL_INVALID_PAYLOAD};
}

enum ike_form ike_payload_form(uint8_t type)
{
	return type_row(type).form;
}

uint8_t ike_payload_kind(uint8_t type)
{
	return type_row(type).kind;
}

/* --- the chain --------------------------------------------------------------------------------------- */

/* One payload (RFC 2408 §3.2, §5.3); `next` becomes the type of the one after it. */
static int payload_decode(struct rd *r, const uint8_t *message, uint8_t *next, struct ike_payload *p,
    struct arena *a, struct ike_fault *f)
{
	struct type_row row = type_row(*next);
	size_t at = (size_t)(r->p - message), len;
	struct ike_dec d = {.message = message, .type = *next, .code = row.code, .a = a, .f = f};
	uint8_t reserved;

	*p = (struct ike_payload){.type = *next, .at = at};
	*next = rd_u8(r);
	reserved = rd_u8(r);
	len = rd_u16(r);
	if (r->bad)
		return ike_fail(f, row.code, p->type, at, "the message ends before it");
	if (reserved != 0)
		return ike_fail(f, row.code, p->type, at, "the reserved byte is not zero");
	if (len < IKE_GENERIC_LEN || len - IKE_GENERIC_LEN > r->n)
		return ike_fail(f, row.code, p->type, at, "its length does not fit the message");
	p->len = len;
	d.r = rd_of(rd_bytes(r, len - IKE_GENERIC_LEN));
	if (forms[row.form].decode(&d, p))
		return -1;
	if (d.r.bad)
		return ike_fail(f, row.code, p->type, at, "it is too short");
	return 0;
}

int ike_payloads_decode(struct span message, struct ike_msg *m, struct arena *a, struct ike_fault *f)
{
	enum { PADDING_MAX = 256 };
	struct rd r = rd_of(message);
	uint8_t next = m->hdr.next;

	m->n = 0;
	m->padding = 0;
	rd_bytes(&r, IKE_HEADER_LEN);
	if (r.bad)
		return ike_fail(f, IKE_FAIL_INVALID_HEADER, 0, message.n, "shorter than a header");
	while (next != IKE_P_NONE) {
		if (m->n == IKE_PAYLOADS_MAX)
			return ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, next, (size_t)(r.p - message.p),
			    "too many payloads");
		if (payload_decode(&r, message.p, &next, &m->v[m->n], a, f))
			return -1;
		m->n++;
	}
	if (r.n != 0 && !(m->hdr.flags & IKE_F_ENCRYPTED))
		return ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, 0, message.n - r.n, "bytes after the last payload");
	if (r.n >= PADDING_MAX)
		return ike_fail(f, IKE_FAIL_DECRYPT, 0, message.n - r.n, "too much padding");
	m->padding = r.n;
	return 0;
}

int ike_encode(struct ike_msg *m, size_t block, struct wr *w)
{
	enum { LENGTH_AT = 24 };
	size_t over;

	m->hdr.next = m->n ? m->v[0].type : IKE_P_NONE;
	m->hdr.length = 0;
	header_encode(&m->hdr, w);
	for (size_t i = 0; i < m->n; i++) {
		struct ike_payload *p = &m->v[i];

		p->at = w->n;
		wr_u8(w, i + 1 < m->n ? m->v[i + 1].type : IKE_P_NONE);
		wr_u8(w, 0);
		wr_u16(w, 0);
		forms[ike_payload_form(p->type)].encode(p, w);
		p->len = w->n - p->at;
		wr_patch_u16(w, p->at + 2, p->len);
	}
	over = block > 1 ? (w->n - IKE_HEADER_LEN) % block : 0;
	m->padding = over ? block - over : 0;
	wr_room(w, m->padding);
	if (w->bad || w->n > IKE_MSG_MAX)
		return -1;
	m->hdr.length = (uint32_t)w->n;
	for (size_t i = 0; i < 4; i++)
		w->p[LENGTH_AT + i] = (uint8_t)(m->hdr.length >> (24 - 8 * i));
	return 0;
}

/* --- looking at a message ---------------------------------------------------------------------------- */

struct span ike_payload_raw(struct span message, const struct ike_payload *p)
{
	if (p->at > message.n || p->len > message.n - p->at)
		return (struct span){NULL, 0};
	return span_of(message.p + p->at, p->len);
}

struct span ike_payload_body(struct span message, const struct ike_payload *p)
{
	struct span raw = ike_payload_raw(message, p);

	if (raw.n < IKE_GENERIC_LEN)
		return (struct span){NULL, 0};
	return span_of(raw.p + IKE_GENERIC_LEN, raw.n - IKE_GENERIC_LEN);
}

struct span ike_payloads_from(struct span message, const struct ike_msg *m, size_t from)
{
	size_t end;

	if (from >= m->n)
		return (struct span){NULL, 0};
	end = m->v[m->n - 1].at + m->v[m->n - 1].len;
	if (end > message.n)
		return (struct span){NULL, 0};
	return span_of(message.p + m->v[from].at, end - m->v[from].at);
}

const struct ike_payload *ike_msg_find(const struct ike_msg *m, uint8_t kind, size_t from)
{
	for (size_t i = from; i < m->n; i++) {
		if (ike_payload_kind(m->v[i].type) == kind)
			return &m->v[i];
	}
	return NULL;
}

size_t ike_msg_count(const struct ike_msg *m, uint8_t kind)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += ike_payload_kind(m->v[i].type) == kind;
	return n;
}

struct ike_payload *ike_msg_add(struct ike_msg *m, uint8_t type)
{
	struct ike_payload *p;

	if (m->n == IKE_PAYLOADS_MAX)
		return NULL;
	p = &m->v[m->n++];
	*p = (struct ike_payload){.type = type};
	return p;
}
