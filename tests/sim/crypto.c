/*
 * Cryptography for mass runs: the right lengths and the right dependencies (another key, another result), at the price of
 * nothing. A power in a field of 61 bits stands for Diffie-Hellman.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/parts.h"
#include "tests/sim/sim.h"

#include "common/base/banned.h"

static const uint64_t prime = (UINT64_C(1) << 61) - 1;

struct crypto_dh {
	uint64_t x;
	uint16_t group;
};

static bool has_hash(void *ctx, enum crypto_hash h)
{
	(void)ctx;
	return crypto_hash_len(h) != 0;
}

static bool has_cipher(void *ctx, enum crypto_cipher c)
{
	(void)ctx;
	return crypto_block_len(c) != 0;
}

static bool has_group(void *ctx, uint16_t group)
{
	(void)ctx;
	return crypto_group_len(group) != 0;
}

static void mix(uint64_t k0, const struct span *parts, size_t n, uint8_t *out, size_t len)
{
	struct hash_key key = {{k0, n}};

	for (size_t i = 0; i < n; i++) {
		key.k[0] = hash_bytes(&key, parts[i]);
		key.k[1] ^= parts[i].n + i;
	}
	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			key.k[0] = hash_bytes(&key, span_of(&i, sizeof i));
		out[i] = (uint8_t)(key.k[0] >> (8 * (i % 8)));
	}
}

/* Concatenation counts, not the division into parts. */
static struct span join(const struct span *parts, size_t n, uint8_t *store, size_t cap)
{
	struct wr w = wr_of(store, cap);

	for (size_t i = 0; i < n; i++)
		wr_span(&w, parts[i]);
	return wr_done(&w);
}

static int hash(void *ctx, enum crypto_hash h, const struct span *parts, size_t n, uint8_t *out)
{
	static uint8_t store[1 << 17];
	struct span all = join(parts, n, store, sizeof store);

	(void)ctx;
	mix(h, &all, 1, out, crypto_hash_len(h));
	return crypto_hash_len(h) ? 0 : -1;
}

static int hmac(void *ctx, enum crypto_hash h, struct span key, const struct span *parts, size_t n, struct secret *out)
{
	static uint8_t store[1 << 17];
	struct span both[2] = {key, join(parts, n, store, sizeof store)};

	(void)ctx;
	out->n = (uint8_t)crypto_hash_len(h);
	mix(h + 100u, both, 2, out->b, out->n);
	return out->n ? 0 : -1;
}

static int cbc(void *ctx, enum crypto_cipher c, const struct secret *key, bool encrypt, uint8_t *iv, uint8_t *data, size_t n)
{
	size_t block = crypto_block_len(c);
	uint8_t pad[CRYPTO_BLOCK_MAX], old[CRYPTO_BLOCK_MAX];
	struct span k = span_of(key->b, key->n);

	(void)ctx;
	if (!block || n % block || key->n != crypto_key_len(c))
		return -1;
	mix(7, &k, 1, pad, sizeof pad);
	for (size_t at = 0; at < n; at += block) {
		memcpy(old, data + at, block);
		for (size_t i = 0; i < block; i++)
			data[at + i] = (uint8_t)(data[at + i] ^ iv[i] ^ pad[i]);
		memcpy(iv, encrypt ? data + at : old, block);
	}
	return 0;
}

static uint64_t mul(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)((wide)a * b % prime);
}

static uint64_t power(uint64_t b, uint64_t e)
{
	uint64_t r = 1;

	for (; e; e >>= 1, b = mul(b, b))
		r = e & 1 ? mul(r, b) : r;
	return r;
}

static void rnd(void *ctx, void *out, size_t n)
{
	uint64_t *seed = ctx;

	for (size_t i = 0; i < n; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)out)[i] = (uint8_t)(*seed >> 56);
	}
}

static struct crypto_dh *dh_new(void *ctx, uint16_t group, uint8_t *public_value)
{
	size_t len = crypto_group_len(group);
	struct crypto_dh *dh;
	struct wr w = wr_of(public_value, len);

	if (!len)
		return NULL;
	dh = xcalloc(1, sizeof *dh);
	rnd(ctx, &dh->x, sizeof dh->x);
	dh->x = dh->x % (prime - 3) + 2;
	dh->group = group;
	memset(public_value, 0, len);
	wr_uint(&w, power(3, dh->x), 8);
	return dh;
}

static bool dh_fits(void *ctx, uint16_t group, struct span peer)
{
	struct rd r = rd_of(peer);
	uint64_t y = rd_uint(&r, 8);

	(void)ctx;
	for (size_t i = 0; i < r.n; i++) {
		if (r.p[i])
			return false;
	}
	return peer.n == crypto_group_len(group) && y >= 2 && y < prime - 1;
}

static int dh_shared(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	struct rd r = rd_of(peer);
	struct wr w = wr_of(out->b, sizeof out->b);

	if (!dh || !dh_fits(ctx, dh->group, peer))
		return -1;
	out->n = (uint16_t)crypto_shared_len(dh->group);
	memset(out->b, 0, out->n);
	wr_uint(&w, power(rd_uint(&r, 8), dh->x), 8);
	return 0;
}

static void dh_free(void *ctx, struct crypto_dh *dh)
{
	(void)ctx;
	free(dh);
}

struct crypto sim_crypto(uint64_t *seed)
{
	return (struct crypto){
	    .ctx = seed,
	    .has_hash = has_hash,
	    .has_cipher = has_cipher,
	    .has_group = has_group,
	    .hash = hash,
	    .hmac = hmac,
	    .cbc = cbc,
	    .dh_new = dh_new,
	    .dh_fits = dh_fits,
	    .dh_shared = dh_shared,
	    .dh_free = dh_free,
	    .random = rnd,
	};
}
