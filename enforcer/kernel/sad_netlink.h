/* Private to the folder: the parts of the netlink implementation of sad.h share this. */
#ifndef KERNEL_SAD_NETLINK_H
#define KERNEL_SAD_NETLINK_H

#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/sad.h"
#include "enforcer/kernel/xfrm_sa.h"

struct sad_netlink {
	struct sad base;
	struct kernel_netlink *kernel; /* borrowed */
	struct nl xfrm;                /* requests */
	struct nl events;
	char *room; /* the event datagram whose messages are being told; owned, wiped */
	const struct nlmsghdr *at;
	int left;
	_Alignas(8) char msg[XFRM_SA_ROOM]; /* the request that is being made */
};

static inline struct sad_netlink *sad_netlink_of(struct sad *s)
{
	return (struct sad_netlink *)s;
}

/* sad_netlink.c: one request, one answer. */

/* Sends s->msg, which may hold a key, wipes it, and waits for the answer; `cb` NULL: an acknowledgement is all there is. */
int sad_ask(struct sad_netlink *s, nl_cb *cb, void *ctx, struct err *e);
/* The same for a deletion: what is not there counts as deleted. */
int sad_ask_gone(struct sad_netlink *s, struct err *e);
/* A moment that the kernel told in seconds since 1970, 0 being never. */
struct mono sad_mono(struct sad *s, int64_t wall_s);

/* sad_beside.c */
int sad_policy(struct sad *s, const struct kpol *p, uint32_t life_s, struct err *e);
int sad_policy_del(struct sad *s, const struct kpol *p, struct err *e);
int sad_policy_used(struct sad *s, const struct kpol *p, struct mono *last, struct err *e);
int sad_soft(struct sad *s, const struct ip *local, const struct ip *remote, bool put, struct err *e);
int sad_soft_count(struct sad *s, const struct ip *local, const struct ip *remote, struct sad_usage *out, struct err *e);
/* What the kernel holds beside the plan was granted by a process that is no more: it goes. */
int sad_tidy(struct sad_netlink *s, struct err *e);

/* sad_events.c */
int sad_events_open(struct sad_netlink *s, struct err *e);
void sad_events_close(struct sad_netlink *s);
int sad_fd(const struct sad *s);
bool sad_event(struct sad *s, struct sad_event *out);

/* What the kernel says of an association, for whoever knows nothing of XFRM. */
struct sad_usage sad_usage_of(const struct xfrm_carried *c);

#endif
