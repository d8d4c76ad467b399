/* Waits for descriptors and calls who is interested. Knows nothing of what they carry. */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

enum { LOOP_MAX = 64 };

struct loop_source {
	int fd; /* -1: removed, its place is reused */
	bool write; /* also when it can be written to */
	void (*ready)(void *ctx, int fd);
	void *ctx;
};

/* All zero is an empty loop. */
struct loop {
	struct loop_source v[LOOP_MAX];
	size_t n;
};

/* Calls ready(ctx, fd) whenever fd is readable or hung up; ignores a negative fd. -1: no place left. */
int loop_add(struct loop *l, int fd, void (*ready)(void *ctx, int fd), void *ctx);
/* From now on ready() is called also, or no longer, when fd can be written to. */
void loop_write(struct loop *l, int fd, bool write);
/* Allowed inside a ready(); does not close. */
void loop_remove(struct loop *l, int fd);
/* Waits once, at most timeout_ms (-1: for ever), and calls. 0 also when interrupted by a signal. */
int loop_wait(struct loop *l, int timeout_ms, struct err *e);

#endif
