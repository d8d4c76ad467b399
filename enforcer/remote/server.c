/* In kernel: questions decoded, checked, done, answered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "enforcer/kernel/backend.h"
#include "enforcer/remote/check.h"
#include "enforcer/remote/codec.h"
#include "enforcer/remote/link.h"
#include "enforcer/remote/remote.h"

#include "common/base/banned.h"

struct remote_server {
	struct kernel *kernel;
	int questions, events, drops;
	uint64_t drops_lost; /* records that policy did not read in time, and was not told of yet */
	void (*tell)(void *ctx, const char *state);
	void *ctx;
	struct packets_out out, event;
	struct packets_in in;
};

/* The question is whole and may be asked. Otherwise the channel is at its end: in.r.bad says why. */
static bool is_fine(struct remote_server *s, const char *refused)
{
	if (packets_close(&s->in) == 0 && refused)
		rd_bad(&s->in.r, refused);
	return !s->in.r.bad;
}

static struct wr *answer(struct remote_server *s, uint8_t type, const struct remote_answer *a)
{
	packets_begin(&s->out, type, s->in.seq);
	remote_put_answer(&s->out.w, a);
	return &s->out.w;
}

static void on_scan(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct kstate state = {0};

	if (!is_fine(s, NULL))
		return;
	a.rc = kernel_scan(s->kernel, &state, &a.e);
	answer(s, REMOTE_SCANNED, &a);
	if (a.rc == 0)
		remote_put_state(&s->out.w, &state);
	packets_end(&s->out);
	kstate_free(&state);
}

/* 0: it may be done; 1: not now, `e` and *failed say why and which. */
static int judge_xfrm(struct remote_server *s, const struct remote_xfrm *x, size_t *failed, struct err *e)
{
	struct kstate have = {0};
	int rc = 0;

	if (!check_xfrm_needs_state(&x->o, x->undo, x->ok))
		return 0;
	if (s->kernel->be->policies(s->kernel, &have, e) != 0)
		return 1;
	kstate_sort(&have);
	*failed = check_xfrm_foreign(&x->o, x->undo, x->ok, &have);
	if (*failed < x->o.n) {
		err_set_errno(e, EEXIST, SYS, "an IPsec policy of another program");
		rc = 1;
	}
	kstate_free(&have);
	return rc;
}

static void on_xfrm(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct remote_xfrm x;
	size_t failed = 0;

	remote_get_xfrm(&s->in.r, &x);
	if (is_fine(s, check_xfrm(&x.o, x.undo))) {
		a.rc = judge_xfrm(s, &x, &failed, &a.e);
		if (a.rc == 0 && x.o.n > 0)
			a.rc = s->kernel->be->xfrm(s->kernel, &x.o, 0, x.o.n, x.undo, x.ok, &failed, &a.e);
		a.failed = (uint32_t)failed;
		remote_put_flags(answer(s, REMOTE_XFRM_DONE, &a), x.ok, x.o.n);
		packets_end(&s->out);
	}
	remote_xfrm_free(&x);
}

static void on_nft(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	size_t failed = 0;
	struct ops o;

	remote_get_nft(&s->in.r, &o);
	if (is_fine(s, check_nft(&o))) {
		a.rc = kernel_nft(s->kernel, &o, &failed, &a.origin, &a.raced, &a.e);
		a.failed = (uint32_t)failed;
		answer(s, REMOTE_NFT_DONE, &a);
		packets_end(&s->out);
	}
	ops_free(&o);
}

static void on_counts(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct kernel_counts counts = {0};
	struct kstate names;

	remote_get_names(&s->in.r, &names);
	if (is_fine(s, NULL)) {
		a.rc = kernel_counts_read(s->kernel, &names, &counts, &a.e);
		answer(s, REMOTE_COUNTED, &a);
		if (a.rc == 0)
			remote_put_counts(&s->out.w, &counts);
		packets_end(&s->out);
	}
	kernel_counts_free(&counts);
	kstate_free(&names);
}

/* Whose an association is kernel_sas_delete() itself decides. */
static void on_sas(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct ip peer;
	size_t n = 0;

	remote_get_peer(&s->in.r, &peer);
	if (!is_fine(s, NULL))
		return;
	a.rc = kernel_sas_delete(s->kernel, peer.family == IP_NONE ? NULL : &peer, &n, &a.e);
	remote_put_count(answer(s, REMOTE_SAS_DONE, &a), n);
	packets_end(&s->out);
}

static void on_ike(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct remote_ike x;

	remote_get_ike(&s->in.r, &x);
	if (is_fine(s, check_ike(&x.a))) {
		a.rc = kernel_ike(s->kernel, &x.a, &a.e);
		answer(s, REMOTE_IKE_DONE, &a);
		packets_end(&s->out);
	}
	remote_ike_free(&x);
}

static void on_hold(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};

	if (!is_fine(s, NULL))
		return;
	a.rc = kernel_hold(s->kernel, &a.e);
	answer(s, REMOTE_HELD, &a);
	packets_end(&s->out);
}

static void on_sums(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct kernel_sa_sums sums;

	if (!is_fine(s, NULL))
		return;
	a.rc = kernel_sa_sums(s->kernel, &sums, &a.e);
	answer(s, REMOTE_SUMMED, &a);
	if (a.rc == 0)
		remote_put_sums(&s->out.w, &sums);
	packets_end(&s->out);
}

/* Of those that were not granted nothing is told (enforcer/sas). */
static void on_uses(struct remote_server *s)
{
	struct remote_answer a = {.rc = 0};
	struct kernel_sa_use uses[KERNEL_USES_MAX];
	struct remote_ids ids;

	remote_get_ids(&s->in.r, &ids);
	if (!is_fine(s, NULL))
		return;
	a.rc = kernel_sa_uses(s->kernel, ids.v, ids.n, uses, &a.e);
	answer(s, REMOTE_USED, &a);
	if (a.rc == 0)
		remote_put_uses(&s->out.w, uses, ids.n);
	packets_end(&s->out);
}

bool remote_state_is_plain(const char *state)
{
	static const char *const words[] = {"READY=1", "STOPPING=1", "WATCHDOG=1"};
	static const char status[] = "STATUS=";

	for (size_t i = 0; i < N_OF(words); i++)
		if (strcmp(state, words[i]) == 0)
			return true;
	if (strncmp(state, status, sizeof status - 1) != 0)
		return false;
	for (; *state; state++)
		if ((unsigned char)*state < ' ' || *state == 127)
			return false;
	return true;
}

static void on_tell(struct remote_server *s)
{
	char state[REMOTE_STATE_TEXT_MAX];

	remote_get_text(&s->in.r, state);
	if (is_fine(s, remote_state_is_plain(state) ? NULL : "that is not for the service manager"))
		s->tell(s->ctx, state);
}

/* What policy may ask; anything else ends the channel. */
static const struct {
	uint8_t type;
	void (*run)(struct remote_server *s);
} asked[] = {
	{REMOTE_SCAN, on_scan},
	{REMOTE_XFRM, on_xfrm},
	{REMOTE_NFT, on_nft},
	{REMOTE_COUNTS, on_counts},
	{REMOTE_TELL, on_tell},
	{REMOTE_SAS, on_sas},
	{REMOTE_IKE, on_ike},
	{REMOTE_HOLD, on_hold},
	{REMOTE_SUMS, on_sums},
	{REMOTE_USES, on_uses},
};

static void dispatch(struct remote_server *s)
{
	for (size_t i = 0; i < N_OF(asked); i++)
		if (asked[i].type == s->in.type) {
			asked[i].run(s);
			return;
		}
	rd_bad(&s->in.r, "that is no question");
}

int remote_serve(struct remote_server *s, struct err *e)
{
	int rc;

	s->out.w.bad = false;
	rc = packets_open(&s->in);
	if (rc == 1)
		dispatch(s);
	if (s->in.r.bad && !s->in.closed)
		return err_set(e, REMOTE_BAD, s->in.r.bad);
	if (rc < 0)
		return err_set(e, REMOTE_BAD, s->in.e.text);
	/* Gone in the middle of a question or before the answer: nobody is there to be told. */
	return rc == 0 || s->in.closed || s->out.w.bad ? 0 : 1;
}

/* Events are one packet each and wait for nobody. */
static int send_now(void *ctx, const uint8_t *bytes, size_t n, struct err *e)
{
	ssize_t sent = send(*(const int *)ctx, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent == (ssize_t)n ? 0 : err_set_errno(e, errno, SYS, "events");
}

bool remote_send_changed(struct remote_server *s)
{
	s->event.ctx = &s->events;
	packets_begin(&s->event, REMOTE_CHANGED, 0);
	return packets_end(&s->event) == 0;
}

void remote_pass_drops(struct remote_server *s)
{
	enum { READS = 16 }; /* in one call, so that a flood keeps no question waiting */
	static struct kernel_drops drops; /* 9 KB that are not worth a place on the stack */

	for (int i = 0; i < READS && kernel_drops_read(s->kernel, &drops); i++) {
		drops.lost += s->drops_lost;
		s->event.ctx = &s->drops;
		packets_begin(&s->event, REMOTE_DROPS, 0);
		remote_put_drops(&s->event.w, &drops);
		s->drops_lost = packets_end(&s->event) == 0 ? 0 : drops.lost + drops.n;
	}
}

struct remote_server *remote_server_new(struct kernel *k, int questions, int events, int drops,
    void (*tell)(void *ctx, const char *state), void *ctx)
{
	struct remote_server *s = xcalloc(1, sizeof *s);

	s->kernel = k;
	s->questions = questions;
	s->events = events;
	s->drops = drops;
	s->tell = tell;
	s->ctx = ctx;
	s->in.recv = link_recv;
	s->out.send = link_send;
	s->event.send = send_now;
	s->out.ctx = s->in.ctx = &s->questions;
	s->event.ctx = &s->events;
	return s;
}

void remote_server_free(struct remote_server *s)
{
	free(s);
}
