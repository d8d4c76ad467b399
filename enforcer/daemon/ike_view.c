#include "enforcer/daemon/ike_view.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/compile/ike_words.h"

#include "common/base/banned.h"

_Static_assert((int)ASSOC_PAGE_MAX == (int)IKC_PAGE_MAX, "a page becomes a page");
_Static_assert((int)DYN_STATS_IKE == (int)IKE_STAT_COUNT && (int)DYN_STATS_IPSEC == (int)IKE_QSTAT_COUNT,
    "the counters are those of the labels");

/* --- associations --------------------------------------------------------------------------------- */

static struct assoc_end end_of(const struct ike_end *e)
{
	return (struct assoc_end){e->ip, e->port};
}

/* Rounded down, as a date is. 0: never, or a moment that no calendar has: the number is a stranger's. */
static int64_t date_of(const struct ike_dates *d, struct mono t)
{
	int64_t ms;

	if (mono_is_never(t) || __builtin_sub_overflow(t.ms, d->mono.ms, &ms) ||
	    __builtin_add_overflow(ms, d->wall_s * 1000, &ms))
		return 0;
	return ms < 0 ? 0 : ms / 1000;
}

/* Method numbers of the wire; a method of another kind than a policy can name cannot have been agreed on. */
static uint8_t auth_of(uint16_t method)
{
	static const uint8_t kinds[] = {AUTH_KERBEROS, AUTH_PSK, AUTH_ROOTCA};

	for (size_t i = 0; i < N_OF(kinds); i++)
		if (ike_auth_of(kinds[i]) == method)
			return kinds[i];
	return AUTH_PSK;
}

/* ike_id_print() says the kind first; Windows shows the identity alone, and the kind of one that cannot be shown. */
static const char *identity_of(const char *printed)
{
	const char *value = strchr(printed, ' ');

	return value && value[1] != '(' ? value + 1 : printed;
}

static void mmsa_of(const struct ike_mmsa_info *in, const struct ike_dates *d, struct mmsa *out)
{
	*out = (struct mmsa){.id = in->id, .local = end_of(&in->local), .remote = end_of(&in->remote),
		.initiator = in->initiator, .natt = in->natt, .dpd = in->dpd, .offer = ike_mm_offer_back(&in->offer),
		.auth = auth_of(in->auth), .life_s = in->life_s, .quick_modes = in->quick_modes,
		.since_s = date_of(d, in->since), .until_s = date_of(d, in->until)};
	memcpy(out->icookie, in->icookie, sizeof out->icookie);
	memcpy(out->rcookie, in->rcookie, sizeof out->rcookie);
	snprintf(out->remote_id, sizeof out->remote_id, "%s", identity_of(in->remote_id));
}

void ike_view_mmsas(const struct ikc_mmsas *in, const struct ike_dates *d, uint64_t after, struct mmsa_page *out)
{
	*out = (struct mmsa_page){.more = in->more, .next = in->n ? in->v[in->n - 1].id : after};
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].up)
			mmsa_of(&in->v[i], d, &out->v[out->n++]);
}

/* One of another family is no address before translation: a stranger's number, too. */
static struct ip original_of(const struct ike_qmsa_info *in)
{
	return in->original.family == in->remote.ip.family ? in->original : (struct ip){.family = IP_NONE};
}

static void qmsa_of(const struct ike_qmsa_info *in, const struct ike_dates *d, const char *policy, struct qmsa *out)
{
	*out = (struct qmsa){.id = in->id, .mmsa = in->mmsa, .local = end_of(&in->local), .remote = end_of(&in->remote),
		.initiator = in->initiator, .tunnel = in->tunnel, .udp_encap = in->udp_encap, .soft = in->soft,
		.src = in->sel.local, .dst = in->sel.remote, .protocol = in->sel.protocol, .sport = in->sel.local_port,
		.dport = in->sel.remote_port, .offer = ike_qm_offer_back(&in->offer), .pfs = in->pfs, .ah_in = in->ah_in,
		.ah_out = in->ah_out, .esp_in = in->esp_in, .esp_out = in->esp_out, .original = original_of(in), .since_s = date_of(d, in->since),
		.until_s = date_of(d, in->until), .policy = policy ? policy : ""};
	out->offer.life_s = in->life_s;
	out->offer.life_kb = in->life_kb;
	/* A soft one has no offer, whatever an empty one may look like. */
	if (in->soft)
		out->offer = (struct qm_offer){.life_s = in->life_s};
}

void ike_view_qmsas(const struct ikc_qmsas *in, const struct ike_dates *d, uint64_t after, ike_policy_of *policy_of,
    void *ctx, struct qmsa_page *out)
{
	*out = (struct qmsa_page){.more = in->more, .next = in->n ? in->v[in->n - 1].id : after};
	for (size_t i = 0; i < in->n; i++)
		if (in->v[i].up)
			qmsa_of(&in->v[i], d, policy_of(ctx, in->v[i].rule), &out->v[out->n++]);
}

_Static_assert((int)KERNEL_USES_MAX == 2 * (int)ASSOC_PAGE_MAX, "a page is one question");

size_t ike_view_ids(const struct qmsa_page *page, struct ike_sa_id *out)
{
	size_t n = 0;

	for (size_t i = 0; i < page->n; i++) {
		const struct qmsa *a = &page->v[i];
		uint8_t protocol = a->esp_in ? IKE_PROTO_ESP : IKE_PROTO_AH;

		if (a->soft)
			continue;
		out[n++] = (struct ike_sa_id){a->remote.ip, a->local.ip, protocol, a->esp_in ? a->esp_in : a->ah_in};
		out[n++] = (struct ike_sa_id){a->local.ip, a->remote.ip, protocol, a->esp_out ? a->esp_out : a->ah_out};
	}
	return n;
}

void ike_view_uses(struct qmsa_page *page, const struct kernel_sa_use *uses)
{
	for (size_t i = 0; i < page->n; i++) {
		struct qmsa *a = &page->v[i];

		if (a->soft)
			continue;
		a->counted = uses[0].known && uses[1].known;
		a->received = uses[0].bytes;
		a->received_packets = uses[0].packets;
		a->sent = uses[1].bytes;
		a->sent_packets = uses[1].packets;
		uses += 2;
	}
}

bool ike_view_has_peer(const struct ikc_msg *page, const struct ip *peer)
{
	bool quick = page->type == IKC_QMSAS;
	size_t n = quick ? page->u.qmsas.n : page->u.mmsas.n;

	for (size_t i = 0; i < n; i++)
		if (!peer || ip_eq(peer, quick ? &page->u.qmsas.v[i].remote.ip : &page->u.mmsas.v[i].remote.ip))
			return true;
	return false;
}

bool ike_view_next(const struct ikc_msg *page, uint64_t *after)
{
	bool quick = page->type == IKC_QMSAS, more = quick ? page->u.qmsas.more : page->u.mmsas.more;

	if (more) /* then it is not empty (channel.h) */
		*after = quick ? page->u.qmsas.v[page->u.qmsas.n - 1].id : page->u.mmsas.v[page->u.mmsas.n - 1].id;
	return more;
}

/* --- counters ------------------------------------------------------------------------------------- */

void ike_view_stats(const struct ike_stats *in, struct dyn_stats *out)
{
	static const uint8_t its_own[] = {IKE_QSTAT_ACTIVE_SAS, IKE_QSTAT_QM_KEY_ADDS, IKE_QSTAT_QM_KEY_DELETES, IKE_QSTAT_REKEYS,
	    IKE_QSTAT_ACTIVE_TUNNELS};

	for (size_t i = 0; i < DYN_STATS_IKE; i++)
		out->ike[i] = in->ike[i];
	for (size_t i = 0; i < N_OF(its_own); i++)
		out->ipsec[its_own[i]] = in->ipsec[its_own[i]];
	out->ipsec[IKE_QSTAT_PENDING_KEYS] += in->ipsec[IKE_QSTAT_PENDING_KEYS];
}

/* --- events --------------------------------------------------------------------------------------- */

enum { DETAIL_MAX = 100 };

void ike_heard_event(struct ike_heard *h, const struct ikc_event *ev)
{
	const char *why = ike_failure_name(ev->event.why);
	char ip[IP_TEXT];

	h->soft += ev->event.kind == IKE_EV_SOFT_UP;
	if (ev->event.kind != IKE_EV_FAILED)
		return;
	h->failed++;
	snprintf(h->last, sizeof h->last, "with %s: %s%s%.*s", ip_print(&ev->event.remote.ip, ip), why ? why : "failed",
	    *ev->detail ? ": " : "", (int)DETAIL_MAX, ev->detail);
}

void ike_heard_print(const struct ike_heard *h, const char *state, char *out, size_t size)
{
	struct buf b = {0};

	buf_adds(&b, state);
	if (h->failed)
		buf_printf(&b, "; %llu negotiations failed, the last one %s", (unsigned long long)h->failed, h->last);
	if (h->soft)
		buf_printf(&b, "; %llu times traffic was let through in clear", (unsigned long long)h->soft);
	snprintf(out, size, "%s", buf_text(&b));
	buf_free(&b);
}
