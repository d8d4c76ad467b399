/* Commands: what the kernel, the enforcer and people want of the engine. */
#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

struct qm *negotiate(struct ike *ike, const struct ike_rule *rule, const struct ike_selector *sel, const struct path *path)
{
	struct peer *peer = peer_get(ike, &path->local.ip, &path->remote.ip);
	struct mm *mm = mm_for(ike, peer, rule->mm, true);

	if (!mm)
		mm = mm_begin(ike, peer, path, rule->mm);
	if (!mm) {
		objects_peer_lost(ike, peer);
		return NULL;
	}
	return qm_begin(ike, mm, rule, sel, rule->reqid);
}

static struct ip_prefix narrowed(const struct ip_prefix *rule, const struct ip_prefix *packet, bool tunnel)
{
	return tunnel ? *rule : *packet;
}

/*
 * What is asked for: transport mode for the packet's own addresses ("specific filters", semantics §3.3), tunnel mode
 * for all of the rule; protocol and ports as the rule has them.
 */
static struct ike_selector wanted(const struct ike_rule *r, const struct ike_selector *packet)
{
	return (struct ike_selector){
	    .local = narrowed(&r->sel.local, &packet->local, r->tunnel),
	    .remote = narrowed(&r->sel.remote, &packet->remote, r->tunnel),
	    .protocol = r->sel.protocol,
	    .local_port = r->sel.local_port,
	    .remote_port = r->sel.remote_port,
	};
}

static const struct ike_rule *rule_of(const struct ike_profile *p, uint32_t reqid, const struct ike_selector *sel)
{
	for (size_t i = 0; p && i < p->nrules; i++) {
		if (p->rules[i].reqid == reqid && ike_selector_covers(&p->rules[i].sel, sel))
			return &p->rules[i];
	}
	return NULL;
}

static struct path path_to(const struct ip *local, const struct ip *remote)
{
	return (struct path){.local = {*local, IKE_PORT}, .remote = {*remote, IKE_PORT}};
}

static void refuse(struct ike *ike, uint32_t acquire, enum ike_failure why)
{
	count(ike, IKE_STAT_ACQUIRE_FAILURES);
	act_acquire_done(ike, acquire, why);
}

static bool is_pending(struct ike *ike, const struct peer *peer, uint32_t reqid, const struct ike_selector *sel)
{
	for (struct qm *q = peer ? qm_by_selector(ike, peer, reqid, sel, NULL) : NULL; q;
	     q = qm_by_selector(ike, peer, reqid, sel, q)) {
		if (q->acquired)
			return true;
	}
	return false;
}

/* It began, or somebody heard why not. */
static void begin(struct ike *ike, const struct ike_rule *rule, struct mono asked, const struct ike_cmd *c)
{
	struct path path = path_to(&c->u.acquire.local, &c->u.acquire.remote);
	struct ike_selector sel = wanted(rule, &c->u.acquire.sel);
	struct qm *qm;

	if (is_pending(ike, peer_find(ike, &path.local.ip, &path.remote.ip), rule->reqid, &sel)) {
		act_acquire_done(ike, c->u.acquire.acquire, IKE_FAIL_NEGOTIATION_PENDING);
		return;
	}
	if (ike->acquires >= ACQUIRES_MAX) {
		refuse(ike, c->u.acquire.acquire, IKE_FAIL_MM_ACQUIRE_DROP);
		return;
	}
	qm = negotiate(ike, rule, &sel, &path);
	if (!qm) {
		refuse(ike, c->u.acquire.acquire, IKE_FAIL_NO_MM_POLICY);
		return;
	}
	qm_set_acquire(ike, qm, c->u.acquire.acquire, asked);
	soft_plan(ike, qm);
}

static void acquire(struct ike *ike, const struct ike_cmd *c)
{
	const struct ike_rule *rule = rule_of(ike->profile, c->u.acquire.reqid, &c->u.acquire.sel);

	count(ike, IKE_STAT_TOTAL_ACQUIRE);
	if (rule) {
		begin(ike, rule, ike->now, c);
		return;
	}
	refuse(ike, c->u.acquire.acquire, IKE_FAIL_NO_POLICY);
	stalled_keep(ike, ike->now, c);
}

/* The peer may have made one meanwhile. */
static bool is_there(struct ike *ike, const struct peer *peer, uint32_t reqid, const struct ike_selector *sel)
{
	for (struct qm *q = peer ? qm_by_selector(ike, peer, reqid, sel, NULL) : NULL; q;
	     q = qm_by_selector(ike, peer, reqid, sel, q)) {
		if (q->x.state == QM_UP || q->soft)
			return true;
	}
	return false;
}

void acquire_again(struct ike *ike, struct mono asked, const struct ike_cmd *c)
{
	const struct ike_rule *rule = rule_of(ike->profile, c->u.acquire.reqid, &c->u.acquire.sel);
	const struct peer *peer = peer_find(ike, &c->u.acquire.local, &c->u.acquire.remote);
	struct ike_selector sel;

	if (!rule) {
		stalled_keep(ike, asked, c);
		return;
	}
	sel = wanted(rule, &c->u.acquire.sel);
	if (!is_there(ike, peer, rule->reqid, &sel))
		begin(ike, rule, asked, c);
}

static void expire(struct ike *ike, const struct ike_cmd *c)
{
	const struct ike_sa_id *sa = &c->u.expire.sa;
	struct ref *r = ref_find(ike, &sa->dst, sa->protocol, sa->spi);

	if (!r || r->qm->x.state != QM_UP)
		return;
	if (c->u.expire.why != IKE_OK)
		qm_down(ike, r->qm, c->u.expire.why, true);
	else
		rekey_qm(ike, r->qm);
}

/*
 * Somebody sends with an SPI that we do not have: one of us lost its memory. With a main mode the peer is told; without
 * one, we make one, and its initial contact clears the peer's table (semantics §5.5). Packets of an unknown SPI are
 * not authentic, so it is done rarely, and only for peers that a rule names.
 */
static void bad_spi(struct ike *ike, const struct ike_cmd *c)
{
	const struct ip *local = &c->u.bad_spi.local, *remote = &c->u.bad_spi.remote;
	const struct ike_mm_policy *policy = ike->profile ? ike_profile_mm(ike->profile, local, remote) : NULL;
	struct path path = path_to(local, remote);
	struct peer *peer;
	struct mm *mm;

	count_q(ike, IKE_QSTAT_BAD_SPI);
	if (!policy || policy == ike->profile->default_mm || ref_find(ike, local, c->u.bad_spi.protocol, c->u.bad_spi.spi))
		return;
	peer = peer_find(ike, local, remote);
	mm = peer ? mm_for(ike, peer, NULL, true) : NULL;
	if (peer && peer->recovered.ms && dur_s(mono_since(peer->recovered, ike->now)) < BAD_SPI_S)
		return;
	if (!mm && !may_tell(ike))
		return;
	peer = peer_get(ike, local, remote);
	peer->recovered = ike->now;
	if (mm)
		info_delete_spi(ike, mm, c->u.bad_spi.protocol, c->u.bad_spi.spi);
	else if (!mm_begin(ike, peer, &path, policy))
		objects_peer_lost(ike, peer);
}

static void mapping(struct ike *ike, const struct ike_cmd *c)
{
	const struct ike_sa_id *sa = &c->u.mapping.sa;
	struct ref *r = ref_find(ike, &sa->dst, sa->protocol, sa->spi);

	if (r)
		natt_mapping(ike, r->qm, &c->u.mapping.remote);
}

static bool is_meant(const struct ike_cmd *c, uint64_t mmsa, uint64_t qmsa, const struct path *p)
{
	bool all = !c->u.del.mmsa && !c->u.del.qmsa;

	return (c->u.del.peer.family == IP_NONE || ip_eq(&c->u.del.peer, &p->remote.ip)) &&
	       (all || (c->u.del.mmsa && c->u.del.mmsa == mmsa) || (c->u.del.qmsa && c->u.del.qmsa == qmsa));
}

static void del(struct ike *ike, const struct ike_cmd *c, enum ike_failure why)
{
	RING_EACH(&ike->qms, r) {
		struct qm *qm = OWNER(struct qm, all, r);

		if (is_meant(c, qm->mm ? qm->mm->id : 0, qm->id, &qm->path))
			qm_down(ike, qm, why, true);
	}
	RING_EACH(&ike->mms, r) {
		struct mm *mm = OWNER(struct mm, all, r);

		if (!is_meant(c, mm->id, 0, &mm->path))
			continue;
		if (mm->x.state == MM_UP)
			mm_down(ike, mm, why, true);
		else if (mm->x.state != MM_ENDING)
			mm_fail(ike, mm, why, false, NULL);
	}
}

static void shut_down(struct ike *ike)
{
	struct ike_cmd all = {.kind = IKE_CMD_DELETE};

	ike->closed = true; /* deletes go out once then */
	del(ike, &all, IKE_FAIL_SHUTTING_DOWN);
}

void ike_command(struct ike *ike, struct mono now, const struct ike_cmd *c)
{
	if (mono_before(ike->now, now))
		ike->now = now;
	switch (c->kind) {
	case IKE_CMD_PROFILE:
		policy_change(ike, c->u.profile);
		break;
	case IKE_CMD_ACQUIRE:
		if (ike->closed)
			refuse(ike, c->u.acquire.acquire, IKE_FAIL_SHUTTING_DOWN);
		else
			acquire(ike, c);
		break;
	case IKE_CMD_EXPIRE:
		expire(ike, c);
		break;
	case IKE_CMD_BAD_SPI:
		if (!ike->closed)
			bad_spi(ike, c);
		break;
	case IKE_CMD_MAPPING:
		mapping(ike, c);
		break;
	case IKE_CMD_DELETE:
		del(ike, c, IKE_FAIL_RPC_DELETE);
		break;
	case IKE_CMD_SHUTDOWN:
		shut_down(ike);
		break;
	case IKE_CMD_LOGGING:
		ike->trace = c->u.trace;
		break;
	}
	objects_reap(ike);
	arena_reset(&ike->arena);
}
