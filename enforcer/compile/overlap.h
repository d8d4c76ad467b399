/*
 * The negotiate filters of a plan, found by the traffic that they share with another filter. Asking each of n
 * filters about each of m would be n x m; this index makes it a few searches for each.
 *
 * Filters are kept in groups by family and by what their two ends are (any, me, a net), for within a group the
 * question is one about prefixes: does a net lie in another one, or around it?
 */
#ifndef COMPILE_OVERLAP_H
#define COMPILE_OVERLAP_H

#include "enforcer/compile/compile.h"

struct overlap;

/* Of the plan's filters v[0 .. n). Plan and facts are borrowed, and must not change while the index lives. */
struct overlap *overlap_new(const struct plan *p, const struct facts *facts, const size_t *v, size_t n);
void overlap_free(struct overlap *o); /* NULL is fine */
/* Does a filter of the index that stands behind `f` in the order share traffic with it? */
bool overlap_behind(const struct overlap *o, const struct plan_filter *f);

#endif
