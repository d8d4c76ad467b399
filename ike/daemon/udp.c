#include "ike/daemon/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

enum { MARKER = 4 }; /* RFC 3948 §2.2 */

struct control {
	_Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};
union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};
struct udp_slot {
	union address from;
	struct control control;
	size_t control_n, n;
	uint8_t socket;
	uint8_t bytes[UDP_DATAGRAM_MAX];
};

struct span udp_unmarked(bool natt, struct span bytes)
{
	static const uint8_t marker[MARKER];

	if (!natt)
		return bytes;
	if (bytes.n <= MARKER || memcmp(bytes.p, marker, MARKER) != 0)
		return (struct span){NULL, 0};
	return span_of(bytes.p + MARKER, bytes.n - MARKER);
}

/* --- addresses ------------------------------------------------------------------------------------------------- */

static struct ip ip_of(uint8_t family, const void *bytes)
{
	struct ip ip = {.family = family};

	memcpy(ip.b, bytes, family == IP_V4 ? 4 : 16);
	return ip;
}

static struct ike_end end_of(const union address *a)
{
	if (a->any.sa_family == AF_INET)
		return (struct ike_end){ip_of(IP_V4, &a->v4.sin_addr), ntohs(a->v4.sin_port)};
	return (struct ike_end){ip_of(IP_V6, &a->v6.sin6_addr), ntohs(a->v6.sin6_port)};
}

static bool is_link_local(const struct ip *ip)
{
	return ip->family == IP_V6 && ip->b[0] == 0xFE && (ip->b[1] & 0xC0) == 0x80;
}

/* The address that it was sent to. false: it is not said. */
static bool local_of(struct udp_slot *s, struct ip *out, uint32_t *ifindex)
{
	struct msghdr m = {.msg_control = &s->control, .msg_controllen = s->control_n};

	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo pi;

			memcpy(&pi, CMSG_DATA(h), sizeof pi);
			*out = ip_of(IP_V4, &pi.ipi_addr);
			*ifindex = 0;
			return true;
		}
		if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo pi;

			memcpy(&pi, CMSG_DATA(h), sizeof pi);
			*out = ip_of(IP_V6, &pi.ipi6_addr);
			*ifindex = is_link_local(out) ? pi.ipi6_ifindex : 0;
			return true;
		}
	}
	return false;
}

/* --- the inbox ------------------------------------------------------------------------------------------------- */

void inbox_init(struct inbox *b)
{
	*b = (struct inbox){.v = xcalloc(UDP_SLOTS, sizeof *b->v)};
}

void inbox_free(struct inbox *b)
{
	free(b->v);
	*b = (struct inbox){0};
}

/* What ICMP said about a datagram of ours comes back as an error of the next receive; it says nothing about receiving. */
static bool is_failure(int why)
{
	return why != EAGAIN && why != EWOULDBLOCK && why != EINTR && why != ECONNREFUSED && why != EHOSTUNREACH &&
	    why != ENETUNREACH;
}

/* One call, into free slots that lie side by side. */
void inbox_fill(struct inbox *b, const int fds[UDP_SOCKETS], size_t index)
{
	struct mmsghdr m[UDP_SLOTS];
	struct iovec parts[UDP_SLOTS];
	size_t at = (b->first + b->n) % UDP_SLOTS, room = UDP_SLOTS - b->n;
	int got;

	if (room > UDP_SLOTS - at)
		room = UDP_SLOTS - at;
	for (size_t i = 0; i < room; i++) {
		struct udp_slot *s = &b->v[at + i];

		parts[i] = (struct iovec){.iov_base = s->bytes, .iov_len = sizeof s->bytes};
		m[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &s->from, .msg_namelen = sizeof s->from, .msg_iov = &parts[i],
		    .msg_iovlen = 1, .msg_control = &s->control, .msg_controllen = sizeof s->control}};
	}
	got = room ? recvmmsg(fds[index], m, (unsigned)room, MSG_DONTWAIT, NULL) : 0;
	if (got < 0)
		b->failures += is_failure(errno);
	for (int i = 0; i < got; i++) {
		b->v[at + (size_t)i].n = m[i].msg_len;
		b->v[at + (size_t)i].control_n = m[i].msg_hdr.msg_controllen;
		b->v[at + (size_t)i].socket = (uint8_t)index;
	}
	b->n += got > 0 ? (size_t)got : 0;
}

static bool to_dgram(struct udp_slot *s, struct ike_dgram *out)
{
	bool natt = (s->socket & UDP_NATT) != 0;

	*out = (struct ike_dgram){.remote = end_of(&s->from), .natt = natt};
	out->local.port = natt ? UDP_PORT_NATT : UDP_PORT;
	out->bytes = udp_unmarked(natt, span_of(s->bytes, s->n));
	return out->bytes.n > 0 && local_of(s, &out->local.ip, &out->ifindex);
}

bool inbox_next(struct inbox *b, struct ike_dgram *out)
{
	bool good = false;

	while (b->n > 0 && !good) {
		good = to_dgram(&b->v[b->first], out);
		b->first = (b->first + 1) % UDP_SLOTS;
		b->n--;
	}
	return good;
}

/* --- sending --------------------------------------------------------------------------------------------------- */

static socklen_t put_address(const struct ike_dgram *d, union address *out)
{
	if (d->remote.ip.family == IP_V4) {
		out->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(d->remote.port)};
		memcpy(&out->v4.sin_addr, d->remote.ip.b, 4);
		return sizeof out->v4;
	}
	out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(d->remote.port)};
	memcpy(&out->v6.sin6_addr, d->remote.ip.b, 16);
	out->v6.sin6_scope_id = d->ifindex;
	return sizeof out->v6;
}

static size_t put_control(const struct ike_dgram *d, struct control *out)
{
	struct in_pktinfo v4 = {0};
	struct in6_pktinfo v6 = {.ipi6_ifindex = d->ifindex};
	bool is_v4 = d->local.ip.family == IP_V4;
	size_t n = is_v4 ? sizeof v4 : sizeof v6;
	struct cmsghdr *head = (struct cmsghdr *)out->bytes;

	memcpy(&v4.ipi_spec_dst, d->local.ip.b, 4);
	memcpy(&v6.ipi6_addr, d->local.ip.b, 16);
	*head = (struct cmsghdr){.cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
	    .cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO, .cmsg_len = CMSG_LEN(n)};
	memcpy(CMSG_DATA(head), is_v4 ? (const void *)&v4 : (const void *)&v6, n);
	return CMSG_SPACE(n);
}

bool udp_send(const int fds[UDP_SOCKETS], const struct ike_dgram *d)
{
	static const uint8_t marker[MARKER];
	int fd = fds[(d->natt ? UDP_NATT : 0) | (d->remote.ip.family == IP_V6 ? UDP_V6 : 0)];
	struct iovec parts[] = {{(void *)(uintptr_t)marker, d->natt && !d->keepalive ? MARKER : 0},
	    {(void *)(uintptr_t)d->bytes.p, d->bytes.n}};
	union address to = {0};
	struct control control = {0};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = N_OF(parts), .msg_name = &to, .msg_control = &control};
	ssize_t n;

	if (fd < 0)
		return false;
	m.msg_namelen = put_address(d, &to);
	m.msg_controllen = put_control(d, &control);
	do /* what ICMP said of an earlier one comes back once */
		n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH))
		n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n == (ssize_t)(parts[0].iov_len + parts[1].iov_len);
}
