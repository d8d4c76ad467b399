#include <string.h>
#include <strings.h>

#include "cli/bat/interp.h"
#include "common/base/banned.h"

static bool separates(char c, bool all)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f' ||
	       (all && (c == ',' || c == ';' || c == '='));
}

static void add(struct words *w, const char *s, size_t n)
{
	if (w->n == w->cap) {
		char **more = arena_array(&w->arena, w->cap ? 2 * w->cap : 16, sizeof *more);
		if (w->n)
			memcpy(more, w->v, w->n * sizeof *more);
		w->v = more;
		w->cap = w->cap ? 2 * w->cap : 16;
	}
	w->v[w->n++] = arena_strndup(&w->arena, s, n);
}

void words_split(struct words *w, const char *args, bool all)
{
	for (const char *p = args; *p;) {
		bool quoted = false;
		while (*p && separates(*p, all))
			p++;
		const char *start = p;
		for (; *p && (quoted || !separates(*p, all)); p++)
			if (*p == '"')
				quoted = !quoted;
		if (p > start)
			add(w, start, (size_t)(p - start));
	}
}

void words_free(struct words *w)
{
	arena_free(&w->arena);
	*w = (struct words){0};
}

char *unquote(char *s)
{
	char *to = s;

	for (const char *p = s; *p; p++)
		if (*p != '"')
			*to++ = *p;
	*to = '\0';
	return s;
}

bool is_switch(const char *word, const char *name)
{
	return strncasecmp(word, name, strlen(name)) == 0;
}

const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\v\f");
}
