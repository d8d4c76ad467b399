/* The formulas of RFC 2409; see keymat.h. Each is one list of parts. */
#include "ike/engine/keymat.h"

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/wr.h"
#include "ike/codec/numbers.h"

#include "common/base/banned.h"

enum { COOKIE = 8, MSGID = 4 };

void ike_keys_clear(struct ike_keys *k)
{
	secret_wipe(k, sizeof *k);
}

static int prf(const struct crypto *c, enum crypto_hash h, struct span key, const struct span *parts, size_t n,
    struct secret *out)
{
	int rc = c->hmac(c->ctx, h, key, parts, n, out);

	if (rc)
		secret_clear(out);
	return rc;
}

static void put_u32(uint8_t out[4], uint32_t v)
{
	struct wr w = wr_of(out, 4);

	wr_u32(&w, v);
}

/* --- phase 1 -------------------------------------------------------------------------------------------- */

int ike_skeyid_psk(const struct crypto *c, enum crypto_hash h, struct span psk, struct span nonces, struct secret *skeyid)
{
	return prf(c, h, psk, &nonces, 1, skeyid);
}

int ike_skeyid_sig(const struct crypto *c, enum crypto_hash h, struct span nonces, const struct shared *gxy,
    struct secret *skeyid)
{
	struct span part = shared_span(gxy);

	return prf(c, h, nonces, &part, 1, skeyid);
}

/* App. B: the first bytes of SKEYID_e, or of K1 | K2 | ..., K1 = prf(SKEYID_e, 0), Kn = prf(SKEYID_e, Kn-1). */
static int cipher_key(const struct crypto *c, struct ike_keys *k, const struct secret *e)
{
	static const uint8_t zero[1];
	size_t want = crypto_key_len(k->cipher), have = 0;
	struct secret block = *e;
	struct span part = span_of(zero, 1);
	int rc = want ? 0 : -1;

	k->key.n = (uint8_t)want;
	if (e->n >= want)
		memcpy(k->key.b, e->b, want);
	else {
		while (rc == 0 && have < want) {
			struct secret next;
			size_t take;

			rc = prf(c, k->hash, secret_span(e), &part, 1, &next);
			block = next;
			secret_clear(&next);
			part = secret_span(&block);
			take = block.n < want - have ? block.n : want - have;
			memcpy(k->key.b + have, block.b, take);
			have += take;
		}
	}
	secret_clear(&block);
	return rc;
}

int ike_keys_derive(const struct crypto *c, struct ike_keys *k, const struct shared *gxy, const uint8_t icookie[8],
    const uint8_t rcookie[8])
{
	static const uint8_t number[] = {0, 1, 2};
	struct secret e = {0}, *out[] = {&k->d, &k->a, &e};
	struct span before = {NULL, 0};
	int rc = 0;

	/* SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0); the others have the one before them in front. */
	for (size_t i = 0; rc == 0 && i < N_OF(out); i++) {
		struct span parts[] = {before, shared_span(gxy), span_of(icookie, COOKIE), span_of(rcookie, COOKIE),
		    span_of(&number[i], 1)};

		rc = prf(c, k->hash, secret_span(&k->skeyid), parts, N_OF(parts), out[i]);
		before = secret_span(out[i]);
	}
	if (rc == 0)
		rc = cipher_key(c, k, &e);
	secret_clear(&e);
	if (rc)
		ike_keys_clear(k);
	return rc;
}

static int iv_of(const struct crypto *c, const struct ike_keys *k, struct span a, struct span b,
    uint8_t iv[CRYPTO_BLOCK_MAX])
{
	struct span parts[] = {a, b};
	uint8_t digest[CRYPTO_HASH_MAX];

	if (c->hash(c->ctx, k->hash, parts, N_OF(parts), digest))
		return -1;
	memcpy(iv, digest, crypto_block_len(k->cipher));
	return 0;
}

int ike_iv_main(const struct crypto *c, const struct ike_keys *k, struct span gxi, struct span gxr,
    uint8_t iv[CRYPTO_BLOCK_MAX])
{
	return iv_of(c, k, gxi, gxr, iv);
}

int ike_iv_phase2(const struct crypto *c, const struct ike_keys *k, const uint8_t last_block[CRYPTO_BLOCK_MAX],
    uint32_t msgid, uint8_t iv[CRYPTO_BLOCK_MAX])
{
	uint8_t id[MSGID];

	put_u32(id, msgid);
	return iv_of(c, k, span_of(last_block, crypto_block_len(k->cipher)), span_of(id, MSGID), iv);
}

int ike_hash_i(const struct crypto *c, const struct ike_keys *k, const struct ike_auth_input *in, struct secret *out)
{
	struct span parts[] = {in->gxi, in->gxr, span_of(in->icookie, COOKIE), span_of(in->rcookie, COOKIE), in->sai,
	    in->idii};

	return prf(c, k->hash, secret_span(&k->skeyid), parts, N_OF(parts), out);
}

int ike_hash_r(const struct crypto *c, const struct ike_keys *k, const struct ike_auth_input *in, struct secret *out)
{
	struct span parts[] = {in->gxr, in->gxi, span_of(in->rcookie, COOKIE), span_of(in->icookie, COOKIE), in->sai,
	    in->idir};

	return prf(c, k->hash, secret_span(&k->skeyid), parts, N_OF(parts), out);
}

/* --- phase 2 -------------------------------------------------------------------------------------------- */

int ike_hash_1(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span rest, struct secret *out)
{
	uint8_t id[MSGID];
	struct span parts[] = {span_of(id, MSGID), rest};

	put_u32(id, msgid);
	return prf(c, k->hash, secret_span(&k->a), parts, N_OF(parts), out);
}

int ike_hash_2(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span ni, struct span rest,
    struct secret *out)
{
	uint8_t id[MSGID];
	struct span parts[] = {span_of(id, MSGID), ni, rest};

	put_u32(id, msgid);
	return prf(c, k->hash, secret_span(&k->a), parts, N_OF(parts), out);
}

int ike_hash_3(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span ni, struct span nr,
    struct secret *out)
{
	uint8_t id[1 + MSGID] = {0};
	struct span parts[] = {span_of(id, sizeof id), ni, nr};

	put_u32(id + 1, msgid);
	return prf(c, k->hash, secret_span(&k->a), parts, N_OF(parts), out);
}

int ike_hash_delete_2(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span ni, struct span rest,
    struct secret *out)
{
	uint8_t id[MSGID];
	struct span parts[] = {ni, span_of(id, MSGID), rest};

	put_u32(id, msgid);
	return prf(c, k->hash, secret_span(&k->a), parts, N_OF(parts), out);
}

int ike_keymat(const struct crypto *c, const struct ike_keys *k, const struct shared *gxy, uint8_t protocol,
    uint32_t spi, struct span ni, struct span nr, uint8_t *out, size_t n)
{
	uint8_t head[1 + 4] = {protocol};
	struct secret block = {0};
	size_t have = 0;
	int rc = 0;

	put_u32(head + 1, spi);
	/* K1 = prf(SKEYID_d, seed); Kn = prf(SKEYID_d, Kn-1 | seed) */
	while (rc == 0 && have < n) {
		struct secret before = block;
		struct span parts[] = {secret_span(&before), gxy ? shared_span(gxy) : (struct span){NULL, 0},
		    span_of(head, sizeof head), ni, nr};
		size_t take;

		rc = prf(c, k->hash, secret_span(&k->d), parts, N_OF(parts), &block);
		take = block.n < n - have ? block.n : n - have;
		memcpy(out + have, block.b, take);
		have += take;
		secret_clear(&before);
	}
	secret_clear(&block);
	if (rc)
		secret_wipe(out, n);
	return rc;
}
