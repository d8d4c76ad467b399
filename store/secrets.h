/*
 * Preshared keys, in their own file (secrets.db, 0600) so that whoever reads the policy need not see
 * them. Two files cannot commit as one, hence an order that is right at every point of a crash:
 *
 *   1. a new key is written under a fresh guid and synced,
 *   2. the policy that refers to the guid is committed,
 *   3. keys that nothing refers to any more are deleted.
 *
 * A crash leaves at worst a key that nobody refers to; the next writer removes it (sweep). All of this
 * happens under the write lock of the policy file, so two writers never meet here.
 */
#ifndef STORE_SECRETS_H
#define STORE_SECRETS_H

#include "store/store.h"

/* Keeps `text` under a fresh *id; durable with secrets_commit(). Needs an open write transaction. */
int secrets_add(struct store *st, const char *text, struct guid *id, struct err *e);
/* Is there a key of that id? 1, 0, -1. */
int secrets_has(struct store *st, const struct guid *id, struct err *e);
int secrets_commit(struct store *st, struct err *e); /* step 1, right before step 2 */
void secrets_rollback(struct store *st);
/* Step 3, after a commit that dropped keys. Best effort: what fails now is done by the next writer. */
void secrets_sweep_orphans(struct store *st);
/* The same for what a crash left behind: once a handle, at the start of its first transaction. */
void secrets_sweep_once(struct store *st);
void secrets_close(struct store *st);

#endif
