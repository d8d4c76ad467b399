/* What the kernel counted, summed for each rule or each filter of the assigned policy. Pure. */
#ifndef DAEMON_TRAFFIC_H
#define DAEMON_TRAFFIC_H

#include "common/model/traffic.h"
#include "enforcer/kernel/kernel.h"

/* Counters of dynamic rules and of the program itself are left out. The caller frees out->v. */
void traffic_sum(const struct kernel_counts *c, enum traffic_of of, struct traffic_list *out);

#endif
