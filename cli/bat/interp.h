/*
 * The state of a run, shared by the files that execute (exec, call, loop, io, builtins). Private to
 * the folder.
 */
#ifndef CLI_BAT_INTERP_H
#define CLI_BAT_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/bat/bat.h"
#include "cli/bat/env.h"
#include "cli/bat/expand.h"
#include "cli/bat/parse.h"
#include "cli/bat/reader.h"
#include "common/base/arena.h"
#include "common/base/buf.h"

enum {
	EXEC_DEPTH_MAX = 1000, /* nested statements, over all calls */
	CALL_DEPTH_MAX = 200,
	HELD_BYTES_MAX = 256 * 1024 * 1024, /* kept by calls inside one another: files, arguments */
	PIPE_BYTES_MAX = 64 * 1024 * 1024,  /* of one pipe or of the output for `for /f` */
	MISSING_MAX = 1000,                 /* programs remembered as reported */
	DIR_STACK_MAX = 256,
	LEVEL_SYNTAX = 255, /* cmd's errorlevel after a syntax error */
};

/* ---- where bytes go and come from (io.c) ---- */

enum sink_kind { SINK_HOST_OUT, SINK_HOST_ERR, SINK_NUL, SINK_BUF, SINK_FILE };

struct sink {
	enum sink_kind kind;
	struct buf *buf; /* borrowed */
	FILE *file;      /* closed by the io_scope that opened it */
};

struct source {
	bool is_text; /* otherwise the host's standard input */
	const char *data;
	size_t len, pos;
};

struct io {
	struct sink out, err;
	struct source *in;
};

/* What a statement does next. Anything but FLOW_NEXT unwinds. */
enum flow {
	FLOW_NEXT,
	FLOW_GOTO,   /* the frame's next line has changed */
	FLOW_RETURN, /* end of the subroutine or file (exit /b, goto :eof) */
	FLOW_FILE,   /* end of the file, from any depth of its subroutines */
	FLOW_EXIT,   /* end of the run */
};

/* One file or subroutine being run. */
struct frame {
	struct frame *up;
	struct script *script;
	size_t next; /* the line that is read next, from 0 */
	struct bat_args args;
	struct arena args_arena;
	struct arena arena; /* the tree of the current statement */
	struct buf text;
	unsigned scopes; /* setlocal scopes open when it began */
	size_t held;     /* bytes of the file and the arguments */
};

/* What endlocal gives back beside the variables. */
struct local {
	bool delayed;
	char *cwd;
};

struct bat {
	const struct bat_host *host;
	struct env env;
	struct frame *frame;
	const struct for_var *vars;
	struct io io;
	int errorlevel;
	int status; /* of the last command, for && and || : some commands leave errorlevel alone */
	enum flow flow;
	bool echo, delayed, stopped;
	bool line_mode; /* inside cmd /c or for /f ('...'), where set /a prints its result */
	unsigned depth, calls;
	size_t held; /* by all calls */
	size_t line; /* of the command that runs */
	struct local locals[ENV_SCOPES_MAX];
	char *dirs[DIR_STACK_MAX]; /* pushd */
	unsigned n_dirs;
	char *missing[MISSING_MAX];
	size_t n_missing;
	struct buf chain; /* `name args` of a batch file that replaces the current one */
};

void bat_write(struct bat *b, const struct sink *s, const char *text, size_t n);
void bat_out(struct bat *b, const char *text);
void bat_printf(struct bat *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* `file:line: text` on standard error. */
void bat_say(struct bat *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends a line of input without its end. false at the end. */
bool bat_read_line(struct bat *b, struct buf *line);
/* Appends all of the input (at most PIPE_BYTES_MAX). */
void bat_read_all(struct bat *b, struct buf *out);
void bat_settle(struct bat *b);
/* Waits if the host can; returns early when the run is stopped. */
void bat_sleep(struct bat *b, unsigned ms);
/* Has somebody asked to stop? From then on everything unwinds. */
bool bat_stopped(struct bat *b);

enum { SCOPE_FILES = 16 };
/* The input and output before a statement's redirections, to return to afterwards. */
struct io_scope {
	struct io before;
	struct source in;
	struct buf in_text;
	FILE *files[SCOPE_FILES];
	size_t n;
};
/* -1: a file could not be opened (said so). io_end() is called in any case. */
int io_begin(struct bat *b, struct io_scope *s, const struct redirect *r);
void io_end(struct bat *b, struct io_scope *s);

/* ---- running (exec.c, loop.c, cond.c) ---- */

enum flow exec_node(struct bat *b, const struct node *n);
enum flow exec_for(struct bat *b, const struct node *n);
bool cond_holds(struct bat *b, const struct if_head *h);
/* Runs an expanded command, operators and redirections apart. */
void exec_text(struct bat *b, const char *text, size_t len, size_t name_len, bool called);
/* Runs text as `cmd /c` does: own variables, errorlevel is kept, no jump leaves it. */
void exec_line(struct bat *b, const char *text, struct buf *capture);
/* Appends text with loop variables and, when on, !v! replaced. -1: too long, said so. */
int exec_expand(struct bat *b, const char *text, size_t n, struct buf *out);
/* Length of the command name at the start of text. */
size_t exec_name_len(const char *text, size_t len);
/*
 * Around what runs inside a running command and keeps `bytes` meanwhile: a call, cmd /c. false:
 * that is too deep or too much, said so; nest_end() is then not called.
 */
bool nest_begin(struct bat *b, size_t bytes);
void nest_end(struct bat *b, size_t bytes);
/* Says that the run cannot go on, and unwinds all of it. */
void exec_fatal(struct bat *b, const char *why);

/* ---- files and subroutines (call.c) ---- */

/*
 * Runs a file with arguments as one text, or (self NULL) the words of argv. -1 with `e`: cannot be
 * read.
 */
int call_file(struct bat *b, const char *self, const char *path, const char *args, struct err *e);
int call_argv(struct bat *b, const char *path, int argc, char **argv, struct err *e);
/* If `name` is a batch file, gives its path. */
bool call_find(const char *name, size_t len, struct buf *path);
int do_call(struct bat *b, const char *args);
int do_goto(struct bat *b, const char *args);
int do_exit(struct bat *b, const char *args);
int do_shift(struct bat *b, const char *args);
int do_setlocal(struct bat *b, const char *args);
int do_endlocal(struct bat *b, const char *args);
/* Ends scopes until `depth` are left. */
void local_unwind(struct bat *b, unsigned depth);

/* ---- commands (builtins.c and its family) ---- */

enum { BAT_KEEP = -0x7fffffff - 1 }; /* success that leaves errorlevel as it is */
struct builtin {
	const char *name;
	/* args: everything after the name, raw. Returns the errorlevel or BAT_KEEP. */
	int (*run)(struct bat *b, const char *args);
	bool program; /* a program of its own on Windows: may be named with .exe and a path */
};
/* The built-in that text begins with, and where its arguments begin. NULL: none. */
const struct builtin *builtin_find(const char *text, size_t name_len, size_t *args_at);

int do_set(struct bat *b, const char *args);
int do_find(struct bat *b, const char *args);
int do_findstr(struct bat *b, const char *args);
int do_sort(struct bat *b, const char *args);
int do_more(struct bat *b, const char *args);
int do_type(struct bat *b, const char *args);
int do_del(struct bat *b, const char *args);
int do_copy(struct bat *b, const char *args);
int do_move(struct bat *b, const char *args);
int do_mkdir(struct bat *b, const char *args);
int do_rmdir(struct bat *b, const char *args);
int do_dir(struct bat *b, const char *args);
int do_cd(struct bat *b, const char *args);
int do_pushd(struct bat *b, const char *args);
int do_popd(struct bat *b, const char *args);
int do_pause(struct bat *b, const char *args);
int do_timeout(struct bat *b, const char *args);
int do_choice(struct bat *b, const char *args);
int do_ping(struct bat *b, const char *args);

/* ---- words of arguments (words.c) ---- */

struct words {
	struct arena arena;
	char **v; /* quotes kept */
	size_t n, cap;
};
/* Splits at blanks, and at , ; = too when `all` is set; quoted text stays together. */
void words_split(struct words *w, const char *args, bool all);
void words_free(struct words *w);
/* In place: all quotes go. Returns its argument. */
char *unquote(char *s);
/*
 * Does the word begin with the switch (`/x`, `-x` no)? Case does not count; the word may go on
 * after it.
 */
bool is_switch(const char *word, const char *name);
const char *skip_space(const char *s);

#endif
