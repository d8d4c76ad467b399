/* What configuration and lease files say about servers. Pure: text in, facts out, nothing is an error. */
#ifndef DAEMON_FACTS_FILES_H
#define DAEMON_FACTS_FILES_H

#include <stdbool.h>

#include "enforcer/compile/facts.h"

/*
 * resolv.conf(5): adds the name servers. Returns true when systemd's local resolver (127.0.0.53) is one
 * of them, so that the servers behind it have to be read from its own file.
 */
bool facts_read_resolv_conf(const char *text, struct facts *f);
/* A lease of systemd-networkd: adds the DHCP server. */
void facts_read_networkd_lease(const char *text, struct facts *f);
/* dhclient.leases(5): adds DHCP and WINS servers of the newest lease of each interface. */
void facts_read_dhclient_leases(const char *text, struct facts *f);

#endif
