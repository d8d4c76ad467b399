#include "enforcer/bootgate/tell.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/banned.h"

enum { LINE_MAX_BYTES = 900 }; /* one record of the kernel's log holds about a thousand */

/* Nothing waits for a device, and whether it can be reached is not ours to mend. */
static void put(const char *device, const char *before, const char *line, const char *after)
{
	char all[LINE_MAX_BYTES + 64];
	int fd = open(device, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), n;

	if (fd < 0)
		return;
	n = snprintf(all, sizeof all, "%sipsec-bootgate: %s%s", before, line, after);
	(void)!write(fd, all, (size_t)n < sizeof all ? (size_t)n : sizeof all - 1);
	close(fd);
}

void gate_tell(bool urgent, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	log_line(urgent ? LOG_L_ERROR : LOG_L_INFO, "%s", line);
	if (!urgent)
		return;
	put("/dev/kmsg", "<3>", line, "\n"); /* 3: error, RFC 5424 §6.2.1 */
	put("/dev/console", "\r\n", line, "\r\n");
}
