/* Operations: their sets by name, as text, and their memory. */
#include "enforcer/diff/ops.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

bool op_is_xfrm(const struct op *op)
{
	return op->kind >= OP_XFRM_ADD;
}

size_t ops_transaction(const struct ops *o, size_t at)
{
	size_t n = 0;

	while (at + n < o->nft_first + o->nft_n && (n == 0 || o->v[at + n].kind != OP_NEXT))
		n++;
	return n;
}

/* --- sets by name ------------------------------------------------------------------------ */

static int by_name_gen(const struct nft_set *s, const char *name, uint8_t gen)
{
	int r = strcmp(s->name, name);

	return r ? r : s->gen - gen;
}

/* Of two that are called the same, the one that stands later in the list comes later here. */
static int by_name_gen_place(const void *a, const void *b)
{
	const struct nft_set *x = *(const struct nft_set *const *)a, *y = *(const struct nft_set *const *)b;
	int r = by_name_gen(x, y->name, y->gen);

	return r ? r : (x > y) - (x < y);
}

void ops_index_sets(struct ops *o)
{
	free(o->by_name);
	o->by_name = xcalloc(o->nsets, sizeof *o->by_name);
	o->nby_name = o->nsets;
	for (size_t i = 0; i < o->nsets; i++)
		o->by_name[i] = &o->sets[i];
	if (o->nsets)
		qsort(o->by_name, o->nsets, sizeof *o->by_name, by_name_gen_place);
}

const struct nft_set *ops_set(const struct ops *o, const char *name, uint8_t gen)
{
	size_t lo = 0, hi = o->nby_name;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (by_name_gen(o->by_name[mid], name, gen) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > 0 && by_name_gen(o->by_name[lo - 1], name, gen) == 0 ? o->by_name[lo - 1] : NULL;
}

/* --- as text ----------------------------------------------------------------------------- */

/* Searched here, since this folder knows the plan as a struct and not the compiler's functions. */
static const char *rule_name(const struct plan *p, const struct origin *o)
{
	const struct policy *policy = !p ? NULL : origin_owner(o) == OWNER_PERSISTENT ? p->persistent : p->policy;

	for (size_t i = 0; policy && i < policy->nrules; i++)
		if ((uint64_t)policy->rules[i].id == origin_row(o) && policy->rules[i].name)
			return policy->rules[i].name;
	return NULL;
}

void origin_print(const struct plan *p, const struct origin *o, struct buf *b)
{
	static const char *const whose[] = {
	    [OWNER_PROGRAM] = "the program itself", [OWNER_LOCAL] = "rule", [OWNER_PERSISTENT] = "persistent rule",
	    [OWNER_DYNAMIC] = "dynamic rule"};
	enum owner owner = origin_owner(o);
	const char *name = owner == OWNER_DYNAMIC ? NULL : rule_name(p, o);

	buf_adds(b, whose[owner]);
	if (owner == OWNER_PROGRAM)
		return;
	if (name)
		buf_printf(b, " '%s'", name);
	else
		buf_printf(b, owner == OWNER_DYNAMIC ? " %u" : " no. %u", origin_row(o));
	if (o->filter && owner != OWNER_DYNAMIC)
		buf_printf(b, " (filter %u)", o->filter);
}

static const char *const op_text[] = {
    [OP_TABLE_DEL] = "delete the table",
    [OP_TABLE_ADD] = "create the table",
    [OP_CHAIN_ADD] = "create chain",
    [OP_CHAIN_FLUSH] = "flush chain",
    [OP_SET_DEL] = "delete set",
    [OP_SET_ADD] = "create set",
    [OP_ELEMS_DEL] = "delete from set",
    [OP_ELEMS_ADD] = "add to set",
    [OP_RULE_ADD] = "add a rule to chain",
    [OP_NEXT] = "begin the next transaction",
    [OP_GATE_DEL] = "delete the boot gate's table",
    [OP_XFRM_ADD] = "add IPsec policy",
    [OP_XFRM_UPDATE] = "change IPsec policy",
    [OP_XFRM_DEL] = "delete IPsec policy",
};

static void pol_print(const struct ops *o, const struct xfrm_pol *p, struct buf *b)
{
	static const char *const dirs[] = {"in", "out", "fwd"};
	static const char *const kinds[] = {"allow", "block", "protect"};
	char src[IP_TEXT], dst[IP_TEXT];

	buf_printf(b, " %s %s %s/%u -> %s/%u proto %u ports %u:%u of ", dirs[p->dir],
	    kinds[p->kind], ip_print(&p->src, src), p->src_plen, ip_print(&p->dst, dst),
	    p->dst_plen, p->protocol, p->sport, p->dport);
	origin_print(o->plan, &p->origin, b);
}

void op_print(const struct ops *o, size_t i, struct buf *b)
{
	const struct op *op = &o->v[i];

	buf_adds(b, op_text[op->kind]);
	switch ((enum op_kind)op->kind) {
	case OP_TABLE_DEL:
	case OP_TABLE_ADD:
	case OP_NEXT:
	case OP_GATE_DEL:
		break;
	case OP_CHAIN_ADD:
	case OP_CHAIN_FLUSH:
		buf_printf(b, " %s", nft_chain_names[op->chain]);
		break;
	case OP_RULE_ADD:
		buf_printf(b, " %s", nft_chain_names[o->rules[op->item].rule.chain]);
		break;
	case OP_SET_DEL:
	case OP_SET_ADD:
		buf_printf(b, " %s", o->sets[op->item].name);
		break;
	case OP_ELEMS_DEL:
	case OP_ELEMS_ADD:
		buf_printf(b, " %s: %zu element%s, the first of ", o->sets[op->item].name, op->n,
		    op->n == 1 ? "" : "s");
		origin_print(o->plan, &o->elems[op->first].origin, b);
		break;
	case OP_XFRM_ADD:
	case OP_XFRM_UPDATE:
		pol_print(o, &o->xfrm[op->item].after.pol, b);
		break;
	case OP_XFRM_DEL:
		pol_print(o, &o->xfrm[op->item].before.pol, b);
		break;
	}
}

void ops_print(const struct ops *o, struct buf *b)
{
	for (size_t i = 0; i < o->n; i++) {
		op_print(o, i, b);
		buf_addc(b, '\n');
	}
}

void ops_free(struct ops *o)
{
	free(o->v);
	free(o->sets);
	free(o->elems);
	free(o->rules);
	free(o->xfrm);
	free(o->by_name);
	*o = (struct ops){0};
}
