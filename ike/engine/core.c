/*
 * The core: from a datagram to the exchange it belongs to, from the exchange's state to a row of its table, and from
 * the verdict of the row's handler to what happens. Nothing else writes a state or arms the timer of an exchange.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

const char *const state_names[STATES] = {
    [ST_NEW] = "new",
    [ST_DEAD] = "ended",
    [MM_SA_SENT] = "proposal sent",
    [MM_KE_SENT] = "public value sent",
    [MM_KEY_WAIT] = "waits for the key",
    [MM_AUTH_SENT] = "identity sent",
    [MM_SA_ANSWERED] = "proposal answered",
    [MM_KE_ANSWERED] = "public value answered",
    [MM_KEY_READY] = "key there",
    [MM_UP] = "up",
    [MM_ENDING] = "ending",
    [QM_SPI_WAIT] = "waits for SPIs",
    [QM_SENT] = "proposal sent",
    [QM_ANSWERED] = "proposal answered",
    [QM_IN_WAIT] = "inbound SA on its way",
    [QM_OUT_WAIT] = "outbound SA on its way",
    [QM_UP] = "up",
    [QM_SOFT] = "in clear",
};

enum verdict verdict(struct step *s, enum verdict v, enum ike_failure why, const char *fmt, ...)
{
	va_list ap;

	s->why = why;
	va_start(ap, fmt);
	vsnprintf(s->detail, sizeof s->detail, fmt, ap);
	va_end(ap);
	return v;
}

void core_set_state(struct ike *ike, struct xchg *x, enum state to, enum wait wait)
{
	x->state = (uint8_t)to;
	if (wait == WAIT_KEEP)
		return;
	x->wait = (uint8_t)wait;
	xchg_arm(ike, x);
}

/* --- running a row ------------------------------------------------------------------------------------------------ */

static const struct row *row_find(const struct xchg *x, const struct row *rows, bool (*fits)(const struct row *, unsigned),
    unsigned key)
{
	for (const struct row *r = rows; r->run; r++) {
		if (r->from == x->state && r->initiator == x->initiator && fits(r, key))
			return r;
	}
	return NULL;
}

static bool fits_trigger(const struct row *r, unsigned trigger)
{
	return r->on == trigger;
}

static bool fits_exchange(const struct row *r, unsigned exchange)
{
	return r->on < IKE_MSG_KINDS && ike_msg_rules[r->on].exchange == exchange;
}

static const struct row *rows_of(const struct xchg *x)
{
	return x->quick ? qm_rows : mm_rows;
}

static void send_out(struct step *s)
{
	struct xchg *x = s->x;
	struct span ni = s->qm && s->qm->setup ? blob_span(&s->qm->setup->nonce[0]) : (struct span){NULL, 0};
	struct span bytes;

	if (!s->out.n)
		return;
	s->out.hdr.exchange = s->qm ? IKE_X_QUICK : IKE_X_MAIN;
	s->out.hdr.msgid = x->msgid;
	if (s->qm && s->qm->commit)
		s->out.hdr.flags |= x->initiator ? 0 : IKE_F_COMMIT;
	bytes = send_encode(s->ike, s->mm, &s->out, s->hash, ni, s->encrypt, x->iv);
	if (!bytes.n)
		return;
	trace_msg(s->ike, true, &s->mm->path, &s->out);
	x->large_ok = ike_msg_count(&s->out, IKE_P_ID) > 0;
	blob_set(&x->sent, bytes);
	x->repeats = 0;
	send_bytes(s->ike, s->mm, bytes, x->large_ok);
}

static void fail(struct step *s, bool tell)
{
	struct ike *ike = s->ike;

	if (tell)
		info_failure(ike, s->mm, s->qm, s->why);
	if (s->qm)
		qm_fail(ike, s->qm, s->why, s->at_peer, s->detail);
	else
		mm_fail(ike, s->mm, s->why, s->at_peer, s->detail);
}

static void doubt(struct step *s)
{
	struct mm *mm = s->mm;

	if (!mm->told)
		info_failure(s->ike, mm, s->qm, s->why);
	mm->told = true;
	mm_note_failure(s->ike, mm, s->why, s->at_peer, s->detail);
	xchg_hint(s->x, s->why);
}

/* A half-open main mode takes only so many wrong messages. */
static void bear(struct step *s)
{
	if (s->mm->half_open && !s->qm && ++s->x->bad >= BAD_MAX)
		mm_fail(s->ike, s->mm, s->why, s->at_peer, s->detail);
}

static void go(struct step *s, const struct row *row)
{
	struct ike *ike = s->ike;
	struct xchg *x = s->x;

	if (s->dgram)
		memcpy(x->iv, s->iv, sizeof x->iv);
	/* What we sent last is the answer to what we took last, or there is none (yet). */
	if (s->dgram && !s->out.n)
		blob_clear(&x->sent);
	send_out(s);
	if (x->state != row->to)
		trace(ike, "%s mode %016llx: %s -> %s: %s", x->quick ? "quick" : "main",
		    (unsigned long long)(s->qm ? s->qm->id : s->mm->id), state_names[x->state], state_names[row->to],
		    row->story);
	core_set_state(ike, x, row->to, row->wait);
	if (x->state == MM_UP && !s->qm)
		mm_entered_up(ike, s->mm);
	else if (x->state == QM_UP && row->from != QM_UP)
		qm_entered_up(ike, s->qm);
}

/* False: the object is gone. */
static bool run(struct step *s, const struct row *row)
{
	struct ike *ike = s->ike;
	enum verdict v = row->run(s);

	if (s->dgram && v != V_IGNORE && v != V_DOUBT) {
		s->mm->answered = true;
		xchg_took(ike, s->x, s->dgram->bytes);
		if (s->in && s->in->hdr.flags & IKE_F_ENCRYPTED)
			core_heard(ike, s->mm, s->dgram);
	}
	if (v >= V_IGNORE && s->why)
		trace(ike, "%s: %s", ike_failure_name(s->why), s->detail);
	switch (v) {
	case V_OK:
		go(s, row);
		break;
	case V_STAY:
		if (s->dgram)
			memcpy(s->x->iv, s->iv, sizeof s->x->iv);
		send_out(s);
		break;
	case V_IGNORE:
		if (s->why)
			xchg_hint(s->x, s->why);
		bear(s);
		break;
	case V_DOUBT:
		doubt(s);
		bear(s);
		break;
	case V_REJECT:
		fail(s, true);
		break;
	case V_FATAL:
		fail(s, false);
		break;
	}
	return s->x->state != ST_DEAD;
}

bool core_trigger(struct ike *ike, struct mm *mm, struct qm *qm, enum trigger on)
{
	struct xchg *x = qm ? &qm->x : &mm->x;
	struct step s = {.ike = ike, .mm = mm, .qm = qm, .x = x};
	const struct row *row = row_find(x, rows_of(x), fits_trigger, on);

	return row ? run(&s, row) : x->state != ST_DEAD;
}

/* --- messages ------------------------------------------------------------------------------------------------------- */

bool core_decrypt(struct ike *ike, const struct mm *mm, uint8_t iv[CRYPTO_BLOCK_MAX], struct span datagram,
    struct span *clear)
{
	size_t block = crypto_block_len(mm->keys.cipher), n = datagram.n - IKE_HEADER_LEN;

	if (!block || datagram.n > SCRATCH || n == 0 || n % block)
		return false;
	memcpy(ike->scratch, datagram.p, datagram.n);
	*clear = span_of(ike->scratch, datagram.n);
	return ike->crypto->cbc(ike->crypto->ctx, mm->keys.cipher, &mm->keys.key, false, iv, ike->scratch + IKE_HEADER_LEN,
	           n) == 0;
}

static void refuse(struct ike *ike, const struct ike_dgram *d, const struct ike_fault *f)
{
	char remote[IP_TEXT];
	struct buf b = {0};

	count(ike, IKE_STAT_INVALID_PACKETS);
	if (!may_tell(ike))
		return;
	ike_fault_print(f, &b);
	trace(ike, "from %s port %u: %s", ip_print(&d->remote.ip, remote), d->remote.port, buf_text(&b));
	buf_free(&b);
}

bool core_decode(struct ike *ike, const struct ike_dgram *d, struct span clear, enum ike_msg_kind kind,
    struct ike_msg *m, struct ike_fault *f)
{
	struct path p = path_of(d);

	*f = (struct ike_fault){.code = IKE_OK};
	if (ike_payloads_decode(clear, m, &ike->arena, f) || ike_msg_check(m, kind, f)) {
		refuse(ike, d, f);
		return false;
	}
	trace_msg(ike, false, &p, m);
	return true;
}

void core_heard(struct ike *ike, struct mm *mm, const struct ike_dgram *d)
{
	mm->heard = ike->now;
	natt_moved(ike, mm, d);
}

/* Clear messages come from where the exchange is; those under keys may come from a new port of the NAT. */
static bool from_there(const struct mm *mm, const struct ike_dgram *d, bool encrypted)
{
	return encrypted || (ip_eq(&mm->path.remote.ip, &d->remote.ip) && mm->path.remote.port == d->remote.port);
}

static bool has_keys(const struct mm *mm)
{
	return mm->keys.key.n != 0;
}

/* What cannot be read under keys made from a preshared key was written with another one. */
static void unreadable(struct step *s, const struct row *row, const struct ike_fault *f)
{
	enum ike_msg_kind kind = row->on;

	if (kind == IKE_M_MM5_PSK || kind == IKE_M_MM6_PSK) {
		verdict(s, V_DOUBT, IKE_FAIL_AUTH_FAIL, "the peer's message cannot be read: the preshared keys differ");
		doubt(s);
	} else if (!s->qm && f->code) {
		xchg_hint(s->x, f->code);
	}
}

static void exchange_input(struct ike *ike, struct mm *mm, struct qm *qm, const struct ike_dgram *d,
    const struct ike_header *h)
{
	struct xchg *x = qm ? &qm->x : &mm->x;
	const struct row *row = row_find(x, rows_of(x), fits_exchange, h->exchange);
	bool encrypted = h->flags & IKE_F_ENCRYPTED;
	struct step s = {.ike = ike, .mm = mm, .qm = qm, .x = x, .dgram = d};
	struct ike_msg m = {.hdr = *h};
	struct ike_fault f = {.code = IKE_OK};
	struct span clear = d->bytes;

	if (xchg_is_repeat(ike, mm, x, d->bytes) || !from_there(mm, d, encrypted))
		return;
	if (!row) {
		trace(ike, "%s mode message in state '%s': not expected", x->quick ? "quick" : "main", state_names[x->state]);
		return;
	}
	memcpy(s.iv, x->iv, sizeof s.iv);
	if (encrypted && (!has_keys(mm) || !core_decrypt(ike, mm, s.iv, d->bytes, &clear))) {
		count(ike, IKE_STAT_INVALID_PACKETS);
		return;
	}
	s.raw = clear;
	s.in = &m;
	if (core_decode(ike, d, clear, row->on, &m, &f))
		run(&s, row);
	else
		unreadable(&s, row, &f);
}

void core_held(struct ike *ike, struct mm *mm, struct span datagram)
{
	struct ike_dgram d = {.local = mm->path.local, .remote = mm->path.remote, .ifindex = mm->path.ifindex,
	    .natt = mm->path.natt, .bytes = datagram};
	struct ike_header h;
	struct ike_fault f;

	/* The peer has floated when both ends speak NAT traversal and see one. */
	if (mm->may_natt && (mm->local_nat || mm->remote_nat) && !d.natt) {
		d.natt = true;
		d.local.port = NATT_PORT;
	}
	if (ike_header_decode(datagram, &h, &f) == 0)
		exchange_input(ike, mm, NULL, &d, &h);
}

/* --- who is it for? ---------------------------------------------------------------------------------------------------- */

static bool is_zero(const uint8_t *cookie)
{
	static const uint8_t zero[IKE_COOKIE_LEN];

	return memcmp(cookie, zero, IKE_COOKIE_LEN) == 0;
}

static void first_message(struct ike *ike, const struct ike_dgram *d, const struct ike_header *h)
{
	const struct ike_mm_policy *policy = ike_profile_mm(ike->profile, &d->local.ip, &d->remote.ip);
	struct peer *peer = peer_find(ike, &d->local.ip, &d->remote.ip);
	struct path path = path_of(d);
	struct mm *mm;

	if (!policy) {
		count(ike, IKE_STAT_NEGOTIATION_FAILURES);
		if (may_tell(ike))
			trace(ike, "%s: no rule speaks of this peer", ike_failure_name(IKE_FAIL_NO_MM_POLICY));
		info_notify_clear(ike, &path, h, IKE_N_NO_PROPOSAL_CHOSEN, (struct span){NULL, 0});
		return;
	}
	if (!cookie_admit(ike, d, h, peer))
		return;
	mm = mm_new(ike, peer ? peer : peer_get(ike, &d->local.ip, &d->remote.ip), &path, policy, false);
	memcpy(mm->cookie[0], h->icookie, IKE_COOKIE_LEN);
	if (is_zero(h->rcookie))
		cookie_fresh(ike, mm->cookie[1]);
	else
		memcpy(mm->cookie[1], h->rcookie, IKE_COOKIE_LEN); /* the one we asked for */
	mm_index(ike, mm);
	exchange_input(ike, mm, NULL, d, h);
	if (mm->x.state == ST_NEW)
		mm_free(ike, mm);
}

/* Main mode 5 while the holder of the key still computes: it waits here, so the initiator need not send it again. */
static bool hold(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	enum { HELD_MAX = 4096 };

	(void)ike;
	if (mm->x.state != MM_KE_ANSWERED || !(h->flags & IKE_F_ENCRYPTED) || d->bytes.n > HELD_MAX)
		return false;
	blob_set(&mm->setup->held, d->bytes);
	return true;
}

static void main_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	if (!mm)
		mm = mm_find_start(ike, h, d);
	if (h->msgid != 0)
		count(ike, IKE_STAT_INVALID_PACKETS);
	else if (mm && hold(ike, mm, d, h))
		return;
	else if (mm)
		exchange_input(ike, mm, NULL, d, h);
	else if (!(h->flags & IKE_F_ENCRYPTED) && h->next == IKE_P_SA)
		first_message(ike, d, h);
	else
		count(ike, IKE_STAT_INVALID_COOKIES);
}

static void quick_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	struct qm *qm;

	if (!mm || mm->x.state != MM_UP || !(h->flags & IKE_F_ENCRYPTED) || h->msgid == 0) {
		count(ike, mm ? IKE_STAT_INVALID_PACKETS : IKE_STAT_INVALID_COOKIES);
		return;
	}
	qm = qm_by_msgid(mm, h->msgid);
	if (!qm) {
		if (mm->unfinished >= MM_QMS_MAX)
			return;
		qm = qm_new(ike, mm->peer, &mm->path, false, h->msgid);
		qm_attach(qm, mm);
		mm->unfinished++;
		if (ike_iv_phase2(ike->crypto, &mm->keys, mm->last_block, h->msgid, qm->x.iv) == 0)
			exchange_input(ike, mm, qm, d, h);
		if (qm->x.state == ST_NEW) {
			mm->unfinished--;
			qm_free(ike, qm);
		}
		return;
	}
	exchange_input(ike, mm, qm, d, h);
}

static void dispatch(struct ike *ike, const struct ike_dgram *d, bool whole);

static void fragment_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h)
{
	struct ike_msg m = {.hdr = *h};
	struct ike_dgram whole = *d;
	struct buf b = {0};
	struct ike_fault f;
	enum ike_reasm_verdict v;

	/* Only what has an ID payload is fragmented (semantics §5.4), so not before the public values are there. */
	if (!mm || !ike->profile->fragmentation || mm->x.state == MM_SA_SENT || mm->x.state == MM_SA_ANSWERED) {
		count(ike, mm ? IKE_STAT_INVALID_PACKETS : IKE_STAT_INVALID_COOKIES);
		return;
	}
	if (!mm->reasm && mm->x.state != MM_UP && ike->reasms >= REASM_MAX)
		return;
	if (!core_decode(ike, d, d->bytes, IKE_M_FRAG, &m, &f))
		return;
	if (!mm->reasm) {
		mm->reasm = xcalloc(1, sizeof *mm->reasm);
		ike->reasms++;
	}
	v = ike_reasm_add(mm->reasm, ike->now, &m.v[0].u.frag, &b, &f);
	heap_arm(&ike->heap, &mm->reasm_timer, ike_reasm_deadline(mm->reasm));
	if (v == IKE_REASM_REFUSED)
		refuse(ike, d, &f);
	if (v != IKE_REASM_MORE)
		mm_drop_reasm(ike, mm);
	if (v == IKE_REASM_DONE) {
		mm->fragments_seen = true;
		whole.bytes = span_of(b.data, b.len);
		dispatch(ike, &whole, true);
	}
	buf_free(&b);
}

static void dispatch(struct ike *ike, const struct ike_dgram *d, bool whole)
{
	struct ike_header h;
	struct ike_fault f;
	struct mm *mm;

	if (ike_header_decode(d->bytes, &h, &f)) {
		refuse(ike, d, &f);
		return;
	}
	mm = mm_find(ike, &h);
	if (mm && mm->x.initiator && !from_there(mm, d, h.flags & IKE_F_ENCRYPTED))
		return;
	/* Whatever fits the cookie we chose is an answer: no traffic in clear then (semantics §4.4). */
	if (mm && !mm->answered && mm->x.initiator) {
		mm->answered = true;
		soft_end_peer(ike, mm->peer);
	}
	if (h.next == IKE_P_FRAG && !(h.flags & IKE_F_ENCRYPTED) && !whole) {
		fragment_input(ike, mm, d, &h);
		return;
	}
	switch (h.exchange) {
	case IKE_X_MAIN:
		main_input(ike, mm, d, &h);
		break;
	case IKE_X_QUICK:
		quick_input(ike, mm, d, &h);
		break;
	case IKE_X_INFO:
		info_input(ike, mm, d, &h);
		break;
	default: /* aggressive mode and new group mode are not for us: semantics §5.1 */
		count(ike, IKE_STAT_INVALID_PACKETS);
	}
}

/* --- the engine's face ---------------------------------------------------------------------------------------------------- */

static void begin(struct ike *ike, struct mono now)
{
	if (mono_before(ike->now, now))
		ike->now = now;
}

static void end(struct ike *ike)
{
	objects_reap(ike);
	arena_reset(&ike->arena);
}

struct ike *ike_new(const struct ike_env *env)
{
	struct ike *ike = xcalloc(1, sizeof *ike);

	ike->env = *env;
	ike->crypto = env->crypto;
	ike->last = &ike->first;
	ring_init(&ike->mms);
	ring_init(&ike->qms);
	ring_init(&ike->dead_mms);
	ring_init(&ike->dead_qms);
	ring_init(&ike->dead_peers);
	ike->crypto->random(ike->crypto->ctx, &ike->key, sizeof ike->key);
	ike->crypto->random(ike->crypto->ctx, ike->secret, sizeof ike->secret);
	return ike;
}

void ike_free(struct ike *ike)
{
	struct ike_action a;

	if (!ike)
		return;
	RING_EACH(&ike->qms, r)
		qm_free(ike, OWNER(struct qm, all, r));
	RING_EACH(&ike->mms, r)
		mm_free(ike, OWNER(struct mm, all, r));
	objects_reap(ike);
	while (ike->heap.n)
		heap_top(&ike->heap)->fire(ike, heap_top(&ike->heap)); /* only orphans are left: they free themselves */
	while (ike_next_action(ike, &a))
		;
	table_free(&ike->peers);
	table_free(&ike->mm_cookies);
	table_free(&ike->mm_starts);
	table_free(&ike->mm_ids);
	table_free(&ike->qm_sels);
	table_free(&ike->qm_ids);
	table_free(&ike->spis);
	table_free(&ike->ops);
	heap_free(&ike->heap);
	arena_free(&ike->arena);
	ike_profile_free(ike->profile);
	secret_wipe(ike, sizeof *ike);
	free(ike);
}

void ike_input(struct ike *ike, struct mono now, const struct ike_dgram *d)
{
	begin(ike, now);
	if (ike->profile && !ike->closed)
		dispatch(ike, d, false);
	end(ike);
}

void ike_tick(struct ike *ike, struct mono now)
{
	struct timer *t;

	begin(ike, now);
	while ((t = heap_top(&ike->heap)) && mono_reached(t->at, ike->now)) {
		heap_disarm(&ike->heap, t);
		t->fire(ike, t);
		objects_reap(ike);
	}
	end(ike);
}

struct mono ike_deadline(const struct ike *ike)
{
	struct timer *t = heap_top(&ike->heap);

	return t ? t->at : MONO_NEVER;
}

/* --- answers -------------------------------------------------------------------------------------------------------------- */

static void key_answer(struct ike *ike, struct mm *mm, const struct ike_result *r)
{
	struct blob held;

	if (mm->x.state != MM_KEY_WAIT && mm->x.state != MM_KE_ANSWERED)
		return;
	if (!r->ok || r->u.skeyid.n == 0) {
		mm_fail(ike, mm, IKE_FAIL_AUTH_FAIL, false, "the preshared key is not to be had");
		return;
	}
	mm->keys.skeyid = r->u.skeyid;
	if (core_trigger(ike, mm, NULL, ON_KEY) && mm->x.state == MM_KEY_READY && mm->setup->held.n) {
		held = mm->setup->held;
		mm->setup->held = (struct blob){NULL, 0};
		core_held(ike, mm, blob_span(&held));
		blob_clear(&held);
	}
}

static void answer(struct ike *ike, const struct op *op, const struct ike_result *r)
{
	switch ((enum ike_do)op->kind) {
	case IKE_DO_GET_SPI:
		install_spi_answer(ike, op->qm, op->which, r);
		break;
	case IKE_DO_SA_ADD:
		install_add_answer(ike, op->qm, op->out, r);
		break;
	case IKE_DO_SA_QUERY:
	case IKE_DO_SOFT_QUERY:
		watch_answer(ike, op->qm, op->which, r);
		break;
	case IKE_DO_SOFT_ADD:
		soft_answer(ike, op->qm, r);
		break;
	case IKE_DO_PSK_PRF:
		key_answer(ike, op->mm, r);
		break;
	case IKE_DO_SEND:
	case IKE_DO_SA_DEL:
	case IKE_DO_SA_MOVE:
	case IKE_DO_ACQUIRE_DONE:
	case IKE_DO_SOFT_DEL:
	case IKE_DO_EVENT:
		break; /* have no answer */
	}
}

void ike_done(struct ike *ike, struct mono now, uint32_t id, const struct ike_result *r)
{
	struct node *n = table_first(&ike->ops, id);
	struct op op;

	begin(ike, now);
	if (!n)
		return;
	op = *OWNER(struct op, node, n);
	op_free(ike, OWNER(struct op, node, n));
	if (op.kind == IKE_DO_GET_SPI && !r->ok)
		count(ike, IKE_STAT_GET_SPI_FAILURES);
	if (op.kind == IKE_DO_SA_ADD && !r->ok)
		count(ike, op.out ? IKE_STAT_KEY_ADD_FAILURES : IKE_STAT_KEY_UPDATE_FAILURES);
	if (op.mm || op.qm)
		answer(ike, &op, r);
	else if (op.kind == IKE_DO_GET_SPI && r->ok)
		act_sa_del(ike, &op.src, &op.dst, op.protocol, r->u.spi);
	end(ike);
}
