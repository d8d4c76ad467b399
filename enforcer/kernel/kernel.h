/*
 * The kernel behind an interface of few calls, with two implementations: netlink (nf_tables and
 * XFRM) and a fake in memory. Deciding happened before (diff/); here operations are done, counted,
 * and undone when one of them fails.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "enforcer/diff/ops.h"
#include "ike/engine/actions.h"
#include "ike/engine/profile.h"

struct kernel;

struct kernel_report {
	size_t xfrm_ops, nft_ops; /* done and not undone */
	size_t elems_added, elems_deleted;
	struct origin
	    failed;  /* the line of the policy that the kernel refused; {0, 0} when there is none */
	bool rescan; /* the value given back is not certain: undoing failed, an answer was lost, or
	              * somebody changed nftables while we did */
};

/* NULL and `e` when the kernel lacks nf_tables or XFRM (KERNEL_LACKS) or the process the right. */
struct kernel *kernel_netlink_open(struct err *e);
void kernel_close(struct kernel *k); /* NULL is fine; what the kernel enforces stays in force */

/* What the kernel holds now, into `out` (owned by the caller). */
int kernel_scan(struct kernel *k, struct kstate *out, struct err *e);
/*
 * Does the operations: all, or none and -1 with the reason in `e` (KERNEL_REFUSED names the rule).
 * `state` is what they were computed against and becomes what the kernel holds afterwards, so the
 * caller need not scan again unless report->rescan says so. What fails after the first nftables
 * transaction (another one, a deletion of XFRM policies) does not undo it: -1, `report->nft_ops` is not 0, and
 * `state` says what was done.
 */
int kernel_apply(struct kernel *k, const struct ops *o, struct kstate *state,
    struct kernel_report *report, struct err *e);

/* What met one element of the kernel's sets, or a rule that stands for a filter, since it was added. */
struct kernel_count {
	struct origin origin;
	uint64_t packets, bytes;
};
/* Owned array, in no order; a filter may have several elements. */
struct kernel_counts {
	struct kernel_count *v;
	size_t n, cap;
	uint64_t clear_in, clear_out; /* packets that were in clear, against a negotiate filter, and dropped */
};
/*
 * The counters of all elements of `state`, which is what the kernel holds. Costs a dump of them; what changes
 * meanwhile may be missing. Free with kernel_counts_free().
 */
int kernel_counts_read(struct kernel *k, const struct kstate *state, struct kernel_counts *out, struct err *e);
void kernel_counts_free(struct kernel_counts *c);

/* A security association of the kernel: enough to know whose it is and to delete it. */
struct kernel_sa {
	struct ip src, dst;
	uint32_t spi; /* host order */
	uint8_t protocol; /* 50 ESP, 51 AH */
	uint32_t reqid;
};
/*
 * Deletes the security associations that rules of ours asked for (their reqid says so), to and from `peer`; NULL:
 * with everybody. *n is the number of them, also when one could not be deleted: -1, the others are gone.
 */
int kernel_sas_delete(struct kernel *k, const struct ip *peer, size_t *n, struct err *e);

/* --- what IKE may be granted --------------------------------------------------------------- */

/* What is in force, as far as IKE goes by it. All borrowed; whoever keeps the profile shares it. */
struct kernel_ike {
	const struct xfrm_pol *pols; /* those that protect, as the kernel holds them */
	size_t npols;
	struct ike_profile *profile; /* NULL: IKE has nothing to do */
	const struct ip *locals;     /* this host's addresses, but loopback */
	size_t nlocals;
};
/*
 * From now on IKE may be granted what fits that, and what was granted and no longer fits has ended when this returns.
 * -1: something could not be ended or put up; what `a` says is in force all the same, and asking again tries again.
 */
int kernel_ike(struct kernel *k, const struct kernel_ike *a, struct err *e);
/*
 * What was granted to be in clear is shut until the next kernel_ike(). kernel_apply() begins so when XFRM policies change:
 * between two plans nftables alone forbids what both forbid (diff.c), and for pairs of hosts in clear it does not.
 */
int kernel_hold(struct kernel *k, struct err *e);

/*
 * What the associations granted so far have carried, those that are gone included: sums never fall. Bytes are those that
 * are protected, as the kernel counts them for lifetimes: the IP payload in transport mode, the inner packet in tunnel
 * mode. A packet in AH+ESP is one packet: AH's bytes are in the sums of AH only. M(identifier, what).
 */
#define KERNEL_SA_SUMS(M)                                                                          \
	M(ESP_SENT, "bytes")                                                                       \
	M(ESP_RECEIVED, "bytes")                                                                   \
	M(AH_SENT, "bytes")                                                                        \
	M(AH_RECEIVED, "bytes")                                                                    \
	M(SENT, "bytes, whatever protects them")                                                   \
	M(RECEIVED, "bytes, likewise")                                                             \
	M(TUNNEL_SENT, "bytes")                                                                    \
	M(TUNNEL_RECEIVED, "bytes")                                                                \
	M(NUMBERED, "packets received with a sequence number that was checked and found good")     \
	M(REPLAYED, "packets received with one that was seen before, or is too old")               \
	M(FORGED, "packets received whose integrity check failed")                                 \
	M(PAIRS, "now: associations in both directions; AH+ESP are one")                           \
	M(TUNNELS, "now: of them those in tunnel mode")                                            \
	M(WAITING, "now: SPIs that wait for their keys")
#define M(id, what) KERNEL_SUM_##id,
enum kernel_sa_sum { KERNEL_SA_SUMS(M) KERNEL_SUMS };
#undef M
struct kernel_sa_sums {
	uint64_t v[KERNEL_SUMS];
};
/* Costs a dump of the kernel's associations. All are 0 where nobody grants any. */
int kernel_sa_sums(struct kernel *k, struct kernel_sa_sums *out, struct err *e);
/* What each of some associations has carried; `known`: it was granted and is there. */
enum { KERNEL_USES_MAX = 64 };
struct kernel_sa_use {
	bool known;
	uint64_t bytes, packets;
};
/* n is at most KERNEL_USES_MAX. One question to the kernel for each that was granted. */
int kernel_sa_uses(struct kernel *k, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e);

/* Who does that, in the process that holds the real kernel (enforcer/sas). NULL members: nobody. */
struct kernel_hooks {
	void *ctx;
	int (*allow)(void *ctx, const struct kernel_ike *a, struct err *e);
	int (*hold)(void *ctx, struct err *e);
	int (*sums)(void *ctx, struct kernel_sa_sums *out, struct err *e);
	int (*uses)(void *ctx, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e);
	void (*soft_anew)(void *ctx); /* a transaction made the sets of traffic in clear (NFT_KEY_SOFT) anew, empty */
};
void kernel_hook(struct kernel *k, const struct kernel_hooks *hooks);

/*
 * Readable when somebody may have changed our table or policies. Owned by the kernel; -1: no such
 * thing.
 */
int kernel_watch_fd(const struct kernel *k);
/*
 * Empties the descriptor. Has somebody else changed what is ours (or were events lost)? Then scan.
 */
bool kernel_watch_read(struct kernel *k);

/*
 * Can it not be reached any more, for good (it is another process, and that is gone)? What it enforces stays in
 * force. The watch descriptor becomes readable when that happens.
 */
bool kernel_lost(const struct kernel *k);

/* --- dropped packets (plan.h, NFT_V_LOG) -------------------------------------------------- */

/* The beginning of a dropped packet, a value of fixed size. */
struct kernel_drop {
	bool inbound;
	uint32_t ifindex; /* of the interface it came by, or would have left by; 0 not known */
	uint16_t n;       /* bytes in head: all of the packet, or its first PLAN_LOG_BYTES */
	uint8_t head[PLAN_LOG_BYTES]; /* from the IP header on */
};
enum { KERNEL_DROPS_MAX = 64 };
struct kernel_drops {
	size_t n;
	uint64_t lost; /* handed over by the kernel and never arrived, since the last time */
	struct kernel_drop v[KERNEL_DROPS_MAX];
};
/*
 * Readable when there are records. Owned by the kernel; -1: no records can be had (the kernel lacks NFLOG, or
 * somebody else listens to the group). Fixed for the life of `k`.
 */
int kernel_drops_fd(const struct kernel *k);
/* Some records, without waiting; false: there are none now. */
bool kernel_drops_read(struct kernel *k, struct kernel_drops *out);

/* --- the fake ---------------------------------------------------------------------------- */

struct kernel *kernel_fake_open(void);
/* Starts out with (or is changed behind our back to) a copy of that state. */
void kernel_fake_set(struct kernel *k, const struct kstate *s);
/* Borrowed. */
const struct kstate *kernel_fake_state(const struct kernel *k);
enum fake_fault {
	FAKE_FAULT_NONE,
	FAKE_FAULT_REFUSE, /* op `at` is refused, everything else works: apply undoes */
	FAKE_FAULT_LOSE,   /* op `at` (or the transaction it is in) is done, but its answer is lost */
	FAKE_FAULT_DIE,    /* from op `at` on nothing works any more, as if the program were killed
	                      there */
};
void kernel_fake_fault(struct kernel *k, enum fake_fault fault, size_t at);

/* From now on every element of that origin has counted so much. */
void kernel_fake_count(struct kernel *k, const struct kernel_count *c);

/* A record to be read; with `lost` records before it that are not. */
void kernel_fake_drop(struct kernel *k, const struct kernel_drop *d, uint64_t lost);
/* From now on there are no records to be had, as where the kernel lacks NFLOG. */
void kernel_fake_no_drops(struct kernel *k);
/* How many packets in clear the negotiate chains dropped. */
void kernel_fake_clear(struct kernel *k, uint64_t in, uint64_t out);
/* The last kernel_ike(), and how many there were. Borrowed. */
struct fake_ike {
	size_t told, npols, nlocals, nrules;
	bool has_profile;
};
const struct fake_ike *kernel_fake_ike(const struct kernel *k);
/* Adds an association. */
void kernel_fake_sa(struct kernel *k, const struct kernel_sa *sa);
size_t kernel_fake_sas(const struct kernel *k);

/* A packet as the two hooks and XFRM see it. */
struct fake_packet {
	bool out;
	bool forwarded; /* neither from this host nor to it; `out` does not count */
	uint8_t family; /* enum ip_family */
	struct ip src, dst;
	uint8_t protocol;
	uint16_t sport, dport;
	uint8_t icmp_type, hop_limit;
	const char *iface;
	uint8_t protected; /* inbound, forwarded: out of what associations it came, as enum protection; 0: none */
	uint8_t have_sa;   /* outbound, forwarded: of what protocols there is one for any selector that wants it, likewise */
};
enum fake_fate { FAKE_DROPPED, FAKE_CLEAR, FAKE_PROTECTED };
/* What becomes of the packet: walks XFRM policies, rules and sets in the kernel's order. */
enum fake_fate fake_verdict(const struct kstate *s, const struct fake_packet *p);
/*
 * The same when a transaction is committed while the packet is under way in the rules of `s`: after its first `at` look-ups it
 * finds the elements of `later`, which is what the transaction leaves. *torn: did it look any more? If not, a larger `at`
 * is the same.
 */
enum fake_fate fake_verdict_torn(const struct kstate *s, const struct kstate *later, size_t at, const struct fake_packet *p,
    bool *torn);

#endif
