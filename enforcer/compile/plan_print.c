/* The plan as text: `ipsec-enforcerd -n` and the goldens. Every entry names the rule that caused it. */
#include <stdio.h>

#include "common/base/mem.h"
#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

const struct policy *plan_policy_of(const struct plan *p, const struct origin *o)
{
	enum owner owner = origin_owner(o);

	return owner == OWNER_LOCAL ? p->policy : owner == OWNER_PERSISTENT ? p->persistent : NULL;
}

const struct rule *plan_rule_of(const struct plan *p, const struct origin *o)
{
	const struct policy *policy = plan_policy_of(p, o);

	for (size_t i = 0; policy && i < policy->nrules; i++)
		if (policy->rules[i].id == (int64_t)origin_row(o))
			return &policy->rules[i];
	return NULL;
}

static void print_origin(const struct plan *p, struct origin o, struct buf *b)
{
	const struct rule *r = plan_rule_of(p, &o);
	enum owner owner = origin_owner(&o);

	if (owner == OWNER_DYNAMIC)
		buf_printf(b, "  # dynamic rule %u\n", origin_row(&o));
	else if (r)
		buf_printf(b, "  # %spolicy \"%s\" rule \"%s\" list \"%s\" filter %u\n",
		    owner == OWNER_PERSISTENT ? "persistent " : "", plan_policy_of(p, &o)->name, r->name,
		    r->filterlist->name, o.filter);
	else
		buf_adds(b, "  # always\n");
}

static void print_net(const struct ip *net, uint8_t plen, struct buf *b)
{
	char text[IP_TEXT];

	buf_adds(b, ip_print(net, text));
	if (plen != ip_bits(net->family))
		buf_printf(b, "/%u", plen);
}

void plan_side_print(const struct side *s, struct buf *b)
{
	if (s->kind == SIDE_NET)
		print_net(&s->net, s->plen, b);
	else
		buf_adds(b, s->kind == SIDE_ME ? "me" : "any");
}

static void print_protocol(uint8_t protocol, uint16_t sport, uint16_t dport, struct buf *b)
{
	const char *name = enum_to_name(protocol_names, protocol);

	if (name)
		buf_printf(b, " %s", name);
	else
		buf_printf(b, " proto %u", protocol);
	if (sport)
		buf_printf(b, " sport %u", sport);
	if (dport)
		buf_printf(b, " dport %u", dport);
}

void plan_match_print(const struct plan_filter *f, struct buf *b)
{
	plan_side_print(&f->src, b);
	buf_adds(b, " > ");
	plan_side_print(&f->dst, b);
	print_protocol(f->protocol, f->sport, f->dport, b);
	if (f->dir != DYN_BOTH)
		buf_adds(b, f->dir == DYN_IN ? " inbound" : " outbound");
	if (f->conntype != CONN_ALL)
		buf_printf(b, " %s", enum_to_name(conntype_names, f->conntype));
	if (f->tunnel.family != IP_NONE) {
		buf_adds(b, " tunnel ");
		print_net(&f->tunnel, (uint8_t)ip_bits(f->tunnel.family), b);
	}
}

void plan_filter_say(const struct plan_filter *f, struct buf *b)
{
	buf_printf(b, "ipv%u %s%s ", f->family, enum_to_name(action_names, f->action), f->inpass ? " inpass" : "");
	plan_match_print(f, b);
}

void plan_filter_print(const struct plan *p, const struct plan_filter *f, struct buf *b)
{
	plan_filter_say(f, b);
	print_origin(p, f->origin, b);
}

static void print_filters(const struct plan *p, struct buf *b)
{
	buf_printf(b, "filters %zu (first match wins)\n", p->nfilters);
	for (size_t i = 0; i < p->nfilters; i++) {
		buf_printf(b, "  %08x ", p->filters[i].rank);
		plan_filter_print(p, &p->filters[i], b);
	}
}

static const char *verdict_word(const struct nft_rule *r)
{
	if (r->jump) /* a base chain is come back to */
		return r->chain < NFT_CHAIN_IN4 ? "jump " : "goto ";
	switch ((enum nft_verdict)r->verdict) {
	case NFT_V_ACCEPT:
		return "accept";
	case NFT_V_DROP:
		return "drop";
	case NFT_V_NEG:
		return "negotiate";
	case NFT_V_LOG:
		return "log";
	}
	return "?";
}

static void print_rule(const struct plan *p, const struct nft_rule *r, struct buf *b)
{
	static const char *const words[] = {
	    [NFT_M_ALWAYS] = "", [NFT_M_LO] = "loopback ", [NFT_M_IKE] = "ike ", [NFT_M_IPSEC] = "esp-ah ",
	    [NFT_M_ND] = "neighbour-discovery ", [NFT_M_IPV4] = "ipv4 ", [NFT_M_IPV6] = "ipv6 ",
	    [NFT_M_MCAST] = "multicast ", [NFT_M_BCAST] = "broadcast ", [NFT_M_SECPATH] = "protected ",
	    [NFT_M_RTIPSEC] = "will-be-protected ", [NFT_M_SET] = "in ",
	    [NFT_M_KERBEROS] = "kerberos ", [NFT_M_RSVP] = "rsvp ",
	    [NFT_M_SOFT4] = "in @" PLAN_SOFT4 " ", [NFT_M_SOFT6] = "in @" PLAN_SOFT6 " ",
	    [NFT_M_FORWARDED] = "forwarded "};
	const char *conn = r->conntype == CONN_ALL ? "" : enum_to_name(conntype_names, r->conntype);

	buf_printf(b, "    %s%s%s", conn, *conn ? " " : "", words[r->match]);
	if (r->match == NFT_M_SET)
		buf_printf(b, "@%s ", p->sets[r->set].name);
	if (r->match == NFT_M_SET && p->sets[r->set].is_map)
		buf_adds(b, "by element\n");
	else
		buf_printf(b, "%s%s\n", verdict_word(r), r->jump ? nft_chain_names[r->target] : "");
}

/* Keys are read back field by field, as the set declares them. */
static void print_key(const struct nft_set *s, const struct nft_elem *el, struct buf *b)
{
	const uint8_t *at = el->key;
	size_t bytes = ip_bits(s->family) / 8;
	struct ip ip = {.family = s->keytype == NFT_KEY_ADDR4 ? IP_V4 : s->family};

	if (s->keytype == NFT_KEY_IFNAME) {
		buf_printf(b, " %.16s", (const char *)el->key);
		return;
	}
	if (s->keytype == NFT_KEY_ADDR4)
		bytes = 4;
	for (int side = 0; side < 2; side++) {
		bool has = s->keytype == NFT_KEY_ADDR4 ? side == 0 : side == 0 ? s->has_src : s->has_dst;
		if (!has)
			continue;
		for (size_t i = 0; i < bytes; i++)
			ip.b[i] = at[i];
		buf_addc(b, ' ');
		print_net(&ip, s->keytype == NFT_KEY_ADDR4 ? 32 : side == 0 ? s->src_plen : s->dst_plen, b);
		at += bytes;
	}
	if (s->has_proto) {
		buf_printf(b, " %u", at[0]);
		at += 4;
	}
	for (int k = s->has_sport + s->has_dport; k > 0; k--, at += 4)
		buf_printf(b, " %u", (unsigned)(at[0] << 8 | at[1]));
}

static void print_nft(const struct plan *p, struct buf *b)
{
	int chain = -1;

	buf_adds(b, "table inet ipsecsh\n");
	for (size_t i = 0; i < p->nrules; i++) {
		if (p->rules[i].chain != chain) {
			chain = p->rules[i].chain;
			buf_printf(b, "  chain %s\n", nft_chain_names[chain]);
		}
		print_rule(p, &p->rules[i], b);
	}
	for (size_t i = 0; i < p->nsets; i++) {
		const struct nft_set *s = &p->sets[i];
		buf_printf(b, "  %s %s %zu\n", s->is_map ? "map" : "set", s->name, s->n);
		for (size_t k = s->first; k < s->first + s->n; k++) {
			buf_adds(b, "   ");
			print_key(s, &p->elems[k], b);
			if (s->is_map)
				buf_adds(b, p->elems[k].verdict == NFT_V_ACCEPT ? " : accept" : " : drop");
			print_origin(p, p->elems[k].origin, b);
		}
	}
}

static void print_protection(const struct xfrm_pol *x, struct buf *b)
{
	static const char *const words[] = {[PROTECT_ESP] = "esp", [PROTECT_AH] = "ah", [PROTECT_AH_ESP] = "ah+esp"};
	const char *before = " (also offered: ";

	buf_printf(b, " %s", words[x->protection]);
	for (uint8_t k = PROTECT_ESP; k < N_OF(words); k++)
		if (k != x->protection && x->offered & PROTECTION_BIT(k)) {
			buf_printf(b, "%s%s", before, words[k]);
			before = ", ";
		}
	if (x->offered & ~PROTECTION_BIT(x->protection))
		buf_addc(b, ')');
	buf_printf(b, " reqid %#x %s", x->reqid, x->optional ? "use" : "required");
}

static void print_xfrm(const struct plan *p, struct buf *b)
{
	static const char *const dirs[] = {"in ", "out", "fwd"};
	static const char *const kinds[] = {"allow", "block", "protect"};

	buf_printf(b, "xfrm %zu\n", p->nxfrm);
	for (size_t i = 0; i < p->nxfrm; i++) {
		const struct xfrm_pol *x = &p->xfrm[i];
		buf_printf(b, "  %08x %s %s ", x->priority, dirs[x->dir], kinds[x->kind]);
		print_net(&x->src, x->src_plen, b);
		buf_adds(b, " > ");
		print_net(&x->dst, x->dst_plen, b);
		print_protocol(x->protocol, x->sport, x->dport, b);
		if (x->kind == XFRM_K_PROTECT)
			print_protection(x, b);
		if (x->tunnel) {
			buf_adds(b, " tunnel ");
			print_net(&x->tunnel_dst, (uint8_t)ip_bits(x->tunnel_dst.family), b);
		}
		print_origin(p, x->origin, b);
	}
}

void plan_print(const struct plan *p, struct buf *b)
{
	char guid[GUID_TEXT];

	if (p->block_all) {
		buf_adds(b, "Block mode: everything but loopback is dropped\n");
		print_nft(p, b);
		return;
	}
	if (!p->policy && p->nrules == 0) {
		buf_adds(b, "no policy is assigned: nothing is enforced\n");
		return;
	}
	if (p->persistent)
		buf_printf(b, "persistent policy \"%s\" %s\n", p->persistent->name,
		    guid_print(&p->persistent->guid, guid));
	if (p->policy)
		buf_printf(b, "policy \"%s\" %s\n", p->policy->name, guid_print(&p->policy->guid, guid));
	else
		buf_adds(b, "no policy is assigned\n");
	print_filters(p, b);
	print_nft(p, b);
	print_xfrm(p, b);
}
