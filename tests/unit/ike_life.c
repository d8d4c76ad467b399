/* What becomes of associations: renewal, idle time, dead peers, reboots, policy changes, the end. */
#include <string.h>

#include "tests/sim/ends.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* Two hosts whose profiles have been changed alike, with a pair of SAs between them. */
static struct sim *linked(uint64_t seed, void (*change)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);

	for (size_t i = ANDY; i <= BETTY; i++) {
		struct ike_profile *p = sim_make_profile(sim, i, i == ANDY ? BETTY : ANDY);

		if (change)
			change(p);
		sim_profile(sim, i, p);
	}
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	return sim;
}

/* --- renewal --------------------------------------------------------------------------------------------------------- */

static void short_lives(struct ike_profile *p)
{
	sim_mm(p)->life_s = 3600;
	sim_qm(p)->offers[0].life_s = 600;
}

static void short_bundles(struct ike_profile *p)
{
	short_lives(p);
	sim_qm(p)->offers[0].has_ah = true;
	sim_qm(p)->offers[0].ah_hash = CRYPTO_SHA1;
}

static void short_pfs(struct ike_profile *p)
{
	short_lives(p);
	sim_qm(p)->pfs = IKE_PFS_MM;
}

static void short_tunnels(struct ike_profile *p)
{
	short_pfs(p);
	p->rules[0].tunnel = true;
	p->rules[0].tunnel_local = p->rules[0].sel.local.net;
	p->rules[0].tunnel_remote = p->rules[0].sel.remote.net;
}

/* At both ends the same keys all the time, whatever is negotiated; and what was made is what is left, and what was deleted. */
static void eight_hours(void)
{
	void (*const shapes[])(struct ike_profile *p) = {short_lives, short_bundles, short_pfs, short_tunnels};

	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct sim *sim = linked(seed, shapes[seed - 1]);
		size_t lost = 0;

		for (int s = 0; s < 8 * 3600; s += 5) {
			lost += !sim_packet(sim, ANDY, BETTY, 1000);
			lost += !sim_packet(sim, BETTY, ANDY, 1000);
			sim_run(sim, DUR_S(5));
			if (s % 600 == 0)
				sim_check(sim);
		}
		is_int(lost, 0);
		ok(sim_qstat(sim, ANDY, IKE_QSTAT_REKEYS) >= 48 && sim_qstat(sim, ANDY, IKE_QSTAT_REKEYS) < 110);
		ok(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES) >= 8 && sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES) < 20);
		ok(sim_sas(sim, ANDY, true) <= (seed == 2 ? 4 : 2)); /* of AH+ESP two */
		ok(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE) <= 3);
		is_int(sim_stat(sim, ANDY, IKE_STAT_NEGOTIATION_FAILURES), 0);
		for (size_t h = ANDY; h <= BETTY; h++) {
			is_int(sim_qstat(sim, h, IKE_QSTAT_QM_KEY_ADDS) - sim_qstat(sim, h, IKE_QSTAT_QM_KEY_DELETES),
			    sim_qstat(sim, h, IKE_QSTAT_ACTIVE_SAS));
			is_int(sim_sas(sim, h, true), sim_qstat(sim, h, IKE_QSTAT_ACTIVE_SAS) * (seed == 2 ? 2 : 1));
		}
		done(sim);
	}
}

static void eight_hours_of_a_bad_network(void)
{
	struct sim *sim = linked(11, short_lives);
	size_t lost = 0, sent = 0;

	sim->net.drop = sim->net.twice = sim->net.late = 100;
	for (int s = 0; s < 8 * 3600; s += 5) {
		lost += !sim_packet(sim, ANDY, BETTY, 1000);
		lost += !sim_packet(sim, BETTY, ANDY, 1000);
		sent += 2;
		sim_run(sim, DUR_S(5));
	}
	ok(lost * 1000 < sent);
	sim->net.drop = 0;
	sim_run(sim, DUR_S(60));
	done(sim);
}

static void both_renew_at_once(void)
{
	for (uint32_t gap = 0; gap < 60; gap++) {
		struct sim *sim = linked(300 + gap, NULL);
		struct ike_cmd c = {.kind = IKE_CMD_EXPIRE};

		sim_run(sim, DUR_S(20));
		for (size_t host = ANDY; host <= BETTY; host++) {
			for (size_t i = 0; i < SIM_SAS; i++) {
				if (sim->hosts[host].sas[i].used && sim->hosts[host].sas[i].sa.outbound)
					c.u.expire.sa = sim->hosts[host].sas[i].sa.id;
			}
			sim_command(sim, host, &c);
			sim_run(sim, DUR_MS(gap));
		}
		for (int s = 0; s < 100; s++) {
			ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
			sim_run(sim, DUR_S(1));
		}
		is_int(sim_sas(sim, ANDY, true), 1);
		is_int(sim_sas(sim, BETTY, true), 1);
		done(sim);
	}
}

/* One end ends what the other renews. */
static void delete_meets_renewal(void)
{
	for (uint32_t gap = 0; gap < 60; gap += 3) {
		struct sim *sim = linked(500 + gap, NULL);
		struct ike_cmd c = {.kind = IKE_CMD_EXPIRE}, del = {.kind = IKE_CMD_DELETE};
		uint64_t after = 0;
		struct ike_qmsa_info info;

		sim_run(sim, DUR_S(20));
		for (size_t i = 0; i < SIM_SAS; i++) {
			if (sim->hosts[ANDY].sas[i].used && sim->hosts[ANDY].sas[i].sa.outbound)
				c.u.expire.sa = sim->hosts[ANDY].sas[i].sa.id;
		}
		ok(ike_qmsa_next(sim->hosts[BETTY].ike, &after, &info));
		del.u.del.qmsa = info.id;
		sim_command(sim, ANDY, &c);
		sim_run(sim, DUR_MS(gap));
		sim_command(sim, BETTY, &del);
		sim_run(sim, DUR_S(20));
		sim_packet(sim, ANDY, BETTY, 10);
		sim_run(sim, DUR_S(5));
		ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
		done(sim);
	}
}

/* --- ends ------------------------------------------------------------------------------------------------------------- */

static void idle_ones_end(void)
{
	struct sim *sim = linked(20, NULL);

	for (int s = 0; s < 900; s += 100) {
		sim_run(sim, DUR_S(100));
		ok(sim_packet(sim, ANDY, BETTY, 10));
	}
	is_int(sim_sas(sim, ANDY, true), 1); /* traffic one way is traffic */
	sim_run(sim, DUR_S(340));
	is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, BETTY, true), 0);
	ok(sim_event(sim, ANDY, IKE_EV_QM_DOWN) != NULL);
	done(sim);
}

static void a_silent_peer_is_dead(void)
{
	struct sim *sim = linked(21, NULL);

	sim_run(sim, DUR_S(30));
	sim->net.drop = 1000;
	sim->hosts[BETTY].no_bad_spi = true;
	memset(sim->hosts[BETTY].sas, 0, sizeof sim->hosts[BETTY].sas);
	for (int s = 0; s < 25; s++) {
		sim_packet(sim, ANDY, BETTY, 10);
		sim_run(sim, DUR_S(1));
	}
	ok(sim_event(sim, ANDY, IKE_EV_MM_DOWN) && sim_event(sim, ANDY, IKE_EV_MM_DOWN)->why == IKE_FAIL_PEER_MM_ASSUMED_INVALID);
	is_int(sim_sas(sim, ANDY, true), 0);
	ok(sim_ok(sim));
	sim_free(sim);
}

static void a_living_peer_answers(void)
{
	struct sim *sim = linked(22, NULL);

	for (int s = 0; s < 200; s++) { /* one way only: worries, questions, answers */
		sim_packet(sim, ANDY, BETTY, 10);
		sim_run(sim, DUR_S(1));
	}
	is_int(sim_sas(sim, ANDY, true), 1);
	ok(sim_event(sim, ANDY, IKE_EV_MM_DOWN) == NULL);
	ok(sim->nsent > 12); /* R-U-THERE went out */
	done(sim);
}

static void a_rebooted_peer_is_found_in_seconds(void)
{
	for (size_t who = ANDY; who <= BETTY; who++) {
		struct sim *sim = linked(23, NULL);
		size_t other = who == ANDY ? BETTY : ANDY;
		int s;

		sim_run(sim, DUR_S(30));
		sim_reboot(sim, who, sim_make_profile(sim, who, other));
		for (s = 0; s < 100 && !sim_packet(sim, other, who, 10); s++)
			sim_run(sim, DUR_MS(100));
		printf("# traffic again after %d ms\n", s * 100);
		ok(s * 100 < 5000);
		sim_run(sim, DUR_S(1));
		ok(sim_packet(sim, who, other, 10));
		ok(sim_qstat(sim, who, IKE_QSTAT_BAD_SPI) > 0);
		done(sim);
	}
}

/* Linux tells nobody of an unknown SPI. */
static void a_rebooted_peer_that_cannot_tell_is_missed(void)
{
	for (size_t who = ANDY; who <= BETTY; who++) {
		struct sim *sim = linked(25, NULL);
		size_t other = who == ANDY ? BETTY : ANDY;
		int s;

		sim_run(sim, DUR_S(30));
		sim_reboot(sim, who, sim_make_profile(sim, who, other));
		sim->hosts[who].no_bad_spi = true;
		for (s = 0; s < 100 && !sim_packet(sim, other, who, 10); s++)
			sim_run(sim, DUR_S(1));
		printf("# traffic again after %d s\n", s);
		ok(s <= 25);
		done(sim);
	}
}

static void one_forgotten_pair_is_told(void)
{
	struct sim *sim = linked(24, NULL);
	struct ike_cmd c = {.kind = IKE_CMD_BAD_SPI};

	for (size_t i = 0; i < SIM_SAS; i++) {
		if (sim->hosts[ANDY].sas[i].used && sim->hosts[ANDY].sas[i].sa.outbound)
			c.u.bad_spi.spi = sim->hosts[ANDY].sas[i].sa.id.spi ^ 1;
	}
	c.u.bad_spi.local = sim->hosts[BETTY].ip;
	c.u.bad_spi.remote = sim->hosts[ANDY].ip;
	c.u.bad_spi.protocol = IKE_PROTO_ESP;
	for (int i = 0; i < 1000; i++)
		sim_command(sim, BETTY, &c);
	sim_run(sim, DUR_S(5));
	ok(sim->nsent < 20); /* not a thousand answers */
	is_int(sim_sas(sim, ANDY, true), 1);
	done(sim);
}

static void shutdown_tells_the_peer(void)
{
	struct sim *sim = linked(25, NULL);
	struct ike_cmd c = {.kind = IKE_CMD_SHUTDOWN};

	sim_command(sim, ANDY, &c);
	sim_run(sim, DUR_S(1));
	is_int(sim_sas(sim, BETTY, true) + sim_sas(sim, BETTY, false), 0);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	ok(sim_event(sim, BETTY, IKE_EV_QM_DOWN)->why == IKE_FAIL_SA_DELETED);
	sim_acquire(sim, BETTY, ANDY);
	sim_run(sim, DUR_S(80));
	ok(sim->hosts[BETTY].acquire_why == IKE_FAIL_DROP_NO_RESPONSE);
	is_int(sim->hosts[BETTY].acquired, 0);
	done(sim);
}

static void a_plain_peer_gets_a_plain_delete(void)
{
	struct sim *sim = sim_new(30, NULL);
	struct ike_cmd del = {.kind = IKE_CMD_DELETE};
	size_t before;

	sim->net.hide = 1u << IKE_V_MS_NT5;
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, BETTY, ANDY, 10));
	before = sim->nsent;
	sim_command(sim, ANDY, &del);
	sim_run(sim, DUR_S(60));
	is_int(sim->nsent - before, 2); /* quick mode, main mode; no answers, no repetition */
	is_int(sim_sas(sim, BETTY, true) + sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	done(sim);
}

static void limited_against_unlimited(void)
{
	struct sim *sim = sim_new(31, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	sim_mm(p)->qm_limit = 1;
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(20));
	sim_acquire(sim, ANDY, BETTY); /* refused: that main mode makes no more */
	sim_run(sim, DUR_S(2));
	ok(sim_event(sim, ANDY, IKE_EV_FAILED)->why == IKE_FAIL_QM_LIMIT);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 2);
	is_int(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES), 2);
	done(sim);
}

static void a_lost_delete_is_sent_again(void)
{
	struct sim *sim = linked(26, NULL);
	struct ike_cmd del = {.kind = IKE_CMD_DELETE};

	sim->net.drop = 1000;
	sim_command(sim, ANDY, &del);
	sim_run(sim, DUR_MS(2500));
	sim->net.drop = 0;
	is_int(sim_sas(sim, BETTY, true), 1);
	sim_run(sim, DUR_S(5));
	is_int(sim_sas(sim, BETTY, true), 0);
	sim_run(sim, DUR_S(100));
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE) + sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	done(sim);
}

/* --- policy ------------------------------------------------------------------------------------------------------------ */

static void a_new_profile_ends_what_it_forbids(void)
{
	struct sim *sim = linked(27, NULL);
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	p->generation = 2;
	sim_profile(sim, ANDY, p); /* the same: nothing happens */
	is_int(sim_sas(sim, ANDY, true), 1);
	p = sim_make_profile(sim, ANDY, BETTY);
	sim_qm(p)->offers[0].esp_cipher = IKE_ENC_3DES;
	sim_profile(sim, ANDY, p);
	sim_run(sim, DUR_S(1));
	is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, BETTY, true), 0);
	ok(sim_event(sim, ANDY, IKE_EV_QM_DOWN)->why == IKE_FAIL_POLICY_CHANGE);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE), 1); /* the main mode is still allowed */
	p = sim_make_profile(sim, ANDY, BETTY);
	p->nrules = 0;
	sim_profile(sim, ANDY, p);
	sim_run(sim, DUR_S(100));
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE) + sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	done(sim);
}

/* Quick modes rest on the main mode's policy: another one invalidates both (semantics §5.9). */
static void a_new_main_mode_policy_ends_both(void)
{
	struct sim *sim = linked(32, NULL);
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	sim_mm(p)->auths[0].secret.b[0] = 2;
	sim_profile(sim, ANDY, p);
	sim_run(sim, DUR_S(100));
	is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, BETTY, true), 0);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE) + sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	ok(sim_event(sim, ANDY, IKE_EV_MM_DOWN)->why == IKE_FAIL_POLICY_CHANGE);
	done(sim);
}

static void master_pfs(struct ike_profile *p)
{
	sim_mm(p)->qm_limit = 1;
}

static void master_pfs_makes_a_main_mode_each_time(void)
{
	struct sim *sim = linked(28, master_pfs);

	for (uint64_t i = 2; i < 5; i++) {
		sim_run(sim, DUR_S(30));
		sim_acquire(sim, i % 2 ? ANDY : BETTY, i % 2 ? BETTY : ANDY);
		sim_run(sim, DUR_S(3));
		is_int(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES), i);
		is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), i);
	}
	done(sim);
}

/* The responder's lifetime is shorter, and both ends use it (semantics §4.3). */
static void the_shorter_life_counts(void)
{
	struct sim *sim = sim_new(29, NULL);

	for (size_t i = ANDY; i <= BETTY; i++) {
		struct ike_profile *p = sim_make_profile(sim, i, i == ANDY ? BETTY : ANDY);
		struct ike_qmsa_info info;
		uint64_t after = 0;

		sim_qm(p)->offers[0].life_s = i == ANDY ? 3000 : 700;
		sim_qm(p)->offers[0].life_kb = i == ANDY ? 50000 : 40000;
		sim_profile(sim, i, p);
		if (i == ANDY)
			continue;
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(2));
		for (size_t j = ANDY; j <= BETTY; j++) {
			after = 0;
			ok(ike_qmsa_next(sim->hosts[j].ike, &after, &info));
			is_int(info.life_s, 700);
			is_int(info.life_kb, 40000);
		}
	}
	done(sim);
}

static const struct tap_case cases[] = {
    {"eight hours of renewal under traffic without a gap", eight_hours},
    {"eight hours of a bad network lose less than a packet in a thousand", eight_hours_of_a_bad_network},
    {"both ends renew at once, at every offset: no gap, one pair stays", both_renew_at_once},
    {"a delete meets a renewal at every offset", delete_meets_renewal},
    {"idle SAs end, used ones stay", idle_ones_end},
    {"a peer that does not answer is dead within half a minute of traffic", a_silent_peer_is_dead},
    {"a peer that answers stays", a_living_peer_answers},
    {"a rebooted peer is found in seconds, whoever it is", a_rebooted_peer_is_found_in_seconds},
    {"a rebooted peer that cannot tell is missed within half a minute of traffic", a_rebooted_peer_that_cannot_tell_is_missed},
    {"a thousand bad SPIs make one answer", one_forgotten_pair_is_told},
    {"shutdown deletes at the peer too", shutdown_tells_the_peer},
    {"a delete that gets lost is sent again", a_lost_delete_is_sent_again},
    {"a plain peer gets a plain delete, once", a_plain_peer_gets_a_plain_delete},
    {"a limit of one end teaches the other", limited_against_unlimited},
    {"a new profile ends what it forbids, and nothing else", a_new_profile_ends_what_it_forbids},
    {"another key ends main mode and quick modes", a_new_main_mode_policy_ends_both},
    {"master PFS makes a main mode for each quick mode", master_pfs_makes_a_main_mode_each_time},
    {"the shorter lifetime counts at both ends", the_shorter_life_counts},
};
TAP_MAIN(cases)
