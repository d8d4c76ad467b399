#include "tests/netns/ike_words.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"
#include "ike/codec/numbers.h"

#include "common/base/banned.h"

enum { WORD = 256 };

static const struct enum_name ciphers[] = {{CRYPTO_DES_CBC, "des"}, {CRYPTO_3DES_CBC, "3des"}, {CRYPTO_AES128_CBC, "aes128"},
    {CRYPTO_AES192_CBC, "aes192"}, {CRYPTO_AES256_CBC, "aes256"}, {0, NULL}};
static const struct enum_name esps[] = {{IKE_ENC_NULL, "null"}, {IKE_ENC_DES, "des"}, {IKE_ENC_3DES, "3des"},
    {IKE_ENC_AES128, "aes128"}, {IKE_ENC_AES192, "aes192"}, {IKE_ENC_AES256, "aes256"}, {IKE_ENC_GCM128, "aesgcm128"},
    {IKE_ENC_GCM256, "aesgcm256"}, {0, NULL}};
static const struct enum_name hashes[] = {{CRYPTO_HASH_NONE, "none"}, {CRYPTO_MD5, "md5"}, {CRYPTO_SHA1, "sha1"},
    {CRYPTO_SHA256, "sha256"}, {CRYPTO_SHA384, "sha384"}, {CRYPTO_SHA512, "sha512"}, {0, NULL}};

static bool take_u64(const char *s, uint64_t max, uint64_t *out)
{
	*out = 0;
	return s && str_to_u64(s, max, out);
}

/* The word up to `end`, whose number goes to *out; false: not in the table. *s goes behind. */
static bool take(char **s, const char *end, const struct enum_name *names, uint8_t *out)
{
	char *word = strsep(s, end);
	const struct enum_name *n = word ? enum_find(names, word) : NULL;

	*out = (uint8_t)(n ? n->value : 0);
	return n && strcmp(n->name, word) == 0;
}

static bool take_mm(struct ike_words *w, char *s)
{
	struct ike_mm_offer *o = &w->mm.offers[w->mm.noffers++];
	uint64_t group;

	if (!take(&s, "-", ciphers, &o->cipher) || !take(&s, "-", hashes, &o->hash) || !take_u64(s, UINT16_MAX, &group))
		return false;
	o->group = (uint16_t)group;
	return true;
}

static bool take_part(struct ike_qm_offer *o, char *s)
{
	if (strncmp(s, "ah:", 3) == 0) {
		s += 3;
		o->has_ah = true;
		return take(&s, "-", hashes, &o->ah_hash);
	}
	o->has_esp = true;
	return take(&s, "-", esps, &o->esp_cipher) && (!s || take(&s, "-", hashes, &o->esp_hash));
}

static bool take_qm(struct ike_words *w, char *s)
{
	struct ike_qm_offer *o = &w->qm.offers[w->qm.noffers++];
	bool good = true;
	char *part;

	while (good && (part = strsep(&s, "+")) != NULL)
		good = take_part(o, part);
	return good;
}

static bool take_list(struct ike_words *w, char *list, bool (*one)(struct ike_words *w, char *s), size_t *n)
{
	bool good = true;
	char *s;

	for (*n = 0; good && (s = strsep(&list, ",")) != NULL;)
		good = *n < IKE_OFFERS_MAX && one(w, s);
	return good;
}

bool ike_words_net(char *s, struct ip_prefix *out)
{
	char *net = strsep(&s, "/");
	uint64_t plen;

	if (!take_u64(s, 128, &plen) || !ip_parse(net, &out->net))
		return false;
	out->plen = (uint8_t)plen;
	return true;
}

static bool take_tunnel(struct ike_words *w, char *s)
{
	char *local = strsep(&s, ",");

	w->tunnel = true;
	return s && ike_words_net(local, &w->nets[0]) && ike_words_net(s, &w->nets[1]);
}

static bool take_number(struct ike_words *w, const char *name, uint32_t v)
{
	struct {
		const char *name;
		uint32_t *to;
	} rows[] = {{"mmlife", &w->mm.life_s}, {"limit", &w->mm.qm_limit}, {"idle", &w->idle_s}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		*rows[i].to = v;
		return true;
	}
	for (size_t i = 0; i < IKE_OFFERS_MAX; i++) {
		if (strcmp(name, "qmlife") == 0)
			w->qm.offers[i].life_s = v;
		else if (strcmp(name, "qmkb") == 0)
			w->qm.offers[i].life_kb = v;
		else if (strcmp(name, "pfs") == 0)
			w->qm.pfs = (uint16_t)v;
		else
			return false;
	}
	return true;
}

static bool take_flag(struct ike_words *w, const char *word)
{
	struct {
		const char *name;
		bool *to;
	} rows[] = {{"none", &w->none}, {"nonatt", &w->nonatt}, {"nodpd", &w->nodpd}, {"nofrag", &w->nofrag}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		if (strcmp(rows[i].name, word) != 0)
			continue;
		*rows[i].to = true;
		return true;
	}
	return false;
}

bool ike_words_take(struct ike_words *w, const char *word)
{
	char copy[WORD], *value = copy, *name;
	uint64_t number;

	snprintf(copy, sizeof copy, "%s", word);
	name = strsep(&value, "=");
	if (!value)
		return take_flag(w, name);
	if (strcmp(name, "mm") == 0)
		return take_list(w, value, take_mm, &w->mm.noffers);
	if (strcmp(name, "qm") == 0) {
		memset(w->qm.offers, 0, sizeof w->qm.offers);
		return take_list(w, value, take_qm, &w->qm.noffers);
	}
	if (strcmp(name, "tunnel") == 0)
		return take_tunnel(w, value);
	return take_u64(value, UINT32_MAX, &number) && take_number(w, name, (uint32_t)number);
}

struct ike_words ike_words_default(void)
{
	return (struct ike_words){
	    .mm = {.id = 1, .noffers = 1, .offers = {{CRYPTO_AES256_CBC, CRYPTO_SHA256, 14}}},
	    .qm = {.noffers = 1, .pfs = 14, .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1}}},
	    .idle_s = 300,
	};
}

struct ike_profile *ike_words_profile(const struct ike_words *w, const struct ip_prefix *local, const struct ip_prefix *remote,
    const struct guid *secret, uint32_t reqid)
{
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);

	*mm = w->mm;
	mm->nauths = 1;
	mm->auths[0] = (struct ike_auth){IKE_AUTH_PSK, *secret};
	*qm = w->qm;
	p->generation = 7;
	p->nat_traversal = !w->nonatt;
	p->dpd = !w->nodpd;
	p->fragmentation = !w->nofrag;
	p->idle_s = w->idle_s;
	p->nrules = w->none ? 0 : 1;
	p->rules = arena_array(&p->arena, 1, sizeof *p->rules);
	p->rules[0] = (struct ike_rule){.reqid = reqid, .rule = 1, .filter = 1, .mm = mm, .qm = qm, .tunnel = w->tunnel,
	    .sel = {w->tunnel ? w->nets[0] : *local, w->tunnel ? w->nets[1] : *remote, 0, 0, 0}};
	if (w->tunnel) {
		p->rules[0].tunnel_local = local->net;
		p->rules[0].tunnel_remote = remote->net;
	}
	return p;
}
