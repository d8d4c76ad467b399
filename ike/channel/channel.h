/*
 * The channel between the IKE process that talks to the network (*net*) and the enforcer: a Unix SOCK_SEQPACKET
 * socket, so one packet is one message. The enforcer's side is two parties, since one may write the kernel and the
 * other knows the policy: *kernel* and *policy*. They may share a socket or have one each; IKC_MESSAGES says who sends
 * what to whom, and a decoder refuses what the other end may not send.
 *
 * Every message: the header {magic u32, version u16, type u16, length u32, sequence u32}, then the body of that type;
 * `length` counts the body only. All numbers are big-endian, of fixed width. What does not fit exactly is refused: no
 * unknown types, no rest, no number out of its range. Whoever gets such a message closes the channel: both ends are
 * ours, so it is a fault or an attack.
 *
 * Sequence numbers: an answer carries that of its request (*net* to *kernel*: the `op` of the engine's action). 0: no
 * answer is wanted, or it is none.
 *
 * Keys travel in IKC_SA_ADD and nowhere else. Whoever had one in memory wipes both the bytes and the value
 * (ikc_wipe(), secret_wipe()); log lines are made from ikc_type_name() alone.
 *
 * Bump IKC_VERSION whenever the bytes of any message change.
 */
#ifndef IKE_CHANNEL_CHANNEL_H
#define IKE_CHANNEL_CHANNEL_H

#include "common/base/err.h"
#include "ike/engine/engine.h"

enum {
	IKC_MAGIC = 0x494B4331, /* "IKC1" */
	IKC_VERSION = 2,
	IKC_HEAD_BYTES = 16,
	IKC_BODY_MAX = 16384,
	IKC_MSG_MAX = IKC_HEAD_BYTES + IKC_BODY_MAX,
	IKC_TEXT_MAX = 256,          /* bytes of a text, NUL included; longer ones are cut */
	IKC_RULES_MAX = 128,         /* rules of one message */
	IKC_PAGE_MAX = 32,           /* associations of one page of a listing */
	IKC_PROFILE_RULES_MAX = 1 << 19, /* rules of one profile */
	IKC_PROFILE_POLICIES_MAX = 4096, /* main mode policies, and quick mode policies, of one profile */
};

/* Who may send it, and to whom. As bits, so that one end of a socket may be two parties. */
enum ikc_party { IKC_NET = 1, IKC_POLICY = 2, IKC_KERNEL = 4, IKC_ENFORCER = IKC_POLICY | IKC_KERNEL };

/* M(identifier, number, from, to, meaning). Numbers are never reused. The member of ikc_msg.u stands at its struct. */
/* clang-format off */
#define IKC_MESSAGES(M) \
	M(PROFILE_BEGIN, 1, POLICY, NET, "a profile follows, with so many parts") \
	M(MM_POLICY, 2, POLICY, NET, "its next main mode policy") \
	M(QM_POLICY, 3, POLICY, NET, "its next quick mode policy") \
	M(RULES, 4, POLICY, NET, "its next rules") \
	M(PROFILE_END, 5, POLICY, NET, "it is complete; answer: PROFILE_DONE") \
	M(DELETE, 6, POLICY, NET, "an administrator ends associations") \
	M(SHUTDOWN, 7, POLICY, NET, "say goodbye to all peers and end") \
	M(LOGGING, 8, POLICY, NET, "ikelogging on or off") \
	M(LIST, 9, POLICY, NET, "the next page of a listing; answer: MMSAS or QMSAS") \
	M(COUNT, 10, POLICY, NET, "the counters; answer: COUNTS") \
	M(ACQUIRE, 20, KERNEL, NET, "a packet waits for an association") \
	M(EXPIRE, 21, KERNEL, NET, "an association reached its soft or hard limit") \
	M(MAPPING, 22, KERNEL, NET, "a peer behind a NAT was seen under a new address or port") \
	M(BAD_SPI, 23, KERNEL, NET, "a packet came with an SPI that does not exist") \
	M(RESULT, 24, KERNEL, NET, "the answer to GET_SPI, SA_ADD, SA_QUERY, SOFT_ADD and SOFT_QUERY") \
	M(GET_SPI, 40, NET, KERNEL, "reserve an SPI") \
	M(SA_ADD, 41, NET, KERNEL, "keys for a reserved SPI, or a new outbound association") \
	M(SA_DEL, 42, NET, KERNEL, "an association, or a reserved SPI, is no longer needed") \
	M(SA_MOVE, 43, NET, KERNEL, "the association's outer ends are others now") \
	M(SA_QUERY, 44, NET, KERNEL, "how much did it carry, and when last?") \
	M(ACQUIRE_DONE, 45, NET, KERNEL, "the kernel may forget its request") \
	M(SOFT_ADD, 46, NET, KERNEL, "traffic may pass in clear: the peer never answered") \
	M(SOFT_DEL, 47, NET, KERNEL, "no longer") \
	M(SOFT_QUERY, 48, NET, KERNEL, "how much passed in clear, and when last?") \
	M(READY, 60, NET, POLICY, "ready for a profile") \
	M(PROFILE_DONE, 61, NET, POLICY, "the profile is in force") \
	M(MMSAS, 62, NET, POLICY, "a page of main mode associations") \
	M(QMSAS, 63, NET, POLICY, "a page of quick mode associations") \
	M(COUNTS, 64, NET, POLICY, "the counters") \
	M(EVENT, 65, NET, POLICY, "something for the journal and for waiting commands")
/* clang-format on */

#define M(id, number, from, to, meaning) IKC_##id = number,
enum ikc_type { IKC_MESSAGES(M) };
#undef M

/* --- policy to net --------------------------------------------------------------------------------------------- */

/* PROFILE_BEGIN. All of struct ike_profile that is no list. */
struct ikc_begin {
	uint64_t generation;
	uint32_t nmm, nqm, nrules; /* what follows, in this order */
	uint32_t default_mm, default_qm; /* index of the policy + 1; 0: there is no default response rule */
	uint32_t default_reqid, default_rule;
	bool dpd, nat_traversal, fragmentation;
	uint32_t idle_s, fallback_ms, half_open_on, half_open_off, half_open_peer;
};
/* RULES. The pointers of a rule travel as indexes; in `rule` they are NULL. */
struct ikc_rule {
	struct ike_rule rule;
	uint32_t mm, qm;
};
struct ikc_rules {
	size_t n; /* at least 1 */
	struct ikc_rule v[IKC_RULES_MAX];
};
/* LIST. */
struct ikc_list {
	bool quick;     /* quick mode associations, otherwise main mode */
	uint64_t after; /* id of the last one known; 0 from the beginning */
};

/* --- kernel to net --------------------------------------------------------------------------------------------- */

/* RESULT. Which of the members counts is known by the request. Not for IKE_DO_PSK_PRF: that is another channel. */
struct ikc_result {
	bool ok;
	uint32_t spi;
	uint64_t bytes, packets;
	struct mono last_use; /* of CLOCK_MONOTONIC, which all processes of the host share; MONO_NEVER */
};

/* --- net to kernel ----------------------------------------------------------------------------------------------- */

/* GET_SPI, SA_MOVE, SOFT_*: the members of ike_action.u under a name. */
struct ikc_get_spi {
	struct ip src, dst;
	uint8_t protocol; /* IKE_PROTO_AH or IKE_PROTO_ESP */
	uint32_t reqid;
	bool tunnel;
	uint32_t acquire;
};
struct ikc_move {
	struct ike_sa_id sa;
	struct ike_end local, remote;
};
struct ikc_soft {
	uint64_t id;
	struct ike_selector sel;
	uint32_t reqid;
	struct dur life;
};
struct ikc_acquire_done {
	uint32_t acquire;
	uint32_t why; /* enum ike_failure */
};

/* --- net to policy ----------------------------------------------------------------------------------------------- */

/* EVENT. `event.sel` and `event.detail` point into the message: it is not copied by assignment. */
struct ikc_event {
	struct ike_event event;
	struct ike_selector sel;
	char detail[IKC_TEXT_MAX];
};
struct ikc_mmsas {
	bool more;
	size_t n; /* at least 1 when there is more */
	struct ike_mmsa_info v[IKC_PAGE_MAX];
};
struct ikc_qmsas {
	bool more;
	size_t n;
	struct ike_qmsa_info v[IKC_PAGE_MAX];
};

/* --- the message ------------------------------------------------------------------------------------------------- */

struct ikc_msg {
	uint16_t type; /* enum ikc_type: which member of u */
	uint32_t seq;
	union {
		struct ikc_begin begin;
		struct ike_mm_policy mm;
		struct ike_qm_policy qm;
		struct ikc_rules rules;
		bool logging;
		struct ikc_list list;
		struct ike_cmd cmd;      /* DELETE, ACQUIRE, EXPIRE, MAPPING, BAD_SPI: the command for ike_command() */
		struct ikc_result result;
		struct ikc_get_spi get_spi;
		struct ike_sa sa;        /* SA_ADD */
		struct ike_sa_id sa_id;  /* SA_DEL, SA_QUERY */
		struct ikc_move move;
		struct ikc_acquire_done acquire_done;
		struct ikc_soft soft;    /* SOFT_ADD, SOFT_DEL, SOFT_QUERY */
		uint64_t generation;     /* PROFILE_DONE */
		struct ikc_mmsas mmsas;
		struct ikc_qmsas qmsas;
		struct ike_stats stats;
		struct ikc_event event;
	} u; /* PROFILE_END, SHUTDOWN, COUNT, READY: nothing */
};

/* "SA_ADD"; NULL: there is no such message. */
const char *ikc_type_name(uint16_t type);
/* Who may send it (enum ikc_party); 0: there is no such message. */
unsigned ikc_type_from(uint16_t type);

/*
 * Writes the message; returns its length. All bodies fit by construction. The caller wipes `out` after an SA_ADD.
 */
size_t ikc_encode(const struct ikc_msg *m, uint8_t out[IKC_MSG_MAX]);
/*
 * Reads exactly one message of one of `from` (enum ikc_party, or-ed). -1 with IPC_BAD when anything is off. It is well
 * formed then; whether it may be granted is the broker's business.
 */
int ikc_decode(const uint8_t *bytes, size_t n, unsigned from, struct ikc_msg *m, struct err *e);
/* Overwrites the whole message. */
void ikc_wipe(struct ikc_msg *m);

/* The message of an action that goes to *kernel* or *policy*; false: SEND and PSK_PRF are not for this channel. */
bool ikc_from_action(const struct ike_action *a, struct ikc_msg *m);
/* RESULT -> the answer for ike_done() to an action of that kind. */
struct ike_result ikc_to_result(const struct ikc_result *r, enum ike_do kind);

/* --- profiles in parts (profile.c): pure ------------------------------------------------------------------------ */

/* A profile as the list of its messages. Borrows the profile. */
struct ikc_parts {
	const struct ike_profile *profile;
	const struct ike_mm_policy **mm; /* owned; each once, sorted by address */
	const struct ike_qm_policy **qm;
	size_t nmm, nqm;
	size_t n; /* messages */
};
/* Free with ikc_parts_fini(). -1 with IPC_BAD: the profile is beyond the bounds above. */
int ikc_parts_init(struct ikc_parts *p, const struct ike_profile *profile, struct err *e);
/* The i-th of p->n, all of it but `seq`. */
void ikc_parts_get(const struct ikc_parts *p, size_t i, struct ikc_msg *m);
void ikc_parts_fini(struct ikc_parts *p);

/* The other end: a profile that is coming in. All zero: none is. */
struct ikc_assembly {
	struct ike_profile *profile; /* owned */
	struct ike_mm_policy *mm;    /* in the profile's arena */
	struct ike_qm_policy *qm;
	struct ikc_begin want;
	uint32_t nmm, nqm;
};
/*
 * Takes a PROFILE_BEGIN, MM_POLICY, QM_POLICY, RULES or PROFILE_END. 1: *out is the whole profile, the caller's; 0: more
 * is to come; -1 with IPC_BAD: this part was not due. A new beginning forgets what came before.
 */
int ikc_assemble(struct ikc_assembly *a, const struct ikc_msg *m, struct ike_profile **out, struct err *e);
void ikc_assembly_fini(struct ikc_assembly *a);

#endif
