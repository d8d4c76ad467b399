/* Peers, main modes and quick modes: made, found, freed. Every look-up goes through a table. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

void blob_clear(struct blob *b)
{
	secret_wipe(b->p, b->n);
	free(b->p);
	*b = (struct blob){NULL, 0};
}

void blob_set(struct blob *b, struct span s)
{
	blob_clear(b);
	if (!s.n)
		return;
	b->p = xcalloc(1, s.n);
	memcpy(b->p, s.p, s.n);
	b->n = s.n;
}

/* --- keys of tables ---------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const struct ike *ike, const struct wr *w)
{
	return hash_bytes(&ike->key, wr_done(w));
}

static void put_ip(struct wr *w, const struct ip *ip)
{
	wr_u8(w, ip->family);
	wr_bytes(w, ip->b, sizeof ip->b);
}

static uint64_t hash_ips(const struct ike *ike, const struct ip *a, const struct ip *b)
{
	uint8_t bytes[2 * sizeof(struct ip)];
	struct wr w = wr_of(bytes, sizeof bytes);

	put_ip(&w, a);
	put_ip(&w, b);
	return hash_of(ike, &w);
}

static uint64_t hash_cookie(const struct ike *ike, const uint8_t *cookie)
{
	return hash_bytes(&ike->key, span_of(cookie, IKE_COOKIE_LEN));
}

static uint64_t hash_start(const struct ike *ike, const uint8_t *icookie, const struct ip *remote)
{
	uint8_t bytes[IKE_COOKIE_LEN + sizeof(struct ip)];
	struct wr w = wr_of(bytes, sizeof bytes);

	wr_bytes(&w, icookie, IKE_COOKIE_LEN);
	put_ip(&w, remote);
	return hash_of(ike, &w);
}

static uint64_t hash_sel(const struct ike *ike, const struct peer *peer, uint32_t reqid, const struct ike_selector *sel)
{
	uint8_t bytes[64 + 4 * sizeof(struct ip)];
	struct wr w = wr_of(bytes, sizeof bytes);

	put_ip(&w, &peer->remote);
	wr_u32(&w, reqid);
	put_ip(&w, &sel->local.net);
	put_ip(&w, &sel->remote.net);
	wr_u8(&w, sel->local.plen);
	wr_u8(&w, sel->remote.plen);
	wr_u8(&w, sel->protocol);
	wr_u16(&w, sel->local_port);
	wr_u16(&w, sel->remote_port);
	return hash_of(ike, &w);
}

static uint64_t hash_spi(const struct ike *ike, const struct ip *dst, uint8_t protocol, uint32_t spi)
{
	uint8_t bytes[8 + sizeof(struct ip)];
	struct wr w = wr_of(bytes, sizeof bytes);

	put_ip(&w, dst);
	wr_u8(&w, protocol);
	wr_u32(&w, spi);
	return hash_of(ike, &w);
}

/* --- peers ------------------------------------------------------------------------------------------------------- */

struct peer *peer_find(struct ike *ike, const struct ip *local, const struct ip *remote)
{
	for (struct node *n = table_first(&ike->peers, hash_ips(ike, local, remote)); n; n = table_next(n)) {
		struct peer *p = OWNER(struct peer, by_ip, n);

		if (ip_eq(&p->local, local) && ip_eq(&p->remote, remote))
			return p;
	}
	return NULL;
}

struct peer *peer_get(struct ike *ike, const struct ip *local, const struct ip *remote)
{
	struct peer *p = peer_find(ike, local, remote);

	if (p)
		return p;
	p = xcalloc(1, sizeof *p);
	p->local = *local;
	p->remote = *remote;
	ring_init(&p->mms);
	ring_init(&p->qms);
	ring_init(&p->dead);
	natt_init(p);
	table_add(&ike->peers, &p->by_ip, hash_ips(ike, local, remote));
	return p;
}

void objects_peer_lost(struct ike *ike, struct peer *p)
{
	if (ring_is_empty(&p->mms) && ring_is_empty(&p->qms)) {
		ring_del(&p->dead);
		ring_add(&ike->dead_peers, &p->dead);
	}
}

/* It may have got something new since. */
static void peer_reap(struct ike *ike, struct peer *p)
{
	ring_del(&p->dead);
	if (!ring_is_empty(&p->mms) || !ring_is_empty(&p->qms))
		return;
	table_del(&ike->peers, &p->by_ip);
	heap_disarm(&ike->heap, &p->keepalive);
	free(p);
}

void objects_reap(struct ike *ike)
{
	RING_EACH(&ike->dead_qms, r)
		free(OWNER(struct qm, all, r));
	ring_init(&ike->dead_qms);
	RING_EACH(&ike->dead_mms, r)
		free(OWNER(struct mm, all, r));
	ring_init(&ike->dead_mms);
	RING_EACH(&ike->dead_peers, r)
		peer_reap(ike, OWNER(struct peer, dead, r));
}

/* --- main modes ---------------------------------------------------------------------------------------------------- */

static void reasm_fire(struct ike *ike, struct timer *t)
{
	mm_drop_reasm(ike, OWNER(struct mm, reasm_timer, t));
}

struct mm *mm_new(struct ike *ike, struct peer *peer, const struct path *path, const struct ike_mm_policy *policy,
    bool initiator)
{
	struct mm *mm = xcalloc(1, sizeof *mm);

	xchg_init(&mm->x, false, initiator, 0);
	mm->peer = peer;
	mm->path = *path;
	mm->policy = policy;
	mm->since = mm->heard = ike->now;
	mm->up_at = mm->until = MONO_NEVER;
	mm->id = ++ike->last_id;
	mm->setup = xcalloc(1, sizeof *mm->setup);
	mm->life.fire = rekey_mm_fire;
	mm->dpd.fire = dpd_fire;
	mm->reasm_timer.fire = reasm_fire;
	ring_init(&mm->qms);
	ring_init(&mm->reliable);
	ring_init(&mm->ops);
	ring_init(&mm->all);
	ring_init(&mm->in_peer);
	ring_add(&ike->mms, &mm->all);
	ring_add(&peer->mms, &mm->in_peer);
	peer->nmms++;
	table_add(&ike->mm_ids, &mm->by_id, mm->id);
	if (!initiator) {
		mm->half_open = true;
		ike->half_open++;
		peer->half_open++;
	}
	ike->stats.ike[IKE_STAT_ISADB_SIZE]++;
	return mm;
}

/* Our own cookie is the one that nobody else chooses. */
void mm_index(struct ike *ike, struct mm *mm)
{
	table_add(&ike->mm_cookies, &mm->by_cookie, hash_cookie(ike, mm->cookie[mm->x.initiator ? 0 : 1]));
	if (!mm->x.initiator)
		table_add(&ike->mm_starts, &mm->by_start, hash_start(ike, mm->cookie[0], &mm->path.remote.ip));
}

static bool same_cookie(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, IKE_COOKIE_LEN) == 0;
}

struct mm *mm_find(struct ike *ike, const struct ike_header *h)
{
	const uint8_t *cookies[2] = {h->icookie, h->rcookie};

	for (size_t i = 0; i < 2; i++) {
		for (struct node *n = table_first(&ike->mm_cookies, hash_cookie(ike, cookies[i])); n; n = table_next(n)) {
			struct mm *mm = OWNER(struct mm, by_cookie, n);

			if (mm->x.initiator != (i == 0) || !same_cookie(mm->cookie[i], cookies[i]))
				continue;
			/* An initiator learns the other cookie from main mode 2. */
			if (same_cookie(mm->cookie[1 - i], cookies[1 - i]) ||
			    (mm->x.state == MM_SA_SENT && i == 0))
				return mm;
		}
	}
	return NULL;
}

struct mm *mm_find_start(struct ike *ike, const struct ike_header *h, const struct ike_dgram *d)
{
	uint64_t hash = hash_start(ike, h->icookie, &d->remote.ip);

	for (struct node *n = table_first(&ike->mm_starts, hash); n; n = table_next(n)) {
		struct mm *mm = OWNER(struct mm, by_start, n);

		if (same_cookie(mm->cookie[0], h->icookie) && ip_eq(&mm->path.remote.ip, &d->remote.ip))
			return mm;
	}
	return NULL;
}

void mm_closed(struct ike *ike, struct mm *mm)
{
	if (!mm->half_open)
		return;
	mm->half_open = false;
	ike->half_open--;
	mm->peer->half_open--;
}

void mm_drop_setup(struct ike *ike, struct mm *mm)
{
	struct mm_setup *s = mm->setup;

	if (!s)
		return;
	ike->crypto->dh_free(ike->crypto->ctx, s->dh);
	for (size_t i = 0; i < 2; i++) {
		blob_clear(&s->gx[i]);
		blob_clear(&s->nonce[i]);
	}
	blob_clear(&s->sai);
	blob_clear(&s->held);
	heap_disarm(&ike->heap, &s->spare);
	shared_clear(&s->gxy);
	free(s);
	mm->setup = NULL;
}

void mm_drop_reasm(struct ike *ike, struct mm *mm)
{
	heap_disarm(&ike->heap, &mm->reasm_timer);
	if (!mm->reasm)
		return;
	ike_reasm_reset(mm->reasm);
	free(mm->reasm);
	mm->reasm = NULL;
	ike->reasms--;
}

void mm_free(struct ike *ike, struct mm *mm)
{
	struct peer *peer = mm->peer;

	if (mm->x.state == ST_DEAD)
		return;
	mm->x.state = ST_DEAD;
	RING_EACH(&mm->qms, r)
		qm_attach(OWNER(struct qm, in_mm, r), NULL);
	RING_EACH(&mm->reliable, r)
		reliable_free(ike, OWNER(struct reliable, in_mm, r));
	op_orphan_all(ike, &mm->ops);
	mm_closed(ike, mm);
	mm_drop_setup(ike, mm);
	mm_drop_reasm(ike, mm);
	xchg_fini(ike, &mm->x);
	heap_disarm(&ike->heap, &mm->life);
	heap_disarm(&ike->heap, &mm->dpd);
	table_del(&ike->mm_cookies, &mm->by_cookie);
	table_del(&ike->mm_starts, &mm->by_start);
	table_del(&ike->mm_ids, &mm->by_id);
	ring_del(&mm->all);
	ring_del(&mm->in_peer);
	peer->nmms--;
	free(mm->remote_id);
	mm->remote_id = NULL;
	ike_keys_clear(&mm->keys);
	ring_add(&ike->dead_mms, &mm->all);
	ike->stats.ike[IKE_STAT_ISADB_SIZE]--;
	objects_peer_lost(ike, peer);
}

struct mm *mm_for(struct ike *ike, struct peer *peer, const struct ike_mm_policy *policy, bool begun)
{
	(void)ike;
	for (struct ring *r = peer->mms.prev; r != &peer->mms; r = r->prev) {
		struct mm *mm = OWNER(struct mm, in_peer, r);

		if (mm->spent || mm->x.state == MM_ENDING || (policy && !ike_mm_policy_eq(mm->policy, policy)))
			continue;
		if (mm->x.state == MM_UP || (begun && mm->x.initiator))
			return mm;
	}
	return NULL;
}

/* --- quick modes ------------------------------------------------------------------------------------------------------ */

static void ref_init(struct ref *r, struct qm *qm, size_t which, bool out)
{
	r->qm = qm;
	r->protocol = which == AH ? IKE_PROTO_AH : IKE_PROTO_ESP;
	r->out = out;
}

struct qm *qm_new(struct ike *ike, struct peer *peer, const struct path *path, bool initiator, uint32_t msgid)
{
	struct qm *qm = xcalloc(1, sizeof *qm);

	xchg_init(&qm->x, true, initiator, msgid);
	qm->peer = peer;
	qm->path = *path;
	qm->since = qm->last_used = ike->now;
	qm->up_at = qm->until = MONO_NEVER;
	qm->id = ++ike->last_id;
	qm->setup = xcalloc(1, sizeof *qm->setup);
	qm->life.fire = rekey_qm_fire;
	qm->watch.fire = watch_fire;
	qm->fallback.fire = soft_fire;
	for (size_t i = 0; i < PROTOCOLS; i++) {
		ref_init(&qm->in[i], qm, i, false);
		ref_init(&qm->out[i], qm, i, true);
	}
	ring_init(&qm->ops);
	ring_init(&qm->all);
	ring_init(&qm->in_peer);
	ring_init(&qm->in_mm);
	ring_add(&ike->qms, &qm->all);
	ring_add(&peer->qms, &qm->in_peer);
	table_add(&ike->qm_ids, &qm->by_id, qm->id);
	ike->stats.ike[IKE_STAT_CONN_LIST_SIZE]++;
	return qm;
}

void qm_attach(struct qm *qm, struct mm *mm)
{
	ring_del(&qm->in_mm);
	qm->mm = mm;
	if (mm)
		ring_add(&mm->qms, &qm->in_mm);
}

void qm_set_selector(struct ike *ike, struct qm *qm, uint32_t reqid, const struct ike_selector *sel)
{
	qm->reqid = reqid;
	qm->sel = *sel;
	table_add(&ike->qm_sels, &qm->by_sel, hash_sel(ike, qm->peer, reqid, sel));
}

struct qm *qm_by_selector(struct ike *ike, const struct peer *peer, uint32_t reqid, const struct ike_selector *sel,
    const struct qm *from)
{
	struct node *n = from ? table_next(&from->by_sel) : table_first(&ike->qm_sels, hash_sel(ike, peer, reqid, sel));

	for (; n; n = table_next(n)) {
		struct qm *qm = OWNER(struct qm, by_sel, n);

		if (qm->peer == peer && qm->reqid == reqid && ike_selector_eq(&qm->sel, sel))
			return qm;
	}
	return NULL;
}

struct qm *qm_by_msgid(struct mm *mm, uint32_t msgid)
{
	RING_EACH(&mm->qms, r) {
		struct qm *qm = OWNER(struct qm, in_mm, r);

		if (qm->x.msgid == msgid && !qm->soft)
			return qm;
	}
	return NULL;
}

void qm_drop_setup(struct ike *ike, struct qm *qm)
{
	struct qm_setup *s = qm->setup;

	if (!s)
		return;
	ike->crypto->dh_free(ike->crypto->ctx, s->dh);
	for (size_t i = 0; i < 2; i++)
		blob_clear(&s->nonce[i]);
	blob_clear(&s->public_value);
	blob_clear(&s->request);
	shared_clear(&s->gxy);
	free(s);
	qm->setup = NULL;
}

void qm_free(struct ike *ike, struct qm *qm)
{
	struct peer *peer = qm->peer;

	if (qm->x.state == ST_DEAD)
		return;
	qm->x.state = ST_DEAD;
	qm_attach(qm, NULL);
	op_orphan_all(ike, &qm->ops);
	qm_drop_setup(ike, qm);
	xchg_fini(ike, &qm->x);
	heap_disarm(&ike->heap, &qm->life);
	heap_disarm(&ike->heap, &qm->watch);
	heap_disarm(&ike->heap, &qm->fallback);
	for (size_t i = 0; i < PROTOCOLS; i++) {
		ref_clear(ike, &qm->in[i]);
		ref_clear(ike, &qm->out[i]);
	}
	table_del(&ike->qm_sels, &qm->by_sel);
	table_del(&ike->qm_ids, &qm->by_id);
	ring_del(&qm->all);
	ring_del(&qm->in_peer);
	if (!qm->soft)
		ike->stats.ike[IKE_STAT_CONN_LIST_SIZE]--;
	ring_add(&ike->dead_qms, &qm->all);
	objects_peer_lost(ike, peer);
}

/* --- SPIs ---------------------------------------------------------------------------------------------------------------- */

void ref_set(struct ike *ike, struct ref *r, const struct ip *dst, uint32_t spi)
{
	r->spi = spi;
	table_add(&ike->spis, &r->node, hash_spi(ike, dst, r->protocol, spi));
}

void ref_clear(struct ike *ike, struct ref *r)
{
	table_del(&ike->spis, &r->node);
	r->spi = 0;
	r->reserved = false;
}

struct ref *ref_find(struct ike *ike, const struct ip *dst, uint8_t protocol, uint32_t spi)
{
	for (struct node *n = table_first(&ike->spis, hash_spi(ike, dst, protocol, spi)); n; n = table_next(n)) {
		struct ref *r = OWNER(struct ref, node, n);
		const struct path *p = &r->qm->path;

		if (r->spi == spi && r->protocol == protocol && ip_eq(r->out ? &p->remote.ip : &p->local.ip, dst))
			return r;
	}
	return NULL;
}
