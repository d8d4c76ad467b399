/* Listings and counters, as values. */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

void ike_get_stats(const struct ike *ike, struct ike_stats *out)
{
	*out = ike->stats;
}

static uint64_t id_of_mm(const struct ring *r)
{
	return OWNER(struct mm, all, r)->id;
}

static uint64_t id_of_qm(const struct ring *r)
{
	return OWNER(struct qm, all, r)->id;
}

/*
 * The first member above an id. The rings are in the order of ids; where the last call stopped is found by its id, so
 * a whole listing costs as much as its length.
 */
static struct ring *above(const struct ring *head, struct ring *last, uint64_t after, uint64_t (*id)(const struct ring *))
{
	struct ring *r = last ? last->next : head->next;

	while (r != head && id(r) <= after)
		r = r->next;
	return r == head ? NULL : r;
}

bool ike_mmsa_next(const struct ike *ike, uint64_t *after, struct ike_mmsa_info *out)
{
	struct node *n = table_first(&ike->mm_ids, *after);
	struct ring *r = above(&ike->mms, n ? &OWNER(struct mm, by_id, n)->all : NULL, *after, id_of_mm);
	const struct mm *mm;

	if (!r)
		return false;
	mm = OWNER(struct mm, all, r);
	*after = mm->id;
	*out = (struct ike_mmsa_info){
	    .id = mm->id,
	    .local = mm->path.local,
	    .remote = mm->path.remote,
	    .initiator = mm->x.initiator,
	    .up = mm->x.state == MM_UP,
	    .natt = mm->path.natt,
	    .dpd = mm->peer_dpd,
	    .offer = mm->offer,
	    .auth = IKE_AUTH_PSK,
	    .life_s = mm->life_s,
	    .since = mm->since,
	    .until = mm->until,
	    .quick_modes = mm->nqms_up,
	};
	memcpy(out->icookie, mm->cookie[0], IKE_COOKIE_LEN);
	memcpy(out->rcookie, mm->cookie[1], IKE_COOKIE_LEN);
	snprintf(out->remote_id, sizeof out->remote_id, "%s", mm->remote_id ? mm->remote_id : "");
	return true;
}

bool ike_qmsa_next(const struct ike *ike, uint64_t *after, struct ike_qmsa_info *out)
{
	struct node *n = table_first(&ike->qm_ids, *after);
	struct ring *r = above(&ike->qms, n ? &OWNER(struct qm, by_id, n)->all : NULL, *after, id_of_qm);
	const struct qm *qm;

	if (!r)
		return false;
	qm = OWNER(struct qm, all, r);
	*after = qm->id;
	*out = (struct ike_qmsa_info){
	    .id = qm->id,
	    .mmsa = qm->mm ? qm->mm->id : 0,
	    .local = qm->path.local,
	    .remote = qm->path.remote,
	    .initiator = qm->x.initiator,
	    .up = qm->x.state == QM_UP || (qm->soft && !mono_is_never(qm->up_at)),
	    .soft = qm->soft,
	    .tunnel = qm->tunnel,
	    .udp_encap = qm->encap,
	    .sel = qm->sel,
	    .offer = qm->choice.offer,
	    .pfs = qm->choice.group,
	    .reqid = qm->reqid,
	    .rule = qm->rule_id,
	    .filter = qm->filter,
	    .ah_in = qm->in[AH].spi,
	    .ah_out = qm->out[AH].spi,
	    .esp_in = qm->in[ESP].spi,
	    .esp_out = qm->out[ESP].spi,
	    .life_s = qm->life_s,
	    .life_kb = qm->life_kb,
	    .since = qm->since,
	    .until = qm->until,
	    .original = qm->original,
	};
	return true;
}
