/* Programs of this machine, for batch files that may run them (--allow-programs). */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include "cli/words.h"

/* What program_run() answers when there is no such program: cmd's errorlevel for it. */
enum { PROGRAM_NOT_FOUND = 9009 };

/*
 * Runs the program named by the first word with the others as its arguments, without any shell, and hands
 * its standard output on; standard input and error are ours. Returns its exit status, 128 + the signal
 * that ended it, or PROGRAM_NOT_FOUND.
 */
int program_run(const struct words *w, void (*out)(void *sink, const char *text, size_t n), void *sink);

#endif
