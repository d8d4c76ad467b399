/*
 * The nouns of the dynamic context (netsh-ipsec-grammar §6): what the running enforcer holds until it
 * stops, as plain structs. Text inside is borrowed from whoever made the value. The same structs are what
 * the shell sends, the enforcer keeps, the compiler reads and a listing brings back.
 */
#ifndef MODEL_DYNAMIC_H
#define MODEL_DYNAMIC_H

#include "common/model/model.h"

/* Bounds on what one enforcer holds; a script that runs wild must not fill the host's memory. */
enum {
	DYN_POLICIES_MAX = 1024,
	DYN_RULES_MAX = 16384,
	DYN_AUTH_BYTES_MAX = 16 << 20, /* of the keys and CA names of all rules: one of the longest for each of the most rules */
};

/* GRP3 is the IKE group 14; the others beyond Windows' carry IKE's numbers. */
enum pfs_group {
	PFS_NONE = 0, PFS_GRP1 = 1, PFS_GRP2 = 2, PFS_GRP3 = 3, PFS_MM = 4,
	PFS_GRP14 = 14, PFS_GRP15 = 15, PFS_GRP16 = 16, PFS_GRP19 = 19, PFS_GRP20 = 20, PFS_GRP21 = 21, PFS_GRP31 = 31,
};
extern const struct enum_name pfs_names[];         /* GRP1 GRP2 GRP3 GRPMM NOPFS GRP14 ... */
extern const struct enum_name windows_pfs_names[]; /* the first five */

struct dyn_mmpolicy {
	const char *name;
	uint32_t qmpermm;      /* quick modes per main mode key, 0 = no limit */
	uint32_t mmlifetime_s; /* seconds */
	uint32_t softsa_s;     /* seconds until a security association in clear ends */
	struct mm_offers offers;
};
struct dyn_qmpolicy {
	const char *name;
	bool soft;
	uint8_t pfsgroup; /* enum pfs_group */
	struct qm_offers offers;
};

/*
 * A rule has no name: its selectors (filter and tunnel and conntype) identify it. Its keys have: the enforcer gives each
 * that comes a secret_id (struct auth_method), so that a name means one text for ever, as in a store.
 */
struct dyn_rule {
	struct filter filter; /* id: of the enforcer, 0 when it comes from a shell; guid: its shown name */
	uint8_t conntype, action_in, action_out;
	struct ip tunnel;                 /* family IP_NONE = transport mode */
	const char *mmpolicy, *qmpolicy;  /* names; qmpolicy is "" when none is needed */
	struct auth_list auth;
	const char *psk[MODEL_AUTH_MAX];  /* key text of each AUTH_PSK, otherwise NULL; never in a listing */
};

/* The rule of these selectors? Masks count, texts and names do not. */
bool dyn_rule_same(const struct dyn_rule *a, const struct dyn_rule *b);
/* Bytes of its keys and CA names, without NULs. */
size_t dyn_rule_auth_bytes(const struct dyn_rule *r);
/* Overwrites the key texts. The caller owns the memory and knows that it may be written. */
void dyn_rule_wipe(struct dyn_rule *r);

/* --- one change ----------------------------------------------------------------------------------- */

enum dyn_kind { DYN_ALL = 0, DYN_MMPOLICY = 1, DYN_QMPOLICY = 2, DYN_RULE = 3, DYN_SPECIFIC = 4, DYN_SA = 5 };
enum dyn_op { DYN_ADD = 1, DYN_SET = 2, DYN_DELETE = 3, DYN_DELETE_ALL = 4 };
/* Which fields a DYN_SET replaces; the others identify the object or stay as they are. */
enum dyn_given {
	DYN_G_QMPERMM = 1,
	DYN_G_MMLIFETIME = 2,
	DYN_G_SOFTSA = 4,
	DYN_G_OFFERS = 8,
	DYN_G_SOFT = 16,
	DYN_G_PFSGROUP = 32,
	DYN_G_MMPOLICY = 64,
	DYN_G_QMPOLICY = 128,
	DYN_G_ACTION_IN = 256,
	DYN_G_ACTION_OUT = 512,
	DYN_G_AUTH = 1024,
	DYN_G_EVERY = 2047,
};
/*
 * A deletion needs the name, or the selectors, only. DYN_ALL goes with DYN_DELETE_ALL. Security associations
 * (DYN_SA) can only be deleted: those with a peer, or all.
 */
struct dyn_change {
	uint8_t op, kind; /* enum dyn_op, enum dyn_kind: which member of u */
	uint32_t given;   /* enum dyn_given */
	union {
		struct dyn_mmpolicy mm;
		struct dyn_qmpolicy qm;
		struct dyn_rule rule;
		struct ip peer; /* DYN_SA, DYN_DELETE */
	} u;
};

/* --- listings ------------------------------------------------------------------------------------- */

enum dyn_dir { DYN_BOTH = 0, DYN_IN = 1, DYN_OUT = 2 };
/* One line of a listing. Objects of the assigned policy are shown beside the dynamic ones. */
struct dyn_item {
	uint8_t kind;      /* enum dyn_kind */
	bool is_static;    /* it comes from the assigned policy */
	uint8_t dir;       /* DYN_SPECIFIC: enum dyn_dir */
	uint32_t weight;   /* DYN_SPECIFIC: the rank; smaller is tried first */
	union {
		struct dyn_mmpolicy mm;
		struct dyn_qmpolicy qm;
		struct dyn_rule rule; /* DYN_RULE and DYN_SPECIFIC */
	} u;
};
enum { DYN_PAGE_MAX = 32 };
struct dyn_page {
	uint8_t kind;
	bool more;     /* ask again with after = next */
	uint64_t next; /* opaque */
	size_t n;
	struct dyn_item v[DYN_PAGE_MAX];
};

/* The dynamic rules in force, for the compiler: borrowed, in the order of their ids. */
struct dyn_rules {
	const struct dyn_rule *const *v;
	const struct qm_offers *const *offers; /* of each; NULL: it negotiates nothing. All NULL: nobody knows them */
	const bool *soft; /* of each: traffic in clear with a peer that never answers. NULL: none */
	size_t n;
};

/* Counters of the statistics block (grammar §7.8, semantics §6), in the order of their labels. */
enum { DYN_STATS_IKE = 23, DYN_STATS_IPSEC = 21 };
struct dyn_stats {
	uint64_t ike[DYN_STATS_IKE], ipsec[DYN_STATS_IPSEC];
	uint64_t replayed; /* packets refused since their number was seen before, or is too old; Windows has no label for it */
};

#endif
