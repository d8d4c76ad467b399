// FOLDERS: ike_engine ike_codec base
/* Any bytes as the body of an SA payload: decoded, chosen from in both phases; what is chosen must be what was offered. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "ike/engine/proposal.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ike_mm_policy mm = {
    .noffers = 3,
    .offers = {{CRYPTO_AES256_CBC, CRYPTO_SHA256, 14}, {CRYPTO_3DES_CBC, CRYPTO_SHA1, 2}, {CRYPTO_DES_CBC, CRYPTO_MD5, 1}},
    .nauths = 1,
    .auths = {{.method = IKE_AUTH_PSK}},
};
static const struct ike_qm_policy qm = {
    .noffers = 3,
    .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_GCM256},
        {.has_ah = true, .ah_hash = CRYPTO_SHA1, .has_esp = true, .esp_cipher = IKE_ENC_3DES, .esp_hash = CRYPTO_SHA1},
        {.has_ah = true, .ah_hash = CRYPTO_MD5}},
};
static const struct ike_qm_terms terms = {.ah_spi = 1000, .esp_spi = 1001};

/* The answer to what was chosen is one that an end with the same policy accepts. */
static void try_main_mode(const struct ike_sa_payload *sa, struct arena *a)
{
	struct ike_mm_choice c, back;
	struct ike_refusal why;
	struct ike_sa_payload answer;

	if (ike_mm_choose(&mm, sa, &c, &why) != IKE_OK)
		return;
	ike_mm_answer(sa, &c, a, &answer);
	if (ike_mm_accept(&mm, &answer, &back, &why) != IKE_OK || back.offer.group != c.offer.group)
		abort();
}

static void try_quick_mode(const struct ike_sa_payload *sa, struct arena *a)
{
	struct ike_qm_terms t = terms;
	struct ike_qm_choice c, back;
	struct ike_refusal why;
	struct ike_sa_payload answer;

	if (ike_qm_choose(&qm, &terms, sa, &c, &why) != IKE_OK)
		return;
	if (c.offer.life_s > IKE_QM_LIFE_S || c.offer.life_kb > IKE_QM_LIFE_KB)
		abort();
	ike_qm_answer(sa, &c, &terms, a, &answer);
	t.group = c.group;
	if (ike_qm_accept(&qm, &t, &answer, &back, &why) != IKE_OK || back.offer.esp_cipher != c.offer.esp_cipher)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 16384 };
	static uint8_t room[IKE_HEADER_LEN + IKE_GENERIC_LEN + MOST];
	struct ike_msg m = {.hdr = {.version = IKE_VERSION, .icookie = {1}, .next = IKE_P_SA}};
	struct wr w = wr_of(room, sizeof room);
	struct arena a = {0};
	struct ike_fault f;
	uint8_t *copy;

	if (size > MOST)
		return 0;
	wr_room(&w, IKE_HEADER_LEN);
	wr_u16(&w, 0);
	wr_u16(&w, (uint16_t)(IKE_GENERIC_LEN + size));
	wr_bytes(&w, data, size);
	copy = xcalloc(1, w.n);
	memcpy(copy, room, w.n);
	if (ike_payloads_decode(span_of(copy, w.n), &m, &a, &f) == 0) {
		try_main_mode(&m.v[0].u.sa, &a);
		try_quick_mode(&m.v[0].u.sa, &a);
	}
	free(copy);
	arena_free(&a);
	return 0;
}
