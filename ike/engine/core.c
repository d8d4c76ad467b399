/*
 * The core: from an exchange's state to a row of its table, and from the verdict of the row's handler to what happens.
 * Nothing else writes a state or arms the timer of an exchange. Which exchange a datagram belongs to says input.c.
 */
#include <stdarg.h>
#include <stdio.h>
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
		qm_fail(ike, s->qm, s->why, false, s->detail);
	else
		mm_fail(ike, s->mm, s->why, false, s->detail);
}

static void doubt(struct step *s)
{
	struct mm *mm = s->mm;

	if (!mm->told)
		info_failure(s->ike, mm, s->qm, s->why);
	mm->told = true;
	mm_note_failure(s->ike, mm, s->why, false, s->detail);
	xchg_hint(s->x, s->why);
}

/* A half-open main mode takes only so many wrong messages. */
static void bear(struct step *s)
{
	if (s->mm->half_open && !s->qm && ++s->x->bad >= BAD_MAX)
		mm_fail(s->ike, s->mm, s->why, false, s->detail);
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
	if (row->from == row->to)
		return;
	if (x->state == MM_KEY_WAIT || x->state == MM_KE_ANSWERED)
		mm_await_key(ike, s->mm);
	else if (x->state == QM_OUT_WAIT)
		install_add(ike, s->qm, true);
	else if (x->state == MM_UP && !s->qm)
		mm_entered_up(ike, s->mm);
	else if (x->state == QM_UP)
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

void core_refuse(struct ike *ike, const struct ike_dgram *d, const struct ike_fault *f)
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
		core_refuse(ike, d, f);
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
bool core_from_there(const struct mm *mm, const struct ike_dgram *d, bool encrypted)
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

/* Main mode 4 again, while we wait for message 6: the peer does not take our identity, as libreswan with another key. */
static void repeated(struct xchg *x)
{
	if (!x->quick && x->state == MM_AUTH_SENT && !x->hint)
		xchg_hint(x, IKE_FAIL_AUTH_FAIL);
}

void core_input(struct ike *ike, struct mm *mm, struct qm *qm, const struct ike_dgram *d,
    const struct ike_header *h)
{
	struct xchg *x = qm ? &qm->x : &mm->x;
	const struct row *row = row_find(x, rows_of(x), fits_exchange, h->exchange);
	bool encrypted = h->flags & IKE_F_ENCRYPTED;
	struct step s = {.ike = ike, .mm = mm, .qm = qm, .x = x, .dgram = d};
	struct ike_msg m = {.hdr = *h};
	struct ike_fault f = {.code = IKE_OK};
	struct span clear = d->bytes;

	if (xchg_is_repeat(ike, mm, x, d->bytes)) {
		repeated(x);
		return;
	}
	if (!core_from_there(mm, d, encrypted))
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

void core_held(struct ike *ike, struct mm *mm, const struct path *p, struct span datagram)
{
	const struct ike_dgram d = {.local = p->local, .remote = p->remote, .ifindex = p->ifindex, .natt = p->natt, .bytes = datagram};
	struct ike_header h;
	struct ike_fault f;

	if (ike_header_decode(datagram, &h, &f) == 0)
		core_input(ike, mm, NULL, &d, &h);
}
