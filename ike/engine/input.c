/* From a datagram to the exchange it belongs to: cookies, message ids, fragments; a first message makes an exchange. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

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
	core_input(ike, mm, NULL, d, h);
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
	mm->setup->held_path = path_of(d);
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
		core_input(ike, mm, NULL, d, h);
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
			core_input(ike, mm, qm, d, h);
		if (qm->x.state == ST_NEW) {
			mm->unfinished--;
			qm_free(ike, qm);
		}
		return;
	}
	core_input(ike, mm, qm, d, h);
}

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
		core_refuse(ike, d, &f);
	if (v != IKE_REASM_MORE)
		mm_drop_reasm(ike, mm);
	if (v == IKE_REASM_DONE) {
		mm->fragments_seen = true;
		whole.bytes = span_of(b.data, b.len);
		input_dispatch(ike, &whole, true);
	}
	buf_free(&b);
}

/*
 * Whatever fits the cookie that we chose is an answer, be it no message or from another port: no traffic in clear then
 * (semantics §4.4). Nobody else knows that cookie.
 */
static struct mm *answered(struct ike *ike, const struct ike_dgram *d, const struct ike_header *h)
{
	struct mm *mm = d->bytes.n < 2 * IKE_COOKIE_LEN ? NULL : mm_find(ike, h);

	if (mm && !mm->answered && mm->x.initiator) {
		mm->answered = true;
		soft_end_peer(ike, mm->peer);
	}
	return mm;
}

void input_dispatch(struct ike *ike, const struct ike_dgram *d, bool whole)
{
	struct ike_header h = {.next = IKE_P_NONE};
	struct ike_fault f;
	bool readable = ike_header_decode(d->bytes, &h, &f) == 0;
	struct mm *mm = answered(ike, d, &h);

	if (!readable) {
		core_refuse(ike, d, &f);
		return;
	}
	if (mm && mm->x.initiator && !core_from_there(mm, d, h.flags & IKE_F_ENCRYPTED))
		return;
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
