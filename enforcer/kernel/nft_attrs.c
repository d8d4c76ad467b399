#include "enforcer/kernel/nft_attrs.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "common/base/banned.h"

static void attrs_in(const void *data, size_t len, const struct nlattr *tb[NFA_ATTRS])
{
	memset(tb, 0, NFA_ATTRS * sizeof *tb);
	const struct nlattr *a = data;
	for (int left = (int)len; mnl_attr_ok(a, left);
	     left -= (int)MNL_ALIGN(a->nla_len), a = mnl_attr_next(a))
		if (mnl_attr_get_type(a) < NFA_ATTRS)
			tb[mnl_attr_get_type(a)] = a;
}

void nfa_nest(const struct nlattr *nest, const struct nlattr *tb[NFA_ATTRS])
{
	attrs_in(nest ? mnl_attr_get_payload(nest) : NULL,
	    nest ? mnl_attr_get_payload_len(nest) : 0, tb);
}

const struct nlattr *nfa_next(const struct nlattr *nest, const struct nlattr *prev)
{
	const char *start = mnl_attr_get_payload(nest),
		   *end = start + mnl_attr_get_payload_len(nest);
	const struct nlattr *a = prev ? mnl_attr_next(prev) : (const void *)start;

	return mnl_attr_ok(a, (int)(end - (const char *)a)) ? a : NULL;
}

bool nfa_msg(const struct nlmsghdr *h, const struct nlattr *tb[NFA_ATTRS])
{
	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg))
		return false;
	attrs_in(mnl_nlmsg_get_payload_offset(h, sizeof(struct nfgenmsg)),
	    mnl_nlmsg_get_payload_len(h) - sizeof(struct nfgenmsg), tb);
	return true;
}

bool nfa_be32(const struct nlattr *a, uint32_t *v)
{
	if (!a || mnl_attr_get_payload_len(a) < sizeof *v)
		return false;
	memcpy(v, mnl_attr_get_payload(a), sizeof *v);
	*v = ntohl(*v);
	return true;
}

bool nfa_str(const struct nlattr *a, char *out, size_t room)
{
	if (!a)
		return false;
	const char *s = mnl_attr_get_payload(a);
	size_t n = strnlen(s, mnl_attr_get_payload_len(a));
	if (n >= room)
		return false;
	memcpy(out, s, n);
	out[n] = '\0';
	return true;
}

bool nfa_is(const struct nlattr *a, const char *want)
{
	char s[64];

	return nfa_str(a, s, sizeof s) && strcmp(s, want) == 0;
}

bool nfa_be64(const struct nlattr *a, uint64_t *out)
{
	if (!a || mnl_attr_get_payload_len(a) != sizeof *out)
		return false;
	memcpy(out, mnl_attr_get_payload(a), sizeof *out);
	*out = be64toh(*out);
	return true;
}
