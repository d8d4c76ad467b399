/* Lines, cells, errors: what all layouts are made of. */
#include "cli/render_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/labels.h"
#include "common/base/banned.h"

enum { LABEL_COLUMNS = 23, RELIEVE_BYTES = 64 * 1024 };

void render_error(struct buf *b, const char *place, const struct err *e)
{
	buf_printf(b, "%sERR %s[%05d] : %s\n", place ? place : "", err_is_win32(e) ? "Win32" : "IPsec",
	    err_number(e), e->text);
}

void render_blank(struct session *s)
{
	buf_addc(&s->text, '\n');
}

static const char *store_name(const struct session *s)
{
	return s->location == LOCATION_PERSISTENT ? L_PERSISTENT_STORE : L_LOCAL_STORE;
}

void render_store(struct session *s)
{
	buf_printf(&s->text, L_STORE_LINE " : %s <%s>\n", store_name(s), s->host);
}

void render_dialect(struct session *s, enum dialect dialect)
{
	buf_printf(&s->text, L_DIALECT " : %s\n", enum_to_name(dialect_names, (int)dialect));
}

void render_assigned(struct session *s, const struct policy *assigned)
{
	if (!assigned) {
		buf_adds(&s->text, L_NONE_ASSIGNED "\n");
		return;
	}
	put_line(s, L_SOURCE_MACHINE, L_LOCAL_GPO " <%s>", s->host);
	put_text(s, L_GPO_NAME, NULL);
	put_text(s, s->location == LOCATION_PERSISTENT ? L_PERSISTENT_POLICY : L_LOCAL_POLICY, assigned->name);
	put_text(s, L_DOMAIN_POLICY, NULL);
}

void put_some(struct session *s)
{
	if (s->text.len >= RELIEVE_BYTES)
		session_flush_text(s);
}

void put_traffic(struct session *s, const struct traffic_list *counted, int64_t id)
{
	const struct traffic *t = counted ? traffic_find(counted, (uint64_t)id) : NULL;

	if (t)
		put_line(s, L_TRAFFIC, "%llu packets, %llu bytes", (unsigned long long)t->packets,
		    (unsigned long long)t->bytes);
}

void put_line(struct session *s, const char *label, const char *fmt, ...)
{
	char text[2 * MODEL_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_printf(&s->text, "%-*s: %s\n", LABEL_COLUMNS, label, text);
	put_some(s);
}

void put_text(struct session *s, const char *label, const char *text)
{
	put_line(s, label, "%s", text && *text ? text : L_NONE);
}

const char *yes_text(bool yes)
{
	return yes ? L_YES : L_NO;
}

void put_yes(struct session *s, const char *label, bool yes)
{
	put_line(s, label, "%s", yes_text(yes));
}

/* Windows prints the user's local date format; scripts cannot rely on one, so ours is fixed. */
static const char *time_text(int64_t when, char out[CELL_DATE])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(out, CELL_DATE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		out[0] = '\0';
	return out;
}

void put_time(struct session *s, const char *label, int64_t when)
{
	char text[CELL_DATE];

	put_line(s, label, "%s", time_text(when, text));
}

void put_moment(struct session *s, int64_t when)
{
	char text[CELL_DATE];

	buf_adds(&s->text, time_text(when, text));
}

void put_guid(struct session *s, const struct guid *g)
{
	char text[GUID_TEXT];

	put_line(s, L_GUID, "%s", guid_print(g, text));
}

void put_store(struct session *s)
{
	put_line(s, L_STORE, "%s <%s>", store_name(s), s->host);
}

/* Bytes of the first `columns` characters of UTF-8, and how many characters those are. */
static size_t chars(const char *text, size_t columns, size_t *seen)
{
	size_t i = 0;

	for (*seen = 0; text[i] && *seen < columns; ++*seen)
		do
			i++;
		while (((unsigned char)text[i] & 0xC0) == 0x80);
	return i;
}

void put_cell(struct session *s, const char *text, size_t columns, bool wide)
{
	size_t seen, bytes;

	if (!text || !*text)
		text = L_NONE;
	bytes = chars(text, columns, &seen);
	buf_add(&s->text, text, wide ? strlen(text) : bytes);
	for (; seen < columns; seen++)
		buf_addc(&s->text, ' ');
}

void put_time_cell(struct session *s, int64_t when)
{
	char text[CELL_DATE];

	put_cell(s, time_text(when, text), CELL_DATE, true);
}

void put_dashes(struct session *s, size_t columns)
{
	while (columns--)
		buf_addc(&s->text, '-');
}

/* Readers split a list at blank lines and drop two pieces, a table's last four lines (grammar §7). */
void put_count(struct session *s, int format, const char *label, size_t n)
{
	if (format == FORMAT_TABLE)
		buf_addc(&s->text, '\n');
	buf_printf(&s->text, "%s : %zu\n\n\n", label, n);
}
