/*
 * The .bat interpreter: runs a Windows batch file with cmd's semantics (scripts-in-the-wild §3).
 * It knows nothing of netsh, the store or the kernel: whatever is not cmd's own goes to the host.
 *
 * Parts, in the order in which a line meets them: decode (bytes -> UTF-8), reader (physical lines,
 * labels), expand (%1 %VAR% !v! %%x), parse (line -> tree), exec (walks the tree), builtins
 * (table).
 *
 * Where it differs from cmd on purpose:
 *  - Nothing is handed to a shell; a program that the host does not run is named once on
 *    standard error and gives errorlevel 9009.
 *  - Paths: `\` and `/` mean the same and a drive letter is dropped, so C:\a\b is /a/b; what a
 *    script gets back (%CD%, %~dp0) is written the Linux way. A word such as /tmp/x is a path, not
 *    a switch. A file that is read is found in any case of letters, as on Windows.
 *  - rmdir and del never remove a tree: /s is not honoured. An empty variable in front of a `\` is
 *    too easily all of the machine.
 *  - With echo on, commands are shown only when a person is at the terminal.
 *  - pause, choice and timeout do not wait (and print nothing) when no person is at the terminal.
 */
#ifndef CLI_BAT_BAT_H
#define CLI_BAT_BAT_H

#include <stddef.h>

#include "common/base/err.h"

struct buf;

/* What becomes of a program that neither cmd nor the host has. */
enum bat_missing {
	BAT_MISSING_SAY = 0, /* one line on standard error per program; the file goes on */
	BAT_MISSING_SILENT,  /* the file goes on */
	BAT_MISSING_FATAL,   /* the file stops with errorlevel 9009 */
};

/* Where a command's text comes from and goes to, redirections and pipes included, and the variables it sees. */
struct bat_call {
	void *ctx;
	void (*out)(void *ctx, const char *text, size_t n);
	void (*err)(void *ctx, const char *text, size_t n);
	/* Redirected input, as far as nobody read it yet; NULL: the host's own. */
	const char *in;
	size_t in_len;
	size_t in_taken; /* run() says how much of it the command read */
	/* Tells every variable that the file set, and with value NULL those that it unset. */
	void (*variables)(void *ctx, void (*each)(void *to, const char *name, const char *value), void *to);
};

/* What the interpreter needs from the shell around it. Members marked optional may be NULL or 0. */
struct bat_host {
	void *ctx;
	/*
	 * Runs one command line that is not cmd's own (after expansion, redirections removed), e.g.
	 * `netsh ipsec static add policy "a b"`. Returns the errorlevel, or BAT_NOT_FOUND when
	 * there is no such command. What it prints goes through the call's `out` and `err`.
	 */
	int (*run)(void *ctx, const char *line, struct bat_call *call);
	/* Standard output and standard error of the script. */
	void (*out)(void *ctx, const char *text, size_t n);
	void (*err)(void *ctx, const char *text, size_t n);
	/*
	 * Before anything that waits or may be seen from outside: earlier commands must be in
	 * force.
	 */
	void (*settle)(void *ctx);
	/* Environment of the machine; NULL when unset. Set variables live in the interpreter only.
	 */
	const char *(*getenv)(void *ctx, const char *name);
	int interactive; /* is a person at the terminal? */

	/*
	 * Optional: asked before every command; nonzero ends the run with errorlevel 1 (^C, step
	 * limits).
	 */
	int (*stop)(void *ctx);
	/*
	 * Optional: the place (file as it was named, line from 1) of the command that run() gets
	 * next.
	 */
	void (*at)(void *ctx, const char *file, size_t line);
	/* Optional: appends one line of standard input without its end; 0 at the end of the input.
	 */
	int (*read_line)(void *ctx, struct buf *line);
	/* Optional: waits; in slices of at most 100 ms, between which stop() is asked. */
	void (*sleep_ms)(void *ctx, unsigned ms);
	/* Optional: code page of the files ("936", "cp1252", "utf-8"); NULL detects it (decode.h).
	 */
	const char *codepage;
	enum bat_missing missing;
	/* No file is written, created or removed; commands that would do so succeed (for --check).
	 */
	int read_only;
};

enum { BAT_NOT_FOUND = 9009 }; /* cmd's errorlevel for an unknown command */

/*
 * Runs the file. argv[0] is the file as it was named, then its arguments. Returns the errorlevel
 * with which cmd would end, as an exit status (0..255; an errorlevel whose low byte is 0 gives 1),
 * or -1 with `e` set when the file cannot be read. The working directory is that of before when it
 * returns.
 */
int bat_run(const struct bat_host *host, const char *path, int argc, char **argv, struct err *e);

#endif
