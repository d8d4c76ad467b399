/* Going on in clear, row by row (semantics §4.4): when it comes to that, when never, what it is, and how it ends. */
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/private.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { RCOOKIE = 8, NEXT = 16, VERSION = 17, EXCHANGE = 18, LENGTH = 27, SIZE = IKE_HEADER_LEN + 12 };

static void done(struct sim *sim)
{
	ok(sim_ok(sim));
	sim_free(sim);
}

static struct ike_profile *soft_profile(struct sim *sim)
{
	struct ike_profile *p = sim_make_profile(sim, ANDY, BETTY);

	p->rules[0].soft = true;
	return p;
}

static struct sim *andy_asks(uint64_t seed)
{
	struct sim *sim = sim_new(seed, NULL);

	sim_profile(sim, ANDY, soft_profile(sim));
	sim_acquire(sim, ANDY, BETTY);
	return sim;
}

/* --- when -------------------------------------------------------------------------------------------------- */

static void exactly_when_the_wait_is_over(void)
{
	static const uint32_t waits[] = {0, 500, 3000}; /* 0: as it comes */

	for (size_t i = 0; i < N_OF(waits); i++) {
		struct sim *sim = sim_new(i + 1, NULL);
		struct ike_profile *p = soft_profile(sim);
		int64_t ms = waits[i] ? waits[i] : 3000;

		p->fallback_ms = waits[i] ? waits[i] : p->fallback_ms;
		sim_profile(sim, ANDY, p);
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_MS(ms - 1));
		is_int(sim->hosts[ANDY].nsoft, 0);
		is_int(sim->hosts[ANDY].acquired, 1);
		sim_run(sim, DUR_MS(1));
		is_int(sim->hosts[ANDY].nsoft, 1);
		is_int(sim->hosts[ANDY].acquired, 0);
		done(sim);
	}
}

/* --- never --------------------------------------------------------------------------------------------------- */

/* What betty, or somebody else, sends back instead of message 2. `m` has a header with the cookie of message 1. */
struct back {
	const char *what;
	void (*make)(uint8_t m[SIZE], size_t *n, struct ike_dgram *d);
	bool clear;
};

static void as_it_is(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)m, (void)n, (void)d; }
static void other_length(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; m[LENGTH]++; }
static void cut(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)m; *n = 2 * IKE_COOKIE_LEN; }
static void version_2(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; m[VERSION] = 0x20; }
static void rubbish_inside(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; memset(m + IKE_HEADER_LEN, 0xFF, 12); }
static void aggressive(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; m[EXCHANGE] = IKE_X_AGGRESSIVE; }
static void status(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; m[IKE_HEADER_LEN + 10] = 0x60; }
static void no_rcookie(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; memset(m + RCOOKIE, 0, 8); }
static void other_port(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)m, (void)n; d->remote.port = 501; }
static void other_host(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)m, (void)n; d->remote.ip.b[3] = 77; }
static void other_cookie(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)n; m[3] ^= 1; }
static void less_than_a_cookie(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)m; *n = 7; }
static void nothing(uint8_t m[SIZE], size_t *n, struct ike_dgram *d) { (void)d, (void)m; *n = 0; }

static const struct back backs[] = {
    {"a refusal", as_it_is, false},
    {"a status that is no refusal", status, false},
    {"a message of another length than it says", other_length, false},
    {"two cookies and no more", cut, false},
    {"IKEv2", version_2, false},
    {"rubbish as payloads", rubbish_inside, false},
    {"aggressive mode", aggressive, false},
    {"no cookie of its own", no_rcookie, false},
    {"from another port", other_port, false},
    {"from another address", other_host, false},
    {"a stranger, who does not know the cookie", other_cookie, true},
    {"seven bytes", less_than_a_cookie, true},
    {"an empty datagram", nothing, true},
};

/* A notify NO-PROPOSAL-CHOSEN in an informational exchange. */
static void comes_back(struct sim *sim, const struct back *b)
{
	uint8_t m[SIZE] = {0};
	size_t n = SIZE;
	struct ike_dgram d = {.local = {sim->hosts[ANDY].ip, 500}, .remote = {sim->hosts[BETTY].ip, 500}};

	memcpy(m, sim_next_message(sim)->d.bytes.p, IKE_COOKIE_LEN);
	memset(m + RCOOKIE, 7, IKE_COOKIE_LEN);
	m[NEXT] = IKE_P_NOTIFY;
	m[VERSION] = IKE_VERSION;
	m[EXCHANGE] = IKE_X_INFO;
	m[LENGTH] = SIZE;
	m[IKE_HEADER_LEN + 3] = 12;
	m[IKE_HEADER_LEN + 7] = IKE_DOI_IPSEC;
	m[IKE_HEADER_LEN + 8] = IKE_PROTO_ISAKMP;
	m[IKE_HEADER_LEN + 11] = IKE_N_NO_PROPOSAL_CHOSEN;
	b->make(m, &n, &d);
	d.bytes = span_of(m, n);
	ike_input(sim->hosts[ANDY].ike, sim->now, &d);
	sim_drain(sim, ANDY);
}

static void whoever_answers_anything_is_not_spoken_to_in_clear(void)
{
	for (size_t i = 0; i < N_OF(backs); i++) {
		struct sim *sim = andy_asks(20 + i);

		comes_back(sim, &backs[i]);
		sim_run(sim, DUR_S(100));
		if (sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS) != (backs[i].clear ? 1 : 0))
			sim_complain(sim, "%s: %s", backs[i].what, backs[i].clear ? "held" : "in clear");
		is_int(sim->hosts[ANDY].nsoft, backs[i].clear ? 1 : 0);
		is_int(sim->hosts[ANDY].acquired, 0);
		done(sim);
	}
}

/* The same, when the traffic is in clear already: it ends at once. */
static void whatever_comes_later_ends_it(void)
{
	for (size_t i = 0; i < N_OF(backs); i++) {
		struct sim *sim = andy_asks(40 + i);
		uint8_t first[IKE_COOKIE_LEN];

		memcpy(first, sim_next_message(sim)->d.bytes.p, sizeof first);
		sim->net.late = 1000;
		sim_run(sim, DUR_MS(3010)); /* the third sending, at 3 s, is under way */
		is_int(sim->hosts[ANDY].nsoft, 1);
		ok(sim_next_message(sim) && memcmp(sim_next_message(sim)->d.bytes.p, first, sizeof first) == 0);
		comes_back(sim, &backs[i]);
		is_int(sim->hosts[ANDY].nsoft, backs[i].clear ? 1 : 0);
		done(sim);
	}
}

static struct sim_fate one_answer(struct sim *sim, size_t n, const struct ike_dgram *d)
{
	return (struct sim_fate){.drop = ip_eq(&d->local.ip, &sim->hosts[BETTY].ip) && n > 1};
}

static void whoever_falls_silent_is_not_spoken_to_in_clear(void)
{
	struct sim *sim = sim_new(60, NULL);

	sim->net.fate = one_answer;
	sim_profile(sim, ANDY, soft_profile(sim));
	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(100));
	is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 0);
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_TIMED_OUT);
	done(sim);
}

/* She is asked to prove nothing: that is asked of us, and is an answer, too. */
static void a_request_for_a_cookie_is_an_answer(void)
{
	struct sim *sim = sim_new(61, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->half_open_on = 0;
	p->rules[0].sel.remote = (struct ip_prefix){{IP_V4, {10}}, 8};
	sim_profile(sim, ANDY, soft_profile(sim));
	sim_profile(sim, BETTY, p);
	sim_profile(sim, CAROL, sim_make_profile(sim, CAROL, BETTY));
	sim->connected = true;
	sim_acquire(sim, CAROL, BETTY);
	sim_deliver(sim, sim_next_message(sim)); /* one is half open: from now on cookies are asked for */
	sim_drop(sim, sim_next_message(sim));
	sim_acquire(sim, ANDY, BETTY);
	sim_deliver(sim, sim_next_message(sim));
	sim_deliver(sim, sim_next_message(sim)); /* the cookie */
	sim->net.drop = 1000;
	while (sim_next_message(sim))
		sim_drop(sim, sim_next_message(sim));
	sim->connected = false;
	sim_run(sim, DUR_S(100));
	is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 0);
	done(sim);
}

static void other_mm_cipher(struct ike_profile *p) { sim_mm(p)->offers[0].cipher = CRYPTO_3DES_CBC; }
static void other_esp_cipher(struct ike_profile *p) { sim_qm(p)->offers[0].esp_cipher = IKE_ENC_3DES; }
static void other_pfs(struct ike_profile *p) { sim_qm(p)->pfs = 14; }
static void other_traffic(struct ike_profile *p) { p->rules[0].sel.protocol = 17; }
static void other_peers(struct ike_profile *p) { p->rules[0].sel.remote.net.b[3] = 99; }

/* She knows IPsec and does not agree, in whichever phase: that is an answer. */
static void whoever_does_not_agree_is_not_spoken_to_in_clear(void)
{
	void (*const changes[])(struct ike_profile *p) = {other_mm_cipher, other_esp_cipher, other_pfs, other_traffic, other_peers};

	for (size_t i = 0; i <= N_OF(changes); i++) {
		struct sim *sim = sim_new(63 + i, NULL);
		struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

		if (i < N_OF(changes))
			changes[i](p);
		else
			sim->hosts[BETTY].psk = "another secret";
		sim_profile(sim, BETTY, p);
		sim_profile(sim, ANDY, soft_profile(sim));
		for (int again = 0; again < 2; again++) {
			sim_acquire(sim, ANDY, BETTY);
			sim_run(sim, DUR_S(100));
			ok(sim->hosts[ANDY].acquire_why != IKE_OK && sim->hosts[ANDY].acquire_why != IKE_FAIL_LOAD_SOFT_SA);
		}
		is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 0);
		is_int(sim_stat(sim, ANDY, IKE_STAT_ACQUIRE_FAILURES), 2);
		done(sim);
	}
}

static void without_soft_in_the_rule_never(void)
{
	struct sim *sim = sim_new(62, NULL);

	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(100));
	is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 0);
	ok(!sim_packet(sim, ANDY, BETTY, 10));
	done(sim);
}

/* --- what it is ------------------------------------------------------------------------------------------------ */

static void it_is_listed_with_its_life(void)
{
	static const uint32_t lives[] = {600, 60, 0};

	for (size_t i = 0; i < N_OF(lives); i++) {
		struct sim *sim = sim_new(70 + i, NULL);
		struct ike_profile *p = soft_profile(sim);
		struct ike_qmsa_info info = {.soft = false};
		int64_t life = lives[i] ? lives[i] : IKE_MM_LIFE_S;
		uint64_t after = 0;

		sim_mm(p)->soft_life_s = lives[i];
		p->idle_s = 0;
		sim_profile(sim, ANDY, p);
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_S(70));
		if (life > 70) {
			while (ike_qmsa_next(sim->hosts[ANDY].ike, &after, &info) && !info.soft)
				;
			ok(info.soft && info.up && !info.esp_in && !info.esp_out && !info.ah_in && !info.ah_out);
			is_int(info.life_s, life);
			is_int(mono_since(info.since, info.until).ms, life * 1000);
			ok(ip_eq(&info.sel.remote.net, &sim->hosts[BETTY].ip) && info.sel.remote.plen == 32);
			sim_run(sim, DUR_S(life - 68)); /* it began at 3 s */
			is_int(sim->hosts[ANDY].nsoft, 1);
			sim_run(sim, DUR_S(2));
		}
		is_int(sim->hosts[ANDY].nsoft, 0);
		done(sim);
	}
}

static void the_kernel_may_refuse_it(void)
{
	struct sim *sim = andy_asks(75);

	sim->hosts[ANDY].fail_op = 1;
	sim_run(sim, DUR_S(5));
	is_int(sim->hosts[ANDY].nsoft, 0);
	is_int(sim->hosts[ANDY].acquired, 0);
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_ADD_UPDATE_KEY_FAILED);
	is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 0);
	is_int(sim_stat(sim, ANDY, IKE_STAT_ACQUIRE_FAILURES), 1);
	done(sim);
}

/* --- how it ends ------------------------------------------------------------------------------------------------- */

static void the_peer_begins(struct sim *sim)
{
	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
	sim_acquire(sim, BETTY, ANDY);
}
static void the_rule_is_soft_no_more(struct sim *sim)
{
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
}
static void there_is_no_rule_any_more(struct sim *sim)
{
	struct ike_profile *p = soft_profile(sim);

	p->nrules = 0;
	sim_profile(sim, ANDY, p);
}
static void an_administrator(struct sim *sim)
{
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
}
static void the_service_ends(struct sim *sim)
{
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_SHUTDOWN});
}

static void it_ends_with(void)
{
	void (*const ends[])(struct sim *sim) = {the_peer_begins, the_rule_is_soft_no_more, there_is_no_rule_any_more,
	    an_administrator, the_service_ends};

	for (size_t i = 0; i < N_OF(ends); i++) {
		struct sim *sim = andy_asks(80 + i);

		sim_run(sim, DUR_S(10));
		is_int(sim->hosts[ANDY].nsoft, 1);
		ends[i](sim);
		sim_run(sim, DUR_S(1));
		is_int(sim->hosts[ANDY].nsoft, 0);
		ok(sim_event(sim, ANDY, IKE_EV_SOFT_DOWN) && sim_event(sim, ANDY, IKE_EV_SOFT_DOWN)->why == IKE_FAIL_SOFT_SA_TORN_DOWN);
		done(sim);
	}
}

/* Another policy that still says soft leaves it. */
static void it_stays_with(void)
{
	struct sim *sim = andy_asks(90);

	sim_run(sim, DUR_S(10));
	sim_profile(sim, ANDY, soft_profile(sim));
	is_int(sim->hosts[ANDY].nsoft, 1);
	is_int(sim_stat(sim, ANDY, IKE_STAT_SOFT_SAS), 1);
	done(sim);
}

static const struct tap_case cases[] = {
    {"exactly when the wait is over: three seconds, or what the policy says", exactly_when_the_wait_is_over},
    {"whoever answers anything is not spoken to in clear", whoever_answers_anything_is_not_spoken_to_in_clear},
    {"whatever comes later ends it", whatever_comes_later_ends_it},
    {"whoever answers and falls silent is not spoken to in clear", whoever_falls_silent_is_not_spoken_to_in_clear},
    {"a request for a cookie is an answer", a_request_for_a_cookie_is_an_answer},
    {"whoever does not agree is not spoken to in clear", whoever_does_not_agree_is_not_spoken_to_in_clear},
    {"without soft in the rule never", without_soft_in_the_rule_never},
    {"it is listed, with its life", it_is_listed_with_its_life},
    {"the kernel may refuse it", the_kernel_may_refuse_it},
    {"it ends when the peer begins, with the policy, by hand, with the service", it_ends_with},
    {"it stays with a policy that still allows it", it_stays_with},
};
TAP_MAIN(cases)
