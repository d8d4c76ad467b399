/* What the program does in front of its words, and what netsh does in a line of a batch file. */
#ifndef CLI_START_H
#define CLI_START_H

#include "cli/options.h"
#include "cli/session.h"

/* Dialect, machine, context, the first script. -1 with what is wrong with the options. */
int start_prepare(struct session *s, const struct options *o, struct err *e);
/* A script in one group of transactions, or that on standard input when `path` is NULL. Its exit status. */
int start_script(struct session *s, const char *path);

#endif
