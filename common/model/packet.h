/* One packet as a value: what explain asks about, what a walk over a plan judges. */
#ifndef MODEL_PACKET_H
#define MODEL_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/ip.h"

/* In clear, as a hook of nftables sees it. */
struct packet {
	uint8_t family; /* enum ip_family, of both addresses */
	bool inbound;
	bool dialup; /* the interface it uses */
	struct ip src, dst;
	uint8_t protocol;
	uint16_t sport, dport;
};

#endif
