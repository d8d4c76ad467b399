/*
 * A bounded cursor over big-endian bytes. It fails once and stays failed: after a read beyond the end
 * every further read gives zero and `bad` is set, so a parser reads a whole structure and asks once.
 */
#ifndef BASE_RD_H
#define BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes. {NULL, 0} is the empty one. */
struct span {
	const uint8_t *p;
	size_t n;
};

static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){p, n};
}

/* Not for secrets: the time tells where they differ. */
static inline bool span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct rd {
	const uint8_t *p;
	size_t n; /* bytes left */
	bool bad;
};

static inline struct rd rd_of(struct span s)
{
	return (struct rd){s.p, s.n, false};
}

/* The next n bytes, borrowed; empty and bad when there are fewer. */
static inline struct span rd_bytes(struct rd *r, size_t n)
{
	struct span s;

	if (r->bad || r->n < n) {
		r->bad = true;
		r->n = 0;
		return (struct span){NULL, 0};
	}
	s = span_of(r->p, n);
	if (n)
		r->p += n; /* p of nothing may be NULL */
	r->n -= n;
	return s;
}

/* All that is left. */
static inline struct span rd_rest(struct rd *r)
{
	return rd_bytes(r, r->n);
}

static inline uint64_t rd_uint(struct rd *r, size_t n)
{
	struct span s = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

static inline uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_uint(r, 1);
}

static inline uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)rd_uint(r, 2);
}

static inline uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)rd_uint(r, 4);
}

/* Copies n bytes out; zeros when there are fewer. */
static inline void rd_copy(struct rd *r, void *out, size_t n)
{
	struct span s = rd_bytes(r, n);

	memset(out, 0, n);
	if (s.n)
		memcpy(out, s.p, s.n);
}

#endif
