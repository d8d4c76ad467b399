/* Order, equality, copies: kstate.h. What operations do to a state stands in kstate_apply.c. */
#include "enforcer/diff/kstate.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

enum { INDEX_MARK_SHIFT = 24, REQID_MARK_SHIFT = 20, INDEX_DIR_BITS = 3 };

bool kpol_is_granted(const struct kpol *k)
{
	return k->index >> INDEX_MARK_SHIFT == KPOL_INDEX_BASE >> INDEX_MARK_SHIFT &&
	    (k->index & 0xFFFFFFu) >> INDEX_DIR_BITS >= KPOL_GRANTED_FIRST;
}

uint32_t kpol_user(const struct kpol *k)
{
	return kpol_is_granted(k) ? (uint32_t)KPOL_USER_BASE | k->pol.protection : 0;
}

bool kpol_is_ours(const struct kpol *k)
{
	if (kpol_is_granted(k))
		return false;
	if (k->index >> INDEX_MARK_SHIFT == KPOL_INDEX_BASE >> INDEX_MARK_SHIFT)
		return true;
	return k->pol.kind == XFRM_K_PROTECT &&
	    k->pol.reqid >> REQID_MARK_SHIFT == PLAN_REQID_BASE >> REQID_MARK_SHIFT;
}

uint32_t kpol_index(uint32_t slot, uint8_t dir)
{
	return (uint32_t)KPOL_INDEX_BASE | slot << INDEX_DIR_BITS | dir;
}

#define CMP(a, b)                                                                                  \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

int kpol_cmp(const struct kpol *ka, const struct kpol *kb)
{
	const struct xfrm_pol *a = &ka->pol, *b = &kb->pol;
	int r;

	CMP(a->dir, b->dir);
	CMP(a->family, b->family);
	if ((r = ip_cmp(&a->src, &b->src)) != 0 || (r = ip_cmp(&a->dst, &b->dst)) != 0)
		return r;
	CMP(a->src_plen, b->src_plen);
	CMP(a->dst_plen, b->dst_plen);
	CMP(a->protocol, b->protocol);
	CMP(a->sport, b->sport);
	CMP(a->dport, b->dport);
	CMP(kpol_user(ka), kpol_user(kb));
	return 0;
}

bool kpol_same(const struct kpol *ka, const struct kpol *kb)
{
	const struct xfrm_pol *a = &ka->pol, *b = &kb->pol;

	if (a->kind != b->kind || a->priority != b->priority)
		return false;
	if (a->kind != XFRM_K_PROTECT)
		return true;
	if (a->reqid != b->reqid || a->optional != b->optional || a->tunnel != b->tunnel ||
	    a->protection != b->protection)
		return false;
	return !a->tunnel ||
	    (ip_eq(&a->tunnel_src, &b->tunnel_src) && ip_eq(&a->tunnel_dst, &b->tunnel_dst));
}

bool krule_same(const struct krule *a, const struct krule *b)
{
	const struct nft_rule *x = &a->rule, *y = &b->rule;

	if (x->chain != y->chain || x->match != y->match || x->conntype != y->conntype ||
	    x->counter != y->counter || x->jump != y->jump || x->origin.rule != y->origin.rule ||
	    x->origin.filter != y->origin.filter)
		return false;
	return (x->jump ? x->target == y->target : x->verdict == y->verdict) &&
	    strcmp(a->set, b->set) == 0;
}

const char *krule_looks_into(const struct krule *k)
{
	static const char *const fixed[NFT_MATCHES] = {
	    [NFT_M_BCAST] = PLAN_BCAST4, [NFT_M_SOFT4] = PLAN_SOFT4, [NFT_M_SOFT6] = PLAN_SOFT6};

	return k->rule.match == NFT_M_SET ? k->set : fixed[k->rule.match];
}

bool kset_same_def(const struct nft_set *a, const struct nft_set *b)
{
	return strcmp(a->name, b->name) == 0 && a->keytype == b->keytype &&
	    a->is_map == b->is_map && a->key_len == b->key_len && a->family == b->family &&
	    a->has_src == b->has_src && a->has_dst == b->has_dst && a->has_proto == b->has_proto &&
	    a->has_sport == b->has_sport && a->has_dport == b->has_dport &&
	    a->src_plen == b->src_plen && a->dst_plen == b->dst_plen;
}

bool kelem_same(const struct nft_elem *a, const struct nft_elem *b)
{
	return memcmp(a->key, b->key, NFT_KEY_MAX) == 0 && a->verdict == b->verdict &&
	    a->origin.rule == b->origin.rule && a->origin.filter == b->origin.filter;
}

struct kset *kstate_set(const struct kstate *s, const char *name, uint8_t gen)
{
	size_t lo = 0, hi = s->nsets;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int r = strcmp(s->sets[mid].def.name, name);
		if (r == 0)
			r = s->sets[mid].def.gen - gen;
		if (r == 0)
			return &s->sets[mid];
		if (r < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static struct kset *asked(const struct kstate *s, const struct krule *k)
{
	const char *name = krule_looks_into(k);

	return name ? kstate_set(s, name, k->gen) : NULL;
}

static struct kset *asked_dialup(const struct kstate *s, const struct krule *k)
{
	return k->rule.conntype != CONN_ALL ? kstate_set(s, PLAN_DIALUP, k->dialup_gen) : NULL;
}

bool *kstate_sets_used(const struct kstate *s)
{
	bool *used = xcalloc(s->nsets, sizeof *used);

	for (size_t i = 0; i < s->nrules; i++) {
		const struct kset *of[] = {asked(s, &s->rules[i]), asked_dialup(s, &s->rules[i])};
		for (size_t k = 0; k < N_OF(of); k++)
			if (of[k])
				used[of[k] - s->sets] = true;
	}
	return used;
}

struct kset *kstate_set_in_force(const struct kstate *s, const char *name)
{
	struct kset *first = kstate_set(s, name, 0), *second = kstate_set(s, name, 1);

	for (size_t i = 0; first && second && i < s->nrules; i++)
		if (asked(s, &s->rules[i]) == second || asked_dialup(s, &s->rules[i]) == second)
			return second;
	return first ? first : second;
}

/* --- sorting ----------------------------------------------------------------------------- */

/* Stricter first, so that dropping later duplicates of a key keeps what blocks. */
static int elem_order(const void *va, const void *vb)
{
	const struct nft_elem *a = va, *b = vb;
	int r = memcmp(a->key, b->key, NFT_KEY_MAX);

	if (r)
		return r;
	CMP(b->verdict, a->verdict);
	CMP(a->origin.rule, b->origin.rule);
	CMP(a->origin.filter, b->origin.filter);
	return 0;
}

static int set_order(const void *a, const void *b)
{
	const struct nft_set *x = &((const struct kset *)a)->def, *y = &((const struct kset *)b)->def;
	int r = strcmp(x->name, y->name);

	return r ? r : x->gen - y->gen;
}

static int pol_order(const void *va, const void *vb)
{
	const struct kpol *a = va, *b = vb;
	int r = kpol_cmp(a, b);

	if (r)
		return r;
	CMP(a->pol.priority, b->pol.priority);
	return 0;
}

bool kset_sort(struct kset *s)
{
	size_t kept = 0, n = s->n;
	bool sorted = true;

	for (size_t i = 1; i < s->n && sorted; i++)
		sorted = memcmp(s->elems[i - 1].key, s->elems[i].key, NFT_KEY_MAX) < 0;
	if (sorted)
		return true;
	qsort(s->elems, s->n, sizeof *s->elems, elem_order);
	for (size_t i = 0; i < s->n; i++)
		if (!kept || memcmp(s->elems[kept - 1].key, s->elems[i].key, NFT_KEY_MAX) != 0)
			s->elems[kept++] = s->elems[i];
	s->n = kept;
	return kept == n;
}

static size_t sort_pols(struct kpol *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof *v, pol_order);
	for (size_t i = 0; i < n; i++)
		if (!kept || kpol_cmp(&v[kept - 1], &v[i]) != 0)
			v[kept++] = v[i];
	return kept;
}

void kstate_sort(struct kstate *s)
{
	if (s->nsets)
		qsort(s->sets, s->nsets, sizeof *s->sets, set_order);
	for (size_t i = 0; i < s->nsets; i++)
		kset_sort(&s->sets[i]);
	s->nxfrm = sort_pols(s->xfrm, s->nxfrm);
	s->nforeign = sort_pols(s->foreign, s->nforeign);
}

/* --- from a plan ------------------------------------------------------------------------- */

static struct kpol pol_normal(const struct xfrm_pol *p)
{
	struct kpol k = {.pol = *p};

	k.pol.src.family = k.pol.dst.family = p->family;
	k.pol.src = ip_mask(&k.pol.src, p->src_plen);
	k.pol.dst = ip_mask(&k.pol.dst, p->dst_plen);
	if (p->kind != XFRM_K_PROTECT) {
		k.pol.reqid = 0;
		k.pol.optional = k.pol.tunnel = false;
		k.pol.protection = k.pol.offered = 0;
	}
	if (!k.pol.tunnel)
		k.pol.tunnel_src = k.pol.tunnel_dst = (struct ip){0};
	return k;
}

static void take_nft(const struct plan *p, struct kstate *out)
{
	out->table = KTABLE_OURS;
	out->nrules = out->cap_rules = p->nrules;
	out->rules = xcalloc(p->nrules, sizeof *out->rules);
	for (size_t i = 0; i < p->nrules; i++) {
		struct krule *k = &out->rules[i];
		k->rule = p->rules[i];
		k->rule.set = 0;
		if (k->rule.match == NFT_M_SET)
			memcpy(k->set, p->sets[p->rules[i].set].name, sizeof k->set);
	}
	out->nsets = out->cap_sets = p->nsets;
	out->sets = xcalloc(p->nsets, sizeof *out->sets);
	for (size_t i = 0; i < p->nsets; i++) {
		struct kset *k = &out->sets[i];
		k->def = p->sets[i];
		k->def.first = k->def.n = k->def.naccept = 0;
		k->n = k->cap = p->sets[i].n;
		k->elems = xcalloc(k->n, sizeof *k->elems);
		if (k->n)
			memcpy(k->elems, p->elems + p->sets[i].first, k->n * sizeof *k->elems);
		for (size_t j = 0; j < k->n && !k->def.is_map; j++)
			k->elems[j].verdict = NFT_V_DROP; /* a set's elements have none */
	}
}

void kstate_from_plan(const struct plan *p, struct kstate *out)
{
	*out = (struct kstate){0};
	if (!p->policy && p->nrules == 0) /* dynamic rules are in force without a policy too */
		return;
	take_nft(p, out);
	out->nxfrm = out->cap_xfrm = p->nxfrm;
	out->xfrm = xcalloc(p->nxfrm, sizeof *out->xfrm);
	for (size_t i = 0; i < p->nxfrm; i++)
		out->xfrm[i] = pol_normal(&p->xfrm[i]);
	kstate_sort(out);
}

/* --- whole states ------------------------------------------------------------------------ */

bool kset_same(const struct kset *a, const struct kset *b)
{
	if (!kset_same_def(&a->def, &b->def))
		return false;
	if (a->def.keytype == NFT_KEY_SOFT)
		return true;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!kelem_same(&a->elems[i], &b->elems[i]))
			return false;
	return true;
}

bool kstate_eq(const struct kstate *a, const struct kstate *b)
{
	if (a->table != b->table || a->nrules != b->nrules || a->nsets != b->nsets ||
	    a->nxfrm != b->nxfrm)
		return false;
	for (size_t i = 0; i < a->nrules; i++)
		if (!krule_same(&a->rules[i], &b->rules[i]))
			return false;
	for (size_t i = 0; i < a->nsets; i++)
		if (!kset_same(&a->sets[i], &b->sets[i]))
			return false;
	for (size_t i = 0; i < a->nxfrm; i++)
		if (kpol_cmp(&a->xfrm[i], &b->xfrm[i]) != 0 || !kpol_same(&a->xfrm[i], &b->xfrm[i]))
			return false;
	return true;
}

static void *dup_array(const void *v, size_t n, size_t size)
{
	void *d = xcalloc(n, size);

	if (n)
		memcpy(d, v, n * size);
	return d;
}

static bool set_holds(const struct kset *whole, const struct kset *part)
{
	size_t i = 0;

	if (!whole || !kset_same_def(&whole->def, &part->def))
		return false;
	for (size_t k = 0; k < part->n; k++) {
		while (i < whole->n && memcmp(whole->elems[i].key, part->elems[k].key, NFT_KEY_MAX) < 0)
			i++;
		if (i == whole->n || !kelem_same(&whole->elems[i], &part->elems[k]))
			return false;
	}
	return true;
}

bool kstate_holds(const struct kstate *whole, const struct kstate *part)
{
	size_t at = 0;

	if (whole->table != part->table)
		return false;
	for (size_t i = 0; i < part->nsets; i++)
		if (!set_holds(kstate_set_in_force(whole, part->sets[i].def.name), &part->sets[i]))
			return false;
	for (size_t i = 0; i < part->nrules; i++, at++) {
		while (at < whole->nrules && !krule_same(&whole->rules[at], &part->rules[i]))
			at++;
		if (at == whole->nrules)
			return false;
	}
	at = 0;
	for (size_t i = 0; i < part->nxfrm; i++) {
		while (at < whole->nxfrm && kpol_cmp(&whole->xfrm[at], &part->xfrm[i]) < 0)
			at++;
		if (at == whole->nxfrm || kpol_cmp(&whole->xfrm[at], &part->xfrm[i]) != 0 ||
		    !kpol_same(&whole->xfrm[at], &part->xfrm[i]))
			return false;
	}
	return true;
}

void kstate_dup(const struct kstate *from, struct kstate *out)
{
	*out = *from;
	out->rules = dup_array(from->rules, from->nrules, sizeof *from->rules);
	out->xfrm = dup_array(from->xfrm, from->nxfrm, sizeof *from->xfrm);
	out->foreign = dup_array(from->foreign, from->nforeign, sizeof *from->foreign);
	out->sets = dup_array(from->sets, from->nsets, sizeof *from->sets);
	for (size_t i = 0; i < out->nsets; i++) {
		struct kset *s = &out->sets[i];
		s->elems = dup_array(s->elems, s->n, sizeof *s->elems);
		s->cap = s->n;
	}
	out->cap_rules = out->nrules;
	out->cap_xfrm = out->nxfrm;
	out->cap_foreign = out->nforeign;
	out->cap_sets = out->nsets;
}

void kstate_copy_xfrm(const struct kstate *from, struct kstate *to)
{
	free(to->xfrm);
	to->xfrm = dup_array(from->xfrm, from->nxfrm, sizeof *from->xfrm);
	to->nxfrm = to->cap_xfrm = from->nxfrm;
}

void kstate_free(struct kstate *s)
{
	for (size_t i = 0; i < s->nsets; i++)
		free(s->sets[i].elems);
	free(s->sets);
	free(s->rules);
	free(s->xfrm);
	free(s->foreign);
	*s = (struct kstate){0};
}
