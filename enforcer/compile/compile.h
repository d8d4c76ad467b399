/* Between the phases of the compiler; private to this folder. */
#ifndef COMPILE_COMPILE_H
#define COMPILE_COMPILE_H

#include "enforcer/compile/plan.h"

/* The policies of `out`, dynamic rules and facts -> out->filters, sorted, without duplicates. */
int expand_all(const struct plan_sources *s, const struct facts *facts, struct plan *out, struct err *e);
/* Does the rule put filters into a plan? Then these are the ones of one filter of its list, unsorted. `mark`: struct origin. */
bool expand_takes(const struct rule *r);
void expand_filter_of(const struct rule *r, uint32_t mark, const struct filter *in, const struct facts *facts,
    struct plan *out);
/* Those of a dynamic rule. */
void expand_dynamic_of(const struct dyn_rule *r, const struct qm_offers *offers, bool soft, const struct facts *facts,
    struct plan *out);
/* plan.filters -> plan.rules, sets, elems. */
void lower_nft(struct plan *p, const struct facts *facts);
/* plan.rules of a plan that drops everything but loopback. */
void lower_block_all(struct plan *p);
/*
 * Where a permit or block filter stands in the sets of a lowered plan, or would stand: index of the set
 * and its element. false: the plan has no set for it as it is.
 */
bool lower_nft_slot(const struct plan *p, const struct plan_filter *f, uint32_t *set, struct nft_elem *el);
/* plan.filters -> plan.xfrm. */
void lower_xfrm(struct plan *p, const struct facts *facts);
/* Can one packet of this host fall under both sides, under both filters? */
bool sides_meet(const struct facts *facts, const struct side *a, const struct side *b);
bool filters_meet(const struct facts *facts, const struct plan_filter *a, const struct plan_filter *b);
/* Is it XFRM's to enforce: negotiation, and what tunnel rules block among forwarded packets? */
bool lower_xfrm_holds(const struct plan_filter *f);
/*
 * Does a permit or block filter cut a hole into what XFRM holds of the plan? Looks at all of that: for
 * one filter more. For all of a plan there is overlap.h.
 */
bool lower_xfrm_cuts(const struct plan *p, const struct facts *facts, const struct plan_filter *f);

/* When is a packet to a multicast or broadcast address compared with the filter? (semantics §3.8) */
enum reach {
	REACH_UNICAST, /* never */
	REACH_BOTH,    /* source is any: unicast and multicast alike */
	REACH_MCAST,   /* the destination is itself such an address */
};
enum reach filter_reach(const struct plan_filter *f);

/* The same traffic (addresses, protocol, ports, connection type, direction)? Order of struct side fields. */
int side_cmp(const struct side *a, const struct side *b);
int filter_match_cmp(const struct plan_filter *a, const struct plan_filter *b);
/* The order of plan.filters, for qsort. */
int filter_cmp(const void *a, const void *b);
/* The order of elements within a set, for qsort. */
int elem_cmp(const void *a, const void *b);

static inline bool origin_eq(const struct origin *a, const struct origin *b)
{
	return a->rule == b->rule && a->filter == b->filter;
}

/* What ipsecexempt lets pass before any filter is asked, beside IKE (semantics §2.4). */
enum exempt { EXEMPT_KERBEROS_RSVP, EXEMPT_MULTICAST };
bool plan_exempts(const struct plan *p, enum exempt what);

/* rank without its action bits: filters of one base are of one store's side and differ in action only. */
static inline uint32_t rank_base(uint32_t rank)
{
	return rank >> 2;
}

/* The rank of the same traffic with another action, of the persistent store or not. */
static inline uint32_t rank_like(uint32_t rank, bool persistent, uint32_t action)
{
	return (rank >> 3 << 1 | !persistent) << 2 | action;
}

#endif
