/*
 * findstr's patterns: literals, and `. * ^ $ [set] [^set] \x \< \>`. Linear in the line, whatever
 * the pattern.
 */
#ifndef CLI_BAT_MATCH_H
#define CLI_BAT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATTERN_MAX = 254 }; /* elements; Windows' own limit for a search string */

enum match_flags {
	MATCH_NOCASE = 1,
	MATCH_BEGIN = 2, /* /b */
	MATCH_END = 4,   /* /e */
};

enum element_kind { EL_SET, EL_BEGIN, EL_END, EL_WORD_BEGIN, EL_WORD_END };

struct element {
	enum element_kind kind;
	bool star;
	uint8_t set[32]; /* a bit a byte */
};

struct pattern {
	struct element e[PATTERN_MAX + 1];
	size_t n;
};

/* false: the pattern is longer than PATTERN_MAX elements. */
bool pattern_compile(struct pattern *p, const char *text, bool regex, unsigned flags);
bool pattern_match(const struct pattern *p, const char *line, size_t len);
/* Does the text hold a character that makes it a pattern? */
bool pattern_is_regex(const char *text);

#endif
