/*
 * A kernel that takes every security association, for other people's IKE daemons where the real one has no ESP: LD_PRELOAD
 * it, and the netlink sockets of XFRM that the program opens are answered here, within the call that sends. What it
 * installs and takes away is a line in the file that FAKE_XFRM_LOG names, in the words of ike_enforcer.c:
 *
 *	sa SPI SRC > DST ALGORITHMS [in UDP] key HEX
 *	del SPI
 *
 * All other sockets are the real ones.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/base/banned.h"

enum { FDS = 4096, SAS = 1 << 16, TEXT = 2048, REPLY = 1024, SPI_RESERVED = 255 };

static int other_end[FDS]; /* + 1; 0: not ours */
static struct xfrm_usersa_info *sas[SAS]; /* by the low bits of the SPI, then the next free place */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of `sas` */

#define CALLS(M) M(socket) M(close) M(bind) M(setsockopt) M(send) M(sendto) M(sendmsg) M(write) M(recv) M(recvfrom) M(recvmsg)
#define M(name) __typeof__(&name) name;
static struct {
	CALLS(M)
} real;
#undef M

/* Whoever asks first; twice does no harm. */
static void find_real(void)
{
#define M(name) real.name = (__typeof__(real.name))dlsym(RTLD_NEXT, #name);
	CALLS(M)
#undef M
}

#define REAL(name) (real.name ? (void)0 : find_real(), real.name)

static bool is_ours(int fd)
{
	return fd >= 0 && fd < FDS && other_end[fd];
}

/* --- associations -------------------------------------------------------------------------------------------------- */

static struct xfrm_usersa_info **place_of(uint32_t spi)
{
	size_t i = ntohl(spi) % SAS;

	while (sas[i] && sas[i]->id.spi != spi)
		i = (i + 1) % SAS;
	return &sas[i];
}

static void keep(const struct xfrm_usersa_info *sa)
{
	struct xfrm_usersa_info **p = place_of(sa->id.spi);

	if (!*p)
		*p = malloc(sizeof **p);
	if (!*p)
		abort();
	**p = *sa;
}

/* Its place stays taken: others may stand behind it. */
static void forget(uint32_t spi)
{
	struct xfrm_usersa_info *sa = *place_of(spi);

	if (sa)
		sa->id.proto = 0;
}

static const struct xfrm_usersa_info *find(uint32_t spi)
{
	const struct xfrm_usersa_info *sa = *place_of(spi);

	return sa && sa->id.proto ? sa : NULL;
}

/* --- the log -------------------------------------------------------------------------------------------------------- */

static void put_line(const char *text)
{
	const char *path = getenv("FAKE_XFRM_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

struct parts {
	char names[256], key[2 * 256 + 1];
	bool udp;
};

static void put_key(struct parts *p, const char *name, const uint8_t *key, unsigned bits)
{
	size_t n = strlen(p->key);

	snprintf(p->names + strlen(p->names), sizeof p->names - strlen(p->names), " %s", name);
	for (unsigned i = 0; i < bits / 8; i++, n += 2)
		snprintf(p->key + n, sizeof p->key - n, "%02x", key[i]);
}

/* The cipher's key stands before the hash's, whatever the order of the attributes. */
static void put_attr(struct parts *p, const struct nlattr *a, uint16_t wanted)
{
	const void *data = (const char *)a + NLA_HDRLEN;
	const struct xfrm_algo *alg = data;
	const struct xfrm_algo_auth *auth = data;
	const struct xfrm_algo_aead *aead = data;

	if (a->nla_type != wanted)
		return;
	if (wanted == XFRMA_ALG_CRYPT || wanted == XFRMA_ALG_AUTH)
		put_key(p, alg->alg_name, (const uint8_t *)alg->alg_key, alg->alg_key_len);
	else if (wanted == XFRMA_ALG_AUTH_TRUNC)
		put_key(p, auth->alg_name, (const uint8_t *)auth->alg_key, auth->alg_key_len);
	else if (wanted == XFRMA_ALG_AEAD)
		put_key(p, aead->alg_name, (const uint8_t *)aead->alg_key, aead->alg_key_len);
	else
		p->udp = true;
}

static const struct nlattr *find_attr(const char *at, size_t left, uint16_t type)
{
	while (left >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)at;
		size_t step;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > left)
			return NULL;
		if (a->nla_type == type)
			return a;
		step = (size_t)NLA_ALIGN(a->nla_len);
		at += step;
		left -= step < left ? step : left;
	}
	return NULL;
}

static void tell_sa(const struct nlmsghdr *h)
{
	/* Some send AUTH beside AUTH_TRUNC, for old kernels: one of them is enough. */
	static const uint16_t order[] = {XFRMA_ALG_AEAD, XFRMA_ALG_CRYPT, XFRMA_ALG_AUTH_TRUNC, XFRMA_ALG_AUTH, XFRMA_ENCAP};
	const struct xfrm_usersa_info *sa = (const void *)((const char *)h + NLMSG_HDRLEN);
	const char *attrs = (const char *)sa + NLMSG_ALIGN(sizeof *sa);
	size_t n = h->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(sizeof *sa);
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], line[TEXT];
	struct parts p = {.udp = false};
	bool hashed = false;

	if (!getenv("FAKE_XFRM_LOG"))
		return;
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		const struct nlattr *a = find_attr(attrs, n, order[i]);

		if (a && !(order[i] == XFRMA_ALG_AUTH && hashed))
			put_attr(&p, a, order[i]);
		hashed = hashed || (a && order[i] == XFRMA_ALG_AUTH_TRUNC);
	}
	inet_ntop(sa->family, &sa->saddr, src, sizeof src);
	inet_ntop(sa->family, &sa->id.daddr, dst, sizeof dst);
	snprintf(line, sizeof line, "sa %08x %s > %s%s%s key %s\n", ntohl(sa->id.spi), src, dst, p.names, p.udp ? " in UDP" : "",
	    p.key);
	put_line(line);
}

/* --- answers -------------------------------------------------------------------------------------------------------- */

struct reply {
	struct nlmsghdr h;
	uint8_t body[REPLY];
};

static void answer(int fd, const struct nlmsghdr *to, uint16_t type, const void *body, size_t n)
{
	struct reply r = {.h = {.nlmsg_type = type, .nlmsg_seq = to->nlmsg_seq, .nlmsg_pid = (uint32_t)getpid()}};

	r.h.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n);
	memcpy(r.body, body, n);
	REAL(send)(other_end[fd] - 1, &r, NLMSG_HDRLEN + n, 0);
}

static void ack(int fd, const struct nlmsghdr *to, int error)
{
	const struct nlmsgerr e = {.error = -error, .msg = *to};

	answer(fd, to, NLMSG_ERROR, &e, sizeof e);
}

static void give_spi(int fd, const struct nlmsghdr *h)
{
	const struct xfrm_userspi_info *ask = (const void *)((const char *)h + NLMSG_HDRLEN);
	struct xfrm_usersa_info sa = ask->info;
	uint32_t spi = 0;

	while (spi <= SPI_RESERVED || find(htonl(spi)))
		if (getrandom(&spi, sizeof spi, 0) != sizeof spi)
			abort();
	sa.id.spi = htonl(spi);
	keep(&sa);
	answer(fd, h, XFRM_MSG_NEWSA, &sa, sizeof sa);
}

static void take_sa(int fd, const struct nlmsghdr *h)
{
	keep((const void *)((const char *)h + NLMSG_HDRLEN));
	tell_sa(h);
	ack(fd, h, 0);
}

static void drop_sa(int fd, const struct nlmsghdr *h)
{
	const struct xfrm_usersa_id *id = (const void *)((const char *)h + NLMSG_HDRLEN);
	bool there = find(id->spi);
	char line[TEXT];

	snprintf(line, sizeof line, "del %08x\n", ntohl(id->spi));
	if (there)
		put_line(line);
	forget(id->spi);
	ack(fd, h, there ? 0 : ESRCH);
}

static void show_sa(int fd, const struct nlmsghdr *h)
{
	const struct xfrm_usersa_id *id = (const void *)((const char *)h + NLMSG_HDRLEN);
	const struct xfrm_usersa_info *sa = find(id->spi);

	if (sa && !(h->nlmsg_flags & NLM_F_DUMP))
		answer(fd, h, XFRM_MSG_NEWSA, sa, sizeof *sa);
	else if (h->nlmsg_flags & NLM_F_DUMP)
		answer(fd, h, NLMSG_DONE, &(int){0}, sizeof(int));
	else
		ack(fd, h, ESRCH);
}

static void no_policy(int fd, const struct nlmsghdr *h)
{
	if (h->nlmsg_flags & NLM_F_DUMP)
		answer(fd, h, NLMSG_DONE, &(int){0}, sizeof(int));
	else
		ack(fd, h, ENOENT);
}

static const struct {
	uint16_t type;
	void (*serve)(int fd, const struct nlmsghdr *h);
} requests[] = {
    {XFRM_MSG_ALLOCSPI, give_spi},
    {XFRM_MSG_NEWSA, take_sa},
    {XFRM_MSG_UPDSA, take_sa},
    {XFRM_MSG_DELSA, drop_sa},
    {XFRM_MSG_GETSA, show_sa},
    {XFRM_MSG_GETPOLICY, no_policy},
};

/* What has no row is granted: policies above all. */
static void granted(int fd, const struct nlmsghdr *h)
{
	ack(fd, h, 0);
}

static ssize_t serve(int fd, const void *bytes, size_t n)
{
	const struct nlmsghdr *h = bytes;
	void (*how)(int fd, const struct nlmsghdr *h) = granted;

	if (n < NLMSG_HDRLEN || h->nlmsg_len > n)
		return (ssize_t)n;
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
		if (requests[i].type == h->nlmsg_type)
			how = requests[i].serve;
	pthread_mutex_lock(&lock);
	how(fd, h);
	pthread_mutex_unlock(&lock);
	return (ssize_t)n;
}

/* --- the calls ------------------------------------------------------------------------------------------------------- */

int socket(int domain, int type, int protocol)
{
	int pair[2];

	if (domain != AF_NETLINK || protocol != NETLINK_XFRM)
		return REAL(socket)(domain, type, protocol);
	if (socketpair(AF_UNIX, SOCK_DGRAM | (type & (SOCK_CLOEXEC | SOCK_NONBLOCK)), 0, pair) != 0)
		return -1;
	if (pair[0] >= FDS || fcntl(pair[1], F_SETFD, FD_CLOEXEC) != 0)
		abort();
	other_end[pair[0]] = pair[1] + 1;
	return pair[0];
}

int close(int fd)
{
	if (is_ours(fd)) {
		REAL(close)(other_end[fd] - 1);
		other_end[fd] = 0;
	}
	return REAL(close)(fd);
}

int bind(int fd, const struct sockaddr *sa, socklen_t n)
{
	return is_ours(fd) ? 0 : REAL(bind)(fd, sa, n);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	return is_ours(fd) ? 0 : REAL(setsockopt)(fd, level, option, value, n);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
	return is_ours(fd) ? serve(fd, bytes, n) : REAL(send)(fd, bytes, n, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t n, int flags, const struct sockaddr *to, socklen_t to_n)
{
	return is_ours(fd) ? serve(fd, bytes, n) : REAL(sendto)(fd, bytes, n, flags, to, to_n);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	if (!is_ours(fd))
		return REAL(sendmsg)(fd, m, flags);
	return m->msg_iovlen == 1 ? serve(fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len) : (errno = EINVAL, -1);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	return is_ours(fd) ? serve(fd, bytes, n) : REAL(write)(fd, bytes, n);
}

/* The kernel is who answers: port 0. */
static ssize_t from_kernel(ssize_t n, struct sockaddr *from, socklen_t *from_n)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (n >= 0 && from && from_n && *from_n >= sizeof kernel) {
		memcpy(from, &kernel, sizeof kernel);
		*from_n = sizeof kernel;
	}
	return n;
}

ssize_t recvfrom(int fd, void *bytes, size_t n, int flags, struct sockaddr *from, socklen_t *from_n)
{
	return is_ours(fd) ? from_kernel(REAL(recv)(fd, bytes, n, flags), from, from_n)
	                   : REAL(recvfrom)(fd, bytes, n, flags, from, from_n);
}

/* What programs call that were built with _FORTIFY_SOURCE. */
ssize_t __recvfrom_chk(int fd, void *bytes, size_t n, size_t room, int flags, struct sockaddr *from, socklen_t *from_n);
ssize_t __recvfrom_chk(int fd, void *bytes, size_t n, size_t room, int flags, struct sockaddr *from, socklen_t *from_n)
{
	if (n > room)
		abort();
	return recvfrom(fd, bytes, n, flags, from, from_n);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	socklen_t room = m->msg_namelen;
	ssize_t n = REAL(recvmsg)(fd, m, flags);

	if (!is_ours(fd) || !m->msg_name)
		return n;
	m->msg_namelen = room;
	return from_kernel(n, m->msg_name, &m->msg_namelen);
}
