/*
 * The formulas of RFC 2409 against published vectors, and against an independent implementation
 * (tests/unit/data/ike_vectors.py).
 */
#include "ike/engine/keymat.h"

#include "common/base/mem.h"
#include "ike/codec/codec.h"
#include "tests/unit/ike_hex.h"
#include "tests/unit/ike_vectors.h"

#include "common/base/banned.h"

static struct crypto *ssl;

/* The inputs of keymat_rows() in the script; i: the row of the hash. */
struct inputs {
	uint8_t store[8][256];
	struct span ni, nr, nonces, gxi, gxr, sai, rest;
	struct shared gxy;
	uint8_t cki[8], ckr[8], idii[8], idir[8];
	char psk[32];
};

static void make_inputs(struct inputs *in, unsigned i)
{
	size_t n;

	memset(in, 0, sizeof *in);
	in->ni = pattern(in->store[0], (uint8_t)(0x10 + i), 20);
	in->nr = pattern(in->store[1], (uint8_t)(0x60 + i), 16);
	memcpy(in->store[2], in->ni.p, 20);
	memcpy(in->store[2] + 20, in->nr.p, 16);
	in->nonces = span_of(in->store[2], 36);
	in->gxi = pattern(in->store[3], 3, 128);
	in->gxr = pattern(in->store[4], 131, 128);
	in->sai = pattern(in->store[5], 9, 60);
	in->rest = pattern(in->store[6], 200, 77);
	in->gxy.n = 128;
	pattern(in->gxy.b, (uint8_t)(77 + i), 128);
	pattern(in->cki, 0xA0, 8);
	pattern(in->ckr, 0xB0, 8);
	n = hex_bytes("011101f40a000001", in->idii, 8);
	n += hex_bytes("011101f40a000002", in->idir, 8);
	is_int(n, 16);
	snprintf(in->psk, sizeof in->psk, "the preshared key %u", i);
}

static void check_phase1(const struct keymat_vector *v, const struct inputs *in, struct ike_keys *k)
{
	struct ike_auth_input auth = {in->gxi, in->gxr, in->cki, in->ckr, in->sai, span_of(in->idii, 8),
	    span_of(in->idir, 8)};
	size_t block = crypto_block_len(k->cipher);
	uint8_t iv[CRYPTO_BLOCK_MAX], iv2[CRYPTO_BLOCK_MAX];
	struct secret out;

	is_int(ike_skeyid_sig(ssl, k->hash, in->nonces, &in->gxy, &out), 0);
	ok(hex_is(secret_span(&out), v->sig));
	is_int(ike_skeyid_psk(ssl, k->hash, span_of(in->psk, strlen(in->psk)), in->nonces, &k->skeyid), 0);
	ok(hex_is(secret_span(&k->skeyid), v->skeyid));
	is_int(ike_keys_derive(ssl, k, &in->gxy, in->cki, in->ckr), 0);
	ok(hex_is(secret_span(&k->d), v->d));
	ok(hex_is(secret_span(&k->a), v->a));
	ok(hex_is(secret_span(&k->key), v->key));
	is_int(ike_iv_main(ssl, k, in->gxi, in->gxr, iv), 0);
	ok(hex_is(span_of(iv, block), v->iv));
	is_int(ike_iv_phase2(ssl, k, iv, 0x12345678, iv2), 0);
	ok(hex_is(span_of(iv2, block), v->iv2));
	is_int(ike_hash_i(ssl, k, &auth, &out), 0);
	ok(hex_is(secret_span(&out), v->hash_i));
	is_int(ike_hash_r(ssl, k, &auth, &out), 0);
	ok(hex_is(secret_span(&out), v->hash_r));
}

static void check_phase2(const struct keymat_vector *v, const struct inputs *in, const struct ike_keys *k)
{
	uint8_t keymat[100];
	struct secret out;

	is_int(ike_hash_1(ssl, k, 0x12345678, in->rest, &out), 0);
	ok(hex_is(secret_span(&out), v->h1));
	is_int(ike_hash_2(ssl, k, 0x12345678, in->ni, in->rest, &out), 0);
	ok(hex_is(secret_span(&out), v->h2));
	is_int(ike_hash_3(ssl, k, 0x12345678, in->ni, in->nr, &out), 0);
	ok(hex_is(secret_span(&out), v->h3));
	is_int(ike_hash_delete_2(ssl, k, 0x12345678, in->ni, in->rest, &out), 0);
	ok(hex_is(secret_span(&out), v->del2));
	is_int(ike_keymat(ssl, k, NULL, 3, 0xDEADBEEF, in->ni, in->nr, keymat, sizeof keymat), 0);
	ok(hex_is(span_of(keymat, sizeof keymat), v->plain));
	is_int(ike_keymat(ssl, k, &in->gxy, 3, 0xDEADBEEF, in->ni, in->nr, keymat, sizeof keymat), 0);
	ok(hex_is(span_of(keymat, sizeof keymat), v->pfs));
}

static void formulas_agree_with_another_implementation(void)
{
	for (size_t i = 0; i < N_OF(keymat_vectors); i++) {
		const struct keymat_vector *v = &keymat_vectors[i];
		struct ike_keys k = {.hash = (uint8_t)v->hash, .cipher = (uint8_t)v->cipher};
		struct inputs in;

		make_inputs(&in, v->hash - 1);
		check_phase1(v, &in, &k);
		check_phase2(v, &in, &k);
		ike_keys_clear(&k);
		is_int(k.d.n + k.key.b[0] + k.skeyid.b[3], 0);
	}
}

/*
 * NIST CAVP, "SP 800-135 Existing Application-Specific Key Derivation Function Validation", IKEv1 with preshared keys
 * (ikev1_psk) and with signatures (ikev1_dsa): the first SHA-1 case of each.
 */
static const struct {
	const char *psk, *ni, *nr, *cki, *ckr, *gxy, *skeyid, *d, *a, *e; /* psk NULL: signatures */
} cavp[] = {
    {"75", "b9a2d0e922dc66dd", "2130166863b5ddef", "83d374c30b3b5082", "5afc0da06c728029",
        "739003ba2c11c982946c65e26acf661fbf8ebb78011a9fead79efa12fe3e71cc", "62b04d112877e442fc3282fc37c076997718a0b9",
        "369e5aad1bdb5faf6a3d929d500cdc236710a9ab", "588e957d8d790d093b3a39f121473473af78e9bb",
        "cd74b0c048219db81384d3fda8f6cda51e398a2b"},
    {NULL, "69a62284195f1680", "80c94ba25c8abda5", "8c3bcd3a69831d7f", "d2d9a7ff4fbe95a7",
        "8ba4cbc73c0187301dc19a975823854dbd641c597f637f8d053a83b9514673eb", "707197817fb2d90cf54d1842606bdea59b9f4823",
        "384be709a8a5e63c3ed160cfe3921c4b37d5b32d", "48b327575abe3adba0f279849e289022a13e2b47",
        "a4a415c8e0c38c0da847c356cc61c24df8025560"},
};

static void published_vectors_come_out(void)
{
	for (size_t i = 0; i < N_OF(cavp); i++) {
		/* Of a cipher whose key is the beginning of SKEYID_e (App. B). */
		struct ike_keys k = {.hash = CRYPTO_SHA1, .cipher = CRYPTO_AES128_CBC};
		uint8_t nonces[16], cki[8], ckr[8], psk[1], e[20];
		struct shared gxy = {.n = 32};

		hex_bytes(cavp[i].ni, nonces, 8);
		hex_bytes(cavp[i].nr, nonces + 8, 8);
		hex_bytes(cavp[i].cki, cki, 8);
		hex_bytes(cavp[i].ckr, ckr, 8);
		hex_bytes(cavp[i].gxy, gxy.b, 32);
		hex_bytes(cavp[i].e, e, 20);
		if (cavp[i].psk)
			hex_bytes(cavp[i].psk, psk, 1);
		is_int(cavp[i].psk ? ike_skeyid_psk(ssl, k.hash, span_of(psk, 1), span_of(nonces, 16), &k.skeyid)
		                   : ike_skeyid_sig(ssl, k.hash, span_of(nonces, 16), &gxy, &k.skeyid), 0);
		ok(hex_is(secret_span(&k.skeyid), cavp[i].skeyid));
		is_int(ike_keys_derive(ssl, &k, &gxy, cki, ckr), 0);
		ok(hex_is(secret_span(&k.d), cavp[i].d));
		ok(hex_is(secret_span(&k.a), cavp[i].a));
		ok(span_eq(secret_span(&k.key), span_of(e, 16)));
	}
}

/* An SPI, a protocol, a direction more or less gives other keys. */
static void every_input_of_keymat_counts(void)
{
	struct ike_keys k = {.hash = CRYPTO_SHA1, .d = {.n = 20, .b = {7}}};
	uint8_t a[40], b[40];
	struct span ni = span_of("initiator", 9), nr = span_of("responder", 9);

	is_int(ike_keymat(ssl, &k, NULL, 3, 1, ni, nr, a, sizeof a), 0);
	is_int(ike_keymat(ssl, &k, NULL, 3, 2, ni, nr, b, sizeof b), 0);
	ok(memcmp(a, b, sizeof a) != 0);
	is_int(ike_keymat(ssl, &k, NULL, 2, 1, ni, nr, b, sizeof b), 0);
	ok(memcmp(a, b, sizeof a) != 0);
	is_int(ike_keymat(ssl, &k, NULL, 3, 1, nr, ni, b, sizeof b), 0);
	ok(memcmp(a, b, sizeof a) != 0);
}

/* Semantics §5.2: what is hashed stands there, and in RFC 3947 §3.1. */
static void vendor_ids_are_hashes_of_their_texts(void)
{
	static const struct {
		enum ike_vendor id;
		const char *text;
	} rows[] = {{IKE_V_MS_NT5, "MS NT5 ISAKMPOAKLEY"}, {IKE_V_GSSAPI, "GSSAPI"}, {IKE_V_FRAGMENTATION, "FRAGMENTATION"},
	    {IKE_V_NATT_02N, "draft-ietf-ipsec-nat-t-ike-02\n"}, {IKE_V_NATT_02, "draft-ietf-ipsec-nat-t-ike-02"},
	    {IKE_V_NATT_RFC, "RFC 3947"}, {IKE_V_INITIAL_CONTACT, "Vid-Initial-Contact"}, {IKE_V_NLBS, "NLBS_PRESENT"}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		const struct span text = span_of(rows[i].text, strlen(rows[i].text));
		uint8_t digest[CRYPTO_HASH_MAX];

		is_int(ssl->hash(ssl->ctx, CRYPTO_MD5, &text, 1, digest), 0);
		ok(span_eq(ike_vendor_bytes(rows[i].id), span_of(digest, 16)));
	}
}

static int failing_hmac(void *ctx, enum crypto_hash h, struct span key, const struct span *parts, size_t n,
    struct secret *out)
{
	static unsigned calls;

	return ++calls % 3 == 0 ? -1 : ssl->hmac(ctx, h, key, parts, n, out);
}

/* Half-made keys do not stay. */
static void a_failure_leaves_no_keys(void)
{
	struct crypto failing = *ssl;
	struct ike_keys k = {.hash = CRYPTO_MD5, .cipher = CRYPTO_AES256_CBC}, none = {0};
	struct shared gxy = {.n = 96, .b = {1}};
	uint8_t out[64] = {1}, zero[64] = {0};

	failing.hmac = failing_hmac;
	is_int(ike_keys_derive(&failing, &k, &gxy, zero, zero), -1);
	ok(memcmp(&k, &none, sizeof k) == 0);
	k.hash = CRYPTO_MD5;
	k.d.n = 16;
	is_int(ike_keymat(&failing, &k, NULL, 3, 1, span_of("a", 1), span_of("b", 1), out, sizeof out), -1);
	ok(memcmp(out, zero, sizeof out) == 0);
}

static const struct tap_case cases[] = {
    {"published vectors come out", published_vectors_come_out},
    {"formulas agree with another implementation", formulas_agree_with_another_implementation},
    {"every input of keymat counts", every_input_of_keymat_counts},
    {"vendor ids are hashes of their texts", vendor_ids_are_hashes_of_their_texts},
    {"a failure leaves no keys", a_failure_leaves_no_keys},
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
