/* The broker: judgement (judge.c) and memory of what was granted (grants.c). See broker.h. */
#include "enforcer/broker/broker.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/broker/private.h"

#include "common/base/banned.h"

struct broker {
	struct in_force in_force;
	struct grants grants;
	struct broker_soft *soft; /* in no order: they are few */
	size_t nsoft, cap_soft;
};

static const char *const texts[] = {
#define M(id, text) text,
    BROKER_WHYS(M)
#undef M
};

const char *broker_why_text(enum broker_why why)
{
	return texts[why];
}

struct broker *broker_new(void)
{
	return xcalloc(1, sizeof(struct broker));
}

void broker_free(struct broker *b)
{
	if (!b)
		return;
	in_force_fini(&b->in_force);
	free(b->grants.v);
	free(b->soft);
	free(b);
}

void broker_set_plan(struct broker *b, const struct xfrm_pol *pols, size_t npols, struct ike_profile *profile,
    const struct ip *locals, size_t nlocals)
{
	in_force_set(&b->in_force, pols, npols, profile, locals, nlocals);
}

/* --- associations ------------------------------------------------------------------------------------------------ */

enum broker_why broker_get_spi(const struct broker *b, const struct ike_sa_id *id, uint32_t reqid, bool tunnel)
{
	if (b->grants.nreserved >= BROKER_RESERVED_MAX || b->grants.n >= BROKER_SAS_MAX)
		return BROKER_FULL;
	return judge_spi(&b->in_force, id, reqid, tunnel);
}

void broker_reserved(struct broker *b, const struct ike_sa_id *id)
{
	const struct grant g = {.reserved = true, .id = *id};

	grants_put(&b->grants, &g);
}

enum broker_why broker_sa_add(const struct broker *b, const struct ike_sa *sa, struct broker_grant *out)
{
	const struct grant *g = grants_find(&b->grants, &sa->id);

	*out = (struct broker_grant){0};
	if (sa->outbound && g)
		return BROKER_TWICE;
	if (sa->outbound && b->grants.n >= BROKER_SAS_MAX)
		return BROKER_FULL;
	if (!sa->outbound && (!g || !ip_eq(&g->id.src, &sa->id.src)))
		return BROKER_NOT_GRANTED;
	if (!sa->outbound && !g->reserved)
		return BROKER_TWICE;
	return judge_sa(&b->in_force, sa, out);
}

void broker_added(struct broker *b, const struct ike_sa *sa, const struct broker_grant *grant)
{
	struct grant g = grant_of(sa);

	g.kernel_reqid = grant->reqid;
	grants_put(&b->grants, &g);
}

enum broker_why broker_names(const struct broker *b, const struct ike_sa_id *id)
{
	const struct grant *g = grants_find(&b->grants, id);

	return g && ip_eq(&g->id.src, &id->src) ? BROKER_OK : BROKER_NOT_GRANTED;
}

void broker_gone(struct broker *b, const struct ike_sa_id *id)
{
	grants_remove(&b->grants, id);
}

/* In transport mode the peer's address is in the selector as well. */
static void move_ends(struct ike_sa *sa, const struct ike_end *local, const struct ike_end *remote)
{
	const struct ip *was = sa->outbound ? &sa->id.dst : &sa->id.src;
	struct ip_prefix *p = &sa->sel.remote;

	if (!sa->tunnel && p->plen == ip_bits(p->net.family) && ip_eq(&p->net, was))
		p->net = remote->ip;
	sa->id.src = sa->outbound ? local->ip : remote->ip;
	sa->id.dst = sa->outbound ? remote->ip : local->ip;
	sa->encap_sport = sa->outbound ? local->port : remote->port;
	sa->encap_dport = sa->outbound ? remote->port : local->port;
}

enum broker_why broker_move(const struct broker *b, const struct ike_sa_id *id, const struct ike_end *local,
    const struct ike_end *remote, struct ike_sa *out, struct broker_grant *grant)
{
	const struct grant *g = grants_find(&b->grants, id), *there;

	if (broker_names(b, id) != BROKER_OK || g->reserved || !g->udp_encap)
		return BROKER_NOT_GRANTED;
	*out = grant_sa(g);
	if (local->ip.family != id->dst.family || remote->ip.family != id->dst.family)
		return BROKER_ENDS;
	move_ends(out, local, remote);
	there = grants_find(&b->grants, &out->id);
	if (there && there != g)
		return BROKER_TWICE;
	return judge_sa(&b->in_force, out, grant);
}

void broker_moved(struct broker *b, const struct ike_sa_id *old, const struct ike_sa *now,
    const struct broker_grant *grant)
{
	grants_remove(&b->grants, old);
	broker_added(b, now, grant);
}

size_t broker_count(const struct broker *b)
{
	return b->grants.n;
}

/* --- after a change of plan -------------------------------------------------------------------------------------- */

/* Keys that one rule's template waited for are not another's. */
static bool is_stale(const struct broker *b, const struct grant *g)
{
	struct ike_sa sa = grant_sa(g);
	struct broker_grant now;

	return judge_sa(&b->in_force, &sa, &now) != BROKER_OK || now.reqid != g->kernel_reqid;
}

static bool has_keys(const struct grant *g)
{
	return g->id.dst.family != IP_NONE && !g->reserved;
}

size_t broker_stale(const struct broker *b, struct ike_sa_id **out)
{
	size_t n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; i < b->grants.cap; i++) {
		const struct grant *g = &b->grants.v[i];

		if (!has_keys(g) || !is_stale(b, g))
			continue;
		GROW(*out, n, cap);
		(*out)[n++] = g->id;
	}
	return n;
}

static int prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int c = ip_cmp(&a->net, &b->net);

	return c ? c : (a->plen > b->plen) - (a->plen < b->plen);
}

/* By what the kernel identifies a policy by, and then by what it is. */
int broker_policy_cmp(const struct broker_policy *x, const struct broker_policy *y)
{
	uint64_t p = (uint64_t)x->dir << 48 | (uint64_t)x->sel.protocol << 40 | (uint64_t)x->sel.local_port << 16 | x->sel.remote_port;
	uint64_t q = (uint64_t)y->dir << 48 | (uint64_t)y->sel.protocol << 40 | (uint64_t)y->sel.local_port << 16 | y->sel.remote_port;
	int c = (p > q) - (p < q);

	c = c ? c : prefix_cmp(&x->sel.local, &y->sel.local);
	c = c ? c : prefix_cmp(&x->sel.remote, &y->sel.remote);
	c = c ? c : (x->ah > y->ah) - (x->ah < y->ah);
	return c ? c : (x->esp > y->esp) - (x->esp < y->esp);
}

static int policy_cmp(const void *a, const void *b)
{
	return broker_policy_cmp(a, b);
}

size_t broker_policies(const struct broker *b, struct broker_policy **out)
{
	size_t n = 0, cap = 0, kept = 0;

	*out = NULL;
	for (size_t i = 0; i < b->grants.cap; i++) {
		struct ike_sa sa = grant_sa(&b->grants.v[i]);
		struct broker_grant now;

		if (!has_keys(&b->grants.v[i]) || judge_sa(&b->in_force, &sa, &now) != BROKER_OK || !now.policy.needed)
			continue;
		GROW(*out, n, cap);
		now.policy.users = 1;
		(*out)[n++] = now.policy;
	}
	if (n)
		qsort(*out, n, sizeof **out, policy_cmp);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || policy_cmp(&(*out)[kept - 1], &(*out)[i]) != 0)
			(*out)[kept++] = (*out)[i];
		else
			(*out)[kept - 1].users++;
	return kept;
}

bool broker_needs(const struct broker *b, const struct ike_sa_id *id, struct broker_policy *out)
{
	const struct grant *g = grants_find(&b->grants, id);
	struct broker_grant now;
	struct ike_sa sa;

	if (!g || !has_keys(g))
		return false;
	sa = grant_sa(g);
	if (judge_sa(&b->in_force, &sa, &now) != BROKER_OK || !now.policy.needed)
		return false;
	*out = now.policy;
	return true;
}

static struct broker_id id_of(const struct grant *g)
{
	bool keys = has_keys(g);

	return (struct broker_id){.id = g->id, .keys = keys, .outbound = keys && g->outbound, .tunnel = keys && g->tunnel,
	    .bundle = keys && g->bundle};
}

size_t broker_granted(const struct broker *b, struct broker_id **out)
{
	size_t n = 0;

	*out = xcalloc(b->grants.n + 1, sizeof **out);
	for (size_t i = 0; i < b->grants.cap; i++)
		if (b->grants.v[i].id.dst.family != IP_NONE)
			(*out)[n++] = id_of(&b->grants.v[i]);
	return n;
}

bool broker_find(const struct broker *b, const struct ike_sa_id *id, struct broker_id *out)
{
	if (broker_names(b, id) != BROKER_OK)
		return false;
	*out = id_of(grants_find(&b->grants, id));
	return true;
}

size_t broker_waiting(const struct broker *b)
{
	return b->grants.nreserved;
}

/* --- traffic in clear ---------------------------------------------------------------------------------------------- */

static struct broker_soft *find_soft(const struct broker *b, uint64_t id)
{
	for (size_t i = 0; i < b->nsoft; i++)
		if (b->soft[i].id == id)
			return &b->soft[i];
	return NULL;
}

enum broker_why broker_soft_add(const struct broker *b, uint64_t id, const struct ike_selector *sel, uint32_t reqid,
    struct dur life)
{
	if (find_soft(b, id))
		return BROKER_TWICE;
	if (b->nsoft >= BROKER_SOFT_MAX)
		return BROKER_FULL;
	return judge_soft(&b->in_force, sel, reqid, life, &(struct broker_soft){0});
}

void broker_soft_added(struct broker *b, uint64_t id, const struct ike_selector *sel, uint32_t reqid, struct dur life)
{
	GROW(b->soft, b->nsoft, b->cap_soft);
	b->soft[b->nsoft++] = (struct broker_soft){.id = id, .sel = *sel, .reqid = reqid, .life = life};
}

enum broker_why broker_soft_names(const struct broker *b, uint64_t id, struct ike_selector *sel)
{
	const struct broker_soft *s = find_soft(b, id);

	if (!s)
		return BROKER_NOT_GRANTED;
	*sel = s->sel;
	return BROKER_OK;
}

void broker_soft_gone(struct broker *b, uint64_t id)
{
	struct broker_soft *s = find_soft(b, id);

	if (s)
		*s = b->soft[--b->nsoft];
}

size_t broker_softs(const struct broker *b, struct broker_soft **out)
{
	*out = xcalloc(b->nsoft + 1, sizeof **out);
	for (size_t i = 0; i < b->nsoft; i++) {
		struct broker_soft *s = &(*out)[i];

		*s = b->soft[i];
		s->stale = judge_soft(&b->in_force, &s->sel, s->reqid, s->life, s) != BROKER_OK;
	}
	return b->nsoft;
}
