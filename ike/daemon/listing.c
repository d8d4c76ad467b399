#include "ike/daemon/listing.h"

#include "common/base/banned.h"

static void page_mm(const struct ike *ike, uint64_t after, struct ikc_mmsas *out)
{
	struct ike_mmsa_info next;

	while (out->n < IKC_PAGE_MAX && ike_mmsa_next(ike, &after, &out->v[out->n]))
		out->n++;
	out->more = out->n == IKC_PAGE_MAX && ike_mmsa_next(ike, &after, &next);
}

static void page_qm(const struct ike *ike, uint64_t after, struct ikc_qmsas *out)
{
	struct ike_qmsa_info next;

	while (out->n < IKC_PAGE_MAX && ike_qmsa_next(ike, &after, &out->v[out->n]))
		out->n++;
	out->more = out->n == IKC_PAGE_MAX && ike_qmsa_next(ike, &after, &next);
}

void listing_page(const struct ike *ike, const struct ikc_list *q, uint32_t seq, struct ikc_msg *out)
{
	*out = (struct ikc_msg){.type = q->quick ? IKC_QMSAS : IKC_MMSAS, .seq = seq};
	if (q->quick)
		page_qm(ike, q->after, &out->u.qmsas);
	else
		page_mm(ike, q->after, &out->u.mmsas);
}

void listing_counts(const struct ike *ike, const struct listing_own *own, uint32_t seq, struct ikc_msg *out)
{
	*out = (struct ikc_msg){.type = IKC_COUNTS, .seq = seq};
	ike_get_stats(ike, &out->u.stats);
	out->u.stats.ike[IKE_STAT_ACTIVE_RECEIVE] = own->active_receive;
	out->u.stats.ike[IKE_STAT_RECEIVE_FAILURES] = own->receive_failures;
	out->u.stats.ike[IKE_STAT_SEND_FAILURES] = own->send_failures;
	out->u.stats.ike[IKE_STAT_RECEIVE_HEAP] = own->receive_heap;
}
