#include "cli/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/words.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/banned.h"

enum { READ_BYTES = 64 * 1024 };

static bool fill(struct lines *l)
{
	struct pollfd p = {.fd = l->fd, .events = POLLIN};
	ssize_t n;

	if (!l->chunk)
		l->chunk = xcalloc(1, READ_BYTES);
	if (l->wait && poll(&p, 1, 0) == 0)
		l->wait(l->ctx);
	do
		n = read(l->fd, l->chunk, READ_BYTES);
	while (n < 0 && errno == EINTR && !host_signal());
	l->failed = n < 0 && errno != EINTR ? errno : 0;
	l->at = 0;
	l->have = n > 0 ? (size_t)n : 0;
	l->ended = n <= 0;
	return !l->ended;
}

const char *lines_ahead(struct lines *l, size_t *n)
{
	if (l->at == l->have && !l->ended)
		fill(l);
	*n = l->have - l->at;
	return l->chunk + l->at;
}

bool lines_next(struct lines *l)
{
	static const char mark[] = "\xEF\xBB\xBF";
	bool any = false;

	buf_clear(&l->line);
	for (;;) {
		if (l->at == l->have && (l->ended || !fill(l)))
			break;
		any = true;
		char *from = l->chunk + l->at, *end = memchr(from, '\n', l->have - l->at);
		size_t n = end ? (size_t)(end - from) : l->have - l->at;
		size_t room = WORDS_LINE_MAX + 2 - l->line.len; /* one more for a CR */
		buf_add(&l->line, from, n < room ? n : room);
		l->at += n + (end != NULL);
		if (end)
			break;
	}
	if (l->line.len && l->line.data[l->line.len - 1] == '\r')
		buf_truncate(&l->line, l->line.len - 1);
	l->number += any;
	if (l->number == 1 && l->line.len >= 3 && memcmp(l->line.data, mark, 3) == 0) {
		memmove(l->line.data, l->line.data + 3, l->line.len - 3);
		buf_truncate(&l->line, l->line.len - 3);
	}
	return any && !host_signal();
}

void lines_free(struct lines *l)
{
	/* Scripts and policy files may hold keys. */
	secret_wipe(l->chunk, READ_BYTES);
	secret_wipe(l->line.data, l->line.cap);
	free(l->chunk);
	buf_free(&l->line);
}
