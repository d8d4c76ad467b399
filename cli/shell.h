/* The interactive shell: prompt, line editing, history. The only user of readline. */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include "cli/session.h"

/* Reads and runs lines until exit or the end of the input. Always 0: failures were shown. */
int shell_run(struct session *s);
/* "ipsecsh static>", "[HOST] ipsecsh>" */
void shell_prompt(const struct session *s, struct buf *out);
/* Does the line hold a key that must not be kept in the history? */
bool shell_line_is_secret(const char *line);

#endif
