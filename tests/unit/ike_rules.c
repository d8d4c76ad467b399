/*
 * What the policy decides: the default response rule (semantics §1.6), weak algorithms, what a change of it ends (§5.9), what is
 * announced to whom (§5.2, §5.3, §5.5), and the life of a main mode when both ends renew it.
 */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void done(struct sim *sim)
{
	sim_check(sim);
	ok(sim_ok(sim));
	sim_free(sim);
}

static bool talks(struct sim *sim, size_t to)
{
	sim_acquire(sim, ANDY, to);
	sim_run(sim, DUR_S(5));
	return sim_packet(sim, ANDY, to, 10) && sim_packet(sim, to, ANDY, 10);
}

/* --- the default response rule ----------------------------------------------------------------------------------- */

enum { DEFAULT_REQID = 99 };

static struct ike_profile *default_only(struct sim *sim)
{
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->nrules = 0;
	p->default_mm = p->rules[0].mm;
	p->default_qm = p->rules[0].qm;
	p->default_reqid = DEFAULT_REQID;
	return p;
}

static struct sim *with_default(uint64_t seed, void (*andys)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	if (andys)
		andys(p);
	sim_profile(sim, BETTY, default_only(sim));
	sim_profile(sim, ANDY, p);
	return sim;
}

static void it_never_begins(void)
{
	struct sim *sim = with_default(1, NULL);
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = 1;
	c.u.acquire.reqid = DEFAULT_REQID;
	c.u.acquire.local = sim->hosts[BETTY].ip;
	c.u.acquire.remote = sim->hosts[ANDY].ip;
	c.u.acquire.sel = (struct ike_selector){.local = {sim->hosts[BETTY].ip, 32}, .remote = {sim->hosts[ANDY].ip, 32}};
	sim->hosts[BETTY].acquired++;
	sim_command(sim, BETTY, &c);
	sim_run(sim, DUR_S(10));
	is_int(sim->nsent, 0);
	ok(sim->hosts[BETTY].acquire_why == IKE_FAIL_NO_POLICY);
	done(sim);
}

static void soft_end(struct sim *sim, size_t host)
{
	struct ike_cmd c = {.kind = IKE_CMD_EXPIRE};

	for (size_t i = 0; i < SIM_SAS; i++) {
		if (sim->hosts[host].sas[i].used && sim->hosts[host].sas[i].sa.outbound)
			c.u.expire.sa = sim->hosts[host].sas[i].sa.id;
	}
	sim_command(sim, host, &c);
}

/* Nor does it renew what the peer began; the peer does. */
static void it_does_not_renew(void)
{
	struct sim *sim = with_default(2, NULL);
	size_t before;

	ok(talks(sim, BETTY));
	sim_run(sim, DUR_S(5));
	before = sim->nsent;
	soft_end(sim, BETTY);
	sim_run(sim, DUR_S(1));
	is_int(sim->nsent, before);
	soft_end(sim, ANDY);
	sim_run(sim, DUR_S(5));
	is_int(sim_qstat(sim, ANDY, IKE_QSTAT_REKEYS), 1);
	is_int(sim_qstat(sim, BETTY, IKE_QSTAT_REKEYS), 1);
	ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	done(sim);
}

static void a_net(struct ike_profile *p)
{
	p->rules[0].sel.local = (struct ip_prefix){{IP_V4, {10}}, 24};
	p->rules[0].tunnel = true;
	p->rules[0].tunnel_local = (struct ip){IP_V4, {10, 0, 0, 1}};
	p->rules[0].tunnel_remote = (struct ip){IP_V4, {10, 0, 0, 2}};
}
static void a_tunnel(struct ike_profile *p)
{
	a_net(p);
	p->rules[0].sel.local = (struct ip_prefix){p->rules[0].tunnel_local, 32};
}

/* Between the two, in transport mode; nothing for others. */
static void it_answers_for_the_two_hosts_alone(void)
{
	void (*const others[])(struct ike_profile *p) = {a_net, a_tunnel};

	for (size_t i = 0; i < N_OF(others); i++) {
		struct sim *sim = with_default(10 + i, others[i]);

		ok(!talks(sim, BETTY));
		ok(sim_event(sim, BETTY, IKE_EV_FAILED) != NULL);
		is_int(sim_stat(sim, BETTY, IKE_STAT_QUICK_MODES), 0);
		sim_run(sim, DUR_S(100));
		done(sim);
	}
}

/* A rule that covers the traffic stands before it; one that comes later, and its own end, end what it made. */
static void rules_stand_before_it(void)
{
	struct sim *sim = sim_new(20, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->default_mm = p->rules[0].mm;
	p->default_qm = p->rules[0].qm;
	p->default_reqid = DEFAULT_REQID;
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	ok(talks(sim, BETTY));
	for (size_t i = 0; i < SIM_SAS; i++)
		ok(!sim->hosts[BETTY].sas[i].used || sim->hosts[BETTY].sas[i].sa.reqid == 16);
	done(sim);
	for (int rule = 0; rule < 2; rule++) {
		sim = with_default(21, NULL);
		ok(talks(sim, BETTY));
		sim_profile(sim, BETTY, default_only(sim)); /* the same again */
		is_int(sim_sas(sim, BETTY, true), 1);
		p = sim_make_profile(sim, BETTY, ANDY);
		p->nrules = (size_t)rule;
		sim_profile(sim, BETTY, p);
		sim_run(sim, DUR_S(1));
		is_int(sim_sas(sim, BETTY, true) + sim_sas(sim, ANDY, true), 0);
		ok(sim_event(sim, BETTY, IKE_EV_QM_DOWN)->why == IKE_FAIL_POLICY_CHANGE);
		done(sim);
	}
}

/* --- weak algorithms ------------------------------------------------------------------------------------------------- */

static void mm_des(struct ike_profile *p) { sim_mm(p)->offers[0].cipher = CRYPTO_DES_CBC; }
static void mm_md5(struct ike_profile *p) { sim_mm(p)->offers[0].hash = CRYPTO_MD5; }
static void mm_group_1(struct ike_profile *p) { sim_mm(p)->offers[0].group = 1; }
static void esp_des(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_DES; }
static void esp_null(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_NULL; }
static void esp_md5(struct ike_profile *p) { sim_qm(p)->offers[0].esp_hash = CRYPTO_MD5; }
static void esp_no_hash(struct ike_profile *p) { sim_qm(p)->offers[0].esp_hash = CRYPTO_HASH_NONE; }
static void ah_md5(struct ike_profile *p)
{
	sim_qm(p)->offers[0] = (struct ike_qm_offer){.has_ah = true, .ah_hash = CRYPTO_MD5};
}
static void pfs_1(struct ike_profile *p) { sim_qm(p)->pfs = 1; }

/* Whoever offers one, gets it from a policy that names it, and from no other; the one that asks names it itself. */
static void weak_ones_are_for_policies_that_name_them(void)
{
	void (*const weak[])(struct ike_profile *p) = {mm_des, mm_md5, mm_group_1, esp_des, esp_null, esp_md5, esp_no_hash, ah_md5, pfs_1};

	for (size_t i = 0; i < N_OF(weak); i++) {
		for (int named = 0; named < 2; named++) {
			struct sim *sim = sim_new(40 + i, NULL);
			struct ike_profile *a = sim_make_profile(sim, ANDY, BETTY), *b = sim_make_profile(sim, BETTY, ANDY);

			weak[i](a);
			if (weak[i] == pfs_1 && !named)
				sim_qm(b)->pfs = 2; /* without any a group of the peer's choice is no harm (proposal.h) */
			if (named)
				weak[i](b);
			sim_profile(sim, ANDY, a);
			sim_profile(sim, BETTY, b);
			sim_acquire(sim, ANDY, BETTY);
			sim_run(sim, DUR_S(10));
			if (sim_stat(sim, BETTY, IKE_STAT_QUICK_MODES) != (uint64_t)named)
				sim_complain(sim, "weak one %zu: %s", i, named ? "refused" : "taken");
			ok(named || sim_event(sim, BETTY, IKE_EV_FAILED)->why == IKE_FAIL_POLICY_MATCH);
			sim_run(sim, DUR_S(100));
			done(sim);
		}
	}
}

/* --- another policy ------------------------------------------------------------------------------------------------------ */

/* Andy speaks with betty and carol, each with policies of its own. */
static struct ike_profile *for_both(struct sim *sim, void (*carols)(struct ike_profile *p))
{
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY), *q = sim_make_profile(sim, ANDY, CAROL);
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);

	if (carols)
		carols(q);
	*mm = *sim_mm(q);
	*qm = *sim_qm(q);
	p->rules[1] = q->rules[0];
	p->rules[1].mm = mm;
	p->rules[1].qm = qm;
	p->nrules = 2;
	ike_profile_free(q);
	return p;
}

static void another_key(struct ike_profile *p) { sim_mm(p)->auths[0].secret.b[0] = 9; }
static void without_ports(struct ike_profile *p) { p->rules[0].sel.protocol = 17; }

static void a_change_ends_what_it_concerns_alone(void)
{
	void (*const changes[])(struct ike_profile *p) = {mm_des, another_key, esp_des, pfs_1, without_ports};

	for (size_t i = 0; i < N_OF(changes); i++) {
		struct sim *sim = sim_new(60 + i, NULL);

		sim_profile(sim, ANDY, for_both(sim, NULL));
		sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
		sim_profile(sim, CAROL, sim_make_profile(sim, CAROL, ANDY));
		ok(talks(sim, BETTY) && talks(sim, CAROL));
		sim_profile(sim, ANDY, for_both(sim, NULL)); /* the same */
		is_int(sim_sas(sim, ANDY, true), 2);
		sim_profile(sim, ANDY, for_both(sim, changes[i]));
		sim_run(sim, DUR_S(1));
		is_int(sim_sas(sim, ANDY, true), 1);
		is_int(sim_sas(sim, CAROL, true) + sim_sas(sim, CAROL, false), 0); /* she was told */
		ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_QM_KEY_DELETES), 1);
		/* The main mode stays when nothing of it changed. */
		sim_run(sim, DUR_S(60));
		is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE), i < 2 ? 1 : 2);
		done(sim);
	}
}

/* One peer, two rules for it. */
static struct ike_profile *two_ports(struct sim *sim, size_t host, bool second_changed)
{
	struct ike_profile *p = sim_make_profile(sim, host, host == ANDY ? BETTY : ANDY);

	p->nrules = 2;
	p->rules[1] = p->rules[0];
	for (uint16_t i = 0; i < 2; i++) {
		p->rules[i].reqid = 16u + i;
		p->rules[i].sel.protocol = 6;
		*(host == ANDY ? &p->rules[i].sel.remote_port : &p->rules[i].sel.local_port) = (uint16_t)(23 + i + (i && second_changed));
	}
	return p;
}

static void asks(struct sim *sim, uint32_t reqid, uint16_t port)
{
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = reqid;
	c.u.acquire.reqid = reqid;
	c.u.acquire.local = sim->hosts[ANDY].ip;
	c.u.acquire.remote = sim->hosts[BETTY].ip;
	c.u.acquire.sel = (struct ike_selector){{sim->hosts[ANDY].ip, 32}, {sim->hosts[BETTY].ip, 32}, 6, 1025, port};
	sim->hosts[ANDY].acquired++;
	sim_command(sim, ANDY, &c);
	sim_run(sim, DUR_S(2));
}

static void of_two_rules_for_a_peer_one_is_changed(void)
{
	struct sim *sim = sim_new(70, NULL);

	for (size_t h = ANDY; h <= BETTY; h++)
		sim_profile(sim, h, two_ports(sim, h, false));
	asks(sim, 16, 23);
	asks(sim, 17, 24);
	is_int(sim_sas(sim, BETTY, true), 2);
	sim_profile(sim, ANDY, two_ports(sim, ANDY, true));
	sim_run(sim, DUR_S(2));
	is_int(sim_sas(sim, ANDY, true), 1);
	is_int(sim_sas(sim, BETTY, true), 1);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE), 1);
	for (size_t i = 0; i < SIM_SAS; i++)
		ok(!sim->hosts[ANDY].sas[i].used || sim->hosts[ANDY].sas[i].sa.reqid == 16);
	done(sim);
}

/* --- what is announced ------------------------------------------------------------------------------------------------------ */

/* Bits 1 << enum ike_vendor of a message. */
static unsigned vendors(struct span bytes)
{
	struct ike_msg m;
	struct ike_fault f;
	struct arena a = {0};
	uint32_t version;
	unsigned found = 0;

	ok(ike_header_decode(bytes, &m.hdr, &f) == 0 && ike_payloads_decode(bytes, &m, &a, &f) == 0);
	for (size_t i = 0; i < m.n; i++) {
		if (m.v[i].type == IKE_P_VENDOR)
			found |= 1u << ike_vendor_of(m.v[i].u.data, &version);
	}
	arena_free(&a);
	return found;
}

enum {
	NATT = 1 << IKE_V_NATT_RFC | 1 << IKE_V_NATT_02 | 1 << IKE_V_NATT_02N,
	ALL = NATT | 1 << IKE_V_MS_NT5 | 1 << IKE_V_DPD | 1 << IKE_V_FRAGMENTATION | 1 << IKE_V_INITIAL_CONTACT,
};

static void no_nat(struct ike_profile *p) { p->nat_traversal = false; }
static void no_dpd(struct ike_profile *p) { p->dpd = false; }
static void no_fragments(struct ike_profile *p) { p->fragmentation = false; }

static void announced_is_what_the_policy_allows(void)
{
	static const struct {
		void (*change)(struct ike_profile *p);
		unsigned want;
	} rows[] = {{NULL, ALL}, {no_nat, ALL & ~NATT}, {no_dpd, ALL & ~(1 << IKE_V_DPD)}, {no_fragments, ALL & ~(1 << IKE_V_FRAGMENTATION)}};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct sim *sim = sim_new(80 + i, NULL);

		for (size_t h = ANDY; h <= BETTY; h++) {
			struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

			if (rows[i].change)
				rows[i].change(p);
			sim_profile(sim, h, p);
		}
		sim->connected = true;
		sim_acquire(sim, ANDY, BETTY);
		is_int(vendors(sim_next_message(sim)->d.bytes), rows[i].want);
		sim_deliver(sim, sim_next_message(sim));
		/* Initial contact is the initiator's word (semantics §5.5). */
		is_int(vendors(sim_next_message(sim)->d.bytes), rows[i].want & ~(1u << IKE_V_INITIAL_CONTACT));
		ok(sim_ok(sim));
		sim_free(sim);
	}
}

/* Semantics §5.3: not for IPv6. */
static void with_ipv6_there_is_no_nat(void)
{
	struct sim *sim = sim_new(85, NULL);
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	for (size_t h = ANDY; h <= BETTY; h++) {
		sim->hosts[h].ip = (struct ip){IP_V6, {0xfd}};
		sim->hosts[h].ip.b[15] = (uint8_t)(h + 1);
	}
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		p->rules[0].sel.local.plen = p->rules[0].sel.remote.plen = 128;
		sim_profile(sim, h, p);
	}
	c.u.acquire.reqid = 16;
	c.u.acquire.local = sim->hosts[ANDY].ip;
	c.u.acquire.remote = sim->hosts[BETTY].ip;
	c.u.acquire.sel = (struct ike_selector){.local = {sim->hosts[ANDY].ip, 128}, .remote = {sim->hosts[BETTY].ip, 128}};
	sim->connected = true;
	sim_command(sim, ANDY, &c);
	is_int(vendors(sim_next_message(sim)->d.bytes), ALL & ~NATT);
	ok(sim_ok(sim));
	sim_free(sim);
}

/* It would end what stands: only when nothing does. */
static void initial_contact_is_said_once(void)
{
	struct sim *sim = sim_new(86, NULL);

	sim_pair(sim);
	ok(talks(sim, BETTY));
	sim->connected = true;
	RING_EACH(&sim->hosts[ANDY].ike->mms, r)
		OWNER(struct mm, all, r)->spent = true;
	sim_acquire(sim, ANDY, BETTY);
	is_int(vendors(sim_next_message(sim)->d.bytes), ALL & ~(1 << IKE_V_INITIAL_CONTACT));
	sim->connected = false;
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, BETTY, IKE_STAT_MAIN_MODES), 2);
	ok(sim_event(sim, BETTY, IKE_EV_QM_DOWN) == NULL);
	sim_reboot(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	is_int(vendors(sim_next_message(sim)->d.bytes), ALL);
	sim->connected = false;
	sim_run(sim, DUR_S(2));
	ok(sim_event(sim, BETTY, IKE_EV_QM_DOWN)->why == IKE_FAIL_PEER_MM_ASSUMED_INVALID);
	is_int(sim_sas(sim, BETTY, true), 1);
	done(sim);
}

/* --- both ends renew the main mode -------------------------------------------------------------------------------------------- */

static void renew_main_mode(struct sim *sim, size_t host)
{
	struct ike *ike = sim->hosts[host].ike;

	ike->now = sim->now;
	rekey_mm_fire(ike, &OWNER(struct mm, all, ike->mms.next)->life);
	objects_reap(ike);
	sim_drain(sim, host);
}

static void both_renew_the_main_mode(void)
{
	for (uint32_t gap = 0; gap < 80; gap += 2) {
		struct sim *sim = sim_new(100 + gap, NULL);

		sim_pair(sim);
		ok(talks(sim, BETTY));
		sim_run(sim, DUR_S(10));
		renew_main_mode(sim, ANDY);
		sim_run(sim, DUR_MS(gap));
		renew_main_mode(sim, BETTY);
		for (int s = 0; s < 60; s++) {
			ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
			sim_run(sim, DUR_S(1));
		}
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_QM_KEY_DELETES), 0);
		is_int(sim_stat(sim, ANDY, IKE_STAT_NEGOTIATION_FAILURES) + sim_stat(sim, BETTY, IKE_STAT_NEGOTIATION_FAILURES), 0);
		/* Whatever is renewed from now on goes by one that both have. */
		sim_acquire(sim, gap % 4 ? ANDY : BETTY, gap % 4 ? BETTY : ANDY);
		sim_run(sim, DUR_S(5));
		is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 2);
		done(sim);
	}
}

/* One end renews the main mode while the other renews a quick mode with the old one. */
static void a_main_mode_is_renewed_under_a_quick_mode(void)
{
	for (uint32_t gap = 0; gap < 120; gap += 3) {
		struct sim *sim = sim_new(200 + gap, NULL);
		size_t first = gap % 2 ? ANDY : BETTY;

		sim_pair(sim);
		ok(talks(sim, BETTY));
		sim_run(sim, DUR_S(10));
		renew_main_mode(sim, first);
		sim_run(sim, DUR_MS(gap));
		soft_end(sim, first == ANDY ? BETTY : ANDY);
		for (int s = 0; s < 60; s++) {
			ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
			sim_run(sim, DUR_S(1));
		}
		is_int(sim_qstat(sim, ANDY, IKE_QSTAT_REKEYS), 1);
		is_int(sim_qstat(sim, BETTY, IKE_QSTAT_REKEYS), 1);
		is_int(sim_sas(sim, ANDY, true), 1);
		done(sim);
	}
}

/* --- what a peer may end ------------------------------------------------------------------------------------------------------- */

static const struct mm *main_mode_with(const struct sim *sim, size_t host, size_t peer)
{
	RING_EACH(&sim->hosts[host].ike->mms, r) {
		if (ip_eq(&OWNER(struct mm, all, r)->path.remote.ip, &sim->hosts[peer].ip))
			return OWNER(struct mm, all, r);
	}
	return NULL;
}

/* Carol, who is a peer like any other, deletes what betty has with andy: SPIs of either direction, and the main mode. */
static void nobody_deletes_what_is_anothers(void)
{
	struct sim *sim = sim_new(300, NULL);
	struct ike *carol = sim->hosts[CAROL].ike;
	const struct mm *theirs;
	struct mm *hers;

	sim_profile(sim, ANDY, for_both(sim, NULL));
	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
	sim_profile(sim, CAROL, sim_make_profile(sim, CAROL, ANDY));
	ok(talks(sim, BETTY) && talks(sim, CAROL));
	hers = OWNER(struct mm, all, carol->mms.next);
	for (size_t i = 0; i < SIM_SAS; i++) {
		if (sim->hosts[BETTY].sas[i].used)
			info_delete_spi(carol, hers, IKE_PROTO_ESP, sim->hosts[BETTY].sas[i].sa.id.spi);
	}
	sim_drain(sim, CAROL);
	sim_run(sim, DUR_S(1));
	is_int(sim_sas(sim, ANDY, true), 2);
	theirs = main_mode_with(sim, ANDY, BETTY);
	ok(theirs != NULL);
	info_delete_mm(carol, hers);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE), 2);
	sim_drain(sim, CAROL);
	sim_run(sim, DUR_S(100));
	ok(main_mode_with(sim, ANDY, BETTY) == theirs && theirs->x.state == MM_UP);
	ok(main_mode_with(sim, ANDY, CAROL) == NULL);
	is_int(sim_sas(sim, ANDY, true), 2); /* what it made stays: semantics §5.9 */
	ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	ok(sim_ok(sim));
	sim_free(sim);
}

static const struct tap_case cases[] = {
    {"the default response rule never begins", it_never_begins},
    {"the default response rule does not renew", it_does_not_renew},
    {"the default response rule answers for the two hosts alone", it_answers_for_the_two_hosts_alone},
    {"rules stand before the default response rule", rules_stand_before_it},
    {"weak algorithms are for policies that name them", weak_ones_are_for_policies_that_name_them},
    {"a change of the policy ends what it concerns alone", a_change_ends_what_it_concerns_alone},
    {"of two rules for a peer one is changed", of_two_rules_for_a_peer_one_is_changed},
    {"announced is what the policy allows", announced_is_what_the_policy_allows},
    {"with IPv6 no NAT traversal is announced", with_ipv6_there_is_no_nat},
    {"initial contact is said when nothing stands, and only then", initial_contact_is_said_once},
    {"both ends renew the main mode, at every offset", both_renew_the_main_mode},
    {"a main mode is renewed under a quick mode", a_main_mode_is_renewed_under_a_quick_mode},
    {"nobody deletes what is another's", nobody_deletes_what_is_anothers},
};
TAP_MAIN(cases)
