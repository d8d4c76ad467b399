/* Programs of this machine, for batch files that may run them (--allow-programs). */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <stdbool.h>

#include "cli/words.h"

/* What program_run() answers when there is no such program: cmd's errorlevel for it. */
enum { PROGRAM_NOT_FOUND = 9009 };

/* One run. Everything is borrowed. */
struct program {
	const struct words *words; /* the program, then its arguments */
	char *const *env;          /* NAME=value, ended by NULL */
	const char *in;            /* its standard input; NULL: ours */
	size_t in_len;
	size_t in_taken; /* out: how much of `in` it read */
	/* What it writes to standard output and error. */
	void (*out)(void *ctx, const char *text, size_t n);
	void (*err)(void *ctx, const char *text, size_t n);
	void *ctx;
	bool (*stop)(void); /* asked meanwhile; true: the program is told to end, and a second later made to */
};

/*
 * Runs a program without any shell. Returns its exit status, 128 + the signal that ended it, or
 * PROGRAM_NOT_FOUND.
 */
int program_run(struct program *p);

/* An environment made of that of the machine and what a batch file changed. */
struct program_env {
	char **v; /* ended by NULL */
	size_t n, cap;
};
void program_env_init(struct program_env *env, char *const *machine);
/*
 * Sets or (value NULL) unsets a variable; names in any case are the same, as in the file. PATH stays that of
 * the machine: what a file makes of it is separated by ';' and names Windows folders.
 */
void program_env_set(struct program_env *env, const char *name, const char *value);
void program_env_fini(struct program_env *env);

#endif
