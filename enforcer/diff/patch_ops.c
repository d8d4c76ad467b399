/*
 * A patch of the plan as operations: elements of sets that are there, in place. plan.h says which patches there are, and
 * that is what makes it safe:
 *
 * An element decides for the packets that meet it first. A block that comes, or a permit that goes, never lets a packet
 * through that was stopped; a permit that comes, or a block that goes, never stops one that passed. Whatever a packet that is
 * under way finds of the elements of one transaction, it looks for each of them once, so it meets the policy with some
 * of them changed. When all of them tighten (or all of them loosen), that lies between before and after: what
 * both forbid is stopped, and what both permit passes.
 *
 * Blocks that replace blocks, and permits that replace permits, do both, so they come in one transaction and go in the next one.
 * Between the two, all of them are there: a packet that passes meets a permit before the blocks of old and new, or no
 * block at all, and so passed by old or by new; one that is stopped meets a block before the permits of old and new likewise.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/diff/ops.h"

#include "common/base/banned.h"

static int by_gone_set_key(const void *a, const void *b)
{
	const struct patch_item *x = *(const struct patch_item *const *)a, *y = *(const struct patch_item *const *)b;

	if (x->gone != y->gone)
		return x->gone ? 1 : -1;
	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return memcmp(x->elem.key, y->elem.key, NFT_KEY_MAX);
}

/* One operation for the items [0, n) of one set and kind. */
static void put_run(struct ops *o, const struct plan *p, const struct kstate *have, const struct patch_item *const *items,
    size_t n)
{
	struct nft_set def = p->sets[items[0]->set];
	const struct kset *there = kstate_set_in_force(have, def.name);

	def.first = def.n = def.naccept = 0;
	def.gen = there ? there->def.gen : 0;
	GROW(o->sets, o->nsets, o->cap_sets);
	o->sets[o->nsets++] = def;
	GROW(o->v, o->n, o->cap);
	o->v[o->n++] = (struct op){.kind = items[0]->gone ? OP_ELEMS_DEL : OP_ELEMS_ADD,
	    .item = (uint32_t)o->nsets - 1, .first = o->nelems, .n = n};
	for (size_t i = 0; i < n; i++) {
		GROW(o->elems, o->nelems, o->cap_elems);
		o->elems[o->nelems++] = items[i]->elem;
	}
}

static void put_next(struct ops *o)
{
	GROW(o->v, o->n, o->cap);
	o->v[o->n++] = (struct op){.kind = OP_NEXT};
}

void kstate_gate_ops(const struct kstate *have, struct ops *out)
{
	*out = (struct ops){0};
	if (!have->gate)
		return;
	GROW(out->v, out->n, out->cap);
	out->v[out->n++] = (struct op){.kind = OP_GATE_DEL};
	out->nft_n = out->n;
}

void plan_patch_ops(const struct plan *p, const struct kstate *have, const struct plan_patch *patch, struct ops *out)
{
	const struct patch_item **items = xcalloc(patch->n, sizeof *items);

	*out = (struct ops){.plan = p};
	for (size_t i = 0; i < patch->n; i++)
		items[i] = &patch->v[i];
	if (patch->n)
		qsort(items, patch->n, sizeof *items, by_gone_set_key);
	for (size_t i = 0, run; i < patch->n; i = run) {
		for (run = i + 1; run < patch->n && items[run]->set == items[i]->set &&
		     items[run]->gone == items[i]->gone;)
			run++;
		if (patch->two_steps && i > 0 && items[i]->gone && !items[i - 1]->gone)
			put_next(out);
		put_run(out, p, have, items + i, run - i);
	}
	out->nft_n = out->n;
	ops_index_sets(out);
	free(items);
}
