/*
 * Going on in clear (semantics §4.4): only for rules that allow it, and only when the peer never answered anything. What
 * passes in clear is an association too: it is listed, has a life and an idle time, and ends when the peer shows that it
 * knows IPsec.
 */
#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

void soft_plan(struct ike *ike, struct qm *qm)
{
	if (qm->rule && qm->rule->soft && qm->x.state == ST_NEW)
		heap_arm(&ike->heap, &qm->fallback, mono_add(ike->now, DUR_MS(ike->profile->fallback_ms)));
}

static struct queued *action(struct ike *ike, enum ike_do kind, const struct qm *soft)
{
	struct queued *q = queue_add(ike, kind, 0);

	q->a.u.soft.id = soft->id;
	q->a.u.soft.sel = soft->sel;
	q->a.u.soft.reqid = soft->reqid;
	q->a.u.soft.life = DUR_S(soft->life_s);
	return q;
}

/* The request goes over to the soft association; the quick mode keeps waiting, in case that the peer answers late. */
static void take_request(struct qm *soft, struct qm *qm)
{
	soft->acquire = qm->acquire;
	soft->asked = qm->asked;
	soft->acquired = qm->acquired;
	qm->acquire = 0;
	qm->acquired = false;
}

void soft_fire(struct ike *ike, struct timer *t)
{
	struct qm *qm = OWNER(struct qm, fallback, t), *soft;

	if (qm->x.state != ST_NEW || !qm->mm || qm->mm->answered || !qm->rule || !qm->rule->soft)
		return;
	soft = qm_new(ike, qm->peer, &qm->path, true, 0);
	ike->stats.ike[IKE_STAT_CONN_LIST_SIZE]--; /* no state of a negotiation */
	qm_drop_setup(ike, soft);
	soft->soft = true;
	soft->rule = qm->rule;
	soft->policy = qm->policy;
	soft->rule_id = qm->rule_id;
	soft->filter = qm->filter;
	soft->life_s = qm->rule->mm->soft_life_s ? qm->rule->mm->soft_life_s : IKE_MM_LIFE_S;
	qm_set_selector(ike, soft, qm->reqid, &qm->sel);
	take_request(soft, qm);
	core_set_state(ike, &soft->x, QM_SOFT, WAIT_ACTION);
	op_new(ike, action(ike, IKE_DO_SOFT_ADD, soft), NULL, soft);
}

void soft_answer(struct ike *ike, struct qm *soft, const struct ike_result *r)
{
	core_set_state(ike, &soft->x, QM_SOFT, WAIT_NOTHING);
	if (!r->ok) {
		qm_acquire_done(ike, soft, IKE_FAIL_ADD_UPDATE_KEY_FAILED);
		qm_free(ike, soft);
		return;
	}
	soft->up_at = soft->last_used = ike->now;
	soft->until = mono_add(ike->now, DUR_S(soft->life_s));
	count(ike, IKE_STAT_SOFT_SAS);
	event_qm(ike, soft, IKE_EV_SOFT_UP, IKE_FAIL_LOAD_SOFT_SA, false, "");
	qm_acquire_done(ike, soft, IKE_FAIL_LOAD_SOFT_SA);
	heap_arm(&ike->heap, &soft->life, soft->until);
	watch_start(ike, soft);
}

void soft_down(struct ike *ike, struct qm *soft, enum ike_failure why)
{
	action(ike, IKE_DO_SOFT_DEL, soft);
	if (!mono_is_never(soft->up_at))
		event_qm(ike, soft, IKE_EV_SOFT_DOWN, IKE_FAIL_SOFT_SA_TORN_DOWN, false, ike_failure_text(why));
	qm_acquire_done(ike, soft, IKE_FAIL_SOFT_SA_TORN_DOWN);
	qm_free(ike, soft);
}

void soft_end_peer(struct ike *ike, struct peer *peer)
{
	RING_EACH(&peer->qms, r) {
		struct qm *qm = OWNER(struct qm, in_peer, r);

		if (qm->soft)
			soft_down(ike, qm, IKE_OK);
	}
}
