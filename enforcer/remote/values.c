#include "enforcer/remote/values.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/model/model.h"

#include "common/base/banned.h"

/* A field that is new in one of these has to be carried: then write it down here, and count again. */
_Static_assert(sizeof(struct nft_rule) == 20, "remote_put_rule() and remote_get_rule() know every field");
_Static_assert(sizeof(struct nft_set) == 72, "remote_put_set() and remote_get_set() know every field");
_Static_assert(sizeof(struct nft_elem) == 56, "remote_put_elem() and remote_get_elem() know every field");
_Static_assert(sizeof(struct xfrm_pol) == 100, "remote_put_pol() and remote_get_pol() know every field");
_Static_assert(sizeof(struct kpol) == 104, "remote_put_kpol() and remote_get_kpol() know every field");

void remote_put_count(struct wr *w, size_t n)
{
	wr_le32(w, (uint32_t)n);
}

uint32_t remote_get_count(struct rd *r, uint32_t max)
{
	return (uint32_t)rd_upto(r, rd_le32(r), max, "a list is too long");
}

void remote_put_origin(struct wr *w, const struct origin *o)
{
	wr_le32(w, o->rule);
	wr_le32(w, o->filter);
}

void remote_get_origin(struct rd *r, struct origin *o)
{
	o->rule = rd_le32(r);
	o->filter = rd_le32(r);
}

void remote_put_flags(struct wr *w, const bool *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wr_u8(w, v[i]);
}

void remote_get_flags(struct rd *r, bool *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = rd_bool(r);
}

void remote_put_name(struct wr *w, const char name[KSET_NAME])
{
	size_t n = strnlen(name, KSET_NAME - 1);

	wr_u8(w, (uint8_t)n);
	wr_bytes(w, name, n);
}

void remote_get_name(struct rd *r, char name[KSET_NAME])
{
	size_t n = rd_enum(r, KSET_NAME - 1, "a name is too long");

	memset(name, 0, KSET_NAME);
	rd_copy(r, name, n);
	if (strnlen(name, KSET_NAME) != n)
		rd_bad(r, "a name holds a zero byte");
}

uint8_t remote_get_gen(struct rd *r)
{
	return rd_enum(r, KSET_GENS - 1, "there is no such generation");
}

void remote_put_text(struct wr *w, const char *s)
{
	size_t n = strnlen(s, REMOTE_STATE_TEXT_MAX - 1);

	wr_le16(w, (uint16_t)n);
	wr_bytes(w, s, n);
}

void remote_get_text(struct rd *r, char out[REMOTE_STATE_TEXT_MAX])
{
	size_t n = rd_le16(r);

	memset(out, 0, REMOTE_STATE_TEXT_MAX);
	if (n >= REMOTE_STATE_TEXT_MAX)
		rd_bad(r, "a text is too long");
	else
		rd_copy(r, out, n);
	if (!r->bad && strlen(out) != n)
		rd_bad(r, "a text holds a zero byte");
}

/* --- nftables --------------------------------------------------------------------------------------- */

void remote_put_rule(struct wr *w, const struct krule *k)
{
	const struct nft_rule *r = &k->rule;

	wr_u8(w, r->chain);
	wr_u8(w, r->match);
	wr_u8(w, r->conntype);
	wr_u8(w, r->counter);
	wr_u8(w, r->jump);
	wr_u8(w, r->verdict);
	wr_u8(w, r->target);
	remote_put_origin(w, &r->origin);
	remote_put_name(w, k->set);
	wr_u8(w, k->gen);
	wr_u8(w, k->dialup_gen);
}

void remote_get_rule(struct rd *r, struct krule *k)
{
	*k = (struct krule){.rule = {0}};
	k->rule.chain = rd_enum(r, NFT_CHAINS - 1, "there is no such chain");
	k->rule.match = rd_enum(r, NFT_MATCHES - 1, "there is no such match");
	k->rule.conntype = rd_enum(r, CONN_DIALUP, "there is no such kind of connection");
	k->rule.counter = rd_bool(r);
	k->rule.jump = rd_bool(r);
	k->rule.verdict = rd_enum(r, NFT_V_LOG, "there is no such verdict");
	k->rule.target = rd_enum(r, NFT_CHAINS - 1, "there is no such chain");
	remote_get_origin(r, &k->rule.origin);
	remote_get_name(r, k->set);
	k->gen = remote_get_gen(r);
	k->dialup_gen = remote_get_gen(r);
}

void remote_put_set(struct wr *w, const struct nft_set *s)
{
	remote_put_name(w, s->name);
	wr_u8(w, s->gen);
	wr_u8(w, s->keytype);
	wr_u8(w, s->is_map);
	wr_u8(w, s->family);
	remote_put_flags(w, (const bool[]){s->has_src, s->has_dst, s->has_proto, s->has_sport, s->has_dport}, 5);
	wr_u8(w, s->src_plen);
	wr_u8(w, s->dst_plen);
	wr_u8(w, s->key_len);
}

void remote_get_set(struct rd *r, struct nft_set *s)
{
	bool has[5];

	*s = (struct nft_set){.name = ""};
	remote_get_name(r, s->name);
	s->gen = remote_get_gen(r);
	s->keytype = rd_enum(r, NFT_KEY_SOFT, "there is no such kind of key");
	s->is_map = rd_bool(r);
	s->family = rd_family(r);
	remote_get_flags(r, has, N_OF(has));
	s->has_src = has[0];
	s->has_dst = has[1];
	s->has_proto = has[2];
	s->has_sport = has[3];
	s->has_dport = has[4];
	s->src_plen = rd_enum(r, 128, "a prefix is too long");
	s->dst_plen = rd_enum(r, 128, "a prefix is too long");
	s->key_len = rd_enum(r, NFT_KEY_MAX, "a key is too long");
}

void remote_put_elem(struct wr *w, const struct nft_elem *e, size_t key_len)
{
	wr_bytes(w, e->key, key_len);
	wr_u8(w, e->verdict);
	remote_put_origin(w, &e->origin);
}

void remote_get_elem(struct rd *r, struct nft_elem *e, size_t key_len)
{
	*e = (struct nft_elem){.key = {0}};
	rd_copy(r, e->key, key_len);
	e->verdict = rd_enum(r, NFT_V_DROP, "an element has no such verdict");
	remote_get_origin(r, &e->origin);
}

/* --- XFRM ------------------------------------------------------------------------------------------- */

void remote_put_pol(struct wr *w, const struct xfrm_pol *p)
{
	wr_u8(w, p->dir);
	wr_u8(w, p->kind);
	wr_u8(w, p->src_plen);
	wr_u8(w, p->dst_plen);
	wr_u8(w, p->protocol);
	wr_le16(w, p->sport);
	wr_le16(w, p->dport);
	wr_u8(w, p->family);
	wr_ip(w, &p->src);
	wr_ip(w, &p->dst);
	wr_le32(w, p->priority);
	wr_le32(w, p->reqid);
	wr_u8(w, p->optional);
	wr_u8(w, p->tunnel);
	wr_u8(w, p->protection);
	wr_u8(w, p->offered);
	wr_ip(w, &p->tunnel_src);
	wr_ip(w, &p->tunnel_dst);
	remote_put_origin(w, &p->origin);
}

void remote_get_pol(struct rd *r, struct xfrm_pol *p)
{
	p->dir = rd_enum(r, XFRM_D_FWD, "there is no such direction");
	p->kind = rd_enum(r, XFRM_K_PROTECT, "there is no such kind of policy");
	p->src_plen = rd_u8(r);
	p->dst_plen = rd_u8(r);
	p->protocol = rd_u8(r);
	p->sport = rd_le16(r);
	p->dport = rd_le16(r);
	p->family = rd_family(r);
	rd_ip(r, &p->src);
	rd_ip(r, &p->dst);
	p->priority = rd_le32(r);
	p->reqid = rd_le32(r);
	p->optional = rd_bool(r);
	p->tunnel = rd_bool(r);
	p->protection = rd_enum(r, PROTECT_AH_ESP, "there is no such protection");
	p->offered = rd_u8(r);
	rd_ip(r, &p->tunnel_src);
	rd_ip(r, &p->tunnel_dst);
	remote_get_origin(r, &p->origin);
	if (p->family == IP_NONE || p->src.family != p->family || p->dst.family != p->family)
		rd_bad(r, "the ends of a policy are of different families");
	if (p->src_plen > ip_bits(p->family) || p->dst_plen > ip_bits(p->family))
		rd_bad(r, "a prefix is too long");
	if ((p->protection != 0) != (p->kind == XFRM_K_PROTECT)) /* no template would be in clear */
		rd_bad(r, "a policy protects by nothing, or passes by something");
	if (p->tunnel && (p->tunnel_src.family == IP_NONE || p->tunnel_src.family != p->tunnel_dst.family))
		rd_bad(r, "the ends of a tunnel are of different families");
}

void remote_put_kpol(struct wr *w, const struct kpol *k)
{
	wr_le32(w, k->index);
	remote_put_pol(w, &k->pol);
}

void remote_get_kpol(struct rd *r, struct kpol *k)
{
	*k = (struct kpol){.index = rd_le32(r)};
	remote_get_pol(r, &k->pol);
}
