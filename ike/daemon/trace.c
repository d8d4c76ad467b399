#include "ike/daemon/trace.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"

#include "common/base/banned.h"

void trace_init(struct trace *t, int fd)
{
	struct stat sb;

	*t = (struct trace){.fd = fd};
	if (fd >= 0 && fstat(fd, &sb) == 0 && sb.st_size > 0)
		t->bytes = (uint64_t)sb.st_size;
}

void trace_put(struct trace *t, struct timespec now, const char *line)
{
	char text[700];
	struct tm tm;
	size_t n;

	if (t->fd < 0) {
		log_line(LOG_L_INFO, "trace: %s", line);
		return;
	}
	if (t->bytes >= TRACE_BYTES_MAX)
		return;
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof text - n, ".%03ldZ %s", now.tv_nsec / 1000000, line);
	n = strlen(text);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			text[i] = '?';
	text[n++] = '\n'; /* in place of the NUL */
	t->bytes += n;
	if (t->bytes >= TRACE_BYTES_MAX) {
		static const char full[] = "the trace file is full\n";

		memcpy(text, full, sizeof full - 1);
		n = sizeof full - 1;
	}
	if (write(t->fd, text, n) < 0)
		t->bytes = TRACE_BYTES_MAX; /* the disk is full, or worse */
}
