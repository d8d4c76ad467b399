/* Fragments: reassembly with hard bounds, and taking apart. See frag.h. */
#include "ike/codec/frag.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/codec/private.h"

#include "common/base/banned.h"

void ike_reasm_reset(struct ike_reasm *r)
{
	for (size_t i = 0; r->parts && i < IKE_FRAGS_MAX; i++)
		free(r->parts[i].p);
	free(r->parts);
	*r = (struct ike_reasm){0};
}

struct mono ike_reasm_deadline(const struct ike_reasm *r)
{
	return r->busy ? mono_add(r->since, DUR_S(IKE_FRAG_AGE_S)) : MONO_NEVER;
}

static enum ike_reasm_verdict refuse(const struct ike_frag *frag, struct ike_fault *f, const char *why)
{
	ike_fail(f, IKE_FAIL_INVALID_PAYLOAD, IKE_P_FRAG, frag->number, why);
	return IKE_REASM_REFUSED;
}

/* What can be said of a fragment without the others; NULL: nothing against it. */
static const char *objection(const struct ike_reasm *r, const struct ike_frag *frag)
{
	if (frag->number == 0 || frag->number > IKE_FRAGS_MAX)
		return "a fragment number out of bounds";
	if (frag->data.n == 0)
		return "an empty fragment";
	if (r->last && (frag->number > r->last || (frag->last && frag->number != r->last)))
		return "a fragment behind the last one";
	for (size_t i = frag->number; frag->last && r->parts && i < IKE_FRAGS_MAX; i++) {
		if (r->parts[i].p)
			return "a last fragment before another one";
	}
	return NULL;
}

static void finish(struct ike_reasm *r, struct buf *whole)
{
	for (size_t i = 0; i < r->last; i++)
		buf_add(whole, r->parts[i].p, r->parts[i].n);
	ike_reasm_reset(r);
}

enum ike_reasm_verdict ike_reasm_add(struct ike_reasm *r, struct mono now, const struct ike_frag *frag,
    struct buf *whole, struct ike_fault *f)
{
	const char *why;
	size_t i;

	if (r->busy && (r->id != frag->id || mono_reached(ike_reasm_deadline(r), now)))
		ike_reasm_reset(r);
	why = objection(r, frag);
	if (why)
		return refuse(frag, f, why);
	i = frag->number - 1u;
	if (r->busy && r->parts[i].p)
		return IKE_REASM_MORE;
	if (frag->data.n > IKE_FRAG_BYTES_MAX - r->bytes)
		return refuse(frag, f, "the fragments are larger than a message may be");
	if (!r->busy) {
		r->busy = true;
		r->id = frag->id;
		r->since = now;
		r->parts = xcalloc(IKE_FRAGS_MAX, sizeof *r->parts);
	}
	r->parts[i].p = xcalloc(1, frag->data.n);
	memcpy(r->parts[i].p, frag->data.p, frag->data.n);
	r->parts[i].n = frag->data.n;
	r->bytes += frag->data.n;
	r->have++;
	if (frag->last)
		r->last = frag->number;
	if (!r->last || r->have < r->last)
		return IKE_REASM_MORE;
	finish(r, whole);
	return IKE_REASM_DONE;
}

/* --- taking apart ------------------------------------------------------------------------------------------ */

/* Bytes of the original in each fragment but the last. */
static size_t share(size_t room)
{
	enum { OVERHEAD = IKE_HEADER_LEN + IKE_FRAG_HEADER_LEN };

	return room > OVERHEAD ? room - OVERHEAD : 0;
}

size_t ike_frag_count(size_t n, size_t room)
{
	size_t each = share(room), count = each ? (n + each - 1) / each : 0;

	return n <= IKE_FRAG_BYTES_MAX && count <= IKE_FRAGS_MAX ? count : 0;
}

int ike_frag_encode(struct span message, uint16_t id, size_t room, uint8_t number, struct wr *w)
{
	size_t each = share(room), count = ike_frag_count(message.n, room);
	struct ike_msg m = {.n = 0};
	struct ike_payload *p;
	struct ike_fault f;
	size_t from;

	if (number == 0 || number > count || ike_header_decode(message, &m.hdr, &f))
		return -1;
	from = (number - 1u) * each;
	m.hdr.flags &= (uint8_t)~IKE_F_ENCRYPTED;
	p = ike_msg_add(&m, IKE_P_FRAG);
	p->u.frag = (struct ike_frag){
	    .id = id,
	    .number = number,
	    .last = number == count,
	    .data = span_of(message.p + from, number == count ? message.n - from : each),
	};
	return ike_encode(&m, 1, w);
}
