/* What configuration and lease files say about servers. Pure: text in, facts out, nothing is an error. */
#ifndef DAEMON_FACTS_FILES_H
#define DAEMON_FACTS_FILES_H

#include <stdbool.h>

#include "common/base/rd.h"
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
/*
 * The next two keep what was; a lease counts while this host has its address, so addresses come into `f` before.
 *
 * What NetworkManager says of a device (/run/NetworkManager/devices/IFINDEX, a key file): adds DHCP and WINS servers of
 * its group dhcp4, whose names are those of the options that NetworkManager has for dispatcher scripts and D-Bus.
 */
void facts_read_nm_device(const char *text, struct facts *f);
/*
 * A lease of dhcpcd: the server's answer as it came (RFC 2131 §2; RFC 2132 §8.5, §9.3, §9.7; names and file may hold
 * options, too). Adds DHCP and WINS servers. What is cut off or no such answer adds what was whole.
 */
void facts_read_dhcpcd_lease(struct span lease, struct facts *f);

#endif
