/* What the kernel counted, summed for each rule or each filter of one of the two assigned policies. Pure. */
#ifndef DAEMON_TRAFFIC_H
#define DAEMON_TRAFFIC_H

#include "common/model/traffic.h"
#include "enforcer/kernel/kernel.h"

/* Those of the persistent store's policy, or of the local one's; dynamic rules and the program itself are left out. The caller frees out->v. */
void traffic_sum(const struct kernel_counts *c, enum traffic_of of, bool persistent, struct traffic_list *out);

#endif
