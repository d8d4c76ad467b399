/*
 * The settings of the host that `dynamic set config` changes (netsh-ipsec-grammar §6.2, semantics §2.1-§2.5):
 * one row each, with its words, its limits and its default. They are kept as text under their names, so the
 * store needs no column for each, and what has never been set is not there.
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"

/* In the order in which show config lists them. Stored by name, so the numbers may change. */
enum setting_id {
	SET_IPSECDIAGNOSTICS,
	SET_IKELOGGING,
	SET_STRONGCRLCHECK,
	SET_IPSECLOGINTERVAL,
	SET_IPSECEXEMPT,
	SET_BOOTMODE,
	SET_BOOTEXEMPTIONS,
	SETTINGS
};
extern const struct enum_name setting_names[]; /* their words: ipsecdiagnostics ... */

enum bootmode { BOOT_DEFAULT = 0, BOOT_PERMIT = 1, BOOT_BLOCK = 2, BOOT_STATEFUL = 3 };
enum { BOOT_EXEMPTIONS_MAX = 64, SETTING_TEXT_MAX = 4096 };

/* Traffic that passes while the host starts. Ports are 0 (any) unless the protocol is TCP or UDP. */
struct boot_exemption {
	uint8_t protocol;
	bool outbound;
	uint16_t srcport, dstport;
};
struct settings {
	uint32_t number[SET_BOOTMODE];  /* by setting_id: those with numbers */
	uint8_t bootmode;               /* enum bootmode; BOOT_DEFAULT: never set (semantics §2.1) */
	struct boot_exemption exempt[BOOT_EXEMPTIONS_MAX];
	size_t nexempt;
	/* Not settings but what they depend on; no text of their own. */
	bool assigned;      /* a policy of the store is */
	bool ever_assigned; /* one is or was */
};

void settings_default(struct settings *s);
/* How the host starts: as it was set; else permit until a policy was ever assigned, stateful from then on. */
enum bootmode settings_bootmode(const struct settings *s);
/* When a change of it takes effect, as the end of a sentence: "takes effect at the next boot" (semantics §2.1-§2.5). */
const char *setting_effect(enum setting_id id);
/* Sets one from the text of a command or of the store. `tag` is what an error calls it. */
int setting_parse(enum setting_id id, const char *text, const char *tag, struct settings *s, struct err *e);
/* One exemption as its word: "TCP:0:22:inbound". */
void boot_exemption_print(const struct boot_exemption *x, struct buf *b);
bool boot_exemption_eq(const struct boot_exemption *a, const struct boot_exemption *b);
/* The text that setting_parse() reads back as the same value. */
void setting_print(const struct settings *s, enum setting_id id, struct buf *b);

#endif
