/* The dialect of the language: one of the settings (schema 3), by its name. */
#include <string.h>

#include "store/internal.h"
#include "common/base/banned.h"

/* A word that only a newer program knows counts as none. */
static enum dialect dialect_of(const char *word)
{
	for (const struct enum_name *n = dialect_names; word && n->name; n++)
		if (strcmp(n->name, word) == 0)
			return (enum dialect)n->value;
	return DIALECT_LINUX;
}

int store_dialect(struct store *st, enum dialect *out, struct err *e)
{
	struct q q;

	if (read_begin(st, e) < 0)
		return -1;
	int row = q_use(&q, st, &st->h, SQL_DIALECT, e);
	if (row == 0) {
		row = q_step(&q, e);
		*out = row > 0 ? dialect_of(q_text(&q, NULL)) : DIALECT_LINUX;
		q_done(&q);
	}
	read_end(st);
	return row < 0 ? -1 : 0;
}

int store_dialect_put(struct store *st, enum dialect dialect, struct err *e)
{
	return store_setting_put(st, "dialect", enum_to_name(dialect_names, (int)dialect), e);
}
