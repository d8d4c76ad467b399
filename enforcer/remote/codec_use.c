/* What associations carried, as bytes. */
#include "enforcer/remote/codec.h"

#include "common/base/banned.h"

void remote_put_sums(struct wire_out *w, const struct kernel_sa_sums *s)
{
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		wire_put(w, s->v[i], 8);
}

void remote_get_sums(struct wire_in *r, struct kernel_sa_sums *out)
{
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		out->v[i] = wire_get(r, 8);
}

static void get_id(struct wire_in *r, struct ike_sa_id *id)
{
	remote_get_ip(r, &id->src);
	remote_get_ip(r, &id->dst);
	id->protocol = (uint8_t)wire_get(r, 1);
	id->spi = (uint32_t)wire_get(r, 4);
	if (id->src.family == IP_NONE || id->src.family != id->dst.family)
		wire_bad(r, "an association has two ends of one family");
	if (id->protocol != IKE_PROTO_AH && id->protocol != IKE_PROTO_ESP)
		wire_bad(r, "an association is neither AH nor ESP");
}

void remote_put_ids(struct wire_out *w, const struct ike_sa_id *v, size_t n)
{
	wire_put(w, n, 4);
	for (size_t i = 0; i < n; i++) {
		remote_put_ip(w, &v[i].src);
		remote_put_ip(w, &v[i].dst);
		wire_put(w, v[i].protocol, 1);
		wire_put(w, v[i].spi, 4);
	}
}

void remote_get_ids(struct wire_in *r, struct remote_ids *out)
{
	uint32_t n = wire_get_count(r, KERNEL_USES_MAX);

	for (out->n = 0; out->n < n && wire_ok(r); out->n++)
		get_id(r, &out->v[out->n]);
}

void remote_put_uses(struct wire_out *w, const struct kernel_sa_use *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		wire_put(w, v[i].known, 1);
		wire_put(w, v[i].bytes, 8);
		wire_put(w, v[i].packets, 8);
	}
}

void remote_get_uses(struct wire_in *r, struct kernel_sa_use *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		v[i].known = wire_get_bool(r);
		v[i].bytes = wire_get(r, 8);
		v[i].packets = wire_get(r, 8);
	}
}
