/*
 * A bounded cursor over bytes, for every format that comes from outside: numbers are big-endian as on the network
 * (rd_uint, rd_u16 ...) or little-endian as between our own processes (rd_le, rd_le16 ...). It fails once and stays
 * failed: after a read beyond the end, or rd_bad(), every further read gives zero, so a parser reads a whole structure
 * and asks once. It never allocates.
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
	size_t n;        /* bytes left */
	const char *bad; /* the first thing that is wrong, a literal; NULL: nothing is */
	/*
	 * NULL, or asked when nothing is left and something is wanted: sets `p` and `n` to what comes next, or fails, or
	 * does nothing at the end. What one call reads is never put together of two pieces.
	 */
	void (*refill)(struct rd *r);
};

static inline struct rd rd_of(struct span s)
{
	return (struct rd){.p = s.p, .n = s.n};
}

/* From now on the cursor has failed; the first reason stays. */
static inline void rd_bad(struct rd *r, const char *why)
{
	if (!r->bad)
		r->bad = why;
	r->n = 0;
}

/* The next n bytes, borrowed; empty and bad when there are fewer. */
static inline struct span rd_bytes(struct rd *r, size_t n)
{
	struct span s;

	if (r->n == 0 && n > 0 && r->refill && !r->bad)
		r->refill(r);
	if (r->n < n)
		rd_bad(r, "it ends too early");
	if (r->bad)
		return (struct span){NULL, 0};
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

static inline uint64_t rd_le(struct rd *r, size_t n)
{
	struct span s = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = s.n; i > 0; i--)
		v = v << 8 | s.p[i - 1];
	return v;
}

static inline uint16_t rd_le16(struct rd *r)
{
	return (uint16_t)rd_le(r, 2);
}

static inline uint32_t rd_le32(struct rd *r)
{
	return (uint32_t)rd_le(r, 4);
}

static inline uint64_t rd_le64(struct rd *r)
{
	return rd_le(r, 8);
}

/* v, which was just read, when it is at most `max`; otherwise 0, and bad. */
static inline uint64_t rd_upto(struct rd *r, uint64_t v, uint64_t max, const char *why)
{
	if (v <= max)
		return v;
	rd_bad(r, why);
	return 0;
}

/* One byte, at most `max`. */
static inline uint8_t rd_enum(struct rd *r, uint8_t max, const char *why)
{
	return (uint8_t)rd_upto(r, rd_u8(r), max, why);
}

static inline bool rd_bool(struct rd *r)
{
	return rd_enum(r, 1, "a yes/no field is neither") == 1;
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
