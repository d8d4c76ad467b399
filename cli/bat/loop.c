/* `for` in all its forms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/bat/files.h"
#include "cli/bat/interp.h"
#include "common/base/banned.h"

enum { TOKENS_MAX = 31 };

static void run_body(struct bat *b, const struct node *n, const char *value)
{
	struct for_var v = {.up = b->vars, .name = n->loop.head.var, .value = value};

	b->vars = &v;
	exec_node(b, n->loop.body);
	b->vars = v.up;
}

static bool goes_on(const struct bat *b)
{
	return b->flow == FLOW_NEXT && !b->stopped;
}

/* ---- for, for /d, for /r: words and files ---- */

static void each_name(struct bat *b, const struct node *n, const char *set)
{
	unsigned kinds = n->loop.head.form == 'd' ? PATH_FOLDERS : PATH_FILES;
	struct words w = {0};

	words_split(&w, set, true);
	for (size_t i = 0; i < w.n && goes_on(b); i++) {
		struct arena a = {0};
		struct path_list names = {0};
		path_glob(w.v[i], kinds, true, &a, &names);
		for (size_t k = 0; k < names.n && goes_on(b); k++)
			run_body(b, n, names.names[k]);
		arena_free(&a);
	}
	words_free(&w);
}

/* Folder by folder, outermost first; a list instead of recursion bounds depth and number. */
static void each_below(struct bat *b, const struct node *n, const char *set)
{
	struct arena a = {0};
	struct path_list folders = {0}, start = {0};
	struct words w = {0};
	struct buf root = {0};

	path_map(*n->loop.head.options ? n->loop.head.options : ".", &root);
	words_split(&w, set, true);
	path_glob(buf_text(&root), PATH_FOLDERS, true, &a, &start);
	folders = start;
	for (size_t i = 0; i < folders.n && goes_on(b); i++) {
		const char *dir = folders.names[i];
		for (size_t k = 0; k < w.n && goes_on(b); k++) {
			struct path_list names = {0};
			path_glob(arena_printf(&a, "%s/%s", dir, unquote(w.v[k])), PATH_FILES, true,
			          &a, &names);
			for (size_t j = 0; j < names.n && goes_on(b); j++)
				run_body(b, n, names.names[j]);
		}
		if (folders.n < GLOB_MAX && !bat_stopped(b))
			path_glob(arena_printf(&a, "%s/*", dir), PATH_FOLDERS, false, &a, &folders);
	}
	words_free(&w);
	buf_free(&root);
	arena_free(&a);
}

/* ---- for /l ---- */

static void each_number(struct bat *b, const struct node *n, const char *set)
{
	struct words w = {0};
	long long v[3] = {0, 0, 0};

	words_split(&w, set, true);
	for (size_t i = 0; i < 3 && i < w.n; i++) {
		v[i] = strtoll(w.v[i], NULL, 0);
		v[i] = v[i] > INT32_MAX ? INT32_MAX : v[i] < INT32_MIN ? INT32_MIN : v[i];
	}
	words_free(&w);
	for (long long i = v[0]; (v[1] >= 0 ? i <= v[2] : i >= v[2]) && goes_on(b); i += v[1]) {
		char text[24];
		snprintf(text, sizeof text, "%lld", i);
		run_body(b, n, text);
	}
}

/* ---- for /f ---- */

struct f_options {
	char delims[256];
	char eol; /* a line that begins with it is passed over; '\0': none */
	unsigned long skip;
	unsigned tokens; /* bit i: token i (from 1) */
	bool star;       /* the rest of the line goes into one more variable */
	bool backq;
};

static const char *parse_tokens(struct f_options *o, const char *p)
{
	o->tokens = 0;
	o->star = false;
	while (*p && *p != ' ' && *p != '\t') {
		char *end;
		if (*p == '*') {
			o->star = true;
			p++;
			continue;
		}
		unsigned long from = strtoul(p, &end, 10), to = from;
		if (end == p) {
			p++;
			continue;
		}
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		for (; from && from <= to && from <= TOKENS_MAX; from++)
			o->tokens |= 1u << from;
		p = end;
	}
	if (!o->tokens && !o->star)
		o->tokens = 1u << 1;
	return p;
}

/* delims= takes everything up to the next option; a blank counts only when it is the last one. */
static const char *parse_delims(struct f_options *o, const char *p)
{
	size_t n = strcspn(p, " ");

	while (p[n] == ' ' && p[n + 1] == ' ')
		n++;
	if (p[n] == ' ' && !p[n + 1])
		n++;
	size_t keep = n < sizeof o->delims ? n : sizeof o->delims - 1;
	memcpy(o->delims, p, keep);
	o->delims[keep] = '\0';
	return p + n;
}

static void parse_f_options(struct f_options *o, const char *text)
{
	*o = (struct f_options){.delims = " \t", .eol = ';', .tokens = 1u << 1};
	for (const char *p = text; *p;) {
		if (strncasecmp(p, "usebackq", 8) == 0) {
			o->backq = true;
			p += 8;
		} else if (strncasecmp(p, "tokens=", 7) == 0) {
			p = parse_tokens(o, p + 7);
		} else if (strncasecmp(p, "delims=", 7) == 0) {
			p = parse_delims(o, p + 7);
		} else if (strncasecmp(p, "skip=", 5) == 0) {
			char *end;
			o->skip = strtoul(p + 5, &end, 0);
			p = end;
		} else if (strncasecmp(p, "eol=", 4) == 0) {
			o->eol = p[4];
			p += 4 + (p[4] != '\0');
		} else {
			p++;
		}
	}
}

/*
 * Cuts the line in place. Gives the values in order of their tokens; false when the line has none
 * of them.
 */
static bool cut_tokens(const struct f_options *o, char *line, const char *values[TOKENS_MAX + 2],
                       size_t *n)
{
	char *p = line + strspn(line, o->delims);
	bool any = false;
	unsigned left = o->tokens;

	*n = 0;
	for (unsigned i = 1; left; i++) {
		size_t len = strcspn(p, o->delims);
		char *word = p;
		any |= (left & 1u << i) && len;
		p += len;
		if (*p)
			*p++ = '\0';
		p += strspn(p, o->delims);
		if (left & 1u << i)
			values[(*n)++] = word;
		left &= ~(1u << i);
	}
	if (o->star) {
		any |= *p != '\0';
		values[(*n)++] = p;
	}
	return any;
}

static void f_line(struct bat *b, const struct node *n, const struct f_options *o, char *line)
{
	const struct for_var *before = b->vars;
	struct for_var vars[TOKENS_MAX + 2];
	const char *values[TOKENS_MAX + 2];
	size_t count;

	if (!*line || (o->eol && *line == o->eol) || !cut_tokens(o, line, values, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		vars[i] = (struct for_var){b->vars, (char)(n->loop.head.var + (int)i), values[i]};
		b->vars = &vars[i];
	}
	exec_node(b, n->loop.body);
	b->vars = before;
}

static void f_text(struct bat *b, const struct node *n, const struct f_options *o, char *text,
                   size_t len)
{
	unsigned long skip = o->skip;

	for (size_t at = 0; at < len && goes_on(b);) {
		char *line = text + at, *end = memchr(line, '\n', len - at);
		size_t n_line = end ? (size_t)(end - line) : len - at;
		at += n_line + 1;
		line[n_line] = '\0';
		if (n_line && line[n_line - 1] == '\r')
			line[n_line - 1] = '\0';
		if (skip)
			skip--;
		else
			f_line(b, n, o, line);
	}
}

static void f_files(struct bat *b, const struct node *n, const struct f_options *o, const char *set)
{
	struct words w = {0};

	words_split(&w, set, true);
	for (size_t i = 0; i < w.n && goes_on(b); i++) {
		struct buf text = {0};
		int why = file_read_text(w.v[i], b->host->codepage, &text);
		if (why) {
			bat_say(b, "'%.200s' cannot be read: %s", unquote(w.v[i]), strerror(why));
			b->errorlevel = b->status = 1;
		} else if (text.len) {
			f_text(b, n, o, text.data, text.len);
		}
		buf_free(&text);
		if (why)
			break;
	}
	words_free(&w);
}

static void each_field(struct bat *b, const struct node *n, char *set, const char *options)
{
	struct f_options o;
	size_t len;

	parse_f_options(&o, options);
	set += strspn(set, " \t");
	for (len = strlen(set); len && (set[len - 1] == ' ' || set[len - 1] == '\t');)
		set[--len] = '\0';
	char first = *set, last = len ? set[len - 1] : '\0';
	bool wrapped = len >= 2 && first == last;
	if (wrapped && first == (o.backq ? '`' : '\'')) {
		struct buf text = {0};
		set[len - 1] = '\0';
		exec_line(b, set + 1, &text);
		if (text.len)
			f_text(b, n, &o, text.data, text.len);
		buf_free(&text);
	} else if (wrapped && first == (o.backq ? '\'' : '"')) {
		f_text(b, n, &o, set + 1, len - 2);
	} else {
		f_files(b, n, &o, set);
	}
}

enum flow exec_for(struct bat *b, const struct node *n)
{
	const struct for_head *h = &n->loop.head;
	struct buf set = {0}, options = {0};

	b->status = 0;
	buf_adds(&set, "");
	if (exec_expand(b, h->set, strlen(h->set), &set) == 0 &&
	    exec_expand(b, h->options, strlen(h->options), &options) == 0) {
		char *text = buf_take(&set);
		char *plain = unquote(buf_take(&options));
		if (h->form == 'f')
			each_field(b, n, text, plain);
		else if (h->form == 'l')
			each_number(b, n, text);
		else if (h->form == 'r')
			each_below(b, n, text);
		else
			each_name(b, n, text);
		free(text);
		free(plain);
	}
	buf_free(&set);
	buf_free(&options);
	return b->flow;
}
