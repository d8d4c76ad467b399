/* Rings, hash tables and the heap of timers; see parts.h. */
#include "ike/engine/parts.h"

#include <stdlib.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* --- rings ---------------------------------------------------------------------------------------------------- */

void ring_init(struct ring *r)
{
	r->prev = r->next = r;
}

void ring_add(struct ring *head, struct ring *r)
{
	r->prev = head->prev;
	r->next = head;
	head->prev->next = r;
	head->prev = r;
}

void ring_del(struct ring *r)
{
	r->prev->next = r->next;
	r->next->prev = r->prev;
	ring_init(r);
}

/* --- SipHash-2-4 ------------------------------------------------------------------------------------------------ */

static uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t little(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static void sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

uint64_t hash_bytes(const struct hash_key *key, struct span bytes)
{
	uint64_t v[4] = {key->k[0] ^ 0x736f6d6570736575u, key->k[1] ^ 0x646f72616e646f6du,
	    key->k[0] ^ 0x6c7967656e657261u, key->k[1] ^ 0x7465646279746573u};
	size_t whole = bytes.n / 8;

	for (size_t i = 0; i < whole; i++)
		sip_word(v, little(bytes.p + 8 * i, 8));
	sip_word(v, (uint64_t)bytes.n << 56 | (bytes.n % 8 ? little(bytes.p + 8 * whole, bytes.n % 8) : 0));
	v[2] ^= 0xff;
	for (size_t i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* --- tables ------------------------------------------------------------------------------------------------------ */

static struct node **slot_of(const struct table *t, uint64_t hash)
{
	return &t->slots[hash & (t->nslots - 1)];
}

static void grow(struct table *t)
{
	enum { FIRST = 64 };
	struct table bigger = {.nslots = t->nslots ? 2 * t->nslots : FIRST};

	bigger.slots = xcalloc(bigger.nslots, sizeof *bigger.slots);
	for (size_t i = 0; i < t->nslots; i++) {
		for (struct node *n = t->slots[i], *next; n; n = next) {
			struct node **slot = slot_of(&bigger, n->hash);

			next = n->next;
			n->next = *slot;
			*slot = n;
		}
	}
	free(t->slots);
	bigger.n = t->n;
	*t = bigger;
}

void table_add(struct table *t, struct node *node, uint64_t hash)
{
	struct node **slot;

	table_del(t, node);
	if (t->n >= t->nslots)
		grow(t);
	slot = slot_of(t, hash);
	node->hash = hash;
	node->in = true;
	node->next = *slot;
	*slot = node;
	t->n++;
}

void table_del(struct table *t, struct node *node)
{
	struct node **p;

	if (!node->in)
		return;
	for (p = slot_of(t, node->hash); *p != node; p = &(*p)->next)
		;
	*p = node->next;
	*node = (struct node){.next = NULL};
	t->n--;
}

static struct node *skip(struct node *n, uint64_t hash)
{
	while (n && n->hash != hash)
		n = n->next;
	return n;
}

struct node *table_first(const struct table *t, uint64_t hash)
{
	return t->nslots ? skip(*slot_of(t, hash), hash) : NULL;
}

struct node *table_next(const struct node *node)
{
	return skip(node->next, node->hash);
}

void table_free(struct table *t)
{
	free(t->slots);
	*t = (struct table){.n = 0};
}

/* --- the heap ----------------------------------------------------------------------------------------------------- */

static void put(struct heap *h, size_t place, struct timer *t)
{
	h->v[place] = t;
	t->place = (uint32_t)place;
}

static void up(struct heap *h, size_t i)
{
	struct timer *t = h->v[i];

	for (; i > 1 && mono_before(t->at, h->v[i / 2]->at); i /= 2)
		put(h, i, h->v[i / 2]);
	put(h, i, t);
}

static void down(struct heap *h, size_t i)
{
	struct timer *t = h->v[i];

	for (size_t child; (child = 2 * i) <= h->n; i = child) {
		if (child < h->n && mono_before(h->v[child + 1]->at, h->v[child]->at))
			child++;
		if (!mono_before(h->v[child]->at, t->at))
			break;
		put(h, i, h->v[child]);
	}
	put(h, i, t);
}

void heap_arm(struct heap *h, struct timer *t, struct mono at)
{
	if (mono_is_never(at)) {
		heap_disarm(h, t);
		return;
	}
	t->at = at;
	if (!t->place) {
		if (h->n + 1 >= h->cap) {
			h->cap = h->cap ? 2 * h->cap : 64;
			h->v = xreallocarray(h->v, h->cap, sizeof(struct timer *));
		}
		put(h, ++h->n, t);
	}
	up(h, t->place);
	down(h, t->place);
}

void heap_disarm(struct heap *h, struct timer *t)
{
	size_t i = t->place;
	struct timer *last;

	if (!i)
		return;
	t->place = 0;
	last = h->v[h->n--];
	if (last == t)
		return;
	put(h, i, last);
	up(h, i);
	down(h, last->place);
}

struct timer *heap_top(const struct heap *h)
{
	return h->n ? h->v[1] : NULL;
}

void heap_free(struct heap *h)
{
	free(h->v);
	*h = (struct heap){.n = 0};
}
