/*
 * One rule of the plan -> NFT_MSG_NEWRULE: its match as expressions, its verdict, its description.
 * The expressions are those nft itself would make of the words in plan.h, so that it can list them.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "enforcer/kernel/nft_put.h"

#include "common/base/banned.h"

enum {
	LO_IFINDEX = 1, /* in every network namespace */
	REG_BYTES = 4,
	PROTO_ESP = 50,
	PROTO_AH = 51,
	ND_FIRST = 133, /* RFC 4861 §4: router solicitation .. redirect */
	ND_LAST = 137,
	HOP_LIMIT_MAX = 255,
};
enum { KERBEROS_PORT = 88, PROTO_RSVP = 46, KERBEROS_PARTS = 4, FORWARDED_PARTS = 2 };
static const uint16_t ike_ports[] = {500, 4500}; /* RFC 7296 §2, RFC 3947 */

/* The hook a chain hangs below decides which interface, and which end's port, is meant. */
static bool is_output(uint8_t chain)
{
	switch ((enum nft_chain)chain) {
	case NFT_CHAIN_OUTPUT:
	case NFT_CHAIN_OUT4:
	case NFT_CHAIN_OUT6:
	case NFT_CHAIN_MOUT4:
	case NFT_CHAIN_MOUT6:
	case NFT_CHAIN_NEG_OUT:
		return true;
	case NFT_CHAIN_INPUT:
	case NFT_CHAIN_IN4:
	case NFT_CHAIN_IN6:
	case NFT_CHAIN_MIN4:
	case NFT_CHAIN_MIN6:
	case NFT_CHAIN_NEG_IN:
	case NFT_CHAINS:
		return false;
	}
	return false;
}

static bool is_v6(uint8_t chain)
{
	return chain == NFT_CHAIN_IN6 || chain == NFT_CHAIN_OUT6 || chain == NFT_CHAIN_MIN6 ||
	    chain == NFT_CHAIN_MOUT6;
}

/* --- expressions ------------------------------------------------------------------------- */

struct expr {
	struct nlattr *elem, *data;
};

static struct expr expr_start(struct nlmsghdr *h, const char *name)
{
	struct expr x = {.elem = mnl_attr_nest_start(h, NFTA_LIST_ELEM)};

	mnl_attr_put_strz(h, NFTA_EXPR_NAME, name);
	x.data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
	return x;
}

static void expr_end(struct nlmsghdr *h, struct expr x)
{
	mnl_attr_nest_end(h, x.data);
	mnl_attr_nest_end(h, x.elem);
}

static void expr_meta(struct nlmsghdr *h, uint32_t key, uint32_t reg)
{
	struct expr x = expr_start(h, "meta");

	nft_put_be32(h, NFTA_META_DREG, reg);
	nft_put_be32(h, NFTA_META_KEY, key);
	expr_end(h, x);
}

static void expr_rt_xfrm(struct nlmsghdr *h)
{
	struct expr x = expr_start(h, "rt");

	nft_put_be32(h, NFTA_RT_DREG, NFT_REG32_00);
	nft_put_be32(h, NFTA_RT_KEY, NFT_RT_XFRM);
	expr_end(h, x);
}

static void expr_fib_saddr_type(struct nlmsghdr *h)
{
	struct expr x = expr_start(h, "fib");

	nft_put_be32(h, NFTA_FIB_DREG, NFT_REG32_00);
	nft_put_be32(h, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nft_put_be32(h, NFTA_FIB_FLAGS, NFTA_FIB_F_SADDR);
	expr_end(h, x);
}

static void expr_payload(
    struct nlmsghdr *h, uint32_t base, uint32_t offset, uint32_t len, uint32_t reg)
{
	struct expr x = expr_start(h, "payload");

	nft_put_be32(h, NFTA_PAYLOAD_DREG, reg);
	nft_put_be32(h, NFTA_PAYLOAD_BASE, base);
	nft_put_be32(h, NFTA_PAYLOAD_OFFSET, offset);
	nft_put_be32(h, NFTA_PAYLOAD_LEN, len);
	expr_end(h, x);
}

static void expr_mask(struct nlmsghdr *h, uint32_t reg, const struct ip *mask)
{
	static const uint8_t zero[16];
	uint32_t len = ip_bits(mask->family) / 8;
	struct expr x = expr_start(h, "bitwise");

	nft_put_be32(h, NFTA_BITWISE_SREG, reg);
	nft_put_be32(h, NFTA_BITWISE_DREG, reg);
	nft_put_be32(h, NFTA_BITWISE_LEN, len);
	nft_put_value(h, NFTA_BITWISE_MASK, mask->b, len);
	nft_put_value(h, NFTA_BITWISE_XOR, zero, len);
	expr_end(h, x);
}

static void expr_cmp(struct nlmsghdr *h, uint32_t op, const void *bytes, size_t n)
{
	struct expr x = expr_start(h, "cmp");

	nft_put_be32(h, NFTA_CMP_SREG, NFT_REG32_00);
	nft_put_be32(h, NFTA_CMP_OP, op);
	nft_put_value(h, NFTA_CMP_DATA, bytes, n);
	expr_end(h, x);
}

static void expr_cmp8(struct nlmsghdr *h, uint32_t op, uint8_t v)
{
	expr_cmp(h, op, &v, 1);
}

static void expr_meta_is8(struct nlmsghdr *h, uint32_t key, uint8_t v)
{
	expr_meta(h, key, NFT_REG32_00);
	expr_cmp8(h, NFT_CMP_EQ, v);
}

static void expr_lookup(struct nlmsghdr *h, const char *set, uint8_t gen, bool map, bool invert)
{
	char name[NFT_SET_NAME];

	nft_set_name(set, gen, name);
	struct expr x = expr_start(h, "lookup");

	mnl_attr_put_strz(h, NFTA_LOOKUP_SET, name);
	nft_put_be32(h, NFTA_LOOKUP_SREG, NFT_REG32_00);
	if (map)
		nft_put_be32(h, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	if (invert)
		nft_put_be32(h, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	expr_end(h, x);
}

static void expr_counter(struct nlmsghdr *h)
{
	expr_end(h, expr_start(h, "counter"));
}

static void expr_verdict(struct nlmsghdr *h, uint32_t code, const char *chain)
{
	struct expr x = expr_start(h, "immediate");

	nft_put_be32(h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	nft_put_verdict(h, NFTA_IMMEDIATE_DATA, code, chain);
	expr_end(h, x);
}

static void put_be64(struct nlmsghdr *h, uint16_t attr, uint64_t v)
{
	mnl_attr_put_u64(h, attr, htobe64(v));
}

/* Above the rate the rule ends here, and the packet goes on to the next one. */
static void expr_limit(struct nlmsghdr *h, uint64_t per_second, uint32_t burst)
{
	struct expr x = expr_start(h, "limit");

	put_be64(h, NFTA_LIMIT_RATE, per_second);
	put_be64(h, NFTA_LIMIT_UNIT, 1); /* seconds */
	nft_put_be32(h, NFTA_LIMIT_BURST, burst);
	nft_put_be32(h, NFTA_LIMIT_TYPE, NFT_LIMIT_PKTS);
	expr_end(h, x);
}

static void expr_log(struct nlmsghdr *h, uint16_t group, uint32_t bytes)
{
	struct expr x = expr_start(h, "log");

	mnl_attr_put_u16(h, NFTA_LOG_GROUP, htons(group));
	mnl_attr_put_strz(h, NFTA_LOG_PREFIX, NFT_TABLE_NAME);
	nft_put_be32(h, NFTA_LOG_SNAPLEN, bytes);
	expr_end(h, x);
}

/* --- rules ------------------------------------------------------------------------------- */

static uint32_t reg_at(size_t key_bytes)
{
	return NFT_REG32_00 + (uint32_t)(key_bytes / REG_BYTES);
}

/*
 * Nothing but nft's own listing needs it inside in4 or out6; without it the listing shows raw
 * offsets.
 */
static void put_family(struct nlmsghdr *h, uint8_t family)
{
	expr_meta_is8(h, NFT_META_NFPROTO, family == IP_V6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
}

static size_t put_addr(struct nlmsghdr *h, uint8_t family, bool dst, unsigned plen, size_t at)
{
	uint32_t len = ip_bits(family) / 8, first = family == IP_V6 ? 8 : 12;

	expr_payload(h, NFT_PAYLOAD_NETWORK_HEADER, first + (dst ? len : 0), len, reg_at(at));
	if (plen < ip_bits(family)) {
		struct ip mask = {.family = family};
		mask = ip_last(&mask, 0);
		mask = ip_mask(&mask, plen);
		expr_mask(h, reg_at(at), &mask);
	}
	return at + len;
}

/* Puts the key together in consecutive registers, in the order of plan.h. */
static void put_key(struct nlmsghdr *h, const struct nft_set *s)
{
	size_t at = 0;

	put_family(h, s->family);
	if (s->has_src)
		at = put_addr(h, s->family, false, s->src_plen, at);
	if (s->has_dst)
		at = put_addr(h, s->family, true, s->dst_plen, at);
	if (s->has_proto) {
		expr_meta(h, NFT_META_L4PROTO, reg_at(at));
		at += REG_BYTES;
	}
	if (s->has_sport) {
		expr_payload(h, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, reg_at(at));
		at += REG_BYTES;
	}
	if (s->has_dport)
		expr_payload(h, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg_at(at));
}

static void put_ike(struct nlmsghdr *h, bool out, unsigned part)
{
	uint16_t port = htons(ike_ports[part]);

	expr_meta_is8(h, NFT_META_L4PROTO, PROTO_UDP);
	expr_payload(h, NFT_PAYLOAD_TRANSPORT_HEADER, out ? 0 : 2, 2, NFT_REG32_00);
	expr_cmp(h, NFT_CMP_EQ, &port, sizeof port);
}

/* Parts: TCP from, TCP to, UDP from, UDP to the port (semantics §2.4: source or destination). */
static void put_kerberos(struct nlmsghdr *h, unsigned part)
{
	uint16_t port = htons(KERBEROS_PORT);

	expr_meta_is8(h, NFT_META_L4PROTO, part < 2 ? PROTO_TCP : PROTO_UDP);
	expr_payload(h, NFT_PAYLOAD_TRANSPORT_HEADER, part % 2 ? 2 : 0, 2, NFT_REG32_00);
	expr_cmp(h, NFT_CMP_EQ, &port, sizeof port);
}

static void put_neighbour_discovery(struct nlmsghdr *h)
{
	put_family(h, IP_V6);
	expr_payload(h, NFT_PAYLOAD_NETWORK_HEADER, 7, 1, NFT_REG32_00);
	expr_cmp8(h, NFT_CMP_EQ, HOP_LIMIT_MAX);
	expr_meta_is8(h, NFT_META_L4PROTO, PROTO_ICMPV6);
	expr_payload(h, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG32_00);
	expr_cmp8(h, NFT_CMP_GTE, ND_FIRST);
	expr_cmp8(h, NFT_CMP_LTE, ND_LAST);
}

static void put_multicast(struct nlmsghdr *h, bool v6)
{
	static const uint8_t net4[4] = {0xE0}, net6[16] = {0xFF};

	put_family(h, v6 ? IP_V6 : IP_V4);
	put_addr(h, v6 ? IP_V6 : IP_V4, true, v6 ? 8 : 4, 0);
	expr_cmp(h, NFT_CMP_EQ, v6 ? net6 : net4, v6 ? sizeof net6 : sizeof net4);
}

/* Our address first, whichever end of the packet it is. */
static void put_soft(struct nlmsghdr *h, uint8_t family, bool out)
{
	size_t at;

	put_family(h, family);
	at = put_addr(h, family, !out, ip_bits(family), 0);
	put_addr(h, family, out, ip_bits(family), at);
	expr_lookup(h, family == IP_V6 ? PLAN_SOFT6 : PLAN_SOFT4, 0, false, false);
}

static void put_loopback(struct nlmsghdr *h, bool out)
{
	uint32_t index = LO_IFINDEX;

	expr_meta(h, out ? NFT_META_OIF : NFT_META_IIF, NFT_REG32_00);
	expr_cmp(h, NFT_CMP_EQ, &index, sizeof index);
}

/* Parts: of an address that is not ours, and of one that no route leads to. IPv6's tells the two apart. */
static void put_forwarded(struct nlmsghdr *h, unsigned part)
{
	static const uint32_t types[FORWARDED_PARTS] = {RTN_UNICAST, RTN_UNREACHABLE};
	const uint32_t none = 0;

	expr_meta(h, NFT_META_IIF, NFT_REG32_00);
	expr_cmp(h, NFT_CMP_NEQ, &none, sizeof none);
	expr_fib_saddr_type(h);
	expr_cmp(h, NFT_CMP_EQ, &types[part], sizeof types[part]);
}

static void put_match(
    struct nlmsghdr *h, const struct krule *k, const struct nft_set *set, unsigned part)
{
	const struct nft_rule *r = &k->rule;
	bool out = is_output(r->chain);

	switch ((enum nft_match)r->match) {
	case NFT_M_ALWAYS:
		break;
	case NFT_M_LO:
		put_loopback(h, out);
		break;
	case NFT_M_IKE:
		put_ike(h, out, part);
		break;
	case NFT_M_IPSEC:
		expr_meta(h, NFT_META_L4PROTO, NFT_REG32_00);
		expr_cmp8(h, NFT_CMP_GTE, PROTO_ESP);
		expr_cmp8(h, NFT_CMP_LTE, PROTO_AH);
		break;
	case NFT_M_ND:
		put_neighbour_discovery(h);
		break;
	case NFT_M_IPV4:
	case NFT_M_IPV6:
		put_family(h, r->match == NFT_M_IPV6 ? IP_V6 : IP_V4);
		break;
	case NFT_M_MCAST:
		put_multicast(h, is_v6(r->chain));
		break;
	case NFT_M_BCAST:
		put_family(h, IP_V4);
		put_addr(h, IP_V4, true, 32, 0);
		expr_lookup(h, PLAN_BCAST4, k->gen, false, false);
		break;
	case NFT_M_SECPATH:
		expr_meta_is8(h, NFT_META_SECPATH, 1);
		break;
	case NFT_M_RTIPSEC:
		expr_rt_xfrm(h);
		expr_cmp8(h, NFT_CMP_EQ, 1);
		break;
	case NFT_M_SET:
		put_key(h, set);
		expr_lookup(h, set->name, set->gen, set->is_map, false);
		break;
	case NFT_M_KERBEROS:
		put_kerberos(h, part);
		break;
	case NFT_M_SOFT4:
	case NFT_M_SOFT6:
		put_soft(h, r->match == NFT_M_SOFT6 ? IP_V6 : IP_V4, out);
		break;
	case NFT_M_RSVP:
		expr_meta_is8(h, NFT_META_L4PROTO, PROTO_RSVP);
		break;
	case NFT_M_FORWARDED:
		put_forwarded(h, part);
		break;
	case NFT_MATCHES:
		break;
	}
}

static bool is_base(uint8_t chain)
{
	return chain == NFT_CHAIN_INPUT || chain == NFT_CHAIN_OUTPUT;
}

/* A base chain jumps, all others go: so what returns comes back to the base chain from any depth. */
static void put_rule_verdict(struct nlmsghdr *h, const struct nft_rule *r)
{
	uint32_t go = (uint32_t)(is_base(r->chain) ? NFT_JUMP : NFT_GOTO);

	if (r->jump) {
		expr_verdict(h, go, nft_chain_names[r->target]);
		return;
	}
	switch ((enum nft_verdict)r->verdict) {
	case NFT_V_ACCEPT:
		expr_verdict(h, NF_ACCEPT, NULL);
		break;
	case NFT_V_DROP:
		expr_verdict(h, is_base(r->chain) ? NF_DROP : (uint32_t)NFT_RETURN, NULL);
		break;
	case NFT_V_LOG:
		expr_limit(h, PLAN_LOG_PER_SECOND, PLAN_LOG_BURST);
		expr_log(h, PLAN_LOG_GROUP, PLAN_LOG_BYTES);
		break;
	case NFT_V_NEG:
		expr_verdict(h, go,
		    nft_chain_names[is_output(r->chain) ? NFT_CHAIN_NEG_OUT : NFT_CHAIN_NEG_IN]);
		break;
	}
}

unsigned nft_rule_parts(const struct nft_rule *r)
{
	/* Two ports in one rule would need an anonymous set; two rules say the same. */
	if (r->match == NFT_M_KERBEROS)
		return KERBEROS_PARTS;
	if (r->match == NFT_M_FORWARDED)
		return FORWARDED_PARTS;
	return r->match == NFT_M_IKE ? sizeof ike_ports / sizeof ike_ports[0] : 1;
}

/* TLV: version, chain, match, conntype, flags, verdict, target, part, origin (8 bytes), name of the set. */
static void put_rule_udata(struct nlmsghdr *h, const struct krule *k, unsigned part)
{
	const struct nft_rule *r = &k->rule;
	uint8_t d[2 + NFT_RULE_UDATA + KSET_NAME] = {NFT_UDATA_OURS, 0, KSTATE_FORMAT, r->chain, r->match,
	    r->conntype, (uint8_t)(r->counter | r->jump << 1 | k->gen << 2 | k->dialup_gen << 3), r->verdict, r->target,
	    (uint8_t)part};
	const uint32_t origin[2] = {htonl(r->origin.rule), htonl(r->origin.filter)};
	size_t n = strlen(k->set);

	memcpy(d + 10, origin, sizeof origin);
	memcpy(d + 2 + NFT_RULE_UDATA, k->set, n);
	d[1] = (uint8_t)(NFT_RULE_UDATA + n);
	mnl_attr_put(h, NFTA_RULE_USERDATA, 2 + NFT_RULE_UDATA + n, d);
}

void nft_encode_rule(
    const struct ops *o, const struct krule *k, unsigned part, void *msg, uint32_t seq)
{
	const struct nft_rule *r = &k->rule;
	const struct nft_set *set = r->match == NFT_M_SET ? ops_set(o, k->set, k->gen) : NULL;
	bool out = is_output(r->chain), map = set && set->is_map;
	struct nlmsghdr *h = nft_put_header(msg, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, seq);

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, NFT_TABLE_NAME);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, nft_chain_names[r->chain]);
	struct nlattr *list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
	if (r->conntype != CONN_ALL) {
		expr_meta(h, out ? NFT_META_OIFNAME : NFT_META_IIFNAME, NFT_REG32_00);
		expr_lookup(h, PLAN_DIALUP, k->dialup_gen, false, r->conntype == CONN_LAN);
	}
	put_match(h, k, set, part);
	if (r->counter && !map)
		expr_counter(h);
	if (!map) /* a map's element brings the verdict along */
		put_rule_verdict(h, r);
	mnl_attr_nest_end(h, list);
	put_rule_udata(h, k, part);
}
