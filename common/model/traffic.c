#include "common/model/traffic.h"

#include "common/base/banned.h"

const struct traffic *traffic_find(const struct traffic_list *l, uint64_t id)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (l->v[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n && l->v[low].id == id ? &l->v[low] : NULL;
}
