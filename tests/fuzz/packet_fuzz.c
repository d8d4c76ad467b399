// FOLDERS: daemon facts kernel diff compile dynamic store ipc model base
// LIBS: -lsqlite3 -lmnl
/*
 * Any bytes as the head of a packet, as an NFLOG message, and as text of /proc/net/xfrm_stat: nothing beyond
 * the end is read, and what is said holds together.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/daemon/packet_head.h"
#include "enforcer/daemon/totals.h"
#include "enforcer/kernel/drops.h"
#include "enforcer/kernel/netlink.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_head(const uint8_t *bytes, size_t n)
{
	struct packet_head h;

	if (!packet_head_parse(bytes, n, &h))
		return;
	if (n < 20 || h.packet.src.family != h.packet.dst.family || h.packet.family != h.packet.src.family)
		abort();
	if ((!h.ports && (h.packet.sport || h.packet.dport)) || (h.fragment && (h.ports || h.icmp)) || (h.ports && h.icmp))
		abort();
}

static void as_message(const void *bytes, size_t n)
{
	const struct nlmsghdr *h = bytes;
	struct kernel_drop d;
	uint32_t seq;

	if (nl_ok(h, (int)n) && drops_decode(h, &d, &seq)) {
		if (d.n > sizeof d.head)
			abort();
		as_head(d.head, d.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST = 4096 };
	size_t n = size < MOST ? size : MOST;
	uint8_t *copy = xcalloc(1, n ? n : 1);
	char *text = xstrndup((const char *)data, n);

	memcpy(copy, data, n);
	as_head(copy, n);
	as_message(copy, n);
	totals_make(text, &(struct kernel_counts){0});
	free(text);
	free(copy);
	return 0;
}
