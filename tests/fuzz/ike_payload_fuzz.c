// FOLDERS: ike_engine ike_codec base
/* The first byte names a payload type (ID, notify, delete, NAT-OA, certificate ...), the others are its body. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "ike/engine/proposal.h"
#include "tests/unit/ike_random.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct ike_payload *p)
{
	struct ike_qm_choice c = {.offer = {.life_s = 3600}};
	struct ip lo, hi;

	if (ike_payload_form(p->type) == IKE_FORM_ID && ike_id_range(&p->u.id, &lo, &hi) && ip_cmp(&lo, &hi) > 0)
		abort();
	if (ike_payload_form(p->type) == IKE_FORM_NOTIFY && ike_lifetime_read(p->u.notify.data, &c) == IKE_OK &&
	    (c.offer.life_s < IKE_LIFE_S_MIN || c.offer.life_s > 3600))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 4096 };
	uint8_t room[IKE_HEADER_LEN + IKE_GENERIC_LEN + MOST], again[sizeof room];
	struct wr w = wr_of(room, sizeof room), v = wr_of(again, sizeof again);
	struct ike_msg m = {.hdr = {.version = IKE_VERSION, .icookie = {1}}};
	struct arena a = {0};
	struct buf b = {0};
	struct ike_fault f;
	uint8_t *copy;

	if (size == 0 || size > MOST)
		return 0;
	m.hdr.next = data[0];
	wr_room(&w, IKE_HEADER_LEN);
	wr_u16(&w, 0);
	wr_u16(&w, (uint16_t)(IKE_GENERIC_LEN + size - 1));
	wr_bytes(&w, data + 1, size - 1);
	copy = xcalloc(1, w.n);
	memcpy(copy, room, w.n);
	if (data[0] != 0 && ike_payloads_decode(span_of(copy, w.n), &m, &a, &f) == 0) {
		struct ike_msg back = {.hdr = m.hdr};

		look_at(&m.v[0]);
		ike_msg_print(&m, &b);
		if (ike_encode(&m, 1, &v) || ike_payloads_decode(wr_done(&v), &back, &a, &f) ||
		    !payload_same(&m.v[0], &back.v[0]))
			abort();
	}
	buf_free(&b);
	free(copy);
	arena_free(&a);
	return 0;
}
