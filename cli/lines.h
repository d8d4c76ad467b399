/* Lines of a text file or pipe, read in pieces: a file may hold a hundred thousand of them. */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

/* Set fd (and wait), the rest is zero; lines_free() afterwards. The descriptor stays the caller's. */
struct lines {
	int fd;
	void (*wait)(void *ctx); /* called before a read that may take long, or NULL */
	void *ctx;
	struct buf line;         /* the line that lines_next() read, without its end */
	size_t number;           /* its number, from 1 */
	int failed;              /* errno of a read, once lines_next() has said false */

	char *chunk;
	size_t at, have;
	bool ended;
};

/*
 * The next line; false at the end, after a failure and after a signal (host_signal). LF and CR LF end a
 * line, a byte order mark in front of the first is left out. Of a line at most WORDS_LINE_MAX + 1 bytes
 * are kept, one too many to be legal.
 */
bool lines_next(struct lines *l);
/* What was read but not taken yet, at least one byte unless the file is at its end. Borrowed. */
const char *lines_ahead(struct lines *l, size_t *n);
void lines_free(struct lines *l);

#endif
