#include "common/base/str.h"

#include <string.h>

#include "common/base/banned.h"

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int str_casecmp(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return (int)fold(*a) - (int)fold(*b);
}

bool str_caseeq(const char *a, const char *b)
{
	return str_casecmp(a, b) == 0;
}

bool str_is_prefix(const char *word, const char *full)
{
	if (!*word)
		return false;
	for (; *word; word++, full++)
		if (!*full || fold(*word) != fold(*full))
			return false;
	return true;
}

/* Levenshtein distance of short words; longer ones are "far" (64 covers every word of the language). */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t la = strlen(a), lb = strlen(b), row[MAX + 1];

	if (la > MAX || lb > MAX)
		return MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (fold(a[i - 1]) != fold(b[j - 1]));
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *str_nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t best_distance = 0;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);
		if (3 * d > strlen(words[i]) + 1)
			continue;
		if (!best || d < best_distance) {
			best = words[i];
			best_distance = d;
		}
	}
	return best;
}

bool str_to_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		uint64_t digit = (uint64_t)(*s - '0');
		if (digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t str_utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0;

	while (i < n) {
		size_t more;
		uint32_t c, least;
		if (p[i] < 0x80) {
			i++;
			continue;
		} else if (p[i] >= 0xC2 && p[i] <= 0xDF) {
			more = 1, c = p[i] & 0x1Fu, least = 0x80;
		} else if (p[i] >= 0xE0 && p[i] <= 0xEF) {
			more = 2, c = p[i] & 0x0Fu, least = 0x800;
		} else if (p[i] >= 0xF0 && p[i] <= 0xF4) {
			more = 3, c = p[i] & 0x07u, least = 0x10000;
		} else {
			return i;
		}
		if (n - i <= more)
			return i;
		for (size_t k = 1; k <= more; k++) {
			if ((p[i + k] & 0xC0) != 0x80)
				return i;
			c = c << 6 | (p[i + k] & 0x3Fu);
		}
		if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
			return i;
		i += more + 1;
	}
	return n;
}

size_t str_plain(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i], next = i + 1 < n ? (unsigned char)s[i + 1] : 0;
		if ((c < ' ' && c != '\t') || c == 0x7F || (c == 0xC2 && next >= 0x80 && next < 0xA0))
			return i;
	}
	return n;
}

const char *enum_to_name(const struct enum_name *t, int value)
{
	for (; t->name; t++)
		if (t->value == value)
			return t->name;
	return NULL;
}

const struct enum_name *enum_find(const struct enum_name *t, const char *word)
{
	const struct enum_name *prefix = NULL;

	for (; t->name; t++) {
		if (str_caseeq(word, t->name))
			return t;
		if (!prefix && str_is_prefix(word, t->name))
			prefix = t;
	}
	return prefix;
}
