/* Identification, notify, delete, fragment and certificate payloads, both directions (RFC 2408 §3.8 to §3.15). */
#include "ike/codec/codec.h"

#include <string.h>

#include "common/base/mem.h"
#include "ike/codec/private.h"

#include "common/base/banned.h"

/* --- identification ------------------------------------------------------------------------------------ */

/* Address types (RFC 2407 §4.6.2.2 to §4.6.2.10): `parts` addresses one after the other. */
enum id_shape { ID_ADDR, ID_SUBNET, ID_RANGE };
static const struct id_row {
	uint8_t type, family, parts;
	enum id_shape shape;
} id_rows[] = {
    {IKE_ID_IPV4_ADDR, IP_V4, 1, ID_ADDR},
    {IKE_ID_IPV4_SUBNET, IP_V4, 2, ID_SUBNET},
    {IKE_ID_IPV4_RANGE, IP_V4, 2, ID_RANGE},
    {IKE_ID_IPV6_ADDR, IP_V6, 1, ID_ADDR},
    {IKE_ID_IPV6_SUBNET, IP_V6, 2, ID_SUBNET},
    {IKE_ID_IPV6_RANGE, IP_V6, 2, ID_RANGE},
};

static const struct id_row *id_row(uint8_t type)
{
	for (size_t i = 0; i < N_OF(id_rows); i++) {
		if (id_rows[i].type == type)
			return &id_rows[i];
	}
	return NULL;
}

static size_t id_part_len(const struct id_row *row)
{
	return ip_bits(row->family) / 8;
}

int ike_id_decode(struct ike_dec *d, struct ike_payload *p)
{
	struct ike_id *id = &p->u.id;
	const struct id_row *row;

	id->type = rd_u8(&d->r);
	id->protocol = rd_u8(&d->r);
	id->port = rd_u16(&d->r);
	id->data = rd_rest(&d->r);
	row = id_row(id->type);
	if (row && !d->r.bad && id->data.n != row->parts * id_part_len(row))
		return ike_dec_fail(d, "its length does not fit its type");
	return 0;
}

void ike_id_encode(const struct ike_payload *p, struct wr *w)
{
	const struct ike_id *id = &p->u.id;

	wr_u8(w, id->type);
	wr_u8(w, id->protocol);
	wr_u16(w, id->port);
	wr_span(w, id->data);
}

/* Length of the prefix that a mask means; false when it has gaps. */
static bool mask_plen(const uint8_t *mask, size_t n, unsigned *plen)
{
	unsigned ones = 0;

	for (size_t i = 0; i < 8 * n; i++) {
		bool bit = mask[i / 8] >> (7 - i % 8) & 1;

		if (bit && ones != i)
			return false;
		ones += bit;
	}
	*plen = ones;
	return true;
}

bool ike_id_range(const struct ike_id *id, struct ip *lo, struct ip *hi)
{
	const struct id_row *row = id_row(id->type);
	size_t len = row ? id_part_len(row) : 0;
	unsigned plen;

	if (!row || id->data.n != row->parts * len)
		return false;
	*lo = (struct ip){.family = row->family};
	memcpy(lo->b, id->data.p, len);
	*hi = *lo;
	switch (row->shape) {
	case ID_ADDR:
		return true;
	case ID_RANGE:
		memcpy(hi->b, id->data.p + len, len);
		return ip_cmp(lo, hi) <= 0;
	case ID_SUBNET:
		if (!mask_plen(id->data.p + len, len, &plen))
			return false;
		*hi = ip_last(lo, plen);
		*lo = ip_mask(lo, plen);
		return true;
	}
	return false;
}

struct ike_id ike_id_of_prefix(const struct ip *net, unsigned plen, uint8_t protocol, uint16_t port, uint8_t store[32])
{
	bool v4 = net->family == IP_V4, host = plen >= ip_bits(net->family);
	size_t len = ip_bits(net->family) / 8;
	struct ip ones = {.family = net->family};
	struct ip masked = ip_mask(net, plen), mask = ip_last(&ones, 0);

	mask = ip_mask(&mask, plen);
	memcpy(store, masked.b, len);
	memcpy(store + len, mask.b, host ? 0 : len);
	return (struct ike_id){
	    .type = (uint8_t)(host ? (v4 ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR)
	                           : (v4 ? IKE_ID_IPV4_SUBNET : IKE_ID_IPV6_SUBNET)),
	    .protocol = protocol,
	    .port = port,
	    .data = span_of(store, host ? len : 2 * len),
	};
}

/* --- notify and delete ---------------------------------------------------------------------------------- */

int ike_notify_decode(struct ike_dec *d, struct ike_payload *p)
{
	struct ike_notify *n = &p->u.notify;
	size_t spi_len;

	n->doi = rd_u32(&d->r);
	n->protocol = rd_u8(&d->r);
	spi_len = rd_u8(&d->r);
	n->type = rd_u16(&d->r);
	n->spi = rd_bytes(&d->r, spi_len);
	n->data = rd_rest(&d->r);
	if (!d->r.bad && spi_len > IKE_SPI_MAX)
		return ike_dec_fail(d, "the SPI is too long");
	return 0;
}

void ike_notify_encode(const struct ike_payload *p, struct wr *w)
{
	const struct ike_notify *n = &p->u.notify;

	if (n->spi.n > IKE_SPI_MAX)
		w->bad = true;
	wr_u32(w, n->doi);
	wr_u8(w, n->protocol);
	wr_u8(w, (uint8_t)n->spi.n);
	wr_u16(w, n->type);
	wr_span(w, n->spi);
	wr_span(w, n->data);
}

/* RFC 2408 §3.15: SPIs of AH and ESP have 4 bytes, those of ISAKMP are the cookies, 16. */
static bool delete_spi_fits(uint8_t protocol, uint8_t len)
{
	switch (protocol) {
	case IKE_PROTO_AH:
	case IKE_PROTO_ESP:
		return len == 4;
	case IKE_PROTO_ISAKMP:
		return len == 2 * IKE_COOKIE_LEN;
	default:
		return len > 0 && len <= IKE_SPI_MAX;
	}
}

int ike_delete_decode(struct ike_dec *d, struct ike_payload *p)
{
	struct ike_delete *del = &p->u.del;

	del->doi = rd_u32(&d->r);
	del->protocol = rd_u8(&d->r);
	del->spi_len = rd_u8(&d->r);
	del->nspis = rd_u16(&d->r);
	del->spis = rd_rest(&d->r);
	if (d->r.bad)
		return 0;
	if (!delete_spi_fits(del->protocol, del->spi_len))
		return ike_dec_fail(d, "the length of its SPIs does not fit the protocol");
	if (del->nspis == 0 || del->nspis > IKE_DELETE_SPIS_MAX)
		return ike_dec_fail(d, "no SPI, or too many");
	if (del->spis.n != (size_t)del->nspis * del->spi_len)
		return ike_dec_fail(d, "the number of SPIs does not fit its length");
	return 0;
}

void ike_delete_encode(const struct ike_payload *p, struct wr *w)
{
	const struct ike_delete *del = &p->u.del;

	if (del->spis.n != (size_t)del->nspis * del->spi_len)
		w->bad = true;
	wr_u32(w, del->doi);
	wr_u8(w, del->protocol);
	wr_u8(w, del->spi_len);
	wr_u16(w, del->nspis);
	wr_span(w, del->spis);
}

/* --- fragments and certificates -------------------------------------------------------------------------- */

enum { FRAG_LAST = 1 }; /* flag, semantics §5.4 */

int ike_frag_decode(struct ike_dec *d, struct ike_payload *p)
{
	struct ike_frag *f = &p->u.frag;

	f->id = rd_u16(&d->r);
	f->number = rd_u8(&d->r);
	f->last = rd_u8(&d->r) & FRAG_LAST;
	f->data = rd_rest(&d->r);
	if (!d->r.bad && (f->number == 0 || f->data.n == 0))
		return ike_dec_fail(d, "number zero, or no data");
	return 0;
}

void ike_frag_payload_encode(const struct ike_payload *p, struct wr *w)
{
	const struct ike_frag *f = &p->u.frag;

	wr_u16(w, f->id);
	wr_u8(w, f->number);
	wr_u8(w, f->last ? FRAG_LAST : 0);
	wr_span(w, f->data);
}

int ike_cert_decode(struct ike_dec *d, struct ike_payload *p)
{
	p->u.cert.encoding = rd_u8(&d->r);
	p->u.cert.data = rd_rest(&d->r);
	return 0;
}

void ike_cert_encode(const struct ike_payload *p, struct wr *w)
{
	wr_u8(w, p->u.cert.encoding);
	wr_span(w, p->u.cert.data);
}
