#include "cli/general.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/session.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

static void stop_copying(struct session *s)
{
	if (s->general.copying)
		close(s->general.copy);
	s->general.copying = false;
}

int general_fini(struct session *s)
{
	struct general *g = &s->general;
	size_t lost = g->queue.n;
	struct buf b = {0};

	stop_copying(s);
	if (lost) {
		buf_printf(&b, "%zu command%s waited for commit and %s not done", lost, lost == 1 ? "" : "s",
		    lost == 1 ? "was" : "were");
		session_say(s, buf_text(&b));
		buf_free(&b);
	}
	queue_free(&g->queue);
	alias_free(&g->aliases);
	free(g->machine);
	free(g->user);
	*g = (struct general){0};
	return lost > 0;
}

void general_copy(struct session *s, const char *text, size_t n)
{
	while (s->general.copying && n > 0) {
		ssize_t w = write(s->general.copy, text, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			const char *why = strerror(errno);
			stop_copying(s);
			s->err(s->io_ctx, "set file: ", 10);
			s->err(s->io_ctx, why, strlen(why));
			s->err(s->io_ctx, "\n", 1);
			return;
		}
		text += w;
		n -= (size_t)w;
	}
}
