/*
 * A file that is replaced whole or not at all: written beside its place, synced, renamed. Only its owner may
 * read it (0600): what is written here can be a policy, and with it keys.
 */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

struct save {
	int fd;
	char *path, *temp; /* owned */
};

/* Fails when `path` is something else than a regular file, or when its folder cannot be written. */
int save_begin(struct save *f, const char *path, struct err *e);
int save_write(struct save *f, const char *bytes, size_t n, struct err *e);
/* Puts the file in its place, or, without `keep` or after a failure, forgets it. Always call it once. */
int save_end(struct save *f, bool keep, struct err *e);

#endif
