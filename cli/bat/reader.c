#include "cli/bat/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bat/decode.h"
#include "cli/bat/files.h"
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

/* Splits in place; CRs go, wherever they stand, as cmd drops them. */
static void split_lines(struct script *s, size_t n)
{
	char end = memchr(s->text, '\n', n) ? '\n' : '\r';
	size_t to = 0, start = 0;

	for (size_t i = 0; i <= n; i++) {
		char c = i < n ? s->text[i] : '\n';
		if (i == n && start == to)
			break;
		if (i < n && c != end && c != '\x1A' && c != '\n') {
			if (c != '\r')
				s->text[to++] = c;
			continue;
		}
		GROW(s->lines, s->n_lines, s->cap_lines);
		s->lines[s->n_lines++] =
		    (struct script_line){(uint32_t)start, (uint32_t)(to - start)};
		start = to;
	}
}

struct script *script_parse(const char *path, const char *bytes, size_t n, const char *codepage,
    struct err *e)
{
	struct buf text = {0};

	if (n > SCRIPT_BYTES_MAX) {
		err_set(e, FILE_TOO_LARGE, path, (size_t)SCRIPT_BYTES_MAX);
		return NULL;
	}
	if (decode_text(bytes, n, codepage, &text, e) < 0) {
		err_in(e, "%s", path);
		buf_free(&text);
		return NULL;
	}
	struct script *s = xcalloc(1, sizeof *s);
	s->path = xstrdup(path);
	n = text.len;
	s->text = buf_take(&text);
	s->n_bytes = n;
	split_lines(s, n);
	return s;
}

struct script *script_load(const char *path, const char *codepage, struct err *e)
{
	struct buf bytes = {0};
	struct script *s = NULL;

	int why = file_read(path, SCRIPT_BYTES_MAX, &bytes);
	if (why == EFBIG)
		err_set(e, FILE_TOO_LARGE, path, (size_t)SCRIPT_BYTES_MAX);
	else if (why)
		err_set_errno(e, why, FILE_OPEN, path);
	else
		s = script_parse(path, buf_text(&bytes), bytes.len, codepage, e);
	buf_free(&bytes);
	return s;
}

void script_free(struct script *s)
{
	if (!s)
		return;
	free(s->path);
	free(s->text);
	free(s->lines);
	free(s->labels);
	free(s);
}

const char *script_line(const struct script *s, size_t i, size_t *len)
{
	if (i >= s->n_lines)
		return NULL;
	*len = s->lines[i].len;
	return s->text + s->lines[i].off;
}

static bool is_skipped(char c)
{
	return c && strchr(" \t,;=", c);
}

bool script_is_label(const char *line, size_t len, const char **name, size_t *name_len)
{
	size_t i = 0;

	while (i < len && is_skipped(line[i]))
		i++;
	if (i == len || line[i] != ':')
		return false;
	i++;
	while (i < len && is_skipped(line[i]))
		i++;
	size_t start = i;
	/* The first colon or plus sign ends a name, so `:: text` has an empty one. */
	while (i < len && line[i] && !strchr(" \t,;=:+&|<>", line[i]))
		i++;
	*name = line + start;
	*name_len = i - start;
	return true;
}

static char fold(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static int name_cmp(const char *a, size_t na, const char *b, size_t nb)
{
	for (size_t i = 0; i < na && i < nb; i++) {
		char x = fold(a[i]), y = fold(b[i]);
		if (x != y)
			return (unsigned char)x < (unsigned char)y ? -1 : 1;
	}
	return na < nb ? -1 : na > nb;
}

static int label_cmp(const void *pa, const void *pb)
{
	const struct script_label *a = pa, *b = pb;
	int c = name_cmp(a->name, a->len, b->name, b->len);

	return c ? c : a->line < b->line ? -1 : a->line > b->line;
}

static void index_labels(struct script *s)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		struct script_label l = {.line = (uint32_t)i};
		size_t len, name_len;
		const char *line = script_line(s, i, &len);
		if (!script_is_label(line, len, &l.name, &name_len) || !name_len)
			continue;
		l.len = (uint32_t)name_len;
		GROW(s->labels, s->n_labels, s->cap_labels);
		s->labels[s->n_labels++] = l;
	}
	if (s->n_labels)
		qsort(s->labels, s->n_labels, sizeof *s->labels, label_cmp);
	s->indexed = true;
}

size_t script_label(struct script *s, const char *name, size_t len, size_t from)
{
	size_t lo = 0;

	if (!s->indexed)
		index_labels(s);
	for (size_t hi = s->n_labels; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;
		if (name_cmp(s->labels[mid].name, s->labels[mid].len, name, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	size_t first = SCRIPT_NO_LABEL;
	for (; lo < s->n_labels; lo++) {
		const struct script_label *l = &s->labels[lo];
		if (name_cmp(l->name, l->len, name, len) != 0)
			break;
		if (first == SCRIPT_NO_LABEL)
			first = l->line;
		if (l->line >= from)
			return l->line;
	}
	return first;
}
