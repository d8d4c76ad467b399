/*
 * The order of an apply and its undoing, the same for both implementations: XFRM additions and
 * updates, the nftables transactions, XFRM deletions. diff.c says why that order is safe.
 */
#include "enforcer/kernel/kernel.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/kernel/backend.h"

#include "common/base/banned.h"

enum { REQID_RULE = 0xFFFFF }; /* PLAN_REQID_BASE has these bits clear */

void kernel_close(struct kernel *k)
{
	if (k)
		k->be->close(k);
}

int kernel_scan(struct kernel *k, struct kstate *out, struct err *e)
{
	*out = (struct kstate){0};
	if (k->be->scan(k, out, e)) {
		kstate_free(out);
		return -1;
	}
	kstate_sort(out);
	return 0;
}

int kernel_counts_read(struct kernel *k, const struct kstate *state, struct kernel_counts *out, struct err *e)
{
	*out = (struct kernel_counts){0};
	if (k->be->counts(k, state, out, e) == 0)
		return 0;
	kernel_counts_free(out);
	return -1;
}

void kernel_counts_free(struct kernel_counts *c)
{
	free(c->v);
	*c = (struct kernel_counts){0};
}

bool sa_is_meant(const struct kernel_sa *sa, const struct ip *peer)
{
	bool ours = (sa->reqid & ~(uint32_t)REQID_RULE) == PLAN_REQID_BASE;

	return ours && (!peer || ip_eq(&sa->src, peer) || ip_eq(&sa->dst, peer));
}

int kernel_sas_delete(struct kernel *k, const struct ip *peer, size_t *n, struct err *e)
{
	*n = 0;
	return k->be->sas_delete(k, peer, n, e);
}

void kernel_hook(struct kernel *k, const struct kernel_hooks *hooks)
{
	k->hooks = *hooks;
}

int kernel_ike(struct kernel *k, const struct kernel_ike *a, struct err *e)
{
	if (k->be->ike && k->be->ike(k, a, e) != 0)
		return -1;
	return k->hooks.allow ? k->hooks.allow(k->hooks.ctx, a, e) : 0;
}

int kernel_hold(struct kernel *k, struct err *e)
{
	if (k->be->hold && k->be->hold(k, e) != 0)
		return -1;
	return k->hooks.hold ? k->hooks.hold(k->hooks.ctx, e) : 0;
}

int kernel_sa_sums(struct kernel *k, struct kernel_sa_sums *out, struct err *e)
{
	*out = (struct kernel_sa_sums){.v = {0}};
	if (k->be->sums)
		return k->be->sums(k, out, e);
	return k->hooks.sums ? k->hooks.sums(k->hooks.ctx, out, e) : 0;
}

int kernel_sa_uses(struct kernel *k, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct kernel_sa_use){.known = false};
	if (k->be->uses)
		return k->be->uses(k, v, n, out, e);
	return k->hooks.uses ? k->hooks.uses(k->hooks.ctx, v, n, out, e) : 0;
}

int kernel_watch_fd(const struct kernel *k)
{
	return k->be->watch_fd(k);
}

bool kernel_watch_read(struct kernel *k)
{
	return k->be->watch_read(k);
}

int kernel_drops_fd(const struct kernel *k)
{
	return k->be->drops_fd(k);
}

bool kernel_drops_read(struct kernel *k, struct kernel_drops *out)
{
	out->n = 0;
	out->lost = 0;
	return k->be->drops_read(k, out);
}

bool kernel_lost(const struct kernel *k)
{
	return k->be->lost && k->be->lost(k);
}

int kernel_nft(struct kernel *k, const struct ops *o, size_t *failed, struct origin *origin, bool *raced, struct err *e)
{
	int rc = k->be->nft(k, o, failed, origin, raced, e);
	bool cleared = false;

	for (size_t i = o->nft_first; i < o->nft_first + o->nft_n; i++)
		cleared |= o->v[i].kind == OP_SET_ADD && o->sets[o->v[i].item].keytype == NFT_KEY_SOFT;
	if (cleared && (rc == 0 || *raced) && k->hooks.soft_anew)
		k->hooks.soft_anew(k->hooks.ctx);
	return rc;
}

/* One apply under way. */
struct run {
	struct kernel *k;
	const struct ops *o;
	struct kstate *state;
	struct kernel_report *report;
	struct err *e;
	bool *ok; /* one an op */
};

static struct origin op_origin(const struct ops *o, size_t i)
{
	const struct op *op = &o->v[i];

	if (op->kind == OP_XFRM_DEL)
		return o->xfrm[op->item].before.pol.origin;
	if (op_is_xfrm(op))
		return o->xfrm[op->item].after.pol.origin;
	if (op->kind == OP_ELEMS_ADD || op->kind == OP_ELEMS_DEL)
		return o->elems[op->first].origin;
	return (struct origin){0};
}

/* Puts the operation, and the line behind it, in front of the kernel's reason. */
static int refused(struct run *r, size_t failed, const struct origin *origin)
{
	struct buf b = {0};
	struct err why = *r->e;

	r->report->failed = origin && origin->rule ? *origin : op_origin(r->o, failed);
	buf_adds(&b, "to ");
	op_print(r->o, failed, &b);
	if (origin && origin->rule) {
		buf_adds(&b, "; refused is ");
		origin_print(r->o->plan, origin, &b);
	}
	buf_printf(&b, ": %s", why.text);
	err_set(r->e, KERNEL_REFUSED, buf_text(&b));
	r->e->errno_ = why.errno_;
	buf_free(&b);
	return -1;
}

static int do_xfrm(struct run *r, size_t first, size_t n)
{
	size_t failed = first;

	if (!n || !r->k->be->xfrm(r->k, r->o, first, n, false, r->ok + first, &failed, r->e))
		return 0;
	/* An answer that was lost (netlink overrun) is no refusal: the operation may have been done. */
	r->report->rescan |= r->e->id == KERNEL_TALK;
	return refused(r, failed, NULL);
}

/* Back to where we were. When even that fails the truth is in the kernel only. */
static void undo(struct run *r, size_t n)
{
	struct err ignored = {0};
	size_t failed;

	if (n && r->k->be->xfrm(r->k, r->o, 0, n, true, r->ok, &failed, &ignored))
		r->report->rescan = true;
}

static int transaction(struct run *r, size_t first, size_t n)
{
	struct ops part = *r->o; /* borrowed */
	size_t failed = first;
	struct origin origin = {0};
	bool raced = false;

	part.nft_first = first;
	part.nft_n = n;
	int rc = kernel_nft(r->k, &part, &failed, &origin, &raced, r->e);
	r->report->rescan |= raced;
	if (rc)
		return refused(r, failed, &origin);
	kstate_apply(r->state, r->o, first, n);
	r->report->nft_ops += n;
	for (size_t i = first; i < first + n; i++) {
		if (r->o->v[i].kind == OP_ELEMS_ADD)
			r->report->elems_added += r->o->v[i].n;
		else if (r->o->v[i].kind == OP_ELEMS_DEL)
			r->report->elems_deleted += r->o->v[i].n;
	}
	return 0;
}

/* -1: `report->nft_ops` were done, which are those of no transaction or of the first ones. */
static int do_nft(struct run *r)
{
	for (size_t at = r->o->nft_first, n; (n = ops_transaction(r->o, at)) > 0; at += n)
		if (transaction(r, at, n) != 0)
			return -1;
	return 0;
}

/* Makes the value agree with what was done; runs of ops at once, since one by one is slow. */
static void settle(struct run *r, size_t first, size_t n)
{
	for (size_t i = first, end = first + n, stop; i < end; i = stop) {
		for (stop = i; stop < end && r->ok[stop] == r->ok[i];)
			stop++;
		if (!r->ok[i])
			continue;
		kstate_apply(r->state, r->o, i, stop - i);
		r->report->xfrm_ops += stop - i;
	}
}

static int run_phases(struct run *r)
{
	const struct ops *o = r->o;
	size_t coming = o->nft_first, going = o->nft_first + o->nft_n;

	if (o->nft_n < o->n && kernel_hold(r->k, r->e) != 0)
		return -1;
	bool done = do_xfrm(r, 0, coming) == 0 && do_nft(r) == 0;
	if (!done && !r->report->nft_ops)
		undo(r, coming);
	settle(r, 0, coming); /* nothing, unless undoing failed */
	if (!done)
		return -1;
	int rc = do_xfrm(r, going, o->n - going);
	settle(r, going, o->n - going);
	return rc;
}

int kernel_apply(struct kernel *k, const struct ops *o, struct kstate *state,
    struct kernel_report *report, struct err *e)
{
	struct run r = {k, o, state, report, e, xcalloc(o->n, sizeof(bool))};

	*report = (struct kernel_report){0};
	*e = (struct err){0};
	int rc = run_phases(&r);
	free(r.ok);
	return rc;
}
