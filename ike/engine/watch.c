/*
 * The use of SAs, asked of the kernel now and then. From it follow the idle time (semantics §5.5), the worry of
 * dead peer detection, and that a peer whose last quick mode message was lost has its SA after all.
 */
#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { IN = 0, OUT = 1 };

static void query(struct ike *ike, struct qm *qm, size_t which)
{
	size_t protocol = qm->choice.offer.has_esp ? ESP : AH;
	const struct ref *ref = which == OUT ? &qm->out[protocol] : &qm->in[protocol];
	const struct ip *local = &qm->path.local.ip, *remote = &qm->path.remote.ip;
	struct queued *q = queue_add(ike, IKE_DO_SA_QUERY, 0);

	q->a.u.sa_id = (struct ike_sa_id){which == OUT ? *local : *remote, which == OUT ? *remote : *local, ref->protocol,
	    ref->spi};
	op_new(ike, q, NULL, qm)->which = (uint8_t)which;
	qm->looking |= (uint8_t)(1u << which);
}

static void query_soft(struct ike *ike, struct qm *qm)
{
	struct queued *q = queue_add(ike, IKE_DO_SOFT_QUERY, 0);

	q->a.u.soft.id = qm->id;
	q->a.u.soft.sel = qm->sel;
	q->a.u.soft.reqid = qm->reqid;
	op_new(ike, q, NULL, qm)->which = OUT;
	qm->looking |= 1u << OUT;
}

void watch_look(struct ike *ike, struct qm *qm)
{
	if (qm->looking)
		return;
	qm->grew[IN] = qm->grew[OUT] = false;
	if (qm->soft) {
		query_soft(ike, qm);
		return;
	}
	query(ike, qm, IN);
	if (qm->x.state == QM_UP)
		query(ike, qm, OUT);
}

static bool is_authenticated(const struct qm *qm)
{
	const struct ike_qm_offer *o = &qm->choice.offer;

	return o->has_ah || o->esp_hash || o->esp_cipher == IKE_ENC_GCM128 || o->esp_cipher == IKE_ENC_GCM256;
}

static void judge(struct ike *ike, struct qm *qm)
{
	if (qm->x.state == QM_ANSWERED) {
		if (qm->grew[IN] && is_authenticated(qm) && qm->mm)
			core_trigger(ike, qm->mm, qm, ON_PROOF);
		return;
	}
	if (qm->grew[IN] && qm->mm)
		qm->mm->heard = ike->now;
	else if (qm->grew[OUT])
		dpd_worry(ike, qm->mm);
}

void watch_answer(struct ike *ike, struct qm *qm, size_t which, const struct ike_result *r)
{
	qm->looking &= (uint8_t)~(1u << which);
	if (r->ok) {
		qm->grew[which] = r->u.usage.bytes > qm->bytes[which];
		qm->bytes[which] = r->u.usage.bytes;
		if (qm->grew[which])
			qm->last_used = ike->now;
	}
	if (!qm->looking)
		judge(ike, qm);
}

void watch_start(struct ike *ike, struct qm *qm)
{
	if (qm->mm)
		qm->peer_nlbs = qm->mm->peer_nlbs;
	heap_arm(&ike->heap, &qm->watch, mono_add(ike->now, DUR_S(WATCH_S)));
}

uint32_t watch_idle_s(const struct ike *ike, const struct qm *qm)
{
	uint32_t idle = ike->profile ? ike->profile->idle_s : 0;

	return qm->peer_nlbs && idle > NLBS_IDLE_S ? NLBS_IDLE_S : idle;
}

void watch_fire(struct ike *ike, struct timer *t)
{
	struct qm *qm = OWNER(struct qm, watch, t);
	uint32_t idle = watch_idle_s(ike, qm);

	if (idle && dur_s(mono_since(qm->last_used, ike->now)) >= idle) {
		qm_down(ike, qm, IKE_FAIL_SA_REAPED, true);
		return;
	}
	watch_look(ike, qm);
	watch_start(ike, qm);
}
