#include "ike/daemon/link.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/wr.h"

#include "common/base/banned.h"

static void put_nothing(struct wr *w, const struct link_msg *m)
{
	(void)w;
	(void)m;
}
static void get_nothing(struct rd *r, struct link_msg *m)
{
	(void)r;
	(void)m;
}

static void put_prf(struct wr *w, const struct link_msg *m)
{
	wr_bytes(w, m->u.prf.secret.b, sizeof m->u.prf.secret.b);
	wr_u8(w, m->u.prf.hash);
	wr_u16(w, m->u.prf.n);
	wr_bytes(w, m->u.prf.nonces, m->u.prf.n);
}
static void get_prf(struct rd *r, struct link_msg *m)
{
	rd_copy(r, m->u.prf.secret.b, sizeof m->u.prf.secret.b);
	m->u.prf.hash = rd_u8(r);
	m->u.prf.n = rd_u16(r);
	if (m->u.prf.n > sizeof m->u.prf.nonces || m->u.prf.hash >= CRYPTO_HASHES)
		rd_bad(r, "a length or a hash is wrong");
	if (!r->bad)
		rd_copy(r, m->u.prf.nonces, m->u.prf.n);
}

static void put_skeyid(struct wr *w, const struct link_msg *m)
{
	wr_u8(w, m->u.skeyid.ok);
	wr_u8(w, m->u.skeyid.skeyid.n);
	wr_bytes(w, m->u.skeyid.skeyid.b, m->u.skeyid.skeyid.n);
}
static void get_skeyid(struct rd *r, struct link_msg *m)
{
	m->u.skeyid.ok = rd_bool(r);
	m->u.skeyid.skeyid.n = rd_u8(r);
	if (m->u.skeyid.skeyid.n > sizeof m->u.skeyid.skeyid.b || (m->u.skeyid.skeyid.n > 0) != m->u.skeyid.ok)
		rd_bad(r, "a length is wrong");
	if (!r->bad)
		rd_copy(r, m->u.skeyid.skeyid.b, m->u.skeyid.skeyid.n);
}

static void put_want(struct wr *w, const struct link_msg *m)
{
	wr_bytes(w, m->u.want.b, sizeof m->u.want.b);
}
static void get_want(struct rd *r, struct link_msg *m)
{
	rd_copy(r, m->u.want.b, sizeof m->u.want.b);
}

static void put_key(struct wr *w, const struct link_msg *m)
{
	wr_u8(w, m->u.key.found);
	wr_u16(w, m->u.key.n);
	wr_bytes(w, m->u.key.text, m->u.key.n);
}
static void get_key(struct rd *r, struct link_msg *m)
{
	m->u.key.found = rd_bool(r);
	m->u.key.n = rd_u16(r);
	if (m->u.key.n > sizeof m->u.key.text || (m->u.key.n > 0 && !m->u.key.found))
		rd_bad(r, "a length is wrong");
	if (!r->bad)
		rd_copy(r, m->u.key.text, m->u.key.n);
}

/* Messages with a body; the others have none. */
static const struct body {
	uint16_t type;
	void (*put)(struct wr *w, const struct link_msg *m);
	void (*get)(struct rd *r, struct link_msg *m);
} bodies[] = {
    {LINK_PRF, put_prf, get_prf},
    {LINK_SKEYID, put_skeyid, get_skeyid},
    {LINK_WANT, put_want, get_want},
    {LINK_KEY, put_key, get_key},
}, no_body = {0, put_nothing, get_nothing};

static const struct body *body_of(uint16_t type)
{
	for (size_t i = 0; i < N_OF(bodies); i++)
		if (bodies[i].type == type)
			return &bodies[i];
	return &no_body;
}

static const struct kind {
	uint16_t type;
	uint8_t from, to; /* enum link_party */
	const char *name;
} kinds[] = {
#define M(id, number, from, to, meaning) {number, LINK_##from, LINK_##to, #id},
    LINK_MESSAGES(M)
#undef M
};

static const struct kind *kind_of(uint16_t type)
{
	for (size_t i = 0; i < N_OF(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const char *link_type_name(uint16_t type)
{
	const struct kind *k = kind_of(type);

	return k ? k->name : NULL;
}

size_t link_encode(const struct link_msg *m, uint8_t out[LINK_MSG_MAX])
{
	struct wr head = wr_of(out, LINK_HEAD_BYTES), body = wr_of(out + LINK_HEAD_BYTES, LINK_MSG_MAX - LINK_HEAD_BYTES);

	body_of(m->type)->put(&body, m);
	wr_u32(&head, LINK_MAGIC);
	wr_u16(&head, LINK_VERSION);
	wr_u16(&head, m->type);
	wr_u32(&head, (uint32_t)body.n);
	wr_u32(&head, m->seq);
	return LINK_HEAD_BYTES + body.n;
}

/* The header: NULL, or what is wrong with it. */
static const char *get_head(struct rd *r, unsigned from, unsigned to, struct link_msg *m)
{
	uint32_t magic = rd_u32(r), length;
	uint16_t version = rd_u16(r);
	const struct kind *k;

	m->type = rd_u16(r);
	length = rd_u32(r);
	m->seq = rd_u32(r);
	k = kind_of(m->type);
	if (r->bad || magic != LINK_MAGIC || version != LINK_VERSION)
		return "it is none of this program";
	if (!k)
		return "its type is unknown";
	if (!(k->from & from) || !(k->to & to))
		return "it may not come from there";
	return length == r->n ? NULL : "its length is wrong";
}

int link_decode(const uint8_t *bytes, size_t n, unsigned from, unsigned to, struct link_msg *m, struct err *e)
{
	struct rd r = rd_of(span_of(bytes, n));
	const char *why;

	memset(m, 0, sizeof *m);
	why = get_head(&r, from, to, m);
	if (!why) {
		body_of(m->type)->get(&r, m);
		if (r.bad || r.n != 0)
			why = "its body is wrong";
	}
	if (!why)
		return 0;
	secret_wipe(m, sizeof *m);
	return err_set(e, LINK_BAD, why);
}
