/* The OpenSSL side of crypto.h against published and independently computed vectors, and against hostile values. */
#include "ike/crypto/crypto.h"

#include "common/base/mem.h"
#include "tests/unit/ike_hex.h"
#include "tests/unit/ike_vectors.h"

#include "common/base/banned.h"

static struct crypto *ssl;

static const uint16_t all_groups[] = {1, 2, 5, 14, 15, 16, 19, 20, 21, 31};

static void selftest_is_content(void)
{
	const char *failed = crypto_selftest(ssl);

	ok(failed == NULL);
	if (failed)
		printf("# %s\n", failed);
}

/* --- a crypto that is wrong in one place ---------------------------------------------------------------- */

static enum crypto_hash wrong_hash;
static enum crypto_cipher wrong_cipher;
static uint16_t wrong_len;

static int lying_hmac(void *ctx, enum crypto_hash h, struct span key, const struct span *parts, size_t n,
    struct secret *out)
{
	int rc = ssl->hmac(ctx, h, key, parts, n, out);

	out->b[0] ^= h == wrong_hash;
	return rc;
}

static int lying_cbc(void *ctx, enum crypto_cipher c, const struct secret *key, bool encrypt, uint8_t *iv,
    uint8_t *data, size_t n)
{
	int rc = ssl->cbc(ctx, c, key, encrypt, iv, data, n);

	data[n - 1] ^= c == wrong_cipher;
	return rc;
}

static int lying_shared(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	int rc = ssl->dh_shared(ctx, dh, peer, out);

	out->b[0] ^= out->n == wrong_len;
	return rc;
}

static void selftest_names_what_is_wrong(void)
{
	struct crypto liar = *ssl;

	liar.hmac = lying_hmac;
	liar.cbc = lying_cbc;
	liar.dh_shared = lying_shared;
	wrong_hash = CRYPTO_SHA384;
	is_str(crypto_selftest(&liar), "HMAC-SHA384");
	wrong_hash = CRYPTO_MD5;
	is_str(crypto_selftest(&liar), "HMAC-MD5");
	wrong_hash = CRYPTO_HASH_NONE;
	wrong_cipher = CRYPTO_3DES_CBC;
	is_str(crypto_selftest(&liar), "3DES-CBC");
	wrong_cipher = CRYPTO_CIPHER_NONE;
	wrong_len = 66;
	is_str(crypto_selftest(&liar), "ECP-521");
}

/* --- hashes and ciphers ----------------------------------------------------------------------------------- */

static void hmac_takes_any_key(void)
{
	static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	uint8_t key[131];
	struct span part = span_of(text, sizeof text - 1), none = {NULL, 0};
	struct secret mac;

	memset(key, 0xaa, sizeof key);
	/* RFC 4231 §4.7, RFC 2202 §3 case 6 (80 bytes of key) */
	is_int(ssl->hmac(ssl->ctx, CRYPTO_SHA256, span_of(key, sizeof key), &part, 1, &mac), 0);
	ok(hex_is(secret_span(&mac), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
	is_int(ssl->hmac(ssl->ctx, CRYPTO_SHA1, span_of(key, 80), &part, 1, &mac), 0);
	ok(hex_is(secret_span(&mac), "aa4ae5e15272d00e95705637ce8a3b55ed402112"));
	/* no key, no text: twice, since a library may take an empty key for "the one of before" */
	for (size_t i = 0; i < 2; i++) {
		is_int(ssl->hmac(ssl->ctx, CRYPTO_SHA256, none, &none, 1, &mac), 0);
		ok(hex_is(secret_span(&mac), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
	}
	is_int(ssl->hmac(ssl->ctx, CRYPTO_HASHES, none, &none, 1, &mac), -1);
}

/* RFC 3602 §4, case 2: two blocks; the IV chain must carry over two calls. */
static void cbc_chains_over_calls(void)
{
	struct secret key = {.n = 16};
	uint8_t iv[16], data[32];

	hex_bytes("c286696d887c9aa0611bbb3e2025a45a", key.b, 16);
	hex_bytes("562e17996d093d28ddb3ba695a2e6f58", iv, 16);
	pattern(data, 0, 32);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_AES128_CBC, &key, true, iv, data, 16), 0);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_AES128_CBC, &key, true, iv, data + 16, 16), 0);
	ok(hex_is(span_of(data, 32), "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1"));
	ok(span_eq(span_of(iv, 16), span_of(data + 16, 16)));
	hex_bytes("562e17996d093d28ddb3ba695a2e6f58", iv, 16);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_AES128_CBC, &key, false, iv, data, 32), 0);
	ok(hex_is(span_of(data, 32), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
	ok(hex_is(span_of(iv, 16), "7586602d253cfff91b8266bea6d61ab1"));
	/* what is not a number of blocks, or not a key, is refused */
	is_int(ssl->cbc(ssl->ctx, CRYPTO_AES128_CBC, &key, true, iv, data, 17), -1);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_AES128_CBC, &key, true, iv, data, 0), -1);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_AES256_CBC, &key, true, iv, data, 16), -1);
}

static bool is_mapped(const char *library)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	while (f && fgets(line, sizeof line, f))
		found |= strstr(line, library) != NULL;
	ok(f != NULL);
	if (f)
		fclose(f);
	return found;
}

/* FIPS 81, table C1, whole. */
static void des_is_there_without_the_legacy_provider(void)
{
	struct secret key = {.n = 8};
	uint8_t iv[8], data[] = "Now is the time for all ";

	ok(ssl->has_cipher(ssl->ctx, CRYPTO_DES_CBC));
	hex_bytes("0123456789abcdef", key.b, 8);
	hex_bytes("1234567890abcdef", iv, 8);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_DES_CBC, &key, true, iv, data, 24), 0);
	ok(hex_is(span_of(data, 24), "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"));
	hex_bytes("1234567890abcdef", iv, 8);
	is_int(ssl->cbc(ssl->ctx, CRYPTO_DES_CBC, &key, false, iv, data, 24), 0);
	is_str((const char *)data, "Now is the time for all ");
	ok(is_mapped("libcrypto") && !is_mapped("legacy.so"));
}

/* --- groups ------------------------------------------------------------------------------------------------- */

static void modp_groups_are_those_of_the_rfcs(void)
{
	uint8_t a[32], b[32], pub_a[CRYPTO_PUBLIC_MAX], pub_b[CRYPTO_PUBLIC_MAX], digest[64];

	pattern(a, 1, 32);
	pattern(b, 33, 32);
	for (size_t i = 0; i < N_OF(modp_vectors); i++) {
		uint16_t group = (uint16_t)modp_vectors[i].group;
		size_t len = crypto_group_len(group);
		struct crypto_dh *dh = ssl->dh_fixed(ssl->ctx, group, span_of(a, 32), pub_a);
		struct crypto_dh *other = ssl->dh_fixed(ssl->ctx, group, span_of(b, 32), pub_b);
		struct span part = span_of(pub_a, len);
		struct shared ab;

		is_int(ssl->hash(ssl->ctx, CRYPTO_SHA256, &part, 1, digest), 0);
		ok(hex_is(span_of(digest, 32), modp_vectors[i].pub));
		is_int(ssl->dh_shared(ssl->ctx, dh, span_of(pub_b, len), &ab), 0);
		is_int(ab.n, len);
		part = shared_span(&ab);
		is_int(ssl->hash(ssl->ctx, CRYPTO_SHA256, &part, 1, digest), 0);
		ok(hex_is(span_of(digest, 32), modp_vectors[i].shared));
		ssl->dh_free(ssl->ctx, dh);
		ssl->dh_free(ssl->ctx, other);
	}
}

/* RFC 5903 §8.1 to §8.3; RFC 7748 §5.2 for X25519. */
static const struct {
	uint16_t group;
	const char *i, *gix, *giy, *r, *shared;
} curve_vectors[] = {
    {19, "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
        "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180",
        "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
        "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
        "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"},
    {20, "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAEF896783AB194",
        "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6DE3AC808ACB4BDB4C88732AEE95F41AA",
        "9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C",
        "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942E0308312916B8ED2960E4BD55A7448FC",
        "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5D4A270F59746"},
    {21, "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA85A30FE1C2952C6771D937BA9777F5957B2639"
        "BAB072462F68C27A57382D4A52", NULL, NULL,
        "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E9C677D600B343757A3BDBF2A3163E4C2F869CCA7458A"
        "A4A4EFFC311F5CB151685EB9",
        "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D1427E73CA4BAA240A34786859810C06B3C715A3A8C"
        "C3151F2BEE417996D19F3DDEA"},
};

static void curves_are_those_of_rfc_5903(void)
{
	for (size_t i = 0; i < N_OF(curve_vectors); i++) {
		uint8_t vi[66], vr[66], pub_i[132], pub_r[132];
		uint16_t group = curve_vectors[i].group;
		size_t len = crypto_group_len(group), n = hex_bytes(curve_vectors[i].i, vi, sizeof vi);
		size_t m = hex_bytes(curve_vectors[i].r, vr, sizeof vr);
		struct crypto_dh *ini = ssl->dh_fixed(ssl->ctx, group, span_of(vi, n), pub_i);
		struct crypto_dh *res = ssl->dh_fixed(ssl->ctx, group, span_of(vr, m), pub_r);
		struct shared gir;

		ok(!curve_vectors[i].gix || hex_is(span_of(pub_i, len / 2), curve_vectors[i].gix));
		ok(!curve_vectors[i].giy || hex_is(span_of(pub_i + len / 2, len / 2), curve_vectors[i].giy));
		is_int(ssl->dh_shared(ssl->ctx, ini, span_of(pub_r, len), &gir), 0);
		ok(hex_is(shared_span(&gir), curve_vectors[i].shared));
		is_int(ssl->dh_shared(ssl->ctx, res, span_of(pub_i, len), &gir), 0);
		ok(hex_is(shared_span(&gir), curve_vectors[i].shared));
		ssl->dh_free(ssl->ctx, ini);
		ssl->dh_free(ssl->ctx, res);
	}
}

static void x25519_is_that_of_rfc_7748(void)
{
	uint8_t k[32], u[32], pub[32];
	struct crypto_dh *dh;
	struct shared out;

	hex_bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", k, 32);
	hex_bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", u, 32);
	dh = ssl->dh_fixed(ssl->ctx, 31, span_of(k, 32), pub);
	is_int(ssl->dh_shared(ssl->ctx, dh, span_of(u, 32), &out), 0);
	ok(hex_is(shared_span(&out), "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
	ssl->dh_free(ssl->ctx, dh);
}

static void both_ends_agree_in_every_group(void)
{
	for (size_t i = 0; i < N_OF(all_groups); i++) {
		uint8_t pub_a[CRYPTO_PUBLIC_MAX], pub_b[CRYPTO_PUBLIC_MAX];
		size_t len = crypto_group_len(all_groups[i]);
		struct crypto_dh *a = ssl->dh_new(ssl->ctx, all_groups[i], pub_a);
		struct crypto_dh *b = ssl->dh_new(ssl->ctx, all_groups[i], pub_b);
		struct shared ab, ba;

		ok(a && b && !span_eq(span_of(pub_a, len), span_of(pub_b, len)));
		is_int(ssl->dh_shared(ssl->ctx, a, span_of(pub_b, len), &ab), 0);
		is_int(ssl->dh_shared(ssl->ctx, b, span_of(pub_a, len), &ba), 0);
		is_int(ab.n, crypto_shared_len(all_groups[i]));
		ok(span_eq(shared_span(&ab), shared_span(&ba)));
		ssl->dh_free(ssl->ctx, a);
		ssl->dh_free(ssl->ctx, b);
	}
	ok(!ssl->has_group(ssl->ctx, 3) && !ssl->dh_new(ssl->ctx, 3, NULL));
}

/* What does not fit gives no secret either. The other way round there is one exception: RFC 7748 §6.1. */
static bool refused(uint16_t group, const struct crypto_dh *dh, const uint8_t *value, size_t n)
{
	struct shared out;

	memset(&out, 0xEE, sizeof out);
	if (!ssl->dh_shared(ssl->ctx, dh, span_of(value, n), &out))
		return !ssl->dh_fits(ssl->ctx, group, span_of(value, n));
	ok(group == 31 || !ssl->dh_fits(ssl->ctx, group, span_of(value, n)));
	return out.n == 0 && out.b[0] == 0;
}

/* 0, 1, p - 1, p and beyond would tell the secret, or make it one that everybody knows. */
static void modp_values_out_of_range_are_refused(void)
{
	for (size_t i = 0; i < 6; i++) {
		uint8_t pub[CRYPTO_PUBLIC_MAX], y[CRYPTO_PUBLIC_MAX + 1] = {0};
		size_t len = crypto_group_len(all_groups[i]);
		struct crypto_dh *dh = ssl->dh_new(ssl->ctx, all_groups[i], pub);

		ok(refused(all_groups[i], dh, y, len));
		y[len - 1] = 1;
		ok(refused(all_groups[i], dh, y, len));
		y[len - 1] = 2;
		ok(!refused(all_groups[i], dh, y, len));
		ok(refused(all_groups[i], dh, y, len - 1) && refused(all_groups[i], dh, y, len + 1) && refused(all_groups[i], dh, y, 0));
		memset(y, 0xff, len); /* above p: all our primes begin and end with 64 ones, but have zeros between */
		ok(refused(all_groups[i], dh, y, len));
		ssl->dh_free(ssl->ctx, dh);
	}
}

/* p - 1 generates the subgroup of two elements. p of group 2: RFC 2409 §6.2. */
static void the_last_of_the_group_is_refused(void)
{
	static const char p[] =
	    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
	    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
	    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF";
	uint8_t pub[128], y[128];
	struct crypto_dh *dh = ssl->dh_new(ssl->ctx, 2, pub);

	is_int(hex_bytes(p, y, sizeof y), 128);
	ok(refused(2, dh, y, 128));
	y[127]--;
	ok(refused(2, dh, y, 128));
	y[127]--;
	ok(!refused(2, dh, y, 128));
	ssl->dh_free(ssl->ctx, dh);
}

static void points_off_the_curve_are_refused(void)
{
	for (size_t i = 6; i < N_OF(all_groups); i++) {
		uint8_t pub[132], y[133] = {0};
		size_t len = crypto_group_len(all_groups[i]);
		struct crypto_dh *dh = ssl->dh_new(ssl->ctx, all_groups[i], pub);

		ok(refused(all_groups[i], dh, y, len)); /* X25519: gives zero, RFC 7748 §6.1 */
		ok(refused(all_groups[i], dh, pub, len - 1));
		memcpy(y, pub, len);
		ok(refused(all_groups[i], dh, y, len + 1));
		y[len - 1] ^= 1;
		ok(all_groups[i] == 31 || refused(all_groups[i], dh, y, len));
		ssl->dh_free(ssl->ctx, dh);
	}
}

/* Made ahead or not, no pair is given out twice, and both kinds agree. */
static void pairs_made_ahead_are_used_once(void)
{
	struct crypto *c = crypto_openssl_new();
	enum { PAIRS = 24 };

	ok(!c->dh_ahead(c->ctx, true) && !c->dh_ahead(c->ctx, false)); /* nothing was asked for yet */
	for (size_t g = 0; g < N_OF(all_groups); g++) {
		static uint8_t pub[PAIRS][CRYPTO_PUBLIC_MAX];
		size_t len = crypto_group_len(all_groups[g]), made = 0;
		struct crypto_dh *dh[PAIRS];
		struct shared ab, ba;

		dh[0] = c->dh_new(c->ctx, all_groups[g], pub[0]);
		ok(c->dh_ahead(c->ctx, true));
		while (c->dh_ahead(c->ctx, false))
			made++;
		is_int(made, 8);
		for (size_t i = 1; i < PAIRS; i++)
			dh[i] = c->dh_new(c->ctx, all_groups[g], pub[i]);
		for (size_t i = 0; i < PAIRS; i++)
			for (size_t j = 0; j < i; j++)
				ok(dh[i] != dh[j] && memcmp(pub[i], pub[j], len) != 0);
		is_int(c->dh_shared(c->ctx, dh[3], span_of(pub[20], len), &ab), 0);
		is_int(c->dh_shared(c->ctx, dh[20], span_of(pub[3], len), &ba), 0);
		ok(crypto_equal(shared_span(&ab), shared_span(&ba)));
		for (size_t i = 0; i < PAIRS; i++)
			c->dh_free(c->ctx, dh[i]);
		while (c->dh_ahead(c->ctx, false)) /* some are left when the library is closed */
			;
	}
	crypto_openssl_free(c);
}

/* A shared value that begins with zeros keeps them (RFC 2409 §5): found by trying, one in 256. */
static void shared_values_keep_leading_zeros(void)
{
	uint8_t pub[128], a[2] = {0, 3};
	size_t found = 0;

	for (unsigned i = 3; i < 4000 && found < 3; i++) {
		uint8_t other[128];
		struct crypto_dh *x, *y;
		struct shared s;

		a[0] = (uint8_t)(i >> 8);
		a[1] = (uint8_t)i;
		x = ssl->dh_fixed(ssl->ctx, 2, span_of("ipsec leading 0s", 16), pub);
		y = ssl->dh_fixed(ssl->ctx, 2, span_of(a, 2), other);
		is_int(ssl->dh_shared(ssl->ctx, x, span_of(other, 128), &s), 0);
		is_int(s.n, 128);
		found += s.b[0] == 0;
		ssl->dh_free(ssl->ctx, x);
		ssl->dh_free(ssl->ctx, y);
	}
	is_int(found, 3);
}

static void comparing_and_clearing(void)
{
	struct secret s = {.n = 3, .b = {1, 2, 3}}, zero = {0};
	struct shared g = {.n = 2, .b = {1, 2}}, none = {0};

	ok(crypto_equal(span_of("abc", 3), span_of("abc", 3)) && crypto_equal(span_of("", 0), span_of("x", 0)));
	ok(!crypto_equal(span_of("abc", 3), span_of("abd", 3)) && !crypto_equal(span_of("abc", 3), span_of("abc", 2)));
	ok(!crypto_equal(span_of("abc", 3), span_of("bbc", 3)));
	secret_clear(&s);
	shared_clear(&g);
	ok(memcmp(&s, &zero, sizeof s) == 0 && memcmp(&g, &none, sizeof g) == 0);
	is_int(crypto_hash_len(CRYPTO_SHA384), 48);
	is_int(crypto_hash_len(CRYPTO_HASHES), 0);
	is_int(crypto_group_len(3), 0);
	is_str(crypto_cipher_name(CRYPTO_AES192_CBC), "AES192");
	is_str(crypto_hash_name(CRYPTO_HASH_NONE), "none");
}

static void random_bytes_are_not_the_same_twice(void)
{
	uint8_t a[32] = {0}, b[32] = {0};

	ssl->random(ssl->ctx, a, sizeof a);
	ssl->random(ssl->ctx, b, sizeof b);
	ok(memcmp(a, b, sizeof a) != 0);
}

static const struct tap_case cases[] = {
    {"the self test is content", selftest_is_content},
    {"the self test names what is wrong", selftest_names_what_is_wrong},
    {"hmac takes any key", hmac_takes_any_key},
    {"cbc chains over calls", cbc_chains_over_calls},
    {"des is there without the legacy provider", des_is_there_without_the_legacy_provider},
    {"modp groups are those of the RFCs", modp_groups_are_those_of_the_rfcs},
    {"curves are those of RFC 5903", curves_are_those_of_rfc_5903},
    {"x25519 is that of RFC 7748", x25519_is_that_of_rfc_7748},
    {"both ends agree in every group", both_ends_agree_in_every_group},
    {"modp values out of range are refused", modp_values_out_of_range_are_refused},
    {"the last of the group is refused", the_last_of_the_group_is_refused},
    {"points off the curve are refused", points_off_the_curve_are_refused},
    {"pairs made ahead are used once", pairs_made_ahead_are_used_once},
    {"shared values keep leading zeros", shared_values_keep_leading_zeros},
    {"comparing and clearing", comparing_and_clearing},
    {"random bytes are not the same twice", random_bytes_are_not_the_same_twice},
};

int main(void)
{
	int status;

	ssl = crypto_openssl_new();
	if (!ssl) {
		printf("Bail out! no OpenSSL\n");
		return 1;
	}
	status = tap_run(cases, N_OF(cases));
	crypto_openssl_free(ssl);
	return status;
}
