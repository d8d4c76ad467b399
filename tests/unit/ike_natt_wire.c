/* NAT traversal as it shows on the wire (RFC 3947, its draft 02, RFC 3948 §2.3; semantics §5.3). Andy is behind the NAT. */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct sim *behind_nat(uint64_t seed, unsigned hide, void (*change)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);

	sim->net.nat = true;
	sim->net.nat_base = 20000;
	sim->net.hide = hide;
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		if (change)
			change(p);
		sim_profile(sim, h, p);
		sim_command(sim, h, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
	}
	return sim;
}

static bool talks(struct sim *sim)
{
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	return sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10);
}

static void done(struct sim *sim)
{
	sim_check(sim);
	ok(sim_ok(sim));
	sim_free(sim);
}

/* --- ports ---------------------------------------------------------------------------------------------------- */

static uint16_t ports[64]; /* of andy's messages, where he sends them to */
static bool marked[64];
static size_t nports;

static struct sim_fate watch_ports(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)n;
	if (ip_eq(&d->local.ip, &sim->hosts[ANDY].ip) && nports < N_OF(ports)) {
		ok(d->local.port == d->remote.port);
		marked[nports] = d->natt;
		ports[nports++] = d->remote.port;
	}
	return (struct sim_fate){.drop = false};
}

/* RFC 3947 §4: from message 5 on, and never back; without a NAT not at all. */
static void ports_float_with_the_fifth_message(void)
{
	for (int nat = 0; nat < 2; nat++) {
		struct sim *sim = behind_nat(1, 0, NULL);

		sim->net.nat = nat;
		sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
		sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
		nports = 0;
		sim->net.fate = watch_ports;
		ok(talks(sim));
		ok(nports >= 5);
		for (size_t i = 0; i < nports; i++) {
			is_int(ports[i], nat && i >= 2 ? 4500 : 500);
			is_int(marked[i], nat && i >= 2);
		}
		done(sim);
	}
}

/* --- keepalives ------------------------------------------------------------------------------------------------ */

static void keepalives_go_out_every_20_seconds(void)
{
	struct sim *sim = behind_nat(2, 0, NULL);

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_MS(60)); /* his main mode is up */
	for (uint32_t i = 0; i < 10; i++) {
		is_int(sim->hosts[ANDY].keepalives, i);
		sim_run(sim, DUR_MS(19999));
		is_int(sim->hosts[ANDY].keepalives, i);
		sim_run(sim, DUR_MS(1));
	}
	is_int(sim->hosts[ANDY].keepalives, 10);
	is_int(sim->hosts[BETTY].keepalives, 0); /* nobody translates her */
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	sim_run(sim, DUR_S(100));
	is_int(sim->hosts[ANDY].keepalives, 10); /* for nothing there is none */
	done(sim);
}

/* --- original addresses ------------------------------------------------------------------------------------------ */

static size_t traced(const struct sim *sim, size_t host, const char *what)
{
	const char *at = buf_text(&sim->hosts[host].log);
	size_t n = 0;

	for (; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void a_tunnel(struct ike_profile *p)
{
	p->rules[0].tunnel = true;
	p->rules[0].tunnel_local = p->rules[0].sel.local.net;
	p->rules[0].tunnel_remote = p->rules[0].sel.remote.net;
}

/*
 * RFC 3947 §5.2: both addresses, in either message of quick mode; draft 02: the sender's own, from who is behind a NAT. Only of
 * transport mode. What the other end makes of it stands in its listing.
 */
static void original_addresses_are_told(void)
{
	enum { DRAFT = 1 << IKE_V_NATT_RFC | 1 << IKE_V_NATT_02 };
	static const struct {
		unsigned hide;
		void (*change)(struct ike_profile *p);
		size_t told;
	} rows[] = {{0, NULL, 4}, {DRAFT, NULL, 1}, {0, a_tunnel, 0}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct sim *sim = behind_nat(10 + i, rows[i].hide, rows[i].change);
		struct ike_qmsa_info info;
		uint64_t after = 0;

		ok(talks(sim) == (rows[i].told > 0)); /* a tunnel would need other traffic: what was sent is enough */
		is_int(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES), 1);
		is_int(traced(sim, BETTY, "  NAT-OA: "), rows[i].told);
		if (rows[i].told) {
			ok(ike_qmsa_next(sim->hosts[BETTY].ike, &after, &info) && ip_eq(&info.original, &sim->hosts[ANDY].ip));
			after = 0;
			ok(ike_qmsa_next(sim->hosts[ANDY].ike, &after, &info));
			is_int(info.original.family, IP_NONE);
		}
		sim_run(sim, DUR_S(100));
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

/* One of another family cannot be: it is as if nothing had been said. */
static void a_wrong_original_address_is_none(void)
{
	static const struct {
		uint8_t type;
		const char *bytes;
		size_t n;
		bool taken;
	} rows[] = {
	    {IKE_ID_IPV4_ADDR, "\x0a\x01\x02\x03", 4, true},
	    {IKE_ID_IPV4_ADDR, "\xc0\x00\x02\x09", 4, false}, /* where it comes from anyway */
	    {IKE_ID_IPV6_ADDR, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, false},
	    {IKE_ID_FQDN, "andy", 4, false},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		static struct ike_msg m;
		struct mm mm = {.path.remote.ip = {IP_V4, {192, 0, 2, 9}}, .natt_draft = true};
		struct qm qm = {.mm = &mm};
		struct step s = {.mm = &mm, .qm = &qm, .x = &qm.x, .in = &m};

		m.n = 0;
		ike_msg_add(&m, IKE_P_NATOA_02)->u.id = (struct ike_id){.type = rows[i].type, .data = span_of(rows[i].bytes, rows[i].n)};
		natt_read_original(&s);
		is_int(qm.original.family, rows[i].taken ? IP_V4 : IP_NONE);
	}
}

/* --- a life ---------------------------------------------------------------------------------------------------------- */

static void short_lives(struct ike_profile *p)
{
	sim_mm(p)->life_s = 1800;
	sim_qm(p)->offers[0].life_s = 600;
}

static void three_hours_behind_a_nat(void)
{
	struct sim *sim = behind_nat(20, 0, short_lives);
	struct ike_mmsa_info info;
	uint64_t after = 0;

	for (size_t h = ANDY; h <= BETTY; h++)
		sim_command(sim, h, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = false});
	ok(talks(sim));
	for (int s = 0; s < 3 * 3600; s += 5) {
		ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
		sim_run(sim, DUR_S(5));
	}
	ok(sim_qstat(sim, ANDY, IKE_QSTAT_REKEYS) >= 18 && sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES) >= 6);
	while (ike_mmsa_next(sim->hosts[BETTY].ike, &after, &info))
		ok(info.natt && info.local.port == 4500 && info.remote.port == 24500);
	is_int(sim->hosts[ANDY].keepalives, 3 * 3600 / 20);
	done(sim);
}

/* The responder is the one behind the NAT, which leads its ports to it. */
static void whoever_begins(void)
{
	struct sim *sim = behind_nat(30, 0, NULL);

	sim->net.nat_base = 0;
	sim_acquire(sim, BETTY, ANDY);
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	for (size_t i = 0; i < SIM_SAS; i++) {
		const struct sim_sa *s = &sim->hosts[BETTY].sas[i];

		ok(!s->used || (s->sa.udp_encap && ip_eq(&s->sa.original, &sim->hosts[ANDY].ip)));
	}
	sim_run(sim, DUR_S(40));
	is_int(sim->hosts[ANDY].keepalives, 2);
	is_int(sim->hosts[BETTY].keepalives, 0);
	done(sim);
}

static const struct tap_case cases[] = {
    {"ports float with the fifth message, when there is a NAT", ports_float_with_the_fifth_message},
    {"keepalives go out every 20 seconds, from who is behind the NAT, while there is something", keepalives_go_out_every_20_seconds},
    {"original addresses are told as RFC 3947 and draft 02 have it", original_addresses_are_told},
    {"a wrong original address is none", a_wrong_original_address_is_none},
    {"three hours behind a NAT, renewed without a gap", three_hours_behind_a_nat},
    {"whoever begins", whoever_begins},
};
TAP_MAIN(cases)
