/*
 * What a plan does with a packet, and why: the plan's rules and sets are walked as the kernel walks them,
 * so an explanation cannot drift from what is enforced.
 */
#ifndef COMPILE_EXPLAIN_H
#define COMPILE_EXPLAIN_H

#include "common/model/packet.h"
#include "enforcer/compile/plan.h"

enum fate { FATE_PASS, FATE_DROP, FATE_PROTECT }; /* PROTECT: only under IPsec */

/* The nftables part alone: what becomes of the packet. `decided` (may be NULL): by which rule; NULL: by none. */
enum fate plan_walk(const struct plan *p, const struct packet *packet, const struct nft_rule **decided);

/* Does the filter take the packet, leaving aside what stands before it? */
bool plan_filter_takes(const struct plan *p, const struct plan_filter *f, const struct packet *packet);

/* The first filter that takes the packet, or NULL; plan_explain()'s winner without what it beat. */
const struct plan_filter *plan_winner(const struct plan *p, const struct packet *packet);

enum { EXPLAIN_BEATEN = 16 };
struct explanation {
	enum fate fate;
	const struct nft_rule *exempt;     /* an exemption decided, before any filter */
	const struct plan_filter *winner;  /* the first filter that takes the packet; NULL: none does */
	const struct plan_filter *beaten[EXPLAIN_BEATEN]; /* the next ones, in order */
	size_t nbeaten, more;              /* how many stand in beaten[], and how many there are beyond */
};
/* Pure; what `out` points at belongs to the plan. */
void plan_explain(const struct plan *p, const struct packet *packet, struct explanation *out);
/* Keeps at most `n` of the beaten filters, and counts the others in `more`. */
void plan_explanation_shorten(struct explanation *x, size_t n);
/* The same for people, some lines. Names rules and filters. */
void plan_explain_print(const struct plan *p, const struct packet *packet, const struct explanation *x,
    struct buf *b);

const char *plan_fate_word(enum fate fate);                  /* permit, block, negotiate */
const char *plan_exemption(const struct nft_rule *exempt);   /* a sentence: what is exempt, and why */
/* The filter behind the one at `at` that the same packet could meet, or NULL: of its IP version. */
const struct plan_filter *plan_next(const struct plan *p, size_t at);
/* Why `first` stands before `second` in the order of semantics §3.4, e.g. "its destination is a longer prefix". */
const char *plan_order_reason(const struct plan_filter *first, const struct plan_filter *second);
/*
 * The computed order, a line a filter: action, traffic, where it comes from, and what makes it stand before
 * the next one of its IP version. Lines [first, first + n) of the plan's filters.
 */
void plan_order_print(const struct plan *p, size_t first, size_t n, struct buf *b);

#endif
