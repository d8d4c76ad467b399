/* Clock, network and hosts of the simulator; see sim.h. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/sim/private.h"

#include "common/base/banned.h"

enum { DELAY_MS = 10, LATE_MS = 3000, NATT = 4500 };

static const char *const names[SIM_HOSTS] = {"andy", "betty", "carol"};

void sim_complain(struct sim *sim, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	buf_printf(&sim->trouble, "%.3f: %s\n", (double)sim->now.ms / 1000, line);
	buf_printf(&sim->ladder, "%9.3f  !!! %s\n", (double)sim->now.ms / 1000, line);
}

bool sim_ok(struct sim *sim)
{
	if (!sim->trouble.len)
		return true;
	printf("# seed %llu\n", (unsigned long long)sim->began);
	for (char *l = sim->ladder.data, *e; l && *l; l = e) {
		e = strchr(l, '\n');
		*e++ = '\0';
		printf("# %s\n", l);
	}
	buf_clear(&sim->ladder);
	buf_clear(&sim->trouble);
	return false;
}

static uint32_t chance(struct sim *sim)
{
	uint32_t r;

	sim->crypto.random(sim->crypto.ctx, &r, sizeof r);
	return r % 1000;
}

/* --- the network -------------------------------------------------------------------------------------------------- */

static const struct ip nat_ip = {IP_V4, {192, 0, 2, 9}};

const struct ip *sim_seen_ip(const struct sim *sim, size_t host, size_t by)
{
	return sim->net.nat && host == ANDY && by != ANDY ? &nat_ip : &sim->hosts[host].ip;
}

struct ike_end sim_seen_end(const struct sim *sim, size_t host, size_t by)
{
	bool behind = sim->net.nat && host == ANDY && by != ANDY;

	return (struct ike_end){*sim_seen_ip(sim, host, by), (uint16_t)(NATT + (behind ? sim->net.nat_base : 0))};
}

/* Addresses as the receiver sees them; which host it is. */
static size_t route(const struct sim *sim, struct ike_dgram *d, size_t from)
{
	if (sim->net.nat && from == ANDY) {
		d->local.ip = nat_ip;
		d->local.port = (uint16_t)(d->local.port + sim->net.nat_base);
	}
	if (sim->net.nat && ip_eq(&d->remote.ip, &nat_ip)) {
		d->remote.ip = sim->hosts[ANDY].ip;
		d->remote.port = (uint16_t)(d->remote.port - sim->net.nat_base);
	}
	for (size_t i = 0; i < sim->nhosts; i++) {
		if (ip_eq(&sim->hosts[i].ip, &d->remote.ip))
			return i;
	}
	return SIM_HOSTS;
}

static struct sim_flight *flight_add(struct sim *sim, struct mono at)
{
	GROW(sim->flights, sim->nflights, sim->cap);
	sim->flights[sim->nflights] = (struct sim_flight){.at = at};
	return &sim->flights[sim->nflights++];
}

static void flight_remove(struct sim *sim, struct sim_flight *f)
{
	size_t i = (size_t)(f - sim->flights);

	memmove(f, f + 1, (sim->nflights - i - 1) * sizeof *f);
	sim->nflights--;
}

/* Vendor ids are not authenticated, so a changed one is a peer that does not have it. */
static void hide(const struct sim *sim, uint8_t *bytes, size_t n)
{
	for (unsigned v = 1; v < IKE_VENDORS; v++) {
		struct span id = ike_vendor_bytes((enum ike_vendor)v);
		uint8_t *at = sim->net.hide & 1u << v ? memmem(bytes, n, id.p, id.n) : NULL;

		if (at)
			at[5] ^= 0xFF;
	}
}

static void say_cluster(uint8_t *bytes, size_t n)
{
	struct span fragmentation = ike_vendor_bytes(IKE_V_FRAGMENTATION), nlbs = ike_vendor_bytes(IKE_V_NLBS);
	uint8_t *at = memmem(bytes, n, fragmentation.p, fragmentation.n);

	if (at)
		memcpy(at, nlbs.p, nlbs.n); /* of the same length */
}

static void fly(struct sim *sim, const struct ike_dgram *d, size_t to, uint32_t delay, uint32_t corrupt)
{
	struct sim_flight *f = flight_add(sim, mono_add(sim->now, DUR_MS(DELAY_MS + delay)));

	f->to = to;
	f->d = *d;
	f->d.local = d->remote; /* of the receiver */
	f->d.remote = d->local;
	f->bytes = xcalloc(1, d->bytes.n + 1);
	memcpy(f->bytes, d->bytes.p, d->bytes.n);
	if (corrupt && d->bytes.n)
		f->bytes[(corrupt - 1) % d->bytes.n] ^= 0x40;
	f->d.bytes = span_of(f->bytes, d->bytes.n);
	hide(sim, f->bytes, d->bytes.n);
	if (sim->net.clusters & 1u << to)
		say_cluster(f->bytes, d->bytes.n);
}

static struct sim_fate fate_of(struct sim *sim, const struct ike_dgram *d)
{
	struct sim_net *net = &sim->net;
	struct sim_fate f = {.drop = false};

	if (net->fate)
		f = net->fate(sim, sim->nsent, d);
	f.drop = f.drop || chance(sim) < net->drop || (net->most_bytes && d->bytes.n > net->most_bytes);
	f.twice = f.twice || chance(sim) < net->twice;
	f.delay_ms += chance(sim) < net->late ? 50 + chance(sim) : 0;
	f.corrupt = f.corrupt ? f.corrupt : chance(sim) < net->noise ? 1 + chance(sim) : 0;
	return f;
}

static void one_datagram(struct sim *sim, struct ike_dgram *d, size_t from)
{
	struct sim_fate f = fate_of(sim, d);
	size_t n = sim->nsent++, to;

	buf_printf(&sim->ladder, "%9.3f  %3zu %s %s%s%s%s%s %zu bytes\n", (double)sim->now.ms / 1000, n, names[from],
	    sim_message_name(sim, d, from), f.drop ? " LOST" : "", f.twice ? " TWICE" : "", f.delay_ms ? " LATE" : "",
	    f.corrupt ? " CORRUPT" : "", d->bytes.n);
	sim->bytes_sent += d->bytes.n;
	to = route(sim, d, from);
	if (f.drop || to == SIM_HOSTS)
		return;
	fly(sim, d, to, f.delay_ms, f.corrupt);
	if (f.twice)
		fly(sim, d, to, f.delay_ms + 1, 0);
}

/* As a peer that sends all messages with an ID payload in fragments (semantics §5.4). */
static void in_fragments(struct sim *sim, const struct ike_dgram *d, size_t from)
{
	enum { ROOM = 80 };
	size_t n = ike_frag_count(d->bytes.n, ROOM);
	uint16_t id = (uint16_t)(sim->nsent + 1);

	for (size_t i = n; i >= 1; i--) { /* the last one first */
		uint8_t block[ROOM];
		struct wr w = wr_of(block, sizeof block);
		struct ike_dgram part = *d;

		if (ike_frag_encode(d->bytes, id, ROOM, (uint8_t)i, &w))
			sim_complain(sim, "a fragment cannot be made");
		part.bytes = wr_done(&w);
		one_datagram(sim, &part, from);
	}
}

static void transmit(struct sim *sim, size_t from, const struct ike_dgram *sent)
{
	enum { EXCHANGE_AT = 18, FLAGS_AT = 19 };
	struct ike_dgram d = *sent;

	if (d.keepalive) {
		sim->hosts[from].keepalives++;
		return;
	}
	if (sim->net.rewrite)
		d.bytes = sim->net.rewrite(sim, from, &d);
	if (sim->net.refragment && d.bytes.p[FLAGS_AT] & IKE_F_ENCRYPTED && d.bytes.p[EXCHANGE_AT] == IKE_X_MAIN)
		in_fragments(sim, &d, from);
	else
		one_datagram(sim, &d, from);
}

/* --- actions ------------------------------------------------------------------------------------------------------------ */

static bool carry_out(struct sim *sim, struct sim_host *h, const struct ike_action *a, struct ike_result *r)
{
	struct sim_sa *s;
	struct span psk = span_of(h->psk, strlen(h->psk));

	switch (a->kind) {
	case IKE_DO_GET_SPI:
		r->u.spi = sad_get_spi(sim, h, a);
		return true;
	case IKE_DO_SA_ADD:
		sad_add(sim, h, a->u.sa);
		return true;
	case IKE_DO_SA_QUERY:
		s = sad_find(h, &a->u.sa_id);
		if (!s)
			return false;
		r->u.usage.bytes = s->bytes;
		r->u.usage.packets = s->packets;
		r->u.usage.last_use = s->last_use;
		return true;
	case IKE_DO_PSK_PRF:
		return ike_skeyid_psk(&sim->crypto, a->u.psk.hash, psk, a->u.psk.nonces, &r->u.skeyid) == 0;
	case IKE_DO_SOFT_ADD:
		h->nsoft++;
		return true;
	case IKE_DO_SOFT_QUERY:
		r->u.usage.last_use = MONO_NEVER;
		return true;
	default:
		return false;
	}
}

static void quiet_action(struct sim *sim, struct sim_host *h, const struct ike_action *a)
{
	struct sim_event *e;

	switch (a->kind) {
	case IKE_DO_SEND:
		transmit(sim, (size_t)(h - sim->hosts), &a->u.send);
		break;
	case IKE_DO_SA_DEL:
		sad_del(sim, h, &a->u.sa_id);
		break;
	case IKE_DO_SA_MOVE:
		h->moves++;
		sad_move(sim, h, a);
		break;
	case IKE_DO_ACQUIRE_DONE:
		h->acquired--;
		h->acquire_why = a->u.acquire.why;
		break;
	case IKE_DO_SOFT_DEL:
		h->nsoft--;
		break;
	case IKE_DO_EVENT:
		e = &h->events[h->nevents++ % SIM_EVENTS];
		*e = (struct sim_event){sim->now, a->u.event.kind, a->u.event.why, a->u.event.quick, a->u.event.at_peer,
		    a->u.event.initiator, ""};
		snprintf(e->detail, sizeof e->detail, "%s", a->u.event.detail);
		break;
	default:
		sim_complain(sim, "%s: an action of kind %d without op", h->name, a->kind);
	}
}

static void answer(struct sim *sim, struct sim_host *h, const struct ike_action *a)
{
	uint32_t n = ++h->nops;
	struct ike_result r = {.ok = false};
	struct sim_flight *f;

	if (n == h->fail_op) {
		ike_done(h->ike, sim->now, a->op, &r);
		return;
	}
	if (n == h->lost_op && a->kind == IKE_DO_GET_SPI)
		return; /* nobody would give it back but the kernel itself, after a while */
	r.ok = carry_out(sim, h, a, &r);
	if (n == h->lost_op)
		return;
	if (n != h->late_op) {
		ike_done(h->ike, sim->now, a->op, &r);
		return;
	}
	f = flight_add(sim, mono_add(sim->now, DUR_MS(LATE_MS)));
	f->answer = true;
	f->to = (size_t)(h - sim->hosts);
	f->op = a->op;
	f->r = r;
}

void sim_drain(struct sim *sim, size_t host)
{
	struct sim_host *h = &sim->hosts[host];
	struct ike_action a;

	while (ike_next_action(h->ike, &a)) {
		h->asked[a.kind]++;
		if (a.op)
			answer(sim, h, &a);
		else
			quiet_action(sim, h, &a);
	}
}

/* --- time ---------------------------------------------------------------------------------------------------------------- */

static struct sim_flight *earliest(struct sim *sim, bool messages_only)
{
	struct sim_flight *best = NULL;

	for (size_t i = 0; i < sim->nflights; i++) {
		struct sim_flight *f = &sim->flights[i];

		if (!(messages_only && f->answer) && !(sim->connected && !f->answer && !messages_only) &&
		    (!best || mono_before(f->at, best->at)))
			best = f;
	}
	return best;
}

struct sim_flight *sim_next_message(struct sim *sim)
{
	return earliest(sim, true);
}

void sim_drop(struct sim *sim, struct sim_flight *f)
{
	free(f->bytes);
	flight_remove(sim, f);
}

void sim_deliver(struct sim *sim, struct sim_flight *f)
{
	struct sim_flight mine = *f;

	flight_remove(sim, f);
	if (mine.answer)
		ike_done(sim->hosts[mine.to].ike, sim->now, mine.op, &mine.r);
	else
		ike_input(sim->hosts[mine.to].ike, sim->now, &mine.d);
	free(mine.bytes);
	sim_drain(sim, mine.to);
}

static struct mono next_moment(struct sim *sim)
{
	struct sim_flight *f = earliest(sim, false);
	struct mono t = f ? f->at : MONO_NEVER;

	for (size_t i = 0; i < sim->nhosts; i++)
		t = mono_min(t, ike_deadline(sim->hosts[i].ike));
	return t;
}

void sim_run(struct sim *sim, struct dur d)
{
	struct mono end = mono_add(sim->now, d), t;

	while ((t = next_moment(sim)).ms <= end.ms) {
		struct sim_flight *f = earliest(sim, false);

		if (mono_before(sim->now, t))
			sim->now = t;
		if (f && mono_reached(f->at, sim->now)) {
			sim_deliver(sim, f);
			continue;
		}
		for (size_t i = 0; i < sim->nhosts; i++) {
			ike_tick(sim->hosts[i].ike, sim->now);
			sim_drain(sim, i);
		}
	}
	sim->now = end;
}

/* --- hosts ------------------------------------------------------------------------------------------------------------------ */

static void log_line_of(void *ctx, enum log_level level, bool trace, const char *line)
{
	struct sim_host *h = ctx;

	(void)level;
	if (h->log.len > 1 << 20)
		buf_clear(&h->log);
	buf_printf(&h->log, "%s%s\n", trace ? "  " : "", line);
}

static void host_start(struct sim *sim, struct sim_host *h)
{
	struct ike_env env = {&sim->crypto, log_line_of, h};

	h->ike = ike_new(&env);
}

struct sim *sim_new(uint64_t seed, const struct crypto *real)
{
	struct sim *sim = xcalloc(1, sizeof *sim);

	sim->began = sim->seed = seed;
	sim->crypto = real ? *real : sim_crypto(&sim->seed);
	sim->now = (struct mono){1000000};
	sim->nhosts = SIM_HOSTS;
	for (size_t i = 0; i < SIM_HOSTS; i++) {
		struct sim_host *h = &sim->hosts[i];

		h->name = names[i];
		h->ip = (struct ip){IP_V4, {10, 0, 0, (uint8_t)(i + 1)}};
		h->psk = "a secret of two";
		host_start(sim, h);
	}
	return sim;
}

void sim_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->nhosts; i++) {
		ike_free(sim->hosts[i].ike);
		buf_free(&sim->hosts[i].log);
	}
	while (sim->nflights)
		sim_drop(sim, sim->flights);
	free(sim->flights);
	free(sim->seen);
	buf_free(&sim->ladder);
	buf_free(&sim->trouble);
	free(sim);
}

struct ike_profile *sim_make_profile(struct sim *sim, size_t host, size_t other)
{
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);
	struct ip local = sim->hosts[host].ip, remote = *sim_seen_ip(sim, other, host);

	*mm = (struct ike_mm_policy){.id = 1, .noffers = 1, .nauths = 1, .soft_life_s = 600,
	    .offers = {{CRYPTO_AES128_CBC, CRYPTO_SHA1, 2}}, .auths = {{IKE_AUTH_PSK, {{1}}}}};
	*qm = (struct ike_qm_policy){.noffers = 1,
	    .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1}}};
	p->nrules = 1;
	p->rules = arena_array(&p->arena, 4, sizeof *p->rules);
	p->rules[0] = (struct ike_rule){.reqid = 16, .rule = 1, .filter = 1, .mm = mm, .qm = qm,
	    .sel = {.local = {local, 32}, .remote = {remote, 32}}};
	return p;
}

struct ike_mm_policy *sim_mm(struct ike_profile *p)
{
	return (struct ike_mm_policy *)p->rules[0].mm;
}

struct ike_qm_policy *sim_qm(struct ike_profile *p)
{
	return (struct ike_qm_policy *)p->rules[0].qm;
}

void sim_command(struct sim *sim, size_t host, const struct ike_cmd *c)
{
	ike_command(sim->hosts[host].ike, sim->now, c);
	sim_drain(sim, host);
}

void sim_profile(struct sim *sim, size_t host, struct ike_profile *p)
{
	struct ike_cmd c = {.kind = IKE_CMD_PROFILE, .u.profile = p};

	sim_command(sim, host, &c);
}

void sim_pair(struct sim *sim)
{
	sim_profile(sim, ANDY, sim_make_profile(sim, ANDY, BETTY));
	sim_profile(sim, BETTY, sim_make_profile(sim, BETTY, ANDY));
}

void sim_acquire(struct sim *sim, size_t host, size_t other)
{
	struct sim_host *h = &sim->hosts[host];
	struct ip remote = *sim_seen_ip(sim, other, host);
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = ++h->last_acquire;
	c.u.acquire.reqid = 16;
	c.u.acquire.local = h->ip;
	c.u.acquire.remote = remote;
	c.u.acquire.sel = (struct ike_selector){.local = {h->ip, 32}, .remote = {remote, 32}, .protocol = 6,
	    .local_port = 1025, .remote_port = 23};
	h->acquired++;
	sim_command(sim, host, &c);
}

void sim_reboot(struct sim *sim, size_t host, struct ike_profile *p)
{
	struct sim_host *h = &sim->hosts[host];

	ike_free(h->ike);
	memset(h->sas, 0, sizeof h->sas);
	h->nsoft = h->acquired = 0;
	host_start(sim, h);
	if (p)
		sim_profile(sim, host, p);
}

uint64_t sim_stat(const struct sim *sim, size_t host, enum ike_stat s)
{
	struct ike_stats st;

	ike_get_stats(sim->hosts[host].ike, &st);
	return st.ike[s];
}

uint64_t sim_qstat(const struct sim *sim, size_t host, enum ike_qstat s)
{
	struct ike_stats st;

	ike_get_stats(sim->hosts[host].ike, &st);
	return st.ipsec[s];
}

const struct sim_event *sim_event(const struct sim *sim, size_t host, enum ike_event_kind kind)
{
	const struct sim_host *h = &sim->hosts[host];

	for (size_t i = h->nevents; i > 0 && h->nevents - i < SIM_EVENTS; i--) {
		if (h->events[(i - 1) % SIM_EVENTS].kind == kind)
			return &h->events[(i - 1) % SIM_EVENTS];
	}
	return NULL;
}
