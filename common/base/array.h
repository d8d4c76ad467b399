/* Edits of sorted arrays in place: what lies before the first edit is not touched. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#include "common/base/mem.h"

/* Removes the k elements at the indexes at[], which grow; n counts the elements before and is updated. */
void array_remove(void *base, size_t *n, size_t size, const size_t *at, size_t k);
/*
 * Inserts the k elements v[], each before what is at index at[] now (at[] does not fall; at most n). The
 * caller made room for n + k.
 */
void array_insert(void *base, size_t *n, size_t size, const size_t *at, const void *v, size_t k);
/*
 * The index of the first element that is not smaller than `key`, in [0, n]; cmp as for qsort.
 */
size_t array_lower(const void *base, size_t n, size_t size, const void *key,
    int (*cmp)(const void *a, const void *b));

/* Room for `more` elements in a growing array, before array_insert(). */
#define ARRAY_ROOM(v, n, cap, more)                                                                \
	do {                                                                                       \
		if ((cap) - (n) < (more)) {                                                        \
			(cap) = (n) + (n) / 8 + (more) + 16;                                       \
			(v) = xreallocarray((v), (cap), sizeof *(v));                              \
		}                                                                                  \
	} while (0)

#endif
