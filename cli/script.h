/* netsh scripts (grammar §1.4): one command a line, '#' comments, going on after failures. */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "cli/session.h"

/*
 * Runs the lines of `fd` to its end, to exit, or to a signal. `name` is what messages call it. 0, 1 when
 * a line failed, 128 + signal when one stopped it. The caller brackets it with session_group_*.
 */
int script_run_fd(struct session *s, int fd, const char *name);
/* The same for a file. */
int script_run_here(struct session *s, const char *path);
/* The same as a netsh -f of its own: contexts entered in it are left at its end. */
int script_run_file(struct session *s, const char *path);

/* Runs a batch file (cli/bat); its exit status. Brackets itself. */
int script_run_bat(struct session *s, const char *path, int argc, char **argv);

#endif
