/*
 * Unit tests speak TAP. A test program is a list of named cases run by TAP_MAIN; a case uses ok(), is_int(),
 * is_str(). The first failing check of a case is reported with file and line, the others go on.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct tap_case {
	const char *name;
	void (*run)(void);
};

static bool tap_failed;

static inline void tap_fail(const char *file, int line, const char *what)
{
	tap_failed = true;
	printf("# %s:%d: %s\n", file, line, what);
}

#define ok(cond)                                                                                   \
	do {                                                                                       \
		if (!(cond))                                                                       \
			tap_fail(__FILE__, __LINE__, #cond);                                       \
	} while (0)

#define is_int(got, want)                                                                          \
	do {                                                                                       \
		long long g_ = (long long)(got), w_ = (long long)(want);                           \
		if (g_ != w_) {                                                                    \
			tap_fail(__FILE__, __LINE__, #got " is wrong");                            \
			printf("#   got %lld, want %lld\n", g_, w_);                               \
		}                                                                                  \
	} while (0)

#define is_str(got, want)                                                                          \
	do {                                                                                       \
		const char *g_ = (got), *w_ = (want);                                              \
		if (!g_ || strcmp(g_, w_) != 0) {                                                  \
			tap_fail(__FILE__, __LINE__, #got " is wrong");                            \
			printf("#   got  '%s'\n#   want '%s'\n", g_ ? g_ : "(null)", w_);          \
		}                                                                                  \
	} while (0)

/* Runs them all; the exit status of the program. */
static inline int tap_run(const struct tap_case *cases, size_t n)
{
	size_t bad = 0;

	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		tap_failed = false;
		cases[i].run();
		bad += tap_failed;
		printf("%sok %zu - %s\n", tap_failed ? "not " : "", i + 1, cases[i].name);
		fflush(stdout);
	}
	return bad != 0;
}

#define TAP_MAIN(cases)                                                                            \
	int main(void)                                                                             \
	{                                                                                          \
		return tap_run(cases, sizeof(cases) / sizeof((cases)[0]));                             \
	}

#endif
