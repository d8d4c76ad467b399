/* How far a long file has got, for somebody who waits at a terminal: when to say it, and in which words. Pure. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

enum { PROGRESS_AFTER_MS = 500, PROGRESS_EVERY_MS = 100, PROGRESS_COLUMNS = 79 };

/* All zero: nothing has begun. */
struct progress {
	bool begun;
	int64_t next_ms; /* when to show it next */
};

/* At each line. True when it is time to show it; first half a second after the beginning. */
bool progress_is_due(struct progress *p, int64_t now_ms);
/*
 * "FILE: line 1200 of 5000 (24 %)"; without the rest when `total` is 0 or too small. At most PROGRESS_COLUMNS
 * bytes: a long name loses its beginning. No control character comes through.
 */
void progress_text(const char *file, size_t line, size_t total, struct buf *out);

#endif
