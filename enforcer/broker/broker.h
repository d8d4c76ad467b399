/*
 * What the process that talks to the network may ask of the kernel. That process reads hostile bytes; whoever takes it
 * over must not be able to make a policy, widen a selector, use algorithms that were not offered, hold keys longer
 * than the policy allows, or touch an association that it was not granted. So each of its requests is judged here,
 * against the XFRM policies in force and the profile that it was given itself.
 *
 * A value without I/O: the daemon asks, does what was granted, and says how that went. It holds one record an association
 * (no key), so memory is bounded by BROKER_SAS_MAX.
 *
 *	request	ask			done in the kernel: say
 *	GET_SPI	broker_get_spi()	broker_reserved()
 *	SA_ADD	broker_sa_add()		broker_added()
 *	SA_DEL	broker_names()		broker_gone(), as for each hard EXPIRE of the kernel
 *	SA_QUERY	broker_names()
 *	SA_MOVE	broker_move()		broker_moved()
 *	SOFT_ADD	broker_soft_add()	broker_soft_added()
 *	SOFT_DEL	broker_soft_names()	broker_soft_gone()
 *
 * ACQUIRE_DONE needs no question: it names what the kernel asked for itself, and at worst the kernel asks again.
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "enforcer/compile/plan.h"
#include "ike/engine/actions.h"

enum {
	BROKER_SAS_MAX = 1 << 17,
	BROKER_RESERVED_MAX = 4096, /* of them SPIs without keys: the kernel forgets those after 30 s */
	BROKER_SOFT_MAX = 1 << 14,
	BROKER_WINDOW_MIN = 32, BROKER_WINDOW_MAX = 4096, /* packets; without a window replays would pass (RFC 4303 §3.4.3) */
};

/* M(identifier, sentence). The sentence is for the log; *net* hears only that it was refused. */
#define BROKER_WHYS(M)                                                                             \
	M(OK, "granted")                                                                           \
	M(NO_RULE, "no rule in force asks for that mode and traffic")                              \
	M(ENDS, "its ends are not those of its traffic, or of the rule's tunnel")                  \
	M(NO_TEMPLATE, "no IPsec policy in the kernel waits for it")                               \
	M(ALGORITHM, "no offer of the rule has these algorithms")                                  \
	M(OTHER_RULE, "its traffic arrives under another rule, which does not offer that")         \
	M(LIFE, "it would live longer than the rule allows")                                       \
	M(WINDOW, "its replay window is too small, or too large")                                  \
	M(NOT_GRANTED, "it names an association that it was not granted")                          \
	M(TWICE, "that association is there already")                                              \
	M(NOT_SOFT, "the rule does not allow traffic in clear, or not so much of it, or not so long") \
	M(FULL, "there are too many")

#define M(id, text) BROKER_##id,
enum broker_why { BROKER_WHYS(M) };
#undef M
const char *broker_why_text(enum broker_why why);

struct broker;

/* Grants nothing before it has a plan. Free with broker_free(); NULL is fine. */
struct broker *broker_new(void);
void broker_free(struct broker *b);
/*
 * What is in force from now on: the XFRM policies (copied; the plan's, or the kernel's as scanned), the profile (owned
 * from then on; NULL: IKE has nothing to do) and the addresses of this host (copied). Grants stay: what no longer fits
 * comes out of broker_stale().
 */
void broker_set_plan(struct broker *b, const struct xfrm_pol *pols, size_t npols, struct ike_profile *profile,
    const struct ip *locals, size_t nlocals);

/* --- associations ------------------------------------------------------------------------------------------------ */

/* id->spi does not count. */
enum broker_why broker_get_spi(const struct broker *b, const struct ike_sa_id *id, uint32_t reqid, bool tunnel);
/* The kernel gave that SPI. */
void broker_reserved(struct broker *b, const struct ike_sa_id *id);

/*
 * A policy that the association needs beside the plan's, of its own traffic and nothing more: because what was agreed is of
 * another kind (AH, ESP, AH+ESP) than the plan's templates, which are those of the first offer; or because the default
 * response rule has none. It must be there before the association is, and until the last one of its traffic is gone: a half
 * of AH+ESP may be weaker than what stands alone.
 */
struct broker_policy {
	bool needed;
	bool ah, esp;          /* its templates */
	bool optional;         /* inbound: as the plan's */
	uint8_t dir;           /* enum xfrm_dir, of the association */
	struct ike_selector sel;
	uint32_t reqid;
	bool tunnel;
	struct ip tunnel_src, tunnel_dst;
	uint32_t priority;     /* before the plan's policy; of the default response rule: BROKER_PRIORITY_LAST */
	size_t users;          /* of broker_policies(): associations that need it */
};
enum { BROKER_PRIORITY_LAST = 0x7FFFFFFF };
struct broker_grant {
	bool update;    /* keys for a reserved SPI (UPDSA), otherwise a new one (NEWSA) */
	uint32_t reqid; /* for the kernel. Differs from the request's where its packets arrive under another rule */
	bool tunnel;    /* for the kernel: AH around ESP protects the outer header that ESP made, as in transport mode */
	struct broker_policy policy;
};
enum broker_why broker_sa_add(const struct broker *b, const struct ike_sa *sa, struct broker_grant *out);
/* The kernel took it as granted. Its key is not looked at. */
void broker_added(struct broker *b, const struct ike_sa *sa, const struct broker_grant *grant);

/* Was it granted, with or without keys? */
enum broker_why broker_names(const struct broker *b, const struct ike_sa_id *id);
/* It is no longer in the kernel. One that is not known is fine. */
void broker_gone(struct broker *b, const struct ike_sa_id *id);

/*
 * New outer ends of a granted association with UDP encapsulation: `out` is what it shall be (its id, selector and
 * ports; the key is the kernel's to keep). It must fit as a new one would.
 */
enum broker_why broker_move(const struct broker *b, const struct ike_sa_id *id, const struct ike_end *local,
    const struct ike_end *remote, struct ike_sa *out, struct broker_grant *grant);
void broker_moved(struct broker *b, const struct ike_sa_id *old, const struct ike_sa *now,
    const struct broker_grant *grant);

/* --- traffic in clear (semantics §4.4) ------------------------------------------------------------------------- */

/* One pair of hosts at a time, of a rule that says soft, no longer than its main mode policy says. */
enum broker_why broker_soft_add(const struct broker *b, uint64_t id, const struct ike_selector *sel, uint32_t reqid,
    struct dur life);
void broker_soft_added(struct broker *b, uint64_t id, const struct ike_selector *sel, uint32_t reqid, struct dur life);
/* SOFT_DEL and SOFT_QUERY; *sel is what was granted under that id, whatever the request says. */
enum broker_why broker_soft_names(const struct broker *b, uint64_t id, struct ike_selector *sel);
void broker_soft_gone(struct broker *b, uint64_t id);

/* --- after a change of plan -------------------------------------------------------------------------------------- */

/*
 * The granted associations that the plan in force does not allow, or allows otherwise only: to be deleted, with
 * broker_gone() each. Returns their number; *out is an array that the caller frees.
 */
size_t broker_stale(const struct broker *b, struct ike_sa_id **out);
/* The policies that the granted associations need beside the plan's, each once, by broker_policy_cmp(). Likewise. */
size_t broker_policies(const struct broker *b, struct broker_policy **out);
/* By direction, traffic and templates: 0 is one policy, whatever else it says. */
int broker_policy_cmp(const struct broker_policy *x, const struct broker_policy *y);
/* Does that association need one? */
bool broker_needs(const struct broker *b, const struct ike_sa_id *id, struct broker_policy *out);
/* All that was granted, also SPIs without keys. Likewise. */
struct broker_id {
	struct ike_sa_id id;
	bool keys;
	bool outbound, tunnel, bundle; /* as it was asked for; without keys false */
};
size_t broker_granted(const struct broker *b, struct broker_id **out);
/* One of them; false: none of that name was granted. */
bool broker_find(const struct broker *b, const struct ike_sa_id *id, struct broker_id *out);
/* How many of them wait for keys. */
size_t broker_waiting(const struct broker *b);

/* Traffic in clear as granted; `stale`: no longer, to be ended with broker_soft_gone(). Likewise. */
struct broker_soft {
	uint64_t id;
	struct ike_selector sel;
	uint32_t reqid;
	struct dur life;
	uint32_t priority_out, priority_in; /* of its policies: before the rule's of that direction, behind what is protected */
	bool stale;
};
size_t broker_softs(const struct broker *b, struct broker_soft **out);
/* How many are granted. */
size_t broker_count(const struct broker *b);

#endif
