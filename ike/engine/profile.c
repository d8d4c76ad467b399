/* Looking up the policy of a peer and of traffic. See profile.h. */
#include "ike/engine/profile.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* Semantics §5.5, §4.4, §5.10. */
enum { IDLE_S = 300, FALLBACK_MS = 3000, HALF_OPEN_ON = 500, HALF_OPEN_OFF = 100, HALF_OPEN_PEER = 35 };

struct ike_profile *ike_profile_new(void)
{
	struct ike_profile *p = xcalloc(1, sizeof *p);

	p->holders = 1;
	p->dpd = p->nat_traversal = p->fragmentation = true;
	p->idle_s = IDLE_S;
	p->fallback_ms = FALLBACK_MS;
	p->half_open_on = HALF_OPEN_ON;
	p->half_open_off = HALF_OPEN_OFF;
	p->half_open_peer = HALF_OPEN_PEER;
	return p;
}

struct ike_profile *ike_profile_share(struct ike_profile *p)
{
	if (p)
		p->holders++;
	return p;
}

void ike_profile_free(struct ike_profile *p)
{
	if (!p || --p->holders)
		return;
	arena_free(&p->arena);
	free(p);
}

/* --- selectors ------------------------------------------------------------------------------------------ */

static bool prefix_covers(const struct ip_prefix *outer, const struct ip_prefix *inner)
{
	return outer->net.family == inner->net.family && outer->plen <= inner->plen &&
	       ip_in_prefix(&inner->net, &outer->net, outer->plen);
}

/* Does `outer`, where 0 means any, cover `inner`? */
static bool number_covers(unsigned outer, unsigned inner)
{
	return outer == 0 || outer == inner;
}

bool ike_selector_covers(const struct ike_selector *outer, const struct ike_selector *inner)
{
	return prefix_covers(&outer->local, &inner->local) && prefix_covers(&outer->remote, &inner->remote) &&
	       number_covers(outer->protocol, inner->protocol) && number_covers(outer->local_port, inner->local_port) &&
	       number_covers(outer->remote_port, inner->remote_port);
}

bool ike_selector_eq(const struct ike_selector *a, const struct ike_selector *b)
{
	return ike_selector_covers(a, b) && ike_selector_covers(b, a);
}

/* --- rules ------------------------------------------------------------------------------------------------ */

const struct ike_rule *ike_profile_rule(const struct ike_profile *p, const struct ike_selector *sel, bool tunnel,
    const struct ip *tunnel_remote)
{
	for (size_t i = 0; i < p->nrules; i++) {
		const struct ike_rule *r = &p->rules[i];

		if (r->tunnel == tunnel && (!tunnel || ip_eq(&r->tunnel_remote, tunnel_remote)) &&
		    ike_selector_covers(&r->sel, sel))
			return r;
	}
	return NULL;
}

const struct ike_mm_policy *ike_profile_mm(const struct ike_profile *p, const struct ip *local, const struct ip *peer)
{
	for (size_t i = 0; i < p->nrules; i++) {
		const struct ike_rule *r = &p->rules[i];

		if (r->tunnel ? ip_eq(&r->tunnel_remote, peer) && ip_eq(&r->tunnel_local, local)
		              : ip_in_prefix(peer, &r->sel.remote.net, r->sel.remote.plen) &&
		                    ip_in_prefix(local, &r->sel.local.net, r->sel.local.plen))
			return r->mm;
	}
	return p->default_mm;
}

/* --- equality ---------------------------------------------------------------------------------------------- */

bool ike_mm_policy_eq(const struct ike_mm_policy *a, const struct ike_mm_policy *b)
{
	if (a->noffers != b->noffers || a->nauths != b->nauths || a->life_s != b->life_s ||
	    a->qm_limit != b->qm_limit || a->soft_life_s != b->soft_life_s)
		return false;
	for (size_t i = 0; i < a->noffers; i++) {
		const struct ike_mm_offer *x = &a->offers[i], *y = &b->offers[i];

		if (x->cipher != y->cipher || x->hash != y->hash || x->group != y->group)
			return false;
	}
	for (size_t i = 0; i < a->nauths; i++) {
		if (a->auths[i].method != b->auths[i].method || !guid_eq(&a->auths[i].secret, &b->auths[i].secret))
			return false;
	}
	return true;
}

bool ike_qm_policy_eq(const struct ike_qm_policy *a, const struct ike_qm_policy *b)
{
	if (a->noffers != b->noffers || a->pfs != b->pfs)
		return false;
	for (size_t i = 0; i < a->noffers; i++) {
		const struct ike_qm_offer *x = &a->offers[i], *y = &b->offers[i];

		if (x->has_ah != y->has_ah || x->has_esp != y->has_esp || x->ah_hash != y->ah_hash ||
		    x->esp_cipher != y->esp_cipher || x->esp_hash != y->esp_hash || x->life_s != y->life_s ||
		    x->life_kb != y->life_kb)
			return false;
	}
	return true;
}
