/*
 * Half-open main modes cost memory and, from main mode 3 on, a group operation; a stranger who makes up addresses
 * must not get either. Above a threshold a first message is answered with a cookie that only who receives at its
 * address can send back, and nothing is kept (semantics §5.10; the idea: RFC 2522 §3).
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { SLICE_S = 150 }; /* semantics §5.10: the time in it goes up in steps of that */

void cookie_fresh(struct ike *ike, uint8_t out[IKE_COOKIE_LEN])
{
	ike->crypto->random(ike->crypto->ctx, out, IKE_COOKIE_LEN);
	out[0] |= 0x80; /* never all zero */
}

/*
 * The first 8 bytes of SHA-1(random key | initiator's cookie | peer's address and port | ours | time). Windows' form of the
 * addresses does not matter, since nobody else computes it.
 */
static int cookie_of(struct ike *ike, const struct ike_dgram *d, const uint8_t *icookie, int64_t slice,
    uint8_t out[IKE_COOKIE_LEN])
{
	uint8_t bytes[64], digest[CRYPTO_HASH_MAX];
	struct wr w = wr_of(bytes, sizeof bytes);
	struct span parts[3];

	wr_bytes(&w, d->remote.ip.b, sizeof d->remote.ip.b);
	wr_u16(&w, d->remote.port);
	wr_bytes(&w, d->local.ip.b, sizeof d->local.ip.b);
	wr_u16(&w, d->local.port);
	wr_uint(&w, (uint64_t)slice, 8);
	parts[0] = span_of(ike->secret, sizeof ike->secret);
	parts[1] = span_of(icookie, IKE_COOKIE_LEN);
	parts[2] = wr_done(&w);
	if (ike->crypto->hash(ike->crypto->ctx, CRYPTO_SHA1, parts, N_OF(parts), digest))
		return -1;
	memcpy(out, digest, IKE_COOKIE_LEN);
	return 0;
}

/* Is the responder's cookie one we gave in this slice of time, or the one before? */
static bool is_ours(struct ike *ike, const struct ike_dgram *d, const struct ike_header *h)
{
	int64_t now = dur_s(DUR_MS(ike->now.ms)) / SLICE_S;
	uint8_t want[IKE_COOKIE_LEN];

	for (int64_t slice = now; slice >= now - 1; slice--) {
		if (cookie_of(ike, d, h->icookie, slice, want) == 0 &&
		    crypto_equal(span_of(want, sizeof want), span_of(h->rcookie, IKE_COOKIE_LEN)))
			return true;
	}
	return false;
}

static void ask(struct ike *ike, const struct ike_dgram *d, const struct ike_header *h)
{
	int64_t slice = dur_s(DUR_MS(ike->now.ms)) / SLICE_S;
	uint8_t cookie[IKE_COOKIE_LEN];
	struct path path = path_of(d);

	if (cookie_of(ike, d, h->icookie, slice, cookie) == 0)
		info_notify_clear(ike, &path, h, IKE_N_MS_DOS_COOKIE, span_of(cookie, sizeof cookie));
}

/* Half of what one address may have half-open can be had with a made-up address, so the real one is never shut out. */
static bool must_prove(const struct ike *ike, const struct peer *peer)
{
	return ike->asking || (peer && peer->half_open >= (ike->profile->half_open_peer + 1) / 2);
}

/* Nobody is told but who looks at the trace: an answer would be one more thing that a flood gets of us. */
static bool too_many(struct ike *ike, const char *which)
{
	if (may_tell(ike))
		trace(ike, "%s: too many main modes %s", ike_failure_name(IKE_FAIL_MM_LIMIT), which);
	return false;
}

bool cookie_admit(struct ike *ike, const struct ike_dgram *d, const struct ike_header *h, const struct peer *peer)
{
	static const uint8_t zero[IKE_COOKIE_LEN];
	const struct ike_profile *p = ike->profile;

	if (ike->half_open > p->half_open_on)
		ike->asking = true;
	else if (ike->half_open < p->half_open_off)
		ike->asking = false;
	if (memcmp(h->rcookie, zero, sizeof zero) != 0) {
		if (!is_ours(ike, d, h)) {
			count(ike, IKE_STAT_INVALID_COOKIES);
			return false;
		}
	} else if (must_prove(ike, peer)) {
		ask(ike, d, h);
		return false;
	}
	if (peer && (peer->half_open >= p->half_open_peer || peer->nmms >= PEER_MMS_MAX))
		return too_many(ike, "with this peer");
	return ike->half_open < MM_HALF_OPEN_FACTOR * (p->half_open_on + 1) || too_many(ike, "half-open");
}
