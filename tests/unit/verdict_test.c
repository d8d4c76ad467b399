/*
 * The reference evaluator and the fake kernel that holds the compiled plan, XFRM policies included, agree on
 * every packet. The same against the real kernel: tests/netns/packets_netns.c.
 */
#include "enforcer/kernel/kernel.h"
#include "tests/unit/reference.h"
#include "tests/unit/tap.h"
#include "tests/unit/world.h"

#include "common/base/banned.h"

static struct fake_packet as_the_kernel_sees_it(const struct packet *p)
{
	return (struct fake_packet){.out = !p->inbound, .family = p->family, .src = p->src, .dst = p->dst,
		.protocol = p->protocol, .sport = p->sport, .dport = p->dport, .icmp_type = 8, .hop_limit = 64,
		.iface = p->dialup ? "ppp0" : "eth0"};
}

/* What happens to the packet when the kernel holds nothing but the world's plan. */
static bool passes(const struct world *w, const struct facts *fs, const struct packet *p)
{
	struct fake_packet fp = as_the_kernel_sees_it(p);
	struct kstate k;
	struct plan pl;
	struct err e = {0};

	is_int(world_compile(w, fs, &pl, &e), 0);
	kstate_from_plan(&pl, &k);
	enum fake_fate fate = fake_verdict(&k, &fp);
	kstate_free(&k);
	plan_free(&pl);
	return fate == FAKE_CLEAR;
}

static void reference_and_fake_kernel_agree(void)
{
	enum { WORLDS = 1500, PACKETS = 40 };
	struct facts fs;
	static struct world w;
	struct err e = {0};
	size_t wrong = 0, seen[2] = {0};

	host_facts(&fs);
	for (uint64_t round = 1; round <= WORLDS; round++) {
		struct plan pl;
		struct kstate k;
		seed = round * 0x9E3779B97F4A7C15u;
		random_world(&w);
		is_int(world_compile(&w, &fs, &pl, &e), 0);
		kstate_from_plan(&pl, &k);
		for (int i = 0; i < PACKETS; i++) {
			struct packet p = random_packet();
			struct fake_packet fp = as_the_kernel_sees_it(&p);
			enum fate want = reference(&w.policy, world_persistent(&w), &w.dynamic, w.ps.settings.number[SET_IPSECEXEMPT], &fs, &p);
			enum fake_fate got = fake_verdict(&k, &fp);
			seen[want == FATE_PASS]++;
			if ((got == FAKE_CLEAR) != (want == FATE_PASS) && wrong++ == 0)
				printf("# world %u, packet %d: reference %s, fake kernel %d\n", (unsigned)round, i,
				    plan_fate_word(want), (int)got);
		}
		kstate_free(&k);
		plan_free(&pl);
	}
	is_int(wrong, 0);
	ok(seen[0] > 5000 && seen[1] > 5000);
	facts_free(&fs);
}

/*
 * The block filter meets the negotiate filter outbound only, the permit filter above it meets none: the hole of
 * the block must not stop inbound what the permit lets through.
 */
static void the_hole_of_a_block_stops_nothing_that_a_permit_above_it_passes(void)
{
	const struct endpoint peer = net("10.1.0.254", 32), lan = net("10.0.0.0", 16);
	const struct packet in = {.family = IP_V4, .inbound = true, .src = ip("10.1.0.254"), .dst = ip("10.0.0.1"),
		.protocol = PROTO_TCP, .sport = 9, .dport = 80};
	struct packet other = in;
	static struct world w;
	struct facts fs;

	host_facts(&fs);
	world_init(&w, 3);
	w.actions[0].action = ACTION_NEGOTIATE;
	world_filter(&w, 0, &lan, &any)->protocol = 47;
	w.actions[1].action = ACTION_BLOCK;
	world_filter(&w, 1, &lan, &any)->mirrored = true;
	w.actions[2].action = ACTION_PERMIT;
	world_filter(&w, 2, &peer, &any);
	ok(passes(&w, &fs, &in));
	other.src = ip("10.1.0.253");
	ok(!passes(&w, &fs, &other));
	facts_free(&fs);
}

static const struct tap_case cases[] = {
	{"reference and fake kernel agree", reference_and_fake_kernel_agree},
	{"the hole of a block stops nothing that a permit above it passes",
	    the_hole_of_a_block_stops_nothing_that_a_permit_above_it_passes},
};
TAP_MAIN(cases)
