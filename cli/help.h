/* Help, generated from the rows of the table (grammar §1.5). */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/session.h"

/* Of a context ("" or "static"), a group ("static add") or, when `cmd` is not NULL, that command. */
void help_print(struct session *s, const char *path, const struct cmd *cmd);

#endif
