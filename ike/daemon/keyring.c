#include "ike/daemon/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

struct keyring_key {
	struct guid name;
	struct mono until;
	uint8_t *text; /* owned; a byte more than n, so that an empty one has an address */
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return memcmp(((const struct keyring_key *)a)->name.b, ((const struct keyring_key *)b)->name.b, sizeof(struct guid));
}

static size_t place_of(const struct keyring *k, const struct guid *name)
{
	const struct keyring_key want = {.name = *name};

	return array_lower(k->v, k->n, sizeof *k->v, &want, by_name);
}

static bool is_at(const struct keyring *k, size_t i, const struct guid *name)
{
	return i < k->n && guid_eq(&k->v[i].name, name);
}

static void drop(struct keyring *k, size_t i)
{
	secret_wipe(k->v[i].text, k->v[i].n);
	free(k->v[i].text);
	array_remove(k->v, &k->n, sizeof *k->v, &i, 1);
}

struct span keyring_find(const struct keyring *k, const struct guid *name, struct mono now)
{
	size_t i = place_of(k, name);

	if (!is_at(k, i, name) || mono_reached(k->v[i].until, now))
		return (struct span){NULL, 0};
	return span_of(k->v[i].text, k->v[i].n);
}

static size_t oldest(const struct keyring *k)
{
	size_t at = 0;

	for (size_t i = 1; i < k->n; i++)
		if (mono_before(k->v[i].until, k->v[at].until))
			at = i;
	return at;
}

void keyring_put(struct keyring *k, const struct guid *name, struct span text, struct mono now)
{
	struct keyring_key fresh = {.name = *name, .until = mono_add(now, DUR_S(KEYRING_KEEP_S)), .n = text.n};
	size_t i = place_of(k, name);

	if (is_at(k, i, name))
		drop(k, i);
	else if (k->n == KEYRING_MAX)
		drop(k, oldest(k));
	fresh.text = xcalloc(1, text.n + 1);
	if (text.n)
		memcpy(fresh.text, text.p, text.n);
	i = place_of(k, name);
	ARRAY_ROOM(k->v, k->n, k->cap, 1);
	array_insert(k->v, &k->n, sizeof *k->v, &i, &fresh, 1);
}

struct mono keyring_expire(struct keyring *k, struct mono now)
{
	struct mono next = MONO_NEVER;

	for (size_t i = k->n; i-- > 0;) {
		if (mono_reached(k->v[i].until, now))
			drop(k, i);
		else
			next = mono_min(next, k->v[i].until);
	}
	return next;
}

void keyring_free(struct keyring *k)
{
	while (k->n)
		drop(k, k->n - 1);
	free(k->v);
	*k = (struct keyring){0};
}
