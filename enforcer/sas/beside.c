#include "enforcer/sas/beside.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

void beside_fini(struct beside *b)
{
	free(b->held);
	free(b->soft);
	*b = (struct beside){.sad = b->sad};
}

/* --- values --------------------------------------------------------------------------------------------------------- */

static bool slot_is_taken(const struct beside *b, uint32_t slot)
{
	for (size_t i = 0; i < b->nheld; i++)
		for (size_t k = 0; k < b->held[i].n; k++)
			if (b->held[i].k[k].index == kpol_index(slot, b->held[i].k[k].pol.dir))
				return true;
	for (size_t i = 0; i < b->nsoft; i++)
		for (size_t k = 0; k < TWINS; k++)
			if (b->soft[i].k[k].index == kpol_index(slot, b->soft[i].k[k].pol.dir))
				return true;
	return false;
}

/* There are more slots than what the broker grants needs. */
static uint32_t take_slot(struct beside *b)
{
	do
		b->slot = KPOL_GRANTED_FIRST + (b->slot + 1) % (KPOL_INDEX_SLOTS - KPOL_GRANTED_FIRST);
	while (slot_is_taken(b, b->slot));
	return b->slot;
}

static struct xfrm_pol traffic(const struct ike_selector *s, enum xfrm_dir dir)
{
	bool out = dir == XFRM_D_OUT;
	const struct ip_prefix *src = out ? &s->local : &s->remote, *dst = out ? &s->remote : &s->local;

	return (struct xfrm_pol){.dir = (uint8_t)dir, .family = s->local.net.family, .src = src->net, .src_plen = src->plen,
	    .dst = dst->net, .dst_plen = dst->plen, .protocol = s->protocol, .sport = out ? s->local_port : s->remote_port,
	    .dport = out ? s->remote_port : s->local_port};
}

static struct kpol protects(const struct broker_policy *p, enum xfrm_dir dir, uint32_t slot)
{
	struct kpol k = {.index = kpol_index(slot, (uint8_t)dir), .pol = traffic(&p->sel, p->dir)};

	k.pol.dir = (uint8_t)dir;
	k.pol.kind = XFRM_K_PROTECT;
	k.pol.priority = p->priority;
	k.pol.reqid = p->reqid;
	k.pol.optional = p->optional;
	k.pol.protection = (uint8_t)((p->ah ? PROTECT_AH : 0) | (p->esp ? PROTECT_ESP : 0));
	k.pol.tunnel = p->tunnel;
	if (p->tunnel) {
		k.pol.tunnel_src = p->tunnel_src;
		k.pol.tunnel_dst = p->tunnel_dst;
	}
	return k;
}

/* What comes out of a tunnel may be for others; what was not in it is forwarded to nobody, as in the plan. */
static void set_policies(struct held *h, uint32_t slot)
{
	h->n = 0;
	h->k[h->n++] = protects(&h->of, h->of.dir, slot);
	if (h->of.tunnel && h->of.dir == XFRM_D_IN) {
		h->k[h->n] = protects(&h->of, XFRM_D_FWD, slot);
		h->k[h->n++].pol.optional = false;
	}
}

static uint32_t slot_of(const struct kpol *k)
{
	return (k->index & 0xFFFFFFu) >> 3;
}

/* --- policies of their own kind -------------------------------------------------------------------------------------- */

static int held_cmp(const void *a, const void *b)
{
	return broker_policy_cmp(&((const struct held *)a)->of, &((const struct held *)b)->of);
}

static struct held *find(const struct beside *b, const struct broker_policy *p, size_t *at)
{
	const struct held key = {.of = *p};

	*at = array_lower(b->held, b->nheld, sizeof key, &key, held_cmp);
	return *at < b->nheld && held_cmp(&b->held[*at], &key) == 0 ? &b->held[*at] : NULL;
}

static void take_down(const struct beside *b, const struct held *h)
{
	struct err ignored = {0}; /* one that stays protects what it did before */

	for (size_t i = 0; i < h->n; i++)
		b->sad->ops->policy_del(b->sad, &h->k[i], &ignored);
}

static int put_up(const struct beside *b, const struct held *h, struct err *e)
{
	for (size_t i = 0; i < h->n; i++)
		if (b->sad->ops->policy(b->sad, &h->k[i], 0, e) != 0) {
			take_down(b, h);
			return -1;
		}
	return 0;
}

int beside_hold(struct beside *b, const struct broker_policy *p, struct err *e)
{
	struct held new = {.of = *p, .users = 1};
	size_t at;
	struct held *h = find(b, p, &at);

	if (h) {
		h->users++;
		return 0;
	}
	set_policies(&new, take_slot(b));
	if (put_up(b, &new, e) != 0)
		return -1;
	ARRAY_ROOM(b->held, b->nheld, b->cap_held, 1);
	array_insert(b->held, &b->nheld, sizeof new, &at, &new, 1);
	return 0;
}

void beside_release(struct beside *b, const struct broker_policy *p)
{
	size_t at;
	struct held *h = find(b, p, &at);

	if (!h || --h->users)
		return;
	take_down(b, h);
	array_remove(b->held, &b->nheld, sizeof *h, &at, 1);
}

static void note(struct err *first, struct err *e)
{
	if (first->kind == ERR_NONE)
		*first = *e;
	*e = (struct err){0};
}

static bool says_the_same(const struct held *a, const struct held *b)
{
	return a->n == b->n && kpol_same(&a->k[0], &b->k[0]);
}

/* The old one where there is one, changed; its place in the kernel stays. */
static bool renew(struct beside *b, struct held *new, struct err *e)
{
	size_t at;
	const struct held *old = find(b, &new->of, &at);

	set_policies(new, old ? slot_of(&old->k[0]) : take_slot(b));
	return (old && says_the_same(old, new)) || put_up(b, new, e) == 0;
}

int beside_become(struct beside *b, const struct broker_policy *v, size_t n, struct err *e)
{
	struct held *all = xcalloc(n + 1, sizeof *all);
	struct err first = {0};
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		all[k] = (struct held){.of = v[i], .users = v[i].users};
		if (renew(b, &all[k], e))
			k++;
		else
			note(&first, e);
	}
	for (size_t i = 0; i < b->nheld; i++) {
		bool stays = k && bsearch(&b->held[i], all, k, sizeof *all, held_cmp);
		if (!stays)
			take_down(b, &b->held[i]);
	}
	free(b->held);
	b->held = all;
	b->nheld = k;
	b->cap_held = n + 1;
	*e = first;
	return first.kind == ERR_NONE ? 0 : -1;
}

/* --- in clear -------------------------------------------------------------------------------------------------------- */

static struct soft *find_soft(const struct beside *b, uint64_t id)
{
	for (size_t i = 0; i < b->nsoft; i++)
		if (b->soft[i].id == id)
			return &b->soft[i];
	return NULL;
}

static void set_soft(struct soft *s, const struct broker_soft *of)
{
	static const enum xfrm_dir dirs[TWINS] = {XFRM_D_OUT, XFRM_D_IN};
	const uint32_t priorities[TWINS] = {of->priority_out, of->priority_in};

	for (size_t i = 0; i < TWINS; i++) {
		uint32_t index = s->k[i].index;
		s->k[i] = (struct kpol){.index = index, .pol = traffic(&of->sel, dirs[i])};
		s->k[i].pol.kind = XFRM_K_ALLOW;
		s->k[i].pol.priority = priorities[i];
	}
}

/* Seconds that are left, rounded up; 0: none. */
static uint32_t left_s(const struct beside *b, const struct soft *s)
{
	int64_t ms = mono_since(b->sad->ops->now(b->sad), s->until).ms;

	return ms <= 0 ? 0 : (uint32_t)((ms + 999) / 1000);
}

/* The kernel ends them in time, whoever is there to see it. */
static int put_soft_policies(const struct beside *b, const struct soft *s, struct err *e)
{
	for (size_t i = 0; i < TWINS; i++)
		if (b->sad->ops->policy(b->sad, &s->k[i], left_s(b, s), e) != 0)
			return -1;
	return 0;
}

static bool pair_is_used(const struct beside *b, const struct soft *except)
{
	for (size_t i = 0; i < b->nsoft; i++)
		if (&b->soft[i] != except && ip_eq(&b->soft[i].local, &except->local) && ip_eq(&b->soft[i].remote, &except->remote))
			return true;
	return false;
}

static void take_soft_down(const struct beside *b, const struct soft *s)
{
	struct err ignored = {0}; /* either alone shuts it */

	if (!pair_is_used(b, s))
		b->sad->ops->soft(b->sad, &s->local, &s->remote, false, &ignored);
	for (size_t i = 0; i < TWINS; i++)
		b->sad->ops->policy_del(b->sad, &s->k[i], &ignored);
}

int beside_soft_put(struct beside *b, const struct broker_soft *of, struct err *e)
{
	struct soft *s;
	uint32_t slot = take_slot(b);

	GROW(b->soft, b->nsoft, b->cap_soft);
	s = &b->soft[b->nsoft++];
	*s = (struct soft){.id = of->id, .until = mono_add(b->sad->ops->now(b->sad), of->life), .local = of->sel.local.net,
	    .remote = of->sel.remote.net, .k = {{.index = kpol_index(slot, XFRM_D_OUT)}, {.index = kpol_index(slot, XFRM_D_IN)}}};
	set_soft(s, of);
	if (put_soft_policies(b, s, e) == 0 && (b->paused || b->sad->ops->soft(b->sad, &s->local, &s->remote, true, e) == 0))
		return 0;
	take_soft_down(b, s);
	b->nsoft--;
	return -1;
}

int beside_soft_change(struct beside *b, const struct broker_soft *of, struct err *e)
{
	struct soft *s = find_soft(b, of->id);

	if (!s || (s->k[0].pol.priority == of->priority_out && s->k[1].pol.priority == of->priority_in) || left_s(b, s) == 0)
		return 0;
	set_soft(s, of);
	return put_soft_policies(b, s, e);
}

void beside_soft_end(struct beside *b, uint64_t id)
{
	struct soft *s = find_soft(b, id);

	if (!s)
		return;
	take_soft_down(b, s);
	*s = b->soft[--b->nsoft];
}

int beside_soft_query(struct beside *b, uint64_t id, struct sad_usage *out, struct err *e)
{
	const struct soft *s = find_soft(b, id);
	struct mono last[TWINS];

	*out = (struct sad_usage){.last_use = MONO_NEVER};
	for (size_t i = 0; i < TWINS; i++)
		if (!s || b->sad->ops->policy_used(b->sad, &s->k[i], &last[i], e) != 0)
			return -1;
	for (size_t i = 0; i < TWINS; i++)
		if (!mono_is_never(last[i]) && (mono_is_never(out->last_use) || mono_before(out->last_use, last[i])))
			out->last_use = last[i];
	return b->sad->ops->soft_count(b->sad, &s->local, &s->remote, out, e);
}

/* --- others ----------------------------------------------------------------------------------------------------------- */

size_t beside_restore(struct beside *b, uint64_t **over)
{
	struct err ignored = {0}; /* what cannot be put up again stays shut */
	size_t n = 0;

	*over = xcalloc(b->nsoft + 1, sizeof **over);
	for (size_t i = 0; i < b->nheld; i++)
		put_up(b, &b->held[i], &ignored);
	for (size_t i = 0; i < b->nsoft; i++) {
		if (mono_since(b->sad->ops->now(b->sad), b->soft[i].until).ms < 1000) /* the kernel counts in seconds */
			(*over)[n++] = b->soft[i].id;
		else
			put_soft_policies(b, &b->soft[i], &ignored);
	}
	return n;
}

static int set_pairs(const struct beside *b, bool put, struct err *e)
{
	struct err first = {0};

	for (size_t i = 0; i < b->nsoft; i++)
		if (b->sad->ops->soft(b->sad, &b->soft[i].local, &b->soft[i].remote, put, e) != 0)
			note(&first, e);
	*e = first;
	return first.kind == ERR_NONE ? 0 : -1;
}

int beside_pause(struct beside *b, struct err *e)
{
	b->paused = true;
	return set_pairs(b, false, e);
}

int beside_resume(struct beside *b, struct err *e)
{
	if (!b->paused)
		return 0;
	b->paused = set_pairs(b, true, e) != 0;
	return b->paused ? -1 : 0;
}

void beside_pairs_again(struct beside *b)
{
	struct err ignored = {0}; /* without it nftables shuts what XFRM lets pass */

	if (!b->paused)
		set_pairs(b, true, &ignored);
}
