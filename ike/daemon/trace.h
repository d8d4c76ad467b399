/*
 * Where the lines of ikelogging go: a file that *parent* opened, or the log. A file is never larger than TRACE_BYTES_MAX:
 * then it says so and ends, so a forgotten switch fills no disk.
 */
#ifndef IKE_DAEMON_TRACE_H
#define IKE_DAEMON_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { TRACE_BYTES_MAX = 64 << 20 };
struct trace {
	int fd; /* borrowed; -1: the log */
	uint64_t bytes;
};

void trace_init(struct trace *t, int fd);
/* One line, with the time (UTC) in front. */
void trace_put(struct trace *t, struct timespec now, const char *line);

#endif
