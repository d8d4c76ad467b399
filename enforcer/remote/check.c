#include "enforcer/remote/check.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/banned.h"

/* --- nftables --------------------------------------------------------------------------------------- */

static bool name_is_plain(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return *s && s[strspn(s, allowed)] == '\0';
}

static unsigned key_bytes(const struct nft_set *s)
{
	unsigned addrs = (unsigned)(s->has_src + s->has_dst);
	unsigned fields = (unsigned)(s->has_proto + s->has_sport + s->has_dport);

	if (s->keytype == NFT_KEY_FILTER)
		return ip_bits(s->family) / 8 * addrs + 4 * fields;
	if (s->keytype == NFT_KEY_SOFT)
		return 2 * ip_bits(s->family) / 8;
	return s->keytype == NFT_KEY_IFNAME ? 16 : 4;
}

static const char *check_set(const struct nft_set *s)
{
	unsigned bits = ip_bits(s->family);

	if (!name_is_plain(s->name))
		return "the name of a set holds other characters than ours do";
	if (s->keytype == NFT_KEY_SOFT && s->gen)
		return "a set of traffic in clear has one generation";
	if (s->key_len == 0 || s->key_len != key_bytes(s))
		return "a set's key is not as long as its fields";
	if (s->keytype != NFT_KEY_FILTER && s->is_map)
		return "a set of that kind is no map";
	if (s->keytype == NFT_KEY_FILTER && (bits == 0 || s->src_plen > bits || s->dst_plen > bits))
		return "a set's prefix is longer than its addresses";
	return NULL;
}

static const char *check_rule(const struct ops *o, const struct krule *k)
{
	const struct nft_set *s;

	if (k->rule.match != NFT_M_SET)
		return *k->set ? "a rule names a set and does not look into it" : NULL;
	s = ops_set(o, k->set, k->gen);
	if (!s || s->keytype != NFT_KEY_FILTER)
		return "a rule looks into a set that is not there";
	return NULL;
}

const char *check_nft(const struct ops *o)
{
	const char *why = NULL;

	for (size_t i = 1; i < o->n; i++)
		if (o->v[i].kind == OP_NEXT)
			return "one transaction begins in the middle of another";
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].kind == OP_GATE_DEL && o->n != 1)
			return "the boot gate goes in a transaction of its own";
	for (size_t i = 0; i < o->n; i++)
		if ((o->v[i].kind == OP_ELEMS_ADD || o->v[i].kind == OP_ELEMS_DEL) &&
		    o->sets[o->v[i].item].keytype == NFT_KEY_SOFT)
			return "who may talk in clear is not for a plan to say";
	for (size_t i = 0; i < o->nsets && !why; i++)
		why = check_set(&o->sets[i]);
	for (size_t i = 0; i < o->nrules && !why; i++)
		why = check_rule(o, &o->rules[i]);
	return why;
}

/* --- XFRM ------------------------------------------------------------------------------------------- */

enum { INDEX_DIR = 7, INDEX_MARK_SHIFT = 24, REQID_MARK_SHIFT = 20 };

/* What one operation does when it is done or undone: the value it writes, and the selector it may replace or delete. */
struct effect {
	const struct kpol *written, *replaced;
};

static struct effect effect_of(const struct ops *o, const struct op *op, bool undo)
{
	const struct xfrm_change *c = &o->xfrm[op->item];
	const struct kpol *before = undo ? &c->after : &c->before, *after = undo ? &c->before : &c->after;

	if (op->kind == OP_XFRM_UPDATE)
		return (struct effect){.written = after, .replaced = after};
	if ((op->kind == OP_XFRM_ADD) != undo)
		return (struct effect){.written = after};
	return (struct effect){.replaced = before};
}

static int pol_order(const void *a, const void *b)
{
	return kpol_cmp(a, b);
}

static bool is_among(const struct kpol *k, const struct kpol *v, size_t n)
{
	return n && bsearch(k, v, n, sizeof *v, pol_order);
}

static bool index_is_ours(const struct kpol *k)
{
	return k->index >> INDEX_MARK_SHIFT == KPOL_INDEX_BASE >> INDEX_MARK_SHIFT && (k->index & INDEX_DIR) == k->pol.dir &&
	    !kpol_is_granted(k);
}

/* Taking back concerns only what was done. */
static bool is_meant(bool undo, const bool *ok, size_t i)
{
	return !undo || ok[i];
}

bool check_xfrm_needs_state(const struct ops *o, bool undo, const bool *ok)
{
	for (size_t i = 0; i < o->n; i++)
		if (is_meant(undo, ok, i) && effect_of(o, &o->v[i], undo).replaced)
			return true;
	return false;
}

static bool reqid_is_ours(uint32_t reqid)
{
	return reqid >> REQID_MARK_SHIFT == PLAN_REQID_BASE >> REQID_MARK_SHIFT;
}

const char *check_ike(const struct kernel_ike *a)
{
	const struct ike_profile *p = a->profile;

	for (size_t i = 0; i < a->npols; i++)
		if (a->pols[i].kind != XFRM_K_PROTECT || !reqid_is_ours(a->pols[i].reqid))
			return "IKE is to negotiate for an IPsec policy that is not ours";
	for (size_t i = 0; p && i < p->nrules; i++)
		if (!reqid_is_ours(p->rules[i].reqid))
			return "IKE is to negotiate for a reqid that is not ours";
	return p && p->default_qm && !reqid_is_ours(p->default_reqid) ? "the default response rule has a reqid that is not ours" : NULL;
}

const char *check_xfrm(const struct ops *o, bool undo)
{
	for (size_t i = 0; i < o->n; i++) {
		struct effect x = effect_of(o, &o->v[i], undo);
		if ((x.written && kpol_is_granted(x.written)) || (x.replaced && kpol_is_granted(x.replaced)))
			return "an IPsec policy has an index of those that are granted to IKE";
		if (!x.written)
			continue;
		if (!x.replaced && !index_is_ours(x.written))
			return "an IPsec policy has an index that is not ours";
		if (x.written->pol.kind == XFRM_K_PROTECT && !reqid_is_ours(x.written->pol.reqid))
			return "an IPsec policy has a reqid that is not ours";
	}
	return NULL;
}

size_t check_xfrm_foreign(const struct ops *o, bool undo, const bool *ok, const struct kstate *have)
{
	for (size_t i = 0; i < o->n; i++) {
		struct effect x = effect_of(o, &o->v[i], undo);
		if (!x.replaced || !is_meant(undo, ok, i))
			continue;
		if (is_among(x.replaced, have->foreign, have->nforeign))
			return i;
		/* An update keeps the index: one that the kernel gave is fine while a policy of ours has it. */
		if (x.written && !index_is_ours(x.written) && !is_among(x.replaced, have->xfrm, have->nxfrm))
			return i;
	}
	return o->n;
}
