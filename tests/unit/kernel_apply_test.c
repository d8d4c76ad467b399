/* kernel.c over the fake: counting, undoing, dying in the middle; and the fake's own judgement. */
#include <errno.h>

#include "enforcer/kernel/kernel.h"
#include "tests/unit/kernel_plans.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct rule rules[] = {{.id = 7, .name = "Seven"}};
static struct policy policy = {.name = "P", .rules = rules, .nrules = N_OF(rules)};

struct pair {
	struct kernel *k;
	struct plan a, b;
	struct kstate sa, sb; /* what the kernel holds at first, and shall hold */
	struct ops o;
};

static void pair_open(struct pair *t, struct tp_rng *rng)
{
	struct kstate none = {0}, want;
	struct err e = {0};
	struct ops first;

	*t = (struct pair){.k = kernel_fake_open()};
	plan_random(&t->a, &policy, rng);
	plan_random(&t->b, &policy, rng);
	kstate_from_plan(&t->a, &want);
	kstate_diff(&want, &none, &first); /* through diff, so that indexes are given */
	kstate_apply(&t->sa, &first, 0, first.n);
	kstate_from_plan(&t->b, &t->sb);
	kernel_fake_set(t->k, &t->sa);
	is_int(plan_diff(&t->b, &t->sa, &t->o, &e), 0);
	ops_free(&first);
	kstate_free(&want);
}

static void pair_close(struct pair *t)
{
	kernel_close(t->k);
	ops_free(&t->o);
	kstate_free(&t->sa);
	kstate_free(&t->sb);
	plan_free(&t->a);
	plan_free(&t->b);
}

/* A new process: scan, compare, correct. */
static void converges(struct pair *t)
{
	struct kstate now;
	struct kernel_report rep;
	struct err e = {0};
	struct ops o;

	kernel_fake_fault(t->k, FAKE_FAULT_NONE, 0);
	is_int(kernel_scan(t->k, &now, &e), 0);
	is_int(plan_diff(&t->b, &now, &o, &e), 0);
	is_int(kernel_apply(t->k, &o, &now, &rep, &e), 0);
	ok(kstate_eq(kernel_fake_state(t->k), &t->sb));
	ok(kstate_eq(&now, &t->sb));
	ops_free(&o);
	kstate_free(&now);
}

static void apply_reaches_the_plan_and_says_so(void)
{
	struct tp_rng rng = {11};

	for (int i = 0; i < 100; i++) {
		struct kernel_report rep;
		struct err e = {0};
		struct pair t;
		pair_open(&t, &rng);
		is_int(kernel_apply(t.k, &t.o, &t.sa, &rep, &e), 0);
		ok(kstate_eq(kernel_fake_state(t.k), &t.sb));
		ok(kstate_eq(&t.sa, &t.sb));
		is_int(rep.xfrm_ops + rep.nft_ops, t.o.n);
		pair_close(&t);
	}
}

/*
 * Refused at op j: as before, in the kernel and in the value. Past the transaction: all but that
 * deletion.
 */
static void a_refusal_anywhere_is_undone(void)
{
	struct tp_rng rng = {12};

	for (int i = 0; i < 25; i++) {
		struct pair t;
		pair_open(&t, &rng);
		for (size_t j = 0; j < t.o.n; j++) {
			struct kernel_report rep;
			struct err e = {0};
			struct kstate state;
			kstate_dup(&t.sa, &state);
			kernel_fake_set(t.k, &t.sa);
			kernel_fake_fault(t.k, FAKE_FAULT_REFUSE, j);
			is_int(kernel_apply(t.k, &t.o, &state, &rep, &e), -1);
			is_int(e.id, KERNEL_REFUSED);
			is_int(e.errno_, EPERM);
			ok(kstate_eq(kernel_fake_state(t.k), &state));
			if (j < t.o.nft_first + t.o.nft_n) {
				ok(kstate_eq(&state, &t.sa));
				is_int(rep.xfrm_ops + rep.nft_ops, 0);
			}
			ok(!rep.rescan);
			converges(&t);
			kstate_free(&state);
		}
		pair_close(&t);
	}
}

static void dying_anywhere_is_repaired_by_the_next_start(void)
{
	struct tp_rng rng = {13};

	for (int i = 0; i < 25; i++) {
		struct pair t;
		pair_open(&t, &rng);
		for (size_t j = 0; j < t.o.n; j++) {
			struct kernel_report rep;
			struct err e = {0};
			struct kstate state;
			kstate_dup(&t.sa, &state);
			kernel_fake_set(t.k, &t.sa);
			kernel_fake_fault(t.k, FAKE_FAULT_DIE, j);
			is_int(kernel_apply(t.k, &t.o, &state, &rep, &e), -1);
			if (j > 0 && j < t.o.nft_first + t.o.nft_n && t.o.nft_first > 0)
				ok(rep.rescan); /* undoing was impossible, and apply says so */
			ok(kstate_eq(kernel_fake_state(t.k), &state));
			converges(&t);
			kstate_free(&state);
		}
		pair_close(&t);
	}
}

static void a_refusal_names_the_rule(void)
{
	struct kernel *k = kernel_fake_open();
	struct kstate none = {0};
	struct kernel_report rep;
	struct err e = {0};
	struct plan p;
	struct ops o;

	plan_full(&p, &policy);
	is_int(plan_diff(&p, &none, &o, &e), 0);
	kernel_fake_fault(k, FAKE_FAULT_REFUSE, 1);
	is_int(kernel_apply(k, &o, &none, &rep, &e), -1);
	ok(strstr(e.text, "rule 'Seven' (filter 11)") != NULL);
	is_int(rep.failed.rule, 7);
	is_int(rep.failed.filter, 11);
	ops_free(&o);
	plan_free(&p);
	kernel_close(k);
}

static void a_change_behind_our_back_is_reported_once(void)
{
	struct kernel *k = kernel_fake_open();
	struct kstate none = {0};

	ok(!kernel_watch_read(k));
	kernel_fake_set(k, &none);
	ok(kernel_watch_read(k));
	ok(!kernel_watch_read(k));
	is_int(kernel_watch_fd(k), -1);
	kernel_close(k);
}

static enum fake_fate fate(const struct kstate *s, struct fake_packet p)
{
	p.family = p.dst.family;
	if (p.src.family == IP_NONE)
		p.src = p.family == IP_V6 ? tp_ip("2001:db8::5") : tp_ip("10.5.5.5");
	if (!p.iface)
		p.iface = "eth0";
	return fake_verdict(s, &p);
}

/* The walk through every kind of rule of plan_full(). */
static void the_fake_judges_as_the_rules_say(void)
{
	struct plan p;
	struct kstate s;
	struct ip v4 = tp_ip("10.9.9.9"), m4 = tp_ip("224.0.0.5"), m6 = tp_ip("ff02::1");
	struct ip b4 = tp_ip("255.255.255.255");

	plan_full(&p, &policy);
	kstate_from_plan(&p, &s);
	/*
	 * udp to anywhere is to be negotiated (n4_p): clear is dropped, protected passes, IKE is
	 * exempt
	 */
	is_int(fate(&s, (struct fake_packet){.dst = v4, .protocol = PROTO_UDP, .dport = 9}),
	    FAKE_DROPPED);
	is_int(fate(&s,
		   (struct fake_packet){
		       .dst = v4, .protocol = PROTO_UDP, .dport = 9, .protected = true}),
	    FAKE_PROTECTED);
	is_int(fate(&s, (struct fake_packet){.dst = v4, .protocol = PROTO_UDP, .dport = 4500}),
	    FAKE_CLEAR);
	is_int(fate(&s,
		   (struct fake_packet){.out = true, .dst = v4, .protocol = PROTO_UDP, .sport = 9}),
	    FAKE_DROPPED);
	is_int(
	    fate(&s,
		(struct fake_packet){.out = true, .dst = v4, .protocol = PROTO_UDP, .sport = 500}),
	    FAKE_CLEAR);
	is_int(
	    fate(&s,
		(struct fake_packet){.dst = v4, .protocol = PROTO_UDP, .dport = 9, .iface = "lo"}),
	    FAKE_CLEAR);
	is_int(fate(&s, (struct fake_packet){.dst = v4, .protocol = PROTO_TCP, .dport = 9}),
	    FAKE_CLEAR);
	is_int(fate(&s, (struct fake_packet){.dst = v4, .protocol = 50}), FAKE_CLEAR);
	/*
	 * multicast and broadcast have chains of their own; MIN4 negotiates on lan interfaces only
	 */
	is_int(fate(&s, (struct fake_packet){.dst = m4, .protocol = PROTO_TCP}), FAKE_DROPPED);
	is_int(fate(&s, (struct fake_packet){.dst = b4, .protocol = PROTO_TCP}), FAKE_DROPPED);
	is_int(fate(&s, (struct fake_packet){.dst = m4, .protocol = PROTO_TCP, .iface = "ppp0"}),
	    FAKE_CLEAR);
	is_int(fate(&s, (struct fake_packet){.out = true, .dst = m6, .protocol = PROTO_TCP}),
	    FAKE_DROPPED);
	/* neighbour discovery passes, but only from the link (hop limit 255) */
	is_int(fate(&s,
		   (struct fake_packet){.out = true,
		       .dst = m6,
		       .protocol = PROTO_ICMPV6,
		       .icmp_type = 135,
		       .hop_limit = 255}),
	    FAKE_CLEAR);
	is_int(fate(&s,
		   (struct fake_packet){.out = true,
		       .dst = m6,
		       .protocol = PROTO_ICMPV6,
		       .icmp_type = 135,
		       .hop_limit = 254}),
	    FAKE_DROPPED);
	is_int(fate(&s,
		   (struct fake_packet){.out = true,
		       .dst = m6,
		       .protocol = PROTO_ICMPV6,
		       .icmp_type = 138,
		       .hop_limit = 255}),
	    FAKE_DROPPED);
	/*
	 * XFRM: the block hole above the selector, the selector itself with and without an
	 * association
	 */
	struct ip in_sel = tp_ip("10.1.2.3"), peer = tp_ip("192.168.7.1");
	is_int(fate(&s,
		   (struct fake_packet){.out = true,
		       .src = in_sel,
		       .dst = peer,
		       .protocol = PROTO_UDP,
		       .sport = 5353,
		       .dport = 53,
		       .have_sa = true}),
	    FAKE_DROPPED);
	is_int(fate(&s,
		   (struct fake_packet){.out = true,
		       .src = in_sel,
		       .dst = peer,
		       .protocol = PROTO_UDP,
		       .sport = 5353,
		       .dport = 54,
		       .have_sa = true}),
	    FAKE_PROTECTED);
	is_int(fate(&s,
		   (struct fake_packet){.out = true,
		       .src = in_sel,
		       .dst = peer,
		       .protocol = PROTO_UDP,
		       .sport = 5353,
		       .dport = 54}),
	    FAKE_DROPPED);
	is_int(fate(&s,
		   (struct fake_packet){
		       .out = true, .src = in_sel, .dst = peer, .protocol = PROTO_TCP}),
	    FAKE_CLEAR);
	kstate_free(&s);
	plan_free(&p);
}

static const struct tap_case cases[] = {
    {"apply reaches the plan and says so", apply_reaches_the_plan_and_says_so},
    {"a refusal anywhere is undone", a_refusal_anywhere_is_undone},
    {"dying anywhere is repaired by the next start", dying_anywhere_is_repaired_by_the_next_start},
    {"a refusal names the rule", a_refusal_names_the_rule},
    {"a change behind our back is reported once", a_change_behind_our_back_is_reported_once},
    {"the fake judges as the rules say", the_fake_judges_as_the_rules_say},
};
TAP_MAIN(cases)
