/* Opening the sockets: the part that needs privilege. */
#include <errno.h>
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

/* DF stays off: a large message may be fragmented on its way (RFC 2408 says nothing; all peers do). */
static int prepare(int fd, bool v6, bool natt, struct err *e)
{
	const int bytes = RECEIVE_BYTES;
	int rc = v6 ? set_one(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPv6 only", e) : 0;

	if (rc == 0)
		rc = v6 ? set_one(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "packet information", e)
			: set_one(fd, IPPROTO_IP, IP_PKTINFO, 1, "packet information", e);
	if (rc == 0)
		rc = v6 ? set_one(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT, "fragmentation", e)
			: set_one(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "fragmentation", e);
	if (rc == 0)
		rc = bypass(fd, v6, e);
	if (rc == 0 && natt)
		rc = set_one(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP, "ESP in UDP", e);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* smaller, then */
	return rc;
}

static int open_one(bool v6, bool natt, int *out, struct err *e)
{
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*out = -1;
	if (fd < 0)
		return v6 && errno == EAFNOSUPPORT ? 0 : err_set_errno(e, errno, IKE_SOCKET, "socket");
	if (prepare(fd, v6, natt, e) != 0 || bind_to(fd, v6, natt ? UDP_PORT_NATT : UDP_PORT, e) != 0) {
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

int udp_open_all(int fds[UDP_SOCKETS], struct err *e)
{
	int rc = 0;

	for (int i = 0; i < UDP_SOCKETS; i++)
		fds[i] = -1;
	for (int i = 0; i < UDP_SOCKETS && rc == 0; i++)
		rc = open_one((i & UDP_V6) != 0, (i & UDP_NATT) != 0, &fds[i], e);
	for (int i = 0; i < UDP_SOCKETS && rc != 0; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	return rc;
}
