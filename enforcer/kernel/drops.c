/*
 * Dropped packets by NFLOG. The kernel gathers records and sends several in one datagram, so that a flood
 * wakes us a few times a second; it numbers them, so that what got lost on the way is counted exactly.
 */
#include "enforcer/kernel/drops.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/nft_attrs.h"
#include "enforcer/kernel/nft_codec.h"

#include "common/base/banned.h"

enum {
	GATHER = 16,       /* records in one datagram, at most */
	GATHER_TICKS = 20, /* and no longer than that, in 1/100 s */
};

void drops_encode_bind(void *msg, uint32_t seq)
{
	static const struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
	const struct nfulnl_msg_config_mode mode = {
	    .copy_range = htonl(PLAN_LOG_BYTES), .copy_mode = NFULNL_COPY_PACKET};
	struct nlmsghdr *h = mnl_nlmsg_put_header(msg);

	h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = seq;
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof *g);
	*g = (struct nfgenmsg){.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(PLAN_LOG_GROUP)};
	mnl_attr_put(h, NFULA_CFG_CMD, sizeof bind, &bind);
	mnl_attr_put(h, NFULA_CFG_MODE, sizeof mode, &mode);
	mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(GATHER));
	mnl_attr_put_u32(h, NFULA_CFG_TIMEOUT, htonl(GATHER_TICKS));
	mnl_attr_put_u16(h, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
}

/* An attribute of at least `least` bytes, or NULL. */
static const void *payload(const struct nlattr *a, size_t least)
{
	return a && mnl_attr_get_payload_len(a) >= least ? mnl_attr_get_payload(a) : NULL;
}

static bool is_our_prefix(const struct nlattr *a)
{
	static const char want[] = NFT_TABLE_NAME;
	const char *text = payload(a, sizeof want);

	return text && memcmp(text, want, sizeof want) == 0;
}

bool drops_decode(const struct nlmsghdr *nlh, struct kernel_drop *out, uint32_t *seq)
{
	const struct nlattr *tb[NFA_ATTRS];
	const struct nfulnl_msg_packet_hdr *hdr;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) || !nfa_msg(nlh, tb))
		return false;
	hdr = payload(tb[NFULA_PACKET_HDR], sizeof *hdr);
	if (!hdr || !nfa_be32(tb[NFULA_SEQ], seq) || !tb[NFULA_PAYLOAD] || !is_our_prefix(tb[NFULA_PREFIX]))
		return false;
	*out = (struct kernel_drop){.inbound = hdr->hook == NF_INET_LOCAL_IN};
	nfa_be32(tb[out->inbound ? NFULA_IFINDEX_INDEV : NFULA_IFINDEX_OUTDEV], &out->ifindex);
	size_t n = mnl_attr_get_payload_len(tb[NFULA_PAYLOAD]);
	out->n = (uint16_t)(n < sizeof out->head ? n : sizeof out->head);
	memcpy(out->head, mnl_attr_get_payload(tb[NFULA_PAYLOAD]), out->n);
	return true;
}

void drops_open(struct kernel_netlink *k)
{
	_Alignas(8) char msg[DROPS_MSG_ROOM];
	struct err why = {0};

	if (nl_open(&k->drops, NETLINK_NETFILTER, 0, &why))
		return;
	drops_encode_bind(msg, ++k->drops.seq);
	if (nl_dump(&k->drops, (const void *)msg, NULL, NULL, &why))
		nl_close(&k->drops);
}

int netlink_drops_fd(const struct kernel *kernel)
{
	const struct kernel_netlink *k = (const struct kernel_netlink *)kernel;

	return k->drops.sock ? mnl_socket_get_fd(k->drops.sock) : -1;
}

static void take(struct kernel_netlink *k, const struct nlmsghdr *h, struct kernel_drops *out)
{
	struct kernel_drop d;
	uint32_t seq;

	if (!drops_decode(h, &d, &seq))
		return;
	out->lost += seq - k->drops_seq;
	k->drops_seq = seq + 1;
	if (out->n < KERNEL_DROPS_MAX)
		out->v[out->n++] = d;
	else
		out->lost++;
}

/* One datagram; what does not fit into the socket the kernel throws away, and the numbers tell. */
bool netlink_drops_read(struct kernel *kernel, struct kernel_drops *out)
{
	struct kernel_netlink *k = (struct kernel_netlink *)kernel;
	_Alignas(8) static char room[NL_RECV_ROOM];
	ssize_t got = k->drops.sock ? nl_receive(&k->drops, room, false) : -1;

	if (got < 0)
		return k->drops.sock && errno == ENOBUFS;
	int left = (int)got;
	for (const struct nlmsghdr *h = (const void *)room; nl_ok(h, left); h = mnl_nlmsg_next(h, &left))
		take(k, h, out);
	return true;
}
