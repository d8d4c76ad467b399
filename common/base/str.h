/*
 * Text helpers. All of them are independent of the locale: names compare without regard to the case
 * of ASCII letters, every other byte as it is (UTF-8 passes through unchanged).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Case-folded comparison; <0, 0, >0 as strcmp. */
int str_casecmp(const char *a, const char *b);
bool str_caseeq(const char *a, const char *b);
/* Is `word` a prefix of `full` (case-folded)? The empty word is a prefix of nothing. */
bool str_is_prefix(const char *word, const char *full);
/*
 * The member of `words` (n of them) that is nearest to `word` by edit distance, or NULL when none is
 * near enough to be worth suggesting (more than a third of its letters differ).
 */
const char *str_nearest(const char *word, const char *const *words, size_t n);
/* Decimal digits only, no sign, no blanks, at most `max`. false: not a number or too large. */
bool str_to_u64(const char *s, uint64_t max, uint64_t *out);
/* Length in bytes of the valid UTF-8 prefix of s[0..n). Equal to n when all of it is valid. */
size_t str_utf8_valid(const char *s, size_t n);
/*
 * Bytes of s[0..n) before its first control character: those below the blank, but the tab; DEL; and U+0080 to U+009F,
 * which terminals obey as well. Equal to n when there is none.
 */
size_t str_plain(const char *s, size_t n);

/* One row of a number <-> name table. Tables end with {0, NULL}. */
struct enum_name {
	int value;
	const char *name;
};
/* The name of a value, or NULL. */
const char *enum_to_name(const struct enum_name *t, int value);
/* Exact name first (case-folded), then the first row of which `word` is a prefix (grammar §2.3). */
const struct enum_name *enum_find(const struct enum_name *t, const char *word);

#endif
