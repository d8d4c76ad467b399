/*
 * Is a secret still in memory? What must not be there is kept masked, so that it is not found itself, and looked for in all that
 * malloc() has or had. Not under AddressSanitizer, which has a heap of its own: such tests are not built then (ike.mk).
 */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/secret.h"

enum { MEMORY_MASK = 0xA5, MEMORY_MOST = 64 };
static struct memory_kept {
	const char *what;
	size_t n;
	uint8_t masked[128];
} memory_kept[MEMORY_MOST];
static size_t memory_nkept;

/* At least 8 bytes, since fewer may be there by chance. */
static inline void memory_keep(const char *what, const void *bytes, size_t n)
{
	struct memory_kept *k = &memory_kept[memory_nkept];

	if (n < 8 || n > sizeof k->masked || memory_nkept == MEMORY_MOST)
		return;
	*k = (struct memory_kept){.what = what, .n = n};
	for (size_t i = 0; i < n; i++)
		k->masked[i] = ((const uint8_t *)bytes)[i] ^ MEMORY_MASK;
	memory_nkept++;
}

static inline bool memory_has(const struct memory_kept *k, const void *at, size_t n)
{
	uint8_t plain[sizeof k->masked];
	bool found;

	for (size_t i = 0; i < k->n; i++)
		plain[i] = k->masked[i] ^ MEMORY_MASK;
	found = memmem(at, n, plain, k->n) != NULL;
	secret_wipe(plain, sizeof plain);
	return found;
}

/* The first of them that is there, only those of that name unless it is NULL; "": none. */
static inline const char *memory_holds(const char *only)
{
	const char *what = "";
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];

	while (maps && !*what && fgets(line, sizeof line, maps)) {
		unsigned long from, to;

		if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		for (size_t i = 0; i < memory_nkept && !*what; i++) {
			if ((!only || strcmp(only, memory_kept[i].what) == 0) &&
			    memory_has(&memory_kept[i], (const void *)from, to - from))
				what = memory_kept[i].what;
		}
	}
	if (maps)
		fclose(maps);
	return what;
}

#endif
