/* The cursors of every format: they stay in bounds, fail once and stay failed, and pass from piece to piece. */
#include "common/base/wr.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void numbers_have_two_orders(void)
{
	static const uint8_t want[] = {1, 2, 3, 4, 5, 6, 7, 2, 1, 6, 5, 4, 3, 0xEF, 0xBE, 0xAD, 0xDE, 0, 0, 0, 0x80, 1};
	uint8_t block[sizeof want];
	struct wr w = wr_of(block, sizeof block);
	struct rd r = rd_of(span_of(want, sizeof want));

	wr_u8(&w, 1);
	wr_u16(&w, 0x0203);
	wr_u32(&w, 0x04050607);
	wr_le16(&w, 0x0102);
	wr_le32(&w, 0x03040506);
	wr_le64(&w, 0x80000000DEADBEEF);
	wr_bool(&w, true);
	ok(!w.bad && span_eq(wr_done(&w), span_of(want, sizeof want)));
	is_int(rd_u8(&r), 1);
	is_int(rd_u16(&r), 0x0203);
	is_int(rd_u32(&r), 0x04050607);
	is_int(rd_le16(&r), 0x0102);
	is_int(rd_le32(&r), 0x03040506);
	ok(rd_le64(&r) == 0x80000000DEADBEEF);
	ok(rd_bool(&r));
	ok(!r.bad && r.n == 0);
}

static void reading_fails_once_and_says_why(void)
{
	static const uint8_t bytes[] = {1, 2, 9, 4, 5};
	uint8_t out[4] = {7, 7, 7, 7};
	struct rd r = rd_of(span_of(bytes, sizeof bytes));

	is_int(rd_upto(&r, rd_u16(&r), 0x0102, "no"), 0x0102);
	is_int(rd_enum(&r, 8, "nine"), 0);
	is_str(r.bad, "nine");
	is_int(r.n, 0);
	rd_bad(&r, "later");
	is_int(rd_u8(&r), 0);
	rd_copy(&r, out, sizeof out);
	ok(out[0] == 0 && out[3] == 0);
	ok(!rd_bytes(&r, 0).p && rd_rest(&r).n == 0);
	is_str(r.bad, "nine");
	r = rd_of(span_of(bytes, sizeof bytes));
	is_int(rd_le(&r, 8), 0);
	is_str(r.bad, "it ends too early");
	r = rd_of(span_of(bytes + 1, 1));
	ok(!rd_bool(&r));
	is_str(r.bad, "a yes/no field is neither");
}

static void what_does_not_fit_is_left_out(void)
{
	uint8_t block[4] = {9, 9, 9, 9};
	struct wr w = wr_of(block, 3);

	wr_le16(&w, 1);
	wr_le32(&w, UINT32_MAX);
	wr_u8(&w, 2);
	ok(w.bad && w.n == 2 && block[2] == 9 && block[3] == 9);
	w = wr_of(block, 3);
	wr_bytes(&w, block, SIZE_MAX); /* nor does anything wrap */
	ok(w.bad && w.n == 0);
}

/* --- pieces ------------------------------------------------------------------------------------------- */

static struct {
	uint8_t v[8][4];
	size_t len[8], n, at;
} pieces;

static void keep_piece(struct wr *w)
{
	if (pieces.n == 3) {
		w->bad = true;
		return;
	}
	memcpy(pieces.v[pieces.n], w->p, w->n);
	pieces.len[pieces.n++] = w->n;
	w->n = 0;
}

static void next_piece(struct rd *r)
{
	if (pieces.at == pieces.n)
		return;
	r->p = pieces.v[pieces.at];
	r->n = pieces.len[pieces.at++];
}

static void long_runs_go_through_a_short_block(void)
{
	uint8_t block[4];
	struct wr w = {.p = block, .cap = sizeof block, .drain = keep_piece};
	struct rd r = {.refill = next_piece};

	memset(&pieces, 0, sizeof pieces);
	for (uint16_t i = 0; i < 5; i++)
		wr_le16(&w, i);
	ok(!w.bad && pieces.n == 2 && w.n == 2);
	keep_piece(&w);
	for (uint16_t i = 0; i < 5; i++)
		is_int(rd_le16(&r), i);
	ok(!r.bad);
	is_int(rd_u8(&r), 0);
	is_str(r.bad, "it ends too early");
}

static void nothing_is_put_together_of_two_pieces(void)
{
	uint8_t block[4];
	struct wr w = {.p = block, .cap = sizeof block, .drain = keep_piece};
	struct rd r = {.refill = next_piece};

	memset(&pieces, 0, sizeof pieces);
	wr_u8(&w, 1);
	wr_u32(&w, 2); /* does not fit behind it: begins a piece */
	ok(!w.bad && pieces.n == 1 && pieces.len[0] == 1 && w.n == 4);
	wr_le64(&w, 3); /* fits no piece */
	ok(w.bad);
	wr_u8(&w, 4);
	is_int(pieces.n, 2);
	is_int(rd_u32(&r), 0);
	is_str(r.bad, "it ends too early");
	pieces.at = 0;
	r = (struct rd){.refill = next_piece};
	is_int(rd_u8(&r), 1);
	is_int(rd_u32(&r), 2);
	ok(!r.bad);
	r = (struct rd){.refill = next_piece};
	rd_bad(&r, "over");
	pieces.at = 0;
	is_int(rd_u8(&r), 0); /* what has failed asks for nothing */
	is_int(pieces.at, 0);
}

static void a_drain_that_fails_fails_the_writer(void)
{
	uint8_t block[4];
	struct wr w = {.p = block, .cap = sizeof block, .drain = keep_piece};

	memset(&pieces, 0, sizeof pieces);
	for (uint32_t i = 0; i < 9; i++)
		wr_u32(&w, i);
	ok(w.bad);
	is_int(pieces.n, 3);
}

static const struct tap_case cases[] = {
	{"numbers have two orders", numbers_have_two_orders},
	{"reading fails once and says why", reading_fails_once_and_says_why},
	{"what does not fit is left out", what_does_not_fit_is_left_out},
	{"long runs go through a short block", long_runs_go_through_a_short_block},
	{"nothing is put together of two pieces", nothing_is_put_together_of_two_pieces},
	{"a drain that fails fails the writer", a_drain_that_fails_fails_the_writer},
};
TAP_MAIN(cases)
