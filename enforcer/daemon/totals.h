/* The error totals of ipsecdiagnostics bit 1 (semantics §2.5): what IPsec could not take, by kind. */
#ifndef DAEMON_TOTALS_H
#define DAEMON_TOTALS_H

#include "common/base/log.h"
#include "enforcer/kernel/kernel.h"

enum total {
	TOTAL_CLEAR,     /* unexpected clear text: dropped by a negotiate filter */
	TOTAL_BAD_SPI,   /* no security association of that number */
	TOTAL_INTEGRITY, /* could not be verified or decrypted */
	TOTAL_REPLAY,    /* outside the window, or seen before */
	TOTAL_SYNTAX,    /* malformed, or of the wrong mode */
	TOTAL_KEY,       /* no key was to be had, or its life was over */
	TOTALS
};
struct totals {
	uint64_t v[TOTALS];
};
extern const char *const total_fields[TOTALS]; /* names of journal fields: IPSECSH_BAD_SPI ... */
extern const char *const total_words[TOTALS];  /* for people: "bad SPI" ... */

/* What the text of /proc/net/xfrm_stat (NULL: there is none) and the negotiate chains counted. Pure. */
struct totals totals_make(const char *xfrm_stat, const struct kernel_counts *c);
/* What came since `before`; a counter that is smaller than before began anew. */
struct totals totals_since(const struct totals *now, const struct totals *before);
void totals_add(struct totals *t, const struct totals *more);
/* As drop_sums_rebase(). */
void totals_rebase(struct totals *base, const struct totals *now);
bool totals_any(const struct totals *t);

#endif
