/*
 * The plan: what the kernel shall hold, as a canonical value. Compiled from a policy and the facts by a
 * pure function; printed for goldens and `enforcerd -n`; compared with the kernel by diff/.
 *
 * nftables part: one table `inet ipsecsh`. Filters are elements of hash sets, one set per *shape* (which
 * fields are in the key, which prefix lengths), looked up in the order of specificity (semantics §3.4).
 * XFRM part: selectors to negotiate, and above them the holes that higher permit and block filters cut.
 *
 * Why "me" is no address in the nftables part: what `input` sees is addressed to this host and what
 * `output` judges comes from it, so "me" needs no key field there. A new address is covered before anyone
 * noticed it, and nothing changes when addresses do.
 *
 * `output` hangs at the hook postrouting: a packet that XFRM holds until there are keys passes the hook output as if
 * it were in clear (`rt ipsec missing`), and only comes to postrouting when it is let go, protected. Forwarded packets come by
 * there too; its second rule lets them on. An input interface alone does not make one: reports of IGMP and MLD have one.
 */
#ifndef COMPILE_PLAN_H
#define COMPILE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/model/dynamic.h"
#include "enforcer/compile/facts.h"

/*
 * Which line of which policy caused an entry; 0 = the program itself. Rows of the two stores and of dynamic
 * rules are counted apart, so `rule` is the row with a mark of whose it is: none for the local store,
 * ORIGIN_DYNAMIC, or ORIGIN_PERSISTENT. All fit the 20 bits of a reqid. `filter` is the bare row.
 */
struct origin {
	uint32_t rule, filter;
};
enum {
	ORIGIN_DYNAMIC = 0x80000,
	ORIGIN_PERSISTENT = 0xC0000,
	ORIGIN_LOCAL_MAX = 0x7FFFF,  /* the largest row of a rule of the local store */
	ORIGIN_MARKED_MAX = 0x3FFFF, /* of the others */
};
enum owner { OWNER_PROGRAM, OWNER_LOCAL, OWNER_PERSISTENT, OWNER_DYNAMIC };

static inline enum owner origin_owner(const struct origin *o)
{
	if (!(o->rule & ORIGIN_DYNAMIC))
		return o->rule || o->filter ? OWNER_LOCAL : OWNER_PROGRAM;
	return (o->rule & ORIGIN_PERSISTENT) == ORIGIN_PERSISTENT ? OWNER_PERSISTENT : OWNER_DYNAMIC;
}

/* The row of the rule, as its own store counts. */
static inline uint32_t origin_row(const struct origin *o)
{
	return o->rule & ORIGIN_DYNAMIC ? o->rule & ORIGIN_MARKED_MAX : o->rule;
}

/* --- one specific filter (semantics §3.3), before it is lowered -------------------------------------- */

/*
 * By what a packet is protected, as bits. Both: ESP first, AH around it (RFC 2401 §4.3). Offers of one rule may
 * differ; which ones there are is a set, PROTECTION_BIT() of each.
 */
enum protection { PROTECT_ESP = 1, PROTECT_AH = 2, PROTECT_AH_ESP = PROTECT_ESP | PROTECT_AH };
#define PROTECTION_BIT(protection) (1u << (protection))

enum side_kind { SIDE_ANY, SIDE_ME, SIDE_NET };
struct side {
	uint8_t kind; /* enum side_kind */
	uint8_t plen; /* SIDE_NET */
	uint8_t spec; /* prefix length that counts for the order; differs from plen for a piece of a range */
	struct ip net; /* SIDE_NET */
};
struct plan_filter {
	uint32_t rank; /* the key of §3.4, store and action included: smaller wins (plan_rank) */
	uint8_t family;
	uint8_t action;   /* enum action */
	uint8_t conntype; /* enum conntype */
	uint8_t dir;      /* enum dyn_dir: which packets it judges; a rule with two actions is two filters */
	bool inpass;
	bool soft; /* ACTION_NEGOTIATE only: in clear with a peer that never answers (semantics §4.4) */
	uint8_t protection; /* enum protection: of the first offer, ACTION_NEGOTIATE only */
	uint8_t offered;    /* likewise: PROTECTION_BIT() of every offer */
	bool shadows; /* another rule or filter has the same traffic, and comes later in order */
	uint8_t protocol;
	uint16_t sport, dport;
	struct side src, dst;
	struct ip tunnel; /* family IP_NONE: transport */
	struct origin origin;
};

/* --- nftables ------------------------------------------------------------------------------------- */

/* Fixed chains of the table; INPUT and OUTPUT are the base chains. */
enum nft_chain {
	NFT_CHAIN_INPUT,
	NFT_CHAIN_OUTPUT,
	NFT_CHAIN_IN4,   /* policy of IPv4 packets that arrived */
	NFT_CHAIN_IN6,
	NFT_CHAIN_OUT4,
	NFT_CHAIN_OUT6,
	NFT_CHAIN_MIN4,  /* multicast and broadcast: only filters whose source is any (§3.8) */
	NFT_CHAIN_MIN6,
	NFT_CHAIN_MOUT4,
	NFT_CHAIN_MOUT6,
	NFT_CHAIN_NEG_IN,  /* negotiate, inbound: protected packets pass, clear ones are dropped and counted */
	NFT_CHAIN_NEG_OUT, /* negotiate, outbound: passes only what XFRM is about to protect */
	NFT_CHAINS
};
extern const char *const nft_chain_names[NFT_CHAINS]; /* "input", "in4", ... */

/*
 * Outside the base chains DROP means: back to the base chain, whose last rule drops. So there is one place
 * where packets end, and whether it tells of them is a rule there: no element and no look-up knows. What no
 * filter takes is accepted by the last rule of its chain.
 */
enum nft_verdict {
	NFT_V_ACCEPT,
	NFT_V_DROP,
	NFT_V_NEG, /* goto neg_in / neg_out by the chain's hook */
	NFT_V_LOG, /* hands the packet to whoever listens (PLAN_LOG_*), not too often, and goes on */
};
/*
 * What NFT_V_LOG hands over: the first bytes of a packet, to an NFLOG group that nobody else uses, as often
 * as a person could ever look at. A flood costs no more than that; what is above it is only counted.
 */
enum { PLAN_LOG_GROUP = 18758, PLAN_LOG_BYTES = 128, PLAN_LOG_PER_SECOND = 50, PLAN_LOG_BURST = 100 };

enum nft_match {
	NFT_M_ALWAYS,
	NFT_M_LO,          /* iif lo (input chains) / oif lo (output chains) */
	NFT_M_IKE,         /* udp dport {500,4500} inbound, udp sport {500,4500} outbound */
	NFT_M_IPSEC,       /* meta l4proto {50,51} */
	NFT_M_ND,          /* icmpv6 type 133..137 with hop limit 255 (RFC 4861 §6.1, §7.1) */
	NFT_M_IPV4,        /* meta nfproto ipv4 */
	NFT_M_IPV6,
	NFT_M_MCAST,       /* 224.0.0.0/4 or ff00::/8 by the chain's family, destination address */
	NFT_M_BCAST,       /* destination in set `bcast4` */
	NFT_M_SECPATH,     /* meta ipsec exists: arrived protected */
	NFT_M_RTIPSEC,     /* rt ipsec exists: will leave protected */
	NFT_M_SET,         /* the key of set `set` is found; then `verdict`, or the element's own verdict */
	NFT_M_KERBEROS,    /* tcp or udp from or to port 88 */
	NFT_M_RSVP,        /* meta l4proto 46 */
	NFT_M_SOFT4,       /* this host's address and the other one are in set `soft4` */
	NFT_M_SOFT6,
	NFT_M_FORWARDED,   /* came in by an interface, and from no address of this host (`output`, see there) */
	NFT_MATCHES
};

/* One rule of the table. Order within the chain = order in plan.rules. */
struct nft_rule {
	uint8_t chain;    /* enum nft_chain */
	uint8_t match;    /* enum nft_match */
	uint8_t conntype; /* CONN_LAN: interface not in set `dialup`; CONN_DIALUP: in it; CONN_ALL */
	bool counter;
	bool jump;        /* go to `target` instead of `verdict`; base chains are come back to */
	uint8_t verdict;  /* enum nft_verdict */
	uint8_t target;   /* enum nft_chain */
	uint32_t set;     /* NFT_M_SET: into plan.sets */
	struct origin origin; /* of a filter whose key is empty: no element says it; else {0, 0} */
};

/* A set or verdict map. Key: the fields that are present, in this order, each padded to 4 bytes. */
/*
 * NFT_KEY_SOFT: our address . the other one. Its elements are pairs of hosts whose traffic may be in clear, since the peer
 * never answered. *kernel* puts them there (enforcer/sas): they are no part of the plan, and a scan leaves them out. A
 * pair is enough: what XFRM holds for any rule is held as before, and what is held neither leaves nor arrives in clear; the
 * exact traffic that may is a policy there.
 */
enum nft_keytype { NFT_KEY_FILTER, NFT_KEY_IFNAME, NFT_KEY_ADDR4, NFT_KEY_SOFT };
#define PLAN_BCAST4 "bcast4" /* NFT_M_BCAST */
#define PLAN_DIALUP "dialup" /* interfaces of CONN_DIALUP */
#define PLAN_SOFT4 "soft4"
#define PLAN_SOFT6 "soft6"
struct nft_set {
	char name[32];     /* stable: made from rank, family and shape, not from position */
	uint8_t gen;       /* under which of its names the kernel has it (diff/kstate.h); 0 in a plan */
	uint8_t keytype;   /* enum nft_keytype; the fields below are those of NFT_KEY_FILTER */
	bool is_map;       /* elements carry accept/drop; otherwise the rule has one verdict for all */
	uint8_t family;
	bool has_src, has_dst, has_proto, has_sport, has_dport;
	uint8_t src_plen, dst_plen; /* the packet's address is masked to that length before the look-up */
	uint8_t key_len;            /* bytes, a multiple of 4; 16 for IFNAME */
	size_t first, n;            /* its elements in plan.elems, sorted by key */
	size_t naccept;             /* of a map: elements that accept */
};
enum { NFT_KEY_MAX = 44 };
struct nft_elem {
	uint8_t key[NFT_KEY_MAX];
	uint8_t verdict; /* NFT_V_ACCEPT or NFT_V_DROP, maps only */
	struct origin origin;
};

/* --- XFRM ----------------------------------------------------------------------------------------- */

/* Kernel numbers (XFRM_POLICY_IN, _OUT, _FWD). FWD appears for tunnel rules only. */
enum xfrm_dir { XFRM_D_IN = 0, XFRM_D_OUT = 1, XFRM_D_FWD = 2 };
enum xfrm_kind { XFRM_K_ALLOW, XFRM_K_BLOCK, XFRM_K_PROTECT };
struct xfrm_pol {
	uint8_t dir; /* enum xfrm_dir */
	uint8_t kind;
	uint8_t family;
	uint8_t src_plen, dst_plen, protocol;
	uint16_t sport, dport; /* 0 = any; for ICMPv6 sport is the type */
	struct ip src, dst;
	uint32_t priority; /* smaller wins; made from the rank, so it does not depend on other entries */
	/* XFRM_K_PROTECT: */
	uint32_t reqid;  /* stable per rule: PLAN_REQID_BASE + origin.rule */
	bool optional;   /* level use instead of required: inbound side of inpass */
	bool tunnel;
	uint8_t protection; /* enum protection, never 0: the templates */
	uint8_t offered;    /* what may be agreed instead; the kernel does not hold it */
	struct ip tunnel_src, tunnel_dst;
	struct origin origin;
};
/*
 * Priorities of the plan are so far apart, so that what is granted beside a policy (enforcer/broker) comes before it, what
 * protects before what is in clear, and never ties with another policy of the plan.
 */
enum { PLAN_PRIORITY_STEP = 4, PLAN_BEFORE_PROTECTED = 2, PLAN_BEFORE_CLEAR = 1 };
enum { PLAN_REQID_BASE = 0x49500000 }; /* "IP": marks reqids as ours; the low 20 bits are the rule */

/* The bits of ipsecdiagnostics. */
enum plan_diagnostics { DIAG_TOTALS = 1, DIAG_IN = 2, DIAG_OUT = 4 };

struct plan {
	uint64_t counter;         /* of the policyset of the local store */
	const struct policy *policy; /* borrowed; NULL: the local store has nothing assigned */
	const struct policy *persistent; /* likewise, of the persistent store */
	bool block_all;              /* plan_block_all() made it */
	uint8_t ipsecexempt;         /* what no filter judges: 0..3 (semantics §2.4) */
	uint8_t diagnostics;         /* enum plan_diagnostics: what is told of packets (semantics §2.5) */
	struct plan_filter *filters; /* sorted: the first that matches a packet wins */
	struct nft_rule *rules;      /* sorted by chain, then in order of evaluation */
	struct nft_set *sets;
	struct nft_elem *elems;
	struct xfrm_pol *xfrm; /* sorted */
	size_t *negs;          /* the filters that XFRM holds, mostly negotiate: indexes into filters */
	size_t nnegs;
	size_t nfilters, nrules, nsets, nelems, nxfrm;
	size_t cap_filters, cap_rules, cap_sets, cap_elems, cap_xfrm;
};

/*
 * The sort key of semantics §3.4 as one number; smaller wins. Between equally specific filters those of the
 * persistent store come first, whatever they do (§1.4); then the stricter action.
 */
uint32_t plan_rank(const struct plan_filter *f);
/*
 * The plan of the set's assigned policy on that host. Pure. Rules that cannot be enforced are an error
 * that names the rule (COMPILE_RULE). `out` keeps pointers into `ps`; free with plan_free().
 */
int plan_compile(const struct policyset *ps, const struct facts *facts, struct plan *out, struct err *e);
/*
 * The same together with dynamic rules, whose filters stand among those of the policy in the one order of
 * plan_rank(); where both say the same of the same traffic, the policy's filter is the one that is named.
 */
int plan_compile_dynamic(const struct policyset *ps, const struct dyn_rules *dynamic,
    const struct facts *facts, struct plan *out, struct err *e);
/*
 * Everything that makes a plan. The stores' assigned policies and the dynamic rules stand in one order; settings
 * are those of the local store.
 */
struct plan_sources {
	const struct policyset *local;      /* NULL: as a store in which nothing was ever set */
	const struct policyset *persistent; /* likewise */
	const struct dyn_rules *dynamic;    /* NULL: none */
	/*
	 * NULL, or: `local` is older than this plan, which was patched since. Then policy, settings, and all filters
	 * that are not the persistent store's, are this plan's as they stand, `dynamic` included. What only an equal
	 * filter of the persistent store hid in it stays hidden until the local store can be read again.
	 */
	const struct plan *instead;
};
/* As plan_compile(). `out` keeps pointers into both policysets. */
int plan_compile_sources(const struct plan_sources *s, const struct facts *facts, struct plan *out, struct err *e);
/*
 * The plan of operational mode Block (semantics §2.2): everything but loopback is dropped, both ways, and no
 * exemption holds. It says nothing of XFRM: plan_diff() leaves policies of ours as they are, for they do not let
 * pass what nftables drops, and hold what it does not judge (forwarded packets of tunnel rules).
 */
void plan_block_all(struct plan *out);
/*
 * What a few filters that came or went change in a plan, when nothing changes but elements of its sets.
 * That is the common case by far, and its cost grows with the changes, not with the plan. For packets of one
 * direction, blocks and permits do not both come, nor both go: between the two of them there would be a moment that lets
 * pass, or stops, what neither plan does (diff/patch_ops.c).
 */
struct patch_item {
	bool gone;
	struct plan_filter filter;
	uint32_t set; /* into plan.sets */
	struct nft_elem elem;
};
struct plan_patch {
	struct patch_item *v;   /* in the order of plan.filters */
	struct plan_filter *shadowing; /* filters of the plan that now stand before an equal one */
	size_t n, nshadowing, cap, cap_shadowing;
	bool two_steps; /* what goes, goes in a transaction after that of what comes */
};
/*
 * The changes of lists of the local store's policy as a patch; those of the persistent store are compiled. Pure. false: the plan must be compiled anew (a new
 * shape, negotiation, a filter equal to another one goes...); `out` is empty then. Free the patch with
 * plan_patch_free().
 */
bool plan_patch_make(const struct plan *p, const struct facts *facts, const struct filter_change *changes,
    size_t n, struct plan_patch *out);
/* The same for a dynamic rule that goes and one that comes; either may be NULL. */
bool plan_patch_dynamic(const struct plan *p, const struct facts *facts, const struct dyn_rule *gone,
    const struct dyn_rule *came, struct plan_patch *out);
/* The plan becomes what plan_compile() would make of the changed policy. */
void plan_patch_commit(struct plan *p, const struct plan_patch *patch);
void plan_patch_free(struct plan_patch *patch);

/* Text form: what -n shows and goldens hold. Names rules and filters by `ps` names. */
void plan_print(const struct plan *p, struct buf *b);
/* One end of a filter: me, any, 10.0.0.0/8. */
void plan_side_print(const struct side *s, struct buf *b);
/* The policy that an entry came from, and its rule; NULL when it is of no store. */
const struct policy *plan_policy_of(const struct plan *p, const struct origin *o);
const struct rule *plan_rule_of(const struct plan *p, const struct origin *o);
/* The traffic of a filter, without what becomes of it and where it comes from. */
void plan_match_print(const struct plan_filter *f, struct buf *b);
/* What a filter says, without where it comes from: "ipv4 block any > me TCP dport 23". */
void plan_filter_say(const struct plan_filter *f, struct buf *b);
/* One filter as a line of it. */
void plan_filter_print(const struct plan *p, const struct plan_filter *f, struct buf *b);
void plan_free(struct plan *p);

#endif
