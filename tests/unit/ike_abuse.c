/* What strangers can do to an engine, and what many peers cost: memory, and time that does not depend on their number. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "tests/sim/sim.h"
#include "tests/unit/ike_random.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static size_t heap_bytes(void)
{
	return mallinfo2().uordblks;
}

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

/* --- strangers --------------------------------------------------------------------------------------------------------- */

/* Main mode 1 as andy would send it, for sending it again with other cookies and from other places. */
static struct span first_message(uint8_t *store, size_t cap)
{
	struct sim *sim = sim_new(900, NULL);
	struct sim_flight *f;
	size_t n;

	sim_pair(sim);
	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	f = &sim->flights[0];
	n = f->d.bytes.n < cap ? f->d.bytes.n : 0;
	memcpy(store, f->d.bytes.p, n);
	sim_free(sim);
	return span_of(store, n);
}

static struct sim *open_to_all(uint64_t seed)
{
	struct sim *sim = sim_new(seed, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->rules[0].sel.remote = (struct ip_prefix){{IP_V4, {10}}, 8};
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	return sim;
}

/* Datagram number i of a flood: another cookie, from `hosts` addresses. Answers vanish. */
static void flood(struct sim *sim, uint8_t *store, struct span m, uint32_t i, uint32_t hosts)
{
	struct ike_dgram d = {.local = {sim->hosts[BETTY].ip, 500}, .bytes = m};
	struct ike_action a;
	uint32_t from = i % hosts;

	memcpy(store, &i, sizeof i);
	store[4] = 1;
	d.remote = (struct ike_end){{IP_V4, {10, 9, (uint8_t)(from >> 8), (uint8_t)from}}, 500};
	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	while (ike_next_action(sim->hosts[BETTY].ike, &a))
		;
}

static void a_flood_is_bounded_and_stalls_nobody(void)
{
	static uint8_t store[2048];
	struct sim *sim = open_to_all(200);
	struct span m;
	size_t before, most = 0;
	double t;

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	m = first_message(store, sizeof store);
	before = heap_bytes();
	t = cpu_ms();
	for (uint32_t i = 0; i < 100000; i++) {
		flood(sim, store, m, i, 60000);
		if (i % 1000 == 0) {
			most = heap_bytes() - before > most ? heap_bytes() - before : most;
			sim_run(sim, DUR_MS(10));
			ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
		}
	}
	printf("# 100000 first messages: %zu KB at most, %.1f us each\n", most / 1024, (cpu_ms() - t) * 1000 / 100000);
	ok(most < 4 << 20);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 502);
	/* Renewal goes on, and a new peer comes in, by its cookie. */
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	is_int(sim_stat(sim, ANDY, IKE_STAT_QUICK_MODES), 2);
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	sim_run(sim, DUR_S(2));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	is_int(sim_stat(sim, ANDY, IKE_STAT_MAIN_MODES), 2);
	ok(sim_packet(sim, ANDY, BETTY, 10));
	sim_run(sim, DUR_S(100));
	ok(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE) <= 2);
	ok(sim_ok(sim));
	sim_free(sim);
}

static void one_address_gets_its_share_only(void)
{
	static uint8_t store[2048];
	struct sim *sim = open_to_all(201);
	struct span m = first_message(store, sizeof store);

	for (uint32_t i = 0; i < 1000; i++)
		flood(sim, store, m, i, 1);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 18); /* half of 35; the other half for who proves its address */
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	sim_free(sim);
}

/* Somebody pretends to be andy; andy himself still comes in. */
static void a_made_up_address_shuts_nobody_out(void)
{
	static uint8_t store[2048];
	struct sim *sim = open_to_all(202);
	struct span m = first_message(store, sizeof store);
	struct ike_dgram d = {.local = {sim->hosts[BETTY].ip, 500}, .remote = {sim->hosts[ANDY].ip, 500}, .bytes = m};

	for (uint32_t i = 1; i < 1000; i++) {
		memcpy(store, &i, sizeof i);
		ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	}
	sim_run(sim, DUR_S(1));
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(2));
	ok(sim_packet(sim, ANDY, BETTY, 10));
	sim_free(sim);
}

static void aggressive_mode_is_not_answered(void)
{
	static uint8_t store[2048];
	struct sim *sim = open_to_all(203);
	struct span m = first_message(store, sizeof store);
	struct ike_dgram d = {.local = {sim->hosts[BETTY].ip, 500}, .remote = {sim->hosts[ANDY].ip, 500}, .bytes = m};
	struct ike_action a;

	store[18] = IKE_X_AGGRESSIVE;
	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	ok(!ike_next_action(sim->hosts[BETTY].ike, &a));
	is_int(sim_stat(sim, BETTY, IKE_STAT_INVALID_PACKETS), 1);
	store[18] = IKE_X_MAIN;
	store[17] = 0x20; /* IKEv2 */
	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	ok(!ike_next_action(sim->hosts[BETTY].ike, &a));
	is_int(sim_stat(sim, BETTY, IKE_STAT_INVALID_PACKETS), 2);
	store[17] = IKE_VERSION;
	store[8] = 1; /* a responder's cookie that nobody gave */
	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	ok(!ike_next_action(sim->hosts[BETTY].ike, &a));
	is_int(sim_stat(sim, BETTY, IKE_STAT_INVALID_COOKIES), 1);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 0);
	sim_free(sim);
}

/* Recorded when it was new, played when what it made is gone (RFC 2409 §5.5: the id of a message is used once). */
static void a_recorded_quick_mode_makes_nothing(void)
{
	struct sim *sim = open_to_all(205);
	struct ike_cmd del = {.kind = IKE_CMD_DELETE};
	struct ike_qmsa_info info;
	struct ike_dgram d;
	uint64_t after = 0;
	uint8_t copy[2048];
	uint32_t asked;

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_MS(65));
	ok(sim->nflights == 1); /* quick mode 1 */
	d = sim->flights[0].d;
	memcpy(copy, d.bytes.p, d.bytes.n);
	d.bytes.p = copy;
	sim_run(sim, DUR_S(2));
	ok(ike_qmsa_next(sim->hosts[ANDY].ike, &after, &info));
	del.u.del.qmsa = info.id;
	sim_command(sim, ANDY, &del);
	sim_run(sim, DUR_S(2));
	is_int(sim_sas(sim, BETTY, true), 0);
	asked = sim->hosts[BETTY].asked[IKE_DO_GET_SPI];
	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	sim_run(sim, DUR_S(1));
	is_int(sim->hosts[BETTY].asked[IKE_DO_GET_SPI], asked);
	ok(sim_ok(sim));
	sim_free(sim);
}

/* All that ever went over the wire, again, changed, cut: it neither hurts nor makes anything grow. */
static void old_messages_and_rubbish_do_no_harm(void)
{
	struct sim *sim = open_to_all(204);
	uint8_t *copies[64];
	size_t sizes[64], to[64], n = 0;
	uint64_t seed = 9;

	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	for (int i = 0; i < 40 && n < N_OF(copies); i++) {
		for (size_t j = 0; j < sim->nflights && n < N_OF(copies); j++, n++) {
			sizes[n] = sim->flights[j].d.bytes.n;
			to[n] = sim->flights[j].to;
			copies[n] = xcalloc(1, sizes[n]);
			memcpy(copies[n], sim->flights[j].d.bytes.p, sizes[n]);
		}
		sim->connected = false;
		sim_run(sim, DUR_MS(10));
		sim->connected = true;
	}
	sim->connected = false;
	ok(sim_packet(sim, ANDY, BETTY, 10));
	for (uint32_t i = 0; i < 20000; i++) {
		size_t k = rnd(&seed, (uint32_t)n);
		uint8_t bytes[2048];
		struct ike_dgram d = {.local = {sim->hosts[to[k]].ip, 500}, .remote = {sim->hosts[1 - to[k]].ip, 500}};

		memcpy(bytes, copies[k], sizes[k]);
		for (uint32_t j = rnd(&seed, 4); j > 0; j--)
			bytes[rnd(&seed, (uint32_t)sizes[k])] = (uint8_t)rnd(&seed, 256);
		d.bytes = span_of(bytes, rnd(&seed, 10) ? sizes[k] : rnd(&seed, (uint32_t)sizes[k]));
		ike_input(sim->hosts[to[k]].ike, sim->now, &d);
		sim->net.drop = 1000;
		for (size_t h = ANDY; h <= BETTY; h++) {
			struct ike_action a;

			while (ike_next_action(sim->hosts[h].ike, &a))
				ok(a.kind == IKE_DO_SEND || a.kind == IKE_DO_EVENT || a.kind == IKE_DO_PSK_PRF);
		}
		if (i % 100 == 0)
			sim_run(sim, DUR_MS(100));
	}
	sim->net.drop = 0;
	ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	ok(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE) < 60);
	is_int(sim_stat(sim, BETTY, IKE_STAT_QUICK_MODES), 1);
	while (n)
		free(copies[--n]);
	sim_free(sim);
}

/* --- many peers ------------------------------------------------------------------------------------------------------------ */

/* Two engines that speak to each other without network and kernel; the client has any number of addresses. */
struct many {
	uint64_t seed;
	struct crypto crypto;
	struct ike *server, *client;
	struct mono now;
	uint32_t spi, sent;
};

static void many_answer(struct many *m, struct ike *self, struct ike *other, const struct ike_action *a)
{
	struct ike_result r = {.ok = true};
	struct ike_dgram d;

	if (a->kind == IKE_DO_SEND) {
		m->sent++;
		d = a->u.send;
		d.local = a->u.send.remote;
		d.remote = a->u.send.local;
		ike_input(other, m->now, &d);
	}
	if (!a->op)
		return;
	if (a->kind == IKE_DO_GET_SPI)
		r.u.spi = ++m->spi;
	else if (a->kind == IKE_DO_PSK_PRF)
		ike_skeyid_psk(&m->crypto, a->u.psk.hash, span_of("key", 3), a->u.psk.nonces, &r.u.skeyid);
	else if (a->kind == IKE_DO_SA_QUERY)
		r.u.usage.bytes = ++m->spi;
	ike_done(self, m->now, a->op, &r);
}

static void many_drain(struct many *m)
{
	struct ike_action a;
	bool more = true;

	while (more) {
		more = false;
		while (ike_next_action(m->client, &a)) {
			many_answer(m, m->client, m->server, &a);
			more = true;
		}
		while (ike_next_action(m->server, &a)) {
			many_answer(m, m->server, m->client, &a);
			more = true;
		}
	}
}

static const struct ip server_ip = {IP_V4, {10, 0, 0, 1}};

static void many_profile(struct ike *ike, struct mono now, bool server)
{
	struct ike_cmd c = {.kind = IKE_CMD_PROFILE, .u.profile = ike_profile_new()};
	struct ike_profile *p = c.u.profile;
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);
	struct ip_prefix one = {server_ip, 32}, all = {{IP_V4, {10}}, 8};

	*mm = (struct ike_mm_policy){.id = 1, .noffers = 1, .nauths = 1, .offers = {{CRYPTO_AES128_CBC, CRYPTO_SHA1, 2}},
	    .auths = {{IKE_AUTH_PSK, {{1}}}}};
	*qm = (struct ike_qm_policy){.noffers = 1,
	    .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1}}};
	p->nrules = 1;
	p->rules = arena_alloc(&p->arena, sizeof *p->rules);
	p->rules[0] = (struct ike_rule){.reqid = 16, .mm = mm, .qm = qm,
	    .sel = {.local = server ? one : all, .remote = server ? all : one}};
	ike_command(ike, now, &c);
}

static struct many *many_new(void)
{
	struct many *m = xcalloc(1, sizeof *m);
	struct ike_env env;

	m->seed = 77;
	m->crypto = sim_crypto(&m->seed);
	m->now = (struct mono){1000};
	m->spi = 0x1000;
	env = (struct ike_env){&m->crypto, NULL, NULL};
	m->server = ike_new(&env);
	m->client = ike_new(&env);
	many_profile(m->server, m->now, true);
	many_profile(m->client, m->now, false);
	return m;
}

static void many_free(struct many *m)
{
	ike_free(m->server);
	ike_free(m->client);
	free(m);
}

static void many_acquire(struct many *m, uint32_t i)
{
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.reqid = 16;
	c.u.acquire.local = (struct ip){IP_V4, {10, 1, (uint8_t)(i >> 8), (uint8_t)i}};
	c.u.acquire.remote = server_ip;
	c.u.acquire.sel = (struct ike_selector){.local = {c.u.acquire.local, 32}, .remote = {server_ip, 32}};
	ike_command(m->client, m->now, &c);
}

static void many_run(struct many *m, struct dur d)
{
	struct mono end = mono_add(m->now, d), t;

	while ((t = mono_min(ike_deadline(m->server), ike_deadline(m->client))).ms <= end.ms) {
		m->now = mono_before(m->now, t) ? t : m->now;
		ike_tick(m->server, m->now);
		ike_tick(m->client, m->now);
		many_drain(m);
	}
	m->now = end;
}

static uint64_t quick_modes(struct ike *ike)
{
	struct ike_stats s;

	ike_get_stats(ike, &s);
	return s.ike[IKE_STAT_QUICK_MODES];
}

static void ten_thousand_peers(void)
{
	enum { PEERS = 10000 };
	struct many *m = many_new();
	size_t before = heap_bytes();
	double t = cpu_ms(), first, last;
	uint32_t i;

	for (i = 0; i < 1000; i++, many_drain(m))
		many_acquire(m, i);
	first = cpu_ms() - t;
	for (; i < PEERS - 1000; i++, many_drain(m))
		many_acquire(m, i);
	t = cpu_ms();
	for (; i < PEERS; i++, many_drain(m))
		many_acquire(m, i);
	last = cpu_ms() - t;
	is_int(quick_modes(m->server), PEERS);
	many_run(m, DUR_S(120));
	printf("# %u bytes a peer, established, one end\n", (unsigned)((heap_bytes() - before) / (2 * PEERS)));
	printf("# without cryptography: %.0f us a peer among the first thousand, %.0f us among the last, both ends\n", first, last);
	ok((heap_bytes() - before) / (2 * PEERS) < 6 * 1024);
	ok(last < 4 * first);
	many_free(m);
}

/* All at once, as after a power cut. */
static void a_burst_of_a_thousand(void)
{
	struct many *m = many_new();

	for (uint32_t i = 0; i < 1000; i++)
		many_acquire(m, i);
	many_drain(m);
	is_int(quick_modes(m->server), 1000);
	printf("# %u datagrams\n", m->sent);
	ok(m->sent <= 1000 * (10 + 2)); /* ten each, and a cookie and its answer for those above the threshold */
	many_free(m);
}

static const struct tap_case cases[] = {
    {"a flood of 100,000 first messages: bounded memory, and others go on", a_flood_is_bounded_and_stalls_nobody},
    {"one address gets its share of half-open main modes only", one_address_gets_its_share_only},
    {"who pretends to be a peer does not shut it out", a_made_up_address_shuts_nobody_out},
    {"aggressive mode, IKEv2 and unknown cookies are counted, not answered", aggressive_mode_is_not_answered},
    {"a recorded quick mode makes nothing", a_recorded_quick_mode_makes_nothing},
    {"old messages and rubbish do no harm", old_messages_and_rubbish_do_no_harm},
    {"ten thousand peers cost 6 KB each at most, and no more time than one thousand", ten_thousand_peers},
    {"a burst of a thousand peers needs no retransmission", a_burst_of_a_thousand},
};
TAP_MAIN(cases)
