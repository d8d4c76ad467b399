/*
 * Private to enforcer/sas: what *kernel* holds beside the plan, as the broker granted it. Policies of their own kind, counted by the
 * associations that need them; and traffic in clear, each a policy for either direction and a pair of hosts. Knows what should
 * be in the kernel, and so can put it up again; why it was granted it does not know.
 */
#ifndef SAS_BESIDE_H
#define SAS_BESIDE_H

#include "enforcer/broker/broker.h"
#include "enforcer/kernel/sad.h"

/* A policy beside the plan: one a direction, and of a tunnel's inbound side one more for what is forwarded. */
enum { TWINS = 2 };
struct held {
	struct broker_policy of; /* by broker_policy_cmp() */
	size_t users;
	struct kpol k[TWINS];
	size_t n;
};
/* Traffic in clear: a policy for either direction, and its pair of hosts. */
struct soft {
	uint64_t id;
	struct kpol k[TWINS];
	struct mono until;
	struct ip local, remote;
};

struct beside {
	struct sad *sad;
	struct held *held; /* sorted */
	size_t nheld, cap_held;
	struct soft *soft;
	size_t nsoft, cap_soft;
	uint32_t slot; /* last given to a policy */
	bool paused;   /* no pair is in its set */
};
void beside_fini(struct beside *b);
/* One association more, or less, needs it. -1: it cannot be put up, and none counts. */
int beside_hold(struct beside *b, const struct broker_policy *p, struct err *e);
void beside_release(struct beside *b, const struct broker_policy *p);
/* From now on it is these, by broker_policy_cmp(). -1: not all of it could be done; the first reason. */
int beside_become(struct beside *b, const struct broker_policy *v, size_t n, struct err *e);
int beside_soft_put(struct beside *b, const struct broker_soft *s, struct err *e);
/* The priority may be another now. */
int beside_soft_change(struct beside *b, const struct broker_soft *s, struct err *e);
void beside_soft_end(struct beside *b, uint64_t id);
int beside_soft_query(struct beside *b, uint64_t id, struct sad_usage *out, struct err *e);
/* Puts up again what others may have taken away; *over: ids of traffic in clear whose time is over (the caller frees). */
size_t beside_restore(struct beside *b, uint64_t **over);
/* All pairs out of their sets, until they may be there again. -1: not all of it could be done. */
int beside_pause(struct beside *b, struct err *e);
int beside_resume(struct beside *b, struct err *e);
/* The sets of pairs are new, and empty. */
void beside_pairs_again(struct beside *b);

#endif
