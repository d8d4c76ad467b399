/*
 * Main mode with a preshared key (RFC 2409 §5.4), as rows; each handler turns one message into the next.
 *
 *	HDR, SA, VID -->                        <-- HDR, SA, VID
 *	HDR, KE, Ni, NAT-D -->                  <-- HDR, KE, Nr, NAT-D
 *	HDR*, IDii, HASH_I, N -->               <-- HDR*, IDir, HASH_R, N
 *
 * Nothing before message 5 is authenticated, so what is wrong with it ends nothing: it is remembered as the likely
 * reason in case that nothing better comes.
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { I = 0, R = 1 }; /* sides */

/* --- vendor ids (semantics §5.2) ------------------------------------------------------------------------------------- */

static void put_vendor(struct step *s, enum ike_vendor v)
{
	ike_msg_add(&s->out, IKE_P_VENDOR)->u.data = ike_vendor_bytes(v);
}

/*
 * "MS NT5 ISAKMPOAKLEY" and the version of Windows Server 2003. It says that reliable deletes, the fourth message
 * of quick mode and NOTIFY-STATUS are understood here (semantics §5.2, §5.5, §5.9), and they are.
 */
static void put_ms_vendor(struct step *s)
{
	enum { VERSION_2003 = 4 };
	struct span id = ike_vendor_bytes(IKE_V_MS_NT5);
	struct wr w = wr_of(arena_alloc(&s->ike->arena, id.n + 4), id.n + 4);

	wr_span(&w, id);
	wr_u32(&w, VERSION_2003);
	ike_msg_add(&s->out, IKE_P_VENDOR)->u.data = wr_done(&w);
}

/* Does nothing of an earlier life of ours stand between us and that peer? */
static bool is_first_contact(const struct mm *mm)
{
	RING_EACH(&mm->peer->mms, r) {
		if (OWNER(struct mm, in_peer, r)->x.state == MM_UP)
			return false;
	}
	RING_EACH(&mm->peer->qms, r) {
		if (OWNER(struct qm, in_peer, r)->x.state == QM_UP)
			return false;
	}
	return true;
}

static void put_vendors(struct step *s)
{
	const struct ike_profile *p = s->ike->profile;

	put_ms_vendor(s);
	if (p->nat_traversal && s->mm->path.remote.ip.family == IP_V4) { /* §5.3: not for IPv6 */
		put_vendor(s, IKE_V_NATT_RFC);
		put_vendor(s, IKE_V_NATT_02N);
		put_vendor(s, IKE_V_NATT_02);
	}
	if (p->dpd)
		put_vendor(s, IKE_V_DPD);
	if (p->fragmentation)
		put_vendor(s, IKE_V_FRAGMENTATION);
	s->mm->sent_contact = is_first_contact(s->mm);
	if (s->mm->x.initiator && s->mm->sent_contact) /* §5.5 */
		put_vendor(s, IKE_V_INITIAL_CONTACT);
}

void mm_read_vendors(struct mm *mm, const struct ike_msg *m)
{
	bool rfc = false, draft = false;
	uint32_t version;

	for (size_t i = 0; i < m->n; i++) {
		enum ike_vendor v = m->v[i].type == IKE_P_VENDOR ? ike_vendor_of(m->v[i].u.data, &version) : IKE_V_UNKNOWN;

		rfc = rfc || v == IKE_V_NATT_RFC;
		draft = draft || v == IKE_V_NATT_02N || v == IKE_V_NATT_02;
		mm->peer_dpd = mm->peer_dpd || v == IKE_V_DPD;
		mm->peer_frag = mm->peer_frag || v == IKE_V_FRAGMENTATION;
		mm->peer_ms = mm->peer_ms || v == IKE_V_MS_NT5;
		mm->peer_nlbs = mm->peer_nlbs || v == IKE_V_NLBS;
		mm->peer_contact = mm->peer_contact || v == IKE_V_INITIAL_CONTACT;
	}
	mm->may_natt = (rfc || draft) && mm->path.remote.ip.family == IP_V4;
	mm->natt_draft = !rfc;
}

/* --- messages 1 and 2 ------------------------------------------------------------------------------------------------------ */

/* The body of an SA payload as ike_encode() will write it. */
static void keep_sai(struct step *s, const struct ike_payload *p)
{
	struct ike_msg m = {.n = 1, .v = {*p}};
	struct wr w = wr_of(s->ike->scratch_out, sizeof s->ike->scratch_out);

	if (ike_encode(&m, 1, &w) == 0)
		blob_set(&s->mm->setup->sai, ike_payload_body(wr_done(&w), &m.v[0]));
}

static enum verdict send_sa(struct step *s)
{
	struct ike_payload *p = ike_msg_add(&s->out, IKE_P_SA);

	ike_mm_propose(s->mm->policy, &s->ike->arena, &p->u.sa);
	if (p->u.sa.nproposals == 0 || p->u.sa.proposals[0].ntransforms == 0)
		return verdict(s, V_FATAL, IKE_FAIL_NO_MM_POLICY, "the rule has no method that can be offered");
	keep_sai(s, p);
	put_vendors(s);
	return V_OK;
}

static void agree(struct mm *mm, const struct ike_mm_choice *c)
{
	mm->offer = c->offer;
	mm->secret = c->auth.secret;
	mm->life_s = c->life_s;
	mm->keys.hash = c->offer.hash;
	mm->keys.cipher = c->offer.cipher;
}

static enum verdict answer_sa(struct step *s)
{
	struct mm *mm = s->mm;
	const struct ike_payload *offered = ike_msg_find(s->in, IKE_P_SA, 0);
	struct ike_payload *p;
	struct ike_mm_choice choice;
	struct ike_refusal why;
	enum ike_failure f = ike_mm_choose(mm->policy, &offered->u.sa, &choice, &why);

	if (f)
		return verdict(s, V_REJECT, f, "%s", why.text);
	agree(mm, &choice);
	mm_read_vendors(mm, s->in);
	mm->may_natt = mm->may_natt && s->ike->profile->nat_traversal;
	blob_set(&mm->setup->sai, ike_payload_body(s->raw, offered));
	p = ike_msg_add(&s->out, IKE_P_SA);
	ike_mm_answer(&offered->u.sa, &choice, &s->ike->arena, &p->u.sa);
	put_vendors(s);
	return V_OK;
}

/* --- messages 3 and 4 --------------------------------------------------------------------------------------------------------- */

static enum verdict put_ke(struct step *s, unsigned side)
{
	struct ike *ike = s->ike;
	struct mm_setup *setup = s->mm->setup;
	uint8_t bytes[CRYPTO_PUBLIC_MAX];
	size_t len = crypto_group_len(s->mm->offer.group);

	ike->crypto->dh_free(ike->crypto->ctx, setup->dh);
	setup->dh = len ? ike->crypto->dh_new(ike->crypto->ctx, s->mm->offer.group, bytes) : NULL;
	if (!setup->dh)
		return verdict(s, V_REJECT, IKE_FAIL_DH_FAIL, "group %u is not to be had here", s->mm->offer.group);
	blob_set(&setup->gx[side], span_of(bytes, len));
	ike->crypto->random(ike->crypto->ctx, bytes, NONCE_LEN);
	blob_set(&setup->nonce[side], span_of(bytes, NONCE_LEN));
	ike_msg_add(&s->out, IKE_P_KE)->u.data = blob_span(&setup->gx[side]);
	ike_msg_add(&s->out, IKE_P_NONCE)->u.data = blob_span(&setup->nonce[side]);
	natt_put(s);
	return V_OK;
}

/* g^xy comes later (compute): our answer goes out first, so both sides compute at the same time. */
static enum verdict take_ke(struct step *s, unsigned side)
{
	const struct crypto *c = s->ike->crypto;
	struct mm_setup *setup = s->mm->setup;
	struct span ke = ike_msg_find(s->in, IKE_P_KE, 0)->u.data;

	if (!c->dh_fits(c->ctx, s->mm->offer.group, ke))
		return verdict(s, V_IGNORE, IKE_FAIL_DH_FAILURE, "%zu bytes for group %u", ke.n, s->mm->offer.group);
	blob_set(&setup->gx[side], ke);
	blob_set(&setup->nonce[side], ike_msg_find(s->in, IKE_P_NONCE, 0)->u.data);
	natt_read(s);
	return V_OK;
}

/* Nothing comes of a value that gives no secret: derive() asks again and refuses it. */
static void compute(struct ike *ike, struct timer *t)
{
	struct mm_setup *setup = OWNER(struct mm_setup, spare, t);
	const struct crypto *c = ike->crypto;

	c->dh_shared(c->ctx, setup->dh, blob_span(&setup->gx[setup->mm->x.initiator ? R : I]), &setup->gxy);
}

void mm_await_key(struct ike *ike, struct mm *mm)
{
	struct mm_setup *setup = mm->setup;
	size_t n = setup->nonce[I].n + setup->nonce[R].n;
	struct queued *q = queue_add(ike, IKE_DO_PSK_PRF, n);
	struct wr w = wr_of(q->bytes, n);

	wr_span(&w, blob_span(&setup->nonce[I]));
	wr_span(&w, blob_span(&setup->nonce[R]));
	q->a.u.psk.secret = mm->secret;
	q->a.u.psk.hash = mm->keys.hash;
	q->a.u.psk.nonces = wr_done(&w);
	op_new(ike, q, mm, NULL);
	setup->mm = mm;
	setup->spare.fire = compute;
	heap_arm(&ike->heap, &setup->spare, ike->now); /* once we have sent and asked */
}

static enum verdict got_sa(struct step *s)
{
	static const uint8_t zero[IKE_COOKIE_LEN];
	struct mm *mm = s->mm;
	struct ike_mm_choice choice;
	struct ike_refusal why;
	enum ike_failure f = ike_mm_accept(mm->policy, &ike_msg_find(s->in, IKE_P_SA, 0)->u.sa, &choice, &why);

	if (f)
		return verdict(s, V_IGNORE, f, "%s", why.text);
	if (memcmp(s->in->hdr.rcookie, zero, sizeof zero) == 0)
		return verdict(s, V_IGNORE, IKE_FAIL_INVALID_COOKIE, "the responder's cookie is zero");
	memcpy(mm->cookie[R], s->in->hdr.rcookie, IKE_COOKIE_LEN);
	agree(mm, &choice);
	mm_read_vendors(mm, s->in);
	mm->may_natt = mm->may_natt && s->ike->profile->nat_traversal;
	return put_ke(s, I);
}

static enum verdict answer_ke(struct step *s)
{
	enum verdict v = take_ke(s, I); /* first, so that a value that does not fit costs us no key pair */

	return v == V_OK ? put_ke(s, R) : v;
}

static enum verdict got_ke(struct step *s)
{
	return take_ke(s, R);
}

/* --- messages 5 and 6 ------------------------------------------------------------------------------------------------------------ */

static enum verdict derive(struct step *s)
{
	struct mm *mm = s->mm;
	struct mm_setup *setup = mm->setup;
	const struct crypto *c = s->ike->crypto;
	int rc;

	heap_disarm(&s->ike->heap, &setup->spare);
	if (!setup->gxy.n)
		compute(s->ike, &setup->spare);
	if (!setup->gxy.n)
		return verdict(s, V_REJECT, IKE_FAIL_DH_FAILURE, "the peer's public value gives nothing secret");
	rc = ike_keys_derive(c, &mm->keys, &setup->gxy, mm->cookie[I], mm->cookie[R]);
	shared_clear(&setup->gxy);
	if (rc || ike_iv_main(c, &mm->keys, blob_span(&setup->gx[I]), blob_span(&setup->gx[R]), mm->x.iv))
		return verdict(s, V_FATAL, IKE_FAIL_ENCRYPT, "the keys could not be derived");
	return V_OK;
}

static int hash_of(struct step *s, unsigned side, struct span id, struct secret *out)
{
	const struct mm *mm = s->mm;
	struct ike_auth_input in = {
	    .gxi = blob_span(&mm->setup->gx[I]),
	    .gxr = blob_span(&mm->setup->gx[R]),
	    .icookie = mm->cookie[I],
	    .rcookie = mm->cookie[R],
	    .sai = blob_span(&mm->setup->sai),
	    .idii = id,
	    .idir = id,
	};

	return (side == I ? ike_hash_i : ike_hash_r)(s->ike->crypto, &mm->keys, &in, out);
}

/* Our address (semantics §5.8), no protocol and port. */
static struct ike_id own_id(const struct mm *mm, uint8_t store[32])
{
	const struct ip *ip = &mm->path.local.ip;

	return ike_id_of_prefix(ip, ip_bits(ip->family), 0, 0, store);
}

/* RFC 2407 §4.6.3.3: both cookies as SPI. */
static void put_contact(struct step *s)
{
	struct ike_payload *p;
	uint8_t *spi;

	if (!s->mm->sent_contact)
		return;
	spi = arena_alloc(&s->ike->arena, 2 * IKE_COOKIE_LEN);
	memcpy(spi, s->mm->cookie[I], IKE_COOKIE_LEN);
	memcpy(spi + IKE_COOKIE_LEN, s->mm->cookie[R], IKE_COOKIE_LEN);
	p = ike_msg_add(&s->out, IKE_P_NOTIFY);
	p->u.notify = (struct ike_notify){.doi = IKE_DOI_IPSEC, .protocol = IKE_PROTO_ISAKMP,
	    .type = IKE_N_INITIAL_CONTACT, .spi = span_of(spi, 2 * IKE_COOKIE_LEN)};
}

static enum verdict put_auth(struct step *s, unsigned side)
{
	uint8_t *store = arena_alloc(&s->ike->arena, 32), body[64];
	struct wr w = wr_of(body, sizeof body);
	struct ike_id id = own_id(s->mm, store);
	struct secret *h = arena_alloc(&s->ike->arena, sizeof *h);

	wr_u8(&w, id.type);
	wr_u8(&w, id.protocol);
	wr_u16(&w, id.port);
	wr_span(&w, id.data);
	if (hash_of(s, side, wr_done(&w), h))
		return verdict(s, V_FATAL, IKE_FAIL_ENCRYPT, "the hash could not be made");
	ike_msg_add(&s->out, IKE_P_ID)->u.id = id;
	ike_msg_add(&s->out, IKE_P_HASH)->u.data = secret_span(h);
	put_contact(s);
	s->encrypt = true;
	return V_OK;
}

static void keep_remote_id(struct mm *mm, const struct ike_id *id)
{
	struct buf b = {0};

	ike_id_print(id, &b);
	mm->remote_id = buf_take(&b);
}

static enum verdict check_auth(struct step *s, unsigned side)
{
	const struct ike_payload *id = ike_msg_find(s->in, IKE_P_ID, 0);
	struct span got = ike_msg_find(s->in, IKE_P_HASH, 0)->u.data;
	struct secret want;
	bool equal;

	if (hash_of(s, side, ike_payload_body(s->raw, id), &want))
		return verdict(s, V_FATAL, IKE_FAIL_ENCRYPT, "the hash could not be made");
	equal = crypto_equal(got, secret_span(&want));
	secret_clear(&want);
	if (!equal)
		return verdict(s, V_DOUBT, IKE_FAIL_AUTH_FAIL, "the peer's hash is wrong: the preshared keys differ");
	keep_remote_id(s->mm, &id->u.id);
	for (size_t i = 0; i < s->in->n; i++) {
		const struct ike_payload *p = &s->in->v[i];

		if (p->type == IKE_P_NOTIFY && p->u.notify.type == IKE_N_INITIAL_CONTACT)
			s->mm->peer_contact = true;
	}
	return V_OK;
}

static enum verdict send_auth(struct step *s)
{
	enum verdict v = derive(s);

	if (v != V_OK)
		return v;
	natt_float(s->mm);
	return put_auth(s, I);
}

static enum verdict answer_auth(struct step *s)
{
	enum verdict v = check_auth(s, I);

	return v == V_OK ? put_auth(s, R) : v;
}

static enum verdict got_auth(struct step *s)
{
	return check_auth(s, R);
}

const struct row mm_rows[] = {
    /* RFC 2409 §5.4, initiator */
    {ST_NEW, ON_START, true, send_sa, MM_SA_SENT, WAIT_REPLY, "proposal goes out"},
    {MM_SA_SENT, IKE_M_MM2, true, got_sa, MM_KE_SENT, WAIT_REPLY, "the peer chose a proposal"},
    {MM_KE_SENT, IKE_M_MM4, true, got_ke, MM_KEY_WAIT, WAIT_ACTION, "the peer's public value came"},
    {MM_KEY_WAIT, ON_KEY, true, send_auth, MM_AUTH_SENT, WAIT_REPLY, "our identity goes out"},
    {MM_AUTH_SENT, IKE_M_MM6_PSK, true, got_auth, MM_UP, WAIT_DONE, "the peer is who it says"},
    /* responder */
    {ST_NEW, IKE_M_MM1, false, answer_sa, MM_SA_ANSWERED, WAIT_REQUEST, "a proposal was chosen"},
    {MM_SA_ANSWERED, IKE_M_MM3, false, answer_ke, MM_KE_ANSWERED, WAIT_REQUEST, "public values are exchanged"},
    {MM_KE_ANSWERED, ON_KEY, false, derive, MM_KEY_READY, WAIT_REQUEST, "the key is there"},
    {MM_KEY_READY, IKE_M_MM5_PSK, false, answer_auth, MM_UP, WAIT_DONE, "the peer is who it says"},
    {.run = NULL},
};

/* --- life -------------------------------------------------------------------------------------------------------------------------- */

struct mm *mm_begin(struct ike *ike, struct peer *peer, const struct path *path, const struct ike_mm_policy *policy)
{
	struct mm *mm = mm_new(ike, peer, path, policy, true);

	cookie_fresh(ike, mm->cookie[I]);
	mm_index(ike, mm);
	return core_trigger(ike, mm, NULL, ON_START) ? mm : NULL;
}

void mm_entered_up(struct ike *ike, struct mm *mm)
{
	memcpy(mm->last_block, mm->x.iv, sizeof mm->last_block);
	secret_clear(&mm->keys.skeyid);
	mm_drop_setup(ike, mm);
	mm_closed(ike, mm);
	mm->up_at = mm->heard = ike->now;
	count(ike, IKE_STAT_MAIN_MODES);
	event_mm(ike, mm, IKE_EV_MM_UP, IKE_OK, false, "");
	if (mm->peer_contact)
		peer_down(ike, mm->peer, mm->since, mm, IKE_FAIL_PEER_MM_ASSUMED_INVALID, false);
	rekey_supersede_mm(ike, mm);
	rekey_plan_mm(ike, mm);
	natt_keepalive(ike, mm);
	soft_end_peer(ike, mm->peer);
	RING_EACH(&mm->qms, r) {
		struct qm *qm = OWNER(struct qm, in_mm, r);

		if (qm->x.state == ST_NEW)
			core_trigger(ike, mm, qm, ON_START);
	}
}

static bool is_auth_failure(enum ike_failure f)
{
	return f == IKE_FAIL_AUTH_FAIL || f == IKE_FAIL_INVALID_HASH;
}

void mm_note_failure(struct ike *ike, struct mm *mm, enum ike_failure why, bool at_peer, const char *detail)
{
	bool stranger = !mm->x.initiator && mm->keys.key.n == 0;

	if (mm->failed)
		return;
	mm->failed = true;
	count(ike, IKE_STAT_NEGOTIATION_FAILURES);
	if (is_auth_failure(why))
		count(ike, IKE_STAT_AUTH_FAILURES);
	if (!stranger || may_tell(ike))
		event_mm(ike, mm, IKE_EV_FAILED, why, at_peer, detail);
}

void mm_fail(struct ike *ike, struct mm *mm, enum ike_failure why, bool at_peer, const char *detail)
{
	mm_note_failure(ike, mm, why, at_peer, detail);
	RING_EACH(&mm->qms, r)
		qm_fail(ike, OWNER(struct qm, in_mm, r), why, at_peer, detail);
	mm_free(ike, mm);
}

void mm_down(struct ike *ike, struct mm *mm, enum ike_failure why, bool tell)
{
	struct mm *other;

	if (mm->x.state != MM_UP)
		return;
	mm->spent = true;
	other = mm_for(ike, mm->peer, NULL, false);
	RING_EACH(&mm->qms, r) {
		struct qm *qm = OWNER(struct qm, in_mm, r);

		if (qm->x.state == QM_UP)
			qm_attach(qm, other);
		else
			qm_fail(ike, qm, why, false, NULL);
	}
	event_mm(ike, mm, IKE_EV_MM_DOWN, why, why == IKE_FAIL_SA_DELETED, "");
	heap_disarm(&ike->heap, &mm->life);
	heap_disarm(&ike->heap, &mm->dpd);
	if ((tell && info_delete_mm(ike, mm)) || mm->linger)
		core_set_state(ike, &mm->x, MM_ENDING, WAIT_DONE);
	else
		mm_free(ike, mm);
}
