/* Private to the files of the enforcer: what it holds, and its steps towards the kernel. */
#ifndef DAEMON_ENFORCER_PRIVATE_H
#define DAEMON_ENFORCER_PRIVATE_H

#include "enforcer/daemon/enforcer.h"
#include "enforcer/daemon/source.h"
#include "enforcer/daemon/traffic.h"
#include "enforcer/dynamic/dynset.h"

struct enforcer {
	struct enforcer_world world;
	struct source local, persistent;
	unsigned due;        /* enum cause */
	struct kstate kernel; /* what the kernel holds, unless CAUSE_KERNEL is due */
	bool gate_done;      /* the boot gate is no concern of ours any more */
	bool planned;        /* plan, both policysets and facts are those in force, or were before Block mode */
	struct plan plan;    /* points into the policysets */
	struct policyset *ps;  /* of the local store; NULL: only the persistent policy is in force */
	struct policyset *pps; /* of the persistent store */
	bool patched; /* the filters in ps are older than the plan; all else in it is current */
	bool blocked; /* in force is `block`, and not `plan` */
	struct plan block;
	bool inherited; /* nothing is planned; what an earlier enforcer left in force holds the persistent policy */
	struct facts facts;
	bool conflict;          /* policies of the plan are missing, as another program has some there */
	struct dynset *dynamic; /* never NULL */
	struct err last; /* kind ERR_NONE: the last call went well */
	int64_t applied_s;
	struct ike_profile *profile; /* of `plan`; NULL when nothing is planned */
	uint64_t profile_generation;
	bool ike_untold; /* *kernel* does not know of the plan in force yet */
	struct traffic_list traffic; /* of a listing of counters that is under way */
	struct ipc_traffic traffic_of;
};

/* The plan whose rules the kernel holds. Borrowed. */
static inline const struct plan *in_force(const struct enforcer *en)
{
	return en->blocked ? &en->block : &en->plan;
}

/* Adds the time since *since to a step, at least a microsecond: 0 means "not done". */
void enforcer_clock(const struct enforcer *en, struct enforcer_report *r, enum enforcer_step step, int64_t *since);

/* --- enforcer_kernel.c ------------------------------------------------------------------------------ */

/* Reads the kernel; CAUSE_KERNEL is done with. */
int enforcer_scan(struct enforcer *en, struct enforcer_report *r, struct err *e);
/*
 * Brings the kernel to `plan`. Returns the number of operations in *n. We listen to no events about policies of
 * others, so the kernel may know of one that we do not: then we look and try again, once.
 */
int enforcer_converge(struct enforcer *en, const struct plan *plan, struct enforcer_report *r, size_t *n,
    struct err *e);
/*
 * Looks again at a kernel that others may have changed, and puts the plan in force back into it.
 * 0; 1: it could not be put back, a new plan may; -1: the kernel cannot be read.
 */
int enforcer_restore(struct enforcer *en, struct enforcer_report *r, struct err *e);
/* The policy is in force: the gate's table goes, in a transaction of its own, and never a second time. */
int enforcer_open_gate(struct enforcer *en, struct enforcer_report *r, struct err *e);

/* --- enforcer_ike.c --------------------------------------------------------------------------------- */

/* The plan, or what dynamic rules name, is another: so the profile may be, and the kernel is told of it. */
void enforcer_follow_plan(struct enforcer *en);
/* What could not be told then. -1 and `e`: neither now. */
int enforcer_tell_ike(struct enforcer *en, struct err *e);

/* --- enforcer_show.c -------------------------------------------------------------------------------- */

/* Why nothing of the dynamic context can be done; NULL: it can. Borrowed until the next settlement. */
const char *enforcer_not_now(const struct enforcer *en);

#endif
