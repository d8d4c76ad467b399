/*
 * Wanted state - present state = operations.
 *
 * Order: XFRM additions and updates, one nftables transaction, XFRM deletions.
 *
 * Why no prefix of that list lets through what both the old and the new policy forbid: the nftables
 * part alone forbids it. A clear packet of a blocked flow is dropped by its set; a clear packet of
 * a negotiated flow is dropped by `meta ipsec missing` (in) or `rt ipsec missing` (out), whatever
 * XFRM holds at that moment: without a policy it would go out clear, and that is exactly what is
 * looked at. Before the transaction commits the old rules do that, afterwards the new ones, and the
 * commit is one step. XFRM's own order then only decides how few packets are held for nothing:
 * holes (permit, block) come before the selectors they are cut into, and leave after them.
 *
 * Where IKE was granted traffic in clear, nftables excepts that pair of hosts: kernel_apply() takes the pairs out first.
 *
 * Taking a policy away is opening, which nobody forbids any more; the same order serves.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/diff/ops.h"

#include "common/base/banned.h"

static struct op *add_op(struct ops *o, enum op_kind kind)
{
	GROW(o->v, o->n, o->cap);
	o->v[o->n] = (struct op){.kind = (uint8_t)kind};
	return &o->v[o->n++];
}

static void add_chain_op(struct ops *o, enum op_kind kind, uint8_t chain)
{
	add_op(o, kind)->chain = chain;
}

static uint32_t put_set(struct ops *o, const struct nft_set *def)
{
	GROW(o->sets, o->nsets, o->cap_sets);
	o->sets[o->nsets] = *def;
	return (uint32_t)o->nsets++;
}

static void put_elem(struct ops *o, const struct nft_elem *e)
{
	GROW(o->elems, o->nelems, o->cap_elems);
	o->elems[o->nelems++] = *e;
}

static void add_elems_op(struct ops *o, enum op_kind kind, uint32_t set, size_t first)
{
	if (o->nelems == first)
		return;
	struct op *op = add_op(o, kind);
	op->item = set;
	op->first = first;
	op->n = o->nelems - first;
}

/* --- nftables ---------------------------------------------------------------------------- */

static bool rules_differ(const struct kstate *want, const struct kstate *have)
{
	if (want->nrules != have->nrules)
		return true;
	for (size_t i = 0; i < want->nrules; i++)
		if (!krule_same(&want->rules[i], &have->rules[i]))
			return true;
	return false;
}

/* Is a set of that name and key there, so that only its elements need a look? */
static const struct kset *counterpart(const struct kstate *s, const struct kset *k)
{
	const struct kset *c = kstate_set(s, k->def.name);

	return c && kset_same_def(&c->def, &k->def) ? c : NULL;
}

static int key_cmp(const struct kset *a, size_t i, const struct kset *b, size_t j)
{
	if (i == a->n || j == b->n)
		return i == a->n ? 1 : -1;
	return memcmp(a->elems[i].key, b->elems[j].key, NFT_KEY_MAX);
}

/*
 * Elements of `from` that `other` has not exactly so. An element cannot be changed: it goes and
 * comes.
 */
static void diff_elems(struct ops *o, enum op_kind kind, uint32_t set, const struct kset *from,
    const struct kset *other)
{
	size_t first = o->nelems;

	for (size_t i = 0, j = 0; i < from->n;) {
		int r = key_cmp(from, i, other, j);
		if (r < 0 || (r == 0 && !kelem_same(&from->elems[i], &other->elems[j])))
			put_elem(o, &from->elems[i]);
		i += r <= 0;
		j += r >= 0;
	}
	add_elems_op(o, kind, set, first);
}

static void diff_sets(const struct kstate *want, const struct kstate *have, struct ops *o)
{
	static const struct kset none;

	for (size_t i = 0; i < have->nsets; i++)
		if (!counterpart(want, &have->sets[i]))
			add_op(o, OP_SET_DEL)->item = put_set(o, &have->sets[i].def);
	for (size_t i = 0; i < want->nsets; i++) {
		const struct kset *w = &want->sets[i], *h = counterpart(have, w);
		uint32_t set = put_set(o, &w->def);
		if (!h)
			add_op(o, OP_SET_ADD)->item = set;
		else
			diff_elems(o, OP_ELEMS_DEL, set, h, w);
		diff_elems(o, OP_ELEMS_ADD, set, w, h ? h : &none);
	}
}

/* Does a set go or change its key? Then the rules that name it must be gone first. */
static bool sets_leave(const struct kstate *want, const struct kstate *have)
{
	for (size_t i = 0; i < have->nsets; i++)
		if (!counterpart(want, &have->sets[i]))
			return true;
	return false;
}

static void diff_nft(const struct kstate *want, const struct kstate *have, struct ops *o)
{
	static const struct kstate nothing;

	if (have->table == KTABLE_STALE ||
	    (have->table == KTABLE_OURS && want->table == KTABLE_NONE))
		add_op(o, OP_TABLE_DEL);
	if (want->table == KTABLE_NONE)
		return;
	bool fresh = have->table != KTABLE_OURS;
	if (fresh) {
		have = &nothing;
		add_op(o, OP_TABLE_ADD);
	}
	for (uint8_t c = 0; fresh && c < NFT_CHAINS; c++)
		add_chain_op(o, OP_CHAIN_ADD, c);
	bool rules = rules_differ(want, have) || sets_leave(want, have);
	for (uint8_t c = 0; rules && !fresh && c < NFT_CHAINS; c++)
		add_chain_op(o, OP_CHAIN_FLUSH, c);
	diff_sets(want, have, o);
	for (size_t i = 0; rules && i < want->nrules; i++) {
		GROW(o->rules, o->nrules, o->cap_rules);
		o->rules[o->nrules] = want->rules[i];
		add_op(o, OP_RULE_ADD)->item = (uint32_t)o->nrules++;
	}
}

/* --- XFRM -------------------------------------------------------------------------------- */

/* Numbers for new policies: the smallest ones that no policy of ours uses. */
struct slots {
	uint32_t *used; /* sorted */
	size_t n, at;
	uint32_t next;
};

static int slot_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct slots slots_new(const struct kstate *have)
{
	struct slots s = {
	    .used = xcalloc(have->nxfrm, sizeof(uint32_t)), .n = have->nxfrm, .next = 1};

	for (size_t i = 0; i < s.n; i++)
		s.used[i] = (have->xfrm[i].index & 0xFFFFFFu) >> 3;
	if (s.n)
		qsort(s.used, s.n, sizeof *s.used, slot_order);
	return s;
}

static uint32_t slot_take(struct slots *s)
{
	for (; s->at < s->n && s->used[s->at] <= s->next; s->at++)
		if (s->used[s->at] == s->next)
			s->next++;
	return s->next++;
}

static void add_xfrm_op(
    struct ops *o, enum op_kind kind, const struct kpol *before, const struct kpol *after)
{
	struct xfrm_change c = {0};

	if (before)
		c.before = *before;
	if (after)
		c.after = *after;
	GROW(o->xfrm, o->nxfrm, o->cap_xfrm);
	o->xfrm[o->nxfrm] = c;
	add_op(o, kind)->item = (uint32_t)o->nxfrm++;
}

/* An op with its sort key beside it, since qsort hands no context to the comparison. */
struct sortable {
	struct op op;
	uint32_t key_kind, key_priority, key_item;
};

static int op_order(const void *va, const void *vb)
{
	const struct sortable *a = va, *b = vb;

	if (a->key_kind != b->key_kind)
		return a->key_kind < b->key_kind ? -1 : 1;
	if (a->key_priority != b->key_priority)
		return a->key_priority < b->key_priority ? -1 : 1;
	return (a->key_item > b->key_item) - (a->key_item < b->key_item);
}

/* Holes before what they are cut into when coming, after it when going. */
static void sort_ops(struct ops *o, size_t first, bool going)
{
	size_t n = o->n - first;
	struct sortable *s = xcalloc(n, sizeof *s);

	for (size_t i = 0; i < n; i++) {
		const struct op *op = &o->v[first + i];
		const struct xfrm_change *c = &o->xfrm[op->item];
		const struct xfrm_pol *p = going ? &c->before.pol : &c->after.pol;
		s[i] = (struct sortable){.op = *op,
		    .key_item = op->item,
		    .key_kind = (p->kind == XFRM_K_PROTECT) != going,
		    .key_priority = going ? UINT32_MAX - p->priority : p->priority};
	}
	if (n)
		qsort(s, n, sizeof *s, op_order);
	for (size_t i = 0; i < n; i++)
		o->v[first + i] = s[i].op;
	free(s);
}

static void diff_xfrm_coming(const struct kstate *want, const struct kstate *have, struct ops *o)
{
	struct slots slots = slots_new(have);
	size_t first = o->n;

	for (size_t i = 0, j = 0; i < want->nxfrm;) {
		struct kpol w = want->xfrm[i];
		int r = j == have->nxfrm ? -1 : kpol_cmp(&w, &have->xfrm[j]);
		if (r < 0) {
			w.index = kpol_index(slot_take(&slots), w.pol.dir);
			add_xfrm_op(o, OP_XFRM_ADD, NULL, &w);
		} else if (r == 0 && !kpol_same(&w, &have->xfrm[j])) {
			w.index = have->xfrm[j].index;
			add_xfrm_op(o, OP_XFRM_UPDATE, &have->xfrm[j], &w);
		}
		i += r <= 0;
		j += r >= 0;
	}
	sort_ops(o, first, false);
	free(slots.used);
}

static void diff_xfrm_going(const struct kstate *want, const struct kstate *have, struct ops *o)
{
	size_t first = o->n;

	for (size_t i = 0, j = 0; j < have->nxfrm;) {
		int r = i == want->nxfrm ? 1 : kpol_cmp(&want->xfrm[i], &have->xfrm[j]);
		if (r > 0)
			add_xfrm_op(o, OP_XFRM_DEL, &have->xfrm[j], NULL);
		i += r <= 0;
		j += r >= 0;
	}
	sort_ops(o, first, true);
}

void kstate_diff(const struct kstate *want, const struct kstate *have, struct ops *out)
{
	*out = (struct ops){0};
	diff_xfrm_coming(want, have, out);
	out->nft_first = out->n;
	diff_nft(want, have, out);
	out->nft_n = out->n - out->nft_first;
	diff_xfrm_going(want, have, out);
}

/* --- conflicts --------------------------------------------------------------------------- */

/*
 * Takes out what another program has a policy for already: the kernel holds one a selector, and theirs stays.
 * nftables goes on demanding protection, so the traffic is closed unless their policy protects it. The number
 * taken out; the first one, in the kernel's order, into *first.
 */
static size_t drop_conflicts(struct kstate *want, const struct kstate *have, struct kpol *first)
{
	size_t n = 0, j = 0;

	for (size_t i = 0; i < want->nxfrm; i++) {
		const struct kpol *w = &want->xfrm[i];
		while (j < have->nforeign && kpol_cmp(&have->foreign[j], w) < 0)
			j++;
		bool taken = j < have->nforeign && kpol_cmp(&have->foreign[j], w) == 0;
		if (taken && n == i) /* the first */
			*first = *w;
		if (!taken)
			want->xfrm[n++] = *w;
	}
	size_t dropped = want->nxfrm - n;
	want->nxfrm = n;
	return dropped;
}

int plan_diff(const struct plan *want, const struct kstate *have, struct ops *out, struct err *e)
{
	struct kpol first = {0};
	struct kstate w;

	kstate_from_plan(want, &w);
	if (want->block_all) /* says nothing of XFRM: what is there stays */
		kstate_copy_xfrm(have, &w);
	size_t conflicts = drop_conflicts(&w, have, &first);
	if (conflicts) {
		struct buf b = {0};
		origin_print(want, &first.pol.origin, &b);
		err_set(e, KERNEL_CONFLICT, buf_text(&b));
		buf_free(&b);
	}
	kstate_diff(&w, have, out);
	out->plan = want;
	kstate_free(&w);
	return conflicts ? 1 : 0;
}
