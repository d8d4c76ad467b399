/*
 * What the kernel holds, by asking it. A dump is no snapshot: when anything changed meanwhile,
 * again.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <time.h>

#include "common/base/mem.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

enum { ATTEMPTS = 20, NAP_NS = 5000000, FOREIGN_MAX = 1 << 20 };

struct request {
	_Alignas(8) char bytes[1024];
};

static int take_gen(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	return nft_decode_gen(nlh, ctx) ? 0 : err_set(e, NETLINK_BAD, "generation number");
}

int netlink_genid(struct kernel_netlink *k, uint32_t *gen, struct err *e)
{
	struct request r;

	nft_encode_getgen(r.bytes, ++k->nft.seq);
	return nl_dump(&k->nft, (const void *)r.bytes, take_gen, gen, e);
}

static int take_nft(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	return nft_decode(ctx, nlh, e);
}

static int dump_nft(
    struct kernel_netlink *k, uint16_t type, const char *set, struct nft_scan *s, struct err *e)
{
	struct request r;

	nft_encode_dump(r.bytes, type, set, ++k->nft.seq);
	return nl_dump(&k->nft, (const void *)r.bytes, take_nft, s, e);
}

/*
 * The kernel resizes a large hash in the background, after the transaction that filled it. A dump
 * then goes on at its old position in a new order, unmarked: some elements come twice, as many not
 * at all [seen with 60,000 elements on 6.18]. So an element that comes twice is an interruption.
 */
static int dump_elems(struct kernel_netlink *k, struct kset *set, struct nft_scan *s, struct err *e)
{
	char name[NFT_SET_NAME];
	int r;

	if (set->def.keytype == NFT_KEY_SOFT)
		return 0;
	nft_set_name(set->def.name, set->def.gen, name);
	r = dump_nft(k, NFT_MSG_GETSETELEM, name, s, e);

	return r == 0 && !kset_sort(set) ? NL_INTERRUPTED : r;
}

static int scan_nft_once(struct kernel_netlink *k, struct kstate *out, struct err *e)
{
	static const uint8_t types[] = {
	    NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN, NFT_MSG_GETRULE, NFT_MSG_GETSET};
	struct nft_scan s = {.out = out};
	uint32_t before, after;
	int r = netlink_genid(k, &before, e);

	for (size_t i = 0; i < N_OF(types) && r == 0 && (i == 0 || s.present); i++)
		r = dump_nft(k, types[i], NULL, &s, e);
	for (size_t i = 0; i < out->nsets && r == 0; i++)
		r = dump_elems(k, &out->sets[i], &s, e);
	if (r == 0)
		r = netlink_genid(k, &after, e);
	/* An object that went away between two dumps is a change as well. */
	if (r == -1 && e->errno_ == ENOENT)
		return NL_INTERRUPTED;
	if (r == 0 && before != after)
		return NL_INTERRUPTED;
	nft_decode_finish(&s);
	return r;
}

static int take_policy(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct kstate *st = ctx;
	struct kpol p;

	switch (xfrm_decode(nlh, &p)) {
	case XFRM_BAD:
		return err_set(e, NETLINK_BAD, "an XFRM policy");
	case XFRM_OTHER:
		return 0;
	case XFRM_POLICY:
		break;
	}
	if (st->nxfrm + st->nforeign >= FOREIGN_MAX)
		return err_set(e, NETLINK_BAD, "too many XFRM policies");
	if (kpol_is_ours(&p)) {
		GROW(st->xfrm, st->nxfrm, st->cap_xfrm);
		st->xfrm[st->nxfrm++] = p;
	} else {
		GROW(st->foreign, st->nforeign, st->cap_foreign);
		st->foreign[st->nforeign++] = p;
	}
	return 0;
}

static int scan_xfrm_once(struct kernel_netlink *k, struct kstate *out, struct err *e)
{
	struct request r;

	xfrm_encode_dump(r.bytes, ++k->xfrm.seq);
	return nl_dump(&k->xfrm, (const void *)r.bytes, take_policy, out, e);
}

typedef int scan_part(struct kernel_netlink *k, struct kstate *out, struct err *e);

/* All parts, again while others change what is being listed. */
static int scan_quietly(struct kernel_netlink *k, scan_part *const *parts, size_t n, struct kstate *out, struct err *e)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		struct timespec nap = {.tv_nsec = i * NAP_NS};
		int r = 0;
		nanosleep(&nap, NULL); /* not at the first attempt */
		for (size_t p = 0; p < n && r == 0; p++)
			r = parts[p](k, out, e);
		if (r != NL_INTERRUPTED)
			return r;
		kstate_free(out);
	}
	return err_set_errno(e, EBUSY, KERNEL_TALK, "it changes all the time");
}

int netlink_scan(struct kernel *kernel, struct kstate *out, struct err *e)
{
	static scan_part *const all[] = {scan_nft_once, scan_xfrm_once};

	return scan_quietly((struct kernel_netlink *)kernel, all, N_OF(all), out, e);
}

int netlink_policies(struct kernel *kernel, struct kstate *out, struct err *e)
{
	static scan_part *const xfrm[] = {scan_xfrm_once};

	return scan_quietly((struct kernel_netlink *)kernel, xfrm, N_OF(xfrm), out, e);
}

/* --- counters ---------------------------------------------------------------------------- */

static int take_counts(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	return nft_decode_counts(nlh, ctx, e);
}

/* A set that went away meanwhile counts nothing, and a dump that was disturbed may lack some: so says kernel.h. */
int netlink_counts(struct kernel *kernel, const struct kstate *state, struct kernel_counts *out, struct err *e)
{
	struct kernel_netlink *k = (struct kernel_netlink *)kernel;

	for (size_t i = 0; i < state->nsets; i++) {
		struct request r;
		char name[NFT_SET_NAME];
		if (state->sets[i].def.keytype != NFT_KEY_FILTER)
			continue;
		nft_set_name(state->sets[i].def.name, state->sets[i].def.gen, name);
		nft_encode_dump(r.bytes, NFT_MSG_GETSETELEM, name, ++k->nft.seq);
		if (nl_dump(&k->nft, (const void *)r.bytes, take_counts, out, e) == -1 && e->errno_ != ENOENT)
			return -1;
		*e = (struct err){0};
	}
	struct request r;
	nft_encode_dump(r.bytes, NFT_MSG_GETRULE, NULL, ++k->nft.seq);
	return nl_dump(&k->nft, (const void *)r.bytes, take_counts, out, e) == -1 ? -1 : 0;
}
