/*
 * The counters of semantics §6, each against a number that is known: after every scenario all of them are compared, so that
 * one that counts too much is seen as well. Those of the daemon: iked_net.c; of the kernel: sas_sums.c, tests/vm/ike_stats.bats.
 */
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static const char *const ike_names[] = {
#define M(id, gauge, meaning) #id,
    IKE_STATS(M)
#undef M
};
static const char *const ipsec_names[] = {
#define M(id, gauge, meaning) #id,
    IKE_IPSEC_STATS(M)
#undef M
};

/* What is not named is zero. */
static void counts(struct sim *sim, size_t host, const struct ike_stats *want)
{
	struct ike_stats got;

	ike_get_stats(sim->hosts[host].ike, &got);
	for (size_t i = 0; i < IKE_STAT_COUNT; i++) {
		if (got.ike[i] != want->ike[i])
			sim_complain(sim, "%s: %s is %llu, not %llu", sim->hosts[host].name, ike_names[i],
			    (unsigned long long)got.ike[i], (unsigned long long)want->ike[i]);
	}
	for (size_t i = 0; i < IKE_QSTAT_COUNT; i++) {
		if (got.ipsec[i] != want->ipsec[i])
			sim_complain(sim, "%s: %s is %llu, not %llu", sim->hosts[host].name, ipsec_names[i],
			    (unsigned long long)got.ipsec[i], (unsigned long long)want->ipsec[i]);
	}
	ok(sim_ok(sim));
}
#define COUNTS(host, ...) counts(sim, host, &(struct ike_stats){__VA_ARGS__})
#define IKE(id) .ike[IKE_STAT_##id]
#define QM(id) .ipsec[IKE_QSTAT_##id]

static struct sim *pair_with(uint64_t seed, void (*andys)(struct ike_profile *p), void (*bettys)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);

	for (size_t i = ANDY; i <= BETTY; i++) {
		struct ike_profile *p = sim_make_profile(sim, i, i == ANDY ? BETTY : ANDY);

		if (i == ANDY && andys)
			andys(p);
		if (i == BETTY && bettys)
			bettys(p);
		sim_profile(sim, i, p);
	}
	return sim;
}

static void ah_and_esp_in_a_tunnel(struct ike_profile *p)
{
	sim_qm(p)->offers[0].has_ah = true;
	sim_qm(p)->offers[0].ah_hash = CRYPTO_SHA1;
	p->rules[0].tunnel = true;
	p->rules[0].tunnel_local = p->rules[0].sel.local.net;
	p->rules[0].tunnel_remote = p->rules[0].sel.remote.net;
}

static void expire(struct sim *sim, size_t host, bool hard)
{
	struct ike_cmd c = {.kind = IKE_CMD_EXPIRE, .u.expire.why = hard ? IKE_FAIL_QM_EXPIRED : IKE_OK};
	struct mono newest = {0};

	for (size_t i = 0; i < SIM_SAS; i++) {
		const struct sim_sa *s = &sim->hosts[host].sas[i];

		if (s->used && !s->larval && s->sa.outbound && !mono_before(s->added, newest)) {
			c.u.expire.sa = s->sa.id;
			newest = s->added;
		}
	}
	sim_command(sim, host, &c);
}

/* Two SAs each way, renewed twice, deleted. */
static void a_life(void)
{
	struct sim *sim = pair_with(1, ah_and_esp_in_a_tunnel, ah_and_esp_in_a_tunnel);

	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACTIVE_ACQUIRE) = 1, IKE(ACQUIRE_HEAP) = 1, IKE(ISADB_SIZE) = 1,
	    IKE(CONN_LIST_SIZE) = 1);
	COUNTS(BETTY, IKE(INVALID_PACKETS) = 0);
	sim->connected = false;
	sim_run(sim, DUR_S(10));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(MAIN_MODES) = 1, IKE(QUICK_MODES) = 1, IKE(TOTAL_GET_SPI) = 2, IKE(KEY_ADDS) = 2,
	    IKE(KEY_UPDATES) = 2, IKE(ISADB_SIZE) = 1, IKE(CONN_LIST_SIZE) = 1, QM(ACTIVE_SAS) = 1, QM(QM_KEY_ADDS) = 1,
	    QM(ACTIVE_TUNNELS) = 1);
	COUNTS(BETTY, IKE(MAIN_MODES) = 1, IKE(QUICK_MODES) = 1, IKE(TOTAL_GET_SPI) = 2, IKE(KEY_ADDS) = 2, IKE(KEY_UPDATES) = 2,
	    IKE(ISADB_SIZE) = 1, IKE(CONN_LIST_SIZE) = 1, QM(ACTIVE_SAS) = 1, QM(QM_KEY_ADDS) = 1, QM(ACTIVE_TUNNELS) = 1);
	for (int i = 0; i < 2; i++) {
		sim_packet(sim, ANDY, BETTY, 10);
		expire(sim, ANDY, false);
		sim_run(sim, DUR_S(10));
	}
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(MAIN_MODES) = 1, IKE(QUICK_MODES) = 3, IKE(TOTAL_GET_SPI) = 6, IKE(KEY_ADDS) = 6,
	    IKE(KEY_UPDATES) = 6, IKE(ISADB_SIZE) = 1, IKE(CONN_LIST_SIZE) = 3, QM(ACTIVE_SAS) = 3, QM(QM_KEY_ADDS) = 3,
	    QM(ACTIVE_TUNNELS) = 3, QM(REKEYS) = 2);
	sim_run(sim, DUR_S(60)); /* the overlap is over */
	COUNTS(BETTY, IKE(MAIN_MODES) = 1, IKE(QUICK_MODES) = 3, IKE(TOTAL_GET_SPI) = 6, IKE(KEY_ADDS) = 6, IKE(KEY_UPDATES) = 6,
	    IKE(ISADB_SIZE) = 1, IKE(CONN_LIST_SIZE) = 1, QM(ACTIVE_SAS) = 1, QM(QM_KEY_ADDS) = 3, QM(ACTIVE_TUNNELS) = 1,
	    QM(REKEYS) = 2, QM(QM_KEY_DELETES) = 2);
	sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	sim_run(sim, DUR_S(100));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(MAIN_MODES) = 1, IKE(QUICK_MODES) = 3, IKE(TOTAL_GET_SPI) = 6, IKE(KEY_ADDS) = 6,
	    IKE(KEY_UPDATES) = 6, QM(QM_KEY_ADDS) = 3, QM(REKEYS) = 2, QM(QM_KEY_DELETES) = 3);
	sim_free(sim);
}

/* --- failures -------------------------------------------------------------------------------------------- */

static void nobody_answers(void)
{
	struct sim *sim = pair_with(2, NULL, NULL);

	sim->net.drop = 1000;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(62));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACTIVE_ACQUIRE) = 1, IKE(ACQUIRE_HEAP) = 1, IKE(ISADB_SIZE) = 1,
	    IKE(CONN_LIST_SIZE) = 1);
	sim_run(sim, DUR_S(2));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACQUIRE_FAILURES) = 1, IKE(NEGOTIATION_FAILURES) = 1);
	sim_free(sim);
}

static void other_cipher(struct ike_profile *p) { sim_mm(p)->offers[0].cipher = CRYPTO_3DES_CBC; }
static void other_esp(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_3DES; }

/* Andy sends his first message twice, in case that a stranger said no. */
static void main_mode_is_refused(void)
{
	struct sim *sim = pair_with(3, NULL, other_cipher);

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(80));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACQUIRE_FAILURES) = 1, IKE(NEGOTIATION_FAILURES) = 1);
	COUNTS(BETTY, IKE(NEGOTIATION_FAILURES) = 2);
	sim_free(sim);
}

static void quick_mode_is_refused(void)
{
	struct sim *sim = pair_with(4, NULL, other_esp);

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(10));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACQUIRE_FAILURES) = 1, IKE(NEGOTIATION_FAILURES) = 1, IKE(MAIN_MODES) = 1,
	    IKE(TOTAL_GET_SPI) = 1, IKE(ISADB_SIZE) = 1);
	COUNTS(BETTY, IKE(NEGOTIATION_FAILURES) = 1, IKE(MAIN_MODES) = 1, IKE(ISADB_SIZE) = 1);
	sim_free(sim);
}

static void keys_differ(void)
{
	struct sim *sim = pair_with(5, NULL, NULL);

	sim->hosts[BETTY].psk = "another";
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(100));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACQUIRE_FAILURES) = 1, IKE(NEGOTIATION_FAILURES) = 1, IKE(AUTH_FAILURES) = 1);
	/* What she cannot read, twice, is no valid message. */
	COUNTS(BETTY, IKE(NEGOTIATION_FAILURES) = 1, IKE(AUTH_FAILURES) = 1, IKE(INVALID_PACKETS) = 2);
	sim_free(sim);
}

static void no_rule_for_a_request(void)
{
	struct sim *sim = pair_with(6, NULL, NULL);

	sim_acquire(sim, ANDY, CAROL);
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACQUIRE_FAILURES) = 1);
	sim_free(sim);
}

/* Two packets of one flow, and one that the kernel refuses each of its three steps of. */
static void the_kernel_says_no(void)
{
	static const struct ike_stats want[] = {
	    {IKE(TOTAL_GET_SPI) = 1, IKE(GET_SPI_FAILURES) = 1},
	    {IKE(TOTAL_GET_SPI) = 1, IKE(KEY_UPDATES) = 1, IKE(KEY_UPDATE_FAILURES) = 1},
	    /* Betty's confirmation belongs to nothing by then. */
	    {IKE(TOTAL_GET_SPI) = 1, IKE(KEY_UPDATES) = 1, IKE(KEY_ADDS) = 1, IKE(KEY_ADD_FAILURES) = 1, IKE(INVALID_PACKETS) = 1},
	};

	for (uint32_t i = 0; i < N_OF(want); i++) {
		struct sim *sim = pair_with(7 + i, NULL, NULL);
		struct ike_stats w = want[i];

		sim->hosts[ANDY].fail_op = i + 2; /* the first asks for the key */
		sim_acquire(sim, ANDY, BETTY);
		sim_acquire(sim, ANDY, BETTY); /* told to wait for the first, and no failure */
		is_int(sim->hosts[ANDY].acquire_why, IKE_FAIL_NEGOTIATION_PENDING);
		sim_run(sim, DUR_S(10));
		w.ike[IKE_STAT_TOTAL_ACQUIRE] = 2;
		w.ike[IKE_STAT_ACQUIRE_FAILURES] = w.ike[IKE_STAT_NEGOTIATION_FAILURES] = 1;
		w.ike[IKE_STAT_MAIN_MODES] = w.ike[IKE_STAT_ISADB_SIZE] = 1;
		counts(sim, ANDY, &w);
		sim_free(sim);
	}
}

/* --- strangers -------------------------------------------------------------------------------------------- */

static void hears(struct sim *sim, const void *bytes, size_t n)
{
	const struct ike_dgram d = {.local = {sim->hosts[BETTY].ip, 500}, .remote = {sim->hosts[CAROL].ip, 500},
	    .bytes = span_of(bytes, n)};

	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	sim_drain(sim, BETTY);
}

/* Carol, of whom no rule speaks; what she sends is a message or none, of a cookie or none that is known. */
static void what_a_stranger_sends(void)
{
	enum { N = 60, FLAGS = 19, EXCHANGE = 18, LENGTH = 27, NEXT = 16 };
	static const uint8_t good[N] = {1, 2, 3, 4, 5, 6, 7, 8, [NEXT] = IKE_P_VENDOR, IKE_VERSION, IKE_X_MAIN, 0, [LENGTH] = N,
	    [31] = 32};
	struct sim *sim = pair_with(20, NULL, NULL);
	uint8_t m[N];

	memcpy(m, good, N); /* main mode that begins in the middle */
	hears(sim, m, N);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 1);
	m[EXCHANGE] = IKE_X_QUICK;
	m[FLAGS] = IKE_F_ENCRYPTED;
	hears(sim, m, N);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 2);
	m[EXCHANGE] = IKE_X_INFO;
	hears(sim, m, N);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 3);
	memcpy(m, good, N);
	m[NEXT] = IKE_P_FRAG;
	hears(sim, m, N);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 4);
	hears(sim, m, N - 1); /* another length than it says */
	hears(sim, m, 3);
	hears(sim, m, 0);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 4, IKE(INVALID_PACKETS) = 3);
	m[LENGTH - 4] = 1; /* main mode has no message id */
	m[NEXT] = IKE_P_SA;
	hears(sim, m, N);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 4, IKE(INVALID_PACKETS) = 4);
	memcpy(m, good, N);
	m[NEXT] = IKE_P_SA; /* a first message: nobody negotiates with her */
	hears(sim, m, N);
	COUNTS(BETTY, IKE(INVALID_COOKIES) = 4, IKE(INVALID_PACKETS) = 4, IKE(NEGOTIATION_FAILURES) = 1);
	sim_free(sim);
}

static void unknown_spis(void)
{
	struct sim *sim = pair_with(21, NULL, NULL);
	struct ike_cmd c = {.kind = IKE_CMD_BAD_SPI};

	c.u.bad_spi.local = sim->hosts[BETTY].ip;
	c.u.bad_spi.remote = sim->hosts[CAROL].ip;
	c.u.bad_spi.protocol = IKE_PROTO_ESP;
	for (c.u.bad_spi.spi = 0x2000; c.u.bad_spi.spi < 0x2005; c.u.bad_spi.spi++)
		sim_command(sim, BETTY, &c);
	COUNTS(BETTY, QM(BAD_SPI) = 5);
	sim_free(sim);
}

/* --- in clear, and in work --------------------------------------------------------------------------------- */

static void soft(struct ike_profile *p) { p->rules[0].soft = true; }

/* The request is answered, and main mode goes on trying: that is no state of quick mode. */
static void associations_in_clear(void)
{
	struct sim *sim = pair_with(22, soft, NULL);

	sim->net.drop = 1000;
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(4));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(SOFT_SAS) = 1, IKE(ISADB_SIZE) = 1, IKE(CONN_LIST_SIZE) = 1);
	sim_run(sim, DUR_S(100)); /* as long as it lives, nobody is asked again */
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(SOFT_SAS) = 1, IKE(NEGOTIATION_FAILURES) = 1);
	sim_free(sim);
}

static void keys_on_their_way(void)
{
	struct sim *sim = pair_with(23, ah_and_esp_in_a_tunnel, ah_and_esp_in_a_tunnel);

	sim->hosts[ANDY].late_op = 2; /* the SPI of AH; that of ESP comes at once */
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	COUNTS(ANDY, IKE(TOTAL_ACQUIRE) = 1, IKE(ACTIVE_ACQUIRE) = 1, IKE(ACQUIRE_HEAP) = 1, IKE(ISADB_SIZE) = 1,
	    IKE(CONN_LIST_SIZE) = 1, IKE(MAIN_MODES) = 1, IKE(TOTAL_GET_SPI) = 2, QM(PENDING_KEYS) = 1);
	sim_free(sim);
}

static const struct tap_case cases[] = {
    {"a life: made, renewed twice, deleted", a_life},
    {"nobody answers", nobody_answers},
    {"main mode is refused", main_mode_is_refused},
    {"quick mode is refused", quick_mode_is_refused},
    {"the keys differ", keys_differ},
    {"no rule for a request", no_rule_for_a_request},
    {"the kernel says no", the_kernel_says_no},
    {"what a stranger sends: no message, or a cookie that nobody knows", what_a_stranger_sends},
    {"packets of unknown SPIs", unknown_spis},
    {"associations in clear", associations_in_clear},
    {"keys on their way", keys_on_their_way},
};
TAP_MAIN(cases)
