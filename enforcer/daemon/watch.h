/*
 * Folders whose files matter: that of the store (written by a shell that could not reach the socket) and
 * those of resolver and lease files. A folder may be missing, come, go and come back.
 */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

enum { WATCH_MAX = 8 };

struct watch_dir {
	const char *path;
	const char *prefix; /* only files whose name begins so; "" = all */
	unsigned changed;   /* what a changed file means to the caller: bits */
	unsigned replaced;  /* what it means that the file named exactly `prefix` came, went or was renamed */
	int wd;             /* inotify's number; -1: the folder is not there */
};

struct watch {
	int fd;
	struct watch_dir v[WATCH_MAX];
	size_t n;
};

/* Opens the inotify descriptor `fd` (non-blocking); the caller closes it. */
int watch_open(struct watch *w, struct err *e);
/* Adds a folder; strings are borrowed. At most WATCH_MAX. */
void watch_add(struct watch *w, const char *path, const char *prefix, unsigned changed, unsigned replaced);
/*
 * Begins to watch folders that were missing. Returns the bits of those that are there now: something may
 * have happened in them before.
 */
unsigned watch_arm(struct watch *w);
/* Is that folder watched? */
bool watch_is_armed(const struct watch *w, const char *path);
/* Empties the descriptor and returns the bits of what happened. */
unsigned watch_read(struct watch *w);

#endif
