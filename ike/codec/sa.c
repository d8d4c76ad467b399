/* The SA payload with its proposals, transforms and attributes, both directions (RFC 2408 §3.3 to §3.6). */
#include "ike/codec/codec.h"

#include "ike/codec/private.h"

#include "common/base/banned.h"

enum { ATTR_BASIC = 0x8000 }; /* the format bit, RFC 2408 §3.3 */

bool ike_attr_number(const struct ike_attr *a, uint64_t *out)
{
	struct rd r = rd_of(a->data);

	*out = a->value;
	if (a->basic)
		return true;
	/* Leading zeros do not make a number larger. */
	while (r.n > sizeof *out && r.p[0] == 0)
		rd_u8(&r);
	if (r.n == 0 || r.n > sizeof *out)
		return false;
	*out = rd_uint(&r, r.n);
	return true;
}

struct ike_attr ike_attr_of(uint16_t type, uint32_t value, uint8_t store[4])
{
	struct wr w = wr_of(store, 4);

	if (value <= UINT16_MAX)
		return (struct ike_attr){.type = type, .basic = true, .value = (uint16_t)value};
	wr_u32(&w, value);
	return (struct ike_attr){.type = type, .data = wr_done(&w)};
}

/* --- decode ------------------------------------------------------------------------------------------ */

bool ike_attrs_decode(struct span bytes, struct ike_attr *out, size_t max, size_t *n)
{
	struct rd r = rd_of(bytes);

	for (*n = 0; r.n > 0; ++*n) {
		uint16_t type = rd_u16(&r), value = rd_u16(&r);

		if (*n == max)
			return false;
		out[*n] = (struct ike_attr){.type = type & (ATTR_BASIC - 1), .basic = type & ATTR_BASIC};
		if (out[*n].basic)
			out[*n].value = value;
		else
			out[*n].data = rd_bytes(&r, value);
		if (r.bad)
			return false;
	}
	return true;
}

static int attrs_decode(struct ike_dec *d, struct rd r, struct ike_transform *t)
{
	struct ike_attr found[IKE_ATTRS_MAX];

	if (!ike_attrs_decode(span_of(r.p, r.n), found, IKE_ATTRS_MAX, &t->nattrs))
		return ike_dec_fail(d, "too many attributes, or one longer than its transform");
	t->attrs = arena_array(d->a, t->nattrs, sizeof *t->attrs);
	for (size_t i = 0; i < t->nattrs; i++)
		t->attrs[i] = found[i];
	return 0;
}

/*
 * The head that proposals and transforms share: next (0, or `type` when another follows), reserved, length. The rest of it
 * becomes `inner`; d->r goes behind it.
 */
static int head_decode(struct ike_dec *d, struct rd *r, uint8_t type, bool *more, struct rd *inner)
{
	enum { HEAD = 4 };
	uint8_t next = rd_u8(r), reserved = rd_u8(r);
	size_t len = rd_u16(r);

	if (r->bad || len < HEAD || len - HEAD > r->n)
		return ike_dec_fail(d, "a length is beyond the end");
	if (reserved != 0)
		return ike_dec_fail(d, "a reserved byte is not zero");
	*inner = rd_of(rd_bytes(r, len - HEAD));
	*more = r->n > 0;
	if (next != (*more ? type : IKE_P_NONE))
		return ike_dec_fail(d, "the chain and its lengths disagree");
	return 0;
}

/* `budget`: how many transforms the payload may still have. */
static int transforms_decode(struct ike_dec *d, struct rd r, struct ike_proposal *p, size_t *budget)
{
	bool more = true;

	d->code = IKE_FAIL_PROCESS_ERR_TRANS;
	if (p->ntransforms > *budget)
		return ike_dec_fail(d, "too many transforms");
	*budget -= p->ntransforms;
	p->transforms = arena_array(d->a, p->ntransforms, sizeof *p->transforms);
	for (size_t i = 0; i < p->ntransforms; i++) {
		struct ike_transform *t = &p->transforms[i];
		struct rd inner;

		if (!more)
			return ike_dec_fail(d, "fewer transforms than announced");
		if (head_decode(d, &r, IKE_P_TRANSFORM, &more, &inner))
			return -1;
		t->number = rd_u8(&inner);
		t->id = rd_u8(&inner);
		rd_u16(&inner); /* reserved; not checked, some fill it */
		if (inner.bad)
			return ike_dec_fail(d, "a transform is too short");
		if (attrs_decode(d, inner, t))
			return -1;
	}
	return more ? ike_dec_fail(d, "more transforms than announced") : 0;
}

/* RFC 2408 §3.5; the SPI of AH and ESP has four bytes (RFC 2402 §2.4, RFC 2406 §2.1). */
static int proposal_decode(struct ike_dec *d, struct rd r, struct ike_proposal *p, size_t *budget)
{
	size_t spi_len;

	d->code = IKE_FAIL_PROCESS_ERR_PROP;
	p->number = rd_u8(&r);
	p->protocol = rd_u8(&r);
	spi_len = rd_u8(&r);
	p->ntransforms = rd_u8(&r);
	p->spi = rd_bytes(&r, spi_len);
	if (r.bad)
		return ike_dec_fail(d, "a proposal is too short");
	if (spi_len > IKE_SPI_MAX)
		return ike_dec_fail(d, "an SPI is too long");
	if ((p->protocol == IKE_PROTO_AH || p->protocol == IKE_PROTO_ESP) && spi_len != 4)
		return ike_dec_fail(d, "an SPI has not four bytes");
	if (p->ntransforms == 0)
		return ike_dec_fail(d, "a proposal without transforms");
	return transforms_decode(d, r, p, budget);
}

int ike_sa_decode(struct ike_dec *d, struct ike_payload *payload)
{
	struct ike_proposal found[IKE_PROPOSALS_MAX];
	struct ike_sa_payload *sa = &payload->u.sa;
	size_t n = 0, budget = IKE_TRANSFORMS_MAX;
	uint32_t doi = rd_u32(&d->r), situation = rd_u32(&d->r);
	bool more = true;

	if (d->r.bad)
		return ike_dec_fail(d, "it is too short");
	if (doi != IKE_DOI_IPSEC)
		return ike_fail(d->f, IKE_FAIL_UNKNOWN_DOI, d->type, payload->at, "another DOI than IPsec");
	if (situation != IKE_SIT_IDENTITY_ONLY)
		return ike_fail(d->f, IKE_FAIL_INVALID_SITUATION, d->type, payload->at, "another situation");
	while (more) {
		struct rd inner;

		d->code = IKE_FAIL_PROCESS_ERR_PROP;
		if (n == IKE_PROPOSALS_MAX)
			return ike_dec_fail(d, "too many proposals");
		found[n] = (struct ike_proposal){0};
		if (head_decode(d, &d->r, IKE_P_PROPOSAL, &more, &inner))
			return -1;
		if (proposal_decode(d, inner, &found[n], &budget))
			return -1;
		n++;
	}
	sa->nproposals = n;
	sa->proposals = arena_array(d->a, n, sizeof *sa->proposals);
	for (size_t i = 0; i < n; i++)
		sa->proposals[i] = found[i];
	return 0;
}

/* --- encode ------------------------------------------------------------------------------------------ */

void ike_attr_encode(const struct ike_attr *a, struct wr *w)
{
	if (a->type >= ATTR_BASIC || a->data.n > UINT16_MAX) {
		w->bad = true;
	} else if (a->basic) {
		wr_u16(w, (uint16_t)(a->type | ATTR_BASIC));
		wr_u16(w, a->value);
	} else {
		wr_u16(w, a->type);
		wr_u16(w, (uint16_t)a->data.n);
		wr_span(w, a->data);
	}
}

/* The head of a proposal or transform; gives the offset for head_end(). */
static size_t head_begin(struct wr *w, uint8_t next)
{
	size_t at = w->n;

	wr_u8(w, next);
	wr_u8(w, 0);
	wr_u16(w, 0);
	return at;
}

static void head_end(struct wr *w, size_t at)
{
	wr_patch_u16(w, at + 2, w->n - at);
}

static void proposal_encode(const struct ike_proposal *p, struct wr *w)
{
	if (p->spi.n > IKE_SPI_MAX || p->ntransforms > UINT8_MAX) {
		w->bad = true;
		return;
	}
	wr_u8(w, p->number);
	wr_u8(w, p->protocol);
	wr_u8(w, (uint8_t)p->spi.n);
	wr_u8(w, (uint8_t)p->ntransforms);
	wr_span(w, p->spi);
	for (size_t i = 0; i < p->ntransforms; i++) {
		const struct ike_transform *t = &p->transforms[i];
		size_t at = head_begin(w, i + 1 < p->ntransforms ? IKE_P_TRANSFORM : IKE_P_NONE);

		wr_u8(w, t->number);
		wr_u8(w, t->id);
		wr_u16(w, 0);
		for (size_t j = 0; j < t->nattrs; j++)
			ike_attr_encode(&t->attrs[j], w);
		head_end(w, at);
	}
}

void ike_sa_encode(const struct ike_payload *p, struct wr *w)
{
	const struct ike_sa_payload *sa = &p->u.sa;

	wr_u32(w, IKE_DOI_IPSEC);
	wr_u32(w, IKE_SIT_IDENTITY_ONLY);
	for (size_t i = 0; i < sa->nproposals; i++) {
		size_t at = head_begin(w, i + 1 < sa->nproposals ? IKE_P_PROPOSAL : IKE_P_NONE);

		proposal_encode(&sa->proposals[i], w);
		head_end(w, at);
	}
}
