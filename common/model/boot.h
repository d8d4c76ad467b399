/* What boot mode and boot exemptions say (semantics §2.1, §2.3). Pure. */
#ifndef MODEL_BOOT_H
#define MODEL_BOOT_H

#include "common/model/packet.h"
#include "common/model/settings.h"

/* As settings_bootmode(), should a policy be assigned (or not). */
enum bootmode boot_mode(const struct settings *s, bool assigned);
/*
 * Does a host that starts in that mode let in a packet that arrives unasked, so the first one of a connection?
 * Block and stateful want an inbound exemption. Source port 0: one that no exemption names.
 */
bool boot_lets_in(const struct settings *s, enum bootmode mode, const struct packet *first);

#endif
