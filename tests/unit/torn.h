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

#endif
