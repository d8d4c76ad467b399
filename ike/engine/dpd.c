/*
 * Dead peer detection (RFC 3706), towards peers that announce it: only when there is a reason to worry, that is when we
 * send and nothing comes back (§5.5), never by the clock alone.
 */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

/* RFC 3706 §5.3: both cookies as SPI, a sequence number as data. */
static void send(struct ike *ike, struct mm *mm, uint16_t type, uint32_t number)
{
	struct wr w = wr_of(arena_alloc(&ike->arena, 4), 4);
	uint8_t *spi = arena_alloc(&ike->arena, sizeof mm->cookie);

	memcpy(spi, mm->cookie, sizeof mm->cookie);
	wr_u32(&w, number);
	info_notify(ike, mm, IKE_PROTO_ISAKMP, type, span_of(spi, sizeof mm->cookie), wr_done(&w));
}

static void ask(struct ike *ike, struct mm *mm)
{
	send(ike, mm, IKE_N_R_U_THERE, mm->dpd_sent);
	heap_arm(&ike->heap, &mm->dpd, mono_add(ike->now, retry_after(mm->dpd_tries++)));
}

void dpd_worry(struct ike *ike, struct mm *mm)
{
	if (!mm || mm->x.state != MM_UP || !mm->peer_dpd || !ike->profile->dpd || mm->dpd.place)
		return;
	if (!mm->dpd_sent) /* RFC 3706 §6.2: begins at random, with the first bit clear */
		ike->crypto->random(ike->crypto->ctx, &mm->dpd_sent, sizeof mm->dpd_sent);
	mm->dpd_sent = (mm->dpd_sent & INT32_MAX) + 1;
	mm->dpd_tries = 0;
	ask(ike, mm);
}

void dpd_fire(struct ike *ike, struct timer *t)
{
	struct mm *mm = OWNER(struct mm, dpd, t);
	struct peer *peer = mm->peer;

	if (mm->x.state != MM_UP)
		return;
	if (mm->dpd_tries < DPD_TRIES) {
		ask(ike, mm);
		return;
	}
	say(ike, LOG_L_NOTICE, "a peer does not answer any more; what stands with it ends");
	peer_down(ike, peer, MONO_NEVER, mm, IKE_FAIL_PEER_MM_ASSUMED_INVALID, false);
	mm_down(ike, mm, IKE_FAIL_PEER_MM_ASSUMED_INVALID, false);
}

static bool number_of(struct span data, uint32_t *number)
{
	struct rd r = rd_of(data);

	*number = rd_u32(&r);
	return !r.bad && r.n == 0;
}

void dpd_question(struct ike *ike, struct mm *mm, struct span data)
{
	uint32_t number;

	if (number_of(data, &number))
		send(ike, mm, IKE_N_R_U_THERE_ACK, number);
}

void dpd_answer(struct ike *ike, struct mm *mm, struct span data)
{
	uint32_t number;

	if (number_of(data, &number) && number == mm->dpd_sent)
		heap_disarm(&ike->heap, &mm->dpd);
}
