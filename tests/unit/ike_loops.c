/* The same negotiation again and again, with one thing going wrong each time. It must come to the same end. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "tests/sim/sim.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* A negotiation and a packet in each direction. What happens before the packet is the test's. */
static void settle(struct sim *sim, const char *what, size_t a, size_t b)
{
	bool both;

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(70));
	sim_packet(sim, ANDY, BETTY, 100);
	sim_packet(sim, BETTY, ANDY, 100);
	sim_run(sim, DUR_S(70));
	both = sim_packet(sim, ANDY, BETTY, 100) && sim_packet(sim, BETTY, ANDY, 100);
	if (!both)
		sim_complain(sim, "no traffic: %s %zu %zu", what, a, b);
	sim_check(sim);
	if (!sim_ok(sim)) {
		printf("# %s %zu %zu\n", what, a, b);
		ok(false);
	}
}

static size_t messages(void)
{
	struct sim *sim = sim_new(5, NULL);
	size_t n;

	sim_pair(sim);
	settle(sim, "nothing", 0, 0);
	n = sim->nsent;
	sim_free(sim);
	return n;
}

static void loop(const char *what, struct sim_fate (*fate)(struct sim *, size_t, const struct ike_dgram *), size_t na, size_t nb)
{
	for (size_t a = 0; a < na; a++) {
		for (size_t b = 0; b < nb; b++) {
			struct sim *sim = sim_new(5, NULL);

			sim->net.fate = fate;
			sim->net.a = a;
			sim->net.b = b;
			sim_pair(sim);
			settle(sim, what, a, b);
			sim_free(sim);
		}
	}
}

static struct sim_fate lose(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.drop = n == sim->net.a || n == sim->net.a + sim->net.b};
}

static struct sim_fate twice(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.twice = n == sim->net.a};
}

static struct sim_fate later(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.delay_ms = n == sim->net.a ? 100 * (uint32_t)(1 + 20 * sim->net.b) : 0};
}

static struct sim_fate corrupt(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.corrupt = n == sim->net.a ? (uint32_t)(1 + 3 * sim->net.b) : 0};
}

static void each_message_lost_once(void)
{
	loop("lost", lose, messages() + 2, 1);
}

/* Peers that are not Windows and not we: no confirmation of quick mode, plain deletes. */
static void each_message_lost_with_a_plain_peer(void)
{
	for (size_t a = 0; a < messages(); a++) {
		struct sim *sim = sim_new(6, NULL);

		sim->net.fate = lose;
		sim->net.a = a;
		sim->net.hide = 1u << IKE_V_MS_NT5;
		sim_pair(sim);
		settle(sim, "plain, lost", a, 0);
		sim_free(sim);
	}
}

static void each_pair_of_messages_lost(void)
{
	size_t n = messages();

	loop("lost", lose, n, n);
}

static void each_message_doubled(void)
{
	loop("doubled", twice, messages(), 1);
}

static void each_message_overtaken(void)
{
	loop("late", later, messages(), 4);
}

static void each_byte_corrupted(void)
{
	loop("corrupt", corrupt, messages(), 120);
}

/* What happens to message a after those of the beginning. */
static struct sim_fate lose_later(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.drop = n == sim->net.b + sim->net.a};
}

static struct sim_fate twice_later(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.twice = n == sim->net.b + sim->net.a};
}

static struct sim_fate late_later(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.delay_ms = n == sim->net.b + sim->net.a ? 2500 : 0};
}

static struct sim_fate corrupt_later(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)d;
	return (struct sim_fate){.corrupt = n == sim->net.b + sim->net.a ? (uint32_t)(d->bytes.n / 2) : 0};
}

static struct sim_fate (*const fates_later[])(struct sim *, size_t, const struct ike_dgram *) = {
    lose_later, twice_later, late_later, corrupt_later};

static struct sim *established(uint64_t seed, struct sim_fate (*fate)(struct sim *, size_t, const struct ike_dgram *))
{
	struct sim *sim = sim_new(seed, NULL);

	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(10));
	sim->net.b = sim->nsent;
	sim->net.fate = fate;
	return sim;
}

static void each_message_of_a_delete_goes_wrong(void)
{
	for (size_t a = 0; a < 6 * N_OF(fates_later); a++) {
		for (size_t host = ANDY; host <= BETTY; host++) {
			struct sim *sim = established(8, fates_later[a / 6]);

			sim->net.a = a % 6;
			sim_command(sim, host, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
			sim_run(sim, DUR_S(100));
			for (size_t h = ANDY; h <= BETTY; h++)
				is_int(sim_sas(sim, h, true) + sim_sas(sim, h, false) + sim_stat(sim, h, IKE_STAT_ISADB_SIZE), 0);
			ok(sim_ok(sim));
			sim_free(sim);
		}
	}
}

static void each_message_of_a_renewal_goes_wrong(void)
{
	for (size_t a = 0; a < 12 * N_OF(fates_later); a++) {
		struct sim *sim = established(9, fates_later[a / 12]);
		struct ike_cmd c = {.kind = IKE_CMD_EXPIRE};

		sim->net.a = a % 12;
		for (size_t i = 0; i < SIM_SAS; i++) {
			if (sim->hosts[ANDY].sas[i].used && sim->hosts[ANDY].sas[i].sa.outbound)
				c.u.expire.sa = sim->hosts[ANDY].sas[i].sa.id;
		}
		sim_command(sim, ANDY, &c);
		for (int s = 0; s < 100; s++) { /* no gap, whatever is lost */
			ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
			sim_run(sim, DUR_S(1));
		}
		is_int(sim_sas(sim, ANDY, true), 1);
		is_int(sim_qstat(sim, BETTY, IKE_QSTAT_REKEYS), 1);
		sim_check(sim);
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

static void a_bad_network(void)
{
	for (uint64_t seed = 1; seed < 60; seed++) {
		struct sim *sim = sim_new(seed, NULL);

		sim->net.drop = sim->net.twice = sim->net.late = 100;
		sim->net.noise = 30;
		sim_pair(sim);
		for (int i = 0; i < 40; i++) {
			sim_packet(sim, ANDY, BETTY, 100);
			sim_packet(sim, BETTY, ANDY, 100);
			sim_run(sim, DUR_S(5));
		}
		sim->net = (struct sim_net){.drop = 0};
		settle(sim, "bad network, seed", seed, 0);
		sim_free(sim);
	}
}

static void both_begin_at_once(void)
{
	for (uint32_t gap = 0; gap < 120; gap++) {
		struct sim *sim = sim_new(100 + gap, NULL);

		sim_pair(sim);
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_MS(gap));
		sim_acquire(sim, BETTY, ANDY);
		sim_run(sim, DUR_S(10));
		ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
		ok(sim->hosts[ANDY].acquired == 0 && sim->hosts[BETTY].acquired == 0);
		sim_check(sim);
		/* One pair is left after the overlap. */
		sim_run(sim, DUR_S(60));
		is_int(sim_sas(sim, ANDY, true), 1);
		settle(sim, "both, gap", gap, 0);
		sim_free(sim);
	}
}

/* --- actions -------------------------------------------------------------------------------------------------------- */

enum how { FAILS, LATE, NEVER };

static void one_action(size_t host, uint32_t n, enum how how)
{
	static const char *const words[] = {"fails", "is late", "is never answered"};
	struct sim *sim = sim_new(7, NULL);
	struct sim_host *h = &sim->hosts[host];

	*(how == FAILS ? &h->fail_op : how == LATE ? &h->late_op : &h->lost_op) = n;
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(80));
	ok(sim->hosts[ANDY].acquired == 0);
	if (how == LATE)
		ok(sim->hosts[ANDY].acquire_why == IKE_OK);
	settle(sim, words[how], host, n);
	is_int(sim_qstat(sim, ANDY, IKE_QSTAT_PENDING_KEYS), how == NEVER && host == ANDY ? sim_qstat(sim, ANDY, IKE_QSTAT_PENDING_KEYS) : 0);
	sim_free(sim);
}

static void each_action_goes_wrong(void)
{
	for (size_t host = ANDY; host <= BETTY; host++) {
		for (uint32_t n = 1; n <= 6; n++) {
			for (enum how how = FAILS; how <= NEVER; how++)
				one_action(host, n, how);
		}
	}
}

static const struct tap_case cases[] = {
    {"each message lost once", each_message_lost_once},
    {"each message lost once, to a peer that confirms nothing", each_message_lost_with_a_plain_peer},
    {"each two messages lost", each_pair_of_messages_lost},
    {"each message of a delete lost, doubled, late, changed", each_message_of_a_delete_goes_wrong},
    {"each message of a renewal lost, doubled, late, changed: no gap", each_message_of_a_renewal_goes_wrong},
    {"each message doubled", each_message_doubled},
    {"each message late, so that others overtake it", each_message_overtaken},
    {"each third byte of each message changed", each_byte_corrupted},
    {"a network that loses, doubles, delays and changes a tenth", a_bad_network},
    {"both ends begin at once, at every offset", both_begin_at_once},
    {"each answer of kernel and key holder is no, late, or never comes", each_action_goes_wrong},
};
TAP_MAIN(cases)
