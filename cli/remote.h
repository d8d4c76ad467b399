/*
 * Another machine: each command that acts on it is run there, as `ssh HOST ipsecsh ...`. ssh knows who may do
 * that; no password passes through here. Deciding is in remote.c, starting ssh in remote_ssh.c.
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include "cli/session.h"

/* What is said to who gives a password. */
#define REMOTE_NO_PASSWORD "the password is not used: ssh asks for what it needs, or takes your keys"

/* Is that the name of a host, or of a user, that can be given to ssh? Not when it looks like an option. */
bool remote_is_name(const char *text);
/*
 * The words as one POSIX shell command, each of them one word for any shell, whatever it holds. -1 with WORD_BAD:
 * a line end, which no line of ours has.
 */
int remote_quote(const char *const *words, size_t n, struct buf *out, struct err *e);
/*
 * Runs a resolved command on the machine of the session, in the dialect of its store, or in that of this run when it
 * was called with one (--dialect). One that holds a key goes to ssh's standard input instead of its arguments, which
 * every user of either host can read. 1: it was done there; -1: it failed there and said why (`e` is not set), or did
 * not get there.
 */
int remote_run(struct session *s, const struct resolved *r, struct err *e);

/* session.ssh of this machine. */
int remote_ssh(struct session *s, const char *const *argv, const char *input, int *status, struct err *e);

#endif
