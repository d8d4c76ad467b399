/*
 * Security associations as the IKE daemon knows them, for listings (grammar §7.10): what the enforcer tells the shell. No
 * key is in them. "local" is this host, "remote" the peer; who began is a member of its own.
 */
#ifndef MODEL_ASSOC_H
#define MODEL_ASSOC_H

#include "common/model/dynamic.h"

enum {
	ASSOC_ID_MAX = 128,     /* bytes of an identity, NUL included */
	ASSOC_COOKIE_BYTES = 8, /* RFC 2408 §3.1 */
	ASSOC_PAGE_MAX = 32,
};

struct assoc_end {
	struct ip ip;
	uint16_t port; /* of UDP */
};

/* A main mode association that is established. */
struct mmsa {
	uint64_t id;
	struct assoc_end local, remote;
	uint8_t icookie[ASSOC_COOKIE_BYTES], rcookie[ASSOC_COOKIE_BYTES];
	bool initiator; /* this host began */
	bool natt, dpd; /* there is a NAT between them; the peer is watched (RFC 3706) */
	struct mm_offer offer; /* `group` is IKE's number: 14, where a policy may say 3 */
	uint8_t auth;          /* enum auth_kind */
	uint32_t life_s;       /* agreed */
	uint32_t quick_modes;  /* established with it so far */
	int64_t since_s, until_s; /* seconds since 1970 */
	char remote_id[ASSOC_ID_MAX]; /* as text; UTF-8 */
};

/* A pair of quick mode associations; AH and ESP of one agreement are one. */
struct qmsa {
	uint64_t id, mmsa; /* mmsa: the main mode that made it; 0: it is gone, or it is a soft one */
	struct assoc_end local, remote;
	bool initiator, tunnel, udp_encap;
	bool soft; /* in clear, since the peer knows no IPsec: no offer, no SPIs */
	struct ip_prefix src, dst; /* traffic: of this host, of the peer */
	uint8_t protocol;
	uint16_t sport, dport; /* 0 = any */
	struct qm_offer offer; /* lives as they are in force */
	uint16_t pfs;          /* IKE's number of the group, 0 = none */
	uint32_t ah_in, ah_out, esp_in, esp_out; /* SPIs, 0 = none */
	struct ip original; /* the peer's address behind a NAT; IP_NONE: there is none, or it did not say */
	int64_t since_s, until_s;
	bool counted; /* the four numbers are known: not of a soft one */
	uint64_t sent, received, sent_packets, received_packets; /* bytes, packets; as struct kernel_sa_use has them */
	const char *policy; /* name of the quick mode policy; "" when its rule is gone. Borrowed */
};

struct mmsa_page {
	bool more;
	uint64_t next; /* ask again with after = next */
	size_t n;      /* may be 0 while there is more: those that are not established are left out */
	struct mmsa v[ASSOC_PAGE_MAX];
};
struct qmsa_page {
	bool more;
	uint64_t next;
	size_t n;
	struct qmsa v[ASSOC_PAGE_MAX];
};

#endif
