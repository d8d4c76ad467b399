/*
 * Text of the kind that dump.h writes, back into the store: each line runs its command's row, but only rows
 * that may stand in such a file do (CMD_IN_FILES). A line cannot leave the file, start a program, reach a
 * service or the network: an address is an address here, names are not looked up.
 *
 * A text is read whole or not at all, in one transaction. The session's store is open for writing.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/session.h"

/* Reads `fd` to its end. An error says "NAME:LINE: " first. */
int import_fd(struct session *s, int fd, const char *name, struct err *e);
/* The same from memory; `text` ends with NUL. */
int import_text(struct session *s, const char *text, const char *name, struct err *e);

#endif
