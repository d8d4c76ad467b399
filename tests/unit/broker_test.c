/* The broker: what it refuses, one field at a time, and against random plans. */
#include "enforcer/broker/broker.h"

#include "ike/engine/algorithm.h"
#include "tests/unit/ike_world.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct world w;
static struct facts fs;
static struct plan pl;
static struct ike_profile *pr; /* the broker's; borrowed */
static struct broker *b;

/* The addresses of this host, but loopback. */
static size_t locals(struct ip out[8])
{
	size_t n = 0;

	for (size_t i = 0; i < fs.naddrs && n < 8; i++)
		if (fs.ifs[fs.addrs[i].iface].kind != IF_LOOPBACK)
			out[n++] = fs.addrs[i].ip;
	return n;
}

static void enforce(void)
{
	struct ip mine[8];
	struct err e = {0};

	host_facts(&fs);
	is_int(world_compile(&w, &fs, &pl, &e), 0);
	pr = ike_world_profile(&w, &pl, &fs);
	broker_set_plan(b, pl.xfrm, pl.nxfrm, pr, mine, locals(mine));
}

static void plan_ends(void)
{
	plan_free(&pl);
	facts_free(&fs);
}

static void start(void)
{
	b = broker_new();
	ike_world_equip(&w);
	enforce();
}

static void drop(void)
{
	broker_free(b);
	plan_ends();
}

/* Algorithms of an offer; of AH+ESP those of that protocol. */
static void agree(struct ike_sa *sa, const struct ike_qm_offer *o, bool ah)
{
	const struct alg_esp *esp = alg_esp_get(o->esp_cipher);

	sa->id.protocol = ah ? IKE_PROTO_AH : IKE_PROTO_ESP;
	sa->bundle = o->has_ah && o->has_esp;
	sa->cipher = ah ? IKE_ENC_NULL : o->esp_cipher;
	sa->hash = ah ? o->ah_hash : o->esp_hash;
	sa->enc_key_len = ah ? 0 : esp->key_len;
	sa->auth_key_len = sa->hash ? alg_hash_get(sa->hash)->key_len : 0;
	sa->hard_s = o->life_s ? o->life_s : IKE_QM_LIFE_S;
	sa->hard_bytes = (uint64_t)(o->life_kb ? o->life_kb : IKE_QM_LIFE_KB) * 1024;
}

/* What IKE would ask for by the rule: transport mode for one pair of hosts. */
static struct ike_sa association(const struct ike_rule *r, size_t offer, bool ah, bool outbound)
{
	struct ike_sa sa = {.outbound = outbound, .reqid = r->reqid, .rule = r->rule, .filter = r->filter, .tunnel = r->tunnel,
	    .sel = r->sel, .replay_window = 64};
	struct ip l, m;

	agree(&sa, &r->qm->offers[offer], ah);
	if (!r->tunnel) {
		sa.sel.local.plen = sa.sel.remote.plen = (uint8_t)ip_bits(r->sel.local.net.family);
		sa.sel.remote.net = ip_last(&r->sel.remote.net, r->sel.remote.plen);
	}
	l = r->tunnel ? r->tunnel_local : sa.sel.local.net;
	m = r->tunnel ? r->tunnel_remote : sa.sel.remote.net;
	sa.id.src = outbound ? l : m;
	sa.id.dst = outbound ? m : l;
	sa.id.spi = 0x1000 + (uint32_t)offer;
	return sa;
}

static enum broker_why ask(const struct ike_sa *sa, struct broker_grant *g)
{
	if (!sa->outbound)
		broker_reserved(b, &sa->id);
	return broker_sa_add(b, sa, g);
}

/* --- refusals, one field each ------------------------------------------------------------------------------------- */

/* Rule 1: me <> 10.0.0.0/24 TCP, ESP 3DES-SHA1; rule 2: a tunnel; rule 3: traffic of another kind, soft. */
static void telnet_world(void)
{
	struct endpoint subnet = net("10.0.0.0", 24), here = net("192.168.1.0", 24), there = net("192.168.2.0", 24),
	    host = net("10.7.0.7", 32);
	struct filter *f;

	world_init(&w, 5);
	for (size_t i = 0; i < 5; i++)
		w.actions[i].action = ACTION_NEGOTIATE;
	f = world_filter(&w, 0, &me, &subnet);
	f->mirrored = true;
	f->protocol = PROTO_TCP;
	w.rules[1].tunnel = ip("198.51.100.1");
	w.rules[2].tunnel = ip("10.1.0.1");
	world_filter(&w, 1, &here, &there);
	world_filter(&w, 2, &there, &here);
	w.actions[3].soft = true;
	world_filter(&w, 3, &me, &host)->mirrored = true;
	w.rules[4] = (struct rule){.id = 5, .active = true, .is_default = true, .default_offers = ike_qm_words("AH[SHA1]")};
	start();
}

static const struct ike_rule *rule_numbered(uint32_t rule)
{
	for (size_t i = 0; i < pr->nrules; i++)
		if (pr->rules[i].rule == rule)
			return &pr->rules[i];
	return NULL;
}

static void other_reqid(struct ike_sa *s) { s->reqid++; }
static void nobodys_reqid(struct ike_sa *s) { s->reqid = 0; }
static void other_filter(struct ike_sa *s) { s->filter++; }
static void wide_remote(struct ike_sa *s) { s->sel.remote = (struct ip_prefix){ip("10.0.0.0"), 8}; }
static void any_remote(struct ike_sa *s) { s->sel.remote = (struct ip_prefix){{.family = IP_V4}, 0}; }
static void wide_local(struct ike_sa *s) { s->sel.local = (struct ip_prefix){ip("10.0.0.0"), 24}; }
static void any_protocol(struct ike_sa *s) { s->sel.protocol = 0; }
static void other_protocol(struct ike_sa *s) { s->sel.protocol = PROTO_UDP; }
static void other_family(struct ike_sa *s) { s->sel.remote = (struct ip_prefix){ip("2001:db8::1"), 128}; }
static void hidden_bits(struct ike_sa *s) { s->sel.remote.plen = 25; s->sel.remote.net = ip("10.0.0.255"); }
static void tunnel_instead(struct ike_sa *s) { s->tunnel = true; }
static void peer_elsewhere(struct ike_sa *s) { *(s->outbound ? &s->id.dst : &s->id.src) = ip("203.0.113.9"); }
static void we_elsewhere(struct ike_sa *s) { *(s->outbound ? &s->id.src : &s->id.dst) = ip("10.1.0.1"); }
static void weak_cipher(struct ike_sa *s) { s->cipher = IKE_ENC_DES; }
static void no_cipher(struct ike_sa *s) { s->cipher = IKE_ENC_NULL; }
static void weak_hash(struct ike_sa *s) { s->hash = CRYPTO_MD5; }
static void no_hash(struct ike_sa *s) { s->hash = CRYPTO_HASH_NONE; }
static void ah_instead(struct ike_sa *s) { s->id.protocol = IKE_PROTO_AH; s->cipher = IKE_ENC_NULL; }
static void half_a_bundle(struct ike_sa *s) { s->bundle = true; }
static void no_end(struct ike_sa *s) { s->hard_s = 0; }
static void long_life(struct ike_sa *s) { s->hard_s = 3601; }
static void many_bytes(struct ike_sa *s) { s->hard_bytes += 1; }
static void endless_bytes(struct ike_sa *s) { s->hard_bytes = 0; }
static void no_window(struct ike_sa *s) { s->replay_window = 0; }
static void huge_window(struct ike_sa *s) { s->replay_window = BROKER_WINDOW_MAX + 1; }
static void narrower(struct ike_sa *s) { s->sel.remote_port = 23; }
static void shorter(struct ike_sa *s) { s->hard_s = 300; }

static const struct {
	const char *what;
	void (*change)(struct ike_sa *s);
	enum broker_why why;
} refusals[] = {
    {"another rule's reqid", other_reqid, BROKER_NO_RULE},
    {"nobody's reqid", nobodys_reqid, BROKER_NO_RULE},
    {"another filter", other_filter, BROKER_NO_RULE},
    {"a wider peer", wide_remote, BROKER_NO_RULE},
    {"any peer", any_remote, BROKER_NO_RULE},
    {"a wider self", wide_local, BROKER_NO_RULE},
    {"any protocol", any_protocol, BROKER_NO_RULE},
    {"another protocol", other_protocol, BROKER_NO_RULE},
    {"another family", other_family, BROKER_NO_RULE},
    {"a prefix that says less than it holds", hidden_bits, BROKER_NO_RULE},
    {"tunnel mode", tunnel_instead, BROKER_NO_RULE},
    {"a peer outside of the selector", peer_elsewhere, BROKER_ENDS},
    {"an own address outside of the selector", we_elsewhere, BROKER_ENDS},
    {"a weaker cipher", weak_cipher, BROKER_ALGORITHM},
    {"no cipher", no_cipher, BROKER_ALGORITHM},
    {"a weaker hash", weak_hash, BROKER_ALGORITHM},
    {"no hash", no_hash, BROKER_ALGORITHM},
    {"AH instead", ah_instead, BROKER_ALGORITHM},
    {"half of AH+ESP", half_a_bundle, BROKER_ALGORITHM},
    {"no end", no_end, BROKER_LIFE},
    {"a longer life", long_life, BROKER_LIFE},
    {"more bytes", many_bytes, BROKER_LIFE},
    {"endless bytes", endless_bytes, BROKER_LIFE},
    {"no replay window", no_window, BROKER_WINDOW},
    {"a window beyond the kernel's", huge_window, BROKER_WINDOW},
    {"a narrower selector is fine", narrower, BROKER_OK},
    {"a shorter life is fine", shorter, BROKER_OK},
};

static void each_field_is_judged(void)
{
	struct broker_grant g;

	telnet_world();
	for (int outbound = 0; outbound < 2; outbound++) {
		for (size_t i = 0; i < N_OF(refusals); i++) {
			struct ike_sa sa = association(rule_numbered(1), 0, false, outbound);

			refusals[i].change(&sa);
			sa.id.spi += (uint32_t)i;
			enum broker_why why = ask(&sa, &g);
			if (why != refusals[i].why)
				printf("# %s: %s\n", refusals[i].what, broker_why_text(why));
			is_int(why, refusals[i].why);
		}
	}
	drop();
}

static void tunnels_have_their_ends_and_both_rules(void)
{
	struct broker_grant g;

	telnet_world();
	struct ike_sa out = association(rule_numbered(2), 0, false, true), in = association(rule_numbered(2), 0, false, false), x;
	is_int(ask(&out, &g), BROKER_OK);
	ok(g.reqid == PLAN_REQID_BASE + 2 && g.tunnel && !g.update && !g.policy.needed);
	is_int(ask(&in, &g), BROKER_OK);
	ok(g.reqid == PLAN_REQID_BASE + 3 && g.tunnel && g.update); /* what arrives is compared with the inbound rule */
	x = out;
	x.id.dst = ip("198.51.100.2");
	is_int(ask(&x, &g), BROKER_ENDS);
	x = in;
	x.id.src = ip("198.51.100.2");
	x.id.spi++;
	is_int(ask(&x, &g), BROKER_ENDS);
	x = out;
	x.tunnel = false;
	is_int(ask(&x, &g), BROKER_NO_RULE);
	x = out;
	x.sel.remote.plen = 16;
	x.sel.remote.net = ip("192.168.0.0");
	is_int(ask(&x, &g), BROKER_NO_RULE);
	drop();
}

/* The kernel's list is what counts, not the profile alone. */
static void without_the_template_there_is_no_association(void)
{
	struct broker_grant g;
	struct ip mine[8];

	telnet_world();
	struct ike_sa sa = association(rule_numbered(1), 0, false, true);
	struct ike_profile *whole = ike_world_profile(&w, &pl, &fs);
	is_int(ask(&sa, &g), BROKER_OK);
	for (size_t i = 0; i < pl.nxfrm; i++)
		if (pl.xfrm[i].reqid == sa.reqid)
			pl.xfrm[i].reqid ^= 7; /* the kernel holds somebody else's */
	broker_set_plan(b, pl.xfrm, pl.nxfrm, whole, mine, locals(mine));
	is_int(ask(&sa, &g), BROKER_NO_TEMPLATE);
	drop();
}

/* --- grants ------------------------------------------------------------------------------------------------------- */

static void nobody_elses_association_is_touched(void)
{
	struct broker_grant g;

	telnet_world();
	struct ike_sa out = association(rule_numbered(1), 0, false, true), in = association(rule_numbered(1), 0, false, false);
	is_int(broker_names(b, &out.id), BROKER_NOT_GRANTED);
	is_int(broker_sa_add(b, &in, &g), BROKER_NOT_GRANTED); /* no SPI was reserved */
	is_int(broker_get_spi(b, &in.id, in.reqid, false), BROKER_OK);
	is_int(broker_get_spi(b, &in.id, in.reqid, true), BROKER_NO_RULE);
	is_int(broker_get_spi(b, &out.id, in.reqid, false), BROKER_ENDS);
	is_int(broker_get_spi(b, &in.id, in.reqid + 77, false), BROKER_NO_RULE);
	broker_reserved(b, &in.id);
	struct ike_sa other = in;
	other.id.src = ip("10.0.0.9"); /* reserved for another peer */
	other.sel.remote.net = other.id.src;
	is_int(broker_sa_add(b, &other, &g), BROKER_NOT_GRANTED);
	is_int(broker_sa_add(b, &in, &g), BROKER_OK);
	broker_added(b, &in, &g);
	is_int(broker_sa_add(b, &in, &g), BROKER_TWICE);
	is_int(broker_names(b, &in.id), BROKER_OK);
	is_int(broker_names(b, &other.id), BROKER_NOT_GRANTED);
	is_int(broker_sa_add(b, &out, &g), BROKER_OK);
	broker_added(b, &out, &g);
	is_int(broker_sa_add(b, &out, &g), BROKER_TWICE);
	is_int(broker_count(b), 2);
	broker_gone(b, &in.id);
	broker_gone(b, &in.id);
	is_int(broker_names(b, &in.id), BROKER_NOT_GRANTED);
	is_int(broker_count(b), 1);
	drop();
}

static void many_grants_are_found_again(void)
{
	enum { MANY = 20000 };
	struct broker_grant g;

	telnet_world();
	struct ike_sa sa = association(rule_numbered(1), 0, false, true);
	is_int(ask(&sa, &g), BROKER_OK);
	for (uint32_t i = 0; i < MANY; i++) {
		sa.id.spi = i * 64;
		broker_added(b, &sa, &g);
	}
	for (uint32_t i = 0; i < MANY; i += 2) {
		sa.id.spi = i * 64;
		broker_gone(b, &sa.id);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		sa.id.spi = i * 64;
		is_int(broker_names(b, &sa.id), i % 2 ? BROKER_OK : BROKER_NOT_GRANTED);
	}
	is_int(broker_count(b), MANY / 2);
	drop();
}

static void what_is_held_is_bounded(void)
{
	struct broker_grant g;

	telnet_world();
	struct ike_sa in = association(rule_numbered(1), 0, false, false), out = association(rule_numbered(1), 0, false, true);
	for (uint32_t i = 0; i < BROKER_RESERVED_MAX; i++) {
		in.id.spi = 300 + i;
		broker_reserved(b, &in.id);
	}
	is_int(broker_get_spi(b, &in.id, in.reqid, false), BROKER_FULL);
	broker_gone(b, &in.id);
	is_int(broker_get_spi(b, &in.id, in.reqid, false), BROKER_OK);
	is_int(ask(&out, &g), BROKER_OK);
	for (uint32_t i = 0; i < BROKER_SAS_MAX; i++) {
		out.id.spi = 300 + i;
		broker_added(b, &out, &g);
	}
	out.id.spi = 299;
	is_int(broker_sa_add(b, &out, &g), BROKER_FULL);
	drop();
}

static void a_peer_behind_a_nat_moves_within_its_rule(void)
{
	struct broker_grant g;
	struct ike_end self, there = {ip("10.0.0.77"), 50000}, outside = {ip("203.0.113.1"), 50000};
	struct ike_sa now;

	telnet_world();
	struct ike_sa out = association(rule_numbered(1), 0, false, true);
	self = (struct ike_end){out.id.src, 4500};
	is_int(ask(&out, &g), BROKER_OK);
	broker_added(b, &out, &g);
	is_int(broker_move(b, &out.id, &self, &there, &now, &g), BROKER_NOT_GRANTED); /* no NAT was found */
	out.udp_encap = true;
	broker_added(b, &out, &g);
	is_int(broker_move(b, &out.id, &self, &outside, &now, &g), BROKER_NO_RULE);
	is_int(broker_move(b, &out.id, &self, &there, &now, &g), BROKER_OK);
	ok(ip_eq(&now.id.dst, &there.ip) && now.encap_dport == 50000 && ip_eq(&now.sel.remote.net, &there.ip));
	broker_moved(b, &out.id, &now, &g);
	is_int(broker_names(b, &out.id), BROKER_NOT_GRANTED);
	is_int(broker_names(b, &now.id), BROKER_OK);
	is_int(broker_count(b), 1);
	drop();
}

/* --- kinds, default response, clear ------------------------------------------------------------------------------- */

static void another_kind_needs_a_policy_of_its_own(void)
{
	struct endpoint host = net("10.0.0.7", 32);
	struct broker_policy *own;
	struct broker_grant g;
	size_t n;

	world_init(&w, 1);
	w.actions[0].action = ACTION_NEGOTIATE;
	world_filter(&w, 0, &me, &host)->mirrored = true;
	b = broker_new();
	ike_world_equip(&w);
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1] AH[SHA1]+ESP[DES,None] AH[MD5]");
	enforce();
	struct ike_sa sa = association(&pr->rules[0], 0, false, true);
	is_int(ask(&sa, &g), BROKER_OK);
	ok(!g.policy.needed);
	sa = association(&pr->rules[0], 1, false, true);
	is_int(ask(&sa, &g), BROKER_OK); /* ESP without a hash, because AH is around it ... */
	ok(g.policy.needed && g.policy.ah && g.policy.esp && ike_selector_eq(&g.policy.sel, &sa.sel));
	broker_added(b, &sa, &g);
	sa.bundle = false;
	sa.id.spi++;
	is_int(ask(&sa, &g), BROKER_ALGORITHM); /* ... and not alone */
	sa = association(&pr->rules[0], 1, true, true);
	sa.id.spi++;
	is_int(ask(&sa, &g), BROKER_OK);
	broker_added(b, &sa, &g);
	sa = association(&pr->rules[0], 2, true, false);
	is_int(ask(&sa, &g), BROKER_OK);
	ok(g.policy.needed && g.policy.ah && !g.policy.esp && g.policy.dir == XFRM_D_IN);
	broker_added(b, &sa, &g);
	n = broker_policies(b, &own);
	is_int(n, 2); /* AH+ESP outbound for both, AH inbound */
	free(own);
	drop();
}

static void whoever_asks_is_answered_where_no_rule_speaks(void)
{
	struct broker_grant g;

	telnet_world();
	struct ike_sa sa = {.outbound = true, .reqid = pr->default_reqid, .replay_window = 64,
	    .id = {ip("10.1.0.1"), ip("203.0.113.5"), IKE_PROTO_AH, 0x2000}, .sel = {{ip("10.1.0.1"), 32}, {ip("203.0.113.5"), 32}, 0, 0, 0}};
	struct ike_sa x;
	agree(&sa, &pr->default_qm->offers[0], true);
	is_int(ask(&sa, &g), BROKER_OK);
	ok(g.policy.needed && g.policy.ah && g.policy.priority == BROKER_PRIORITY_LAST);
	x = sa;
	x.sel.remote.plen = 24;
	x.sel.remote.net = ip("203.0.113.0");
	is_int(ask(&x, &g), BROKER_ENDS);
	x = sa;
	x.sel.local.net = x.id.src = ip("10.99.0.1"); /* an address of somebody whose packets we forward */
	is_int(ask(&x, &g), BROKER_ENDS);
	x = sa;
	x.hash = CRYPTO_MD5;
	is_int(ask(&x, &g), BROKER_ALGORITHM);
	x = sa;
	x.tunnel = true;
	is_int(ask(&x, &g), BROKER_NO_RULE);
	x = sa;
	x.sel.remote.net = x.id.dst = ip("10.7.0.7"); /* a rule speaks of that */
	is_int(ask(&x, &g), BROKER_NO_RULE);
	w.rules[4].active = false;
	plan_ends();
	enforce();
	is_int(ask(&sa, &g), BROKER_NO_RULE);
	drop();
}

/* The plan's policy that packets of that selector meet first. */
static const struct xfrm_pol *met(const struct ike_selector *s, uint8_t dir)
{
	const struct ip_prefix *src = dir == XFRM_D_OUT ? &s->local : &s->remote, *dst = dir == XFRM_D_OUT ? &s->remote : &s->local;
	const struct xfrm_pol *best = NULL;

	for (size_t i = 0; i < pl.nxfrm; i++) {
		const struct xfrm_pol *x = &pl.xfrm[i];
		if (x->dir == dir && x->family == src->net.family && x->kind == XFRM_K_PROTECT && ip_in_prefix(&src->net, &x->src, x->src_plen) &&
		    ip_in_prefix(&dst->net, &x->dst, x->dst_plen) && (!best || x->priority < best->priority))
			best = x;
	}
	return best;
}

/* The two directions of a filter between me and any have ranks of their own. */
static void what_stands_beside_the_plan_comes_before_what_packets_meet(void)
{
	struct broker_grant g;
	struct broker_soft *all;
	struct ike_sa sa;

	world_init(&w, 1);
	w.actions[0].action = ACTION_NEGOTIATE;
	w.actions[0].soft = true;
	world_filter(&w, 0, &me, &any)->mirrored = true;
	b = broker_new();
	ike_world_equip(&w);
	w.actions[0].offers = ike_qm_words("ESP[3DES,SHA1] AH[SHA1]");
	enforce();
	for (int out = 0; out < 2; out++) {
		sa = association(&pr->rules[0], 1, true, out);
		is_int(ask(&sa, &g), BROKER_OK);
		ok(g.policy.needed && g.policy.priority < met(&sa.sel, g.policy.dir)->priority);
	}
	ok(met(&sa.sel, XFRM_D_IN)->priority != met(&sa.sel, XFRM_D_OUT)->priority);
	is_int(broker_soft_add(b, 1, &sa.sel, sa.reqid, DUR_S(60)), BROKER_OK);
	broker_soft_added(b, 1, &sa.sel, sa.reqid, DUR_S(60));
	is_int(broker_softs(b, &all), 1);
	ok(all[0].priority_out < met(&sa.sel, XFRM_D_OUT)->priority && all[0].priority_in < met(&sa.sel, XFRM_D_IN)->priority);
	free(all);
	drop();
}

static void clear_traffic_needs_a_rule_that_says_so(void)
{
	struct broker_soft *all;

	telnet_world();
	const struct ike_rule *soft = rule_numbered(4), *hard = rule_numbered(1);
	struct ike_selector s = soft->sel, got;
	struct ike_sa telnet = association(hard, 0, false, true);
	is_int(broker_soft_add(b, 1, &s, soft->reqid, DUR_S(60)), BROKER_OK);
	is_int(broker_soft_add(b, 1, &s, soft->reqid, DUR_S(28800)), BROKER_OK);
	is_int(broker_soft_add(b, 1, &s, soft->reqid, DUR_S(28801)), BROKER_NOT_SOFT);
	is_int(broker_soft_add(b, 1, &s, soft->reqid, DUR_S(0)), BROKER_NOT_SOFT);
	is_int(broker_soft_add(b, 1, &s, hard->reqid, DUR_S(60)), BROKER_NO_RULE);
	is_int(broker_soft_add(b, 1, &telnet.sel, hard->reqid, DUR_S(60)), BROKER_NOT_SOFT);
	s.remote.plen = 24;
	s.remote.net = ip("10.7.0.0");
	is_int(broker_soft_add(b, 1, &s, soft->reqid, DUR_S(60)), BROKER_NO_RULE);
	is_int(broker_soft_names(b, 1, &got), BROKER_NOT_GRANTED);
	broker_soft_added(b, 1, &soft->sel, soft->reqid, DUR_S(60));
	is_int(broker_soft_names(b, 1, &got), BROKER_OK);
	is_int(broker_soft_add(b, 1, &soft->sel, soft->reqid, DUR_S(60)), BROKER_TWICE);
	is_int(broker_softs(b, &all), 1);
	ok(!all[0].stale);
	free(all);
	w.actions[3].soft = false;
	plan_ends();
	enforce();
	is_int(broker_softs(b, &all), 1);
	ok(all[0].stale);
	free(all);
	broker_soft_gone(b, 1);
	is_int(broker_soft_names(b, 1, &got), BROKER_NOT_GRANTED);
	drop();
}

static void a_new_plan_ends_what_it_does_not_allow(void)
{
	struct ike_sa_id *stale;
	struct broker_grant g;

	telnet_world();
	struct ike_sa telnet = association(rule_numbered(1), 0, false, true), other = association(rule_numbered(4), 0, true, true);
	is_int(ask(&telnet, &g), BROKER_OK);
	broker_added(b, &telnet, &g);
	is_int(ask(&other, &g), BROKER_OK);
	broker_added(b, &other, &g);
	is_int(broker_stale(b, &stale), 0);
	free(stale);
	w.actions[0].offers = ike_qm_words("ESP[AES256,SHA256]");
	plan_ends();
	enforce();
	is_int(broker_stale(b, &stale), 1);
	ok(stale && stale[0].spi == telnet.id.spi && ip_eq(&stale[0].dst, &telnet.id.dst));
	free(stale);
	drop();
}

/* --- against random plans ------------------------------------------------------------------------------------------ */

static struct ip pool_host(uint8_t family)
{
	return rnd(3) ? pool_ip(family) : fs.addrs[rnd((unsigned)fs.naddrs)].ip;
}

/* A good one, of which up to two fields are changed at random. */
static struct ike_sa random_sa(void)
{
	const struct ike_rule *r = &pr->rules[rnd((unsigned)pr->nrules)], *q = &pr->rules[rnd((unsigned)pr->nrules)];
	size_t offer = rnd((unsigned)r->qm->noffers);
	const struct ike_qm_offer *o = &r->qm->offers[offer];
	struct ike_sa sa = association(r, offer, o->has_ah && (!o->has_esp || rnd(2)), rnd(2));

	for (unsigned n = rnd(3); n > 0; n--) {
		switch (rnd(12)) {
		case 0: sa.reqid = q->reqid; break;
		case 1: sa.filter = q->filter; break;
		case 2: sa.sel = q->sel; break;
		case 3: sa.sel.remote.plen = (uint8_t)rnd(33); break;
		case 4: sa.sel.protocol = rnd(2) ? 0 : 6; break;
		case 5: sa.sel.remote_port = sa.sel.local_port = 0; break;
		case 6: sa.cipher = (uint8_t)rnd(IKE_ENCS); break;
		case 7: sa.hash = (uint8_t)rnd(CRYPTO_HASHES); break;
		case 8: sa.bundle = !sa.bundle; break;
		case 9: sa.id.dst = pool_host(sa.id.dst.family); break;
		case 10: sa.tunnel = !sa.tunnel; break;
		default: sa.id.protocol = (uint8_t)(IKE_PROTO_AH + rnd(2)); break;
		}
	}
	return sa;
}

/* Said with the plan and the policies alone, without the profile. */
static const struct qm_offers *offers_of(uint32_t rule)
{
	struct origin o = {.rule = rule};

	if (origin_owner(&o) == OWNER_DYNAMIC)
		return &ike_world_qm.offers;
	return &plan_rule_of(&pl, &o)->filteraction->offers;
}

static bool offered(const struct qm_offers *os, const struct ike_sa *sa)
{
	for (size_t i = 0; i < os->n; i++) {
		struct qm_offer o = os->v[i];
		static const uint8_t hashes[] = {CRYPTO_HASH_NONE, CRYPTO_MD5, CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512};
		static const uint8_t encs[] = {IKE_ENC_NULL, IKE_ENC_DES, IKE_ENC_3DES, IKE_ENC_AES128, IKE_ENC_AES192,
		    IKE_ENC_AES256, IKE_ENC_GCM128, IKE_ENC_GCM256};
		bool both = o.ah != INTEG_NONE && o.esp;

		if (both != sa->bundle)
			continue;
		if (sa->id.protocol == IKE_PROTO_AH ? o.ah != INTEG_NONE && hashes[o.ah] == sa->hash && sa->cipher == IKE_ENC_NULL
		                                    : o.esp && encs[o.encr] == sa->cipher && hashes[o.integ] == sa->hash)
			return true;
	}
	return false;
}

/* Is there a policy of the kernel that holds all of the association's traffic, and waits for exactly this reqid and mode? */
static bool awaited(const struct ike_sa *sa, uint32_t reqid, enum xfrm_dir dir)
{
	const struct ip_prefix *src = dir == XFRM_D_OUT ? &sa->sel.local : &sa->sel.remote;
	const struct ip_prefix *dst = dir == XFRM_D_OUT ? &sa->sel.remote : &sa->sel.local;
	uint16_t sport = dir == XFRM_D_OUT ? sa->sel.local_port : sa->sel.remote_port;
	uint16_t dport = dir == XFRM_D_OUT ? sa->sel.remote_port : sa->sel.local_port;

	for (size_t i = 0; i < pl.nxfrm; i++) {
		const struct xfrm_pol *x = &pl.xfrm[i];
		if (x->kind == XFRM_K_PROTECT && x->dir == dir && x->reqid == reqid && x->tunnel == sa->tunnel &&
		    x->family == src->net.family && x->src_plen <= src->plen && ip_in_prefix(&src->net, &x->src, x->src_plen) &&
		    x->dst_plen <= dst->plen && ip_in_prefix(&dst->net, &x->dst, x->dst_plen) &&
		    (!x->protocol || x->protocol == sa->sel.protocol) && (!x->sport || x->sport == sport) &&
		    (!x->dport || x->dport == dport) && (!x->tunnel || dir == XFRM_D_IN || ip_eq(&x->tunnel_dst, &sa->id.dst)))
			return true;
	}
	return false;
}

static void what_is_granted_is_what_the_plan_waits_for(void)
{
	size_t granted = 0, refused = 0;

	for (int round = 0; round < 1500; round++) {
		random_world(&w);
		start();
		for (int k = 0; k < 60 && pr->nrules; k++) {
			struct ike_sa sa = random_sa();
			struct broker_grant g;

			sa.id.spi = 0x4000 + (uint32_t)k;
			if (ask(&sa, &g) != BROKER_OK) {
				refused++;
				continue;
			}
			granted++;
			ok(offered(offers_of(sa.reqid & 0xFFFFF), &sa));
			ok(offered(offers_of(g.reqid & 0xFFFFF), &sa) || sa.tunnel);
			ok(awaited(&sa, sa.reqid, XFRM_D_OUT) || awaited(&sa, sa.reqid, XFRM_D_IN));
			ok(sa.outbound ? g.reqid == sa.reqid : awaited(&sa, g.reqid, XFRM_D_IN) || g.reqid == sa.reqid);
		}
		drop();
	}
	ok(granted > 5000 && refused > 5000);
	printf("# %zu granted, %zu refused\n", granted, refused);
}

/* What IKE negotiates by a rule of the profile is never refused, but where another rule's template is stricter. */
static void what_ike_asks_for_is_granted(void)
{
	size_t n = 0;

	for (int round = 0; round < 1000; round++) {
		random_world(&w);
		start();
		for (size_t i = 0; i < pr->nrules; i++) {
			const struct ike_rule *r = &pr->rules[i];
			for (size_t k = 0; k < r->qm->noffers; k++) {
				struct ike_sa sa = association(r, k, r->qm->offers[k].has_ah, true);
				struct broker_grant g;
				sa.id.spi = (uint32_t)(1000 + i * 100 + k);
				is_int(ask(&sa, &g), BROKER_OK);
				sa = association(r, k, r->qm->offers[k].has_ah, false);
				sa.id.spi = (uint32_t)(1000 + i * 100 + k);
				is_int(broker_get_spi(b, &sa.id, sa.reqid, sa.tunnel), BROKER_OK);
				enum broker_why why = ask(&sa, &g);
				ok(why == BROKER_OK || why == BROKER_OTHER_RULE);
				n += why == BROKER_OK;
			}
		}
		drop();
	}
	ok(n > 1000);
}

int main(void)
{
	static const struct tap_case cases[] = {
	    {"each field is judged", each_field_is_judged},
	    {"tunnels have their ends, and both rules", tunnels_have_their_ends_and_both_rules},
	    {"without the template there is no association", without_the_template_there_is_no_association},
	    {"nobody else's association is touched", nobody_elses_association_is_touched},
	    {"many grants are found again", many_grants_are_found_again},
	    {"what is held is bounded", what_is_held_is_bounded},
	    {"a peer behind a NAT moves within its rule", a_peer_behind_a_nat_moves_within_its_rule},
	    {"another kind needs a policy of its own", another_kind_needs_a_policy_of_its_own},
	    {"whoever asks is answered where no rule speaks", whoever_asks_is_answered_where_no_rule_speaks},
    {"what stands beside the plan comes before what packets meet", what_stands_beside_the_plan_comes_before_what_packets_meet},
	    {"clear traffic needs a rule that says so", clear_traffic_needs_a_rule_that_says_so},
	    {"a new plan ends what it does not allow", a_new_plan_ends_what_it_does_not_allow},
	    {"what is granted is what the plan waits for", what_is_granted_is_what_the_plan_waits_for},
	    {"what IKE asks for is granted", what_ike_asks_for_is_granted},
	};

	return tap_run(cases, N_OF(cases));
}
