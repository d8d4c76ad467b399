/* The control channel's bytes: round trips of every message, and everything that must be refused. */
#include "common/ipc/ipc.h"

#include <stdlib.h>

#include "tests/unit/ipc_samples.h"

#include "common/base/banned.h"

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
		uint8_t bytes[IPC_MSG_MAX], again[IPC_MSG_MAX];
		size_t n = ipc_encode(&in, bytes);

		ok(n >= IPC_HEAD_BYTES && n <= IPC_MSG_MAX);
		is_int(decode(bytes, n, &out, &e), 0);
		is_str(e.text, "");
		is_int(out.type, in.type);
		is_int(out.seq, in.seq);
		is_int(ipc_encode(&out, again), n);
		ok(memcmp(bytes, again, n) == 0);
	}
}

/* What arrives is what was sent: the fields one by one, of the richest message. */
static void a_rule_arrives_whole(void)
{
	struct ipc_msg in = {.type = IPC_CHANGE, .u.change = a_change()}, out;
	struct err e = {0};
	uint8_t bytes[IPC_MSG_MAX];
	const struct dyn_rule *a = &in.u.change.u.rule, *b = &out.u.change.u.rule;

	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
	is_int(out.u.change.given, DYN_G_EVERY);
	ok(dyn_rule_same(a, b) && guid_eq(&a->filter.guid, &b->filter.guid));
	is_str(b->filter.src.dns, "peer.test");
	ok(!b->filter.dst.dns);
	is_str(b->mmpolicy, "Größe");
	is_int(b->action_in, ACTION_PERMIT);
	is_int(b->action_out, ACTION_NEGOTIATE);
	is_int(b->auth.n, 3);
	is_str(b->psk[0], "key");
	is_str(b->auth.v[1].text, "CN=x");
	ok(b->auth.v[1].certmap && !b->auth.v[1].excludecaname);
}

static void a_key_is_in_no_listing(void)
{
	struct ipc_msg in = {.type = IPC_PAGE}, out;
	struct err e = {0};
	uint8_t bytes[IPC_MSG_MAX];
	size_t n;

	a_page(&in.u.page);
	n = ipc_encode(&in, bytes);
	ok(!memmem(bytes, n, "key", 3));
	is_int(decode(bytes, n, &out, &e), 0);
	is_int(out.u.page.n, 3);
	is_int(out.u.page.v[2].weight, 77);
	is_int(out.u.page.v[2].u.rule.auth.v[0].kind, AUTH_PSK);
	ok(!out.u.page.v[2].u.rule.psk[0]);
}

/* The largest rule that the command line can make fits a change, and a page that is empty. */
static void the_largest_rule_fits(void)
{
	struct ipc_msg in = {.type = IPC_CHANGE, .u.change = a_change()}, out;
	struct dyn_rule *r = &in.u.change.u.rule;
	struct dyn_item it = {.kind = DYN_RULE};
	struct err e = {0};
	uint8_t bytes[IPC_MSG_MAX];
	char name[MODEL_NAME_MAX + 1] = {0}, text[MODEL_TEXT_MAX + 1] = {0};
	size_t used = 0;

	memset(name, 'n', MODEL_NAME_MAX);
	memset(text, 't', MODEL_TEXT_MAX);
	r->mmpolicy = r->qmpolicy = r->filter.src.dns = r->filter.dst.dns = name;
	r->auth.n = MODEL_AUTH_MAX;
	for (size_t i = 0; i < MODEL_AUTH_MAX; i++)
		r->auth.v[i] = (struct auth_method){.kind = AUTH_ROOTCA, .text = text};
	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
	is_str(out.u.change.u.rule.auth.v[MODEL_AUTH_MAX - 1].text, text);
	it.u.rule = *r;
	in = (struct ipc_msg){.type = IPC_PAGE, .u.page = {.kind = DYN_RULE}};
	ok(ipc_page_add(&in.u.page, &used, &it));
	ok(!ipc_page_add(&in.u.page, &used, &it));
	is_int(in.u.page.n, 1);
	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
}

/* Each is one byte of a change that is otherwise right; the offsets follow from codec_dyn.c. */
static void objects_that_contradict_themselves_are_refused(void)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *why;
	} bad[] = {
		{0, 0, "there is no such change"},
		{0, 5, "there is no such change"},
		{1, 0, "there is no such change"}, /* everything can only be deleted */
		{1, 4, "there is no such object"},
		{4, 0xFF, "there is no such change"},
		{22, 9, "an address is of no known kind"},
		{22, END_ME, "an address contradicts itself"},
		{23, 33, "an address contradicts itself"},
		{24, 5, "an address is of no known family"},
		{28, 1, "an address contradicts itself"}, /* a bit behind the prefix */
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ipc_msg in = {.type = IPC_CHANGE, .u.change = a_change()}, out;
		struct err e = {0};
		uint8_t bytes[IPC_MSG_MAX];
		size_t n = ipc_encode(&in, bytes);

		bytes[IPC_HEAD_BYTES + bad[i].at] = bad[i].byte;
		is_int(decode(bytes, n, &out, &e), -1);
		ok(strstr(e.text, bad[i].why) != NULL);
		if (!strstr(e.text, bad[i].why))
			printf("# %zu: %s\n", i, e.text);
	}
}

/* A shell's words hold none; another program's could bring a terminal's escapes, or lines, to whoever lists them. */
static void changes_bring_no_control_characters(void)
{
	static const char *const bad[] = {"a\nb", "\x1b[2J", "\x7f", "a\tb\r", "\xC2\x9B"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (int where = 0; where < 3; where++) {
			struct ipc_msg in = {.type = IPC_CHANGE, .u.change = a_change()}, out;
			struct dyn_rule *r = &in.u.change.u.rule;
			struct err e = {0};
			uint8_t bytes[IPC_MSG_MAX];
			*(where == 0 ? &r->mmpolicy : where == 1 ? &r->psk[0] : &r->auth.v[1].text) = bad[i];
			is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), -1);
			ok(strstr(e.text, "a text holds a control character") != NULL);
		}
}

static void groups_have_gaps(void)
{
	struct ipc_msg in = {.type = IPC_CHANGE, .u.change = {.op = DYN_ADD, .kind = DYN_QMPOLICY, .u.qm = {.name = "Q"}}}, out;
	uint8_t bytes[IPC_MSG_MAX];
	size_t known = 0;

	for (int group = 0; group < 256; group++) {
		struct err e = {0};
		in.u.change.u.qm.pfsgroup = (uint8_t)group;
		bool fine = enum_to_name(pfs_names, group) != NULL;
		known += fine;
		is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), fine ? 0 : -1);
	}
	ok(known > 9);
}

/* Associations can only be deleted: all, or those with a peer that has an address. */
static void associations_are_deleted_by_peer(void)
{
	static const uint8_t ops[] = {DYN_ADD, DYN_SET, DYN_DELETE, DYN_DELETE_ALL};
	const struct ip peer = {.family = IP_V6, .b = {0x20, 1, [15] = 7}};

	for (size_t i = 0; i < sizeof ops; i++) {
		for (int with = 0; with < 2; with++) {
			struct ipc_msg in = {.type = IPC_CHANGE, .u.change = {.kind = DYN_SA, .op = ops[i]}}, out;
			struct err e = {0};
			uint8_t bytes[IPC_MSG_MAX];
			if (with)
				in.u.change.u.peer = peer;
			bool fine = ops[i] == DYN_DELETE_ALL || (ops[i] == DYN_DELETE && with);
			is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), fine ? 0 : -1);
			if (fine && ops[i] == DYN_DELETE)
				ok(ip_eq(&out.u.change.u.peer, &peer));
		}
	}
}

static bool mmsa_eq(const struct mmsa *a, const struct mmsa *b)
{
	return a->id == b->id && ip_eq(&a->local.ip, &b->local.ip) && ip_eq(&a->remote.ip, &b->remote.ip) &&
	       a->local.port == b->local.port && a->remote.port == b->remote.port &&
	       memcmp(a->icookie, b->icookie, sizeof a->icookie) == 0 && memcmp(a->rcookie, b->rcookie, sizeof a->rcookie) == 0 &&
	       a->initiator == b->initiator && a->natt == b->natt && a->dpd == b->dpd && a->offer.encr == b->offer.encr &&
	       a->offer.integ == b->offer.integ && a->offer.group == b->offer.group && a->auth == b->auth &&
	       a->life_s == b->life_s && a->quick_modes == b->quick_modes && a->since_s == b->since_s &&
	       a->until_s == b->until_s && strcmp(a->remote_id, b->remote_id) == 0;
}

static bool qmsa_eq(const struct qmsa *a, const struct qmsa *b)
{
	return a->id == b->id && a->mmsa == b->mmsa && ip_eq(&a->local.ip, &b->local.ip) && ip_eq(&a->remote.ip, &b->remote.ip) &&
	       a->initiator == b->initiator && a->tunnel == b->tunnel && a->udp_encap == b->udp_encap && a->soft == b->soft &&
	       ip_eq(&a->src.net, &b->src.net) && a->src.plen == b->src.plen && ip_eq(&a->dst.net, &b->dst.net) &&
	       a->dst.plen == b->dst.plen && a->protocol == b->protocol && a->sport == b->sport && a->dport == b->dport &&
	       memcmp(&a->offer, &b->offer, sizeof a->offer) == 0 && a->pfs == b->pfs && a->ah_in == b->ah_in &&
	       a->ah_out == b->ah_out && a->esp_in == b->esp_in && a->esp_out == b->esp_out && ip_eq(&a->original, &b->original) && a->since_s == b->since_s &&
	       a->until_s == b->until_s && a->counted == b->counted && a->sent == b->sent && a->received == b->received &&
	       a->sent_packets == b->sent_packets && a->received_packets == b->received_packets &&
	       strcmp(a->policy, b->policy) == 0;
}

static void associations_arrive_whole(void)
{
	for (int quick = 0; quick < 2; quick++) {
		struct ipc_msg in = {.type = IPC_SAS_PAGE}, out;
		struct err e = {0};
		uint8_t bytes[IPC_MSG_MAX];

		a_sas_page(quick, &in.u.sas_page);
		is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
		ok(out.u.sas_page.quick == (bool)quick && out.u.sas_page.now_s == 1000000002 && out.u.sas_page.ike.running);
		is_int(quick ? out.u.sas_page.u.qm.n : out.u.sas_page.u.mm.n, 4);
		for (int i = 0; i < 4; i++)
			ok(quick ? qmsa_eq(&in.u.sas_page.u.qm.v[i], &out.u.sas_page.u.qm.v[i])
			         : mmsa_eq(&in.u.sas_page.u.mm.v[i], &out.u.sas_page.u.mm.v[i]));
	}
}

/* Full pages of the largest associations, and the longest key. */
static void the_largest_of_ike_fits(void)
{
	struct ipc_msg in = {.type = IPC_SAS_PAGE, .u.sas_page.quick = true}, out;
	char name[MODEL_NAME_MAX + 1] = {0}, text[MODEL_TEXT_MAX + 1] = {0};
	struct err e = {0};
	uint8_t bytes[IPC_MSG_MAX];

	memset(name, 'n', MODEL_NAME_MAX);
	memset(text, 't', MODEL_TEXT_MAX);
	memset(in.u.sas_page.ike.text, 'x', IPC_TEXT_MAX - 1);
	for (in.u.sas_page.u.qm.n = 0; in.u.sas_page.u.qm.n < ASSOC_PAGE_MAX; in.u.sas_page.u.qm.n++) {
		in.u.sas_page.u.qm.v[in.u.sas_page.u.qm.n] = assoc_qmsa(2);
		in.u.sas_page.u.qm.v[in.u.sas_page.u.qm.n].policy = name;
	}
	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
	is_str(out.u.sas_page.u.qm.v[ASSOC_PAGE_MAX - 1].policy, name);
	in = (struct ipc_msg){.type = IPC_KEY_TEXT, .u.key = {true, text}};
	is_int(decode(bytes, ipc_encode(&in, bytes), &out, &e), 0);
	is_str(out.u.key.text, text);
}

/* One byte of a page of main modes, and of a key, that is otherwise right; offsets follow from codec_ike.c. */
static void what_ike_cannot_say_is_refused(void)
{
	enum { FIRST = 1 + 4 + 2 + 2 + 8 + 1 + 1 + 8 + 1 };
	static const struct {
		uint16_t type;
		size_t at;
		uint8_t byte;
		const char *why;
	} bad[] = {
		{IPC_SAS_PAGE, FIRST - 1, ASSOC_PAGE_MAX + 1, "a list is too long"},
		{IPC_SAS_PAGE, FIRST + 8, 5, "an address is of no known family"},
		{IPC_SAS_PAGE, FIRST + 8, 0, "an end of an association has an address"},
		{IPC_SAS_PAGE, FIRST + 8 + 14 + 16, 2, "a yes/no field is neither"},
		{IPC_SAS_PAGE, FIRST + 8 + 14 + 16 + 3, 8, "a cipher is not known"},
		{IPC_SAS_PAGE, FIRST + 8 + 14 + 16 + 6, 3, "an authentication method is not known"},
		{IPC_KEY_TEXT, 0, 0, "a key that is not there has a text"},
		{IPC_KEY_TEXT, 0, 2, "a yes/no field is neither"},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ipc_msg in = sample(bad[i].type), out;
		struct err e = {0};
		uint8_t bytes[IPC_MSG_MAX];
		size_t n;

		if (bad[i].type == IPC_SAS_PAGE) {
			in.u.sas_page = (struct ipc_sas_page){.quick = false};
			a_sas_page(false, &in.u.sas_page);
		}
		n = ipc_encode(&in, bytes);
		bytes[IPC_HEAD_BYTES + bad[i].at] = bad[i].byte;
		is_int(decode(bytes, n, &out, &e), -1);
		ok(strstr(e.text, bad[i].why) != NULL);
		if (!strstr(e.text, bad[i].why))
			printf("# %zu: %s\n", i, e.text);
	}
}

static void the_bytes_are_these(void)
{
	static const uint8_t want[] = {'I', 'P', 'C', '1', IPC_VERSION, 0, 1, 0, 9, 0, 0, 0, 0xD4, 0xC3, 0xB2, 0xA1,
	    1, 8, 7, 6, 5, 4, 3, 2, 1};
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
		{4, 1, 0xA1B2C3D4, "it speaks version 1, this program version 6"},
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
	memset(in.u.state.persistent_policy, 'q', IPC_NAME_MAX - 1);
	memset(in.u.state.reason, 'r', IPC_TEXT_MAX - 1);
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
	is_str(buf_text(&b), "version: 0.1\nmode: Block, no\n"
			     "policy: Telnet {12000000-0000-0000-0000-0000000000FE}\n"
			     "change: 99\npersistent policy: Rescue {34000000-0000-0000-0000-000000000000}\n"
			     "persistent change: 7\nfilters: 100000\nxfrm policies: 3\nike: running\nlast error: old trouble\n");
	buf_clear(&b);
	m.u.state = (struct ipc_state){.version = "0.1"};
	ipc_state_print(&m.u.state, &b);
	is_str(buf_text(&b), "version: 0.1\nmode: Permit, \npolicy: none\nchange: 0\npersistent policy: none\n"
			     "persistent change: 0\nfilters: 0\nxfrm policies: 0\nike: \nlast error: none\n");
	buf_free(&b);
}

static const struct tap_case cases[] = {
	{"ipc every message round trips", every_message_round_trips},
	{"ipc a rule arrives whole", a_rule_arrives_whole},
	{"ipc a key is in no listing", a_key_is_in_no_listing},
	{"ipc the largest rule fits", the_largest_rule_fits},
	{"ipc objects that contradict themselves are refused", objects_that_contradict_themselves_are_refused},
	{"ipc changes bring no control characters", changes_bring_no_control_characters},
	{"ipc groups have gaps", groups_have_gaps},
	{"associations are deleted by peer", associations_are_deleted_by_peer},
	{"ipc associations arrive whole", associations_arrive_whole},
	{"ipc the largest that is said of IKE fits", the_largest_of_ike_fits},
	{"ipc what IKE cannot say is refused", what_ike_cannot_say_is_refused},
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
