/*
 * What is to be done to the kernel, as a flat list: XFRM additions and updates, then nftables, mostly
 * one transaction, then XFRM deletions (diff.c says why that order is fail-closed at every prefix).
 * Each XFRM op carries the value before and after, so it has an inverse.
 */
#ifndef DIFF_OPS_H
#define DIFF_OPS_H

#include "common/base/buf.h"
#include "enforcer/diff/kstate.h"

enum op_kind {
	OP_TABLE_DEL, /* with everything in it */
	OP_TABLE_ADD,
	OP_CHAIN_ADD,   /* chain */
	OP_CHAIN_FLUSH, /* chain */
	OP_SET_DEL,     /* item: ops.sets */
	OP_SET_ADD,     /* item: ops.sets */
	OP_ELEMS_DEL,   /* item: ops.sets; first, n: ops.elems */
	OP_ELEMS_ADD,   /* likewise */
	OP_RULE_ADD,    /* item: ops.rules; at the end of its chain */
	OP_NEXT, /* a new transaction begins, when no packet is under way any more in the rules of before the last one */
	OP_GATE_DEL,    /* the boot gate's table */
	OP_XFRM_ADD,    /* item: ops.xfrm */
	OP_XFRM_UPDATE,
	OP_XFRM_DEL,
};

struct op {
	uint8_t kind;  /* enum op_kind */
	uint8_t chain; /* enum nft_chain */
	uint32_t item;
	size_t first, n;
};

struct xfrm_change {
	struct kpol before; /* XFRM_UPDATE, XFRM_DEL */
	struct kpol after;  /* XFRM_ADD, XFRM_UPDATE */
};

/* Owned arrays; all zero is "nothing to do". */
struct ops {
	const struct plan *plan; /* borrowed, may be NULL: where messages find the names of rules */
	struct op *v;
	size_t n, cap;
	size_t nft_first, nft_n; /* nftables: v[nft_first .. nft_first+nft_n), in transactions (ops_transaction) */
	struct nft_set *sets;
	struct nft_elem *elems;
	struct krule *rules;
	struct xfrm_change *xfrm;
	size_t nsets, nelems, nrules, nxfrm, cap_sets, cap_elems, cap_rules, cap_xfrm;
	const struct nft_set **by_name; /* all of sets, for ops_set(): ops_index_sets() */
	size_t nby_name;
};

/* When the last set has come: makes ops_set() find them. Whoever puts sets into a list by hand calls it as well. */
void ops_index_sets(struct ops *o);
/*
 * The set of that name and generation, the last one where there are more (one that goes, and one that comes in its place);
 * NULL: there is none. Its cost is the logarithm of the number of sets, whoever wrote the list. Borrowed.
 */
const struct nft_set *ops_set(const struct ops *o, const char *name, uint8_t gen);

/*
 * The operations that turn `have` into the plan. Pure. 1 when another program owns XFRM policies of selectors
 * that the plan needs: those stay as they are, `out` does all the rest, and `e` (KERNEL_CONFLICT) names the rule of
 * the first. Otherwise 0. Free with ops_free().
 */
int plan_diff(const struct plan *want, const struct kstate *have, struct ops *out, struct err *e);
/*
 * The operations of a patch, for a kernel that holds `p`, the plan before the patch, as `have` says. No scan and
 * no comparison: the cost is that of the patch.
 */
void plan_patch_ops(const struct plan *p, const struct kstate *have, const struct plan_patch *patch, struct ops *out);
/* The same between two states. `want` is as kstate_from_plan() makes it: all generations are 0. */
void kstate_diff(const struct kstate *want, const struct kstate *have, struct ops *out);

/*
 * The operations that take the boot gate away, if it stands: a transaction of its own, after the plan is in force.
 * A plan's own operations never touch it.
 */
void kstate_gate_ops(const struct kstate *have, struct ops *out);

bool op_is_xfrm(const struct op *op);
/* How many operations from v[at] on are one transaction; at the end of nftables' part: 0. Each but the first begins with OP_NEXT. */
size_t ops_transaction(const struct ops *o, size_t at);
/*
 * "rule 'Telnet' (filter 7)": the line of the policy behind an entry; "the program itself" for {0,
 * 0}.
 */
void origin_print(const struct plan *p, const struct origin *o, struct buf *b);
/* One line for messages: what op i does, to what and because of which rule. */
void op_print(const struct ops *o, size_t i, struct buf *b);
/* All of them, one a line (enforcerd -n). */
void ops_print(const struct ops *o, struct buf *b);
void ops_free(struct ops *o);

#endif
