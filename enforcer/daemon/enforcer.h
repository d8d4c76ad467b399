/*
 * The enforcer without its loop: what is in force, and the steps that bring the kernel to what the
 * store and the host ask for: snapshot, facts, compile, diff, apply. It waits for nothing, logs nothing
 * and asks the world only through `struct enforcer_world`, so tests run it against a fake kernel.
 *
 * Invariants: the plan in force is replaced only after the kernel took the new one whole; whatever
 * fails, the old one stays, and the causes that led here stay due, so the next call tries again. The policy of
 * the persistent store is in force whatever happens to the local one; when it cannot be, Block mode replaces
 * everything until it can (semantics §1.4, §2.2). Nothing is removed from the kernel before there is a plan: what
 * an earlier daemon left is in force until then, and so is the boot gate (ipsec-bootgate), which the first plan of
 * everything takes away, once. A store that is missing where one was in force, or where the copy for the boot knows
 * of an assigned policy, asks for nothing: an error.
 */
#ifndef DAEMON_ENFORCER_H
#define DAEMON_ENFORCER_H

#include <stdint.h>

#include "common/ipc/ipc.h"
#include "enforcer/kernel/kernel.h"
#include "ike/engine/profile.h"

/* Why there may be something to do; bits. */
enum cause {
	CAUSE_STORE = 1,    /* the change counter of one of the stores may have moved */
	CAUSE_REPLACED = 2, /* another file may be the store now: then its counter says nothing */
	CAUSE_FACTS = 4,    /* addresses, links, gateways, servers */
	CAUSE_KERNEL = 8,   /* somebody changed what is ours */
	CAUSE_ALL = 15,
};

struct enforcer_world {
	const char *state_dir; /* folder of the local policy store, and of that of the persistent one */
	const char *boot_dir;  /* folder of the copy for the boot (common/boot); NULL: not asked */
	struct kernel *kernel; /* borrowed */
	int (*facts)(void *ctx, struct facts *out, struct err *e); /* sorted */
	void *facts_ctx;
	int64_t (*now_us)(void); /* monotonic */
	void (*swapping)(void *ctx); /* another plan is about to replace the one in force; may be NULL */
	void *swapping_ctx;
	int64_t (*wall_s)(void); /* seconds since 1970; NULL: nobody will ask when something was applied */
};

enum enforcer_step {
	STEP_SCAN,
	STEP_COUNTER,
	STEP_CHANGES,
	STEP_SNAPSHOT,
	STEP_FACTS,
	STEP_COMPILE,
	STEP_PATCH,
	STEP_DIFF,
	STEP_APPLY,
	STEP_GATE,
	STEPS
};
extern const char *const enforcer_step_names[STEPS];

/* What one call of enforcer_settle() did, for the log. */
struct enforcer_report {
	int64_t us[STEPS];   /* time spent; 0 = not done */
	bool changed;        /* a new plan is in force */
	bool gate_opened;    /* the boot gate was taken away */
	bool gate_again;     /* it was put up again while we enforce: it stays */
	bool block_began;    /* Block mode is in force, and was not before */
	size_t restored;     /* operations that undid what somebody else had done to the kernel */
	struct kernel_report kernel; /* of the last apply */
	/* In force but for IPsec policies whose place another program holds: names a rule. ERR_NONE: all is. */
	struct err conflict;
};

struct enforcer;

struct enforcer *enforcer_new(const struct enforcer_world *w);
/* Frees; what is in force stays in force. NULL is fine. */
void enforcer_free(struct enforcer *en);

/*
 * Does what `causes`, and those still due from before, ask for. 0: the newest content of both stores is in force.
 * -1: `e` says what failed; what could be done without it is (enforcer.c: do_without), the old plan stays in force, or
 * Block mode is (enforcer_is_blocked). enforcer_due() keeps the causes.
 */
int enforcer_settle(struct enforcer *en, unsigned causes, struct enforcer_report *r, struct err *e);
/*
 * Changes the dynamic objects; they live as long as `en` and stand beside whatever policy is assigned. 0: the
 * change is in force. -1: `e` says why, and everything is as it was.
 */
int enforcer_change(struct enforcer *en, const struct dyn_change *c, struct enforcer_report *r, struct err *e);
/*
 * Deletes security associations with that peer (NULL: with everybody) that rules of ours asked for; traffic then
 * negotiates anew. 0 and their number in *n; NO_QMSAS: there is none with that peer.
 */
int enforcer_delete_sas(struct enforcer *en, const struct ip *peer, size_t *n, struct err *e);
/* What associations have carried (kernel.h); zeros, and nothing known, when the kernel cannot say. */
void enforcer_sa_sums(const struct enforcer *en, struct kernel_sa_sums *out);
void enforcer_sa_uses(const struct enforcer *en, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out);
size_t enforcer_dynamic_rules(const struct enforcer *en);
/* A page of what is in force (listing.h); its texts live until the next call of a function of these. */
void enforcer_page(struct enforcer *en, enum dyn_kind kind, uint64_t after, struct dyn_page *out);
/*
 * What the plan in force does with a packet, and why (explain.h), as lines or as a JSON document: at most
 * IPC_EXPLANATION_MAX bytes, long lists of beaten filters are cut. -1: nothing is in force yet.
 */
int enforcer_explain(const struct enforcer *en, const struct packet *p, bool json, struct buf *b, struct err *e);
/*
 * A page of the counters of rules or filters of the assigned policy: those with ids above `after`. With
 * after = 0 they are read from the kernel, and kept for the pages that follow. What cannot be read is an empty
 * page.
 */
void enforcer_traffic(struct enforcer *en, const struct ipc_traffic *asked, struct ipc_traffic_page *out);
/* Removes everything of ours from the kernel (orderly stop: semantics §2.2, mode Permit). */
int enforcer_stop(struct enforcer *en, struct enforcer_report *r, struct err *e);

/* Borrowed until the next call that changes what is in force; before that, a plan and facts of nothing. */
const struct plan *enforcer_plan(const struct enforcer *en);
const struct facts *enforcer_facts(const struct enforcer *en);
/*
 * What is asked of IKE (compile/lower_ike.h): the profile of the plan in force, also while Block mode lets nothing of
 * it pass. NULL before the first plan and after the stop. Borrowed, as the plan; whoever keeps it shares it.
 */
struct ike_profile *enforcer_profile(const struct enforcer *en);
/* Another number whenever that is another profile, as far as IKE could tell. */
uint64_t enforcer_profile_generation(const struct enforcer *en);
/* What was counted until now; what cannot be read is 0. Free with kernel_counts_free(). */
void enforcer_counts(struct enforcer *en, struct kernel_counts *out);
struct diag_settings {
	unsigned bits; /* enum plan_diagnostics, as set; the plan's are as far as the host can */
	unsigned interval_s;
};
struct diag_settings enforcer_diagnostics(const struct enforcer *en);

bool enforcer_ikelogging(const struct enforcer *en);
/* The name of the quick mode policy of a rule in force (struct origin), borrowed likewise; NULL: there is no such rule. */
const char *enforcer_qmpolicy_of(const struct enforcer *en, uint32_t rule);
/* The preshared key of that name of a dynamic rule, borrowed likewise; NULL: there is none. */
const char *enforcer_key(const struct enforcer *en, const struct guid *name);

/* Was a plan ever in force, and is the boot gate gone? The host does what the store says then. */
bool enforcer_is_ready(const struct enforcer *en);
/* Causes that the last call left undone. */
unsigned enforcer_due(const struct enforcer *en);
/* The local store's change counter that is in force; 0 before the first plan. */
uint64_t enforcer_counter(const struct enforcer *en);
/* The same of the persistent store. */
uint64_t enforcer_persistent_counter(const struct enforcer *en);
/* Is Block mode in force? */
bool enforcer_is_blocked(const struct enforcer *en);
/* Seconds between looks at the store without being told: the policy's own interval (semantics §1.5). */
unsigned enforcer_poll_s(const struct enforcer *en);
/* What is in force, for people. */
void enforcer_state(const struct enforcer *en, struct ipc_state *out);

#endif
