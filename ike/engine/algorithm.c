/* The tables of algorithm.h. */
#include "ike/engine/algorithm.h"

#include "common/base/mem.h"

#include "common/base/banned.h"

static const struct alg_cipher ciphers[] = {
    {CRYPTO_DES_CBC, IKE_CIPHER_DES, 0},
    {CRYPTO_3DES_CBC, IKE_CIPHER_3DES, 0},
    {CRYPTO_AES128_CBC, IKE_CIPHER_AES, 128},
    {CRYPTO_AES192_CBC, IKE_CIPHER_AES, 192},
    {CRYPTO_AES256_CBC, IKE_CIPHER_AES, 256},
};

static const struct alg_hash hashes[] = {
    {CRYPTO_MD5, IKE_HASH_MD5, IKE_AH_MD5, IKE_QAUTH_MD5, 16, 96},
    {CRYPTO_SHA1, IKE_HASH_SHA1, IKE_AH_SHA1, IKE_QAUTH_SHA1, 20, 96},
    {CRYPTO_SHA256, IKE_HASH_SHA256, IKE_AH_SHA256, IKE_QAUTH_SHA256, 32, 128},
    {CRYPTO_SHA384, IKE_HASH_SHA384, IKE_AH_SHA384, IKE_QAUTH_SHA384, 48, 192},
    {CRYPTO_SHA512, IKE_HASH_SHA512, IKE_AH_SHA512, IKE_QAUTH_SHA512, 64, 256},
};

enum { GCM_SALT = 4 }; /* bytes, RFC 4106 §8.1 */
static const struct alg_esp esps[] = {
    {IKE_ENC_NULL, IKE_ESP_NULL, 0, 0, false, "NULL"},
    {IKE_ENC_DES, IKE_ESP_DES, 0, 8, false, "DES"},
    {IKE_ENC_3DES, IKE_ESP_3DES, 0, 24, false, "3DES"},
    {IKE_ENC_AES128, IKE_ESP_AES_CBC, 128, 16, false, "AES128"},
    {IKE_ENC_AES192, IKE_ESP_AES_CBC, 192, 24, false, "AES192"},
    {IKE_ENC_AES256, IKE_ESP_AES_CBC, 256, 32, false, "AES256"},
    {IKE_ENC_GCM128, IKE_ESP_AES_GCM16, 128, 16 + GCM_SALT, true, "AESGCM128"},
    {IKE_ENC_GCM256, IKE_ESP_AES_GCM16, 256, 32 + GCM_SALT, true, "AESGCM256"},
};

/* The first row of which the condition holds. */
#define FIND(table, condition)                                                                     \
	do {                                                                                       \
		for (size_t i = 0; i < N_OF(table); i++) {                                         \
			if (table[i].condition)                                                    \
				return &table[i];                                                  \
		}                                                                                  \
		return NULL;                                                                       \
	} while (0)

const struct alg_cipher *alg_cipher_get(enum crypto_cipher c)
{
	FIND(ciphers, cipher == c);
}

const struct alg_cipher *alg_cipher_wire(uint64_t wire, uint64_t bits)
{
	FIND(ciphers, number == wire && ciphers[i].key_bits == bits);
}

const struct alg_hash *alg_hash_get(enum crypto_hash h)
{
	FIND(hashes, hash == h);
}

const struct alg_hash *alg_hash_mm(uint64_t wire)
{
	FIND(hashes, mm == wire);
}

const struct alg_hash *alg_hash_ah(uint64_t wire)
{
	FIND(hashes, ah == wire);
}

const struct alg_hash *alg_hash_qm(uint64_t wire)
{
	FIND(hashes, qm == wire);
}

const struct alg_esp *alg_esp_get(enum ike_esp_cipher c)
{
	FIND(esps, cipher == c);
}

const struct alg_esp *alg_esp_wire(uint64_t wire, uint64_t bits)
{
	FIND(esps, transform == wire && esps[i].key_bits == bits);
}
