/*
 * Folders whose files matter: that of the store (written by a shell that could not reach the socket) and
 * those of resolver and lease files. A folder may be missing, come, go and come back. A file that is a symbolic
 * link, as /etc/resolv.conf mostly is, changes in another folder: that is watched too, wherever the link points.
 */
#ifndef DAEMON_FOLDERS_H
#define DAEMON_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

enum { FOLDERS_MAX = 12 };

struct folder {
	const char *path;   /* borrowed, or in `target`; NULL: a link that leads nowhere yet */
	const char *prefix; /* only files whose name begins so; "" = all */
	const char *link;   /* a file; this is the folder that the link leads to. NULL: a plain folder */
	char *target;       /* owned: where `link` led when last asked, cut into path and prefix */
	unsigned changed;   /* what a changed file means to the caller: bits */
	unsigned replaced;  /* what it means that the file `prefix` itself came or went */
	int wd;             /* inotify's number; -1: the folder is not there */
};

struct folders {
	int fd;
	struct folder v[FOLDERS_MAX];
	size_t n;
};

/* Opens the inotify descriptor `fd` (non-blocking); folders_close() closes it. */
int folders_open(struct folders *w, struct err *e);
/* Adds a folder; strings are borrowed. At most FOLDERS_MAX. */
void folders_add(struct folders *w, const char *path, const char *prefix, unsigned changed,
    unsigned replaced);
/* Adds the folder in which the file `link` really lives, now and whenever it moves. Borrowed. */
void folders_add_target(struct folders *w, const char *link, unsigned changed);
/* Ends all watching. */
void folders_close(struct folders *w);
/*
 * Begins to watch folders that were missing, or that a link leads to now. Returns the bits of those that are there now: something may
 * have happened in them before.
 */
unsigned folders_arm(struct folders *w);
/* Is that folder watched? */
bool folders_is_armed(const struct folders *w, const char *path);
/* Empties the descriptor and returns the bits of what happened. */
unsigned folders_read(struct folders *w);

#endif
