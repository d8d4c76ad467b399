/* One message of every type between the processes of ipsec-iked, for tests and the fuzz target. */
#ifndef TESTS_IKED_SAMPLES_H
#define TESTS_IKED_SAMPLES_H

#include <string.h>

#include "ike/daemon/link.h"

static const struct link_kind {
	uint16_t type;
	unsigned from, to;
} link_kinds[] = {
#define M(id, number, from, to, meaning) {number, LINK_##from, LINK_##to},
    LINK_MESSAGES(M)
#undef M
};

static inline struct link_msg link_sample(uint16_t type)
{
	struct link_msg m = {.type = type, .seq = 0xA1B2C3D4};

	switch (type) {
	case LINK_PRF:
		m.u.prf.secret = (struct guid){{1, [15] = 0xFF}};
		m.u.prf.hash = CRYPTO_SHA256;
		m.u.prf.n = LINK_NONCES_MAX;
		memset(m.u.prf.nonces, 0x5A, LINK_NONCES_MAX);
		break;
	case LINK_SKEYID:
		m.u.skeyid.ok = true;
		m.u.skeyid.skeyid = (struct secret){3, {7, 8, 9}};
		break;
	case LINK_WANT:
		m.u.want = (struct guid){{2, [15] = 0xFE}};
		break;
	case LINK_KEY:
		m.u.key.found = true;
		m.u.key.n = LINK_KEY_MAX;
		memset(m.u.key.text, 'k', LINK_KEY_MAX);
		break;
	default:
		break;
	}
	return m;
}

#endif
