/*
 * What the kernel tells, and what it holds: events become news for IKE, and what vanished is forgotten. An event about an
 * association counts only if the broker granted it; what was granted and is gone without a word, by a flush or since events
 * got lost, is found by comparing with what is there.
 */
#include <stdlib.h>

#include "common/base/log.h"
#include "enforcer/sas/private.h"

#include "common/base/banned.h"

/* --- what is there -------------------------------------------------------------------------------------------------- */

int sas_list(struct sas *s, struct sad_listed **there, size_t *n, struct err *e)
{
	*there = NULL;
	*n = 0;
	if (s->sad->ops->list(s->sad, there, n, e) != 0) {
		free(*there);
		return -1;
	}
	if (*n)
		qsort(*there, *n, sizeof **there, ledger_id_cmp);
	return 0;
}

const struct sad_listed *sas_listed(const struct sad_listed *there, size_t n, const struct ike_sa_id *id)
{
	return n ? bsearch(id, there, n, sizeof *there, ledger_id_cmp) : NULL;
}

void sas_compare(struct sas *s, enum ike_failure why, bool strangers)
{
	struct sad_listed *there;
	struct broker_id *granted;
	size_t n, ngranted;
	struct err e = {0};

	if (sas_list(s, &there, &n, &e) != 0) {
		log_line(LOG_L_ERROR, "security associations cannot be listed: %s", e.text);
		return;
	}
	ngranted = broker_granted(s->broker, &granted);
	for (size_t i = 0; i < ngranted; i++)
		if (!sas_listed(there, n, &granted[i].id)) {
			sas_book(s, &granted[i].id, NULL);
			sas_gone(s, &granted[i].id, why);
		}
	for (size_t i = 0; i < n && strangers; i++) {
		if (broker_names(s->broker, &there[i].id) == BROKER_OK)
			continue;
		s->sad->ops->del(s->sad, &there[i].id, &e);
		sas_owe(s, &there[i].id, IKE_FAIL_BENIGN_REINIT); /* of an enforcer that is no more */
	}
	free(granted);
	free(there);
}

/* --- events -------------------------------------------------------------------------------------------------------- */

static void pass_on(struct sas *s, uint16_t type, const struct ike_cmd *cmd)
{
	const struct ikc_msg m = {.type = type, .u.cmd = *cmd};

	if (s->connected)
		s->put(s->ctx, &m);
}

static void on_acquire(struct sas *s, const struct sad_event *ev)
{
	enum { MARK = 20 };

	if (ev->reqid >> MARK != PLAN_REQID_BASE >> MARK)
		return;
	asked_note(&s->asked, s->sad->ops->now(s->sad), &ev->cmd, ev->policy);
	pass_on(s, IKC_ACQUIRE, &ev->cmd);
}

static void on_expire(struct sas *s, const struct sad_event *ev)
{
	const struct ike_sa_id *id = &ev->cmd.u.expire.sa;

	if (broker_names(s->broker, id) != BROKER_OK)
		return;
	if (ev->cmd.u.expire.why == IKE_OK) {
		pass_on(s, IKC_EXPIRE, &ev->cmd);
		return;
	}
	sas_book(s, id, &ev->used);
	sas_gone(s, id, ev->cmd.u.expire.why);
}

static void on_mapping(struct sas *s, const struct sad_event *ev)
{
	if (broker_names(s->broker, &ev->cmd.u.mapping.sa) == BROKER_OK)
		pass_on(s, IKC_MAPPING, &ev->cmd);
}

static void on_gone(struct sas *s, const struct sad_event *ev)
{
	if (broker_names(s->broker, &ev->id) != BROKER_OK)
		return;
	sas_book(s, &ev->id, &ev->used);
	sas_gone(s, &ev->id, IKE_FAIL_RPC_DELETE); /* who may do that is an administrator */
}

/* After a flush the plan's are gone, too: until they are back, *policy* sees to that, nftables holds alone. */
static void on_policies_lost(struct sas *s, const struct sad_event *ev)
{
	struct err ignored = {0};
	uint64_t *over;
	size_t n;

	if (ev->flush)
		beside_pause(&s->beside, &ignored);
	n = beside_restore(&s->beside, &over);
	for (size_t i = 0; i < n; i++)
		sas_end_soft(s, over[i]);
	free(over);
}

static void on_sas_lost(struct sas *s, const struct sad_event *ev)
{
	sas_compare(s, ev->lost ? IKE_FAIL_ERROR : IKE_FAIL_RPC_DELETE, false); /* nobody knows, or a flush */
	if (ev->lost) /* what was told of policies may be among it */
		on_policies_lost(s, ev);
}

void sas_events(struct sas *s)
{
	static void (*const rows[])(struct sas *s, const struct sad_event *ev) = {[SAD_ACQUIRE] = on_acquire,
	    [SAD_EXPIRE] = on_expire, [SAD_MAPPING] = on_mapping, [SAD_GONE] = on_gone, [SAD_SAS_LOST] = on_sas_lost,
	    [SAD_POLICIES_LOST] = on_policies_lost};
	enum { EVENTS = 256 }; /* in one call, so that a flood keeps no question of *policy* waiting */
	struct sad_event ev;

	for (int i = 0; i < EVENTS && s->sad->ops->event(s->sad, &ev); i++)
		rows[ev.kind](s, &ev);
}
