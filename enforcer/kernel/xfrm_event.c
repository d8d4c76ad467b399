/* What the kernel tells of associations unasked -> commands for IKE. Layout: linux/xfrm.h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/kernel/xfrm_parts.h"
#include "enforcer/kernel/xfrm_sa.h"

#include "common/base/banned.h"

unsigned xfrm_sa_groups(void)
{
	return XFRMGRP_ACQUIRE | XFRMGRP_EXPIRE | 1u << (XFRMNLGRP_MAPPING - 1);
}

/* Ports mean something to these; to the others the kernel puts types, codes and keys there. */
static bool has_ports(uint8_t protocol)
{
	static const uint8_t with[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_UDPLITE};

	return memchr(with, protocol, sizeof with) != NULL;
}

bool xfrm_get_acquire(const struct nlmsghdr *nlh, struct ike_cmd *out, uint32_t *policy)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_user_acquire a;
	struct xfrm_user_tmpl t;
	uint16_t family;

	*out = (struct ike_cmd){.kind = IKE_CMD_ACQUIRE};
	if (nlh->nlmsg_type != XFRM_MSG_ACQUIRE || !xfrm_open(nlh, &a, sizeof a, tb) || !tb[XFRMA_TMPL] ||
	    mnl_attr_get_payload_len(tb[XFRMA_TMPL]) < sizeof t || a.policy.dir != XFRM_POLICY_OUT)
		return false;
	memcpy(&t, mnl_attr_get_payload(tb[XFRMA_TMPL]), sizeof t);
	family = t.family ? t.family : a.sel.family;
	*policy = a.policy.index;
	out->u.acquire.acquire = a.seq;
	out->u.acquire.reqid = t.reqid;
	if (!xfrm_get_ip(&a.saddr, family, &out->u.acquire.local) ||
	    !xfrm_get_ip(&a.id.daddr, family, &out->u.acquire.remote) ||
	    !xfrm_get_selector(&a.sel, true, &out->u.acquire.sel))
		return false;
	if (!has_ports(a.sel.proto))
		out->u.acquire.sel.local_port = out->u.acquire.sel.remote_port = 0;
	return true;
}

void xfrm_put_policy_get(void *msg, uint32_t seq, uint32_t index)
{
	const struct xfrm_userpolicy_id id = {.index = index, .dir = index & 7}; /* as kpol_index() has it */
	struct nlmsghdr *h = xfrm_begin(msg, XFRM_MSG_GETPOLICY, NLM_F_ACK, seq);

	memcpy(mnl_nlmsg_put_extra_header(h, sizeof id), &id, sizeof id);
}

bool xfrm_put_policy_again(void *msg, uint32_t seq, const struct nlmsghdr *policy)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_userpolicy_info i;
	struct nlmsghdr *h = msg;

	if (policy->nlmsg_len > XFRM_SA_ROOM || policy->nlmsg_type != XFRM_MSG_NEWPOLICY || !xfrm_open(policy, &i, sizeof i, tb))
		return false;
	memmove(h, policy, policy->nlmsg_len);
	h->nlmsg_type = XFRM_MSG_UPDPOLICY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = seq;
	return true;
}

bool xfrm_get_expire(const struct nlmsghdr *nlh, struct ike_cmd *out, uint32_t *reqid)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_user_expire x;

	*out = (struct ike_cmd){.kind = IKE_CMD_EXPIRE};
	if (nlh->nlmsg_type != XFRM_MSG_EXPIRE || !xfrm_open(nlh, &x, sizeof x, tb))
		return false;
	*reqid = x.state.reqid;
	out->u.expire.why = x.hard ? IKE_FAIL_QM_EXPIRED : IKE_OK;
	return xfrm_get_id(&x.state.id, &x.state.saddr, x.state.family, &out->u.expire.sa);
}

/* DELSA has it as an attribute, as its fixed part is a name alone. */
static bool find_info(const struct nlmsghdr *nlh, struct xfrm_usersa_info *out)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_user_expire x;
	struct xfrm_usersa_id id;

	if (nlh->nlmsg_type == XFRM_MSG_NEWSA || nlh->nlmsg_type == XFRM_MSG_UPDSA)
		return xfrm_open(nlh, out, sizeof *out, tb);
	if (nlh->nlmsg_type == XFRM_MSG_EXPIRE && xfrm_open(nlh, &x, sizeof x, tb)) {
		*out = x.state;
		return true;
	}
	if (nlh->nlmsg_type != XFRM_MSG_DELSA || !xfrm_open(nlh, &id, sizeof id, tb) || !tb[XFRMA_SA] ||
	    mnl_attr_get_payload_len(tb[XFRMA_SA]) < sizeof *out)
		return false;
	memcpy(out, mnl_attr_get_payload(tb[XFRMA_SA]), sizeof *out);
	return true;
}

bool xfrm_get_carried(const struct nlmsghdr *nlh, struct xfrm_carried *out)
{
	struct xfrm_usersa_info i;

	*out = (struct xfrm_carried){.bytes = 0};
	if (!find_info(nlh, &i))
		return false;
	*out = xfrm_carried_of(&i);
	return true;
}

bool xfrm_get_gone(const struct nlmsghdr *nlh, struct ike_sa_id *out, uint32_t *reqid)
{
	struct xfrm_usersa_info x;

	if (nlh->nlmsg_type != XFRM_MSG_DELSA || !find_info(nlh, &x))
		return false;
	*reqid = x.reqid;
	return xfrm_get_id(&x.id, &x.saddr, x.family, out);
}

bool xfrm_get_mapping(const struct nlmsghdr *nlh, struct ike_cmd *out, uint32_t *reqid)
{
	const struct nlattr *tb[XFRM_ATTRS];
	struct xfrm_user_mapping x;
	struct xfrm_id id;

	*out = (struct ike_cmd){.kind = IKE_CMD_MAPPING};
	if (nlh->nlmsg_type != XFRM_MSG_MAPPING || !xfrm_open(nlh, &x, sizeof x, tb))
		return false;
	id = (struct xfrm_id){.daddr = x.id.daddr, .spi = x.id.spi, .proto = x.id.proto};
	*reqid = x.reqid;
	out->u.mapping.remote.port = ntohs(x.new_sport);
	return xfrm_get_id(&id, &x.old_saddr, x.id.family, &out->u.mapping.sa) &&
	       xfrm_get_ip(&x.new_saddr, x.id.family, &out->u.mapping.remote.ip);
}
