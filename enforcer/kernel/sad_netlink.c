/* Associations by netlink: one request, one answer. Events come by a socket of their own. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/sad.h"
#include "enforcer/kernel/xfrm_codec.h"
#include "enforcer/kernel/xfrm_sa.h"

#include "common/base/banned.h"

enum {
	LIST_MAX = 1 << 20, LIST_TRIES = 10,
	/*
	 * Numbers of packets that a moved association leaves out: some may leave between reading its counter and deleting it, and a
	 * number used twice is a replay to the peer, and with GCM the end of the key.
	 */
	MOVE_GAP = 1 << 20,
	ASKED_MAX = 256, /* those before are tried again by the kernel alone */
};

/* What the kernel asked for last, and by which policy. */
struct asked {
	uint32_t acquire; /* 0: none */
	struct xfrm_userpolicy_id policy;
};

struct sad_netlink {
	struct sad base;
	struct kernel_netlink *kernel;
	struct nl xfrm, events;
	char *room; /* the datagram whose messages are being told */
	const struct nlmsghdr *at;
	int left;
	struct asked asked[ASKED_MAX]; /* a ring */
	size_t next_asked;
	_Alignas(8) char msg[XFRM_SA_ROOM];
};

static struct sad_netlink *of(struct sad *s)
{
	return (struct sad_netlink *)s;
}

static int64_t wall_s(void)
{
	return (int64_t)time(NULL);
}

static struct mono now(struct sad *s)
{
	struct timespec ts;

	(void)s;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

/* A moment in seconds since 1970, 0 being never. */
static struct mono mono_of(struct sad *s, int64_t wall)
{
	return wall ? mono_add(now(s), DUR_S(wall - wall_s())) : MONO_NEVER;
}

/* Sends s->msg, which may hold a key, and waits for its answer. */
static int ask(struct sad_netlink *s, nl_cb *cb, void *ctx, struct err *e)
{
	struct nlmsghdr *h = (void *)s->msg;
	int rc;

	h->nlmsg_pid = s->xfrm.portid; /* XFRM copies it into the event: take_event() knows ours by it */
	rc = nl_dump(&s->xfrm, h, cb, ctx, e);
	secret_wipe(s->msg, sizeof s->msg);
	return rc == NL_INTERRUPTED ? err_set_errno(e, EINTR, KERNEL_TALK, "asking") : rc;
}

static int take_nothing(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	(void)nlh, (void)ctx, (void)e;
	return 0;
}

/* A deletion. */
static int ask_gone(struct sad_netlink *s, struct err *e)
{
	int rc = ask(s, take_nothing, NULL, e);

	if (rc != 0 && (e->errno_ == ESRCH || e->errno_ == ENOENT)) {
		*e = (struct err){0};
		return 0;
	}
	return rc;
}

/* --- associations ------------------------------------------------------------------------------------------------ */

static int take_spi(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct ike_sa_id id;

	if (!xfrm_get_spi(nlh, &id))
		return err_set(e, NETLINK_BAD, "an SPI");
	*(uint32_t *)ctx = id.spi;
	return 0;
}

static int sad_spi(struct sad *sad, const struct sad_spi *a, uint32_t *spi, struct err *e)
{
	struct sad_netlink *s = of(sad);

	*spi = 0;
	xfrm_put_allocspi(s->msg, ++s->xfrm.seq, &a->id, a->reqid, a->tunnel, a->acquire);
	if (ask(s, take_spi, spi, e) != 0)
		return -1;
	return *spi ? 0 : err_set(e, NETLINK_BAD, "an SPI");
}

static int put_sa(struct sad_netlink *s, const struct xfrm_sa *x, bool update, struct err *e)
{
	if (!xfrm_put_sa(s->msg, ++s->xfrm.seq, x, update))
		return err_set(e, NETLINK_BAD, "an association of no known algorithm");
	return ask(s, take_nothing, NULL, e);
}

static int sad_add(struct sad *sad, const struct ike_sa *sa, bool update, struct err *e)
{
	struct xfrm_sa x = {.sa = *sa};
	int rc = put_sa(of(sad), &x, update, e);

	secret_wipe(&x, sizeof x);
	return rc;
}

static int sad_del(struct sad *sad, const struct ike_sa_id *id, struct err *e)
{
	struct sad_netlink *s = of(sad);

	xfrm_put_sa_delete(s->msg, ++s->xfrm.seq, id);
	return ask_gone(s, e);
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
	return ask(s, take_sa, &w, e);
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
	struct sad_netlink *s = of(sad);
	struct xfrm_sa x;
	int rc = get_sa(s, was, to->outbound, &x, e);

	if (rc == 0)
		rc = sad_del(sad, was, e);
	if (rc == 0 && (!go_on(&x, to) || put_sa(s, &x, false, e) != 0))
		rc = 1;
	secret_wipe(&x, sizeof x);
	return rc;
}

static struct sad_usage usage_of(const struct xfrm_carried *c)
{
	return (struct sad_usage){.bytes = c->bytes, .packets = c->packets, .replayed = c->replayed, .forged = c->forged,
	    .last_use = MONO_NEVER};
}

static int sad_query(struct sad *sad, const struct ike_sa_id *id, struct sad_usage *out, struct err *e)
{
	struct xfrm_sa x;
	int rc = get_sa(of(sad), id, false, &x, e);

	if (rc == 0) {
		*out = usage_of(&x.carried);
		out->last_use = mono_of(sad, x.used_s);
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
	    usage_of(&carried)};
	return 0;
}

static int sad_list(struct sad *sad, struct sad_listed **out, size_t *n, struct err *e)
{
	struct sad_netlink *s = of(sad);
	struct list l = {.v = NULL};
	int rc = NL_INTERRUPTED;

	for (int i = 0; rc == NL_INTERRUPTED && i < LIST_TRIES; i++) {
		l.n = 0;
		xfrm_encode_sa_dump(s->msg, ++s->xfrm.seq);
		rc = nl_dump(&s->xfrm, (const void *)s->msg, take_listed, &l, e);
	}
	if (rc == NL_INTERRUPTED)
		rc = err_set_errno(e, EBUSY, KERNEL_TALK, "security associations change all the time");
	*out = l.v;
	*n = l.n;
	return rc;
}

/* --- beside the plan ---------------------------------------------------------------------------------------------- */

static int sad_policy(struct sad *sad, const struct kpol *p, uint32_t life_s, struct err *e)
{
	struct sad_netlink *s = of(sad);

	xfrm_encode_granted(p, false, life_s, s->msg, ++s->xfrm.seq);
	return ask(s, take_nothing, NULL, e);
}

static int sad_policy_del(struct sad *sad, const struct kpol *p, struct err *e)
{
	struct sad_netlink *s = of(sad);

	xfrm_encode_granted(p, true, 0, s->msg, ++s->xfrm.seq);
	return ask_gone(s, e);
}

static int take_used(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct kpol k;

	return xfrm_decode_granted(nlh, &k, ctx) ? 0 : err_set(e, NETLINK_BAD, "an XFRM policy");
}

static int sad_policy_used(struct sad *sad, const struct kpol *p, struct mono *last, struct err *e)
{
	struct sad_netlink *s = of(sad);
	int64_t used_s = 0;

	xfrm_encode_granted_get(p, s->msg, ++s->xfrm.seq);
	if (ask(s, take_used, &used_s, e) != 0)
		return -1;
	*last = mono_of(sad, used_s);
	return 0;
}

static struct nft_elem pair_of(const struct ip *local, const struct ip *remote)
{
	size_t n = ip_bits(local->family) / 8;
	struct nft_elem el = {.verdict = NFT_V_DROP};

	memcpy(el.key, local->b, n);
	memcpy(el.key + n, remote->b, n);
	return el;
}

static struct nft_set set_of(uint8_t family)
{
	struct nft_set s = {.name = PLAN_SOFT4, .keytype = NFT_KEY_SOFT, .family = family, .has_src = true, .has_dst = true,
	    .key_len = (uint8_t)(2 * ip_bits(family) / 8)};

	if (family == IP_V6)
		memcpy(s.name, PLAN_SOFT6, sizeof PLAN_SOFT6);
	return s;
}

static int sad_soft(struct sad *sad, const struct ip *local, const struct ip *remote, bool put, struct err *e)
{
	struct nft_elem el = pair_of(local, remote);
	struct nft_set set = set_of(local->family);
	struct op op = {.kind = put ? OP_ELEMS_ADD : OP_ELEMS_DEL, .n = 1};
	const struct ops o = {.v = &op, .n = 1, .nft_n = 1, .sets = &set, .nsets = 1, .elems = &el, .nelems = 1};
	struct origin origin;
	size_t failed;
	bool raced;
	int rc = netlink_nft(&of(sad)->kernel->base, &o, &failed, &origin, &raced, e);

	if (rc == 0 || put || e->errno_ != ENOENT)
		return rc;
	*e = (struct err){0};
	return 0;
}

struct counted {
	struct nft_elem el;
	size_t n; /* bytes of its key */
	struct sad_usage *out;
};

static int take_counted(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	const struct counted *c = ctx;

	return nft_decode_count_of(nlh, c->el.key, c->n, &c->out->packets, &c->out->bytes, e);
}

static int sad_soft_count(struct sad *sad, const struct ip *local, const struct ip *remote, struct sad_usage *out,
    struct err *e)
{
	struct nl *nft = &of(sad)->kernel->nft;
	struct nft_set set = set_of(local->family);
	struct counted c = {pair_of(local, remote), set.key_len, out};

	out->bytes = out->packets = 0;
	nft_encode_dump(of(sad)->msg, NFT_MSG_GETSETELEM, set.name, ++nft->seq);
	return nl_dump(nft, (const void *)of(sad)->msg, take_counted, &c, e) < 0 ? -1 : 0;
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static bool is_flush(const struct nlmsghdr *h, struct sad_event *out)
{
	out->kind = h->nlmsg_type == XFRM_MSG_FLUSHSA ? SAD_SAS_LOST : SAD_POLICIES_LOST;
	out->flush = h->nlmsg_type == XFRM_MSG_FLUSHPOLICY;
	return h->nlmsg_type == XFRM_MSG_FLUSHSA || h->nlmsg_type == XFRM_MSG_FLUSHPOLICY;
}

static void remember(struct sad_netlink *s, const struct nlmsghdr *h, uint32_t acquire)
{
	struct asked *a = &s->asked[s->next_asked++ % ASKED_MAX];

	a->acquire = acquire;
	xfrm_get_acquire_policy(h, &a->policy);
}

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
static int sad_release(struct sad *sad, uint32_t acquire, struct err *e)
{
	struct sad_netlink *s = of(sad);
	struct asked *a = s->asked;
	struct again again;

	while (a < s->asked + ASKED_MAX && (acquire == 0 || a->acquire != acquire))
		a++;
	if (a == s->asked + ASKED_MAX)
		return 0;
	a->acquire = 0;
	xfrm_put_policy_get(s->msg, ++s->xfrm.seq, &a->policy);
	again.seq = s->xfrm.seq + 1;
	if (ask(s, take_policy, &again, e) != 0) {
		if (e->errno_ != ENOENT)
			return -1;
		*e = (struct err){0}; /* it went with a plan */
		return 0;
	}
	s->xfrm.seq = again.seq;
	memcpy(s->msg, again.msg, sizeof s->msg);
	return ask(s, take_nothing, NULL, e);
}

/* Does the message tell of something? What we did ourselves is no news. */
static bool take_event(struct sad_netlink *s, const struct nlmsghdr *h, struct sad_event *out)
{
	bool ours = h->nlmsg_pid == s->xfrm.portid && h->nlmsg_pid != 0;
	struct xfrm_carried carried;
	struct kpol k;
	int64_t used;

	*out = (struct sad_event){.kind = SAD_ACQUIRE};
	if (xfrm_get_acquire(h, &out->cmd)) {
		out->reqid = out->cmd.u.acquire.reqid;
		remember(s, h, out->cmd.u.acquire.acquire);
		return true;
	}
	if (xfrm_get_carried(h, &carried))
		out->used = usage_of(&carried);
	out->kind = SAD_EXPIRE;
	if (xfrm_get_expire(h, &out->cmd, &out->reqid))
		return true;
	out->kind = SAD_MAPPING;
	if (xfrm_get_mapping(h, &out->cmd, &out->reqid))
		return true;
	if (ours)
		return false;
	out->kind = SAD_GONE;
	if (xfrm_get_gone(h, &out->id, &out->reqid) || is_flush(h, out))
		return true;
	*out = (struct sad_event){.kind = SAD_POLICIES_LOST};
	return (h->nlmsg_type == XFRM_MSG_DELPOLICY || h->nlmsg_type == XFRM_MSG_POLEXPIRE) &&
	       xfrm_decode_granted(h, &k, &used);
}

/* The next datagram. false: there is none. Those of new associations hold keys. */
static bool next_datagram(struct sad_netlink *s, bool *lost)
{
	ssize_t got;

	secret_wipe(s->room, NL_RECV_ROOM);
	got = nl_receive(&s->events, s->room, false);
	*lost = got < 0 && errno == ENOBUFS;
	s->at = (const void *)s->room;
	s->left = got > 0 ? (int)got : 0;
	return got >= 0;
}

static bool sad_event(struct sad *sad, struct sad_event *out)
{
	struct sad_netlink *s = of(sad);
	bool lost = false;

	do {
		while (nl_ok(s->at, s->left)) {
			const struct nlmsghdr *h = s->at;

			s->at = mnl_nlmsg_next(h, &s->left);
			if (take_event(s, h, out))
				return true;
		}
	} while (next_datagram(s, &lost));
	*out = (struct sad_event){.kind = SAD_SAS_LOST, .lost = true, .flush = true};
	return lost;
}

static int sad_fd(const struct sad *s)
{
	return mnl_socket_get_fd(((const struct sad_netlink *)s)->events.sock);
}

/* --- begin and end -------------------------------------------------------------------------------------------------- */

static void sad_close(struct sad *sad)
{
	struct sad_netlink *s = of(sad);

	nl_close(&s->xfrm);
	nl_close(&s->events);
	if (s->room)
		secret_wipe(s->room, NL_RECV_ROOM);
	free(s->room);
	free(s);
}

struct left_over {
	struct kpol *v;
	size_t n, cap;
};

static int take_left_over(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct left_over *l = ctx;
	struct kpol k;
	int64_t used;

	(void)e;
	if (!xfrm_decode_granted(nlh, &k, &used) || l->n == LIST_MAX)
		return 0;
	GROW(l->v, l->n, l->cap);
	l->v[l->n++] = k;
	return 0;
}

/* What the kernel holds beside the plan was granted by a process that is no more. */
static int tidy(struct sad_netlink *s, struct err *e)
{
	static const char *const sets[] = {PLAN_SOFT4, PLAN_SOFT6};
	struct left_over l = {.v = NULL};
	int rc = NL_INTERRUPTED;

	for (int i = 0; rc == NL_INTERRUPTED && i < LIST_TRIES; i++) {
		l.n = 0;
		xfrm_encode_dump(s->msg, ++s->xfrm.seq);
		rc = nl_dump(&s->xfrm, (const void *)s->msg, take_left_over, &l, e);
	}
	for (size_t i = 0; i < l.n && rc == 0; i++)
		rc = sad_policy_del(&s->base, &l.v[i], e);
	free(l.v);
	for (size_t i = 0; i < N_OF(sets) && rc == 0; i++)
		rc = netlink_empty_set(s->kernel, sets[i], e);
	return rc == NL_INTERRUPTED ? err_set_errno(e, EBUSY, KERNEL_TALK, "XFRM policies change all the time") : rc;
}

static const struct sad_ops ops = {.spi = sad_spi, .add = sad_add, .del = sad_del, .move = sad_move, .query = sad_query, .release = sad_release,
    .list = sad_list, .policy = sad_policy, .policy_del = sad_policy_del, .policy_used = sad_policy_used, .soft = sad_soft,
    .soft_count = sad_soft_count, .fd = sad_fd, .event = sad_event, .now = now, .close = sad_close};

struct sad *sad_netlink_open(struct kernel *k, struct err *e)
{
	struct sad_netlink *s = xcalloc(1, sizeof *s);
	unsigned groups = xfrm_sa_groups() | 1u << (XFRMNLGRP_SA - 1) | 1u << (XFRMNLGRP_POLICY - 1);

	s->base.ops = &ops;
	s->kernel = (struct kernel_netlink *)k;
	s->room = xcalloc(1, NL_RECV_ROOM);
	s->at = (const void *)s->room;
	if (nl_open(&s->xfrm, NETLINK_XFRM, 0, e) == 0 && nl_open(&s->events, NETLINK_XFRM, groups, e) == 0 && tidy(s, e) == 0)
		return &s->base;
	sad_close(&s->base);
	return NULL;
}
