/*
 * Fragments of IKE messages (semantics §5.4): taking a message apart and putting one together. A pure state
 * machine: it is given the time, owns the memory of one unfinished message, and its bounds hold before anybody
 * is authenticated: count, bytes and age. One struct per exchange that may receive fragments.
 */
#ifndef IKE_CODEC_FRAG_H
#define IKE_CODEC_FRAG_H

#include "common/base/mono.h"
#include "ike/codec/codec.h"

enum {
	IKE_FRAG_HEADER_LEN = 8,     /* of the payload */
	IKE_FRAGS_MAX = 64,          /* fragments of a message; up to 29 have been seen */
	IKE_FRAG_BYTES_MAX = 32768,  /* bytes of a message */
	IKE_FRAG_AGE_S = 70,         /* seconds from the first fragment on */
	IKE_FRAG_PACKET_V4 = 576,    /* size of the IP packet that senders aim at */
	IKE_FRAG_PACKET_V6 = 1280,
};

enum ike_reasm_verdict {
	IKE_REASM_MORE, /* kept, or known already; wait for more */
	IKE_REASM_DONE, /* the message is whole */
	IKE_REASM_REFUSED, /* the fragment breaks a bound or contradicts another: `f` says why */
};

/* All zero is empty. */
struct ike_reasm {
	struct mono since;   /* of the first fragment */
	uint16_t id;         /* of the fragments being collected */
	uint8_t have, last;  /* how many; number of the last one, 0 = not seen */
	bool busy;
	size_t bytes;
	struct {
		uint8_t *p;
		size_t n;
	} *parts;            /* IKE_FRAGS_MAX of them while busy; heap */
};

/*
 * Takes one fragment. Another id than that being collected starts anew (the peer sends again); an age beyond the
 * bound does too. The first of two different fragments of one number stays, so an attacker who comes late gains
 * nothing; one who comes first costs a retransmission. On DONE the message is appended to `whole` (which
 * must be empty) and the state is empty again: decode it like a datagram.
 */
enum ike_reasm_verdict ike_reasm_add(struct ike_reasm *r, struct mono now, const struct ike_frag *frag,
    struct buf *whole, struct ike_fault *f);
/* When the unfinished message is to be forgotten; MONO_NEVER when there is none. */
struct mono ike_reasm_deadline(const struct ike_reasm *r);
/* Forgets what is unfinished and frees it; the state is empty. */
void ike_reasm_reset(struct ike_reasm *r);

/* How many fragments a message of `n` bytes becomes when each datagram holds at most `room` bytes; 0: it cannot be done. */
size_t ike_frag_count(size_t n, size_t room);
/*
 * Fragment `number` (1..count) of an encoded message, as a whole datagram: header of the original with next
 * payload 132 and the encryption flag cleared, one FRAG payload. 0, or -1 when it does not fit.
 */
int ike_frag_encode(struct span message, uint16_t id, size_t room, uint8_t number, struct wr *w);

#endif
