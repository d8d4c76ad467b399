// FOLDERS: kernel diff compile model ike_engine base
// LIBS: -lmnl
/*
 * Any bytes as a datagram of the kernel: a scan of them, and events. Each message is decoded by
 * all.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/kernel/netlink.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"
#include "enforcer/kernel/xfrm_sa.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read as an association of ours can be written, and reads as the same again. */
static void one_association(const struct nlmsghdr *h)
{
	static _Alignas(8) char msg[XFRM_SA_ROOM], again[XFRM_SA_ROOM];
	struct xfrm_carried carried;
	struct xfrm_sa sa, back;
	struct ike_sa_id id;
	struct ike_cmd cmd;
	uint32_t reqid, index;

	xfrm_get_spi(h, &id);
	xfrm_get_acquire(h, &cmd, &index);
	xfrm_get_expire(h, &cmd, &reqid);
	xfrm_get_carried(h, &carried);
	xfrm_get_mapping(h, &cmd, &reqid);
	for (int outbound = 0; outbound < 2; outbound++) {
		if (!xfrm_get_sa(h, outbound, &sa))
			continue;
		if (!xfrm_put_sa(msg, 1, &sa, false) || !xfrm_get_sa((void *)msg, outbound, &back) ||
		    !xfrm_put_sa(again, 1, &back, false) || memcmp(msg, again, sizeof msg) != 0)
			abort();
	}
}

static void one_message(struct nft_scan *s, const struct nlmsghdr *h)
{
	struct err e = {0};
	struct kpol pol;
	uint32_t gen;
	size_t index;

	nft_decode(s, h, &e);
	nft_decode_gen(h, &gen);
	nft_decode_is_ours(h);
	if (h->nlmsg_len >= 24)
		nft_decode_elem_at(h, h->nlmsg_len / 2, &index);
	xfrm_decode(h, &pol);
	xfrm_event_is_ours(h);
	one_association(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 1 << 16 };
	int left = (int)(size < MOST ? size : MOST);
	char *copy = xcalloc(1, (size_t)left); /* aligned, and of exactly that size */
	struct kstate st = {0};
	struct nft_scan s = {.out = &st};

	memcpy(copy, data, (size_t)left);
	for (const struct nlmsghdr *h = (const void *)copy; nl_ok(h, left);
	     h = mnl_nlmsg_next(h, &left))
		one_message(&s, h);
	nft_decode_finish(&s);
	if (st.table != KTABLE_OURS && (st.nsets || st.nrules))
		abort();
	kstate_sort(&st);
	kstate_free(&st);
	free(copy);
	return 0;
}
