/*
 * The kernel's associations, and what is put beside the plan for them: policies of their own kind, traffic in clear. Few
 * calls that decide nothing; netlink does them, or a fake in memory. Whoever calls (enforcer/sas) was told by the broker
 * what may be done.
 */
#ifndef KERNEL_SAD_H
#define KERNEL_SAD_H

#include "enforcer/kernel/kernel.h"
#include "ike/engine/actions.h"

struct sad;

/* An SPI for packets from id->src to id->dst; id->spi does not count. */
struct sad_spi {
	struct ike_sa_id id;
	uint32_t reqid;
	bool tunnel;
	uint32_t acquire; /* the kernel's request that it answers, 0: none */
};
struct sad_usage {
	uint64_t bytes, packets; /* accepted ones only */
	uint64_t replayed;       /* packets with a number that was seen before, or is older than the window */
	uint64_t forged;         /* packets whose integrity check failed */
	struct mono last_use;    /* MONO_NEVER. In lists and events: not filled in */
};
/* One of a list. */
struct sad_listed {
	struct ike_sa_id id;
	struct sad_usage used;
};

/* What others, or time, did. */
enum sad_event_kind {
	SAD_ACQUIRE, SAD_EXPIRE, SAD_MAPPING, /* cmd, reqid */
	SAD_GONE,           /* id: somebody else deleted it */
	SAD_SAS_LOST,       /* many may be gone: a flush; `lost`: or events were lost, those of policies too */
	SAD_POLICIES_LOST,  /* policies that were put up are gone; `flush`: all policies, of whomever */
};
struct sad_event {
	uint8_t kind; /* enum sad_event_kind */
	struct ike_cmd cmd;
	uint32_t reqid;
	uint32_t policy;       /* ACQUIRE: the index of the policy by which packets wait */
	struct ike_sa_id id;
	struct sad_usage used; /* EXPIRE, GONE: what it has carried */
	bool lost, flush;
};

/*
 * Calls that return int: 0, or -1 and `e`. What is to be deleted and is not there counts as deleted.
 */
struct sad_ops {
	/* The kernel forgets an SPI that gets no keys in net.core.xfrm_acq_expires seconds, and tells of it (EXPIRE). */
	int (*spi)(struct sad *s, const struct sad_spi *ask, uint32_t *spi, struct err *e);
	/* `update`: keys for a reserved SPI. */
	int (*add)(struct sad *s, const struct ike_sa *sa, bool update, struct err *e);
	int (*del)(struct sad *s, const struct ike_sa_id *id, struct err *e);
	/*
	 * The association of that name gets the name, selector and ports of `now`, and keeps key, sequence numbers and what is
	 * left of its life; what it carries is counted anew. 1: it is gone, and the other one is not there.
	 */
	int (*move)(struct sad *s, const struct ike_sa_id *was, const struct ike_sa *now, struct err *e);
	/*
	 * Packets that wait for keys by that policy (of a SAD_ACQUIRE) are tried now. The kernel does so by itself after 0.1, 0.2,
	 * 0.4 ... seconds.
	 */
	int (*release)(struct sad *s, uint32_t policy, struct err *e);
	/*
	 * The kernel forgets that it asked for keys by that number, for packets between those two: the next packet asks again, which it
	 * would not in net.core.xfrm_acq_expires seconds.
	 */
	int (*forget)(struct sad *s, uint32_t acquire, const struct ip *local, const struct ip *remote, struct err *e);
	int (*query)(struct sad *s, const struct ike_sa_id *id, struct sad_usage *out, struct err *e);
	/* All whose reqid is ours; the caller frees. */
	int (*list)(struct sad *s, struct sad_listed **out, size_t *n, struct err *e);
	/* Makes or changes a policy (kpol_is_granted()), which ends after life_s seconds (0: never); deletes it. */
	int (*policy)(struct sad *s, const struct kpol *p, uint32_t life_s, struct err *e);
	int (*policy_del)(struct sad *s, const struct kpol *p, struct err *e);
	int (*policy_used)(struct sad *s, const struct kpol *p, struct mono *last, struct err *e);
	/* Pair of hosts in the set of its family (PLAN_SOFT4, PLAN_SOFT6), or not; what passed by it since it was put there. */
	int (*soft)(struct sad *s, const struct ip *local, const struct ip *remote, bool put, struct err *e);
	int (*soft_count)(struct sad *s, const struct ip *local, const struct ip *remote, struct sad_usage *out, struct err *e);
	/* Readable when there is an event. */
	int (*fd)(const struct sad *s);
	bool (*event)(struct sad *s, struct sad_event *out);
	struct mono (*now)(struct sad *s);
	void (*close)(struct sad *s);
};
/* First member of each implementation. */
struct sad {
	const struct sad_ops *ops;
};

/*
 * `k` is one of kernel_netlink_open() and outlives it. What an earlier process put beside a plan goes now: nobody vouches
 * for it. Its associations stay until IKE comes (sas.h).
 */
struct sad *sad_netlink_open(struct kernel *k, struct err *e);

/* --- the fake ---------------------------------------------------------------------------------------------------- */

/* `k` is one of kernel_fake_open(), whose state gets policies and pairs. */
struct sad *sad_fake_open(struct kernel *k);
/* Associations, with their keys; borrowed until the next call. Those without keys are reserved. */
const struct ike_sa *sad_fake_sas(const struct sad *s, size_t *n);
void sad_fake_put(struct sad *s, const struct ike_sa *sa);
/* What it has carried from now on; before that its SPI in bytes, and one packet. */
void sad_fake_carry(struct sad *s, const struct ike_sa_id *id, const struct sad_usage *used);
/* Takes it away as somebody else would, without an event. */
void sad_fake_drop(struct sad *s, const struct ike_sa_id *id);
void sad_fake_event(struct sad *s, const struct sad_event *ev);
/* The next n calls that change something are refused. */
void sad_fake_refuse(struct sad *s, size_t n);
/* The policy whose packets were let go last, and the number of the request that was forgotten last; 0: none. */
uint32_t sad_fake_released(const struct sad *s);
uint32_t sad_fake_forgotten(const struct sad *s);
/* How often a policy came, changed or went so far. */
size_t sad_fake_changed_policies(const struct sad *s);
/* Its clock. */
void sad_fake_pass(struct sad *s, struct dur d);

#endif
