/* What *kernel* and *net* say to each other <-> bytes. */
#include "ike/channel/private.h"

#include "common/base/banned.h"

/* --- kernel to net ----------------------------------------------------------------------------------------------- */

static void put_acquire(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_cmd *c = &m->u.cmd;

	wr_u32(w, c->u.acquire.acquire);
	wr_u32(w, c->u.acquire.reqid);
	wr_ip(w, &c->u.acquire.local);
	wr_ip(w, &c->u.acquire.remote);
	put_selector(w, &c->u.acquire.sel);
}

static void get_acquire(struct rd *in, struct ikc_msg *m)
{
	struct ike_cmd *c = &m->u.cmd;

	c->kind = IKE_CMD_ACQUIRE;
	c->u.acquire.acquire = rd_u32(in);
	c->u.acquire.reqid = rd_u32(in);
	rd_ip(in, &c->u.acquire.local);
	rd_ip(in, &c->u.acquire.remote);
	get_selector(in, &c->u.acquire.sel);
}

static void put_expire(struct wr *w, const struct ikc_msg *m)
{
	put_sa_id(w, &m->u.cmd.u.expire.sa);
	wr_u32(w, m->u.cmd.u.expire.why);
}

static void get_expire(struct rd *in, struct ikc_msg *m)
{
	m->u.cmd.kind = IKE_CMD_EXPIRE;
	get_sa_id(in, &m->u.cmd.u.expire.sa);
	m->u.cmd.u.expire.why = rd_u32(in);
}

static void put_mapping(struct wr *w, const struct ikc_msg *m)
{
	put_sa_id(w, &m->u.cmd.u.mapping.sa);
	put_end(w, &m->u.cmd.u.mapping.remote);
}

static void get_mapping(struct rd *in, struct ikc_msg *m)
{
	m->u.cmd.kind = IKE_CMD_MAPPING;
	get_sa_id(in, &m->u.cmd.u.mapping.sa);
	get_end(in, &m->u.cmd.u.mapping.remote);
}

static void put_bad_spi(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_cmd *c = &m->u.cmd;

	put_sa_id(w, &(struct ike_sa_id){c->u.bad_spi.remote, c->u.bad_spi.local, c->u.bad_spi.protocol, c->u.bad_spi.spi});
}

static void get_bad_spi(struct rd *in, struct ikc_msg *m)
{
	struct ike_cmd *c = &m->u.cmd;
	struct ike_sa_id id;

	get_sa_id(in, &id);
	c->kind = IKE_CMD_BAD_SPI;
	c->u.bad_spi.remote = id.src;
	c->u.bad_spi.local = id.dst;
	c->u.bad_spi.protocol = id.protocol;
	c->u.bad_spi.spi = id.spi;
}

static void put_result(struct wr *w, const struct ikc_msg *m)
{
	wr_u8(w, m->u.result.ok);
	wr_u32(w, m->u.result.spi);
	wr_uint(w, m->u.result.bytes, 8);
	wr_uint(w, m->u.result.packets, 8);
	put_mono(w, m->u.result.last_use);
}

static void get_result(struct rd *in, struct ikc_msg *m)
{
	m->u.result.ok = rd_bool(in);
	m->u.result.spi = rd_u32(in);
	m->u.result.bytes = rd_uint(in, 8);
	m->u.result.packets = rd_uint(in, 8);
	m->u.result.last_use = get_mono(in);
}

/* --- net to kernel ----------------------------------------------------------------------------------------------- */

static void put_get_spi(struct wr *w, const struct ikc_msg *m)
{
	const struct ikc_get_spi *g = &m->u.get_spi;

	put_sa_id(w, &(struct ike_sa_id){g->src, g->dst, g->protocol, 0});
	wr_u32(w, g->reqid);
	wr_u8(w, g->tunnel);
	wr_u32(w, g->acquire);
}

static void get_get_spi(struct rd *in, struct ikc_msg *m)
{
	struct ikc_get_spi *g = &m->u.get_spi;
	struct ike_sa_id id;

	get_sa_id(in, &id);
	if (id.spi)
		rd_bad(in, "an SPI is named before there is one");
	g->src = id.src;
	g->dst = id.dst;
	g->protocol = id.protocol;
	g->reqid = rd_u32(in);
	g->tunnel = rd_bool(in);
	g->acquire = rd_u32(in);
}

static void put_sa(struct wr *w, const struct ikc_msg *m)
{
	const struct ike_sa *s = &m->u.sa;

	put_sa_id(w, &s->id);
	wr_u8(w, s->outbound);
	wr_u8(w, s->bundle);
	wr_u32(w, s->reqid);
	wr_u32(w, s->rule);
	wr_u32(w, s->filter);
	wr_u32(w, s->acquire);
	wr_u8(w, s->tunnel);
	put_selector(w, &s->sel);
	wr_u8(w, s->cipher);
	wr_u8(w, s->hash);
	wr_u32(w, s->replay_window);
	wr_u32(w, s->soft_s);
	wr_u32(w, s->hard_s);
	wr_uint(w, s->soft_bytes, 8);
	wr_uint(w, s->hard_bytes, 8);
	wr_u8(w, s->udp_encap);
	wr_u16(w, s->encap_sport);
	wr_u16(w, s->encap_dport);
	wr_ip(w, &s->original);
	wr_u8(w, s->enc_key_len);
	wr_u8(w, s->auth_key_len);
	wr_bytes(w, s->key, (size_t)s->enc_key_len + s->auth_key_len);
}

static void get_keys(struct rd *in, struct ike_sa *s)
{
	size_t n;

	s->enc_key_len = rd_u8(in);
	s->auth_key_len = rd_u8(in);
	n = (size_t)s->enc_key_len + s->auth_key_len;
	if (n > sizeof s->key) {
		rd_bad(in, "a key is too long");
		s->enc_key_len = s->auth_key_len = 0;
		return;
	}
	rd_copy(in, s->key, n);
}

static void get_sa(struct rd *in, struct ikc_msg *m)
{
	struct ike_sa *s = &m->u.sa;

	get_sa_id(in, &s->id);
	s->outbound = rd_bool(in);
	s->bundle = rd_bool(in);
	s->reqid = rd_u32(in);
	s->rule = rd_u32(in);
	s->filter = rd_u32(in);
	s->acquire = rd_u32(in);
	s->tunnel = rd_bool(in);
	get_selector(in, &s->sel);
	s->cipher = rd_enum(in, IKE_ENCS - 1, "a cipher is not known");
	s->hash = rd_enum(in, CRYPTO_HASHES - 1, "a hash is not known");
	s->replay_window = rd_u32(in);
	s->soft_s = rd_u32(in);
	s->hard_s = rd_u32(in);
	s->soft_bytes = rd_uint(in, 8);
	s->hard_bytes = rd_uint(in, 8);
	s->udp_encap = rd_bool(in);
	s->encap_sport = rd_u16(in);
	s->encap_dport = rd_u16(in);
	rd_ip(in, &s->original);
	get_keys(in, s);
}

static void put_id(struct wr *w, const struct ikc_msg *m)
{
	put_sa_id(w, &m->u.sa_id);
}

static void get_id(struct rd *in, struct ikc_msg *m)
{
	get_sa_id(in, &m->u.sa_id);
}

static void put_move(struct wr *w, const struct ikc_msg *m)
{
	put_sa_id(w, &m->u.move.sa);
	put_end(w, &m->u.move.local);
	put_end(w, &m->u.move.remote);
}

static void get_move(struct rd *in, struct ikc_msg *m)
{
	get_sa_id(in, &m->u.move.sa);
	get_end(in, &m->u.move.local);
	get_end(in, &m->u.move.remote);
}

static void put_acquire_done(struct wr *w, const struct ikc_msg *m)
{
	wr_u32(w, m->u.acquire_done.acquire);
	wr_u32(w, m->u.acquire_done.why);
}

static void get_acquire_done(struct rd *in, struct ikc_msg *m)
{
	m->u.acquire_done.acquire = rd_u32(in);
	m->u.acquire_done.why = rd_u32(in);
}

static void put_soft(struct wr *w, const struct ikc_msg *m)
{
	wr_uint(w, m->u.soft.id, 8);
	put_selector(w, &m->u.soft.sel);
	wr_u32(w, m->u.soft.reqid);
	wr_uint(w, (uint64_t)m->u.soft.life.ms, 8);
}

static void get_soft(struct rd *in, struct ikc_msg *m)
{
	m->u.soft.id = rd_uint(in, 8);
	get_selector(in, &m->u.soft.sel);
	m->u.soft.reqid = rd_u32(in);
	m->u.soft.life.ms = (int64_t)rd_upto(in, rd_uint(in, 8), INT64_MAX, "a time is out of range");
}

const struct ikc_codec ikc_kernel_codecs[IKC_KERNEL_CODECS] = {
    {IKC_ACQUIRE, put_acquire, get_acquire},
    {IKC_EXPIRE, put_expire, get_expire},
    {IKC_MAPPING, put_mapping, get_mapping},
    {IKC_BAD_SPI, put_bad_spi, get_bad_spi},
    {IKC_RESULT, put_result, get_result},
    {IKC_GET_SPI, put_get_spi, get_get_spi},
    {IKC_SA_ADD, put_sa, get_sa},
    {IKC_SA_DEL, put_id, get_id},
    {IKC_SA_QUERY, put_id, get_id},
    {IKC_SA_MOVE, put_move, get_move},
    {IKC_ACQUIRE_DONE, put_acquire_done, get_acquire_done},
    {IKC_SOFT_ADD, put_soft, get_soft},
    {IKC_SOFT_DEL, put_soft, get_soft},
    {IKC_SOFT_QUERY, put_soft, get_soft},
};
