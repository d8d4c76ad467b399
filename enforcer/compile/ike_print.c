/* Numbers of the model and of IKE, and the profile as text. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/model/values.h"
#include "enforcer/compile/ike_words.h"
#include "enforcer/compile/lower_ike.h"
#include "ike/codec/numbers.h"

#include "common/base/banned.h"

/* --- tables ------------------------------------------------------------------------------------------------------ */

/* Indexed by enum encr. Main mode knows no AEAD; the kernel's numbers of ESP are apart. */
static const struct {
	uint8_t mm, esp;
} ciphers[] = {
    [ENCR_NONE] = {CRYPTO_CIPHER_NONE, IKE_ENC_NULL},
    [ENCR_DES] = {CRYPTO_DES_CBC, IKE_ENC_DES},
    [ENCR_3DES] = {CRYPTO_3DES_CBC, IKE_ENC_3DES},
    [ENCR_AES128] = {CRYPTO_AES128_CBC, IKE_ENC_AES128},
    [ENCR_AES192] = {CRYPTO_AES192_CBC, IKE_ENC_AES192},
    [ENCR_AES256] = {CRYPTO_AES256_CBC, IKE_ENC_AES256},
    [ENCR_AESGCM128] = {CRYPTO_CIPHER_NONE, IKE_ENC_GCM128},
    [ENCR_AESGCM256] = {CRYPTO_CIPHER_NONE, IKE_ENC_GCM256},
};
static const uint8_t hashes[] = {
    [INTEG_NONE] = CRYPTO_HASH_NONE, [INTEG_MD5] = CRYPTO_MD5, [INTEG_SHA1] = CRYPTO_SHA1,
    [INTEG_SHA256] = CRYPTO_SHA256, [INTEG_SHA384] = CRYPTO_SHA384, [INTEG_SHA512] = CRYPTO_SHA512,
};
static const uint16_t auths[] = {
    [AUTH_KERBEROS] = IKE_AUTH_GSS, [AUTH_PSK] = IKE_AUTH_PSK, [AUTH_ROOTCA] = IKE_AUTH_RSA,
};
enum { NETSH_GROUP_3 = 3 };

uint8_t ike_cipher_of(uint8_t encr)
{
	return encr < N_OF(ciphers) ? ciphers[encr].mm : CRYPTO_CIPHER_NONE;
}

uint8_t ike_esp_of(uint8_t encr)
{
	return encr < N_OF(ciphers) ? ciphers[encr].esp : IKE_ENC_NULL;
}

uint8_t ike_hash_of(uint8_t integ)
{
	return integ < N_OF(hashes) ? hashes[integ] : CRYPTO_HASH_NONE;
}

uint16_t ike_auth_of(uint8_t auth_kind)
{
	return auth_kind < N_OF(auths) ? auths[auth_kind] : 0;
}

uint16_t ike_group_of(uint8_t group)
{
	return group == NETSH_GROUP_3 ? IKE_GROUP_14 : group;
}

uint16_t ike_pfs_of(uint8_t pfs_group)
{
	return pfs_group == PFS_MM ? IKE_PFS_MM : ike_group_of(pfs_group);
}

static uint8_t integ_back(uint8_t hash)
{
	for (uint8_t i = 0; i < N_OF(hashes); i++)
		if (hashes[i] == hash)
			return i;
	return INTEG_NONE;
}

struct mm_offer ike_mm_offer_back(const struct ike_mm_offer *o)
{
	struct mm_offer out = {.integ = integ_back(o->hash), .group = (uint8_t)o->group};

	for (uint8_t i = 0; i < N_OF(ciphers); i++)
		if (ciphers[i].mm != CRYPTO_CIPHER_NONE && ciphers[i].mm == o->cipher)
			out.encr = i;
	return out;
}

struct qm_offer ike_qm_offer_back(const struct ike_qm_offer *o)
{
	struct qm_offer out = {.ah = o->has_ah ? integ_back(o->ah_hash) : INTEG_NONE, .esp = o->has_esp,
	    .integ = integ_back(o->esp_hash), .life_kb = o->life_kb, .life_s = o->life_s};

	for (uint8_t i = 0; i < N_OF(ciphers); i++)
		if (ciphers[i].esp == o->esp_cipher)
			out.encr = i;
	return out;
}

/* --- text -------------------------------------------------------------------------------------------------------- */

static void print_auth(const struct ike_auth *a, struct buf *b)
{
	char guid[GUID_TEXT];

	buf_printf(b, ", %s", enum_to_name(ike_auth_names, a->method));
	if (a->method == IKE_AUTH_PSK)
		buf_printf(b, " %s", guid_print(&a->secret, guid));
}

static void print_mm(size_t number, const struct ike_mm_policy *p, struct buf *b)
{
	struct mm_offers offers = {.n = p->noffers};

	for (size_t i = 0; i < p->noffers; i++)
		offers.v[i] = ike_mm_offer_back(&p->offers[i]);
	buf_printf(b, "  main mode %zu: ", number);
	mm_offers_print(&offers, b);
	for (size_t i = 0; i < p->nauths; i++)
		print_auth(&p->auths[i], b);
	buf_printf(b, ", life %us", p->life_s);
	if (p->qm_limit)
		buf_printf(b, ", quick modes %u", p->qm_limit);
	buf_printf(b, ", in clear %us\n", p->soft_life_s);
}

static void print_qm(size_t number, const struct ike_qm_policy *p, struct buf *b)
{
	struct qm_offers offers = {.n = p->noffers};

	for (size_t i = 0; i < p->noffers; i++)
		offers.v[i] = ike_qm_offer_back(&p->offers[i]);
	buf_printf(b, "  quick mode %zu: ", number);
	qm_offers_print(&offers, b);
	if (p->pfs == IKE_PFS_MM)
		buf_adds(b, ", new key exchange in the main mode's group");
	else if (p->pfs)
		buf_printf(b, ", new key exchange in group %u", p->pfs);
	buf_addc(b, '\n');
}

static void print_end(const struct ip_prefix *p, uint16_t port, struct buf *b)
{
	char text[IP_TEXT];

	buf_adds(b, ip_print(&p->net, text));
	if (p->plen != ip_bits(p->net.family))
		buf_printf(b, "/%u", p->plen);
	if (port)
		buf_printf(b, " port %u", port);
}

static void print_rule(const struct plan *p, const struct ike_rule *r, size_t mm, size_t qm, struct buf *b)
{
	const char *name = enum_to_name(protocol_names, r->sel.protocol);
	struct origin o = {r->rule, r->filter};
	const struct rule *rule = plan_rule_of(p, &o);
	char text[IP_TEXT];

	buf_adds(b, "  ");
	print_end(&r->sel.local, r->sel.local_port, b);
	buf_adds(b, " <> ");
	print_end(&r->sel.remote, r->sel.remote_port, b);
	if (name)
		buf_printf(b, " %s", name);
	else
		buf_printf(b, " proto %u", r->sel.protocol);
	if (r->tunnel) {
		buf_printf(b, " tunnel %s", ip_print(&r->tunnel_local, text));
		buf_printf(b, " %s", ip_print(&r->tunnel_remote, text));
	}
	buf_printf(b, " modes %zu %zu reqid %#x%s%s", mm, qm, r->reqid, r->inpass ? " inpass" : "", r->soft ? " soft" : "");
	if (rule)
		buf_printf(b, "  # rule \"%s\" filter %u\n", rule->name, r->filter);
	else
		buf_printf(b, "  # dynamic rule %u\n", origin_row(&o));
}

/* Policies get numbers in the order in which rules name them. */
struct numbers {
	const void **v;
	size_t n, cap;
};

/* Its number, from 1; *is_new when it had none. */
static size_t number_of(struct numbers *s, const void *p, bool *is_new)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == p)
			return *is_new = false, i + 1;
	GROW(s->v, s->n, s->cap);
	s->v[s->n++] = p;
	*is_new = true;
	return s->n;
}

static void print_modes(struct numbers *mms, struct numbers *qms, const struct ike_mm_policy *mm,
    const struct ike_qm_policy *qm, size_t out[2], struct buf *b)
{
	bool is_new;

	out[0] = number_of(mms, mm, &is_new);
	if (is_new)
		print_mm(out[0], mm, b);
	out[1] = number_of(qms, qm, &is_new);
	if (is_new)
		print_qm(out[1], qm, b);
}

void ike_profile_print(const struct plan *p, const struct ike_profile *profile, struct buf *b)
{
	struct numbers mms = {0}, qms = {0};
	size_t n[2];

	if (profile->nrules || profile->default_mm)
		buf_printf(b, "ike %zu\n", profile->nrules);
	for (size_t i = 0; i < profile->nrules; i++) {
		const struct ike_rule *r = &profile->rules[i];
		print_modes(&mms, &qms, r->mm, r->qm, n, b);
		print_rule(p, r, n[0], n[1], b);
	}
	if (profile->default_mm) {
		print_modes(&mms, &qms, profile->default_mm, profile->default_qm, n, b);
		buf_printf(b, "  whoever asks: modes %zu %zu reqid %#x\n", n[0], n[1], profile->default_reqid);
	}
	free(mms.v);
	free(qms.v);
}
