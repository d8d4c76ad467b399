/*
 * Private to the folder: what *policy* may ask of *kernel*. Whoever takes over *policy* can write our own table
 * and XFRM policies of our own index range, take the boot gate away, and nothing beside. (Deleting security
 * associations needs no check: whose they are is decided in *kernel*, by their reqid, whatever is asked.) Pure; the message was decoded before, so every
 * number is one that exists (codec.h).
 */
#ifndef REMOTE_CHECK_H
#define REMOTE_CHECK_H

#include "enforcer/diff/ops.h"

/*
 * A transaction. The encoder names no table but ours; checked is what it takes on trust: names of sets (letters,
 * digits, _), key lengths that are those of the fields, rules that find their set, and that the boot gate's table
 * goes by itself, as it does after a plan is in force. NULL, or what is wrong.
 */
const char *check_nft(const struct ops *o);
/* Does any of them change or delete by selector, so that check_xfrm() must know whose the policies are? */
bool check_xfrm_needs_state(const struct ops *o, bool undo);
/*
 * XFRM operations, or their inverses. What is written has an index of ours, or is an update of a policy of ours;
 * what is deleted or updated is nobody else's. `have` is what the kernel holds now, sorted (its policies only).
 */
const char *check_xfrm(const struct ops *o, bool undo, const struct kstate *have);

#endif
