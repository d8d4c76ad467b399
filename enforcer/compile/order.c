/*
 * Which filter wins: the key of windows-ipsec-semantics §3.4 as one number. An administrator cannot
 * order filters; this file is the order. Smaller ranks are tried first and the first match decides.
 */
#include <string.h>

#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

/* More restrictive first: block, negotiate, permit (§3.4 rule 5). */
static uint32_t action_rank(uint8_t action)
{
	switch ((enum action)action) {
	case ACTION_BLOCK:
		return 0;
	case ACTION_NEGOTIATE:
		return 1;
	case ACTION_PERMIT:
		return 2;
	}
	return 3;
}

uint32_t plan_rank(const struct plan_filter *f)
{
	unsigned bits = ip_bits(f->family);
	unsigned any = (f->src.kind == SIDE_ANY) + (f->dst.kind == SIDE_ANY);
	unsigned hosts = (f->src.spec == bits) + (f->dst.spec == bits);
	uint32_t r = f->tunnel.family == IP_NONE; /* tunnel filters come first */

	r = r << 2 | any;
	r = r << 2 | (2 - hosts);
	r = r << 8 | (bits - f->dst.spec);
	r = r << 8 | (bits - f->src.spec);
	r = r << 1 | (f->protocol == PROTO_ANY);
	r = r << 1 | (f->dport == 0);
	r = r << 1 | (f->sport == 0);
	r = r << 1 | (origin_owner(&f->origin) != OWNER_PERSISTENT);
	return r << 2 | action_rank(f->action);
}

int side_cmp(const struct side *a, const struct side *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind != SIDE_NET)
		return 0;
	if (a->plen != b->plen)
		return a->plen > b->plen ? -1 : 1;
	return ip_cmp(&a->net, &b->net);
}

static int cmp_u32(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int filter_match_cmp(const struct plan_filter *a, const struct plan_filter *b)
{
	int c = cmp_u32(a->family, b->family);

	if (!c)
		c = side_cmp(&a->dst, &b->dst);
	if (!c)
		c = side_cmp(&a->src, &b->src);
	if (!c)
		c = cmp_u32(a->protocol, b->protocol);
	if (!c)
		c = cmp_u32(a->dport, b->dport);
	if (!c)
		c = cmp_u32(a->sport, b->sport);
	if (!c)
		c = cmp_u32(a->conntype, b->conntype);
	if (!c)
		c = cmp_u32(a->dir, b->dir);
	return c;
}

/* 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291 §2.7), and the limited broadcast address (RFC 919). */
static bool names_multicast(const struct side *s)
{
	if (s->kind != SIDE_NET)
		return false;
	if (s->net.family == IP_V6)
		return s->plen >= 8 && s->net.b[0] == 0xFF;
	if (s->plen >= 4 && (s->net.b[0] & 0xF0) == 0xE0)
		return true;
	return s->plen == 32 && s->net.b[0] == 255 && s->net.b[1] == 255 && s->net.b[2] == 255 &&
	    s->net.b[3] == 255;
}

enum reach filter_reach(const struct plan_filter *f)
{
	if (f->src.kind == SIDE_ANY)
		return REACH_BOTH;
	return names_multicast(&f->dst) ? REACH_MCAST : REACH_UNICAST;
}
