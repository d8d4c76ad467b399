/* Proposals: what is offered, what is chosen of it, and why nothing is. Through the codec, as on the wire. */
#include "ike/engine/proposal.h"

#include "ike/engine/algorithm.h"
#include "tests/unit/ike_random.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct arena arena;

/* The payload as the other end sees it. */
static struct ike_sa_payload over_the_wire(const struct ike_sa_payload *sa)
{
	enum { ROOM = 20000 };
	struct ike_msg *m = arena_alloc(&arena, sizeof *m), *back = arena_alloc(&arena, sizeof *back);
	struct wr w = wr_of(arena_alloc(&arena, ROOM), ROOM);
	struct ike_fault f = {0};

	m->hdr = (struct ike_header){.version = IKE_VERSION, .icookie = {1}};
	ike_msg_add(m, IKE_P_SA)->u.sa = *sa;
	ok(ike_encode(m, 1, &w) == 0);
	if (ike_header_decode(wr_done(&w), &back->hdr, &f) || ike_payloads_decode(wr_done(&w), back, &arena, &f)) {
		printf("# %s\n", f.why);
		ok(false);
	}
	return back->v[0].u.sa;
}

/* --- main mode ------------------------------------------------------------------------------------------------ */

#define AES256 CRYPTO_AES256_CBC
#define TDES CRYPTO_3DES_CBC
static const struct ike_mm_policy windows = {
    .noffers = 4,
    .offers = {{TDES, CRYPTO_SHA1, 2}, {TDES, CRYPTO_MD5, 2}, {CRYPTO_DES_CBC, CRYPTO_SHA1, 1}, {CRYPTO_DES_CBC, CRYPTO_MD5, 1}},
    .nauths = 1,
    .auths = {{.method = IKE_AUTH_PSK, .secret = {{7}}}},
};
static const struct ike_mm_policy modern = {
    .noffers = 2,
    .offers = {{AES256, CRYPTO_SHA256, 19}, {AES256, CRYPTO_SHA256, 14}},
    .nauths = 1,
    .auths = {{.method = IKE_AUTH_PSK}},
    .life_s = 3600,
};

static void the_trace_of_what_windows_offers(void)
{
	static const char want[] =
	    "    P1 ISAKMP\n"
	    "      T1 KEY_IKE: cipher 3DES, hash SHA1, group MODP-1024, authentication preshared key, life type seconds, "
	    "life 28800\n"
	    "      T2 KEY_IKE: cipher 3DES, hash MD5, group MODP-1024, authentication preshared key, life type seconds, "
	    "life 28800\n"
	    "      T3 KEY_IKE: cipher DES, hash SHA1, group MODP-768, authentication preshared key, life type seconds, "
	    "life 28800\n"
	    "      T4 KEY_IKE: cipher DES, hash MD5, group MODP-768, authentication preshared key, life type seconds, "
	    "life 28800\n";
	struct ike_sa_payload sa;
	struct buf b = {0};

	ike_mm_propose(&windows, &arena, &sa);
	sa = over_the_wire(&sa);
	is_int(sa.nproposals, 1);
	ike_proposal_print(&sa.proposals[0], &b);
	is_str(buf_text(&b), want);
	buf_free(&b);
}

static void methods_we_cannot_do_are_not_offered(void)
{
	struct ike_mm_policy p = windows;
	struct ike_sa_payload sa;

	p.nauths = 4;
	p.auths[0] = (struct ike_auth){.method = IKE_AUTH_GSS};
	p.auths[1] = (struct ike_auth){.method = IKE_AUTH_PSK, .secret = {{1}}};
	p.auths[2] = (struct ike_auth){.method = IKE_AUTH_RSA};
	p.auths[3] = (struct ike_auth){.method = IKE_AUTH_PSK, .secret = {{2}}};
	ike_mm_propose(&p, &arena, &sa);
	is_int(sa.proposals[0].ntransforms, 4);
}

static bool mm_offer_eq(const struct ike_mm_offer *a, const struct ike_mm_offer *b)
{
	return a->cipher == b->cipher && a->hash == b->hash && a->group == b->group;
}

static struct ike_mm_policy rnd_mm(uint64_t *seed)
{
	static const uint16_t groups[] = {2, 19};
	struct ike_mm_policy p = {.noffers = 1 + rnd(seed, 4), .nauths = 1, .auths = {{.method = IKE_AUTH_PSK}}};

	p.life_s = rnd(seed, 2) ? 0 : 300 + rnd(seed, 100000);
	for (size_t i = 0; i < p.noffers; i++)
		p.offers[i] = (struct ike_mm_offer){(uint8_t)(1 + rnd(seed, 4)), (uint8_t)(1 + rnd(seed, 2)), groups[rnd(seed, 2)]};
	return p;
}

/* The first of the initiator's offers that is among the responder's; NULL: none. */
static const struct ike_mm_offer *mm_expected(const struct ike_mm_policy *i, const struct ike_mm_policy *r)
{
	for (size_t j = 0; j < i->noffers; j++) {
		for (size_t k = 0; k < r->noffers; k++) {
			if (mm_offer_eq(&i->offers[j], &r->offers[k]))
				return &i->offers[j];
		}
	}
	return NULL;
}

static void both_ends_of_main_mode_agree(void)
{
	uint64_t seed = 5;
	size_t agreed = 0;

	for (size_t n = 0; n < 3000; n++) {
		struct ike_mm_policy i = rnd_mm(&seed), r = rnd_mm(&seed);
		const struct ike_mm_offer *want = mm_expected(&i, &r);
		struct ike_sa_payload sa, answer;
		struct ike_mm_choice at_r, at_i;
		struct ike_refusal why;

		ike_mm_propose(&i, &arena, &sa);
		sa = over_the_wire(&sa);
		if (!want) {
			ok(ike_mm_choose(&r, &sa, &at_r, &why) == IKE_FAIL_POLICY_MATCH);
			ok(why.field[0] && why.text[0] && why.offered != why.wanted);
		} else {
			ok(ike_mm_choose(&r, &sa, &at_r, &why) == IKE_OK && why.field[0] == '\0');
			ok(mm_offer_eq(&at_r.offer, want));
			ike_mm_answer(&sa, &at_r, &arena, &answer);
			answer = over_the_wire(&answer);
			ok(ike_mm_accept(&i, &answer, &at_i, &why) == IKE_OK);
			ok(mm_offer_eq(&at_i.offer, want));
			/* nobody uses it longer than either wants */
			ok(at_r.life_s <= (r.life_s ? r.life_s : 28800) && at_r.life_s <= (i.life_s ? i.life_s : 28800));
			agreed++;
		}
		arena_reset(&arena);
	}
	ok(agreed > 500 && agreed < 2500);
}

static void a_refusal_says_what_went_furthest(void)
{
	static const struct {
		const char *text;
		struct ike_mm_offer offer;
	} rows[] = {
	    {"offered cipher 3DES, wanted AES-CBC (proposal 1, transform 1)", {TDES, CRYPTO_SHA256, 19}},
	    {"offered key length 128, wanted 256 (proposal 1, transform 1)", {CRYPTO_AES128_CBC, CRYPTO_SHA256, 19}},
	    {"offered hash SHA1, wanted SHA256 (proposal 1, transform 1)", {AES256, CRYPTO_SHA1, 19}},
	    {"offered group MODP-1024, wanted ECP-256 (proposal 1, transform 1)", {AES256, CRYPTO_SHA256, 2}},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_mm_policy p = modern;
		struct ike_mm_choice c;
		struct ike_refusal why;
		struct ike_sa_payload sa;

		p.noffers = 2;
		p.offers[0] = rows[i].offer;
		p.offers[1] = (struct ike_mm_offer){CRYPTO_DES_CBC, CRYPTO_MD5, 1};
		ike_mm_propose(&p, &arena, &sa);
		sa = over_the_wire(&sa);
		ok(ike_mm_choose(&modern, &sa, &c, &why) == IKE_FAIL_POLICY_MATCH);
		is_str(why.text, rows[i].text);
	}
}

/* Semantics §5.9, RFC 2408 §4.2. */
static void unknown_attributes_do_not_abort(void)
{
	static const struct {
		uint16_t type;
		enum ike_failure want;
	} rows[] = {{13, IKE_FAIL_POLICY_MATCH}, {15, IKE_FAIL_POLICY_MATCH}, {16384, IKE_OK}, {0x7FFF, IKE_OK}, {5, IKE_OK}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_sa_payload sa, answer;
		struct ike_transform *t;
		struct ike_mm_choice c;
		struct ike_refusal why;

		ike_mm_propose(&windows, &arena, &sa);
		sa.proposals[0].ntransforms = 1;
		t = &sa.proposals[0].transforms[0];
		t->attrs[t->nattrs++] = (struct ike_attr){.type = rows[i].type, .basic = true, .value = 1};
		sa = over_the_wire(&sa);
		is_int(ike_mm_choose(&windows, &sa, &c, &why), rows[i].want);
		if (rows[i].want != IKE_OK) {
			is_str(why.field, "unknown attribute");
			continue;
		}
		ike_mm_answer(&sa, &c, &arena, &answer);
		is_int(answer.proposals[0].transforms[0].nattrs, t->nattrs);
	}
}

static void a_changed_answer_is_not_accepted(void)
{
	struct ike_sa_payload sa;
	struct ike_mm_choice c;
	struct ike_refusal why;

	ike_mm_propose(&windows, &arena, &sa);
	ok(ike_mm_accept(&windows, &sa, &c, &why) == IKE_FAIL_PROCESS_ERR_PROP); /* more than one */
	sa.proposals[0].ntransforms = 1;
	ok(ike_mm_accept(&windows, &sa, &c, &why) == IKE_OK);
	ok(ike_mm_accept(&modern, &sa, &c, &why) == IKE_FAIL_ATTRIB_FAIL);
	sa.proposals[0].protocol = IKE_PROTO_ESP;
	ok(ike_mm_accept(&windows, &sa, &c, &why) == IKE_FAIL_PROCESS_ERR_PROP);
}

static void main_mode_life_is_the_shorter(void)
{
	static const struct {
		uint32_t offered, own, want;
	} rows[] = {{3600, 28800, 3600}, {28800, 3600, 3600}, {0, 0, 28800}, {100000, 0, 28800}, {600, 0, 600}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_mm_policy p = windows, q = windows;
		struct ike_sa_payload sa;
		struct ike_mm_choice c;
		struct ike_refusal why;

		p.life_s = rows[i].offered;
		q.life_s = rows[i].own;
		ike_mm_propose(&p, &arena, &sa);
		sa = over_the_wire(&sa);
		ok(ike_mm_choose(&q, &sa, &c, &why) == IKE_OK);
		is_int(c.life_s, rows[i].want);
	}
}

/* --- quick mode -------------------------------------------------------------------------------------------------- */

static const struct ike_qm_terms transport_i = {.ah_spi = 0xA1A1A1A1, .esp_spi = 0xE1E1E1E1};
static const struct ike_qm_terms transport_r = {.ah_spi = 0xA2A2A2A2, .esp_spi = 0xE2E2E2E2};

static void the_trace_of_a_quick_mode(void)
{
	static const struct ike_qm_policy p = {
	    .noffers = 3,
	    .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_GCM256, .life_s = 3600, .life_kb = 100000},
	        {.has_ah = true, .ah_hash = CRYPTO_SHA1, .has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA256},
	        {.has_esp = true, .esp_cipher = IKE_ENC_NULL, .esp_hash = CRYPTO_MD5}},
	};
	static const char want[] =
	    "    P1 ESP spi e1e1e1e1\n"
	    "      T1 AES-GCM-16: life type seconds, life 3600, life type kilobytes, life 100000, mode tunnel, group MODP-2048, "
	    "key length 256\n"
	    "    P2 AH spi a1a1a1a1\n"
	    "      T1 SHA1: mode tunnel, group MODP-2048, authentication SHA1\n"
	    "    P2 ESP spi e1e1e1e1\n"
	    "      T1 AES-CBC: mode tunnel, group MODP-2048, authentication SHA256, key length 128\n"
	    "    P3 ESP spi e1e1e1e1\n"
	    "      T1 NULL: mode tunnel, group MODP-2048, authentication MD5\n";
	struct ike_qm_terms t = transport_i;
	struct ike_sa_payload sa;
	struct buf b = {0};

	t.tunnel = true;
	t.group = 14;
	ike_qm_propose(&p, &t, &arena, &sa);
	sa = over_the_wire(&sa);
	for (size_t i = 0; i < sa.nproposals; i++)
		ike_proposal_print(&sa.proposals[i], &b);
	is_str(buf_text(&b), want);
	buf_free(&b);
}

static struct ike_qm_offer rnd_offer(uint64_t *seed)
{
	struct ike_qm_offer o = {.has_ah = rnd(seed, 3) == 0, .has_esp = true};

	if (o.has_ah) {
		o.ah_hash = (uint8_t)(CRYPTO_MD5 + rnd(seed, 2));
		o.has_esp = rnd(seed, 2);
	}
	if (o.has_esp) {
		o.esp_cipher = (uint8_t)(IKE_ENC_DES + rnd(seed, 3));
		o.esp_hash = (uint8_t)rnd(seed, 3);
	}
	return o;
}

static bool qm_offer_eq(const struct ike_qm_offer *a, const struct ike_qm_offer *b)
{
	return a->has_ah == b->has_ah && a->has_esp == b->has_esp && a->ah_hash == b->ah_hash &&
	       a->esp_cipher == b->esp_cipher && a->esp_hash == b->esp_hash;
}

static struct ike_qm_policy rnd_qm(uint64_t *seed)
{
	struct ike_qm_policy p = {.noffers = 1 + rnd(seed, 4)};

	for (size_t i = 0; i < p.noffers; i++)
		p.offers[i] = rnd_offer(seed);
	return p;
}

static const struct ike_qm_offer *qm_expected(const struct ike_qm_policy *i, const struct ike_qm_policy *r)
{
	for (size_t j = 0; j < i->noffers; j++) {
		for (size_t k = 0; k < r->noffers; k++) {
			if (qm_offer_eq(&i->offers[j], &r->offers[k]))
				return &i->offers[j];
		}
	}
	return NULL;
}

static void check_qm_agreement(const struct ike_qm_policy *i, const struct ike_qm_policy *r, const struct ike_qm_offer *want,
    const struct ike_sa_payload *sa)
{
	struct ike_qm_choice at_r, at_i;
	struct ike_sa_payload answer;
	struct ike_refusal why;

	ok(ike_qm_choose(r, &transport_r, sa, &at_r, &why) == IKE_OK && why.field[0] == '\0');
	ok(qm_offer_eq(&at_r.offer, want));
	is_int(at_r.esp_spi, want->has_esp ? transport_i.esp_spi : 0);
	is_int(at_r.ah_spi, want->has_ah ? transport_i.ah_spi : 0);
	ike_qm_answer(sa, &at_r, &transport_r, &arena, &answer);
	answer = over_the_wire(&answer);
	ok(ike_qm_accept(i, &transport_i, &answer, &at_i, &why) == IKE_OK);
	ok(qm_offer_eq(&at_i.offer, want));
	is_int(at_i.esp_spi, want->has_esp ? transport_r.esp_spi : 0);
	is_int(at_i.ah_spi, want->has_ah ? transport_r.ah_spi : 0);
}

static void both_ends_of_quick_mode_agree(void)
{
	uint64_t seed = 9;
	size_t agreed = 0;

	for (size_t n = 0; n < 3000; n++) {
		struct ike_qm_policy i = rnd_qm(&seed), r = rnd_qm(&seed);
		const struct ike_qm_offer *want = qm_expected(&i, &r);
		struct ike_sa_payload sa;
		struct ike_qm_choice c;
		struct ike_refusal why;

		ike_qm_propose(&i, &transport_i, &arena, &sa);
		sa = over_the_wire(&sa);
		if (want) {
			check_qm_agreement(&i, &r, want, &sa);
		} else {
			ok(ike_qm_choose(&r, &transport_r, &sa, &c, &why) == IKE_FAIL_POLICY_MATCH);
			ok(why.field[0] && why.offered != why.wanted);
		}
		agreed += want != NULL;
		arena_reset(&arena);
	}
	ok(agreed > 300 && agreed < 2700);
}

/* --- quick mode: terms --------------------------------------------------------------------------------------------- */

static const struct ike_qm_policy esp_3des = {
    .noffers = 1,
    .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_3DES, .esp_hash = CRYPTO_SHA1}},
};

static enum ike_failure try_terms(const struct ike_qm_terms *offered, const struct ike_qm_terms *own, uint16_t pfs,
    struct ike_qm_choice *c, struct ike_refusal *why)
{
	struct ike_qm_policy p = esp_3des;
	struct ike_sa_payload sa;

	p.pfs = pfs;
	ike_qm_propose(&p, offered, &arena, &sa);
	sa = over_the_wire(&sa);
	return ike_qm_choose(&p, own, &sa, c, why);
}

static void modes_must_be_the_same(void)
{
	/* tunnel, encapsulated, draft */
	static const struct ike_qm_terms modes[] = {
	    {.tunnel = false, .esp_spi = 0x1000}, {.tunnel = true, .esp_spi = 0x1000},
	    {.udp_encap = true, .esp_spi = 0x1000}, {.tunnel = true, .udp_encap = true, .esp_spi = 0x1000},
	    {.udp_encap = true, .draft = true, .esp_spi = 0x1000},
	    {.tunnel = true, .udp_encap = true, .draft = true, .esp_spi = 0x1000},
	};
	struct ike_qm_choice c;
	struct ike_refusal why;

	for (size_t i = 0; i < N_OF(modes); i++) {
		for (size_t j = 0; j < N_OF(modes); j++) {
			is_int(try_terms(&modes[i], &modes[j], 0, &c, &why), i == j ? IKE_OK : IKE_FAIL_POLICY_MATCH);
			if (i != j)
				is_str(why.field, "mode");
		}
	}
	try_terms(&modes[0], &modes[5], 0, &c, &why);
	is_str(why.text, "offered mode transport, wanted tunnel in UDP (draft) (proposal 1, transform 1)");
}

static void pfs_groups(void)
{
	static const struct {
		uint16_t offered, own, policy; /* own: 0 = policy without PFS */
		enum ike_failure want;
	} rows[] = {
	    {0, 0, IKE_PFS_NONE, IKE_OK}, {2, 0, IKE_PFS_NONE, IKE_OK}, {99, 0, IKE_PFS_NONE, IKE_FAIL_POLICY_MATCH},
	    {2, 2, IKE_PFS_MM, IKE_OK}, {0, 2, IKE_PFS_MM, IKE_FAIL_POLICY_MATCH}, {14, 2, 2, IKE_FAIL_POLICY_MATCH},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_qm_terms offered = {.group = rows[i].offered, .esp_spi = 4096}, own = {.group = rows[i].own, .esp_spi = 1};
		struct ike_qm_choice c;
		struct ike_refusal why;

		is_int(try_terms(&offered, &own, rows[i].policy, &c, &why), rows[i].want);
		is_int(c.group, rows[i].want == IKE_OK ? rows[i].offered : 0);
		is_str(why.field, rows[i].want == IKE_OK ? "" : "PFS group");
	}
}

static void reserved_spis_are_refused(void)
{
	struct ike_qm_terms own = {.esp_spi = 1};
	struct ike_qm_choice c;
	struct ike_refusal why;

	is_int(try_terms(&(struct ike_qm_terms){.esp_spi = 255}, &own, 0, &c, &why), IKE_FAIL_POLICY_MATCH);
	is_str(why.field, "reserved SPI");
	is_int(try_terms(&(struct ike_qm_terms){.esp_spi = 256}, &own, 0, &c, &why), IKE_OK);
}

static void refusals_of_quick_mode_name_the_field(void)
{
	static const struct {
		struct ike_qm_offer offered;
		const char *text;
	} rows[] = {
	    {{.has_ah = true, .ah_hash = CRYPTO_SHA1}, "offered protocols AH, wanted ESP (proposal 1, transform 0)"},
	    {{.has_esp = true, .esp_cipher = IKE_ENC_DES, .esp_hash = CRYPTO_SHA1},
	        "offered cipher DES, wanted 3DES (proposal 1, transform 1)"},
	    {{.has_esp = true, .esp_cipher = IKE_ENC_3DES}, "offered hash none, wanted SHA1 (proposal 1, transform 1)"},
	    {{.has_esp = true, .esp_cipher = IKE_ENC_AES256, .esp_hash = CRYPTO_SHA1},
	        "offered cipher AES-CBC, wanted 3DES (proposal 1, transform 1)"},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_qm_policy p = {.noffers = 1, .offers = {rows[i].offered}};
		struct ike_sa_payload sa;
		struct ike_qm_choice c;
		struct ike_refusal why;

		ike_qm_propose(&p, &transport_i, &arena, &sa);
		sa = over_the_wire(&sa);
		is_int(ike_qm_choose(&esp_3des, &transport_r, &sa, &c, &why), IKE_FAIL_POLICY_MATCH);
		is_str(why.text, rows[i].text);
	}
}

/* RFC 2408 §4.2: proposals of one number belong together, and IPCOMP is not ours. */
static void what_belongs_together_is_taken_together(void)
{
	struct ike_sa_payload sa;
	struct ike_proposal v[3];
	struct ike_qm_choice c;
	struct ike_refusal why;

	ike_qm_propose(&esp_3des, &transport_i, &arena, &sa);
	v[0] = v[1] = v[2] = sa.proposals[0];
	v[1].protocol = IKE_PROTO_IPCOMP;
	v[2].number = 2;
	sa = (struct ike_sa_payload){2, v};
	is_int(ike_qm_choose(&esp_3des, &transport_r, &sa, &c, &why), IKE_FAIL_POLICY_MATCH);
	is_str(why.field, "protocols");
	sa.nproposals = 3;
	is_int(ike_qm_choose(&esp_3des, &transport_r, &sa, &c, &why), IKE_OK);
	is_int(c.esp, 2);
	/* an answer holds one suite */
	is_int(ike_qm_accept(&esp_3des, &transport_r, &sa, &c, &why), IKE_FAIL_PROCESS_ERR_PROP);
}

/* --- lifetimes -------------------------------------------------------------------------------------------------------- */

/* Semantics §4.3. */
static void the_shorter_life_counts_and_the_peer_is_told(void)
{
	static const struct {
		uint32_t offered_s, own_s, want_s;
		bool tell;
	} rows[] = {
	    {900, 3600, 900, false}, {3600, 900, 900, true}, {900, 900, 900, false}, {0, 900, 900, false},
	    {28800, 0, 3600, true}, {600, 0, 600, false}, {0, 0, 3600, false}, {UINT32_MAX, 0, 3600, true},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct ike_qm_policy p = esp_3des, q = esp_3des;
		uint8_t room[64];
		struct wr w = wr_of(room, sizeof room);
		struct ike_sa_payload sa;
		struct ike_qm_choice c, peer = {.offer = {.life_s = rows[i].offered_s, .life_kb = 100000}};
		struct ike_refusal why;

		p.offers[0].life_s = rows[i].offered_s;
		q.offers[0].life_s = rows[i].own_s;
		ike_qm_propose(&p, &transport_i, &arena, &sa);
		sa = over_the_wire(&sa);
		is_int(ike_qm_choose(&q, &transport_r, &sa, &c, &why), IKE_OK);
		is_int(c.offer.life_s, rows[i].want_s);
		is_int(c.tell_life_s, rows[i].tell);
		is_int(c.tell_life_kb, false);
		ike_lifetime_write(&c, &w);
		is_int(w.n > 0, rows[i].tell);
		is_int(ike_lifetime_read(wr_done(&w), &peer), IKE_OK);
		if (rows[i].tell)
			is_int(peer.offer.life_s, rows[i].want_s);
	}
}

static void responder_lifetimes_have_a_floor(void)
{
	uint8_t room[64];
	struct ike_qm_choice told = {.tell_life_s = true, .tell_life_kb = true}, c = {.offer = {.life_s = 900, .life_kb = 50000}};
	struct wr w;
	uint32_t s, kb;

	told.offer.life_s = 1;
	told.offer.life_kb = 50000;
	w = wr_of(room, sizeof room);
	ike_lifetime_write(&told, &w);
	is_int(ike_lifetime_read(wr_done(&w), &c), IKE_FAIL_INVALID_RESPONDER_LIFETIME_NOTIFY);
	is_int(c.offer.life_s, 900);
	told.offer.life_s = 100000; /* longer than ours: ours stays */
	told.offer.life_kb = 20480;
	w = wr_of(room, sizeof room);
	ike_lifetime_write(&told, &w);
	is_int(ike_lifetime_read(wr_done(&w), &c), IKE_OK);
	is_int(c.offer.life_s, 900);
	is_int(c.offer.life_kb, 20480);
	is_int(ike_lifetime_read(span_of(room, w.n - 1), &c), IKE_FAIL_PROCESS_ERR_NOTIFY);
	c = (struct ike_qm_choice){.group = 0};
	ike_qm_life(&c, &s, &kb);
	ok(s == 3600 && kb == 100000);
}

/* --- tables ------------------------------------------------------------------------------------------------------------- */

static void every_algorithm_has_its_row(void)
{
	for (int c = CRYPTO_CIPHER_NONE + 1; c < CRYPTO_CIPHERS; c++) {
		const struct alg_cipher *r = alg_cipher_get((enum crypto_cipher)c);

		ok(r && alg_cipher_wire(r->number, r->key_bits) == r);
	}
	for (int h = CRYPTO_HASH_NONE + 1; h < CRYPTO_HASHES; h++) {
		const struct alg_hash *r = alg_hash_get((enum crypto_hash)h);

		ok(r && alg_hash_mm(r->mm) == r && alg_hash_ah(r->ah) == r && alg_hash_qm(r->qm) == r);
	}
	for (int e = 0; e < IKE_ENCS; e++) {
		const struct alg_esp *r = alg_esp_get((enum ike_esp_cipher)e);

		ok(r && alg_esp_wire(r->transform, r->key_bits) == r);
	}
	ok(!alg_cipher_wire(IKE_CIPHER_AES, 0)); /* RFC 3602 §5.1: the length must be there */
	is_int(alg_esp_get(IKE_ENC_GCM256)->key_len, 36);
}

static const struct tap_case cases[] = {
    {"the trace of what Windows offers", the_trace_of_what_windows_offers},
    {"methods we cannot do are not offered", methods_we_cannot_do_are_not_offered},
    {"both ends of main mode agree", both_ends_of_main_mode_agree},
    {"a refusal says what went furthest", a_refusal_says_what_went_furthest},
    {"unknown attributes do not abort", unknown_attributes_do_not_abort},
    {"a changed answer is not accepted", a_changed_answer_is_not_accepted},
    {"main mode life is the shorter", main_mode_life_is_the_shorter},
    {"the trace of a quick mode", the_trace_of_a_quick_mode},
    {"both ends of quick mode agree", both_ends_of_quick_mode_agree},
    {"modes must be the same", modes_must_be_the_same},
    {"PFS groups", pfs_groups},
    {"reserved SPIs are refused", reserved_spis_are_refused},
    {"refusals of quick mode name the field", refusals_of_quick_mode_name_the_field},
    {"what belongs together is taken together", what_belongs_together_is_taken_together},
    {"the shorter life counts and the peer is told", the_shorter_life_counts_and_the_peer_is_told},
    {"responder lifetimes have a floor", responder_lifetimes_have_a_floor},
    {"every algorithm has its row", every_algorithm_has_its_row},
};

int main(void)
{
	int status = tap_run(cases, N_OF(cases));

	arena_free(&arena);
	return status;
}
