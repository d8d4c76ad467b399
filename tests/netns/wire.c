#include "tests/netns/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/model/model.h"

#include "common/base/banned.h"

enum { ECHO_REQUEST = 8 /* RFC 792 */, FRAME_MAX = 256, MARK_BYTES = 8, LAST_WAIT_MS = 1000 };
static const uint8_t host_mac[ETH_ALEN] = {2, 0, 0, 0, 0, 1};
static const char *const host_names[] = {"eth0", "ppp0"}; /* by packet.dialup */
static const uint8_t protocols4[] = {PROTO_ICMP, PROTO_TCP, PROTO_UDP, 46, 47};
static const uint8_t protocols6[] = {PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, 46, 47};

static struct {
	int wire[2], wire_index[2]; /* packet sockets at the far ends, by packet.dialup */
	int host_index[2];
	int raw[N_OF(protocols4) + N_OF(protocols6)];
	size_t nraw;
	/* Of the outbound TCP packets, which carry no mark. */
	struct packet tcp[WIRE_NUMBERS];
	bool has_tcp[WIRE_NUMBERS];
} w;

/* --- marks and frames ----------------------------------------------------------------------------- */

static void put_mark(uint8_t mark[MARK_BYTES], unsigned number)
{
	const uint8_t bytes[MARK_BYTES] = {'i', 'p', 's', 'e', 'c', 's', (uint8_t)(number >> 8), (uint8_t)number};

	memcpy(mark, bytes, MARK_BYTES);
}

/* The number at the end of a packet; -1: it is none of ours. */
static int get_mark(const uint8_t *p, size_t n)
{
	if (n < MARK_BYTES || memcmp(p + n - MARK_BYTES, "ipsecs", 6) != 0)
		return -1;
	return p[n - 2] << 8 | p[n - 1];
}

static uint32_t sum(const uint8_t *p, size_t n, uint32_t s)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	return s;
}

static uint16_t folded(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xFFFF) + (s >> 16);
	return htons((uint16_t)~s);
}

/* What follows the IP header: the protocol's own header, and the mark. Even length. */
static size_t put_transport(const struct packet *p, unsigned number, uint8_t *out)
{
	struct tcphdr tcp = {.source = htons(p->sport), .dest = htons(p->dport), .seq = htonl(1), .doff = 5, .syn = 1,
		.window = htons(1024)};
	struct udphdr udp = {.source = htons(p->sport), .dest = htons(p->dport), .len = htons(sizeof udp + MARK_BYTES)};
	uint8_t echo[8] = {p->family == IP_V6 ? ICMP6_ECHO_REQUEST : ECHO_REQUEST};
	size_t n = 0;

	if (p->protocol == PROTO_TCP)
		memcpy(out, &tcp, n = sizeof tcp);
	else if (p->protocol == PROTO_UDP)
		memcpy(out, &udp, n = sizeof udp);
	else if (p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMPV6)
		memcpy(out, echo, n = sizeof echo);
	put_mark(out + n, number);
	n += MARK_BYTES;
	if (p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMPV6) {
		uint32_t s = 0;
		if (p->family == IP_V6)
			s = sum(p->src.b, 16, sum(p->dst.b, 16, (uint32_t)n + p->protocol));
		uint16_t check = folded(sum(out, n, s));
		memcpy(out + 2, &check, 2);
	}
	return n;
}

static size_t put_frame(const struct packet *p, unsigned number, uint8_t *out)
{
	struct ether_header eth = {.ether_shost = {2, 0, 0, 0, 0, 2},
		.ether_type = htons(p->family == IP_V6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP)};
	uint8_t *at = out + sizeof eth;

	memcpy(eth.ether_dhost, host_mac, ETH_ALEN);
	memcpy(out, &eth, sizeof eth);
	if (p->family == IP_V6) {
		struct ip6_hdr h = {.ip6_flow = htonl(6u << 28), .ip6_nxt = p->protocol, .ip6_hlim = 64};
		size_t n = put_transport(p, number, at + sizeof h);
		h.ip6_plen = htons((uint16_t)n);
		memcpy(&h.ip6_src, p->src.b, 16);
		memcpy(&h.ip6_dst, p->dst.b, 16);
		memcpy(at, &h, sizeof h);
		return sizeof eth + sizeof h + n;
	}
	struct iphdr h = {.version = 4, .ihl = 5, .ttl = 64, .protocol = p->protocol};
	size_t n = put_transport(p, number, at + sizeof h);
	h.tot_len = htons((uint16_t)(sizeof h + n));
	memcpy(&h.saddr, p->src.b, 4);
	memcpy(&h.daddr, p->dst.b, 4);
	memcpy(at, &h, sizeof h);
	uint16_t check = folded(sum(at, sizeof h, 0));
	memcpy(at + offsetof(struct iphdr, check), &check, 2);
	return sizeof eth + sizeof h + n;
}

/* --- sending -------------------------------------------------------------------------------------- */

static int send_frame(const struct packet *p, unsigned number)
{
	uint8_t frame[FRAME_MAX];
	size_t n = put_frame(p, number, frame);
	const struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = w.wire_index[p->dialup],
		.sll_halen = ETH_ALEN};

	return sendto(w.wire[p->dialup], frame, n, 0, (const struct sockaddr *)&to, sizeof to) < 0 ? -1 : 0;
}

static socklen_t address(const struct ip *ip, uint16_t port, int scope, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memset(out, 0, sizeof *out);
	if (ip->family == IP_V4) {
		memcpy(&v4.sin_addr, ip->b, 4);
		memcpy(out, &v4, sizeof v4);
		return sizeof v4;
	}
	memcpy(&v6.sin6_addr, ip->b, 16);
	if (ip->b[0] == 0xFF)
		v6.sin6_scope_id = (uint32_t)scope;
	memcpy(out, &v6, sizeof v6);
	return sizeof v6;
}

static int outbound_socket(const struct packet *p)
{
	int type = p->protocol == PROTO_TCP ? SOCK_STREAM : p->protocol == PROTO_UDP ? SOCK_DGRAM : SOCK_RAW;
	int fd = socket(p->family == IP_V6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, p->protocol);
	bool ports = type != SOCK_RAW;
	struct sockaddr_storage from;
	socklen_t n = address(&p->src, ports ? p->sport : 0, 0, &from);
	const int yes = 1, no = 0;
	const char *name = host_names[p->dialup];

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &no, sizeof no);
	setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &no, sizeof no);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1) < 0 ||
	    bind(fd, (struct sockaddr *)&from, n) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* What a host says to its own program when a policy holds the packet back. */
static bool held_back(int error)
{
	return error == EPERM || error == EINPROGRESS || error == EAGAIN || error == ESRCH || error == ECONNREFUSED ||
	       error == EHOSTUNREACH;
}

static int send_outbound(const struct packet *p, unsigned number)
{
	struct sockaddr_storage to;
	bool ports = p->protocol == PROTO_TCP || p->protocol == PROTO_UDP;
	socklen_t tolen = address(&p->dst, ports ? p->dport : 0, w.host_index[p->dialup], &to);
	uint8_t body[FRAME_MAX], *at = body;
	size_t n = put_transport(p, number, body);
	int fd = outbound_socket(p), rc;

	if (fd < 0)
		return -1;
	if (p->protocol == PROTO_UDP) /* the socket makes the header */
		at += sizeof(struct udphdr), n -= sizeof(struct udphdr);
	if (p->protocol == PROTO_TCP) {
		w.tcp[number] = *p;
		w.has_tcp[number] = true;
		rc = connect(fd, (struct sockaddr *)&to, tolen);
	} else {
		rc = sendto(fd, at, n, 0, (struct sockaddr *)&to, tolen) < 0 ? -1 : 0;
	}
	if (rc < 0 && held_back(errno))
		rc = 0;
	int error = errno;
	close(fd);
	errno = error;
	return rc;
}

int wire_send(const struct packet *p, unsigned number)
{
	return p->inbound ? send_frame(p, number) : send_outbound(p, number);
}

/* --- receiving ------------------------------------------------------------------------------------ */

/* The number of the outbound TCP packet that this is. */
static int find_tcp(const struct packet *p)
{
	for (int i = 0; i < WIRE_NUMBERS; i++)
		if (w.has_tcp[i] && ip_eq(&w.tcp[i].src, &p->src) && ip_eq(&w.tcp[i].dst, &p->dst) &&
		    w.tcp[i].sport == p->sport && w.tcp[i].dport == p->dport && w.tcp[i].dialup == p->dialup)
			return i;
	return -1;
}

static int number_of_frame(const uint8_t *f, size_t n, bool dialup)
{
	struct ether_header eth;
	struct packet p = {.dialup = dialup};
	size_t head = sizeof eth;

	if (n < sizeof eth + sizeof(struct iphdr))
		return -1;
	memcpy(&eth, f, sizeof eth);
	if (eth.ether_type == htons(ETHERTYPE_IP)) {
		head += (size_t)(f[head] & 15) * 4;
		p.protocol = f[sizeof eth + 9];
		p.src.family = p.dst.family = IP_V4;
		memcpy(p.src.b, f + sizeof eth + 12, 4);
		memcpy(p.dst.b, f + sizeof eth + 16, 4);
	} else if (eth.ether_type == htons(ETHERTYPE_IPV6) && n >= sizeof eth + sizeof(struct ip6_hdr)) {
		head += sizeof(struct ip6_hdr);
		p.protocol = f[sizeof eth + 6];
		p.src.family = p.dst.family = IP_V6;
		memcpy(p.src.b, f + sizeof eth + 8, 16);
		memcpy(p.dst.b, f + sizeof eth + 24, 16);
	}
	if (p.protocol != PROTO_TCP)
		return get_mark(f, n);
	if (n < head + sizeof(struct tcphdr) || (f[head + 13] & 0x3F) != TH_SYN)
		return -1; /* the host's answer to what it did not ask for */
	p.sport = (uint16_t)(f[head] << 8 | f[head + 1]);
	p.dport = (uint16_t)(f[head + 2] << 8 | f[head + 3]);
	return find_tcp(&p);
}

static void note_number(int number, bool arrived[WIRE_NUMBERS])
{
	if (number >= 0 && number < WIRE_NUMBERS)
		arrived[number] = true;
}

static void drain(bool arrived[WIRE_NUMBERS])
{
	uint8_t buf[2048];
	ssize_t n;

	for (size_t i = 0; i < w.nraw; i++)
		while ((n = recv(w.raw[i], buf, sizeof buf, 0)) >= 0)
			note_number(get_mark(buf, (size_t)n), arrived);
	for (int i = 0; i < 2; i++) {
		struct sockaddr_ll from;
		socklen_t len = sizeof from;
		while ((n = recvfrom(w.wire[i], buf, sizeof buf, 0, (struct sockaddr *)&from, &len)) >= 0)
			if (from.sll_pkttype != PACKET_OUTGOING)
				note_number(number_of_frame(buf, (size_t)n, i == 1), arrived);
	}
}

/* IKE is always exempt: these two, the last of all, arrive whatever the policy says. */
enum { LAST_IN = WIRE_NUMBERS - 1, LAST_OUT = WIRE_NUMBERS - 2 };

bool wire_arrived(bool arrived[WIRE_NUMBERS])
{
	struct packet last = {.family = IP_V4, .inbound = true, .protocol = PROTO_UDP, .sport = 9, .dport = 500,
		.src = {.family = IP_V4, .b = {10, 0, 0, 99}}, .dst = {.family = IP_V4, .b = {10, 0, 0, 1}}};

	memset(arrived, 0, WIRE_NUMBERS * sizeof *arrived);
	if (wire_send(&last, LAST_IN) < 0)
		return false;
	last = (struct packet){.family = IP_V4, .protocol = PROTO_UDP, .sport = 500, .dport = 9, .src = last.dst,
		.dst = last.src};
	if (wire_send(&last, LAST_OUT) < 0)
		return false;
	for (int ms = 0; ms < LAST_WAIT_MS; ms++) {
		drain(arrived);
		if (arrived[LAST_IN] && arrived[LAST_OUT])
			break;
		poll(NULL, 0, 1);
	}
	memset(w.has_tcp, 0, sizeof w.has_tcp);
	return arrived[LAST_IN] && arrived[LAST_OUT];
}

/* --- building ------------------------------------------------------------------------------------- */

static int shell(const char *command)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	pid_t pid;
	int status;

	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, (char *const *)argv, environ) != 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return status == 0 ? 0 : -1;
}

static int commands(int wire_ns)
{
	static const char *const settings[] = {
		"ip link add eth0 address 02:00:00:00:00:01 type veth peer name w0",
		"ip link add ppp0 address 02:00:00:00:00:01 type veth peer name w1",
		"ip link set lo up",
		"ip link set eth0 arp off up",
		"ip link set ppp0 arp off up",
		"ip address add 10.0.0.1/24 broadcast 10.0.0.255 dev eth0",
		"ip address add 10.1.0.1/32 dev ppp0",
		"ip address add 2001:db8::1/64 dev eth0 nodad",
		"ip address add 2001:db8:1::1/128 dev ppp0 nodad",
		"ip route add default dev eth0",
		"ip route add default dev ppp0 metric 10",
		"ip -6 route add default dev eth0 metric 1",
		"ip -6 route add default dev ppp0 metric 10",
		"for i in all eth0 ppp0; do echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter; done",
	};

	char move[128];

	for (size_t i = 0; i < N_OF(settings); i++)
		if (shell(settings[i]) < 0)
			return -1;
	snprintf(move, sizeof move, "for i in w0 w1; do ip link set $i netns /proc/%d/fd/%d || exit 1; done",
	    (int)getpid(), wire_ns);
	return shell(move);
}

static int open_far_ends(void)
{
	static const char *const names[] = {"w0", "w1"};

	if (shell("for i in all w0 w1; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done; "
	          "ip link set w0 up && ip link set w1 up") < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		w.wire_index[i] = (int)if_nametoindex(names[i]);
		w.wire[i] = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
		const struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
			.sll_ifindex = w.wire_index[i]};
		if (w.wire[i] < 0 || bind(w.wire[i], (const struct sockaddr *)&at, sizeof at) < 0)
			return -1;
	}
	return 0;
}

static int join_groups(void)
{
	int fd4 = w.raw[0], fd6 = w.raw[N_OF(protocols4)];

	for (int i = 0; i < 2; i++) {
		w.host_index[i] = (int)if_nametoindex(host_names[i]);
		struct ip_mreqn four = {.imr_multiaddr.s_addr = htonl(0xE00000FB), .imr_ifindex = w.host_index[i]};
		struct ipv6_mreq six = {.ipv6mr_multiaddr.s6_addr = {0xFF, 2, [15] = 0xFB},
			.ipv6mr_interface = (unsigned)w.host_index[i]};
		if (setsockopt(fd4, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof four) < 0 ||
		    setsockopt(fd6, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &six, sizeof six) < 0)
			return -1;
	}
	return 0;
}

static int open_host(void)
{
	for (size_t i = 0; i < N_OF(protocols4) + N_OF(protocols6); i++) {
		bool six = i >= N_OF(protocols4);
		uint8_t protocol = six ? protocols6[i - N_OF(protocols4)] : protocols4[i];
		w.raw[i] = socket(six ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
		if (w.raw[i] < 0)
			return -1;
		w.nraw++;
	}
	return join_groups();
}

int wire_up(const char **why)
{
	cpu_set_t one;
	int cpu = sched_getcpu(), host_ns, wire_ns;

	CPU_ZERO(&one);
	CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &one);
	sched_setaffinity(0, sizeof one, &one);
	*why = "no network namespace can be made";
	if (unshare(CLONE_NEWNET) < 0 || (wire_ns = open("/proc/self/ns/net", O_RDONLY)) < 0 ||
	    unshare(CLONE_NEWNET) < 0 || (host_ns = open("/proc/self/ns/net", O_RDONLY)) < 0)
		return -1;
	*why = "its interfaces cannot be made";
	if (commands(wire_ns) < 0 || setns(wire_ns, CLONE_NEWNET) < 0 || open_far_ends() < 0 ||
	    setns(host_ns, CLONE_NEWNET) < 0)
		return -1;
	*why = "its sockets cannot be opened";
	return open_host();
}
