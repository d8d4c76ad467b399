/* The bounds that hold before anybody is authenticated, each at it and one beyond; floods beside peers that renew their keys. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/private.h"
#include "tests/unit/ike_random.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { RCOOKIE = 8, NEXT = 16, FLAGS = 19, LENGTH = 24 };

static struct ip number(uint8_t net, uint32_t i)
{
	return (struct ip){IP_V4, {10, net, (uint8_t)(i >> 8), (uint8_t)i}};
}

/* Betty speaks with all of 10.0.0.0/8. */
static struct sim *open_to_all(uint64_t seed, void (*change)(struct ike_profile *p))
{
	struct sim *sim = sim_new(seed, NULL);
	struct ike_profile *p = sim_make_profile(sim, BETTY, ANDY);

	p->rules[0].sel.remote = (struct ip_prefix){{IP_V4, {10}}, 8};
	if (change)
		change(p);
	sim_profile(sim, BETTY, p);
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	return sim;
}

static void done(struct sim *sim)
{
	ok(sim_ok(sim));
	sim_free(sim);
}

/* --- what strangers send --------------------------------------------------------------------------------------- */

/* Main mode 1 as andy sends it. */
static uint8_t first[1024];
static size_t first_n;

static void first_message(void)
{
	struct sim *sim = open_to_all(900, NULL);
	struct sim_flight *f;

	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	f = sim_next_message(sim);
	first_n = f->d.bytes.n;
	ok(first_n <= sizeof first);
	memcpy(first, f->d.bytes.p, first_n);
	sim_free(sim);
}

/* Betty's answer to it, if there is one at once. */
struct answer {
	size_t n; /* datagrams */
	uint8_t bytes[1024];
	size_t len;
};

static struct answer hears(struct sim *sim, const struct ike_end *remote, const uint8_t *bytes, size_t n)
{
	struct ike_dgram d = {.local = {sim->hosts[BETTY].ip, 500}, .remote = *remote, .bytes = span_of(bytes, n)};
	struct answer got = {.n = 0};
	struct ike_action a;

	ike_input(sim->hosts[BETTY].ike, sim->now, &d);
	while (ike_next_action(sim->hosts[BETTY].ike, &a)) {
		if (a.kind != IKE_DO_SEND)
			continue;
		got.n++;
		got.len = a.u.send.bytes.n < sizeof got.bytes ? a.u.send.bytes.n : 0;
		memcpy(got.bytes, a.u.send.bytes.p, got.len);
	}
	return got;
}

/* The i-th first message, with or without a cookie of betty's. */
static struct answer begins(struct sim *sim, const struct ike_end *remote, uint32_t i, const uint8_t *cookie)
{
	uint8_t m[sizeof first];

	memcpy(m, first, first_n);
	memcpy(m, &i, sizeof i);
	m[4] = 1;
	if (cookie)
		memcpy(m + RCOOKIE, cookie, IKE_COOKIE_LEN);
	return hears(sim, remote, m, first_n);
}

/* An unprotected notify whose data is a cookie; the header keeps the cookies of the question. */
static bool is_cookie(const struct answer *a, uint8_t out[IKE_COOKIE_LEN])
{
	if (a->n != 1 || a->len < IKE_HEADER_LEN + 12 + IKE_COOKIE_LEN || a->bytes[NEXT] != IKE_P_NOTIFY)
		return false;
	memcpy(out, a->bytes + a->len - IKE_COOKIE_LEN, IKE_COOKIE_LEN);
	return a->bytes[IKE_HEADER_LEN + 10] == 0x9C && a->bytes[IKE_HEADER_LEN + 11] == 0x44; /* NOTIFY_DOS_COOKIE */
}

static bool is_answer(const struct answer *a)
{
	return a->n == 1 && a->bytes[NEXT] == IKE_P_SA;
}

static bool traced(const struct sim *sim, const char *text)
{
	return strstr(buf_text(&sim->hosts[BETTY].log), text) != NULL;
}

/* --- cookies ------------------------------------------------------------------------------------------------------ */

static void ten(struct ike_profile *p)
{
	p->half_open_on = 10;
	p->half_open_off = 4;
}

static struct ike_end stranger(uint32_t i)
{
	return (struct ike_end){number(9, i), 500};
}

/* Above 10 half-open ones, and then until there are fewer than 4. */
static void cookies_are_asked_for_between_two_thresholds(void)
{
	struct sim *sim = open_to_all(1, ten);
	uint8_t cookie[IKE_COOKIE_LEN];
	struct answer a;

	for (uint32_t i = 0; i <= 10; i++) {
		struct ike_end from = stranger(i);

		a = begins(sim, &from, i, NULL);
		ok(is_answer(&a));
		sim_run(sim, DUR_S(1)); /* each ends a second after the one before */
	}
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 11);
	a = begins(sim, &(struct ike_end){number(9, 50), 500}, 50, NULL);
	ok(is_cookie(&a, cookie));
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 11); /* nothing is kept for it */
	sim_run(sim, DUR_S(PATIENCE_S - 11 + 6)); /* seven have ended */
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 4);
	a = begins(sim, &(struct ike_end){number(9, 51), 500}, 51, NULL);
	ok(is_cookie(&a, cookie));
	sim_run(sim, DUR_S(1));
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 3);
	a = begins(sim, &(struct ike_end){number(9, 52), 500}, 52, NULL);
	ok(is_answer(&a));
	done(sim);
}

static void none(struct ike_profile *p)
{
	p->half_open_on = p->half_open_off = 0;
}

/* It is for one address, port and initiator, and for 150 s and as long again at most. */
static void a_cookie_is_for_its_owner_and_its_time(void)
{
	const struct ike_end owner = stranger(1), port = {owner.ip, 501}, host = stranger(2);
	struct sim *sim = open_to_all(2, none);
	uint8_t cookie[IKE_COOKIE_LEN], other[IKE_COOKIE_LEN];
	struct answer a;

	sim->now = (struct mono){15000000}; /* the beginning of a slice of time */
	a = begins(sim, &(struct ike_end){number(8, 1), 500}, 1, NULL); /* one is half-open */
	ok(is_answer(&a));
	a = begins(sim, &owner, 7, NULL);
	ok(is_cookie(&a, cookie));
	ok(begins(sim, &port, 7, cookie).n == 0);
	ok(begins(sim, &host, 7, cookie).n == 0);
	ok(begins(sim, &owner, 8, cookie).n == 0);
	memcpy(other, cookie, sizeof other);
	other[7] ^= 1;
	ok(begins(sim, &owner, 7, other).n == 0);
	is_int(sim_stat(sim, BETTY, IKE_STAT_INVALID_COOKIES), 4);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 1);
	a = begins(sim, &owner, 7, cookie);
	ok(is_answer(&a));
	ok(memcmp(a.bytes + RCOOKIE, cookie, sizeof cookie) == 0); /* it is the responder's cookie from then on */
	/* Just in time, and a moment later. */
	a = begins(sim, &host, 9, NULL);
	ok(is_cookie(&a, cookie));
	sim_run(sim, DUR_MS(299999));
	a = begins(sim, &host, 9, cookie);
	ok(is_answer(&a));
	sim_run(sim, DUR_MS(1));
	ok(begins(sim, &host, 10, cookie).n == 0);
	a = begins(sim, &(struct ike_end){number(9, 3), 500}, 11, NULL);
	ok(is_cookie(&a, cookie));
	sim_run(sim, DUR_S(300));
	ok(begins(sim, &(struct ike_end){number(9, 3), 500}, 11, cookie).n == 0);
	done(sim);
}

/* Whoever has a cookie may be many: four times as many as the threshold, and none more. */
static void beyond_all_thresholds_nobody_comes_in(void)
{
	struct sim *sim = open_to_all(3, ten);
	uint8_t cookie[IKE_COOKIE_LEN];

	sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
	sim_run(sim, DUR_S(2));
	for (uint32_t i = 0; i < 100; i++) {
		struct ike_end from = stranger(i);
		struct answer a = begins(sim, &from, i, NULL);

		if (is_cookie(&a, cookie))
			begins(sim, &from, i, cookie);
	}
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), MM_HALF_OPEN_FACTOR * (10 + 1));
	ok(traced(sim, "MM_LIMIT: too many main modes half-open"));
	done(sim);
}

/* 35 of one address: half of them without a cookie, the rest with. */
static void one_address_has_so_many_and_none_more(void)
{
	const struct ike_end from = stranger(1);
	struct sim *sim = open_to_all(4, NULL);
	uint8_t cookie[IKE_COOKIE_LEN];
	uint32_t cookies = 0;

	for (uint32_t i = 0; i < 60; i++) {
		struct answer a = begins(sim, &from, i, NULL);

		if (!is_cookie(&a, cookie))
			continue;
		cookies++;
		a = begins(sim, &from, i, cookie);
		ok(is_answer(&a) == (i < 35));
	}
	is_int(cookies, 60 - 18);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 35);
	done(sim);
}

static void one_quick_mode_each(struct ike_profile *p) { sim_mm(p)->qm_limit = 1; }

/* Main modes that are up count as well: who knows the key gets no more than 512. */
static void one_peer_has_so_many_main_modes(void)
{
	struct sim *sim = sim_new(5, NULL);

	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		one_quick_mode_each(p);
		p->idle_s = 0;
		sim_profile(sim, h, p);
	}
	for (size_t i = 0; i < PEER_MMS_MAX; i++) {
		sim_acquire(sim, ANDY, BETTY);
		sim_run(sim, DUR_MS(200));
	}
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), PEER_MMS_MAX);
	sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), PEER_MMS_MAX);
	ok(traced(sim, "MM_LIMIT: too many main modes with this peer"));
	sim_run(sim, DUR_S(70));
	is_int(sim_stat(sim, BETTY, IKE_STAT_MAIN_MODES), PEER_MMS_MAX);
	ok(sim->hosts[ANDY].acquire_why == IKE_FAIL_DROP_NO_RESPONSE);
	done(sim);
}

/* Of as many rules as there are ports. */
static struct ike_profile *many_ports(struct sim *sim, size_t host, uint16_t n)
{
	struct ike_profile *p = sim_make_profile(sim, host, host == ANDY ? BETTY : ANDY);
	const struct ike_rule first_rule = p->rules[0];

	p->rules = arena_array(&p->arena, n, sizeof *p->rules);
	p->nrules = n;
	for (uint16_t i = 0; i < n; i++) {
		p->rules[i] = first_rule;
		p->rules[i].reqid = 16u + i;
		p->rules[i].sel.protocol = 6;
		*(host == ANDY ? &p->rules[i].sel.remote_port : &p->rules[i].sel.local_port) = (uint16_t)(1000 + i);
	}
	return p;
}

/* While betty's kernel gives no SPI, a peer that begins quick mode after quick mode gets 64 of them. */
static void one_main_mode_has_so_many_quick_modes_begun(void)
{
	enum { MORE = MM_QMS_MAX + 6 };
	struct sim *sim = sim_new(6, NULL);
	struct ike *betty = sim->hosts[BETTY].ike;
	size_t spis = 0;

	for (size_t h = ANDY; h <= BETTY; h++)
		sim_profile(sim, h, many_ports(sim, h, MORE));
	for (uint32_t i = 0; i < MORE; i++) {
		struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};
		struct sim_flight *f;
		struct ike_action a;

		c.u.acquire.acquire = i + 1;
		c.u.acquire.reqid = 16 + i;
		c.u.acquire.local = sim->hosts[ANDY].ip;
		c.u.acquire.remote = sim->hosts[BETTY].ip;
		c.u.acquire.sel = (struct ike_selector){{sim->hosts[ANDY].ip, 32}, {sim->hosts[BETTY].ip, 32}, 6, 4711, (uint16_t)(1000 + i)};
		if (i == 0) { /* makes the main mode, and is done */
			sim->hosts[ANDY].acquired++;
			sim_command(sim, ANDY, &c);
			sim_run(sim, DUR_S(1));
			is_int(sim_stat(sim, BETTY, IKE_STAT_QUICK_MODES), 1);
			sim->connected = true;
			continue;
		}
		sim->hosts[ANDY].acquired++;
		sim_command(sim, ANDY, &c);
		f = sim_next_message(sim);
		ike_input(betty, sim->now, &f->d);
		sim_drop(sim, f);
		while (ike_next_action(betty, &a))
			spis += a.kind == IKE_DO_GET_SPI;
	}
	is_int(spis, MM_QMS_MAX);
	is_int(sim_stat(sim, BETTY, IKE_STAT_CONN_LIST_SIZE), 1 + MM_QMS_MAX);
	sim->connected = false;
	sim_run(sim, DUR_S(ACTION_S)); /* then they have failed, and others may come */
	is_int(sim_stat(sim, BETTY, IKE_STAT_NEGOTIATION_FAILURES), MM_QMS_MAX);
	ok(sim_ok(sim));
	sim_free(sim);
}

/* --- what a half-open main mode bears -------------------------------------------------------------------------------- */

/* Public values that are none, each of which costs a group operation. */
static void a_half_open_one_bears_so_many_wrong_messages(void)
{
	struct sim *sim = open_to_all(10, NULL);
	uint8_t m[1024];
	struct sim_flight *f;
	size_t n;

	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	sim_deliver(sim, sim_next_message(sim));
	sim_deliver(sim, sim_next_message(sim));
	f = sim_next_message(sim);
	n = f->d.bytes.n;
	memcpy(m, f->d.bytes.p, n);
	memset(m + IKE_HEADER_LEN + IKE_GENERIC_LEN, 0, 16);
	for (int i = 1; i <= BAD_MAX; i++) {
		m[n - 1] = (uint8_t)i; /* of a NAT-D payload: no repetition */
		ok(hears(sim, &(struct ike_end){sim->hosts[ANDY].ip, 500}, m, n).n == 0);
		is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), i < BAD_MAX);
	}
	done(sim);
}

/* A repeated request has its answer again, twelve times and no more: whoever replays makes no amplifier of us. */
static void an_answer_is_repeated_so_many_times(void)
{
	const struct ike_end from = stranger(1);
	struct sim *sim = open_to_all(11, NULL);
	size_t n = 0;

	for (int i = 0; i < 100; i++)
		n += begins(sim, &from, 1, NULL).n;
	is_int(n, 1 + REPEATS_MAX);
	is_int(sim_stat(sim, BETTY, IKE_STAT_ISADB_SIZE), 1);
	done(sim);
}

/* --- fragments ------------------------------------------------------------------------------------------------------------ */

static void fragment(uint8_t *m, const uint8_t *icookie, const uint8_t *rcookie, uint8_t nr, size_t n)
{
	struct wr w = wr_of(m, IKE_HEADER_LEN + 8 + n);

	wr_bytes(&w, icookie, IKE_COOKIE_LEN);
	wr_bytes(&w, rcookie, IKE_COOKIE_LEN);
	wr_u32(&w, (uint32_t)IKE_P_FRAG << 24 | IKE_VERSION << 16 | IKE_X_MAIN << 8);
	wr_u32(&w, 0);
	wr_u32(&w, (uint32_t)(IKE_HEADER_LEN + 8 + n));
	wr_u16(&w, 0);
	wr_u16(&w, (uint32_t)(8 + n));
	wr_u16(&w, 1);
	wr_u8(&w, nr);
	wr_u8(&w, 0);
	memset(m + w.n, 0x5A, n);
}

/* The i-th half-open main mode that has got as far as fragments: message 3 has come. */
struct half {
	uint8_t icookie[IKE_COOKIE_LEN], rcookie[IKE_COOKIE_LEN];
	struct ike_end from;
};

static bool opened(struct sim *sim, uint32_t i, const uint8_t *m3, size_t n3, struct half *h)
{
	uint8_t m[1024];
	struct answer a;

	h->from = stranger(i);
	a = begins(sim, &h->from, i, NULL);
	memcpy(h->icookie, a.bytes, IKE_COOKIE_LEN);
	memcpy(h->rcookie, a.bytes + RCOOKIE, IKE_COOKIE_LEN);
	memcpy(m, m3, n3);
	memcpy(m, h->icookie, IKE_COOKIE_LEN);
	memcpy(m + RCOOKIE, h->rcookie, IKE_COOKIE_LEN);
	return is_answer(&a) && hears(sim, &h->from, m, n3).n == 1;
}

/* Main mode 3 of andy's. */
static size_t third_message(uint8_t *m)
{
	struct sim *sim = open_to_all(901, NULL);
	size_t n;

	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	sim_deliver(sim, sim_next_message(sim));
	sim_deliver(sim, sim_next_message(sim));
	n = sim_next_message(sim)->d.bytes.n;
	memcpy(m, sim_next_message(sim)->d.bytes.p, n);
	sim_free(sim);
	return n;
}

static size_t heap(void)
{
	return mallinfo2().uordblks;
}

/* So many of strangers' at once, each with its bounds; all of it is gone when its time is over. */
static void reassemblies_of_strangers_are_few_and_short_lived(void)
{
	enum { MORE = REASM_MAX + 20, PIECE = 16000, N = IKE_HEADER_LEN + 8 + PIECE };
	struct sim *sim = open_to_all(20, NULL);
	struct half *h = xcalloc(MORE, sizeof *h);
	uint8_t m3[1024], *m = xcalloc(1, N);
	size_t n3 = third_message(m3), before, grown;

	for (uint32_t i = 0; i < MORE; i++)
		ok(opened(sim, i, m3, n3, &h[i]));
	before = heap();
	for (uint32_t i = 0; i < MORE; i++) {
		for (uint8_t nr = 1; nr <= 2; nr++) {
			fragment(m, h[i].icookie, h[i].rcookie, nr, PIECE);
			hears(sim, &h[i].from, m, N);
		}
		is_int(sim->hosts[BETTY].ike->reasms, i < REASM_MAX ? i + 1 : REASM_MAX);
	}
	grown = heap() - before;
	printf("# %zu KB in reassemblies\n", grown / 1024);
	ok(grown < (size_t)REASM_MAX * (IKE_FRAG_BYTES_MAX + 4096));
	sim_run(sim, DUR_S(IKE_FRAG_AGE_S));
	is_int(sim->hosts[BETTY].ike->reasms, 0);
	ok(heap() <= before);
	free(m);
	free(h);
	done(sim);
}

/* One that is up has one place of its own, for as long as a fragment may wait. */
static void what_waits_with_a_peer_is_forgotten_in_time(void)
{
	struct sim *sim = open_to_all(21, NULL);
	struct mm *mm;
	uint8_t m[200];

	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	mm = OWNER(struct mm, all, sim->hosts[BETTY].ike->mms.next);
	for (uint8_t nr = 1; nr <= 10; nr++) {
		fragment(m, mm->cookie[0], mm->cookie[1], nr, 100);
		hears(sim, &mm->path.remote, m, IKE_HEADER_LEN + 8 + 100);
	}
	is_int(sim->hosts[BETTY].ike->reasms, 1);
	sim_run(sim, DUR_MS(1000 * IKE_FRAG_AGE_S - 1));
	is_int(sim->hosts[BETTY].ike->reasms, 1);
	sim_run(sim, DUR_MS(1));
	is_int(sim->hosts[BETTY].ike->reasms, 0);
	ok(sim_packet(sim, ANDY, BETTY, 10));
	done(sim);
}

/* --- floods ------------------------------------------------------------------------------------------------------------------ */

static void ten_minutes(struct ike_profile *p) { sim_qm(p)->offers[0].life_s = 600; }

/* One of each kind of what strangers send, and what somebody sends who hears andy and betty. */
static void flood(struct sim *sim, uint32_t i, uint64_t *seed)
{
	const struct mm *mm = OWNER(struct mm, all, sim->hosts[BETTY].ike->mms.next);
	struct ike_end from = stranger(i % 60000);
	uint8_t cookies[2 * IKE_COOKIE_LEN], m[400];

	begins(sim, &from, i, NULL);
	for (size_t j = 0; j < sizeof cookies; j++)
		cookies[j] = (uint8_t)rnd(seed, 256);
	fragment(m, cookies, cookies + IKE_COOKIE_LEN, (uint8_t)(1 + i % 70), 200);
	hears(sim, &from, m, IKE_HEADER_LEN + 208);
	fragment(m, mm->cookie[0], mm->cookie[1], (uint8_t)(1 + i % 70), 200);
	hears(sim, &mm->path.remote, m, IKE_HEADER_LEN + 208);
	memcpy(m, first, first_n);
	for (int j = 0; j < 4; j++)
		m[rnd(seed, (uint32_t)first_n)] = (uint8_t)rnd(seed, 256);
	hears(sim, &from, m, first_n);
	/* Under keys, or so it seems, of main modes, quick modes and informational exchanges. */
	memcpy(m, mm->cookie, sizeof mm->cookie);
	m[NEXT] = IKE_P_HASH;
	m[NEXT + 1] = IKE_VERSION;
	m[NEXT + 2] = (uint8_t[]){IKE_X_MAIN, IKE_X_QUICK, IKE_X_INFO}[i % 3];
	m[FLAGS] = IKE_F_ENCRYPTED;
	memcpy(m + 20, &i, 4);
	memcpy(m + LENGTH, "\0\0\0\x7c", 4);
	hears(sim, &mm->path.remote, m, 0x7c);
}

static void peers_renew_their_keys_beside_a_flood(void)
{
	struct sim *sim = sim_new(30, NULL);
	struct ike_profile *p;
	size_t before, most = 0;
	uint64_t seed = 5;
	uint32_t n = 0;

	for (size_t h = ANDY; h <= BETTY; h++) {
		p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);
		ten_minutes(p);
		if (h == BETTY)
			p->rules[0].sel.remote = (struct ip_prefix){{IP_V4, {10}}, 8};
		sim_profile(sim, h, p);
	}
	sim_acquire(sim, ANDY, BETTY);
	sim_run(sim, DUR_S(1));
	before = heap();
	for (int s = 0; s < 3000; s++) {
		for (int j = 0; j < 20; j++)
			flood(sim, n++, &seed);
		ok(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
		sim_run(sim, DUR_S(1));
		most = heap() - before > most && heap() > before ? heap() - before : most;
	}
	printf("# %u datagrams of strangers, %zu KB at most\n", 5 * n, most / 1024);
	ok(most < 4 << 20);
	ok(sim_qstat(sim, ANDY, IKE_QSTAT_REKEYS) >= 5);
	is_int(sim_stat(sim, ANDY, IKE_STAT_NEGOTIATION_FAILURES), 0);
	done(sim);
}

/* --- what strangers make us say ------------------------------------------------------------------------------------------------ */

/* Of a thousand first messages in a second whose proposal we do not take, ten are answered or told of. */
static void strangers_make_no_noise(void)
{
	struct sim *sim = open_to_all(31, NULL);
	uint8_t m[sizeof first];
	size_t sent = 0, lines;

	sim_command(sim, BETTY, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = true});
	sim_run(sim, DUR_S(2));
	buf_clear(&sim->hosts[BETTY].log);
	for (uint32_t i = 0; i < 5000; i++) {
		struct ike_end from = stranger(i);
		struct ike_dgram d = {.local = {sim->hosts[BETTY].ip, 500}, .remote = from, .bytes = span_of(m, first_n)};
		struct ike_action a;

		memcpy(m, first, first_n);
		memcpy(m, &i, sizeof i);
		m[4] = 1;
		m[IKE_HEADER_LEN + 31] ^= 0x55; /* of the cipher */
		ike_input(sim->hosts[BETTY].ike, sim->now, &d);
		while (ike_next_action(sim->hosts[BETTY].ike, &a))
			sent += a.kind == IKE_DO_SEND || a.kind == IKE_DO_EVENT;
	}
	is_int(sim_stat(sim, BETTY, IKE_STAT_NEGOTIATION_FAILURES), 5000);
	is_int(sent, 10);
	lines = 0;
	for (const char *l = buf_text(&sim->hosts[BETTY].log); (l = strchr(l, '\n')) != NULL; l++)
		lines++;
	printf("# %zu lines of trace\n", lines);
	ok(lines > 100 && lines < 20000); /* a message has some lines */
	done(sim);
}

static const struct tap_case cases[] = {
    {"cookies are asked for between two thresholds", cookies_are_asked_for_between_two_thresholds},
    {"a cookie is for its owner and its time", a_cookie_is_for_its_owner_and_its_time},
    {"beyond all thresholds nobody comes in", beyond_all_thresholds_nobody_comes_in},
    {"one address has so many half-open main modes and none more", one_address_has_so_many_and_none_more},
    {"one peer has so many main modes and none more", one_peer_has_so_many_main_modes},
    {"one main mode has so many quick modes begun and none more", one_main_mode_has_so_many_quick_modes_begun},
    {"a half-open one bears so many wrong messages", a_half_open_one_bears_so_many_wrong_messages},
    {"an answer is repeated so many times", an_answer_is_repeated_so_many_times},
    {"reassemblies of strangers are few and short-lived", reassemblies_of_strangers_are_few_and_short_lived},
    {"what waits with a peer is forgotten in time", what_waits_with_a_peer_is_forgotten_in_time},
    {"peers renew their keys beside a flood", peers_renew_their_keys_beside_a_flood},
    {"strangers make no noise", strangers_make_no_noise},
};

int main(void)
{
	first_message();
	return tap_run(cases, N_OF(cases));
}
