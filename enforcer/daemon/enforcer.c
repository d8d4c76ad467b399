#include "enforcer/daemon/enforcer.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/boot/copy_file.h"
#include "enforcer/compile/plan_json.h"
#include "enforcer/daemon/listing.h"
#include "enforcer/daemon/traffic.h"
#include "enforcer/dynamic/dynset.h"
#include "store/store.h"

#include "common/base/banned.h"

enum {
	POLL_DEFAULT_S = 60,
	POLL_ZERO_S = 10800, /* what a stored interval of 0 means (semantics §1.5) */
	RESTORE_TRIES = 3,   /* scans in one call, should others change the kernel while we do */
};

const char *const enforcer_step_names[STEPS] = {
	[STEP_SCAN] = "scan", [STEP_COUNTER] = "counter", [STEP_CHANGES] = "changes",
	[STEP_SNAPSHOT] = "snapshot",
	[STEP_FACTS] = "facts", [STEP_COMPILE] = "compile", [STEP_PATCH] = "patch",
	[STEP_DIFF] = "diff", [STEP_APPLY] = "apply", [STEP_GATE] = "gate",
};

struct enforcer {
	struct enforcer_world world;
	struct store *store; /* NULL until it could be opened */
	unsigned due;        /* enum cause */
	struct kstate kernel; /* what the kernel holds, unless CAUSE_KERNEL is due */
	bool gate_done;      /* the boot gate is no concern of ours any more */
	bool planned;        /* plan, ps and facts are those in force */
	struct plan plan;    /* points into ps */
	struct policyset *ps;
	bool patched; /* the filters in ps are older than the plan; all else in it is current */
	struct facts facts;
	struct dynset *dynamic; /* never NULL */
	struct err last; /* kind ERR_NONE: the last call went well */
	struct traffic_list traffic; /* of a listing of counters that is under way */
	uint8_t traffic_of;
};

/* What shall be in force next. What is NULL is good enough as it is in force. */
struct intent {
	struct policyset *ps;
	struct facts *facts;
	struct facts gathered; /* where `facts` points */
	struct dynset *dynamic;
	struct plan plan;
};

struct enforcer *enforcer_new(const struct enforcer_world *w)
{
	struct enforcer *en = xcalloc(1, sizeof *en);

	en->world = *w;
	en->due = CAUSE_ALL;
	en->dynamic = dynset_new();
	return en;
}

void enforcer_free(struct enforcer *en)
{
	if (!en)
		return;
	store_close(en->store);
	plan_free(&en->plan);
	dynset_free(en->dynamic);
	policyset_free(en->ps);
	facts_free(&en->facts);
	kstate_free(&en->kernel);
	free(en->traffic.v);
	free(en);
}

/* --- clock ------------------------------------------------------------------------------------------ */

/* Adds the time since *since to a step, at least a microsecond: 0 means "not done". */
static void clock_step(const struct enforcer *en, struct enforcer_report *r, enum enforcer_step step,
    int64_t *since)
{
	int64_t now = en->world.now_us();

	r->us[step] += now > *since ? now - *since : 1;
	*since = now;
}

/* --- the kernel's side ------------------------------------------------------------------------------ */

/* Brings the kernel to `plan`. Returns the number of operations in *n. */
static int converge(struct enforcer *en, const struct plan *plan, struct enforcer_report *r, size_t *n,
    struct err *e)
{
	int64_t t = en->world.now_us();
	struct ops ops = {0};
	int rc;

	rc = plan_diff(plan, &en->kernel, &ops, e);
	clock_step(en, r, STEP_DIFF, &t);
	*n = ops.n;
	if (rc == 0 && ops.n > 0) {
		rc = kernel_apply(en->world.kernel, &ops, &en->kernel, &r->kernel, e);
		clock_step(en, r, STEP_APPLY, &t);
		if (r->kernel.rescan)
			en->due |= CAUSE_KERNEL;
	}
	ops_free(&ops);
	return rc;
}

static int scan(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();
	struct kstate now;

	if (kernel_scan(en->world.kernel, &now, e) != 0)
		return -1;
	clock_step(en, r, STEP_SCAN, &t);
	r->gate_again |= en->gate_done && now.gate && !en->kernel.gate;
	kstate_free(&en->kernel);
	en->kernel = now;
	en->due &= ~(unsigned)CAUSE_KERNEL;
	return 0;
}

/*
 * Looks again at a kernel that others may have changed, and puts the plan in force back into it.
 * 0; 1: it could not be put back, a new plan may; -1: the kernel cannot be read.
 */
static int restore(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	size_t n;

	for (int i = 0; (en->due & CAUSE_KERNEL) && i < RESTORE_TRIES; i++) {
		if (scan(en, r, e) != 0)
			return -1;
		if (!en->planned)
			continue;
		if (converge(en, &en->plan, r, &n, e) != 0) {
			en->due |= CAUSE_KERNEL;
			return 1;
		}
		r->restored += n;
	}
	return 0;
}

/* The policy is in force: the gate's table goes, in a transaction of its own, and never a second time. */
static int open_gate(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();
	struct kernel_report report = {0};
	struct ops ops;
	int rc = 0;

	/* What we believe of the kernel may be old: then first look again. */
	if (en->gate_done || !en->planned || (en->due & CAUSE_KERNEL))
		return 0;
	kstate_gate_ops(&en->kernel, &ops);
	if (ops.n > 0) {
		rc = kernel_apply(en->world.kernel, &ops, &en->kernel, &report, e);
		clock_step(en, r, STEP_GATE, &t);
		r->gate_opened = rc == 0;
		if (rc != 0 || report.rescan)
			en->due |= CAUSE_KERNEL;
	}
	en->gate_done = rc == 0;
	ops_free(&ops);
	return rc;
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

	plan_patch_ops(&en->plan, patch, &ops);
	if (ops.n > 0)
		rc = kernel_apply(en->world.kernel, &ops, &en->kernel, &r->kernel, e);
	if (r->kernel.rescan)
		en->due |= CAUSE_KERNEL;
	clock_step(en, r, STEP_APPLY, &t);
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

	if (store_filter_changes(en->store, en->ps->counter, en->ps->next_filter, lists, nlists, a, &c, e) != 0)
		return -1;
	clock_step(en, r, STEP_CHANGES, &t);
	if (c.whole || !plan_patch_make(&en->plan, &en->facts, c.v, c.n, &patch))
		return 1;
	clock_step(en, r, STEP_PATCH, &t);
	int rc = apply_patch(en, &patch, r, e);
	t = en->world.now_us();
	if (rc == 0) {
		plan_patch_commit(&en->plan, &patch);
		r->changed = en->ps->counter != c.counter;
		en->patched |= c.n > 0;
		en->plan.counter = en->ps->counter = c.counter;
		en->ps->next_filter = c.next_filter;
		clock_step(en, r, STEP_PATCH, &t);
	}
	plan_patch_free(&patch);
	return rc;
}

/* An upgrade brings a new enforcer to an old store: whoever writes first brings it up to date, also we. */
static int open_store(struct enforcer *en, struct err *e)
{
	en->store = store_open(en->world.state_dir, STORE_READ_ONLY, e);
	if (en->store || e->id != STORE_OLDER)
		return en->store ? 0 : -1;
	*e = (struct err){0};
	struct store *writer = store_open(en->world.state_dir, STORE_RW, e);
	if (!writer)
		return -1;
	store_close(writer);
	en->store = store_open(en->world.state_dir, STORE_READ_ONLY, e);
	return en->store ? 0 : -1;
}

/*
 * A store that is missing reads as an empty one. It is one only where there never was a policy: what was in force,
 * or what the copy for the boot knows of, has not been unassigned by deleting a file.
 */
static int check_presence(const struct enforcer *en, struct err *e)
{
	struct err unreadable = {0};
	struct bootcopy copy = {0};

	if (store_is_there(en->store))
		return 0;
	if (en->ps && policyset_assigned(en->ps))
		return err_set(e, STORE_GONE, en->world.state_dir, "");
	if (en->world.boot_dir && bootcopy_read(en->world.boot_dir, &copy, &unreadable) < 0)
		return err_set(e, STORE_GONE, en->world.state_dir, ", or may be: its copy for the boot cannot be read");
	return copy.assigned_local ? err_set(e, STORE_GONE, en->world.state_dir, "") : 0;
}

/* NULL with `e`. The caller frees. */
static struct policyset *take_snapshot(struct enforcer *en, struct err *e)
{
	struct policyset *ps = store_snapshot(en->store, e);

	if (ps && check_presence(en, e) == 0)
		return ps;
	policyset_free(ps);
	return NULL;
}

static int load_store(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();
	uint64_t counter;

	if ((!en->store && open_store(en, e) < 0) || store_counter(en->store, &counter, e) != 0)
		return -1;
	clock_step(en, r, STEP_COUNTER, &t);
	if (en->ps && en->ps->counter == counter && !(en->due & CAUSE_REPLACED))
		return 0;
	next->ps = take_snapshot(en, e);
	if (!next->ps)
		return -1;
	clock_step(en, r, STEP_SNAPSHOT, &t);
	return 0;
}

static int load_facts(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();

	if (en->world.facts(en->world.facts_ctx, &next->gathered, e) != 0)
		return -1;
	next->gathered.no_nflog = kernel_drops_fd(en->world.kernel) < 0;
	clock_step(en, r, STEP_FACTS, &t);
	if (!en->planned || !facts_eq(&next->gathered, &en->facts))
		next->facts = &next->gathered;
	return 0;
}

/* The plan of what is new and what stays. */
static int compile(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *e)
{
	struct dyn_rules dynamic = dynset_rules(next->dynamic ? next->dynamic : en->dynamic);
	int64_t t = en->world.now_us();

	if (!next->ps && en->patched) {
		next->ps = take_snapshot(en, e);
		if (!next->ps)
			return -1;
	}
	if (plan_compile_dynamic(next->ps ? next->ps : en->ps, &dynamic,
	    next->facts ? next->facts : &en->facts, &next->plan, e) != 0)
		return -1;
	clock_step(en, r, STEP_COMPILE, &t);
	return 0;
}

/* Fills `next` as far as the due causes ask for; a plan is compiled only from news. */
static int prepare(struct enforcer *en, struct intent *next, struct enforcer_report *r, struct err *e)
{
	if ((en->due & (CAUSE_STORE | CAUSE_REPLACED)) && load_store(en, next, r, e) != 0)
		return -1;
	if ((en->due & CAUSE_FACTS) && load_facts(en, next, r, e) != 0)
		return -1;
	return next->ps || next->facts ? compile(en, next, r, e) : 0;
}

static void swap_dynamic(struct enforcer *en, struct intent *next)
{
	struct dynset *old = en->dynamic;

	en->dynamic = next->dynamic;
	next->dynamic = old;
}

/* Swaps the intent in; the old values are freed by intent_free(). */
static void adopt(struct enforcer *en, struct intent *next)
{
	struct plan plan = en->plan;
	struct policyset *ps = en->ps;
	struct facts facts = en->facts;

	en->plan = next->plan;
	next->plan = plan;
	if (next->ps) {
		en->ps = next->ps;
		next->ps = ps;
		en->patched = false;
	}
	if (next->facts) {
		en->facts = next->gathered;
		next->gathered = facts;
	}
	if (next->dynamic)
		swap_dynamic(en, next);
	en->planned = true;
}

static void intent_free(struct intent *next)
{
	plan_free(&next->plan);
	policyset_free(next->ps);
	dynset_free(next->dynamic);
	facts_free(&next->gathered);
}

/* As advance(), for the case that only the store may have moved. 1: not that case, nothing done. */
static int advance_shortly(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	struct arena a = {0};
	int rc = 1;

	if (en->planned && en->ps && en->store && (en->due & ~(unsigned)CAUSE_KERNEL) == CAUSE_STORE)
		rc = follow_filters(en, &a, r, e);
	arena_free(&a);
	if (rc == 0)
		en->due &= CAUSE_KERNEL;
	return rc;
}

/* Brings the kernel to the intended plan. */
static int swap(struct enforcer *en, const struct intent *next, struct enforcer_report *r, struct err *e)
{
	size_t n;

	if (en->planned && en->world.swapping)
		en->world.swapping(en->world.swapping_ctx);
	return converge(en, &next->plan, r, &n, e);
}

static int advance(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	struct intent next = {0};
	int rc = advance_shortly(en, r, e);

	if (rc <= 0)
		return rc;
	rc = prepare(en, &next, r, e);

	if (rc == 0 && (next.ps || next.facts)) {
		rc = swap(en, &next, r, e);
		if (rc == 0) {
			adopt(en, &next);
			r->changed = true;
		}
	}
	intent_free(&next);
	if (rc == 0)
		en->due &= CAUSE_KERNEL;
	return rc;
}

/* --- outside ---------------------------------------------------------------------------------------- */

int enforcer_settle(struct enforcer *en, unsigned causes, struct enforcer_report *r, struct err *e)
{
	struct err put_back = {0};
	int rc, back;

	*r = (struct enforcer_report){0};
	en->due |= causes;
	/* First put back what was in force, then see what is new: the new may fail. */
	back = restore(en, r, &put_back);
	rc = back < 0 ? -1 : advance(en, r, e);
	if (back > 0 && rc == 0 && r->changed && !r->kernel.rescan)
		en->due &= ~(unsigned)CAUSE_KERNEL; /* what could not be put back is replaced */
	else if (back != 0 && rc == 0)
		rc = -1;
	if (back != 0 && rc != 0 && e->kind == ERR_NONE)
		*e = put_back;
	if (rc == 0)
		rc = open_gate(en, r, e);
	en->last = rc == 0 ? (struct err){0} : *e;
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
	clock_step(en, r, STEP_PATCH, &t);
	int rc = apply_patch(en, &patch, r, e);
	if (rc == 0)
		plan_patch_commit(&en->plan, &patch);
	plan_patch_free(&patch);
	return rc;
}

static const char *nothing_yet(const struct enforcer *en)
{
	return en->last.kind ? en->last.text : "nothing is in force yet";
}

/* Brings next->dynamic into force together with what stays. */
static int enforce_dynamic(struct enforcer *en, struct intent *next, const struct dynset_difference *diff,
    struct enforcer_report *r, struct err *e)
{
	int rc;

	if (!en->planned)
		return err_set(e, DYN_REFUSED, nothing_yet(en));
	if (en->due & CAUSE_KERNEL && restore(en, r, e) != 0)
		return -1;
	rc = follow_rule(en, diff, r, e);
	if (rc == 0)
		swap_dynamic(en, next);
	if (rc <= 0)
		return rc;
	if (compile(en, next, r, e) != 0 || swap(en, next, r, e) != 0)
		return -1;
	adopt(en, next);
	return 0;
}

int enforcer_change(struct enforcer *en, const struct dyn_change *c, struct enforcer_report *r, struct err *e)
{
	struct intent next = {.dynamic = dynset_change(en->dynamic, c, e)};
	struct dynset_difference diff;
	int rc = 0;

	*r = (struct enforcer_report){0};
	if (!next.dynamic)
		return -1;
	diff = dynset_compare(en->dynamic, next.dynamic);
	if (diff.n == 0) /* policies alone put nothing into the kernel */
		swap_dynamic(en, &next);
	else
		rc = enforce_dynamic(en, &next, &diff, r, e);
	r->changed = rc == 0;
	intent_free(&next);
	return rc;
}

size_t enforcer_dynamic_rules(const struct enforcer *en)
{
	return dynset_count(en->dynamic, DYN_RULE);
}

void enforcer_page(struct enforcer *en, enum dyn_kind kind, uint64_t after, struct dyn_page *out)
{
	const struct listing_source s = {.plan = &en->plan, .facts = &en->facts, .dynamic = en->dynamic};
	struct enforcer_report r;
	struct err ignored = {0};

	/* The listing's filters are those of the snapshot; when that is older than the plan, get a new one. */
	if (en->patched && after == 0 && (kind == DYN_RULE || kind == DYN_SPECIFIC))
		enforcer_settle(en, CAUSE_REPLACED, &r, &ignored);
	listing_page(&s, kind, after, out);
}

static void read_traffic(struct enforcer *en, enum traffic_of of)
{
	struct kernel_counts counts;
	struct err ignored = {0};

	free(en->traffic.v);
	en->traffic = (struct traffic_list){0};
	en->traffic_of = of;
	if (!en->plan.policy || kernel_counts_read(en->world.kernel, &en->kernel, &counts, &ignored) != 0)
		return;
	traffic_sum(&counts, of, false, &en->traffic);
	kernel_counts_free(&counts);
}

void enforcer_traffic(struct enforcer *en, const struct ipc_traffic *asked, struct ipc_traffic_page *out)
{
	const struct traffic_list *l = &en->traffic;
	size_t at = 0;

	if (asked->after == 0 || en->traffic_of != asked->of)
		read_traffic(en, (enum traffic_of)asked->of);
	if (en->plan.policy)
		out->policy = en->plan.policy->guid;
	while (at < l->n && l->v[at].id <= asked->after)
		at++;
	for (; at < l->n && out->n < IPC_TRAFFIC_MAX; at++)
		out->v[out->n++] = l->v[at];
	out->more = at < l->n;
	if (out->more)
		return;
	free(en->traffic.v); /* the last page: nobody needs the rest any more */
	en->traffic = (struct traffic_list){0};
}

int enforcer_explain(const struct enforcer *en, const struct packet *p, bool json, struct buf *b, struct err *e)
{
	if (!en->planned)
		return err_set(e, DYN_REFUSED, nothing_yet(en));
	for (size_t beaten = EXPLAIN_BEATEN;; beaten /= 2) {
		struct explanation x;
		plan_explain(&en->plan, p, &x);
		plan_explanation_shorten(&x, beaten);
		buf_clear(b);
		if (json)
			plan_explain_json(&en->plan, p, &x, b);
		else
			plan_explain_print(&en->plan, p, &x, b);
		if (b->len <= IPC_EXPLANATION_MAX || beaten == 0)
			return 0;
	}
}

int enforcer_stop(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	const struct plan nothing = {0};
	size_t n;

	*r = (struct enforcer_report){0};
	/* Whatever is there now goes, not what we remember; and it is nothing to put back. */
	if (scan(en, r, e) != 0)
		return -1;
	en->planned = false;
	return converge(en, &nothing, r, &n, e);
}

const struct plan *enforcer_plan(const struct enforcer *en)
{
	return &en->plan;
}

const struct facts *enforcer_facts(const struct enforcer *en)
{
	return &en->facts;
}

void enforcer_counts(struct enforcer *en, struct kernel_counts *out)
{
	struct err ignored = {0};

	if (kernel_counts_read(en->world.kernel, &en->kernel, out, &ignored) != 0)
		*out = (struct kernel_counts){0};
}

struct diag_settings enforcer_diagnostics(const struct enforcer *en)
{
	if (!en->planned)
		return (struct diag_settings){0};
	return (struct diag_settings){.bits = en->ps->settings.number[SET_IPSECDIAGNOSTICS],
		.interval_s = en->ps->settings.number[SET_IPSECLOGINTERVAL]};
}

bool enforcer_is_ready(const struct enforcer *en)
{
	return en->planned && en->gate_done;
}

unsigned enforcer_due(const struct enforcer *en)
{
	return en->due;
}

uint64_t enforcer_counter(const struct enforcer *en)
{
	return en->ps ? en->ps->counter : 0;
}

unsigned enforcer_poll_s(const struct enforcer *en)
{
	const struct policy *p = en->plan.policy;

	/* What failed is tried again before long, whatever the policy says. */
	if (!p || en->due)
		return POLL_DEFAULT_S;
	return p->pollinginterval_s ? p->pollinginterval_s : POLL_ZERO_S;
}

void enforcer_state(const struct enforcer *en, struct ipc_state *out)
{
	const struct policy *p = en->plan.policy;

	*out = (struct ipc_state){.counter = enforcer_counter(en),
		.nfilters = (uint32_t)en->plan.nfilters, .nxfrm = (uint32_t)en->plan.nxfrm};
	snprintf(out->version, sizeof out->version, "%s", IPSECSH_VERSION);
	snprintf(out->last_error, sizeof out->last_error, "%s", en->last.text);
	if (p) {
		out->assigned = true;
		out->guid = p->guid;
		snprintf(out->policy, sizeof out->policy, "%s", p->name);
	}
}
