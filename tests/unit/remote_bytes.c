/* What the two processes say to each other has the bytes of a file: one message of each type, every field set. */
#include "tests/unit/golden_bytes.h"
#include "tests/unit/remote_bed.h"

#include "common/base/banned.h"

/* --- values ------------------------------------------------------------------------------------------- */

static const struct ip v4 = {.family = IP_V4, .b = {192, 0, 2, 1}}, v6 = {.family = IP_V6, .b = {0x20, 1, 0xd, 0xb8, [15] = 9}};

static struct nft_set sets[] = {
	{.name = "b4_s32_d24", .gen = 1, .keytype = NFT_KEY_FILTER, .is_map = true, .family = IP_V4, .has_src = true, .has_proto = true,
	    .has_dport = true, .src_plen = 32, .dst_plen = 24, .key_len = 12},
	{.name = "soft6", .keytype = NFT_KEY_SOFT, .family = IP_V6, .has_dst = true, .has_sport = true, .src_plen = 128, .dst_plen = 127,
	    .key_len = 32},
};
static struct nft_elem elems[] = {
	{.key = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, .verdict = NFT_V_DROP, .origin = {0x01020304, 5}},
	{.key = {0xFF, [11] = 0xEE}, .verdict = NFT_V_ACCEPT, .origin = {7, 0xA0B0C0D0}},
};
static struct krule krules[] = {
	{.rule = {.chain = NFT_CHAIN_IN4, .match = NFT_M_SET, .conntype = CONN_DIALUP, .counter = true, .verdict = NFT_V_LOG, .origin = {9, 8}},
	    .set = "b4_s32_d24", .gen = 1, .dialup_gen = 1},
	{.rule = {.chain = NFT_CHAIN_INPUT, .match = NFT_M_IPV4, .jump = true, .target = NFT_CHAIN_IN4}},
};

static struct kpol a_pol(uint32_t index)
{
	return (struct kpol){.index = index,
	    .pol = {.dir = XFRM_D_FWD, .kind = XFRM_K_PROTECT, .family = IP_V6, .src_plen = 128, .dst_plen = 64, .protocol = 6, .sport = 0x1234,
	        .dport = 443, .src = v6, .dst = v6, .priority = 0xDEADBEEF, .reqid = PLAN_REQID_BASE + 7, .optional = true, .tunnel = true,
	        .protection = PROTECT_AH_ESP, .offered = 3, .tunnel_src = v4, .tunnel_dst = v4, .origin = {1, 2}}};
}

static struct kpol a_hole(uint32_t index)
{
	return (struct kpol){.index = index, .pol = {.dir = XFRM_D_OUT, .kind = XFRM_K_ALLOW, .family = IP_V4, .src = v4, .dst = v4, .src_plen = 8}};
}

/* --- messages ----------------------------------------------------------------------------------------- */

static void put_nft(struct wr *w)
{
	struct op v[] = {{.kind = OP_NEXT}, {.kind = OP_TABLE_ADD}, {.kind = OP_CHAIN_ADD, .chain = NFT_CHAIN_IN4}, {.kind = OP_SET_ADD, .item = 1},
		{.kind = OP_ELEMS_ADD, .item = 0, .first = 0, .n = 2}, {.kind = OP_RULE_ADD, .chain = NFT_CHAIN_IN4, .item = 0},
		{.kind = OP_ELEMS_DEL, .item = 0, .first = 1, .n = 1}};
	struct ops o = {.v = v, .n = N_OF(v), .nft_n = N_OF(v), .sets = sets, .nsets = 2, .elems = elems, .nelems = 2, .rules = krules, .nrules = 2};

	remote_put_nft(w, &o);
}

static void put_xfrm(struct wr *w)
{
	struct op v[] = {{.kind = OP_XFRM_ADD, .item = 0}, {.kind = OP_XFRM_UPDATE, .item = 1}, {.kind = OP_XFRM_DEL, .item = 2}};
	struct xfrm_change x[] = {{.after = a_pol(1)}, {.before = a_hole(2), .after = a_pol(0x49000011)}, {.before = a_hole(3)}};
	struct ops o = {.v = v, .n = 3, .xfrm = x, .nxfrm = 3};

	remote_put_xfrm(w, &o, 0, 3, true, (const bool[]){true, false, true});
}

static void put_state(struct wr *w)
{
	struct kset ksets[] = {{.def = sets[0], .elems = elems, .n = 2}, {.def = sets[1]}};
	struct kpol ours[] = {a_pol(4), a_hole(5)}, theirs = a_hole(6);
	struct kstate s = {.table = KTABLE_STALE, .gate = true, .rules = krules, .nrules = 2, .sets = ksets, .nsets = 2, .xfrm = ours, .nxfrm = 2,
		.foreign = &theirs, .nforeign = 1};

	remote_put_state(w, &s);
}

static void put_names(struct wr *w)
{
	struct kset ksets[] = {{.def = sets[0]}, {.def = sets[1]}};
	struct kstate s = {.sets = ksets, .nsets = 2};

	remote_put_names(w, &s);
}

static void put_counts(struct wr *w)
{
	struct kernel_count v[] = {{.origin = {1, 2}, .packets = 0x0102030405060708, .bytes = UINT64_MAX}, {.origin = {3, 4}, .packets = 5, .bytes = 6}};
	struct kernel_counts c = {.v = v, .n = 2, .clear_in = 77, .clear_out = 1ULL << 40};

	remote_put_counts(w, &c);
}

static void put_ike(struct wr *w)
{
	struct xfrm_pol pols[] = {a_pol(0).pol, a_hole(0).pol};
	const struct ip locals[] = {v4, v6};
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);
	struct err e = {0};

	*mm = (struct ike_mm_policy){.id = 1, .noffers = 1, .nauths = 1, .auths = {{1, {{7}}}},
	    .offers = {{CRYPTO_AES256_CBC, CRYPTO_SHA256, 14}}};
	*qm = (struct ike_qm_policy){.noffers = 1, .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1}}};
	p->rules = arena_array(&p->arena, 1, sizeof *p->rules);
	p->nrules = 1;
	p->rules[0] = (struct ike_rule){.reqid = PLAN_REQID_BASE + 7, .rule = 7, .filter = 3, .mm = mm, .qm = qm, .sel = {{v4, 32}, {v4, 24}, 6, 1, 2}};
	is_int(remote_put_ike(w, &(struct kernel_ike){.pols = pols, .npols = 2, .locals = locals, .nlocals = 2, .profile = p}, &e), 0);
	ike_profile_free(p);
}

static void put_peer(struct wr *w)
{
	remote_put_peer(w, &v6);
	remote_put_peer(w, NULL);
}

static void put_drops(struct wr *w)
{
	struct kernel_drops d = {.lost = 0x1122334455667788, .n = 2,
		.v = {{.inbound = true, .ifindex = 0xCAFE, .n = 4, .head = {0x45, 1, 2, 3}}, {.ifindex = 2}}};

	remote_put_drops(w, &d);
}

static void put_sums(struct wr *w)
{
	struct kernel_sa_sums s;

	for (size_t i = 0; i < KERNEL_SUMS; i++)
		s.v[i] = (uint64_t)i << 8 * (i % 8);
	remote_put_sums(w, &s);
}

static void put_ids(struct wr *w)
{
	const struct ike_sa_id v[] = {{.src = v4, .dst = v4, .protocol = IKE_PROTO_AH, .spi = 0x01020304},
		{.src = v6, .dst = v6, .protocol = IKE_PROTO_ESP, .spi = 256}};

	remote_put_ids(w, v, 2);
}

static void put_uses(struct wr *w)
{
	const struct kernel_sa_use v[] = {{true, 0xA1A2A3A4A5A6A7A8, 9}, {false, 0, 0}};

	remote_put_uses(w, v, 2);
}

static void put_refusal(struct wr *w)
{
	struct remote_answer a = {.rc = -1, .failed = 0x01020304, .origin = {5, 6}, .raced = true};

	err_set_errno(&a.e, 17, SYS, "Größe");
	remote_put_answer(w, &a);
	remote_put_flags(w, (const bool[]){true, false, true}, 3);
}

static void put_success(struct wr *w)
{
	remote_put_answer(w, &(struct remote_answer){.rc = 0, .failed = 1});
}

static void put_text(struct wr *w)
{
	remote_put_text(w, "STATUS=ready");
}

static const struct {
	const char *name;
	uint8_t type;
	void (*put)(struct wr *w);
} messages[] = {
	{"nft", REMOTE_NFT, put_nft},       {"xfrm", REMOTE_XFRM, put_xfrm},       {"state", REMOTE_SCANNED, put_state},
	{"names", REMOTE_COUNTS, put_names}, {"counts", REMOTE_COUNTED, put_counts}, {"ike", REMOTE_IKE, put_ike},
	{"peer", REMOTE_SAS, put_peer},     {"drops", REMOTE_DROPS, put_drops},    {"sums", REMOTE_SUMMED, put_sums},
	{"ids", REMOTE_USES, put_ids},      {"uses", REMOTE_USED, put_uses},       {"refusal", REMOTE_XFRM_DONE, put_refusal},
	{"success", REMOTE_HELD, put_success}, {"text", REMOTE_TELL, put_text},
};

static void every_message_has_its_bytes(void)
{
	for (size_t i = 0; i < N_OF(messages); i++) {
		struct tape p = {.n = 0};
		struct packets_out *w = tape_out(&p);
		packets_begin(w, messages[i].type, 0xA1B2C3D4);
		messages[i].put(&w->w);
		is_int(packets_end(w), 0);
		is_int(p.n, 1);
		golden_is("tests/unit/data/remote-bytes.txt", messages[i].name, p.v[0].p, p.v[0].n);
		tape_free(&p);
		free(w);
	}
}

/* Where a long message is cut, and how the packets are numbered: lengths, heads, and a sum over all that is sent. */
static void long_messages_are_cut_where_they_were(void)
{
	enum { MANY = 9000 };
	struct tape p = {.n = 0};
	struct packets_out *w = tape_out(&p);
	struct kernel_counts c = {0};
	uint64_t sum = 14695981039346656037u; /* FNV-1a */

	for (uint32_t i = 0; i < MANY; i++) {
		GROW(c.v, c.n, c.cap);
		c.v[c.n++] = (struct kernel_count){.origin = {i, i * 3}, .packets = (uint64_t)i << 33, .bytes = ~(uint64_t)i};
	}
	packets_begin(w, REMOTE_COUNTED, 9);
	remote_put_counts(&w->w, &c);
	is_int(packets_end(w), 0);
	for (size_t i = 0; i < p.n; i++) {
		char name[32];
		snprintf(name, sizeof name, "long-head-%zu", i);
		golden_is("tests/unit/data/remote-bytes.txt", name, p.v[i].p, PACKET_HEAD);
		for (size_t k = 0; k < p.v[i].n; k++)
			sum = (sum ^ p.v[i].p[k]) * 1099511628211u;
		sum = (sum ^ p.v[i].n) * 1099511628211u;
	}
	is_int(p.n, 4);
	golden_is("tests/unit/data/remote-bytes.txt", "long-sum", (const uint8_t *)&sum, sizeof sum);
	kernel_counts_free(&c);
	tape_free(&p);
	free(w);
}

static const struct tap_case cases[] = {
	{"every message of the two processes has its bytes", every_message_has_its_bytes},
	{"long messages are cut where they were", long_messages_are_cut_where_they_were},
};
TAP_MAIN(cases)
