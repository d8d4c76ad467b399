/* What several messages hold: selectors, names of associations, offers, texts. Each put beside its get. */
#include "common/base/str.h"
#include "ike/channel/private.h"

#include "common/base/banned.h"

void put_nothing(struct wr *w, const struct ikc_msg *m)
{
	(void)w;
	(void)m;
}

void get_nothing(struct rd *in, struct ikc_msg *m)
{
	(void)in;
	(void)m;
}

void put_end(struct wr *w, const struct ike_end *end)
{
	wr_ip(w, &end->ip);
	wr_u16(w, end->port);
}

void get_end(struct rd *in, struct ike_end *end)
{
	rd_ip(in, &end->ip);
	end->port = rd_u16(in);
}

static void put_prefix(struct wr *w, const struct ip_prefix *p)
{
	wr_ip(w, &p->net);
	wr_u8(w, p->plen);
}

/* Without bits beyond its length: two prefixes that say the same are the same bytes. */
static void get_prefix(struct rd *in, struct ip_prefix *p)
{
	struct ip net;

	rd_ip(in, &p->net);
	p->plen = rd_enum(in, (uint8_t)ip_bits(p->net.family), "a prefix is longer than its address");
	net = ip_mask(&p->net, p->plen);
	if (!ip_eq(&net, &p->net))
		rd_bad(in, "a prefix has bits beyond its length");
}

void put_selector(struct wr *w, const struct ike_selector *s)
{
	put_prefix(w, &s->local);
	put_prefix(w, &s->remote);
	wr_u8(w, s->protocol);
	wr_u16(w, s->local_port);
	wr_u16(w, s->remote_port);
}

void get_selector(struct rd *in, struct ike_selector *s)
{
	get_prefix(in, &s->local);
	get_prefix(in, &s->remote);
	s->protocol = rd_u8(in);
	s->local_port = rd_u16(in);
	s->remote_port = rd_u16(in);
	if (s->local.net.family == IP_NONE || s->local.net.family != s->remote.net.family)
		rd_bad(in, "a selector has two sides of one family");
}

void put_sa_id(struct wr *w, const struct ike_sa_id *id)
{
	wr_ip(w, &id->src);
	wr_ip(w, &id->dst);
	wr_u8(w, id->protocol);
	wr_u32(w, id->spi);
}

void get_sa_id(struct rd *in, struct ike_sa_id *id)
{
	rd_ip(in, &id->src);
	rd_ip(in, &id->dst);
	id->protocol = rd_u8(in);
	id->spi = rd_u32(in);
	if (id->protocol != IKE_PROTO_AH && id->protocol != IKE_PROTO_ESP)
		rd_bad(in, "a protocol is neither AH nor ESP");
	if (id->dst.family == IP_NONE || id->src.family != id->dst.family)
		rd_bad(in, "an association has two ends of one family");
}

void put_mono(struct wr *w, struct mono t)
{
	wr_uint(w, (uint64_t)t.ms, 8);
}

struct mono get_mono(struct rd *in)
{
	return (struct mono){(int64_t)rd_uint(in, 8)};
}

void put_mm_offer(struct wr *w, const struct ike_mm_offer *o)
{
	wr_u8(w, o->cipher);
	wr_u8(w, o->hash);
	wr_u16(w, o->group);
}

void get_mm_offer(struct rd *in, struct ike_mm_offer *o)
{
	o->cipher = rd_enum(in, CRYPTO_CIPHERS - 1, "a cipher is not known");
	o->hash = rd_enum(in, CRYPTO_HASHES - 1, "a hash is not known");
	o->group = rd_u16(in);
}

void put_qm_offer(struct wr *w, const struct ike_qm_offer *o)
{
	wr_u8(w, o->has_ah);
	wr_u8(w, o->has_esp);
	wr_u8(w, o->ah_hash);
	wr_u8(w, o->esp_cipher);
	wr_u8(w, o->esp_hash);
	wr_u32(w, o->life_s);
	wr_u32(w, o->life_kb);
}

void get_qm_offer(struct rd *in, struct ike_qm_offer *o)
{
	o->has_ah = rd_bool(in);
	o->has_esp = rd_bool(in);
	o->ah_hash = rd_enum(in, CRYPTO_HASHES - 1, "a hash is not known");
	o->esp_cipher = rd_enum(in, IKE_ENCS - 1, "a cipher is not known");
	o->esp_hash = rd_enum(in, CRYPTO_HASHES - 1, "a hash is not known");
	o->life_s = rd_u32(in);
	o->life_kb = rd_u32(in);
}

/* What was cut somewhere ends at its last whole character, so that the reader takes it. */
void put_text(struct wr *w, const char *s, size_t size)
{
	size_t n = str_utf8_valid(s, strnlen(s, size - 1));

	wr_u16(w, (uint16_t)n);
	wr_bytes(w, s, n);
}

void get_text(struct rd *in, char *out, size_t size)
{
	size_t n = (size_t)rd_upto(in, rd_u16(in), size - 1, "a text is too long");

	memset(out, 0, size);
	rd_copy(in, out, n);
	if (!in->bad && (strlen(out) != n || str_utf8_valid(out, n) != n))
		rd_bad(in, "a text is not UTF-8");
}
