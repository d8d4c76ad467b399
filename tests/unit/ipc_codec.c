/* The control channel's bytes: round trips of every message, and everything that must be refused. */
#include "common/ipc/ipc.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct ipc_msg sample(uint16_t type)
{
	struct ipc_msg m = {.type = type, .seq = 0xA1B2C3D4};

	switch (type) {
	case IPC_NOTIFY:
		m.u.notify.counter = 0x0102030405060708;
		break;
	case IPC_RESULT:
		m.u.result.counter = 7;
		m.u.result.failed = true;
		snprintf(m.u.result.text, sizeof m.u.result.text, "policy 'p', rule 'Tür': no");
		break;
	case IPC_STATE:
		snprintf(m.u.state.version, sizeof m.u.state.version, "0.1");
		m.u.state.assigned = true;
		snprintf(m.u.state.policy, sizeof m.u.state.policy, "Telnet");
		m.u.state.guid.b[0] = 0x12;
		m.u.state.guid.b[15] = 0xFE;
		m.u.state.counter = 99;
		m.u.state.nfilters = 100000;
		m.u.state.nxfrm = 3;
		snprintf(m.u.state.last_error, sizeof m.u.state.last_error, "old trouble");
		break;
	case IPC_ERROR:
		snprintf(m.u.error.text, sizeof m.u.error.text, "what?");
		break;
	}
	return m;
}

static const uint16_t types[] = {IPC_NOTIFY, IPC_RESULT, IPC_STATUS, IPC_STATE, IPC_ERROR};
enum { N_TYPES = sizeof types / sizeof *types };

/* Decodes a copy of exactly n bytes, so that a sanitizer sees any look beyond. */
static int decode(const uint8_t *bytes, size_t n, struct ipc_msg *m, struct err *e)
{
	uint8_t *copy = malloc(n ? n : 1);
	int rc;

	memcpy(copy, bytes, n);
	rc = ipc_decode(copy, n, m, e);
	free(copy);
	return rc;
}

static void every_message_round_trips(void)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		struct ipc_msg in = sample(types[i]), out;
		struct err e = {0};
		uint8_t bytes[IPC_MSG_MAX];
		size_t n = ipc_encode(&in, bytes);

		ok(n >= IPC_HEAD_BYTES && n <= IPC_MSG_MAX);
		is_int(decode(bytes, n, &out, &e), 0);
		is_str(e.text, "");
		ok(memcmp(&in, &out, sizeof in) == 0);
	}
}

static void the_bytes_are_these(void)
{
	static const uint8_t want[] = {'I', 'P', 'C', '1', IPC_VERSION, 0, 1, 0, 8, 0, 0, 0, 0xD4, 0xC3, 0xB2, 0xA1,
	    8, 7, 6, 5, 4, 3, 2, 1};
	struct ipc_msg m = sample(IPC_NOTIFY);
	uint8_t bytes[IPC_MSG_MAX];

	is_int(ipc_encode(&m, bytes), sizeof want);
	ok(memcmp(bytes, want, sizeof want) == 0);
}

static void every_truncation_and_every_rest_is_refused(void)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		struct ipc_msg in = sample(types[i]), out;
		uint8_t bytes[IPC_MSG_MAX + 1] = {0};
		size_t n = ipc_encode(&in, bytes);

		for (size_t cut = 0; cut <= n + 1; cut++) {
			struct err e = {0};
			if (cut == n)
				continue;
			is_int(decode(bytes, cut, &out, &e), -1);
			is_int(e.id, IPC_BAD);
		}
	}
}

/* Also when the length in the header agrees: then it is the body's own structure that must notice. */
static void bodies_that_are_too_short_or_long_are_refused(void)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		struct ipc_msg in = sample(types[i]), out;
		uint8_t bytes[IPC_MSG_MAX + 1] = {0};
		size_t n = ipc_encode(&in, bytes);

		for (size_t body = 0; body <= n - IPC_HEAD_BYTES + 1; body++) {
			struct err e = {0};
			bytes[8] = (uint8_t)body;
			bytes[9] = (uint8_t)(body >> 8);
			is_int(decode(bytes, IPC_HEAD_BYTES + body, &out, &e), body == n - IPC_HEAD_BYTES ? 0 : -1);
		}
	}
}

static void refusals_say_why_and_keep_the_sequence(void)
{
	static const struct {
		size_t at;
		uint8_t byte;
		uint32_t seq;
		const char *why;
	} bad[] = {
		{0, 'X', 0, "it is no message of ipsecsh"},
		{4, 1, 0xA1B2C3D4, "it speaks version 1, this program version 2"},
		{6, 77, 0xA1B2C3D4, "message type 77 is unknown"},
		{8, 9, 0xA1B2C3D4, "its length is wrong"},
		{24, 2, 0xA1B2C3D4, "a yes/no field is neither"},
		{26, 2, 0xA1B2C3D4, "a text is too long"},
		{27, 0, 0xA1B2C3D4, "a text is not UTF-8"},
		{28, 0xFF, 0xA1B2C3D4, "a text is not UTF-8"},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ipc_msg in = sample(IPC_RESULT), out;
		struct err e = {0};
		uint8_t bytes[IPC_MSG_MAX];
		char want[ERR_TEXT_MAX];
		size_t n = ipc_encode(&in, bytes);

		bytes[bad[i].at] = bad[i].byte;
		is_int(decode(bytes, n, &out, &e), -1);
		is_int(out.seq, bad[i].seq);
		snprintf(want, sizeof want, "a message of the control channel is not understood: %s", bad[i].why);
		is_str(e.text, want);
	}
}

/* An error text that was cut in the middle of a letter must not make the answer unreadable. */
static void text_is_cut_between_letters(void)
{
	struct ipc_msg in = {.type = IPC_ERROR}, out;
	struct err e = {0};
	uint8_t bytes[IPC_MSG_MAX];
	char *t = in.u.error.text;

	memset(t, 'a', IPC_TEXT_MAX);
	t[IPC_TEXT_MAX - 2] = (char)0xC3; /* the first half of a letter, the rest did not fit */
	t[IPC_TEXT_MAX - 1] = '\0';
	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
	is_int(strlen(out.u.error.text), IPC_TEXT_MAX - 2);
}

static void the_largest_message_fits(void)
{
	struct ipc_msg in = sample(IPC_STATE), out;
	struct err e = {0};
	uint8_t bytes[IPC_MSG_MAX];

	memset(in.u.state.version, 'v', IPC_VERSION_TEXT_MAX - 1);
	memset(in.u.state.policy, 'p', IPC_NAME_MAX - 1);
	memset(in.u.state.last_error, 'e', IPC_TEXT_MAX - 1);
	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
	ok(memcmp(&in, &out, sizeof in) == 0);
}

static void random_bytes_never_hurt(void)
{
	uint8_t bytes[64];
	uint32_t x = 12345;
	struct ipc_msg in = sample(IPC_RESULT);
	uint8_t good[IPC_MSG_MAX];
	size_t n = ipc_encode(&in, good), refused = 0;

	for (int round = 0; round < 20000; round++) {
		struct ipc_msg out;
		struct err e = {0};
		size_t len = n < sizeof bytes ? n : sizeof bytes;
		memcpy(bytes, good, len);
		for (int k = 0; k < 3; k++) {
			x = x * 1664525 + 1013904223;
			bytes[(x >> 8) % len] ^= (uint8_t)(x >> 24);
		}
		refused += decode(bytes, len, &out, &e) != 0;
	}
	ok(refused > 10000);
}

static void state_as_text(void)
{
	struct ipc_msg m = sample(IPC_STATE);
	struct buf b = {0};

	ipc_state_print(&m.u.state, &b);
	is_str(buf_text(&b), "version: 0.1\n"
			     "policy: Telnet {12000000-0000-0000-0000-0000000000FE}\n"
			     "change: 99\nfilters: 100000\nxfrm policies: 3\nlast error: old trouble\n");
	buf_clear(&b);
	m.u.state = (struct ipc_state){.version = "0.1"};
	ipc_state_print(&m.u.state, &b);
	is_str(buf_text(&b), "version: 0.1\npolicy: none\nchange: 0\nfilters: 0\nxfrm policies: 0\nlast error: none\n");
	buf_free(&b);
}

static const struct tap_case cases[] = {
	{"ipc every message round trips", every_message_round_trips},
	{"ipc the bytes are these", the_bytes_are_these},
	{"ipc every truncation and every rest is refused", every_truncation_and_every_rest_is_refused},
	{"ipc bodies too short or long are refused", bodies_that_are_too_short_or_long_are_refused},
	{"ipc refusals say why and keep the sequence", refusals_say_why_and_keep_the_sequence},
	{"ipc text is cut between letters", text_is_cut_between_letters},
	{"ipc the largest message fits", the_largest_message_fits},
	{"ipc random bytes never hurt", random_bytes_never_hurt},
	{"ipc state as text", state_as_text},
};
TAP_MAIN(cases)
