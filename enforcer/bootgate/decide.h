/* Which gate a copy asks for, and what is said about it. Pure. */
#ifndef BOOTGATE_DECIDE_H
#define BOOTGATE_DECIDE_H

#include "common/boot/copy.h"

struct gate_decision {
	enum bootmode mode; /* never BOOT_DEFAULT */
	struct boot_exemption exempt[BOOT_EXEMPTIONS_MAX];
	size_t nexempt;
	bool emergency; /* the copy could not be used: a person must hear of it */
	char why[ERR_TEXT_MAX + 64];
};

/*
 * `found` as bootcopy_read() answered, with the copy or the error it gave. What cannot be read or understood is
 * block: it may have said so.
 */
void gate_decide(int found, const struct bootcopy *c, const struct err *e, struct gate_decision *out);
/* The kernel did not take the rules of a decision: block without exemptions, which asks the least of it. */
void gate_fall_back(const struct err *e, struct gate_decision *out);

#endif
