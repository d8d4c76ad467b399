/*
 * Noticing that somebody else changed what is ours: events of both subsystems behind one
 * descriptor.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

static int add_fd(int epoll, const struct nl *n)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, mnl_socket_get_fd(n->sock), &ev);
}

int watch_open(struct watch *w, struct err *e)
{
	*w = (struct watch){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	if (w->epoll < 0)
		return err_set_errno(e, errno, KERNEL_TALK, "epoll");
	if (nl_open(&w->nft, NETLINK_NETFILTER, 1u << (NFNLGRP_NFTABLES - 1), e) ||
	    nl_open(&w->xfrm, NETLINK_XFRM, 1u << (XFRMNLGRP_POLICY - 1), e))
		return -1;
	if (add_fd(w->epoll, &w->nft) || add_fd(w->epoll, &w->xfrm))
		return err_set_errno(e, errno, KERNEL_TALK, "epoll");
	return 0;
}

void watch_close(struct watch *w)
{
	nl_close(&w->nft);
	nl_close(&w->xfrm);
	if (w->epoll >= 0)
		close(w->epoll);
	w->epoll = -1;
}

void watch_pause(struct watch *w, bool pause)
{
	int group = NFNLGRP_NFTABLES;

	mnl_socket_setsockopt(w->nft.sock, pause ? NETLINK_DROP_MEMBERSHIP : NETLINK_ADD_MEMBERSHIP,
	    &group, sizeof group);
}

int netlink_watch_fd(const struct kernel *k)
{
	return ((const struct kernel_netlink *)k)->watch.epoll;
}

/* Reads all events of one socket. Events caused through `own` carry its port number. */
static bool read_events(
    struct nl *n, const struct nl *own, bool (*is_ours)(const struct nlmsghdr *), char *room)
{
	bool changed = false;

	for (;;) {
		ssize_t got = nl_receive(n, room, false);
		if (got < 0 && errno == ENOBUFS) { /* events were lost: assume the worst, read on */
			changed = true;
			continue;
		}
		if (got < 0)
			return changed;
		int left = (int)got;
		for (const struct nlmsghdr *h = (const void *)room; nl_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			changed |= h->nlmsg_pid != own->portid && is_ours(h);
	}
}

bool netlink_watch_read(struct kernel *kernel)
{
	struct kernel_netlink *k = (struct kernel_netlink *)kernel;
	char *room = xcalloc(1, NL_RECV_ROOM);
	bool nft = read_events(&k->watch.nft, &k->nft, nft_decode_is_ours, room);
	bool xfrm = read_events(&k->watch.xfrm, &k->xfrm, xfrm_event_is_ours, room);

	free(room);
	return nft || xfrm;
}
