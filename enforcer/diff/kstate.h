/*
 * The kernel's state as a value: what a scan found, what an apply left behind, what a plan asks
 * for. Pure: no netlink here. `kstate_from_plan(P)` is what the kernel holds after P was applied,
 * so wanting and having are compared as two values of one type.
 */
#ifndef DIFF_KSTATE_H
#define DIFF_KSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "enforcer/compile/plan.h"

struct ops;

/*
 * Version of what we write into the kernel; another version in the kernel means: rebuild the table.
 */
enum { KSTATE_FORMAT = 6 };

enum ktable {
	KTABLE_NONE,
	KTABLE_OURS,
	KTABLE_STALE, /* our name, but not (only) what this version writes: replaced as a whole */
};

enum { KSET_NAME = sizeof(((struct nft_set *)0)->name) };

/*
 * A set whose content changes is not changed: it comes anew, under the other of its names, and the rules turn to it
 * (diff.c). So the kernel knows a set by its name in the plan and by a generation, 0 or 1. Both stand there only until
 * the transaction after that, or when the program ended between the two; the rules look into one of them.
 */
enum { KSET_GENS = 2 };

/* A rule that does not depend on where its set stands in an array. */
struct krule {
	struct nft_rule rule; /* `set` is 0 */
	char set[KSET_NAME];  /* NFT_M_SET only, else empty */
	uint8_t gen;          /* of the set that it looks into (krule_looks_into) */
	uint8_t dialup_gen;   /* of the set of dial-up interfaces, which a conntype asks too */
};

struct kset {
	struct nft_set def;     /* `first` and `n` are 0 */
	struct nft_elem *elems; /* owned; sorted by key, keys are unique */
	size_t n, cap;
};

/*
 * The kernel finds a policy by direction and selector, not by priority: two policies of one
 * selector cannot exist, whoever owns them. `index` carries the mark of ownership (kpol_is_ours).
 */
struct kpol {
	struct xfrm_pol pol; /* addresses masked to their prefix, never of family IP_NONE */
	uint32_t index;      /* 0 = not in the kernel yet */
};

/* Owned arrays. All zero is a kernel that holds nothing of ours. */
struct kstate {
	uint8_t table;        /* enum ktable; rules and sets are empty unless KTABLE_OURS */
	bool gate;            /* the boot gate's table stands; no part of any plan */
	struct krule *rules;  /* by chain, then in order of evaluation */
	struct kset *sets;    /* sorted by name, then generation */
	struct kpol *xfrm;    /* ours, sorted by kpol_cmp */
	struct kpol *foreign; /* policies of others, sorted by kpol_cmp */
	size_t nrules, nsets, nxfrm, nforeign, cap_rules, cap_sets, cap_xfrm, cap_foreign;
};

/*
 * Ownership of an XFRM policy. The kernel keeps the index a policy was created with (low 3 bits:
 * its direction, checked; the rest free), keeps it over an update, and counts its own indexes up
 * from 8, so it would take 150 million policies of others to run into our range. Entries with a
 * template are marked a second time by their reqid.
 */
enum { KPOL_INDEX_BASE = 0x49000000, KPOL_INDEX_SLOTS = 1 << 21 };
bool kpol_is_ours(const struct kpol *k);
/*
 * Policies that *kernel* grants to IKE have slots from this one on. They are no part of any plan, a scan leaves them
 * out, and they never meet one of a plan: the kernel tells policies apart by their whole selector, in which
 * theirs has a user (kpol_user()). It compares that there and nowhere else, so packets match all the same.
 */
enum { KPOL_GRANTED_FIRST = 1 << 20 };
bool kpol_is_granted(const struct kpol *k);
/* 0 of a policy that is not granted; otherwise also by what it protects, so that AH, ESP, both, and clear stand side by side. */
enum { KPOL_USER_BASE = 0x49500000, KPOL_USER_PROTECTION = 3 };
uint32_t kpol_user(const struct kpol *k);
/* The index of slot n (0 < n < KPOL_INDEX_SLOTS) for a direction. */
uint32_t kpol_index(uint32_t slot, uint8_t dir);
/* Order by direction and selector; 0 = the kernel takes them for the same policy. */
int kpol_cmp(const struct kpol *a, const struct kpol *b);
/* Same selector: also the same effect (kind, priority, template)? Index and origin do not count. */
bool kpol_same(const struct kpol *a, const struct kpol *b);

/* Generations do not count. */
bool krule_same(const struct krule *a, const struct krule *b);
/* The name of the set that the rule's match asks, or NULL. Borrowed. */
const char *krule_looks_into(const struct krule *k);
/* The same name, key and kind? Elements and generation do not count. */
bool kset_same_def(const struct nft_set *a, const struct nft_set *b);
/* Key, verdict and origin. */
bool kelem_same(const struct nft_elem *a, const struct nft_elem *b);
/* Sorts the elements; of two with one key the stricter stays. false: there were such. */
bool kset_sort(struct kset *s);
/* Elements too. Of sets of traffic in clear, which no plan fills, they do not count. */
bool kset_same(const struct kset *a, const struct kset *b);
/* NULL when there is none of that name and generation. Borrowed. */
struct kset *kstate_set(const struct kstate *s, const char *name, uint8_t gen);
/* The one of that name that rules look into, where there are two; the only one; NULL. Borrowed. */
struct kset *kstate_set_in_force(const struct kstate *s, const char *name);
/* Do rules look into set i? One flag for each set, owned by the caller. */
bool *kstate_sets_used(const struct kstate *s);

/*
 * What the kernel holds after the plan was applied; owned by the caller. Of two entries for one key
 * the stricter stays (elements), or the one with the smaller priority (XFRM).
 */
void kstate_from_plan(const struct plan *p, struct kstate *out);
/* Sorts sets, elements and policies of a state that was filled in any order. */
void kstate_sort(struct kstate *s);
/* Equal in all that diff looks at; neither policies of others nor generations count, but a set that is there twice does. */
bool kstate_eq(const struct kstate *a, const struct kstate *b);
/*
 * Is all of `part` in `whole`: its sets with their elements, its rules in that order, its XFRM policies? Then what
 * `part` stops, `whole` stops too, but for what more specific entries of it say.
 */
bool kstate_holds(const struct kstate *whole, const struct kstate *part);
void kstate_dup(const struct kstate *from, struct kstate *out);
/* Gives `to`, which has no XFRM policies, those of ours in `from`. */
void kstate_copy_xfrm(const struct kstate *from, struct kstate *to);
/* Does ops [first, first+n) to the value, as the kernel would. The ops must fit the state. */
void kstate_apply(struct kstate *s, const struct ops *o, size_t first, size_t n);
/* Frees what is inside; the state is empty afterwards. */
void kstate_free(struct kstate *s);

#endif
