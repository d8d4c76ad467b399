/*
 * Would a policy cut a connection that a person needs? The plan is made as it would be enforced, and the
 * connection's packets walk through it in both directions (explain.h). Pure.
 */
#ifndef COMPILE_LOCKOUT_H
#define COMPILE_LOCKOUT_H

#include "common/model/connection.h"
#include "enforcer/compile/explain.h"

/* What becomes of the connection; worse is larger. */
enum lockout_kind {
	LOCKOUT_NONE,
	LOCKOUT_NEGOTIATE, /* a direction passes only under IPsec: it stands still until both ends agree on keys */
	LOCKOUT_BLOCK,     /* a direction is blocked */
};
struct lockout {
	enum lockout_kind kind;
	bool inbound;               /* the direction that makes it so; when both do, the inbound one */
	struct explanation in, out; /* of the connection's packets; winner: the filter that decided */
	struct plan plan;           /* what the explanations point into */
};

/*
 * `ps` is the policy set as it would be, and may hold only the filters that meet the connection
 * (connection_meets): the others have no say. A connection of the host with itself is never filtered. `out`
 * keeps pointers into `ps`; free it with lockout_free(), also after an error, which is that of plan_compile().
 */
int lockout_judge(const struct policyset *ps, const struct dyn_rules *dynamic, const struct facts *facts,
    const struct connection *c, struct lockout *out, struct err *e);
/* Appends the filter and the rule that decided, without a line end; nothing for LOCKOUT_NONE. */
void lockout_print(const struct lockout *l, struct buf *b);
void lockout_free(struct lockout *l);

#endif
