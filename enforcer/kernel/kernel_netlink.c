/*
 * The real kernel: opening and closing. Needs CAP_NET_ADMIN in the network namespace it is opened
 * in.
 */
#include "enforcer/kernel/kernel_netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

static void netlink_close(struct kernel *k)
{
	struct kernel_netlink *n = (struct kernel_netlink *)k;

	watch_close(&n->watch);
	nl_close(&n->nft);
	nl_close(&n->xfrm);
	nl_close(&n->drops);
	free(n);
}

static const struct kernel_backend backend = {.scan = netlink_scan,
    .xfrm = netlink_xfrm,
    .nft = netlink_nft,
    .counts = netlink_counts,
    .sas_delete = netlink_sas_delete,
    .policies = netlink_policies,
    .watch_fd = netlink_watch_fd,
    .watch_read = netlink_watch_read,
    .drops_fd = netlink_drops_fd,
    .drops_read = netlink_drops_read,
    .close = netlink_close};

/*
 * Sockets open on any kernel that knows the family; whether anybody answers is a matter of asking.
 */
static int probe(struct kernel_netlink *n, struct err *e)
{
	uint32_t gen;

	if (netlink_genid(n, &gen, e) == 0)
		return 0;
	if (e->errno_ == EPERM)
		return err_set(e, NOT_PRIVILEGED);
	return err_set(e, KERNEL_LACKS, "nf_tables");
}

struct kernel *kernel_netlink_open(struct err *e)
{
	struct kernel_netlink *n = xcalloc(1, sizeof *n);

	n->base.be = &backend;
	n->watch.epoll = -1;
	if (nl_open(&n->nft, NETLINK_NETFILTER, 0, e)) {
		err_set(e, KERNEL_LACKS, "nfnetlink");
	} else if (nl_open(&n->xfrm, NETLINK_XFRM, 0, e)) {
		err_set(e, KERNEL_LACKS, "XFRM");
	} else if (probe(n, e) == 0 && watch_open(&n->watch, e) == 0) {
		drops_open(n);
		return &n->base;
	}
	netlink_close(&n->base);
	return NULL;
}
