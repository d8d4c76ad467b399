/*
 * The profile: all that the policy asks of IKE, as one immutable value. The enforcer makes it from its plan and sends
 * it; ike_command(IKE_CMD_PROFILE) hands it to the engine, which owns it from then on. No preshared key is in it: a
 * method names its key by the guid under which another process keeps it (IKE_DO_PSK_PRF).
 *
 * "local" is always this host, "remote" the peer: what is source and destination depends on who sends.
 */
#ifndef IKE_ENGINE_PROFILE_H
#define IKE_ENGINE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/guid.h"
#include "common/base/ip.h"
#include "ike/crypto/crypto.h"

enum {
	IKE_OFFERS_MAX = 16, /* security methods of one list (MODEL_OFFERS_MAX of the policy) */
	IKE_AUTHS_MAX = 16,
	IKE_PFS_NONE = 0,
	IKE_PFS_MM = 0xFFFF, /* the group of the main mode (GRPMM) */
	IKE_MM_LIFE_S = 28800, /* semantics §4.6: when none is set */
	IKE_QM_LIFE_S = 3600, IKE_QM_LIFE_KB = 100000, /* semantics §4.3: applied when unset, not proposed */
};

/* --- main mode ----------------------------------------------------------------------------------------- */

struct ike_mm_offer {
	uint8_t cipher; /* enum crypto_cipher */
	uint8_t hash;   /* enum crypto_hash */
	uint16_t group; /* IKE number */
};
struct ike_auth {
	uint16_t method;    /* enum ike_auth_number; the engine offers those it can do: IKE_AUTH_PSK */
	struct guid secret; /* IKE_AUTH_PSK: the key's name */
};
/* Methods and offers in order of preference. */
struct ike_mm_policy {
	uint32_t id;          /* tells policies of one profile apart; stable while the policy is the same */
	size_t noffers, nauths;
	struct ike_mm_offer offers[IKE_OFFERS_MAX];
	struct ike_auth auths[IKE_AUTHS_MAX];
	uint32_t life_s;      /* 0 = IKE_MM_LIFE_S */
	uint32_t qm_limit;    /* quick modes of one main mode, 0 = any number, 1 = master PFS (semantics §4.5) */
	uint32_t soft_life_s; /* how long an association in clear lasts */
};

/* --- quick mode ---------------------------------------------------------------------------------------- */

/* The cipher of an ESP part; those of the kernel, not of IKE. */
enum ike_esp_cipher {
	IKE_ENC_NULL, IKE_ENC_DES, IKE_ENC_3DES, IKE_ENC_AES128, IKE_ENC_AES192, IKE_ENC_AES256,
	IKE_ENC_GCM128, IKE_ENC_GCM256, /* AES-GCM with 16 bytes of ICV; authenticates by itself: no hash (RFC 4106) */
	IKE_ENCS
};
/* AH, ESP, or both (a bundle: ESP inside, AH outside, RFC 2401 §4.3). Hash CRYPTO_HASH_NONE: no authentication. */
struct ike_qm_offer {
	bool has_ah, has_esp;
	uint8_t ah_hash;            /* enum crypto_hash */
	uint8_t esp_cipher, esp_hash; /* enum ike_esp_cipher, enum crypto_hash */
	uint32_t life_s, life_kb;   /* 0 = not proposed */
};
struct ike_qm_policy {
	size_t noffers;
	struct ike_qm_offer offers[IKE_OFFERS_MAX];
	uint16_t pfs; /* IKE_PFS_NONE, IKE_PFS_MM, or a group */
};

/* --- traffic -------------------------------------------------------------------------------------------- */

/* What one SA pair carries, one family. Ports and protocol 0 = any; prefix length 0 = any address. */
struct ike_selector {
	struct ip_prefix local, remote;
	uint8_t protocol;
	uint16_t local_port, remote_port;
};

/*
 * One negotiate filter of one rule, lowered ("me" is an address, mirrored). Sorted by the enforcer as the filters
 * are: the first whose selector covers the traffic decides. An address that is not known until a packet comes is
 * a prefix here; the SA is then made for the packet's own addresses (semantics §3.3 "specific filters").
 */
struct ike_rule {
	uint32_t reqid;       /* of the XFRM policies and SAs; names the rule for the broker */
	uint32_t rule, filter; /* origin, for logs and listings */
	struct ike_selector sel;
	bool tunnel;
	struct ip tunnel_local, tunnel_remote; /* tunnel only */
	bool inpass;          /* semantics §4.2: we answer; it changes nothing in the negotiation */
	bool soft;            /* semantics §4.4: clear when the peer never answers */
	const struct ike_mm_policy *mm; /* into the profile */
	const struct ike_qm_policy *qm;
};

struct ike_profile {
	uint32_t holders;   /* ike_profile_share() */
	struct arena arena; /* of all arrays and policies below */
	uint64_t generation; /* of the plan; for logs */
	size_t nrules;
	struct ike_rule *rules;
	/*
	 * The default response rule (semantics §1.6): whoever asks is answered with these, for the traffic the peer names
	 * between its own address and ours, when no rule covers it. NULL members: there is none.
	 */
	const struct ike_mm_policy *default_mm;
	const struct ike_qm_policy *default_qm;
	uint32_t default_reqid, default_rule;
	bool dpd;             /* RFC 3706 towards peers that announce it */
	bool nat_traversal;
	bool fragmentation;
	uint32_t idle_s;      /* quick modes without traffic end after this, 0 = never; Windows: 300, with a cluster 60 (semantics §5.5) */
	uint32_t fallback_ms; /* wait for a first answer before soft applies; Windows: 3000 (semantics §4.4) */
	uint32_t half_open_on, half_open_off; /* cookies are asked for above, no longer below; 500, 100 (semantics §5.10) */
	uint32_t half_open_peer;              /* half-open exchanges of one address, 35 */
};

/* An empty profile with the values above filled in. */
struct ike_profile *ike_profile_new(void);
/* One more holder of a profile that nobody changes any more (not of another thread). Returns it. NULL is fine. */
struct ike_profile *ike_profile_share(struct ike_profile *p);
/* One holder less; the last one frees it. NULL is fine. */
void ike_profile_free(struct ike_profile *p);

/* Does `outer` cover all of `inner`? */
bool ike_selector_covers(const struct ike_selector *outer, const struct ike_selector *inner);
bool ike_selector_eq(const struct ike_selector *a, const struct ike_selector *b);
/* The first rule that covers `sel` with that mode; tunnel rules must have that remote end too. NULL: none. */
const struct ike_rule *ike_profile_rule(const struct ike_profile *p, const struct ike_selector *sel, bool tunnel,
    const struct ip *tunnel_remote);
/*
 * The main mode policy for a peer's address: that of the first rule whose remote side (tunnel: whose remote end) holds
 * it and whose local side holds `local`, else the default response rule's. NULL: we do not negotiate with it.
 */
const struct ike_mm_policy *ike_profile_mm(const struct ike_profile *p, const struct ip *local, const struct ip *peer);

bool ike_mm_policy_eq(const struct ike_mm_policy *a, const struct ike_mm_policy *b);
bool ike_qm_policy_eq(const struct ike_qm_policy *a, const struct ike_qm_policy *b);

#endif
