/* A scripted ipsec-iked for tests of the enforcer's end: it says and hears what the test wants, when the test wants it. */
#ifndef TESTS_IKE_PEER_H
#define TESTS_IKE_PEER_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ike/channel/channel.h"
#include "tests/unit/tap.h"

/* Addresses of Linux' abstract namespace: nothing to remove. */
static inline socklen_t peer_address(unsigned n, struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)snprintf(sa->sun_path + 1, sizeof sa->sun_path - 1, "ike-peer-%d-%u", (int)getpid(), n));
}

static inline int peer_listener(unsigned n)
{
	struct sockaddr_un sa;
	socklen_t len = peer_address(n, &sa);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ok(bind(fd, (struct sockaddr *)&sa, len) == 0 && listen(fd, 8) == 0);
	return fd;
}

static inline int peer_connect(unsigned n)
{
	struct sockaddr_un sa;
	socklen_t len = peer_address(n, &sa);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ok(connect(fd, (struct sockaddr *)&sa, len) == 0);
	return fd;
}

static inline void peer_say(int fd, const struct ikc_msg *m)
{
	static uint8_t bytes[IKC_MSG_MAX];
	size_t n = ikc_encode(m, bytes);

	is_int(send(fd, bytes, n, MSG_NOSIGNAL), (long)n);
}

static inline void peer_says(int fd, uint16_t type)
{
	static struct ikc_msg m;

	m = (struct ikc_msg){.type = type};
	peer_say(fd, &m);
}

/* 1: a message; 0: nothing is there; -1: the other end has closed. */
static inline int peer_hears(int fd, struct ikc_msg *m)
{
	static uint8_t bytes[IKC_MSG_MAX + 1];
	struct err e = {0};
	ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	is_int(ikc_decode(bytes, (size_t)n, IKC_POLICY, m, &e), 0);
	is_str(e.text, "");
	return 1;
}

#endif
