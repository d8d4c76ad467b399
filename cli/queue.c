#include "cli/queue.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "common/base/banned.h"

int queue_add(struct queue *q, const char *line, const char *place, struct err *e)
{
	size_t bytes = strlen(line) + (place ? strlen(place) : 0);

	if (q->n == QUEUE_MAX || bytes > QUEUE_BYTES_MAX - q->bytes)
		return err_set(e, SHELL_LIMIT, "too many commands are queued: commit or abort first");
	GROW(q->v, q->n, q->cap);
	q->v[q->n++] = (struct queued){xstrdup(line), xstrdup(place)};
	q->bytes += bytes;
	return 0;
}

void queue_free(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++) {
		secret_free(q->v[i].line);
		free(q->v[i].place);
	}
	free(q->v);
	*q = (struct queue){0};
}
