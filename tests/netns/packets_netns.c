/*
 * The reference evaluator, the compiled plan and the real kernel agree on every packet: random policies go into
 * the kernel one after the other, as differences, and packets go both ways. ROUNDS and SEED in the environment
 * choose how many policies, and which (make soak). Needs root; skipped with the reason where it cannot be.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "enforcer/kernel/kernel.h"
#include "tests/netns/wire.h"
#include "tests/unit/reference.h"
#include "tests/unit/tap.h"
#include "tests/unit/world.h"

#include "common/base/banned.h"

enum { ROUNDS = 2000, PACKETS = 60 };

static struct kernel *kernel;
static struct kstate state;
static struct facts facts;

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* The kernel holds the plan afterwards, by operations that turn what it held into that. */
static bool make_it_so(const struct plan *p)
{
	struct kernel_report report;
	struct err e = {0};
	struct ops o;
	bool fine = plan_diff(p, &state, &o, &e) == 0 && kernel_apply(kernel, &o, &state, &report, &e) == 0;

	if (!fine)
		printf("# %s\n", e.text);
	ops_free(&o);
	return fine;
}

static bool is_group(const struct ip *ip)
{
	return ref_multicast(ip);
}

/* Packets that a host drops or keeps to itself before any policy is asked say nothing about one. */
static bool travels(const struct packet *p)
{
	static const char *const own[] = {"10.0.0.1", "10.1.0.1", "2001:db8::1", "2001:db8:1::1", "10.0.0.0", "10.0.0.255"};
	const struct ip *other = p->inbound ? &p->src : &p->dst;

	for (size_t i = 0; i < N_OF(own); i++) {
		struct ip mine = ip(own[i]);
		if (ip_eq(other, &mine))
			return false;
	}
	return p->protocol != PROTO_TCP || p->inbound || !is_group(&p->dst); /* nobody connects to a group */
}

static bool same(const struct packet *a, const struct packet *b)
{
	return a->inbound == b->inbound && a->dialup == b->dialup && ip_eq(&a->src, &b->src) && ip_eq(&a->dst, &b->dst) &&
	       a->protocol == b->protocol && a->sport == b->sport && a->dport == b->dport;
}

static size_t draw(struct packet out[PACKETS])
{
	size_t n = 0;

	for (int tries = 0; n < PACKETS && tries < 10 * PACKETS; tries++) {
		struct packet p = random_packet();
		bool known = !travels(&p);
		for (size_t i = 0; i < n && !known; i++)
			known = same(&out[i], &p);
		if (!known)
			out[n++] = p;
	}
	return n;
}

static void show(uint64_t of, const struct packet *p, enum fate want, enum fate planned, bool arrived,
    const struct plan *pl)
{
	struct buf b = {0};
	char s[IP_TEXT], d[IP_TEXT];

	plan_print(pl, &b);
	printf("# SEED=%llu ROUNDS=1: %s on %s, %s > %s, protocol %u, ports %u > %u: reference %s, plan %s, kernel %s\n%s\n",
	    (unsigned long long)of, p->inbound ? "inbound" : "outbound", p->dialup ? "ppp0" : "eth0",
	    ip_print(&p->src, s), ip_print(&p->dst, d), p->protocol, p->sport, p->dport, plan_fate_word(want),
	    plan_fate_word(planned), arrived ? "passes it" : "stops it", buf_text(&b));
	buf_free(&b);
}

/* One policy and its packets. Counts fates in seen[]; false when somebody disagrees. */
static bool round_agrees(uint64_t of, size_t seen[3])
{
	static struct world w;
	struct packet p[PACKETS];
	bool arrived[WIRE_NUMBERS], fine;
	struct plan pl;
	struct err e = {0};

	seed = (of + 1) * 0x9E3779B97F4A7C15u; /* neighbours shall not look alike */
	random_world(&w);
	is_int(world_compile(&w, &facts, &pl, &e), 0);
	fine = make_it_so(&pl);
	size_t n = draw(p);
	for (size_t i = 0; i < n; i++)
		if (wire_send(&p[i], (unsigned)i) < 0) {
			printf("# packet %zu of SEED=%llu cannot be sent: %s\n", i, (unsigned long long)of, strerror(errno));
			fine = false;
		}
	if (!wire_arrived(arrived)) {
		printf("# SEED=%llu: exempt packets do not arrive\n", (unsigned long long)of);
		fine = false;
	}
	for (size_t i = 0; i < n && fine; i++) {
		enum fate want = reference(&w.policy, world_persistent(&w), &w.dynamic, w.ps.settings.number[SET_IPSECEXEMPT], &facts, &p[i]);
		enum fate planned = plan_walk(&pl, &p[i], NULL);
		seen[want]++;
		if (planned == want && arrived[i] == (want == FATE_PASS))
			continue;
		show(of, &p[i], want, planned, arrived[i], &pl);
		fine = false;
	}
	plan_free(&pl);
	return fine;
}

static void reference_plan_and_kernel_agree(void)
{
	uint64_t rounds = from_environment("ROUNDS", ROUNDS), first = from_environment("SEED", 1);
	size_t seen[3] = {0};

	for (uint64_t i = 0; i < rounds; i++)
		if (!round_agrees(first + i, seen)) {
			ok(false);
			return;
		}
	printf("# %llu policies, packets: %zu permitted, %zu blocked, %zu to be protected\n", (unsigned long long)rounds,
	    seen[FATE_PASS], seen[FATE_DROP], seen[FATE_PROTECT]);
	ok(rounds < ROUNDS || (seen[FATE_PASS] > 5000 && seen[FATE_DROP] > 5000 && seen[FATE_PROTECT] > 5000));
}

static const struct tap_case cases[] = {
	{"reference, plan and kernel agree on every packet", reference_plan_and_kernel_agree},
};

int main(void)
{
	const char *why;
	struct err e = {0};

	if (wire_up(&why) < 0) {
		printf("1..0 # SKIP %s: %s\n", why, strerror(errno));
		return 0;
	}
	kernel = kernel_netlink_open(&e);
	if (!kernel || kernel_scan(kernel, &state, &e) < 0) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
	host_facts(&facts);
	return tap_run(cases, N_OF(cases));
}
