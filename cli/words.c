#include "cli/words.h"

#include <string.h>

#include "common/base/str.h"
#include "common/base/banned.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What may not stand in a line: it could neither be stored as a name nor printed safely. */
static int check_bytes(const char *s, size_t n, struct err *e)
{
	if (n > WORDS_LINE_MAX)
		return err_set(e, WORD_BAD, "more than 1048576 bytes");
	size_t plain = str_plain(s, n);
	if (plain < n)
		return err_set(e, WORD_BAD, s[plain] ? "a control character" : "a NUL byte");
	if (str_utf8_valid(s, n) != n)
		return err_set(e, WORD_BAD, "bytes that are not UTF-8");
	return 0;
}

/* Copies s[0..n) without quotes; *closed: does it end with a quote that closes one? */
static char *unquote(const char *s, size_t n, struct arena *a, bool *closed)
{
	char *text = arena_alloc(a, n + 1);
	size_t len = 0;
	bool inside = false;

	*closed = false;
	for (size_t i = 0; i < n; i++) {
		*closed = s[i] == '"' && inside;
		if (s[i] == '"')
			inside = !inside;
		else
			text[len++] = s[i];
	}
	return text;
}

static void add_word(struct words *w, size_t *cap, struct word word, struct arena *a)
{
	if (w->n == *cap) {
		size_t more = *cap ? 2 * *cap : 16;
		struct word *v = arena_array(a, more, sizeof *v);
		if (w->n)
			memcpy(v, w->v, w->n * sizeof *v);
		w->v = v;
		*cap = more;
	}
	w->v[w->n++] = word;
}

int words_from_line(const char *line, size_t n, struct arena *a, struct words *out, struct err *e)
{
	struct words w = {.n = 0};
	size_t cap = 0, i = 0;

	if (check_bytes(line, n, e) < 0)
		return -1;
	for (;;) {
		bool quoted = false;
		while (i < n && is_blank(line[i]))
			i++;
		if (i == n)
			break;
		size_t start = i;
		for (; i < n && (quoted || !is_blank(line[i])); i++)
			if (line[i] == '"')
				quoted = !quoted;
		struct word word = {.column = start + 1};
		word.text = unquote(line + start, i - start, a, &word.closed);
		add_word(&w, &cap, word, a);
	}
	*out = w;
	return 0;
}

int words_from_argv(int argc, char *const *argv, struct arena *a, struct words *out, struct err *e)
{
	struct words w = {.argv = true};
	size_t cap = 0, total = 0;

	for (int i = 0; i < argc; i++) {
		size_t n = strlen(argv[i]);
		total += n;
		if (check_bytes(argv[i], total > WORDS_LINE_MAX ? total : n, e) < 0)
			return -1;
		struct word word = {.column = (size_t)i + 1};
		word.text = unquote(argv[i], n, a, &word.closed);
		add_word(&w, &cap, word, a);
	}
	*out = w;
	return 0;
}

bool words_is_comment(const char *line, size_t n)
{
	size_t i = 0;

	while (i < n && is_blank(line[i]))
		i++;
	return i == n || line[i] == '#';
}

struct words words_after(const struct words *w, size_t skip)
{
	return (struct words){.v = w->v + skip, .n = w->n - skip, .argv = w->argv};
}

/* "name=...": does the word bring a tag of its own? */
static bool has_tag(const char *text)
{
	size_t n = 0;

	while ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z'))
		n++;
	return n > 0 && text[n] == '=';
}

/*
 * Does the value of `tag=` stand in the next word? Not when it was given as "". A POSIX shell hands
 * on `description=""` as `description=`, so in an argument vector a neighbour that brings its own tag
 * is taken as the next argument, not as the value.
 */
static bool value_follows(const struct words *w, size_t i)
{
	if (i + 1 >= w->n || w->v[i].closed)
		return false;
	return !(w->argv && has_tag(w->v[i + 1].text));
}

void words_to_line(const struct words *w, struct buf *out)
{
	for (size_t i = 0; i < w->n; i++) {
		const char *text = w->v[i].text;
		size_t n = strlen(text);
		bool quote = n == 0 || strpbrk(text, " \t");
		bool no_value = !quote && n > 1 && text[n - 1] == '=' && !value_follows(w, i);
		buf_printf(out, "%s%s%s%s%s", out->len ? " " : "", quote ? "\"" : "", text, quote ? "\"" : "",
		    no_value ? "\"\"" : "");
	}
}

/* One argument from the words at *i; moves *i behind them. */
static struct arg join_one(const struct words *w, size_t *i, struct arena *a)
{
	const struct word *first = &w->v[*i];
	struct arg arg = {.value = first->text, .word = first->text, .column = first->column};
	const char *eq = strchr(first->text, '='), *value;

	if (eq == first->text) /* "=x" with nothing in front: no tag, the grammar complains */
		eq = NULL;
	if (!eq) {
		if (first->text[0] == '=' || *i + 1 >= w->n || w->v[*i + 1].text[0] != '=') {
			*i += 1;
			return arg;
		}
		*i += 1; /* "tag" "=..." */
		arg.tag = first->text;
		value = w->v[*i].text + 1;
	} else {
		arg.tag = arena_strndup(a, first->text, (size_t)(eq - first->text));
		value = eq + 1;
	}
	if (!*value && value_follows(w, *i)) {
		*i += 1;
		value = w->v[*i].text;
	}
	*i += 1;
	arg.value = value;
	return arg;
}

struct args words_join(const struct words *w, struct arena *a)
{
	struct args args = {.v = arena_array(a, w->n + 1, sizeof *args.v)};

	for (size_t i = 0; i < w->n;)
		args.v[args.n++] = join_one(w, &i, a);
	return args;
}
