/*
 * Messages as text, for ikelogging. Only names, numbers and addresses: the bytes of key exchange, nonces, hashes, signatures
 * and certificates are never shown. Text of the peer is made printable.
 */
#include "ike/codec/codec.h"

#include "common/base/mem.h"

#include "common/base/banned.h"

static void put_name(struct buf *b, const struct enum_name *t, uint64_t value)
{
	const char *name = value <= INT32_MAX ? enum_to_name(t, (int)value) : NULL;

	if (name)
		buf_adds(b, name);
	else
		buf_printf(b, "%llu", (unsigned long long)value);
}

static void put_hex(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_printf(b, "%02x", s.p[i]);
}

static void put_printable(struct buf *b, struct span s)
{
	enum { MOST = 100 };

	for (size_t i = 0; i < s.n && i < MOST; i++)
		buf_addc(b, s.p[i] > 32 && s.p[i] < 127 ? (char)s.p[i] : '?');
	if (s.n > MOST)
		buf_adds(b, "...");
}

void ike_fault_print(const struct ike_fault *f, struct buf *b)
{
	const char *name = ike_failure_name(f->code);

	if (f->payload) {
		put_name(b, ike_payload_names, f->payload);
		buf_adds(b, " payload");
	} else {
		buf_adds(b, "message");
	}
	buf_printf(b, " at %u: %s (%s %d)", f->at, f->why ? f->why : "", name ? name : "?", (int)f->code);
}

/* --- attributes --------------------------------------------------------------------------------------------- */

/* Where the names of an attribute's values are; NULL: it is a number. */
struct attr_row {
	uint16_t type;
	const struct enum_name *values;
};
static const struct enum_name life_types[] = {{IKE_LIFE_SECONDS, "seconds"}, {IKE_LIFE_KILOBYTES, "kilobytes"}, {0, NULL}};
static const struct attr_row mm_values[] = {
    {IKE_A_CIPHER, ike_cipher_names},
    {IKE_A_HASH, ike_hash_names},
    {IKE_A_AUTH, ike_auth_names},
    {IKE_A_GROUP, ike_group_names},
    {IKE_A_LIFE_TYPE, life_types},
    {0, NULL},
};
static const struct attr_row qm_values[] = {
    {IKE_QA_LIFE_TYPE, life_types},
    {IKE_QA_GROUP, ike_group_names},
    {IKE_QA_MODE, ike_mode_names},
    {IKE_QA_AUTH, ike_qm_auth_names},
    {0, NULL},
};

static void attr_print(const struct ike_attr *a, bool main_mode, struct buf *b)
{
	const struct enum_name *names = main_mode ? ike_attr_names : ike_qm_attr_names;
	const struct attr_row *row = main_mode ? mm_values : qm_values;
	const char *name = enum_to_name(names, a->type);
	uint64_t value;

	if (name)
		buf_printf(b, "%s ", name);
	else
		buf_printf(b, "attribute %u = ", a->type);
	while (row->values && row->type != a->type)
		row++;
	if (!ike_attr_number(a, &value))
		buf_printf(b, "(%zu bytes)", a->data.n);
	else if (row->values)
		put_name(b, row->values, value);
	else
		buf_printf(b, "%llu", (unsigned long long)value);
}

void ike_transform_print(const struct ike_transform *t, uint8_t protocol, struct buf *b)
{
	for (size_t i = 0; i < t->nattrs; i++) {
		buf_adds(b, i ? ", " : "");
		attr_print(&t->attrs[i], protocol == IKE_PROTO_ISAKMP, b);
	}
}

static const struct enum_name *transform_names(uint8_t protocol)
{
	static const struct enum_name isakmp[] = {{IKE_T_KEY_IKE, "KEY_IKE"}, {0, NULL}};
	static const struct enum_name none[] = {{0, NULL}};

	switch (protocol) {
	case IKE_PROTO_ISAKMP:
		return isakmp;
	case IKE_PROTO_AH:
		return ike_ah_names;
	case IKE_PROTO_ESP:
		return ike_esp_names;
	default:
		return none;
	}
}

void ike_proposal_print(const struct ike_proposal *p, struct buf *b)
{
	buf_printf(b, "    P%u ", p->number);
	put_name(b, ike_protocol_names, p->protocol);
	if (p->spi.n) {
		buf_adds(b, " spi ");
		put_hex(b, p->spi);
	}
	buf_addc(b, '\n');
	for (size_t i = 0; i < p->ntransforms; i++) {
		const struct ike_transform *t = &p->transforms[i];

		buf_printf(b, "      T%u ", t->number);
		put_name(b, transform_names(p->protocol), t->id);
		buf_adds(b, t->nattrs ? ": " : "");
		ike_transform_print(t, p->protocol, b);
		buf_addc(b, '\n');
	}
}

/* --- payloads ------------------------------------------------------------------------------------------------- */

void ike_id_print(const struct ike_id *id, struct buf *b)
{
	char first[IP_TEXT], second[IP_TEXT];
	struct ip lo, hi;

	put_name(b, ike_id_names, id->type);
	buf_addc(b, ' ');
	if (ike_id_range(id, &lo, &hi)) {
		buf_adds(b, ip_print(&lo, first));
		if (!ip_eq(&lo, &hi))
			buf_printf(b, "-%s", ip_print(&hi, second));
	} else if (id->type == IKE_ID_FQDN || id->type == IKE_ID_USER_FQDN) {
		put_printable(b, id->data);
	} else {
		buf_printf(b, "(%zu bytes)", id->data.n);
	}
	if (id->protocol || id->port)
		buf_printf(b, " protocol %u port %u", id->protocol, id->port);
}

static void sa_print(const struct ike_payload *p, struct buf *b)
{
	buf_addc(b, '\n');
	for (size_t i = 0; i < p->u.sa.nproposals; i++)
		ike_proposal_print(&p->u.sa.proposals[i], b);
}

static void id_print(const struct ike_payload *p, struct buf *b)
{
	ike_id_print(&p->u.id, b);
	buf_addc(b, '\n');
}

static void notify_print(const struct ike_payload *p, struct buf *b)
{
	const struct ike_notify *n = &p->u.notify;

	put_name(b, ike_notify_names, n->type);
	if (n->protocol) {
		buf_adds(b, ", protocol ");
		put_name(b, ike_protocol_names, n->protocol);
	}
	if (n->spi.n) {
		buf_adds(b, ", spi ");
		put_hex(b, n->spi);
	}
	if (n->data.n)
		buf_printf(b, ", %zu bytes", n->data.n);
	if (n->type == IKE_N_MS_STATUS && n->data.n >= 4) {
		struct rd r = rd_of(span_of(n->data.p + n->data.n - 4, 4));
		uint32_t code = rd_u32(&r);
		const char *name = ike_failure_name((enum ike_failure)code);

		buf_printf(b, ", %s %u", name ? name : "status", code);
	}
	buf_addc(b, '\n');
}

static void delete_print(const struct ike_payload *p, struct buf *b)
{
	const struct ike_delete *d = &p->u.del;
	struct rd r = rd_of(d->spis);

	put_name(b, ike_protocol_names, d->protocol);
	for (size_t i = 0; i < d->nspis; i++) {
		buf_addc(b, ' ');
		put_hex(b, rd_bytes(&r, d->spi_len));
	}
	buf_addc(b, '\n');
}

static void frag_print(const struct ike_payload *p, struct buf *b)
{
	const struct ike_frag *f = &p->u.frag;

	buf_printf(b, "id %u, number %u%s, %zu bytes\n", f->id, f->number, f->last ? ", last" : "", f->data.n);
}

static void cert_print(const struct ike_payload *p, struct buf *b)
{
	buf_printf(b, "encoding %u, %zu bytes\n", p->u.cert.encoding, p->u.cert.data.n);
}

static void data_print(const struct ike_payload *p, struct buf *b)
{
	uint32_t version;

	if (p->type == IKE_P_VENDOR && ike_vendor_of(p->u.data, &version) != IKE_V_UNKNOWN) {
		buf_adds(b, ike_vendor_name(ike_vendor_of(p->u.data, &version)));
		if (version)
			buf_printf(b, ", version %u", version);
	} else {
		buf_printf(b, "%zu bytes", p->u.data.n);
	}
	buf_addc(b, '\n');
}

static void (*const printers[])(const struct ike_payload *p, struct buf *b) = {
    [IKE_FORM_DATA] = data_print,
    [IKE_FORM_SA] = sa_print,
    [IKE_FORM_ID] = id_print,
    [IKE_FORM_NOTIFY] = notify_print,
    [IKE_FORM_DELETE] = delete_print,
    [IKE_FORM_FRAG] = frag_print,
    [IKE_FORM_CERT] = cert_print,
};

void ike_msg_print(const struct ike_msg *m, struct buf *b)
{
	const struct ike_header *h = &m->hdr;

	put_name(b, ike_exchange_names, h->exchange);
	buf_adds(b, ", cookies ");
	put_hex(b, span_of(h->icookie, IKE_COOKIE_LEN));
	buf_addc(b, ' ');
	put_hex(b, span_of(h->rcookie, IKE_COOKIE_LEN));
	buf_printf(b, ", message id %08x, %u bytes%s%s\n", h->msgid, h->length,
	    h->flags & IKE_F_ENCRYPTED ? ", encrypted" : "", h->flags & IKE_F_COMMIT ? ", commit" : "");
	for (size_t i = 0; i < m->n; i++) {
		buf_adds(b, "  ");
		put_name(b, ike_payload_names, m->v[i].type);
		buf_adds(b, ": ");
		printers[ike_payload_form(m->v[i].type)](&m->v[i], b);
	}
}
