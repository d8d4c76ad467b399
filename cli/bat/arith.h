/*
 * The arithmetic of `set /a`: 32-bit signed, C's operators and precedence, comma between
 * expressions.
 */
#ifndef CLI_BAT_ARITH_H
#define CLI_BAT_ARITH_H

#include <stdint.h>

#include "cli/bat/env.h"

/* cmd's errorlevels for what can go wrong. */
enum arith_result {
	ARITH_OK = 0,
	ARITH_PARENS = 1073750987,
	ARITH_OPERAND = 1073750988,  /* one is missing */
	ARITH_OPERATOR = 1073750989, /* one is missing */
	ARITH_NUMBER = 1073750991,   /* not a number */
	ARITH_RANGE = 1073750992,
	ARITH_ZERO = 1073750993,     /* division by it */
};

/*
 * Evaluates, assigning variables on the way; *out is the value of the last expression. Unset
 * variables are 0.
 */
enum arith_result arith_eval(struct env *env, const char *text, int32_t *out);

#endif
