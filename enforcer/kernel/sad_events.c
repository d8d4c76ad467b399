/*
 * What others, or time, did in the real kernel: datagrams of a socket of their own -> struct sad_event (sad.h). Remembers nothing
 * but the datagram whose messages are being told. What this process did itself is no news, by the port that asked; what got
 * lost because nobody read in time is news: everything may be different.
 */
#include "enforcer/kernel/sad_netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

struct sad_usage sad_usage_of(const struct xfrm_carried *c)
{
	return (struct sad_usage){.bytes = c->bytes, .packets = c->packets, .replayed = c->replayed, .forged = c->forged,
	    .last_use = MONO_NEVER};
}

static bool is_flush(const struct nlmsghdr *h, struct sad_event *out)
{
	out->kind = h->nlmsg_type == XFRM_MSG_FLUSHSA ? SAD_SAS_LOST : SAD_POLICIES_LOST;
	out->flush = h->nlmsg_type == XFRM_MSG_FLUSHPOLICY;
	return h->nlmsg_type == XFRM_MSG_FLUSHSA || h->nlmsg_type == XFRM_MSG_FLUSHPOLICY;
}

/* Does the message tell of something? What we did ourselves is no news. */
static bool take_event(const struct sad_netlink *s, const struct nlmsghdr *h, struct sad_event *out)
{
	bool ours = h->nlmsg_pid == s->xfrm.portid && h->nlmsg_pid != 0;
	struct xfrm_carried carried;
	struct kpol k;
	int64_t used;

	*out = (struct sad_event){.kind = SAD_ACQUIRE};
	if (xfrm_get_acquire(h, &out->cmd, &out->policy)) {
		out->reqid = out->cmd.u.acquire.reqid;
		return true;
	}
	if (xfrm_get_carried(h, &carried))
		out->used = sad_usage_of(&carried);
	out->kind = SAD_EXPIRE;
	if (xfrm_get_expire(h, &out->cmd, &out->reqid))
		return true;
	out->kind = SAD_MAPPING;
	if (xfrm_get_mapping(h, &out->cmd, &out->reqid))
		return true;
	if (ours)
		return false;
	out->kind = SAD_GONE;
	if (xfrm_get_gone(h, &out->id, &out->reqid) || is_flush(h, out))
		return true;
	*out = (struct sad_event){.kind = SAD_POLICIES_LOST};
	return (h->nlmsg_type == XFRM_MSG_DELPOLICY || h->nlmsg_type == XFRM_MSG_POLEXPIRE) &&
	       xfrm_decode_granted(h, &k, &used);
}

/* The next datagram. false: there is none. Those of new associations hold keys. */
static bool next_datagram(struct sad_netlink *s, bool *lost)
{
	ssize_t got;

	secret_wipe(s->room, NL_RECV_ROOM);
	got = nl_receive(&s->events, s->room, false);
	*lost = got < 0 && errno == ENOBUFS;
	s->at = (const void *)s->room;
	s->left = got > 0 ? (int)got : 0;
	return got >= 0;
}

bool sad_event(struct sad *sad, struct sad_event *out)
{
	struct sad_netlink *s = sad_netlink_of(sad);
	bool lost = false;

	do {
		while (nl_ok(s->at, s->left)) {
			const struct nlmsghdr *h = s->at;

			s->at = mnl_nlmsg_next(h, &s->left);
			if (take_event(s, h, out))
				return true;
		}
	} while (next_datagram(s, &lost));
	*out = (struct sad_event){.kind = SAD_SAS_LOST, .lost = true, .flush = true};
	return lost;
}

int sad_fd(const struct sad *s)
{
	return mnl_socket_get_fd(((const struct sad_netlink *)s)->events.sock);
}

int sad_events_open(struct sad_netlink *s, struct err *e)
{
	unsigned groups = xfrm_sa_groups() | 1u << (XFRMNLGRP_SA - 1) | 1u << (XFRMNLGRP_POLICY - 1);

	s->room = xcalloc(1, NL_RECV_ROOM);
	s->at = (const void *)s->room;
	return nl_open(&s->events, NETLINK_XFRM, groups, e);
}

void sad_events_close(struct sad_netlink *s)
{
	nl_close(&s->events);
	if (s->room)
		secret_wipe(s->room, NL_RECV_ROOM);
	free(s->room);
}
