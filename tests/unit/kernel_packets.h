/* Packets for random plans (kernel_plans.h): every combination of what those can tell apart. */
#ifndef TESTS_KERNEL_PACKETS_H
#define TESTS_KERNEL_PACKETS_H

#include "enforcer/kernel/kernel.h"
#include "tests/unit/kernel_plans.h"

enum { PACKETS_MAX = 1000 };

static inline size_t make_packets(struct fake_packet out[PACKETS_MAX])
{
	static const uint8_t protocols[] = {PROTO_ICMP, PROTO_TCP, PROTO_UDP};
	static const uint16_t ports[] = {23, 80, 500, 9};
	struct ip me = {.family = IP_V4, .b = {10, 0, 0, 200}};
	size_t n = 0;

	for (unsigned bits = 0; bits < 8; bits++)
		for (unsigned h = 0; h <= HOSTS; h++)
			for (size_t pr = 0; pr < N_OF(protocols); pr++)
				for (size_t q = 0; q < N_OF(ports); q++) {
					struct fake_packet p = {.out = bits & 1,
					    .family = IP_V4,
					    .protocol = protocols[pr],
					    .hop_limit = 64,
					    .iface = bits & 4 ? "eth0" : "ppp0"};
					p.have_sa = p.protected = bits >> 1 & 1 ? (uint8_t)(PROTECT_ESP + q % PROTECT_AH_ESP) : 0;
					*(p.out ? &p.src : &p.dst) = me;
					*(p.out ? &p.dst : &p.src) = tp_host(h);
					*(p.out ? &p.dport : &p.sport) = ports[q];
					*(p.out ? &p.sport : &p.dport) = 40000;
					out[n++] = p;
				}
	return n;
}

/* Borrowed, for ever. */
static inline size_t all_packets(const struct fake_packet **out)
{
	static struct fake_packet packets[PACKETS_MAX];
	static size_t n;

	if (!n)
		n = make_packets(packets);
	*out = packets;
	return n;
}

#endif
