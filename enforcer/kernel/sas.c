/* Security associations: those of our rules are found by their reqid and deleted one by one. */
#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

enum { SAS_MAX = 1 << 20 };

struct found {
	const struct ip *peer;
	struct kernel_sa *v;
	size_t n, cap;
};

static int take_sa(const struct nlmsghdr *nlh, void *ctx, struct err *e)
{
	struct found *f = ctx;
	struct kernel_sa sa;

	if (!xfrm_decode_sa(nlh, &sa))
		return err_set(e, NETLINK_BAD, "a security association");
	if (!sa_is_meant(&sa, f->peer) || f->n == SAS_MAX)
		return 0;
	GROW(f->v, f->n, f->cap);
	f->v[f->n++] = sa;
	return 0;
}

/* One that expired meanwhile is as good as deleted. */
static int delete_sa(struct nl *nl, const struct kernel_sa *sa, struct err *e)
{
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct nlmsghdr *h = (void *)msg;
	struct nl_ack ack;
	size_t n;

	xfrm_encode_sa_delete(sa, h, ++nl->seq);
	if (nl_send(nl, h, h->nlmsg_len, e))
		return -1;
	do {
		n = 0;
		if (nl_acks(nl, true, &ack, 1, &n, e))
			return -1;
	} while (n == 0 || ack.seq != h->nlmsg_seq);
	if (ack.error && ack.error != ESRCH)
		return err_set_errno(e, ack.error, KERNEL_TALK, "deleting a security association");
	return 0;
}

/* An interrupted dump may lack some: the answer is that of the next one. */
int netlink_sas_delete(struct kernel *kernel, const struct ip *peer, size_t *n, struct err *e)
{
	enum { ATTEMPTS = 10 };
	struct nl *nl = &((struct kernel_netlink *)kernel)->xfrm;
	struct found f = {.peer = peer};
	struct err first = {0};
	_Alignas(8) char ask[XFRM_MSG_ROOM];
	int r = NL_INTERRUPTED;

	for (int i = 0; r == NL_INTERRUPTED && i < ATTEMPTS; i++) {
		f.n = 0;
		xfrm_encode_sa_dump(ask, ++nl->seq);
		r = nl_dump(nl, (const void *)ask, take_sa, &f, e);
	}
	if (r == NL_INTERRUPTED)
		r = err_set_errno(e, EBUSY, KERNEL_TALK, "security associations change all the time");
	for (size_t i = 0; i < f.n && r == 0; i++)
		if (delete_sa(nl, &f.v[i], e) && first.kind == ERR_NONE)
			first = *e;
	*n += f.n;
	free(f.v);
	if (r == 0 && first.kind == ERR_NONE)
		return 0;
	if (r == 0)
		*e = first;
	return -1;
}
