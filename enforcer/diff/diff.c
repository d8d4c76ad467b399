/*
 * Wanted state - present state = operations.
 *
 * Order: XFRM additions and updates, nftables, XFRM deletions.
 *
 * Why no prefix of that list lets through what both the old and the new policy forbid: the nftables
 * part alone forbids it. A clear packet of a blocked flow is dropped by its set; a clear packet of
 * a negotiated flow is dropped by `meta ipsec missing` (in) or `rt ipsec missing` (out), whatever
 * XFRM holds at that moment: without a policy it would go out clear, and that is exactly what is
 * looked at. Before the transaction commits the old rules do that, afterwards the new ones. XFRM's
 * own order then only decides how few packets are held for nothing: holes (permit, block) come
 * before the selectors they are cut into, and leave after them.
 *
 * A commit is no single step for a packet that is under way in it: the kernel goes by the rules that were in force when
 * the packet entered the base chain, but each look-up sees the elements of its own moment. A packet in the old
 * rules that found the old elements gone would fall through, to where what no filter takes passes. So no
 * set that rules look into is changed or emptied together with them. One whose content changes comes anew, under its other
 * name (kstate.h), and the rules of its chains turn to it; the old sets stay whole, and go in a second transaction, which
 * the kernel begins when no packet is in the old rules any more (OP_NEXT). Packets in the old rules find the old
 * sets, those in the new ones the new sets. What an end of the program between the two leaves is in the next scan, and no
 * rule looks into it. Sets that stay as they are, are shared and not touched, nor are chains whose rules stay.
 *
 * The one change in place is a patch of the plan: patch_ops.c.
 *
 * That care is not taken where a table of another format, or one that somebody tampered with, is replaced as a whole
 * (KTABLE_STALE): it holds the name, and its chains have our hooks and priority, before which the kernel puts the new chains. A
 * packet that passes the new chain just before the commit and the old one just after it is judged by neither: some
 * nanoseconds once per upgrade of the format. What such a table forbids is not known here anyway.
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

/* How the sets of two states go together. */
struct pairing {
	uint8_t *gen; /* of each wanted set, in the kernel */
	bool *shared; /* is it there already? */
	bool *stays;  /* each present set: is it shared? */
	bool *used;   /* each present set: do the present rules look into it? */
};

/* The present set that is just as wanted, or NULL; one that is used, if there are two. */
static const struct kset *counterpart(const struct kstate *have, const bool *used, const struct kset *want)
{
	const struct kset *found = NULL;

	for (uint8_t gen = 0; gen < KSET_GENS; gen++) {
		const struct kset *h = kstate_set(have, want->def.name, gen);
		if (h && kset_same(h, want) && (!found || used[h - have->sets]))
			found = h;
	}
	return found;
}

static bool is_taken(const struct kstate *have, const bool *used, const char *name, uint8_t gen)
{
	const struct kset *h = kstate_set(have, name, gen);

	return h && used[h - have->sets];
}

static struct pairing pair_sets(const struct kstate *want, const struct kstate *have)
{
	struct pairing p = {.gen = xcalloc(want->nsets, sizeof *p.gen), .shared = xcalloc(want->nsets, sizeof *p.shared),
	    .stays = xcalloc(have->nsets, sizeof *p.stays), .used = kstate_sets_used(have)};

	for (size_t i = 0; i < want->nsets; i++) {
		const struct kset *h = counterpart(have, p.used, &want->sets[i]);
		if (h) {
			p.shared[i] = p.stays[h - have->sets] = true;
			p.gen[i] = h->def.gen;
		} else {
			p.gen[i] = is_taken(have, p.used, want->sets[i].def.name, 0);
		}
	}
	return p;
}

static void pairing_free(struct pairing *p)
{
	free(p->gen);
	free(p->shared);
	free(p->stays);
	free(p->used);
}

static uint8_t gen_of(const struct kstate *want, const struct pairing *p, const char *name)
{
	const struct kset *w = name ? kstate_set(want, name, 0) : NULL;

	return w ? p->gen[w - want->sets] : 0;
}

/* The rule as the kernel shall have it. */
static struct krule resolved(const struct kstate *want, const struct pairing *p, size_t i)
{
	struct krule k = want->rules[i];

	k.gen = gen_of(want, p, krule_looks_into(&k));
	k.dialup_gen = k.rule.conntype == CONN_ALL ? 0 : gen_of(want, p, PLAN_DIALUP);
	return k;
}

/* The end of the chain's rules, the first of which is at `first`: rules are sorted by chain. */
static size_t chain_end(const struct kstate *s, size_t first, uint8_t chain)
{
	while (first < s->nrules && s->rules[first].rule.chain == chain)
		first++;
	return first;
}

static bool chain_differs(const struct kstate *want, const struct pairing *p, size_t w, size_t nw, const struct kstate *have,
    size_t h, size_t nh)
{
	if (nw != nh)
		return true;
	for (size_t i = 0; i < nw; i++) {
		const struct krule k = resolved(want, p, w + i), *there = &have->rules[h + i];
		if (!krule_same(&k, there) || k.gen != there->gen || k.dialup_gen != there->dialup_gen)
			return true;
	}
	return false;
}

static void add_rules(struct ops *o, const struct kstate *want, const struct pairing *p, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		GROW(o->rules, o->nrules, o->cap_rules);
		o->rules[o->nrules] = resolved(want, p, i);
		add_op(o, OP_RULE_ADD)->item = (uint32_t)o->nrules++;
	}
}

/* Each chain whose rules differ is written anew. */
static void diff_rules(struct ops *o, const struct kstate *want, const struct kstate *have, const struct pairing *p)
{
	size_t w = 0, h = 0;

	for (uint8_t c = 0; c < NFT_CHAINS; c++) {
		size_t wend = chain_end(want, w, c), hend = chain_end(have, h, c);
		if (chain_differs(want, p, w, wend - w, have, h, hend - h)) {
			if (hend > h)
				add_chain_op(o, OP_CHAIN_FLUSH, c);
			add_rules(o, want, p, w, wend);
		}
		w = wend;
		h = hend;
	}
}

static void del_sets(struct ops *o, const struct kstate *have, const struct pairing *p, bool used)
{
	for (size_t i = 0; i < have->nsets; i++)
		if (!p->stays[i] && p->used[i] == used)
			add_op(o, OP_SET_DEL)->item = put_set(o, &have->sets[i].def);
}

/* All wanted sets are put into ops.sets, since rules look there for the form of their key. */
static void add_sets(struct ops *o, const struct kstate *want, const struct pairing *p)
{
	for (size_t i = 0; i < want->nsets; i++) {
		const struct kset *k = &want->sets[i];
		struct nft_set def = k->def;
		size_t first = o->nelems;

		def.gen = p->gen[i];
		uint32_t set = put_set(o, &def);
		if (p->shared[i])
			continue;
		add_op(o, OP_SET_ADD)->item = set;
		for (size_t e = 0; e < k->n; e++)
			put_elem(o, &k->elems[e]);
		add_elems_op(o, OP_ELEMS_ADD, set, first);
	}
}

static bool any_leaves(const struct kstate *have, const struct pairing *p)
{
	for (size_t i = 0; i < have->nsets; i++)
		if (!p->stays[i] && p->used[i])
			return true;
	return false;
}

/* The rules go before the sets, so that none is torn from its elements. */
static void leave(const struct kstate *have, struct ops *o)
{
	for (size_t i = 0; i < have->nrules; i++)
		if (i == 0 || have->rules[i].rule.chain != have->rules[i - 1].rule.chain)
			add_chain_op(o, OP_CHAIN_FLUSH, have->rules[i].rule.chain);
	if (have->nrules)
		add_op(o, OP_NEXT);
	if (have->table != KTABLE_NONE)
		add_op(o, OP_TABLE_DEL);
}

static void diff_nft(const struct kstate *want, const struct kstate *have, struct ops *o)
{
	static const struct kstate nothing;

	if (want->table == KTABLE_NONE) {
		leave(have, o);
		return;
	}
	if (have->table == KTABLE_STALE)
		add_op(o, OP_TABLE_DEL);
	bool fresh = have->table != KTABLE_OURS;
	if (fresh) {
		have = &nothing;
		add_op(o, OP_TABLE_ADD);
	}
	for (uint8_t c = 0; fresh && c < NFT_CHAINS; c++)
		add_chain_op(o, OP_CHAIN_ADD, c);
	struct pairing p = pair_sets(want, have);
	del_sets(o, have, &p, false); /* nobody looks into them, and their names may be needed */
	add_sets(o, want, &p);
	diff_rules(o, want, have, &p);
	if (any_leaves(have, &p)) {
		add_op(o, OP_NEXT);
		del_sets(o, have, &p, true);
	}
	pairing_free(&p);
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
	ops_index_sets(out);
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
