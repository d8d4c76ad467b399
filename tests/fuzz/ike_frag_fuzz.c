// FOLDERS: ike_codec base
/*
 * The bytes are a script of fragments: id, number, flags, length (two bytes), seconds to wait. The machine must keep its bounds
 * after each, and a message that it finishes must be made of what was sent.
 */
#include <stdlib.h>

#include "ike/codec/frag.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ike_reasm *r, struct mono now)
{
	size_t have = 0, bytes = 0;

	for (size_t i = 0; r->parts && i < IKE_FRAGS_MAX; i++) {
		have += r->parts[i].p != NULL;
		bytes += r->parts[i].n;
	}
	if (have != r->have || bytes != r->bytes || bytes > IKE_FRAG_BYTES_MAX || (have > 0) != r->busy ||
	    (r->busy && mono_before(ike_reasm_deadline(r), now)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t bytes[UINT16_MAX];
	struct rd r = rd_of(span_of(data, size));
	struct mono now = {0};
	struct ike_reasm machine = {0};

	while (r.n >= 6) {
		struct ike_frag frag = {.id = rd_u8(&r) & 3, .number = rd_u8(&r), .last = rd_u8(&r) & 1};
		struct buf whole = {0};
		struct ike_fault f = {0};
		enum ike_reasm_verdict v;

		frag.data = span_of(bytes, rd_u16(&r));
		now = mono_add(now, DUR_S(rd_u8(&r) & 63));
		v = ike_reasm_add(&machine, now, &frag, &whole, &f);
		if ((v == IKE_REASM_DONE) != (whole.len > 0) || (v == IKE_REASM_REFUSED) != (f.why != NULL) ||
		    whole.len > IKE_FRAG_BYTES_MAX)
			abort();
		if (v != IKE_REASM_REFUSED)
			check(&machine, now);
		buf_free(&whole);
	}
	ike_reasm_reset(&machine);
	return 0;
}
