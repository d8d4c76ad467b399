/*
 * What the manual says of commands and messages, made from their rows, so that it cannot say anything else.
 * Pages hold such tables between two comment lines,
 *
 *     .\" begin static * policy     <!-- begin errors -->
 *     .\" end                       <!-- end -->
 *
 * `make man-tables` writes them (tools/man-tables.c), tests/unit/manual.c compares. Not part of the program.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/tag.h"

/*
 * mdoc: a subsection for each command whose path begins with the words of `path`, where "*" is any word
 * ("static * policy"); "shell": those that are known in every context. How many there are.
 */
size_t manual_commands(const char *path, struct buf *out);
/* Markdown: every message with its number, by number. */
void manual_errors(struct buf *out);
/*
 * Copies a page with its tables made anew. False, with the reason in `out` instead: a mark that names no
 * command, or that has no end.
 */
bool manual_refresh(const char *page, struct buf *out);

#endif
