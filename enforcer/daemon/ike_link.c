#include "enforcer/daemon/ike_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "enforcer/daemon/ike_view.h"
#include "enforcer/daemon/peer.h"

#include "common/base/banned.h"

enum {
	SMALL_BYTES = 64,   /* of a message that may wait: its fixed part and an address */
	SMALL_MAX = 2 * IKE_QUESTIONS_MAX,
	TURN_MESSAGES = 64, /* then others have their turn */
	TURN_PARTS = 64,
};

/* A question that is not answered. token 0: whoever asked has been told that no answer comes; the daemon still owes one. */
struct question {
	uint32_t seq;
	uint64_t token;
	struct mono at;
};

/* Where the handing over of a profile stands. */
enum transfer {
	TRANSFER_NONE,    /* nothing was handed over yet */
	TRANSFER_PARTS,   /* `next` of `parts` */
	TRANSFER_WHOLE,   /* all of it was sent; PROFILE_DONE is awaited */
	TRANSFER_DONE,
};

/* All of one connection; all zero but fd when there is none. */
struct connection {
	int fd;
	bool ready;      /* it said READY */
	struct mono since; /* since when it owes us something without a sign of doing it */
	uint8_t small[SMALL_MAX][SMALL_BYTES]; /* a ring of messages that wait */
	uint8_t small_n[SMALL_MAX];
	size_t first, n;
	uint32_t seq;
	enum transfer transfer;
	uint64_t number; /* of the profile under way or in force */
	uint32_t profile_seq;
	struct ike_profile *profile; /* shared; its */
	struct ikc_parts parts;
	size_t next;
	bool logging; /* as it was told */
	struct question asked[IKE_QUESTIONS_MAX];
	size_t nasked;
	struct ike_heard heard;
};

struct ike_link {
	int listener;
	struct loop *loop;
	const struct ike_link_ops *ops;
	void *ctx;
	struct connection c;
	struct ikc_msg in, out; /* room: a message is large */
	uint8_t bytes[IKC_MSG_MAX];
	bool failed; /* seen in the middle of something: disconnect at its end */
};

static struct mono now(const struct ike_link *l)
{
	return l->ops->now(l->ctx);
}

bool ike_link_connected(const struct ike_link *l)
{
	return l->c.fd >= 0;
}

/* --- the end of a connection ---------------------------------------------------------------------- */

static void drop_parts(struct ike_link *l)
{
	ikc_parts_fini(&l->c.parts);
	ike_profile_free(l->c.profile);
	l->c.profile = NULL;
}

/* Everybody who asked hears it. They may ask again at once: then nobody is connected, and they hear that. */
static void disconnect(struct ike_link *l)
{
	struct question asked[IKE_QUESTIONS_MAX];
	size_t n = l->c.nasked;
	struct err why = {0};

	memcpy(asked, l->c.asked, n * sizeof *asked);
	loop_remove(l->loop, l->c.fd);
	close(l->c.fd);
	drop_parts(l);
	l->c = (struct connection){.fd = -1};
	l->failed = false;
	err_set(&why, IKE_GONE);
	for (size_t i = 0; i < n; i++)
		if (asked[i].token)
			l->ops->answer(l->ctx, asked[i].token, NULL, &why);
}

static void fail(struct ike_link *l, const char *why)
{
	if (!l->failed)
		log_line(LOG_L_WARNING, "the connection to the IKE daemon is closed: %s", why);
	l->failed = true;
}

/* Is there something that the daemon should take or say? */
static bool owes(const struct connection *c)
{
	return !c->ready || c->n || c->transfer == TRANSFER_PARTS || c->transfer == TRANSFER_WHOLE || c->nasked;
}

/* Before it is asked for more: the time of what it has done already does not count. */
static void begin_to_owe(struct ike_link *l)
{
	if (!owes(&l->c))
		l->c.since = now(l);
}

static struct mono stuck_at(const struct ike_link *l)
{
	return owes(&l->c) ? mono_add(l->c.since, DUR_MS(IKE_STUCK_MS)) : MONO_NEVER;
}

/* --- sending -------------------------------------------------------------------------------------- */

/* 1: sent; 0: not now; -1: it is gone. */
static int send_bytes(struct ike_link *l, const uint8_t *bytes, size_t n)
{
	ssize_t sent;

	do
		sent = send(l->c.fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent == (ssize_t)n)
		return 1;
	return sent < 0 && (errno == EAGAIN || errno == ENOBUFS) ? 0 : -1;
}

/* A small message takes its place in the ring. */
static void put(struct ike_link *l, const struct ikc_msg *m)
{
	size_t at = (l->c.first + l->c.n) % SMALL_MAX, n = ikc_encode(m, l->bytes);

	begin_to_owe(l);
	if (l->c.n == SMALL_MAX || n > SMALL_BYTES) {
		fail(l, "it does not take what it is told");
		return;
	}
	memcpy(l->c.small[at], l->bytes, n);
	l->c.small_n[at] = (uint8_t)n;
	l->c.n++;
}

static int flush_small(struct ike_link *l)
{
	int rc = 1;

	while (l->c.n && (rc = send_bytes(l, l->c.small[l->c.first], l->c.small_n[l->c.first])) > 0) {
		l->c.first = (l->c.first + 1) % SMALL_MAX;
		l->c.n--;
		l->c.since = now(l);
	}
	return rc;
}

static int send_part(struct ike_link *l)
{
	size_t n;
	int rc;

	ikc_parts_get(&l->c.parts, l->c.next, &l->out);
	l->out.seq = l->c.profile_seq;
	n = ikc_encode(&l->out, l->bytes);
	rc = send_bytes(l, l->bytes, n);
	if (rc <= 0)
		return rc;
	l->c.since = now(l);
	if (++l->c.next == l->c.parts.n) {
		l->c.transfer = TRANSFER_WHOLE;
		drop_parts(l);
	}
	return 1;
}

/* --- the profile ---------------------------------------------------------------------------------- */

/* The one that is to be in force, from its beginning; what of another was sent already the other end forgets. */
static void begin_profile(struct ike_link *l)
{
	struct ike_profile *p = l->ops->profile(l->ctx);
	struct err e = {0};

	drop_parts(l);
	l->c.transfer = TRANSFER_NONE;
	begin_to_owe(l);
	l->c.number = l->ops->number(l->ctx);
	if (!p)
		return;
	l->c.profile = ike_profile_share(p);
	if (ikc_parts_init(&l->c.parts, p, &e) != 0) {
		log_line(LOG_L_ERROR, "the policy cannot be handed to the IKE daemon: %s", e.text);
		drop_parts(l);
		l->c.transfer = TRANSFER_DONE; /* until there is another */
		return;
	}
	l->c.transfer = TRANSFER_PARTS;
	l->c.next = 0;
	l->c.profile_seq = ++l->c.seq;
}

/* What the owner has changed. A profile that the other end has whole it may finish first; any other gives way. */
static void follow(struct ike_link *l)
{
	bool logging = l->ops->logging(l->ctx);

	if (!l->c.ready)
		return;
	if (logging != l->c.logging) {
		l->c.logging = logging;
		put(l, &(struct ikc_msg){.type = IKC_LOGGING, .u.logging = logging});
	}
	if (l->c.transfer == TRANSFER_NONE || (l->c.transfer != TRANSFER_WHOLE && l->ops->number(l->ctx) != l->c.number))
		begin_profile(l);
}

/* Sends as much as the other end takes, in a turn. Whoever calls disconnects when that failed. */
static void flush(struct ike_link *l)
{
	int rc;

	follow(l);
	rc = l->failed ? 0 : flush_small(l);
	for (int i = 0; rc > 0 && l->c.transfer == TRANSFER_PARTS && i < TURN_PARTS; i++)
		rc = send_part(l);
	if (rc < 0)
		fail(l, "it is gone");
	loop_write(l->loop, l->c.fd, l->c.n || l->c.transfer == TRANSFER_PARTS);
}

/* --- what it says --------------------------------------------------------------------------------- */

/* A connection says it once. */
static void on_ready(struct ike_link *l)
{
	if (l->c.ready) {
		fail(l, "it says twice that it is ready");
		return;
	}
	l->c.ready = true;
	l->c.since = now(l);
	l->c.logging = l->ops->logging(l->ctx);
	put(l, &(struct ikc_msg){.type = IKC_LOGGING, .u.logging = l->c.logging});
}

static void on_done(struct ike_link *l)
{
	if (l->c.transfer != TRANSFER_WHOLE || l->in.seq != l->c.profile_seq) {
		fail(l, "it took a policy that it was not given");
		return;
	}
	l->c.transfer = TRANSFER_DONE;
	l->c.since = now(l);
	log_line(LOG_L_INFO, "the IKE daemon has taken over the policy");
}

static void on_answer(struct ike_link *l)
{
	struct question q;

	for (size_t i = 0; i < l->c.nasked; i++) {
		q = l->c.asked[i];
		if (q.seq != l->in.seq)
			continue;
		l->c.since = now(l);
		memmove(&l->c.asked[i], &l->c.asked[i + 1], (--l->c.nasked - i) * sizeof q);
		if (q.token)
			l->ops->answer(l->ctx, q.token, &l->in, NULL);
		return;
	}
	fail(l, "it answers what it was not asked");
}

static void on_event(struct ike_link *l)
{
	ike_heard_event(&l->c.heard, &l->in.u.event);
}

static const struct {
	uint16_t type;
	void (*run)(struct ike_link *l);
} on_message[] = {
	{IKC_READY, on_ready}, {IKC_PROFILE_DONE, on_done}, {IKC_MMSAS, on_answer}, {IKC_QMSAS, on_answer},
	{IKC_COUNTS, on_answer}, {IKC_EVENT, on_event},
};

static void take(struct ike_link *l)
{
	for (size_t i = 0; i < N_OF(on_message); i++)
		if (on_message[i].type == l->in.type) {
			on_message[i].run(l);
			return;
		}
	fail(l, "it says what is not for us to hear");
}

/* false: nothing more is there now. */
static bool receive(struct ike_link *l)
{
	uint8_t bytes[IKC_MSG_MAX + 1]; /* one more: a longer packet is seen as such */
	struct err e = {0};
	ssize_t n;

	do
		n = recv(l->c.fd, bytes, sizeof bytes, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		fail(l, "it is gone");
		return false;
	}
	if (ikc_decode(bytes, (size_t)n, IKC_NET, &l->in, &e) != 0)
		fail(l, e.text);
	else
		take(l);
	return !l->failed && ike_link_connected(l);
}

static void link_ready(void *ctx, int fd)
{
	struct ike_link *l = ctx;

	(void)fd;
	for (int i = 0; i < TURN_MESSAGES && receive(l); i++)
		;
	if (!l->failed)
		flush(l);
	if (l->failed)
		disconnect(l);
}

/* --- connections ---------------------------------------------------------------------------------- */

static void listener_ready(void *ctx, int fd)
{
	struct ike_link *l = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct peer who;

	if (peer < 0)
		return;
	if (ike_link_connected(l))
		link_ready(l, l->c.fd); /* has it gone? */
	if (ike_link_connected(l) || !peer_of(peer, &who) || !peer_is_own(&who, geteuid()) ||
	    loop_add(l->loop, peer, link_ready, l) != 0) {
		close(peer);
		return;
	}
	l->c = (struct connection){.fd = peer, .since = now(l)};
	log_line(LOG_L_INFO, "the IKE daemon has connected");
}

struct ike_link *ike_link_open(int listener, struct loop *loop, const struct ike_link_ops *ops, void *ctx)
{
	struct ike_link *l = xcalloc(1, sizeof *l);

	*l = (struct ike_link){.listener = listener, .loop = loop, .ops = ops, .ctx = ctx, .c.fd = -1};
	loop_add(loop, listener, listener_ready, l);
	return l;
}

void ike_link_close(struct ike_link *l)
{
	if (!l)
		return;
	l->c.nasked = 0;
	if (ike_link_connected(l))
		disconnect(l);
	if (l->listener >= 0) {
		loop_remove(l->loop, l->listener);
		close(l->listener);
	}
	free(l);
}

/* --- questions and orders ------------------------------------------------------------------------- */

int ike_link_ask(struct ike_link *l, const struct ikc_msg *question, uint64_t token, struct err *e)
{
	if (l->c.nasked == IKE_QUESTIONS_MAX)
		return err_set(e, IKE_SILENT);
	l->out = *question;
	l->out.seq = ++l->c.seq;
	put(l, &l->out); /* ike_link_tick() sends it */
	l->c.asked[l->c.nasked++] = (struct question){l->c.seq, token, now(l)};
	return 0;
}

void ike_link_delete(struct ike_link *l, const struct ip *peer)
{
	l->out = (struct ikc_msg){.type = IKC_DELETE, .u.cmd.kind = IKE_CMD_DELETE};
	if (peer)
		l->out.u.cmd.u.del.peer = *peer;
	put(l, &l->out);
}

/* --- time ----------------------------------------------------------------------------------------- */

/* Whoever waited long enough is told; the place stays taken until the daemon answers or is disconnected. */
static void give_up_questions(struct ike_link *l)
{
	struct err why = {0};

	err_set(&why, IKE_SILENT);
	for (size_t i = 0; i < l->c.nasked; i++) {
		uint64_t token = l->c.asked[i].token;
		if (!token || !mono_reached(mono_add(l->c.asked[i].at, DUR_MS(IKE_ASK_MS)), now(l)))
			continue;
		l->c.asked[i].token = 0;
		l->ops->answer(l->ctx, token, NULL, &why);
	}
}

void ike_link_tick(struct ike_link *l)
{
	if (!ike_link_connected(l))
		return;
	give_up_questions(l);
	if (!l->failed)
		flush(l);
	if (mono_reached(stuck_at(l), now(l)))
		fail(l, "it has stopped answering");
	if (l->failed)
		disconnect(l);
}

struct mono ike_link_due(const struct ike_link *l)
{
	struct mono due = MONO_NEVER;

	if (!ike_link_connected(l))
		return due;
	for (size_t i = 0; i < l->c.nasked; i++)
		if (l->c.asked[i].token)
			due = mono_min(due, mono_add(l->c.asked[i].at, DUR_MS(IKE_ASK_MS)));
	return mono_min(due, stuck_at(l));
}

void ike_link_state(const struct ike_link *l, struct ipc_state *out)
{
	static const char *const words[] = {[TRANSFER_NONE] = "connected, without a policy",
		[TRANSFER_PARTS] = "taking over the policy", [TRANSFER_WHOLE] = "taking over the policy",
		[TRANSFER_DONE] = "running"};

	out->ike_running = ike_link_connected(l);
	ike_heard_print(&l->c.heard, out->ike_running ? words[l->c.transfer] : "not running: nothing can be negotiated",
	    out->ike, sizeof out->ike);
}
