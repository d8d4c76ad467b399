/*
 * What other people's daemons do that ours never would: seen in tests/netns/strongswan.bats and libreswan.bats, told here with
 * engines in the simulator. Betty is the foreigner; where her engine would not say such a thing it is said in her place.
 */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/ends.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct sim *foreign_pair(uint64_t seed)
{
	struct sim *sim = sim_new(seed, NULL);

	sim->net.hide = 1u << IKE_V_MS_NT5;
	sim_pair(sim);
	return sim;
}

static struct mm *main_mode(struct sim *sim, size_t host)
{
	RING_EACH(&sim->hosts[host].ike->mms, r)
		return OWNER(struct mm, all, r);
	return NULL;
}

static struct sim_fate lost(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)sim, (void)n, (void)d;
	return (struct sim_fate){.drop = true};
}

/* strongSwan refuses quick mode with the SPI zero, since it chose no proposal that could have one. */
static void a_refusal_without_our_spi(void)
{
	static const uint8_t spis[2][4] = {{0, 0, 0, 0}, {0x12, 0x34, 0x56, 0x78}};

	for (size_t i = 0; i < N_OF(spis); i++) {
		struct sim *sim = foreign_pair(i + 1);
		struct ike *betty = sim->hosts[BETTY].ike;
		const struct sim_event *e;

		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(1));
		sim->net.fate = lost;
		sim_acquire(sim, ANDY, BETTY); /* its first message gets nowhere; she answers all the same */
		sim->net.fate = NULL;
		info_notify(betty, main_mode(sim, BETTY), IKE_PROTO_ESP, IKE_N_NO_PROPOSAL_CHOSEN, span_of(spis[i], 4),
		    (struct span){NULL, 0});
		sim_drain(sim, BETTY);
		sim_run(sim, DUR_MS(500));
		e = sim_event(sim, ANDY, IKE_EV_FAILED);
		ok(e && e->at_peer && e->quick && e->why == IKE_FAIL_POLICY_MATCH);
		is_int(sim->hosts[ANDY].acquired, 0);
		is_int(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES), 1); /* the main mode is as good as before */
		done(sim);
	}
}

/* What betty sends in main mode 4 is kept, and of her notifies nothing arrives. */
static struct ike_dgram kept;
static uint8_t kept_bytes[2048];
static struct sim_fate keep_4(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	enum { EXCHANGE_AT = 18, NEXT_AT = 16 };

	(void)n;
	if (ip_eq(&d->local.ip, &sim->hosts[BETTY].ip) && d->bytes.p[NEXT_AT] == IKE_P_KE && d->bytes.n <= sizeof kept_bytes) {
		kept = *d;
		memcpy(kept_bytes, d->bytes.p, d->bytes.n);
		kept.bytes = span_of(kept_bytes, d->bytes.n);
		kept.local = d->remote; /* as andy sees it */
		kept.remote = d->local;
	}
	return (struct sim_fate){.drop = d->bytes.p[EXCHANGE_AT] == IKE_X_INFO};
}

/* libreswan says nothing to an identity it cannot read, and sends its message 4 again and again. */
static void message_4_again_instead_of_6(void)
{
	struct sim *sim = foreign_pair(3);
	const struct sim_event *e;

	sim->hosts[BETTY].psk = "another secret";
	sim->net.fate = keep_4;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_MS(500));
	ok(kept.bytes.n > 0);
	ike_input(sim->hosts[ANDY].ike, sim->now, &kept);
	sim_drain(sim, ANDY);
	sim_run(sim, DUR_S(100));
	e = sim_event(sim, ANDY, IKE_EV_FAILED);
	ok(e && e->why == IKE_FAIL_AUTH_FAIL && !e->quick);
	is_int(sim_stat(sim, ANDY, IKE_STAT_AUTH_FAILURES), 1);
	done(sim);
}

static const struct tap_case cases[] = {
    {"a refusal whose SPI is not ours means the one quick mode that waits", a_refusal_without_our_spi},
    {"message 4 again instead of message 6: the keys differ", message_4_again_instead_of_6},
};
TAP_MAIN(cases)
