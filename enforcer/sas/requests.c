/*
 * What IKE asks for: each message of its is a row, and each row the same three steps: the broker is asked, it is done in the
 * kernel, the broker hears that it was done. What is refused, or fails, leaves both as they were. The asking process reads hostile
 * bytes: nothing of a message is believed that the broker has not judged, and it hears no reason. No request waits for anything.
 */
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/sas/private.h"

#include "common/base/banned.h"

enum { TELL_MS = 1000 }; /* one line about refusals in that time */

/* --- answers -------------------------------------------------------------------------------------------------------- */

static void answer(struct sas *s, const struct ikc_msg *m, const struct ikc_result *r)
{
	const struct ikc_msg a = {.type = IKC_RESULT, .seq = m->seq, .u.result = *r};

	if (m->seq)
		s->put(s->ctx, &a);
}

static void answer_ok(struct sas *s, const struct ikc_msg *m, bool ok)
{
	answer(s, m, &(struct ikc_result){.ok = ok, .last_use = MONO_NEVER});
}

/* A process that was taken over may ask as fast as it likes. */
static void complain(struct sas *s, const struct ikc_msg *m, const char *why)
{
	struct mono now = s->sad->ops->now(s->sad);

	s->refused++;
	if (mono_before(now, s->quiet_until))
		return;
	s->quiet_until = mono_add(now, DUR_MS(TELL_MS));
	log_line(LOG_L_WARNING, "IKE asked for %s: %s (%llu requests not done so far)", ikc_type_name(m->type), why,
	    (unsigned long long)s->refused);
}

/* Refused, or failed (`why` OK, then `e`). */
static void decline(struct sas *s, const struct ikc_msg *m, enum broker_why why, const struct err *e)
{
	complain(s, m, why == BROKER_OK ? e->text : broker_why_text(why));
	answer_ok(s, m, false);
}

/* --- associations ----------------------------------------------------------------------------------------------------- */

static void on_get_spi(struct sas *s, const struct ikc_msg *m)
{
	const struct ikc_get_spi *g = &m->u.get_spi;
	struct sad_spi ask = {.id = {.src = g->src, .dst = g->dst, .protocol = g->protocol}, .reqid = g->reqid,
	    .tunnel = g->tunnel, .acquire = g->acquire};
	enum broker_why why = broker_get_spi(s->broker, &ask.id, g->reqid, g->tunnel);
	struct err e = {0};

	if (why != BROKER_OK || s->sad->ops->spi(s->sad, &ask, &ask.id.spi, &e) != 0) {
		decline(s, m, why, &e);
		return;
	}
	broker_reserved(s->broker, &ask.id);
	answer(s, m, &(struct ikc_result){.ok = true, .spi = ask.id.spi, .last_use = MONO_NEVER});
}

/* In the kernel as it was granted. */
static int put_granted(struct sas *s, const struct ike_sa *asked, const struct broker_grant *g, struct err *e)
{
	struct ike_sa sa = *asked;
	int rc;

	sa.reqid = g->reqid;
	sa.tunnel = g->tunnel;
	rc = s->sad->ops->add(s->sad, &sa, g->update, e);
	secret_wipe(&sa, sizeof sa);
	return rc;
}

/* Packets that wait for what the kernel asked for, if it is still open. */
static void let_go(struct sas *s, const struct ikc_msg *m, uint32_t acquire)
{
	uint32_t policy;
	struct err e = {0};

	if (asked_answered(&s->asked, acquire, &policy) && s->sad->ops->release(s->sad, policy, &e) != 0)
		complain(s, m, e.text);
}

static void on_sa_add(struct sas *s, const struct ikc_msg *m)
{
	const struct ike_sa *sa = &m->u.sa;
	struct broker_grant g;
	enum broker_why why = broker_sa_add(s->broker, sa, &g);
	struct err e = {0};

	if (why != BROKER_OK || (g.policy.needed && beside_hold(&s->beside, &g.policy, &e) != 0)) {
		decline(s, m, why, &e);
		return;
	}
	if (put_granted(s, sa, &g, &e) != 0) {
		if (g.policy.needed)
			beside_release(&s->beside, &g.policy);
		decline(s, m, BROKER_OK, &e);
		return;
	}
	broker_added(s->broker, sa, &g);
	if (sa->acquire)
		let_go(s, m, sa->acquire);
	answer_ok(s, m, true);
}

static void on_sa_del(struct sas *s, const struct ikc_msg *m)
{
	struct err e = {0};

	/* IKE gives back what ended meanwhile, too: nothing to complain of. */
	if (broker_names(s->broker, &m->u.sa_id) != BROKER_OK)
		return;
	if (sas_delete(s, &m->u.sa_id, &e) != 0) {
		decline(s, m, BROKER_OK, &e);
		return;
	}
	sas_gone(s, &m->u.sa_id, IKE_OK);
}

static void on_sa_query(struct sas *s, const struct ikc_msg *m)
{
	enum broker_why why = broker_names(s->broker, &m->u.sa_id);
	struct sad_usage u;
	struct err e = {0};

	if (why != BROKER_OK || s->sad->ops->query(s->sad, &m->u.sa_id, &u, &e) != 0)
		decline(s, m, why, &e);
	else
		answer(s, m, &(struct ikc_result){.ok = true, .bytes = u.bytes, .packets = u.packets, .last_use = u.last_use});
}

/* Under its new name; the policy that it needs may be another one, too. One that stays the same is not touched. */
static void moved(struct sas *s, const struct ike_sa_id *was, const struct ike_sa *to, const struct broker_grant *g)
{
	struct broker_policy old;
	struct err e = {0};
	bool had = broker_needs(s->broker, was, &old), has = !g->policy.needed || beside_hold(&s->beside, &g->policy, &e) == 0;

	broker_moved(s->broker, was, to, g);
	if (had)
		beside_release(&s->beside, &old);
	if (has)
		return;
	s->sad->ops->del(s->sad, &to->id, &e);
	broker_gone(s->broker, &to->id);
	sas_owe(s, &to->id, IKE_FAIL_ADD_UPDATE_KEY_FAILED);
}

static void on_sa_move(struct sas *s, const struct ikc_msg *m)
{
	const struct ikc_move *v = &m->u.move;
	struct broker_grant g;
	struct ike_sa to, put;
	enum broker_why why = broker_move(s->broker, &v->sa, &v->local, &v->remote, &to, &g);
	struct sad_usage used;
	struct err e = {0};
	bool known = false;
	int rc = -1;

	if (why == BROKER_OK) {
		put = to;
		put.reqid = g.reqid;
		known = sas_read_last(s, &v->sa, &used);
		rc = s->sad->ops->move(s->sad, &v->sa, &put, &e);
	}
	if (rc >= 0)
		sas_book(s, &v->sa, known ? &used : NULL);
	if (rc == 0) {
		moved(s, &v->sa, &to, &g);
		return;
	}
	decline(s, m, why, &e);
	if (rc > 0)
		sas_gone(s, &v->sa, IKE_FAIL_ADD_UPDATE_KEY_FAILED);
}

/* --- traffic in clear ---------------------------------------------------------------------------------------------- */

static const struct broker_soft *soft_of(const struct broker_soft *v, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].id == id)
			return &v[i];
	return NULL;
}

static void on_soft_add(struct sas *s, const struct ikc_msg *m)
{
	const struct ikc_soft *a = &m->u.soft;
	enum broker_why why = broker_soft_add(s->broker, a->id, &a->sel, a->reqid, a->life);
	struct broker_soft *all;
	struct err e = {0};
	size_t n;

	if (why != BROKER_OK) {
		decline(s, m, why, &e);
		return;
	}
	broker_soft_added(s->broker, a->id, &a->sel, a->reqid, a->life);
	n = broker_softs(s->broker, &all);
	if (beside_soft_put(&s->beside, soft_of(all, n, a->id), &e) == 0) {
		answer_ok(s, m, true);
	} else {
		broker_soft_gone(s->broker, a->id);
		decline(s, m, BROKER_OK, &e);
	}
	free(all);
}

static void on_soft_del(struct sas *s, const struct ikc_msg *m)
{
	struct ike_selector sel;

	if (broker_soft_names(s->broker, m->u.soft.id, &sel) == BROKER_OK)
		sas_end_soft(s, m->u.soft.id);
}

static void on_soft_query(struct sas *s, const struct ikc_msg *m)
{
	struct ike_selector sel;
	enum broker_why why = broker_soft_names(s->broker, m->u.soft.id, &sel);
	struct sad_usage u;
	struct err e = {0};

	if (why != BROKER_OK || beside_soft_query(&s->beside, m->u.soft.id, &u, &e) != 0)
		decline(s, m, why, &e);
	else
		answer(s, m, &(struct ikc_result){.ok = true, .bytes = u.bytes, .packets = u.packets, .last_use = u.last_use});
}

/*
 * The kernel's note of what it asked for went when the outbound association came, and the policy that waits for it in clear was
 * changed when that was granted: packets that are held may go. Whatever else it was, the kernel is to ask again, after a pause.
 */
static void on_acquire_done(struct sas *s, const struct ikc_msg *m)
{
	uint32_t acquire = m->u.acquire_done.acquire;

	if (m->u.acquire_done.why != IKE_OK && m->u.acquire_done.why != IKE_FAIL_LOAD_SOFT_SA)
		asked_failed(&s->asked, s->sad->ops->now(s->sad), acquire);
	else
		let_go(s, m, acquire);
}

/* --- all ----------------------------------------------------------------------------------------------------------- */

static const struct {
	uint16_t type;
	void (*run)(struct sas *s, const struct ikc_msg *m);
} requests[] = {
    {IKC_GET_SPI, on_get_spi},
    {IKC_SA_ADD, on_sa_add},
    {IKC_SA_DEL, on_sa_del},
    {IKC_SA_MOVE, on_sa_move},
    {IKC_SA_QUERY, on_sa_query},
    {IKC_ACQUIRE_DONE, on_acquire_done},
    {IKC_SOFT_ADD, on_soft_add},
    {IKC_SOFT_DEL, on_soft_del},
    {IKC_SOFT_QUERY, on_soft_query},
};

void sas_take(struct sas *s, const struct ikc_msg *m)
{
	for (size_t i = 0; i < N_OF(requests); i++)
		if (requests[i].type == m->type)
			requests[i].run(s, m);
}
