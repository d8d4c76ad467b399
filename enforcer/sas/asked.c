#include "enforcer/sas/asked.h"

#include <stdlib.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

enum { KERNEL_ASKS_S = 30 };

void asked_fini(struct asked *a)
{
	free(a->v);
	free(a->vain);
	*a = (struct asked){.v = NULL};
}

static size_t place_of(uint32_t acquire)
{
	return acquire % ASKED_MAX;
}

static struct asked_one *find(const struct asked *a, uint32_t acquire)
{
	struct asked_one *one = a->v && acquire ? &a->v[place_of(acquire)] : NULL;

	return one && one->c.u.acquire.acquire == acquire ? one : NULL;
}

static void clear(struct asked *a, struct asked_one *one)
{
	a->nowed -= one->owed;
	*one = (struct asked_one){.policy = 0};
}

static bool is_old(const struct asked_one *one, struct mono now)
{
	return dur_s(mono_since(one->at, now)) >= KERNEL_ASKS_S;
}

void asked_note(struct asked *a, struct mono now, const struct ike_cmd *c, uint32_t policy)
{
	uint32_t acquire = c->u.acquire.acquire;

	if (!a->v) {
		a->v = xcalloc(ASKED_MAX, sizeof *a->v);
		a->vain = xcalloc(ASKED_MAX, sizeof *a->vain);
	}
	clear(a, &a->v[place_of(acquire)]);
	a->v[place_of(acquire)] = (struct asked_one){.at = now, .c = *c, .policy = policy};
	a->newest = acquire;
}

bool asked_answered(struct asked *a, uint32_t acquire, uint32_t *policy)
{
	struct asked_one *one = find(a, acquire);

	if (!one)
		return false;
	*policy = one->policy;
	clear(a, one);
	return true;
}

/* --- what came to nothing ----------------------------------------------------------------------------------------- */

void asked_failed(struct asked *a, struct mono now, uint32_t acquire)
{
	struct asked_one *one = find(a, acquire);

	if (!one || one->vain || a->nvain == ASKED_MAX)
		return;
	one->vain = true;
	a->vain[(a->first_vain + a->nvain++) % ASKED_MAX] = (struct asked_vain){mono_add(now, DUR_S(ASKED_PAUSE_S)), acquire};
}

struct mono asked_due(const struct asked *a)
{
	if (!a->nvain)
		return MONO_NEVER;
	return mono_before(a->next, a->vain[a->first_vain].until) ? a->vain[a->first_vain].until : a->next;
}

bool asked_forget(struct asked *a, struct mono now, struct ike_cmd *out)
{
	while (a->nvain && mono_reached(asked_due(a), now)) {
		struct asked_one *one = find(a, a->vain[a->first_vain].acquire);
		bool fresh = one && !is_old(one, now); /* the kernel forgot the others of itself */

		a->first_vain = (a->first_vain + 1) % ASKED_MAX;
		a->nvain--;
		if (fresh)
			*out = one->c;
		if (one)
			clear(a, one);
		if (!fresh)
			continue;
		a->next = mono_add(now, DUR_MS(ASKED_FORGET_MS));
		return true;
	}
	return false;
}

/* --- another IKE -------------------------------------------------------------------------------------------------- */

void asked_again(struct asked *a, struct mono now)
{
	a->owed_at = place_of(a->newest + 1); /* the oldest, if there are so many */
	a->nowed = 0;
	for (size_t i = 0; a->v && i < ASKED_MAX; i++) {
		a->v[i].owed = a->v[i].c.u.acquire.acquire && !is_old(&a->v[i], now);
		a->nowed += a->v[i].owed;
	}
}

const struct ike_cmd *asked_owed(struct asked *a)
{
	if (!a->nowed)
		return NULL;
	while (!a->v[a->owed_at].owed)
		a->owed_at = (a->owed_at + 1) % ASKED_MAX;
	return &a->v[a->owed_at].c;
}

void asked_told(struct asked *a)
{
	if (!asked_owed(a))
		return;
	a->v[a->owed_at].owed = false;
	a->nowed--;
}
