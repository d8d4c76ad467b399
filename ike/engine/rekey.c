/*
 * New keys before the old ones end, in both phases. The initiator of an association begins earlier than its responder, so
 * that normally one of them does it. When both do it at once, both results are kept until the overlap is over, and
 * which of them stays follows from their SPIs, which both ends see alike.
 */
#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum {
	AGAIN_S = 30,  /* between attempts */
	AT_ONCE_S = 5,
};

/* How long before its end. The random part keeps associations that began together from ending together. */
static uint32_t margin(struct ike *ike, uint32_t life_s, bool initiator)
{
	uint32_t r;

	ike->crypto->random(ike->crypto->ctx, &r, sizeof r);
	return initiator ? life_s / 10 + r % (life_s / 20 + 1) : life_s / 40 + r % (life_s / 40 + 1);
}

static void plan(struct ike *ike, struct timer *t, struct mono *until, uint32_t life_s, bool initiator)
{
	*until = mono_add(ike->now, DUR_S(life_s));
	heap_arm(&ike->heap, t, mono_add(ike->now, DUR_S(life_s - margin(ike, life_s, initiator))));
}

/* --- main mode --------------------------------------------------------------------------------------------------------- */

void rekey_plan_mm(struct ike *ike, struct mm *mm)
{
	plan(ike, &mm->life, &mm->until, mm->life_s, mm->x.initiator);
}

/* Of the same peer, the same way; several hosts may sit behind one address. */
static bool same_place(const struct mm *a, const struct mm *b)
{
	return a != b && a->x.state == MM_UP && b->x.state == MM_UP && a->path.remote.port == b->path.remote.port;
}

void rekey_supersede_mm(struct ike *ike, struct mm *mm)
{
	(void)ike;
	RING_EACH(&mm->peer->mms, r) {
		struct mm *old = OWNER(struct mm, in_peer, r);

		if (!same_place(mm, old) || !ike_mm_policy_eq(mm->policy, old->policy))
			continue;
		old->superseded = true;
		/* Deletes of what the old one made go by the new one, which lives longer. */
		RING_EACH(&old->qms, q) {
			struct qm *qm = OWNER(struct qm, in_mm, q);

			if (qm->x.state == QM_UP)
				qm_attach(qm, mm);
		}
	}
}

static bool has_quick_modes(const struct mm *mm)
{
	RING_EACH(&mm->qms, r) {
		if (OWNER(struct qm, in_mm, r)->x.state == QM_UP)
			return true;
	}
	return false;
}

void rekey_mm_fire(struct ike *ike, struct timer *t)
{
	struct mm *mm = OWNER(struct mm, life, t);
	struct path path = mm->path;
	struct mono again = mono_add(ike->now, DUR_S(AGAIN_S));

	if (mono_reached(mm->until, ike->now)) {
		mm_down(ike, mm, IKE_FAIL_MM_EXPIRED, true);
		return;
	}
	heap_arm(&ike->heap, t, mono_min(mm->until, again));
	if (mm->superseded || !has_quick_modes(mm) || mm_for(ike, mm->peer, mm->policy, true) != mm)
		return;
	mm_begin(ike, mm->peer, &path, mm->policy);
}

/* --- quick mode ----------------------------------------------------------------------------------------------------------- */

void rekey_plan_qm(struct ike *ike, struct qm *qm)
{
	plan(ike, &qm->life, &qm->until, qm->life_s, qm->x.initiator);
}

static uint32_t smallest_spi(const struct qm *qm)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (qm->in[i].spi && qm->in[i].spi < least)
			least = qm->in[i].spi;
		if (qm->out[i].spi && qm->out[i].spi < least)
			least = qm->out[i].spi;
	}
	return least;
}

/*
 * Did one begin only when the other was there? Then it was meant to replace it. Within some seconds the two ends may have
 * seen it in different orders; then it was no replacement, but both at once.
 */
static bool in_turn(const struct qm *later, const struct qm *earlier)
{
	return !mono_before(later->since, mono_add(earlier->up_at, DUR_S(AT_ONCE_S)));
}

static void step_back(struct ike *ike, struct qm *old, bool ours_to_end)
{
	struct mono soon = mono_add(ike->now, DUR_S(OVERLAP_S));

	old->superseded = true;
	if (!ours_to_end || !mono_before(soon, old->until))
		return;
	old->until = soon;
	heap_arm(&ike->heap, &old->life, soon);
}

void rekey_supersede_qm(struct ike *ike, struct qm *qm)
{
	bool renewed = false;
	struct qm *next;

	for (struct qm *old = qm_by_selector(ike, qm->peer, qm->reqid, &qm->sel, NULL); old; old = next) {
		next = qm_by_selector(ike, qm->peer, qm->reqid, &qm->sel, old);
		if (old == qm || old->x.state != QM_UP || old->superseded || old->path.remote.port != qm->path.remote.port)
			continue;
		if (in_turn(qm, old)) {
			step_back(ike, old, qm->x.initiator);
			renewed = true;
		} else if (smallest_spi(qm) < smallest_spi(old)) {
			step_back(ike, qm, qm->x.initiator);
		} else {
			step_back(ike, old, old->x.initiator);
		}
	}
	if (!renewed)
		return;
	count_q(ike, IKE_QSTAT_REKEYS);
	event_qm(ike, qm, IKE_EV_QM_REKEYED, IKE_OK, false, "");
}

/* A new one is being made already. */
static bool is_on_its_way(struct ike *ike, const struct qm *qm)
{
	for (struct qm *q = qm_by_selector(ike, qm->peer, qm->reqid, &qm->sel, NULL); q;
	     q = qm_by_selector(ike, qm->peer, qm->reqid, &qm->sel, q)) {
		if (q != qm && !q->soft && q->x.state != QM_UP)
			return true;
	}
	return false;
}

static bool is_wanted(const struct ike *ike, const struct qm *qm)
{
	uint32_t idle = watch_idle_s(ike, qm);

	return !idle || dur_s(mono_since(qm->last_used, ike->now)) < idle;
}

void rekey_qm(struct ike *ike, struct qm *qm)
{
	if (qm->superseded || qm->soft || qm->x.state != QM_UP || !qm->rule || !ike->profile || !is_wanted(ike, qm) ||
	    is_on_its_way(ike, qm))
		return;
	negotiate(ike, qm->rule, &qm->sel, &qm->path);
}

void rekey_qm_fire(struct ike *ike, struct timer *t)
{
	struct qm *qm = OWNER(struct qm, life, t);

	if (mono_reached(qm->until, ike->now)) {
		qm_down(ike, qm, qm->superseded ? IKE_OK : IKE_FAIL_QM_EXPIRED, true);
		return;
	}
	heap_arm(&ike->heap, t, mono_min(qm->until, mono_add(ike->now, DUR_S(AGAIN_S))));
	rekey_qm(ike, qm);
}
