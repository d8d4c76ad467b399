/* Asks the running host: interfaces, addresses and gateways by rtnetlink, servers from files. */
#ifndef DAEMON_FACTS_LINUX_H
#define DAEMON_FACTS_LINUX_H

#include <stdbool.h>

#include "enforcer/compile/facts.h"

/* Where the files are; tests give others. */
struct fact_paths {
	const char *resolv_conf;      /* /etc/resolv.conf */
	const char *resolved_conf;    /* what stands behind systemd's local resolver */
	const char *networkd_leases;  /* folder, every file in it */
	const char *dhclient_leases;  /* folder, dhclient*.lease* in it */
	const char *nm_devices;       /* folder, every file in it */
	const char *dhcpcd_leases;    /* folder, *.lease in it */
};
extern const struct fact_paths fact_paths_linux;

/* Files that are missing or unreadable say nothing; netlink that fails is an error. Sorted. */
int facts_gather(const struct fact_paths *paths, struct facts *out, struct err *e);
/* A descriptor (non-blocking) that is readable when links, addresses or routes change. -1 and `e`. */
int facts_watch_open(struct err *e);
/* Empties it. Did anything change, or were events lost? */
bool facts_watch_read(int fd);

#endif
