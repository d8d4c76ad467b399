/* The queue of actions, and who waits for which answer. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

void queue_init(struct queue *u)
{
	*u = (struct queue){.first = NULL};
	u->last = &u->first;
}

struct queued *queue_add(struct ike *ike, enum ike_do kind, size_t n)
{
	struct queue *u = kind == IKE_DO_EVENT ? &ike->events : &ike->urgent;
	struct queued *q = xcalloc(1, sizeof *q + n);

	q->a.kind = kind;
	q->n = n;
	*u->last = q;
	u->last = &q->next;
	return q;
}

static void queued_free(struct queued *q)
{
	if (q)
		secret_wipe(q, sizeof *q + q->n);
	free(q);
}

bool ike_next_action(struct ike *ike, struct ike_action *out)
{
	struct queue *u = ike->urgent.first ? &ike->urgent : &ike->events;

	queued_free(ike->taken);
	ike->taken = u->first;
	if (!ike->taken)
		return false;
	u->first = ike->taken->next;
	if (!u->first)
		u->last = &u->first;
	*out = ike->taken->a;
	return true;
}

/* --- answers -------------------------------------------------------------------------------------------------- */

static bool is_key_operation(const struct op *op)
{
	return op->kind == IKE_DO_GET_SPI || op->kind == IKE_DO_SA_ADD;
}

void op_free(struct ike *ike, struct op *op)
{
	if (is_key_operation(op))
		ike->stats.ipsec[IKE_QSTAT_PENDING_KEYS]--;
	table_del(&ike->ops, &op->node);
	heap_disarm(&ike->heap, &op->timer);
	ring_del(&op->in_owner);
	free(op);
}

static void forget(struct ike *ike, struct timer *t)
{
	op_free(ike, OWNER(struct op, timer, t));
}

struct op *op_new(struct ike *ike, struct queued *q, struct mm *mm, struct qm *qm)
{
	struct op *op = xcalloc(1, sizeof *op);

	if (++ike->last_op == 0)
		ike->last_op = 1;
	*op = (struct op){.id = ike->last_op, .kind = (uint8_t)q->a.kind, .mm = mm, .qm = qm};
	op->timer.fire = forget;
	q->a.op = op->id;
	ring_init(&op->in_owner);
	ring_add(qm ? &qm->ops : &mm->ops, &op->in_owner);
	table_add(&ike->ops, &op->node, op->id);
	if (is_key_operation(op))
		ike->stats.ipsec[IKE_QSTAT_PENDING_KEYS]++;
	return op;
}

void op_orphan_all(struct ike *ike, struct ring *ops)
{
	RING_EACH(ops, r) {
		struct op *op = OWNER(struct op, in_owner, r);

		ring_del(r);
		op->mm = NULL;
		op->qm = NULL;
		heap_arm(&ike->heap, &op->timer, mono_add(ike->now, DUR_S(ORPHAN_S)));
	}
}

/* --- small actions ---------------------------------------------------------------------------------------------- */

void act_sa_del(struct ike *ike, const struct ip *src, const struct ip *dst, uint8_t protocol, uint32_t spi)
{
	struct queued *q = queue_add(ike, IKE_DO_SA_DEL, 0);

	q->a.u.sa_id = (struct ike_sa_id){*src, *dst, protocol, spi};
}

void act_acquire_done(struct ike *ike, uint32_t acquire, enum ike_failure why)
{
	struct queued *q;

	if (!acquire)
		return;
	q = queue_add(ike, IKE_DO_ACQUIRE_DONE, 0);
	q->a.u.acquire.acquire = acquire;
	q->a.u.acquire.why = why;
}
