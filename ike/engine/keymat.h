/*
 * The formulas of RFC 2409 as pure functions over the crypto interface: no state, no messages. Names are those of the
 * RFC. All return 0, or -1 when the crypto refuses (then the outputs are cleared).
 */
#ifndef IKE_ENGINE_KEYMAT_H
#define IKE_ENGINE_KEYMAT_H

#include "common/base/rd.h"
#include "ike/crypto/crypto.h"

/* The keys of one main mode. */
struct ike_keys {
	uint8_t hash;      /* enum crypto_hash: prf is its HMAC */
	uint8_t cipher;    /* enum crypto_cipher */
	struct secret skeyid, d, a;
	struct secret key; /* of the cipher, derived from SKEYID_e (App. B) */
};
void ike_keys_clear(struct ike_keys *k);

/* SKEYID = prf(pre-shared-key, Ni_b | Nr_b), §5.4. What the holder of the key answers to IKE_DO_PSK_PRF. */
int ike_skeyid_psk(const struct crypto *c, enum crypto_hash h, struct span psk, struct span nonces, struct secret *skeyid);
/* SKEYID = prf(Ni_b | Nr_b, g^xy) for signatures, §5.1. */
int ike_skeyid_sig(const struct crypto *c, enum crypto_hash h, struct span nonces, const struct shared *gxy,
    struct secret *skeyid);
/*
 * SKEYID_d, _a, _e (§5) and the key of the cipher (App. B: SKEYID_e, or K1 | K2 | ... when the cipher needs more).
 * k->skeyid, hash and cipher must be set. SKEYID_e itself is not kept. Cookies: initiator's, responder's.
 */
int ike_keys_derive(const struct crypto *c, struct ike_keys *k, const struct shared *gxy, const uint8_t icookie[8],
    const uint8_t rcookie[8]);

/*
 * IV of the first encrypted message of main mode: hash(g^xi | g^xr), its first block (App. B). Later ones: the last
 * ciphertext block, which crypto->cbc leaves.
 */
int ike_iv_main(const struct crypto *c, const struct ike_keys *k, struct span gxi, struct span gxr,
    uint8_t iv[CRYPTO_BLOCK_MAX]);
/* IV of the first message of a quick mode or informational exchange: hash(last block of phase 1 | M-ID), App. B. */
int ike_iv_phase2(const struct crypto *c, const struct ike_keys *k, const uint8_t last_block[CRYPTO_BLOCK_MAX],
    uint32_t msgid, uint8_t iv[CRYPTO_BLOCK_MAX]);

/* What HASH_I and HASH_R cover (§5). sai: the body of the initiator's SA payload as it was sent, without generic header. */
struct ike_auth_input {
	struct span gxi, gxr;
	const uint8_t *icookie, *rcookie; /* 8 bytes each */
	struct span sai;
	struct span idii, idir; /* bodies of the ID payloads */
};
/* HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b). */
int ike_hash_i(const struct crypto *c, const struct ike_keys *k, const struct ike_auth_input *in, struct secret *out);
/* HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b). */
int ike_hash_r(const struct crypto *c, const struct ike_keys *k, const struct ike_auth_input *in, struct secret *out);

/* HASH(1) = prf(SKEYID_a, M-ID | all that follows the HASH payload); informational exchanges too (§5.5, §5.7). */
int ike_hash_1(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span rest, struct secret *out);
/* HASH(2) = prf(SKEYID_a, M-ID | Ni_b | all that follows the HASH payload). */
int ike_hash_2(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span ni, struct span rest,
    struct secret *out);
/* HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b). */
int ike_hash_3(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span ni, struct span nr,
    struct secret *out);
/*
 * Reliable delete (semantics §5.9), the answer: prf(SKEYID_a, Ni | M-ID | Nr | D), where `rest` is what stands after
 * the HASH payload there. The question is ike_hash_1().
 */
int ike_hash_delete_2(const struct crypto *c, const struct ike_keys *k, uint32_t msgid, struct span ni, struct span rest,
    struct secret *out);

/*
 * KEYMAT of one SA (§5.5): prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), expanded to n bytes. gxy NULL: without
 * PFS. protocol: enum ike_protocol; spi: as it travels, of the end that receives with it.
 */
int ike_keymat(const struct crypto *c, const struct ike_keys *k, const struct shared *gxy, uint8_t protocol,
    uint32_t spi, struct span ni, struct span nr, uint8_t *out, size_t n);

#endif
