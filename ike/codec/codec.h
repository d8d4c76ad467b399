/*
 * IKEv1 messages as values (RFC 2408 §3): bytes -> struct ike_msg -> bytes. Pure: no keys, no state, no
 * policy; parsing has no consequences. What a payload or an attribute means is the engine's affair, so what is
 * not known stays in the value as data and comes out again: decode(encode(m)) == m.
 *
 * How a receiver uses it:
 *	ike_header_decode()     the 28 bytes, against the length of the datagram
 *	(decrypt body in place when IKE_F_ENCRYPTED is set)
 *	ike_payloads_decode()   the chain of payloads
 *	ike_msg_check()         are these the payloads that this message of the exchange must have?
 * and a sender:
 *	fill struct ike_msg; ike_encode(); patch hashes at payload.at; encrypt in place.
 *
 * Memory: arrays live in the caller's arena, bytes are borrowed from the datagram. Every count is bounded below, so
 * one datagram costs at most some 100 KB of arena.
 */
#ifndef IKE_CODEC_CODEC_H
#define IKE_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/ip.h"
#include "common/base/rd.h"
#include "common/base/wr.h"
#include "ike/codec/failure.h"
#include "ike/codec/numbers.h"

enum {
	IKE_COOKIE_LEN = 8,     /* RFC 2408 §3.1 */
	IKE_HEADER_LEN = 28,    /* RFC 2408 §3.1 */
	IKE_GENERIC_LEN = 4,    /* RFC 2408 §3.2 */
	IKE_VERSION = 0x10,     /* major 1, minor 0 */
	IKE_MSG_MAX = 65507,    /* the largest UDP payload */
	IKE_PAYLOADS_MAX = 64,  /* payloads of one message */
	IKE_PROPOSALS_MAX = 64, /* proposals of one SA payload */
	IKE_TRANSFORMS_MAX = 256, /* transforms of one SA payload, all proposals together */
	IKE_ATTRS_MAX = 32,     /* attributes of one transform */
	IKE_SPI_MAX = 16,       /* RFC 2408 §3.5: an ISAKMP SPI may have up to 16 bytes */
	IKE_DELETE_SPIS_MAX = 128,
	IKE_NONCE_MIN = 8,      /* RFC 2409 §5 */
	IKE_NONCE_MAX = 256,
};

/* --- what went wrong ------------------------------------------------------------------------------- */

/*
 * Why bytes are not a message, or not the message that was due. A small value and not a struct err, since it is
 * made for every stray datagram: no formatting until somebody wants to read it.
 */
struct ike_fault {
	enum ike_failure code; /* IKE_OK: no fault */
	uint8_t payload;       /* enum ike_payload_type in which it was found; 0 = the header or the chain */
	uint16_t at;           /* offset in the bytes that were given to the decoder */
	const char *why;       /* static text: "the length is beyond the end" */
};

/* "SA payload at 28: the length is beyond the end (PROCESS_ERR_SA 13830)". */
void ike_fault_print(const struct ike_fault *f, struct buf *b);

/* --- header ------------------------------------------------------------------------------------------ */

/* RFC 2408 §3.1. */
struct ike_header {
	uint8_t icookie[IKE_COOKIE_LEN], rcookie[IKE_COOKIE_LEN];
	uint8_t next;     /* enum ike_payload_type of the first payload */
	uint8_t version;
	uint8_t exchange; /* enum ike_exchange, or a number we do not know */
	uint8_t flags;    /* IKE_F_* */
	uint32_t msgid;
	uint32_t length;  /* whole message, header included; set by ike_encode() */
};

/*
 * The header at the start of a whole datagram (without a non-ESP marker). Checked: the datagram holds it, its
 * length is that of the datagram, major version 1, no unknown flags, the initiator's cookie is not zero
 * (RFC 2408 §5.2). Not checked: exchange, cookies, message id - that needs state. 0, or -1 with `f` set.
 */
int ike_header_decode(struct span datagram, struct ike_header *h, struct ike_fault *f);

/* --- attributes, proposals, transforms ----------------------------------------------------------------- */

/* RFC 2408 §3.3. */
struct ike_attr {
	uint16_t type; /* without the format bit */
	bool basic;    /* TV: `value`, two bytes; otherwise TLV: `data` */
	uint16_t value;
	struct span data;
};

/* The number of an attribute in either form; false for a TLV that is empty, or larger than 64 bits. */
bool ike_attr_number(const struct ike_attr *a, uint64_t *out);
/* An attribute with a number: basic when it fits 16 bits, otherwise four bytes of TLV, which point into `store`. */
struct ike_attr ike_attr_of(uint16_t type, uint32_t value, uint8_t store[4]);
/* A list of attributes that fills all of `bytes` (a transform, the data of RESPONDER-LIFETIME); false: damaged, or too many. */
bool ike_attrs_decode(struct span bytes, struct ike_attr *out, size_t max, size_t *n);
void ike_attr_encode(const struct ike_attr *a, struct wr *w);

/* RFC 2408 §3.6. */
struct ike_transform {
	uint8_t number, id; /* id: enum ike_ah_transform / ike_esp_transform / IKE_T_KEY_IKE by protocol */
	size_t nattrs;
	struct ike_attr *attrs;
};
/* RFC 2408 §3.5. Proposals of one number belong together (AH and ESP), §4.2. */
struct ike_proposal {
	uint8_t number, protocol; /* enum ike_protocol */
	struct span spi;
	size_t ntransforms;
	struct ike_transform *transforms;
};
/* RFC 2408 §3.4, RFC 2407 §4.6.1. Another DOI or situation than ours is a fault (code UNKNOWN_DOI, INVALID_SITUATION). */
struct ike_sa_payload {
	size_t nproposals;
	struct ike_proposal *proposals;
};

/* --- the other payloads ------------------------------------------------------------------------------- */

/* RFC 2407 §4.6.2; NAT-OA has the same form (RFC 3947 §5.2) with protocol and port zero. */
struct ike_id {
	uint8_t type; /* enum ike_id_type */
	uint8_t protocol;
	uint16_t port;
	struct span data; /* its length has been checked for the address types */
};

/* An identity of an address type as the range it means; false for another type, or a subnet mask with gaps. */
bool ike_id_range(const struct ike_id *id, struct ip *lo, struct ip *hi);
/*
 * The shortest identity of net/plen (plen = all bits: a single address); its data is written to `store`.
 */
struct ike_id ike_id_of_prefix(const struct ip *net, unsigned plen, uint8_t protocol, uint16_t port, uint8_t store[32]);
/* "10.0.0.0/8 protocol 6 port 23", "FQDN andy.example". Text of the peer is made printable. */
void ike_id_print(const struct ike_id *id, struct buf *b);

/* RFC 2408 §3.14. */
struct ike_notify {
	uint32_t doi;
	uint8_t protocol;
	uint16_t type; /* enum ike_notify_type or another */
	struct span spi, data;
};
/* RFC 2408 §3.15. The SPIs stand one after the other in `spis`, nspis * spi_len bytes. */
struct ike_delete {
	uint32_t doi;
	uint8_t protocol, spi_len;
	uint16_t nspis;
	struct span spis;
};
/* Semantics §5.4. */
struct ike_frag {
	uint16_t id;
	uint8_t number; /* from 1 */
	bool last;
	struct span data;
};
/* RFC 2408 §3.9, §3.10: kept as data. */
struct ike_cert {
	uint8_t encoding;
	struct span data;
};

/* One payload of a message. Which member counts says ike_payload_form(type). */
struct ike_payload {
	uint8_t type; /* as on the wire; enum ike_payload_type or an unknown number */
	size_t at, len; /* offset from the start of the message and length, generic header included (see below) */
	union {
		struct span data;         /* IKE_FORM_DATA: all after the generic header */
		struct ike_sa_payload sa; /* IKE_FORM_SA ... */
		struct ike_id id;         /* ID and NAT-OA */
		struct ike_notify notify;
		struct ike_delete del;
		struct ike_frag frag;
		struct ike_cert cert;     /* CERT and CERTREQ */
	} u;
};
enum ike_form {
	IKE_FORM_DATA, /* KE, HASH, SIG, NONCE, VENDOR, NAT-D, GSS and whatever is unknown */
	IKE_FORM_SA,
	IKE_FORM_ID,
	IKE_FORM_NOTIFY,
	IKE_FORM_DELETE,
	IKE_FORM_FRAG,
	IKE_FORM_CERT,
};
enum ike_form ike_payload_form(uint8_t type);
/* The RFC number of a payload that a draft numbered otherwise (130 -> NAT-D, 131 -> NAT-OA); others as they are. */
uint8_t ike_payload_kind(uint8_t type);

/* --- messages ----------------------------------------------------------------------------------------- */

struct ike_msg {
	struct ike_header hdr;
	size_t n;
	struct ike_payload v[IKE_PAYLOADS_MAX];
	size_t padding; /* decoded: bytes after the last payload (RFC 2409 §5: the padding of the cipher) */
};

/*
 * The chain of payloads after the header; m->hdr is there already. `message` is the whole message with its
 * body in clear. Sets n, v[] with at and len, padding. Padding is allowed only when IKE_F_ENCRYPTED is set, and may
 * be anything; it must be shorter than 256 bytes. 0, or -1 with `f` set and m->n as far as it went.
 */
int ike_payloads_decode(struct span message, struct ike_msg *m, struct arena *a, struct ike_fault *f);

/*
 * Writes header and payloads at w (which must be empty: offsets count from its start), pads with zeros so that the
 * body is a multiple of `block` bytes (0 or 1: no padding), and sets hdr.next, hdr.length, and at, len of each
 * payload. The flags are the caller's. 0, or -1 when it does not fit or a field is beyond its width: our mistake.
 */
int ike_encode(struct ike_msg *m, size_t block, struct wr *w);

/* The bytes of payload i with its generic header, and without it, in the message that at and len speak of. */
struct span ike_payload_raw(struct span message, const struct ike_payload *p);
struct span ike_payload_body(struct span message, const struct ike_payload *p);
/*
 * From the start of payload `from` to the end of the last one, padding left out: what HASH(1..3) cover
 * (RFC 2409 §5.5, §5.7). Empty when there is no such payload.
 */
struct span ike_payloads_from(struct span message, const struct ike_msg *m, size_t from);

/* The first payload of that kind (ike_payload_kind) at or after index `from`; NULL: none. */
const struct ike_payload *ike_msg_find(const struct ike_msg *m, uint8_t kind, size_t from);
/* How many there are of that kind. */
size_t ike_msg_count(const struct ike_msg *m, uint8_t kind);
/* Appends a payload and returns it for the caller to fill; NULL when the message is full. */
struct ike_payload *ike_msg_add(struct ike_msg *m, uint8_t type);

/* --- what a message must hold --------------------------------------------------------------------------- */

/* Which message of which exchange. The engine knows from its state; the tables are in rules.c. */
enum ike_msg_kind {
	IKE_M_MM1, IKE_M_MM2,             /* SA; RFC 2409 §5 */
	IKE_M_MM3, IKE_M_MM4,             /* KE, NONCE, NAT-D; §5.1, §5.4, RFC 3947 §3.2 */
	IKE_M_MM5_PSK, IKE_M_MM6_PSK,     /* ID, HASH; §5.4 */
	IKE_M_MM5_SIG, IKE_M_MM6_SIG,     /* ID, SIG, CERT; §5.1 */
	IKE_M_QM1, IKE_M_QM2,             /* HASH, SA, NONCE, KE, ID, NAT-OA; §5.5 */
	IKE_M_QM3, IKE_M_QM4,             /* HASH; HASH, N (commit bit, RFC 2408 §3.1; semantics §5.5) */
	IKE_M_INFO,                       /* HASH, then N or D; §5.7 */
	IKE_M_INFO_CLEAR,                 /* N before there are keys; RFC 2408 §4.8 */
	IKE_M_DELETE_RELIABLE,            /* HASH, NONCE, D in any order after HASH: semantics §5.9 */
	IKE_M_FRAG,                       /* one FRAG and nothing else, flag cleared: semantics §5.4 */
	IKE_MSG_KINDS
};

/* One row: how many of a payload, and where. */
struct ike_msg_rule {
	uint8_t payload; /* kind */
	uint8_t min, max;
	uint8_t place;   /* 1: must be first, 2: second, 0: anywhere */
};
struct ike_msg_rules {
	const char *name;   /* "main mode 1" */
	uint8_t exchange;   /* enum ike_exchange; 0: any */
	bool encrypted;     /* IKE_F_ENCRYPTED must be set; otherwise it must not */
	bool any_unknown;   /* private payload types (128 and up) are let through, to be ignored */
	const struct ike_msg_rule *rules; /* ends with payload 0 */
};
extern const struct ike_msg_rules ike_msg_rules[IKE_MSG_KINDS];

/*
 * Does the decoded message hold what `kind` must hold: exchange, encryption, counts, places, sizes of nonces and that KE,
 * HASH and NONCE are not empty? Vendor ids and notifies are allowed everywhere. 0, or -1 with `f` set.
 */
int ike_msg_check(const struct ike_msg *m, enum ike_msg_kind kind, struct ike_fault *f);

/* --- for people ------------------------------------------------------------------------------------------ */

/*
 * A readable trace of a message, one line a payload, proposals with their attributes by name. Bytes of KE, NONCE, HASH,
 * SIG, CERT and GSS are never shown, only their lengths; an encrypted one that was not decoded shows its header.
 */
void ike_msg_print(const struct ike_msg *m, struct buf *b);
/* One line each: "P1 ESP spi 4 bytes, T1 3DES: life type 1, life 3600, mode transport, authentication SHA1". */
void ike_proposal_print(const struct ike_proposal *p, struct buf *b);
/* The attributes of one transform of `protocol`: "cipher AES-CBC, key length 256, hash SHA256, group ECP-256". */
void ike_transform_print(const struct ike_transform *t, uint8_t protocol, struct buf *b);

/* --- vendor ids ------------------------------------------------------------------------------------------ */

/* Semantics §5.2; the bytes are in vendor.c. */
enum ike_vendor {
	IKE_V_UNKNOWN = 0,
	IKE_V_NATT_RFC,        /* RFC 3947 §3.1 */
	IKE_V_NATT_02N,        /* draft 02 with its newline: Windows */
	IKE_V_NATT_02,         /* draft 02 without it: others */
	IKE_V_DPD,             /* RFC 3706 §5.1 */
	IKE_V_FRAGMENTATION,
	IKE_V_INITIAL_CONTACT,
	IKE_V_MS_NT5,          /* followed by a version, four bytes */
	IKE_V_NLBS,
	IKE_V_GSSAPI,
	IKE_V_XAUTH,
	IKE_VENDORS
};
/* Which one these bytes are; *version: what follows an IKE_V_MS_NT5, else 0. */
enum ike_vendor ike_vendor_of(struct span id, uint32_t *version);
/* The bytes to send for it, and its name. */
struct span ike_vendor_bytes(enum ike_vendor v);
const char *ike_vendor_name(enum ike_vendor v);

#endif
