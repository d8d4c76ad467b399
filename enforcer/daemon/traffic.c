#include "enforcer/daemon/traffic.h"

#include <stdlib.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

static int by_id(const void *a, const void *b)
{
	const struct traffic *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void traffic_sum(const struct kernel_counts *c, enum traffic_of of, bool persistent, struct traffic_list *out)
{
	size_t n = 0;

	*out = (struct traffic_list){.v = xcalloc(c->n ? c->n : 1, sizeof *out->v)};
	for (size_t i = 0; i < c->n; i++) {
		const struct kernel_count *k = &c->v[i];
		if (origin_owner(&k->origin) != (persistent ? OWNER_PERSISTENT : OWNER_LOCAL))
			continue;
		out->v[out->n++] = (struct traffic){.id = of == TRAFFIC_RULES ? origin_row(&k->origin) : k->origin.filter,
			.packets = k->packets, .bytes = k->bytes};
	}
	qsort(out->v, out->n, sizeof *out->v, by_id);
	for (size_t i = 0; i < out->n; i++) {
		if (n > 0 && out->v[n - 1].id == out->v[i].id) {
			out->v[n - 1].packets += out->v[i].packets;
			out->v[n - 1].bytes += out->v[i].bytes;
		} else {
			out->v[n++] = out->v[i];
		}
	}
	out->n = n;
}
