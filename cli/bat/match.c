#include "cli/bat/match.h"

#include <ctype.h>
#include <string.h>

#include "common/base/banned.h"

static void set_add(struct element *e, unsigned char c, bool nocase)
{
	e->set[c / 8] |= (uint8_t)(1u << c % 8);
	if (nocase && c < 0x80 && isalpha(c)) {
		unsigned char other = (unsigned char)(c ^ 0x20);
		e->set[other / 8] |= (uint8_t)(1u << other % 8);
	}
}

static bool set_has(const struct element *e, unsigned char c)
{
	return e->set[c / 8] >> c % 8 & 1;
}

bool pattern_is_regex(const char *text)
{
	return strpbrk(text, ".*^$[\\") != NULL;
}

/* [abc], [a-z], [^...]; s stands after the bracket. Returns the text after the closing one. */
static const char *compile_class(struct element *e, const char *s, bool nocase)
{
	bool not = *s == '^';

	for (s += not; *s && *s != ']'; s++) {
		if (*s == '\\' && s[1])
			s++;
		unsigned char lo = (unsigned char)*s, hi = lo;
		if (s[1] == '-' && s[2] && s[2] != ']') {
			hi = (unsigned char)s[2];
			s += 2;
		}
		for (unsigned c = lo; c <= hi; c++)
			set_add(e, (unsigned char)c, nocase);
	}
	for (size_t i = 0; not && i < sizeof e->set; i++)
		e->set[i] = (uint8_t)~e->set[i];
	return *s ? s + 1 : s;
}

static const char *compile_one(struct element *e, const char *s, bool first, bool nocase)
{
	if (*s == '\\' && (s[1] == '<' || s[1] == '>')) {
		e->kind = s[1] == '<' ? EL_WORD_BEGIN : EL_WORD_END;
		return s + 2;
	}
	if (*s == '^' && first) {
		e->kind = EL_BEGIN;
		return s + 1;
	}
	if (*s == '$' && !s[1]) {
		e->kind = EL_END;
		return s + 1;
	}
	if (*s == '.') {
		memset(e->set, 0xFF, sizeof e->set);
		return s + 1;
	}
	if (*s == '[')
		return compile_class(e, s + 1, nocase);
	if (*s == '\\' && s[1])
		s++;
	set_add(e, (unsigned char)*s, nocase);
	return s + 1;
}

bool pattern_compile(struct pattern *p, const char *text, bool regex, unsigned flags)
{
	const char *s = text;

	memset(p, 0, sizeof *p);
	if (flags & MATCH_BEGIN)
		p->e[p->n++].kind = EL_BEGIN;
	while (*s) {
		if (p->n >= PATTERN_MAX - 1)
			return false;
		struct element *e = &p->e[p->n++];
		if (!regex) {
			set_add(e, (unsigned char)*s++, flags & MATCH_NOCASE);
			continue;
		}
		s = compile_one(e, s, s == text, flags & MATCH_NOCASE);
		if (*s == '*' && e->kind == EL_SET) {
			e->star = true;
			s++;
		}
	}
	if (flags & MATCH_END)
		p->e[p->n++].kind = EL_END;
	return true;
}

static bool is_word(const char *line, size_t len, size_t i)
{
	return i < len && (isalnum((unsigned char)line[i]) || line[i] == '_');
}

static bool holds(const struct element *e, const char *line, size_t len, size_t at)
{
	bool before = at > 0 && is_word(line, len, at - 1), here = is_word(line, len, at);

	switch (e->kind) {
	case EL_BEGIN:      return at == 0;
	case EL_END:        return at == len;
	case EL_WORD_BEGIN: return !before && here;
	case EL_WORD_END:   return before && !here;
	case EL_SET:        return false;
	}
	return false;
}

/*
 * Adds a state and all that follow without taking a byte. States are few, so a plain array of flags
 * does.
 */
static void reach(const struct pattern *p, bool *on, size_t state, const char *line, size_t len,
                  size_t at)
{
	for (; state <= p->n && !on[state]; state++) {
		const struct element *e = &p->e[state];
		on[state] = true;
		if (state == p->n)
			return;
		if (e->kind == EL_SET ? !e->star : !holds(e, line, len, at))
			return;
	}
}

bool pattern_match(const struct pattern *p, const char *line, size_t len)
{
	bool now[PATTERN_MAX + 1] = {0}, next[PATTERN_MAX + 1];

	for (size_t at = 0;; at++) {
		reach(p, now, 0, line, len, at); /* a match may begin anywhere */
		if (now[p->n])
			return true;
		if (at == len)
			return false;
		memset(next, 0, p->n + 1);
		for (size_t i = 0; i < p->n; i++) {
			if (!now[i] || p->e[i].kind != EL_SET ||
			    !set_has(&p->e[i], (unsigned char)line[at]))
				continue;
			reach(p, next, p->e[i].star ? i : i + 1, line, len, at + 1);
		}
		memcpy(now, next, p->n + 1);
	}
}
