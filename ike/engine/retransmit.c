/*
 * Sending again. Only the initiator of an exchange does it by the clock (semantics §5.5); a responder repeats its last
 * answer when the request comes again, some times. What the timer of an exchange means stands in enum wait.
 */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

struct dur retry_after(unsigned tries)
{
	return DUR_S(INT64_C(1) << tries);
}

static struct mm *mm_of(struct xchg *x)
{
	return x->quick ? OWNER(struct qm, x, x)->mm : OWNER(struct mm, x, x);
}

/* --- the timer ------------------------------------------------------------------------------------------------------ */

static void give_up(struct ike *ike, struct xchg *x, enum ike_failure why)
{
	if (x->hint)
		why = x->hint;
	if (x->quick)
		qm_timeout(ike, OWNER(struct qm, x, x), why);
	else
		mm_fail(ike, OWNER(struct mm, x, x), why, x->told, x->told ? "the peer says so, in clear" : NULL);
}

static enum ike_failure silence(struct xchg *x)
{
	struct mm *mm = mm_of(x);

	return mm && !mm->answered ? IKE_FAIL_DROP_NO_RESPONSE : IKE_FAIL_TIMED_OUT;
}

static void again(struct ike *ike, struct xchg *x)
{
	struct mm *mm = mm_of(x);

	x->tries++;
	/* Maybe large packets get lost on the way: semantics §5.4. */
	if (x->tries >= FRAG_TRIES && x->large_ok && mm->peer_frag)
		mm->fragments_seen = true;
	send_bytes(ike, mm, blob_span(&x->sent), x->large_ok);
	heap_arm(&ike->heap, &x->timer, mono_add(ike->now, x->told ? DUR_S(HINT_S) : retry_after(x->tries)));
}

static unsigned most_sendings(const struct xchg *x)
{
	return x->quick ? QM_RETRIES : RETRIES;
}

static void reply_fire(struct ike *ike, struct xchg *x)
{
	if (x->tries + 1u < most_sendings(x) && mm_of(x))
		again(ike, x);
	else
		give_up(ike, x, silence(x));
}

/* Quick mode 3 again until the peer confirms, but it is no failure when it does not. */
static void confirm_fire(struct ike *ike, struct xchg *x)
{
	if (x->tries + 1 < RETRIES && mm_of(x))
		again(ike, x);
	else
		core_set_state(ike, x, x->state, WAIT_DONE);
}

static void action_fire(struct ike *ike, struct xchg *x)
{
	bool spi = x->state == QM_SPI_WAIT;

	give_up(ike, x, !x->quick ? IKE_FAIL_AUTH_FAIL : spi ? IKE_FAIL_GETSPIFAIL : IKE_FAIL_ADD_UPDATE_KEY_FAILED);
}

static void request_fire(struct ike *ike, struct xchg *x)
{
	give_up(ike, x, IKE_FAIL_TIMED_OUT);
}

/* Has the peer sent with the SA? Then its quick mode 3 was lost. */
static void proof_fire(struct ike *ike, struct xchg *x)
{
	if (x->tries + 1 >= RETRIES) {
		give_up(ike, x, IKE_FAIL_TIMED_OUT);
		return;
	}
	x->tries++;
	watch_look(ike, OWNER(struct qm, x, x));
	heap_arm(&ike->heap, &x->timer, mono_add(ike->now, retry_after(x->tries)));
}

static void done_fire(struct ike *ike, struct xchg *x)
{
	blob_clear(&x->sent);
	if (!x->quick && x->state == MM_ENDING)
		mm_free(ike, OWNER(struct mm, x, x));
}

static const struct {
	struct dur first;
	void (*fire)(struct ike *ike, struct xchg *x);
} waits[] = {
    [WAIT_REPLY] = {{1000}, reply_fire},
    [WAIT_ACTION] = {{ACTION_S * 1000}, action_fire},
    [WAIT_REQUEST] = {{PATIENCE_S * 1000}, request_fire},
    [WAIT_PROOF] = {{1000}, proof_fire},
    [WAIT_CONFIRM] = {{1000}, confirm_fire},
    [WAIT_DONE] = {{PATIENCE_S * 1000}, done_fire},
};

static void fire(struct ike *ike, struct timer *t)
{
	struct xchg *x = OWNER(struct xchg, timer, t);

	if (waits[x->wait].fire)
		waits[x->wait].fire(ike, x);
}

void xchg_init(struct xchg *x, bool quick, bool initiator, uint32_t msgid)
{
	*x = (struct xchg){.quick = quick, .initiator = initiator, .msgid = msgid, .wait = WAIT_NOTHING};
	x->timer.fire = fire;
}

void xchg_fini(struct ike *ike, struct xchg *x)
{
	heap_disarm(&ike->heap, &x->timer);
	blob_clear(&x->sent);
}

void xchg_arm(struct ike *ike, struct xchg *x)
{
	struct dur first = waits[x->wait].first;

	x->tries = 0;
	heap_arm(&ike->heap, &x->timer, first.ms ? mono_add(ike->now, first) : MONO_NEVER);
}

void xchg_hint(struct xchg *x, enum ike_failure why)
{
	x->hint = (uint16_t)why;
}

void xchg_told(struct ike *ike, struct xchg *x, enum ike_failure why)
{
	struct mono soon = mono_add(ike->now, DUR_S(HINT_S));

	xchg_hint(x, why);
	if (x->wait != WAIT_REPLY || x->told)
		return;
	x->told = true;
	/* Once more, in case that our message was damaged, and then no longer. */
	if (x->tries + 2u < most_sendings(x))
		x->tries = (uint8_t)(most_sendings(x) - 2);
	if (x->timer.place && mono_before(soon, x->timer.at))
		heap_arm(&ike->heap, &x->timer, soon);
}

/* --- repeated requests ----------------------------------------------------------------------------------------------- */

static uint64_t digest(const struct ike *ike, struct span datagram)
{
	uint64_t d = hash_bytes(&ike->key, datagram);

	return d ? d : 1;
}

void xchg_took(struct ike *ike, struct xchg *x, struct span datagram)
{
	x->got = digest(ike, datagram);
	x->hint = 0;
	x->told = false;
}

bool xchg_is_repeat(struct ike *ike, struct mm *mm, struct xchg *x, struct span datagram)
{
	if (!x->got || x->got != digest(ike, datagram))
		return false;
	/* While our own timer runs, it repeats. */
	if (x->wait != WAIT_REPLY && x->wait != WAIT_CONFIRM && x->sent.n && x->repeats < REPEATS_MAX) {
		x->repeats++;
		send_bytes(ike, mm, blob_span(&x->sent), x->large_ok);
	}
	return true;
}
