#include "common/base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

enum { ARENA_BLOCK_BYTES = 16 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	max_align_t data[];
};

static size_t aligned(size_t size)
{
	const size_t align = _Alignof(max_align_t);

	return (size + align - 1) / align * align;
}

static struct arena_block *new_block(struct arena *a, size_t room)
{
	struct arena_block *b = xcalloc(1, sizeof *b + room);

	b->size = room;
	b->next = a->head;
	a->head = b;
	return b;
}

void arena_start(struct arena *a, size_t bytes)
{
	new_block(a, aligned(bytes));
}

size_t arena_text_bytes(size_t len)
{
	return aligned(len + 1);
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t want = aligned(size);
	struct arena_block *b = a->head;

	if (!b || b->size - b->used < want) {
		/* Blocks double with use, so that the number of mallocs stays small for a large snapshot. */
		size_t room = b ? b->size * 2 : ARENA_BLOCK_BYTES;
		if (room > 1024 * 1024)
			room = 1024 * 1024;
		if (room < want)
			room = want;
		b = new_block(a, room);
	}
	void *p = (char *)b->data + b->used;
	b->used += want;
	a->used_bytes += want;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size)
		abort();
	return arena_alloc(a, n * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *d = arena_alloc(a, n + 1);

	memcpy(d, s, n);
	return d;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, ap2;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *d = arena_alloc(a, (size_t)n + 1);
	vsnprintf(d, (size_t)n + 1, fmt, ap2);
	va_end(ap2);
	return d;
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->head;

	if (!keep)
		return;
	a->head = keep->next;
	arena_free(a);
	/* What is handed out is zeroed, so the used part is cleared here, once. */
	memset(keep->data, 0, keep->used);
	keep->used = 0;
	keep->next = NULL;
	a->head = keep;
}

void arena_free(struct arena *a)
{
	for (struct arena_block *b = a->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}
