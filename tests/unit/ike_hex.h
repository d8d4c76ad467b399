/* Bytes written as hex in the tests of IKE. */
#ifndef TESTS_IKE_HEX_H
#define TESTS_IKE_HEX_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rd.h"
#include "tests/unit/tap.h"

/* Into `out`; the number of bytes. Blanks are skipped. */
static inline size_t hex_bytes(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned v;

	for (int used = 0; sscanf(hex, " %2x%n", &v, &used) == 1 && n < cap; hex += used)
		out[n++] = (uint8_t)v;
	return n;
}

/* Are these the bytes that `hex` says? */
static inline bool hex_is(struct span got, const char *hex)
{
	uint8_t want[1024];
	size_t n = hex_bytes(hex, want, sizeof want);

	return span_eq(got, span_of(want, n));
}

/* n bytes that count up from `first`. */
static inline struct span pattern(uint8_t *store, uint8_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		store[i] = (uint8_t)(first + i);
	return span_of(store, n);
}

#endif
