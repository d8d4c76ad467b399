/*
 * A peer that says what our engine never would: its messages under keys, taken apart on their way, changed, and put
 * together again with hash and encryption as its own.
 */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/private.h"

#include "common/base/banned.h"

static struct mm *main_mode_of(struct sim *sim, size_t host, const struct ike_header *h)
{
	RING_EACH(&sim->hosts[host].ike->mms, r) {
		struct mm *mm = OWNER(struct mm, all, r);

		if (memcmp(mm->cookie[0], h->icookie, IKE_COOKIE_LEN) == 0 && memcmp(mm->cookie[1], h->rcookie, IKE_COOKIE_LEN) == 0)
			return mm;
	}
	return NULL;
}

/* That with which the receiver will read it: of the message before, or of the beginning of the exchange (RFC 2409 appendix B). */
static bool iv_of(struct sim *sim, const struct ike_header *h, struct mm *sender, struct mm *receiver, uint8_t iv[CRYPTO_BLOCK_MAX])
{
	struct qm *qm = receiver ? qm_by_msgid(receiver, h->msgid) : NULL;

	if (!qm)
		return ike_iv_phase2(&sim->crypto, &sender->keys, sender->last_block, h->msgid, iv) == 0;
	memcpy(iv, qm->x.iv, CRYPTO_BLOCK_MAX);
	return true;
}

struct span sim_rewritten(struct sim *sim, size_t from, size_t to, const struct ike_dgram *d, void (*change)(struct ike_msg *m))
{
	static uint8_t bytes[SCRATCH];
	struct ike *ike = sim->hosts[from].ike;
	struct ike_msg m = {.n = 0};
	uint8_t iv[CRYPTO_BLOCK_MAX], again[CRYPTO_BLOCK_MAX];
	struct arena a = {0};
	struct ike_fault f;
	struct span clear, out = {NULL, 0};
	struct mm *mm = ike_header_decode(d->bytes, &m.hdr, &f) == 0 ? main_mode_of(sim, from, &m.hdr) : NULL;
	struct qm *qm = mm ? qm_by_msgid(mm, m.hdr.msgid) : NULL;

	if (qm && qm->setup && iv_of(sim, &m.hdr, mm, main_mode_of(sim, to, &m.hdr), iv)) {
		memcpy(again, iv, sizeof again);
		if (core_decrypt(ike, mm, iv, d->bytes, &clear) && ike_payloads_decode(clear, &m, &a, &f) == 0) {
			change(&m);
			out = send_encode(ike, mm, &m, qm->x.initiator ? HASH_1 : HASH_2, blob_span(&qm->setup->nonce[0]), true, again);
		}
	}
	if (out.n)
		memcpy(bytes, out.p, out.n);
	else
		sim_complain(sim, "a message cannot be rewritten");
	arena_free(&a);
	return out.n ? span_of(bytes, out.n) : d->bytes;
}
