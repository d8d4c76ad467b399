/* What IKE may be granted, as bytes: policies and addresses as everywhere, the profile as ike/channel has it. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/remote/codec.h"
#include "ike/channel/channel.h"

#include "common/base/banned.h"

/* One part: its length, then its bytes; never cut in two, for a packet is larger than the largest. */
static void put_part(struct wr *w, const struct ikc_parts *parts, size_t i)
{
	static struct ikc_msg m; /* some 20 KB that are not worth a place on the stack */
	uint8_t bytes[IKC_MSG_MAX];
	size_t n;

	ikc_parts_get(parts, i, &m);
	n = ikc_encode(&m, bytes);
	wr_le16(w, (uint16_t)n);
	wr_bytes(w, bytes, n);
}

int remote_put_ike(struct wr *w, const struct kernel_ike *a, struct err *e)
{
	struct ikc_parts parts = {.n = 0};

	if (a->profile && ikc_parts_init(&parts, a->profile, e) != 0)
		return -1;
	remote_put_count(w, a->npols);
	for (size_t i = 0; i < a->npols; i++)
		remote_put_pol(w, &a->pols[i]);
	remote_put_count(w, a->nlocals);
	for (size_t i = 0; i < a->nlocals; i++)
		wr_ip(w, &a->locals[i]);
	remote_put_count(w, parts.n);
	for (size_t i = 0; i < parts.n; i++)
		put_part(w, &parts, i);
	if (a->profile)
		ikc_parts_fini(&parts);
	return 0;
}

/* The next part into `to`. The whole profile, or NULL while more is to come. */
static struct ike_profile *get_part(struct rd *r, struct ikc_assembly *to)
{
	static struct ikc_msg m;
	uint8_t bytes[IKC_MSG_MAX];
	struct ike_profile *whole = NULL;
	struct err e = {0};
	size_t n = rd_le16(r);

	if (n > sizeof bytes) {
		rd_bad(r, "a part of a profile is too long");
		return NULL;
	}
	rd_copy(r, bytes, n);
	if (!r->bad && (ikc_decode(bytes, n, IKC_POLICY, &m, &e) != 0 || ikc_assemble(to, &m, &whole, &e) < 0))
		rd_bad(r, "a part of a profile is malformed, or not due");
	return whole;
}

static struct ike_profile *get_profile(struct rd *r)
{
	struct ikc_assembly to = {.profile = NULL};
	struct ike_profile *whole = NULL;
	uint32_t n = remote_get_count(r, REMOTE_PARTS_MAX), i;

	for (i = 0; i < n && !r->bad && !whole; i++)
		whole = get_part(r, &to);
	if (!r->bad && (i < n || (n > 0 && !whole)))
		rd_bad(r, "a profile ends too early, or too late");
	ikc_assembly_fini(&to);
	return whole;
}

void remote_get_ike(struct rd *r, struct remote_ike *out)
{
	*out = (struct remote_ike){.pols = NULL};
	for (uint32_t n = remote_get_count(r, REMOTE_POLS_MAX); n > 0 && !r->bad; n--) {
		GROW(out->pols, out->a.npols, out->cap_pols);
		remote_get_pol(r, &out->pols[out->a.npols++]);
	}
	for (uint32_t n = remote_get_count(r, REMOTE_LOCALS_MAX); n > 0 && !r->bad; n--) {
		GROW(out->locals, out->a.nlocals, out->cap_locals);
		rd_ip(r, &out->locals[out->a.nlocals++]);
	}
	out->a.profile = get_profile(r);
	out->a.pols = out->pols;
	out->a.locals = out->locals;
}

void remote_ike_free(struct remote_ike *x)
{
	free(x->pols);
	free(x->locals);
	ike_profile_free(x->a.profile);
	*x = (struct remote_ike){.pols = NULL};
}
