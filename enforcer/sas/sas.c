/* See sas.h. */
#include "enforcer/sas/sas.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/sas/asked.h"
#include "enforcer/sas/ledger.h"
#include "enforcer/sas/private.h"

#include "common/base/banned.h"

enum { TELL_MS = 1000 }; /* one line about refusals in that time */

struct sas {
	struct sad *sad;
	struct broker *broker;
	struct beside beside;
	struct ledger ledger;
	struct asked asked;
	sas_put *put;
	void *ctx;
	bool connected;
	struct ike_sa_id *owed; /* a queue: owed[at..n) */
	size_t owed_at, nowed, cap_owed;
	uint64_t refused;
	struct mono told;
};

struct sas *sas_new(struct sad *sad, sas_put *put, void *ctx)
{
	struct sas *s = xcalloc(1, sizeof *s);

	*s = (struct sas){.sad = sad, .broker = broker_new(), .beside = {.sad = sad}, .put = put, .ctx = ctx, .told = {-TELL_MS}};
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

static void owe(struct sas *s, const struct ike_sa_id *id)
{
	if (s->owed_at == s->nowed)
		s->owed_at = s->nowed = 0;
	GROW(s->owed, s->nowed, s->cap_owed);
	s->owed[s->nowed++] = *id;
}

bool sas_owes(struct sas *s, struct ikc_msg *out)
{
	const struct ike_cmd *acquire = asked_owed(&s->asked);

	if (s->owed_at < s->nowed) {
		*out = (struct ikc_msg){.type = IKC_EXPIRE, .u.cmd = {.kind = IKE_CMD_EXPIRE}};
		out->u.cmd.u.expire.sa = s->owed[s->owed_at];
		out->u.cmd.u.expire.hard = true;
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
	if (mono_since(s->told, now).ms < TELL_MS)
		return;
	s->told = now;
	log_line(LOG_L_WARNING, "IKE asked for %s: %s (%llu requests not done so far)", ikc_type_name(m->type), why,
	    (unsigned long long)s->refused);
}

/* Refused, or failed (`why` OK, then `e`). */
static void decline(struct sas *s, const struct ikc_msg *m, enum broker_why why, const struct err *e)
{
	complain(s, m, why == BROKER_OK ? e->text : broker_why_text(why));
	answer_ok(s, m, false);
}

/* --- what ends ------------------------------------------------------------------------------------------------------ */

/* What it has carried, before it goes or gets another name. false: the kernel does not know it. */
static bool read_last(struct sas *s, const struct ike_sa_id *id, struct sad_usage *out)
{
	struct err ignored = {0};

	return s->sad->ops->query(s->sad, id, out, &ignored) == 0;
}

static void book(struct sas *s, const struct ike_sa_id *id, const struct sad_usage *used)
{
	struct broker_id of;

	if (broker_find(s->broker, id, &of) && of.keys)
		ledger_end(&s->ledger, &of, used);
}

/* From the kernel, and into the books. */
static int end_in_kernel(struct sas *s, const struct ike_sa_id *id, struct err *e)
{
	struct sad_usage used;
	bool known = read_last(s, id, &used);

	if (s->sad->ops->del(s->sad, id, e) != 0)
		return -1;
	book(s, id, known ? &used : NULL);
	return 0;
}

/* It is no longer in the kernel. `tell`: and not because IKE wanted that. */
static void forget(struct sas *s, const struct ike_sa_id *id, bool tell)
{
	struct broker_policy p;
	struct broker_id of;
	bool needs = broker_needs(s->broker, id, &p), keys = broker_find(s->broker, id, &of) && of.keys;

	broker_gone(s->broker, id);
	if (needs)
		beside_release(&s->beside, &p);
	if (tell && keys)
		owe(s, id);
}

static void end_soft(struct sas *s, uint64_t id)
{
	beside_soft_end(&s->beside, id);
	broker_soft_gone(s->broker, id);
}

/* --- requests --------------------------------------------------------------------------------------------------------- */

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
	answer_ok(s, m, true);
}

static void on_sa_del(struct sas *s, const struct ikc_msg *m)
{
	struct err e = {0};

	/* IKE gives back what ended meanwhile, too: nothing to complain of. */
	if (broker_names(s->broker, &m->u.sa_id) != BROKER_OK)
		return;
	if (end_in_kernel(s, &m->u.sa_id, &e) != 0) {
		decline(s, m, BROKER_OK, &e);
		return;
	}
	forget(s, &m->u.sa_id, false);
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

/* Under its new name; the policy that it needs may have other ends, too. */
static void moved(struct sas *s, const struct ike_sa_id *was, const struct ike_sa *to, const struct broker_grant *g)
{
	struct broker_policy old;
	struct err e = {0};

	if (broker_needs(s->broker, was, &old))
		beside_release(&s->beside, &old);
	broker_moved(s->broker, was, to, g);
	if (!g->policy.needed || beside_hold(&s->beside, &g->policy, &e) == 0)
		return;
	s->sad->ops->del(s->sad, &to->id, &e);
	broker_gone(s->broker, &to->id);
	owe(s, &to->id);
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
		known = read_last(s, &v->sa, &used);
		rc = s->sad->ops->move(s->sad, &v->sa, &put, &e);
	}
	if (rc >= 0)
		book(s, &v->sa, known ? &used : NULL);
	if (rc == 0) {
		moved(s, &v->sa, &to, &g);
		return;
	}
	decline(s, m, why, &e);
	if (rc > 0)
		forget(s, &v->sa, true);
}

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
		end_soft(s, m->u.soft.id);
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
	uint32_t acquire = m->u.acquire_done.acquire, policy;
	struct err e = {0};

	if (m->u.acquire_done.why != IKE_OK && m->u.acquire_done.why != IKE_FAIL_LOAD_SOFT_SA)
		asked_failed(&s->asked, s->sad->ops->now(s->sad), acquire);
	else if (asked_answered(&s->asked, acquire, &policy) && s->sad->ops->release(s->sad, policy, &e) != 0)
		complain(s, m, e.text);
}

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

/* --- the kernel's side --------------------------------------------------------------------------------------------- */

/* What is there, sorted; the caller frees. */
static int list(struct sas *s, struct sad_listed **there, size_t *n, struct err *e)
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

static const struct sad_listed *listed(const struct sad_listed *there, size_t n, const struct ike_sa_id *id)
{
	return n ? bsearch(id, there, n, sizeof *there, ledger_id_cmp) : NULL;
}

/* What was granted and is not there is forgotten; `strangers`: what is there and was not granted is deleted. */
static void compare(struct sas *s, bool strangers)
{
	struct sad_listed *there;
	struct broker_id *granted;
	size_t n, ngranted;
	struct err e = {0};

	if (list(s, &there, &n, &e) != 0) {
		log_line(LOG_L_ERROR, "security associations cannot be listed: %s", e.text);
		return;
	}
	ngranted = broker_granted(s->broker, &granted);
	for (size_t i = 0; i < ngranted; i++)
		if (!listed(there, n, &granted[i].id)) {
			book(s, &granted[i].id, NULL);
			forget(s, &granted[i].id, true);
		}
	for (size_t i = 0; i < n && strangers; i++) {
		if (broker_names(s->broker, &there[i].id) == BROKER_OK)
			continue;
		s->sad->ops->del(s->sad, &there[i].id, &e);
		owe(s, &there[i].id);
	}
	free(granted);
	free(there);
}

void sas_connected(struct sas *s, bool connected)
{
	s->connected = connected;
	if (!connected)
		return;
	compare(s, true);
	asked_again(&s->asked, s->sad->ops->now(s->sad));
}

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
	if (!ev->cmd.u.expire.hard) {
		pass_on(s, IKC_EXPIRE, &ev->cmd);
		return;
	}
	book(s, id, &ev->used);
	forget(s, id, true);
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
	book(s, &ev->id, &ev->used);
	forget(s, &ev->id, true);
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
		end_soft(s, over[i]);
	free(over);
}

static void on_sas_lost(struct sas *s, const struct sad_event *ev)
{
	compare(s, false);
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
		if (end_in_kernel(s, &stale[i], &e) == 0) {
			broker_gone(s->broker, &stale[i]); /* what it needed goes with beside_become() */
			owe(s, &stale[i]);
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
			end_soft(s, v[i].id);
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

/* --- what was carried ----------------------------------------------------------------------------------------------- */

static int line_cmp(const void *a, const void *b)
{
	return ledger_id_cmp(&((const struct ledger_line *)a)->of.id, &((const struct ledger_line *)b)->of.id);
}

/*
 * Those that were granted and have keys, with their figures; strangers' traffic is not ours. One that has ended, and of
 * whose end we have not yet heard, stays as it was: its last words are on their way.
 */
static size_t lines(const struct sas *s, const struct sad_listed *there, size_t n, struct ledger_line **out)
{
	struct broker_id *granted;
	size_t ngranted = broker_granted(s->broker, &granted), k = 0;

	*out = xcalloc(ngranted + 1, sizeof **out);
	for (size_t i = 0; i < ngranted; i++) {
		const struct sad_listed *l = listed(there, n, &granted[i].id);
		const struct sad_usage *used = l ? &l->used : ledger_last(&s->ledger, &granted[i].id);

		if (used && granted[i].keys)
			(*out)[k++] = (struct ledger_line){granted[i], *used};
	}
	free(granted);
	if (k)
		qsort(*out, k, sizeof **out, line_cmp);
	return k;
}

int sas_sums(void *ctx, struct kernel_sa_sums *out, struct err *e)
{
	struct sas *s = ctx;
	struct sad_listed *there;
	struct ledger_line *v;
	size_t n;

	if (list(s, &there, &n, e) != 0)
		return -1;
	n = lines(s, there, n, &v);
	free(there);
	ledger_read(&s->ledger, v, n);
	*out = s->ledger.sums;
	out->v[KERNEL_SUM_WAITING] = broker_waiting(s->broker);
	return 0;
}

int sas_uses(void *ctx, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e)
{
	struct sas *s = ctx;
	struct sad_usage used;
	struct broker_id of;

	(void)e;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct kernel_sa_use){.known = broker_find(s->broker, &v[i], &of) && of.keys && read_last(s, &v[i], &used)};
		if (!out[i].known)
			continue;
		out[i].bytes = used.bytes;
		out[i].packets = used.packets;
	}
	return 0;
}
