/*
 * Allocation that cannot fail: out of memory aborts the process with one line.
 * Sizes that come from outside are bounded by the caller before they get here, so
 * "no memory" is never an answer to bad input and no caller carries an error path for it.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory; the caller frees it with free(). */
void *xcalloc(size_t n, size_t size);
/* realloc(p, n * size) with the product checked for overflow. */
void *xreallocarray(void *p, size_t n, size_t size);
/* Copies of NUL-terminated text; the caller frees. NULL gives NULL. */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

/* Makes room for one more element in a growing array: `GROW(v, n, cap)` before `v[n++] = x`. */
#define GROW(v, n, cap)                                                                            \
	do {                                                                                       \
		if ((n) == (cap)) {                                                                \
			(cap) = (cap) ? 2 * (cap) : 16;                                            \
			(v) = xreallocarray((v), (cap), sizeof *(v));                              \
		}                                                                                  \
	} while (0)

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
