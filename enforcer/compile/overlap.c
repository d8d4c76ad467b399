#include "enforcer/compile/overlap.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

enum { KINDS = 3, FAMILIES = 2, GROUPS = FAMILIES * KINDS * KINDS, PLENS = 129 };

/* One end of the filters of a group, when it is a net: by first address, then by length. */
struct by_end {
	const struct plan_filter **v; /* NULL: the end is no net */
	bool dst;
	bool plens[PLENS]; /* which lengths there are */
};
struct group {
	const struct plan_filter **v;
	size_t n, cap;
	struct by_end ends[2]; /* source, destination */
};
struct overlap {
	const struct facts *facts;
	struct group groups[GROUPS];
};

static size_t group_number(uint8_t family, uint8_t src_kind, uint8_t dst_kind)
{
	return ((family == IP_V6 ? 1u : 0u) * KINDS + src_kind) * KINDS + dst_kind;
}

static const struct side *end_of(const struct plan_filter *f, bool dst)
{
	return dst ? &f->dst : &f->src;
}

static int net_cmp(const struct ip *a, uint8_t a_plen, const struct side *b)
{
	int c = ip_cmp(a, &b->net);

	return c ? c : (int)a_plen - (int)b->plen;
}

static int src_cmp(const void *a, const void *b)
{
	const struct side *x = &(*(const struct plan_filter *const *)a)->src;

	return net_cmp(&x->net, x->plen, &(*(const struct plan_filter *const *)b)->src);
}

static int dst_cmp(const void *a, const void *b)
{
	const struct side *x = &(*(const struct plan_filter *const *)a)->dst;

	return net_cmp(&x->net, x->plen, &(*(const struct plan_filter *const *)b)->dst);
}

static void sort_end(struct group *g, bool dst)
{
	struct by_end *end = &g->ends[dst];

	end->dst = dst;
	if (g->n == 0 || end_of(g->v[0], dst)->kind != SIDE_NET)
		return;
	end->v = xcalloc(g->n, sizeof *end->v);
	memcpy(end->v, g->v, g->n * sizeof *end->v);
	qsort(end->v, g->n, sizeof *end->v, dst ? dst_cmp : src_cmp);
	for (size_t i = 0; i < g->n; i++)
		end->plens[end_of(g->v[i], dst)->plen] = true;
}

struct overlap *overlap_new(const struct plan *p, const struct facts *facts, const size_t *v, size_t n)
{
	struct overlap *o = xcalloc(1, sizeof *o);

	o->facts = facts;
	for (size_t i = 0; i < n; i++) {
		const struct plan_filter *f = &p->filters[v[i]];
		struct group *g = &o->groups[group_number(f->family, f->src.kind, f->dst.kind)];
		GROW(g->v, g->n, g->cap);
		g->v[g->n++] = f;
	}
	for (size_t i = 0; i < GROUPS; i++) {
		sort_end(&o->groups[i], false);
		sort_end(&o->groups[i], true);
	}
	return o;
}

void overlap_free(struct overlap *o)
{
	for (size_t i = 0; o && i < GROUPS; i++) {
		free(o->groups[i].v);
		free(o->groups[i].ends[0].v);
		free(o->groups[i].ends[1].v);
	}
	free(o);
}

/* --- asking ------------------------------------------------------------------------------------------ */

/* Stretches of an order of a group; together they hold every filter whose end can meet the one asked about. */
enum { RUNS_MAX = 256 };
struct runs {
	struct {
		const struct plan_filter *const *v;
		size_t n;
	} run[RUNS_MAX];
	size_t n, filters;
	bool all; /* too many stretches: the whole group */
};

/* The first place in the order that is not before the net. */
static size_t lower(const struct group *g, bool dst, const struct ip *net, uint8_t plen)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (net_cmp(net, plen, end_of(g->ends[dst].v[mid], dst)) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void add_run(struct runs *r, const struct group *g, bool dst, size_t first, size_t last)
{
	if (first == last)
		return;
	if (r->n == RUNS_MAX) {
		r->all = true;
		return;
	}
	r->run[r->n].v = g->ends[dst].v + first;
	r->run[r->n++].n = last - first;
	r->filters += last - first;
}

/* Nets of less than `below` bits around the address. */
static void add_around(struct runs *r, const struct group *g, bool dst, const struct ip *ip, unsigned below)
{
	for (unsigned plen = 0; plen < below && !r->all; plen++) {
		if (!g->ends[dst].plens[plen])
			continue;
		struct ip net = ip_mask(ip, plen);
		add_run(r, g, dst, lower(g, dst, &net, (uint8_t)plen), lower(g, dst, &net, (uint8_t)(plen + 1)));
	}
}

static void find_runs(const struct overlap *o, const struct group *g, bool dst, const struct side *s,
    struct runs *r)
{
	r->n = r->filters = 0;
	r->all = !g->ends[dst].v || s->kind == SIDE_ANY;
	if (r->all)
		return;
	if (s->kind == SIDE_NET) {
		struct ip last = ip_last(&s->net, s->plen);
		add_around(r, g, dst, &s->net, s->plen);
		add_run(r, g, dst, lower(g, dst, &s->net, s->plen), lower(g, dst, &last, PLENS));
		return;
	}
	for (size_t i = 0; i < o->facts->naddrs; i++)
		if (o->facts->addrs[i].ip.family == end_of(g->v[0], dst)->net.family)
			add_around(r, g, dst, &o->facts->addrs[i].ip, PLENS);
}

static bool any_behind(const struct overlap *o, const struct plan_filter *f, const struct plan_filter *const *v,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i]->rank > f->rank && filters_meet(o->facts, f, v[i]))
			return true;
	return false;
}

/* Asks the end that leaves fewer filters to be looked at one by one. */
static bool group_behind(const struct overlap *o, const struct group *g, const struct plan_filter *f)
{
	struct runs src, dst;

	find_runs(o, g, false, &f->src, &src);
	find_runs(o, g, true, &f->dst, &dst);
	const struct runs *few = src.all || (!dst.all && dst.filters < src.filters) ? &dst : &src;
	if (few->all)
		return any_behind(o, f, (const struct plan_filter *const *)g->v, g->n);
	for (size_t i = 0; i < few->n; i++)
		if (any_behind(o, f, few->run[i].v, few->run[i].n))
			return true;
	return false;
}

bool overlap_behind(const struct overlap *o, const struct plan_filter *f)
{
	size_t first = group_number(f->family, 0, 0);

	for (size_t i = first; i < first + KINDS * KINDS; i++) {
		const struct group *g = &o->groups[i];
		/* What "me" is does not differ within a group: one filter tells whether such ends can meet at all. */
		if (g->n > 0 && (g->v[0]->src.kind == SIDE_NET || sides_meet(o->facts, &f->src, &g->v[0]->src)) &&
		    (g->v[0]->dst.kind == SIDE_NET || sides_meet(o->facts, &f->dst, &g->v[0]->dst)) &&
		    group_behind(o, g, f))
			return true;
	}
	return false;
}
