/* Main mode proposals (RFC 2409 §5, App. A; semantics §4.6, §4.7). See proposal.h. */
#include "ike/engine/proposal.h"

#include "common/base/mem.h"
#include "ike/engine/algorithm.h"
#include "ike/engine/offer.h"

#include "common/base/banned.h"

static uint32_t life_of(const struct ike_mm_policy *p)
{
	return p->life_s ? p->life_s : IKE_MM_LIFE_S;
}

/* What this engine can do; the others of a rule are not offered. */
static bool auth_is_ours(const struct ike_auth *a)
{
	return a->method == IKE_AUTH_PSK;
}

/*
 * The list of offers repeats for each method, not for each key: two keys of one rule cannot be told apart by a
 * proposal, the first one counts (semantics §5.8: the key is chosen by address only).
 */
static bool auth_is_new(const struct ike_mm_policy *p, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (p->auths[j].method == p->auths[i].method)
			return false;
	}
	return auth_is_ours(&p->auths[i]);
}

static void transform_of(const struct ike_mm_offer *o, const struct ike_auth *auth, uint32_t life_s, uint8_t number,
    struct arena *a, struct ike_transform *t)
{
	const struct alg_cipher *cipher = alg_cipher_get(o->cipher);
	const struct alg_hash *hash = alg_hash_get(o->hash);
	struct offer_writer w = offer_begin(a, t, IKE_PROTO_ISAKMP, number, IKE_T_KEY_IKE);

	offer_put(&w, OFFER_CIPHER, cipher ? cipher->number : 0);
	offer_put(&w, OFFER_KEY_BITS, cipher ? cipher->key_bits : 0);
	offer_put(&w, OFFER_HASH, hash ? hash->mm : 0);
	offer_put(&w, OFFER_GROUP, o->group);
	offer_put(&w, OFFER_AUTH, auth->method);
	offer_put_life(&w, life_s, 0);
}

void ike_mm_propose(const struct ike_mm_policy *p, struct arena *a, struct ike_sa_payload *out)
{
	struct ike_proposal *prop = arena_alloc(a, sizeof *prop);

	prop->number = 1;
	prop->protocol = IKE_PROTO_ISAKMP;
	prop->transforms = arena_array(a, p->nauths * p->noffers, sizeof *prop->transforms);
	for (size_t i = 0; i < p->nauths; i++) {
		for (size_t j = 0; auth_is_new(p, i) && j < p->noffers && prop->ntransforms < UINT8_MAX; j++) {
			size_t n = prop->ntransforms++;

			transform_of(&p->offers[j], &p->auths[i], life_of(p), (uint8_t)(n + 1), a,
			    &prop->transforms[n]);
		}
	}
	*out = (struct ike_sa_payload){1, prop};
}

/* --- choosing ------------------------------------------------------------------------------------------------ */

/* Does the offered transform equal one of ours? The method and offer are put into `out`. */
static bool transform_fits(const struct ike_mm_policy *p, const struct ike_proposal *prop, size_t at,
    struct ike_mm_choice *out, struct offer_watch *watch)
{
	const struct ike_transform *t = &prop->transforms[at];
	struct offer_values o = offer_read(t, IKE_PROTO_ISAKMP);

	for (size_t i = 0; i < p->noffers; i++) {
		const struct alg_cipher *cipher = alg_cipher_get(p->offers[i].cipher);
		const struct alg_hash *hash = alg_hash_get(p->offers[i].hash);

		for (size_t j = 0; cipher && hash && j < p->nauths; j++) {
			uint8_t pn = prop->number, tn = t->number;
			struct offer_field fields[] = {
			    {"transform id", t->id, IKE_T_KEY_IKE, NULL, pn, tn},
			    {"cipher", o.v[OFFER_CIPHER], cipher->number, ike_cipher_names, pn, tn},
			    {"key length", o.v[OFFER_KEY_BITS], cipher->key_bits, NULL, pn, tn},
			    {"hash", o.v[OFFER_HASH], hash->mm, ike_hash_names, pn, tn},
			    {"group", o.v[OFFER_GROUP], p->offers[i].group, ike_group_names, pn, tn},
			    {"authentication", o.v[OFFER_AUTH], p->auths[j].method, ike_auth_names, pn, tn},
			    {"unknown attribute", o.unknown, 0, NULL, pn, tn},
			};

			if (!auth_is_ours(&p->auths[j]) || !offer_fields_equal(fields, N_OF(fields), 0, watch))
				continue;
			out->offer = p->offers[i];
			out->auth = p->auths[j];
			out->life_s = o.life_s && o.life_s < life_of(p) ? o.life_s : life_of(p);
			out->life_kb = o.life_kb;
			return true;
		}
	}
	return false;
}

enum ike_failure ike_mm_choose(const struct ike_mm_policy *p, const struct ike_sa_payload *offered,
    struct ike_mm_choice *out, struct ike_refusal *why)
{
	struct offer_watch watch = {why, 0};
	bool any = false;

	*out = (struct ike_mm_choice){.proposal = 0};
	*why = (struct ike_refusal){.field = ""};
	for (size_t i = 0; i < offered->nproposals; i++) {
		const struct ike_proposal *prop = &offered->proposals[i];

		if (prop->protocol != IKE_PROTO_ISAKMP)
			continue;
		any = true;
		for (size_t j = 0; j < prop->ntransforms; j++) {
			if (!transform_fits(p, prop, j, out, &watch))
				continue;
			out->proposal = i;
			out->transform = j;
			*why = (struct ike_refusal){.field = ""};
			return IKE_OK;
		}
	}
	return any ? IKE_FAIL_POLICY_MATCH : IKE_FAIL_PROCESS_ERR_PROP;
}

void ike_mm_answer(const struct ike_sa_payload *offered, const struct ike_mm_choice *chosen, struct arena *a,
    struct ike_sa_payload *out)
{
	struct ike_proposal *prop = arena_alloc(a, sizeof *prop);

	*prop = offered->proposals[chosen->proposal];
	prop->spi = (struct span){NULL, 0}; /* RFC 2408 §3.5: the cookies are the SPI */
	prop->transforms = &prop->transforms[chosen->transform];
	prop->ntransforms = 1;
	*out = (struct ike_sa_payload){1, prop};
}

enum ike_failure ike_mm_accept(const struct ike_mm_policy *p, const struct ike_sa_payload *answer,
    struct ike_mm_choice *out, struct ike_refusal *why)
{
	enum ike_failure f;

	*out = (struct ike_mm_choice){.proposal = 0};
	*why = (struct ike_refusal){.field = ""};
	if (answer->nproposals != 1 || answer->proposals[0].ntransforms != 1)
		return IKE_FAIL_PROCESS_ERR_PROP;
	f = ike_mm_choose(p, answer, out, why);
	return f == IKE_FAIL_POLICY_MATCH ? IKE_FAIL_ATTRIB_FAIL : f;
}
