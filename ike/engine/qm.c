/*
 * Quick mode (RFC 2409 §5.5), as rows.
 *
 *	HDR*, HASH(1), SA, Ni [, KE], IDci, IDcr -->
 *	                    <-- HDR*, HASH(2), SA, Nr [, KE], IDci, IDcr [, N(RESPONDER-LIFETIME)]
 *	HDR*, HASH(3) -->
 *	                    <-- HDR*, HASH, N(CONNECTED)    when the responder set the commit bit (semantics §5.5)
 *
 * Inbound SAs are in the kernel before the message goes out after which the peer may use them, and our outbound ones come
 * after the message with which the peer's inbound ones do (core.c), so no packet is lost.
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { I = 0, R = 1 }; /* sides */

/* --- identities and selectors ------------------------------------------------------------------------------------------ */

struct ike_id id_of_side(const struct ip_prefix *side, uint8_t protocol, uint16_t port, uint8_t store[32])
{
	return ike_id_of_prefix(&side->net, side->plen, protocol, port, store);
}

bool side_of_id(const struct ike_id *id, struct ip_prefix *side, uint8_t *protocol, uint16_t *port)
{
	struct ip lo, hi, last;

	if (!ike_id_range(id, &lo, &hi))
		return false;
	side->net = lo;
	side->plen = (uint8_t)ip_range_plen(&lo, &hi);
	last = ip_last(&lo, side->plen);
	*protocol = id->protocol;
	*port = id->port;
	lo = ip_mask(&side->net, side->plen);
	return ip_eq(&last, &hi) && ip_eq(&lo, &side->net);
}

static void put_ids(struct step *s)
{
	const struct ike_selector *sel = &s->qm->sel;
	uint8_t *store = arena_array(&s->ike->arena, 2, 32);
	struct ike_id local = id_of_side(&sel->local, sel->protocol, sel->local_port, store);
	struct ike_id remote = id_of_side(&sel->remote, sel->protocol, sel->remote_port, store + 32);

	ike_msg_add(&s->out, IKE_P_ID)->u.id = local;
	ike_msg_add(&s->out, IKE_P_ID)->u.id = remote;
}

static struct ip_prefix host(const struct ip *ip)
{
	return (struct ip_prefix){*ip, (uint8_t)ip_bits(ip->family)};
}

/*
 * The traffic that IDci and IDcr speak of, seen from here; without them it is all between the two ends (RFC 2409 §5.5).
 * Transport mode through a NAT: an end behind it knows its own address only, or sends something else (semantics §5.3),
 * so the addresses of the packets count (RFC 3947 §5.2).
 */
static bool selector_of(const struct step *s, bool tunnel, struct ike_selector *sel)
{
	const struct mm *mm = s->mm;
	const struct ike_payload *ci = ike_msg_find(s->in, IKE_P_ID, 0);
	const struct ike_payload *cr = ci ? ike_msg_find(s->in, IKE_P_ID, (size_t)(ci - s->in->v) + 1) : NULL;
	const struct ike_payload *ours = s->x->initiator ? ci : cr, *theirs = s->x->initiator ? cr : ci;
	uint8_t protocol[2] = {0, 0};
	bool known_ours = true, known_theirs = true;

	*sel = (struct ike_selector){.local = host(&mm->path.local.ip), .remote = host(&mm->path.remote.ip)};
	if (!ci || !cr)
		return true;
	known_ours = side_of_id(&ours->u.id, &sel->local, &protocol[0], &sel->local_port);
	known_theirs = side_of_id(&theirs->u.id, &sel->remote, &protocol[1], &sel->remote_port);
	if (!tunnel && mm->local_nat) {
		sel->local = host(&mm->path.local.ip);
		known_ours = true;
		protocol[0] = ours->u.id.protocol;
		sel->local_port = ours->u.id.port;
	}
	if (!tunnel && mm->remote_nat) {
		sel->remote = host(&mm->path.remote.ip);
		known_theirs = true;
		protocol[1] = theirs->u.id.protocol;
		sel->remote_port = theirs->u.id.port;
	}
	sel->protocol = protocol[0] ? protocol[0] : protocol[1];
	return known_ours && known_theirs && sel->local.net.family == sel->remote.net.family &&
	       (!protocol[0] || !protocol[1] || protocol[0] == protocol[1]);
}

/* --- what both sides need ------------------------------------------------------------------------------------------------ */

uint16_t qm_pfs_group(const struct ike_qm_policy *p, const struct mm *mm)
{
	return p->pfs == IKE_PFS_MM ? mm->offer.group : p->pfs;
}

/* AH does not pass a NAT (RFC 3715 §2.1): such offers are left out then. */
static struct ike_qm_policy usable(const struct qm *qm)
{
	struct ike_qm_policy p = *qm->policy;

	if (!qm->encap)
		return p;
	p.noffers = 0;
	for (size_t i = 0; i < qm->policy->noffers; i++) {
		if (!qm->policy->offers[i].has_ah)
			p.offers[p.noffers++] = qm->policy->offers[i];
	}
	return p;
}

static struct ike_qm_terms terms_of(const struct qm *qm)
{
	return (struct ike_qm_terms){
	    .tunnel = qm->tunnel,
	    .group = qm_pfs_group(qm->policy, qm->mm),
	    .udp_encap = qm->encap,
	    .draft = qm->mm->natt_draft,
	    .ah_spi = qm->in[AH].spi,
	    .esp_spi = qm->in[ESP].spi,
	};
}

static void own_nonce(struct step *s, unsigned side)
{
	uint8_t bytes[NONCE_LEN];

	s->ike->crypto->random(s->ike->crypto->ctx, bytes, sizeof bytes);
	blob_set(&s->qm->setup->nonce[side], span_of(bytes, sizeof bytes));
}

static enum verdict own_public(struct step *s, uint16_t group)
{
	struct ike *ike = s->ike;
	struct qm_setup *setup = s->qm->setup;
	uint8_t bytes[CRYPTO_PUBLIC_MAX];

	if (!group)
		return V_OK;
	setup->dh = crypto_group_len(group) ? ike->crypto->dh_new(ike->crypto->ctx, group, bytes) : NULL;
	if (!setup->dh)
		return verdict(s, V_REJECT, IKE_FAIL_DH_FAIL, "group %u is not to be had here", group);
	blob_set(&setup->public_value, span_of(bytes, crypto_group_len(group)));
	return V_OK;
}

static enum verdict take_public(struct step *s, const struct ike_msg *m, uint16_t group)
{
	struct ike *ike = s->ike;
	struct qm_setup *setup = s->qm->setup;
	const struct ike_payload *ke = ike_msg_find(m, IKE_P_KE, 0);

	if (!group)
		return V_OK;
	if (!ke)
		return verdict(s, V_REJECT, IKE_FAIL_PROCESS_ERR_KE, "a group was chosen, but no public value came");
	if (ike->crypto->dh_shared(ike->crypto->ctx, setup->dh, ke->u.data, &setup->gxy))
		return verdict(s, V_REJECT, IKE_FAIL_DH_FAILURE, "%zu bytes for group %u", ke->u.data.n, group);
	setup->has_gxy = true;
	return V_OK;
}

static bool hash_is_right(struct step *s, enum hash_kind kind)
{
	const struct crypto *c = s->ike->crypto;
	const struct ike_keys *k = &s->mm->keys;
	const struct qm_setup *setup = s->qm->setup;
	struct span rest = ike_payloads_from(s->raw, s->in, 1);
	uint32_t msgid = s->x->msgid;
	struct secret want = {0};
	bool right;
	int rc;

	if (kind == HASH_1)
		rc = ike_hash_1(c, k, msgid, rest, &want);
	else if (kind == HASH_2)
		rc = ike_hash_2(c, k, msgid, blob_span(&setup->nonce[I]), rest, &want);
	else
		rc = ike_hash_3(c, k, msgid, blob_span(&setup->nonce[I]), blob_span(&setup->nonce[R]), &want);
	right = rc == 0 && crypto_equal(s->in->v[0].u.data, secret_span(&want));
	secret_clear(&want);
	return right;
}

/* Not authentic: it may come from anybody, so it changes nothing. */
static enum verdict forged(struct step *s)
{
	return verdict(s, V_IGNORE, IKE_FAIL_INVALID_HASH, "the hash of a quick mode message is wrong");
}

static void agree(struct qm *qm, const struct ike_qm_choice *choice)
{
	qm->choice = *choice;
	ike_qm_life(choice, &qm->life_s, &qm->life_kb);
}

/* --- initiator --------------------------------------------------------------------------------------------------------------- */

static void use_main_mode(struct qm *qm, struct mm *mm)
{
	mm->nqms++;
	if (mm->policy->qm_limit && mm->nqms >= mm->policy->qm_limit)
		mm->spent = true; /* semantics §4.6: it stays, but makes no more */
	qm->path = mm->path;
	qm->encap = mm->path.natt;
}

static enum verdict ask_spis(struct step *s)
{
	struct qm *qm = s->qm;
	struct ike_qm_policy p;
	bool need[PROTOCOLS] = {false, false};

	use_main_mode(qm, s->mm);
	p = usable(qm);
	for (size_t i = 0; i < p.noffers; i++) {
		need[AH] = need[AH] || p.offers[i].has_ah;
		need[ESP] = need[ESP] || p.offers[i].has_esp;
	}
	if (!need[AH] && !need[ESP])
		return verdict(s, V_FATAL, IKE_FAIL_POLICY_MATCH, "no offer can be made: AH does not pass the NAT between us");
	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (need[i])
			install_ask_spi(s->ike, qm, i);
	}
	return V_OK;
}

static enum verdict send_1(struct step *s)
{
	struct qm *qm = s->qm;
	struct ike_qm_policy p = usable(qm);
	struct ike_qm_terms t = terms_of(qm);
	enum verdict v = own_public(s, t.group);

	if (v != V_OK)
		return v;
	own_nonce(s, I);
	if (ike_iv_phase2(s->ike->crypto, &s->mm->keys, s->mm->last_block, s->x->msgid, s->x->iv))
		return verdict(s, V_FATAL, IKE_FAIL_ENCRYPT, "no initial vector");
	send_hash_room(s);
	ike_qm_propose(&p, &t, &s->ike->arena, &ike_msg_add(&s->out, IKE_P_SA)->u.sa);
	ike_msg_add(&s->out, IKE_P_NONCE)->u.data = blob_span(&qm->setup->nonce[I]);
	if (t.group)
		ike_msg_add(&s->out, IKE_P_KE)->u.data = blob_span(&qm->setup->public_value);
	put_ids(s);
	natt_put_original(s);
	s->hash = HASH_1;
	s->encrypt = true;
	return V_OK;
}

/* A responder may narrow what we asked for (semantics §4.7), not widen it. */
static enum verdict take_ids(struct step *s)
{
	struct qm *qm = s->qm;
	struct ike_selector sel;

	if (!ike_msg_find(s->in, IKE_P_ID, 0) || (!qm->tunnel && (s->mm->local_nat || s->mm->remote_nat)))
		return V_OK;
	if (!selector_of(s, qm->tunnel, &sel) || !ike_selector_covers(&qm->sel, &sel))
		return verdict(s, V_REJECT, IKE_FAIL_PROCESS_ERR_ID, "the peer answered with other identities");
	if (!ike_selector_eq(&qm->sel, &sel))
		qm_set_selector(s->ike, qm, qm->reqid, &sel);
	return V_OK;
}

static enum verdict take_lifetime(struct step *s, struct ike_qm_choice *choice)
{
	for (size_t i = 0; i < s->in->n; i++) {
		const struct ike_payload *p = &s->in->v[i];
		enum ike_failure f = IKE_OK;

		if (p->type == IKE_P_NOTIFY && p->u.notify.type == IKE_N_RESPONDER_LIFETIME)
			f = ike_lifetime_read(p->u.notify.data, choice);
		if (f)
			return verdict(s, V_REJECT, f, "%s", ike_failure_text(f));
	}
	return V_OK;
}

static void drop_unused_spis(struct step *s)
{
	struct qm *qm = s->qm;
	bool used[PROTOCOLS] = {qm->choice.offer.has_ah, qm->choice.offer.has_esp};

	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (used[i] || !qm->in[i].spi)
			continue;
		act_sa_del(s->ike, &qm->path.remote.ip, &qm->path.local.ip, qm->in[i].protocol, qm->in[i].spi);
		ref_clear(s->ike, &qm->in[i]);
	}
}

static enum verdict got_2(struct step *s)
{
	struct qm *qm = s->qm;
	struct ike_qm_policy p = usable(qm);
	struct ike_qm_terms t = terms_of(qm);
	struct ike_qm_choice choice;
	struct ike_refusal why;
	enum ike_failure f;
	enum verdict v;

	if (!hash_is_right(s, HASH_2))
		return forged(s);
	f = ike_qm_accept(&p, &t, &ike_msg_find(s->in, IKE_P_SA, 0)->u.sa, &choice, &why);
	if (f)
		return verdict(s, V_REJECT, f, "%s", why.text);
	v = take_ids(s);
	if (v == V_OK)
		v = take_lifetime(s, &choice);
	if (v == V_OK)
		v = take_public(s, s->in, choice.group);
	if (v != V_OK)
		return v;
	blob_set(&qm->setup->nonce[R], ike_msg_find(s->in, IKE_P_NONCE, 0)->u.data);
	natt_read_original(s);
	agree(qm, &choice);
	qm->commit = s->in->hdr.flags & IKE_F_COMMIT;
	drop_unused_spis(s);
	install_add(s->ike, qm, false);
	return V_OK;
}

static enum verdict send_3(struct step *s)
{
	const struct qm_setup *setup = s->qm->setup;
	struct secret *h = arena_alloc(&s->ike->arena, sizeof *h);

	if (ike_hash_3(s->ike->crypto, &s->mm->keys, s->x->msgid, blob_span(&setup->nonce[I]),
	        blob_span(&setup->nonce[R]), h))
		return verdict(s, V_FATAL, IKE_FAIL_ENCRYPT, "the hash could not be made");
	ike_msg_add(&s->out, IKE_P_HASH)->u.data = secret_span(h);
	s->encrypt = true;
	s->hash = HASH_3;
	return V_OK;
}

static enum verdict got_4(struct step *s)
{
	if (!hash_is_right(s, HASH_1))
		return forged(s);
	s->qm->confirmed = true;
	return V_OK;
}

/* --- responder ------------------------------------------------------------------------------------------------------------------ */

/* The rule for what the peer asks; with tunnel mode when it covers that only. */
static bool find_rule(struct step *s, bool tunnel)
{
	struct qm *qm = s->qm;
	const struct ike_profile *p = s->ike->profile;
	struct ike_selector sel;

	if (!selector_of(s, tunnel, &sel))
		return false;
	qm->tunnel = tunnel;
	qm->rule = ike_profile_rule(p, &sel, tunnel, &s->mm->path.remote.ip);
	if (qm->rule) {
		qm->policy = qm->rule->qm;
		qm->rule_id = qm->rule->rule;
		qm->filter = qm->rule->filter;
		qm_set_selector(s->ike, qm, qm->rule->reqid, &sel);
		return true;
	}
	/* The default response rule: only what goes between the two of us (semantics §1.6). */
	if (tunnel || !p->default_qm || sel.local.plen != ip_bits(sel.local.net.family) ||
	    !ip_eq(&sel.local.net, &s->mm->path.local.ip) || sel.remote.plen != ip_bits(sel.remote.net.family) ||
	    !ip_eq(&sel.remote.net, &s->mm->path.remote.ip))
		return false;
	qm->policy = p->default_qm;
	qm->rule_id = p->default_rule;
	qm_set_selector(s->ike, qm, p->default_reqid, &sel);
	return true;
}

static enum ike_failure choose(struct step *s, struct ike_qm_choice *choice, struct ike_refusal *why)
{
	struct ike_qm_policy p = usable(s->qm);
	struct ike_qm_terms t = terms_of(s->qm);

	return ike_qm_choose(&p, &t, &ike_msg_find(s->in, IKE_P_SA, 0)->u.sa, choice, why);
}

static enum verdict pick(struct step *s, struct ike_qm_choice *choice)
{
	struct ike_refusal why = {.field = ""}, first = {.field = ""};
	enum ike_failure f = IKE_FAIL_NO_POLICY;
	bool any = false;

	for (int tunnel = 0; tunnel < 2; tunnel++) {
		if (!find_rule(s, tunnel))
			continue;
		f = choose(s, choice, &why);
		if (f == IKE_OK)
			return V_OK;
		if (!any || strcmp(first.field, "mode") == 0)
			first = why;
		any = true;
	}
	if (!any)
		return verdict(s, V_REJECT, IKE_FAIL_NO_POLICY, "no rule covers the traffic that the peer names");
	return verdict(s, V_REJECT, f, "%s", first.text);
}

static enum verdict got_1(struct step *s)
{
	struct mm *mm = s->mm;
	struct qm *qm = s->qm;
	struct ike_qm_choice choice;
	enum verdict v;

	if (!hash_is_right(s, HASH_1) || !info_msgid_is_new(mm, s->x->msgid))
		return forged(s);
	if (mm->policy->qm_limit && mm->nqms >= mm->policy->qm_limit)
		return verdict(s, V_REJECT, IKE_FAIL_QM_LIMIT, "%s", ike_failure_text(IKE_FAIL_QM_LIMIT));
	use_main_mode(qm, mm);
	v = pick(s, &choice);
	if (v != V_OK)
		return v;
	agree(qm, &choice);
	blob_set(&qm->setup->nonce[I], ike_msg_find(s->in, IKE_P_NONCE, 0)->u.data);
	v = own_public(s, choice.group);
	if (v == V_OK)
		v = take_public(s, s->in, choice.group);
	if (v != V_OK)
		return v;
	own_nonce(s, R);
	natt_read_original(s);
	blob_set(&qm->setup->request, s->raw);
	qm->commit = mm->peer_ms;
	if (choice.offer.has_ah)
		install_ask_spi(s->ike, qm, AH);
	if (choice.offer.has_esp)
		install_ask_spi(s->ike, qm, ESP);
	return V_OK;
}

static enum verdict install_in(struct step *s)
{
	install_add(s->ike, s->qm, false);
	return V_OK;
}

/* RFC 2407 §4.6.3.1: the SPI of the peer's inbound SA. */
static void put_lifetime(struct step *s)
{
	struct qm *qm = s->qm;
	enum { MOST = 64 };
	struct wr w = wr_of(arena_alloc(&s->ike->arena, MOST), MOST);
	struct wr spi = wr_of(arena_alloc(&s->ike->arena, 4), 4);
	bool esp = qm->choice.offer.has_esp;

	ike_lifetime_write(&qm->choice, &w);
	if (w.n == 0)
		return;
	wr_u32(&spi, esp ? qm->choice.esp_spi : qm->choice.ah_spi);
	ike_msg_add(&s->out, IKE_P_NOTIFY)->u.notify = (struct ike_notify){.doi = IKE_DOI_IPSEC,
	    .protocol = esp ? IKE_PROTO_ESP : IKE_PROTO_AH, .type = IKE_N_RESPONDER_LIFETIME, .spi = wr_done(&spi),
	    .data = wr_done(&w)};
}

static enum verdict send_2(struct step *s)
{
	struct qm *qm = s->qm;
	struct ike_qm_terms t = terms_of(qm);
	struct ike_msg *m = arena_alloc(&s->ike->arena, sizeof *m);
	struct span request = blob_span(&qm->setup->request);
	const struct ike_payload *id;
	struct ike_fault f;

	if (ike_header_decode(request, &m->hdr, &f) || ike_payloads_decode(request, m, &s->ike->arena, &f))
		return verdict(s, V_FATAL, IKE_FAIL_PROCESS_ERR, "%s", f.why);
	send_hash_room(s);
	ike_qm_answer(&ike_msg_find(m, IKE_P_SA, 0)->u.sa, &qm->choice, &t, &s->ike->arena,
	    &ike_msg_add(&s->out, IKE_P_SA)->u.sa);
	ike_msg_add(&s->out, IKE_P_NONCE)->u.data = blob_span(&qm->setup->nonce[R]);
	if (qm->choice.group)
		ike_msg_add(&s->out, IKE_P_KE)->u.data = blob_span(&qm->setup->public_value);
	/* The identities as they came. */
	for (id = ike_msg_find(m, IKE_P_ID, 0); id; id = ike_msg_find(m, IKE_P_ID, (size_t)(id - m->v) + 1))
		ike_msg_add(&s->out, IKE_P_ID)->u.id = id->u.id;
	natt_put_original(s);
	put_lifetime(s);
	s->hash = HASH_2;
	s->encrypt = true;
	return V_OK;
}

static enum verdict got_3(struct step *s)
{
	return hash_is_right(s, HASH_3) ? V_OK : forged(s);
}

/* A packet that the SA authenticated proves as much as HASH(3) does: that the peer is there and has the keys. */
static enum verdict proven(struct step *s)
{
	(void)s;
	return V_OK;
}

static enum verdict finish(struct step *s)
{
	struct qm *qm = s->qm;
	struct wr spi = wr_of(arena_alloc(&s->ike->arena, 4), 4);
	bool esp = qm->choice.offer.has_esp;

	if (s->x->initiator || !qm->commit)
		return V_OK;
	wr_u32(&spi, esp ? qm->in[ESP].spi : qm->in[AH].spi);
	send_hash_room(s);
	ike_msg_add(&s->out, IKE_P_NOTIFY)->u.notify = (struct ike_notify){.doi = IKE_DOI_IPSEC,
	    .protocol = esp ? IKE_PROTO_ESP : IKE_PROTO_AH, .type = IKE_N_CONNECTED, .spi = wr_done(&spi)};
	s->hash = HASH_1;
	s->encrypt = true;
	return V_OK;
}

const struct row qm_rows[] = {
    /* RFC 2409 §5.5, initiator */
    {ST_NEW, ON_START, true, ask_spis, QM_SPI_WAIT, WAIT_ACTION, "the kernel is asked for SPIs"},
    {QM_SPI_WAIT, ON_SPIS, true, send_1, QM_SENT, WAIT_REPLY, "proposal goes out"},
    {QM_SENT, IKE_M_QM2, true, got_2, QM_IN_WAIT, WAIT_ACTION, "the peer chose a proposal"},
    {QM_IN_WAIT, ON_ADDED, true, send_3, QM_OUT_WAIT, WAIT_ACTION, "the inbound SA is there"},
    {QM_OUT_WAIT, IKE_M_QM4, true, got_4, QM_OUT_WAIT, WAIT_KEEP, "the peer is ready"},
    {QM_OUT_WAIT, ON_ADDED, true, finish, QM_UP, WAIT_DONE, "the outbound SA is there"},
    {QM_UP, IKE_M_QM4, true, got_4, QM_UP, WAIT_DONE, "the peer is ready"},
    /* responder */
    {ST_NEW, IKE_M_QM1, false, got_1, QM_SPI_WAIT, WAIT_ACTION, "a proposal was chosen"},
    {QM_SPI_WAIT, ON_SPIS, false, install_in, QM_IN_WAIT, WAIT_ACTION, "SPIs are there"},
    {QM_IN_WAIT, ON_ADDED, false, send_2, QM_ANSWERED, WAIT_PROOF, "the inbound SA is there"},
    {QM_ANSWERED, IKE_M_QM3, false, got_3, QM_OUT_WAIT, WAIT_ACTION, "the peer is there"},
    {QM_ANSWERED, ON_PROOF, false, proven, QM_OUT_WAIT, WAIT_ACTION, "the peer uses the SA"},
    {QM_OUT_WAIT, ON_ADDED, false, finish, QM_UP, WAIT_DONE, "the outbound SA is there"},
    {.run = NULL},
};
