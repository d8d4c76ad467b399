/*
 * The writing twin of rd.h: bytes into a fixed block, numbers big-endian (wr_uint, wr_u16 ...) or little-endian (wr_le,
 * wr_le16 ...). What does not fit sets `bad` and is left out, so an encoder writes a whole structure and asks once.
 */
#ifndef BASE_WR_H
#define BASE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/rd.h"

struct wr {
	uint8_t *p; /* start of the block */
	size_t n;   /* bytes written */
	size_t cap;
	bool bad;
	/* NULL, or asked when something does not fit: takes away what is written and lowers `n`, or fails. */
	void (*drain)(struct wr *w);
};

static inline struct wr wr_of(void *block, size_t cap)
{
	return (struct wr){.p = block, .cap = cap};
}

/* Room for n bytes, zeroed; NULL and bad when they do not fit. */
static inline uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *at;

	if (w->cap - w->n < n && w->drain && !w->bad)
		w->drain(w);
	if (w->bad || w->cap - w->n < n) {
		w->bad = true;
		return NULL;
	}
	at = w->p + w->n;
	if (n)
		memset(at, 0, n);
	w->n += n;
	return at;
}

static inline void wr_bytes(struct wr *w, const void *bytes, size_t n)
{
	uint8_t *at = wr_room(w, n);

	if (at && n)
		memcpy(at, bytes, n);
}

static inline void wr_span(struct wr *w, struct span s)
{
	wr_bytes(w, s.p, s.n);
}

static inline void wr_uint(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *at = wr_room(w, n);

	for (size_t i = 0; at && i < n; i++)
		at[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static inline void wr_u8(struct wr *w, uint8_t v)
{
	wr_uint(w, v, 1);
}

static inline void wr_u16(struct wr *w, uint16_t v)
{
	wr_uint(w, v, 2);
}

static inline void wr_u32(struct wr *w, uint32_t v)
{
	wr_uint(w, v, 4);
}

static inline void wr_bool(struct wr *w, bool v)
{
	wr_u8(w, v);
}

static inline void wr_le(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *at = wr_room(w, n);

	for (size_t i = 0; at && i < n; i++)
		at[i] = (uint8_t)(v >> 8 * i);
}

static inline void wr_le16(struct wr *w, uint16_t v)
{
	wr_le(w, v, 2);
}

static inline void wr_le32(struct wr *w, uint32_t v)
{
	wr_le(w, v, 4);
}

static inline void wr_le64(struct wr *w, uint64_t v)
{
	wr_le(w, v, 8);
}

/* Writes over the two bytes at offset `at`, for a length that is known late; bad when v needs more. */
static inline void wr_patch_u16(struct wr *w, size_t at, size_t v)
{
	if (w->bad || at + 2 > w->n || v > UINT16_MAX) {
		w->bad = true;
		return;
	}
	w->p[at] = (uint8_t)(v >> 8);
	w->p[at + 1] = (uint8_t)v;
}

/* What has been written, borrowed. */
static inline struct span wr_done(const struct wr *w)
{
	return span_of(w->p, w->n);
}

#endif
