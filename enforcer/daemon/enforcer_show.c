/* What the enforcer tells of itself: pages, counters, explanations, its state. Changes nothing of what is in force. */
#include "enforcer/daemon/enforcer_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/compile/plan_json.h"
#include "enforcer/daemon/listing.h"

#include "common/base/banned.h"

enum {
	POLL_DEFAULT_S = 60,
	POLL_BLOCK_S = 10,   /* in Block mode, where nothing else works until it ends */
	POLL_ZERO_S = 10800, /* what a stored interval of 0 means (semantics §1.5) */
};

const char *enforcer_not_now(const struct enforcer *en)
{
	if (en->planned && !en->blocked)
		return NULL;
	return en->last.kind ? en->last.text : "nothing is in force yet";
}

size_t enforcer_dynamic_rules(const struct enforcer *en)
{
	return dynset_count(en->dynamic, DYN_RULE);
}

void enforcer_page(struct enforcer *en, enum dyn_kind kind, uint64_t after, struct dyn_page *out)
{
	const struct listing_source s = {.plan = in_force(en), .facts = &en->facts, .dynamic = en->dynamic};
	struct enforcer_report r;
	struct err ignored = {0};

	/* The listing's filters are those of the snapshot; when that is older than the plan, get a new one. */
	if (en->patched && after == 0 && (kind == DYN_RULE || kind == DYN_SPECIFIC))
		enforcer_settle(en, CAUSE_REPLACED, &r, &ignored);
	listing_page(&s, kind, after, out);
}

static const struct policy *policy_of(const struct enforcer *en, bool persistent)
{
	return persistent ? in_force(en)->persistent : in_force(en)->policy;
}

static void read_traffic(struct enforcer *en, const struct ipc_traffic *asked)
{
	struct kernel_counts counts;
	struct err ignored = {0};

	free(en->traffic.v);
	en->traffic = (struct traffic_list){0};
	en->traffic_of = *asked;
	if (!policy_of(en, asked->persistent) || kernel_counts_read(en->world.kernel, &en->kernel, &counts, &ignored) != 0)
		return;
	traffic_sum(&counts, (enum traffic_of)asked->of, asked->persistent, &en->traffic);
	kernel_counts_free(&counts);
}

void enforcer_traffic(struct enforcer *en, const struct ipc_traffic *asked, struct ipc_traffic_page *out)
{
	const struct traffic_list *l = &en->traffic;
	const struct policy *p = policy_of(en, asked->persistent);
	size_t at = 0;

	if (asked->after == 0 || en->traffic_of.of != asked->of || en->traffic_of.persistent != asked->persistent)
		read_traffic(en, asked);
	if (p)
		out->policy = p->guid;
	while (at < l->n && l->v[at].id <= asked->after)
		at++;
	for (; at < l->n && out->n < IPC_TRAFFIC_MAX; at++)
		out->v[out->n++] = l->v[at];
	out->more = at < l->n;
	if (out->more)
		return;
	free(en->traffic.v); /* the last page: nobody needs the rest any more */
	en->traffic = (struct traffic_list){0};
}

int enforcer_explain(const struct enforcer *en, const struct packet *p, bool json, struct buf *b, struct err *e)
{
	if (!en->planned && !en->blocked)
		return err_set(e, DYN_REFUSED, enforcer_not_now(en));
	for (size_t beaten = EXPLAIN_BEATEN;; beaten /= 2) {
		struct explanation x;
		plan_explain(in_force(en), p, &x);
		plan_explanation_shorten(&x, beaten);
		buf_clear(b);
		if (json)
			plan_explain_json(in_force(en), p, &x, b);
		else
			plan_explain_print(in_force(en), p, &x, b);
		if (b->len <= IPC_EXPLANATION_MAX || beaten == 0)
			return 0;
	}
}

const struct plan *enforcer_plan(const struct enforcer *en)
{
	return in_force(en);
}

const struct facts *enforcer_facts(const struct enforcer *en)
{
	return &en->facts;
}

void enforcer_counts(struct enforcer *en, struct kernel_counts *out)
{
	struct err ignored = {0};

	if (kernel_counts_read(en->world.kernel, &en->kernel, out, &ignored) != 0)
		*out = (struct kernel_counts){0};
}

void enforcer_sa_sums(const struct enforcer *en, struct kernel_sa_sums *out)
{
	struct err ignored = {0};

	if (kernel_sa_sums(en->world.kernel, out, &ignored) != 0)
		*out = (struct kernel_sa_sums){.v = {0}};
}

void enforcer_sa_uses(const struct enforcer *en, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out)
{
	struct err ignored = {0};

	if (kernel_sa_uses(en->world.kernel, v, n, out, &ignored) == 0)
		return;
	for (size_t i = 0; i < n; i++)
		out[i].known = false;
}

struct diag_settings enforcer_diagnostics(const struct enforcer *en)
{
	if (!en->planned || !en->ps)
		return (struct diag_settings){0};
	return (struct diag_settings){.bits = en->ps->settings.number[SET_IPSECDIAGNOSTICS],
		.interval_s = en->ps->settings.number[SET_IPSECLOGINTERVAL]};
}

bool enforcer_ikelogging(const struct enforcer *en)
{
	return en->planned && en->ps && en->ps->settings.number[SET_IKELOGGING] != 0;
}

static const char *dynamic_qmpolicy(const struct enforcer *en, uint32_t id)
{
	struct dyn_rules rules = dynset_rules(en->dynamic);

	for (size_t i = 0; i < rules.n; i++)
		if (rules.v[i]->filter.id == (int64_t)id)
			return rules.v[i]->qmpolicy;
	return NULL;
}

const char *enforcer_qmpolicy_of(const struct enforcer *en, uint32_t rule)
{
	const struct origin o = {.rule = rule};
	const struct rule *r;

	if (origin_owner(&o) == OWNER_DYNAMIC)
		return dynamic_qmpolicy(en, origin_row(&o));
	r = plan_rule_of(&en->plan, &o);
	return r && r->filteraction ? r->filteraction->name : NULL;
}

const char *enforcer_key(const struct enforcer *en, const struct guid *name)
{
	struct dyn_rules rules = dynset_rules(en->dynamic);

	for (size_t i = 0; i < rules.n; i++)
		for (size_t k = 0; k < rules.v[i]->auth.n; k++)
			if (rules.v[i]->auth.v[k].kind == AUTH_PSK && guid_eq(&rules.v[i]->auth.v[k].secret_id, name))
				return rules.v[i]->psk[k];
	return NULL;
}

bool enforcer_is_ready(const struct enforcer *en)
{
	return en->planned && en->gate_done;
}

unsigned enforcer_due(const struct enforcer *en)
{
	return en->due;
}

uint64_t enforcer_counter(const struct enforcer *en)
{
	return en->ps ? en->ps->counter : 0;
}

uint64_t enforcer_persistent_counter(const struct enforcer *en)
{
	return en->pps ? en->pps->counter : 0;
}

bool enforcer_is_blocked(const struct enforcer *en)
{
	return en->blocked;
}

unsigned enforcer_poll_s(const struct enforcer *en)
{
	const struct policy *p = en->plan.policy ? en->plan.policy : en->plan.persistent;

	if (en->blocked)
		return POLL_BLOCK_S;
	/* What failed is tried again before long, whatever the policy says. */
	if (!p || en->due || en->conflict)
		return POLL_DEFAULT_S;
	return p->pollinginterval_s ? p->pollinginterval_s : POLL_ZERO_S;
}

/* The operational mode (semantics §2.2), and why it is that. */
static void put_mode(const struct enforcer *en, struct ipc_state *out)
{
	bool assigned = en->plan.policy || en->plan.persistent;
	const char *why = assigned ? "what is assigned is in force" : "no policy is assigned";
	struct buf b = {0};

	out->mode = en->blocked ? OPMODE_BLOCK : en->planned || en->inherited ? OPMODE_SECURE : OPMODE_PERMIT;
	if (en->blocked)
		why = "the persistent policy cannot be applied";
	else if (en->inherited)
		why = "what the service before this one left in force stays";
	else if (!en->planned)
		why = "nothing is in force yet";
	else if (en->last.kind)
		why = "what was in force before stays";
	buf_printf(&b, "%s%s%s", why, en->last.kind ? ": " : "", en->last.text);
	snprintf(out->reason, sizeof out->reason, "%s", buf_text(&b));
	buf_free(&b);
}

void enforcer_state(const struct enforcer *en, struct ipc_state *out)
{
	const struct plan *plan = in_force(en);

	*out = (struct ipc_state){.counter = enforcer_counter(en), .persistent_counter = enforcer_persistent_counter(en),
		.applied_s = en->applied_s, .nfilters = (uint32_t)plan->nfilters, .nxfrm = (uint32_t)plan->nxfrm};
	snprintf(out->version, sizeof out->version, "%s", IPSECSH_VERSION);
	snprintf(out->last_error, sizeof out->last_error, "%s", en->last.text);
	put_mode(en, out);
	if (plan->policy) {
		out->assigned = true;
		out->guid = plan->policy->guid;
		snprintf(out->policy, sizeof out->policy, "%s", plan->policy->name);
	}
	if (plan->persistent) {
		out->persistent_assigned = true;
		out->persistent_guid = plan->persistent->guid;
		snprintf(out->persistent_policy, sizeof out->persistent_policy, "%s", plan->persistent->name);
	}
}
