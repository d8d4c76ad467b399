#include "enforcer/daemon/ike_desk.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "enforcer/daemon/ike_link.h"
#include "enforcer/daemon/ike_view.h"
#include "enforcer/daemon/stats.h"

#include "common/base/banned.h"

/* Somebody's question that IKE has not answered. */
struct job {
	uint64_t token; /* 0: free */
	uint64_t ticket;
	const struct job_kind *kind;
	struct ikc_list page; /* the one asked for */
	struct ip peer;       /* of a deletion; IP_NONE: all */
};

struct ike_desk {
	struct ike_desk_conf conf;
	struct ike_link *link;
	struct stats_host began; /* what the host had counted when the service began */
	uint64_t tokens; /* given out so far */
	struct job jobs[IKE_QUESTIONS_MAX];
};

/* A kind of question. `m` NULL: no answer came, and *why says why. */
struct job_kind {
	void (*answered)(struct ike_desk *d, struct job *j, const struct ikc_msg *m, const struct err *why);
};

static void reply(struct ike_desk *d, uint64_t ticket, struct ipc_msg *m)
{
	d->conf.reply(d->conf.ctx, ticket, m);
}

static struct ipc_ike how(bool running, const struct err *why)
{
	struct ipc_ike ike = {.running = running};

	if (why) {
		ike.number = (uint32_t)err_number(why);
		snprintf(ike.text, sizeof ike.text, "%s", why->text);
	}
	return ike;
}

/* --- asking --------------------------------------------------------------------------------------- */

/* Once more for the same job. When it cannot be asked, that is the answer. */
static void ask(struct ike_desk *d, struct job *j, uint16_t type)
{
	const struct ikc_msg question = {.type = type, .u.list = j->page};
	struct err e = {0};

	j->token = ++d->tokens;
	if (ike_link_connected(d->link)) {
		if (ike_link_ask(d->link, &question, j->token, &e) == 0)
			return;
	} else {
		err_set(&e, IKE_GONE);
	}
	j->kind->answered(d, j, NULL, &e);
	j->token = 0;
}

/* There are as many places as the link takes questions. */
static void begin(struct ike_desk *d, const struct job *what, uint16_t type)
{
	struct err e = {0};
	struct job full = *what;

	for (size_t i = 0; i < N_OF(d->jobs); i++)
		if (!d->jobs[i].token) {
			d->jobs[i] = *what;
			ask(d, &d->jobs[i], type);
			return;
		}
	err_set(&e, IKE_SILENT);
	what->kind->answered(d, &full, NULL, &e);
}

static void answered(void *ctx, uint64_t token, const struct ikc_msg *m, const struct err *why)
{
	struct ike_desk *d = ctx;

	for (size_t i = 0; i < N_OF(d->jobs); i++) {
		struct job *j = &d->jobs[i];
		if (j->token != token)
			continue;
		j->kind->answered(d, j, m, why);
		if (j->token == token) /* it did not ask again */
			j->token = 0;
		return;
	}
}

/* --- associations --------------------------------------------------------------------------------- */

static const char *policy_of(void *ctx, uint32_t rule)
{
	return enforcer_qmpolicy_of(((const struct ike_desk *)ctx)->conf.en, rule);
}

/* What each of them has carried; unknown when the kernel cannot be asked. */
static void count_page(const struct ike_desk *d, struct qmsa_page *page)
{
	struct kernel_sa_use uses[KERNEL_USES_MAX] = {{.known = false}};
	struct ike_sa_id ids[KERNEL_USES_MAX];
	size_t n = ike_view_ids(page, ids);

	if (n)
		enforcer_sa_uses(d->conf.en, ids, n, uses);
	ike_view_uses(page, uses);
}

static void page_answered(struct ike_desk *d, struct job *j, const struct ikc_msg *m, const struct err *why)
{
	const struct ike_dates dates = {d->conf.now(d->conf.ctx), d->conf.wall_s(d->conf.ctx)};
	struct ipc_msg answer = {.type = IPC_SAS_PAGE};
	struct ipc_sas_page *p = &answer.u.sas_page;
	struct err other = {0};

	if (m && (m->type == IKC_QMSAS) != j->page.quick) {
		err_set(&other, IKE_SILENT); /* it did, but not to this */
		m = NULL;
		why = &other;
	}
	p->ike = how(true, why);
	p->now_s = dates.wall_s;
	p->quick = j->page.quick;
	if (m && p->quick) {
		ike_view_qmsas(&m->u.qmsas, &dates, j->page.after, policy_of, d, &p->u.qm);
		count_page(d, &p->u.qm);
	} else if (m)
		ike_view_mmsas(&m->u.mmsas, &dates, j->page.after, &p->u.mm);
	reply(d, j->ticket, &answer);
}

static const struct job_kind page_kind = {page_answered};

void ike_desk_sas(struct ike_desk *d, uint64_t ticket, const struct ipc_sas *asked)
{
	const struct job j = {.ticket = ticket, .kind = &page_kind, .page = {asked->quick, asked->after}};
	struct ipc_msg answer = {.type = IPC_SAS_PAGE, .u.sas_page.quick = asked->quick};

	if (ike_link_connected(d->link))
		begin(d, &j, IKC_LIST);
	else
		reply(d, ticket, &answer);
}

/* --- counters ------------------------------------------------------------------------------------- */

static void kernel_counted(const struct ike_desk *d, struct dyn_stats *out)
{
	struct kernel_sa_sums sums;
	struct stats_host now;

	enforcer_sa_sums(d->conf.en, &sums);
	stats_host(d->conf.stats_fd, &now);
	stats_make(&now, &d->began, &sums, out);
}

static void counts_answered(struct ike_desk *d, struct job *j, const struct ikc_msg *m, const struct err *why)
{
	struct ipc_msg answer = {.type = IPC_COUNTS, .u.counts.ike = how(true, why)};

	kernel_counted(d, &answer.u.counts.stats);
	if (m && m->type == IKC_COUNTS)
		ike_view_stats(&m->u.stats, &answer.u.counts.stats);
	reply(d, j->ticket, &answer);
}

static const struct job_kind counts_kind = {counts_answered};

void ike_desk_stats(struct ike_desk *d, uint64_t ticket)
{
	const struct job j = {.ticket = ticket, .kind = &counts_kind};
	struct ipc_msg answer = {.type = IPC_COUNTS};

	if (ike_link_connected(d->link)) {
		begin(d, &j, IKC_COUNT);
		return;
	}
	kernel_counted(d, &answer.u.counts.stats);
	reply(d, ticket, &answer);
}

/* --- deletion ------------------------------------------------------------------------------------- */

static int delete_in_kernel(struct ike_desk *d, const struct ip *peer, struct err *e)
{
	size_t n;
	int rc = enforcer_delete_sas(d->conf.en, peer, &n, e);

	if (rc == 0)
		log_line(LOG_L_NOTICE, "%zu security associations deleted on demand", n);
	return rc;
}

static void done(struct ike_desk *d, uint64_t ticket, const struct err *why)
{
	struct ipc_msg answer = {.type = IPC_DONE};

	if (why) {
		answer.u.done.number = (uint32_t)err_number(why);
		snprintf(answer.u.done.text, sizeof answer.u.done.text, "%s", why->text);
	}
	reply(d, ticket, &answer);
}

/*
 * Page by page of main modes, then of quick modes, until there is one with that peer. A main mode takes its quick modes
 * along; quick modes may outlive theirs.
 */
static void delete_answered(struct ike_desk *d, struct job *j, const struct ikc_msg *m, const struct err *why)
{
	const struct ip *peer = j->peer.family == IP_NONE ? NULL : &j->peer;
	struct err e = {0};

	if (!m) {
		done(d, j->ticket, why);
	} else if (ike_view_has_peer(m, peer)) {
		ike_link_delete(d->link, peer);
		log_line(LOG_L_NOTICE, "the IKE daemon deletes security associations on demand");
		done(d, j->ticket, NULL);
	} else if (ike_view_next(m, &j->page.after)) {
		ask(d, j, IKC_LIST);
	} else if (!j->page.quick) {
		j->page = (struct ikc_list){.quick = true};
		ask(d, j, IKC_LIST);
	} else {
		done(d, j->ticket, delete_in_kernel(d, peer, &e) == 0 ? NULL : &e);
	}
}

static const struct job_kind delete_kind = {delete_answered};

int ike_desk_delete(struct ike_desk *d, uint64_t ticket, const struct ip *peer, struct err *e)
{
	struct job j = {.ticket = ticket, .kind = &delete_kind};

	if (!ike_link_connected(d->link))
		return delete_in_kernel(d, peer, e);
	if (peer)
		j.peer = *peer;
	begin(d, &j, IKC_LIST);
	return 1;
}

void ike_desk_goodbye(struct ike_desk *d)
{
	if (!ike_link_connected(d->link))
		return;
	ike_link_delete(d->link, NULL);
	ike_link_tick(d->link);
}

/* --- begin, end, time ----------------------------------------------------------------------------- */

static uint64_t number(void *ctx)
{
	return enforcer_profile_generation(((const struct ike_desk *)ctx)->conf.en);
}

static struct ike_profile *profile(void *ctx)
{
	return enforcer_profile(((const struct ike_desk *)ctx)->conf.en);
}

static bool logging(void *ctx)
{
	return enforcer_ikelogging(((const struct ike_desk *)ctx)->conf.en);
}

static struct mono now(void *ctx)
{
	const struct ike_desk *d = ctx;

	return d->conf.now(d->conf.ctx);
}

struct ike_desk *ike_desk_open(const struct ike_desk_conf *conf)
{
	static const struct ike_link_ops ops = {number, profile, logging, answered, now};
	struct ike_desk *d = xcalloc(1, sizeof *d);

	d->conf = *conf;
	stats_host(conf->stats_fd, &d->began);
	d->link = ike_link_open(conf->listener, conf->loop, &ops, d);
	return d;
}

void ike_desk_close(struct ike_desk *d)
{
	if (!d)
		return;
	ike_link_close(d->link);
	free(d);
}

void ike_desk_tick(struct ike_desk *d)
{
	ike_link_tick(d->link);
}

struct mono ike_desk_due(const struct ike_desk *d)
{
	return ike_link_due(d->link);
}

void ike_desk_state(const struct ike_desk *d, struct ipc_state *out)
{
	ike_link_state(d->link, out);
}
