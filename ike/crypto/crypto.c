/* The tables and helpers of crypto.h that need no library. */
#include "ike/crypto/crypto.h"

#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

static const struct {
	const char *name;
	uint8_t len;
} hashes[CRYPTO_HASHES] = {
    [CRYPTO_MD5] = {"MD5", 16},
    [CRYPTO_SHA1] = {"SHA1", 20},
    [CRYPTO_SHA256] = {"SHA256", 32},
    [CRYPTO_SHA384] = {"SHA384", 48},
    [CRYPTO_SHA512] = {"SHA512", 64},
};

static const struct {
	const char *name;
	uint8_t block, key;
} ciphers[CRYPTO_CIPHERS] = {
    [CRYPTO_DES_CBC] = {"DES", 8, 8},
    [CRYPTO_3DES_CBC] = {"3DES", 8, 24},
    [CRYPTO_AES128_CBC] = {"AES128", 16, 16},
    [CRYPTO_AES192_CBC] = {"AES192", 16, 24},
    [CRYPTO_AES256_CBC] = {"AES256", 16, 32},
};

/* RFC 2409 §6.1, §6.2; RFC 3526 §2 to §5; RFC 5903 §7 (521 bits are 66 bytes); RFC 8031 §3.1. */
static const struct {
	uint16_t group, len, shared;
} groups[] = {
    {1, 96, 96},    {2, 128, 128},  {5, 192, 192}, {14, 256, 256}, {15, 384, 384},
    {16, 512, 512}, {19, 64, 32},   {20, 96, 48},  {21, 132, 66},  {31, 32, 32},
};

size_t crypto_hash_len(enum crypto_hash h)
{
	return (size_t)h < N_OF(hashes) ? hashes[h].len : 0;
}

const char *crypto_hash_name(enum crypto_hash h)
{
	return (size_t)h < N_OF(hashes) && hashes[h].name ? hashes[h].name : "none";
}

size_t crypto_block_len(enum crypto_cipher c)
{
	return (size_t)c < N_OF(ciphers) ? ciphers[c].block : 0;
}

size_t crypto_key_len(enum crypto_cipher c)
{
	return (size_t)c < N_OF(ciphers) ? ciphers[c].key : 0;
}

const char *crypto_cipher_name(enum crypto_cipher c)
{
	return (size_t)c < N_OF(ciphers) && ciphers[c].name ? ciphers[c].name : "none";
}

size_t crypto_group_len(uint16_t group)
{
	for (size_t i = 0; i < N_OF(groups); i++) {
		if (groups[i].group == group)
			return groups[i].len;
	}
	return 0;
}

size_t crypto_shared_len(uint16_t group)
{
	for (size_t i = 0; i < N_OF(groups); i++) {
		if (groups[i].group == group)
			return groups[i].shared;
	}
	return 0;
}

bool crypto_equal(struct span a, struct span b)
{
	volatile uint8_t differ = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ = differ | (a.p[i] ^ b.p[i]);
	return differ == 0;
}

struct span secret_span(const struct secret *s)
{
	return span_of(s->b, s->n);
}

struct span shared_span(const struct shared *s)
{
	return span_of(s->b, s->n);
}

void secret_clear(struct secret *s)
{
	secret_wipe(s, sizeof *s);
}

void shared_clear(struct shared *s)
{
	secret_wipe(s, sizeof *s);
}
