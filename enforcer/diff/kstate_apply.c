/*
 * What the kernel does with an operation, done to a value. The fake kernel is little more than
 * this, and the real one uses it to know what it holds after an apply without another scan.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "enforcer/diff/ops.h"

#include "common/base/banned.h"

static void drop_table(struct kstate *s)
{
	for (size_t i = 0; i < s->nsets; i++)
		free(s->sets[i].elems);
	s->nsets = s->nrules = 0;
	s->table = KTABLE_NONE;
}

static void flush_chain(struct kstate *s, uint8_t chain)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nrules; i++)
		if (s->rules[i].rule.chain != chain)
			s->rules[kept++] = s->rules[i];
	s->nrules = kept;
}

/* Rules stay sorted by chain; a new one goes behind the last of its chain. */
static void add_rule(struct kstate *s, const struct krule *r)
{
	size_t at = s->nrules;

	GROW(s->rules, s->nrules, s->cap_rules);
	while (at > 0 && s->rules[at - 1].rule.chain > r->rule.chain)
		at--;
	memmove(s->rules + at + 1, s->rules + at, (s->nrules - at) * sizeof *s->rules);
	s->rules[at] = *r;
	s->nrules++;
}

static void add_set(struct kstate *s, const struct nft_set *def)
{
	size_t at = s->nsets;

	GROW(s->sets, s->nsets, s->cap_sets);
	for (int r; at > 0; at--) {
		r = strcmp(s->sets[at - 1].def.name, def->name);
		if (r < 0 || (r == 0 && s->sets[at - 1].def.gen < def->gen))
			break;
	}
	memmove(s->sets + at + 1, s->sets + at, (s->nsets - at) * sizeof *s->sets);
	s->sets[at] = (struct kset){.def = *def};
	s->nsets++;
}

static void del_set(struct kstate *s, const struct nft_set *def)
{
	struct kset *k = kstate_set(s, def->name, def->gen);

	if (!k)
		return;
	size_t at = (size_t)(k - s->sets);
	free(k->elems);
	s->nsets--;
	memmove(k, k + 1, (s->nsets - at) * sizeof *k);
}

static int key_order(const void *a, const void *b)
{
	return memcmp(((const struct nft_elem *)a)->key, ((const struct nft_elem *)b)->key, NFT_KEY_MAX);
}

/* Where the element of that key is, or would be. */
static size_t key_at(const struct kset *s, const struct nft_elem *e, bool *there)
{
	size_t at = array_lower(s->elems, s->n, sizeof *e, e, key_order);

	*there = at < s->n && key_order(&s->elems[at], e) == 0;
	return at;
}

/* Both lists are sorted by key. A key that is there stays as it is, as in the kernel. */
static void add_elems(struct kset *s, const struct nft_elem *v, size_t n)
{
	size_t *at = xcalloc(n, sizeof *at), k = 0;
	struct nft_elem *new = xcalloc(n, sizeof *new);
	bool there;

	for (size_t i = 0; i < n; i++) {
		at[k] = key_at(s, &v[i], &there);
		if (!there)
			new[k++] = v[i];
	}
	ARRAY_ROOM(s->elems, s->n, s->cap, k);
	array_insert(s->elems, &s->n, sizeof *s->elems, at, new, k);
	free(at);
	free(new);
}

static void del_elems(struct kset *s, const struct nft_elem *v, size_t n)
{
	size_t *at = xcalloc(n, sizeof *at), k = 0;
	bool there;

	for (size_t i = 0; i < n; i++) {
		at[k] = key_at(s, &v[i], &there);
		k += there;
	}
	array_remove(s->elems, &s->n, sizeof *s->elems, at, k);
	free(at);
}

static const struct kpol *change_key(const struct op *op, const struct xfrm_change *c)
{
	return op->kind == OP_XFRM_DEL ? &c->before : &c->after;
}

struct keyed {
	const struct kpol *pol;
	bool keep; /* false: a deletion */
};

static int keyed_order(const void *a, const void *b)
{
	return kpol_cmp(((const struct keyed *)a)->pol, ((const struct keyed *)b)->pol);
}

/* A run of XFRM ops at once, because one by one is quadratic. No selector occurs twice in a run. */
static void apply_xfrm(struct kstate *s, const struct ops *o, size_t first, size_t n)
{
	struct keyed *changes = xcalloc(n, sizeof *changes);
	struct kpol *all = xcalloc(s->nxfrm + n, sizeof *all);
	size_t i = 0, j = 0, k = 0;

	for (size_t m = 0; m < n; m++) {
		const struct op *op = &o->v[first + m];
		changes[m] = (struct keyed){
		    change_key(op, &o->xfrm[op->item]), op->kind != OP_XFRM_DEL};
	}
	qsort(changes, n, sizeof *changes, keyed_order);
	while (i < s->nxfrm || j < n) {
		int r = i == s->nxfrm ? 1 : j == n ? -1 : kpol_cmp(&s->xfrm[i], changes[j].pol);
		if (r < 0)
			all[k++] = s->xfrm[i];
		else if (changes[j].keep)
			all[k++] = *changes[j].pol;
		i += r <= 0;
		j += r >= 0;
	}
	free(changes);
	free(s->xfrm);
	s->cap_xfrm = s->nxfrm + n;
	s->xfrm = all;
	s->nxfrm = k;
}

static void apply_elems(struct kstate *s, const struct ops *o, const struct op *op)
{
	const struct nft_set *def = &o->sets[op->item];
	struct kset *set = kstate_set(s, def->name, def->gen);

	if (!set)
		return;
	if (op->kind == OP_ELEMS_ADD)
		add_elems(set, o->elems + op->first, op->n);
	else
		del_elems(set, o->elems + op->first, op->n);
}

static void apply_one(struct kstate *s, const struct ops *o, const struct op *op)
{
	switch ((enum op_kind)op->kind) {
	case OP_TABLE_DEL:
		drop_table(s);
		break;
	case OP_TABLE_ADD:
		s->table = KTABLE_OURS;
		break;
	case OP_CHAIN_ADD:
		break; /* the chains of the table are always the same ones */
	case OP_CHAIN_FLUSH:
		flush_chain(s, op->chain);
		break;
	case OP_SET_DEL:
		del_set(s, &o->sets[op->item]);
		break;
	case OP_SET_ADD:
		add_set(s, &o->sets[op->item]);
		break;
	case OP_ELEMS_DEL:
	case OP_ELEMS_ADD:
		apply_elems(s, o, op);
		break;
	case OP_RULE_ADD:
		add_rule(s, &o->rules[op->item]);
		break;
	case OP_NEXT:
		break;
	case OP_GATE_DEL:
		s->gate = false;
		break;
	case OP_XFRM_ADD:
	case OP_XFRM_UPDATE:
	case OP_XFRM_DEL:
		break; /* apply_xfrm */
	}
}

void kstate_apply(struct kstate *s, const struct ops *o, size_t first, size_t n)
{
	size_t end = first + n, run;

	for (size_t i = first; i < end; i = run) {
		for (run = i; run < end && op_is_xfrm(&o->v[run]);)
			run++;
		if (run > i)
			apply_xfrm(s, o, i, run - i);
		else
			apply_one(s, o, &o->v[run++]);
	}
}
