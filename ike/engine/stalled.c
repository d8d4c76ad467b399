/*
 * Requests of the kernel that came to nothing. It asks no second time before it forgets them, while the packets that asked may
 * still wait; meanwhile another profile may know the rule (the kernel had its policies before we had ours), or another key.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

struct stalled {
	struct mono since;
	struct ike_cmd c; /* ACQUIRE */
};

static bool is_old(const struct ike *ike, const struct stalled *s)
{
	return dur_s(mono_since(s->since, ike->now)) >= KERNEL_ASKS_S;
}

static void drop_old(struct ike *ike)
{
	size_t n = 0;

	for (size_t i = 0; i < ike->nstalled; i++)
		if (!is_old(ike, &ike->stalled[i]))
			ike->stalled[n++] = ike->stalled[i];
	ike->nstalled = n;
}

void stalled_keep(struct ike *ike, struct mono since, const struct ike_cmd *c)
{
	if (ike->nstalled >= STALLED_MAX)
		drop_old(ike);
	if (ike->nstalled >= STALLED_MAX || !c->u.acquire.acquire || ike->closed)
		return;
	GROW(ike->stalled, ike->nstalled, ike->cap_stalled);
	ike->stalled[ike->nstalled++] = (struct stalled){since, *c};
}

void stalled_keep_qm(struct ike *ike, const struct qm *qm)
{
	struct ike_cmd c = {.kind = IKE_CMD_ACQUIRE};

	c.u.acquire.acquire = qm->acquire;
	c.u.acquire.reqid = qm->reqid;
	c.u.acquire.local = qm->path.local.ip;
	c.u.acquire.remote = qm->path.remote.ip;
	c.u.acquire.sel = qm->sel;
	stalled_keep(ike, qm->asked, &c);
}

void stalled_retry(struct ike *ike)
{
	struct stalled *v = ike->stalled;
	size_t n;

	drop_old(ike);
	n = ike->nstalled;
	/* What comes to nothing again is kept again, as old as it was. */
	ike->stalled = NULL;
	ike->nstalled = ike->cap_stalled = 0;
	for (size_t i = 0; i < n; i++)
		acquire_again(ike, v[i].since, &v[i].c);
	free(v);
}

void stalled_free(struct ike *ike)
{
	free(ike->stalled);
	ike->stalled = NULL;
	ike->nstalled = ike->cap_stalled = 0;
}
