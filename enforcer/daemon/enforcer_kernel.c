/* The enforcer's steps towards the kernel: look, bring it to a plan, put back, take the boot gate away. */
#include "enforcer/daemon/enforcer_private.h"

#include <errno.h>

#include "common/base/banned.h"

enum { RESTORE_TRIES = 3 }; /* scans in one call, should others change the kernel while we do */

int enforcer_scan(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	int64_t t = en->world.now_us();
	struct kstate now;

	if (kernel_scan(en->world.kernel, &now, e) != 0)
		return -1;
	enforcer_clock(en, r, STEP_SCAN, &t);
	r->gate_again |= en->gate_done && now.gate && !en->kernel.gate;
	kstate_free(&en->kernel);
	en->ike_untold |= en->planned; /* what others did may have shut what is in clear */
	en->kernel = now;
	en->due &= ~(unsigned)CAUSE_KERNEL;
	return 0;
}

/* One difference and its operations. *stale: there is something that we did not know of. */
static int converge_once(struct enforcer *en, const struct plan *plan, struct enforcer_report *r, size_t *n,
    bool *stale, struct err *e)
{
	int64_t t = en->world.now_us();
	struct err conflict = {0};
	struct ops ops;
	int rc = 0;

	r->conflict = plan_diff(plan, &en->kernel, &ops, &conflict) ? conflict : (struct err){0};
	enforcer_clock(en, r, STEP_DIFF, &t);
	*n = ops.n;
	en->ike_untold |= ops.nft_n < ops.n; /* what is in clear waits for it */
	if (ops.n > 0) {
		rc = kernel_apply(en->world.kernel, &ops, &en->kernel, &r->kernel, e);
		enforcer_clock(en, r, STEP_APPLY, &t);
		/* Refused after the transaction, what is there is not the plan in force: that is put back. */
		if (r->kernel.rescan || (rc != 0 && r->kernel.nft_ops))
			en->due |= CAUSE_KERNEL;
	}
	*stale = rc != 0 && e->errno_ == EEXIST;
	ops_free(&ops);
	return rc;
}

int enforcer_converge(struct enforcer *en, const struct plan *plan, struct enforcer_report *r, size_t *n,
    struct err *e)
{
	struct err ignored = {0};
	bool stale;
	int rc = converge_once(en, plan, r, n, &stale, e);

	if (stale && enforcer_scan(en, r, &ignored) == 0) {
		*e = (struct err){0};
		rc = converge_once(en, plan, r, n, &stale, e);
	}
	if (rc == 0)
		en->conflict = r->conflict.kind != ERR_NONE;
	return rc;
}

int enforcer_restore(struct enforcer *en, struct enforcer_report *r, struct err *e)
{
	size_t n;

	for (int i = 0; (en->due & CAUSE_KERNEL) && i < RESTORE_TRIES; i++) {
		if (enforcer_scan(en, r, e) != 0)
			return -1;
		if (!en->planned && !en->blocked)
			continue;
		if (enforcer_converge(en, in_force(en), r, &n, e) != 0) {
			en->due |= CAUSE_KERNEL;
			return 1;
		}
		r->restored += n;
	}
	return 0;
}

int enforcer_open_gate(struct enforcer *en, struct enforcer_report *r, struct err *e)
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
		enforcer_clock(en, r, STEP_GATE, &t);
		r->gate_opened = rc == 0;
		if (rc != 0 || report.rescan)
			en->due |= CAUSE_KERNEL;
	}
	en->gate_done = rc == 0;
	ops_free(&ops);
	return rc;
}
