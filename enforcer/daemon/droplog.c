#include "enforcer/daemon/droplog.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/array.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

bool droplog_look(struct droplog *d, int64_t now_ms)
{
	if (now_ms / 1000 != d->second) {
		d->second = now_ms / 1000;
		d->looks = d->lines = 0;
	}
	if (d->looks < DROPLOG_LOOKS && d->lines < DROPLOG_LINES && d->interval_lines < DROPLOG_INTERVAL) {
		d->looks++;
		return true;
	}
	d->untold++;
	return false;
}

/* NULL: the table is full. */
static struct droplog_seen *seen_of(struct droplog *d, const struct origin *by, bool inbound)
{
	for (size_t i = 0; i < d->nseen; i++)
		if (d->seen[i].origin.rule == by->rule && d->seen[i].origin.filter == by->filter &&
		    d->seen[i].inbound == inbound)
			return &d->seen[i];
	if (d->nseen == DROPLOG_FILTERS)
		return NULL;
	d->seen[d->nseen] = (struct droplog_seen){.origin = *by, .inbound = inbound};
	return &d->seen[d->nseen++];
}

bool droplog_tell(struct droplog *d, const struct origin *by, bool inbound)
{
	struct droplog_seen *seen = seen_of(d, by, inbound);

	if (!seen || seen->lines >= DROPLOG_FIRST) {
		d->untold++;
		return false;
	}
	seen->lines++;
	d->lines++;
	d->interval_lines++;
	return true;
}

void droplog_next(struct droplog *d)
{
	d->interval_lines = 0;
	d->untold = d->lost = 0;
	d->nseen = 0;
}

/* --- sums ----------------------------------------------------------------------------------------- */

static int by_origin(const void *a, const void *b)
{
	const struct drop_sum *x = a, *y = b;

	if (x->origin.rule != y->origin.rule)
		return x->origin.rule < y->origin.rule ? -1 : 1;
	return (x->origin.filter > y->origin.filter) - (x->origin.filter < y->origin.filter);
}

static int largest_first(const void *a, const void *b)
{
	const struct drop_sum *x = a, *y = b;

	if (!x->filter != !y->filter)
		return x->filter ? -1 : 1;
	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return by_origin(a, b);
}

void drop_sums_make(const struct kernel_counts *c, struct drop_sums *out)
{
	size_t n = 0;

	*out = (struct drop_sums){.v = xcalloc(c->n ? c->n : 1, sizeof *out->v)};
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].origin.rule)
			out->v[out->n++] = (struct drop_sum){.origin = c->v[i].origin, .packets = c->v[i].packets,
				.bytes = c->v[i].bytes};
	qsort(out->v, out->n, sizeof *out->v, by_origin);
	for (size_t i = 0; i < out->n; i++) {
		if (n > 0 && by_origin(&out->v[n - 1], &out->v[i]) == 0) {
			out->v[n - 1].packets += out->v[i].packets;
			out->v[n - 1].bytes += out->v[i].bytes;
		} else {
			out->v[n++] = out->v[i];
		}
	}
	out->n = n;
}

static struct drop_sum *find(const struct drop_sums *s, const struct drop_sum *key)
{
	size_t at = array_lower(s->v, s->n, sizeof *s->v, key, by_origin);

	return at < s->n && by_origin(&s->v[at], key) == 0 ? &s->v[at] : NULL;
}

void drop_sums_since(const struct drop_sums *now, const struct drop_sums *before, struct drop_sums *out)
{
	*out = (struct drop_sums){.v = xcalloc(now->n ? now->n : 1, sizeof *out->v)};
	for (size_t i = 0; i < now->n; i++) {
		struct drop_sum s = now->v[i];
		const struct drop_sum *b = find(before, &s);
		if (b && b->packets <= s.packets && b->bytes <= s.bytes) {
			s.packets -= b->packets;
			s.bytes -= b->bytes;
		}
		if (s.packets > 0)
			out->v[out->n++] = s;
	}
}

void drop_sums_of(struct drop_sums *s, const struct plan *p, unsigned diagnostics)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nfilters && s->n > 0; i++) {
		const struct plan_filter *f = &p->filters[i];
		struct drop_sum *d = find(s, &(struct drop_sum){.origin = f->origin});
		if (!d || f->action != ACTION_BLOCK)
			continue;
		/* A side that is "me" can only be this host's end. */
		d->in |= f->dir != DYN_OUT && f->src.kind != SIDE_ME;
		d->out |= f->dir != DYN_IN && f->dst.kind != SIDE_ME;
	}
	for (size_t i = 0; i < s->n; i++)
		if ((s->v[i].in && diagnostics & DIAG_IN) || (s->v[i].out && diagnostics & DIAG_OUT))
			s->v[n++] = s->v[i];
	s->n = n;
}

void drop_sums_add(struct drop_sums *s, const struct drop_sums *more)
{
	struct drop_sums sum = {.v = xcalloc(s->n + more->n + 1, sizeof *sum.v)};

	for (size_t i = 0, k = 0; i < s->n || k < more->n;) {
		int c = i == s->n ? 1 : k == more->n ? -1 : by_origin(&s->v[i], &more->v[k]);
		struct drop_sum *to = &sum.v[sum.n++];
		if (c <= 0)
			*to = s->v[i++];
		if (c > 0) {
			*to = more->v[k++];
		} else if (c == 0) {
			to->packets += more->v[k].packets;
			to->bytes += more->v[k].bytes;
			to->in |= more->v[k].in;
			to->out |= more->v[k++].out;
		}
	}
	free(s->v);
	*s = sum;
}

void drop_sums_rebase(struct drop_sums *base, const struct drop_sums *now)
{
	for (size_t i = 0; i < base->n; i++) {
		const struct drop_sum *n = find(now, &base->v[i]);
		if (!n || n->packets < base->v[i].packets || n->bytes < base->v[i].bytes)
			base->v[i].packets = base->v[i].bytes = 0;
	}
}

void drop_sums_name(struct drop_sums *s, const struct plan *p)
{
	for (size_t i = 0; i < p->nfilters && s->n > 0; i++) {
		struct drop_sum *d = find(s, &(struct drop_sum){.origin = p->filters[i].origin});
		if (d && !d->filter)
			d->filter = &p->filters[i];
	}
	if (s->n)
		qsort(s->v, s->n, sizeof *s->v, largest_first);
}
