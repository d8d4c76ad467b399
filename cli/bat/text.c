/* Commands that read text: type, more, sort, find, findstr. Input is whole in memory and bounded.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "cli/bat/match.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

/* What a file command reads: NULL stands for the standard input. */
static int load(struct bat *b, const char *name, struct buf *out)
{
	if (!name) {
		bat_read_all(b, out);
		return 0;
	}
	int why = file_read_text(name, b->host->codepage, out);
	if (why)
		bat_say(b, "'%.200s' cannot be read: %s", name, strerror(why));
	return why ? -1 : 0;
}

/* The next line of a text, without its end. */
static const char *next_line(const struct buf *text, size_t *at, size_t *len)
{
	if (*at >= text->len)
		return NULL;
	const char *p = text->data + *at, *end = memchr(p, '\n', text->len - *at);
	*len = end ? (size_t)(end - p) : text->len - *at;
	*at += *len + 1;
	if (*len && p[*len - 1] == '\r')
		--*len;
	return p;
}

static void expand_names(struct words *w, size_t from, struct arena *a, struct path_list *l)
{
	for (size_t i = from; i < w->n; i++)
		path_glob(unquote(w->v[i]), PATH_FILES, true, a, l);
}

int do_type(struct bat *b, const char *args)
{
	struct words w = {0};
	struct arena a = {0};
	struct path_list l = {0};
	int level = 0;

	words_split(&w, args, true);
	expand_names(&w, 0, &a, &l);
	for (size_t i = 0; i < l.n; i++) {
		struct buf text = {0};
		if (load(b, l.names[i], &text) < 0)
			level = 1;
		bat_write(b, &b->io.out, buf_text(&text), text.len);
		buf_free(&text);
	}
	words_free(&w);
	arena_free(&a);
	return l.n ? level : 1;
}

/* No paging: what is printed scrolls. */
int do_more(struct bat *b, const char *args)
{
	struct words w = {0};
	struct buf text = {0};
	const char *name = NULL;

	words_split(&w, args, true);
	for (size_t i = 0; i < w.n; i++)
		if (w.v[i][0] != '+' && (w.v[i][0] != '/' || strlen(w.v[i]) > 3))
			name = unquote(w.v[i]);
	int level = load(b, name, &text) < 0;
	bat_write(b, &b->io.out, buf_text(&text), text.len);
	buf_free(&text);
	words_free(&w);
	return level;
}

/* ---- sort ---- */

struct sort_line {
	const char *text;
	size_t len, column;
};

static int sort_cmp(const void *pa, const void *pb)
{
	const struct sort_line *x = pa, *y = pb;
	size_t i = x->column < x->len ? x->column : x->len,
	       k = y->column < y->len ? y->column : y->len;
	size_t nx = x->len - i, ny = y->len - k;
	int c = strncasecmp(x->text + i, y->text + k, nx < ny ? nx : ny);

	if (c)
		return c;
	return nx != ny ? (nx < ny ? -1 : 1) : x->text < y->text ? -1 : x->text > y->text;
}

static void sort_print(struct bat *b, const struct buf *text, size_t column, bool reverse)
{
	struct sort_line *v = NULL;
	size_t n = 0, cap = 0, at = 0, len;

	for (const char *p; (p = next_line(text, &at, &len));) {
		GROW(v, n, cap);
		v[n++] = (struct sort_line){p, len, column};
	}
	if (n)
		qsort(v, n, sizeof *v, sort_cmp);
	for (size_t i = 0; i < n; i++) {
		const struct sort_line *l = &v[reverse ? n - 1 - i : i];
		bat_write(b, &b->io.out, l->text, l->len);
		bat_out(b, "\n");
	}
	free(v);
}

int do_sort(struct bat *b, const char *args)
{
	struct words w = {0};
	struct buf text = {0};
	const char *name = NULL;
	unsigned long column = 1;
	bool reverse = false;

	words_split(&w, args, false);
	for (size_t i = 0; i < w.n; i++) {
		if (is_switch(w.v[i], "/r") && strlen(w.v[i]) < 9)
			reverse = true;
		else if (is_switch(w.v[i], "/+"))
			column = strtoul(w.v[i] + 2, NULL, 10);
		else
			name = unquote(w.v[i]);
	}
	int level = load(b, name, &text) < 0;
	if (!level)
		sort_print(b, &text, column ? column - 1 : 0, reverse);
	buf_free(&text);
	words_free(&w);
	return level;
}

/* ---- find and findstr ---- */

struct search {
	struct pattern *patterns;
	size_t n, cap;
	struct arena a;
	struct path_list files;
	bool invert, count, number, names_only, exact, headings;
	unsigned flags;
};

static bool matches(const struct search *s, const char *line, size_t len)
{
	for (size_t i = 0; i < s->n; i++)
		if (pattern_match(&s->patterns[i], line, len))
			return true;
	return false;
}

static void search_add(struct bat *b, struct search *s, const char *text, bool regex)
{
	enum { PATTERNS_MAX = 4096 };
	unsigned flags = s->flags | (s->exact ? MATCH_BEGIN | MATCH_END : 0);

	if (s->n == PATTERNS_MAX)
		return;
	GROW(s->patterns, s->n, s->cap);
	if (pattern_compile(&s->patterns[s->n], text, regex, flags))
		s->n++;
	else
		bat_say(b, "the text to find is too long");
}

/*
 * Prints what one text has. `prefix` is the file's name when there are several. Returns the
 * matches.
 */
static size_t search_text(struct bat *b, const struct search *s, const struct buf *text,
                          const char *prefix)
{
	size_t at = 0, len, number = 0, found = 0;

	for (const char *line; (line = next_line(text, &at, &len)) && !b->stopped;) {
		number++;
		if (matches(s, line, len) == s->invert)
			continue;
		found++;
		if (s->count)
			continue;
		if (s->names_only) {
			bat_printf(b, "%s\n", prefix);
			break;
		}
		if (*prefix && !s->headings)
			bat_printf(b, "%s:", prefix);
		if (s->number)
			bat_printf(b, "%s%zu%s", s->headings ? "[" : "", number,
			           s->headings ? "]" : ":");
		bat_write(b, &b->io.out, line, len);
		bat_out(b, "\n");
	}
	return found;
}

static int search_run(struct bat *b, struct search *s)
{
	size_t found = 0, n_texts = s->files.n ? s->files.n : 1;

	for (size_t i = 0; i < n_texts && !b->stopped; i++) {
		const char *name = s->files.n ? s->files.names[i] : NULL;
		struct buf text = {0};
		if (load(b, name, &text) == 0) {
			bool named = name && (s->headings || s->names_only || s->files.n > 1);
			if (name && s->headings)
				bat_printf(b, "\n---------- %s%s", name, s->count ? ": " : "\n");
			size_t n = search_text(b, s, &text, named ? name : "");
			if (s->count)
				bat_printf(b, "%zu\n", n);
			found += n;
		}
		buf_free(&text);
	}
	return found ? 0 : 1;
}

static void search_free(struct search *s)
{
	free(s->patterns);
	arena_free(&s->a);
}

/* find [/v] [/c] [/n] [/i] "text" [files] */
int do_find(struct bat *b, const char *args)
{
	struct search s = {.headings = true};
	struct words w = {0};
	int level = 2;

	words_split(&w, args, false);
	size_t text = w.n;
	for (size_t i = 0; i < w.n && text == w.n; i++) {
		if (is_switch(w.v[i], "/v"))
			s.invert = true;
		else if (is_switch(w.v[i], "/c"))
			s.count = true;
		else if (is_switch(w.v[i], "/n"))
			s.number = true;
		else if (is_switch(w.v[i], "/i"))
			s.flags |= MATCH_NOCASE;
		else if (*w.v[i] == '"')
			text = i;
		else if (!is_switch(w.v[i], "/off"))
			break;
	}
	if (text == w.n) {
		bat_say(b, "find needs a text in quotes");
	} else {
		/* The empty text is in no line, unlike an empty pattern. */
		if (*unquote(w.v[text]))
			search_add(b, &s, w.v[text], false);
		expand_names(&w, text + 1, &s.a, &s.files);
		level = search_run(b, &s);
	}
	search_free(&s);
	words_free(&w);
	return level;
}

struct findstr {
	const char *literal[64]; /* /c: */
	size_t n_literal;
	const char *words;       /* separated by blanks */
	const char *file;        /* /g: */
	int regex;               /* 1 /r, -1 /l, 0 not said */
};

/* One word of switches (`/i`, `/vi`, `/c:text`). A word that is none of them is false: a path, say.
 */
static bool findstr_switch(struct search *s, struct findstr *f, char *word)
{
	if (*word != '/')
		return false;
	for (char *p = word + 1; *p; p++) {
		char c = (char)(*p | 0x20);
		if (p[1] == ':' && strchr("cgfda", c)) {
			if (c == 'c' && f->n_literal < N_OF(f->literal))
				f->literal[f->n_literal++] = unquote(p + 2);
			else if (c == 'g')
				f->file = unquote(p + 2);
			return true;
		}
		switch (c) {
		case 'b': s->flags |= MATCH_BEGIN; break;
		case 'e': s->flags |= MATCH_END; break;
		case 'i': s->flags |= MATCH_NOCASE; break;
		case 'l': f->regex = -1; break;
		case 'r': f->regex = 1; break;
		case 'v': s->invert = true; break;
		case 'n': s->number = true; break;
		case 'm': s->names_only = true; break;
		case 'x': s->exact = true; break;
		case 's': case 'o': case 'p': break;
		default: return false;
		}
	}
	return true;
}

static void findstr_patterns(struct bat *b, struct search *s, const struct findstr *f)
{
	for (size_t i = 0; i < f->n_literal; i++)
		search_add(b, s, f->literal[i], f->regex > 0);
	if (f->words) {
		struct words w = {0};
		words_split(&w, f->words, false);
		bool regex = f->regex > 0 || (!f->regex && pattern_is_regex(f->words));
		for (size_t i = 0; i < w.n; i++)
			search_add(b, s, w.v[i], regex);
		words_free(&w);
	}
	if (f->file) {
		struct buf text = {0};
		size_t at = 0, len;
		load(b, f->file, &text);
		for (const char *p; (p = next_line(&text, &at, &len));) {
			char *line = xstrndup(p, len);
			search_add(b, s, line, f->regex >= 0 && pattern_is_regex(line));
			free(line);
		}
		buf_free(&text);
	}
}

/* Switches may stand anywhere; the first other word is the text unless /c: or /g: gives one. */
int do_findstr(struct bat *b, const char *args)
{
	struct search s = {0};
	struct findstr f = {0};
	struct words w = {0};
	size_t n = 0;
	int level = 2;

	words_split(&w, args, false);
	for (size_t i = 0; i < w.n; i++)
		if (!findstr_switch(&s, &f, w.v[i]))
			w.v[n++] = w.v[i];
	w.n = n;
	bool by_word = !f.n_literal && !f.file;
	if (by_word && n)
		f.words = unquote(w.v[0]);
	if (by_word && !n) {
		bat_say(b, "findstr needs a text");
	} else {
		findstr_patterns(b, &s, &f);
		expand_names(&w, by_word, &s.a, &s.files);
		level = search_run(b, &s);
	}
	search_free(&s);
	words_free(&w);
	return level;
}
