/*
 * What the commands of the shell itself keep in a session: aliases, the queue of offline mode, the machine
 * that is worked on, the file that gets a copy of the output. All zero is the state in which a session begins.
 */
#ifndef CLI_GENERAL_H
#define CLI_GENERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/alias.h"
#include "cli/queue.h"

struct session;
struct words;
struct resolved;
struct err;

enum { EXEC_DEPTH_MAX = 16 };

struct general {
	struct aliases aliases;
	struct queue queue;
	bool offline;
	char *machine, *user; /* NULL: this one; whoever ssh takes */
	bool copying;
	int copy;       /* the file that gets what is printed, while copying */
	unsigned depth; /* scripts that run scripts */
};

/* Forgets everything. What was queued and not committed is told, then lost: 1; otherwise 0. */
int general_fini(struct session *s);
/* Enters the context of that path; in a program of one command, shows its help. */
int general_enter(struct session *s, const char *path, struct err *e);
/* Does what -r and set machine do. NULL or "": this machine. */
int general_set_machine(struct session *s, const char *name, const char *user, struct err *e);
/* While offline: a change of the store is kept for commit. 1: so it was; 0: the command is to run; -1: error. */
int general_queue(struct session *s, const struct resolved *r, struct err *e);
/* A copy of what is printed, when one was asked for. A file that takes no more is told and closed. */
void general_copy(struct session *s, const char *text, size_t n);

#endif
