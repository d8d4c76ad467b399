/*
 * Private to the folder: what the two processes say to each other, as bytes. Each put_X stands beside its get_X.
 * A get reports everything that is out of range through rd_bad() and leaves an owned value behind in any case;
 * whether the other side may ask for that is the business of check.h. Pure.
 */
#ifndef REMOTE_CODEC_H
#define REMOTE_CODEC_H

#include "enforcer/kernel/kernel.h"
#include "enforcer/remote/packets.h"
#include "enforcer/remote/values.h"

/* The messages. policy asks, kernel answers; events come unasked on sockets of their own. */
enum remote_type {
	REMOTE_SCAN = 1,
	REMOTE_XFRM,
	REMOTE_NFT,
	REMOTE_COUNTS,
	REMOTE_TELL, /* the service manager; no answer */
	REMOTE_SAS,
	REMOTE_IKE,
	REMOTE_HOLD,
	REMOTE_SUMS,
	REMOTE_USES,
	REMOTE_SCANNED = 33,
	REMOTE_XFRM_DONE,
	REMOTE_NFT_DONE,
	REMOTE_COUNTED,
	REMOTE_SAS_DONE,
	REMOTE_IKE_DONE,
	REMOTE_HELD,
	REMOTE_SUMMED,
	REMOTE_USED,
	REMOTE_CHANGED = 65, /* event: somebody else changed what is ours */
	REMOTE_DROPS,        /* event, on a socket of its own: packets that were dropped */
};

enum {
	REMOTE_ELEMS_MAX = 1 << 22, /* the same bounds as those of a scan */
	REMOTE_SETS_MAX = 1 << 16,
	REMOTE_RULES_MAX = 1 << 16,
	REMOTE_POLS_MAX = 1 << 20,
	REMOTE_OPS_MAX = 1 << 20,
	REMOTE_LOCALS_MAX = 1 << 16,
	REMOTE_PARTS_MAX = 1 << 20, /* of a profile: one a rule and policy, at worst */
};

/* The transaction of `o` alone; read back it is v[0 .. n) of a list that holds nothing else. */
void remote_put_nft(struct wr *w, const struct ops *o);
void remote_get_nft(struct rd *r, struct ops *out);

/* XFRM operations [first, first+n), or their inverses; ok[i] is sent where it matters (undo). */
struct remote_xfrm {
	struct ops o; /* owned; v[0 .. n) */
	bool undo;
	bool *ok; /* owned; one an operation */
	size_t nok, cap_ok;
};
void remote_put_xfrm(struct wr *w, const struct ops *o, size_t first, size_t n, bool undo, const bool *ok);
void remote_get_xfrm(struct rd *r, struct remote_xfrm *out);
void remote_xfrm_free(struct remote_xfrm *x);

/* Elements are sent in the order they have. */
void remote_put_state(struct wr *w, const struct kstate *s);
void remote_get_state(struct rd *r, struct kstate *out);

/*
 * Only the names of the sets whose elements count; read back as sets without elements, in the order of a state and so
 * each once: every one is a dump.
 */
void remote_put_names(struct wr *w, const struct kstate *s);
void remote_get_names(struct rd *r, struct kstate *out);
void remote_put_counts(struct wr *w, const struct kernel_counts *c);
void remote_get_counts(struct rd *r, struct kernel_counts *out);

/*
 * What IKE may be granted. A profile travels as its parts of ike/channel, which bounds and checks it. -1: it has more of
 * something than a channel takes, and nothing was written.
 */
int remote_put_ike(struct wr *w, const struct kernel_ike *a, struct err *e);
struct remote_ike {
	struct kernel_ike a; /* points to the rest */
	struct xfrm_pol *pols; /* owned */
	struct ip *locals;     /* owned */
	size_t cap_pols, cap_locals;
};
void remote_get_ike(struct rd *r, struct remote_ike *out);
void remote_ike_free(struct remote_ike *x);

/* NULL: everybody, read back as the family IP_NONE. */
void remote_put_peer(struct wr *w, const struct ip *peer);
void remote_get_peer(struct rd *r, struct ip *out);
/* Fits into one packet. */
void remote_put_drops(struct wr *w, const struct kernel_drops *d);
void remote_get_drops(struct rd *r, struct kernel_drops *out);

/* What associations carried: all of them, or some by name (at most KERNEL_USES_MAX) and their answers, in order. */
void remote_put_sums(struct wr *w, const struct kernel_sa_sums *s);
void remote_get_sums(struct rd *r, struct kernel_sa_sums *out);
struct remote_ids {
	struct ike_sa_id v[KERNEL_USES_MAX];
	size_t n;
};
void remote_put_ids(struct wr *w, const struct ike_sa_id *v, size_t n);
void remote_get_ids(struct rd *r, struct remote_ids *out);
void remote_put_uses(struct wr *w, const struct kernel_sa_use *v, size_t n);
/* Exactly n of them. */
void remote_get_uses(struct rd *r, struct kernel_sa_use *v, size_t n);

/* How a request ended. `failed` counts from the first operation of the request. */
struct remote_answer {
	int rc;
	uint32_t failed;
	struct origin origin;
	bool raced;
	struct err e;
};
void remote_put_answer(struct wr *w, const struct remote_answer *a);
void remote_get_answer(struct rd *r, struct remote_answer *out);

#endif
