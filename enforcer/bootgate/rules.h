/*
 * The boot gate's table as text for nftables: a pure function of mode and exemptions (semantics §2.1, §2.3).
 *
 * What passes in block and stateful, in both directions where it makes sense: loopback, DHCP and DHCPv6 as a
 * client, neighbour discovery with hop limit 255 (RFC 4861 §6.1, §7.1) and the group membership that it needs
 * (MLD, RFC 2710 and 3810), and the exemptions. Stateful adds everything outbound and its replies. An exemption
 * is a direction of connections: what answers them passes back by connection tracking, not by a mirrored rule,
 * which would let anybody in who sends from the exempt port. Nothing is forwarded.
 */
#ifndef BOOTGATE_RULES_H
#define BOOTGATE_RULES_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/model/settings.h"

#define GATE_TABLE "ipsecsh_boot"

/*
 * One transaction that leaves exactly this gate, in permit mode none. GATE_FRESH fails when one stands already;
 * GATE_REPLACE takes the old one away in the same transaction, which costs the kernel a wait of some 10 ms that a
 * boot need not have. Without exemptions the block mode needs nothing but packet headers: no connection tracking,
 * no module.
 */
enum gate_before { GATE_FRESH, GATE_REPLACE };
void gate_rules(enum bootmode mode, const struct boot_exemption *exempt, size_t n, enum gate_before before,
    struct buf *out);

#endif
