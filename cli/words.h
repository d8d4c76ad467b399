/*
 * A command line as words, and words as arguments (grammar §2.1, §2.2). Knows blanks, quotes and '=',
 * and no command at all.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"

enum { WORDS_LINE_MAX = 1024 * 1024 }; /* bytes of one command line */

struct word {
	const char *text; /* quotes removed */
	size_t column;    /* from 1: where it begins in the line; its index for an argument vector */
	bool closed;      /* ends with a closed quote: `tag=""` waits for no value */
};
struct words {
	struct word *v;
	size_t n;
	bool argv; /* came as an argument vector */
};

/* What the grammar binds: a word, or tag and value around the first '='. */
struct arg {
	const char *tag;   /* NULL: untagged */
	const char *value; /* "" is a value */
	const char *word;  /* as it was written, for messages */
	size_t column;
};
struct args {
	struct arg *v;
	size_t n;
};

/*
 * Splits line[0..n) at blanks and tabs outside quotes. A quote that is never closed ends with the line.
 * The result lives in `a`. -1 with WORD_BAD: a control character, bytes that are no UTF-8, too long.
 */
int words_from_line(const char *line, size_t n, struct arena *a, struct words *out, struct err *e);
/* Every element is one word, never split again; quotes inside it are removed. */
int words_from_argv(int argc, char *const *argv, struct arena *a, struct words *out, struct err *e);
/* A line of a script that says nothing: blank, or its first character is '#' (grammar §1.4). */
bool words_is_comment(const char *line, size_t n);
/* The words without their first `skip`. */
struct words words_after(const struct words *w, size_t skip);
/* The words as text of a line that splits into them again; behind what `out` holds. */
void words_to_line(const struct words *w, struct buf *out);
/* Joins "tag = value" in all its spacings and separates tag and value. */
struct args words_join(const struct words *w, struct arena *a);

#endif
