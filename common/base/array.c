#include "common/base/array.h"

#include <string.h>

#include "common/base/banned.h"

void array_remove(void *base, size_t *n, size_t size, const size_t *at, size_t k)
{
	char *p = base;

	for (size_t i = 0; i < k; i++) {
		size_t from = at[i] + 1, end = i + 1 < k ? at[i + 1] : *n;
		memmove(p + (at[i] - i) * size, p + from * size, (end - from) * size);
	}
	*n -= k;
}

/* From the end, so that each element moves once. */
void array_insert(void *base, size_t *n, size_t size, const size_t *at, const void *v, size_t k)
{
	char *p = base;
	const char *from = v;
	size_t end = *n;

	for (size_t i = k; i > 0; i--) {
		size_t here = at[i - 1];
		memmove(p + (here + i) * size, p + here * size, (end - here) * size);
		memcpy(p + (here + i - 1) * size, from + (i - 1) * size, size);
		end = here;
	}
	*n += k;
}

size_t array_lower(const void *base, size_t n, size_t size, const void *key,
    int (*cmp)(const void *a, const void *b))
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (cmp((const char *)base + mid * size, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
