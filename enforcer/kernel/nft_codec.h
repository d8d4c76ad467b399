/*
 * Private to the folder: nf_tables messages as pure functions. What we send to create an object has
 * the form in which the kernel dumps it, so decode(encode(x)) == x is a test of both.
 *
 * Marks on our objects: NFTA_TABLE_USERDATA holds the format version, rules and sets carry the
 * plan's own description of them (so a scan gives back values, not expressions to be understood),
 * elements a comment "rule R filter F" (or "persistent rule ...") that `nft list` shows. All are TLVs as nft's, of a type it
 * does not know and skips.
 */
#ifndef KERNEL_NFT_CODEC_H
#define KERNEL_NFT_CODEC_H

#include <libmnl/libmnl.h>

#include "enforcer/diff/ops.h"
#include "enforcer/kernel/kernel.h"

#define NFT_TABLE_NAME "ipsecsh"
#define NFT_GEN_SUFFIX "_g1" /* of the name of a set of generation 1; no name in a plan ends so */
#define NFT_GATE_NAME "ipsecsh_boot" /* that of ipsec-bootgate */

enum {
	NFT_SET_NAME = KSET_NAME + sizeof NFT_GEN_SUFFIX,
	NFT_BASE_PRIORITY = -5, /* before the tables of others at "filter" (0) */
	NFT_MSG_ROOM = 73728,   /* one message: a nest of at most 64 KB (u16 length), and its frame */
	NFT_UDATA_COMMENT = 0,      /* nft's type of comments, in all user data */
	NFT_UDATA_KEYBYTEORDER = 0, /* of sets */
	NFT_BYTEORDER_HOST = 1,
	NFT_UDATA_OURS = 0x49,
	NFT_RULE_UDATA = 16, /* bytes of a rule's description before the name of its set */
	NFT_TYPE_IPV4 = 7, /* nft's numbers of key types, 6 bits each in a concatenation */
	NFT_TYPE_IPV6 = 8,
	NFT_TYPE_PROTO = 12,
	NFT_TYPE_PORT = 13,
	NFT_TYPE_IFNAME = 41,
	NFT_TYPE_BITS = 6,
};

/* The word in an element's comment that says whose rule it is: enum owner; "" where none is needed. */
extern const char *const nft_owner_words[];

/* The name of the set in the kernel, by name and generation. */
void nft_set_name(const char *name, uint8_t gen, char out[NFT_SET_NAME]);
/* Deletes all elements of a set of our table; asks for an acknowledgement. */
void nft_encode_empty(void *msg, const char *set, uint32_t seq);
/* What the element of exactly that key has counted, where the message (of a dump of its set) has it; else nothing is set. */
int nft_decode_count_of(const struct nlmsghdr *nlh, const uint8_t *key, size_t n, uint64_t *packets, uint64_t *bytes,
    struct err *e);
/*
 * The next message of op i. `*at` is 0 at first and says how far the op is; false and no message
 * when all of it was said. `msg` has NFT_MSG_ROOM bytes, aligned as a struct nlmsghdr.
 */
bool nft_encode(const struct ops *o, size_t i, size_t *at, void *msg, uint32_t seq);
/* NFNL_MSG_BATCH_BEGIN or _END. */
void nft_encode_batch(void *msg, uint16_t type, uint32_t seq);
/* A dump request (NFT_MSG_GETTABLE, ...) about our table; `set` for elements only, else NULL. */
void nft_encode_dump(void *msg, uint16_t type, const char *set, uint32_t seq);
/* What is the number of the ruleset's generation? No dump. */
void nft_encode_getgen(void *msg, uint32_t seq);

/*
 * A scan under way: feed it the dumps of tables, chains, rules, sets, then elements; then finish.
 */
struct nft_scan {
	struct kstate *out;
	uint32_t chains; /* bits by enum nft_chain */
	uint8_t part;    /* of the rule before, when more parts must follow; 0 none */
	bool present, stale;
	size_t nelems;
};
/*
 * One message of the kernel; those about other tables are passed over. -1: malformed (NETLINK_BAD).
 */
int nft_decode(struct nft_scan *s, const struct nlmsghdr *nlh, struct err *e);
/*
 * Decides what the table is; empties the lists when it is not ours. Elements must be sorted
 * afterwards.
 */
void nft_decode_finish(struct nft_scan *s);
/*
 * A dump of the elements of a filter's set, or of rules: appends their counters. -1: malformed, or too many.
 */
int nft_decode_counts(const struct nlmsghdr *nlh, struct kernel_counts *out, struct err *e);
/* NFT_MSG_NEWGEN. false: malformed. */
bool nft_decode_gen(const struct nlmsghdr *nlh, uint32_t *gen);
/* Is the message, of any nf_tables type, about our table, or about the boot gate's as a whole? */
bool nft_decode_is_ours(const struct nlmsghdr *nlh);
/*
 * Which element (counted in the message) stands at that offset of a NEWSETELEM we made; false:
 * none.
 */
bool nft_decode_elem_at(const struct nlmsghdr *nlh, uint32_t offset, size_t *index);
/*
 * Length of a set's key in the kernel: key_len, except that a lone field is not padded to 4 bytes.
 */
size_t nft_key_bytes(const struct nft_set *s);
/* How many kernel rules one rule of the plan becomes. */
unsigned nft_rule_parts(const struct nft_rule *r);

#endif
