/* Private to the folder: what the nf_tables encoders share. */
#ifndef KERNEL_NFT_PUT_H
#define KERNEL_NFT_PUT_H

#include "enforcer/kernel/nft_codec.h"

/* Starts a message of the inet family; `type` is NFT_MSG_*. */
struct nlmsghdr *nft_put_header(void *msg, int type, int flags, uint32_t seq);
/* Numbers in nf_tables are big-endian. */
void nft_put_be32(struct nlmsghdr *h, uint16_t attr, uint32_t v);
void nft_put_value(struct nlmsghdr *h, uint16_t attr, const void *bytes, size_t n);
/* `chain` for NFT_GOTO, else NULL. */
void nft_put_verdict(struct nlmsghdr *h, uint16_t attr, uint32_t code, const char *chain);
/*
 * One of the kernel's rules that rule `k` becomes (nft_rule_parts). `o` holds the definition of its
 * set.
 */
void nft_encode_rule(
    const struct ops *o, const struct krule *k, unsigned part, void *msg, uint32_t seq);

#endif
