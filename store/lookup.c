/* What the nouns have in common: names that are taken, keys of a lookup, users of shared objects. */
#include "store/internal.h"

#include "common/base/banned.h"

int name_taken(struct store *st, enum sql id, const char *name, int64_t owner, int64_t own, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, id, e) < 0)
		return -1;
	q_put_text(&q, name);
	if (owner != 0)
		q_put_int(&q, owner);
	int row = q_step(&q, e);
	if (row > 0 && q_int(&q) == own)
		row = 0;
	q_done(&q);
	return row;
}

int find_user(struct store *st, enum sql id, int64_t object, struct arena *a, const char **rule,
    const char **policy, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, id, e) < 0)
		return -1;
	q_put_int(&q, object);
	int row = q_step(&q, e);
	if (row > 0) {
		*rule = q_text(&q, a);
		*policy = q_text(&q, a);
	}
	q_done(&q);
	return row;
}

int run_ints(struct store *st, enum sql id, const int64_t *v, size_t n, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, id, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		q_put_int(&q, v[i]);
	return q_run(&q, e);
}

int use_key(struct q *q, struct store *st, enum sql by_name, enum sql by_guid, const char *name,
    const struct guid *guid, struct err *e)
{
	if (q_use(q, st, &st->h, name ? by_name : by_guid, e) < 0)
		return -1;
	if (name)
		q_put_text(q, name);
	else
		q_put_guid(q, guid);
	return 0;
}

const char *key_text(const char *name, const struct guid *guid, char out[GUID_TEXT])
{
	return name ? name : guid_print(guid, out);
}

struct guid guid_or_new(const struct guid *g)
{
	return guid_is_null(g) ? guid_new() : *g;
}
