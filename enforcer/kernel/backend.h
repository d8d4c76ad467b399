/* Private to kernel/ and remote/: what an implementation of the kernel must be able to do. */
#ifndef KERNEL_BACKEND_H
#define KERNEL_BACKEND_H

#include "enforcer/kernel/kernel.h"

struct kernel_backend {
	int (*scan)(struct kernel *k, struct kstate *out, struct err *e);
	/*
	 * XFRM ops [first, first+n), or their inverses in reverse order (`undo`, only where ok[i]
	 * is set). Sets ok[i] (i counted from first) for each op done, clears it for each op
	 * undone. -1: at least one was refused; `failed` is its index, `e` the reason without its
	 * name.
	 */
	int (*xfrm)(struct kernel *k, const struct ops *o, size_t first, size_t n, bool undo,
	    bool *ok, size_t *failed, struct err *e);
	/*
	 * One transaction (ops_transaction); one that begins with OP_NEXT waits first. -1: nothing was changed, unless *raced
	 * says that something was (by somebody else, or by us when the answer was lost); *failed is the op, *origin the
	 * element's line if known.
	 */
	int (*nft)(struct kernel *k, const struct ops *o, size_t *failed, struct origin *origin,
	    bool *raced, struct err *e);
	/* Appends to `out`. */
	int (*counts)(struct kernel *k, const struct kstate *state, struct kernel_counts *out, struct err *e);
	/* Deletes associations that sa_is_meant(); adds to *n. */
	int (*sas_delete)(struct kernel *k, const struct ip *peer, size_t *n, struct err *e);
	/* NULL: the hooks do it. */
	int (*ike)(struct kernel *k, const struct kernel_ike *a, struct err *e);
	int (*hold)(struct kernel *k, struct err *e);
	int (*sums)(struct kernel *k, struct kernel_sa_sums *out, struct err *e);
	int (*uses)(struct kernel *k, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e);
	/* The XFRM policies of a scan alone: `xfrm` and `foreign` of `out`. NULL: cannot be asked here. */
	int (*policies)(struct kernel *k, struct kstate *out, struct err *e);
	int (*watch_fd)(const struct kernel *k);
	bool (*watch_read)(struct kernel *k);
	int (*drops_fd)(const struct kernel *k);
	bool (*drops_read)(struct kernel *k, struct kernel_drops *out); /* n and lost are 0 before */
	bool (*lost)(const struct kernel *k); /* NULL: never */
	void (*close)(struct kernel *k);
};

/* What the fake holds, for the other fakes. */
struct kstate *kernel_fake_own(struct kernel *k);
/* Ours, and with that peer (NULL: with anybody)? */
bool sa_is_meant(const struct kernel_sa *sa, const struct ip *peer);

/* First member of each implementation. */
struct kernel {
	const struct kernel_backend *be;
	struct kernel_hooks hooks;
};

/* The transaction of be->nft, with what the hooks want to know of it. */
int kernel_nft(struct kernel *k, const struct ops *o, size_t *failed, struct origin *origin, bool *raced, struct err *e);

#endif
