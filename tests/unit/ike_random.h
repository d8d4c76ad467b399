/*
 * Random messages, and whether two are the same, for the property tests and fuzz targets of ike/codec. All memory comes from
 * an arena.
 */
#ifndef TESTS_IKE_RANDOM_H
#define TESTS_IKE_RANDOM_H

#include "common/base/mem.h"
#include "ike/codec/codec.h"

static inline uint32_t rnd(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

static inline struct span rnd_span(uint64_t *seed, struct arena *a, size_t n)
{
	uint8_t *p = arena_alloc(a, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rnd(seed, 256);
	return span_of(p, n);
}

static inline void rnd_transform(uint64_t *seed, struct arena *a, struct ike_transform *t)
{
	t->number = (uint8_t)rnd(seed, 256);
	t->id = (uint8_t)rnd(seed, 256);
	t->nattrs = rnd(seed, 6);
	t->attrs = arena_array(a, t->nattrs, sizeof *t->attrs);
	for (size_t i = 0; i < t->nattrs; i++) {
		t->attrs[i].type = (uint16_t)rnd(seed, 0x8000);
		t->attrs[i].basic = rnd(seed, 2);
		if (t->attrs[i].basic)
			t->attrs[i].value = (uint16_t)rnd(seed, 65536);
		else
			t->attrs[i].data = rnd_span(seed, a, rnd(seed, 9));
	}
}

static inline void rnd_sa(uint64_t *seed, struct arena *a, struct ike_sa_payload *sa)
{
	sa->nproposals = 1 + rnd(seed, 4);
	sa->proposals = arena_array(a, sa->nproposals, sizeof *sa->proposals);
	for (size_t i = 0; i < sa->nproposals; i++) {
		struct ike_proposal *p = &sa->proposals[i];

		p->number = (uint8_t)rnd(seed, 256);
		p->protocol = (uint8_t)(1 + rnd(seed, 5));
		p->spi = rnd_span(seed, a,
		    p->protocol == IKE_PROTO_AH || p->protocol == IKE_PROTO_ESP ? 4 : rnd(seed, 17));
		p->ntransforms = 1 + rnd(seed, 3);
		p->transforms = arena_array(a, p->ntransforms, sizeof *p->transforms);
		for (size_t j = 0; j < p->ntransforms; j++)
			rnd_transform(seed, a, &p->transforms[j]);
	}
}

static inline void rnd_id(uint64_t *seed, struct arena *a, struct ike_id *id)
{
	static const uint8_t len[] = {[1] = 4, [4] = 8, [5] = 16, [6] = 32, [7] = 8, [8] = 32};

	id->type = (uint8_t)rnd(seed, 13);
	id->protocol = (uint8_t)rnd(seed, 256);
	id->port = (uint16_t)rnd(seed, 65536);
	id->data = rnd_span(seed, a, id->type < sizeof len && len[id->type] ? len[id->type] : rnd(seed, 40));
}

static inline void rnd_delete(uint64_t *seed, struct arena *a, struct ike_delete *d)
{
	d->doi = rnd(seed, 2);
	d->protocol = (uint8_t)(1 + rnd(seed, 3));
	d->spi_len = d->protocol == IKE_PROTO_ISAKMP ? 16 : 4;
	d->nspis = (uint16_t)(1 + rnd(seed, 5));
	d->spis = rnd_span(seed, a, (size_t)d->nspis * d->spi_len);
}

static inline void rnd_payload(uint64_t *seed, struct arena *a, struct ike_payload *p)
{
	switch (ike_payload_form(p->type)) {
	case IKE_FORM_DATA:
		p->u.data = rnd_span(seed, a, rnd(seed, 80));
		break;
	case IKE_FORM_SA:
		rnd_sa(seed, a, &p->u.sa);
		break;
	case IKE_FORM_ID:
		rnd_id(seed, a, &p->u.id);
		break;
	case IKE_FORM_NOTIFY:
		p->u.notify = (struct ike_notify){rnd(seed, 3), (uint8_t)rnd(seed, 5), (uint16_t)rnd(seed, 65536),
		    rnd_span(seed, a, rnd(seed, 17)), rnd_span(seed, a, rnd(seed, 20))};
		break;
	case IKE_FORM_DELETE:
		rnd_delete(seed, a, &p->u.del);
		break;
	case IKE_FORM_FRAG:
		p->u.frag = (struct ike_frag){(uint16_t)rnd(seed, 65536), (uint8_t)(1 + rnd(seed, 255)), rnd(seed, 2),
		    rnd_span(seed, a, 1 + rnd(seed, 50))};
		break;
	case IKE_FORM_CERT:
		p->u.cert = (struct ike_cert){(uint8_t)rnd(seed, 256), rnd_span(seed, a, rnd(seed, 60))};
		break;
	}
}

/* Any message that ike_encode() takes; every kind of payload, unknown ones too. */
static inline void rnd_msg(uint64_t *seed, struct arena *a, struct ike_msg *m)
{
	size_t n = rnd(seed, 12);

	*m = (struct ike_msg){.hdr = {.version = IKE_VERSION, .exchange = (uint8_t)rnd(seed, 40),
	                          .flags = (uint8_t)rnd(seed, 8), .msgid = rnd(seed, UINT32_MAX)}};
	for (size_t i = 0; i < IKE_COOKIE_LEN; i++) {
		m->hdr.icookie[i] = (uint8_t)(1 + rnd(seed, 255));
		m->hdr.rcookie[i] = (uint8_t)rnd(seed, 256);
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t type = (uint8_t)(rnd(seed, 3) ? 1 + rnd(seed, 22) : 126 + rnd(seed, 10));
		struct ike_payload *p = ike_msg_add(m, type);

		rnd_payload(seed, a, p);
	}
}

/* --- equality ------------------------------------------------------------------------------------------------ */

static inline bool transform_same(const struct ike_transform *a, const struct ike_transform *b)
{
	if (a->number != b->number || a->id != b->id || a->nattrs != b->nattrs)
		return false;
	for (size_t i = 0; i < a->nattrs; i++) {
		const struct ike_attr *x = &a->attrs[i], *y = &b->attrs[i];

		if (x->type != y->type || x->basic != y->basic || x->value != y->value || !span_eq(x->data, y->data))
			return false;
	}
	return true;
}

static inline bool sa_same(const struct ike_sa_payload *a, const struct ike_sa_payload *b)
{
	if (a->nproposals != b->nproposals)
		return false;
	for (size_t i = 0; i < a->nproposals; i++) {
		const struct ike_proposal *x = &a->proposals[i], *y = &b->proposals[i];

		if (x->number != y->number || x->protocol != y->protocol || !span_eq(x->spi, y->spi) ||
		    x->ntransforms != y->ntransforms)
			return false;
		for (size_t j = 0; j < x->ntransforms; j++) {
			if (!transform_same(&x->transforms[j], &y->transforms[j]))
				return false;
		}
	}
	return true;
}

static inline bool payload_same(const struct ike_payload *a, const struct ike_payload *b)
{
	if (a->type != b->type || a->at != b->at || a->len != b->len)
		return false;
	switch (ike_payload_form(a->type)) {
	case IKE_FORM_DATA:
		return span_eq(a->u.data, b->u.data);
	case IKE_FORM_SA:
		return sa_same(&a->u.sa, &b->u.sa);
	case IKE_FORM_ID:
		return a->u.id.type == b->u.id.type && a->u.id.protocol == b->u.id.protocol &&
		       a->u.id.port == b->u.id.port && span_eq(a->u.id.data, b->u.id.data);
	case IKE_FORM_NOTIFY:
		return a->u.notify.doi == b->u.notify.doi && a->u.notify.protocol == b->u.notify.protocol &&
		       a->u.notify.type == b->u.notify.type && span_eq(a->u.notify.spi, b->u.notify.spi) &&
		       span_eq(a->u.notify.data, b->u.notify.data);
	case IKE_FORM_DELETE:
		return a->u.del.doi == b->u.del.doi && a->u.del.protocol == b->u.del.protocol &&
		       a->u.del.spi_len == b->u.del.spi_len && a->u.del.nspis == b->u.del.nspis &&
		       span_eq(a->u.del.spis, b->u.del.spis);
	case IKE_FORM_FRAG:
		return a->u.frag.id == b->u.frag.id && a->u.frag.number == b->u.frag.number &&
		       a->u.frag.last == b->u.frag.last && span_eq(a->u.frag.data, b->u.frag.data);
	case IKE_FORM_CERT:
		return a->u.cert.encoding == b->u.cert.encoding && span_eq(a->u.cert.data, b->u.cert.data);
	}
	return false;
}

/* Padding counts when the message may have some. */
static inline bool msg_same(const struct ike_msg *a, const struct ike_msg *b)
{
	if (memcmp(a->hdr.icookie, b->hdr.icookie, IKE_COOKIE_LEN) != 0 ||
	    memcmp(a->hdr.rcookie, b->hdr.rcookie, IKE_COOKIE_LEN) != 0 || a->hdr.next != b->hdr.next ||
	    a->hdr.version != b->hdr.version || a->hdr.exchange != b->hdr.exchange || a->hdr.flags != b->hdr.flags ||
	    a->hdr.msgid != b->hdr.msgid || a->hdr.length != b->hdr.length || a->n != b->n || a->padding != b->padding)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!payload_same(&a->v[i], &b->v[i]))
			return false;
	}
	return true;
}

#endif
