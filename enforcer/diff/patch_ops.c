/* A patch of the plan as operations: elements of sets that are there, one nftables transaction. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/diff/ops.h"

#include "common/base/banned.h"

static int by_set_gone_key(const void *a, const void *b)
{
	const struct patch_item *x = *(const struct patch_item *const *)a, *y = *(const struct patch_item *const *)b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	if (x->gone != y->gone)
		return x->gone ? -1 : 1;
	return memcmp(x->elem.key, y->elem.key, NFT_KEY_MAX);
}

/* One operation for the items [0, n) of one set and kind. */
static void put_run(struct ops *o, const struct plan *p, const struct patch_item *const *items, size_t n)
{
	struct nft_set def = p->sets[items[0]->set];

	def.first = def.n = def.naccept = 0;
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

void kstate_gate_ops(const struct kstate *have, struct ops *out)
{
	*out = (struct ops){0};
	if (!have->gate)
		return;
	GROW(out->v, out->n, out->cap);
	out->v[out->n++] = (struct op){.kind = OP_GATE_DEL};
	out->nft_n = out->n;
}

void plan_patch_ops(const struct plan *p, const struct plan_patch *patch, struct ops *out)
{
	const struct patch_item **items = xcalloc(patch->n, sizeof *items);

	*out = (struct ops){.plan = p};
	for (size_t i = 0; i < patch->n; i++)
		items[i] = &patch->v[i];
	if (patch->n)
		qsort(items, patch->n, sizeof *items, by_set_gone_key);
	for (size_t i = 0, run; i < patch->n; i = run) {
		for (run = i + 1; run < patch->n && items[run]->set == items[i]->set &&
		     items[run]->gone == items[i]->gone;)
			run++;
		put_run(out, p, items + i, run - i);
	}
	out->nft_n = out->n;
	free(items);
}
