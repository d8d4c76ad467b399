/* A NAT before andy, in the simulator: that it is seen and passed, and that it changes its mind while associations are up. */
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/ends.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct sim *behind_nat(uint64_t seed)
{
	struct sim *sim = sim_new(seed, NULL);

	sim->net.nat = true;
	sim->net.nat_base = 20000;
	sim_pair(sim);
	return sim;
}

/* --- seen and passed ------------------------------------------------------------------------------------------------------ */

static void nat_is_seen_and_passed(void)
{
	struct sim *sim = behind_nat(90);
	struct ike_qmsa_info info;
	uint64_t after = 0;

	ok(talks(sim));
	ok(ike_qmsa_next(sim->hosts[BETTY].ike, &after, &info));
	ok(info.udp_encap && info.local.port == 4500 && info.remote.port == 24500);
	ok(ip_eq(&info.original, &sim->hosts[ANDY].ip));
	after = 0;
	ok(ike_qmsa_next(sim->hosts[ANDY].ike, &after, &info) && info.udp_encap);
	is_int(info.original.family, IP_NONE); /* nobody translates betty */
	for (size_t i = 0; i < SIM_SAS; i++) {
		const struct sim_sa *s = &sim->hosts[BETTY].sas[i];

		ok(!s->used || (s->sa.udp_encap && ip_eq(&s->sa.original, &sim->hosts[ANDY].ip)));
	}
	sim_run(sim, DUR_S(65));
	is_int(sim->hosts[ANDY].keepalives, 3);
	is_int(sim->hosts[BETTY].keepalives, 0);
	done(sim);
}

/* Main mode 5 comes from another port than 3, and before the holder of the key has answered. */
static void a_late_key_does_not_lose_the_nat_port(void)
{
	struct sim *sim = behind_nat(96);
	struct ike_mmsa_info info = {.up = false};

	sim->hosts[BETTY].late_op = 1;
	sim_acquire(sim, ANDY, BETTY);
	/* At once: a message that is sent again would set it right, seconds later. */
	for (int i = 0; i < 1000 && !info.up; i++) {
		uint64_t after = 0;

		sim_run(sim, DUR_MS(10));
		ike_mmsa_next(sim->hosts[BETTY].ike, &after, &info);
	}
	ok(info.up && info.natt && info.local.port == 4500);
	is_int(info.remote.port, 24500);
	sim_run(sim, DUR_S(5));
	is_int(sim_sas(sim, ANDY, true), 1);
	done(sim);
}

static void draft_02_passes_too(void)
{
	struct sim *sim = behind_nat(94);
	const char *trace;

	sim->net.hide = 1u << IKE_V_NATT_RFC | 1u << IKE_V_NATT_02; /* as Windows before Vista */
	sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
	ok(talks(sim));
	trace = buf_text(&sim->hosts[BETTY].log);
	ok(strstr(trace, "transport in UDP (draft)") != NULL);
	for (size_t i = 0; i < SIM_SAS; i++) {
		const struct sim_sa *s = &sim->hosts[BETTY].sas[i];

		ok(!s->used || (s->sa.udp_encap && ip_eq(&s->sa.original, &sim->hosts[ANDY].ip)));
	}
	done(sim);
}

static void without_traversal_a_nat_is_not_passed(void)
{
	struct sim *sim = behind_nat(95);

	sim->net.hide = 1u << IKE_V_NATT_RFC | 1u << IKE_V_NATT_02 | 1u << IKE_V_NATT_02N;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(100));
	for (size_t i = 0; i < SIM_SAS; i++)
		ok(!sim->hosts[ANDY].sas[i].used || !sim->hosts[ANDY].sas[i].sa.udp_encap);
	ok(sim->hosts[ANDY].keepalives == 0);
	sim_free(sim);
}

static void ah_does_not_pass_a_nat(void)
{
	struct sim *sim = behind_nat(93);
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	sim_qm(p)->offers[0].has_ah = true;
	sim_qm(p)->offers[0].ah_hash = CRYPTO_SHA1;
	sim_profile(sim, ANDY, p);
	ok(!talks(sim));
	ok(sim_event(sim, ANDY, IKE_EV_FAILED) && strstr(sim_event(sim, ANDY, IKE_EV_FAILED)->detail, "AH"));
	sim_run(sim, DUR_S(100));
	done(sim);
}

/* --- it changes its mind ---------------------------------------------------------------------------------------------------- */

/* Two nets of andy's, 10.1.0.0/24 and 10.3.0.0/24, and one of betty's, 10.2.0.0/24: a tunnel for each pair. */
static void a_tunnel(struct ike_rule *r, uint32_t reqid, uint8_t local, uint8_t remote)
{
	struct ip l = r->sel.local.net, m = r->sel.remote.net;

	r->reqid = reqid;
	r->tunnel = true;
	r->tunnel_local = l;
	r->tunnel_remote = m;
	r->sel = (struct ike_selector){{{IP_V4, {10, local}}, 24}, {{IP_V4, {10, remote}}, 24}, 0, 0, 0};
}

static void tunnels(struct sim *sim)
{
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		p->rules[1] = p->rules[0];
		p->nrules = 2;
		a_tunnel(&p->rules[0], 16, h == ANDY ? 1 : 2, h == ANDY ? 2 : 1);
		a_tunnel(&p->rules[1], 17, h == ANDY ? 3 : 2, h == ANDY ? 2 : 3);
		sim_profile(sim, h, p);
	}
}

/* A packet of andy's net 10.LOCAL to betty's, which is held. */
static void tunnel_up(struct sim *sim, uint32_t reqid, uint8_t local)
{
	struct sim_host *h = &sim->hosts[ANDY];
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = ++h->last_acquire;
	c.u.acquire.reqid = reqid;
	c.u.acquire.local = h->ip;
	c.u.acquire.remote = sim->hosts[BETTY].ip;
	c.u.acquire.sel = (struct ike_selector){{{IP_V4, {10, local, 0, 7}}, 32}, {{IP_V4, {10, 2, 0, 7}}, 32}, 6, 1025, 23};
	h->acquired++;
	sim_command(sim, ANDY, &c);
	sim_run(sim, DUR_S(5));
}

static struct sim *tunnels_behind_nat(uint64_t seed)
{
	struct sim *sim = behind_nat(seed);

	tunnels(sim);
	tunnel_up(sim, 16, 1);
	tunnel_up(sim, 17, 3);
	is_int(sim_qstat(sim, BETTY, IKE_QSTAT_ACTIVE_TUNNELS), 2);
	return sim;
}

static uint16_t seen_port(struct sim *sim)
{
	struct ike_mmsa_info info;
	uint64_t after = 0;

	return ike_mmsa_next(sim->hosts[BETTY].ike, &after, &info) ? info.remote.port : 0;
}

/* IKE's own messages tell it, when the kernel does not. */
static void a_new_nat_port_is_followed(void)
{
	struct sim *(*const begin[])(uint64_t seed) = {behind_nat, tunnels_behind_nat};

	for (size_t i = 0; i < N_OF(begin); i++) {
		struct sim *sim = begin[i](91);
		struct ike_qmsa_info info;
		uint64_t after = 0;

		ok(i || talks(sim));
		sim->net.nat_base = 30000;
		ok(!sim_packet(sim, BETTY, ANDY, 10)); /* to where he was */
		for (int s = 0; s < 40; s++) { /* one way: andy worries and asks, from his new port */
			sim_packet(sim, ANDY, BETTY, 10);
			sim_run(sim, DUR_S(1));
		}
		while (ike_qmsa_next(sim->hosts[BETTY].ike, &after, &info))
			is_int(info.remote.port, 34500);
		is_int(sim->hosts[BETTY].moves, i ? 4 : 2);
		ok(sim_packet(sim, BETTY, ANDY, 10));
		done(sim);
	}
}

/* One flow of UDP carries IKE and all associations: where one packet comes from now, all is. */
static void the_kernels_mapping_is_followed(void)
{
	struct sim *(*const begin[])(uint64_t seed) = {behind_nat, tunnels_behind_nat};

	for (size_t i = 0; i < N_OF(begin); i++) {
		struct sim *sim = begin[i](92);

		ok(i || talks(sim));
		sim->hosts[BETTY].mappings = true;
		for (uint32_t times = 1; times <= 3; times++) {
			sim->net.nat_base = (uint16_t)(20000 + times);
			ok(!sim_packet(sim, BETTY, ANDY, 10)); /* to where he was */
			ok(sim_packet(sim, ANDY, BETTY, 10));
			ok(sim_packet(sim, ANDY, BETTY, 10)); /* which is no news */
			ok(sim_packet(sim, BETTY, ANDY, 10));
			is_int(sim->hosts[BETTY].moves, times * (i ? 4 : 2));
			is_int(seen_port(sim), 24500 + times);
		}
		sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_DELETE}); /* he hears it, at his new port */
		sim_run(sim, DUR_S(1));
		is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, ANDY, false), 0);
		done(sim);
	}
}

/* To everything that goes by addresses, the rule of a tunnel as well as a selector, that is another peer: it begins anew. */
static void another_address_is_another_peer(void)
{
	struct sim *(*const begin[])(uint64_t seed) = {behind_nat, tunnels_behind_nat};

	for (size_t i = 0; i < N_OF(begin); i++) {
		struct sim *sim = begin[i](97);
		size_t ups = i ? 2 : 1;

		ok(i || talks(sim));
		for (size_t k = 0; k < SIM_SAS; k++) {
			const struct sim_sa *s = &sim->hosts[BETTY].sas[k];
			struct ike_cmd c = {.kind = IKE_CMD_MAPPING, .u.mapping = {s->sa.id, {{IP_V4, {192, 0, 2, 77}}, 24500}}};

			if (s->used && !s->sa.outbound)
				sim_command(sim, BETTY, &c);
		}
		is_int(sim->hosts[BETTY].moves, 0);
		is_int(sim_sas(sim, BETTY, true) + sim_sas(sim, BETTY, false), 0);
		sim_run(sim, DUR_S(1));
		is_int(sim_sas(sim, ANDY, true), 0);
		if (i) {
			tunnel_up(sim, 16, 1);
			tunnel_up(sim, 17, 3);
		} else {
			ok(talks(sim));
		}
		is_int(sim_sas(sim, BETTY, true), ups);
		done(sim);
	}
}

static const struct tap_case cases[] = {
    {"a NAT is seen, ports float, keepalives go out", nat_is_seen_and_passed},
    {"a late key does not lose the NAT's port", a_late_key_does_not_lose_the_nat_port},
    {"draft 02 passes a NAT too", draft_02_passes_too},
    {"who does not announce traversal gets none", without_traversal_a_nat_is_not_passed},
    {"AH through a NAT is refused with a reason", ah_does_not_pass_a_nat},
    {"a new port of the NAT is followed, by tunnels too", a_new_nat_port_is_followed},
    {"a new mapping that the kernel saw is followed, by all tunnels", the_kernels_mapping_is_followed},
    {"another address is another peer", another_address_is_another_peer},
};
TAP_MAIN(cases)
