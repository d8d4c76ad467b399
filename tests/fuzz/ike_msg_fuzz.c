// FOLDERS: ike_codec base
/* Any bytes as a datagram: header and chain of payloads. What decodes must encode, and come back the same. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "ike/codec/codec.h"
#include "tests/unit/ike_random.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(struct span bytes, struct ike_msg *m, struct arena *a)
{
	struct ike_fault f = {0};

	if (ike_header_decode(bytes, &m->hdr, &f) || ike_payloads_decode(bytes, m, a, &f)) {
		struct buf b = {0};

		ike_fault_print(&f, &b);
		if (!f.why || !ike_failure_name(f.code))
			abort();
		buf_free(&b);
		return -1;
	}
	return 0;
}

static void there_and_back(struct ike_msg *m, struct arena *a)
{
	static uint8_t room[IKE_MSG_MAX + 1];
	static struct ike_msg back;
	struct wr w = wr_of(room, sizeof room);

	if (ike_encode(m, 1, &w) || decode(wr_done(&w), &back, a) || !msg_same(m, &back))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_msg m;
	struct arena a = {0};
	struct buf b = {0};
	struct ike_fault f;
	uint8_t *copy;

	if (size > IKE_MSG_MAX)
		return 0;
	copy = xcalloc(1, size + 1);
	memcpy(copy, data, size);
	if (size >= IKE_HEADER_LEN) { /* so that mutations are not all lost to the length of the header */
		copy[24] = copy[25] = 0;
		copy[26] = (uint8_t)(size >> 8);
		copy[27] = (uint8_t)size;
	}
	if (decode(span_of(copy, size), &m, &a) == 0) {
		for (int kind = 0; kind < IKE_MSG_KINDS; kind++)
			ike_msg_check(&m, (enum ike_msg_kind)kind, &f);
		ike_msg_print(&m, &b);
		there_and_back(&m, &a);
	}
	buf_free(&b);
	free(copy);
	arena_free(&a);
	return 0;
}
