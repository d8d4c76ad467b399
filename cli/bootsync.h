/*
 * Keeps the copy for the next boot (common/boot) true to the store. Around the commit of a command that changes
 * how the host must start stand two writes: before it a copy at least as strict as before and after, behind it
 * the exact one. A crash anywhere between leaves the host more closed, never more open; the next program that
 * writes makes the copy exact again. Both writes happen under the store's write lock, so that two shells do
 * not overtake each other. Commands that change filters and rules only pay one flag.
 */
#ifndef CLI_BOOTSYNC_H
#define CLI_BOOTSYNC_H

#include "cli/session.h"

/* The store was opened for writing: is the copy exact? If not, bootsync_finish() has work to do. */
void bootsync_open(struct session *s);
/* At the end of a writing command, before it is kept. -1: the copy cannot be written, so undo the command. */
int bootsync_prepare(struct session *s, struct err *e);
/* After a commit. -1: the copy stays as strict as it is. */
int bootsync_finish(struct session *s, struct err *e);

#endif
