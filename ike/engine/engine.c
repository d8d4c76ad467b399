/* The engine's face: time, datagrams and answers come in. Commands are in command.c, listings in list.c. */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

static void begin(struct ike *ike, struct mono now)
{
	if (mono_before(ike->now, now))
		ike->now = now;
}

static void end(struct ike *ike)
{
	objects_reap(ike);
	arena_reset(&ike->arena);
}

struct ike *ike_new(const struct ike_env *env)
{
	struct ike *ike = xcalloc(1, sizeof *ike);

	ike->env = *env;
	ike->crypto = env->crypto;
	queue_init(&ike->urgent);
	queue_init(&ike->events);
	ring_init(&ike->mms);
	ring_init(&ike->qms);
	ring_init(&ike->dead_mms);
	ring_init(&ike->dead_qms);
	ring_init(&ike->dead_peers);
	ike->crypto->random(ike->crypto->ctx, &ike->key, sizeof ike->key);
	ike->crypto->random(ike->crypto->ctx, ike->secret, sizeof ike->secret);
	return ike;
}

void ike_free(struct ike *ike)
{
	struct ike_action a;

	if (!ike)
		return;
	RING_EACH(&ike->qms, r)
		qm_free(ike, OWNER(struct qm, all, r));
	RING_EACH(&ike->mms, r)
		mm_free(ike, OWNER(struct mm, all, r));
	objects_reap(ike);
	while (ike->heap.n)
		heap_top(&ike->heap)->fire(ike, heap_top(&ike->heap)); /* only orphans are left: they free themselves */
	while (ike_next_action(ike, &a))
		;
	table_free(&ike->peers);
	table_free(&ike->mm_cookies);
	table_free(&ike->mm_starts);
	table_free(&ike->mm_ids);
	table_free(&ike->qm_sels);
	table_free(&ike->qm_ids);
	table_free(&ike->spis);
	table_free(&ike->ops);
	heap_free(&ike->heap);
	arena_free(&ike->arena);
	stalled_free(ike);
	ike_profile_free(ike->profile);
	secret_wipe(ike, sizeof *ike);
	free(ike);
}

void ike_input(struct ike *ike, struct mono now, const struct ike_dgram *d)
{
	begin(ike, now);
	if (ike->profile && !ike->closed)
		input_dispatch(ike, d, false);
	end(ike);
}

void ike_tick(struct ike *ike, struct mono now)
{
	struct timer *t;

	begin(ike, now);
	while ((t = heap_top(&ike->heap)) && mono_reached(t->at, ike->now)) {
		heap_disarm(&ike->heap, t);
		t->fire(ike, t);
		objects_reap(ike);
	}
	end(ike);
}

struct mono ike_deadline(const struct ike *ike)
{
	struct timer *t = heap_top(&ike->heap);

	return t ? t->at : MONO_NEVER;
}

/* --- answers -------------------------------------------------------------------------------------------------------------- */

static void key_answer(struct ike *ike, struct mm *mm, const struct ike_result *r)
{
	struct blob held;
	struct path path;

	if (mm->x.state != MM_KEY_WAIT && mm->x.state != MM_KE_ANSWERED)
		return;
	if (!r->ok || r->u.skeyid.n == 0) {
		mm_fail(ike, mm, IKE_FAIL_AUTH_FAIL, false, "the preshared key is not to be had");
		return;
	}
	mm->keys.skeyid = r->u.skeyid;
	if (core_trigger(ike, mm, NULL, ON_KEY) && mm->x.state == MM_KEY_READY && mm->setup->held.n) {
		held = mm->setup->held;
		path = mm->setup->held_path;
		mm->setup->held = (struct blob){NULL, 0};
		core_held(ike, mm, &path, blob_span(&held));
		blob_clear(&held);
	}
}

static void answer(struct ike *ike, const struct op *op, const struct ike_result *r)
{
	switch ((enum ike_do)op->kind) {
	case IKE_DO_GET_SPI:
		install_spi_answer(ike, op->qm, op->which, r);
		break;
	case IKE_DO_SA_ADD:
		install_add_answer(ike, op->qm, op->out, r);
		break;
	case IKE_DO_SA_QUERY:
	case IKE_DO_SOFT_QUERY:
		watch_answer(ike, op->qm, op->which, r);
		break;
	case IKE_DO_SOFT_ADD:
		soft_answer(ike, op->qm, r);
		break;
	case IKE_DO_PSK_PRF:
		key_answer(ike, op->mm, r);
		break;
	case IKE_DO_SEND:
	case IKE_DO_SA_DEL:
	case IKE_DO_SA_MOVE:
	case IKE_DO_ACQUIRE_DONE:
	case IKE_DO_SOFT_DEL:
	case IKE_DO_EVENT:
		break; /* have no answer */
	}
}

void ike_done(struct ike *ike, struct mono now, uint32_t id, const struct ike_result *r)
{
	struct node *n = table_first(&ike->ops, id);
	struct op op;

	begin(ike, now);
	if (!n)
		return;
	op = *OWNER(struct op, node, n);
	op_free(ike, OWNER(struct op, node, n));
	if (op.kind == IKE_DO_GET_SPI && !r->ok)
		count(ike, IKE_STAT_GET_SPI_FAILURES);
	if (op.kind == IKE_DO_SA_ADD && !r->ok)
		count(ike, op.out ? IKE_STAT_KEY_ADD_FAILURES : IKE_STAT_KEY_UPDATE_FAILURES);
	if (op.mm || op.qm)
		answer(ike, &op, r);
	else if (op.kind == IKE_DO_GET_SPI && r->ok)
		act_sa_del(ike, &op.src, &op.dst, op.protocol, r->u.spi);
	end(ike);
}
