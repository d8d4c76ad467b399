/*
 * Specific filters -> XFRM policies (linux-datapath §2-§4).
 *
 * XFRM holds the selectors to negotiate and, above them, holes: permit and block filters of higher rank
 * that overlap a negotiate filter of lower rank, and the exemptions. Everything else is nftables' alone.
 * nftables decides whether a packet may pass in clear; XFRM decides which packets are held and protected. So
 * the hole of a block filter lets its packets through to nftables, which drops them: a policy that blocked here
 * would need every permit filter above it as a policy too. Only forwarded packets, which nftables does not
 * judge, are blocked here: a tunnel rule that blocks is held like one that negotiates, holes and all.
 *
 * Selectors name this host's end literally, one per local address: an "any" there would catch forwarded
 * packets, which only tunnel rules may touch (semantics §3.9). While an address is too new to have its
 * selectors, nftables already drops what would leave it in clear.
 *
 * The templates of a policy are those of the rule's first offer, since the kernel wants exactly what a policy
 * names: it takes no template for any protocol (EINVAL), and an optional one outbound means in clear when there is no
 * association, for what is forwarded too, and half of AH+ESP when one of the two is gone. So a list that mixes
 * kinds starts with the one that the administrator prefers; where a peer agrees to another one (xfrm_pol.offered),
 * its associations need a policy of their own kind for that peer, beside this one that stays for all others.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/compile.h"
#include "enforcer/compile/overlap.h"

#include "common/base/banned.h"

/* Below every rank, so that exemptions win; ranks follow from PRIORITY_FILTER on. */
enum { PRIORITY_EXEMPT = 1, PRIORITY_FILTER = 16 };

static struct xfrm_pol *add_pol(struct plan *p, struct xfrm_pol pol)
{
	GROW(p->xfrm, p->nxfrm, p->cap_xfrm);
	p->xfrm[p->nxfrm] = pol;
	return &p->xfrm[p->nxfrm++];
}

/* What stays inside the host is never filtered; other addresses may stand on lo too, as routers have them. */
static bool stays_inside(const struct ip *ip)
{
	static const struct ip v6 = {.family = IP_V6, .b = {[15] = 1}};

	return ip->family == IP_V4 ? ip->b[0] == 127 : ip_eq(ip, &v6);
}

static bool conn_matches(uint8_t conntype, enum if_kind kind)
{
	return conntype == CONN_ALL || (conntype == CONN_DIALUP) == (kind == IF_DIALUP);
}

static uint8_t side_plen(const struct side *s)
{
	return s->kind == SIDE_NET ? s->plen : 0;
}

static struct ip side_net(const struct side *s, uint8_t family)
{
	return s->kind == SIDE_NET ? s->net : (struct ip){.family = family};
}

static struct xfrm_pol selector(const struct plan_filter *f, enum xfrm_dir dir)
{
	struct xfrm_pol pol = {.dir = (uint8_t)dir, .family = f->family, .protocol = f->protocol,
	    .sport = f->sport, .dport = f->dport, .src = side_net(&f->src, f->family),
	    .dst = side_net(&f->dst, f->family), .src_plen = side_plen(&f->src),
	    .dst_plen = side_plen(&f->dst), .priority = PRIORITY_FILTER + PLAN_PRIORITY_STEP * f->rank,
	    .origin = f->origin};

	switch ((enum action)f->action) {
	case ACTION_PERMIT:
		pol.kind = XFRM_K_ALLOW;
		break;
	case ACTION_BLOCK:
		pol.kind = f->tunnel.family == IP_NONE ? XFRM_K_ALLOW : XFRM_K_BLOCK;
		break;
	case ACTION_NEGOTIATE:
		pol.kind = XFRM_K_PROTECT;
		pol.reqid = PLAN_REQID_BASE + f->origin.rule;
		pol.optional = f->inpass && dir == XFRM_D_IN;
		pol.protection = f->protection;
		pol.offered = f->offered;
		break;
	}
	return pol;
}

/* The filter in one direction of this host's own traffic, once per local address that it covers. */
static void add_own(struct plan *p, const struct facts *facts, const struct plan_filter *f,
    enum xfrm_dir dir)
{
	const struct side *mine = dir == XFRM_D_OUT ? &f->src : &f->dst;
	const struct side *other = dir == XFRM_D_OUT ? &f->dst : &f->src;

	if (other->kind == SIDE_ME || f->dir == (dir == XFRM_D_OUT ? DYN_IN : DYN_OUT))
		return;
	for (size_t i = 0; i < facts->naddrs; i++) {
		const struct fact_addr *a = &facts->addrs[i];
		enum if_kind kind = facts->ifs[a->iface].kind;
		if (a->ip.family != f->family || stays_inside(&a->ip) || !conn_matches(f->conntype, kind))
			continue;
		if (mine->kind == SIDE_NET && !ip_in_prefix(&a->ip, &mine->net, mine->plen))
			continue;
		struct xfrm_pol pol = selector(f, dir);
		*(dir == XFRM_D_OUT ? &pol.src : &pol.dst) = a->ip;
		*(dir == XFRM_D_OUT ? &pol.src_plen : &pol.dst_plen) = (uint8_t)ip_bits(f->family);
		add_pol(p, pol);
	}
}

static bool is_local(const struct facts *facts, const struct ip *ip)
{
	for (size_t i = 0; i < facts->naddrs; i++)
		if (ip_eq(&facts->addrs[i].ip, ip))
			return true;
	return false;
}

/*
 * A tunnel filter runs towards its end point: to a remote one outbound, to a local one inbound. It takes
 * forwarded packets as well, so a side that is no "me" stays as it was written.
 */
static void add_tunnel(struct plan *p, const struct facts *facts, const struct plan_filter *f)
{
	bool inbound = is_local(facts, &f->tunnel);
	size_t first = p->nxfrm;

	if (f->src.kind == SIDE_ME || f->dst.kind == SIDE_ME) {
		add_own(p, facts, f, inbound ? XFRM_D_IN : XFRM_D_OUT);
	} else if (inbound) {
		add_pol(p, selector(f, XFRM_D_IN));
		add_pol(p, selector(f, XFRM_D_FWD));
	} else {
		add_pol(p, selector(f, XFRM_D_OUT));
	}
	for (size_t i = first; i < p->nxfrm; i++) {
		p->xfrm[i].tunnel = p->xfrm[i].kind == XFRM_K_PROTECT;
		p->xfrm[i].tunnel_dst = f->tunnel;
		p->xfrm[i].tunnel_src = (struct ip){.family = f->tunnel.family};
	}
}

static void add_filter(struct plan *p, const struct facts *facts, const struct plan_filter *f)
{
	if (f->tunnel.family != IP_NONE) {
		add_tunnel(p, facts, f);
		return;
	}
	add_own(p, facts, f, XFRM_D_OUT);
	if (f->action != ACTION_BLOCK) /* nftables drops what arrives before XFRM is asked about it */
		add_own(p, facts, f, XFRM_D_IN);
}

static bool has_local(const struct facts *facts, const struct side *net)
{
	for (size_t i = 0; i < facts->naddrs; i++)
		if (ip_in_prefix(&facts->addrs[i].ip, &net->net, net->plen))
			return true;
	return false;
}

bool sides_meet(const struct facts *facts, const struct side *a, const struct side *b)
{
	if (a->kind == SIDE_NET && b->kind == SIDE_NET)
		return ip_in_prefix(&a->net, &b->net, a->plen < b->plen ? a->plen : b->plen);
	if (a->kind == SIDE_ME && b->kind == SIDE_NET)
		return has_local(facts, b);
	if (a->kind == SIDE_NET && b->kind == SIDE_ME)
		return has_local(facts, a);
	return true;
}

static bool dirs_meet(uint8_t a, uint8_t b)
{
	return a == DYN_BOTH || b == DYN_BOTH || a == b;
}

static bool fields_meet(unsigned a, unsigned b)
{
	return a == 0 || b == 0 || a == b;
}

bool filters_meet(const struct facts *facts, const struct plan_filter *a, const struct plan_filter *b)
{
	return a->family == b->family && dirs_meet(a->dir, b->dir) && fields_meet(a->protocol, b->protocol) &&
	    fields_meet(a->sport, b->sport) && fields_meet(a->dport, b->dport) &&
	    sides_meet(facts, &a->src, &b->src) && sides_meet(facts, &a->dst, &b->dst);
}

bool lower_xfrm_holds(const struct plan_filter *f)
{
	return f->action == ACTION_NEGOTIATE || (f->action == ACTION_BLOCK && f->tunnel.family != IP_NONE);
}

bool lower_xfrm_cuts(const struct plan *p, const struct facts *facts, const struct plan_filter *f)
{
	for (size_t i = p->nnegs; i > 0; i--) {
		const struct plan_filter *neg = &p->filters[p->negs[i - 1]];
		if (neg->rank <= f->rank)
			return false;
		if (filters_meet(facts, f, neg))
			return true;
	}
	return false;
}

static void add_filters(struct plan *p, const struct facts *facts)
{
	size_t cap = 0;

	for (size_t i = 0; i < p->nfilters; i++) {
		if (!lower_xfrm_holds(&p->filters[i]))
			continue;
		GROW(p->negs, p->nnegs, cap);
		p->negs[p->nnegs++] = i;
	}
	if (p->nnegs == 0)
		return;
	struct overlap *negs = overlap_new(p, facts, p->negs, p->nnegs);
	for (size_t i = 0; i < p->nfilters; i++)
		if (lower_xfrm_holds(&p->filters[i]) || overlap_behind(negs, &p->filters[i]))
			add_filter(p, facts, &p->filters[i]);
	overlap_free(negs);
}

static void add_allow(struct plan *p, enum xfrm_dir dir, const struct ip *src, const struct ip *dst, uint8_t dst_plen)
{
	bool from_one = src->family != IP_NONE;

	add_pol(p, (struct xfrm_pol){.dir = (uint8_t)dir, .kind = XFRM_K_ALLOW, .family = dst->family, .dst = *dst,
	    .src = from_one ? *src : (struct ip){.family = dst->family}, .dst_plen = dst_plen,
	    .src_plen = from_one ? (uint8_t)ip_bits(src->family) : 0, .priority = PRIORITY_EXEMPT});
}

/*
 * A row of what no filter judges. Outbound it is said for each address of this host: packets that are forwarded
 * go through the same policies, and to a tunnel rule the IKE of others is traffic like any other.
 */
static void add_exempt(struct plan *p, const struct facts *facts, uint8_t family, enum xfrm_dir dir,
    uint8_t protocol, uint16_t sport, uint16_t dport)
{
	static const struct ip none;
	struct ip any = {.family = family};
	size_t first = p->nxfrm;

	if (dir == XFRM_D_IN)
		add_allow(p, dir, &none, &any, 0);
	for (size_t i = 0; dir == XFRM_D_OUT && i < facts->naddrs; i++)
		if (facts->addrs[i].ip.family == family && !stays_inside(&facts->addrs[i].ip))
			add_allow(p, dir, &facts->addrs[i].ip, &any, 0);
	for (size_t i = first; i < p->nxfrm; i++) {
		p->xfrm[i].protocol = protocol;
		p->xfrm[i].sport = sport;
		p->xfrm[i].dport = dport;
	}
}

static void add_kerberos_rsvp(struct plan *p, const struct facts *facts, uint8_t family)
{
	static const uint8_t protocols[] = {PROTO_TCP, PROTO_UDP};
	static const enum xfrm_dir dirs[] = {XFRM_D_OUT, XFRM_D_IN};
	enum { KERBEROS = 88, PROTO_RSVP = 46 };

	for (size_t d = 0; d < N_OF(dirs); d++) {
		for (size_t i = 0; i < N_OF(protocols); i++) {
			add_exempt(p, facts, family, dirs[d], protocols[i], KERBEROS, 0);
			add_exempt(p, facts, family, dirs[d], protocols[i], 0, KERBEROS);
		}
		add_exempt(p, facts, family, dirs[d], PROTO_RSVP, 0, 0);
	}
}

/* Multicast and broadcast are let through here because nftables judges them alone. */
static void add_groups(struct plan *p, const struct facts *facts)
{
	static const struct ip none, v4 = {.family = IP_V4, .b = {0xE0}}, v6 = {.family = IP_V6, .b = {0xFF}},
	    limited = {.family = IP_V4, .b = {255, 255, 255, 255}};

	add_allow(p, XFRM_D_OUT, &none, &v4, 4);
	add_allow(p, XFRM_D_OUT, &none, &v6, 8);
	add_allow(p, XFRM_D_OUT, &none, &limited, 32);
	for (size_t i = 0; i < facts->naddrs; i++)
		if (facts->addrs[i].broadcast.family == IP_V4)
			add_allow(p, XFRM_D_OUT, &none, &facts->addrs[i].broadcast, 32);
}

/* The same exemptions as nftables has. */
static void add_exemptions(struct plan *p, const struct facts *facts)
{
	static const uint8_t families[] = {IP_V4, IP_V6};
	enum { IKE = 500, IKE_NATT = 4500, ND_FIRST = 133, ND_LAST = 137 };

	for (size_t i = 0; i < N_OF(families); i++) {
		if (plan_exempts(p, EXEMPT_KERBEROS_RSVP))
			add_kerberos_rsvp(p, facts, families[i]);
		add_exempt(p, facts, families[i], XFRM_D_OUT, PROTO_UDP, IKE, 0);
		add_exempt(p, facts, families[i], XFRM_D_OUT, PROTO_UDP, IKE_NATT, 0);
		add_exempt(p, facts, families[i], XFRM_D_IN, PROTO_UDP, 0, IKE);
		add_exempt(p, facts, families[i], XFRM_D_IN, PROTO_UDP, 0, IKE_NATT);
	}
	for (uint16_t type = ND_FIRST; type <= ND_LAST; type++) {
		add_exempt(p, facts, IP_V6, XFRM_D_OUT, PROTO_ICMPV6, type, 0);
		add_exempt(p, facts, IP_V6, XFRM_D_IN, PROTO_ICMPV6, type, 0);
	}
	add_groups(p, facts);
}

static int cmp_num(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

/* What the kernel identifies a policy by: direction and selector. */
static int selector_cmp(const struct xfrm_pol *a, const struct xfrm_pol *b)
{
	int c = cmp_num(a->dir, b->dir);

	c = c ? c : cmp_num(a->family, b->family);
	c = c ? c : ip_cmp(&a->src, &b->src);
	c = c ? c : cmp_num(a->src_plen, b->src_plen);
	c = c ? c : ip_cmp(&a->dst, &b->dst);
	c = c ? c : cmp_num(a->dst_plen, b->dst_plen);
	c = c ? c : cmp_num(a->protocol, b->protocol);
	c = c ? c : cmp_num(a->sport, b->sport);
	return c ? c : cmp_num(a->dport, b->dport);
}

static int selector_then_priority(const void *a, const void *b)
{
	const struct xfrm_pol *x = a, *y = b;
	int c = selector_cmp(x, y);

	c = c ? c : cmp_num(x->priority, y->priority);
	return c ? c : cmp_num(x->optional, y->optional);
}

static int priority_then_selector(const void *a, const void *b)
{
	const struct xfrm_pol *x = a, *y = b;
	int c = cmp_num(x->priority, y->priority);

	return c ? c : selector_cmp(x, y);
}

void lower_xfrm(struct plan *p, const struct facts *facts)
{
	size_t n = 0;

	add_filters(p, facts);
	if (p->nxfrm == 0)
		return;
	add_exemptions(p, facts);
	/* The kernel holds one policy per selector; of two, the one of smaller priority always won. */
	qsort(p->xfrm, p->nxfrm, sizeof *p->xfrm, selector_then_priority);
	for (size_t i = 1; i < p->nxfrm; i++)
		if (selector_cmp(&p->xfrm[n], &p->xfrm[i]) != 0)
			p->xfrm[++n] = p->xfrm[i];
	p->nxfrm = n + 1;
	qsort(p->xfrm, p->nxfrm, sizeof *p->xfrm, priority_then_selector);
}
