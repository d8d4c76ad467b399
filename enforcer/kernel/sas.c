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

	xfrm_encode_sa_delete(sa, msg, ++nl->seq);
	return nl_dump(nl, (const void *)msg, NULL, NULL, e) != 0 && e->errno_ != ESRCH ? -1 : 0;
}

int netlink_sas_delete(struct kernel *kernel, const struct ip *peer, size_t *n, struct err *e)
{
	struct nl *nl = &((struct kernel_netlink *)kernel)->xfrm;
	struct found f = {.peer = peer};
	struct err first = {0};
	_Alignas(8) char ask[XFRM_MSG_ROOM];
	int rc;

	xfrm_encode_sa_dump(ask, 0);
	rc = nl_dump_whole(nl, (void *)ask, take_sa, &f, &f.n, "security associations change all the time", e);
	for (size_t i = 0; i < f.n && rc == 0; i++) {
		struct err why = {0};
		if (delete_sa(nl, &f.v[i], &why) != 0 && first.kind == ERR_NONE)
			first = why;
	}
	*n += f.n;
	free(f.v);
	if (rc != 0 || first.kind == ERR_NONE)
		return rc;
	*e = first;
	return -1;
}
