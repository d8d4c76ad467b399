/*
 * The kernel as a value in memory, with faults on demand. Its packets are judged in fake_verdict.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "enforcer/kernel/backend.h"

#include "common/base/banned.h"

struct fake {
	struct kernel base;
	struct kstate state;
	enum fake_fault fault;
	size_t at;
	bool dead;
	bool changed; /* by kernel_fake_set, not reported yet */
	struct kernel_counts counted; /* by kernel_fake_count */
	int drops_fd;                 /* an eventfd: readable when there are drops */
	struct kernel_drops drops;
	struct kernel_sa *sas;
	size_t nsas, cap_sas;
	struct fake_ike ike;
};

static struct fake *fake_of(struct kernel *k)
{
	return (struct fake *)k;
}

/* What *kernel* holds for IKE is no part of a scan. */
static void leave_out_granted(struct kstate *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nxfrm; i++)
		if (!kpol_is_granted(&s->xfrm[i]))
			s->xfrm[n++] = s->xfrm[i];
	s->nxfrm = n;
	for (size_t i = 0; i < s->nsets; i++)
		if (s->sets[i].def.keytype == NFT_KEY_SOFT)
			s->sets[i].n = 0;
}

static int fake_scan(struct kernel *k, struct kstate *out, struct err *e)
{
	(void)e;
	kstate_dup(&fake_of(k)->state, out);
	leave_out_granted(out);
	return 0;
}

static bool faulty(struct fake *f, size_t op)
{
	if (f->fault != FAKE_FAULT_NONE && op == f->at)
		f->dead = f->fault == FAKE_FAULT_DIE;
	return f->dead || (f->fault == FAKE_FAULT_REFUSE && op == f->at);
}

/* The inverse of an op as an op of its own: the change with its sides exchanged. */
static void apply_inverse(struct kstate *s, const struct ops *o, size_t i)
{
	static const uint8_t inverse[] = {[OP_XFRM_ADD] = OP_XFRM_DEL,
	    [OP_XFRM_UPDATE] = OP_XFRM_UPDATE,
	    [OP_XFRM_DEL] = OP_XFRM_ADD};
	const struct xfrm_change *c = &o->xfrm[o->v[i].item];
	struct xfrm_change turned = {.before = c->after, .after = c->before};
	struct op op = {.kind = inverse[o->v[i].kind]};
	struct ops one = {.v = &op, .n = 1, .xfrm = &turned, .nxfrm = 1};

	kstate_apply(s, &one, 0, 1);
}

static int fake_xfrm(struct kernel *k, const struct ops *o, size_t first, size_t n, bool undo,
    bool *ok, size_t *failed, struct err *e)
{
	struct fake *f = fake_of(k);

	for (size_t m = 0; m < n; m++) {
		size_t i = undo ? n - 1 - m : m;
		if (undo && !ok[i])
			continue;
		if (!undo && f->fault == FAKE_FAULT_LOSE && first + i == f->at) {
			kstate_apply(&f->state, o, first + i, 1);
			*failed = first + i;
			return err_set_errno(e, ENOBUFS, KERNEL_TALK, "receiving");
		}
		if (undo ? f->dead : faulty(f, first + i)) {
			*failed = first + i;
			return err_set_errno(e, EPERM, SYS, "fault");
		}
		if (undo)
			apply_inverse(&f->state, o, first + i);
		else
			kstate_apply(&f->state, o, first + i, 1);
		ok[i] = !undo;
	}
	return 0;
}

static int fake_nft(struct kernel *k, const struct ops *o, size_t *failed, struct origin *origin,
    bool *raced, struct err *e)
{
	struct fake *f = fake_of(k);

	(void)origin;
	*raced = false;
	for (size_t i = o->nft_first; i < o->nft_first + o->nft_n; i++) {
		if (faulty(f, i)) {
			*failed = i;
			return err_set_errno(e, EPERM, SYS, "fault");
		}
	}
	kstate_apply(&f->state, o, o->nft_first, o->nft_n);
	if (f->fault == FAKE_FAULT_LOSE && f->at >= o->nft_first && f->at < o->nft_first + o->nft_n) {
		*failed = o->nft_first;
		*raced = true; /* the generation number tells */
		return err_set_errno(e, ENOBUFS, KERNEL_TALK, "receiving");
	}
	return 0;
}

static struct kernel_count count_of(const struct fake *f, const struct origin *o)
{
	for (size_t i = f->counted.n; i > 0; i--) {
		const struct kernel_count *c = &f->counted.v[i - 1];
		if (c->origin.rule == o->rule && c->origin.filter == o->filter)
			return *c;
	}
	return (struct kernel_count){.origin = *o};
}

static int fake_counts(struct kernel *k, const struct kstate *state, struct kernel_counts *out, struct err *e)
{
	struct fake *f = fake_of(k);

	(void)state, (void)e;
	for (size_t s = 0; s < f->state.nsets; s++) {
		const struct kset *set = &f->state.sets[s];
		for (size_t i = 0; i < set->n && set->def.keytype == NFT_KEY_FILTER; i++) {
			GROW(out->v, out->n, out->cap);
			out->v[out->n++] = count_of(f, &set->elems[i].origin);
		}
	}
	for (size_t i = 0; i < f->state.nrules; i++) {
		const struct nft_rule *r = &f->state.rules[i].rule;
		if (!r->counter || !r->origin.rule)
			continue;
		GROW(out->v, out->n, out->cap);
		out->v[out->n++] = count_of(f, &r->origin);
	}
	out->clear_in = f->counted.clear_in;
	out->clear_out = f->counted.clear_out;
	return 0;
}

static int fake_drops_fd(const struct kernel *k)
{
	return ((const struct fake *)k)->drops_fd;
}

static bool fake_drops_read(struct kernel *k, struct kernel_drops *out)
{
	struct fake *f = fake_of(k);
	uint64_t ignored;

	if (read(f->drops_fd, &ignored, sizeof ignored) < 0)
		return false; /* EAGAIN: nothing was added */
	*out = f->drops;
	f->drops = (struct kernel_drops){0};
	return true;
}

void kernel_fake_drop(struct kernel *k, const struct kernel_drop *d, uint64_t lost)
{
	struct fake *f = fake_of(k);
	const uint64_t one = 1;

	if (f->drops.n < KERNEL_DROPS_MAX)
		f->drops.v[f->drops.n++] = *d;
	f->drops.lost += lost;
	if (write(f->drops_fd, &one, sizeof one) < 0)
		abort();
}

void kernel_fake_no_drops(struct kernel *k)
{
	close(fake_of(k)->drops_fd);
	fake_of(k)->drops_fd = -1;
}

void kernel_fake_clear(struct kernel *k, uint64_t in, uint64_t out)
{
	fake_of(k)->counted.clear_in = in;
	fake_of(k)->counted.clear_out = out;
}

void kernel_fake_count(struct kernel *k, const struct kernel_count *c)
{
	struct kernel_counts *all = &fake_of(k)->counted;

	GROW(all->v, all->n, all->cap);
	all->v[all->n++] = *c;
}

static int fake_sas_delete(struct kernel *k, const struct ip *peer, size_t *n, struct err *e)
{
	struct fake *f = fake_of(k);
	size_t kept = 0;

	if (f->dead)
		return err_set_errno(e, EPERM, SYS, "fault");
	for (size_t i = 0; i < f->nsas; i++)
		if (!sa_is_meant(&f->sas[i], peer))
			f->sas[kept++] = f->sas[i];
	*n += f->nsas - kept;
	f->nsas = kept;
	return 0;
}

void kernel_fake_sa(struct kernel *k, const struct kernel_sa *sa)
{
	struct fake *f = fake_of(k);

	GROW(f->sas, f->nsas, f->cap_sas);
	f->sas[f->nsas++] = *sa;
}

size_t kernel_fake_sas(const struct kernel *k)
{
	return ((const struct fake *)k)->nsas;
}

static int fake_ike(struct kernel *k, const struct kernel_ike *a, struct err *e)
{
	struct fake *f = fake_of(k);

	f->ike = (struct fake_ike){.told = f->ike.told + 1, .npols = a->npols, .nlocals = a->nlocals,
	    .has_profile = a->profile != NULL, .nrules = a->profile ? a->profile->nrules : 0};
	return f->dead ? err_set_errno(e, EPERM, SYS, "fault") : 0;
}

const struct fake_ike *kernel_fake_ike(const struct kernel *k)
{
	return &((const struct fake *)k)->ike;
}

static int fake_policies(struct kernel *k, struct kstate *out, struct err *e)
{
	struct kstate all;

	(void)e;
	kstate_dup(&fake_of(k)->state, &all);
	leave_out_granted(&all);
	*out = (struct kstate){.xfrm = all.xfrm, .foreign = all.foreign, .nxfrm = all.nxfrm, .nforeign = all.nforeign};
	all.xfrm = all.foreign = NULL;
	kstate_free(&all);
	return 0;
}

static int fake_watch_fd(const struct kernel *k)
{
	(void)k;
	return -1;
}

static bool fake_watch_read(struct kernel *k)
{
	bool changed = fake_of(k)->changed;

	fake_of(k)->changed = false;
	return changed;
}

static void fake_close(struct kernel *k)
{
	kstate_free(&fake_of(k)->state);
	kernel_counts_free(&fake_of(k)->counted);
	if (fake_of(k)->drops_fd >= 0)
		close(fake_of(k)->drops_fd);
	free(fake_of(k)->sas);
	free(k);
}

static const struct kernel_backend backend = {.scan = fake_scan,
    .xfrm = fake_xfrm,
    .nft = fake_nft,
    .counts = fake_counts,
    .sas_delete = fake_sas_delete,
    .ike = fake_ike,
    .policies = fake_policies,
    .watch_fd = fake_watch_fd,
    .watch_read = fake_watch_read,
    .drops_fd = fake_drops_fd,
    .drops_read = fake_drops_read,
    .close = fake_close};

struct kernel *kernel_fake_open(void)
{
	struct fake *f = xcalloc(1, sizeof *f);

	f->base.be = &backend;
	f->drops_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (f->drops_fd < 0)
		abort();
	return &f->base;
}

void kernel_fake_set(struct kernel *k, const struct kstate *s)
{
	struct fake *f = fake_of(k);

	kstate_free(&f->state);
	kstate_dup(s, &f->state);
	f->changed = true;
}

struct kstate *kernel_fake_own(struct kernel *k)
{
	return &fake_of(k)->state;
}

const struct kstate *kernel_fake_state(const struct kernel *k)
{
	return &((const struct fake *)k)->state;
}

void kernel_fake_fault(struct kernel *k, enum fake_fault fault, size_t at)
{
	struct fake *f = fake_of(k);

	f->fault = fault;
	f->at = at;
	f->dead = false;
}
