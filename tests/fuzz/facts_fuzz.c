// FOLDERS: facts compile model base
// LIBS: -lmnl
/*
 * Any bytes as each file that tells of servers: nothing beyond the end is read, what comes out is a DNS, WINS or DHCP server, and facts
 * that print and parse again as the same. The host has the address that a lease of dhcpcd at that place names, and 10.0.0.7.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/model/model.h"
#include "enforcer/facts/facts_files.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct facts a_host(const uint8_t *bytes, size_t n)
{
	enum { YIADDR = 16 };
	struct facts f = {0};

	facts_add_if(&f, "eth0", 2, IF_LAN);
	facts_add_addr(&f, &(struct fact_addr){.ip = {IP_V4, {10, 0, 0, 7}}, .plen = 24});
	if (n >= YIADDR + 4) {
		struct fact_addr a = {.ip = {.family = IP_V4}, .plen = 32};
		memcpy(a.ip.b, bytes + YIADDR, 4);
		facts_add_addr(&f, &a);
	}
	return f;
}

static void holds_together(struct facts *f)
{
	struct facts again;
	struct err e = {0};
	struct buf b = {0};

	for (size_t i = 0; i < f->nservers; i++)
		if (f->servers[i].ip.family == IP_NONE || (f->servers[i].kind != END_DNS && f->servers[i].kind != END_WINS &&
		        f->servers[i].kind != END_DHCP))
			abort();
	facts_sort(f);
	facts_print(f, &b);
	if (facts_parse(buf_text(&b), "again", &again, &e) != 0 || !facts_eq(f, &again))
		abort();
	facts_free(&again);
	facts_free(f);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *, struct facts *) = {
	    facts_read_networkd_lease, facts_read_dhclient_leases, facts_read_nm_device};
	enum { MOST = 8192 };
	size_t n = size < MOST ? size : MOST;
	uint8_t *copy = xcalloc(1, n ? n : 1);
	char *text = xstrndup((const char *)data, n);
	struct facts f = a_host(data, n);

	memcpy(copy, data, n);
	facts_read_dhcpcd_lease(span_of(copy, n), &f);
	holds_together(&f);
	for (size_t i = 0; i < N_OF(readers); i++) {
		f = a_host(data, n);
		readers[i](text, &f);
		holds_together(&f);
	}
	f = a_host(data, n);
	facts_read_resolv_conf(text, &f);
	holds_together(&f);
	free(text);
	free(copy);
	return 0;
}
