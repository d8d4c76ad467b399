/*
 * What stands beside the plan for associations, on the real kernel: policies of their own kind (XFRM), pairs of hosts in clear
 * (nf_tables, in the sets that the plan left for them). The part of struct sad_ops (sad.h) that knows kpol and nft_set, and no
 * association. What an earlier process left of it goes first.
 */
#include "enforcer/kernel/sad_netlink.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

enum { LEFT_OVER_MAX = 1 << 20 };

/* --- policies ------------------------------------------------------------------------------------------------------ */

int sad_policy(struct sad *sad, const struct kpol *p, uint32_t life_s, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);

	xfrm_encode_granted(p, false, life_s, s->msg, ++s->xfrm.seq);
	return sad_ask(s, NULL, NULL, e);
}

int sad_policy_del(struct sad *sad, const struct kpol *p, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);

	xfrm_encode_granted(p, true, 0, s->msg, ++s->xfrm.seq);
	return sad_ask_gone(s, e);
}

static int take_used(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct kpol k;

	return xfrm_decode_granted(nlh, &k, ctx) ? 0 : err_set(e, NETLINK_BAD, "an XFRM policy");
}

int sad_policy_used(struct sad *sad, const struct kpol *p, struct mono *last, struct err *e)
{
	struct sad_netlink *s = sad_netlink_of(sad);
	int64_t used_s = 0;

	xfrm_encode_granted_get(p, s->msg, ++s->xfrm.seq);
	if (sad_ask(s, take_used, &used_s, e) != 0)
		return -1;
	*last = sad_mono(sad, used_s);
	return 0;
}

/* --- pairs of hosts in clear -------------------------------------------------------------------------------------- */

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

int sad_soft(struct sad *sad, const struct ip *local, const struct ip *remote, bool put, struct err *e)
{
	struct nft_elem el = pair_of(local, remote);
	struct nft_set set = set_of(local->family);
	struct op op = {.kind = put ? OP_ELEMS_ADD : OP_ELEMS_DEL, .n = 1};
	const struct ops o = {.v = &op, .n = 1, .nft_n = 1, .sets = &set, .nsets = 1, .elems = &el, .nelems = 1};
	struct origin origin;
	size_t failed;
	bool raced;
	int rc = netlink_nft(&sad_netlink_of(sad)->kernel->base, &o, &failed, &origin, &raced, e);

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

int sad_soft_count(struct sad *sad, const struct ip *local, const struct ip *remote, struct sad_usage *out,
    struct err *e)
{
	struct nl *nft = &sad_netlink_of(sad)->kernel->nft;
	struct nft_set set = set_of(local->family);
	struct counted c = {pair_of(local, remote), set.key_len, out};

	out->bytes = out->packets = 0;
	nft_encode_dump(sad_netlink_of(sad)->msg, NFT_MSG_GETSETELEM, set.name, ++nft->seq);
	return nl_dump(nft, (const void *)sad_netlink_of(sad)->msg, take_counted, &c, e) < 0 ? -1 : 0;
}

/* --- what was left ------------------------------------------------------------------------------------------------- */

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
	if (!xfrm_decode_granted(nlh, &k, &used) || l->n == LEFT_OVER_MAX)
		return 0;
	GROW(l->v, l->n, l->cap);
	l->v[l->n++] = k;
	return 0;
}

int sad_tidy(struct sad_netlink *s, struct err *e)
{
	static const char *const sets[] = {PLAN_SOFT4, PLAN_SOFT6};
	struct left_over l = {.v = NULL};
	int rc;

	xfrm_encode_dump(s->msg, 0);
	rc = nl_dump_whole(&s->xfrm, (void *)s->msg, take_left_over, &l, &l.n, "XFRM policies change all the time", e);
	for (size_t i = 0; i < l.n && rc == 0; i++)
		rc = sad_policy_del(&s->base, &l.v[i], e);
	free(l.v);
	for (size_t i = 0; i < N_OF(sets) && rc == 0; i++)
		rc = netlink_empty_set(s->kernel, sets[i], e);
	return rc;
}
