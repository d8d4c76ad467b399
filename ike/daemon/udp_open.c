/* Opening the sockets: the part that needs privilege. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "ike/daemon/udp.h"

#include "common/base/banned.h"

enum { RECEIVE_BYTES = 1 << 20 }; /* a burst of a thousand first messages waits in the kernel */

static int set(int fd, int level, int option, const void *value, socklen_t n, const char *what, struct err *e)
{
	return setsockopt(fd, level, option, value, n) == 0 ? 0 : err_set_errno(e, errno, IKE_SOCKET, what);
}

static int set_one(int fd, int level, int option, int value, const char *what, struct err *e)
{
	return set(fd, level, option, &value, sizeof value, what, e);
}

/*
 * A policy of the socket's own that lets everything pass: it goes before those of the host, so IKE's packets are never
 * held for an SA that IKE is to make.
 */
static int bypass(int fd, bool v6, struct err *e)
{
	const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, option = v6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY;

	for (uint8_t dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_OUT; dir++) {
		struct xfrm_userpolicy_info p = {
		    .sel.family = v6 ? AF_INET6 : AF_INET, .action = XFRM_POLICY_ALLOW, .dir = dir};

		if (set(fd, level, option, &p, sizeof p, "bypass of IPsec policies", e) != 0)
			return -1;
	}
	return 0;
}

/* The kernel understands policies of sockets when xfrm_user is there: a netlink socket of that kind loads the module. */
static void load_policies(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);

	if (fd >= 0)
		close(fd);
}

static int bind_to(int fd, bool v6, uint16_t port, struct err *e)
{
	const struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr *sa = v6 ? (const struct sockaddr *)&any6 : (const struct sockaddr *)&any4;
	char what[32];

	if (bind(fd, sa, v6 ? sizeof any6 : sizeof any4) == 0)
		return 0;
	snprintf(what, sizeof what, "UDP port %u", (unsigned)port);
	return err_set_errno(e, errno, IKE_SOCKET, what);
}

/*
 * What each of the four is made to do, bound or not yet. DF stays off: a large message may be fragmented on its way
 * (RFC 2408 says nothing; all peers do).
 */
static int prepare(int fd, int index, struct err *e)
{
	const int bytes = RECEIVE_BYTES;
	const bool v6 = (index & UDP_V6) != 0;
	int rc = v6 ? set_one(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "packet information", e)
		    : set_one(fd, IPPROTO_IP, IP_PKTINFO, 1, "packet information", e);

	if (rc == 0)
		rc = v6 ? set_one(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT, "fragmentation", e)
			: set_one(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "fragmentation", e);
	if (rc == 0)
		rc = bypass(fd, v6, e);
	if (rc == 0 && (index & UDP_NATT))
		rc = set_one(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP, "ESP in UDP", e);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* smaller, then */
	return rc;
}

/* The descriptor, or -1 where *rc says whether that is a failure. */
static int open_one(int index, int *rc, struct err *e)
{
	const bool v6 = (index & UDP_V6) != 0;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0) {
		*rc = v6 && errno == EAFNOSUPPORT ? 0 : err_set_errno(e, errno, IKE_SOCKET, "socket");
		return -1;
	}
	*rc = v6 ? set_one(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPv6 only", e) : 0;
	if (*rc == 0)
		*rc = prepare(fd, index, e);
	if (*rc == 0)
		*rc = bind_to(fd, v6, index & UDP_NATT ? UDP_PORT_NATT : UDP_PORT, e);
	return fd;
}

static void close_all(int fds[UDP_SOCKETS])
{
	for (int i = 0; i < UDP_SOCKETS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

int udp_open_all(int fds[UDP_SOCKETS], struct err *e)
{
	int rc = 0;

	load_policies();
	for (int i = 0; i < UDP_SOCKETS; i++)
		fds[i] = rc == 0 ? open_one(i, &rc, e) : -1;
	if (rc != 0)
		close_all(fds);
	return rc;
}

/* --- sockets that are given ------------------------------------------------------------------------------------ */

/* One that prepare() has not seen is none of ours: it has not the exemption from policies either. */
static bool is_prepared(int fd, bool v6)
{
	int on = 0;
	socklen_t n = sizeof on;

	return getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, &n) == 0 && on;
}

static int index_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = {0};
	socklen_t n = sizeof at;
	bool v6;
	uint16_t port;

	if (getsockname(fd, &at.any, &n) != 0 || (at.any.sa_family != AF_INET && at.any.sa_family != AF_INET6))
		return -1;
	v6 = at.any.sa_family == AF_INET6;
	port = ntohs(v6 ? at.v6.sin6_port : at.v4.sin_port);
	if ((port != UDP_PORT && port != UDP_PORT_NATT) || !is_prepared(fd, v6))
		return -1;
	return (v6 ? UDP_V6 : 0) | (port == UDP_PORT_NATT ? UDP_NATT : 0);
}

bool udp_adopt_all(int fds[UDP_SOCKETS], const int *given, size_t n)
{
	for (int i = 0; i < UDP_SOCKETS; i++)
		fds[i] = -1;
	for (size_t i = 0; i < n; i++) {
		int index = index_of(given[i]);

		if (index < 0 || fds[index] >= 0) {
			close(given[i]);
			continue;
		}
		fds[index] = given[i];
		fcntl(given[i], F_SETFD, FD_CLOEXEC);
	}
	if (fds[0] < 0)
		close_all(fds);
	return fds[0] >= 0;
}
