/* In policy: the kernel's operations as questions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "enforcer/kernel/backend.h"
#include "enforcer/remote/codec.h"
#include "enforcer/remote/link.h"
#include "enforcer/remote/remote.h"

#include "common/base/banned.h"

struct remote {
	struct kernel base;
	int questions, events, drops; /* drops -1: there are none to be had */
	bool lost;
	uint32_t seq;
	struct packets_out out;
	struct packets_in in;
};

static struct remote *remote_of(struct kernel *k)
{
	return (struct remote *)k;
}

static int lose(struct remote *m, const char *why, struct err *e)
{
	m->lost = true;
	return err_set(e, REMOTE_BAD, why);
}

static struct wr *ask(struct remote *m, uint8_t type)
{
	packets_begin(&m->out, type, ++m->seq);
	return &m->out.w;
}

/* Sends the question and opens its answer. */
static int await(struct remote *m, uint8_t type, struct remote_answer *a, struct err *e)
{
	if (m->lost || packets_end(&m->out) != 0 || packets_open(&m->in) != 1)
		return lose(m, "it is gone", e);
	if (m->in.type != type || m->in.seq != m->seq)
		return lose(m, "an answer to another question", e);
	remote_get_answer(&m->in.r, a);
	return 0;
}

/* The end of an answer: what the kernel said, unless the answer is nonsense. */
static int settle(struct remote *m, const struct remote_answer *a, struct err *e)
{
	if (packets_close(&m->in) != 0)
		return lose(m, m->in.r.bad, e);
	if (a->rc != 0)
		*e = a->e;
	return a->rc;
}

static int remote_scan(struct kernel *k, struct kstate *out, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	ask(m, REMOTE_SCAN);
	if (await(m, REMOTE_SCANNED, &a, e) != 0)
		return -1;
	if (a.rc == 0)
		remote_get_state(&m->in.r, out);
	return settle(m, &a, e);
}

static int remote_xfrm(struct kernel *k, const struct ops *o, size_t first, size_t n, bool undo, bool *ok,
    size_t *failed, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	*failed = first;
	remote_put_xfrm(ask(m, REMOTE_XFRM), o, first, n, undo, ok);
	if (await(m, REMOTE_XFRM_DONE, &a, e) != 0)
		return -1;
	remote_get_flags(&m->in.r, ok, n);
	if (a.failed < n)
		*failed = first + a.failed;
	return settle(m, &a, e);
}

static int remote_nft(struct kernel *k, const struct ops *o, size_t *failed, struct origin *origin, bool *raced,
    struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	remote_put_nft(ask(m, REMOTE_NFT), o);
	if (await(m, REMOTE_NFT_DONE, &a, e) != 0)
		return -1;
	if (a.failed < o->nft_n)
		*failed = o->nft_first + a.failed;
	*origin = a.origin;
	*raced = a.raced;
	return settle(m, &a, e);
}

static int remote_counts(struct kernel *k, const struct kstate *state, struct kernel_counts *out, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	remote_put_names(ask(m, REMOTE_COUNTS), state);
	if (await(m, REMOTE_COUNTED, &a, e) != 0)
		return -1;
	if (a.rc == 0)
		remote_get_counts(&m->in.r, out);
	return settle(m, &a, e);
}

static int remote_sas_delete(struct kernel *k, const struct ip *peer, size_t *n, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	remote_put_peer(ask(m, REMOTE_SAS), peer);
	if (await(m, REMOTE_SAS_DONE, &a, e) != 0)
		return -1;
	*n += rd_le32(&m->in.r);
	return settle(m, &a, e);
}

/* The message is begun anew with the next question, should it not be sent. */
static int remote_ike(struct kernel *k, const struct kernel_ike *a, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer answer;

	if (remote_put_ike(ask(m, REMOTE_IKE), a, e) != 0)
		return -1;
	if (await(m, REMOTE_IKE_DONE, &answer, e) != 0)
		return -1;
	return settle(m, &answer, e);
}

static int remote_hold(struct kernel *k, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	ask(m, REMOTE_HOLD);
	return await(m, REMOTE_HELD, &a, e) == 0 ? settle(m, &a, e) : -1;
}

static int remote_sums(struct kernel *k, struct kernel_sa_sums *out, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	ask(m, REMOTE_SUMS);
	if (await(m, REMOTE_SUMMED, &a, e) != 0)
		return -1;
	if (a.rc == 0)
		remote_get_sums(&m->in.r, out);
	return settle(m, &a, e);
}

static int remote_uses(struct kernel *k, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e)
{
	struct remote *m = remote_of(k);
	struct remote_answer a;

	remote_put_ids(ask(m, REMOTE_USES), v, n);
	if (await(m, REMOTE_USED, &a, e) != 0)
		return -1;
	if (a.rc == 0)
		remote_get_uses(&m->in.r, out, n);
	return settle(m, &a, e);
}

int kernel_remote_tell(struct kernel *k, const char *state, struct err *e)
{
	struct remote *m = remote_of(k);

	remote_put_text(ask(m, REMOTE_TELL), state);
	return m->lost || packets_end(&m->out) != 0 ? lose(m, "it is gone", e) : 0;
}

static int remote_watch_fd(const struct kernel *k)
{
	return ((const struct remote *)k)->events;
}

static long one_event(void *ctx, uint8_t *room, struct err *e)
{
	ssize_t n;

	do
		n = recv(*(const int *)ctx, room, PACKET_MAX, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_set_errno(e, errno, SYS, "events") : n;
}

/* Opens the next event of a socket. false: there is none now, or (the other end closes only by dying) never again. */
static bool next_event(struct remote *m, int *socket, uint8_t type)
{
	m->in.recv = one_event;
	m->in.ctx = socket;
	if (m->lost || packets_open(&m->in) != 1) {
		m->lost |= !(m->in.closed && (m->in.e.errno_ == EAGAIN || m->in.e.errno_ == EWOULDBLOCK));
		return false;
	}
	m->lost = m->in.type != type;
	return !m->lost;
}

/* The end of an event; then the next thing to come is an answer. */
static void end_event(struct remote *m, bool open)
{
	if (open && packets_close(&m->in) != 0)
		m->lost = true;
	m->in.recv = link_recv;
	m->in.ctx = &m->questions;
}

static bool remote_watch_read(struct kernel *k)
{
	struct remote *m = remote_of(k);
	bool changed = false;

	while (next_event(m, &m->events, REMOTE_CHANGED)) {
		end_event(m, true);
		changed = true;
	}
	end_event(m, false);
	return changed;
}

static int remote_drops_fd(const struct kernel *k)
{
	return ((const struct remote *)k)->drops;
}

static bool remote_drops_read(struct kernel *k, struct kernel_drops *out)
{
	struct remote *m = remote_of(k);
	bool some = m->drops >= 0 && next_event(m, &m->drops, REMOTE_DROPS);

	if (some)
		remote_get_drops(&m->in.r, out);
	end_event(m, some);
	if (m->lost)
		*out = (struct kernel_drops){.n = 0};
	return some && !m->lost;
}

static bool remote_lost(const struct kernel *k)
{
	return ((const struct remote *)k)->lost;
}

static void remote_close(struct kernel *k)
{
	struct remote *m = remote_of(k);

	close(m->questions);
	close(m->events);
	if (m->drops >= 0)
		close(m->drops);
	free(m);
}

/* Whose the policies are is asked where it matters: in the other process. */
static const struct kernel_backend backend = {.scan = remote_scan,
	.xfrm = remote_xfrm,
	.nft = remote_nft,
	.counts = remote_counts,
	.sas_delete = remote_sas_delete,
	.ike = remote_ike,
	.hold = remote_hold,
	.sums = remote_sums,
	.uses = remote_uses,
	.watch_fd = remote_watch_fd,
	.watch_read = remote_watch_read,
	.drops_fd = remote_drops_fd,
	.drops_read = remote_drops_read,
	.lost = remote_lost,
	.close = remote_close};

struct kernel *kernel_remote_open(int questions, int events, int drops)
{
	struct remote *m = xcalloc(1, sizeof *m);

	m->base.be = &backend;
	m->questions = questions;
	m->events = events;
	m->drops = drops;
	m->out.send = link_send;
	m->in.recv = link_recv;
	m->out.ctx = m->in.ctx = &m->questions;
	return &m->base;
}
