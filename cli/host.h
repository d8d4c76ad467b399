/* What this machine contributes to a session: its name, its resolver, its standard output. */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "cli/session.h"

/* Fills the host's members of the session. */
void host_session(struct session *s);
/* The errno with which a write to standard output failed (a full disk, not a reader that left), or 0. */
int host_lost_output(void);

/*
 * Signals while a script runs: the first SIGINT, SIGTERM or SIGHUP only sets a flag, so that the line that
 * runs is finished and everything before it is flushed. Reads and sleeps end early.
 */
void host_catch_signals(void);
/* At the prompt only SIGINT is of interest: it ends what runs, or the line that is typed. */
void host_catch_interrupt(void);
/* The signal that arrived, or 0; and from now on none did. */
int host_signal(void);
void host_forget_signal(void);

#endif
