/*
 * Private to ike/engine: the containers everything hangs in. All are intrusive, so nothing is allocated when an
 * association enters or leaves one, and each does its work without looking at the other associations.
 */
#ifndef IKE_ENGINE_PARTS_H
#define IKE_ENGINE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/mono.h"
#include "common/base/rd.h"

/* The object around an embedded member. */
#define OWNER(type, member, pointer) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

/* --- rings: doubly linked, the head is a member too ------------------------------------------------------- */

struct ring {
	struct ring *prev, *next;
};
void ring_init(struct ring *r);
/* Puts `r` at the end of the ring of `head`. */
void ring_add(struct ring *head, struct ring *r);
/* Takes it out; it is then a ring of its own, and taking it out again does nothing. */
void ring_del(struct ring *r);
static inline bool ring_is_empty(const struct ring *head)
{
	return head->next == head;
}
/* Every member; the next one is read before the body, so the body may remove `r`, but no other member. */
#define RING_EACH(head, r)                                                                         \
	for (struct ring *r = (head)->next, *r##_next = r->next; r != (head); r = r##_next, r##_next = r->next)

/* --- hash tables --------------------------------------------------------------------------------------------- */

/* The key of a table's hash, chosen at random, so that a stranger who picks cookies and addresses cannot pile up one chain. */
struct hash_key {
	uint64_t k[2];
};
/* SipHash-2-4 (Aumasson, Bernstein 2012) of the bytes. */
uint64_t hash_bytes(const struct hash_key *key, struct span bytes);

struct node {
	struct node *next;
	uint64_t hash;
	bool in; /* in a table */
};
struct table {
	struct node **slots;
	size_t nslots, n;
};
void table_add(struct table *t, struct node *node, uint64_t hash);
/* Nothing happens when it is in none. */
void table_del(struct table *t, struct node *node);
/* The first node with that hash, and the next one; NULL: none. The caller compares keys. */
struct node *table_first(const struct table *t, uint64_t hash);
struct node *table_next(const struct node *node);
/* Frees the slots, not the nodes. */
void table_free(struct table *t);

/* --- timers: a binary heap --------------------------------------------------------------------------------- */

struct ike;
struct timer {
	struct mono at;
	uint32_t place; /* in the heap, from 1; 0: not armed */
	void (*fire)(struct ike *ike, struct timer *t);
};
struct heap {
	struct timer **v; /* v[0] is not used */
	size_t n, cap;
};
/* (Re)arms; MONO_NEVER disarms. `fire` must be set. */
void heap_arm(struct heap *h, struct timer *t, struct mono at);
void heap_disarm(struct heap *h, struct timer *t);
/* The earliest; NULL: none. */
struct timer *heap_top(const struct heap *h);
void heap_free(struct heap *h);

#endif
