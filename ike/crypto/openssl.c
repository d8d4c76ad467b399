/*
 * crypto.h with OpenSSL 3, the only file that knows it. A library context of our own: nothing of a system-wide
 * configuration file changes what we offer. The default provider, which is part of libcrypto, has MD5, SHA-1, SHA-2, 3DES and
 * AES. DES is 3DES with one key thrice, so the legacy provider is never loaded: it is a file that a process in its sandbox
 * could not open when a policy comes to name DES, and a dozen more ciphers if it were opened before.
 *
 * MODP groups are computed with BIGNUMs and not with EVP_PKEY: that checks y^q = 1 for every peer's value, at the price of
 * an exponentiation with a full-length exponent. All our primes are safe (p = 2q + 1) and an exponent is used
 * once, so a value in 2..p-2 tells an attacker at most one bit of it (RFC 2785 §3.1): the range is enough.
 */
#include "ike/crypto/crypto.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

/* Names in OpenSSL. */
static const char *const hash_names[CRYPTO_HASHES] = {
    [CRYPTO_MD5] = "MD5",
    [CRYPTO_SHA1] = "SHA1",
    [CRYPTO_SHA256] = "SHA2-256",
    [CRYPTO_SHA384] = "SHA2-384",
    [CRYPTO_SHA512] = "SHA2-512",
};
/* `times`: how often the key is repeated. Encrypt, decrypt, encrypt with one key is DES (FIPS 46-3, keying option 3). */
static const struct {
	const char *name;
	uint8_t times;
} cipher_rows[CRYPTO_CIPHERS] = {
    [CRYPTO_DES_CBC] = {"DES-EDE3-CBC", 3},
    [CRYPTO_3DES_CBC] = {"DES-EDE3-CBC", 1},
    [CRYPTO_AES128_CBC] = {"AES-128-CBC", 1},
    [CRYPTO_AES192_CBC] = {"AES-192-CBC", 1},
    [CRYPTO_AES256_CBC] = {"AES-256-CBC", 1},
};

/*
 * Groups. Exponents have about twice the bits of the group's strength: RFC 3526 §8, its upper estimates, and 2^160 work
 * for group 2 and below rounded up.
 */
enum { GROUPS = 10 };
static const struct group_row {
	uint16_t group;
	uint16_t exponent_bits;          /* MODP */
	BIGNUM *(*prime)(BIGNUM *into);  /* MODP */
	const char *type, *curve;        /* others */
	int nid;
} group_rows[GROUPS] = {
    {1, 192, BN_get_rfc2409_prime_768, NULL, NULL, 0},
    {2, 256, BN_get_rfc2409_prime_1024, NULL, NULL, 0},
    {5, 256, BN_get_rfc3526_prime_1536, NULL, NULL, 0},
    {14, 320, BN_get_rfc3526_prime_2048, NULL, NULL, 0},
    {15, 420, BN_get_rfc3526_prime_3072, NULL, NULL, 0},
    {16, 480, BN_get_rfc3526_prime_4096, NULL, NULL, 0},
    {19, 0, NULL, "EC", "P-256", NID_X9_62_prime256v1},
    {20, 0, NULL, "EC", "P-384", NID_secp384r1},
    {21, 0, NULL, "EC", "P-521", NID_secp521r1},
    {31, 0, NULL, "X25519", NULL, 0},
};

/* Key pairs made ahead: half of a first message's arithmetic is done before it comes. Each is given out once. */
enum { AHEAD = 8 };
struct ahead {
	bool asked; /* for one of this group, ever */
	size_t n;
	struct {
		struct crypto_dh *dh;
		uint8_t public_value[CRYPTO_PUBLIC_MAX];
	} v[AHEAD];
};

struct state {
	struct crypto face;
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *standard;
	BN_CTX *bn;
	BIGNUM *two;
	EVP_MD *md[CRYPTO_HASHES];
	EVP_MAC_CTX *mac[CRYPTO_HASHES]; /* without a key: copied for each use, so that no key stays */
	EVP_CIPHER *cipher[CRYPTO_CIPHERS];
	struct {
		BIGNUM *p, *top; /* the prime, and p - 2 */
		BN_MONT_CTX *mont;
	} modp[GROUPS];
	struct ahead ahead[GROUPS];
};

struct crypto_dh {
	size_t row;
	BIGNUM *x;      /* MODP */
	EVP_PKEY *pair; /* others */
};

/* --- hashes ------------------------------------------------------------------------------------------- */

static bool load_hash(struct state *s, enum crypto_hash h)
{
	OSSL_PARAM params[2];
	EVP_MAC *mac;

	if ((size_t)h >= CRYPTO_HASHES || !hash_names[h])
		return false;
	if (s->mac[h])
		return true;
	if (!s->md[h])
		s->md[h] = EVP_MD_fetch(s->lib, hash_names[h], NULL);
	mac = EVP_MAC_fetch(s->lib, "HMAC", NULL);
	if (!s->md[h] || !mac) {
		EVP_MAC_free(mac);
		return false;
	}
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)hash_names[h], 0);
	params[1] = OSSL_PARAM_construct_end();
	s->mac[h] = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (s->mac[h] && !EVP_MAC_CTX_set_params(s->mac[h], params)) {
		EVP_MAC_CTX_free(s->mac[h]);
		s->mac[h] = NULL;
	}
	return s->mac[h] != NULL;
}

static bool has_hash(void *ctx, enum crypto_hash h)
{
	return load_hash(ctx, h);
}

static int do_hash(void *ctx, enum crypto_hash h, const struct span *parts, size_t nparts, uint8_t *out)
{
	struct state *s = ctx;
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && load_hash(s, h) && EVP_DigestInit_ex2(md, s->md[h], NULL);

	for (size_t i = 0; ok && i < nparts; i++)
		ok = EVP_DigestUpdate(md, parts[i].p, parts[i].n);
	ok = ok && EVP_DigestFinal_ex(md, out, NULL);
	EVP_MD_CTX_free(md);
	return ok ? 0 : -1;
}

static int do_hmac(void *ctx, enum crypto_hash h, struct span key, const struct span *parts, size_t nparts,
    struct secret *out)
{
	static const uint8_t none[1]; /* NULL would mean "the key of before" */
	struct state *s = ctx;
	EVP_MAC_CTX *mac = load_hash(s, h) ? EVP_MAC_CTX_dup(s->mac[h]) : NULL;
	size_t n = 0;
	bool ok = mac && EVP_MAC_init(mac, key.n ? key.p : none, key.n, NULL);

	for (size_t i = 0; ok && i < nparts; i++)
		ok = parts[i].n == 0 || EVP_MAC_update(mac, parts[i].p, parts[i].n);
	ok = ok && EVP_MAC_final(mac, out->b, &n, sizeof out->b);
	out->n = ok ? (uint8_t)n : 0;
	EVP_MAC_CTX_free(mac);
	return ok ? 0 : -1;
}

/* --- ciphers ------------------------------------------------------------------------------------------ */

static bool load_cipher(struct state *s, enum crypto_cipher c)
{
	if ((size_t)c >= CRYPTO_CIPHERS || !cipher_rows[c].name)
		return false;
	if (!s->cipher[c])
		s->cipher[c] = EVP_CIPHER_fetch(s->lib, cipher_rows[c].name, NULL);
	return s->cipher[c] != NULL;
}

static bool has_cipher(void *ctx, enum crypto_cipher c)
{
	return load_cipher(ctx, c);
}

static int do_cbc(void *ctx, enum crypto_cipher c, const struct secret *key, bool encrypt, uint8_t *iv, uint8_t *data,
    size_t n)
{
	struct state *s = ctx;
	size_t block = crypto_block_len(c);
	uint8_t last[CRYPTO_BLOCK_MAX], whole_key[CRYPTO_KEY_MAX];
	EVP_CIPHER_CTX *cc;
	int done = 0;
	bool ok;

	if (!load_cipher(s, c) || key->n != crypto_key_len(c) || n == 0 || n % block || n > INT32_MAX)
		return -1;
	memcpy(last, data + n - block, block);
	for (size_t i = 0; i < cipher_rows[c].times; i++)
		memcpy(whole_key + i * key->n, key->b, key->n);
	cc = EVP_CIPHER_CTX_new();
	ok = cc && EVP_CipherInit_ex2(cc, s->cipher[c], whole_key, iv, encrypt, NULL) &&
	     EVP_CIPHER_CTX_set_padding(cc, 0) && EVP_CipherUpdate(cc, data, &done, data, (int)n) &&
	     (size_t)done == n;
	EVP_CIPHER_CTX_free(cc);
	secret_wipe(whole_key, sizeof whole_key);
	if (ok)
		memcpy(iv, encrypt ? data + n - block : last, block);
	return ok ? 0 : -1;
}

/* --- groups ------------------------------------------------------------------------------------------- */

/* The row, with what it needs computed once; GROUPS when it cannot be used. */
static size_t load_group(struct state *s, uint16_t group)
{
	size_t i = 0;

	while (i < GROUPS && group_rows[i].group != group)
		i++;
	if (i == GROUPS || !group_rows[i].prime || s->modp[i].mont)
		return i;
	s->modp[i].p = group_rows[i].prime(NULL);
	s->modp[i].top = BN_dup(s->modp[i].p);
	s->modp[i].mont = BN_MONT_CTX_new();
	if (!s->modp[i].p || !s->modp[i].top || !s->modp[i].mont || !BN_sub_word(s->modp[i].top, 2) ||
	    !BN_MONT_CTX_set(s->modp[i].mont, s->modp[i].p, s->bn))
		abort(); /* out of memory */
	return i;
}

static bool has_group(void *ctx, uint16_t group)
{
	return load_group(ctx, group) < GROUPS;
}

static int modp_power(struct state *s, size_t row, const BIGNUM *base, const BIGNUM *x, uint8_t *out)
{
	size_t len = crypto_group_len(group_rows[row].group);
	BIGNUM *r = BN_new();
	int ok = r && BN_mod_exp_mont_consttime(r, base, x, s->modp[row].p, s->bn, s->modp[row].mont) &&
	         BN_bn2binpad(r, out, (int)len) == (int)len;

	BN_clear_free(r);
	return ok ? 0 : -1;
}

/* The public value of an EC or X25519 pair: x and y without the byte that says "uncompressed" (RFC 5903 §7). */
static int pair_public(const struct crypto_dh *dh, uint8_t *out)
{
	const struct group_row *row = &group_rows[dh->row];
	size_t len = crypto_group_len(row->group), skip = row->curve ? 1 : 0;
	uint8_t *encoded = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(dh->pair, &encoded);
	int ok = n == len + skip;

	if (ok)
		memcpy(out, encoded + skip, len);
	OPENSSL_free(encoded);
	return ok ? 0 : -1;
}

static EVP_PKEY *pair_generate(struct state *s, const struct group_row *row)
{
	EVP_PKEY_CTX *pc = EVP_PKEY_CTX_new_from_name(s->lib, row->type, NULL);
	EVP_PKEY *pair = NULL;

	if (!pc || EVP_PKEY_keygen_init(pc) <= 0 ||
	    (row->curve && EVP_PKEY_CTX_set_group_name(pc, row->curve) <= 0) || EVP_PKEY_generate(pc, &pair) <= 0)
		pair = NULL;
	EVP_PKEY_CTX_free(pc);
	return pair;
}

/* A key from its parts: `pub` encoded as OpenSSL has it; `priv` empty: a public key. NULL: not valid. */
static EVP_PKEY *pair_import(struct state *s, const struct group_row *row, struct span pub, struct span priv)
{
	EVP_PKEY_CTX *pc = EVP_PKEY_CTX_new_from_name(s->lib, row->type, NULL);
	BIGNUM *d = row->curve && priv.n ? BN_bin2bn(priv.p, (int)priv.n, NULL) : NULL;
	uint8_t native[CRYPTO_SHARED_MAX];
	OSSL_PARAM p[4];
	EVP_PKEY *key = NULL;
	size_t n = 0;
	bool ok = pc && EVP_PKEY_fromdata_init(pc) > 0;

	if (row->curve)
		p[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)row->curve, 0);
	if (pub.n)
		p[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)pub.p, pub.n);
	if (d) {
		ok = ok && BN_bn2nativepad(d, native, (int)crypto_shared_len(row->group)) > 0;
		p[n++] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, crypto_shared_len(row->group));
	} else if (priv.n) {
		p[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)priv.p, priv.n);
	}
	p[n] = OSSL_PARAM_construct_end();
	if (!ok || EVP_PKEY_fromdata(pc, &key, priv.n ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, p) <= 0)
		key = NULL;
	secret_wipe(native, sizeof native);
	BN_clear_free(d);
	EVP_PKEY_CTX_free(pc);
	return key;
}

static void dh_free(void *ctx, struct crypto_dh *dh)
{
	(void)ctx;
	if (!dh)
		return;
	BN_clear_free(dh->x);
	EVP_PKEY_free(dh->pair);
	free(dh);
}

/* Gives out `dh` when it is whole and its public value could be written. */
static struct crypto_dh *dh_finish(struct state *s, struct crypto_dh *dh, uint8_t *public_value)
{
	bool ok = false;

	if (dh->x)
		ok = modp_power(s, dh->row, s->two, dh->x, public_value) == 0;
	else if (dh->pair)
		ok = pair_public(dh, public_value) == 0;
	if (ok)
		return dh;
	dh_free(s, dh);
	return NULL;
}

static struct crypto_dh *dh_make(struct state *s, size_t row, uint8_t *public_value)
{
	struct crypto_dh *dh = xcalloc(1, sizeof *dh);

	dh->row = row;
	if (group_rows[row].prime) {
		dh->x = BN_secure_new();
		if (!dh->x || !BN_priv_rand_ex(dh->x, group_rows[row].exponent_bits, BN_RAND_TOP_ONE,
		        BN_RAND_BOTTOM_ANY, 0, s->bn))
			abort(); /* no memory, or no random bytes: nothing may go on */
		BN_set_flags(dh->x, BN_FLG_CONSTTIME);
	} else {
		dh->pair = pair_generate(s, &group_rows[row]);
	}
	return dh_finish(s, dh, public_value);
}

static struct crypto_dh *dh_new(void *ctx, uint16_t group, uint8_t *public_value)
{
	struct state *s = ctx;
	size_t row = load_group(s, group);
	struct ahead *a;

	if (row == GROUPS)
		return NULL;
	a = &s->ahead[row];
	a->asked = true;
	if (a->n == 0)
		return dh_make(s, row, public_value);
	a->n--;
	memcpy(public_value, a->v[a->n].public_value, crypto_group_len(group));
	return a->v[a->n].dh;
}

static bool dh_ahead(void *ctx, bool only_ask)
{
	struct state *s = ctx;
	struct ahead *a = s->ahead;

	while (a < s->ahead + GROUPS && (!a->asked || a->n == AHEAD))
		a++;
	if (a == s->ahead + GROUPS)
		return false;
	if (!only_ask) {
		a->v[a->n].dh = dh_make(s, (size_t)(a - s->ahead), a->v[a->n].public_value);
		a->asked = a->v[a->n].dh != NULL;
		a->n += a->asked;
	}
	return true;
}

/* The encoded public point of a private value; 0 = not possible. */
static size_t ec_public(struct state *s, int nid, struct span priv, uint8_t *out, size_t cap)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name_ex(s->lib, NULL, nid);
	EC_POINT *q = g ? EC_POINT_new(g) : NULL;
	BIGNUM *d = BN_bin2bn(priv.p, (int)priv.n, NULL);
	size_t n = 0;

	if (q && d && EC_POINT_mul(g, q, d, NULL, NULL, s->bn))
		n = EC_POINT_point2oct(g, q, POINT_CONVERSION_UNCOMPRESSED, out, cap, s->bn);
	BN_clear_free(d);
	EC_POINT_free(q);
	EC_GROUP_free(g);
	return n;
}

static struct crypto_dh *dh_fixed(void *ctx, uint16_t group, struct span priv, uint8_t *public_value)
{
	struct state *s = ctx;
	uint8_t pub[CRYPTO_PUBLIC_MAX];
	struct crypto_dh *dh;
	size_t n, row = load_group(s, group);

	if (row == GROUPS || priv.n == 0 || priv.n > CRYPTO_PUBLIC_MAX)
		return NULL;
	dh = xcalloc(1, sizeof *dh);
	dh->row = row;
	if (group_rows[row].prime) {
		dh->x = BN_bin2bn(priv.p, (int)priv.n, NULL);
		if (dh->x)
			BN_set_flags(dh->x, BN_FLG_CONSTTIME);
	} else {
		n = group_rows[row].nid ? ec_public(s, group_rows[row].nid, priv, pub, sizeof pub) : 0;
		dh->pair = pair_import(s, &group_rows[row], span_of(pub, n), priv);
	}
	return dh_finish(s, dh, public_value);
}

/* The peer's public value as a number, when it is in 2..p-2. Owned; NULL: it is not. */
static BIGNUM *modp_public(struct state *s, size_t row, struct span peer)
{
	BIGNUM *y = BN_bin2bn(peer.p, (int)peer.n, NULL);

	if (y && BN_cmp(y, s->two) >= 0 && BN_cmp(y, s->modp[row].top) <= 0)
		return y;
	BN_free(y);
	return NULL;
}

/* The same for others. A point that is not on the curve is refused; our curves have no small subgroups to check beyond that. */
static EVP_PKEY *pair_public_of(struct state *s, const struct group_row *row, struct span peer)
{
	uint8_t encoded[1 + CRYPTO_PUBLIC_MAX] = {POINT_CONVERSION_UNCOMPRESSED};
	size_t skip = row->curve ? 1 : 0;

	memcpy(encoded + skip, peer.p, peer.n);
	return pair_import(s, row, span_of(encoded, skip + peer.n), (struct span){NULL, 0});
}

static bool dh_fits(void *ctx, uint16_t group, struct span peer)
{
	struct state *s = ctx;
	size_t row = load_group(s, group);
	BIGNUM *y = NULL;
	EVP_PKEY *other = NULL;

	if (row == GROUPS || peer.n != crypto_group_len(group))
		return false;
	if (group_rows[row].prime)
		y = modp_public(s, row, peer);
	else
		other = pair_public_of(s, &group_rows[row], peer);
	BN_free(y);
	EVP_PKEY_free(other);
	return y || other;
}

static int modp_shared(struct state *s, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	BIGNUM *y = modp_public(s, dh->row, peer);
	int rc = y ? modp_power(s, dh->row, y, dh->x, out->b) : -1;

	BN_free(y);
	return rc;
}

static int pair_shared(struct state *s, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	const struct group_row *row = &group_rows[dh->row];
	size_t n = crypto_shared_len(row->group), got = n;
	EVP_PKEY_CTX *pc = EVP_PKEY_CTX_new_from_pkey(s->lib, dh->pair, NULL);
	EVP_PKEY *other = pair_public_of(s, row, peer);
	bool ok = pc && other && EVP_PKEY_derive_init(pc) > 0 && EVP_PKEY_derive_set_peer_ex(pc, other, 0) > 0 &&
	     EVP_PKEY_derive(pc, out->b, &got) > 0 && got == n;

	EVP_PKEY_free(other);
	EVP_PKEY_CTX_free(pc);
	return ok ? 0 : -1;
}

static int dh_shared(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	struct state *s = ctx;
	uint16_t group = group_rows[dh->row].group;
	int rc = -1;

	*out = (struct shared){0};
	if (peer.n == crypto_group_len(group))
		rc = dh->x ? modp_shared(s, dh, peer, out) : pair_shared(s, dh, peer, out);
	if (rc)
		shared_clear(out);
	else
		out->n = (uint16_t)crypto_shared_len(group);
	return rc;
}

static void do_random(void *ctx, void *out, size_t n)
{
	struct state *s = ctx;

	if (n && RAND_bytes_ex(s->lib, out, n, 0) != 1)
		abort();
}

/* --- life --------------------------------------------------------------------------------------------- */

void crypto_openssl_free(struct crypto *c)
{
	struct state *s = c ? c->ctx : NULL;

	if (!s)
		return;
	for (size_t i = 0; i < GROUPS; i++) {
		while (s->ahead[i].n)
			dh_free(s, s->ahead[i].v[--s->ahead[i].n].dh);
		BN_free(s->modp[i].p);
		BN_free(s->modp[i].top);
		BN_MONT_CTX_free(s->modp[i].mont);
	}
	for (size_t i = 0; i < CRYPTO_CIPHERS; i++)
		EVP_CIPHER_free(s->cipher[i]);
	for (size_t i = 0; i < CRYPTO_HASHES; i++) {
		EVP_MAC_CTX_free(s->mac[i]);
		EVP_MD_free(s->md[i]);
	}
	BN_free(s->two);
	BN_CTX_free(s->bn);
	if (s->standard)
		OSSL_PROVIDER_unload(s->standard);
	OSSL_LIB_CTX_free(s->lib);
	free(s);
}

struct crypto *crypto_openssl_new(void)
{
	struct state *s = xcalloc(1, sizeof *s);

	s->face = (struct crypto){
	    .ctx = s,
	    .has_hash = has_hash,
	    .has_cipher = has_cipher,
	    .has_group = has_group,
	    .hash = do_hash,
	    .hmac = do_hmac,
	    .cbc = do_cbc,
	    .dh_fixed = dh_fixed,
	    .dh_new = dh_new,
	    .dh_ahead = dh_ahead,
	    .dh_fits = dh_fits,
	    .dh_shared = dh_shared,
	    .dh_free = dh_free,
	    .random = do_random,
	};
	s->lib = OSSL_LIB_CTX_new();
	s->standard = s->lib ? OSSL_PROVIDER_load(s->lib, "default") : NULL;
	s->bn = s->lib ? BN_CTX_secure_new_ex(s->lib) : NULL;
	s->two = BN_new();
	if (!s->standard || !s->bn || !s->two || !BN_set_word(s->two, 2)) {
		crypto_openssl_free(&s->face);
		return NULL;
	}
	return &s->face;
}
