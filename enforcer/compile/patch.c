/*
 * A few filters came or went: what changes in the plan. Everything here leans on one fact of lower_nft.c:
 * which sets and rules a plan has depends only on which groups of filters are not empty. As long as a
 * filter joins or leaves a group that has other members, its element is all that changes.
 */
#include <stdlib.h>

#include "common/base/array.h"
#include "common/base/mem.h"
#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

/*
 * The filter of the plan for exactly that traffic, or NULL. They differ at most in whose they are and in action, so
 * in rank's low bits, and in inpass.
 */
static struct plan_filter *same_traffic(const struct plan *p, const struct plan_filter *f)
{
	static const struct {
		uint32_t action; /* as plan_rank() counts them */
		bool inpass;
	} said[] = {{0, false}, {1, false}, {1, true}, {2, false}};

	for (size_t i = 0; i < 2 * N_OF(said); i++) {
		struct plan_filter key = *f;
		key.rank = rank_like(f->rank, i < N_OF(said), said[i % N_OF(said)].action);
		key.inpass = said[i % N_OF(said)].inpass;
		key.origin = (struct origin){0};
		size_t at = array_lower(p->filters, p->nfilters, sizeof *p->filters, &key, filter_cmp);
		if (at < p->nfilters && p->filters[at].rank == key.rank && p->filters[at].inpass == key.inpass &&
		    filter_match_cmp(&p->filters[at], &key) == 0)
			return &p->filters[at];
	}
	return NULL;
}

static void add_item(struct plan_patch *out, const struct patch_item *item)
{
	GROW(out->v, out->n, out->cap);
	out->v[out->n++] = *item;
}

/* One specific filter; false: compile anew. */
static bool patch_filter(const struct plan *p, const struct facts *facts, bool gone,
    const struct plan_filter *f, struct plan_patch *out)
{
	const struct plan_filter *there = same_traffic(p, f);
	struct patch_item item = {.gone = gone, .filter = *f};

	if (lower_xfrm_holds(f) || lower_xfrm_cuts(p, facts, f))
		return false;
	if (gone && !there)
		return false;
	if (gone && !origin_eq(&there->origin, &f->origin))
		return true; /* it never counted */
	if (gone && there->shadows)
		return false;
	if (!gone && there) {
		if (filter_cmp(there, f) > 0 || origin_eq(&there->origin, &f->origin))
			return false;
		GROW(out->shadowing, out->nshadowing, out->cap_shadowing);
		out->shadowing[out->nshadowing++] = *there;
		return true;
	}
	if (!lower_nft_slot(p, f, &item.set, &item.elem))
		return false;
	add_item(out, &item);
	return true;
}

/* All of `specific`, which is freed. */
static bool patch_filters(const struct plan *p, const struct facts *facts, bool gone, struct plan *specific,
    struct plan_patch *out)
{
	bool local = true;

	for (size_t i = 0; i < specific->nfilters && local; i++)
		local = patch_filter(p, facts, gone, &specific->filters[i], out);
	plan_free(specific);
	return local;
}

static bool patch_change(const struct plan *p, const struct facts *facts, const struct rule *r,
    const struct filter_change *c, struct plan_patch *out)
{
	struct plan specific = {0};

	if (c->filter.id > UINT32_MAX)
		return false;
	expand_filter_of(r, 0, &c->filter, facts, &specific);
	return patch_filters(p, facts, c->gone, &specific, out);
}

static int item_cmp(const void *a, const void *b)
{
	const struct patch_item *x = a, *y = b;
	int c = filter_cmp(&x->filter, &y->filter);

	return c ? c : (x->gone > y->gone) - (x->gone < y->gone);
}

/* By traffic alone: copies of one selector become neighbours. */
static int item_match_cmp(const void *a, const void *b)
{
	const struct patch_item *x = a, *y = b;
	int c = filter_match_cmp(&x->filter, &y->filter);

	return c ? c : item_cmp(a, b);
}

/*
 * A filter that is its own mirror comes twice and counts once. Two changes of one selector are not looked
 * into: false.
 */
static bool drop_copies(struct plan_patch *out)
{
	size_t n = 0;

	if (out->n == 0)
		return true;
	qsort(out->v, out->n, sizeof *out->v, item_match_cmp);
	for (size_t i = 1; i < out->n; i++) {
		if (filter_match_cmp(&out->v[n].filter, &out->v[i].filter) != 0)
			out->v[++n] = out->v[i];
		else if (item_cmp(&out->v[n], &out->v[i]) != 0)
			return false;
	}
	out->n = n + 1;
	for (size_t i = 0; i < out->nshadowing; i++) {
		const struct patch_item key = {.filter = out->shadowing[i]};
		for (size_t k = 0; k < out->n; k++)
			if (filter_match_cmp(&out->v[k].filter, &key.filter) == 0)
				return false;
	}
	return true;
}

struct balance {
	size_t accept, drop; /* elements that a set will have */
	bool seen;
};

/* Does every set keep what makes it that set: an element, and in a map one of either verdict? */
static bool groups_stay(const struct plan *p, const struct plan_patch *out)
{
	struct balance *b = xcalloc(p->nsets, sizeof *b);
	bool stay = true;

	for (size_t i = 0; i < out->n; i++) {
		const struct patch_item *item = &out->v[i];
		struct balance *s = &b[item->set];
		if (!s->seen)
			*s = (struct balance){p->sets[item->set].naccept,
			    p->sets[item->set].n - p->sets[item->set].naccept, true};
		*(item->elem.verdict == NFT_V_ACCEPT ? &s->accept : &s->drop) += item->gone ? (size_t)-1 : 1;
	}
	for (size_t i = 0; i < p->nsets && stay; i++)
		stay = !b[i].seen || (b[i].drop > 0 && (!p->sets[i].is_map || b[i].accept > 0));
	free(b);
	return stay;
}

/* What comes and what goes, for packets of one direction. */
struct traffic {
	bool came[2], gone[2]; /* [0]: filters that stop, [1]: filters that let pass */
};

static struct traffic traffic_of(const struct plan_patch *out, uint8_t other_dir)
{
	struct traffic t = {0};

	for (size_t i = 0; i < out->n; i++) {
		const struct patch_item *item = &out->v[i];
		if (item->filter.dir != other_dir)
			(item->gone ? t.gone : t.came)[item->filter.action == ACTION_PERMIT] = true;
	}
	return t;
}

/* Can it be done in place (diff/patch_ops.c)? And in how many steps? */
static bool plan_steps(struct plan_patch *out)
{
	static const uint8_t other[] = {DYN_IN, DYN_OUT};

	for (size_t i = 0; i < N_OF(other); i++) {
		struct traffic t = traffic_of(out, other[i]);
		if ((t.came[0] && t.came[1]) || (t.gone[0] && t.gone[1]))
			return false;
		out->two_steps |= (t.came[0] && t.gone[0]) || (t.came[1] && t.gone[1]);
	}
	return true;
}

static bool finish(const struct plan *p, struct plan_patch *out)
{
	if (!drop_copies(out) || !groups_stay(p, out) || !plan_steps(out))
		return false;
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, item_cmp);
	return true;
}

static bool make(const struct plan *p, const struct facts *facts, const struct filter_change *changes, size_t n,
    struct plan_patch *out)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < p->policy->nrules; k++) {
			const struct rule *r = &p->policy->rules[k];
			if (expand_takes(r) && r->filterlist->id == changes[i].list &&
			    !patch_change(p, facts, r, &changes[i], out))
				return false;
		}
	}
	return finish(p, out);
}

static bool patch_rule(const struct plan *p, const struct facts *facts, bool gone, const struct dyn_rule *r,
    struct plan_patch *out)
{
	struct plan specific = {0};

	if (!r)
		return true;
	expand_dynamic_of(r, NULL, false, facts, &specific); /* what negotiates is compiled */
	return patch_filters(p, facts, gone, &specific, out);
}

bool plan_patch_dynamic(const struct plan *p, const struct facts *facts, const struct dyn_rule *gone,
    const struct dyn_rule *came, struct plan_patch *out)
{
	*out = (struct plan_patch){0};
	if (patch_rule(p, facts, true, gone, out) && patch_rule(p, facts, false, came, out) && finish(p, out))
		return true;
	plan_patch_free(out);
	return false;
}

bool plan_patch_make(const struct plan *p, const struct facts *facts, const struct filter_change *changes,
    size_t n, struct plan_patch *out)
{
	*out = (struct plan_patch){0};
	if (!p->policy)
		return n == 0;
	if (make(p, facts, changes, n, out))
		return true;
	plan_patch_free(out);
	return false;
}

/* --- commit --------------------------------------------------------------------------------------- */

static size_t filter_at(const struct plan *p, const struct plan_filter *f)
{
	return array_lower(p->filters, p->nfilters, sizeof *p->filters, f, filter_cmp);
}

static void commit_filters(struct plan *p, const struct plan_patch *patch)
{
	size_t *at = xcalloc(patch->n, sizeof *at), k = 0;
	struct plan_filter *new = xcalloc(patch->n, sizeof *new);

	for (size_t i = 0; i < patch->n; i++)
		if (patch->v[i].gone)
			at[k++] = filter_at(p, &patch->v[i].filter);
	array_remove(p->filters, &p->nfilters, sizeof *p->filters, at, k);
	k = 0;
	for (size_t i = 0; i < patch->n; i++) {
		if (patch->v[i].gone)
			continue;
		new[k] = patch->v[i].filter;
		at[k++] = filter_at(p, &patch->v[i].filter);
	}
	ARRAY_ROOM(p->filters, p->nfilters, p->cap_filters, k);
	array_insert(p->filters, &p->nfilters, sizeof *p->filters, at, new, k);
	free(at);
	free(new);
}

/* Negotiate filters themselves stay, but what stands before them moves them. */
static void commit_negs(struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nfilters && n < p->nnegs; i++)
		if (lower_xfrm_holds(&p->filters[i]))
			p->negs[n++] = i;
}

static int by_set_and_key(const void *a, const void *b)
{
	const struct patch_item *x = *(const struct patch_item *const *)a, *y = *(const struct patch_item *const *)b;

	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return elem_cmp(&x->elem, &y->elem);
}

static void count_elem(struct nft_set *s, const struct patch_item *item)
{
	s->n += item->gone ? (size_t)-1 : 1;
	if (s->is_map && item->elem.verdict == NFT_V_ACCEPT)
		s->naccept += item->gone ? (size_t)-1 : 1;
}

/* Those that go, or those that come: items in the order of the plan's elements. */
static void commit_elems(struct plan *p, const struct patch_item *const *items, size_t n, bool gone)
{
	size_t *at = xcalloc(n, sizeof *at), k = 0, first = 0;
	struct nft_elem *v = xcalloc(n, sizeof *v);

	for (size_t i = 0; i < n; i++) {
		if (items[i]->gone != gone)
			continue;
		const struct nft_set *s = &p->sets[items[i]->set];
		v[k] = items[i]->elem;
		at[k++] = s->first +
		    array_lower(p->elems + s->first, s->n, sizeof *p->elems, &items[i]->elem, elem_cmp);
	}
	if (gone) {
		array_remove(p->elems, &p->nelems, sizeof *p->elems, at, k);
	} else {
		ARRAY_ROOM(p->elems, p->nelems, p->cap_elems, k);
		array_insert(p->elems, &p->nelems, sizeof *p->elems, at, v, k);
	}
	for (size_t i = 0; i < n; i++)
		if (items[i]->gone == gone)
			count_elem(&p->sets[items[i]->set], items[i]);
	for (size_t i = 0; i < p->nsets; first += p->sets[i++].n)
		p->sets[i].first = first; /* sets lie one behind the other */
	free(at);
	free(v);
}

static void commit_sets(struct plan *p, const struct plan_patch *patch)
{
	const struct patch_item **items = xcalloc(patch->n, sizeof *items);

	for (size_t i = 0; i < patch->n; i++)
		items[i] = &patch->v[i];
	qsort(items, patch->n, sizeof *items, by_set_and_key);
	commit_elems(p, items, patch->n, true);
	commit_elems(p, items, patch->n, false);
	free(items);
}

void plan_patch_commit(struct plan *p, const struct plan_patch *patch)
{
	for (size_t i = 0; i < patch->nshadowing; i++) {
		struct plan_filter *f = same_traffic(p, &patch->shadowing[i]);
		if (f)
			f->shadows = true;
	}
	if (patch->n == 0)
		return;
	commit_sets(p, patch);
	commit_filters(p, patch);
	commit_negs(p);
}

void plan_patch_free(struct plan_patch *patch)
{
	free(patch->v);
	free(patch->shadowing);
	*patch = (struct plan_patch){0};
}
