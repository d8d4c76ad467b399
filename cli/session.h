/*
 * A session: what outlives one command. The context, the store (opened when a command first needs it),
 * the output, and the few things of the host that commands may know (name, resolver), as values and
 * function pointers so that tests bring their own.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/general.h"
#include "cli/grammar.h"
#include "cli/guard.h"
#include "common/model/traffic.h"
#include "enforcer/compile/facts.h"
#include "store/store.h"

struct ipc_msg;

enum { SESSION_PUSHD_MAX = 64, RESOLVE_MAX = 64, HOST_NAME_TEXT = 256 };

struct options;

/* Who says which words the language has. */
enum dialect_from {
	DIALECT_UNKNOWN,  /* the store will, when it is asked */
	DIALECT_OF_STORE, /* the local one has; it does not count while commands act on another machine */
	DIALECT_OF_RUN,   /* whoever called the program (--dialect) */
};

struct session {
	/* Set by whoever makes the session. */
	const char *program;   /* "ipsecsh" or "netsh" */
	const char *state_dir;
	const char *boot_dir; /* of the copy for the next boot; NULL: none is kept */
	char host[HOST_NAME_TEXT];
	/* Standard output and standard error. */
	void (*out)(void *ctx, const char *text, size_t n);
	void (*err)(void *ctx, const char *text, size_t n);
	void *io_ctx;
	/* --check: a file is tried, failures go to `report`, and nothing outside the store's copy changes. */
	bool checking;
	void (*report)(void *ctx, const char *text, size_t n);
	void *report_ctx;
	unsigned failures; /* said with session_fail() */
	/* How the program was called, for batch files; NULL: without options. */
	const struct options *options;
	bool person;   /* somebody reads standard error on a terminal as it comes */
	enum dialect_from dialect_from;
	enum dialect dialect; /* when that is known */
	bool one_shot; /* the program runs one command: a context word shows its help instead of entering */
	/* Addresses of a name, at most max; 0 when it does not resolve. */
	size_t (*resolve)(const char *name, struct ip *out, size_t max);
	/* The name of an address, or false. */
	bool (*reverse)(const struct ip *ip, char *name, size_t size);
	/* Optional: interfaces, addresses and servers of this host, sorted; for explain and show order. */
	int (*facts)(struct facts *out, struct err *e);
	/* Optional: the store of s->at has reached that counter; what must be said goes to session_say(). */
	void (*changed)(struct session *s, uint64_t counter);
	/* Optional: line `number` of that file begins; NULL: the file is done, or somebody else uses the terminal. */
	void (*progress)(const char *file, size_t number);
	/*
	 * Optional: append the system's name of a file as the script that runs names it: one to be written, or
	 * one that is there (false: it is not, and nothing was appended).
	 */
	void (*path)(const char *word, struct buf *out);
	bool (*find_path)(const char *word, struct buf *out);
	/*
	 * Optional: asks the enforcer (common/ipc); the answer, of type `want`, comes back in `m`. -1 with
	 * SERVICE_STOPPED when there is none.
	 */
	int (*ask)(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e);

	/* Optional: is what a killed enforcer put into the kernel still there? */
	bool (*left_behind)(void);

	/*
	 * Optional: runs ssh with that argument vector (argv[0] is "ssh"), `input` on its standard input; what it
	 * prints goes to session text. *status is its exit status. -1 with SSH_MISSING when it did not start.
	 */
	int (*ssh)(struct session *s, const char *const *argv, const char *input, int *status, struct err *e);

	/* Optional: the SSH connection over which somebody works here; false: there is none. */
	bool (*connection)(struct connection *out);
	/* Optional: puts a question to the person at the terminal. NULL: there is no person or no terminal. */
	bool (*confirm)(const char *question);

	/* Private to session.c and shell commands. */
	const char *context; /* "", "static", "dynamic": a word of contexts[] */
	const char *pushed[SESSION_PUSHD_MAX];
	size_t npushed;
	bool leave;      /* exit was typed */
	bool secret;     /* a command since this was cleared named a secret tag */
	enum location location; /* set store: the one that commands work on */
	bool host_command;      /* one of the host runs (CMD_HOST): on the local store, whatever `location` is */
	enum location at;       /* the one that `store` is, or will be when it is opened */
	struct store *store;
	bool writable;
	bool boot_pending; /* the copy for the boot is stricter than, or not yet, what the store asks for */
	unsigned grouping; /* a script, set batch: how many want groups */
	bool batch;        /* set batch mode=enable */
	bool importing;    /* a policy file is read: an object takes the place of the one with its guid */
	/* Of the listing that runs: what met rules and filters; NULL: not known (counted.h). */
	const struct traffic_list *rules_counted, *filters_counted;
	uint64_t counter;  /* of the last state that `changed` heard of */
	struct arena arena; /* of the command that runs; emptied before each */
	struct buf text;    /* output not yet handed to `out` */
	const char *place;  /* "FILE:LINE: " in front of errors, or NULL */
	struct general general;
	struct guard guard;
};

/* Runs one line, or one argument vector, and prints what it has to say. 0, or 1 when it failed. */
int session_line(struct session *s, const char *line, size_t n);
int session_argv(struct session *s, int argc, char *const *argv);

/* Opens the store as a command needs it, at most once. NULL with `e` set. */
struct store *session_store(struct session *s, enum store_mode mode, struct err *e);
/* Works on the other store from now on; what was done in the one before is on disk first. */
void session_locate(struct session *s, enum location location);
/*
 * A snapshot of the store that the session is not working on, whatever it does in its own. Freed by the caller; NULL
 * with `e` set.
 */
struct policyset *session_other(struct session *s, struct err *e);
/* Settings and dialect of the host, which are in the local store. */
int session_host(struct session *s, struct settings *settings, enum dialect *dialect, struct err *e);
/* Which words the language has now: asks the store when nothing has decided it yet. */
enum dialect session_dialect(struct session *s);
/* Brackets a script: its commands share transactions. */
void session_group_begin(struct session *s);
int session_group_end(struct session *s);
/* Everything so far is on disk and the enforcer has heard of it. 0 or 1, as above. */
int session_settle(struct session *s);
/* The same once what a script wrote has waited long enough; cheap, for loops that may go on without commands. */
void session_tick(struct session *s);
/* Flushes and closes the store, frees the memory. 0, or 1 when the flush failed (it was printed). */
int session_fini(struct session *s);

/* Resolves and runs the words of one command, as those two do, in the command that runs now. */
int session_words(struct session *s, const struct words *w, struct err *e);
/* Prints an error as netsh does (on standard output, grammar §8.1); always gives 1. */
int session_fail(struct session *s, const struct err *e);
/* A file's name for the system, of one as the file that runs names it: a batch file does as Windows. */
const char *session_path(struct session *s, const char *word);
/* The name under which such a file is there, in a batch file in any case of letters; else `path` itself. */
const char *session_existing_path(struct session *s, const char *path);
/* Calls s->progress. */
void session_progress(struct session *s, const char *file, size_t number);
/* One line on standard error. */
void session_say(struct session *s, const char *line);
/* Hands collected output on; render calls it now and then during long listings. */
void session_flush_text(struct session *s);

#endif
