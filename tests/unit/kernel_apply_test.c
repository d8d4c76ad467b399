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

/* Elements and IPsec policies come from a line of the policy; it is told. Tables, chains and the like do not. */
static void names_its_rule(const struct ops *o, size_t j, const struct kernel_report *rep, const struct err *e)
{
	struct origin from = {0};
	struct buf line = {0};

	if (o->v[j].kind == OP_XFRM_DEL)
		from = o->xfrm[o->v[j].item].before.pol.origin;
	else if (op_is_xfrm(&o->v[j]))
		from = o->xfrm[o->v[j].item].after.pol.origin;
	else if (o->v[j].kind == OP_ELEMS_ADD || o->v[j].kind == OP_ELEMS_DEL)
		from = o->elems[o->v[j].first].origin;
	is_int(rep->failed.rule, from.rule);
	is_int(rep->failed.filter, from.filter);
	if (from.rule) {
		origin_print(o->plan, &from, &line);
		ok(strstr(e->text, buf_text(&line)) != NULL);
	}
	buf_free(&line);
}

/* What apply left and said of a fault at op j. */
struct outcome {
	struct kernel_report rep;
	struct err e;
	struct kstate state; /* what apply believes of the kernel */
};

static size_t first_transaction_ends(const struct ops *o)
{
	return o->nft_first + ops_transaction(o, o->nft_first);
}

/* As before, in the kernel and in the value. Past the first transaction: that is done, and what was refused is not. */
static void is_undone(const struct pair *t, size_t j, const struct outcome *out)
{
	is_int(out->e.id, KERNEL_REFUSED);
	is_int(out->e.errno_, EPERM);
	names_its_rule(&t->o, j, &out->rep, &out->e);
	ok(kstate_eq(kernel_fake_state(t->k), &out->state));
	if (j < first_transaction_ends(&t->o)) {
		ok(kstate_eq(&out->state, &t->sa));
		is_int(out->rep.xfrm_ops + out->rep.nft_ops, 0);
	}
	ok(!out->rep.rescan);
}

/* Netlink overrun: what was done is not known, and apply says so. */
static void is_not_known(const struct pair *t, size_t j, const struct outcome *out)
{
	(void)t, (void)j;
	is_int(out->e.errno_, ENOBUFS);
	ok(out->rep.rescan);
}

static void is_half_done(const struct pair *t, size_t j, const struct outcome *out)
{
	if (j > 0 && j < first_transaction_ends(&t->o) && t->o.nft_first > 0)
		ok(out->rep.rescan); /* undoing was impossible, and apply says so */
	ok(kstate_eq(kernel_fake_state(t->k), &out->state));
}

/* Random changes, of which each op in turn meets the fault. Whatever it did, the next scan leads to the plan. */
static void each_op_fails(uint64_t seed, enum fake_fault fault, void (*expect)(const struct pair *t, size_t j, const struct outcome *out))
{
	struct tp_rng rng = {seed};

	for (int i = 0; i < 25; i++) {
		struct pair t;
		pair_open(&t, &rng);
		for (size_t j = 0; j < t.o.n; j++) {
			struct outcome out = {.e = {0}};
			kstate_dup(&t.sa, &out.state);
			kernel_fake_set(t.k, &t.sa);
			kernel_fake_fault(t.k, fault, j);
			is_int(kernel_apply(t.k, &t.o, &out.state, &out.rep, &out.e), -1);
			expect(&t, j, &out);
			converges(&t);
			kstate_free(&out.state);
		}
		pair_close(&t);
	}
}

static void a_refusal_anywhere_is_undone(void)
{
	each_op_fails(12, FAKE_FAULT_REFUSE, is_undone);
}

static void a_lost_answer_is_not_taken_for_a_refusal(void)
{
	each_op_fails(14, FAKE_FAULT_LOSE, is_not_known);
}

static void dying_anywhere_is_repaired_by_the_next_start(void)
{
	each_op_fails(13, FAKE_FAULT_DIE, is_half_done);
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

struct judged {
	const char *src, *dst;
	struct fake_packet p;
	enum fake_fate fate;
};
#define IN(...) {.iface = "eth0", .hop_limit = 64, __VA_ARGS__}
#define OUT(...) {.iface = "eth0", .hop_limit = 64, .out = true, __VA_ARGS__}
#define ND(type, hops) {.iface = "eth0", .out = true, .protocol = PROTO_ICMPV6, .icmp_type = type, .hop_limit = hops}
#define UDP .protocol = PROTO_UDP
#define TCP .protocol = PROTO_TCP

/* clang-format off */
static const struct judged judged[] = {
	/* udp from and to anywhere is to be negotiated (n4_p); IKE and loopback are exempt */
	{"10.5.5.5", "10.9.9.9", IN(UDP, .dport = 9), FAKE_DROPPED},
	{"10.5.5.5", "10.9.9.9", IN(UDP, .dport = 9, .protected = PROTECT_ESP), FAKE_PROTECTED},
	{"10.5.5.5", "10.9.9.9", IN(UDP, .dport = 4500), FAKE_CLEAR},
	{"10.5.5.5", "10.9.9.9", OUT(UDP, .sport = 9), FAKE_DROPPED},
	{"10.5.5.5", "10.9.9.9", OUT(UDP, .sport = 500), FAKE_CLEAR},
	{"10.5.5.5", "10.9.9.9", {UDP, .dport = 9, .iface = "lo"}, FAKE_CLEAR},
	{"10.5.5.5", "10.9.9.9", IN(TCP, .dport = 9), FAKE_CLEAR},
	{"10.5.5.5", "10.9.9.9", IN(.protocol = 50), FAKE_CLEAR},
	/* multicast and broadcast have chains of their own; mcast_in4 negotiates on lan interfaces */
	{"10.5.5.5", "224.0.0.5", IN(TCP), FAKE_DROPPED},
	{"10.5.5.5", "255.255.255.255", IN(TCP), FAKE_DROPPED},
	{"10.5.5.5", "224.0.0.5", {TCP, .iface = "ppp0"}, FAKE_CLEAR},
	{"2001:db8::5", "ff02::1", OUT(TCP), FAKE_DROPPED},
	/* neighbour discovery passes, but only if it comes from the link (RFC 4861 §7.1) */
	{"2001:db8::5", "ff02::1", ND(135, 255), FAKE_CLEAR},
	{"2001:db8::5", "ff02::1", ND(135, 254), FAKE_DROPPED},
	{"2001:db8::5", "ff02::1", ND(138, 255), FAKE_DROPPED},
	/* XFRM: the holes above the selector, the selector with and without an association */
	{"10.1.2.3", "192.168.7.1", OUT(UDP, .sport = 5353, .dport = 53, .have_sa = PROTECT_ESP), FAKE_DROPPED},
	{"10.1.2.3", "192.168.7.1", OUT(UDP, .sport = 5353, .dport = 54, .have_sa = PROTECT_ESP), FAKE_PROTECTED},
	{"10.1.2.3", "192.168.7.1", OUT(UDP, .sport = 5353, .dport = 54), FAKE_DROPPED},
	{"10.1.2.3", "192.168.7.1", OUT(TCP), FAKE_CLEAR},
	/* AH (10.42) and AH around ESP (10.43): the associations must be those of the policy */
	{"192.168.7.1", "10.42.0.1", OUT(UDP, .have_sa = PROTECT_AH), FAKE_PROTECTED},
	{"192.168.7.1", "10.42.0.1", OUT(UDP, .have_sa = PROTECT_ESP), FAKE_DROPPED},
	{"192.168.7.1", "10.43.0.1", OUT(UDP, .have_sa = PROTECT_AH_ESP), FAKE_PROTECTED},
	{"192.168.7.1", "10.43.0.1", OUT(UDP, .have_sa = PROTECT_AH), FAKE_DROPPED},
	{"192.168.7.1", "10.43.0.1", OUT(UDP, .have_sa = PROTECT_ESP), FAKE_DROPPED},
};
/* clang-format on */

/* The walk through every kind of rule of plan_full(). */
static void the_fake_judges_as_the_rules_say(void)
{
	struct plan p;
	struct kstate s;

	plan_full(&p, &policy);
	kstate_from_plan(&p, &s);
	for (size_t i = 0; i < N_OF(judged); i++) {
		struct fake_packet pkt = judged[i].p;
		pkt.src = tp_ip(judged[i].src);
		pkt.dst = tp_ip(judged[i].dst);
		pkt.family = pkt.dst.family;
		if (fake_verdict(&s, &pkt) != judged[i].fate)
			printf("# row %zu\n", i);
		is_int(fake_verdict(&s, &pkt), judged[i].fate);
	}
	kstate_free(&s);
	plan_free(&p);
}

static const struct tap_case cases[] = {
    {"apply reaches the plan and says so", apply_reaches_the_plan_and_says_so},
    {"a refusal anywhere is undone", a_refusal_anywhere_is_undone},
    {"a lost answer is not taken for a refusal", a_lost_answer_is_not_taken_for_a_refusal},
    {"dying anywhere is repaired by the next start", dying_anywhere_is_repaired_by_the_next_start},
    {"a refusal names the rule", a_refusal_names_the_rule},
    {"a change behind our back is reported once", a_change_behind_our_back_is_reported_once},
    {"the fake judges as the rules say", the_fake_judges_as_the_rules_say},
};
TAP_MAIN(cases)
