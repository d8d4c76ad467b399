/* Requests of the kernel that nobody has answered. See private.h. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/sas/private.h"

#include "common/base/banned.h"

enum { ASKED_MAX = 1024, KERNEL_ASKS_MS = 30000 };

void asked_fini(struct asked *a)
{
	free(a->v);
	*a = (struct asked){0};
}

static void remove_at(struct asked *a, size_t i)
{
	a->n--;
	for (; i < a->n; i++)
		a->v[i] = a->v[i + 1];
}

static void drop_old(struct asked *a, struct mono now)
{
	while (a->n && mono_since(a->v[0].at, now).ms >= KERNEL_ASKS_MS) /* the oldest is first */
		remove_at(a, 0);
}

void asked_note(struct asked *a, struct mono now, const struct ike_cmd *acquire)
{
	drop_old(a, now);
	if (a->n == ASKED_MAX)
		remove_at(a, 0);
	GROW(a->v, a->n, a->cap);
	a->v[a->n++] = (struct asked_one){.at = now, .c = *acquire};
}

void asked_answered(struct asked *a, uint32_t acquire)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].c.u.acquire.acquire == acquire) {
			remove_at(a, i);
			return;
		}
}

void asked_again(struct asked *a, struct mono now)
{
	drop_old(a, now);
	for (size_t i = 0; i < a->n; i++)
		a->v[i].owed = true;
}

const struct ike_cmd *asked_owed(const struct asked *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].owed)
			return &a->v[i].c;
	return NULL;
}

void asked_told(struct asked *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].owed) {
			a->v[i].owed = false;
			return;
		}
}
