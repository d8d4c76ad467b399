/* Algorithm numbers: those of policy, of crypto.h and of the wire, as one table each. */
#ifndef IKE_ENGINE_ALGORITHM_H
#define IKE_ENGINE_ALGORITHM_H

#include <stdbool.h>
#include <stdint.h>

#include "ike/codec/numbers.h"
#include "ike/engine/profile.h"

/* A main mode cipher: number and key length attribute (0 = none is sent). */
struct alg_cipher {
	uint8_t cipher; /* enum crypto_cipher */
	uint8_t number; /* enum ike_cipher_number */
	uint16_t key_bits;
};
/* A hash: in main mode, in AH, and as authentication of AH and ESP. */
struct alg_hash {
	uint8_t hash; /* enum crypto_hash */
	uint8_t mm;   /* enum ike_hash_number */
	uint8_t ah;   /* enum ike_ah_transform */
	uint8_t qm;   /* enum ike_qm_auth_number */
	uint8_t key_len; /* bytes of an SA's key: RFC 2403, 2404, RFC 4868 §2.1.1 */
	uint16_t icv_bits; /* RFC 2403, 2404, RFC 4868 §2.3: what the kernel truncates to */
};
/* A cipher of ESP. */
struct alg_esp {
	uint8_t cipher;   /* enum ike_esp_cipher */
	uint8_t transform; /* enum ike_esp_transform */
	uint16_t key_bits; /* key length attribute, 0 = none is sent (RFC 2451 §2.3: 3DES) */
	uint8_t key_len;  /* bytes of an SA's key, GCM: with salt (RFC 4106 §8.1) */
	bool aead;
	const char *name;
};

/* NULL: not in the table. */
const struct alg_cipher *alg_cipher_get(enum crypto_cipher c);
const struct alg_cipher *alg_cipher_wire(uint64_t wire, uint64_t bits);
const struct alg_hash *alg_hash_get(enum crypto_hash h);
const struct alg_hash *alg_hash_mm(uint64_t wire);
const struct alg_hash *alg_hash_ah(uint64_t wire);
const struct alg_hash *alg_hash_qm(uint64_t wire);
const struct alg_esp *alg_esp_get(enum ike_esp_cipher c);
const struct alg_esp *alg_esp_wire(uint64_t wire, uint64_t bits);

#endif
