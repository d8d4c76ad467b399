/* Does a request fit the plan and the profile in force? Pure; see broker.h. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/broker/private.h"

#include "common/base/banned.h"

/* --- what is in force ------------------------------------------------------------------------------------------- */

static int number_cmp(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Of equal keys the first of the profile stays first: rules lie in one array. */
static int rule_cmp(const void *a, const void *b)
{
	const struct ike_rule *x = *(const struct ike_rule *const *)a, *y = *(const struct ike_rule *const *)b;
	int c = number_cmp(x->reqid, y->reqid);

	c = c ? c : number_cmp(x->filter, y->filter);
	return c ? c : number_cmp((uintptr_t)x, (uintptr_t)y);
}

static int pol_cmp(const void *a, const void *b)
{
	const struct xfrm_pol *x = a, *y = b;
	int c = number_cmp(x->dir, y->dir);

	c = c ? c : ip_cmp(&x->src, &y->src);
	c = c ? c : number_cmp(x->src_plen, y->src_plen);
	c = c ? c : ip_cmp(&x->dst, &y->dst);
	c = c ? c : number_cmp(x->dst_plen, y->dst_plen);
	c = c ? c : number_cmp(x->protocol, y->protocol);
	c = c ? c : number_cmp(x->sport, y->sport);
	return c ? c : number_cmp(x->dport, y->dport);
}

static void set_rules(struct in_force *f)
{
	size_t n = f->profile ? f->profile->nrules : 0;

	f->rules = xcalloc(n + 1, sizeof *f->rules);
	f->nrules = n;
	for (size_t i = 0; i < n; i++)
		f->rules[i] = &f->profile->rules[i];
	qsort(f->rules, n, sizeof(f->rules[0]), rule_cmp);
}

void in_force_set(struct in_force *f, const struct xfrm_pol *pols, size_t npols, struct ike_profile *profile,
    const struct ip *locals, size_t nlocals)
{
	in_force_fini(f);
	f->profile = profile;
	set_rules(f);
	f->pols = xcalloc(npols + 1, sizeof *f->pols);
	for (size_t i = 0; i < npols; i++)
		if (pols[i].kind == XFRM_K_PROTECT)
			f->pols[f->npols++] = pols[i];
	qsort(f->pols, f->npols, sizeof *f->pols, pol_cmp);
	f->locals = xcalloc(nlocals + 1, sizeof *f->locals);
	f->nlocals = nlocals;
	if (nlocals)
		memcpy(f->locals, locals, nlocals * sizeof *locals);
}

void in_force_fini(struct in_force *f)
{
	ike_profile_free(f->profile);
	free(f->rules);
	free(f->pols);
	free(f->locals);
	*f = (struct in_force){0};
}

/* The policy of exactly that traffic; the kernel holds one at most. */
static const struct xfrm_pol *find_pol(const struct in_force *f, enum xfrm_dir dir, const struct ike_selector *s)
{
	bool out = dir == XFRM_D_OUT;
	const struct ip_prefix *src = out ? &s->local : &s->remote, *dst = out ? &s->remote : &s->local;
	const struct xfrm_pol key = {.dir = (uint8_t)dir, .src = src->net, .src_plen = src->plen, .dst = dst->net,
	    .dst_plen = dst->plen, .protocol = s->protocol, .sport = out ? s->local_port : s->remote_port,
	    .dport = out ? s->remote_port : s->local_port};

	return bsearch(&key, f->pols, f->npols, sizeof key, pol_cmp);
}

/* The first rule of that reqid whose filter is at least that one; or where it would be. */
static const struct ike_rule *const *first_rule(const struct in_force *f, uint32_t reqid, uint32_t filter)
{
	size_t lo = 0, hi = f->nrules;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ike_rule *r = f->rules[mid];

		if (r->reqid < reqid || (r->reqid == reqid && r->filter < filter))
			lo = mid + 1;
		else
			hi = mid;
	}
	return f->rules + lo;
}

static bool is_local(const struct in_force *f, const struct ip *ip)
{
	for (size_t i = 0; i < f->nlocals; i++)
		if (ip_eq(&f->locals[i], ip))
			return true;
	return false;
}

static bool is_host(const struct ip_prefix *p)
{
	return p->plen == ip_bits(p->net.family);
}

static bool holds(const struct ip_prefix *p, const struct ip *ip)
{
	return ip_in_prefix(ip, &p->net, p->plen);
}

/* Well formed, and one that says what it covers: a prefix with bits beyond its length does not. */
static bool is_sound(const struct ike_selector *s)
{
	struct ip l = ip_mask(&s->local.net, s->local.plen), r = ip_mask(&s->remote.net, s->remote.plen);

	return s->local.net.family != IP_NONE && s->local.net.family == s->remote.net.family &&
	       s->local.plen <= ip_bits(s->local.net.family) && s->remote.plen <= ip_bits(s->remote.net.family) &&
	       ip_eq(&l, &s->local.net) && ip_eq(&r, &s->remote.net);
}

static bool is_default(const struct in_force *f, uint32_t reqid)
{
	return f->profile && f->profile->default_qm && reqid == f->profile->default_reqid;
}

/* --- SPIs ------------------------------------------------------------------------------------------------------- */

static bool ends_are_tunnels(const struct ike_rule *r, const struct ip *local, const struct ip *remote)
{
	return ip_eq(&r->tunnel_local, local) && ip_eq(&r->tunnel_remote, remote);
}

enum broker_why judge_spi(const struct in_force *f, const struct ike_sa_id *id, uint32_t reqid, bool tunnel)
{
	const struct ike_rule *const *end = f->rules + f->nrules;
	enum broker_why why = BROKER_NO_RULE;

	if (is_default(f, reqid))
		return tunnel ? BROKER_NO_RULE : is_local(f, &id->dst) ? BROKER_OK : BROKER_ENDS;
	for (const struct ike_rule *const *p = first_rule(f, reqid, 0); p < end && (*p)->reqid == reqid; p++) {
		const struct ike_rule *r = *p;

		if (r->tunnel != tunnel)
			continue;
		if (tunnel ? ends_are_tunnels(r, &id->dst, &id->src)
		           : holds(&r->sel.local, &id->dst) && holds(&r->sel.remote, &id->src))
			return BROKER_OK;
		why = BROKER_ENDS;
	}
	return why;
}

/* --- associations ------------------------------------------------------------------------------------------------ */

static const struct ip *local_end(const struct ike_sa *sa)
{
	return sa->outbound ? &sa->id.src : &sa->id.dst;
}

static const struct ip *remote_end(const struct ike_sa *sa)
{
	return sa->outbound ? &sa->id.dst : &sa->id.src;
}

/* In transport mode the packets' addresses are the outer ones: a selector that lacks them would carry nothing. */
static bool ends_fit(const struct ike_rule *r, const struct ike_sa *sa)
{
	if (r->tunnel)
		return ends_are_tunnels(r, local_end(sa), remote_end(sa));
	return holds(&sa->sel.local, local_end(sa)) && holds(&sa->sel.remote, remote_end(sa));
}

static enum broker_why find_rule(const struct in_force *f, const struct ike_sa *sa, const struct ike_rule **out)
{
	const struct ike_rule *const *end = f->rules + f->nrules, *const *p = first_rule(f, sa->reqid, sa->filter);
	enum broker_why why = BROKER_NO_RULE;

	for (; p < end && (*p)->reqid == sa->reqid && (*p)->filter == sa->filter; p++) {
		if ((*p)->tunnel != sa->tunnel || !ike_selector_covers(&(*p)->sel, &sa->sel))
			continue;
		why = BROKER_ENDS;
		*out = *p;
		if (ends_fit(*p, sa))
			return BROKER_OK;
	}
	return why;
}

/* Is it that offer, or the part of it that its protocol is? */
static bool is_offer(const struct ike_qm_offer *o, const struct ike_sa *sa)
{
	bool ah = sa->id.protocol == IKE_PROTO_AH;

	if (sa->bundle ? !(o->has_ah && o->has_esp) : o->has_ah != ah || o->has_esp == ah)
		return false;
	return ah ? sa->cipher == IKE_ENC_NULL && sa->hash == o->ah_hash && sa->hash != CRYPTO_HASH_NONE
	          : sa->cipher == o->esp_cipher && sa->hash == o->esp_hash;
}

static uint64_t or_else(uint64_t v, uint64_t otherwise)
{
	return v ? v : otherwise;
}

static bool life_fits(const struct ike_qm_offer *o, const struct ike_sa *sa)
{
	return sa->hard_s && sa->hard_bytes && sa->hard_s <= or_else(o->life_s, IKE_QM_LIFE_S) &&
	       sa->hard_bytes <= or_else(o->life_kb, IKE_QM_LIFE_KB) * 1024;
}

static enum broker_why judge_offers(const struct ike_qm_policy *qm, const struct ike_sa *sa)
{
	enum broker_why why = BROKER_ALGORITHM;

	for (size_t i = 0; i < qm->noffers; i++) {
		if (!is_offer(&qm->offers[i], sa))
			continue;
		if (life_fits(&qm->offers[i], sa))
			return BROKER_OK;
		why = BROKER_LIFE;
	}
	return why;
}

static bool offers_fit_all_rules(const struct in_force *f, uint32_t reqid, const struct ike_sa *sa)
{
	const struct ike_rule *const *end = f->rules + f->nrules, *const *p = first_rule(f, reqid, 0);

	/* One policy a rule, so the first of that reqid speaks for all. */
	return p < end && (*p)->reqid == reqid && judge_offers((*p)->qm, sa) == BROKER_OK;
}

/*
 * The template that inbound packets are compared with. In transport mode it may be another rule's, which then must offer the
 * same: else the weaker rule would open the stronger one. The inbound rule of a tunnel is the other half of this one.
 */
static enum broker_why judge_inbound(const struct in_force *f, const struct ike_rule *r, const struct ike_sa *sa,
    const struct xfrm_pol *in, struct broker_grant *out)
{
	if (in && in->reqid != r->reqid) {
		if (in->tunnel != r->tunnel)
			return BROKER_NO_TEMPLATE;
		if (r->tunnel ? !ip_eq(&in->tunnel_dst, &r->tunnel_local) : !offers_fit_all_rules(f, in->reqid, sa))
			return BROKER_OTHER_RULE;
		out->reqid = in->reqid;
	}
	return BROKER_OK;
}

static enum broker_why judge_template(const struct in_force *f, const struct ike_rule *r, const struct ike_sa *sa,
    struct broker_grant *out)
{
	const struct xfrm_pol *o = find_pol(f, XFRM_D_OUT, &r->sel), *in = find_pol(f, XFRM_D_IN, &r->sel);
	const struct xfrm_pol *own = o && o->reqid == r->reqid && o->tunnel == r->tunnel ? o
	    : in && in->reqid == r->reqid && in->tunnel == r->tunnel                       ? in
	                                                                                   : NULL;
	const struct xfrm_pol *meets = !sa->outbound && in ? in : own; /* the templates that its packets meet */
	bool ah = sa->bundle || sa->id.protocol == IKE_PROTO_AH, esp = sa->bundle || sa->id.protocol == IKE_PROTO_ESP;

	if (!own || (r->tunnel && !ip_eq(&own->tunnel_dst, &r->tunnel_remote)))
		return BROKER_NO_TEMPLATE;
	out->reqid = r->reqid;
	if (!sa->outbound) {
		enum broker_why why = judge_inbound(f, r, sa, in, out);
		if (why != BROKER_OK)
			return why;
	}
	out->policy = (struct broker_policy){.ah = ah, .esp = esp,
	    .needed = meets->protection != ((ah ? PROTECT_AH : 0) | (esp ? PROTECT_ESP : 0)),
	    .optional = !sa->outbound && r->inpass, .dir = sa->outbound ? XFRM_D_OUT : XFRM_D_IN, .sel = sa->sel,
	    .reqid = out->reqid, .tunnel = sa->tunnel, .priority = meets->priority - PLAN_BEFORE_PROTECTED};
	if (sa->tunnel) {
		out->policy.tunnel_src = sa->id.src;
		out->policy.tunnel_dst = sa->id.dst;
	}
	return BROKER_OK;
}

/* Whoever asks is answered, for what goes between the two of us and no rule speaks of (semantics §1.6). */
static enum broker_why judge_default(const struct in_force *f, const struct ike_sa *sa, struct broker_grant *out)
{
	const struct ike_profile *p = f->profile;
	bool ah = sa->bundle || sa->id.protocol == IKE_PROTO_AH, esp = sa->bundle || sa->id.protocol == IKE_PROTO_ESP;

	if (sa->tunnel || ike_profile_rule(p, &sa->sel, false, NULL))
		return BROKER_NO_RULE;
	if (!is_host(&sa->sel.local) || !is_host(&sa->sel.remote) || !ip_eq(&sa->sel.local.net, local_end(sa)) ||
	    !ip_eq(&sa->sel.remote.net, remote_end(sa)) || !is_local(f, local_end(sa)) || is_local(f, remote_end(sa)))
		return BROKER_ENDS;
	out->reqid = sa->reqid;
	out->policy = (struct broker_policy){.needed = true, .ah = ah, .esp = esp,
	    .dir = sa->outbound ? XFRM_D_OUT : XFRM_D_IN, .sel = sa->sel, .reqid = sa->reqid, .priority = BROKER_PRIORITY_LAST};
	return judge_offers(p->default_qm, sa);
}

enum broker_why judge_sa(const struct in_force *f, const struct ike_sa *sa, struct broker_grant *out)
{
	const struct ike_rule *r = NULL;
	enum broker_why why;

	*out = (struct broker_grant){.update = !sa->outbound,
	    .tunnel = sa->tunnel && !(sa->bundle && sa->id.protocol == IKE_PROTO_AH)};
	if (sa->replay_window < BROKER_WINDOW_MIN || sa->replay_window > BROKER_WINDOW_MAX)
		return BROKER_WINDOW;
	if (!is_sound(&sa->sel))
		return BROKER_NO_RULE;
	if (is_default(f, sa->reqid))
		return judge_default(f, sa, out);
	why = find_rule(f, sa, &r);
	why = why == BROKER_OK ? judge_offers(r->qm, sa) : why;
	return why == BROKER_OK ? judge_template(f, r, sa, out) : why;
}

/* --- in clear ----------------------------------------------------------------------------------------------------- */

enum broker_why judge_soft(const struct in_force *f, const struct ike_selector *sel, uint32_t reqid, struct dur life,
    struct broker_soft *out)
{
	const struct ike_rule *const *end = f->rules + f->nrules, *const *p = first_rule(f, reqid, 0);
	enum broker_why why = BROKER_NO_RULE;

	if (!is_sound(sel))
		return BROKER_NO_RULE;
	for (; p < end && (*p)->reqid == reqid; p++) {
		const struct ike_rule *r = *p;
		const struct xfrm_pol *own = find_pol(f, XFRM_D_OUT, &r->sel), *in = find_pol(f, XFRM_D_IN, &r->sel);

		if (r->tunnel || !ike_selector_covers(&r->sel, sel))
			continue;
		why = BROKER_NOT_SOFT;
		if (!own || own->reqid != reqid)
			continue; /* nothing of it leaves under this rule */
		out->priority_out = own->priority - PLAN_BEFORE_CLEAR;
		out->priority_in = (in && in->reqid == reqid ? in : own)->priority - PLAN_BEFORE_CLEAR;
		if (r->soft && is_host(&sel->local) && is_host(&sel->remote) && life.ms > 0 &&
		    life.ms <= DUR_S(or_else(r->mm->soft_life_s, IKE_MM_LIFE_S)).ms)
			return BROKER_OK;
	}
	return why;
}
