/* Private to the folder: what decoding a state and decoding its counters share (nft_decode.c). */
#ifndef KERNEL_NFT_PARTS_H
#define KERNEL_NFT_PARTS_H

#include "enforcer/kernel/nft_attrs.h"
#include "enforcer/kernel/nft_codec.h"

enum { NFT_ELEMS_MAX = 1 << 22 }; /* of all sets */

/* Is it a message of nf_tables; and of those about that table, by its attributes? */
bool nft_is(const struct nlmsghdr *h);
bool nft_names_table(const struct nlmsghdr *h, const struct nlattr *tb[NFA_ATTRS], const char *name);
/* The plan's own description of a rule; *part: which of the kernel rules that it became. false: not one of ours. */
bool nft_get_rule(const struct nlattr *tb[NFA_ATTRS], struct krule *k, uint8_t *part);
/* The line that an element's comment names; NULL: none does. false: it is no such comment. */
bool nft_get_origin(const struct nlattr *comment, struct origin *o);

#endif
