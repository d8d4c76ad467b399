/*
 * A strict reader of RFC 8259 for tests: json_check() finds the first byte that is not JSON, json_get()
 * a value by its path. Independent of the writer: what the one takes for granted the other must see.
 */
#ifndef TESTS_JSON_CHECK_H
#define TESTS_JSON_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

/* Each js_ function returns where its piece ends, NULL when there is no such piece. */
static inline const char *js_value(const char *p, unsigned depth);

static inline const char *js_blank(const char *p)
{
	return p + strspn(p, " \t\n\r");
}

static inline const char *js_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	for (; *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			return NULL; /* also the end of the text */
		if (*p != '\\')
			continue;
		p++;
		if (*p == 'u') {
			if (strspn(p + 1, "0123456789abcdefABCDEF") < 4)
				return NULL;
			p += 4;
		} else if (!*p || !strchr("\"\\/bfnrt", *p)) {
			return NULL;
		}
	}
	return p + 1;
}

static inline const char *js_digits(const char *p)
{
	size_t n = strspn(p, "0123456789");

	return n ? p + n : NULL;
}

static inline const char *js_number(const char *p)
{
	p += *p == '-';
	p = *p == '0' ? p + 1 : js_digits(p);
	if (p && *p == '.')
		p = js_digits(p + 1);
	if (p && (*p == 'e' || *p == 'E')) {
		p++;
		p = js_digits(p + (*p == '+' || *p == '-'));
	}
	return p;
}

static inline const char *js_name(const char *p)
{
	p = js_string(p);
	p = p ? js_blank(p) : NULL;
	return p && *p == ':' ? js_blank(p + 1) : NULL;
}

static inline const char *js_many(const char *p, char end, unsigned depth)
{
	p = js_blank(p + 1);
	if (*p == end)
		return p + 1;
	for (;;) {
		p = end == '}' ? js_name(p) : p;
		p = p ? js_value(p, depth + 1) : NULL;
		p = p ? js_blank(p) : NULL;
		if (!p || *p == end)
			return p ? p + 1 : NULL;
		if (*p != ',')
			return NULL;
		p = js_blank(p + 1);
	}
}

static inline const char *js_value(const char *p, unsigned depth)
{
	static const char *const words[] = {"null", "true", "false"};

	if (depth > 64)
		return NULL;
	if (*p == '{' || *p == '[')
		return js_many(p, *p == '{' ? '}' : ']', depth);
	if (*p == '"')
		return js_string(p);
	for (size_t i = 0; i < 3; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return p + strlen(words[i]);
	return js_number(p);
}

/* Is the text one document, in valid UTF-8, and nothing else? */
static inline bool json_check(const char *text)
{
	const char *end = js_value(js_blank(text), 0);

	return end && !*js_blank(end) && str_utf8_valid(text, strlen(text)) == strlen(text);
}

/* Start of the n-th element or of the member `name` of what starts at p; NULL when it is not there. */
static inline const char *js_child(const char *p, const char *name, size_t len)
{
	bool object = *p == '{';
	size_t n = (size_t)strtoul(name, NULL, 10);

	if (!object && *p != '[')
		return NULL;
	for (p = js_blank(p + 1); *p != '}' && *p != ']'; p = js_blank(p + 1)) {
		const char *value = object ? js_name(p) : p;
		if (object ? strncmp(p + 1, name, len) == 0 && p[len + 1] == '"' : n-- == 0)
			return value;
		p = js_blank(js_value(value, 0));
		if (*p != ',')
			return NULL;
	}
	return NULL;
}

/*
 * The source text of a value: json_get(text, "0.rules.2.name"). Points to a static buffer; "(none)" when
 * the path leads nowhere. The document must have passed json_check().
 */
static inline const char *json_get(const char *text, const char *path)
{
	static char out[512];
	const char *p = js_blank(text);

	while (p && *path) {
		size_t len = strcspn(path, ".");
		p = js_child(p, path, len);
		path += len + (path[len] == '.');
	}
	snprintf(out, sizeof out, "%.*s", p ? (int)(js_value(p, 0) - p) : 6, p ? p : "(none)");
	return out;
}

#endif
