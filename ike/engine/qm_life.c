/* A quick mode as a whole: how it begins, what it means that it is up, how it fails and ends. */
#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

static uint32_t fresh_msgid(struct ike *ike, struct mm *mm)
{
	uint32_t id;

	do
		ike->crypto->random(ike->crypto->ctx, &id, sizeof id);
	while (id == 0 || qm_by_msgid(mm, id));
	return id;
}

struct qm *qm_begin(struct ike *ike, struct mm *mm, const struct ike_rule *rule, const struct ike_selector *sel,
    uint32_t reqid)
{
	struct qm *qm = qm_new(ike, mm->peer, &mm->path, true, fresh_msgid(ike, mm));

	qm->rule = rule;
	qm->policy = rule->qm;
	qm->tunnel = rule->tunnel;
	qm->rule_id = rule->rule;
	qm->filter = rule->filter;
	qm_set_selector(ike, qm, reqid, sel);
	qm_attach(qm, mm);
	if (mm->x.state == MM_UP && !core_trigger(ike, mm, qm, ON_START))
		return NULL;
	return qm;
}

/* Both gauges: what waits is what is being worked on. */
static void set_acquires(struct ike *ike, uint32_t n)
{
	ike->acquires = n;
	ike->stats.ike[IKE_STAT_ACTIVE_ACQUIRE] = ike->stats.ike[IKE_STAT_ACQUIRE_HEAP] = n;
}

void qm_acquire_done(struct ike *ike, struct qm *qm, enum ike_failure why)
{
	if (!qm->acquired)
		return;
	qm->acquired = false;
	set_acquires(ike, ike->acquires - 1);
	if (why && why != IKE_FAIL_LOAD_SOFT_SA) {
		count(ike, IKE_STAT_ACQUIRE_FAILURES);
		stalled_keep_qm(ike, qm);
	}
	act_acquire_done(ike, qm->acquire, why);
	qm->acquire = 0;
}

void qm_set_acquire(struct ike *ike, struct qm *qm, uint32_t acquire, struct mono asked)
{
	qm->acquire = acquire;
	qm->asked = asked;
	qm->acquired = true;
	set_acquires(ike, ike->acquires + 1);
}

static void no_longer_unfinished(struct qm *qm)
{
	if (!qm->x.initiator && qm->mm && qm->x.state != QM_UP && qm->mm->unfinished)
		qm->mm->unfinished--;
}

void qm_entered_up(struct ike *ike, struct qm *qm)
{
	if (!qm->x.initiator && qm->mm && qm->mm->unfinished)
		qm->mm->unfinished--;
	qm->up_at = qm->last_used = ike->now;
	if (qm->mm)
		qm->mm->nqms_up++;
	count(ike, IKE_STAT_QUICK_MODES);
	count_q(ike, IKE_QSTAT_QM_KEY_ADDS);
	count_q(ike, IKE_QSTAT_ACTIVE_SAS);
	if (qm->tunnel)
		count_q(ike, IKE_QSTAT_ACTIVE_TUNNELS);
	if (qm->x.initiator && qm->commit && !qm->confirmed)
		core_set_state(ike, &qm->x, QM_UP, WAIT_CONFIRM);
	qm_drop_setup(ike, qm);
	heap_disarm(&ike->heap, &qm->fallback);
	qm_acquire_done(ike, qm, IKE_OK);
	event_qm(ike, qm, IKE_EV_QM_UP, IKE_OK, false, "");
	rekey_plan_qm(ike, qm);
	rekey_supersede_qm(ike, qm);
	watch_start(ike, qm);
	natt_keepalive(ike, qm->mm);
}

void qm_fail(struct ike *ike, struct qm *qm, enum ike_failure why, bool at_peer, const char *detail)
{
	bool begun = qm->x.state != ST_NEW || (qm->mm && qm->mm->x.state == MM_UP);

	if (qm->soft || qm->x.state == ST_DEAD)
		return;
	no_longer_unfinished(qm);
	if (begun || !qm->x.initiator) {
		count(ike, IKE_STAT_NEGOTIATION_FAILURES);
		event_qm(ike, qm, IKE_EV_FAILED, why, at_peer, detail);
	}
	/* The peer may have its SAs already. */
	if (qm->x.state == QM_ANSWERED || qm->x.state == QM_OUT_WAIT)
		info_delete_qm(ike, qm);
	qm_acquire_done(ike, qm, why);
	install_remove(ike, qm);
	qm_free(ike, qm);
}

void qm_timeout(struct ike *ike, struct qm *qm, enum ike_failure why)
{
	struct mm *mm = qm->mm;
	const struct ike_rule *rule = qm->rule;
	struct ike_selector sel = qm->sel;
	struct path path = qm->path;
	uint32_t acquire = qm->acquire;
	struct mono asked = qm->asked;
	bool acquired = qm->acquired;
	struct qm *again;

	if (qm->x.state != QM_SENT || qm->x.hint || qm->retried || !mm || !rule || ike->closed) {
		qm_fail(ike, qm, why, false, NULL);
		return;
	}
	if (acquired)
		set_acquires(ike, ike->acquires - 1);
	qm->acquired = false;
	qm_fail(ike, qm, why, false, NULL);
	mm_down(ike, mm, IKE_FAIL_PEER_MM_ASSUMED_INVALID, false);
	again = negotiate(ike, rule, &sel, &path);
	if (again) {
		again->retried = true;
		if (acquired)
			qm_set_acquire(ike, again, acquire, asked);
	} else if (acquired) {
		count(ike, IKE_STAT_ACQUIRE_FAILURES);
		act_acquire_done(ike, acquire, why);
	}
}

void qm_down(struct ike *ike, struct qm *qm, enum ike_failure why, bool tell)
{
	if (qm->soft) {
		soft_down(ike, qm, why);
		return;
	}
	if (qm->x.state != QM_UP) {
		qm_fail(ike, qm, why, false, NULL);
		return;
	}
	if (tell)
		info_delete_qm(ike, qm);
	ike->stats.ipsec[IKE_QSTAT_ACTIVE_SAS]--;
	ike->stats.ipsec[IKE_QSTAT_ACTIVE_TUNNELS] -= qm->tunnel;
	count_q(ike, IKE_QSTAT_QM_KEY_DELETES);
	event_qm(ike, qm, IKE_EV_QM_DOWN, why, why == IKE_FAIL_SA_DELETED, "");
	install_remove(ike, qm);
	qm_free(ike, qm);
}
