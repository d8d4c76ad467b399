/*
 * Private to the folder: what *policy* may ask of *kernel*. Whoever takes over *policy* can write our own table
 * and XFRM policies of our own index range, take the boot gate away, and nothing beside. (Deleting security
 * associations needs no check: whose they are is decided in *kernel*, by their reqid, whatever is asked.) Pure; the message was decoded before, so every
 * number is one that exists (codec.h).
 */
#ifndef REMOTE_CHECK_H
#define REMOTE_CHECK_H

#include "enforcer/kernel/kernel.h"

/*
 * A transaction. The encoder names no table but ours; checked is what it takes on trust: names of sets (letters,
 * digits, _), key lengths that are those of the fields, rules that find their set, and that the boot gate's table
 * goes by itself, as it does after a plan is in force. NULL, or what is wrong.
 */
const char *check_nft(const struct ops *o);
/*
 * XFRM operations, or their inverses: what is written has a reqid of ours, and an index of ours unless it is an
 * update. NULL, or what is wrong.
 */
const char *check_xfrm(const struct ops *o, bool undo);
/*
 * What IKE may be granted: only associations of our reqids, by policies that protect. Which rule's is not looked at: *policy*
 * writes those policies itself. NULL, or what is wrong.
 */
const char *check_ike(const struct kernel_ike *a);
/* Does any of them change or delete by selector, so that check_xfrm_foreign() must be asked? */
bool check_xfrm_needs_state(const struct ops *o, bool undo, const bool *ok);
/*
 * The first operation that would change or delete what is not ours; o->n: none. `have` is what the kernel holds now,
 * sorted (its policies only); of inverses only those count whose ok[i] is set. Such a request may come in good faith,
 * when another program was quicker than what *policy* knows: it is refused as the kernel would, with EEXIST.
 */
size_t check_xfrm_foreign(const struct ops *o, bool undo, const bool *ok, const struct kstate *have);

#endif
