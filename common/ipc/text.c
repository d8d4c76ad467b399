/* Texts and names in messages: each wr beside its rd. */
#include <string.h>

#include "common/base/str.h"
#include "common/ipc/private.h"

#include "common/base/banned.h"

/* Text that was cut somewhere ends at its last whole character, so that the reader accepts it. */
static void put_counted(struct wr *w, const char *s, size_t max)
{
	size_t n = str_utf8_valid(s, strnlen(s, max));

	wr_le16(w, (uint16_t)n);
	wr_bytes(w, s, n);
}

/* The bytes of a text of at most `max`; none when something is wrong. */
static struct span get_counted(struct rd *r, size_t max)
{
	struct span s = rd_bytes(r, rd_upto(r, rd_le16(r), max, "a text is too long"));
	const char *text = (const char *)s.p;

	if (s.n == 0 || (!memchr(text, '\0', s.n) && str_utf8_valid(text, s.n) == s.n))
		return s;
	rd_bad(r, "a text is not UTF-8");
	return span_of(NULL, 0);
}

/* `out` has room for one byte more. */
static void terminate(char *out, struct span s)
{
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

void wr_text(struct wr *w, const char *s, size_t size)
{
	put_counted(w, s, size - 1);
}

void rd_text(struct rd *r, char *out, size_t size)
{
	terminate(out, get_counted(r, size - 1));
}

void wr_string(struct wr *w, const char *s, size_t max)
{
	put_counted(w, s ? s : "", max);
}

/* A text takes two bytes more in the message than letters, and one more in the pool: it always fits. */
const char *rd_string(struct rd *r, struct ipc_msg *m, size_t max)
{
	struct span s = get_counted(r, max);
	char *out = m->pool + m->pool_used;

	if (r->bad)
		return "";
	terminate(out, s);
	m->pool_used += s.n + 1;
	return out;
}

void wr_guid(struct wr *w, const struct guid *g)
{
	wr_bytes(w, g->b, sizeof g->b);
}

void rd_guid(struct rd *r, struct guid *g)
{
	rd_copy(r, g->b, sizeof g->b);
}
