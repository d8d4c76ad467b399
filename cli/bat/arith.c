#include "cli/bat/arith.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

enum { ARITH_DEPTH_MAX = 200 };

struct arith {
	struct env *env;
	const char *p;
	unsigned depth;
	enum arith_result bad;
};

/* Binary operators, tightest last; longer spellings first within a level. */
struct operator {
	int level;
	const char *text;
	enum { O_OR, O_XOR, O_AND, O_SHL, O_SHR, O_ADD, O_SUB, O_MUL, O_DIV, O_MOD } op;
};
static const struct operator operators[] = {
	{0, "|", O_OR},  {1, "^", O_XOR}, {2, "&", O_AND}, {3, "<<", O_SHL}, {3, ">>", O_SHR},
	{4, "+", O_ADD}, {4, "-", O_SUB}, {5, "*", O_MUL}, {5, "/", O_DIV},  {5, "%", O_MOD},
};
enum { LEVELS = 6 };

static int32_t fail(struct arith *a, enum arith_result why)
{
	if (!a->bad)
		a->bad = why;
	a->p += strlen(a->p);
	return 0;
}

/* Blanks and quotes mean nothing here. */
static void skip(struct arith *a)
{
	a->p += strspn(a->p, " \t\"");
}

static int32_t apply(struct arith *a, int op, int32_t x, int32_t y)
{
	uint32_t ux = (uint32_t)x, uy = (uint32_t)y;

	switch (op) {
	case O_OR:  return x | y;
	case O_XOR: return x ^ y;
	case O_AND: return x & y;
	case O_SHL: return uy > 31 ? 0 : (int32_t)(ux << uy);
	case O_SHR: return x >> (uy > 31 ? 31 : uy);
	case O_ADD: return (int32_t)(ux + uy);
	case O_SUB: return (int32_t)(ux - uy);
	case O_MUL: return (int32_t)(ux * uy);
	}
	if (y == 0)
		return fail(a, ARITH_ZERO);
	if (y == -1) /* INT32_MIN / -1 does not fit */
		return op == O_DIV ? (int32_t)(0 - ux) : 0;
	return op == O_DIV ? x / y : x % y;
}

static int32_t parse_assign(struct arith *a);

static int32_t parse_number(struct arith *a, const char *s, const char **end)
{
	char *e;
	unsigned long long v = strtoull(s, &e, 0);

	*end = e;
	/* `08`: the rest of what is no octal number; hexadecimal wraps as in cmd */
	if (isalnum((unsigned char)*e) || *e == '_')
		return fail(a, ARITH_NUMBER);
	if (v > 0xFFFFFFFFull || (v > 0x7FFFFFFF && !strchr("xX", s[0] ? s[1] : '\0')))
		return fail(a, ARITH_RANGE);
	return (int32_t)(uint32_t)v;
}

static bool is_name(char c)
{
	return c && !strchr(" \t\"()!~-*/%+<>&^|=,", c);
}

static int32_t variable(struct arith *a, const char *name, size_t n)
{
	const char *v = env_get(a->env, name, n);
	char *end;

	if (!v)
		return 0;
	long long x = strtoll(v, &end, 0);
	return (int32_t)(uint32_t)(unsigned long long)x;
}

static int32_t parse_unary(struct arith *a)
{
	int32_t v = 0;

	skip(a);
	if (++a->depth > ARITH_DEPTH_MAX) {
		fail(a, ARITH_PARENS);
	} else if (*a->p == '-') {
		a->p++;
		v = (int32_t)(0 - (uint32_t)parse_unary(a));
	} else if (*a->p == '+') {
		a->p++;
		v = parse_unary(a);
	} else if (*a->p == '~') {
		a->p++;
		v = ~parse_unary(a);
	} else if (*a->p == '!') {
		a->p++;
		v = !parse_unary(a);
	} else if (*a->p == '(') {
		a->p++;
		v = parse_assign(a);
		skip(a);
		if (*a->p != ')')
			fail(a, ARITH_PARENS);
		else
			a->p++;
	} else if (isdigit((unsigned char)*a->p)) {
		const char *end;
		v = parse_number(a, a->p, &end);
		if (!a->bad)
			a->p = end;
	} else if (is_name(*a->p)) {
		size_t n = 0;
		while (is_name(a->p[n]))
			n++;
		v = variable(a, a->p, n);
		a->p += n;
	} else {
		fail(a, ARITH_OPERAND);
	}
	a->depth--;
	return v;
}

static const struct operator *operator_here(const struct arith *a, int level)
{
	for (size_t i = 0; i < N_OF(operators); i++)
		if (operators[i].level == level &&
		    strncmp(a->p, operators[i].text, strlen(operators[i].text)) == 0)
			return &operators[i];
	return NULL;
}

static int32_t parse_binary(struct arith *a, int level)
{
	int32_t v = level == LEVELS ? parse_unary(a) : parse_binary(a, level + 1);
	const struct operator *op;

	for (skip(a); level < LEVELS && (op = operator_here(a, level)); skip(a)) {
		a->p += strlen(op->text);
		int32_t right = parse_binary(a, level + 1);
		v = a->bad ? 0 : apply(a, op->op, v, right);
	}
	return v;
}

/* `name = value` and `name += value` ...; anything else is an expression. */
static int32_t parse_assign(struct arith *a)
{
	size_t n = 0;

	skip(a);
	while (is_name(a->p[n]))
		n++;
	const char *at = a->p + n + strspn(a->p + n, " \t\"");
	const struct operator *op = NULL;
	for (size_t i = 0; i < N_OF(operators) && !op; i++) {
		size_t len = strlen(operators[i].text);
		if (strncmp(at, operators[i].text, len) == 0 && at[len] == '=')
			op = &operators[i];
	}
	if (!n || isdigit((unsigned char)*a->p) || (*at != '=' && !op))
		return parse_binary(a, 0);
	if (++a->depth > ARITH_DEPTH_MAX)
		return fail(a, ARITH_PARENS);
	char *name = xstrndup(a->p, n), text[16];
	a->p = at + 1 + (op ? strlen(op->text) : 0);
	int32_t v = parse_assign(a);
	if (op && !a->bad)
		v = apply(a, op->op, variable(a, name, n), v);
	snprintf(text, sizeof text, "%d", (int)v);
	if (!a->bad && env_set(a->env, name, text) < 0)
		fail(a, ARITH_OPERAND);
	free(name);
	a->depth--;
	return v;
}

enum arith_result arith_eval(struct env *env, const char *text, int32_t *out)
{
	struct arith a = {.env = env, .p = text};

	for (;;) {
		*out = parse_assign(&a);
		skip(&a);
		if (*a.p != ',')
			break;
		a.p++;
	}
	if (!a.bad && *a.p)
		fail(&a, *a.p == ')' ? ARITH_PARENS : ARITH_OPERATOR);
	return a.bad;
}
