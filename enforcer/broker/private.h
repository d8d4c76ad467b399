/* Private to enforcer/broker. */
#ifndef BROKER_PRIVATE_H
#define BROKER_PRIVATE_H

#include "enforcer/broker/broker.h"

/* What is in force, sorted for looking up. */
struct in_force {
	struct ike_profile *profile; /* owned */
	const struct ike_rule **rules; /* owned; by reqid and filter, else in the profile's order */
	struct xfrm_pol *pols;         /* owned; those that protect, by direction and selector */
	struct ip *locals;             /* owned */
	size_t nrules, npols, nlocals;
};
void in_force_set(struct in_force *f, const struct xfrm_pol *pols, size_t npols, struct ike_profile *profile,
    const struct ip *locals, size_t nlocals);
void in_force_fini(struct in_force *f);

/* Does it fit what is in force? Whether it was granted is not asked here. */
enum broker_why judge_spi(const struct in_force *f, const struct ike_sa_id *id, uint32_t reqid, bool tunnel);
enum broker_why judge_sa(const struct in_force *f, const struct ike_sa *sa, struct broker_grant *out);
enum broker_why judge_soft(const struct in_force *f, const struct ike_selector *sel, uint32_t reqid, struct dur life,
    struct broker_soft *out);

/* --- grants (grants.c) -------------------------------------------------------------------------------------------- */

/* An association without its key; `reserved`: an SPI that has none yet, of which only the id counts. */
struct grant {
	bool reserved;
	struct ike_sa_id id;
	struct ike_selector sel;
	uint32_t reqid, filter, replay_window, hard_s;
	uint32_t kernel_reqid;
	uint64_t hard_bytes;
	uint8_t cipher, hash;
	bool outbound, bundle, tunnel, udp_encap;
	uint16_t encap_sport, encap_dport;
};
/* A hash table with linear probing, keyed by what the kernel identifies an association by: dst, protocol, SPI. */
struct grants {
	struct grant *v; /* owned; dst.family IP_NONE: empty */
	size_t n, nreserved, cap;
};
struct grant *grants_find(const struct grants *g, const struct ike_sa_id *id);
/* One of that key is overwritten. */
void grants_put(struct grants *g, const struct grant *it);
void grants_remove(struct grants *g, const struct ike_sa_id *id);
/* As it was asked for, without the key. */
struct ike_sa grant_sa(const struct grant *g);
struct grant grant_of(const struct ike_sa *sa);

#endif
