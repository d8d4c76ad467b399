/*
 * The words behind the program's name. Pure: from the argument vector to what is to be done; main.c does it.
 * netsh's own options come first, as on Windows: netsh [-a] [-c] [-r] [-u] [-p] [COMMAND | -f FILE].
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/bat/bat.h"
#include "common/base/buf.h"
#include "common/base/err.h"

enum options_mode {
	OPTIONS_SHELL,   /* no words: a prompt, or a script on standard input */
	OPTIONS_COMMAND, /* words: argv[0..argc) is one command */
	OPTIONS_SCRIPT,  /* -f script */
	OPTIONS_BAT,     /* argv[0] is a batch file, its arguments follow */
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

/* Texts are those of the argument vector. NULL and false: not given. */
struct options {
	enum options_mode mode;
	const char *first;   /* -a: a script to run before everything else */
	const char *context; /* -c: "static" or "ipsec static", not yet looked up */
	const char *script;  /* -f */
	const char *machine, *user, *password; /* -r, -u, -p */
	const char *dialect;  /* --dialect: a name of dialect_names, spelled so */
	const char *codepage; /* --codepage, of a batch file */
	bool allow_programs;  /* --allow-programs, of a batch file */
	const char *missing_word; /* --missing, of a batch file, and what it stands for */
	enum bat_missing missing;
	bool check;           /* --check, of a batch file */
	int argc;
	char **argv;
};

/* argv[0] is the program. -1 with USAGE, naming the word at fault. */
int options_parse(int argc, char **argv, struct options *out, struct err *e);
/* Is that the name of a batch file? */
bool options_is_bat(const char *path);
/* The ways to call the program and its options, for --help and for wrong use. */
void options_usage(const char *program, struct buf *out);

/* Option i, and what its value is ("FILE"; NULL: it takes none), for completion. NULL: there are no more. */
const char *options_word(size_t i, const char **value);

#endif
