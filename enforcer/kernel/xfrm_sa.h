/*
 * Private to the folder: security associations <-> XFRM messages, and what the kernel tells of them unasked. Pure. The
 * value is IKE's own (struct ike_sa), so that nothing is translated on its way from the negotiation to the kernel.
 *
 * Messages go into XFRM_SA_ROOM bytes, aligned as a struct nlmsghdr, which the caller wipes when a key was in them.
 */
#ifndef KERNEL_XFRM_SA_H
#define KERNEL_XFRM_SA_H

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>

#include "ike/engine/actions.h"

enum {
	XFRM_SA_ROOM = 2048,
	XFRM_SPI_MIN = 256, XFRM_SPI_MAX = UINT32_MAX, /* RFC 4303 §2.1: 1..255 are reserved */
	XFRM_WINDOW_MAX = 4096,                        /* the kernel's XFRMA_REPLAY_ESN_MAX, in packets */
};

/* Counters of packets, for an association that moves: a number used twice is a replay at the peer. */
struct xfrm_replay {
	uint32_t sent, received;                  /* the last number of either direction */
	uint32_t seen[XFRM_WINDOW_MAX / 32];      /* the window's bits, lowest first */
};
/* What it did so far. */
struct xfrm_carried {
	uint64_t bytes, packets; /* accepted */
	uint32_t replayed;       /* packets refused: a number that was seen before, or is older than the window */
	uint32_t forged;         /* packets refused: the integrity check failed */
};
struct xfrm_sa {
	struct ike_sa sa; /* `rule`, `filter` and `bundle` are unknown to the kernel: 0 */
	bool has_replay;
	struct xfrm_replay replay;
	/* As read: */
	struct xfrm_carried carried;
	int64_t added_s, used_s; /* seconds since 1970; 0: never */
};

/* XFRM_MSG_ALLOCSPI. The answer is a NEWSA with the sequence number, of which xfrm_get_spi() reads the SPI. */
void xfrm_put_allocspi(void *msg, uint32_t seq, const struct ike_sa_id *id, uint32_t reqid, bool tunnel, uint32_t acquire);
bool xfrm_get_spi(const struct nlmsghdr *nlh, struct ike_sa_id *out);
/*
 * XFRM_MSG_NEWSA, or for the keys of a reserved SPI (`update`) XFRM_MSG_UPDSA. Windows up to 32 packets travel as
 * the kernel always had them, larger ones as a bitmap of their own but without extended sequence numbers: IKEv1
 * negotiates none (RFC 4304 needs an attribute that Windows never had). Asks for an acknowledgement.
 * false: an algorithm or a key length is not of this kernel's table, or the window too large; nothing is written.
 */
bool xfrm_put_sa(void *msg, uint32_t seq, const struct xfrm_sa *sa, bool update);
/* XFRM_MSG_DELSA (acknowledged), XFRM_MSG_GETSA (answered with a NEWSA, or an error). */
void xfrm_put_sa_delete(void *msg, uint32_t seq, const struct ike_sa_id *id);
void xfrm_put_sa_get(void *msg, uint32_t seq, const struct ike_sa_id *id);
/*
 * NEWSA or UPDSA. Which end is ours the kernel does not know: `outbound` says how to read the selector. false: malformed,
 * or an association that xfrm_put_sa() cannot have written.
 */
bool xfrm_get_sa(const struct nlmsghdr *nlh, bool outbound, struct xfrm_sa *out);

/* --- events ---------------------------------------------------------------------------------------------------- */

/* The groups of NETLINK_XFRM that they come from, as bits for nl_open(). */
unsigned xfrm_sa_groups(void);

/*
 * XFRM_MSG_ACQUIRE -> the command for IKE, and the index of the policy by which the kernel asks. false: malformed, or no template of
 * ours asks (reqid). Of several templates (AH+ESP) the kernel asks for one after the other with the same reqid; IKE makes
 * both at once.
 */
bool xfrm_get_acquire(const struct nlmsghdr *nlh, struct ike_cmd *out, uint32_t *policy);
/*
 * Asks for a policy by its index (answered by a NEWPOLICY), and makes of that answer a request that says the same policy anew
 * (UPDPOLICY, acknowledged): then the kernel looks for keys for the packets that wait by it, at once. false: it does not fit
 * into XFRM_SA_ROOM, or is malformed.
 */
void xfrm_put_policy_get(void *msg, uint32_t seq, uint32_t index);
bool xfrm_put_policy_again(void *msg, uint32_t seq, const struct nlmsghdr *policy);
/* XFRM_MSG_EXPIRE. *reqid says whose it is. */
bool xfrm_get_expire(const struct nlmsghdr *nlh, struct ike_cmd *out, uint32_t *reqid);
/* DELSA: somebody deleted it. */
bool xfrm_get_gone(const struct nlmsghdr *nlh, struct ike_sa_id *out, uint32_t *reqid);
/* What the association of a NEWSA, UPDSA, EXPIRE or DELSA has carried. false: another message, or malformed. */
bool xfrm_get_carried(const struct nlmsghdr *nlh, struct xfrm_carried *out);
/* XFRM_MSG_MAPPING. */
bool xfrm_get_mapping(const struct nlmsghdr *nlh, struct ike_cmd *out, uint32_t *reqid);

#endif
