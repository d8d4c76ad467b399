/* ike/codec: random messages there and back, damaged ones, rule tables, the trace. */
#include "ike/codec/codec.h"

#include <stdlib.h>

#include "tests/unit/ike_hex.h"
#include "tests/unit/ike_random.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { ROOM = 65536 };

/* 0, or the failure's number. */
static int decode(struct span bytes, struct ike_msg *m, struct arena *a, struct ike_fault *f)
{
	*f = (struct ike_fault){0};
	if (ike_header_decode(bytes, &m->hdr, f) || ike_payloads_decode(bytes, m, a, f))
		return (int)f->code;
	return 0;
}

static void any_message_comes_back(void)
{
	static uint8_t room[ROOM];
	struct arena a = {0};
	uint64_t seed = 7;
	size_t bad = 0;

	for (size_t i = 0; i < 20000 && bad < 3; i++) {
		uint64_t this_seed = seed;
		struct ike_msg m, back;
		struct wr w = wr_of(room, sizeof room);
		struct ike_fault f;
		size_t block;

		rnd_msg(&seed, &a, &m);
		block = m.hdr.flags & IKE_F_ENCRYPTED ? 8u << rnd(&seed, 2) : 1;
		ok(ike_encode(&m, block, &w) == 0);
		ok((w.n - IKE_HEADER_LEN) % block == 0);
		if (decode(wr_done(&w), &back, &a, &f) || !msg_same(&m, &back)) {
			printf("# seed %llu: %s\n", (unsigned long long)this_seed, f.why ? f.why : "differs");
			bad++;
		}
		if (m.n) {
			struct span all = ike_payloads_from(wr_done(&w), &back, 0);

			ok(all.n + IKE_HEADER_LEN + m.padding == w.n);
			ok(ike_payload_raw(wr_done(&w), &back.v[0]).p == room + IKE_HEADER_LEN);
			ok(ike_payload_body(wr_done(&w), &back.v[0]).n + IKE_GENERIC_LEN == back.v[0].len);
		}
		arena_reset(&a);
	}
	is_int(bad, 0);
	arena_free(&a);
}

/* In memory of exactly its size, so that a sanitizer sees a read beyond; what still decodes must encode again. */
static void damaged_messages_do_no_harm(void)
{
	static uint8_t room[ROOM], again[ROOM];
	struct arena a = {0};
	uint64_t seed = 11;
	size_t refused = 0, taken = 0;

	for (size_t i = 0; i < 20000; i++) {
		struct wr w = wr_of(room, sizeof room), v = wr_of(again, sizeof again);
		struct ike_msg m, back;
		struct ike_fault f;
		struct buf text = {0};
		uint8_t *copy;
		size_t n, padding;

		rnd_msg(&seed, &a, &m);
		ok(ike_encode(&m, 1, &w) == 0);
		n = rnd(&seed, 4) ? w.n : rnd(&seed, (uint32_t)w.n + 1);
		for (size_t j = 0; j < 3 && w.n > IKE_HEADER_LEN; j++)
			room[IKE_HEADER_LEN + rnd(&seed, (uint32_t)w.n - IKE_HEADER_LEN)] = (uint8_t)rnd(&seed, 256);
		copy = xcalloc(1, n + 1);
		memcpy(copy, room, n);
		m.hdr.length = (uint32_t)n;
		if (n >= IKE_HEADER_LEN) {
			copy[26] = (uint8_t)(n >> 8);
			copy[27] = (uint8_t)n;
		}
		if (decode(span_of(copy, n), &back, &a, &f)) {
			refused++;
			ok(f.why && ike_failure_name(f.code));
			ike_fault_print(&f, &text);
		} else {
			taken++;
			padding = back.padding; /* encoding anew makes its own */
			ok(ike_encode(&back, 1, &v) == 0);
			is_int(v.n + padding, n);
			ike_msg_print(&back, &text);
		}
		for (int k = 0; k < IKE_MSG_KINDS; k++)
			ike_msg_check(&back, (enum ike_msg_kind)k, &f);
		buf_free(&text);
		free(copy);
		arena_reset(&a);
	}
	ok(refused > 1000 && taken > 1000);
	arena_free(&a);
}

/* --- single faults --------------------------------------------------------------------------------------------- */

#define HDR "0102030405060708 0000000000000000 "
/* An SA payload with one ISAKMP proposal of one transform: DES, MD5, group 1, PSK. */
#define SA_BODY "00000001 00000001 00000020 01010001 00000018 01010000 80010001 80020001 80030001 80040001"

static const struct {
	const char *what, *hex;
	int code;
} faults[] = {
    {"a good one", HDR "01 10 02 00 00000000 00000048 0000002c" SA_BODY, 0},
    {"no header", "01020304", 13824},
    {"another length", HDR "00 10 05 00 00000000 0000001d", 13824},
    {"version 2", HDR "00 20 05 00 00000000 0000001c", 13824},
    {"unknown flags", HDR "00 10 05 08 00000000 0000001c", 13824},
    {"no cookie", "0000000000000000 0000000000000000 00 10 05 00 00000000 0000001c", 13846},
    {"bytes after the chain", HDR "00 10 05 00 00000000 0000001e 0000", 13843},
    {"a chain without end", HDR "0a 10 05 00 00000000 00000024 0a000008 01020304", 13839},
    {"reserved", HDR "0a 10 05 00 00000000 00000024 00010008 01020304", 13839},
    {"a payload shorter than its head", HDR "0a 10 05 00 00000000 00000024 00000003 01020304", 13839},
    {"a payload longer than the message", HDR "0a 10 05 00 00000000 00000024 00000009 01020304", 13839},
    {"another DOI", HDR "01 10 02 00 00000000 00000028 0000000c 00000002 00000001", 13862},
    {"another situation", HDR "01 10 02 00 00000000 00000028 0000000c 00000001 00000002", 13863},
    {"no proposal", HDR "01 10 02 00 00000000 00000028 0000000c 00000001 00000001", 13831},
    {"a proposal without transforms", HDR "01 10 02 00 00000000 00000030 00000014 00000001 00000001 00000008 01010000",
        13831},
    {"fewer transforms than said", HDR "01 10 02 00 00000000 00000038 0000001c 00000001 00000001"
        "00000010 01010002 00000008 01010000", 13832},
    {"more transforms than said", HDR "01 10 02 00 00000000 00000040 00000024 00000001 00000001"
        "00000018 01010001 03000008 01010000 00000008 02010000", 13832},
    {"chain of transforms broken", HDR "01 10 02 00 00000000 00000038 0000001c 00000001 00000001"
        "00000010 01010001 03000008 01010000", 13832},
    {"an ESP SPI of two bytes", HDR "01 10 02 00 00000000 0000003a 0000001e 00000001 00000001"
        "00000012 01030201 0102 00000008 01020000", 13831},
    {"an attribute beyond its transform", HDR "01 10 02 00 00000000 0000003c 00000020 00000001 00000001"
        "00000014 01010001 0000000c 01010000 000c0001", 13832},
    {"an IPv4 identity of three bytes", HDR "05 10 02 00 00000000 00000027 0000000b 01000000 0a0000", 13834},
    {"an identity without a type", HDR "05 10 02 00 00000000 00000022 00000006 0100", 13834},
    {"a delete of no SPI", HDR "0c 10 05 00 00000000 00000028 0000000c 00000001 03040000", 13841},
    {"a delete of more SPIs than it has", HDR "0c 10 05 00 00000000 0000002c 00000010 00000001 03040002 01020304",
        13841},
    {"an SPI of ESP with eight bytes", HDR "0c 10 05 00 00000000 00000030 00000014 00000001 03080001 0102030405060708",
        13841},
    {"a notify with too long an SPI", HDR "0b 10 05 00 00000000 00000028 0000000c 00000001 01040001", 13840},
    {"fragment zero", HDR "84 10 02 00 00000000 00000025 00000009 0001 00 01 aa", 13843},
    {"an empty fragment", HDR "84 10 02 00 00000000 00000024 00000008 0001 01 01", 13843},
};

static void faults_carry_the_codes_of_windows(void)
{
	for (size_t i = 0; i < N_OF(faults); i++) {
		uint8_t bytes[256];
		size_t n = hex_bytes(faults[i].hex, bytes, sizeof bytes);
		struct arena a = {0};
		struct ike_fault f;
		struct ike_msg m;
		int got = decode(span_of(bytes, n), &m, &a, &f);

		if (got != faults[i].code) {
			printf("# %s: %d, want %d (%s)\n", faults[i].what, got, faults[i].code, f.why ? f.why : "");
			ok(false);
		}
		arena_free(&a);
	}
}

/* Whatever stands in it: the head of a payload is wrong, and the failure is that of its kind. */
static void a_broken_payload_carries_the_code_of_its_kind(void)
{
	static const struct {
		uint8_t type;
		int code;
	} rows[] = {{IKE_P_SA, 13830}, {IKE_P_KE, 13833}, {IKE_P_ID, 13834}, {IKE_P_CERT, 13835}, {IKE_P_CERTREQ, 13836},
	    {IKE_P_HASH, 13837}, {IKE_P_SIG, 13838}, {IKE_P_NONCE, 13839}, {IKE_P_NOTIFY, 13840}, {IKE_P_DELETE, 13841},
	    {IKE_P_VENDOR, 13842}, {IKE_P_NATOA, 13893}, {IKE_P_NATOA_02, 13893}, {IKE_P_NATD, 13843}, {IKE_P_FRAG, 13843}, {77, 13843}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		uint8_t bytes[IKE_HEADER_LEN + 8] = {1, [16] = rows[i].type, IKE_VERSION, IKE_X_MAIN, [27] = sizeof bytes, [29] = 1, [31] = 8};
		struct arena a = {0};
		struct ike_fault f;
		struct ike_msg m;

		is_int(decode(span_of(bytes, sizeof bytes), &m, &a, &f), rows[i].code);
		is_int(f.payload, rows[i].type);
		arena_free(&a);
	}
}

/* Every bound of codec.h, at it and beyond. */
static void counts_are_bounded(void)
{
	static uint8_t room[ROOM];
	struct ike_transform t[IKE_TRANSFORMS_MAX + 1] = {0};
	struct ike_attr attrs[IKE_ATTRS_MAX + 1] = {0};
	struct ike_proposal p[IKE_PROPOSALS_MAX + 1] = {0};
	struct {
		size_t proposals, transforms, attrs;
		int code;
	} rows[] = {
	    {IKE_PROPOSALS_MAX, 1, 0, 0}, {IKE_PROPOSALS_MAX + 1, 1, 0, 13831}, {2, 128, 0, 0}, {2, 129, 0, 13832},
	    {1, 1, IKE_ATTRS_MAX, 0}, {1, 1, IKE_ATTRS_MAX + 1, 13832},
	};

	for (size_t i = 0; i < N_OF(attrs); i++)
		attrs[i] = (struct ike_attr){.type = 1, .basic = true};
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_msg m = {.hdr = {.version = IKE_VERSION, .icookie = {1}}}, back;
		struct wr w = wr_of(room, sizeof room);
		struct arena a = {0};
		struct ike_fault f;

		for (size_t j = 0; j < N_OF(t); j++)
			t[j] = (struct ike_transform){.nattrs = rows[i].attrs, .attrs = attrs};
		for (size_t j = 0; j < N_OF(p); j++)
			p[j] = (struct ike_proposal){.protocol = 1, .ntransforms = rows[i].transforms, .transforms = t};
		ike_msg_add(&m, IKE_P_SA)->u.sa = (struct ike_sa_payload){rows[i].proposals, p};
		is_int(ike_encode(&m, 1, &w), 0);
		is_int(decode(wr_done(&w), &back, &a, &f), rows[i].code);
		arena_free(&a);
	}
}

static void payloads_of_a_message_are_bounded(void)
{
	uint8_t room[IKE_HEADER_LEN + 4 * (IKE_PAYLOADS_MAX + 1)];
	struct ike_msg m = {.hdr = {.version = IKE_VERSION, .icookie = {1}}}, back;
	struct wr w = wr_of(room, sizeof room);
	struct arena a = {0};
	struct ike_fault f;

	while (ike_msg_add(&m, IKE_P_VENDOR))
		;
	is_int(m.n, IKE_PAYLOADS_MAX);
	is_int(ike_encode(&m, 1, &w), 0);
	is_int(decode(wr_done(&w), &back, &a, &f), 0);
	/* one more by hand: the last payload says that another one follows */
	room[w.n - 4] = IKE_P_VENDOR;
	wr_u32(&w, 4);
	room[27] = (uint8_t)w.n;
	room[26] = (uint8_t)(w.n >> 8);
	is_int(decode(wr_done(&w), &back, &a, &f), 13843);
	arena_free(&a);
}

/* A receiver knows the padding only as what is left over; a sender never makes much of it. */
static void padding_is_for_encrypted_messages(void)
{
	uint8_t room[600];
	struct ike_msg m = {.hdr = {.version = IKE_VERSION, .icookie = {1}, .flags = IKE_F_ENCRYPTED}}, back;
	struct wr w = wr_of(room, sizeof room);
	struct arena a = {0};
	struct ike_fault f;

	ike_msg_add(&m, IKE_P_HASH)->u.data = span_of("12345", 5);
	is_int(ike_encode(&m, 16, &w), 0);
	is_int(w.n, IKE_HEADER_LEN + 16);
	is_int(decode(wr_done(&w), &back, &a, &f), 0);
	is_int(back.padding, 7);
	is_int(ike_payloads_from(wr_done(&w), &back, 0).n, 9);
	wr_room(&w, 300);
	room[26] = (uint8_t)(w.n >> 8);
	room[27] = (uint8_t)w.n;
	is_int(decode(wr_done(&w), &back, &a, &f), 13867);
	arena_free(&a);
}

static void what_does_not_fit_is_not_encoded(void)
{
	uint8_t room[64];
	struct wr w = wr_of(room, sizeof room), v = wr_of(room, sizeof room);
	struct ike_msg m = {.hdr = {.version = IKE_VERSION}};

	ike_msg_add(&m, IKE_P_NONCE)->u.data = span_of(room, 60);
	is_int(ike_encode(&m, 1, &w), -1);
	m.n = 0;
	ike_msg_add(&m, IKE_P_DELETE)->u.del = (struct ike_delete){1, 3, 4, 2, span_of(room, 4)};
	is_int(ike_encode(&m, 1, &v), -1);
}

/* --- attributes and identities ------------------------------------------------------------------------------------ */

static void attributes_are_numbers_in_either_form(void)
{
	static const struct {
		uint32_t value;
		bool basic;
	} rows[] = {{0, true}, {65535, true}, {65536, false}, {UINT32_MAX, false}};
	uint8_t store[4], long_one[9] = {0, 0, 0, 0, 0, 0, 0, 2, 1};
	struct ike_attr a;
	uint64_t n;

	for (size_t i = 0; i < N_OF(rows); i++) {
		a = ike_attr_of(12, rows[i].value, store);
		ok(a.basic == rows[i].basic && ike_attr_number(&a, &n) && n == rows[i].value);
	}
	a = (struct ike_attr){.data = span_of(long_one, 9)};
	ok(ike_attr_number(&a, &n) && n == 513);
	long_one[0] = 1;
	ok(!ike_attr_number(&a, &n));
	a.data.n = 0;
	ok(!ike_attr_number(&a, &n));
}

static void identities_are_ranges_of_addresses(void)
{
	static const struct {
		const char *net, *printed;
		unsigned plen;
		uint8_t type;
	} rows[] = {
	    {"10.1.2.3", "IPv4 10.1.2.3 protocol 6 port 23", 32, IKE_ID_IPV4_ADDR},
	    {"10.1.2.3", "IPv4 subnet 10.1.0.0-10.1.255.255 protocol 6 port 23", 16, IKE_ID_IPV4_SUBNET},
	    {"0.0.0.0", "IPv4 subnet 0.0.0.0-255.255.255.255 protocol 6 port 23", 0, IKE_ID_IPV4_SUBNET},
	    {"2001:db8::7", "IPv6 2001:db8::7 protocol 6 port 23", 128, IKE_ID_IPV6_ADDR},
	    {"2001:db8::7", "IPv6 subnet 2001:db8::-2001:db8::ffff protocol 6 port 23", 112, IKE_ID_IPV6_SUBNET},
	};
	uint8_t store[32];
	struct ip net, lo, hi;

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct buf b = {0};
		struct ike_id id;

		ok(ip_parse(rows[i].net, &net));
		id = ike_id_of_prefix(&net, rows[i].plen, 6, 23, store);
		is_int(id.type, rows[i].type);
		ike_id_print(&id, &b);
		is_str(buf_text(&b), rows[i].printed);
		ok(ike_id_range(&id, &lo, &hi));
		buf_free(&b);
	}
	ok(!ike_id_range(&(struct ike_id){.type = IKE_ID_IPV4_SUBNET, .data = span_of("\x0a\0\0\0\xff\0\xff\0", 8)}, &lo, &hi));
	ok(!ike_id_range(&(struct ike_id){.type = IKE_ID_IPV4_RANGE, .data = span_of("\x0a\0\0\2\x0a\0\0\1", 8)}, &lo, &hi));
	ok(!ike_id_range(&(struct ike_id){.type = IKE_ID_FQDN, .data = span_of("andy", 4)}, &lo, &hi));
}

/* --- rules ------------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *what;
	enum ike_msg_kind kind;
	uint8_t exchange, flags;
	uint8_t types[8];
	int code;
} checks[] = {
    {"MM1", IKE_M_MM1, IKE_X_MAIN, 0, {IKE_P_SA, IKE_P_VENDOR, IKE_P_VENDOR}, 0},
    {"SA must be first", IKE_M_MM1, IKE_X_MAIN, 0, {IKE_P_VENDOR, IKE_P_SA}, 13843},
    {"two SAs", IKE_M_MM1, IKE_X_MAIN, 0, {IKE_P_SA, IKE_P_SA}, 13843},
    {"aggressive mode", IKE_M_MM1, IKE_X_AGGRESSIVE, 0, {IKE_P_SA}, 13824},
    {"encrypted MM1", IKE_M_MM1, IKE_X_MAIN, IKE_F_ENCRYPTED, {IKE_P_SA}, 13824},
    {"private payload in MM1", IKE_M_MM1, IKE_X_MAIN, 0, {IKE_P_SA, 200}, 0},
    {"unknown payload in MM1", IKE_M_MM1, IKE_X_MAIN, 0, {IKE_P_SA, 19}, 13843},
    {"NAT-D of the draft in MM1", IKE_M_MM1, IKE_X_MAIN, 0, {IKE_P_SA, IKE_P_NATD_02}, 13843},
    {"MM3", IKE_M_MM3, IKE_X_MAIN, 0, {IKE_P_KE, IKE_P_NONCE, IKE_P_NATD, IKE_P_NATD}, 0},
    {"MM3 with NAT-D of the draft", IKE_M_MM4, IKE_X_MAIN, 0, {IKE_P_NONCE, IKE_P_KE, IKE_P_NATD_02}, 0},
    {"MM3 without KE", IKE_M_MM3, IKE_X_MAIN, 0, {IKE_P_NONCE}, 13843},
    {"MM5", IKE_M_MM5_PSK, IKE_X_MAIN, IKE_F_ENCRYPTED, {IKE_P_ID, IKE_P_HASH, IKE_P_NOTIFY}, 0},
    {"MM5 in clear", IKE_M_MM5_PSK, IKE_X_MAIN, 0, {IKE_P_ID, IKE_P_HASH}, 13824},
    {"MM5 with a signature", IKE_M_MM5_PSK, IKE_X_MAIN, IKE_F_ENCRYPTED, {IKE_P_ID, IKE_P_SIG}, 13843},
    {"MM6 with a signature", IKE_M_MM6_SIG, IKE_X_MAIN, IKE_F_ENCRYPTED, {IKE_P_ID, IKE_P_CERT, IKE_P_SIG}, 0},
    {"QM1", IKE_M_QM1, IKE_X_QUICK, IKE_F_ENCRYPTED, {IKE_P_HASH, IKE_P_SA, IKE_P_NONCE}, 0},
    {"QM1 with all", IKE_M_QM1, IKE_X_QUICK, IKE_F_ENCRYPTED,
        {IKE_P_HASH, IKE_P_SA, IKE_P_NONCE, IKE_P_KE, IKE_P_ID, IKE_P_ID, IKE_P_NATOA}, 0},
    {"QM1 with SA later", IKE_M_QM1, IKE_X_QUICK, IKE_F_ENCRYPTED, {IKE_P_HASH, IKE_P_NONCE, IKE_P_SA}, 13843},
    {"QM1 with one identity", IKE_M_QM1, IKE_X_QUICK, IKE_F_ENCRYPTED, {IKE_P_HASH, IKE_P_SA, IKE_P_NONCE, IKE_P_ID},
        13834},
    {"QM2 with three identities", IKE_M_QM2, IKE_X_QUICK, IKE_F_ENCRYPTED,
        {IKE_P_HASH, IKE_P_SA, IKE_P_NONCE, IKE_P_ID, IKE_P_ID, IKE_P_ID}, 13843},
    {"QM3", IKE_M_QM3, IKE_X_QUICK, IKE_F_ENCRYPTED, {IKE_P_HASH}, 0},
    {"QM4 of Windows", IKE_M_QM4, IKE_X_QUICK, IKE_F_ENCRYPTED | IKE_F_COMMIT, {IKE_P_HASH, IKE_P_NOTIFY}, 0},
    {"hash not first", IKE_M_INFO, IKE_X_INFO, IKE_F_ENCRYPTED, {IKE_P_DELETE, IKE_P_HASH}, 13843},
    {"informational", IKE_M_INFO, IKE_X_INFO, IKE_F_ENCRYPTED, {IKE_P_HASH, IKE_P_DELETE, IKE_P_NOTIFY}, 0},
    {"delete in clear", IKE_M_INFO_CLEAR, IKE_X_INFO, 0, {IKE_P_NOTIFY, IKE_P_DELETE}, 13843},
    {"notify in clear", IKE_M_INFO_CLEAR, IKE_X_INFO, 0, {IKE_P_NOTIFY}, 0},
    {"reliable delete", IKE_M_DELETE_RELIABLE, IKE_X_INFO, IKE_F_ENCRYPTED, {IKE_P_HASH, IKE_P_DELETE, IKE_P_NONCE}, 0},
    {"fragment", IKE_M_FRAG, IKE_X_MAIN, 0, {IKE_P_FRAG}, 0},
    {"fragment and more", IKE_M_FRAG, IKE_X_MAIN, 0, {IKE_P_FRAG, IKE_P_VENDOR}, 13843},
    {"fragment inside", IKE_M_MM3, IKE_X_MAIN, 0, {IKE_P_KE, IKE_P_NONCE, IKE_P_FRAG}, 13843},
    {"nothing", IKE_M_INFO, IKE_X_INFO, IKE_F_ENCRYPTED, {0}, 13843},
};

static void messages_hold_what_their_exchange_asks(void)
{
	for (size_t i = 0; i < N_OF(checks); i++) {
		struct ike_msg m = {.hdr = {.exchange = checks[i].exchange, .flags = checks[i].flags}};
		struct ike_fault f = {0};

		for (size_t j = 0; j < 8 && checks[i].types[j]; j++) {
			struct ike_payload *p = ike_msg_add(&m, checks[i].types[j]);

			if (ike_payload_form(p->type) == IKE_FORM_DATA)
				p->u.data = span_of("sixteen bytes...", 16);
		}
		ike_msg_check(&m, checks[i].kind, &f);
		if ((int)f.code != checks[i].code) {
			printf("# %s: %d, want %d (%s)\n", checks[i].what, (int)f.code, checks[i].code, f.why ? f.why : "");
			ok(false);
		}
	}
}

static void sizes_of_nonces_are_bounded(void)
{
	static const uint8_t bytes[IKE_NONCE_MAX + 1];
	static const struct {
		size_t nonce, ke;
		int code;
	} rows[] = {{7, 1, 13839}, {8, 1, 0}, {256, 1, 0}, {257, 1, 13839}, {8, 0, 13833}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_msg m = {.hdr = {.exchange = IKE_X_MAIN}};
		struct ike_fault f = {0};

		ike_msg_add(&m, IKE_P_KE)->u.data = span_of(bytes, rows[i].ke);
		ike_msg_add(&m, IKE_P_NONCE)->u.data = span_of(bytes, rows[i].nonce);
		ike_msg_check(&m, IKE_M_MM3, &f);
		is_int(f.code, rows[i].code);
	}
}

/* --- the trace --------------------------------------------------------------------------------------------------------- */

static void trace_names_everything(void)
{
	static const char hex[] = HDR "01 10 02 00 00000000 0000005c 0d00002c" SA_BODY
	    "00000014 4a131c81070358455c5728f20e95452f";
	static const char want[] =
	    "main mode, cookies 0102030405060708 0000000000000000, message id 00000000, 92 bytes\n"
	    "  SA: \n    P1 ISAKMP\n"
	    "      T1 KEY_IKE: cipher DES, hash MD5, authentication preshared key, group MODP-768\n"
	    "  VID: RFC 3947 NAT traversal\n";
	uint8_t bytes[256];
	size_t n = hex_bytes(hex, bytes, sizeof bytes);
	struct arena a = {0};
	struct buf b = {0};
	struct ike_fault f;
	struct ike_msg m;

	is_int(decode(span_of(bytes, n), &m, &a, &f), 0);
	ike_msg_print(&m, &b);
	is_str(buf_text(&b), want);
	buf_free(&b);
	arena_free(&a);
}

/* Eight bytes of what must not be shown, in every payload that holds such; neither text nor hex of it is printed. */
static void trace_shows_no_key_bytes(void)
{
	static const uint8_t hidden[] = {IKE_P_KE, IKE_P_NONCE, IKE_P_HASH, IKE_P_SIG, IKE_P_GSS, IKE_P_NATD, 77, IKE_P_CERT};
	struct ike_msg m = {.hdr = {.exchange = IKE_X_QUICK}};
	struct buf b = {0};

	for (size_t i = 0; i < N_OF(hidden); i++) {
		struct ike_payload *p = ike_msg_add(&m, hidden[i]);

		if (hidden[i] == IKE_P_CERT)
			p->u.cert.data = span_of("SECRET!!", 8);
		else
			p->u.data = span_of("SECRET!!", 8);
	}
	ike_msg_print(&m, &b);
	ok(strstr(buf_text(&b), "SECR") == NULL && strstr(buf_text(&b), "534543") == NULL);
	ok(strstr(buf_text(&b), "KE: 8 bytes\n") != NULL && strstr(buf_text(&b), "77: 8 bytes\n") != NULL);
	buf_free(&b);
}

static void names_of_the_peer_are_made_printable(void)
{
	struct ike_id id = {.type = IKE_ID_FQDN, .data = span_of("a\n\x1b[31mb", 8)};
	struct buf b = {0};

	ike_id_print(&id, &b);
	is_str(buf_text(&b), "FQDN a??[31mb");
	buf_free(&b);
}

static void vendor_ids_are_recognised(void)
{
	uint8_t bytes[20];
	uint32_t version;

	for (int v = IKE_V_UNKNOWN + 1; v < IKE_VENDORS; v++) {
		struct span id = ike_vendor_bytes((enum ike_vendor)v);

		ok(id.n > 0 && ike_vendor_of(id, &version) == (enum ike_vendor)v);
		ok(ike_vendor_of(span_of(id.p, id.n - 1), &version) == IKE_V_UNKNOWN);
	}
	memcpy(bytes, ike_vendor_bytes(IKE_V_MS_NT5).p, 16);
	hex_bytes("00000004", bytes + 16, 4);
	ok(ike_vendor_of(span_of(bytes, 20), &version) == IKE_V_MS_NT5);
	is_int(version, 4);
	memcpy(bytes, ike_vendor_bytes(IKE_V_DPD).p, 16);
	ok(ike_vendor_of(span_of(bytes, 20), &version) == IKE_V_UNKNOWN);
}

/* Semantics §5.11. */
static const struct {
	int number;
	const char *name;
} failures[] = {
    {13801, "AUTH_FAIL"}, {13802, "ATTRIB_FAIL"}, {13803, "NEGOTIATION_PENDING"},
    {13804, "GENERAL_PROCESSING_ERROR"}, {13805, "TIMED_OUT"}, {13806, "NO_CERT"}, {13807, "SA_DELETED"},
    {13808, "SA_REAPED"}, {13809, "MM_ACQUIRE_DROP"}, {13810, "QM_ACQUIRE_DROP"}, {13811, "QUEUE_DROP_MM"},
    {13812, "QUEUE_DROP_NO_MM"}, {13813, "DROP_NO_RESPONSE"}, {13814, "MM_DELAY_DROP"},
    {13815, "QM_DELAY_DROP"}, {13816, "ERROR"}, {13817, "CRL_FAILED"}, {13818, "INVALID_KEY_USAGE"},
    {13819, "INVALID_CERT_TYPE"}, {13820, "NO_PRIVATE_KEY"}, {13822, "DH_FAIL"}, {13824, "INVALID_HEADER"},
    {13825, "NO_POLICY"}, {13826, "INVALID_SIGNATURE"}, {13827, "KERBEROS_ERROR"}, {13828, "NO_PUBLIC_KEY"},
    {13829, "PROCESS_ERR"}, {13830, "PROCESS_ERR_SA"}, {13831, "PROCESS_ERR_PROP"},
    {13832, "PROCESS_ERR_TRANS"}, {13833, "PROCESS_ERR_KE"}, {13834, "PROCESS_ERR_ID"},
    {13835, "PROCESS_ERR_CERT"}, {13836, "PROCESS_ERR_CERT_REQ"}, {13837, "PROCESS_ERR_HASH"},
    {13838, "PROCESS_ERR_SIG"}, {13839, "PROCESS_ERR_NONCE"}, {13840, "PROCESS_ERR_NOTIFY"},
    {13841, "PROCESS_ERR_DELETE"}, {13842, "PROCESS_ERR_VENDOR"}, {13843, "INVALID_PAYLOAD"},
    {13844, "LOAD_SOFT_SA"}, {13845, "SOFT_SA_TORN_DOWN"}, {13846, "INVALID_COOKIE"},
    {13847, "NO_PEER_CERT"}, {13848, "PEER_CRL_FAILED"}, {13849, "POLICY_CHANGE"}, {13850, "NO_MM_POLICY"},
    {13851, "NOTCBPRIV"}, {13852, "SECLOADFAIL"}, {13853, "FAILSSPINIT"}, {13854, "FAILQUERYSSP"},
    {13855, "SRVACQFAIL"}, {13856, "SRVQUERYCRED"}, {13857, "GETSPIFAIL"}, {13858, "INVALID_FILTER"},
    {13859, "OUT_OF_MEMORY"}, {13860, "ADD_UPDATE_KEY_FAILED"}, {13861, "INVALID_POLICY"},
    {13862, "UNKNOWN_DOI"}, {13863, "INVALID_SITUATION"}, {13864, "DH_FAILURE"}, {13865, "INVALID_GROUP"},
    {13866, "ENCRYPT"}, {13867, "DECRYPT"}, {13868, "POLICY_MATCH"}, {13869, "UNSUPPORTED_ID"},
    {13870, "INVALID_HASH"}, {13871, "INVALID_HASH_ALG"}, {13872, "INVALID_HASH_SIZE"},
    {13873, "INVALID_ENCRYPT_ALG"}, {13874, "INVALID_AUTH_ALG"}, {13875, "INVALID_SIG"},
    {13876, "LOAD_FAILED"}, {13877, "RPC_DELETE"}, {13878, "BENIGN_REINIT"},
    {13879, "INVALID_RESPONDER_LIFETIME_NOTIFY"}, {13881, "INVALID_CERT_KEYLEN"}, {13882, "MM_LIMIT"},
    {13883, "NEGOTIATION_DISABLED"}, {13884, "QM_LIMIT"}, {13885, "MM_EXPIRED"},
    {13886, "PEER_MM_ASSUMED_INVALID"}, {13887, "CERT_CHAIN_POLICY_MISMATCH"},
    {13888, "UNEXPECTED_MESSAGE_ID"}, {13889, "INVALID_UMATTS"}, {13890, "DOS_COOKIE_SENT"},
    {13891, "SHUTTING_DOWN"}, {13892, "CGA_AUTH_FAILED"}, {13893, "PROCESS_ERR_NATOA"},
    {13894, "INVALID_MM_FOR_QM"}, {13895, "QM_EXPIRED"}, {13896, "TOO_MANY_FILTERS"},
};

static void failures_have_names(void)
{
	for (size_t i = 0; i < N_OF(failures); i++) {
		const char *name = ike_failure_name((enum ike_failure)failures[i].number);

		is_str(name ? name : "(none)", failures[i].name);
		ok(ike_failure_text((enum ike_failure)failures[i].number) != NULL);
	}
	is_str(ike_failure_name(IKE_FAIL_POLICY_MATCH), "POLICY_MATCH");
	is_int(IKE_FAIL_POLICY_MATCH, 13868);
	is_int(ike_failure_notify(IKE_FAIL_POLICY_MATCH), IKE_N_NO_PROPOSAL_CHOSEN);
	ok(ike_failure_name((enum ike_failure)1) == NULL && ike_failure_text(IKE_OK) == NULL);
}

static const struct tap_case cases[] = {
    {"any message comes back", any_message_comes_back},
    {"damaged messages do no harm", damaged_messages_do_no_harm},
    {"faults carry the codes of Windows", faults_carry_the_codes_of_windows},
    {"a broken payload carries the code of its kind", a_broken_payload_carries_the_code_of_its_kind},
    {"counts are bounded", counts_are_bounded},
    {"payloads of a message are bounded", payloads_of_a_message_are_bounded},
    {"padding is for encrypted messages", padding_is_for_encrypted_messages},
    {"what does not fit is not encoded", what_does_not_fit_is_not_encoded},
    {"attributes are numbers in either form", attributes_are_numbers_in_either_form},
    {"identities are ranges of addresses", identities_are_ranges_of_addresses},
    {"messages hold what their exchange asks", messages_hold_what_their_exchange_asks},
    {"sizes of nonces are bounded", sizes_of_nonces_are_bounded},
    {"the trace names everything", trace_names_everything},
    {"the trace shows no key bytes", trace_shows_no_key_bytes},
    {"names of the peer are made printable", names_of_the_peer_are_made_printable},
    {"vendor ids are recognised", vendor_ids_are_recognised},
    {"failures have names", failures_have_names},
};
TAP_MAIN(cases)
