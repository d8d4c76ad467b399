/* Key text does not outlive its use, and does not leave the process. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

/*
 * From now on this process leaves no core, and nobody of its user can look into it (prctl(2): PR_SET_DUMPABLE). A program
 * that it runs is another one. For the beginning of every program that has keys in its hands.
 */
static inline void secret_no_core(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* whose search for leaks looks into the process from outside */
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

#endif
