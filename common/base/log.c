#include "common/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/banned.h"

static const char *name = "?";
static enum log_level limit = LOG_L_INFO;

void log_open(const char *program, enum log_level most)
{
	name = program;
	limit = most;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (level > limit)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	/* A log line is one line: names from the store may hold control characters. */
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s: %s\n", name, line);
	else
		fprintf(stderr, "<%d>%s\n", level, line);
}
