/*
 * What the engine needs of cryptography, as an interface, so that a test can put in a cheap group and a seeded random
 * generator, and so that OpenSSL is known to one file only. Functions return 0, or -1: the algorithm is not
 * to be had here, or the peer's value is not acceptable; nothing else can go wrong that a caller could handle.
 *
 * Key material travels in struct secret and struct shared, which no printing function of ours takes: a log cannot
 * show one by accident. Whoever owns one wipes it.
 */
#ifndef IKE_CRYPTO_CRYPTO_H
#define IKE_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rd.h"

/* Our own numbers; those of the wire are mapped in engine/algorithm.h. */
enum crypto_hash {
	CRYPTO_HASH_NONE = 0,
	CRYPTO_MD5,    /* RFC 1321: only when a policy names it */
	CRYPTO_SHA1,
	CRYPTO_SHA256,
	CRYPTO_SHA384,
	CRYPTO_SHA512,
	CRYPTO_HASHES
};
enum crypto_cipher {
	CRYPTO_CIPHER_NONE = 0,
	CRYPTO_DES_CBC, /* FIPS 46-3: only when a policy names it */
	CRYPTO_3DES_CBC, /* RFC 2451 */
	CRYPTO_AES128_CBC, /* RFC 3602 */
	CRYPTO_AES192_CBC,
	CRYPTO_AES256_CBC,
	CRYPTO_CIPHERS
};
/* Groups go by their IKE numbers: 1, 2, 5, 14, 15, 16 (MODP), 19, 20, 21 (ECP), 31 (X25519). */

enum {
	CRYPTO_HASH_MAX = 64,   /* bytes of the longest digest */
	CRYPTO_BLOCK_MAX = 16,  /* of a cipher */
	CRYPTO_KEY_MAX = 32,
	CRYPTO_PUBLIC_MAX = 512, /* group 16 */
	CRYPTO_SHARED_MAX = 512,
};

/* A key, or the output of a prf: up to 64 bytes of it. */
struct secret {
	uint8_t n;
	uint8_t b[CRYPTO_HASH_MAX];
};
/* g^xy. RFC 2409 §5: as long as the prime, leading zeros kept; RFC 5903 §7: the x coordinate. */
struct shared {
	uint16_t n;
	uint8_t b[CRYPTO_SHARED_MAX];
};

/* A key pair whose private half nobody sees. */
struct crypto_dh;

struct crypto {
	void *ctx; /* first argument of every function below */

	/*
	 * Is the algorithm there? Fetches it from the library when asked the first time; opens no file.
	 */
	bool (*has_hash)(void *ctx, enum crypto_hash h);
	bool (*has_cipher)(void *ctx, enum crypto_cipher c);
	bool (*has_group)(void *ctx, uint16_t group);

	/* Digest of the parts one after the other; writes crypto_hash_len(h) bytes. */
	int (*hash)(void *ctx, enum crypto_hash h, const struct span *parts, size_t nparts, uint8_t *out);
	/* HMAC of the parts (RFC 2104; RFC 2409 §3.2: the prf of IKE). Any key length. */
	int (*hmac)(void *ctx, enum crypto_hash h, struct span key, const struct span *parts, size_t nparts,
	    struct secret *out);
	/*
	 * CBC without padding, in place; n is a multiple of the block. On return `iv` holds the last ciphertext
	 * block, which is the IV of the next message of the exchange (RFC 2409 App. B).
	 */
	int (*cbc)(void *ctx, enum crypto_cipher c, const struct secret *key, bool encrypt, uint8_t *iv,
	    uint8_t *data, size_t n);
	/*
	 * A key pair with a given private value (big-endian; X25519: as in RFC 7748 §5), for known answers only: a daemon
	 * never calls it outside crypto_selftest(). NULL: the value is not possible. May itself be NULL in a test's crypto.
	 */
	struct crypto_dh *(*dh_fixed)(void *ctx, uint16_t group, struct span private_value, uint8_t *public_value);
	/*
	 * A key pair that was never used; its public value as KE carries it is written: crypto_group_len() bytes. NULL: not to
	 * be had.
	 */
	struct crypto_dh *(*dh_new)(void *ctx, uint16_t group, uint8_t *public_value);
	/*
	 * May it be a peer's public value? No: it has a wrong length, is not in 2..p-2 or not on the curve (RFC 2412 §2.2,
	 * RFC 5903 §6). Costs little beside dh_shared(), which may still refuse it.
	 */
	bool (*dh_fits)(void *ctx, uint16_t group, struct span peer);
	/* g^xy with the peer's public value. -1: that does not fit, or gives zero (RFC 8031 §2). */
	int (*dh_shared)(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out);
	/*
	 * Spare time: makes one of the next key pairs of a group that pairs were asked of before, as many as a few peers
	 * need at once. `only_ask`: would it? False: there are enough. NULL in a test's crypto.
	 */
	bool (*dh_ahead)(void *ctx, bool only_ask);
	/* Wipes and frees; NULL is fine. */
	void (*dh_free)(void *ctx, struct crypto_dh *dh);
	/* Bytes nobody can guess. Aborts rather than give fewer. */
	void (*random)(void *ctx, void *out, size_t n);
};

/* Bytes of a digest, block and key; 0 for what is not in the table. */
size_t crypto_hash_len(enum crypto_hash h);
size_t crypto_block_len(enum crypto_cipher c);
size_t crypto_key_len(enum crypto_cipher c);
/* Bytes of a public value on the wire (RFC 2409 §6, RFC 3526, RFC 5903 §7: x and y), and of g^xy; 0: not a group. */
size_t crypto_group_len(uint16_t group);
size_t crypto_shared_len(uint16_t group);
const char *crypto_hash_name(enum crypto_hash h);
const char *crypto_cipher_name(enum crypto_cipher c);

/* The time does not tell where they differ; different lengths are unequal. */
bool crypto_equal(struct span a, struct span b);
/* The bytes of a secret, borrowed; for feeding it to a function of the interface. */
struct span secret_span(const struct secret *s);
struct span shared_span(const struct shared *s);
void secret_clear(struct secret *s);
void shared_clear(struct shared *s);

/*
 * The implementation with OpenSSL (openssl.c), from its default provider alone: once it is there, no file is opened any more,
 * whatever a policy comes to name. Free with crypto_openssl_free(). NULL when OpenSSL cannot be started.
 */
struct crypto *crypto_openssl_new(void);
void crypto_openssl_free(struct crypto *c);

/*
 * Known answers of every algorithm (selftest.c), for the start of the daemon; weak ones too, so that a policy may name
 * them later. Returns the name of the first that fails, NULL when all is well.
 */
const char *crypto_selftest(const struct crypto *c);

#endif
