/* XFRM policy messages -> values. The mirror of xfrm_encode.c. */
#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

#include "enforcer/kernel/xfrm_codec.h"
#include "enforcer/kernel/xfrm_parts.h"

#include "common/base/banned.h"

enum { PORT_EXACT = 0xFFFF, REQID_RULE = 0xFFFFF };

/* Could a policy of ours have that selector? */
static bool selector_is_plain(const struct xfrm_selector *s)
{
	return (s->sport_mask == 0 || s->sport_mask == PORT_EXACT) &&
	    (s->dport_mask == 0 || s->dport_mask == PORT_EXACT) && s->ifindex == 0 && s->user == 0;
}

static bool get_selector(const struct xfrm_selector *s, struct xfrm_pol *p)
{
	if (!xfrm_get_ip(&s->saddr, s->family, &p->src) || !xfrm_get_ip(&s->daddr, s->family, &p->dst))
		return false;
	p->family = p->src.family;
	if (s->prefixlen_s > ip_bits(p->family) || s->prefixlen_d > ip_bits(p->family))
		return false;
	p->src_plen = s->prefixlen_s;
	p->dst_plen = s->prefixlen_d;
	p->protocol = s->proto;
	p->sport = s->sport_mask ? ntohs(s->sport) : 0;
	p->dport = s->dport_mask ? ntohs(s->dport) : 0;
	return true;
}

static uint8_t protection_by(uint8_t protocol)
{
	return protocol == IPPROTO_ESP ? PROTECT_ESP : protocol == IPPROTO_AH ? PROTECT_AH : 0;
}

/* false: not templates as put_templates() writes them. The first one says whose the policy is. */
static bool get_templates(const struct nlattr *a, struct xfrm_pol *p)
{
	struct xfrm_user_tmpl t[XFRM_TEMPLATES] = {{.reqid = 0}};
	size_t len = mnl_attr_get_payload_len(a);

	if (len != sizeof *t && len != sizeof t)
		return false;
	memcpy(t, mnl_attr_get_payload(a), len);
	p->reqid = t->reqid;
	p->optional = t->optional != 0;
	p->tunnel = t->mode == XFRM_MODE_TUNNEL;
	p->protection = protection_by(t->id.proto);
	if (p->tunnel &&
	    (!xfrm_get_ip(&t->saddr, t->family, &p->tunnel_src) ||
		!xfrm_get_ip(&t->id.daddr, t->family, &p->tunnel_dst)))
		return false;
	if (!p->protection || (!p->tunnel && t->mode != XFRM_MODE_TRANSPORT))
		return false;
	if (len == sizeof *t)
		return true;
	p->protection |= PROTECT_AH;
	return t[0].id.proto == IPPROTO_ESP && t[1].id.proto == IPPROTO_AH && t[1].mode == XFRM_MODE_TRANSPORT &&
	    t[1].reqid == t[0].reqid && (t[1].optional != 0) == p->optional;
}

static bool is_sub_policy(const struct nlattr *a)
{
	struct xfrm_userpolicy_type t;

	if (!a || mnl_attr_get_payload_len(a) < sizeof t)
		return false;
	memcpy(&t, mnl_attr_get_payload(a), sizeof t);
	return t.type != XFRM_POLICY_TYPE_MAIN;
}

enum xfrm_decoded xfrm_decode(const struct nlmsghdr *nlh, struct kpol *out)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_userpolicy_info i;

	if (!xfrm_open(nlh, &i, sizeof i, tb))
		return XFRM_BAD;
	*out = (struct kpol){.index = i.index, .pol = {.dir = i.dir, .priority = i.priority}};
	if (i.dir > XFRM_D_FWD || tb[XFRMA_MARK] || tb[XFRMA_IF_ID] || tb[XFRMA_SEC_CTX] ||
	    is_sub_policy(tb[XFRMA_POLICY_TYPE]) || !selector_is_plain(&i.sel))
		return XFRM_OTHER;
	if (!get_selector(&i.sel, &out->pol))
		return i.sel.family == AF_UNSPEC ? XFRM_OTHER : XFRM_BAD;
	out->pol.kind = i.action == XFRM_POLICY_BLOCK ? XFRM_K_BLOCK
	    : tb[XFRMA_TMPL]                          ? XFRM_K_PROTECT
						      : XFRM_K_ALLOW;
	/*
	 * Not our templates under our mark: reqid 0 makes it differ from anything wanted. It protects all the same: put
	 * back after a refusal, it must not become a policy without a template.
	 */
	if (out->pol.kind == XFRM_K_PROTECT && !get_templates(tb[XFRMA_TMPL], &out->pol)) {
		out->pol.reqid = 0;
		out->pol.protection = PROTECT_ESP;
	}
	if (kpol_is_ours(out) && out->pol.reqid)
		out->pol.origin.rule = out->pol.reqid & REQID_RULE;
	return XFRM_POLICY;
}

static bool take_granted(const struct xfrm_userpolicy_info *i, struct kpol *out, int64_t *used_s)
{
	*out = (struct kpol){.index = i->index, .pol = {.dir = i->dir, .priority = i->priority}};
	*used_s = (int64_t)i->curlft.use_time;
	if ((i->sel.user & ~(uint32_t)KPOL_USER_PROTECTION) != KPOL_USER_BASE || i->dir > XFRM_D_FWD ||
	    !get_selector(&i->sel, &out->pol))
		return false;
	if (!kpol_is_granted(out)) /* the kernel had to give it another one */
		out->index = kpol_index(KPOL_GRANTED_FIRST, i->dir);
	out->pol.protection = i->sel.user & KPOL_USER_PROTECTION;
	out->pol.kind = out->pol.protection ? XFRM_K_PROTECT : XFRM_K_ALLOW;
	return true;
}

bool xfrm_decode_granted(const struct nlmsghdr *nlh, struct kpol *out, int64_t *used_s)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_userpolicy_info info;
	struct xfrm_user_polexpire x;
	struct xfrm_userpolicy_id id;

	switch (nlh->nlmsg_type) {
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY:
		return xfrm_open(nlh, &info, sizeof info, tb) && take_granted(&info, out, used_s);
	case XFRM_MSG_POLEXPIRE:
		return xfrm_open(nlh, &x, sizeof x, tb) && x.hard && take_granted(&x.pol, out, used_s);
	case XFRM_MSG_DELPOLICY:
		if (!xfrm_open(nlh, &id, sizeof id, tb) || !tb[XFRMA_POLICY] ||
		    mnl_attr_get_payload_len(tb[XFRMA_POLICY]) < sizeof info)
			return false;
		memcpy(&info, mnl_attr_get_payload(tb[XFRMA_POLICY]), sizeof info);
		return take_granted(&info, out, used_s);
	default:
		return false;
	}
}

bool xfrm_event_is_ours(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_userpolicy_info info;
	struct xfrm_userpolicy_id id;
	struct kpol k;

	switch (nlh->nlmsg_type) {
	case XFRM_MSG_NEWPOLICY:
	case XFRM_MSG_UPDPOLICY:
		return xfrm_decode(nlh, &k) == XFRM_POLICY && kpol_is_ours(&k);
	case XFRM_MSG_DELPOLICY:
		/* Deleted by selector the message says which index it had inside XFRMA_POLICY. */
		if (!xfrm_open(nlh, &id, sizeof id, tb))
			return true;
		k = (struct kpol){.index = id.index};
		if (tb[XFRMA_POLICY] && mnl_attr_get_payload_len(tb[XFRMA_POLICY]) >= sizeof info) {
			memcpy(&info, mnl_attr_get_payload(tb[XFRMA_POLICY]), sizeof info);
			k.index = info.index;
		}
		return kpol_is_ours(&k);
	case XFRM_MSG_FLUSHPOLICY:
		return true;
	default:
		return false;
	}
}

bool xfrm_decode_sa(const struct nlmsghdr *nlh, struct kernel_sa *out)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_usersa_info i;

	if (!xfrm_open(nlh, &i, sizeof i, tb))
		return false;
	*out = (struct kernel_sa){.spi = ntohl(i.id.spi), .protocol = i.id.proto, .reqid = i.reqid};
	return xfrm_get_ip(&i.saddr, i.family, &out->src) && xfrm_get_ip(&i.id.daddr, i.family, &out->dst);
}
