#include "cli/counted.h"

#include <string.h>

#include "cli/dyn.h"
#include "common/base/banned.h"

/* All pages of one kind, into the session's arena; NULL when nothing is known. */
static const struct traffic_list *ask_for(struct session *s, enum traffic_of of)
{
	struct ipc_traffic_page *page = arena_alloc(&s->arena, sizeof *page);
	struct traffic_list *l = arena_alloc(&s->arena, sizeof *l);
	struct policy policy;
	struct buf all = {0};
	struct err ignored = {0};
	uint32_t after = 0;

	do {
		if (dyn_traffic(s, of, after, page, &ignored) < 0 ||
		    store_policy_find(s->store, NULL, &page->policy, &s->arena, &policy, &ignored) < 0 || !policy.assigned) {
			buf_free(&all);
			return NULL;
		}
		buf_add(&all, page->v, page->n * sizeof *page->v);
		after = page->n ? page->v[page->n - 1].id : 0;
	} while (page->more);
	l->n = all.len / sizeof *l->v;
	l->v = arena_array(&s->arena, l->n, sizeof *l->v);
	if (l->n)
		memcpy(l->v, all.data, all.len);
	buf_free(&all);
	return l;
}

void counted_ask(struct session *s)
{
	s->rules_counted = ask_for(s, TRAFFIC_RULES);
	s->filters_counted = s->rules_counted ? ask_for(s, TRAFFIC_FILTERS) : NULL;
}
