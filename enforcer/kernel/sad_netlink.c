/*
 * The kernel's associations, on the real one: asked by netlink, one request and one answer at a time. Calls of struct sad_ops
 * (sad.h) do what they are told: who may have what, enforcer/broker has said. Policies and pairs beside the plan are in
 * sad_beside.c, what the kernel tells unasked in sad_events.c.
 *
 * A request may hold a key, and so may an answer: both are wiped here.
 */
#include "enforcer/kernel/sad_netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

enum {
	LIST_MAX = 1 << 20,
	/*
	 * Numbers of packets that a moved association leaves out: some may leave between reading its counter and deleting it, and a
	 * number used twice is a replay to the peer, and with GCM the end of the key.
	 */
	MOVE_GAP = 1 << 20,
};

static int64_t wall_s(void)
{
	return (int64_t)time(NULL);
}

static struct mono sad_now(struct sad *s)
{
	struct timespec ts;

	(void)s;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

struct mono sad_mono(struct sad *s, int64_t wall)
{
	return wall ? mono_add(sad_now(s), DUR_S(wall - wall_s())) : MONO_NEVER;
}

int sad_ask(struct sad_netlink *s, nl_cb *cb, void *ctx, struct err *e)
{
	struct nlmsghdr *h = (void *)s->msg;
	int rc;

	h->nlmsg_pid = s->xfrm.portid; /* XFRM copies it into the event: take_event() knows ours by it */
	rc = nl_dump(&s->xfrm, h, cb, ctx, e);
	secret_wipe(s->msg, sizeof s->msg);
	return rc == NL_INTERRUPTED ? err_set_errno(e, EINTR, KERNEL_TALK, "asking") : rc;
}

int sad_ask_gone(struct sad_netlink *s, struct err *e)
{
	int rc = sad_ask(s, NULL, NULL, e);

	if (rc != 0 && (e->errno_ == ESRCH || e->errno_ == ENOENT)) {
		*e = (struct err){0};
		return 0;
	}
	return rc;
}

/* --- associations ------------------------------------------------------------------------------------------------ */

static int take_spi(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	return xfrm_get_spi(nlh, ctx) ? 0 : err_set(e, NETLINK_BAD, "an SPI");
}

static int reserve(struct sad_netlink *s, const struct sad_spi *a, struct ike_sa_id *out, struct err *e)
{
	out->spi = 0;
	xfrm_put_allocspi(s->msg, ++s->xfrm.seq, &a->id, a->reqid, a->tunnel, a->acquire);
	if (sad_ask(s, take_spi, out, e) != 0)
		return -1;
	return out->spi ? 0 : err_set(e, NETLINK_BAD, "an SPI");
}

static int sad_spi(struct sad *sad, const struct sad_spi *a, uint32_t *spi, struct err *e)
{
	struct ike_sa_id id;
	int rc = reserve(sad_netlink_of(sad), a, &id, e);

	*spi = id.spi;
	return rc;
}

static int put_sa(struct sad_netlink *s, const struct xfrm_sa *x, bool update, struct err *e)
{
	if (!xfrm_put_sa(s->msg, ++s->xfrm.seq, x, update))
		return err_set(e, NETLINK_BAD, "an association of no known algorithm");
	return sad_ask(s, NULL, NULL, e);
}

static int sad_add(struct sad *sad, const struct ike_sa *sa, bool update, struct err *e)
{
	struct xfrm_sa x = {.sa = *sa};
	int rc = put_sa(sad_netlink_of(sad), &x, update, e);

	secret_wipe(&x, sizeof x);
	return rc;
}

static int sad_del(struct sad *sad, const struct ike_sa_id *id, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);

	xfrm_put_sa_delete(s->msg, ++s->xfrm.seq, id);
	return sad_ask_gone(s, e);
}

struct wanted {
	bool outbound;
	struct xfrm_sa *sa;
};

static int take_sa(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	const struct wanted *w = ctx;

	return xfrm_get_sa(nlh, w->outbound, w->sa) ? 0 : err_set(e, NETLINK_BAD, "an association");
}

static int get_sa(struct sad_netlink *s, const struct ike_sa_id *id, bool outbound, struct xfrm_sa *out, struct err *e)
{
	struct wanted w = {outbound, out};

	xfrm_put_sa_get(s->msg, ++s->xfrm.seq, id);
	return sad_ask(s, take_sa, &w, e);
}

static uint64_t less(uint64_t limit, uint64_t gone)
{
	return limit == 0 ? 0 : limit > gone ? limit - gone : 1;
}

/* What is left of its life and numbers. false: too little. */
static bool go_on(struct xfrm_sa *x, const struct ike_sa *to)
{
	int64_t age = wall_s() - x->added_s;

	if (x->replay.sent > UINT32_MAX - MOVE_GAP)
		return false;
	if (to->outbound)
		x->replay.sent += MOVE_GAP;
	x->has_replay = true;
	x->sa.soft_s = (uint32_t)less(x->sa.soft_s, age > 0 ? (uint64_t)age : 0);
	x->sa.hard_s = (uint32_t)less(x->sa.hard_s, age > 0 ? (uint64_t)age : 0);
	x->sa.soft_bytes = less(x->sa.soft_bytes, x->carried.bytes);
	x->sa.hard_bytes = less(x->sa.hard_bytes, x->carried.bytes);
	x->sa.id = to->id;
	x->sa.sel = to->sel;
	x->sa.reqid = to->reqid;
	x->sa.encap_sport = to->encap_sport;
	x->sa.encap_dport = to->encap_dport;
	return true;
}

/* Packets of the moment between the two wait, as for a new association. */
static int sad_move(struct sad *sad, const struct ike_sa_id *was, const struct ike_sa *to, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);
	struct xfrm_sa x;
	int rc = get_sa(s, was, to->outbound, &x, e);

	if (rc == 0)
		rc = sad_del(sad, was, e);
	if (rc == 0 && (!go_on(&x, to) || put_sa(s, &x, false, e) != 0))
		rc = 1;
	secret_wipe(&x, sizeof x);
	return rc;
}

static int sad_query(struct sad *sad, const struct ike_sa_id *id, struct sad_usage *out, struct err *e)
{
	struct xfrm_sa x;
	int rc = get_sa(sad_netlink_of(sad), id, false, &x, e);

	if (rc == 0) {
		*out = sad_usage_of(&x.carried);
		out->last_use = sad_mono(sad, x.used_s);
	}
	secret_wipe(&x, sizeof x);
	return rc;
}

struct list {
	struct sad_listed *v;
	size_t n, cap;
};

/* Those without an SPI are the kernel's notes of what it asked for. */
static int take_listed(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	enum { ESP = 50, AH = 51 };
	struct list *l = ctx;
	struct xfrm_carried carried;
	struct kernel_sa sa;

	if (!xfrm_decode_sa(nlh, &sa) || !xfrm_get_carried(nlh, &carried))
		return err_set(e, NETLINK_BAD, "a security association");
	if (!sa_is_meant(&sa, NULL) || sa.spi == 0 || (sa.protocol != ESP && sa.protocol != AH) || l->n == LIST_MAX)
		return 0;
	GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct sad_listed){{sa.src, sa.dst, sa.protocol == AH ? IKE_PROTO_AH : IKE_PROTO_ESP, sa.spi},
	    sad_usage_of(&carried)};
	return 0;
}

static int sad_list(struct sad *sad, struct sad_listed **out, size_t *n, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);
	struct list l = {.v = NULL};
	int rc;

	xfrm_encode_sa_dump(s->msg, 0);
	rc = nl_dump_whole(&s->xfrm, (void *)s->msg, take_listed, &l, &l.n, "security associations change all the time", e);
	*out = l.v;
	*n = l.n;
	return rc;
}

/* --- what the kernel asked for ------------------------------------------------------------------------------------ */

struct again {
	uint32_t seq;
	_Alignas(8) char msg[XFRM_SA_ROOM];
};

static int take_policy(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct again *a = ctx;

	return xfrm_put_policy_again(a->msg, a->seq, nlh) ? 0 : err_set(e, NETLINK_BAD, "a policy");
}

/*
 * As the policy is now, so nothing of what the plan said before comes back: *policy*'s changes are done by this very process.
 */
static int sad_release(struct sad *sad, uint32_t policy, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);
	struct again again;

	xfrm_put_policy_get(s->msg, ++s->xfrm.seq, policy);
	again.seq = s->xfrm.seq + 1;
	if (sad_ask(s, take_policy, &again, e) != 0) {
		if (e->errno_ != ENOENT)
			return -1;
		*e = (struct err){0}; /* it went with a plan */
		return 0;
	}
	s->xfrm.seq = again.seq;
	memcpy(s->msg, again.msg, sizeof s->msg);
	return sad_ask(s, NULL, NULL, e);
}

/*
 * What the kernel asked for is an association without an SPI, and what has none cannot be deleted. It gets one by its number, and
 * goes with it. Should it have gone by itself, what is reserved and deleted is another one, of nobody.
 */
static int sad_forget(struct sad *sad, uint32_t acquire, const struct ip *local, const struct ip *remote, struct err *e)
{
	const struct sad_spi ask = {.id = {.src = *local, .dst = *remote, .protocol = IKE_PROTO_ESP}, .acquire = acquire};
	struct ike_sa_id id; /* its protocol is that of the policy */

	return reserve(sad_netlink_of(sad), &ask, &id, e) == 0 ? sad_del(sad, &id, e) : -1;
}

/* --- begin and end -------------------------------------------------------------------------------------------------- */

static void sad_close(struct sad *sad)
{
	struct sad_netlink *s = sad_netlink_of(sad);

	sad_events_close(s);
	nl_close(&s->xfrm);
	free(s);
}

static const struct sad_ops ops = {.spi = sad_spi, .add = sad_add, .del = sad_del, .move = sad_move, .query = sad_query,
    .list = sad_list, .release = sad_release, .forget = sad_forget, .policy = sad_policy, .policy_del = sad_policy_del,
    .policy_used = sad_policy_used, .soft = sad_soft, .soft_count = sad_soft_count, .fd = sad_fd, .event = sad_event,
    .now = sad_now, .close = sad_close};

struct sad *sad_netlink_open(struct kernel *k, struct err *e)
{
	struct sad_netlink *s = xcalloc(1, sizeof *s);

	s->base.ops = &ops;
	s->kernel = (struct kernel_netlink *)k;
	if (nl_open(&s->xfrm, NETLINK_XFRM, 0, e) == 0 && sad_events_open(s, e) == 0 && sad_tidy(s, e) == 0)
		return &s->base;
	sad_close(&s->base);
	return NULL;
}
