#include "enforcer/daemon/packet_head.h"

#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

enum {
	IP4_HEAD = 20, /* RFC 791 §3.1 */
	IP6_HEAD = 40, /* RFC 8200 §3 */
	PORTS_BYTES = 4,
	ICMP_BYTES = 2,
	OFFSET_4 = 0x1FFF, /* of a fragment, in 8 bytes; RFC 791 */
	OFFSET_6 = 0xFFF8, /* RFC 8200 §4.5 */
};
enum { P_ICMP = 1, P_TCP = 6, P_UDP = 17, P_DCCP = 33, P_ICMP6 = 58, P_SCTP = 132, P_UDPLITE = 136 };

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void take_address(struct ip *out, uint8_t family, const uint8_t *bytes)
{
	*out = (struct ip){.family = family};
	memcpy(out->b, bytes, ip_bits(family) / 8);
}

static void take_transport(const uint8_t *p, size_t n, struct packet_head *out)
{
	static const uint8_t with_ports[] = {P_TCP, P_UDP, P_SCTP, P_DCCP, P_UDPLITE};
	uint8_t protocol = out->packet.protocol;

	if (out->fragment)
		return;
	if (memchr(with_ports, protocol, sizeof with_ports) && n >= PORTS_BYTES) {
		out->ports = true;
		out->packet.sport = be16(p);
		out->packet.dport = be16(p + 2);
	}
	if (protocol == (out->packet.family == IP_V4 ? P_ICMP : P_ICMP6) && n >= ICMP_BYTES) {
		out->icmp = true;
		out->type = p[0];
		out->code = p[1];
	}
}

static bool parse4(const uint8_t *p, size_t n, struct packet_head *out)
{
	size_t head = (size_t)(p[0] & 15) * 4;

	if (n < IP4_HEAD || head < IP4_HEAD)
		return false;
	out->packet.family = IP_V4;
	out->packet.protocol = p[9];
	out->length = be16(p + 2);
	out->fragment = be16(p + 6) & OFFSET_4;
	take_address(&out->packet.src, IP_V4, p + 12);
	take_address(&out->packet.dst, IP_V4, p + 16);
	if (n > head) /* else the options are cut */
		take_transport(p + head, n - head, out);
	return true;
}

/* Extension headers that may stand before the protocol (RFC 8200 §4.1), and the unit their length is in. */
static const struct extension {
	uint8_t protocol;
	uint8_t unit, more; /* length = unit * (second byte + more) */
} extensions[] = {
	{0, 8, 1},   /* hop-by-hop options */
	{43, 8, 1},  /* routing */
	{44, 0, 0},  /* fragment: 8 bytes, its second byte is no length */
	{51, 4, 2},  /* authentication (RFC 4302 §2.2) */
	{60, 8, 1},  /* destination options */
};
enum { FRAGMENT = 44, FRAGMENT_BYTES = 8 };

static const struct extension *extension_of(uint8_t protocol)
{
	for (size_t i = 0; i < N_OF(extensions); i++)
		if (extensions[i].protocol == protocol)
			return &extensions[i];
	return NULL;
}

static bool parse6(const uint8_t *p, size_t n, struct packet_head *out)
{
	size_t at = IP6_HEAD;
	const struct extension *x;

	if (n < IP6_HEAD)
		return false;
	out->packet.family = IP_V6;
	out->packet.protocol = p[6];
	out->length = IP6_HEAD + be16(p + 4);
	take_address(&out->packet.src, IP_V6, p + 8);
	take_address(&out->packet.dst, IP_V6, p + 24);
	while ((x = extension_of(out->packet.protocol)) && at + FRAGMENT_BYTES <= n && !out->fragment) {
		out->packet.protocol = p[at];
		if (x->protocol == FRAGMENT)
			out->fragment = be16(p + at + 2) & OFFSET_6;
		at += x->protocol == FRAGMENT ? (size_t)FRAGMENT_BYTES : (size_t)x->unit * (p[at + 1] + (size_t)x->more);
	}
	if (at < n)
		take_transport(p + at, n - at, out);
	return true;
}

bool packet_head_parse(const uint8_t *bytes, size_t n, struct packet_head *out)
{
	*out = (struct packet_head){.length = 0};
	if (n == 0)
		return false;
	return bytes[0] >> 4 == 4 ? parse4(bytes, n, out) : bytes[0] >> 4 == 6 && parse6(bytes, n, out);
}
