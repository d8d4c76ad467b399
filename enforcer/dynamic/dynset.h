/*
 * The dynamic objects of an enforcer as a value: a set is never changed, a change makes a new one that shares
 * everything it did not touch. So the enforcer can try a set out and keep the old one when the kernel, or the
 * compiler, says no. Pure: identity (guid) comes in with the change, nothing is read or waited for.
 */
#ifndef DYNAMIC_DYNSET_H
#define DYNAMIC_DYNSET_H

#include "common/base/err.h"
#include "common/model/dynamic.h"

struct dynset;

/* The empty set. Free with dynset_free(). */
struct dynset *dynset_new(void);
/* Objects that no other set shares go with it, keys overwritten. NULL is fine. */
void dynset_free(struct dynset *s);

/*
 * The set after the change, or NULL with the system error's number of grammar §8.3 and `old` as it was. A
 * rule is checked as on the command line, needs an existing main mode policy, and where an action is
 * negotiate a quick mode policy; what a rule uses cannot be deleted. Objects are bounded in number, the keys and CA names
 * of all rules together in bytes (DYN_AUTH_BYTES_MAX). The change's texts are copied.
 */
struct dynset *dynset_change(const struct dynset *old, const struct dyn_change *c, struct err *e);

/* How many of that kind (not DYN_ALL, DYN_SPECIFIC). */
size_t dynset_count(const struct dynset *s, enum dyn_kind kind);
/* The i-th, in the order in which they were added. Borrowed from the set. */
const struct dyn_mmpolicy *dynset_mmpolicy(const struct dynset *s, size_t i);
const struct dyn_qmpolicy *dynset_qmpolicy(const struct dynset *s, size_t i);
/* The rules, borrowed from the set; filter.id is 1..DYN_ID_MAX and no two rules at a time share one. */
struct dyn_rules dynset_rules(const struct dynset *s);
enum { DYN_ID_MAX = 0x3FFFF }; /* ORIGIN_MARKED_MAX */
/*
 * What happened to the rules between a set and the one that dynset_change() made of it: how many differ, and
 * when it is one, which went (NULL: none) and which came. A rule differs as well when it negotiates and its quick
 * mode policy is another. Borrowed from the sets.
 */
struct dynset_difference {
	size_t n;
	const struct dyn_rule *gone, *came;
};
struct dynset_difference dynset_compare(const struct dynset *old, const struct dynset *new);

#endif
