/* Private to the folder: the messages of NFLOG (linux/netfilter/nfnetlink_log.h) as pure functions. */
#ifndef KERNEL_DROPS_H
#define KERNEL_DROPS_H

#include <libmnl/libmnl.h>

#include "enforcer/kernel/kernel.h"

enum { DROPS_MSG_ROOM = 256 };

/* The request to listen to PLAN_LOG_GROUP, answered by an acknowledgement. `msg` has DROPS_MSG_ROOM bytes. */
void drops_encode_bind(void *msg, uint32_t seq);
/* A record, and its number. false: it is none, not of our rules, or malformed. */
bool drops_decode(const struct nlmsghdr *nlh, struct kernel_drop *out, uint32_t *seq);

#endif
