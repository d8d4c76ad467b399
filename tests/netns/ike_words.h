/*
 * A profile of one rule from words, for the double of the enforcer and for the benchmark:
 *
 *	mm=CIPHER-HASH-GROUP,...      main mode offers: mm=aes256-sha256-14,3des-sha1-2
 *	qm=OFFER,...                  quick mode offers: aes128-sha1, aesgcm256, null-sha1, ah:sha256, ah:sha1+aes128-sha1
 *	pfs=GROUP                     0: none
 *	mmlife=S qmlife=S qmkb=KB     lifetimes
 *	limit=N                       quick modes of one main mode
 *	tunnel=LOCAL-NET,REMOTE-NET   tunnel mode between the two ends
 *	idle=S                        how long a quick mode stays without traffic
 *	nonatt nodpd nofrag           without that
 *	none                          no rule at all
 *
 * Without words: AES256/SHA256/group 14, ESP AES128/SHA1 with PFS group 14, transport mode.
 */
#ifndef TESTS_NETNS_IKE_WORDS_H
#define TESTS_NETNS_IKE_WORDS_H

#include "ike/engine/profile.h"

struct ike_words {
	struct ike_mm_policy mm;
	struct ike_qm_policy qm;
	struct ip_prefix nets[2];
	bool tunnel, none, nonatt, nodpd, nofrag;
	uint32_t idle_s;
};

struct ike_words ike_words_default(void);
/* false: not one of those above. */
bool ike_words_take(struct ike_words *w, const char *word);
/* ADDRESS/LENGTH, which is cut apart. */
bool ike_words_net(char *s, struct ip_prefix *out);
/* The rule is for all traffic with `remote`, a host or a net. The caller's. */
struct ike_profile *ike_words_profile(const struct ike_words *w, const struct ip_prefix *local, const struct ip_prefix *remote,
    const struct guid *secret, uint32_t reqid);

#endif
