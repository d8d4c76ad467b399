/* Worlds whose rules can negotiate: offers, keys and policies beside the random filters of world.h, and their profile. */
#ifndef TESTS_IKE_WORLD_H
#define TESTS_IKE_WORLD_H

#include "common/model/values.h"
#include "enforcer/compile/lower_ike.h"
#include "tests/unit/world.h"

static struct dyn_mmpolicy ike_world_mm = {.name = "M", .qmpermm = 3, .mmlifetime_s = 600, .softsa_s = 60};
static struct dyn_qmpolicy ike_world_qm = {.name = "Q", .soft = true, .pfsgroup = PFS_GRP3};
static const struct dyn_mmpolicy *const ike_world_mms[] = {&ike_world_mm};
static const struct dyn_qmpolicy *const ike_world_qms[] = {&ike_world_qm};

static inline struct qm_offers ike_qm_words(const char *words)
{
	struct qm_offers o;
	struct err e = {0};

	if (qm_offers_parse(words, DIALECT_LINUX, "t", &o, &e))
		abort();
	return o;
}

static inline struct mm_offers ike_mm_words(const char *words)
{
	struct mm_offers o;
	struct err e = {0};

	if (mm_offers_parse(words, DIALECT_LINUX, "t", &o, &e))
		abort();
	return o;
}

static inline void ike_world_rule(struct rule *r, struct filteraction *fa, const char *offers)
{
	fa->offers = ike_qm_words(offers);
	r->auth = (struct auth_list){.n = 1, .v = {{.kind = AUTH_PSK, .secret_id = {{(uint8_t)r->id}}}}};
}

static inline void ike_world_equip(struct world *w)
{
	static const char *const offers[] = {"ESP[3DES,SHA1]:100000k/3600s", "ESP[AESGCM256] ESP[AES128,SHA256]",
	    "AH[SHA1]", "AH[SHA256]+ESP[AES128,None] AH[MD5]+ESP[DES,None]", "ESP[None,MD5] AH[MD5] AH[SHA1]+ESP[AES256,None]"};

	w->policy.offers = w->ppolicy.offers = ike_mm_words("AES256-SHA256-19 3DES-SHA1-3 3DES-MD5-2");
	w->policy.mmlifetime_s = w->ppolicy.mmlifetime_s = 28800;
	for (size_t i = 0; i < MAX_RULES; i++)
		ike_world_rule(&w->rules[i], &w->actions[i], offers[i % N_OF(offers)]);
	for (size_t i = 0; i < MAX_PERSISTENT; i++)
		ike_world_rule(&w->prules[i], &w->pactions[i], offers[(i + 2) % N_OF(offers)]);
	ike_world_mm.offers = ike_mm_words("AES128-SHA1-14");
	ike_world_qm.offers = ike_qm_words("ESP[AES128,SHA1]");
	for (size_t i = 0; i < MAX_DYNAMIC; i++) {
		w->dyn[i].mmpolicy = "M";
		w->dyn[i].qmpolicy = "Q";
		w->dyn[i].filter.guid.b[0] = (uint8_t)(i + 1);
		w->dyn[i].auth = (struct auth_list){.n = 2, .v = {{.kind = AUTH_KERBEROS}, {.kind = AUTH_PSK}}};
	}
}

static inline struct ike_profile *ike_world_profile(const struct world *w, const struct plan *pl, const struct facts *fs)
{
	const struct ike_dynamic d = {.rules = w->dynamic, .mm = ike_world_mms, .qm = ike_world_qms, .nmm = 1, .nqm = 1};

	return lower_ike(pl, fs, &d);
}

#endif
