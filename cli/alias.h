/* Short names for the beginning of a line (grammar §1.3). Pure. */
#ifndef CLI_ALIAS_H
#define CLI_ALIAS_H

#include "cli/words.h"

enum { ALIAS_MAX = 256, ALIAS_TEXT_MAX = 4096 };

struct alias {
	char *name, *text; /* text: a line, or its beginning */
};
/* All zero is none. By name. */
struct aliases {
	struct alias v[ALIAS_MAX];
	size_t n;
};

/* NULL: there is none of that name. Borrowed until the next change. */
const struct alias *alias_find(const struct aliases *as, const char *name);
/* A new one, or a new text for an old one. ALIAS_BAD: too many, too long, no name. */
int alias_put(struct aliases *as, const char *name, const char *text, struct err *e);
/* ALIAS_NOTFOUND. */
int alias_delete(struct aliases *as, const char *name, struct err *e);
/* Puts the words of the alias that the first word is in its place, once: what they are is not looked up again. */
int alias_expand(const struct aliases *as, struct words *w, struct arena *a, struct err *e);
void alias_free(struct aliases *as);

#endif
