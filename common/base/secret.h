/* Wiping of key text so that it does not outlive its use. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdlib.h>
#include <string.h>

/* Overwrites n bytes; the compiler may not leave it out. */
static inline void secret_wipe(void *p, size_t n)
{
	if (p)
		explicit_bzero(p, n);
}

/* Wipes and frees NUL-terminated text; NULL is fine. */
static inline void secret_free(char *s)
{
	if (s) {
		explicit_bzero(s, strlen(s));
		free(s);
	}
}

#endif
