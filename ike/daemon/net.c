#include "ike/daemon/net.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/daemon/client.h"
#include "ike/daemon/event.h"
#include "ike/daemon/link.h"
#include "ike/daemon/listing.h"
#include "ike/daemon/trace.h"

#include "common/base/banned.h"

enum {
	TURN_DATAGRAMS = 16, /* a main mode message costs up to milliseconds; deadlines and the enforcer come between */
	TURN_MESSAGES = 256,
	QUIET_MS = 20,       /* then there is time for work ahead: nobody's answer is just on its way */
	GOODBYE_MS = 500,    /* for what the enforcer has not read yet */
};

/* What the loop waits for: the sockets, then these. */
enum { FROM_PARENT = UDP_SOCKETS, FROM_KEYS, FROM_POLICY, FROM_KERNEL, POLLED };

struct net {
	struct ike *ike;
	const struct crypto *crypto;
	int udp[UDP_SOCKETS];
	struct inbox inbox;
	size_t turn;
	struct chan parent, keys;
	struct client client;
	struct trace trace;
	struct event_limit limit;
	uint64_t send_failures;
	bool stopping;
	struct mono stop_at;
	struct pollfd polled[POLLED]; /* what came, of the turn */
	bool quiet;                   /* nothing did */
	struct ikc_msg in, out; /* room: a message is large */
};

/* All processes of the host share this clock, so the kernel's times can be compared. */
static struct mono clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

static void take_line(void *ctx, enum log_level level, bool trace, const char *line)
{
	struct net *n = ctx;
	struct timespec ts;

	if (!trace) {
		log_line(level, "%s", line);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	trace_put(&n->trace, ts, line);
}

/* --- actions ---------------------------------------------------------------------------------------------------- */

static void no_answer(struct net *n, struct mono now, uint32_t op)
{
	const struct ike_result failed = {.ok = false};

	if (op)
		ike_done(n->ike, now, op, &failed);
}

static bool put_link(struct chan *to, const struct link_msg *m)
{
	uint8_t bytes[LINK_MSG_MAX];

	return chan_send(to, bytes, link_encode(m, bytes)) == 0;
}

/* The enforcer is gone: what was asked has failed, and *parent* is to find the next one. */
static void lose_enforcer(struct net *n, struct mono now)
{
	uint32_t op;

	client_disconnect(&n->client);
	while ((op = client_failed(&n->client)) != 0)
		no_answer(n, now, op);
	put_link(&n->parent, &(struct link_msg){.type = LINK_LOST}); /* one that is gone is seen by its own socket */
}

static void do_send(struct net *n, struct mono now, const struct ike_action *a)
{
	(void)now;
	n->send_failures += !udp_send(n->udp, &a->u.send);
}

static void do_psk_prf(struct net *n, struct mono now, const struct ike_action *a)
{
	struct link_msg m = {.type = LINK_PRF, .seq = a->op};
	struct span nonces = a->u.psk.nonces;
	uint32_t op = a->op;

	m.u.prf.secret = a->u.psk.secret;
	m.u.prf.hash = a->u.psk.hash;
	m.u.prf.n = (uint16_t)nonces.n;
	if (nonces.n <= sizeof m.u.prf.nonces)
		memcpy(m.u.prf.nonces, nonces.p, nonces.n);
	if (nonces.n > sizeof m.u.prf.nonces || !put_link(&n->keys, &m))
		no_answer(n, now, op);
}

static void do_enforcer(struct net *n, struct mono now, const struct ike_action *a)
{
	bool connected = client_connected(&n->client);
	uint32_t op = a->op;

	if (client_do(&n->client, a))
		return;
	no_answer(n, now, op); /* `a` is not valid from here on */
	if (connected)
		lose_enforcer(n, now);
}

static void do_event(struct net *n, struct mono now, const struct ike_action *a)
{
	struct ike_event_text t;
	uint32_t missed;
	bool tell = event_may_tell(&n->limit, &a->u.event, now, &missed);

	if (missed)
		log_line(LOG_L_WARNING, "%u more negotiations failed in the last seconds", missed);
	if (tell) {
		ike_event_text_make(&a->u.event, &t);
		log_event(t.level, t.id, t.text, t.f, t.n);
		ike_event_text_free(&t);
	}
	do_enforcer(n, now, a);
}

/* Actions that are not here are the enforcer's. */
static void (*const doers[])(struct net *n, struct mono now, const struct ike_action *a) = {
    [IKE_DO_SEND] = do_send, [IKE_DO_PSK_PRF] = do_psk_prf, [IKE_DO_EVENT] = do_event};

static void do_actions(struct net *n, struct mono now)
{
	struct ike_action a;

	while (ike_next_action(n->ike, &a)) {
		if ((size_t)a.kind < N_OF(doers) && doers[a.kind])
			doers[a.kind](n, now, &a);
		else
			do_enforcer(n, now, &a);
	}
}

/* --- messages of the enforcer ------------------------------------------------------------------------------------- */

static void stop(struct net *n, struct mono now)
{
	if (n->stopping)
		return;
	n->stopping = true;
	n->stop_at = mono_add(now, DUR_MS(GOODBYE_MS));
	ike_command(n->ike, now, &(struct ike_cmd){.kind = IKE_CMD_SHUTDOWN});
}

static int on_profile(struct net *n, struct mono now, struct err *e)
{
	struct ike_profile *p = NULL;
	int rc = ikc_assemble(&n->client.assembly, &n->in, &p, e);

	if (rc <= 0)
		return rc;
	n->out = (struct ikc_msg){.type = IKC_PROFILE_DONE, .seq = n->in.seq, .u.generation = p->generation};
	log_line(LOG_L_INFO, "policy %llu is in force, %zu rules negotiate", (unsigned long long)p->generation, p->nrules);
	ike_command(n->ike, now, &(struct ike_cmd){.kind = IKE_CMD_PROFILE, .u.profile = p});
	return client_tell(&n->client, &n->out) ? 0 : err_set(e, IKE_ENFORCER_GONE);
}

static int on_command(struct net *n, struct mono now, struct err *e)
{
	(void)e;
	ike_command(n->ike, now, &n->in.u.cmd);
	return 0;
}

static int on_result(struct net *n, struct mono now, struct err *e)
{
	struct ike_result r;

	(void)e;
	if (client_answer(&n->client, &n->in, &r))
		ike_done(n->ike, now, n->in.seq, &r);
	return 0;
}

static int on_logging(struct net *n, struct mono now, struct err *e)
{
	(void)e;
	ike_command(n->ike, now, &(struct ike_cmd){.kind = IKE_CMD_LOGGING, .u.trace = n->in.u.logging});
	return 0;
}

static int on_shutdown(struct net *n, struct mono now, struct err *e)
{
	(void)e;
	stop(n, now);
	return 0;
}

static int on_list(struct net *n, struct mono now, struct err *e)
{
	(void)now;
	listing_page(n->ike, &n->in.u.list, n->in.seq, &n->out);
	return client_tell(&n->client, &n->out) ? 0 : err_set(e, IKE_ENFORCER_GONE);
}

static int on_count(struct net *n, struct mono now, struct err *e)
{
	const struct listing_own own = {.active_receive = n->inbox.n, .receive_failures = n->inbox.failures,
	    .send_failures = n->send_failures, .receive_heap = UDP_SLOTS};

	(void)now;
	listing_counts(n->ike, &own, n->in.seq, &n->out);
	return client_tell(&n->client, &n->out) ? 0 : err_set(e, IKE_ENFORCER_GONE);
}

static const struct {
	uint16_t type;
	int (*run)(struct net *n, struct mono now, struct err *e);
} on_message[] = {
    {IKC_PROFILE_BEGIN, on_profile}, {IKC_MM_POLICY, on_profile}, {IKC_QM_POLICY, on_profile},
    {IKC_RULES, on_profile}, {IKC_PROFILE_END, on_profile}, {IKC_DELETE, on_command}, {IKC_SHUTDOWN, on_shutdown},
    {IKC_LOGGING, on_logging}, {IKC_LIST, on_list}, {IKC_COUNT, on_count}, {IKC_ACQUIRE, on_command},
    {IKC_EXPIRE, on_command}, {IKC_MAPPING, on_command}, {IKC_BAD_SPI, on_command}, {IKC_RESULT, on_result},
};

static int take_message(struct net *n, struct mono now, struct err *e)
{
	for (size_t i = 0; i < N_OF(on_message); i++)
		if (on_message[i].type == n->in.type)
			return on_message[i].run(n, now, e);
	return err_set(e, BUG, "a message of the enforcer that nobody takes");
}

static void read_enforcer(struct net *n, struct mono now)
{
	struct err e = {0};
	int rc = 0;

	for (int i = 0; i < TURN_MESSAGES && client_connected(&n->client); i++) {
		rc = client_read(&n->client, &n->in, &e);
		if (rc == 0)
			return;
		if (rc > 0)
			rc = take_message(n, now, &e);
		if (rc < 0) {
			log_line(LOG_L_WARNING, "%s; associations stay, new ones wait for it", e.text);
			lose_enforcer(n, now);
		}
		do_actions(n, now);
	}
}

/* --- messages of our own processes ---------------------------------------------------------------------------------- */

/* 1: there is one in *m. */
static int read_link(struct chan *c, enum link_party from, int *fds, struct link_msg *m, struct err *e)
{
	uint8_t bytes[LINK_MSG_MAX];
	ssize_t n = fds ? chan_recv_fds(c, bytes, sizeof bytes, fds) : chan_recv(c, bytes, sizeof bytes);
	int rc;

	if (n == 0)
		return 0;
	if (n < 0)
		return err_set(e, IKE_CHILD_ENDED, from == LINK_KEYS ? "keys" : "parent");
	rc = link_decode(bytes, (size_t)n, from, LINK_NET, m, e);
	secret_wipe(bytes, (size_t)n);
	return rc == 0 ? 1 : -1;
}

static int read_keys(struct net *n, struct mono now, struct err *e)
{
	struct link_msg m;
	struct ike_result r;
	int rc;

	while ((rc = read_link(&n->keys, LINK_KEYS, NULL, &m, e)) > 0) {
		r = (struct ike_result){.ok = m.u.skeyid.ok};
		r.u.skeyid = m.u.skeyid.skeyid;
		ike_done(n->ike, now, m.seq, &r);
		secret_clear(&r.u.skeyid);
		secret_wipe(&m, sizeof m);
		do_actions(n, now);
	}
	return rc;
}

static int take_enforcer(struct net *n, struct mono now, const int fds[CHAN_FDS_MAX], struct err *e)
{
	if (fds[0] < 0)
		return err_set(e, LINK_BAD, "descriptors are missing");
	if (client_connect(&n->client, fds[0], fds[1]))
		log_line(LOG_L_INFO, "connected to the enforcer");
	else
		lose_enforcer(n, now);
	return 0;
}

static int read_parent(struct net *n, struct mono now, struct err *e)
{
	int fds[CHAN_FDS_MAX], rc;
	struct link_msg m;

	while ((rc = read_link(&n->parent, LINK_PARENT, fds, &m, e)) > 0) {
		if (m.type == LINK_STOP)
			stop(n, now);
		else if (m.type == LINK_ASK)
			put_link(&n->parent, &(struct link_msg){.type = LINK_ALIVE}); /* one that is gone is seen by its own socket */
		else if (take_enforcer(n, now, fds, e) != 0)
			return -1;
		do_actions(n, now);
	}
	return rc;
}

/* --- the loop ------------------------------------------------------------------------------------------------------ */

static void take_datagrams(struct net *n, struct mono now)
{
	struct ike_dgram d;

	for (size_t i = 0; i < UDP_SOCKETS; i++) {
		size_t index = (n->turn + i) % UDP_SOCKETS; /* another one first each time, so that none starves */

		if (n->polled[index].revents)
			inbox_fill(&n->inbox, n->udp, index);
	}
	n->turn++;
	for (int i = 0; i < TURN_DATAGRAMS && inbox_next(&n->inbox, &d); i++) {
		ike_input(n->ike, now, &d);
		do_actions(n, now);
	}
}

static int wait_ms(const struct net *n)
{
	struct mono until = ike_deadline(n->ike), now = clock_now();
	int64_t left;

	if (n->inbox.n > 0)
		return 0;
	if (n->stopping)
		until = mono_min(until, n->stop_at);
	if (mono_is_never(until))
		return -1;
	left = mono_since(now, until).ms;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static short events_of(const struct chan *c)
{
	return (short)(chan_waits(c) ? POLLIN | POLLOUT : POLLIN);
}

static int wait_for_something(struct net *n, struct err *e)
{
	const struct chan *chans[] = {&n->parent, &n->keys, &n->client.policy, &n->client.kernel};
	int rc, ms = wait_ms(n);

	if (n->crypto->dh_ahead(n->crypto->ctx, true) && (ms < 0 || ms > QUIET_MS))
		ms = n->quiet ? 0 : QUIET_MS;
	for (size_t i = 0; i < UDP_SOCKETS; i++)
		n->polled[i] = (struct pollfd){.fd = n->udp[i], .events = POLLIN};
	for (size_t i = 0; i < N_OF(chans); i++)
		n->polled[FROM_PARENT + i] = (struct pollfd){.fd = chans[i]->fd, .events = events_of(chans[i])};
	rc = poll(n->polled, POLLED, ms);
	if (rc < 0 && errno != EINTR)
		return err_set_errno(e, errno, SYS, "poll");
	for (size_t i = 0; rc < 0 && i < POLLED; i++)
		n->polled[i].revents = 0;
	n->quiet = rc == 0;
	return 0;
}

/* Has all been said that was to be said? */
static bool has_stopped(const struct net *n, struct mono now)
{
	bool waits = chan_waits(&n->client.kernel) || chan_waits(&n->client.policy);

	return n->stopping && (!waits || mono_reached(n->stop_at, now));
}

int net_step(struct net *n, struct err *e)
{
	struct mono now;

	if (wait_for_something(n, e) != 0)
		return -1;
	now = clock_now();
	if ((n->polled[FROM_PARENT].revents && read_parent(n, now, e) < 0) ||
	    (n->polled[FROM_KEYS].revents && read_keys(n, now, e) < 0))
		return -1;
	if (n->polled[FROM_POLICY].revents || n->polled[FROM_KERNEL].revents)
		read_enforcer(n, now);
	take_datagrams(n, now);
	if (mono_reached(ike_deadline(n->ike), now))
		ike_tick(n->ike, now);
	do_actions(n, now);
	if (n->quiet)
		n->crypto->dh_ahead(n->crypto->ctx, false);
	if (chan_flush(&n->keys) != 0 || chan_flush(&n->parent) != 0)
		return err_set(e, IKE_CHILD_ENDED, "keys");
	if (client_connected(&n->client) && !client_flush(&n->client))
		lose_enforcer(n, now);
	return has_stopped(n, now);
}

struct net *net_open(const struct net_conf *conf)
{
	struct net *n = xcalloc(1, sizeof *n);
	const struct ike_env env = {.crypto = conf->crypto, .log = take_line, .log_ctx = n};

	n->crypto = conf->crypto;
	memcpy(n->udp, conf->udp, sizeof n->udp);
	inbox_init(&n->inbox);
	chan_init(&n->parent, conf->parent);
	chan_init(&n->keys, conf->keys);
	client_init(&n->client);
	trace_init(&n->trace, conf->trace);
	n->ike = ike_new(&env);
	put_link(&n->parent, &(struct link_msg){.type = LINK_LOST});
	return n;
}

void net_close(struct net *n)
{
	if (!n)
		return;
	ike_free(n->ike);
	client_free(&n->client);
	chan_close(&n->parent);
	chan_close(&n->keys);
	inbox_free(&n->inbox);
	for (size_t i = 0; i < UDP_SOCKETS; i++)
		if (n->udp[i] >= 0)
			close(n->udp[i]);
	if (n->trace.fd >= 0)
		close(n->trace.fd);
	free(n);
}
