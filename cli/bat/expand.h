/*
 * The expansions of cmd, each a function from text to text:
 * percent (phase 1, a physical line before it is parsed), loop variables and delayed (after
 * parsing, at every execution). Modifiers %~dpnx, substrings :~a,b and replacement :a=b are shared
 * by all of them.
 */
#ifndef CLI_BAT_EXPAND_H
#define CLI_BAT_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/bat/env.h"
#include "common/base/buf.h"

enum { EXPAND_MAX = 1024 * 1024 + 65536 }; /* bytes that one expansion may give */

/* The arguments of a file or a subroutine. */
struct bat_args {
	const char *self;         /* %0 as it was written */
	const char *self_path;    /* the file that %~f0 means (a subroutine: %0 is the label) */
	char **words;             /* %1 ..., quotes kept */
	size_t n;
	size_t shifted[10];       /* which word %0..%9 is now: 0 is self */
	const char *all;          /* %* : not changed by shift */
};

/* One loop variable; the innermost is first. */
struct for_var {
	const struct for_var *up;
	char name;
	const char *value;
};

/*
 * Appends the line with %-sequences replaced. -1 when the result is longer than
 * EXPAND_MAX (nothing more is appended then); so for the others.
 */
int expand_percent(struct env *env, const struct bat_args *args, const char *s, size_t n,
                   struct buf *out);
/* Appends the text with %x and %~mods x of the loop variables replaced. */
int expand_loop(const struct for_var *vars, const char *s, size_t n, struct buf *out);
/* Appends the text with !name! replaced; when it holds a `!`, a caret makes the next byte literal.
 */
int expand_delayed(struct env *env, const char *s, size_t n, struct buf *out);

#endif
