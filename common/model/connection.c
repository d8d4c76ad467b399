#include "common/model/connection.h"

#include <string.h>

#include "common/base/banned.h"

enum { PARTS = 4 };

/* ::ffff:a.b.c.d is a.b.c.d. */
static void unmap(struct ip *ip)
{
	static const uint8_t prefix[12] = {[10] = 0xFF, [11] = 0xFF};
	struct ip v4 = {.family = IP_V4};

	if (ip->family != IP_V6 || memcmp(ip->b, prefix, sizeof prefix) != 0)
		return;
	memcpy(v4.b, ip->b + sizeof prefix, 4);
	*ip = v4;
}

static bool parse_address(const char *s, size_t n, struct ip *out)
{
	char text[IP_TEXT];
	const char *zone = memchr(s, '%', n);
	size_t len = zone ? (size_t)(zone - s) : n;

	if (len == 0 || len >= sizeof text)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	if (!ip_parse(text, out) || (zone && out->family != IP_V6))
		return false;
	unmap(out);
	return true;
}

static bool parse_port(const char *s, size_t n, uint16_t *out)
{
	uint32_t v = 0;

	if (n == 0 || n > 5)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s[i] - '0');
	}
	*out = (uint16_t)v;
	return v > 0 && v <= UINT16_MAX;
}

bool connection_parse(const char *text, struct connection *out)
{
	const char *part[PARTS];
	size_t len[PARTS];

	*out = (struct connection){.peer_port = 0};
	for (size_t i = 0; i < PARTS; i++) {
		part[i] = text;
		len[i] = strcspn(text, " ");
		text += len[i];
		if (*text != (i + 1 < PARTS ? ' ' : '\0'))
			return false;
		text += *text == ' ';
	}
	return parse_address(part[0], len[0], &out->peer) && parse_port(part[1], len[1], &out->peer_port) &&
	       parse_address(part[2], len[2], &out->own) && parse_port(part[3], len[3], &out->own_port) &&
	       out->peer.family == out->own.family;
}

struct packet connection_packet(const struct connection *c, bool inbound)
{
	struct packet p = {.family = c->peer.family, .inbound = inbound, .protocol = PROTO_TCP};

	p.src = inbound ? c->peer : c->own;
	p.sport = inbound ? c->peer_port : c->own_port;
	p.dst = inbound ? c->own : c->peer;
	p.dport = inbound ? c->own_port : c->peer_port;
	return p;
}

static bool end_takes(const struct endpoint *end, const struct ip *ip, bool own)
{
	switch ((enum end_kind)end->kind) {
	case END_ME:
		return own;
	case END_NET:
		return ip_in_prefix(ip, &end->lo, end->plen);
	case END_RANGE:
		return ip->family == end->lo.family && ip_cmp(ip, &end->lo) >= 0 && ip_cmp(ip, &end->hi) <= 0;
	case END_ANY:
	case END_DNS:
	case END_WINS:
	case END_DHCP:
	case END_GATEWAY:
		return true;
	}
	return true;
}

static bool port_takes(uint16_t of_filter, uint16_t port)
{
	return of_filter == 0 || of_filter == port;
}

/* The filter as it is written, with this host at its source or at its destination. */
static bool takes(const struct connection *c, const struct filter *f, bool from_us)
{
	const struct endpoint *us = from_us ? &f->src : &f->dst, *them = from_us ? &f->dst : &f->src;

	return port_takes(from_us ? f->srcport : f->dstport, c->own_port) &&
	       port_takes(from_us ? f->dstport : f->srcport, c->peer_port) &&
	       end_takes(us, &c->own, true) && end_takes(them, &c->peer, false);
}

/* The mirror image of a filter from us is one to us: both are looked at, mirrored or not. */
bool connection_meets(const struct connection *c, const struct filter *f)
{
	return (f->protocol == PROTO_ANY || f->protocol == PROTO_TCP) && (takes(c, f, false) || takes(c, f, true));
}
