/*
 * Tunnels of a gateway, and what it forwards: this host's net is 192.168.1.0/24, that of the far gateway 198.51.100.1
 * is 192.168.2.0/24, and part of the latter, 192.168.2.128/25, is behind another one, 198.51.100.2.
 */
#include "tests/unit/sas_bed.h"

#include "common/base/banned.h"

enum { OUT_RULE = 1, IN_RULE = 2, OUT_NEAR_RULE = 3, IN_NEAR_RULE = 4 };

static void tunnel_rule(size_t i, const char *end, const char *from, const char *to, uint8_t from_plen, uint8_t to_plen)
{
	const struct endpoint src = net(from, from_plen), dst = net(to, to_plen);

	w.rules[i].tunnel = ip(end);
	world_filter(&w, i, &src, &dst);
}

/* Rules 1 and 2 are a tunnel by these methods, 3 and 4 the one beside it, in ESP with 3DES. */
static void gateway(const char *methods)
{
	host_facts(&fs);
	world_init(&w, 4);
	for (size_t i = 0; i < 4; i++)
		w.actions[i].action = ACTION_NEGOTIATE;
	tunnel_rule(0, "198.51.100.1", "192.168.1.0", "192.168.2.0", 24, 24);
	tunnel_rule(1, "10.0.0.1", "192.168.2.0", "192.168.1.0", 24, 24);
	tunnel_rule(2, "198.51.100.2", "192.168.1.0", "192.168.2.128", 24, 25);
	tunnel_rule(3, "10.0.0.1", "192.168.2.128", "192.168.1.0", 25, 24);
	ike_world_equip(&w);
	for (size_t i = 0; i < 2; i++)
		w.actions[i].offers = ike_qm_words(methods);
	for (size_t i = 2; i < 4; i++)
		w.actions[i].offers = ike_qm_words("ESP[3DES,SHA1]");
	start_world();
}

/* --- what IKE does ------------------------------------------------------------------------------------------------ */

static const struct ike_rule *numbered(uint32_t rule)
{
	for (size_t i = 0; i < pr->nrules; i++)
		if (pr->rules[i].rule == rule)
			return &pr->rules[i];
	return NULL;
}

/* That half of what was agreed by the outbound rule, from its offer of those protocols. */
static struct ike_sa half(uint32_t rule, uint8_t kind, bool ah, bool outbound, uint32_t spi)
{
	const struct ike_rule *r = numbered(rule);
	const struct ip *here = &r->tunnel_local, *peer = &r->tunnel_remote;
	struct ike_sa sa = {.outbound = outbound, .reqid = r->reqid, .rule = r->rule, .filter = r->filter, .tunnel = true,
	    .sel = r->sel, .replay_window = 64, .hard_s = 3600, .hard_bytes = 1 << 20, .bundle = kind == (PROTECT_AH | PROTECT_ESP),
	    .id = {outbound ? *here : *peer, outbound ? *peer : *here, ah ? IKE_PROTO_AH : IKE_PROTO_ESP, spi},
	    .cipher = ah ? IKE_ENC_NULL : IKE_ENC_3DES, .enc_key_len = ah ? 0 : 24};

	if (ah || !sa.bundle) {
		sa.hash = CRYPTO_SHA1;
		sa.auth_key_len = 20;
	}
	return sa;
}

static struct ike_sa in_udp(struct ike_sa sa)
{
	sa.udp_encap = true;
	sa.encap_sport = sa.encap_dport = 4500;
	return sa;
}

/* Adds the inbound half to *in: the SPI is the kernel's. */
static void add_half(uint32_t rule, uint8_t kind, bool ah, bool nat, struct two *made)
{
	struct ike_sa in = half(rule, kind, ah, false, 0), out = half(rule, kind, ah, true, ah ? 0x7777 : 0x8888);
	struct ikc_result r = say(IKC_GET_SPI, (struct ikc_msg){.u.get_spi = {.src = in.id.src, .dst = in.id.dst,
	    .protocol = in.id.protocol, .reqid = in.reqid, .tunnel = true}});

	ok(r.ok);
	in.id.spi = r.spi;
	ok(say(IKC_SA_ADD, (struct ikc_msg){.u.sa = nat ? in_udp(in) : in}).ok);
	ok(say(IKC_SA_ADD, (struct ikc_msg){.u.sa = nat ? in_udp(out) : out}).ok);
	*made = (struct two){in.id, out.id};
}

/* A tunnel of that kind (enum protection), which needs policies beside the plan's, or does not; [1] is AH's. */
static void tunnel_up(uint32_t rule, uint8_t kind, bool nat, struct two made[2])
{
	if (kind & PROTECT_ESP)
		add_half(rule, kind, false, nat, &made[0]);
	if (kind & PROTECT_AH)
		add_half(rule, kind, true, nat, &made[1]);
}

static void tunnel_down(uint8_t kind, struct two made[2])
{
	if (kind & PROTECT_ESP)
		del(&made[0]);
	if (kind & PROTECT_AH)
		del(&made[1]);
}

/* --- what the gateway forwards ------------------------------------------------------------------------------------- */

static bool is_met(const struct xfrm_pol *x, enum xfrm_dir dir, const struct ip *src, const struct ip *dst)
{
	return x->dir == dir && x->family == src->family && !x->protocol && ip_in_prefix(src, &x->src, x->src_plen) &&
	       ip_in_prefix(dst, &x->dst, x->dst_plen);
}

static const struct xfrm_pol *met(enum xfrm_dir dir, const struct ip *src, const struct ip *dst)
{
	const struct kstate *st = kernel_fake_state(k);
	const struct xfrm_pol *best = NULL;

	for (size_t i = 0; i < st->nxfrm; i++) {
		const struct xfrm_pol *x = &st->xfrm[i].pol;

		if (is_met(x, dir, src, dst) && (!best || x->priority < best->priority))
			best = x;
	}
	return best;
}

static bool is_end(const struct ip *asked, const struct ip *got)
{
	static const struct ip any_v4 = {.family = IP_V4};

	return ip_eq(asked, got) || ip_eq(asked, &any_v4);
}

/*
 * Does a template of that policy take the association (linux-datapath §2)? Its reqid, and of a tunnel mode and ends. Of AH around
 * ESP, AH is in transport mode.
 */
static bool takes(const struct xfrm_pol *x, const struct ike_sa *sa)
{
	bool ah = sa->id.protocol == IKE_PROTO_AH, around = ah && x->protection & PROTECT_ESP;

	return x->reqid == sa->reqid && x->protection & (ah ? PROTECT_AH : PROTECT_ESP) && sa->tunnel == (x->tunnel && !around) &&
	       (around || (is_end(&x->tunnel_src, &sa->id.src) && is_end(&x->tunnel_dst, &sa->id.dst)));
}

/* The protocols for which the kernel holds an association with keys that packets of that policy can have. */
static uint8_t associated(const struct xfrm_pol *x)
{
	const struct ike_sa *v;
	uint8_t have = 0;
	size_t n;

	v = sad_fake_sas(sad, &n);
	for (size_t i = 0; x && i < n; i++)
		if (v[i].sel.local.net.family != IP_NONE && v[i].outbound == (x->dir == XFRM_D_OUT) && takes(x, &v[i]))
			have |= v[i].id.protocol == IKE_PROTO_AH ? PROTECT_AH : PROTECT_ESP;
	return have;
}

static enum fake_fate forwarded(const char *src, const char *dst, uint8_t protected)
{
	struct fake_packet p = {.forwarded = true, .family = IP_V4, .src = ip(src), .dst = ip(dst), .protocol = PROTO_TCP,
	    .sport = 40000, .dport = 23, .hop_limit = 63, .iface = "eth0", .protected = protected};

	p.have_sa = associated(met(XFRM_D_OUT, &p.src, &p.dst));
	return fake_verdict(kernel_fake_state(k), &p);
}

/* What the far net sends: in clear nothing comes, and by the associations that the policy takes it does or does not. */
static void crosses(const char *far, bool want)
{
	const struct ip here = ip("192.168.1.7"), there = ip(far);
	const struct xfrm_pol *fwd = met(XFRM_D_FWD, &there, &here), *in = met(XFRM_D_IN, &there, &here);

	is_int(forwarded("192.168.1.7", far, 0), want ? FAKE_PROTECTED : FAKE_DROPPED);
	is_int(forwarded(far, "192.168.1.7", 0), FAKE_DROPPED);
	is_int(forwarded(far, "192.168.1.7", associated(fwd)), want ? FAKE_PROTECTED : FAKE_DROPPED);
	is_int(associated(in), associated(fwd)); /* the gateway's own traffic is no other */
}

static void is_kind(enum xfrm_dir dir, const char *src, const char *dst, uint8_t kind)
{
	const struct ip from = ip(src), to = ip(dst);
	const struct xfrm_pol *x = met(dir, &from, &to);

	is_int(x ? x->protection : 0, kind);
}

/* --- cases --------------------------------------------------------------------------------------------------------- */

static void what_is_forwarded_crosses_in_the_tunnel_of_any_kind(void)
{
	static const struct {
		const char *methods;
		uint8_t kind;
		size_t policies; /* beside the plan's: outbound, inbound, forwarded; of AH+ESP both halves share them */
	} rows[] = {
	    {"ESP[3DES,SHA1] AH[SHA1]", PROTECT_ESP, 0},
	    {"ESP[3DES,SHA1] AH[SHA1]", PROTECT_AH, 3},
	    {"AH[SHA1] ESP[3DES,SHA1]", PROTECT_AH, 0},
	    {"AH[SHA1] ESP[3DES,SHA1]", PROTECT_ESP, 3},
	    {"ESP[3DES,SHA1] AH[SHA1]+ESP[3DES,None]", PROTECT_AH | PROTECT_ESP, 3},
	    {"AH[SHA1]+ESP[3DES,None] AH[SHA1]", PROTECT_AH | PROTECT_ESP, 0},
	    {"AH[SHA1]+ESP[3DES,None] AH[SHA1]", PROTECT_AH, 3},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct two made[2];

		gateway(rows[i].methods);
		crosses("192.168.2.7", false);
		tunnel_up(OUT_RULE, rows[i].kind, false, made);
		is_int(granted_policies(), rows[i].policies);
		is_kind(XFRM_D_FWD, "192.168.2.7", "192.168.1.7", rows[i].kind);
		crosses("192.168.2.7", true);
		tunnel_down(rows[i].kind, made);
		is_int(granted_policies(), 0);
		crosses("192.168.2.7", false);
		stop();
	}
}

/* 192.168.2.200 is in both nets; the more specific filter's tunnel is its own, whatever the other peer agreed to. */
static void a_tunnel_beside_one_of_another_kind_keeps_its_policies(void)
{
	struct two wide[2], near[2];

	gateway("ESP[3DES,SHA1] AH[SHA1]");
	tunnel_up(OUT_RULE, PROTECT_AH, false, wide);
	is_kind(XFRM_D_FWD, "192.168.2.7", "192.168.1.7", PROTECT_AH);
	is_kind(XFRM_D_FWD, "192.168.2.200", "192.168.1.7", PROTECT_ESP);
	crosses("192.168.2.7", true);
	crosses("192.168.2.200", false);
	tunnel_up(OUT_NEAR_RULE, PROTECT_ESP, false, near);
	crosses("192.168.2.7", true);
	crosses("192.168.2.200", true);
	is_int(forwarded("192.168.2.200", "192.168.1.7", PROTECT_AH), FAKE_DROPPED); /* out of the wrong tunnel */
	is_int(forwarded("192.168.2.7", "192.168.1.7", PROTECT_ESP), FAKE_DROPPED);
	tunnel_down(PROTECT_AH, wide);
	crosses("192.168.2.7", false);
	crosses("192.168.2.200", true);
	stop();
}

/* inpass is for what is sent to this host itself: the plan's policy for forwarded packets does not have it either. */
static void inpass_opens_nothing_for_what_is_forwarded(void)
{
	struct two made[2];

	gateway("ESP[3DES,SHA1] AH[SHA1]");
	for (size_t i = 0; i < 2; i++)
		w.actions[i].inpass = true;
	is_int(enforce(), 0);
	crosses("192.168.2.7", false);
	tunnel_up(OUT_RULE, PROTECT_AH, false, made);
	crosses("192.168.2.7", true);
	stop();
}

static void flushed_policies_come_back_for_what_is_forwarded(void)
{
	struct sad_event flush = {.kind = SAD_POLICIES_LOST, .flush = true};
	struct kstate empty = {.table = KTABLE_OURS};
	struct two made[2];

	gateway("ESP[3DES,SHA1] AH[SHA1]");
	tunnel_up(OUT_RULE, PROTECT_AH, false, made);
	kernel_fake_set(k, &empty);
	sad_fake_event(sad, &flush);
	sas_events(s);
	is_int(granted_policies(), 3);
	is_int(enforce(), 0);
	crosses("192.168.2.7", true);
	stop();
}

/* --- a peer that moves ---------------------------------------------------------------------------------------------- */

static void move(const struct ike_sa_id *id, const char *remote, uint16_t port)
{
	const struct ikc_msg m = {.type = IKC_SA_MOVE, .u.move = {*id, {ip("10.0.0.1"), 4500}, {ip(remote), port}}};

	sas_take(s, &m);
}

/* Both ports of that association, and its ends; the port of a peer that is not there: 0. */
static uint16_t port_of(const struct ike_sa_id *id, bool outbound)
{
	const struct ike_sa *v;
	size_t n;

	v = sad_fake_sas(sad, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].id.spi == id->spi && ip_eq(&v[i].id.src, &id->src) && ip_eq(&v[i].id.dst, &id->dst)) {
			is_int(outbound ? v[i].encap_sport : v[i].encap_dport, 4500);
			return outbound ? v[i].encap_dport : v[i].encap_sport;
		}
	return 0;
}

/* What passes passes on at every moment: no policy is touched. */
static void a_tunnel_follows_its_peer_to_another_port(void)
{
	static const char *const methods[] = {"ESP[3DES,SHA1]", "AH[SHA1] ESP[3DES,SHA1]"}; /* the plan's policies, and others */

	for (size_t i = 0; i < N_OF(methods); i++) {
		struct two made[2];
		size_t changed;

		gateway(methods[i]);
		tunnel_up(OUT_RULE, PROTECT_ESP, true, made);
		changed = sad_fake_changed_policies(sad);
		event(SAD_MAPPING, &made[0].in, false, 0);
		ok(nheard == 1 && heard[0].type == IKC_MAPPING);
		move(&made[0].in, "198.51.100.1", 61235);
		crosses("192.168.2.7", true);
		move(&made[0].out, "198.51.100.1", 61235);
		crosses("192.168.2.7", true);
		is_int(port_of(&made[0].in, false), 61235);
		is_int(port_of(&made[0].out, true), 61235);
		is_int(granted_policies(), i ? 3 : 0);
		is_int(sad_fake_changed_policies(sad), changed);
		is_int(sas_refused(s), 0);
		is_int(enforce(), 0); /* nor is it stale under its new name */
		is_int(sas_count(s), 2);
		del(&made[0]);
		is_int(granted_policies(), 0);
		stop();
	}
}

/* The rule names the address of its tunnel's end: whoever has another one is another peer, and negotiates anew. */
static void a_tunnel_does_not_follow_to_another_address(void)
{
	struct two made[2];

	gateway("AH[SHA1] ESP[3DES,SHA1]");
	tunnel_up(OUT_RULE, PROTECT_ESP, true, made);
	move(&made[0].out, "198.51.100.9", 61235);
	is_int(sas_refused(s), 1);
	is_int(port_of(&made[0].out, true), 4500);
	ok(!is_owed(&made[0].out));
	crosses("192.168.2.7", true);
	stop();
}

static void a_tunnel_that_is_lost_on_the_way_takes_its_policies_along(void)
{
	struct two made[2];

	gateway("AH[SHA1] ESP[3DES,SHA1]");
	tunnel_up(OUT_RULE, PROTECT_ESP, true, made);
	sad_fake_refuse(sad, 1); /* it went, and did not come back */
	move(&made[0].in, "198.51.100.1", 61235);
	ok(is_owed(&made[0].in));
	is_int(granted_policies(), 1);
	is_kind(XFRM_D_FWD, "192.168.2.7", "192.168.1.7", PROTECT_AH);
	is_int(forwarded("192.168.2.7", "192.168.1.7", PROTECT_ESP), FAKE_DROPPED);
	sas_take(s, &(struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = made[0].out});
	is_int(granted_policies(), 0);
	stop();
}

static const struct tap_case cases[] = {
    {"what is forwarded crosses in the tunnel, of any kind", what_is_forwarded_crosses_in_the_tunnel_of_any_kind},
    {"a tunnel beside one of another kind keeps its policies", a_tunnel_beside_one_of_another_kind_keeps_its_policies},
    {"inpass opens nothing for what is forwarded", inpass_opens_nothing_for_what_is_forwarded},
    {"flushed policies come back for what is forwarded", flushed_policies_come_back_for_what_is_forwarded},
    {"a tunnel follows its peer to another port", a_tunnel_follows_its_peer_to_another_port},
    {"a tunnel does not follow to another address", a_tunnel_does_not_follow_to_another_address},
    {"a tunnel that is lost on the way takes its policies along", a_tunnel_that_is_lost_on_the_way_takes_its_policies_along},
};
TAP_MAIN(cases)
