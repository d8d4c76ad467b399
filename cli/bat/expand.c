#include "cli/bat/expand.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/bat/files.h"
#include "common/base/banned.h"

static bool too_long(const struct buf *out)
{
	return out->len > EXPAND_MAX;
}

/* Bytes of UTF-8 up to character `n` of s (all of it when it is shorter). */
static size_t char_offset(const char *s, size_t n)
{
	size_t i = 0;

	while (s[i] && n) {
		i++;
		while ((s[i] & 0xC0) == 0x80)
			i++;
		n--;
	}
	return i;
}

static size_t char_count(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xC0) != 0x80;
	return n;
}

static long clamp(long v, long max)
{
	return v < 0 ? 0 : v > max ? max : v;
}

/* `a` or `a,b` of :~a,b ; negative numbers count from the end. Offsets are in characters. */
static void add_substring(const char *value, const char *spec, size_t n, struct buf *out)
{
	char text[64], *end;
	long len = (long)char_count(value);

	if (n >= sizeof text)
		n = sizeof text - 1;
	memcpy(text, spec, n);
	text[n] = '\0';
	long from = strtol(text, &end, 0);
	from = clamp(from < 0 ? (from < -len ? 0 : len + from) : from, len);
	long upto = len;
	if (*end == ',') {
		long count = strtol(end + 1, NULL, 0);
		count = count < -len ? -len : count > len ? len : count;
		upto = count < 0 ? len + count : from + count;
	}
	upto = clamp(upto, len);
	if (upto <= from)
		return;
	size_t a = char_offset(value, (size_t)from), b = char_offset(value, (size_t)upto);
	buf_add(out, value + a, b - a);
}

/* `what=with` or `*what=with` (all up to the first match). The search ignores case. */
static void add_replaced(const char *value, const char *spec, size_t n, struct buf *out)
{
	bool head = n && *spec == '*';
	const char *what = spec + head, *eq = memchr(what, '=', n - head);
	size_t n_what = (size_t)(eq - what), n_with = n - head - n_what - 1;

	while (*value && !too_long(out)) {
		if (strncasecmp(value, what, n_what) != 0) {
			buf_addc(out, *value++);
			continue;
		}
		if (head)
			buf_clear(out);
		buf_add(out, eq + 1, n_with);
		value += n_what;
		if (head)
			break;
	}
	buf_adds(out, value);
}

/*
 * One variable between `mark`s: s stands after the first one. Appends the value and returns how
 * much of s was used, 0 when there is no closing mark. An unset variable gives nothing; with a
 * modifier, cmd then goes on reading at the modifier, which therefore shows up as text.
 */
static size_t add_variable(struct env *env, const char *s, size_t n, char mark, struct buf *out)
{
	const char *close = memchr(s, mark, n);
	const char *colon = close ? memchr(s, ':', (size_t)(close - s)) : NULL;

	if (!close || close == s)
		return 0;
	if (colon && colon + 1 == close)
		colon = NULL; /* the name ends with a colon */
	size_t n_name = (size_t)((colon ? colon : close) - s);
	const char *v = env_get(env, s, n_name);
	if (!colon) {
		buf_adds(out, v ? v : "");
		return n_name + 1;
	}
	if (!v)
		return n_name + 1;
	const char *spec = colon + 1;
	size_t n_spec = (size_t)(close - spec);
	struct buf result = {0};
	const char *eq = memchr(spec, '=', n_spec);
	if (*spec == '~')
		add_substring(v, spec + 1, n_spec - 1, &result);
	else if (eq && eq != spec && !(*spec == '*' && eq == spec + 1))
		add_replaced(v, spec, n_spec, &result);
	else
		buf_add(&result, s - 1, (size_t)(close - s) + 2);
	buf_add(out, buf_text(&result), result.len);
	buf_free(&result);
	return (size_t)(close - s) + 1;
}

static const char *arg_get(const struct bat_args *args, int i)
{
	size_t at = args->shifted[i];

	if (at == 0)
		return args->self;
	return at <= args->n ? args->words[at - 1] : "";
}

static bool is_modifier(char c)
{
	return c && strchr("fdpnxsatzFDPNXSATZ", c);
}

/* %0..%9, %*, %~mods0..9 ; s stands after the `%`. Returns what was used, 0: none of these. */
static size_t add_argument(const struct bat_args *args, const char *s, size_t n, struct buf *out)
{
	if (n && *s == '*') {
		buf_adds(out, args->all);
		return 1;
	}
	if (n && isdigit((unsigned char)*s)) {
		buf_adds(out, arg_get(args, *s - '0'));
		return 1;
	}
	if (n < 2 || *s != '~')
		return 0;
	size_t i = 1;
	while (i < n && is_modifier(s[i]))
		i++;
	if (i == n || !isdigit((unsigned char)s[i]))
		return 0;
	int which = s[i] - '0';
	bool self = args->shifted[which] == 0;
	path_modify(self && i > 1 ? args->self_path : arg_get(args, which), s + 1, i - 1, out);
	return i + 1;
}

int expand_percent(struct env *env, const struct bat_args *args, const char *s, size_t n,
                   struct buf *out)
{
	size_t i = 0;

	while (i < n && !too_long(out)) {
		const char *next = memchr(s + i, '%', n - i);
		size_t run = next ? (size_t)(next - s) - i : n - i;
		buf_add(out, s + i, run);
		i += run;
		if (!next)
			break;
		i++;
		if (i < n && s[i] == '%') {
			buf_addc(out, '%');
			i++;
			continue;
		}
		size_t used = add_argument(args, s + i, n - i, out);
		if (!used)
			used = add_variable(env, s + i, n - i, '%', out);
		i += used; /* nothing used: a lone percent sign vanishes */
	}
	return too_long(out) ? -1 : 0;
}

static const struct for_var *loop_find(const struct for_var *vars, char name)
{
	while (vars && vars->name != name)
		vars = vars->up;
	return vars;
}

/* %x or %~mods x, s after the `%`. The longest run of modifiers that leaves a variable counts. */
static size_t add_loop(const struct for_var *vars, const char *s, size_t n, struct buf *out)
{
	const struct for_var *v;

	if (n && *s != '~') {
		v = loop_find(vars, *s);
		buf_adds(out, v ? v->value : "");
		return v ? 1 : 0;
	}
	size_t last = 1;
	while (last < n && is_modifier(s[last]))
		last++;
	for (size_t i = last < n ? last : n - 1; n > 1 && i >= 1; i--) {
		if (!(v = loop_find(vars, s[i])))
			continue;
		path_modify(v->value, s + 1, i - 1, out);
		return i + 1;
	}
	return 0;
}

int expand_loop(const struct for_var *vars, const char *s, size_t n, struct buf *out)
{
	size_t i = 0;

	while (i < n && !too_long(out)) {
		const char *next = vars ? memchr(s + i, '%', n - i) : NULL;
		size_t run = next ? (size_t)(next - s) - i : n - i;
		buf_add(out, s + i, run);
		i += run;
		if (!next)
			break;
		i++;
		size_t used = i < n ? add_loop(vars, s + i, n - i, out) : 0;
		if (!used)
			buf_addc(out, '%');
		i += used;
	}
	return too_long(out) ? -1 : 0;
}

int expand_delayed(struct env *env, const char *s, size_t n, struct buf *out)
{
	if (!memchr(s, '!', n)) {
		buf_add(out, s, n);
		return too_long(out) ? -1 : 0;
	}
	for (size_t i = 0; i < n && !too_long(out);) {
		if (s[i] == '^' && i + 1 < n) {
			buf_addc(out, s[i + 1]);
			i += 2;
		} else if (s[i] == '!') {
			i++;
			i += add_variable(env, s + i, n - i, '!', out);
		} else {
			buf_addc(out, s[i++]);
		}
	}
	return too_long(out) ? -1 : 0;
}
