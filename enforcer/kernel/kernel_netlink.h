/* Private to the folder: the netlink kernel's parts (scan, apply, watch) share this. */
#ifndef KERNEL_KERNEL_NETLINK_H
#define KERNEL_KERNEL_NETLINK_H

#include "enforcer/kernel/backend.h"
#include "enforcer/kernel/netlink.h"

struct watch {
	struct nl nft, xfrm; /* members of the event groups */
	int epoll;           /* one descriptor for both */
};

struct kernel_netlink {
	struct kernel base;
	struct nl nft, xfrm; /* requests */
	struct watch watch;
	struct nl drops;    /* .sock NULL: cannot be had */
	uint32_t drops_seq; /* the number that the next record should have */
};

/* scan.c */
int netlink_scan(struct kernel *k, struct kstate *out, struct err *e);
int netlink_policies(struct kernel *k, struct kstate *out, struct err *e);
int netlink_counts(struct kernel *k, const struct kstate *state, struct kernel_counts *out, struct err *e);
/* The number of the nftables generation; it grows by one with each transaction of anybody. */
int netlink_genid(struct kernel_netlink *k, uint32_t *gen, struct err *e);
/* apply.c */
int netlink_xfrm(struct kernel *k, const struct ops *o, size_t first, size_t n, bool undo, bool *ok,
    size_t *failed, struct err *e);
int netlink_nft(struct kernel *k, const struct ops *o, size_t *failed, struct origin *origin,
    bool *raced, struct err *e);
/* Takes all elements out of a set; one that is not there is empty. */
int netlink_empty_set(struct kernel_netlink *k, const char *set, struct err *e);
/* sas.c */
int netlink_sas_delete(struct kernel *k, const struct ip *peer, size_t *n, struct err *e);
/* watch.c */
int watch_open(struct watch *w, struct err *e);
void watch_close(struct watch *w);
/*
 * Our own transaction would come back as one event an element. So we leave the group for its
 * duration; the generation number tells whether somebody else came in between.
 */
void watch_pause(struct watch *w, bool pause);
int netlink_watch_fd(const struct kernel *k);
bool netlink_watch_read(struct kernel *k);

/* drops.c */
void drops_open(struct kernel_netlink *k);
int netlink_drops_fd(const struct kernel *k);
bool netlink_drops_read(struct kernel *k, struct kernel_drops *out);

#endif
