/* What IKE says, in the words of the shell: pages of associations, counters, events. Pure. */
#ifndef DAEMON_IKE_VIEW_H
#define DAEMON_IKE_VIEW_H

#include "common/ipc/ipc.h"
#include "enforcer/kernel/kernel.h"
#include "ike/channel/channel.h"

/* IKE counts milliseconds of a clock without a date; the two clocks at one moment make dates of them. */
struct ike_dates {
	struct mono mono;
	int64_t wall_s;
};

/* The name of the quick mode policy of a rule of the plan (struct origin); NULL: there is no such rule any more. */
typedef const char *ike_policy_of(void *ctx, uint32_t rule);

/* A page of main modes, those that are established. Cookies, identities and lives as they are. */
void ike_view_mmsas(const struct ikc_mmsas *in, const struct ike_dates *d, uint64_t after, struct mmsa_page *out);
/* A page of quick modes, likewise. The names of policies are borrowed. */
void ike_view_qmsas(const struct ikc_qmsas *in, const struct ike_dates *d, uint64_t after, ike_policy_of *policy_of,
    void *ctx, struct qmsa_page *out);
/*
 * The associations of a page of which the kernel can say what they carried, in the order of the page: of each, unless it is
 * soft, the inbound one and the outbound one; of AH+ESP those of ESP. Their number, at most KERNEL_USES_MAX.
 */
size_t ike_view_ids(const struct qmsa_page *page, struct ike_sa_id *out);
/* What it said of these, into the page. */
void ike_view_uses(struct qmsa_page *page, const struct kernel_sa_use *uses);
/* Is there one with that peer on the page (NULL: with anybody)? What is not yet established counts, too. */
bool ike_view_has_peer(const struct ikc_msg *page, const struct ip *peer);
/* The id after which the next page begins; false: this was the last. */
bool ike_view_next(const struct ikc_msg *page, uint64_t *after);
/*
 * Puts what IKE counts into what the kernel counted (stats.h). Of the IPsec block that are the key operations and what is
 * active; key operations that wait in IKE are added to the SPIs that wait in the kernel.
 */
void ike_view_stats(const struct ike_stats *in, struct dyn_stats *out);

/*
 * What was heard in events. They are counted only: ipsec-iked has told the journal of each already, with all its fields.
 */
enum { IKE_HEARD_LAST = 200 };
struct ike_heard {
	uint64_t failed, soft;     /* negotiations that failed; associations in clear that began */
	char last[IKE_HEARD_LAST]; /* the last failure: peer and why; "" when there was none */
};
void ike_heard_event(struct ike_heard *h, const struct ikc_event *ev);
/* `state`, and what was heard if that is worth a word, cut to `size` bytes. */
void ike_heard_print(const struct ike_heard *h, const char *state, char *out, size_t size);

#endif
