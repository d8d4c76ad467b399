/*
 * Private to enforcer/sas: the one list of what the kernel asked keys for (ACQUIRE) and has not got. It asks once in 30 s
 * (net.core.xfrm_acq_expires), while packets wait by the policy that asks. So
 *
 *	IKE comes, or comes back	it hears of what is open;
 *	keys came			the packets that wait by that policy may go;
 *	IKE got nothing			after a pause the kernel is made to forget that it asked: the next packet asks again.
 *
 * The pause keeps a peer that says no from being asked more than once in ASKED_PAUSE_S, and ASKED_FORGET_MS all of them
 * together: ten thousand that say no share a hundred attempts a second, and whoever finds no place waits for the kernel's 30 s.
 *
 * The kernel counts its requests, so each has the place of its number modulo ASKED_MAX. Every call takes the same time however
 * many there are (but asked_again(), which looks at all of them), and where a newer one needs the place the oldest goes: the kernel
 * tries its packets again alone. Pure.
 */
#ifndef SAS_ASKED_H
#define SAS_ASKED_H

#include "ike/engine/actions.h"

enum {
	ASKED_MAX = 1 << 14,
	ASKED_PAUSE_S = 5,
	ASKED_FORGET_MS = 10, /* between two */
};

struct asked_one {
	struct mono at;
	struct ike_cmd c; /* ACQUIRE; its number is 0 where the place is empty */
	uint32_t policy;  /* the kernel's index of it */
	bool owed;        /* IKE is to hear of it again */
	bool vain;        /* it is in that ring */
};
/* One that came to nothing. */
struct asked_vain {
	struct mono until; /* the end of its pause */
	uint32_t acquire;
};
struct asked {
	struct asked_one *v;      /* ASKED_MAX places, or NULL; owned */
	struct asked_vain *vain;  /* likewise: a ring of nvain from first_vain on, in order of time */
	size_t first_vain, nvain;
	struct mono next;         /* nothing is forgotten before */
	uint32_t newest;          /* the last number */
	size_t owed_at, nowed;    /* where to look for the first of nowed */
};
void asked_fini(struct asked *a);
/* `c` is an ACQUIRE of the kernel's; its packets wait by that policy. */
void asked_note(struct asked *a, struct mono now, const struct ike_cmd *c, uint32_t policy);
/* Its keys are there: no longer open. false: it is not known. */
bool asked_answered(struct asked *a, uint32_t acquire, uint32_t *policy);
/* It came to nothing, so far. */
void asked_failed(struct asked *a, struct mono now, uint32_t acquire);
/* When asked_forget() has something; MONO_NEVER. */
struct mono asked_due(const struct asked *a);
/* The next one that the kernel is to forget now, which is no longer open here. false: none. */
bool asked_forget(struct asked *a, struct mono now, struct ike_cmd *out);
/* IKE is another now, and is owed whatever is open. */
void asked_again(struct asked *a, struct mono now);
/* The oldest that is owed, or NULL; and it was told. */
const struct ike_cmd *asked_owed(struct asked *a);
void asked_told(struct asked *a);

#endif
