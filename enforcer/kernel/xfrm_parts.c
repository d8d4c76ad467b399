/* What all XFRM codecs are made of: headers, attributes, addresses. See xfrm_parts.h. */
#include "enforcer/kernel/xfrm_parts.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/base/banned.h"

struct nlmsghdr *xfrm_begin(void *msg, uint16_t type, uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(msg);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = seq;
	return h;
}

bool xfrm_open(const struct nlmsghdr *h, void *fixed, size_t n, const struct nlattr *tb[XFRM_ATTRS])
{
	size_t len = mnl_nlmsg_get_payload_len(h), skip = (n + MNL_ALIGNTO - 1) & ~(size_t)(MNL_ALIGNTO - 1);

	memset(tb, 0, XFRM_ATTRS * sizeof *tb);
	if (h->nlmsg_len < sizeof *h || len < n)
		return false;
	memcpy(fixed, mnl_nlmsg_get_payload(h), n);
	const struct nlattr *a = mnl_nlmsg_get_payload_offset(h, skip);
	for (int left = len > skip ? (int)(len - skip) : 0; mnl_attr_ok(a, left);
	     left -= (int)MNL_ALIGN(a->nla_len), a = mnl_attr_next(a))
		if (mnl_attr_get_type(a) < XFRM_ATTRS)
			tb[mnl_attr_get_type(a)] = a;
	return true;
}

uint16_t xfrm_af_of(uint8_t family)
{
	return family == IP_V6 ? AF_INET6 : AF_INET;
}

void xfrm_put_addr(xfrm_address_t *out, const struct ip *a)
{
	memcpy(out, a->b, ip_bits(a->family) / 8);
}

bool xfrm_get_ip(const xfrm_address_t *a, uint16_t af, struct ip *out)
{
	*out = (struct ip){.family = af == AF_INET6 ? IP_V6 : IP_V4};
	memcpy(out->b, a, ip_bits(out->family) / 8);
	return af == AF_INET || af == AF_INET6;
}

struct xfrm_carried xfrm_carried_of(const struct xfrm_usersa_info *i)
{
	return (struct xfrm_carried){.bytes = i->curlft.bytes, .packets = i->curlft.packets,
	    .replayed = i->stats.replay + i->stats.replay_window, .forged = i->stats.integrity_failed};
}
