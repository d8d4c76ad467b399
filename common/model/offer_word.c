#include "common/model/offer_word.h"

#include <string.h>

#include "common/base/banned.h"

int offer_next(const char **text, const char *tag, char word[OFFER_WORD_MAX], struct err *e)
{
	const char *s = *text + strspn(*text, " \t");
	size_t n = strcspn(s, " \t");

	if (n == 0)
		return 0;
	if (n >= OFFER_WORD_MAX) {
		memcpy(word, s, 32);
		word[32] = '\0';
		return err_set(e, OFFER_BAD, tag, word, "it is too long");
	}
	memcpy(word, s, n);
	word[n] = '\0';
	*text = s + n;
	return 1;
}

bool offer_lit(struct offer_word *w, const char *lit)
{
	size_t n = strlen(lit);

	if (!str_is_prefix(lit, w->at))
		return false;
	w->at += n;
	return true;
}

bool offer_enum(struct offer_word *w, const struct enum_name *t, const char *stops, int *out)
{
	size_t n = strcspn(w->at, stops);

	for (; t->name; t++)
		if (strlen(t->name) == n && str_is_prefix(t->name, w->at)) {
			*out = t->value;
			w->at += n;
			return true;
		}
	return false;
}

bool offer_number(struct offer_word *w, uint64_t max, uint64_t *out)
{
	char digits[21];
	size_t n = strspn(w->at, "0123456789");

	if (n == 0 || n >= sizeof digits)
		return false;
	memcpy(digits, w->at, n);
	digits[n] = '\0';
	w->at += n;
	return str_to_u64(digits, max, out);
}
