/*
 * Informational exchanges: notifies and deletes, plain (RFC 2409 §5.7) and answered ("reliable", semantics §5.9).
 *
 *	HDR, N                       before there are keys
 *	HDR*, HASH(1), N | D         one message, no answer, never sent again
 *	HDR*, HASH(1), Ni, D -->     <-- HDR*, HASH(2), D, Nr       to Windows and our own kind
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { RELIABLE_TRIES = 6, RELIABLE_CAP_S = 16 }; /* semantics §5.5 */

bool info_msgid_is_new(struct mm *mm, uint32_t msgid)
{
	uint32_t n = mm->nmsgids < MSGIDS ? mm->nmsgids : MSGIDS;

	for (uint32_t i = 0; i < n; i++) {
		if (mm->msgids[i] == msgid)
			return false;
	}
	mm->msgids[mm->nmsgids++ % MSGIDS] = msgid;
	return true;
}

/* --- sending --------------------------------------------------------------------------------------------------------- */

static uint32_t fresh_msgid(struct ike *ike)
{
	uint32_t id;

	do
		ike->crypto->random(ike->crypto->ctx, &id, sizeof id);
	while (id == 0);
	return id;
}

static void hash_room(struct ike *ike, const struct mm *mm, struct ike_msg *m)
{
	size_t n = crypto_hash_len(mm->keys.hash);

	ike_msg_add(m, IKE_P_HASH)->u.data = span_of(arena_alloc(&ike->arena, n), n);
}

/* The finished bytes of a message under keys with a new id; empty: not possible. */
static struct span seal(struct ike *ike, struct mm *mm, struct ike_msg *m, uint8_t iv[CRYPTO_BLOCK_MAX])
{
	struct span bytes;

	m->hdr.exchange = IKE_X_INFO;
	m->hdr.msgid = fresh_msgid(ike);
	if (ike_iv_phase2(ike->crypto, &mm->keys, mm->x.state == MM_UP || mm->x.state == MM_ENDING ? mm->last_block : mm->x.iv,
	        m->hdr.msgid, iv))
		return (struct span){NULL, 0};
	bytes = send_encode(ike, mm, m, HASH_1, (struct span){NULL, 0}, true, iv);
	if (bytes.n)
		trace_msg(ike, true, &mm->path, m);
	return bytes;
}

static void send_sealed(struct ike *ike, struct mm *mm, struct ike_msg *m)
{
	uint8_t iv[CRYPTO_BLOCK_MAX];
	struct span bytes = seal(ike, mm, m, iv);

	if (bytes.n)
		send_raw(ike, &mm->path, bytes, false);
}

void info_notify(struct ike *ike, struct mm *mm, uint8_t protocol, uint16_t type, struct span spi, struct span data)
{
	struct ike_msg m = {.n = 0};

	hash_room(ike, mm, &m);
	ike_msg_add(&m, IKE_P_NOTIFY)->u.notify =
	    (struct ike_notify){.doi = IKE_DOI_IPSEC, .protocol = protocol, .type = type, .spi = spi, .data = data};
	send_sealed(ike, mm, &m);
}

static void notify_clear(struct ike *ike, const struct path *p, const uint8_t *icookie, const uint8_t *rcookie,
    uint16_t type, struct span data)
{
	struct ike_msg m = {.hdr = {.version = IKE_VERSION, .exchange = IKE_X_INFO, .msgid = fresh_msgid(ike)}};
	struct wr w = wr_of(ike->scratch_out, sizeof ike->scratch_out);

	memcpy(m.hdr.icookie, icookie, IKE_COOKIE_LEN);
	memcpy(m.hdr.rcookie, rcookie, IKE_COOKIE_LEN);
	ike_msg_add(&m, IKE_P_NOTIFY)->u.notify =
	    (struct ike_notify){.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTO_ISAKMP, .type = type, .data = data};
	if (ike_encode(&m, 1, &w))
		return;
	trace_msg(ike, true, p, &m);
	send_raw(ike, p, wr_done(&w), false);
}

void info_notify_clear(struct ike *ike, const struct path *p, const struct ike_header *h, uint16_t type, struct span data)
{
	/* A cookie is smaller than what it answers, and the only way in while strangers flood us. */
	if (type == IKE_N_MS_DOS_COOKIE || may_tell(ike))
		notify_clear(ike, p, h->icookie, h->rcookie, type, data);
}

/*
 * To Windows and our own kind the error goes in NOTIFY-STATUS too, and both begin with the id of the quick mode, with the
 * initiator's cookie as SPI (semantics §5.9).
 */
static void failure_sealed(struct ike *ike, struct mm *mm, struct qm *qm, enum ike_failure why, uint16_t type)
{
	struct ike_msg m = {.n = 0};
	struct wr w = wr_of(arena_alloc(&ike->arena, 8), 8);
	struct ike_notify n = {.doi = IKE_DOI_IPSEC, .protocol = qm ? IKE_PROTO_ESP : IKE_PROTO_ISAKMP, .type = type};

	hash_room(ike, mm, &m);
	if (mm->peer_ms && qm) {
		wr_u32(&w, qm->x.msgid);
		n.spi = span_of(mm->cookie[0], IKE_COOKIE_LEN);
		n.data = wr_done(&w);
	}
	if (type)
		ike_msg_add(&m, IKE_P_NOTIFY)->u.notify = n;
	if (mm->peer_ms) {
		wr_u32(&w, (uint32_t)why);
		n.type = IKE_N_MS_STATUS;
		n.data = wr_done(&w);
		ike_msg_add(&m, IKE_P_NOTIFY)->u.notify = n;
	}
	if (m.n > 1)
		send_sealed(ike, mm, &m);
}

void info_failure(struct ike *ike, struct mm *mm, struct qm *qm, enum ike_failure why)
{
	uint16_t type = ike_failure_notify(why);

	if (mm->keys.key.n)
		failure_sealed(ike, mm, qm, why, type);
	else if (type && may_tell(ike))
		notify_clear(ike, &mm->path, mm->cookie[0], mm->cookie[1], type, (struct span){NULL, 0});
}

/* --- deletes we send ---------------------------------------------------------------------------------------------------- */

void reliable_free(struct ike *ike, struct reliable *r)
{
	heap_disarm(&ike->heap, &r->timer);
	ring_del(&r->in_mm);
	blob_clear(&r->sent);
	blob_clear(&r->nonce);
	free(r);
}

static void reliable_over(struct ike *ike, struct reliable *r)
{
	struct mm *mm = r->mm;

	reliable_free(ike, r);
	if (mm->x.state == MM_ENDING && ring_is_empty(&mm->reliable) && !mm->linger)
		mm_free(ike, mm);
}

static void reliable_fire(struct ike *ike, struct timer *t)
{
	struct reliable *r = OWNER(struct reliable, timer, t);
	struct dur next = retry_after(++r->tries);

	if (r->tries >= RELIABLE_TRIES) {
		reliable_over(ike, r);
		return;
	}
	send_raw(ike, &r->mm->path, blob_span(&r->sent), false);
	heap_arm(&ike->heap, t, mono_add(ike->now, next.ms > RELIABLE_CAP_S * 1000 ? DUR_S(RELIABLE_CAP_S) : next));
}

static void delete_reliably(struct ike *ike, struct mm *mm, const struct ike_delete *d)
{
	struct reliable *r = xcalloc(1, sizeof *r);
	struct ike_msg m = {.n = 0};
	uint8_t nonce[NONCE_LEN];
	struct span bytes;

	ike->crypto->random(ike->crypto->ctx, nonce, sizeof nonce);
	blob_set(&r->nonce, span_of(nonce, sizeof nonce));
	hash_room(ike, mm, &m);
	ike_msg_add(&m, IKE_P_NONCE)->u.data = blob_span(&r->nonce);
	ike_msg_add(&m, IKE_P_DELETE)->u.del = *d;
	r->mm = mm;
	r->timer.fire = reliable_fire;
	ring_init(&r->in_mm);
	ring_add(&mm->reliable, &r->in_mm);
	bytes = seal(ike, mm, &m, r->iv);
	r->msgid = m.hdr.msgid;
	blob_set(&r->sent, bytes);
	if (bytes.n)
		send_raw(ike, &mm->path, bytes, false);
	heap_arm(&ike->heap, &r->timer, mono_add(ike->now, retry_after(0)));
}

static void send_delete(struct ike *ike, struct mm *mm, const struct ike_delete *d)
{
	struct ike_msg m = {.n = 0};

	if (mm->peer_ms && mm->x.state == MM_UP && !ike->closed) {
		delete_reliably(ike, mm, d);
		return;
	}
	hash_room(ike, mm, &m);
	ike_msg_add(&m, IKE_P_DELETE)->u.del = *d;
	send_sealed(ike, mm, &m);
}

void info_delete_spi(struct ike *ike, struct mm *mm, uint8_t protocol, uint32_t spi)
{
	struct wr w = wr_of(arena_alloc(&ike->arena, 4), 4);

	if (!mm || mm->x.state != MM_UP)
		return;
	wr_u32(&w, spi);
	send_delete(ike, mm,
	    &(struct ike_delete){.doi = IKE_DOI_IPSEC, .protocol = protocol, .spi_len = 4, .nspis = 1, .spis = wr_done(&w)});
}

void info_delete_qm(struct ike *ike, struct qm *qm)
{
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (qm->in[i].spi)
			info_delete_spi(ike, qm->mm, qm->in[i].protocol, qm->in[i].spi);
	}
}

bool info_delete_mm(struct ike *ike, struct mm *mm)
{
	uint8_t *spi = arena_alloc(&ike->arena, 2 * IKE_COOKIE_LEN);

	memcpy(spi, mm->cookie, 2 * IKE_COOKIE_LEN);
	send_delete(ike, mm,
	    &(struct ike_delete){.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTO_ISAKMP, .spi_len = 2 * IKE_COOKIE_LEN,
	        .nspis = 1, .spis = span_of(spi, 2 * IKE_COOKIE_LEN)});
	return !ring_is_empty(&mm->reliable);
}

/* --- deletes we get ------------------------------------------------------------------------------------------------------- */

static void deleted_spi(struct ike *ike, struct mm *mm, uint8_t protocol, uint32_t spi)
{
	struct ref *r = ref_find(ike, &mm->path.remote.ip, protocol, spi);

	if (r && r->out && r->qm->peer == mm->peer) {
		qm_down(ike, r->qm, IKE_FAIL_SA_DELETED, false);
		return;
	}
	/* We may be about to install it. */
	RING_EACH(&mm->qms, q) {
		struct qm *qm = OWNER(struct qm, in_mm, q);

		if (qm->x.state != QM_UP && !qm->soft &&
		    spi == (protocol == IKE_PROTO_AH ? qm->choice.ah_spi : qm->choice.esp_spi)) {
			qm_fail(ike, qm, IKE_FAIL_SA_DELETED, true, NULL);
			return;
		}
	}
}

/* RFC 2408 §3.15: an ISAKMP SPI is both cookies. Only a main mode with the same peer. */
static struct mm *named(struct ike *ike, const struct mm *mm, struct span spi)
{
	struct ike_header h = {.version = IKE_VERSION};
	struct mm *found;

	memcpy(h.icookie, spi.p, IKE_COOKIE_LEN);
	memcpy(h.rcookie, spi.p + IKE_COOKIE_LEN, IKE_COOKIE_LEN);
	found = mm_find(ike, &h);
	return found && found->peer == mm->peer ? found : NULL;
}

static void got_delete(struct ike *ike, struct mm *mm, const struct ike_delete *d)
{
	struct rd r = rd_of(d->spis);

	for (size_t i = 0; i < d->nspis; i++) {
		struct span spi = rd_bytes(&r, d->spi_len);
		struct rd v = rd_of(spi);
		struct mm *gone;

		if (d->protocol != IKE_PROTO_ISAKMP && d->spi_len == 4) {
			deleted_spi(ike, mm, d->protocol, rd_u32(&v));
			continue;
		}
		gone = d->protocol == IKE_PROTO_ISAKMP && spi.n == 2 * IKE_COOKIE_LEN ? named(ike, mm, spi) : NULL;
		if (gone)
			mm_down(ike, gone, IKE_FAIL_SA_DELETED, false); /* its quick modes stay: semantics §5.9 */
	}
}

/* Says that we did it; the peer stops asking. Nothing is kept for it, a repeated question is answered again. */
static void answer_reliable(struct ike *ike, struct mm *mm, const struct ike_msg *in, uint8_t iv[CRYPTO_BLOCK_MAX])
{
	struct ike_msg m = {.hdr = {.exchange = IKE_X_INFO, .msgid = in->hdr.msgid}};
	uint8_t *nonce = arena_alloc(&ike->arena, NONCE_LEN);
	struct span bytes;

	ike->crypto->random(ike->crypto->ctx, nonce, NONCE_LEN);
	hash_room(ike, mm, &m);
	ike_msg_add(&m, IKE_P_NONCE)->u.data = span_of(nonce, NONCE_LEN);
	ike_msg_add(&m, IKE_P_DELETE)->u.del = ike_msg_find(in, IKE_P_DELETE, 0)->u.del;
	bytes = send_encode(ike, mm, &m, HASH_DELETE_2, ike_msg_find(in, IKE_P_NONCE, 0)->u.data, true, iv);
	if (!bytes.n)
		return;
	trace_msg(ike, true, &mm->path, &m);
	send_raw(ike, &mm->path, bytes, false);
}

/* --- notifies we get --------------------------------------------------------------------------------------------------------- */

/* What an error notify means to us. */
static enum ike_failure failure_of(const struct ike_notify *n)
{
	static const struct {
		uint16_t type;
		enum ike_failure f;
	} rows[] = {
	    {IKE_N_NO_PROPOSAL_CHOSEN, IKE_FAIL_POLICY_MATCH},
	    {IKE_N_ATTRIBUTES_NOT_SUPPORTED, IKE_FAIL_ATTRIB_FAIL},
	    {IKE_N_AUTHENTICATION_FAILED, IKE_FAIL_AUTH_FAIL},
	    {IKE_N_INVALID_ID_INFORMATION, IKE_FAIL_PROCESS_ERR_ID},
	    {IKE_N_INVALID_KEY_INFORMATION, IKE_FAIL_DH_FAILURE},
	    {IKE_N_INVALID_HASH_INFORMATION, IKE_FAIL_INVALID_HASH},
	    {IKE_N_INVALID_COOKIE, IKE_FAIL_INVALID_COOKIE},
	};
	struct rd r = rd_of(n->data);

	if (n->type == IKE_N_MS_STATUS) {
		rd_bytes(&r, r.n >= 4 ? r.n - 4 : 0);
		enum ike_failure f = (enum ike_failure)rd_u32(&r);
		return ike_failure_name(f) ? f : IKE_FAIL_ERROR;
	}
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (rows[i].type == n->type)
			return rows[i].f;
	}
	return IKE_FAIL_ERROR;
}

static bool is_error(const struct ike_notify *n)
{
	enum { ERRORS_END = 8192 }; /* RFC 2408 §3.14.1: errors, then private errors up to 16383 */

	return n->type < ERRORS_END || n->type == IKE_N_MS_STATUS;
}

/*
 * The quick mode of ours that an error speaks of; NULL when that is not clear. Whose SPI an error names differs between
 * implementations, and strongSwan names zero; one that is not ours says nothing, so it is the one that waits for an answer.
 */
static struct qm *meant(struct ike *ike, struct mm *mm, const struct ike_notify *n)
{
	struct rd spi = rd_of(n->spi), data = rd_of(n->data);
	struct qm *only = NULL;
	struct ref *ref = NULL;

	if (n->spi.n == IKE_COOKIE_LEN && n->data.n >= 4)
		return qm_by_msgid(mm, rd_u32(&data));
	if (n->spi.n == 4)
		ref = ref_find(ike, &mm->path.local.ip, n->protocol, rd_u32(&spi));
	if (ref)
		return ref->qm->mm == mm ? ref->qm : NULL;
	RING_EACH(&mm->qms, r) {
		struct qm *qm = OWNER(struct qm, in_mm, r);

		if (qm->x.state != QM_SENT)
			continue;
		if (only)
			return NULL;
		only = qm;
	}
	return only;
}

static void got_error(struct ike *ike, struct mm *mm, const struct ike_notify *n, const struct ike_msg *m)
{
	const char *name = enum_to_name(ike_notify_names, n->type);
	struct qm *qm = meant(ike, mm, n);
	enum ike_failure why = failure_of(n);
	char text[96] = "the peer says: ";
	struct wr w = wr_of(text, sizeof text - 1);

	if (!qm || qm->x.state == QM_UP || qm->x.state == ST_DEAD)
		return;
	/* NOTIFY-STATUS beside it says more. */
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].type == IKE_P_NOTIFY && m->v[i].u.notify.type == IKE_N_MS_STATUS)
			why = failure_of(&m->v[i].u.notify);
	}
	if (why == IKE_FAIL_QM_LIMIT)
		mm->spent = true; /* semantics §4.6: the next one needs another main mode */
	w.n = strlen(text);
	name = n->type == IKE_N_MS_STATUS ? ike_failure_name(why) : name;
	wr_bytes(&w, name ? name : "error", strlen(name ? name : "error"));
	qm_fail(ike, qm, why, true, text);
}

static void got_connected(struct ike *ike, struct mm *mm, const struct ike_notify *n)
{
	struct rd spi = rd_of(n->spi);
	struct ref *r = n->spi.n == 4 ? ref_find(ike, &mm->path.remote.ip, n->protocol, rd_u32(&spi)) : NULL;

	if (r && r->qm->mm == mm && r->qm->x.wait == WAIT_CONFIRM)
		core_set_state(ike, &r->qm->x, QM_UP, WAIT_DONE);
}

static void got_notify(struct ike *ike, struct mm *mm, const struct ike_notify *n, const struct ike_msg *m)
{
	if (n->type == IKE_N_INITIAL_CONTACT) /* RFC 2407 §4.6.3.3 */
		peer_down(ike, mm->peer, mm->since, mm, IKE_FAIL_PEER_MM_ASSUMED_INVALID, false);
	else if (n->type == IKE_N_R_U_THERE)
		dpd_question(ike, mm, n->data);
	else if (n->type == IKE_N_R_U_THERE_ACK)
		dpd_answer(ike, mm, n->data);
	else if (n->type == IKE_N_CONNECTED)
		got_connected(ike, mm, n);
	else if (is_error(n))
		got_error(ike, mm, n, m);
}

/* --- messages ------------------------------------------------------------------------------------------------------------------ */

static struct reliable *awaited(struct mm *mm, uint32_t msgid)
{
	RING_EACH(&mm->reliable, r) {
		struct reliable *rel = OWNER(struct reliable, in_mm, r);

		if (rel->msgid == msgid)
			return rel;
	}
	return NULL;
}

static bool hash_is_right(struct ike *ike, struct mm *mm, const struct ike_msg *m, struct span raw, const struct reliable *rel)
{
	struct span rest = ike_payloads_from(raw, m, 1);
	struct secret want = {0};
	bool right;
	int rc = rel ? ike_hash_delete_2(ike->crypto, &mm->keys, m->hdr.msgid, blob_span(&rel->nonce), rest, &want)
	             : ike_hash_1(ike->crypto, &mm->keys, m->hdr.msgid, rest, &want);

	right = rc == 0 && crypto_equal(m->v[0].u.data, secret_span(&want));
	secret_clear(&want);
	return right;
}

static void act_on(struct ike *ike, struct mm *mm, const struct ike_msg *m)
{
	/* While it ends, deletes of its quick modes may still come: the first sending got lost. */
	for (size_t i = 0; i < m->n && mm->x.state != ST_DEAD; i++) {
		if (m->v[i].type == IKE_P_NOTIFY && mm->x.state == MM_UP)
			got_notify(ike, mm, &m->v[i].u.notify, m);
		else if (m->v[i].type == IKE_P_DELETE)
			got_delete(ike, mm, &m->v[i].u.del);
	}
}

static void sealed_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	struct ike_msg m = {.hdr = *h};
	struct reliable *rel = awaited(mm, h->msgid);
	uint8_t iv[CRYPTO_BLOCK_MAX];
	struct ike_fault f;
	struct span clear;
	bool reliable;

	memcpy(iv, rel ? rel->iv : mm->last_block, sizeof iv);
	if ((!rel && ike_iv_phase2(ike->crypto, &mm->keys, mm->last_block, h->msgid, iv)) ||
	    !core_decrypt(ike, mm, iv, d->bytes, &clear)) {
		count(ike, IKE_STAT_INVALID_PACKETS);
		return;
	}
	reliable = ike_payloads_decode(clear, &m, &ike->arena, &f) == 0 && ike_msg_find(&m, IKE_P_NONCE, 0);
	if (!core_decode(ike, d, clear, reliable ? IKE_M_DELETE_RELIABLE : IKE_M_INFO, &m, &f) ||
	    !hash_is_right(ike, mm, &m, clear, rel))
		return;
	core_heard(ike, mm, d);
	if (rel) {
		reliable_over(ike, rel);
	} else if (reliable) {
		answer_reliable(ike, mm, &m, iv);
		mm->linger = true;
		act_on(ike, mm, &m);
		mm->linger = mm->x.state == MM_ENDING;
	} else if (info_msgid_is_new(mm, h->msgid)) {
		act_on(ike, mm, &m);
	}
}

/* The first message again, with the cookie that proves our address (semantics §5.10). */
static void got_cookie(struct ike *ike, struct mm *mm, struct span cookie)
{
	enum { RCOOKIE_AT = 8, COOKIES_MAX = 4 };

	if (mm->x.state != MM_SA_SENT || cookie.n != IKE_COOKIE_LEN || mm->x.repeats >= COOKIES_MAX ||
	    mm->x.sent.n < IKE_HEADER_LEN)
		return;
	mm->x.repeats++;
	memcpy(mm->x.sent.p + RCOOKIE_AT, cookie.p, IKE_COOKIE_LEN);
	trace(ike, "%s: the peer asks us to prove our address", ike_failure_name(IKE_FAIL_DOS_COOKIE_SENT));
	send_bytes(ike, mm, blob_span(&mm->x.sent), false);
}

static void clear_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	struct ike_msg m = {.hdr = *h};
	struct ike_fault f;

	if (!mm->x.initiator || mm->x.state == MM_UP || mm->x.state == MM_ENDING)
		return;
	if (!core_decode(ike, d, d->bytes, IKE_M_INFO_CLEAR, &m, &f))
		return;
	for (size_t i = 0; i < m.n; i++) {
		const struct ike_notify *n = &m.v[i].u.notify;

		if (m.v[i].type != IKE_P_NOTIFY)
			continue;
		if (n->type == IKE_N_MS_DOS_COOKIE)
			got_cookie(ike, mm, n->data);
		else if (is_error(n))
			xchg_told(ike, &mm->x, failure_of(n));
	}
}

void info_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	bool encrypted = h->flags & IKE_F_ENCRYPTED;

	if (!mm) {
		count(ike, IKE_STAT_INVALID_COOKIES);
		return;
	}
	if (!encrypted)
		clear_input(ike, mm, d, h);
	else if (mm->x.state == MM_UP || mm->x.state == MM_ENDING)
		sealed_input(ike, mm, d, h);
	else if (mm->x.state == MM_AUTH_SENT && ip_eq(&d->remote.ip, &mm->path.remote.ip))
		/* Instead of its identity: whatever it says, we cannot read it, so the keys differ. */
		xchg_told(ike, &mm->x, IKE_FAIL_AUTH_FAIL);
}
