/* GUIDs: identity of every stored object, printed as {8-4-4-4-12} in upper case (grammar §2.5). */
#ifndef BASE_GUID_H
#define BASE_GUID_H

#include <stdbool.h>
#include <stdint.h>

struct guid {
	uint8_t b[16]; /* in the order in which they are printed */
};

enum { GUID_TEXT = 39 }; /* with braces and NUL */

/* A fresh random GUID (RFC 4122 version 4) from the kernel's generator. */
struct guid guid_new(void);
/* Braces needed, hex in any case. */
bool guid_parse(const char *s, struct guid *out);
/* Writes GUID_TEXT bytes; returns `out`. */
char *guid_print(const struct guid *g, char out[GUID_TEXT]);
bool guid_eq(const struct guid *a, const struct guid *b);
bool guid_is_null(const struct guid *g);

#endif
