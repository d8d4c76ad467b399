/*
 * The .bat interpreter: runs a Windows batch file with cmd's semantics (scripts-in-the-wild §3).
 * It knows nothing of netsh, the store or the kernel: whatever is not cmd's own goes to the host.
 * Three parts: reader (bytes -> logical lines of UTF-8), expander (%1 %VAR%), statements (what a line does).
 */
#ifndef CLI_BAT_BAT_H
#define CLI_BAT_BAT_H

#include <stddef.h>

#include "common/base/err.h"

/* What the interpreter needs from the shell around it. */
struct bat_host {
	void *ctx;
	/*
	 * Runs one command line that is not cmd's own (after expansion, redirections removed), e.g.
	 * `netsh ipsec static add policy "a b"`. Returns the errorlevel, or BAT_NOT_FOUND when there is no
	 * such command. What it prints goes through `out`.
	 */
	int (*run)(void *ctx, const char *line, void (*out)(void *sink, const char *text, size_t n), void *sink);
	/* Standard output and standard error of the script. */
	void (*out)(void *ctx, const char *text, size_t n);
	void (*err)(void *ctx, const char *text, size_t n);
	/* Before anything that waits or may be seen from outside: earlier commands must be in force. */
	void (*settle)(void *ctx);
	/* Environment of the machine; NULL when unset. Set variables live in the interpreter only. */
	const char *(*getenv)(void *ctx, const char *name);
	int interactive; /* is a person at the terminal? */
};

enum { BAT_NOT_FOUND = 9009 }; /* cmd's errorlevel for an unknown command */

/*
 * Runs the file. argv[0] is the file as it was named, then its arguments. Returns the errorlevel with
 * which cmd would end (0..255 when given to exit), or -1 with `e` set when the file cannot be read.
 */
int bat_run(const struct bat_host *host, const char *path, int argc, char **argv, struct err *e);

#endif
