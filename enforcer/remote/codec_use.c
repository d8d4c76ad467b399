/* What associations carried, as bytes. */
#include "enforcer/remote/codec.h"

#include "common/base/banned.h"

void remote_put_sums(struct wr *w, const struct kernel_sa_sums *s)
{
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		wr_le64(w, s->v[i]);
}

void remote_get_sums(struct rd *r, struct kernel_sa_sums *out)
{
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		out->v[i] = rd_le64(r);
}

static void get_id(struct rd *r, struct ike_sa_id *id)
{
	rd_ip(r, &id->src);
	rd_ip(r, &id->dst);
	id->protocol = rd_u8(r);
	id->spi = rd_le32(r);
	if (id->src.family == IP_NONE || id->src.family != id->dst.family)
		rd_bad(r, "an association has two ends of one family");
	if (id->protocol != IKE_PROTO_AH && id->protocol != IKE_PROTO_ESP)
		rd_bad(r, "an association is neither AH nor ESP");
}

void remote_put_ids(struct wr *w, const struct ike_sa_id *v, size_t n)
{
	remote_put_count(w, n);
	for (size_t i = 0; i < n; i++) {
		wr_ip(w, &v[i].src);
		wr_ip(w, &v[i].dst);
		wr_u8(w, v[i].protocol);
		wr_le32(w, v[i].spi);
	}
}

void remote_get_ids(struct rd *r, struct remote_ids *out)
{
	uint32_t n = remote_get_count(r, KERNEL_USES_MAX);

	for (out->n = 0; out->n < n && !r->bad; out->n++)
		get_id(r, &out->v[out->n]);
}

void remote_put_uses(struct wr *w, const struct kernel_sa_use *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		wr_u8(w, v[i].known);
		wr_le64(w, v[i].bytes);
		wr_le64(w, v[i].packets);
	}
}

void remote_get_uses(struct rd *r, struct kernel_sa_use *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		v[i].known = rd_bool(r);
		v[i].bytes = rd_le64(r);
		v[i].packets = rd_le64(r);
	}
}
