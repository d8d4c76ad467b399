/*
 * The nouns of the language as plain structs: what the command line builds, the store keeps, the
 * compiler reads. Pure values: no I/O, no SQL, no netlink. Text and arrays inside belong to the arena
 * or the caller that made them; nothing here owns memory unless it says so.
 *
 * Meaning: windows-ipsec-semantics §1.1 and §3.1; words: netsh-ipsec-grammar §5.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/guid.h"
#include "common/base/ip.h"
#include "common/base/str.h"
#include "common/model/settings.h"

/* Limits on what a store may hold of one thing; they bound every allocation made from outside data. */
enum {
	MODEL_NAME_MAX = 255,    /* bytes of UTF-8 in a name */
	MODEL_TEXT_MAX = 1023,   /* bytes in a description, key or CA name */
	MODEL_OFFERS_MAX = 16,   /* security methods in one list */
	MODEL_AUTH_MAX = 16,     /* authentication methods of one rule */
};

enum { PROTO_ANY = 0, PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_RAW = 255 };

/* Stored numbers: never renumber. */
enum action { ACTION_PERMIT = 0, ACTION_BLOCK = 1, ACTION_NEGOTIATE = 2 };
enum conntype { CONN_ALL = 0, CONN_LAN = 1, CONN_DIALUP = 2 };
enum auth_kind { AUTH_KERBEROS = 0, AUTH_PSK = 1, AUTH_ROOTCA = 2 };
enum end_kind {
	END_ANY = 0,
	END_ME = 1,
	END_NET = 2,   /* a single address or a subnet: lo/plen, host bits clear */
	END_RANGE = 3, /* lo..hi, lo < hi, one family */
	END_DNS = 4,   /* server types: whatever this host uses as such now */
	END_WINS = 5,
	END_DHCP = 6,
	END_GATEWAY = 7,
};

/* Main mode ciphers and hashes, quick mode too. */
enum encr {
	ENCR_NONE = 0, ENCR_DES = 1, ENCR_3DES = 2, /* all that Windows' grammar has */
	ENCR_AES128 = 3, ENCR_AES192 = 4, ENCR_AES256 = 5,
	ENCR_AESGCM128 = 6, ENCR_AESGCM256 = 7, /* quick mode only; they authenticate by themselves (RFC 4106) */
};
enum integ {
	INTEG_NONE = 0, INTEG_MD5 = 1, INTEG_SHA1 = 2, /* likewise */
	INTEG_SHA256 = 3, INTEG_SHA384 = 4, INTEG_SHA512 = 5,
};

/*
 * What the language knows: Windows' words alone (of the Windows 7 generation), or also what we added
 * to them. Kept in the store by name.
 */
enum dialect { DIALECT_LINUX = 0, DIALECT_WINDOWS = 1 };

extern const struct enum_name dialect_names[];  /* linux windows */
extern const struct enum_name action_names[];   /* permit block negotiate */
extern const struct enum_name conntype_names[]; /* lan dialup all */
extern const struct enum_name protocol_names[]; /* ANY ICMP TCP UDP RAW */
extern const struct enum_name server_names[];   /* WINS DNS DHCP GATEWAY: enum end_kind */
extern const struct enum_name encr_names[];     /* DES 3DES None */
extern const struct enum_name integ_names[];    /* MD5 SHA1 None */

/*
 * One offer of main mode: "3DES-SHA1-2" (grammar §3.4). group is netsh's 1, 2, 3 (3 is the IKE group 14), or
 * a number of IKE itself: 14 to 16 (RFC 3526), 19 to 21 (RFC 5903), 31 (RFC 8031).
 */
struct mm_offer {
	uint8_t encr, integ, group;
};
struct mm_offers {
	struct mm_offer v[MODEL_OFFERS_MAX];
	size_t n;
};

/* One offer of quick mode: "AH[SHA1]+ESP[3DES,MD5]:100000k/3600s" (grammar §3.5). 0 = not given. */
struct qm_offer {
	uint8_t ah;             /* enum integ; INTEG_NONE = no AH */
	bool esp;               /* is there an ESP part? */
	uint8_t encr, integ;    /* of the ESP part */
	uint32_t life_kb, life_s;
};
struct qm_offers {
	struct qm_offer v[MODEL_OFFERS_MAX];
	size_t n;
};
enum { QM_LIFE_KB_DEFAULT = 100000, QM_LIFE_S_DEFAULT = 3600 };

/*
 * One authentication method. A preshared key itself is never in the model: the store keeps it in its
 * own file under secret_id, and `text` is NULL for it.
 */
struct auth_method {
	uint8_t kind; /* enum auth_kind */
	bool certmap, excludecaname; /* AUTH_ROOTCA only */
	const char *text;            /* AUTH_ROOTCA: the CA's name */
	struct guid secret_id;       /* AUTH_PSK */
};
struct auth_list {
	struct auth_method v[MODEL_AUTH_MAX];
	size_t n;
};

struct endpoint {
	uint8_t kind; /* enum end_kind */
	uint8_t plen; /* END_NET */
	struct ip lo, hi;
	const char *dns; /* the name the address was resolved from, or NULL */
};

struct filter {
	int64_t id; /* row number in the store, never reused; 0 = not stored yet */
	struct guid guid;
	const char *description; /* never NULL */
	struct endpoint src, dst;
	uint8_t protocol;          /* PROTO_ANY = any */
	uint16_t srcport, dstport; /* 0 = any */
	bool mirrored;
};

struct filterlist {
	int64_t id;
	struct guid guid;
	const char *name, *description;
	int64_t modified; /* seconds since 1970 */
	size_t nfilters;
	struct filter *filters; /* NULL when only the head was loaded; then nfilters still counts */
};

struct filteraction {
	int64_t id;
	struct guid guid;
	const char *name, *description;
	int64_t modified;
	uint8_t action; /* enum action */
	bool qmpfs, inpass, soft;
	struct qm_offers offers;
};

struct rule {
	int64_t id;
	struct guid guid;
	bool is_default;  /* the default response rule: no name, no list, no action object */
	const char *name; /* NULL for the default response rule */
	const char *description;
	int64_t modified;
	bool active;
	uint8_t conntype;
	struct ip tunnel; /* family IP_NONE = transport mode */
	struct filterlist *filterlist;     /* borrowed from the same policyset; NULL for the default rule */
	struct filteraction *filteraction; /* likewise */
	bool default_qmpfs;                /* default rule only: its own negotiation settings */
	struct qm_offers default_offers;
	struct auth_list auth;
};

struct policy {
	int64_t id;
	struct guid guid;
	const char *name, *description;
	int64_t modified;
	bool mmpfs, assigned;
	uint32_t qmpermm;           /* quick modes per main mode key, 0 = no limit */
	uint32_t mmlifetime_s;      /* seconds */
	uint32_t pollinginterval_s; /* seconds */
	struct mm_offers offers;
	size_t nrules;
	struct rule *rules; /* in the order in which they were made; the default rule last */
};

/* Everything of one store at one moment: one arena, never changed after it was made. */
struct policyset {
	struct arena arena;
	uint64_t counter; /* the store's change counter at that moment */
	int64_t next_filter; /* every filter of that moment has a smaller id */
	struct settings settings;
	size_t npolicies, nfilterlists, nfilteractions;
	struct policy *policies;
	struct filterlist *filterlists;
	struct filteraction *filteractions;
};

/* A filter that came to a list, or is gone from it, after a policyset was read. */
struct filter_change {
	int64_t list; /* filterlist.id */
	bool gone;
	struct filter filter;
};

/* The assigned policy, or NULL. */
const struct policy *policyset_assigned(const struct policyset *ps);
void policyset_free(struct policyset *ps); /* frees `ps` itself as well; NULL is fine */

#endif
