/* Names by their beginning, for completion: a range of the index, cut at a bound. */

#include "common/base/mem.h"
#include "store/internal.h"
#include "common/base/banned.h"

static const enum sql statements[] = {
	[STORE_POLICIES] = SQL_POLICY_NAMES,
	[STORE_RULES] = SQL_RULE_NAMES,
	[STORE_FILTERLISTS] = SQL_FILTERLIST_NAMES,
	[STORE_FILTERACTIONS] = SQL_FILTERACTION_NAMES,
};

static int collect(struct q *q, struct arena *a, size_t max, const char **v, size_t *n, struct err *e)
{
	int row;

	while ((row = q_step(q, e)) > 0 && *n < max)
		v[(*n)++] = q_text(q, a);
	return row < 0 ? -1 : q_check(q, e);
}

int store_names(struct store *st, enum store_kind kind, const char *policy, const char *prefix, size_t max,
    struct arena *a, const char ***out, size_t *n, struct err *e)
{
	/* Behind every name that begins with the prefix: no byte of UTF-8 is 0xFF. */
	char *end = arena_printf(a, "%s\xFF", prefix);
	struct q q;

	*n = 0;
	*out = arena_array(a, max, sizeof **out);
	if (read_begin(st, e) < 0)
		return -1;
	int rc = q_use(&q, st, &st->h, statements[kind], e);
	if (rc == 0) {
		q_put_text(&q, prefix);
		q_put_text(&q, end);
		q_put_int(&q, (int64_t)max);
		if (kind == STORE_RULES)
			q_put_text(&q, policy);
		rc = collect(&q, a, max, *out, n, e);
		q_done(&q);
	}
	read_end(st);
	return rc;
}
