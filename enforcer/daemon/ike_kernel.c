#include "enforcer/daemon/ike_kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/secret.h"
#include "enforcer/sas/sas.h"
#include "ike/channel/channel.h"

#include "common/base/banned.h"

enum {
	MESSAGES = 64,          /* of IKE in one round, so that *policy* is not kept waiting */
	SEND_BYTES = 4 << 20,   /* a burst of new peers, while IKE is busy with one of them */
};
enum { LISTENER, CONNECTION, EVENTS };

struct ike_kernel {
	struct sad *sad;
	struct sas *sas;
	int listener, fd; /* fd -1: nobody is there */
	uid_t self;
	const char *broken; /* why the connection has to end */
	struct ikc_msg in, out;
};

/* --- the connection ------------------------------------------------------------------------------------------------ */

/* false: there is no room now. */
static bool send_now(struct ike_kernel *i, const struct ikc_msg *m)
{
	uint8_t bytes[IKC_MSG_MAX];
	size_t n = ikc_encode(m, bytes);
	ssize_t sent;

	do
		sent = send(i->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS && !i->broken)
		i->broken = "it has gone";
	return sent == (ssize_t)n;
}

/* No event and no answer may get lost: IKE begins anew then, and is told what it missed. */
static void put(void *ctx, const struct ikc_msg *m)
{
	struct ike_kernel *i = ctx;

	if (i->fd >= 0 && !i->broken && !send_now(i, m) && !i->broken)
		i->broken = "it does not read";
}

static void pay(struct ike_kernel *i)
{
	while (!i->broken && sas_owes(i->sas, &i->out) && send_now(i, &i->out))
		sas_told(i->sas);
}

/* 1: a message was taken; 0: there is none now, or never again. */
static int take_one(struct ike_kernel *i)
{
	uint8_t bytes[IKC_MSG_MAX + 1]; /* one more: a longer packet is seen as such, not cut */
	struct err e = {0};
	ssize_t n;
	int rc;

	do
		n = recv(i->fd, bytes, sizeof bytes, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0) {
		i->broken = "it has gone";
		return 0;
	}
	rc = ikc_decode(bytes, (size_t)n, IKC_NET, &i->in, &e);
	secret_wipe(bytes, (size_t)n);
	if (rc == 0)
		sas_take(i->sas, &i->in);
	else
		i->broken = "it sent what is no message";
	ikc_wipe(&i->in);
	return rc == 0;
}

static void disconnect(struct ike_kernel *i)
{
	log_line(LOG_L_NOTICE, "IKE is disconnected: %s; %zu associations stay", i->broken, sas_count(i->sas));
	close(i->fd);
	i->fd = -1;
	i->broken = NULL;
	sas_connected(i->sas, false);
}

static bool is_welcome(const struct ike_kernel *i, int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && (who.uid == 0 || who.uid == i->self);
}

static void greet(struct ike_kernel *i)
{
	int fd = accept4(i->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), size = SEND_BYTES;

	if (fd < 0)
		return;
	if (!is_welcome(i, fd)) {
		log_line(LOG_L_WARNING, "somebody who is not root wanted to negotiate for this host");
		close(fd);
		return;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	i->fd = fd;
	log_line(LOG_L_INFO, "IKE is connected");
	sas_connected(i->sas, true);
}

/* --- outside -------------------------------------------------------------------------------------------------------- */

int ike_kernel_wait(const struct ike_kernel *i, struct pollfd v[IKE_KERNEL_FDS])
{
	struct ikc_msg ignored;
	bool owes = i->fd >= 0 && sas_owes(i->sas, &ignored);

	v[LISTENER] = (struct pollfd){.fd = i->fd < 0 ? i->listener : -1, .events = POLLIN};
	v[CONNECTION] = (struct pollfd){.fd = i->fd, .events = (short)(POLLIN | (owes ? POLLOUT : 0))};
	v[EVENTS] = (struct pollfd){.fd = i->sad->ops->fd(i->sad), .events = POLLIN};
	return sas_wait_ms(i->sas);
}

void ike_kernel_serve(struct ike_kernel *i, const struct pollfd v[IKE_KERNEL_FDS])
{
	if (v[EVENTS].revents)
		sas_events(i->sas);
	if (v[CONNECTION].revents & (POLLIN | POLLHUP | POLLERR))
		for (int k = 0; k < MESSAGES && !i->broken && take_one(i); k++)
			;
	if (v[LISTENER].revents)
		greet(i);
	sas_tick(i->sas);
	if (i->fd >= 0)
		pay(i);
	if (i->fd >= 0 && i->broken)
		disconnect(i);
}

struct ike_kernel *ike_kernel_new(struct kernel *k, struct sad *sad, int listener)
{
	struct ike_kernel *i = xcalloc(1, sizeof *i);

	i->sad = sad;
	i->sas = sas_new(sad, put, i);
	i->listener = listener;
	i->fd = -1;
	i->self = geteuid();
	kernel_hook(k, &(struct kernel_hooks){.ctx = i->sas, .allow = sas_allow, .hold = sas_hold,
	    .sums = sas_sums, .uses = sas_uses, .soft_anew = sas_soft_anew});
	return i;
}

void ike_kernel_free(struct ike_kernel *i)
{
	if (!i)
		return;
	if (i->fd >= 0)
		close(i->fd);
	sas_free(i->sas);
	i->sad->ops->close(i->sad);
	free(i);
}
