/*
 * Many peers in one process, for the benchmark: our engine opens main mode and quick mode with REMOTE from COUNT addresses, the
 * first of which is FIRST, at most WINDOW of them at a time. Its kernel takes everything. All responders get the same
 * messages that way, whoever wrote them.
 *
 *	ike_initiator FIRST COUNT WINDOW REMOTE KEY [WORD...]
 *
 * WORDs are those of ike_words.h. At the end a line: done N failed N repeated N us N (repeated: datagrams that were sent
 * once more; us: wall time of all). Status 0: all were done.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/wr.h"
#include "ike/daemon/udp.h"
#include "ike/engine/engine.h"
#include "ike/engine/keymat.h"
#include "tests/netns/ike_words.h"

#include "common/base/banned.h"

enum { REQID = 0x49500001, SEEN = 1 << 20 };

struct load {
	struct ike *ike;
	struct crypto *crypto;
	int fds[UDP_SOCKETS];
	struct inbox inbox;
	struct ip first, remote;
	const char *key;
	uint32_t count, window, begun, done, failed, repeated, spi;
	uint64_t seen[SEEN]; /* digests of what was sent */
};

static struct mono now_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

static void quiet(void *ctx, enum log_level level, bool trace, const char *line)
{
	(void)ctx, (void)level, (void)trace, (void)line;
}

/* FNV-1a; nobody attacks us here. */
static uint64_t digest(const struct ike_dgram *d)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof d->local.ip.b; i++)
		h = (h ^ d->local.ip.b[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < d->bytes.n; i++)
		h = (h ^ d->bytes.p[i]) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

static void send_one(struct load *l, const struct ike_dgram *d)
{
	uint64_t h = digest(d);
	size_t i = h % SEEN;

	while (l->seen[i] && l->seen[i] != h)
		i = (i + 1) % SEEN;
	l->repeated += l->seen[i] == h;
	l->seen[i] = h;
	udp_send(l->fds, d);
}

static void carry_out(struct load *l, const struct ike_action *a)
{
	struct ike_result r = {.ok = true};
	uint32_t op = a->op;

	switch (a->kind) {
	case IKE_DO_SEND:
		send_one(l, &a->u.send);
		break;
	case IKE_DO_GET_SPI:
		r.u.spi = l->spi++;
		break;
	case IKE_DO_PSK_PRF:
		r.ok = ike_skeyid_psk(l->crypto, (enum crypto_hash)a->u.psk.hash, span_of(l->key, strlen(l->key)), a->u.psk.nonces, &r.u.skeyid) == 0;
		break;
	case IKE_DO_SA_QUERY:
	case IKE_DO_SOFT_QUERY:
		r.u.usage.last_use = now_mono();
		break;
	case IKE_DO_ACQUIRE_DONE:
		*(a->u.acquire.why == IKE_OK ? &l->done : &l->failed) += 1;
		break;
	case IKE_DO_SA_ADD:
	case IKE_DO_SA_DEL:
	case IKE_DO_SA_MOVE:
	case IKE_DO_SOFT_ADD:
	case IKE_DO_SOFT_DEL:
	case IKE_DO_EVENT:
		break;
	}
	if (op)
		ike_done(l->ike, now_mono(), op, &r);
}

static void drain(struct load *l)
{
	struct ike_action a;

	while (ike_next_action(l->ike, &a))
		carry_out(l, &a);
}

static struct ip address_of(const struct load *l, uint32_t n)
{
	struct ip ip = l->first;
	struct rd r = rd_of(span_of(ip.b, 4));
	struct wr w = wr_of(ip.b, 4);
	uint32_t first = rd_u32(&r);

	wr_u32(&w, first + n);
	return ip;
}

static void begin(struct load *l)
{
	uint32_t n = l->begun++;
	struct ip local = address_of(l, n);
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = n + 1;
	c.u.acquire.reqid = REQID;
	c.u.acquire.local = local;
	c.u.acquire.remote = l->remote;
	c.u.acquire.sel = (struct ike_selector){{local, 32}, {l->remote, 32}, 6, 4711, 23};
	ike_command(l->ike, now_mono(), &c);
	drain(l);
}

static void wait_and_read(struct load *l)
{
	struct mono until = ike_deadline(l->ike), now = now_mono();
	struct pollfd p[UDP_SOCKETS];
	struct ike_dgram d;
	int64_t ms = mono_is_never(until) ? 1000 : mono_since(now, until).ms;

	for (size_t i = 0; i < UDP_SOCKETS; i++)
		p[i] = (struct pollfd){l->fds[i], POLLIN, 0};
	poll(p, UDP_SOCKETS, ms < 0 ? 0 : ms > 1000 ? 1000 : (int)ms);
	for (size_t i = 0; i < UDP_SOCKETS; i++)
		if (p[i].revents)
			inbox_fill(&l->inbox, l->fds, i);
	while (inbox_next(&l->inbox, &d)) {
		ike_input(l->ike, now_mono(), &d);
		drain(l);
	}
	ike_tick(l->ike, now_mono());
	drain(l);
}

static void run(struct load *l)
{
	while (l->done + l->failed < l->count) {
		while (l->begun < l->count && l->begun - l->done - l->failed < l->window)
			begin(l);
		wait_and_read(l);
	}
}

static bool set_up(struct load *l, int argc, char **argv)
{
	struct ike_words w = ike_words_default();
	struct ike_cmd c = {.kind = IKE_CMD_PROFILE};
	const struct guid secret = {{1}};
	struct ip_prefix any, to;
	struct ike_env env = {.log = quiet};
	struct err e = {0};

	if (argc < 6 || !ip_parse(argv[1], &l->first) || !ip_parse(argv[4], &l->remote) || udp_open_all(l->fds, &e) != 0)
		return false;
	l->count = (uint32_t)strtoul(argv[2], NULL, 10);
	l->window = (uint32_t)strtoul(argv[3], NULL, 10);
	l->key = argv[5];
	l->spi = 0x1000;
	for (int i = 6; i < argc; i++)
		if (!ike_words_take(&w, argv[i]))
			return false;
	any = (struct ip_prefix){l->first, 8};
	to = (struct ip_prefix){l->remote, 32};
	env.crypto = l->crypto = crypto_openssl_new();
	l->ike = ike_new(&env);
	inbox_init(&l->inbox);
	c.u.profile = ike_words_profile(&w, &any, &to, &secret, REQID);
	ike_command(l->ike, now_mono(), &c);
	drain(l);
	return true;
}

int main(int argc, char **argv)
{
	static struct load l;
	struct timespec from, to;

	if (!set_up(&l, argc, argv))
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &from);
	run(&l);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("done %u failed %u repeated %u us %lld\n", l.done, l.failed, l.repeated,
	    (long long)(to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000);
	return l.failed == 0 ? 0 : 1;
}
