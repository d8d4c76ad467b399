/* A packet that is under way while a transaction is committed, at each moment of its walk through the rules. */
#ifndef TESTS_TORN_H
#define TESTS_TORN_H

#include "enforcer/kernel/kernel.h"

struct torn {
	size_t forbidden, permitted, torn; /* looked at */
	size_t leaked, lost;               /* found: packets that both forbid and that passed, that both permit and that did not */
};

/* In the rules of `before` when `after` comes; `a` and `b`: from where to where the whole change goes. */
static inline void tear_packet(const struct kstate *before, const struct kstate *after, const struct kstate *a,
    const struct kstate *b, const struct fake_packet *p, struct torn *t)
{
	bool pa = fake_verdict(a, p) != FAKE_DROPPED, pb = fake_verdict(b, p) != FAKE_DROPPED, torn = true;

	t->forbidden += !pa && !pb;
	t->permitted += pa && pb;
	for (size_t at = 0; torn; at++) {
		bool passed = fake_verdict_torn(before, after, at, p, &torn) != FAKE_DROPPED;
		t->torn += torn;
		t->leaked += passed && !pa && !pb;
		t->lost += !passed && pa && pb;
	}
}

/*
 * The transactions of `o` one by one, from `began` until the state is `ended`: all of them, or those that were done before one
 * failed. false: it never is.
 */
static inline bool tear_walk(const struct kstate *began, const struct ops *o, const struct kstate *ended,
    void (*step)(const struct kstate *before, const struct kstate *after, void *ctx), void *ctx)
{
	struct kstate now, next;
	bool there;

	kstate_dup(began, &now);
	for (size_t at = o->nft_first, n; !kstate_eq(&now, ended) && (n = ops_transaction(o, at)) > 0; at += n) {
		kstate_dup(&now, &next);
		kstate_apply(&next, o, at, n);
		step(&now, &next, ctx);
		kstate_free(&now);
		now = next;
	}
	there = kstate_eq(&now, ended);
	kstate_free(&now);
	return there;
}

#endif
