/*
 * The preshared keys that *keys* has been handed, by their names. A name means one text for ever (store/secrets.h), so a
 * key may be kept; one that was deleted from the store is forgotten KEYRING_KEEP_S after it was handed over. Pure.
 */
#ifndef IKE_DAEMON_KEYRING_H
#define IKE_DAEMON_KEYRING_H

#include "common/base/guid.h"
#include "common/base/mono.h"
#include "common/base/rd.h"

enum { KEYRING_MAX = 1024, KEYRING_KEEP_S = 600 };

struct keyring_key;
/* All zero is an empty one. */
struct keyring {
	struct keyring_key *v; /* sorted by name */
	size_t n, cap;
};

/* The text, borrowed until the next call; {NULL, 0}: not here. A key may be empty: then p is set and n 0. */
struct span keyring_find(const struct keyring *k, const struct guid *name, struct mono now);
/* A copy is kept. A full ring loses the key that it has had longest. */
void keyring_put(struct keyring *k, const struct guid *name, struct span text, struct mono now);
/* Wipes what is too old; when the next call is due, MONO_NEVER for an empty ring. */
struct mono keyring_expire(struct keyring *k, struct mono now);
void keyring_free(struct keyring *k);

#endif
