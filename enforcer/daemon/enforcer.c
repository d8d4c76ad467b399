#include "enforcer/daemon/enforcer_private.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/boot/copy_file.h"

#include "common/base/banned.h"

const char *const enforcer_step_names[STEPS] = {
	[STEP_SCAN] = "scan", [STEP_COUNTER] = "counter", [STEP_CHANGES] = "changes",
	[STEP_SNAPSHOT] = "snapshot",
	[STEP_FACTS] = "facts", [STEP_COMPILE] = "compile", [STEP_PATCH] = "patch",
	[STEP_DIFF] = "diff", [STEP_APPLY] = "apply", [STEP_GATE] = "gate",
};

/* What shall be in force next. What is NULL is good enough as it is in force. */
struct intent {
	struct policyset *ps, *pps;
	struct facts *facts;
	struct facts gathered; /* where `facts` points */
	struct dynset *dynamic;
	struct plan plan;
};

/* Which local policy a plan is made with. */
enum local_part { LOCAL_NEWEST, LOCAL_IN_FORCE };

struct enforcer *enforcer_new(const struct enforcer_world *w)
{
	struct enforcer *en = xcalloc(1, sizeof *en);

	en->world = *w;
	en->due = CAUSE_ALL;
	en->dynamic = dynset_new();
	en->local.dir = xstrdup(w->state_dir);
	en->persistent.dir = store_persistent_dir(w->state_dir);
	return en;
}

void enforcer_free(struct enforcer *en)
{
	if (!en)
		return;
	source_free(&en->local);
	source_free(&en->persistent);
	plan_free(&en->plan);
	plan_free(&en->block);
	dynset_free(en->dynamic);
	ike_profile_free(en->profile);
	policyset_free(en->ps);
	policyset_free(en->pps);
	facts_free(&en->facts);
	kstate_free(&en->kernel);
	free(en->traffic.v);
	free(en);
}

/* What the kernel holds was changed, and follows one of our plans. */
static void note_applied(struct enforcer *en, bool blocked)
{
	en->blocked = blocked;
	en->inherited = false;
	en->applied_s = en->world.wall_s ? en->world.wall_s() : 0;
}

/* --- clock ------------------------------------------------------------------------------------------ */

void enforcer_clock(const struct enforcer *en, struct enforcer_report *r, enum enforcer_step step,
    int64_t *since)
{
	int64_t now = en->world.now_us();

	r->us[step] += now > *since ? now - *since : 1;
	*since = now;
}

/* --- what is asked for ---------------------------------------------------------------------------- */

/* The ids of the lists whose filters are in the plan. */
static const int64_t *lists_in_force(const struct enforcer *en, struct arena *a, size_t *n)
{
	const struct policy *p = en->plan.policy;
	int64_t *v = arena_array(a, p ? p->nrules : 0, sizeof *v);

	*n = 0;
	for (size_t i = 0; p && i < p->nrules; i++)
		if (p->rules[i].filterlist)
			v[(*n)++] = p->rules[i].filterlist->id;
	return v;
}

static int apply_patch(struct enforcer *en, const struct plan_patch *patch, struct enforcer_report *r,
    struct err *e)
{
	int64_t t = en->world.now_us();
	struct ops ops;
	int rc = 0;

	plan_patch_ops(&en->plan, &en->kernel, patch, &ops);
	if (ops.n > 0)
		rc = kernel_apply(en->world.kernel, &ops, &en->kernel, &r->kernel, e);
	if (r->kernel.rescan || (rc != 0 && r->kernel.nft_ops)) /* half of it is there: what was in force is put back */
		en->due |= CAUSE_KERNEL;
	enforcer_clock(en, r, STEP_APPLY, &t);
	ops_free(&ops);
	return rc;
}

/*
 * The short way: some filters came or went, and nothing else is new. 0: they are in force; 1: it needs a
 * snapshot; -1: the store cannot be read, or the kernel refused.
 */
static int follow_filters(struct enforcer *en, struct arena *a, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();
	struct filter_changes c;
	struct plan_patch patch;
	size_t nlists;
	const int64_t *lists = lists_in_force(en, a, &nlists);

	if (store_filter_changes(en->local.store, en->ps->counter, en->ps->next_filter, lists, nlists, a, &c, e) != 0)
		return -1;
	enforcer_clock(en, r, STEP_CHANGES, &t);
	if (c.whole || !plan_patch_make(&en->plan, &en->facts, c.v, c.n, &patch))
		return 1;
	enforcer_clock(en, r, STEP_PATCH, &t);
	int rc = apply_patch(en, &patch, r, e);
	t = en->world.now_us();
	if (rc == 0) {
		plan_patch_commit(&en->plan, &patch);
		if (patch.n)
			note_applied(en, false);
		r->changed = en->ps->counter != c.counter;
		en->patched |= c.n > 0;
		en->plan.counter = en->ps->counter = c.counter;
		en->ps->next_filter = c.next_filter;
		enforcer_clock(en, r, STEP_PATCH, &t);
	}
	plan_patch_free(&patch);
	return rc;
}

/*
 * A store that is missing reads as an empty one. It is one only where there never was a policy: what was in force,
 * or what the copy for the boot knows of, has not been unassigned by deleting a file.
 */
static int check_presence(const struct enforcer *en, const struct source *from, const struct policyset *have,
    struct err *e)
{
	struct err unreadable = {0};
	struct bootcopy copy = {0};

	if (store_is_there(from->store))
		return 0;
	if (have && policyset_assigned(have))
		return err_set(e, STORE_GONE, from->dir, "");
	if (en->world.boot_dir && bootcopy_read(en->world.boot_dir, &copy, &unreadable) < 0) {
		/* Few hosts have a persistent store: one that nobody knows of is none, or a damaged file would lock them out. */
		return from == &en->persistent ? 0
		    : err_set(e, STORE_GONE, from->dir, ", or may be: its copy for the boot cannot be read");
	}
	return (from == &en->local ? copy.assigned_local : copy.assigned_persistent)
	    ? err_set(e, STORE_GONE, from->dir, "") : 0;
}

/* NULL with `e`. The caller frees. */
static struct policyset *take_snapshot(const struct enforcer *en, struct source *from, const struct policyset *have,
    struct err *e)
{
	struct policyset *ps = store_snapshot(from->store, e);

	if (ps && check_presence(en, from, have, e) == 0)
		return ps;
	policyset_free(ps);
	return NULL;
}

/* Reads a store if it moved on from what is in force. 0, -1: it cannot be read. */
static int load(struct enforcer *en, struct source *from, const struct policyset *have, struct policyset **out,
    struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();
	int moved = source_moved(from, have, e);

	if (moved < 0)
		return -1;
	enforcer_clock(en, r, STEP_COUNTER, &t);
	if (!moved && !(en->due & CAUSE_REPLACED))
		return 0;
	*out = take_snapshot(en, from, have, e);
	if (!*out)
		return -1;
	enforcer_clock(en, r, STEP_SNAPSHOT, &t);
	return 0;
}

static int load_facts(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();

	if (en->world.facts(en->world.facts_ctx, &next->gathered, e) != 0)
		return -1;
	next->gathered.no_nflog = kernel_drops_fd(en->world.kernel) < 0;
	enforcer_clock(en, r, STEP_FACTS, &t);
	if (!en->planned || !facts_eq(&next->gathered, &en->facts))
		next->facts = &next->gathered;
	return 0;
}

/* The plan of what is new and what stays. */
static int compile(struct enforcer *en, struct intent *next, enum local_part local, struct enforcer_report *r,
    struct err *e)
{
	struct dyn_rules dynamic = dynset_rules(next->dynamic ? next->dynamic : en->dynamic);
	struct plan_sources s = {.local = en->ps, .dynamic = &dynamic,
		.persistent = next->pps ? next->pps : en->pps};
	int64_t t = en->world.now_us();

	if (local == LOCAL_NEWEST && !next->ps && en->patched) {
		next->ps = take_snapshot(en, &en->local, en->ps, e);
		if (!next->ps)
			return -1;
	}
	if (local == LOCAL_NEWEST && next->ps)
		s.local = next->ps;
	if (local == LOCAL_IN_FORCE && en->patched)
		s.instead = &en->plan;
	plan_free(&next->plan);
	if (plan_compile_sources(&s, next->facts ? next->facts : &en->facts, &next->plan, e) != 0)
		return -1;
	enforcer_clock(en, r, STEP_COMPILE, &t);
	return 0;
}

static void swap_dynamic(struct enforcer *en, struct intent *next)
{
	struct dynset *old = en->dynamic;

	en->dynamic = next->dynamic;
	next->dynamic = old;
}

static void swap_policyset(struct policyset **a, struct policyset **b)
{
	struct policyset *t = *a;

	*a = *b;
	*b = t;
}

/* Swaps in what the plan was made of, and empties that part of the intent; the old values are freed. */
static void adopt(struct enforcer *en, struct intent *next, enum local_part local)
{
	struct plan plan = en->plan;

	en->plan = next->plan;
	next->plan = (struct plan){0};
	plan_free(&plan);
	if (next->ps && local == LOCAL_NEWEST) {
		swap_policyset(&en->ps, &next->ps);
		policyset_free(next->ps);
		next->ps = NULL;
		en->patched = false;
	}
	if (next->pps) {
		swap_policyset(&en->pps, &next->pps);
		policyset_free(next->pps);
		next->pps = NULL;
	}
	if (next->facts) {
		facts_free(&en->facts);
		en->facts = next->gathered;
		next->gathered = (struct facts){0};
		next->facts = NULL;
	}
	if (next->dynamic)
		swap_dynamic(en, next);
	en->planned = true;
	note_applied(en, false);
	enforcer_follow_plan(en);
}

static void intent_free(struct intent *next)
{
	plan_free(&next->plan);
	policyset_free(next->ps);
	policyset_free(next->pps);
	dynset_free(next->dynamic);
	facts_free(&next->gathered);
}

/* As advance(), for the case that only the local store may have moved. 1: not that case, nothing done. */
static int advance_shortly(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	struct arena a = {0};
	struct err ignored = {0};
	int rc = 1;

	if (en->planned && !en->blocked && en->ps && en->local.store &&
	    (en->due & ~(unsigned)CAUSE_KERNEL) == CAUSE_STORE &&
	    source_moved(&en->persistent, en->pps, &ignored) == 0)
		rc = follow_filters(en, &a, r, e);
	arena_free(&a);
	if (rc == 0)
		en->due &= CAUSE_KERNEL;
	return rc;
}

/* Brings the kernel to another plan than the one in force. */
static int swap(struct enforcer *en, const struct plan *plan, struct enforcer_report *r, struct err *e)
{
	size_t n;

	if ((en->planned || en->blocked) && en->world.swapping)
		en->world.swapping(en->world.swapping_ctx);
	return enforcer_converge(en, plan, r, &n, e);
}

/* Compiles, applies and keeps. -1: nothing has changed. */
static int enforce(struct enforcer *en, struct intent *next, enum local_part local, struct enforcer_report *r,
    struct err *e)
{
	if (compile(en, next, local, r, e) != 0 || swap(en, &next->plan, r, e) != 0)
		return -1;
	adopt(en, next, local);
	r->changed = true;
	return 0;
}

/* --- the persistent policy -------------------------------------------------------------------------- */

static bool is_wanted(const struct enforcer *en, const struct intent *next)
{
	const struct policyset *pps = next->pps ? next->pps : en->pps;

	return pps && policyset_assigned(pps);
}

/* Block mode; the caller's error says why. Always -1. What cannot be blocked either stays as it is. */
static int block(struct enforcer *en, struct enforcer_report *r)
{
	struct err failed = {0};

	plan_free(&en->block);
	plan_block_all(&en->block);
	if (swap(en, &en->block, r, &failed) != 0)
		return -1;
	if (!en->blocked) {
		r->block_began = true;
		note_applied(en, true);
	}
	return -1;
}

/*
 * What an earlier enforcer left in the kernel is not planned yet, and the local store fails. Does it hold all of the
 * persistent policy as that is now? Then it may stay: it holds the old local one as well.
 */
static bool holds_persistent(struct enforcer *en, struct intent *next, struct enforcer_report *r)
{
	struct err ignored = {0};
	struct kstate want;
	bool holds;

	if (en->kernel.table != KTABLE_OURS || compile(en, next, LOCAL_IN_FORCE, r, &ignored) != 0)
		return false;
	kstate_from_plan(&next->plan, &want);
	holds = kstate_holds(&en->kernel, &want);
	kstate_free(&want);
	return holds;
}

/* The newest local policy cannot be in force. Without it: the persistent one, and the local one as it was. */
static int do_without(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *local)
{
	bool persistent_is_new = !en->planned || en->blocked || next->pps;
	struct err e = {0};

	if (!persistent_is_new && !next->facts)
		return -1;
	if (!en->planned && !en->blocked && !is_wanted(en, next))
		return -1; /* what an earlier enforcer left stays */
	if (!en->planned && !en->blocked && holds_persistent(en, next, r)) {
		en->inherited = true;
		return -1;
	}
	if (enforce(en, next, LOCAL_IN_FORCE, r, &e) == 0 || !persistent_is_new || !is_wanted(en, next))
		return -1;
	*local = e;
	return block(en, r);
}

/* Is the persistent store only locked for a moment, while its policy is in force? */
static bool can_wait(const struct enforcer *en, const struct err *e)
{
	return en->planned && !en->blocked && e->id == STORE_BUSY;
}

/* The long way: what is new of everything. `next` is filled as far as that goes. */
static int advance_wholly(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *e)
{
	bool known = en->planned && !en->blocked, clean = en->kernel.table == KTABLE_NONE, local;

	if (load(en, &en->persistent, en->pps, &next->pps, r, e) != 0)
		return can_wait(en, e) ? -1 : block(en, r);
	if ((!known || en->due & CAUSE_FACTS) && load_facts(en, next, r, e) != 0)
		return !known && is_wanted(en, next) ? block(en, r) : -1;
	/* A clean kernel gets the persistent policy first, whatever else there is to read (semantics §1.4). */
	if (!known && clean && is_wanted(en, next) && enforce(en, next, LOCAL_IN_FORCE, r, e) != 0)
		return block(en, r);
	local = load(en, &en->local, en->ps, &next->ps, r, e) == 0;
	if (local && en->planned && !en->blocked && !next->ps && !next->pps && !next->facts)
		return 0;
	if (local && enforce(en, next, LOCAL_NEWEST, r, e) == 0)
		return 0;
	return do_without(en, next, r, e);
}

static int advance(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	struct intent next = {0};
	int rc = advance_shortly(en, r, e);

	if (rc <= 0)
		return rc;
	rc = advance_wholly(en, &next, r, e);
	intent_free(&next);
	if (rc == 0)
		en->due &= CAUSE_KERNEL;
	return rc;
}

/* --- outside ---------------------------------------------------------------------------------------- */

int enforcer_settle(struct enforcer *en, unsigned causes, struct enforcer_report *r, struct err *e)
{
	struct err put_back = {0}, untold = {0};
	int rc, back;

	*r = (struct enforcer_report){0};
	en->due |= causes;
	if (en->conflict) /* has the other program gone? */
		en->due |= CAUSE_KERNEL;
	/* First put back what was in force, then see what is new: the new may fail. */
	back = enforcer_restore(en, r, &put_back);
	rc = back < 0 ? -1 : advance(en, r, e);
	if (back > 0 && rc == 0 && r->changed && !r->kernel.rescan)
		en->due &= ~(unsigned)CAUSE_KERNEL; /* what could not be put back is replaced */
	else if (back != 0 && rc == 0)
		rc = -1;
	if (back != 0 && rc != 0 && e->kind == ERR_NONE)
		*e = put_back;
	if (enforcer_tell_ike(en, &untold) != 0 && rc == 0) {
		*e = untold;
		rc = -1;
	}
	if (rc == 0)
		rc = enforcer_open_gate(en, r, e);
	en->last = rc == 0 ? r->conflict : *e;
	return rc;
}

/* The short way, as for filters of the store: 0 in force; 1 it needs a compilation; -1 refused. */
static int follow_rule(struct enforcer *en, const struct dynset_difference *diff, struct enforcer_report *r,
    struct err *e)
{
	struct plan_patch patch;
	int64_t t = en->world.now_us();

	if (diff->n > 1 || !plan_patch_dynamic(&en->plan, &en->facts, diff->gone, diff->came, &patch))
		return 1;
	enforcer_clock(en, r, STEP_PATCH, &t);
	int rc = apply_patch(en, &patch, r, e);
	if (rc == 0) {
		plan_patch_commit(&en->plan, &patch);
		note_applied(en, false);
	}
	plan_patch_free(&patch);
	return rc;
}

/* Brings next->dynamic into force together with what stays. */
static int enforce_dynamic(struct enforcer *en, struct intent *next, const struct dynset_difference *diff,
    struct enforcer_report *r, struct err *e)
{
	const char *why = enforcer_not_now(en);
	int rc;

	if (why)
		return err_set(e, DYN_REFUSED, why);
	if (en->due & CAUSE_KERNEL && enforcer_restore(en, r, e) != 0)
		return -1;
	rc = follow_rule(en, diff, r, e);
	if (rc == 0)
		swap_dynamic(en, next);
	if (rc <= 0)
		return rc;
	return enforce(en, next, LOCAL_NEWEST, r, e);
}

int enforcer_change(struct enforcer *en, const struct dyn_change *c, struct enforcer_report *r, struct err *e)
{
	struct intent next = {.dynamic = dynset_change(en->dynamic, c, e)};
	struct dynset_difference diff;
	struct err untold = {0};
	int rc = 0;

	*r = (struct enforcer_report){0};
	if (!next.dynamic)
		return -1;
	diff = dynset_compare(en->dynamic, next.dynamic);
	if (diff.n == 0) { /* policies alone put nothing into the kernel; IKE may go by them */
		swap_dynamic(en, &next);
		enforcer_follow_plan(en);
	} else {
		rc = enforce_dynamic(en, &next, &diff, r, e);
	}
	if (enforcer_tell_ike(en, &untold) != 0)
		en->due |= CAUSE_KERNEL; /* where it is tried again */
	r->changed = rc == 0;
	intent_free(&next);
	return rc;
}

int enforcer_delete_sas(struct enforcer *en, const struct ip *peer, size_t *n, struct err *e)
{
	if (kernel_sas_delete(en->world.kernel, peer, n, e) != 0)
		return -1;
	return peer && *n == 0 ? err_set(e, NO_QMSAS) : 0;
}

int enforcer_stop(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	const struct plan nothing = {0};
	size_t n;

	*r = (struct enforcer_report){0};
	/* Whatever is there now goes, not what we remember; and it is nothing to put back. */
	if (enforcer_scan(en, r, e) != 0)
		return -1;
	en->planned = en->blocked = false;
	enforcer_follow_plan(en);
	return enforcer_converge(en, &nothing, r, &n, e);
}
