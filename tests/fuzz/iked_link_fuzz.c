// FOLDERS: iked base
// LIBS:
/* The messages between the processes of ipsec-iked, in each direction: what is taken comes out again as it came in. */
#include <stdlib.h>
#include <string.h>

#include "ike/daemon/link.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned ways[][2] = {{LINK_NET, LINK_KEYS}, {LINK_KEYS, LINK_NET}, {LINK_KEYS, LINK_PARENT},
	    {LINK_PARENT, LINK_KEYS}, {LINK_NET, LINK_PARENT}, {LINK_PARENT, LINK_NET}};
	uint8_t again[LINK_MSG_MAX];
	struct link_msg m;
	struct err e = {0};

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		if (link_decode(data, n, ways[i][0], ways[i][1], &m, &e) != 0)
			continue;
		if (link_encode(&m, again) != n || memcmp(again, data, n) != 0)
			abort();
	}
	return 0;
}
