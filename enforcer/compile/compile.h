/* Between the phases of the compiler; private to this folder. */
#ifndef COMPILE_COMPILE_H
#define COMPILE_COMPILE_H

#include "enforcer/compile/plan.h"

/* Policy and facts -> plan.filters, sorted, without duplicates. */
int expand_policy(const struct policy *p, const struct facts *facts, struct plan *out, struct err *e);
/* plan.filters -> plan.rules, sets, elems. */
void lower_nft(struct plan *p, const struct facts *facts);
/* plan.filters -> plan.xfrm. */
void lower_xfrm(struct plan *p, const struct facts *facts);

/* The same traffic (addresses, protocol, ports, connection type)? Order of struct side fields. */
int side_cmp(const struct side *a, const struct side *b);
int filter_match_cmp(const struct plan_filter *a, const struct plan_filter *b);

/* rank without its action bits: filters of one base differ in action only. */
static inline uint32_t rank_base(uint32_t rank)
{
	return rank >> 2;
}

#endif
