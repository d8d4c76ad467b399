/*
 * The copy of what matters before /var, database and daemons are there: a small text that the shell compiles from
 * the policy store, ipsec-bootgate loads at boot, and the enforcer asks when a store is missing. Pure; the file
 * is copy_file.h.
 *
 *   ipsecsh-boot 1
 *   bootmode stateful                  default, permit, block or stateful
 *   bootexemptions TCP:0:22:inbound    or none
 *   everassigned yes
 *   assigned-local yes
 *   assigned-persistent no
 *   checksum 1f0e2d3c
 *
 * The form is canonical: what is read is what print makes of the values, byte for byte, or it is damaged. The
 * checksum (CRC-32) finds damage. It is no authentication: whoever can write this file is root, and could turn
 * the gate off altogether.
 */
#ifndef BOOT_COPY_H
#define BOOT_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/model/settings.h"

enum { BOOTCOPY_VERSION = 1, BOOTCOPY_MAX = 8192 /* bytes of text */ };

/* All zero is what a missing copy means: nothing set, no policy was ever assigned. */
struct bootcopy {
	uint8_t mode; /* enum bootmode as it was set, BOOT_DEFAULT: never */
	bool ever_assigned;
	bool assigned_local, assigned_persistent; /* that store has an assigned policy now */
	struct boot_exemption exempt[BOOT_EXEMPTIONS_MAX];
	size_t nexempt;
};

/* From the settings of the local store, and whether the persistent one has an assigned policy. */
void bootcopy_make(const struct settings *s, bool assigned_persistent, struct bootcopy *out);
/* The mode that holds: enum bootmode, never BOOT_DEFAULT. */
enum bootmode bootcopy_mode(const struct bootcopy *c);
/*
 * A copy that lets nothing through that either of them stops, and knows of every assignment that either knows of:
 * what stands on disk while one becomes the other.
 */
void bootcopy_strictest(const struct bootcopy *a, const struct bootcopy *b, struct bootcopy *out);
bool bootcopy_eq(const struct bootcopy *a, const struct bootcopy *b);
/* The value for a copy that cannot be read: block, no exemptions, everything assigned. */
void bootcopy_unknown(struct bootcopy *out);

void bootcopy_print(const struct bootcopy *c, struct buf *b);
/* `name` is what errors call it. -1: BOOT_COPY_BAD says what is wrong, or BOOT_COPY_NEWER; `out` is undefined. */
int bootcopy_parse(const char *text, size_t n, const char *name, struct bootcopy *out, struct err *e);

/* CRC-32 of IEEE 802.3 §3.2.9, as zlib's crc32(). */
uint32_t bootcopy_crc32(const void *bytes, size_t n);

#endif
