/*
 * Commands that wait for commit (offline mode), as lines of text that begin at the top. Nothing of the store
 * is held meanwhile: other programs go on, and a transaction lasts as long as commit takes.
 */
#ifndef CLI_QUEUE_H
#define CLI_QUEUE_H

#include <stddef.h>

#include "common/base/err.h"

enum { QUEUE_MAX = 100000, QUEUE_BYTES_MAX = 64 * 1024 * 1024 };

struct queued {
	char *line, *place; /* place: "FILE:LINE", or NULL */
};
/* All zero is empty. */
struct queue {
	struct queued *v;
	size_t n, cap, bytes;
};

/* Copies both. SHELL_LIMIT: it is full. */
int queue_add(struct queue *q, const char *line, const char *place, struct err *e);
/* Wipes (lines may hold keys) and frees. */
void queue_free(struct queue *q);

#endif
