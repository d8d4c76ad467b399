/* How much traffic met a rule or a filter, as the enforcer tells it. */
#ifndef MODEL_TRAFFIC_H
#define MODEL_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

enum traffic_of { TRAFFIC_RULES = 0, TRAFFIC_FILTERS = 1 };
struct traffic {
	uint32_t id; /* row number of the rule or the filter in the store */
	uint64_t packets, bytes; /* both directions, since it is in force */
};
/* Sorted by id, each once. */
struct traffic_list {
	struct traffic *v;
	size_t n;
};
/* NULL when nothing of that id is in force. Borrowed. */
const struct traffic *traffic_find(const struct traffic_list *l, uint64_t id);

#endif
