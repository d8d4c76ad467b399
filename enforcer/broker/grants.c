/* The associations that were granted. */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/broker/private.h"

#include "common/base/banned.h"

enum { CAP_MIN = 64 };

static bool is_empty(const struct grant *g)
{
	return g->id.dst.family == IP_NONE;
}

static bool is_of(const struct grant *g, const struct ike_sa_id *id)
{
	return g->id.spi == id->spi && g->id.protocol == id->protocol && ip_eq(&g->id.dst, &id->dst);
}

/*
 * SPIs of peers are theirs to choose, so they may try to meet in one place: murmur's finalizer over address and SPI spreads
 * them, and a run of equal places costs comparisons, bounded by BROKER_SAS_MAX.
 */
static size_t place_of(const struct grants *g, const struct ike_sa_id *id)
{
	uint64_t h = (uint64_t)id->spi << 8 | id->protocol;

	for (size_t i = 0; i < sizeof id->dst.b; i++)
		h = (h ^ id->dst.b[i]) * 0xFF51AFD7ED558CCDu;
	h ^= h >> 33;
	h *= 0xC4CEB9FE1A85EC53u;
	h ^= h >> 33;
	return (size_t)h & (g->cap - 1);
}

/* Where it is, or the empty place where it would be. */
static size_t seek(const struct grants *g, const struct ike_sa_id *id)
{
	size_t at = place_of(g, id);

	while (!is_empty(&g->v[at]) && !is_of(&g->v[at], id))
		at = (at + 1) & (g->cap - 1);
	return at;
}

struct grant *grants_find(const struct grants *g, const struct ike_sa_id *id)
{
	size_t at;

	if (g->cap == 0 || id->dst.family == IP_NONE)
		return NULL;
	at = seek(g, id);
	return is_empty(&g->v[at]) ? NULL : &g->v[at];
}

static void grow(struct grants *g)
{
	struct grants wider = {.cap = g->cap ? 2 * g->cap : CAP_MIN, .n = g->n, .nreserved = g->nreserved};

	wider.v = xcalloc(wider.cap, sizeof *wider.v);
	for (size_t i = 0; i < g->cap; i++)
		if (!is_empty(&g->v[i]))
			wider.v[seek(&wider, &g->v[i].id)] = g->v[i];
	free(g->v);
	*g = wider;
}

void grants_put(struct grants *g, const struct grant *it)
{
	struct grant *at;

	if (it->id.dst.family == IP_NONE)
		return;
	if (g->n >= g->cap / 2)
		grow(g);
	at = &g->v[seek(g, &it->id)];
	g->nreserved -= !is_empty(at) && at->reserved;
	g->n += is_empty(at);
	*at = *it;
	g->nreserved += it->reserved;
}

/* What follows in the run moves up, so that no search ends too early. */
void grants_remove(struct grants *g, const struct ike_sa_id *id)
{
	struct grant *it = grants_find(g, id);
	size_t hole, at;

	if (!it)
		return;
	g->n--;
	g->nreserved -= it->reserved;
	hole = (size_t)(it - g->v);
	g->v[hole] = (struct grant){0};
	for (at = (hole + 1) & (g->cap - 1); !is_empty(&g->v[at]); at = (at + 1) & (g->cap - 1)) {
		size_t home = place_of(g, &g->v[at].id);

		if (((at - home) & (g->cap - 1)) < ((at - hole) & (g->cap - 1)))
			continue;
		g->v[hole] = g->v[at];
		g->v[at] = (struct grant){0};
		hole = at;
	}
}

struct ike_sa grant_sa(const struct grant *g)
{
	return (struct ike_sa){.id = g->id, .outbound = g->outbound, .bundle = g->bundle, .reqid = g->reqid,
	    .filter = g->filter, .tunnel = g->tunnel, .sel = g->sel, .cipher = g->cipher, .hash = g->hash,
	    .replay_window = g->replay_window, .hard_s = g->hard_s, .hard_bytes = g->hard_bytes,
	    .udp_encap = g->udp_encap, .encap_sport = g->encap_sport, .encap_dport = g->encap_dport};
}

struct grant grant_of(const struct ike_sa *sa)
{
	return (struct grant){.id = sa->id, .outbound = sa->outbound, .bundle = sa->bundle, .reqid = sa->reqid,
	    .filter = sa->filter, .tunnel = sa->tunnel, .sel = sa->sel, .cipher = sa->cipher, .hash = sa->hash,
	    .replay_window = sa->replay_window, .hard_s = sa->hard_s, .hard_bytes = sa->hard_bytes,
	    .udp_encap = sa->udp_encap, .encap_sport = sa->encap_sport, .encap_dport = sa->encap_dport};
}
