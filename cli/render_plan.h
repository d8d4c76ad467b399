/* Filters of a compiled plan as JSON (doc/json.md: static explain, static show order). */
#ifndef CLI_RENDER_PLAN_H
#define CLI_RENDER_PLAN_H

#include "cli/session.h"
#include "enforcer/compile/explain.h"

/* The whole document of explain. */
void json_explanation(struct session *s, const struct plan *p, const struct packet *packet);
/* The whole document of show order. */
void json_order(struct session *s, const struct plan *p);

#endif
