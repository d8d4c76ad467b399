/*
 * A region: many small allocations, one free. A snapshot, a command line and a decoded message each
 * live in one arena, so nobody asks who frees a string inside them.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* All zero is an empty arena. */
struct arena {
	struct arena_block *head;
	size_t used_bytes; /* handed out so far, for measurements */
};

/*
 * For values that have an arena each, thousands of them: the empty arena's first block holds that many bytes and not the usual
 * 16 kB. It grows as any other when that was too little.
 */
void arena_start(struct arena *a, size_t bytes);
/* The bytes that a text of that length takes in an arena. */
size_t arena_text_bytes(size_t len);
/* Zeroed, aligned for any type; lives until arena_free(). Never NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* n * size with overflow check; zeroed. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* A copy inside the arena. NULL gives NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* Formatted text inside the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Empties the arena but keeps its newest block, for a loop that fills an arena again and again. */
void arena_reset(struct arena *a);
/* Frees everything; the arena is empty and usable afterwards. */
void arena_free(struct arena *a);

#endif
