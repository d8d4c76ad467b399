#include "enforcer/daemon/stats.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* Places in dyn_stats.ipsec: the order of grammar §7.8. */
enum { BAD_SPI = 7, NOT_DECRYPTED = 8, NOT_AUTHENTICATED = 9 };

/* Names of Documentation/networking/xfrm_proc.rst. */
static const struct {
	const char *name;
	size_t at;
} lines[] = {
	{"XfrmInNoStates", BAD_SPI},
	{"XfrmInStateProtoError", NOT_AUTHENTICATED}, /* the kernel does not tell it from the next */
	{"XfrmInStateModeError", NOT_DECRYPTED},
};

static void take_line(const char *line, struct dyn_stats *out)
{
	for (size_t i = 0; i < N_OF(lines); i++) {
		size_t n = strlen(lines[i].name);
		if (strncmp(line, lines[i].name, n) != 0 || !strchr(" \t", line[n]))
			continue;
		for (line += n; *line == ' ' || *line == '\t'; line++)
			;
		for (; *line >= '0' && *line <= '9'; line++)
			out->ipsec[lines[i].at] = out->ipsec[lines[i].at] * 10 + (uint64_t)(*line - '0');
		return;
	}
}

void stats_parse(const char *text, struct dyn_stats *out)
{
	while (text && *text) {
		take_line(text, out);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

int stats_open(void)
{
	/* Not /proc/net: a unit with ProcSubset=pid does not see that name. */
	return open("/proc/self/net/xfrm_stat", O_RDONLY | O_CLOEXEC);
}

const char *stats_read(int fd, char room[STATS_TEXT])
{
	ssize_t n = fd < 0 ? -1 : pread(fd, room, STATS_TEXT - 1, 0); /* from the start: the kernel counts anew */

	if (n <= 0)
		return NULL;
	room[n] = '\0';
	return room;
}

void stats_gather(int fd, struct dyn_stats *out)
{
	char text[STATS_TEXT];

	*out = (struct dyn_stats){.ike = {0}};
	stats_parse(stats_read(fd, text), out);
}
