/* Each end of a quick mode is named as what it was: in the event, of which log and journal are made, and in the counters. */
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void the_kernel_says(struct sim *sim, enum ike_failure why)
{
	struct ike_cmd c = {.kind = IKE_CMD_EXPIRE, .u.expire.why = why};

	for (size_t i = 0; i < SIM_SAS; i++)
		if (sim->hosts[ANDY].sas[i].used && sim->hosts[ANDY].sas[i].sa.outbound)
			c.u.expire.sa = sim->hosts[ANDY].sas[i].sa.id;
	sim_command(sim, ANDY, &c);
}

static void time_is_over(struct sim *sim)
{
	the_kernel_says(sim, IKE_FAIL_QM_EXPIRED);
}

/* *kernel* ends what the plan does not allow before the profile comes. */
static void the_plan_changes(struct sim *sim)
{
	the_kernel_says(sim, IKE_FAIL_POLICY_CHANGE);
}

static void the_profile_changes(struct sim *sim)
{
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	sim_qm(p)->offers[0].esp_cipher = IKE_ENC_3DES;
	sim_profile(sim, ANDY, p);
}

static void somebody_flushes(struct sim *sim)
{
	the_kernel_says(sim, IKE_FAIL_RPC_DELETE);
}

static void an_administrator_deletes(struct sim *sim)
{
	struct ike_cmd c = {.kind = IKE_CMD_DELETE};

	c.u.del.peer = sim->hosts[BETTY].ip;
	sim_command(sim, ANDY, &c);
}

static void the_peer_deletes(struct sim *sim)
{
	struct ike_cmd c = {.kind = IKE_CMD_DELETE};

	sim_command(sim, BETTY, &c);
}

static void nobody_uses_it(struct sim *sim)
{
	sim_run(sim, DUR_S(400));
}

static void the_peer_is_silent(struct sim *sim)
{
	sim->net.drop = 1000;
	sim->hosts[BETTY].no_bad_spi = true;
	memset(sim->hosts[BETTY].sas, 0, sizeof sim->hosts[BETTY].sas);
	for (int s = 0; s < 60; s++) {
		sim_packet(sim, ANDY, BETTY, 10);
		sim_run(sim, DUR_S(1));
	}
}

static void we_shut_down(struct sim *sim)
{
	struct ike_cmd c = {.kind = IKE_CMD_SHUTDOWN};

	sim_command(sim, ANDY, &c);
}

static const struct end {
	const char *name;
	void (*bring)(struct sim *sim);
	enum ike_failure why;
	bool at_peer;
	const char *sentence;
} ends[] = {
    {"the kernel's limit", time_is_over, IKE_FAIL_QM_EXPIRED, false, "the quick mode has expired"},
    {"another plan", the_plan_changes, IKE_FAIL_POLICY_CHANGE, false, "the policy changed"},
    {"another profile", the_profile_changes, IKE_FAIL_POLICY_CHANGE, false, "the policy changed"},
    {"somebody's hand in the kernel", somebody_flushes, IKE_FAIL_RPC_DELETE, false, "deleted by an administrator"},
    {"delete sa", an_administrator_deletes, IKE_FAIL_RPC_DELETE, false, "deleted by an administrator"},
    {"the peer's delete", the_peer_deletes, IKE_FAIL_SA_DELETED, true, "the peer deleted the association"},
    {"idle time", nobody_uses_it, IKE_FAIL_SA_REAPED, false, "the association was given up: nothing used it, or it never got ready"},
    {"a dead peer", the_peer_is_silent, IKE_FAIL_PEER_MM_ASSUMED_INVALID, false, "the peer does not answer any more, or began anew"},
    {"the end of the service", we_shut_down, IKE_FAIL_SHUTTING_DOWN, false, "the service is ending"},
};

static void each_end_has_its_own_name(void)
{
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		struct sim *sim = sim_new(700 + i, NULL);
		const struct sim_event *ev;

		printf("# %s\n", ends[i].name);
		sim_pair(sim);
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(2));
		is_int(sim_sas(sim, ANDY, true), 1);
		ends[i].bring(sim);
		sim_run(sim, DUR_S(1));
		ev = sim_event(sim, ANDY, IKE_EV_QM_DOWN);
		ok(ev != NULL);
		if (ev) {
			is_int(ev->why, ends[i].why);
			is_int(ev->at_peer, ends[i].at_peer);
			is_str(ev->detail, ends[i].sentence);
		}
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_ACTIVE_SAS), 0);
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_QM_KEY_DELETES), 1);
		is_int(sim_stat(sim, ANDY, IKE_STAT_NEGOTIATION_FAILURES), 0);
		sim_free(sim);
	}
}

static const struct tap_case cases[] = {
    {"each end has its own name", each_end_has_its_own_name},
};
TAP_MAIN(cases)
