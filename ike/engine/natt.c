/*
 * NAT traversal: RFC 3947 and its draft 02 (semantics §5.3), keepalives and new mappings (RFC 3948 §2.3, RFC 3947 §4).
 */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

/* --- detection ------------------------------------------------------------------------------------------------------- */

/* RFC 3947 §3.2: HASH(CKY-I | CKY-R | IP | Port). */
static int natd(struct ike *ike, const struct mm *mm, const struct ike_end *end, uint8_t out[CRYPTO_HASH_MAX])
{
	uint8_t port[2] = {(uint8_t)(end->port >> 8), (uint8_t)end->port};
	struct span parts[] = {span_of(mm->cookie, sizeof mm->cookie), span_of(end->ip.b, ip_bits(end->ip.family) / 8),
	    span_of(port, sizeof port)};

	return ike->crypto->hash(ike->crypto->ctx, mm->keys.hash, parts, N_OF(parts), out);
}

static void put_one(struct step *s, const struct ike_end *end)
{
	uint8_t *bytes = arena_alloc(&s->ike->arena, CRYPTO_HASH_MAX);

	if (natd(s->ike, s->mm, end, bytes) == 0)
		ike_msg_add(&s->out, s->mm->natt_draft ? IKE_P_NATD_02 : IKE_P_NATD)->u.data =
		    span_of(bytes, crypto_hash_len(s->mm->keys.hash));
}

void natt_put(struct step *s)
{
	if (!s->mm->may_natt)
		return;
	put_one(s, &s->mm->path.remote); /* first the other end, then our own */
	put_one(s, &s->mm->path.local);
}

static bool is_end(struct step *s, const struct ike_payload *p, const struct ike_end *end)
{
	uint8_t want[CRYPTO_HASH_MAX];

	return natd(s->ike, s->mm, end, want) == 0 && span_eq(p->u.data, span_of(want, crypto_hash_len(s->mm->keys.hash)));
}

void natt_read(struct step *s)
{
	struct mm *mm = s->mm;
	const struct ike_payload *p = ike_msg_find(s->in, IKE_P_NATD, 0);
	bool seen_remote = false;

	mm->may_natt = mm->may_natt && p;
	if (!mm->may_natt)
		return;
	mm->local_nat = !is_end(s, p, &s->dgram->local);
	while ((p = ike_msg_find(s->in, IKE_P_NATD, (size_t)(p - s->in->v) + 1)) != NULL)
		seen_remote = seen_remote || is_end(s, p, &s->dgram->remote);
	mm->remote_nat = !seen_remote;
}

static bool has_nat(const struct mm *mm)
{
	return mm->may_natt && (mm->local_nat || mm->remote_nat);
}

void natt_float(struct mm *mm)
{
	if (!has_nat(mm) || mm->path.natt)
		return;
	mm->path.natt = true;
	mm->path.local.port = mm->path.remote.port = NATT_PORT;
}

/* --- moving -------------------------------------------------------------------------------------------------------------- */

static bool end_eq(const struct ike_end *a, const struct ike_end *b)
{
	return ip_eq(&a->ip, &b->ip) && a->port == b->port;
}

static void move_one(struct ike *ike, const struct qm *qm, const struct ref *ref, bool outbound, const struct ike_end *remote)
{
	const struct ip *local = &qm->path.local.ip, *was = &qm->path.remote.ip;
	struct queued *q = queue_add(ike, IKE_DO_SA_MOVE, 0);

	q->a.u.move.sa = (struct ike_sa_id){outbound ? *local : *was, outbound ? *was : *local, ref->protocol, ref->spi};
	q->a.u.move.local = qm->path.local;
	q->a.u.move.remote = *remote;
}

static void follow(struct ike *ike, struct qm *qm, const struct ike_end *remote)
{
	struct mm *mm = qm->mm;

	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (qm->in[i].spi)
			move_one(ike, qm, &qm->in[i], false, remote);
		if (qm->out[i].spi)
			move_one(ike, qm, &qm->out[i], true, remote);
	}
	if (mm && end_eq(&mm->path.remote, &qm->path.remote))
		mm->path.remote = *remote;
	qm->path.remote = *remote;
	qm->peer->natt.remote = *remote;
}

static bool may_move(const struct qm *qm)
{
	return qm->encap && qm->x.state == QM_UP;
}

void natt_mapping(struct ike *ike, struct qm *qm, const struct ike_end *remote)
{
	const struct ike_end was = qm->path.remote;

	if (!may_move(qm) || end_eq(&was, remote))
		return;
	/* The selector of transport mode is the address, the rule of a tunnel names it; and now it is another one. */
	if (!ip_eq(&was.ip, &remote->ip)) {
		qm_down(ike, qm, IKE_FAIL_BENIGN_REINIT, true);
		return;
	}
	/* IKE and all associations are one flow to the NAT (RFC 3948 §2.1); behind the same address there may be others. */
	RING_EACH(&qm->peer->qms, r) {
		struct qm *it = OWNER(struct qm, in_peer, r);

		if (may_move(it) && end_eq(&it->path.remote, &was))
			follow(ike, it, remote);
	}
}

void natt_moved(struct ike *ike, struct mm *mm, const struct ike_dgram *d)
{
	if (!mm->may_natt || !d->natt || (mm->path.natt && end_eq(&mm->path.remote, &d->remote)))
		return;
	/* Who floats sees a NAT, even if we do not: NAT-D payloads are not authentic, but this message is. */
	mm->remote_nat = mm->remote_nat || !has_nat(mm);
	/* With another address it is another peer to everything that goes by addresses: it will begin anew. */
	if (!ip_eq(&mm->path.remote.ip, &d->remote.ip))
		return;
	mm->path = path_of(d);
	mm->peer->natt.remote = d->remote;
	RING_EACH(&mm->qms, r)
		natt_mapping(ike, OWNER(struct qm, in_mm, r), &d->remote);
}

/* --- keepalives --------------------------------------------------------------------------------------------------------------- */

static bool needs_keepalive(const struct peer *p)
{
	RING_EACH(&p->mms, r) {
		const struct mm *mm = OWNER(struct mm, in_peer, r);

		if (mm->x.state == MM_UP && mm->path.natt && mm->local_nat)
			return true;
	}
	RING_EACH(&p->qms, r) {
		if (OWNER(struct qm, in_peer, r)->encap)
			return true;
	}
	return false;
}

static void keepalive_fire(struct ike *ike, struct timer *t)
{
	static const uint8_t byte[] = {0xFF}; /* RFC 3948 §2.3 */
	struct peer *p = OWNER(struct peer, keepalive, t);

	if (!needs_keepalive(p))
		return;
	send_raw(ike, &p->natt, span_of(byte, 1), true);
	heap_arm(&ike->heap, t, mono_add(ike->now, DUR_S(KEEPALIVE_S)));
}

void natt_init(struct peer *peer)
{
	peer->keepalive.fire = keepalive_fire;
}

void natt_keepalive(struct ike *ike, struct mm *mm)
{
	if (!mm || !mm->path.natt || !mm->local_nat)
		return;
	mm->peer->natt = mm->path;
	if (!mm->peer->keepalive.place)
		heap_arm(&ike->heap, &mm->peer->keepalive, mono_add(ike->now, DUR_S(KEEPALIVE_S)));
}

/* --- original addresses -------------------------------------------------------------------------------------------------------- */

static void put_oa(struct step *s, const struct ip *ip)
{
	uint8_t *store = arena_alloc(&s->ike->arena, 32);

	ike_msg_add(&s->out, s->mm->natt_draft ? IKE_P_NATOA_02 : IKE_P_NATOA)->u.id =
	    ike_id_of_prefix(ip, ip_bits(ip->family), 0, 0, store);
}

/* RFC 3947 §5.2: the initiator's address, then the responder's; draft 02: the sender's, when it is behind a NAT. */
void natt_put_original(struct step *s)
{
	const struct path *p = &s->mm->path;

	if (!s->qm->encap || s->qm->tunnel)
		return;
	if (s->mm->natt_draft) {
		if (s->mm->local_nat)
			put_oa(s, &p->local.ip);
		return;
	}
	put_oa(s, s->x->initiator ? &p->local.ip : &p->remote.ip);
	put_oa(s, s->x->initiator ? &p->remote.ip : &p->local.ip);
}

void natt_read_original(struct step *s)
{
	const struct ike_payload *p = ike_msg_find(s->in, IKE_P_NATOA, 0);
	struct ip lo, hi;

	if (p && !s->mm->natt_draft && s->x->initiator)
		p = ike_msg_find(s->in, IKE_P_NATOA, (size_t)(p - s->in->v) + 1);
	if (p && ike_id_range(&p->u.id, &lo, &hi) && lo.family == s->mm->path.remote.ip.family &&
	    !ip_eq(&lo, &s->mm->path.remote.ip))
		s->qm->original = lo;
}
