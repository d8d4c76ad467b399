/* Reassembly of fragments: any order, duplicates, contradictions, bounds of count, size and age. */
#include "ike/codec/frag.h"

#include "tests/unit/ike_hex.h"
#include "tests/unit/ike_random.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static const struct mono start = {1000};

/* A header and n bytes after it, as a message. */
static struct span message_of(uint8_t *store, size_t n)
{
	struct wr w = wr_of(store, n);

	memset(store, 0, n);
	wr_bytes(&w, "initiatoresponde", 16);
	wr_u32(&w, 0x05100201);
	wr_u32(&w, 0);
	wr_u32(&w, (uint32_t)n);
	for (size_t i = IKE_HEADER_LEN; i < n; i++)
		store[i] = (uint8_t)(i * 31);
	return span_of(store, n);
}

/* Fragment `number` of the message, decoded; the bytes are in `store`. */
static struct ike_frag frag_of(struct span message, uint16_t id, size_t room, uint8_t number, uint8_t *store)
{
	struct wr w = wr_of(store, room);
	struct ike_fault f = {0};
	struct ike_msg m;
	struct arena a = {0};

	ok(ike_frag_encode(message, id, room, number, &w) == 0);
	ok(ike_header_decode(wr_done(&w), &m.hdr, &f) == 0 && ike_payloads_decode(wr_done(&w), &m, &a, &f) == 0);
	ok(ike_msg_check(&m, IKE_M_FRAG, &f) == 0);
	arena_free(&a);
	return m.v[0].u.frag;
}

static void any_order_and_duplicates_give_the_message(void)
{
	static uint8_t bytes[IKE_FRAG_BYTES_MAX], store[IKE_FRAGS_MAX][600];
	uint64_t seed = 3;

	for (size_t run = 0; run < 400; run++) {
		size_t n = IKE_HEADER_LEN + rnd(&seed, 8000), room = 200 + rnd(&seed, 300);
		struct span message = message_of(bytes, n);
		size_t count = ike_frag_count(n, room), have = 0;
		bool sent[IKE_FRAGS_MAX] = {false};
		enum ike_reasm_verdict v = IKE_REASM_MORE;
		struct ike_reasm r = {0};
		struct buf whole = {0};
		struct ike_fault f;

		ok(count > 0 && count <= IKE_FRAGS_MAX);
		while (have < count) {
			size_t i = rnd(&seed, (uint32_t)count);
			struct ike_frag frag = frag_of(message, 5, room, (uint8_t)(i + 1), store[i]);

			ok(v == IKE_REASM_MORE);
			v = ike_reasm_add(&r, start, &frag, &whole, &f);
			have += !sent[i];
			sent[i] = true;
		}
		ok(v == IKE_REASM_DONE);
		ok(span_eq(span_of(whole.data, whole.len), message));
		ok(!r.busy && mono_is_never(ike_reasm_deadline(&r)));
		buf_free(&whole);
		ike_reasm_reset(&r);
	}
}

/* --- single steps ------------------------------------------------------------------------------------------------ */

struct step {
	uint16_t id;
	uint8_t number;
	bool last;
	size_t n;
	int at_s; /* seconds after the first */
	enum ike_reasm_verdict want;
};

static void run_steps(const char *what, const struct step *s, size_t n, size_t whole_len)
{
	static uint8_t bytes[IKE_FRAG_BYTES_MAX + 1];
	struct ike_reasm r = {0};
	struct buf whole = {0};
	struct ike_fault f;

	for (size_t i = 0; i < n; i++) {
		struct ike_frag frag = {s[i].id, s[i].number, s[i].last, span_of(bytes, s[i].n)};
		enum ike_reasm_verdict v = ike_reasm_add(&r, mono_add(start, DUR_S(s[i].at_s)), &frag, &whole, &f);

		if (v != s[i].want) {
			printf("# %s: step %zu gave %d\n", what, i + 1, (int)v);
			ok(false);
		}
	}
	is_int(whole.len, whole_len);
	buf_free(&whole);
	ike_reasm_reset(&r);
}
#define STEPS(what, whole_len, ...)                                                                \
	do {                                                                                       \
		static const struct step steps_[] = {__VA_ARGS__};                                 \
		run_steps(what, steps_, N_OF(steps_), whole_len);                                  \
	} while (0)

static void bounds_hold(void)
{
	STEPS("numbers", 0, {1, 0, false, 9, 0, IKE_REASM_REFUSED}, {1, IKE_FRAGS_MAX + 1, false, 9, 0, IKE_REASM_REFUSED},
	    {1, IKE_FRAGS_MAX, false, 9, 0, IKE_REASM_MORE}, {1, 255, true, 9, 0, IKE_REASM_REFUSED});
	STEPS("size", IKE_FRAG_BYTES_MAX, {1, 1, false, IKE_FRAG_BYTES_MAX - 1, 0, IKE_REASM_MORE},
	    {1, 2, true, 2, 0, IKE_REASM_REFUSED}, {1, 2, true, 1, 0, IKE_REASM_DONE});
	STEPS("size of one", 0, {1, 1, true, IKE_FRAG_BYTES_MAX + 1, 0, IKE_REASM_REFUSED});
	STEPS("empty", 0, {1, 1, true, 0, 0, IKE_REASM_REFUSED});
	STEPS("age", 1, {1, 1, false, 100, 0, IKE_REASM_MORE}, {1, 2, true, 100, IKE_FRAG_AGE_S, IKE_REASM_MORE},
	    {2, 1, true, 1, IKE_FRAG_AGE_S, IKE_REASM_DONE});
	STEPS("just in time", 200, {1, 1, false, 100, 0, IKE_REASM_MORE},
	    {1, 2, true, 100, IKE_FRAG_AGE_S - 1, IKE_REASM_DONE});
}

static void contradictions_are_refused(void)
{
	STEPS("behind the last", 7, {1, 2, true, 4, 0, IKE_REASM_MORE}, {1, 3, false, 4, 0, IKE_REASM_REFUSED},
	    {1, 1, true, 4, 0, IKE_REASM_REFUSED}, {1, 1, false, 3, 0, IKE_REASM_DONE});
	STEPS("last before another", 0, {1, 3, false, 4, 0, IKE_REASM_MORE}, {1, 2, true, 4, 0, IKE_REASM_REFUSED});
	STEPS("the first stays", 11, {1, 1, false, 10, 0, IKE_REASM_MORE}, {1, 1, false, 99, 0, IKE_REASM_MORE},
	    {1, 2, true, 1, 0, IKE_REASM_DONE});
	STEPS("another id begins anew", 5, {1, 1, false, 10, 0, IKE_REASM_MORE}, {2, 2, true, 2, 0, IKE_REASM_MORE},
	    {2, 1, false, 3, 0, IKE_REASM_DONE});
}

static void the_deadline_is_that_of_the_first(void)
{
	struct ike_frag one = {1, 1, false, span_of("a", 1)}, two = {1, 2, false, span_of("b", 1)};
	struct ike_reasm r = {0};
	struct buf whole = {0};
	struct ike_fault f;

	ok(mono_is_never(ike_reasm_deadline(&r)));
	ok(ike_reasm_add(&r, start, &one, &whole, &f) == IKE_REASM_MORE);
	ok(ike_reasm_add(&r, mono_add(start, DUR_S(30)), &two, &whole, &f) == IKE_REASM_MORE);
	is_int(ike_reasm_deadline(&r).ms, start.ms + 1000 * IKE_FRAG_AGE_S);
	ike_reasm_reset(&r);
	ok(mono_is_never(ike_reasm_deadline(&r)));
}

static void what_cannot_be_taken_apart_is_not(void)
{
	uint8_t bytes[2000], out[600];
	struct span message = message_of(bytes, sizeof bytes);
	struct wr w = wr_of(out, sizeof out);

	is_int(ike_frag_count(2000, 36), 0);
	is_int(ike_frag_count(2000, 37), 0); /* one byte each: too many */
	is_int(ike_frag_count(2000, 536), 4);
	is_int(ike_frag_count(2000, 2036), 1);
	is_int(ike_frag_count(IKE_FRAG_BYTES_MAX + 1, 60000), 0);
	is_int(ike_frag_encode(message, 1, 536, 0, &w), -1);
	is_int(ike_frag_encode(message, 1, 536, 5, &w), -1);
}

/* The pieces are as large as promised and keep cookies, exchange and message id, not the flag. */
static void fragments_are_messages_of_their_own(void)
{
	uint8_t bytes[1000], out[536];
	struct span message = message_of(bytes, sizeof bytes);
	struct wr w = wr_of(out, sizeof out);
	struct ike_header h;
	struct ike_fault f;

	is_int(ike_frag_encode(message, 9, 536, 1, &w), 0);
	is_int(w.n, 536);
	is_int(ike_header_decode(wr_done(&w), &h, &f), 0);
	ok(memcmp(h.icookie, "initiato", 8) == 0 && memcmp(h.rcookie, "responde", 8) == 0);
	is_int(h.next, IKE_P_FRAG);
	is_int(h.flags, 0);
	is_int(h.exchange, IKE_X_MAIN);
}

static const struct tap_case cases[] = {
    {"any order and duplicates give the message", any_order_and_duplicates_give_the_message},
    {"bounds hold", bounds_hold},
    {"contradictions are refused", contradictions_are_refused},
    {"the deadline is that of the first", the_deadline_is_that_of_the_first},
    {"what cannot be taken apart is not", what_cannot_be_taken_apart_is_not},
    {"fragments are messages of their own", fragments_are_messages_of_their_own},
};
TAP_MAIN(cases)
