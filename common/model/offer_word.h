/* Private to common/model: a cursor over one security method such as "AH[MD5]+ESP[DES,SHA1]:300s". */
#ifndef MODEL_OFFER_WORD_H
#define MODEL_OFFER_WORD_H

#include "common/base/err.h"
#include "common/base/str.h"

/* The longest legal offer has some 50 characters; twice that still fits a message. */
enum { OFFER_WORD_MAX = 128 };

struct offer_word {
	const char *at;
};

/* The next blank-separated word of *text. 1: got one, 0: no more, -1: too long to be an offer. */
int offer_next(const char **text, const char *tag, char word[OFFER_WORD_MAX], struct err *e);
/* Takes `lit` (any case) when it comes next. */
bool offer_lit(struct offer_word *w, const char *lit);
/* Takes a whole name of `t` (any case) that ends before one of `stops` or at the end. */
bool offer_enum(struct offer_word *w, const struct enum_name *t, const char *stops, int *out);
/* Takes decimal digits with a value of at most `max`. */
bool offer_number(struct offer_word *w, uint64_t max, uint64_t *out);

#endif
