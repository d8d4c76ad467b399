/*
 * Private to ike/engine: the objects of an engine and what its files offer each other.
 *
 *	peer ──< mm ──< qm          a peer is a pair of addresses; everything of it hangs there
 *	             └─< reliable   deletes that wait for their answer
 *
 * core.c runs exchanges: it matches a row of a table, lets its handler decide, and alone writes the state, sends
 * and arms the timer. A handler (mm.c, qm.c) sees a struct step and fills it; it may ask for actions with an answer.
 */
#ifndef IKE_ENGINE_PRIVATE_H
#define IKE_ENGINE_PRIVATE_H

#include "ike/codec/codec.h"
#include "ike/codec/frag.h"
#include "ike/engine/engine.h"
#include "ike/engine/keymat.h"
#include "ike/engine/parts.h"
#include "ike/engine/proposal.h"

enum {
	IKE_PORT = 500, NATT_PORT = 4500,
	RETRIES = 6,            /* sendings of a message: semantics §5.5, waiting 1, 2, ... 32 s, then give up */
	QM_RETRIES = 4,         /* of quick mode: sooner, since it is the main mode then that is in doubt */
	FRAG_TRIES = 2,         /* after so many of them large messages go in fragments: §5.4 */
	BAD_MAX = 16,           /* wrong messages that one half-open main mode bears: each may cost a group operation */
	REPEATS_MAX = 12,       /* times that an answer is repeated for a repeated request */
	PATIENCE_S = 64,        /* a responder waits so long for the next message: the initiator's schedule and a bit */
	ACTION_S = 10,          /* for the answer to an action */
	ORPHAN_S = 120,         /* an answer nobody waits for may still bring an SPI */
	HINT_S = 3,             /* after an unprotected "no": so long a good answer may still come */
	OVERLAP_S = 30,         /* a renewed quick mode stays so long beside the new one */
	KEEPALIVE_S = 20,       /* semantics §5.3 */
	NLBS_IDLE_S = 60,       /* the most for a quick mode with a cluster, semantics §5.5 */
	WATCH_S = 15,           /* between looks at the use of an SA */
	DPD_TRIES = 3,          /* waiting 1, 2, 4 s: the first steps of semantics §5.5 */
	ENDING_S = 32,          /* a main mode whose reliable delete is on its way */
	BAD_SPI_S = 10,         /* one recovery of a peer in that time */
	NONCE_LEN = 32,         /* semantics §5.9 */
	MSGIDS = 16,            /* message ids that are remembered against repetition */
	ACQUIRES_MAX = 4096,    /* requests in work */
	STALLED_MAX = 1024,     /* requests that came to nothing and are remembered */
	KERNEL_ASKS_S = 30,     /* the kernel asks again after that time (net.core.xfrm_acq_expires) */
	PEER_MMS_MAX = 512,     /* main modes with one address, many of them behind one NAT */
	MM_QMS_MAX = 64,        /* unfinished quick modes that a peer may have begun with one main mode */
	MM_HALF_OPEN_FACTOR = 4, /* half-open main modes beyond so many times the threshold are refused, cookie or not */
	REASM_MAX = 64,         /* reassemblies of peers that are not authenticated */
	SCRATCH = 65536,
};

/* Bytes on the heap; wiped when they go. */
struct blob {
	uint8_t *p;
	size_t n;
};
void blob_set(struct blob *b, struct span s);
void blob_clear(struct blob *b);
static inline struct span blob_span(const struct blob *b)
{
	return span_of(b->p, b->n);
}

/* --- exchanges ------------------------------------------------------------------------------------------------ */

enum state {
	ST_NEW, ST_DEAD,
	MM_SA_SENT, MM_KE_SENT, MM_KEY_WAIT, MM_AUTH_SENT,  /* initiator */
	MM_SA_ANSWERED, MM_KE_ANSWERED, MM_KEY_READY,       /* responder */
	MM_UP, MM_ENDING,
	QM_SPI_WAIT, QM_SENT, QM_ANSWERED, QM_IN_WAIT, QM_OUT_WAIT, QM_UP, QM_SOFT,
	STATES
};
/* What sets a row off, beside a message of enum ike_msg_kind. */
enum trigger { ON_START = IKE_MSG_KINDS, ON_KEY, ON_SPIS, ON_ADDED, ON_PROOF };
/* What the timer of an exchange is for. */
enum wait {
	WAIT_KEEP,     /* in a row: as it is */
	WAIT_NOTHING,
	WAIT_REPLY,    /* we sent, and send again */
	WAIT_ACTION,   /* an answer to an action */
	WAIT_REQUEST,  /* responder: the peer's next message */
	WAIT_PROOF,    /* responder: quick mode 3, or traffic that proves as much */
	WAIT_CONFIRM,  /* initiator: quick mode 4, when the peer set the commit bit */
	WAIT_DONE,     /* over; the last answer is kept for repetition */
};
enum verdict {
	V_OK,     /* to the row's state; what is in `out` is sent */
	V_IGNORE, /* as if it had not come; why != IKE_OK: remember as the likely reason when it all fails */
	V_DOUBT,  /* the same, but the failure is counted and told, once */
	V_REJECT, /* it failed, tell the peer */
	V_FATAL,  /* it failed, say nothing */
};
struct xchg {
	struct timer timer;
	struct blob sent;      /* the last message of ours, for repetition */
	uint64_t got;          /* digest of the last message taken */
	uint32_t msgid;
	uint16_t hint;         /* enum ike_failure: what an unprotected message said */
	uint8_t state, wait;   /* written by core.c alone */
	uint8_t tries, repeats, bad; /* sendings, repeated answers, messages that were ignored */
	bool quick, initiator;
	bool told;             /* the hint came from the peer, or so it seems */
	bool large_ok;         /* `sent` may go in fragments: it has an ID payload, semantics §5.4 */
	uint8_t iv[CRYPTO_BLOCK_MAX];
};

/* --- objects ------------------------------------------------------------------------------------------------------ */

struct path {
	struct ike_end local, remote;
	uint32_t ifindex;
	bool natt; /* through port 4500 */
};

struct peer {
	struct node by_ip;
	struct ring dead;
	struct ip local, remote;
	struct ring mms, qms;
	uint32_t nmms, half_open;
	struct timer keepalive;
	struct path natt;         /* for keepalives */
	struct mono recovered;    /* when a bad SPI last made us act */
};

/* The time before a main mode is up. */
struct mm_setup {
	struct crypto_dh *dh;
	struct blob gx[2], nonce[2]; /* initiator's, responder's */
	struct blob sai;             /* body of the initiator's SA payload */
	struct blob held;            /* main mode 5 that came before the key */
	struct path held_path;       /* where from: behind a NAT from another port than main mode 3 */
	struct mm *mm;
	struct timer spare;          /* computes gxy while SKEYID is on its way */
	struct shared gxy;           /* n 0: not computed */
};
struct mm {
	struct xchg x;
	struct node by_cookie, by_start, by_id;
	struct ring all, in_peer;
	struct ring qms, reliable, ops;
	struct peer *peer;
	uint64_t id;
	uint8_t cookie[2][IKE_COOKIE_LEN];
	struct path path;
	const struct ike_mm_policy *policy;
	struct ike_mm_offer offer;
	struct guid secret;
	uint32_t life_s;
	struct ike_keys keys;
	uint8_t last_block[CRYPTO_BLOCK_MAX];
	struct mono since, up_at, until, heard;
	struct timer life, dpd;
	uint32_t nqms;               /* quick modes begun with it: what a limit of the policy counts */
	uint32_t nqms_up;            /* of them those that were established */
	uint32_t unfinished;         /* of the peer's */
	uint32_t msgids[MSGIDS], nmsgids;
	uint32_t dpd_sent, dpd_got;
	uint8_t dpd_tries;
	bool half_open, answered, spent, superseded, renewing;
	bool local_nat, remote_nat, natt_draft, may_natt;
	bool peer_dpd, peer_frag, peer_ms, peer_nlbs, peer_contact, fragments_seen, sent_contact;
	bool failed, told;           /* its failure was counted; the peer knows of it */
	bool linger;                 /* the peer deleted it, and may ask again */
	uint16_t frag_id;
	struct mm_setup *setup;      /* NULL once it is up */
	struct ike_reasm *reasm;     /* NULL: nothing is being put together */
	struct timer reasm_timer;
	char *remote_id;
};

/* An SPI of a quick mode in the tables. */
struct ref {
	struct node node;
	struct qm *qm;
	uint32_t spi; /* 0: none */
	uint8_t protocol;
	bool out, reserved; /* larval; neither: the kernel has it */
};
enum { AH, ESP, PROTOCOLS };

struct qm_setup {
	struct crypto_dh *dh;
	struct shared gxy;
	bool has_gxy;
	struct blob nonce[2];
	struct blob public_value;  /* ours */
	struct blob request;       /* responder: quick mode 1 in clear */
	unsigned waiting;          /* answers to actions that are due */
	bool failed;               /* one of them was no */
};
struct qm {
	struct xchg x;
	struct node by_sel, by_id;
	struct ring all, in_peer, in_mm, ops;
	struct peer *peer;
	struct mm *mm;             /* NULL: its main mode is gone */
	uint64_t id;
	const struct ike_rule *rule; /* NULL: the default response rule */
	const struct ike_qm_policy *policy;
	struct ike_selector sel;
	struct path path;
	struct ip original;        /* NAT-OA of the peer; IP_NONE: not translated, or it did not say */
	uint32_t reqid, rule_id, filter;
	uint32_t acquire;
	struct mono asked;         /* when the request came */
	bool soft, tunnel, encap, superseded, rekeying, commit, confirmed, used;
	bool peer_nlbs;            /* of its main mode, which may end before it */
	bool acquired, retried;    /* a request waits for it; it is the second attempt */
	struct ike_qm_choice choice;
	uint32_t life_s, life_kb;
	struct ref in[PROTOCOLS], out[PROTOCOLS];
	struct mono since, up_at, until, last_used;
	uint64_t bytes[2];         /* at the last look: in, out */
	uint8_t looking;           /* bits of `bytes` for which an answer is due */
	bool grew[2];
	struct timer life, watch, fallback;
	struct qm_setup *setup;    /* NULL once it is up */
};

/* A delete to a peer that answers deletes (semantics §5.9). */
struct reliable {
	struct ring in_mm;
	struct timer timer;
	struct blob sent, nonce;
	struct mm *mm;
	uint32_t msgid;
	uint8_t tries;
	uint8_t iv[CRYPTO_BLOCK_MAX];
};

/* An action that waits for its answer. */
struct op {
	struct node node;
	struct timer timer;  /* of an orphan */
	struct ring in_owner;
	uint32_t id;
	uint8_t kind;        /* enum ike_do */
	uint8_t which;       /* GET_SPI: AH or ESP; SA_QUERY: 0 in, 1 out */
	bool out;            /* SA_ADD */
	uint8_t protocol;
	struct ip src, dst;  /* GET_SPI: to give it back */
	struct mm *mm;       /* one of the two; both NULL: orphan */
	struct qm *qm;
};

struct queued {
	struct queued *next;
	struct ike_action a;
	struct ike_selector sel;
	size_t n;
	uint8_t bytes[]; /* what the action points to */
};

struct ike {
	struct ike_env env;
	const struct crypto *crypto;
	struct ike_profile *profile; /* NULL: none */
	struct mono now;
	struct hash_key key;
	struct heap heap;
	struct table peers, mm_cookies, mm_starts, mm_ids, qm_sels, qm_ids, spis, ops;
	struct ring mms, qms; /* by id */
	struct ring dead_mms, dead_qms, dead_peers; /* freed at the end of the call */
	uint64_t last_id;
	uint32_t last_op;
	struct queue {
		struct queued *first, **last;
	} urgent, events;            /* what is told of a step waits for what the step does */
	struct queued *taken;
	struct ike_stats stats;
	uint32_t half_open, reasms, acquires;
	struct stalled *stalled;
	size_t nstalled, cap_stalled;
	bool asking, trace, closed; /* cookies are asked for; ikelogging; shut down */
	uint8_t secret[50];      /* of cookies: semantics §5.10 */
	struct rate {
		struct mono from;
		uint32_t n;
	} told, traced;             /* in this second: lines and notifies that strangers cause; lines of the trace */
	struct arena arena;         /* of the call */
	uint8_t scratch[SCRATCH], scratch_out[SCRATCH];
};

/* One row of an exchange; see core.c. */
struct step {
	struct ike *ike;
	struct mm *mm;
	struct qm *qm; /* NULL: main mode */
	struct xchg *x;
	const struct ike_dgram *dgram; /* NULL: not set off by a message */
	const struct ike_msg *in;
	struct span raw;     /* `in` in clear */
	struct ike_msg out;  /* n != 0: to be sent */
	bool encrypt;
	uint8_t hash;        /* enum hash_kind: filled into the first payload of `out` */
	uint8_t iv[CRYPTO_BLOCK_MAX]; /* after `in` */
	enum ike_failure why;
	char detail[192];
};
enum hash_kind { HASH_NONE, HASH_1, HASH_2, HASH_3, HASH_DELETE_2 };
struct row {
	uint8_t from, on;  /* enum state; enum ike_msg_kind or enum trigger */
	bool initiator;
	enum verdict (*run)(struct step *s);
	uint8_t to, wait;
	const char *story;
};
extern const struct row mm_rows[], qm_rows[]; /* end with run NULL */

/* Sets why and detail; returns v. */
enum verdict verdict(struct step *s, enum verdict v, enum ike_failure why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* --- core.c ---------------------------------------------------------------------------------------------------- */

/* Sets off a row without a message. False: it failed and the object is gone. */
bool core_trigger(struct ike *ike, struct mm *mm, struct qm *qm, enum trigger on);
/* A main mode message that was held back, and the way it came. */
void core_held(struct ike *ike, struct mm *mm, const struct path *p, struct span datagram);
/* Puts an object into a state outside of the tables (soft, ending) with a timer. */
void core_set_state(struct ike *ike, struct xchg *x, enum state to, enum wait wait);
/* The bytes of an encrypted message in clear, in ike->scratch, and iv moved on. False: not possible. */
bool core_decrypt(struct ike *ike, const struct mm *mm, uint8_t iv[CRYPTO_BLOCK_MAX], struct span datagram,
    struct span *clear);
/* Decodes and checks; false: fault logged, counted. */
bool core_decode(struct ike *ike, const struct ike_dgram *d, struct span clear, enum ike_msg_kind kind,
    struct ike_msg *m, struct ike_fault *f);
/* A datagram for an exchange that is known. */
void core_input(struct ike *ike, struct mm *mm, struct qm *qm, const struct ike_dgram *d, const struct ike_header *h);
/* Counts and logs what is not a message. */
void core_refuse(struct ike *ike, const struct ike_dgram *d, const struct ike_fault *f);
/* Does it come from where the exchange is? Under keys it may come from a new port of a NAT. */
bool core_from_there(const struct mm *mm, const struct ike_dgram *d, bool encrypted);
/* Someone who proved to be the peer speaks from there. */
void core_heard(struct ike *ike, struct mm *mm, const struct ike_dgram *d);
extern const char *const state_names[STATES];

/* --- input.c ------------------------------------------------------------------------------------------------------ */

/* `whole`: put together from fragments, so it may not be one itself. */
void input_dispatch(struct ike *ike, const struct ike_dgram *d, bool whole);

/* --- send.c ------------------------------------------------------------------------------------------------------- */

/*
 * Encodes `m` with the cookies of `mm`, fills in the hash, encrypts with iv (moved on). The bytes are in
 * ike->scratch_out; empty: it cannot be done. ni: for HASH_2, HASH_DELETE_2.
 */
struct span send_encode(struct ike *ike, struct mm *mm, struct ike_msg *m, enum hash_kind hash, struct span ni,
    bool encrypt, uint8_t iv[CRYPTO_BLOCK_MAX]);
/* Sends bytes as they are; in fragments when `large_ok` and they are too large. */
void send_bytes(struct ike *ike, struct mm *mm, struct span bytes, bool large_ok);
void send_raw(struct ike *ike, const struct path *p, struct span bytes, bool keepalive);
/* A payload of n zeros for the hash that send_encode() fills in. */
void send_hash_room(struct step *s);
struct path path_of(const struct ike_dgram *d);

/* --- retransmit.c --------------------------------------------------------------------------------------------------- */

void xchg_init(struct xchg *x, bool quick, bool initiator, uint32_t msgid);
void xchg_fini(struct ike *ike, struct xchg *x);
/* Arms the timer for x->wait from the beginning. */
void xchg_arm(struct ike *ike, struct xchg *x);
/* Is it the message taken last? Then it is answered as it was, within bounds. */
bool xchg_is_repeat(struct ike *ike, struct mm *mm, struct xchg *x, struct span datagram);
void xchg_took(struct ike *ike, struct xchg *x, struct span datagram);
/* What a message that cannot be trusted makes likely: the reason, when nothing better comes. */
void xchg_hint(struct xchg *x, enum ike_failure why);
/* The peer, or who says to be, tells of a failure: the same, and fail soon. */
void xchg_told(struct ike *ike, struct xchg *x, enum ike_failure why);
/* Seconds before sending number `tries` + 1. */
struct dur retry_after(unsigned tries);

/* --- objects.c -------------------------------------------------------------------------------------------------------- */

struct peer *peer_get(struct ike *ike, const struct ip *local, const struct ip *remote);
struct peer *peer_find(struct ike *ike, const struct ip *local, const struct ip *remote);
struct mm *mm_new(struct ike *ike, struct peer *peer, const struct path *path, const struct ike_mm_policy *policy,
    bool initiator);
/* Enters or renews its keys in the tables of cookies. */
void mm_index(struct ike *ike, struct mm *mm);
/* By cookies as they stand in a header, from wherever. */
struct mm *mm_find(struct ike *ike, const struct ike_header *h);
/* A responder's, by the first message of the peer. */
struct mm *mm_find_start(struct ike *ike, const struct ike_header *h, const struct ike_dgram *d);
void mm_closed(struct ike *ike, struct mm *mm); /* no longer half-open */
void mm_drop_setup(struct ike *ike, struct mm *mm);
void mm_drop_reasm(struct ike *ike, struct mm *mm);
/*
 * Out of everything, keys wiped, state ST_DEAD; its quick modes go on without it. The memory goes with
 * objects_reap() at the end of the call, so whoever still has a pointer may look at the state.
 */
void mm_free(struct ike *ike, struct mm *mm);
/* The newest usable main mode of a peer under a policy; `begun`: one that we are negotiating will do. NULL: none. */
struct mm *mm_for(struct ike *ike, struct peer *peer, const struct ike_mm_policy *policy, bool begun);

struct qm *qm_new(struct ike *ike, struct peer *peer, const struct path *path, bool initiator, uint32_t msgid);
/* Its main mode, NULL = none. */
void qm_attach(struct qm *qm, struct mm *mm);
void qm_set_selector(struct ike *ike, struct qm *qm, uint32_t reqid, const struct ike_selector *sel);
void qm_drop_setup(struct ike *ike, struct qm *qm);
void qm_free(struct ike *ike, struct qm *qm);
struct qm *qm_by_msgid(struct mm *mm, uint32_t msgid);
/* The next one with that key after `from` (NULL = the first). */
struct qm *qm_by_selector(struct ike *ike, const struct peer *peer, uint32_t reqid, const struct ike_selector *sel,
    const struct qm *from);
void objects_reap(struct ike *ike);
/* A peer for which nothing came to be after all. */
void objects_peer_lost(struct ike *ike, struct peer *peer);
void ref_set(struct ike *ike, struct ref *r, const struct ip *dst, uint32_t spi);
void ref_clear(struct ike *ike, struct ref *r);
struct ref *ref_find(struct ike *ike, const struct ip *dst, uint8_t protocol, uint32_t spi);

/* --- queue.c ------------------------------------------------------------------------------------------------------------- */

void queue_init(struct queue *u);
/* A new action at the end of its queue with room for n bytes of its own, to be filled. */
struct queued *queue_add(struct ike *ike, enum ike_do kind, size_t n);
struct op *op_new(struct ike *ike, struct queued *q, struct mm *mm, struct qm *qm);
/* Nobody waits any more. */
void op_orphan_all(struct ike *ike, struct ring *ops);
void op_free(struct ike *ike, struct op *op);
void act_sa_del(struct ike *ike, const struct ip *src, const struct ip *dst, uint8_t protocol, uint32_t spi);
void act_acquire_done(struct ike *ike, uint32_t acquire, enum ike_failure why);

/* --- report.c --------------------------------------------------------------------------------------------------------------- */

void say(struct ike *ike, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* ikelogging only. */
void trace(struct ike *ike, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void trace_msg(struct ike *ike, bool sent, const struct path *p, const struct ike_msg *m);
/* Lines and messages that strangers cause: false when there were too many in this second. */
bool may_tell(struct ike *ike);
void event_mm(struct ike *ike, const struct mm *mm, enum ike_event_kind kind, enum ike_failure why, bool at_peer,
    const char *detail);
void event_qm(struct ike *ike, const struct qm *qm, enum ike_event_kind kind, enum ike_failure why, bool at_peer,
    const char *detail);
void count(struct ike *ike, enum ike_stat s);
void count_q(struct ike *ike, enum ike_qstat s);

/* --- mm.c ---------------------------------------------------------------------------------------------------------------------- */

struct mm *mm_begin(struct ike *ike, struct peer *peer, const struct path *path, const struct ike_mm_policy *policy);
/* Public values and nonces are exchanged: the keys need SKEYID, from a process that has the preshared key, and g^xy. */
void mm_await_key(struct ike *ike, struct mm *mm);
void mm_entered_up(struct ike *ike, struct mm *mm);
/* It failed before it was up: event, counters, whoever waits for it. */
void mm_fail(struct ike *ike, struct mm *mm, enum ike_failure why, bool at_peer, const char *detail);
/* Its failure is known, though a good message may still come. */
void mm_note_failure(struct ike *ike, struct mm *mm, enum ike_failure why, bool at_peer, const char *detail);
/* An established one ends; tell: with a delete to the peer. */
void mm_down(struct ike *ike, struct mm *mm, enum ike_failure why, bool tell);
/* Vendor ids of a first message. */
void mm_read_vendors(struct mm *mm, const struct ike_msg *m);

/* --- qm_life.c, qm.c, install.c -------------------------------------------------------------------------------------------------------------- */

/* Begins, or waits for its main mode. */
struct qm *qm_begin(struct ike *ike, struct mm *mm, const struct ike_rule *rule, const struct ike_selector *sel,
    uint32_t reqid);
void qm_entered_up(struct ike *ike, struct qm *qm);
void qm_fail(struct ike *ike, struct qm *qm, enum ike_failure why, bool at_peer, const char *detail);
/* tell: with a delete to the peer. */
void qm_down(struct ike *ike, struct qm *qm, enum ike_failure why, bool tell);
/* The request that made it, if any, is answered. */
void qm_acquire_done(struct ike *ike, struct qm *qm, enum ike_failure why);
void qm_set_acquire(struct ike *ike, struct qm *qm, uint32_t acquire, struct mono asked);
/* Nobody answers: the main mode may be dead, so once more with a new one. */
void qm_timeout(struct ike *ike, struct qm *qm, enum ike_failure why);
uint16_t qm_pfs_group(const struct ike_qm_policy *p, const struct mm *mm);
/* Identity payload <-> one side of a selector. */
struct ike_id id_of_side(const struct ip_prefix *side, uint8_t protocol, uint16_t port, uint8_t store[32]);
bool side_of_id(const struct ike_id *id, struct ip_prefix *side, uint8_t *protocol, uint16_t *port);

void install_ask_spi(struct ike *ike, struct qm *qm, size_t which);
void install_add(struct ike *ike, struct qm *qm, bool out);
/* All SAs of it and all reserved SPIs are given back. */
void install_remove(struct ike *ike, struct qm *qm);
void install_spi_answer(struct ike *ike, struct qm *qm, size_t which, const struct ike_result *r);
void install_add_answer(struct ike *ike, struct qm *qm, bool out, const struct ike_result *r);

/* --- info.c --------------------------------------------------------------------------------------------------------------------------- */

void info_input(struct ike *ike, struct mm *mm, const struct ike_dgram *d, const struct ike_header *h);
/* A notify under the protection of an established main mode. */
void info_notify(struct ike *ike, struct mm *mm, uint8_t protocol, uint16_t type, struct span spi, struct span data);
/* A notify in clear; cookies from the header it answers. Limited in rate. */
void info_notify_clear(struct ike *ike, const struct path *p, const struct ike_header *h, uint16_t type, struct span data);
/* What went wrong with an exchange, to the peer. */
void info_failure(struct ike *ike, struct mm *mm, struct qm *qm, enum ike_failure why);
void info_delete_qm(struct ike *ike, struct qm *qm);
/* True: the answer is awaited, the main mode must stay a while. */
bool info_delete_mm(struct ike *ike, struct mm *mm);
/* We have no SA of that SPI (any more). */
void info_delete_spi(struct ike *ike, struct mm *mm, uint8_t protocol, uint32_t spi);
void reliable_free(struct ike *ike, struct reliable *r);
/* Was a message of that id seen before? Remembers it. */
bool info_msgid_is_new(struct mm *mm, uint32_t msgid);

/* --- cookie.c ---------------------------------------------------------------------------------------------------------------------------- */

/* May a first message make a main mode? Answers with a cookie, or counts and drops, when it may not. */
bool cookie_admit(struct ike *ike, const struct ike_dgram *d, const struct ike_header *h, const struct peer *peer);
void cookie_fresh(struct ike *ike, uint8_t out[IKE_COOKIE_LEN]);

/* --- natt.c ------------------------------------------------------------------------------------------------------------------------------- */

void natt_put(struct step *s);               /* NAT-D payloads into main mode 3 and 4 */
void natt_read(struct step *s);              /* and out of them: are we, is the peer behind a NAT? */
void natt_float(struct mm *mm);              /* initiator: to port 4500 before main mode 5 */
void natt_moved(struct ike *ike, struct mm *mm, const struct ike_dgram *d); /* the peer speaks from elsewhere */
/* Packets of that association come from there now: it moves, and with it all that came from the same address and port. */
void natt_mapping(struct ike *ike, struct qm *qm, const struct ike_end *remote);
void natt_keepalive(struct ike *ike, struct mm *mm); /* begins when it is needed */
void natt_init(struct peer *peer);
void natt_put_original(struct step *s);      /* NAT-OA */
void natt_read_original(struct step *s);

/* --- dpd.c, watch.c, rekey.c, soft.c ---------------------------------------------------------------------------------------------------------- */

void dpd_worry(struct ike *ike, struct mm *mm);
void dpd_question(struct ike *ike, struct mm *mm, struct span data);
void dpd_answer(struct ike *ike, struct mm *mm, struct span data);
void dpd_fire(struct ike *ike, struct timer *t);

/* After how many seconds without traffic it ends; 0: never. */
uint32_t watch_idle_s(const struct ike *ike, const struct qm *qm);
void watch_start(struct ike *ike, struct qm *qm);
void watch_look(struct ike *ike, struct qm *qm);
void watch_fire(struct ike *ike, struct timer *t);
void watch_answer(struct ike *ike, struct qm *qm, size_t which, const struct ike_result *r);

void rekey_plan_mm(struct ike *ike, struct mm *mm);
void rekey_plan_qm(struct ike *ike, struct qm *qm);
void rekey_qm(struct ike *ike, struct qm *qm);
void rekey_mm_fire(struct ike *ike, struct timer *t);
void rekey_qm_fire(struct ike *ike, struct timer *t);
/* Older ones of the same traffic step back behind a new one. */
void rekey_supersede_qm(struct ike *ike, struct qm *qm);
void rekey_supersede_mm(struct ike *ike, struct mm *mm);

void soft_plan(struct ike *ike, struct qm *qm); /* when is the request to go on in clear? */
void soft_fire(struct ike *ike, struct timer *t);
void soft_answer(struct ike *ike, struct qm *soft, const struct ike_result *r);
void soft_down(struct ike *ike, struct qm *soft, enum ike_failure why);
void soft_end_peer(struct ike *ike, struct peer *peer); /* it knows IPsec after all */

/* --- command.c ---------------------------------------------------------------------------------------------------------------------------------- */

/* A quick mode for a rule, over the main mode that there is or a new one. NULL: it cannot be begun. */
struct qm *negotiate(struct ike *ike, const struct ike_rule *rule, const struct ike_selector *sel, const struct path *path);

/* A request that came at `asked` and is stalled: once more, if there is a rule for it and nothing answers it yet. */
void acquire_again(struct ike *ike, struct mono asked, const struct ike_cmd *c);

/* --- stalled.c ----------------------------------------------------------------------------------------------------------------------------------- */

void stalled_keep(struct ike *ike, struct mono since, const struct ike_cmd *c);
void stalled_keep_qm(struct ike *ike, const struct qm *qm); /* the request that it has failed */
void stalled_retry(struct ike *ike);                        /* the profile is a new one */
void stalled_free(struct ike *ike);

/* --- policy.c ------------------------------------------------------------------------------------------------------------------------------------ */

void policy_change(struct ike *ike, struct ike_profile *p);
void peer_down(struct ike *ike, struct peer *peer, struct mono before, const struct mm *but, enum ike_failure why, bool tell);

#endif
