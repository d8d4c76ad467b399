/*
 * The middle: what begins and ends with IKE's connection and with the plan, and what it means that an association or traffic in
 * clear ends, whoever ended it. The sides call it: requests.c (IKE asks), events.c (the kernel tells), carried.c (*policy* asks
 * what was carried). Always: what the broker granted is in the kernel, or on its way to be forgotten; each association of IKE's
 * that ended without its asking is owed to it. It knows no netlink (kernel/sad.h) and judges nothing (broker/broker.h).
 */
#include "enforcer/sas/sas.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/sas/private.h"

#include "common/base/banned.h"

struct sas *sas_new(struct sad *sad, sas_put *put, void *ctx)
{
	struct sas *s = xcalloc(1, sizeof *s);

	*s = (struct sas){.sad = sad, .broker = broker_new(), .beside = {.sad = sad}, .put = put, .ctx = ctx};
	return s;
}

void sas_free(struct sas *s)
{
	if (!s)
		return;
	broker_free(s->broker);
	beside_fini(&s->beside);
	ledger_fini(&s->ledger);
	asked_fini(&s->asked);
	free(s->owed);
	free(s);
}

size_t sas_count(const struct sas *s)
{
	return broker_count(s->broker);
}

uint64_t sas_refused(const struct sas *s)
{
	return s->refused;
}

/* --- what IKE hears ------------------------------------------------------------------------------------------------- */

void sas_owe(struct sas *s, const struct ike_sa_id *id, enum ike_failure why)
{
	if (s->owed_at == s->nowed)
		s->owed_at = s->nowed = 0;
	GROW(s->owed, s->nowed, s->cap_owed);
	s->owed[s->nowed++] = (struct sas_end){*id, why};
}

bool sas_owes(struct sas *s, struct ikc_msg *out)
{
	const struct ike_cmd *acquire = asked_owed(&s->asked);

	if (s->owed_at < s->nowed) {
		*out = (struct ikc_msg){.type = IKC_EXPIRE, .u.cmd = {.kind = IKE_CMD_EXPIRE}};
		out->u.cmd.u.expire.sa = s->owed[s->owed_at].id;
		out->u.cmd.u.expire.why = s->owed[s->owed_at].why;
		return true;
	}
	if (acquire)
		*out = (struct ikc_msg){.type = IKC_ACQUIRE, .u.cmd = *acquire};
	return acquire;
}

void sas_told(struct sas *s)
{
	if (s->owed_at < s->nowed)
		s->owed_at++;
	else
		asked_told(&s->asked);
}

/* --- what ends ------------------------------------------------------------------------------------------------------ */

bool sas_read_last(struct sas *s, const struct ike_sa_id *id, struct sad_usage *out)
{
	struct err ignored = {0};

	return s->sad->ops->query(s->sad, id, out, &ignored) == 0;
}

void sas_book(struct sas *s, const struct ike_sa_id *id, const struct sad_usage *used)
{
	struct broker_id of;

	if (broker_find(s->broker, id, &of) && of.keys)
		ledger_end(&s->ledger, &of, used);
}

int sas_delete(struct sas *s, const struct ike_sa_id *id, struct err *e)
{
	struct sad_usage used;
	bool known = sas_read_last(s, id, &used);

	if (s->sad->ops->del(s->sad, id, e) != 0)
		return -1;
	sas_book(s, id, known ? &used : NULL);
	return 0;
}

void sas_gone(struct sas *s, const struct ike_sa_id *id, enum ike_failure why)
{
	struct broker_policy p;
	struct broker_id of;
	bool needs = broker_needs(s->broker, id, &p), keys = broker_find(s->broker, id, &of) && of.keys;

	broker_gone(s->broker, id);
	if (needs)
		beside_release(&s->beside, &p);
	if (why != IKE_OK && keys)
		sas_owe(s, id, why);
}

void sas_end_soft(struct sas *s, uint64_t id)
{
	beside_soft_end(&s->beside, id);
	broker_soft_gone(s->broker, id);
}

/* --- IKE comes and goes --------------------------------------------------------------------------------------------- */

void sas_connected(struct sas *s, bool connected)
{
	s->connected = connected;
	if (!connected)
		return;
	sas_compare(s, IKE_FAIL_ERROR, true);
	asked_again(&s->asked, s->sad->ops->now(s->sad));
}

/* --- the plan ----------------------------------------------------------------------------------------------------- */

static void keep_first(struct err *first, const struct err *e)
{
	if (first->kind == ERR_NONE)
		*first = *e;
}

static void end_stale(struct sas *s, struct err *first)
{
	struct ike_sa_id *stale;
	size_t n = broker_stale(s->broker, &stale);

	for (size_t i = 0; i < n; i++) {
		struct err e = {0};
		if (sas_delete(s, &stale[i], &e) == 0) {
			broker_gone(s->broker, &stale[i]); /* what it needed goes with beside_become() */
			sas_owe(s, &stale[i], IKE_FAIL_POLICY_CHANGE);
		} else {
			keep_first(first, &e);
		}
	}
	free(stale);
}

static void follow_policies(struct sas *s, struct err *first)
{
	struct broker_policy *v;
	size_t n = broker_policies(s->broker, &v);
	struct err e = {0};

	if (beside_become(&s->beside, v, n, &e) != 0)
		keep_first(first, &e);
	free(v);
}

static void follow_softs(struct sas *s, struct err *first)
{
	struct broker_soft *v;
	size_t n = broker_softs(s->broker, &v);

	for (size_t i = 0; i < n; i++) {
		struct err e = {0};
		if (v[i].stale)
			sas_end_soft(s, v[i].id);
		else if (beside_soft_change(&s->beside, &v[i], &e) != 0)
			keep_first(first, &e);
	}
	free(v);
}

int sas_allow(void *ctx, const struct kernel_ike *a, struct err *e)
{
	struct sas *s = ctx;
	struct err first = {0};

	broker_set_plan(s->broker, a->pols, a->npols, ike_profile_share(a->profile), a->locals, a->nlocals);
	end_stale(s, &first);
	follow_policies(s, &first);
	follow_softs(s, &first);
	if (first.kind == ERR_NONE)
		return beside_resume(&s->beside, e);
	*e = first;
	return -1;
}

int sas_hold(void *ctx, struct err *e)
{
	return beside_pause(&((struct sas *)ctx)->beside, e);
}

void sas_soft_anew(void *ctx)
{
	beside_pairs_again(&((struct sas *)ctx)->beside);
}

/* --- time ----------------------------------------------------------------------------------------------------------- */

int sas_wait_ms(const struct sas *s)
{
	struct mono due = asked_due(&s->asked);
	int64_t ms = mono_is_never(due) ? -1 : mono_since(s->sad->ops->now(s->sad), due).ms;

	return (int)(mono_is_never(due) || ms > 0 ? ms : 0); /* no pause is longer than an int can say */
}

void sas_tick(struct sas *s)
{
	struct ike_cmd c;
	struct err ignored = {0}; /* it forgets by itself, later */

	if (asked_forget(&s->asked, s->sad->ops->now(s->sad), &c))
		s->sad->ops->forget(s->sad, c.u.acquire.acquire, &c.u.acquire.local, &c.u.acquire.remote, &ignored);
}
