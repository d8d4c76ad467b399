/* Quick mode offers of filter actions and of default response rules: two tables of one shape. */
#include <string.h>

#include "store/internal.h"
#include "common/base/banned.h"

const struct offer_sql filteraction_offers = {
	SQL_FILTERACTION_OFFERS, SQL_FILTERACTION_OFFERS_CLEAR, SQL_FILTERACTION_OFFER_ADD};
const struct offer_sql rule_offers = {SQL_RULE_OFFERS, SQL_RULE_OFFERS_CLEAR, SQL_RULE_OFFER_ADD};

/* QM_COLS, after seq */
static struct qm_offer row_to_offer(struct q *q)
{
	struct qm_offer o = {0};

	o.ah = (uint8_t)q_u32(q, UINT8_MAX);
	o.esp = q_bool(q);
	o.encr = (uint8_t)q_u32(q, UINT8_MAX);
	o.integ = (uint8_t)q_u32(q, UINT8_MAX);
	o.life_kb = q_u32(q, UINT32_MAX);
	o.life_s = q_u32(q, UINT32_MAX);
	return o;
}

static void bind_offer(struct q *q, const struct qm_offer *o)
{
	q_put_int(q, o->ah);
	q_put_int(q, o->esp);
	q_put_int(q, o->encr);
	q_put_int(q, o->integ);
	q_put_int(q, o->life_kb);
	q_put_int(q, o->life_s);
}

static bool offers_eq(const struct qm_offers *a, const struct qm_offers *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++) {
		const struct qm_offer *x = &a->v[i], *y = &b->v[i];
		if (x->ah != y->ah || x->esp != y->esp || x->encr != y->encr || x->integ != y->integ ||
		    x->life_kb != y->life_kb || x->life_s != y->life_s)
			return false;
	}
	return a->n == b->n;
}

int qm_offers_load(struct store *st, const struct offer_sql *t, int64_t owner, struct qm_offers *out,
    struct err *e)
{
	struct q q;
	int row;

	out->n = 0;
	if (q_use(&q, st, &st->h, t->load, e) < 0)
		return -1;
	q_put_int(&q, owner);
	while ((row = q_step(&q, e)) > 0 && out->n < MODEL_OFFERS_MAX) {
		q_u32(&q, MODEL_OFFERS_MAX - 1); /* seq: the order only */
		out->v[out->n++] = row_to_offer(&q);
	}
	if (row >= 0)
		row = q_check(&q, e);
	q_done(&q);
	return row;
}

static int offer_add(struct store *st, const struct offer_sql *t, int64_t owner, size_t seq,
    const struct qm_offer *o, struct err *e)
{
	struct q q;

	if (q_use(&q, st, &st->h, t->add, e) < 0)
		return -1;
	q_put_int(&q, owner);
	q_put_int(&q, (int64_t)seq);
	bind_offer(&q, o);
	return q_run(&q, e);
}

int qm_offers_save(struct store *st, const struct offer_sql *t, int64_t owner, const struct qm_offers *o,
    bool *changed, struct err *e)
{
	struct qm_offers old;

	if (qm_offers_load(st, t, owner, &old, e) < 0)
		return -1;
	if (offers_eq(&old, o))
		return 0;
	if (run_ints(st, t->clear, &owner, 1, e) < 0)
		return -1;
	for (size_t i = 0; i < o->n; i++)
		if (offer_add(st, t, owner, i, &o->v[i], e) < 0)
			return -1;
	*changed = true;
	return 0;
}
