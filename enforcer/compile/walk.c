/* The nftables part of a plan, evaluated as the kernel evaluates it (explain.h). */
#include <string.h>

#include "common/base/array.h"
#include "enforcer/compile/compile.h"
#include "enforcer/compile/explain.h"

#include "common/base/banned.h"

static size_t put_address(uint8_t *key, const struct ip *ip, uint8_t plen)
{
	struct ip masked = ip_mask(ip, plen);
	size_t n = ip_bits(ip->family) / 8;

	memcpy(key, masked.b, n);
	return n;
}

static size_t put_port(uint8_t *key, uint16_t port)
{
	key[0] = (uint8_t)(port >> 8);
	key[1] = (uint8_t)port;
	return 4;
}

static const struct nft_elem *find(const struct plan *pl, const struct nft_set *s, const struct packet *p)
{
	struct nft_elem want = {.verdict = 0};
	size_t at = 0;

	if (s->has_src)
		at += put_address(want.key, &p->src, s->src_plen);
	if (s->has_dst)
		at += put_address(want.key + at, &p->dst, s->dst_plen);
	if (s->has_proto) {
		want.key[at] = p->protocol;
		at += 4;
	}
	if (s->has_sport)
		at += put_port(want.key + at, p->sport);
	if (s->has_dport)
		put_port(want.key + at, p->dport);
	const struct nft_elem *v = pl->elems + s->first;
	size_t i = array_lower(v, s->n, sizeof *v, &want, elem_cmp);
	return i < s->n && elem_cmp(&v[i], &want) == 0 ? &v[i] : NULL;
}

static bool is_broadcast(const struct plan *pl, const struct packet *p)
{
	for (size_t i = 0; i < pl->nsets && p->family == IP_V4; i++)
		for (size_t k = 0; pl->sets[i].keytype == NFT_KEY_ADDR4 && k < pl->sets[i].n; k++)
			if (memcmp(pl->elems[pl->sets[i].first + k].key, p->dst.b, 4) == 0)
				return true;
	return false;
}

static bool is_multicast(const struct packet *p)
{
	return p->family == IP_V4 ? (p->dst.b[0] & 0xF0) == 0xE0 : p->dst.b[0] == 0xFF;
}

static bool is_loopback(const struct packet *p)
{
	static const struct ip v6 = {.family = IP_V6, .b = {[15] = 1}};

	return p->family == IP_V4 ? p->src.b[0] == 127 && p->dst.b[0] == 127
	                          : ip_eq(&p->src, &v6) && ip_eq(&p->dst, &v6);
}

static bool rule_matches(const struct plan *pl, const struct nft_rule *r, const struct packet *p)
{
	uint16_t own = p->inbound ? p->dport : p->sport;

	switch ((enum nft_match)r->match) {
	case NFT_M_ALWAYS:
	case NFT_M_SET:
		return true;
	case NFT_M_LO:
		return is_loopback(p);
	case NFT_M_IKE:
		return p->protocol == PROTO_UDP && (own == 500 || own == 4500);
	case NFT_M_IPSEC:
		return p->protocol == 50 || p->protocol == 51;
	case NFT_M_IPV4:
		return p->family == IP_V4;
	case NFT_M_IPV6:
		return p->family == IP_V6;
	case NFT_M_MCAST:
		return is_multicast(p);
	case NFT_M_BCAST:
		return is_broadcast(pl, p);
	case NFT_M_KERBEROS:
		return (p->protocol == PROTO_TCP || p->protocol == PROTO_UDP) && (p->sport == 88 || p->dport == 88);
	case NFT_M_RSVP:
		return p->protocol == 46;
	case NFT_M_ND: /* a struct packet has no ICMPv6 type */
	case NFT_M_FORWARDED: /* and is this host's own */
	case NFT_M_SECPATH:
	case NFT_M_RTIPSEC: /* it is in clear */
	case NFT_M_SOFT4:
	case NFT_M_SOFT6: /* whom IKE could not reach is no part of a plan */
	case NFT_MATCHES:
		return false;
	}
	return false;
}

static bool on_interface(uint8_t conntype, const struct packet *p)
{
	return conntype == CONN_ALL || (conntype == CONN_DIALUP) == p->dialup;
}

/* What one rule says: true with its verdict, or false when it lets the packet go on. */
static bool rule_decides(const struct plan *pl, const struct nft_rule *r, const struct packet *p, uint8_t *verdict)
{
	*verdict = r->verdict;
	if (r->match != NFT_M_SET)
		return true;
	const struct nft_set *s = &pl->sets[r->set];
	const struct nft_elem *el = find(pl, s, p);
	if (el && s->is_map)
		*verdict = el->verdict;
	return el != NULL;
}

enum fate plan_walk(const struct plan *pl, const struct packet *p, const struct nft_rule **decided)
{
	uint8_t chain = p->inbound ? NFT_CHAIN_INPUT : NFT_CHAIN_OUTPUT, verdict;

	for (size_t i = 0; i < pl->nrules; i++) {
		const struct nft_rule *r = &pl->rules[i];
		if (r->chain != chain || !rule_matches(pl, r, p) || !on_interface(r->conntype, p) ||
		    !rule_decides(pl, r, p, &verdict))
			continue;
		if (r->verdict == NFT_V_LOG)
			continue;
		if (r->jump) {
			chain = r->target;
			i = (size_t)-1; /* a goto starts at the first rule of its chain */
			continue;
		}
		if (decided)
			*decided = r;
		return verdict == NFT_V_ACCEPT ? FATE_PASS : verdict == NFT_V_DROP ? FATE_DROP : FATE_PROTECT;
	}
	if (decided)
		*decided = NULL;
	return FATE_PASS;
}

/* --- one filter ------------------------------------------------------------------------------------- */

/* `own`: is that end of the packet this host's? */
static bool side_takes(const struct side *s, const struct ip *ip, bool own)
{
	switch ((enum side_kind)s->kind) {
	case SIDE_ANY:
		return true;
	case SIDE_ME:
		return own;
	case SIDE_NET:
		return ip_in_prefix(ip, &s->net, s->plen);
	}
	return false;
}

bool plan_filter_takes(const struct plan *pl, const struct plan_filter *f, const struct packet *p)
{
	bool group = is_multicast(p) || is_broadcast(pl, p);
	enum reach reach = filter_reach(f);

	if (f->family != p->family || !on_interface(f->conntype, p) || f->dir == (p->inbound ? DYN_OUT : DYN_IN))
		return false;
	if (group ? reach == REACH_UNICAST : reach == REACH_MCAST)
		return false;
	if ((f->protocol && f->protocol != p->protocol) || (f->sport && f->sport != p->sport) ||
	    (f->dport && f->dport != p->dport))
		return false;
	return side_takes(&f->src, &p->src, !p->inbound) && side_takes(&f->dst, &p->dst, p->inbound && !group);
}
