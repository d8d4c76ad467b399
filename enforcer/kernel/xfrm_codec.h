/* Private to the folder: XFRM policy messages as pure functions, both directions. */
#ifndef KERNEL_XFRM_CODEC_H
#define KERNEL_XFRM_CODEC_H

#include <libmnl/libmnl.h>

#include "enforcer/kernel/kernel.h"

enum { XFRM_MSG_ROOM = 1024, XFRM_TEMPLATES = 2 /* of a policy of ours, at most */ };

/*
 * The message of an XFRM op, or of its inverse; asks for an acknowledgement. `msg` has
 * XFRM_MSG_ROOM bytes, aligned as a struct nlmsghdr.
 */
void xfrm_encode(const struct ops *o, size_t i, bool inverse, void *msg, uint32_t seq);
void xfrm_encode_dump(void *msg, uint32_t seq);
/* A policy that is granted (kpol_is_granted()): makes or changes it for so many seconds (0: for ever), or deletes it. */
void xfrm_encode_granted(const struct kpol *k, bool gone, uint32_t life_s, void *msg, uint32_t seq);
/* Asks for it; answered as a dumped one. */
void xfrm_encode_granted_get(const struct kpol *k, void *msg, uint32_t seq);
/*
 * Is it one that was granted, by anybody: dumped, in an event about it (NEW-, UPD-, DELPOLICY), or expired (POLEXPIRE)? *out
 * has its direction, selector, index and protection; *used_s is when it was used last, in seconds since 1970 (0: never).
 */
bool xfrm_decode_granted(const struct nlmsghdr *nlh, struct kpol *out, int64_t *used_s);

enum xfrm_decoded {
	XFRM_BAD,   /* malformed */
	XFRM_OTHER, /* a policy that can never meet ours: of a socket, with a mark, an interface,
	               odd port masks */
	XFRM_POLICY,
};
/*
 * A policy as dumped (NEWPOLICY) or changed (NEW-, UPDPOLICY). Its origin is the rule of the reqid.
 */
enum xfrm_decoded xfrm_decode(const struct nlmsghdr *nlh, struct kpol *out);
/* Security associations: asking for all, one as dumped (false: malformed), deleting one. */
void xfrm_encode_sa_dump(void *msg, uint32_t seq);
bool xfrm_decode_sa(const struct nlmsghdr *nlh, struct kernel_sa *out);
void xfrm_encode_sa_delete(const struct kernel_sa *sa, void *msg, uint32_t seq);

/* Does the event (any message of the policy group) concern a policy of ours, or may it? */
bool xfrm_event_is_ours(const struct nlmsghdr *nlh);

#endif
