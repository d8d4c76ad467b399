/* What two engines agree on, or why not: policies, keys, modes, fragments, traffic in clear, counters. A NAT: ike_natt.c. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/ends.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* --- the group's arithmetic -------------------------------------------------------------------------------------------- */

static struct crypto honest;
static size_t nshared, nshared_at_4;

static int counted(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	nshared++;
	return honest.dh_shared(ctx, dh, peer, out);
}

static struct sim_fate note_message_4(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	(void)sim, (void)d;
	if (n == 3)
		nshared_at_4 = nshared;
	return (struct sim_fate){.drop = false};
}

/* So both sides compute at the same time, and the first packet waits for one of them only. */
static void the_answer_leaves_before_the_secret_is_computed(void)
{
	struct sim *sim = sim_new(17, NULL);

	honest = sim->crypto;
	sim->crypto.dh_shared = counted;
	sim->net.fate = note_message_4;
	nshared = 0;
	nshared_at_4 = SIZE_MAX;
	sim_pair(sim);
	ok(talks(sim));
	is_int(nshared_at_4, 0);
	is_int(nshared, 2);
	done(sim);
}

static void the_secret_is_computed_while_the_key_is_on_its_way(void)
{
	struct sim *sim = sim_new(19, NULL);

	honest = sim->crypto;
	sim->crypto.dh_shared = counted;
	nshared = 0;
	sim->hosts[BETTY].late_op = 1;
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	is_int(nshared, 2);
	sim_run(sim, DUR_S(5));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	is_int(nshared, 2);
	done(sim);
}

static int nothing_secret(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	(void)ctx, (void)dh, (void)peer;
	*out = (struct shared){.n = 0};
	return -1;
}

/* As X25519 with a point of small order (RFC 7748 §6.1): the value fits, the secret would be zero. */
static void a_public_value_without_a_secret_is_refused(void)
{
	struct sim *sim = sim_new(18, NULL);
	const struct sim_event *b;

	sim->crypto.dh_shared = nothing_secret;
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(8));
	b = sim_event(sim, BETTY, IKE_EV_FAILED);
	ok(b && b->why == IKE_FAIL_DH_FAILURE);
	is_int(sim_sas(sim, ANDY, true) + sim_sas(sim, BETTY, true), 0);
	sim_run(sim, DUR_S(200));
	done(sim);
}

/* --- policies that do not fit ------------------------------------------------------------------------------------------ */

static void (*mismatch)(struct ike_profile *p);

static void other_cipher(struct ike_profile *p) { sim_mm(p)->offers[0].cipher = CRYPTO_3DES_CBC; }
static void other_key_length(struct ike_profile *p) { sim_mm(p)->offers[0].cipher = CRYPTO_AES256_CBC; }
static void other_hash(struct ike_profile *p) { sim_mm(p)->offers[0].hash = CRYPTO_MD5; }
static void other_group(struct ike_profile *p) { sim_mm(p)->offers[0].group = 14; }
static void other_esp_cipher(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_3DES; }
static void other_esp_length(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_AES256; }
static void other_esp_hash(struct ike_profile *p) { sim_qm(p)->offers[0].esp_hash = CRYPTO_SHA256; }
static void other_pfs(struct ike_profile *p) { sim_qm(p)->pfs = 2; }
static void other_protocols(struct ike_profile *p)
{
	sim_qm(p)->offers[0].has_ah = true;
	sim_qm(p)->offers[0].ah_hash = CRYPTO_SHA1;
}
static void other_mode(struct ike_profile *p)
{
	p->rules[0].tunnel = true;
	p->rules[0].tunnel_local = p->rules[0].sel.local.net;
	p->rules[0].tunnel_remote = p->rules[0].sel.remote.net;
}
static void other_ports(struct ike_profile *p) { p->rules[0].sel.protocol = 17; }

static void mismatch_is_named(void)
{
	static const struct {
		void (*change)(struct ike_profile *p);
		const char *field;
		enum ike_failure at_betty, at_andy;
	} rows[] = {
	    {other_cipher, "cipher", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_key_length, "key length", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_hash, "hash", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_group, "group", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_esp_cipher, "cipher", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_esp_length, "key length", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_esp_hash, "hash", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_pfs, "PFS group", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_protocols, "protocols", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_mode, "mode", IKE_FAIL_POLICY_MATCH, IKE_FAIL_POLICY_MATCH},
	    {other_ports, "traffic", IKE_FAIL_NO_POLICY, IKE_FAIL_NO_POLICY},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		struct sim *sim = sim_new(i + 1, NULL);
		struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);
		const struct sim_event *a, *b;

		mismatch = rows[i].change;
		mismatch(p);
		sim_profile(sim, BETTY, p);
		sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(8));
		a = sim_event(sim, ANDY, IKE_EV_FAILED);
		b = sim_event(sim, BETTY, IKE_EV_FAILED);
		ok(a && a->at_peer && a->why == rows[i].at_andy);
		ok(b && !b->at_peer && b->why == rows[i].at_betty);
		if (b && !strstr(b->detail, rows[i].field)) {
			printf("# wanted '%s' in '%s'\n", rows[i].field, b->detail);
			ok(false);
		}
		is_int(sim->hosts[ANDY].acquired, 0);
		ok(sim_stat(sim, BETTY, IKE_STAT_NEGOTIATION_FAILURES) - 1 <= 1); /* a first message comes twice */
		is_int(sim_stat(sim, ANDY, IKE_STAT_NEGOTIATION_FAILURES), 1);
		sim_run(sim, DUR_S(200));
		done(sim);
	}
}

static void wrong_keys_fail_at_both_ends(void)
{
	struct sim *sim = sim_new(3, NULL);
	const struct sim_event *a, *b;

	sim->hosts[BETTY].psk = "another secret";
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(8));
	a = sim_event(sim, ANDY, IKE_EV_FAILED);
	b = sim_event(sim, BETTY, IKE_EV_FAILED);
	ok(a && a->why == IKE_FAIL_AUTH_FAIL);
	ok(b && b->why == IKE_FAIL_AUTH_FAIL);
	is_int(sim_stat(sim, ANDY, IKE_STAT_AUTH_FAILURES), 1);
	is_int(sim_stat(sim, BETTY, IKE_STAT_AUTH_FAILURES), 1);
	sim_run(sim, DUR_S(100));
	is_int(sim_stat(sim, BETTY, IKE_STAT_AUTH_FAILURES), 1);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_AUTH_FAIL);
	/* The key never shows. */
	ok(!strstr(buf_text(&sim->hosts[ANDY].log), "secret") && !strstr(buf_text(&sim->hosts[BETTY].log), "secret"));
	done(sim);
}

/* --- policies that fit ---------------------------------------------------------------------------------------------------- */

static void tunnel(struct ike_profile *p)
{
	other_mode(p);
	p->rules[0].sel.local = (struct ip_prefix){ip_mask(&p->rules[0].sel.local.net, 32), 32};
}
static void bundle(struct ike_profile *p) { other_protocols(p); }
static void with_pfs(struct ike_profile *p) { other_pfs(p); }
static void with_mm_pfs(struct ike_profile *p) { sim_qm(p)->pfs = IKE_PFS_MM; }
static void gcm(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_GCM128; }
static void null(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_NULL; }
static void sixteen(struct ike_profile *p)
{
	sim_qm(p)->noffers = IKE_OFFERS_MAX;
	for (size_t i = 0; i < IKE_OFFERS_MAX; i++)
		sim_qm(p)->offers[i] = (struct ike_qm_offer){.has_ah = true, .has_esp = true, .ah_hash = CRYPTO_SHA1,
		    .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1, .life_s = 3600, .life_kb = 50000};
}
static void ports(struct ike_profile *p)
{
	bool andy = p->rules[0].sel.local.net.b[3] == 1;

	p->rules[0].sel.protocol = 6;
	p->rules[0].sel.remote_port = andy ? 23 : 0;
	p->rules[0].sel.local_port = andy ? 0 : 23;
}

static void every_shape_comes_up(void)
{
	void (*const shapes[])(struct ike_profile *) = {tunnel, bundle, with_pfs, with_mm_pfs, gcm, null, sixteen, ports,
	    other_cipher, other_key_length, other_hash, other_group, other_esp_cipher, other_esp_hash};

	for (size_t i = 0; i < N_OF(shapes); i++) {
		struct sim *sim = sim_new(i + 50, NULL);

		for (size_t h = ANDY; h <= BETTY; h++) {
			struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

			shapes[i](p);
			sim_profile(sim, h, p);
		}
		if (!talks(sim)) {
			printf("# shape %zu\n", i);
			ok(false);
		}
		if (shapes[i] == tunnel)
			is_int(sim_qstat(sim, BETTY, IKE_QSTAT_ACTIVE_TUNNELS), 1);
		done(sim);
	}
}

/* With one of two, what waits would not be protected as agreed. */
static void the_last_outbound_association_lets_packets_go(void)
{
	static void (*const shapes[])(struct ike_profile *) = {gcm, bundle};

	for (size_t i = 0; i < N_OF(shapes); i++) {
		struct sim *sim = sim_new(70 + i, NULL);
		const struct sim_sa *last = NULL;
		size_t n = 0;

		for (size_t h = ANDY; h <= BETTY; h++) {
			struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

			shapes[i](p);
			sim_profile(sim, h, p);
		}
		ok(talks(sim));
		for (size_t j = 0; j < 2 * SIM_SAS; j++) {
			const struct sim_sa *s = &sim->hosts[j / SIM_SAS].sas[j % SIM_SAS];

			n += s->used && s->sa.acquire;
			if (s->used && s->sa.acquire)
				last = s;
		}
		is_int(n, 1);
		ok(last && last->sa.outbound && last->sa.acquire == sim->hosts[ANDY].last_acquire &&
		    last->sa.id.protocol == (i ? IKE_PROTO_AH : IKE_PROTO_ESP));
		done(sim);
	}
}

static void ipv6_comes_up(void)
{
	struct sim *sim = sim_new(70, NULL);

	for (size_t h = 0; h < SIM_HOSTS; h++) {
		sim->hosts[h].ip = (struct ip){IP_V6, {0xfd}};
		sim->hosts[h].ip.b[15] = (uint8_t)(h + 1);
	}
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		p->rules[0].sel.local.plen = p->rules[0].sel.remote.plen = 128;
		sim_profile(sim, h, p);
	}
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

		c.u.acquire.acquire = 1;
		c.u.acquire.reqid = 16;
		c.u.acquire.local = sim->hosts[ANDY].ip;
		c.u.acquire.remote = sim->hosts[BETTY].ip;
		c.u.acquire.sel = (struct ike_selector){.local = {sim->hosts[ANDY].ip, 128}, .remote = {sim->hosts[BETTY].ip, 128}};
		if (h == BETTY)
			break;
		sim->hosts[ANDY].acquired++;
		sim_command(sim, ANDY, &c);
	}
	sim_run(sim, DUR_S(3));
	ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	done(sim);
}

static void default_response(void)
{
	struct sim *sim = sim_new(71, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->nrules = 0;
	p->default_mm = p->rules[0].mm;
	p->default_qm = p->rules[0].qm;
	p->default_reqid = 99;
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	ok(talks(sim));
	for (size_t i = 0; i < SIM_SAS; i++)
		ok(!sim->hosts[BETTY].sas[i].used || sim->hosts[BETTY].sas[i].sa.reqid == 99);
	done(sim);
}

/* With OpenSSL: every group and cipher that both have. */
static void real_cryptography(void)
{
	static const struct ike_mm_offer offers[] = {{CRYPTO_AES128_CBC, CRYPTO_SHA256, 14}, {CRYPTO_3DES_CBC, CRYPTO_SHA1, 2},
	    {CRYPTO_AES256_CBC, CRYPTO_SHA384, 20}, {CRYPTO_AES192_CBC, CRYPTO_MD5, 19}, {CRYPTO_AES128_CBC, CRYPTO_SHA512, 21}};
	struct crypto *c = crypto_openssl_new();

	for (size_t i = 0; i < N_OF(offers); i++) {
		struct sim *sim = sim_new(80 + i, c);

		for (size_t h = ANDY; h <= BETTY; h++) {
			struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

			sim_mm(p)->offers[0] = offers[i];
			sim_qm(p)->pfs = IKE_PFS_MM;
			sim_profile(sim, h, p);
		}
		ok(talks(sim));
		done(sim);
	}
	crypto_openssl_free(c);
}

/* --- fragments -------------------------------------------------------------------------------------------------------------------- */

static void fragments_are_put_together(void)
{
	struct sim *sim = sim_new(100, NULL);

	sim->net.refragment = true;
	sim_pair(sim);
	ok(talks(sim));
	done(sim);
}

static void large_messages_go_in_fragments(void)
{
	struct sim *sim = sim_new(101, NULL);

	sim->net.most_bytes = 548; /* larger packets get lost on the way */
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		sixteen(p);
		sim_profile(sim, h, p);
	}
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(10));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	ok(strstr(buf_text(&sim->ladder), "frag") != NULL);
	done(sim);
}

/* --- in clear ------------------------------------------------------------------------------------------------------------------------ */

static void soft_rule(struct sim *sim, uint32_t idle_s)
{
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	p->rules[0].soft = true;
	p->idle_s = idle_s;
	sim_profile(sim, ANDY, p);
}

static void a_silent_peer_is_spoken_to_in_clear(void)
{
	struct sim *sim = sim_new(110, NULL);

	soft_rule(sim, 0);
	sim_acquire(sim, ANDY, BETTY); /* betty has no profile: she answers nobody */
	sim_run(sim, DUR_MS(2900));
	is_int(sim->hosts[ANDY].nsoft, 0);
	sim_run(sim, DUR_MS(200));
	is_int(sim->hosts[ANDY].nsoft, 1);
	is_int(sim->hosts[ANDY].acquired, 0);
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_LOAD_SOFT_SA);
	is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 1);
	ok(sim_event(sim, ANDY, IKE_EV_SOFT_UP)->why == IKE_FAIL_LOAD_SOFT_SA);
	sim_run(sim, DUR_S(590)); /* its life is 600 s */
	is_int(sim->hosts[ANDY].nsoft, 1);
	sim_run(sim, DUR_S(15));
	is_int(sim->hosts[ANDY].nsoft, 0);
	ok(sim_event(sim, ANDY, IKE_EV_SOFT_DOWN)->why == IKE_FAIL_SOFT_SA_TORN_DOWN);
	done(sim);
}

static void idle_clear_traffic_ends(void)
{
	struct sim *sim = sim_new(111, NULL);

	soft_rule(sim, 100);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(90));
	is_int(sim->hosts[ANDY].nsoft, 1);
	sim_run(sim, DUR_S(40));
	is_int(sim->hosts[ANDY].nsoft, 0);
	done(sim);
}

static void who_answers_anything_is_never_spoken_to_in_clear(void)
{
	for (int i = 0; i < 3; i++) {
		struct sim *sim = sim_new(112, NULL);
		struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

		soft_rule(sim, 0);
		if (i == 0)
			other_cipher(p); /* "no" */
		else if (i == 1)
			sim->hosts[BETTY].psk = "another";
		else
			sim->net.late = 1000; /* slow, but it answers */
		sim_profile(sim, BETTY, p);
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(90));
		is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 0);
		is_int(sim->hosts[ANDY].nsoft, 0);
		sim->net.late = 0;
		sim_run(sim, DUR_S(90));
		done(sim);
	}
}

static void a_late_answer_ends_clear_traffic(void)
{
	struct sim *sim = sim_new(113, NULL);

	soft_rule(sim, 0);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(5));
	is_int(sim->hosts[ANDY].nsoft, 1);
	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
	sim_run(sim, DUR_S(5)); /* the retransmission at 7 s is answered */
	is_int(sim->hosts[ANDY].nsoft, 0);
	ok(sim_packet(sim, ANDY, BETTY, 10));
	done(sim);
}

static void a_late_no_ends_clear_traffic_too(void)
{
	struct sim *sim = sim_new(115, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	soft_rule(sim, 0);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(5));
	is_int(sim->hosts[ANDY].nsoft, 1);
	other_cipher(p);
	sim_profile(sim, BETTY, p);
	sim_run(sim, DUR_S(5));
	is_int(sim->hosts[ANDY].nsoft, 0);
	ok(!sim_packet(sim, ANDY, BETTY, 10)); /* held */
	sim_run(sim, DUR_S(100));
	done(sim);
}

static void without_soft_a_silent_peer_is_a_failure(void)
{
	struct sim *sim = sim_new(114, NULL);

	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(62));
	is_int(sim->hosts[ANDY].acquired, 1);
	is_int(sim->nsent, 6); /* at 0, 1, 3, 7, 15, 31 s */
	sim_run(sim, DUR_S(2));
	is_int(sim->hosts[ANDY].acquired, 0);
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_DROP_NO_RESPONSE);
	is_int(sim->hosts[ANDY].nsoft, 0);
	done(sim);
}

/* --- requests that come to nothing ------------------------------------------------------------------------------------ */

static void a_request_before_its_rule_is_taken_up_with_it(void)
{
	struct sim *sim = sim_new(118, NULL);

	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_NO_POLICY);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 1);
	is_int(sim_stat(sim, ANDY, IKE_STAT_TOTAL_ACQUIRE), 1);
	ok(sim_packet(sim, ANDY, BETTY, 10));
	done(sim);
}

static void a_request_that_failed_is_taken_up_with_another_policy(void)
{
	struct sim *sim = sim_new(119, NULL);

	sim->hosts[ANDY].psk = "mistyped";
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(8));
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_AUTH_FAIL);
	sim->hosts[ANDY].psk = sim->hosts[BETTY].psk;
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 1);
	/* It is answered: the next policy begins nothing. */
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 1);
	done(sim);
}

static void a_request_that_failed_is_forgotten_when_the_kernel_asks_again(void)
{
	struct sim *sim = sim_new(121, NULL);

	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(30));
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES), 0);
	done(sim);
}

static void the_peer_was_quicker_than_the_second_attempt(void)
{
	struct sim *sim = sim_new(123, NULL);

	sim->hosts[ANDY].psk = "mistyped";
	sim_pair(sim);
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(8));
	sim->hosts[ANDY].psk = sim->hosts[BETTY].psk;
	sim_acquire(sim, BETTY, ANDY);
	sim_run(sim, DUR_S(3));
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_run(sim, DUR_S(3));
	is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 1);
	done(sim);
}

/* --- watching ---------------------------------------------------------------------------------------------------------------------- */

static void every_counter_counts(void)
{
	struct sim *sim = sim_new(120, NULL);
	struct ike_stats s;

	sim_pair(sim);
	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ACTIVE_ACQUIRE), 1);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ACQUIRE_HEAP), 1);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ISADB_SIZE), 1);
	is_int(sim_stat(sim, ANDY, IKE_STAT_CONN_LIST_SIZE), 1);
	sim->connected = false;
	sim_run(sim, DUR_S(2));
	ike_get_stats(sim->hosts[ANDY].ike, &s);
	is_int(s.ike[IKE_STAT_ACTIVE_ACQUIRE], 0);
	is_int(s.ike[IKE_STAT_TOTAL_ACQUIRE], 1);
	is_int(s.ike[IKE_STAT_MAIN_MODES], 1);
	is_int(s.ike[IKE_STAT_QUICK_MODES], 1);
	is_int(s.ike[IKE_STAT_TOTAL_GET_SPI], 1);
	is_int(s.ike[IKE_STAT_KEY_ADDS], 1);
	is_int(s.ike[IKE_STAT_KEY_UPDATES], 1);
	is_int(s.ike[IKE_STAT_GET_SPI_FAILURES] + s.ike[IKE_STAT_KEY_ADD_FAILURES] + s.ike[IKE_STAT_KEY_UPDATE_FAILURES], 0);
	is_int(s.ipsec[IKE_QSTAT_ACTIVE_SAS], 1);
	is_int(s.ipsec[IKE_QSTAT_QM_KEY_ADDS], 1);
	is_int(s.ipsec[IKE_QSTAT_PENDING_KEYS], 0);
	is_int(s.ipsec[IKE_QSTAT_ACTIVE_TUNNELS], 0);
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	sim_run(sim, DUR_S(100));
	ike_get_stats(sim->hosts[ANDY].ike, &s);
	is_int(s.ipsec[IKE_QSTAT_ACTIVE_SAS], 0);
	is_int(s.ipsec[IKE_QSTAT_QM_KEY_DELETES], 1);
	is_int(s.ike[IKE_STAT_ISADB_SIZE] + s.ike[IKE_STAT_CONN_LIST_SIZE], 0);
	done(sim);
}

/* While the kernel thinks. */
static void pending_key_operations_show(void)
{
	struct sim *sim = sim_new(131, NULL);

	sim_pair(sim);
	sim->hosts[ANDY].late_op = 2; /* the SPI */
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	is_int(sim_qstat(sim, ANDY, IKE_QSTAT_PENDING_KEYS), 1);
	sim_run(sim, DUR_S(4));
	is_int(sim_qstat(sim, ANDY, IKE_QSTAT_PENDING_KEYS), 0);
	ok(sim_packet(sim, ANDY, BETTY, 10));
	done(sim);
}

static void failed_key_operations_count(void)
{
	static const enum ike_stat counters[] = {IKE_STAT_GET_SPI_FAILURES, IKE_STAT_KEY_UPDATE_FAILURES, IKE_STAT_KEY_ADD_FAILURES};

	for (uint32_t i = 0; i < 3; i++) {
		struct sim *sim = sim_new(130, NULL);

		sim_pair(sim);
		sim->hosts[ANDY].fail_op = i + 2; /* the first asks for the key */
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(2));
		is_int(sim_stat(sim, ANDY, counters[i]), 1);
		is_int(sim_stat(sim, ANDY, IKE_STAT_ACQUIRE_FAILURES), 1);
		ok(sim->hosts[ANDY].acquire_why == (i ? IKE_FAIL_ADD_UPDATE_KEY_FAILED : IKE_FAIL_GETSPIFAIL));
		sim_run(sim, DUR_S(100));
		done(sim);
	}
}

static void listings_are_whole(void)
{
	struct sim *sim = sim_new(121, NULL);
	struct ike_mmsa_info mm;
	struct ike_qmsa_info qm;
	uint64_t after = 0;

	sim_pair(sim);
	ok(talks(sim));
	ok(ike_mmsa_next(sim->hosts[BETTY].ike, &after, &mm));
	ok(mm.up && !mm.initiator && mm.dpd && mm.offer.cipher == CRYPTO_AES128_CBC && mm.quick_modes == 1);
	is_str(mm.remote_id, "IPv4 10.0.0.1");
	ok(!ike_mmsa_next(sim->hosts[BETTY].ike, &after, &mm));
	after = 0;
	ok(ike_qmsa_next(sim->hosts[BETTY].ike, &after, &qm));
	ok(qm.up && qm.esp_in && qm.esp_out && !qm.ah_in && qm.mmsa == mm.id && qm.life_s == IKE_QM_LIFE_S);
	ok(!ike_qmsa_next(sim->hosts[BETTY].ike, &after, &qm));
	done(sim);
}

/* One that was begun and refused is none. */
static void only_established_quick_modes_are_listed_as_made(void)
{
	struct sim *sim = sim_new(132, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);
	struct ike_mmsa_info mm;

	other_esp_cipher(p);
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(3));
	for (int host = ANDY; host <= BETTY; host++) {
		uint64_t after = 0;

		ok(ike_mmsa_next(sim->hosts[host].ike, &after, &mm));
		ok(mm.up);
		is_int(mm.quick_modes, 0);
	}
	done(sim);
}

static void the_trace_tells_why(void)
{
	struct sim *sim = sim_new(122, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);
	const char *log;

	other_esp_cipher(p);
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(3));
	log = buf_text(&sim->hosts[BETTY].log);
	ok(strstr(log, "received from 10.0.0.1 port 500") && strstr(log, "KE") && strstr(log, "POLICY_MATCH"));
	ok(strstr(log, "offered cipher AES-CBC, wanted 3DES") != NULL);
	done(sim);
}

static const struct tap_case cases[] = {
    {"a policy that does not fit fails at both ends, and the field is named", mismatch_is_named},
    {"different keys are AUTH_FAIL at both ends, counted once", wrong_keys_fail_at_both_ends},
    {"the answer leaves before the secret is computed", the_answer_leaves_before_the_secret_is_computed},
    {"the secret is computed while the key is on its way", the_secret_is_computed_while_the_key_is_on_its_way},
    {"a public value that gives nothing secret is refused", a_public_value_without_a_secret_is_refused},
    {"tunnel, bundle, PFS, GCM, NULL, sixteen offers, ports: all come up", every_shape_comes_up},
    {"the last outbound association lets packets go", the_last_outbound_association_lets_packets_go},
    {"IPv6 comes up", ipv6_comes_up},
    {"the default response rule answers", default_response},
    {"with OpenSSL: groups 2, 14, 19, 20, 21", real_cryptography},
    {"fragments are put together, the last one first", fragments_are_put_together},
    {"a large message that gets lost goes in fragments", large_messages_go_in_fragments},
    {"soft: a silent peer is spoken to in clear after three seconds, for a while", a_silent_peer_is_spoken_to_in_clear},
    {"soft: idle traffic in clear ends", idle_clear_traffic_ends},
    {"soft: never when the peer answers anything", who_answers_anything_is_never_spoken_to_in_clear},
    {"soft: a late answer ends it", a_late_answer_ends_clear_traffic},
    {"soft: a late no ends it too", a_late_no_ends_clear_traffic_too},
    {"without soft a silent peer is a failure after 1 + 2 + ... + 32 seconds", without_soft_a_silent_peer_is_a_failure},
    {"a request that comes before its rule is taken up with it", a_request_before_its_rule_is_taken_up_with_it},
    {"a request that failed is taken up with another policy", a_request_that_failed_is_taken_up_with_another_policy},
    {"a request that failed is forgotten when the kernel asks again", a_request_that_failed_is_forgotten_when_the_kernel_asks_again},
    {"a request that the peer answered meanwhile is not taken up", the_peer_was_quicker_than_the_second_attempt},
    {"every counter counts", every_counter_counts},
    {"pending key operations show", pending_key_operations_show},
    {"failed key operations count", failed_key_operations_count},
    {"listings are whole", listings_are_whole},
    {"only established quick modes are listed as made", only_established_quick_modes_are_listed_as_made},
    {"the trace tells why", the_trace_tells_why},
};
TAP_MAIN(cases)
