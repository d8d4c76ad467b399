/* When messages go out: who sends again, at which times, and who never does (semantics §5.3, §5.4, §5.5, RFC 3706). */
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { NEXT = 16, EXCHANGE = 18, SENT_MAX = 64 };

/* What a host sends from a moment on: when, in which exchange. */
static struct {
	size_t host;
	struct mono since;
	size_t n;
	int64_t ms[SENT_MAX];
	uint8_t exchange[SENT_MAX], next[SENT_MAX];
	bool lost; /* and nothing of what anybody sends arrives */
} seen;

static struct sim_fate watched(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)n;
	if (ip_eq(&d->local.ip, &sim->hosts[seen.host].ip) && seen.n < SENT_MAX) {
		seen.ms[seen.n] = mono_since(seen.since, sim->now).ms;
		seen.exchange[seen.n] = d->bytes.p[EXCHANGE];
		seen.next[seen.n++] = d->bytes.p[NEXT];
	}
	return (struct sim_fate){.drop = seen.lost};
}

static void watch(struct sim *sim, size_t host, bool lost)
{
	memset(&seen, 0, sizeof seen);
	seen.host = host;
	seen.since = sim->now;
	seen.lost = lost;
	sim->net.fate = watched;
}

static void sent_at(const char *what, const int64_t *ms, size_t n)
{
	bool same = seen.n == n;

	for (size_t i = 0; i < n && same; i++)
		same = seen.ms[i] == ms[i];
	if (same)
		return;
	for (size_t i = 0; i < seen.n; i++)
		printf("# %s: exchange %u at %lld ms\n", what, seen.exchange[i], (long long)seen.ms[i]);
	ok(false);
}
#define SENT_AT(what, ...)                                                                         \
	do {                                                                                       \
		static const int64_t ms_[] = {__VA_ARGS__};                                        \
		sent_at(what, ms_, N_OF(ms_));                                                     \
	} while (0)

/* Both with the standard profile and what is to be different. */
static struct sim *pair_with(uint64_t seed, void (*change)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);

	for (size_t i = ANDY; i <= BETTY; i++) {
		struct ike_profile *p = sim_make_profile(sim, i, i == ANDY ? BETTY : ANDY);

		if (change)
			change(p);
		sim_profile(sim, i, p);
	}
	return sim;
}

static void done(struct sim *sim)
{
	ok(sim_ok(sim));
	sim_free(sim);
}

/* --- sending again ------------------------------------------------------------------------------------------- */

/* From the moment on at which a message of andy's goes out, nothing arrives any more. One way takes 10 ms. */
static struct sim *cut_at(uint64_t seed, int64_t ms, size_t host)
{
	struct sim *sim = pair_with(seed, NULL);

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_MS(ms - 1));
	watch(sim, host, true);
	seen.since = mono_add(sim->now, DUR_MS(1));
	sim_run(sim, DUR_MS(1));
	return sim;
}

static void an_initiator_sends_again_and_gives_up(void)
{
	static const int64_t main_modes[] = {20, 40}; /* messages 3 and 5 */
	struct sim *sim = pair_with(1, NULL);
	const struct sim_event *e;

	watch(sim, ANDY, true);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(200));
	SENT_AT("main mode 1", 0, 1000, 3000, 7000, 15000, 31000);
	e = sim_event(sim, ANDY, IKE_EV_FAILED);
	ok(e != NULL);
	is_int(e ? mono_since(seen.since, e->at).ms : 0, 63000);
	done(sim);
	for (size_t i = 0; i < N_OF(main_modes); i++) {
		sim = cut_at(2 + i, main_modes[i], ANDY);
		sim_run(sim, DUR_S(200));
		SENT_AT("main mode 3 or 5", 0, 1000, 3000, 7000, 15000, 31000);
		done(sim);
	}
}

/* It is the main mode that is in doubt then: a new one after 15 s. */
static void a_quick_mode_gives_up_sooner(void)
{
	struct sim *sim = cut_at(10, 60, ANDY);

	sim_run(sim, DUR_S(200));
	SENT_AT("quick mode 1, main mode 1", 0, 1000, 3000, 7000, 15000, 16000, 18000, 22000, 30000, 46000);
	is_int(seen.exchange[3], IKE_X_QUICK);
	is_int(seen.exchange[4], IKE_X_MAIN);
	done(sim);
}

/* Quick mode 3 is not answered by others; ours confirms it, so it is repeated until then. */
static void quick_mode_3_is_repeated_until_it_is_confirmed(void)
{
	struct sim *sim = cut_at(11, 80, ANDY);

	sim_run(sim, DUR_S(14));
	SENT_AT("quick mode 3", 0, 1000, 3000, 7000);
	done(sim);
}

/* Whatever message of the initiator is the last that comes: there is one answer, and no other message of the exchange. */
static void a_responder_never_sends_again(void)
{
	static const int64_t answers[] = {10, 30, 50, 70};

	for (size_t i = 0; i < N_OF(answers); i++) {
		struct sim *sim = cut_at(20 + i, answers[i], BETTY);
		size_t n = 0;

		sim_run(sim, DUR_S(300));
		for (size_t j = 0; j < seen.n; j++)
			n += seen.exchange[j] != IKE_X_INFO;
		is_int(n, 1);
		is_int(seen.ms[0], 0);
		done(sim);
	}
}

/* A refusal is said once for each message that it refuses. */
static void a_notify_is_never_sent_again(void)
{
	struct sim *sim = sim_new(30, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	sim_mm(p)->offers[0].cipher = CRYPTO_3DES_CBC;
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	watch(sim, BETTY, true);
	sim_deliver(sim, sim_next_message(sim));
	sim_run(sim, DUR_MS(900));
	is_int(seen.n, 1);
	is_int(seen.exchange[0], IKE_X_INFO);
	done(sim);
}

/* Semantics §5.5: the first after a second, doubling, sixteen at most, six in all. */
static void deletes_are_sent_again_up_to_a_bound(void)
{
	struct sim *sim = pair_with(31, NULL);
	uint64_t after = 0;
	struct ike_qmsa_info info;
	struct ike_cmd del = {.kind = IKE_CMD_DELETE};

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	ok(ike_qmsa_next(sim->hosts[ANDY].ike, &after, &info));
	del.u.del.qmsa = info.id;
	watch(sim, ANDY, true);
	sim_command(sim, ANDY, &del);
	sim_run(sim, DUR_S(200));
	SENT_AT("delete", 0, 1000, 3000, 7000, 15000, 31000);
	done(sim);
}

/* --- fragments -------------------------------------------------------------------------------------------------- */

static void many_offers(struct ike_profile *p)
{
	sim_qm(p)->noffers = IKE_OFFERS_MAX;
	for (size_t i = 0; i < IKE_OFFERS_MAX; i++)
		sim_qm(p)->offers[i] = (struct ike_qm_offer){.has_ah = true, .has_esp = true, .ah_hash = CRYPTO_SHA1,
		    .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1, .life_s = 3600, .life_kb = 50000};
}

/* The first tries go out whole: the timer is the sum of the first two waits (semantics §5.4). */
static void fragments_begin_after_three_seconds(void)
{
	struct sim *sim = pair_with(40, many_offers);

	sim->net.most_bytes = 548;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_MS(59));
	watch(sim, ANDY, false);
	seen.since = mono_add(sim->now, DUR_MS(1));
	sim_run(sim, DUR_MS(3500));
	ok(seen.n > 4 && seen.ms[0] == 0 && seen.ms[1] == 1000 && seen.ms[2] == 3000 && seen.ms[3] == 3000);
	ok(seen.next[0] == IKE_P_HASH && seen.next[1] == IKE_P_HASH && seen.next[2] == IKE_P_FRAG);
	sim_run(sim, DUR_S(5));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	done(sim);
}

/* --- dead peers ---------------------------------------------------------------------------------------------------- */

static struct sim *betty_falls_silent(uint64_t seed, unsigned hide, void (*change)(struct ike_profile *p))
{
	struct sim *sim = pair_with(seed, change);

	sim->net.hide = hide;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(40));
	sim->hosts[BETTY].no_bad_spi = true;
	memset(sim->hosts[BETTY].sas, 0, sizeof sim->hosts[BETTY].sas);
	watch(sim, ANDY, true);
	for (int s = 0; s < 60; s++) {
		sim_packet(sim, ANDY, BETTY, 10);
		sim_run(sim, DUR_S(1));
	}
	return sim;
}

/* Three questions, 1 and 2 s apart; 4 s after the last one all of it ends. */
static void a_dead_peer_is_asked_three_times(void)
{
	struct sim *sim = betty_falls_silent(50, 0, NULL);
	const struct sim_event *e = sim_event(sim, ANDY, IKE_EV_MM_DOWN);

	ok(seen.n >= 3 && seen.exchange[0] == IKE_X_INFO);
	is_int(seen.ms[1] - seen.ms[0], 1000);
	is_int(seen.ms[2] - seen.ms[1], 2000);
	ok(e && e->why == IKE_FAIL_PEER_MM_ASSUMED_INVALID);
	is_int(e ? mono_since(seen.since, e->at).ms - seen.ms[2] : 0, 4000);
	done(sim);
}

static void we_do_not_ask(struct ike_profile *p) { p->dpd = false; }

/* RFC 3706 §5.1: only who announced it may be asked. */
static void who_does_not_announce_it_is_not_asked(void)
{
	struct sim *sim = betty_falls_silent(51, 1u << IKE_V_DPD, NULL);

	is_int(seen.n, 0);
	ok(sim_event(sim, ANDY, IKE_EV_MM_DOWN) == NULL);
	done(sim);
	sim = betty_falls_silent(52, 0, we_do_not_ask);
	is_int(seen.n, 0);
	done(sim);
}

/* Nor is one of whom there is nothing to fear: nothing is sent, so nothing can be lost. */
static void an_idle_peer_is_not_asked(void)
{
	struct sim *sim = pair_with(53, NULL);

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(40));
	watch(sim, ANDY, false);
	sim_run(sim, DUR_S(200));
	is_int(seen.n, 0);
	done(sim);
}

/* --- idle time ------------------------------------------------------------------------------------------------------ */

static void idle_two_minutes(struct ike_profile *p) { p->idle_s = 120; }

/* Traffic of either direction keeps it, at both ends; who counts one direction only would end it. */
static void traffic_of_either_direction_keeps_it(void)
{
	for (size_t from = ANDY; from <= BETTY; from++) {
		struct sim *sim = pair_with(60 + from, idle_two_minutes);

		sim_acquire(sim, ANDY, BETTY);
		for (int s = 0; s < 600; s += 60) {
			sim_run(sim, DUR_S(60));
			ok(sim_packet(sim, from, from == ANDY ? BETTY : ANDY, 10));
		}
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_QM_KEY_ADDS), 1);
		ok(sim_event(sim, ANDY, IKE_EV_QM_DOWN) == NULL && sim_event(sim, BETTY, IKE_EV_QM_DOWN) == NULL);
		sim_run(sim, DUR_S(115));
		is_int(sim_sas(sim, BETTY, true), 1);
		sim_run(sim, DUR_S(40)); /* its use is looked at every 15 s */
		is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, BETTY, true), 0);
		done(sim);
	}
}

/* An association of both without traffic: who ends it, after how many seconds? */
static int64_t idle_seconds(struct sim *sim, size_t host)
{
	struct mono began = sim->now;
	const struct sim_event *e;

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(400));
	e = sim_event(sim, host, IKE_EV_QM_DOWN);
	ok(e && e->why == IKE_FAIL_SA_REAPED);
	is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, BETTY, true), 0);
	return e ? mono_since(began, e->at).ms / 1000 : 0;
}

static void short_main_modes(struct ike_profile *p) { sim_mm(p)->life_s = 45; }
static struct sim_fate no_second_main_mode(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)sim;
	return (struct sim_fate){.drop = n > 9 && d->bytes.p[EXCHANGE] == IKE_X_MAIN};
}
static void never_idle(struct ike_profile *p) { p->idle_s = 0; }
static void idle_half_a_minute(struct ike_profile *p) { p->idle_s = 30; }

/* Whoever of the two hears that the other is a cluster (NLBS_PRESENT) waits for a minute, not for five. Its use is looked at every 15 s. */
static void a_cluster_idles_for_a_minute(void)
{
	for (size_t who = ANDY; who <= BETTY; who++) {
		struct sim *sim = pair_with(70 + who, NULL);
		sim->net.clusters = 1u << who;
		int64_t s = idle_seconds(sim, who);
		ok(s >= 60 && s <= 76);
		ok(sim_event(sim, 1 - who, IKE_EV_QM_DOWN)->why != IKE_FAIL_SA_REAPED); /* its peer's word */
		done(sim);
	}
	struct sim *sim = pair_with(72, NULL);
	int64_t s = idle_seconds(sim, ANDY);
	ok(s >= 300 && s <= 316);
	done(sim);
}

/* A shorter time of the policy stays; one that says never is meant; and the quick mode knows it without its main mode. */
static void a_cluster_does_not_idle_for_longer(void)
{
	struct sim *sim = pair_with(73, idle_half_a_minute);

	sim->net.clusters = 1u << ANDY;
	int64_t s = idle_seconds(sim, ANDY);
	ok(s >= 30 && s <= 46);
	done(sim);

	sim = pair_with(74, never_idle);
	sim->net.clusters = 1u << ANDY;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(400));
	is_int(sim_sas(sim, ANDY, true), 1);
	done(sim);

	sim = pair_with(75, short_main_modes);
	sim->net.clusters = 1u << ANDY;
	sim->net.fate = no_second_main_mode;
	s = idle_seconds(sim, ANDY);
	ok(s >= 60 && s <= 76);
	const struct sim_event *e = sim_event(sim, ANDY, IKE_EV_MM_DOWN);
	ok(e && mono_before(e->at, sim_event(sim, ANDY, IKE_EV_QM_DOWN)->at));
	done(sim);
}

static void traffic_keeps_what_a_cluster_has(void)
{
	struct sim *sim = pair_with(76, NULL);

	sim->net.clusters = 1u << ANDY | 1u << BETTY;
	sim_acquire(sim, ANDY, BETTY);
	for (int s = 0; s < 300; s += 40) {
		sim_run(sim, DUR_S(40));
		ok(sim_packet(sim, BETTY, ANDY, 10));
	}
	ok(sim_event(sim, ANDY, IKE_EV_QM_DOWN) == NULL && sim_event(sim, BETTY, IKE_EV_QM_DOWN) == NULL);
	done(sim);
}

static const struct tap_case cases[] = {
    {"an initiator sends again after 1, 2, 4, 8 and 16 s, and gives up after 32 more", an_initiator_sends_again_and_gives_up},
    {"a quick mode gives up sooner, and begins with a new main mode", a_quick_mode_gives_up_sooner},
    {"quick mode 3 is repeated until it is confirmed", quick_mode_3_is_repeated_until_it_is_confirmed},
    {"a responder never sends again", a_responder_never_sends_again},
    {"a notify is never sent again", a_notify_is_never_sent_again},
    {"deletes are sent again, up to a bound", deletes_are_sent_again_up_to_a_bound},
    {"fragments begin after three seconds", fragments_begin_after_three_seconds},
    {"a dead peer is asked three times", a_dead_peer_is_asked_three_times},
    {"who does not announce dead peer detection is not asked", who_does_not_announce_it_is_not_asked},
    {"an idle peer is not asked", an_idle_peer_is_not_asked},
    {"traffic of either direction keeps an association", traffic_of_either_direction_keeps_it},
    {"a cluster idles for a minute", a_cluster_idles_for_a_minute},
    {"a cluster does not idle for longer, nor because its main mode ended", a_cluster_does_not_idle_for_longer},
    {"traffic keeps what a cluster has", traffic_keeps_what_a_cluster_has},
};
TAP_MAIN(cases)
