/*
 * Proposals: policy -> SA payload, and an offered SA payload against policy -> what is chosen, or why nothing is. Pure;
 * the same functions check the answer of a responder (it must be one of ours, RFC 2408 §4.2).
 *
 * Order (semantics §4.7): an initiator offers its methods in list order, most preferred first; a responder takes
 * the first of the initiator's that its own policy allows, in the initiator's order. Unknown attributes never
 * abort (semantics §5.9): a transform that has one is just not taken; those of the private range are ignored, as they mean
 * something only to ends that agreed on them (RFC 2409 App. A, RFC 2407 §4.5).
 */
#ifndef IKE_ENGINE_PROPOSAL_H
#define IKE_ENGINE_PROPOSAL_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "ike/codec/codec.h"
#include "ike/engine/profile.h"

/* Why an offer was refused: of all that was offered and all that we would take, the pair that went furthest. */
struct ike_refusal {
	const char *field;  /* the first that differs: "cipher", "key length", "hash", "group", "mode"; "" = nothing was refused */
	uint8_t proposal, transform; /* numbers of the offer (AH+ESP: of the part that differs) */
	uint32_t offered, wanted;    /* the field's values on the wire; 0 = not given */
	char text[160];     /* "offered cipher 3DES, wanted AES-CBC (proposal 1, transform 2)" */
};

/* --- main mode ------------------------------------------------------------------------------------------------ */

/* What both agreed on in main mode. */
struct ike_mm_choice {
	struct ike_mm_offer offer;
	struct ike_auth auth;
	uint32_t life_s;  /* to apply: the shorter of ours and the peer's (semantics §4.3: nobody says so to the other) */
	uint32_t life_kb; /* the peer's, 0 = none */
	size_t proposal, transform; /* indexes into the offered payload, for ike_mm_answer() */
};
/*
 * One proposal, one transform for each method and offer (semantics §4.7: new groups first as the list has them, the
 * list repeated for each authentication method the engine can do). Seconds are always proposed (0 = 28800).
 */
void ike_mm_propose(const struct ike_mm_policy *p, struct arena *a, struct ike_sa_payload *out);
/* Responder. IKE_OK, or POLICY_MATCH with `why`; PROCESS_ERR_PROP when it is no main mode proposal. */
enum ike_failure ike_mm_choose(const struct ike_mm_policy *p, const struct ike_sa_payload *offered,
    struct ike_mm_choice *out, struct ike_refusal *why);
/*
 * The SA payload of the answer: the chosen transform as it came (RFC 2408 §4.2: "MUST NOT be modified"), unknown attributes too.
 */
void ike_mm_answer(const struct ike_sa_payload *offered, const struct ike_mm_choice *chosen, struct arena *a,
    struct ike_sa_payload *out);
/* Initiator: the answer must be exactly one transform that we offered. IKE_OK, or ATTRIB_FAIL with `why`. */
enum ike_failure ike_mm_accept(const struct ike_mm_policy *p, const struct ike_sa_payload *answer,
    struct ike_mm_choice *out, struct ike_refusal *why);

/* --- quick mode ----------------------------------------------------------------------------------------------- */

/* What a quick mode asks beside its offers. */
struct ike_qm_terms {
	bool tunnel;
	uint16_t group;     /* PFS group on the wire, resolved (IKE_PFS_MM is that of the main mode); 0 = none */
	bool udp_encap;     /* NAT between us: encapsulation modes 3, 4 (RFC 3947 §5.1), or draft 02's when `draft` */
	bool draft;
	uint32_t ah_spi, esp_spi; /* ours, to be put into proposals or the answer; 0 = not to be had yet */
};
struct ike_qm_choice {
	struct ike_qm_offer offer; /* with the lifetimes to use (see below) */
	uint16_t group;            /* PFS group, 0 = none */
	bool tunnel;
	uint32_t ah_spi, esp_spi;  /* the peer's */
	size_t ah, esp;            /* indexes of its proposals in the offered payload, and of their transforms, */
	size_t ah_transform, esp_transform; /* for ike_qm_answer() */
	bool tell_life_s, tell_life_kb; /* responder: ours is shorter, say so with RESPONDER-LIFETIME (RFC 2407 §4.6.3.1) */
};
/*
 * Each offer is one proposal number, AH+ESP two proposals of one number, AH first (semantics §4.7). Offers need the SPI
 * of each protocol they use. Lifetimes that are 0 are not proposed (semantics §4.3).
 */
void ike_qm_propose(const struct ike_qm_policy *p, const struct ike_qm_terms *t, struct arena *a,
    struct ike_sa_payload *out);
/*
 * Responder. Lifetime: the peer's when it is shorter, otherwise our own and tell_life_* is set (semantics §4.3); a peer
 * that proposes none leaves ours, and no word about it. With policy PFS the group must be ours; without, any group we
 * know is taken (RFC 2409 §5.5 leaves that to policy; more PFS than asked is no harm).
 */
enum ike_failure ike_qm_choose(const struct ike_qm_policy *p, const struct ike_qm_terms *t,
    const struct ike_sa_payload *offered, struct ike_qm_choice *out, struct ike_refusal *why);
void ike_qm_answer(const struct ike_sa_payload *offered, const struct ike_qm_choice *chosen,
    const struct ike_qm_terms *t, struct arena *a, struct ike_sa_payload *out);
enum ike_failure ike_qm_accept(const struct ike_qm_policy *p, const struct ike_qm_terms *t,
    const struct ike_sa_payload *answer, struct ike_qm_choice *out, struct ike_refusal *why);

/*
 * The lifetimes in a RESPONDER-LIFETIME notify (RFC 2407 §4.6.3.1): attributes in its data. They shorten those of the choice.
 * IKE_OK, PROCESS_ERR_NOTIFY, or INVALID_RESPONDER_LIFETIME_NOTIFY below IKE_LIFE_S_MIN or IKE_LIFE_KB_MIN.
 */
enum { IKE_LIFE_S_MIN = 60, IKE_LIFE_KB_MIN = 1024 };
enum ike_failure ike_lifetime_read(struct span data, struct ike_qm_choice *choice);
/* The data of such a notify for what tell_life_* say; empty when they say nothing. */
void ike_lifetime_write(const struct ike_qm_choice *choice, struct wr *w);
/* What both sides apply: 0 becomes IKE_QM_LIFE_S, IKE_QM_LIFE_KB. */
void ike_qm_life(const struct ike_qm_choice *choice, uint32_t *seconds, uint32_t *kilobytes);

#endif
