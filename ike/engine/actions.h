/*
 * What goes into the engine and what comes out of it, as values.
 *
 * Actions come from ike_next_action(). Those with `op` != 0 want an answer: ike_done() with the same op, now, late
 * or never; the engine waits with a deadline of its own. Answers may come in any order. Bytes and pointers in an
 * action are borrowed until the next call of any function of that engine.
 */
#ifndef IKE_ENGINE_ACTIONS_H
#define IKE_ENGINE_ACTIONS_H

#include "common/base/mono.h"
#include "common/base/rd.h"
#include "ike/codec/failure.h"
#include "ike/codec/numbers.h"
#include "ike/engine/profile.h"

/* --- datagrams -------------------------------------------------------------------------------------------- */

struct ike_end {
	struct ip ip;
	uint16_t port;
};
/*
 * A datagram of either direction. `local` is our end, whoever sent it. The non-ESP marker (RFC 3948 §2.2) is the
 * daemon's: it strips it from what comes in on port 4500 and puts it before what has natt set.
 */
struct ike_dgram {
	struct ike_end local, remote;
	uint32_t ifindex; /* link-local addresses only, otherwise 0 */
	bool natt;        /* belongs to the socket of port 4500 */
	bool keepalive;   /* SEND: the one byte 0xFF without a marker (RFC 3948 §2.3); never given to ike_input() */
	struct span bytes;
};

/* --- security associations of the kernel ----------------------------------------------------------------- */

/* One SA as the kernel knows it. */
struct ike_sa_id {
	struct ip src, dst; /* outer addresses; dst, protocol and spi are the key */
	uint8_t protocol;   /* IKE_PROTO_AH or IKE_PROTO_ESP */
	uint32_t spi;       /* host byte order */
};

enum { IKE_KEYMAT_MAX = 128 }; /* AES-256 (32) + HMAC-SHA-512 (64), or GCM key and salt (36) */
struct ike_sa {
	struct ike_sa_id id;
	bool outbound;
	bool bundle; /* one of AH+ESP: what such an offer has of a protocol may be less than what stands alone */
	uint32_t reqid, rule, filter;
	uint32_t acquire; /* the kernel's request whose packets may go when this one is there; 0: none */
	bool tunnel;
	struct ike_selector sel;
	uint8_t cipher, hash; /* enum ike_esp_cipher (AH: IKE_ENC_NULL), enum crypto_hash */
	uint8_t enc_key_len, auth_key_len; /* bytes of key[]: first the cipher's (GCM: with its 4 bytes of salt), then the hash's */
	uint8_t key[IKE_KEYMAT_MAX];
	uint32_t replay_window; /* packets */
	uint32_t soft_s, hard_s; /* life from now, 0 = none */
	uint64_t soft_bytes, hard_bytes;
	bool udp_encap;         /* RFC 3948; then the ports */
	uint16_t encap_sport, encap_dport;
	struct ip original;     /* NAT-OA: the peer's address before translation; IP_NONE = none */
};

/* --- actions ----------------------------------------------------------------------------------------------- */

enum ike_do {
	IKE_DO_SEND,      /* u.send; no answer */
	IKE_DO_GET_SPI,   /* u.get_spi; answer: u.spi. The SPI is reserved (larval) until SA_ADD or SA_DEL */
	IKE_DO_SA_ADD,    /* u.sa; answer: status. Inbound: the reserved SPI gets its keys (update); outbound: a new SA */
	IKE_DO_SA_DEL,    /* u.sa_id; no answer; also gives a reserved SPI back */
	IKE_DO_SA_MOVE,   /* u.move: the peer's address or port changed behind a NAT; no answer */
	IKE_DO_SA_QUERY,  /* u.sa_id; answer: u.usage. For idle time, DPD and listings */
	IKE_DO_PSK_PRF,   /* u.psk; answer: u.skeyid. Whoever holds the key computes, so the engine never sees it */
	IKE_DO_ACQUIRE_DONE, /* u.acquire: the kernel may forget its request; no answer */
	IKE_DO_SOFT_ADD,  /* u.soft: traffic of the selector may pass in clear (semantics §4.4); answer: status */
	IKE_DO_SOFT_QUERY, /* u.soft; answer: u.usage. For its idle time (semantics §4.4) */
	IKE_DO_SOFT_DEL,  /* u.soft; no answer */
	IKE_DO_EVENT,     /* u.event: for log, journal and waiting commands; no answer */
};

enum ike_event_kind {
	IKE_EV_MM_UP,    /* 541 of semantics §6.3 */
	IKE_EV_MM_DOWN,  /* 543 */
	IKE_EV_QM_UP,    /* 541 */
	IKE_EV_QM_DOWN,  /* 542 */
	IKE_EV_QM_REKEYED,
	IKE_EV_SOFT_UP,
	IKE_EV_SOFT_DOWN,
	IKE_EV_FAILED,   /* 547, and 544..546 by its failure */
};
struct ike_event {
	enum ike_event_kind kind;
	bool quick;             /* of a quick mode, otherwise main mode */
	bool initiator;         /* we began */
	bool at_peer;           /* failure point: the peer said no; otherwise we did */
	enum ike_failure why;   /* IKE_OK unless something ended or failed */
	uint64_t mmsa, qmsa;    /* ids of the listings, 0 = none */
	struct ike_end local, remote;
	uint32_t reqid, rule, filter; /* quick mode */
	const struct ike_selector *sel; /* quick mode and soft, otherwise NULL */
	const char *detail;     /* a sentence: what was offered, what we wanted, first field that differs; never NULL */
};

struct ike_action {
	enum ike_do kind;
	uint32_t op; /* names the answer; 0: none is wanted */
	union {
		struct ike_dgram send;
		struct {
			struct ip src, dst; /* of inbound packets */
			uint8_t protocol;
			uint32_t reqid;
			bool tunnel;
			uint32_t acquire; /* the kernel's number of its request, 0 = none */
		} get_spi;
		const struct ike_sa *sa;
		struct ike_sa_id sa_id;
		struct {
			struct ike_sa_id sa;
			struct ike_end local, remote;
		} move;
		struct {
			struct guid secret;
			uint8_t hash; /* enum crypto_hash */
			struct span nonces; /* Ni_b | Nr_b: SKEYID = prf(pre-shared-key, Ni_b | Nr_b), RFC 2409 §5.4 */
		} psk;
		struct {
			uint32_t acquire;
			enum ike_failure why; /* IKE_OK: the SA is there */
		} acquire;
		struct {
			uint64_t id; /* of the listing */
			struct ike_selector sel;
			uint32_t reqid;
			struct dur life;
		} soft;
		struct ike_event event;
	} u;
};

/* The answer to an action. */
struct ike_result {
	bool ok; /* false: it failed, the union does not count */
	union {
		uint32_t spi;
		struct secret skeyid; /* the engine copies it; the caller wipes its own */
		struct {
			uint64_t bytes, packets;
			struct mono last_use; /* MONO_NEVER: never used */
		} usage;
	} u;
};

/* --- commands ----------------------------------------------------------------------------------------------- */

enum ike_cmd_kind {
	IKE_CMD_PROFILE,   /* u.profile; the engine owns it from then on, and ends only what it no longer allows */
	IKE_CMD_ACQUIRE,   /* u.acquire: a packet waits for an SA */
	IKE_CMD_EXPIRE,    /* u.expire: an SA reached its soft limit in the kernel, or is there no more */
	IKE_CMD_BAD_SPI,   /* u.bad_spi: a packet of an SPI that does not exist came from there; maybe the peer rebooted, or we */
	IKE_CMD_MAPPING,   /* u.mapping: the kernel saw a peer behind a NAT under a new address or port */
	IKE_CMD_DELETE,    /* u.del: an administrator ends associations */
	IKE_CMD_SHUTDOWN,  /* deletes to all peers; then nothing is accepted any more */
	IKE_CMD_LOGGING,   /* u.trace: ikelogging on or off */
};
struct ike_cmd {
	enum ike_cmd_kind kind;
	union {
		struct ike_profile *profile; /* heap, ike_profile_new() */
		struct {
			uint32_t acquire; /* the kernel's number, for GET_SPI and ACQUIRE_DONE; 0: asked by hand */
			uint32_t reqid;
			struct ip local, remote; /* outer addresses */
			struct ike_selector sel; /* of the packet */
		} acquire;
		struct {
			struct ike_sa_id sa;
			enum ike_failure why; /* IKE_OK: its soft limit, it is to be renewed; otherwise it is gone, and that is why */
		} expire;
		struct {
			struct ip local, remote;
			uint8_t protocol;
			uint32_t spi;
		} bad_spi;
		struct {
			struct ike_sa_id sa;
			struct ike_end remote; /* the new one */
		} mapping;
		struct {
			uint64_t mmsa, qmsa; /* both 0: all; a main mode takes its quick modes along */
			struct ip peer;      /* IP_NONE = any */
		} del;
		bool trace;
	} u;
};

#endif
