/*
 * What the three processes of ipsec-iked (proc.h) say to each other: a packet of a socket pair is one message. Pure.
 *
 * Every message: the header {magic u32, version u16, type u16, length u32, sequence u32}, then the body of that type;
 * `length` counts the body only. Numbers are big-endian. What does not fit exactly is refused, and so is what the process
 * at the other end may not say; who gets such a message ends, since both ends are one program.
 *
 * Key text travels in KEY, and what was made of it in SKEYID; whoever had one wipes bytes and value.
 */
#ifndef IKE_DAEMON_LINK_H
#define IKE_DAEMON_LINK_H

#include "common/base/err.h"
#include "common/base/guid.h"
#include "ike/crypto/crypto.h"

enum {
	LINK_MAGIC = 0x494B4431, /* "IKD1" */
	LINK_VERSION = 1,
	LINK_HEAD_BYTES = 16,
	LINK_NONCES_MAX = 512, /* Ni_b | Nr_b, 256 bytes each (RFC 2409 §5) */
	LINK_KEY_MAX = 1023,   /* bytes of a key's text (MODEL_TEXT_MAX) */
	LINK_MSG_MAX = LINK_HEAD_BYTES + 16 + 1 + 2 + LINK_KEY_MAX,
};

/* The processes, as bits. */
enum link_party { LINK_PARENT = 1, LINK_NET = 2, LINK_KEYS = 4, LINK_CHILD = LINK_NET | LINK_KEYS };

/* M(identifier, number, from, to, meaning). Numbers are never reused. */
/* clang-format off */
#define LINK_MESSAGES(M) \
	M(PRF, 1, NET, KEYS, "prf(preshared key, nonces) is wanted; answer: SKEYID") \
	M(SKEYID, 2, KEYS, NET, "the answer, with its sequence number") \
	M(WANT, 10, KEYS, PARENT, "the text of a key is wanted; answer: KEY") \
	M(KEY, 11, PARENT, KEYS, "the answer, with its sequence number") \
	M(READY, 20, CHILD, PARENT, "all is given up that is not needed") \
	M(LOST, 21, NET, PARENT, "there is no enforcer, or no more: connect") \
	M(ENFORCER, 22, PARENT, NET, "two descriptors come along: to the enforcer's policy and to its kernel") \
	M(STOP, 23, PARENT, NET, "say goodbye to all peers and end") \
	M(ASK, 24, PARENT, CHILD, "are you alive? answer: ALIVE, when its turn comes") \
	M(ALIVE, 25, CHILD, PARENT, "the answer")
/* clang-format on */

#define M(id, number, from, to, meaning) LINK_##id = number,
enum link_type { LINK_MESSAGES(M) };
#undef M

struct link_msg {
	uint16_t type; /* enum link_type */
	uint32_t seq;  /* of the question; 0 where there is none */
	union {
		struct {
			struct guid secret;
			uint8_t hash; /* enum crypto_hash */
			uint16_t n;
			uint8_t nonces[LINK_NONCES_MAX];
		} prf;
		struct {
			bool ok; /* false: there is no such key, or no such hash */
			struct secret skeyid;
		} skeyid;
		struct guid want;
		struct {
			bool found;
			uint16_t n;
			uint8_t text[LINK_KEY_MAX];
		} key;
	} u; /* the others: nothing */
};

/* Writes the message; returns its length. */
size_t link_encode(const struct link_msg *m, uint8_t out[LINK_MSG_MAX]);
/* Reads exactly one message that one of `from` may send to `to`. -1: LINK_BAD. */
int link_decode(const uint8_t *bytes, size_t n, unsigned from, unsigned to, struct link_msg *m, struct err *e);
/* Its name for log lines; NULL: there is no such type. */
const char *link_type_name(uint16_t type);

#endif
