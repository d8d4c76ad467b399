/* Filters of a plan, and why one of them decides, as JSON (doc/json.md: explain, static show order). Pure. */
#ifndef COMPILE_PLAN_JSON_H
#define COMPILE_PLAN_JSON_H

#include "common/base/json.h"
#include "enforcer/compile/explain.h"

/* plan_explain_print() as one whole document at the end of `b`. */
void plan_explain_json(const struct plan *p, const struct packet *packet, const struct explanation *x,
    struct buf *b);
/* Filters [first, first + n) of the plan's order as elements of the array that is open. */
void plan_order_json(const struct plan *p, size_t first, size_t n, struct json *j);

#endif
