#include "common/ipc/wire.h"

#include <string.h>

#include "common/base/str.h"

#include "common/base/banned.h"

void rd_bad(struct rd *r, const char *why)
{
	if (!r->bad)
		r->bad = why;
}

void wr_bytes(struct wr *w, const void *p, size_t n)
{
	if (w->full || n > w->cap - w->n) {
		w->full = true;
		return;
	}
	if (n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

void wr_uint(struct wr *w, uint64_t v, unsigned bytes)
{
	uint8_t b[8];

	for (unsigned i = 0; i < bytes; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	wr_bytes(w, b, bytes);
}

/* n bytes of the input, or NULL. */
static const uint8_t *take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->left < n)
		rd_bad(r, "it ends too early");
	if (r->bad)
		return NULL;
	r->p += n;
	r->left -= n;
	return p;
}

uint64_t rd_uint(struct rd *r, unsigned bytes)
{
	const uint8_t *p = take(r, bytes);
	uint64_t v = 0;

	for (unsigned i = 0; p && i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

uint8_t rd_enum(struct rd *r, uint8_t max, const char *why)
{
	uint8_t v = (uint8_t)rd_uint(r, 1);

	if (v <= max)
		return v;
	rd_bad(r, why);
	return 0;
}

void wr_bool(struct wr *w, bool v)
{
	wr_uint(w, v, 1);
}

bool rd_bool(struct rd *r)
{
	return rd_enum(r, 1, "a yes/no field is neither") == 1;
}

/* Text that was cut somewhere ends at its last whole character, so that the reader accepts it. */
static void put_counted(struct wr *w, const char *s, size_t max)
{
	size_t n = str_utf8_valid(s, strnlen(s, max));

	wr_uint(w, n, 2);
	wr_bytes(w, s, n);
}

/* The bytes of a text of at most `max`, or NULL; *n is its length. */
static const char *take_text(struct rd *r, size_t max, size_t *n)
{
	const char *p;

	*n = (size_t)rd_uint(r, 2);
	if (*n > max)
		rd_bad(r, "a text is too long");
	p = (const char *)take(r, *n);
	if (!p || (!memchr(p, '\0', *n) && str_utf8_valid(p, *n) == *n))
		return p;
	rd_bad(r, "a text is not UTF-8");
	return NULL;
}

void wr_text(struct wr *w, const char *s, size_t size)
{
	put_counted(w, s, size - 1);
}

void rd_text(struct rd *r, char *out, size_t size)
{
	size_t n;
	const char *p = take_text(r, size - 1, &n);

	out[0] = '\0';
	if (!p)
		return;
	memcpy(out, p, n);
	out[n] = '\0';
}

void wr_string(struct wr *w, const char *s, size_t max)
{
	put_counted(w, s ? s : "", max);
}

/* A text takes two bytes more in the message than letters, and one more in the pool: it always fits. */
const char *rd_string(struct rd *r, size_t max)
{
	size_t n;
	const char *p = take_text(r, max, &n);
	char *out = r->m->pool + r->m->pool_used;

	if (!p)
		return "";
	memcpy(out, p, n);
	out[n] = '\0';
	r->m->pool_used += n + 1;
	return out;
}

void wr_guid(struct wr *w, const struct guid *g)
{
	wr_bytes(w, g->b, sizeof g->b);
}

void rd_guid(struct rd *r, struct guid *g)
{
	const uint8_t *p = take(r, sizeof g->b);

	if (p)
		memcpy(g->b, p, sizeof g->b);
}
