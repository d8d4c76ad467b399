/* The connection of IKE in *kernel*, over a real socket: one at a time, nobody waited for, nothing lost in silence. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "enforcer/daemon/host.h"
#include "enforcer/daemon/ike_kernel.h"
#include "ike/channel/channel.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { REQID = PLAN_REQID_BASE + 1 };

static char dir[] = "/tmp/ike_kernel.XXXXXX";
static struct kernel *k;
static struct sad *sad;
static struct ike_kernel *ike;
static int listener;

static void start(void)
{
	struct err e = {0};

	snprintf(dir, sizeof dir, "/tmp/ike_kernel.XXXXXX");
	if (!mkdtemp(dir))
		abort();
	listener = host_listen(dir, "s", &e);
	is_str(e.text, "");
	k = kernel_fake_open();
	sad = sad_fake_open(k);
	ike = ike_kernel_new(k, sad, listener);
}

static void stop(void)
{
	char path[64];

	ike_kernel_free(ike);
	kernel_close(k);
	close(listener);
	snprintf(path, sizeof path, "%s/s", dir);
	unlink(path);
	rmdir(dir);
}

static int dial(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/s", dir);
	ok(fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0);
	return fd;
}

/* One round of *kernel*'s loop. */
static void go(void)
{
	struct pollfd v[IKE_KERNEL_FDS];

	ike_kernel_wait(ike, v);
	poll(v, IKE_KERNEL_FDS, 0);
	ike_kernel_serve(ike, v);
}

static void ask(int fd, uint32_t seq)
{
	static uint8_t bytes[IKC_MSG_MAX];
	static struct ikc_msg m;

	m = (struct ikc_msg){.type = IKC_SA_QUERY, .seq = seq, .u.sa_id = {.src = {.family = IP_V4}, .dst = {.family = IP_V4, .b = {1}},
	    .protocol = IKE_PROTO_ESP, .spi = 300}};
	size_t n = ikc_encode(&m, bytes);
	ok(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
}

enum { NOTHING = 0, END = -1 };
/* The type of the next message. */
static int hear(int fd)
{
	static uint8_t bytes[IKC_MSG_MAX];
	static struct ikc_msg m;
	struct err e = {0};
	ssize_t n = recv(fd, bytes, sizeof bytes, 0);

	if (n < 0)
		return errno == EAGAIN ? NOTHING : END;
	if (n == 0)
		return END;
	is_int(ikc_decode(bytes, (size_t)n, IKC_KERNEL, &m, &e), 0);
	return m.type;
}

static void who_comes_second_waits_until_the_first_has_gone(void)
{
	int a, b;

	start();
	a = dial();
	go();
	b = dial();
	ask(a, 1);
	ask(b, 2);
	go();
	is_int(hear(a), IKC_RESULT);
	is_int(hear(b), NOTHING);
	close(a);
	go();
	go();
	go();
	is_int(hear(b), IKC_RESULT);
	close(b);
	stop();
}

static void what_is_no_message_ends_the_connection(void)
{
	static const uint8_t acquire[] = {'I', 'K', 'C', '1', 0, 1, 0, IKC_ACQUIRE}; /* which IKE may not send */

	for (int i = 0; i < 2; i++) {
		start();
		int fd = dial();
		go();
		ok(send(fd, i ? (const void *)acquire : "garbage", i ? sizeof acquire : 7, MSG_NOSIGNAL) > 0);
		ask(fd, 1);
		go();
		is_int(hear(fd), END);
		close(fd);
		fd = dial(); /* and may come again */
		go();
		ask(fd, 1);
		go();
		is_int(hear(fd), IKC_RESULT);
		close(fd);
		stop();
	}
}

static void put_leftovers(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct ike_sa sa = {.reqid = REQID, .id = {{.family = IP_V4, .b = {10, 0, 0, 1}}, {.family = IP_V4, .b = {10, 0, 0, 2}},
		    IKE_PROTO_ESP, 1000 + (uint32_t)i}};
		sad_fake_put(sad, &sa);
	}
}

/* More than any socket holds: each is told in the end, whoever reads how slowly. */
static void many_that_ended_at_once_are_all_told(void)
{
	enum { MANY = 30000 };
	size_t n = 0, heard = 0;
	int fd, type;

	start();
	put_leftovers(MANY);
	fd = dial();
	for (int i = 0; i < 10; i++)
		go(); /* IKE is busy */
	sad_fake_sas(sad, &n);
	is_int(n, 0);
	for (int i = 0; i < 2 * MANY && heard < MANY; i++) {
		while ((type = hear(fd)) == IKC_EXPIRE)
			heard++;
		is_int(type, NOTHING);
		go();
	}
	is_int(heard, MANY);
	close(fd);
	stop();
}

/* Requests of the kernel cannot wait: whoever reads none of them is disconnected, and knows it. */
static void who_does_not_read_is_disconnected(void)
{
	struct sad_event ev = {.kind = SAD_ACQUIRE, .reqid = REQID, .cmd = {.kind = IKE_CMD_ACQUIRE}};
	size_t heard = 0;
	int fd, type;

	ev.cmd.u.acquire.reqid = REQID;
	ev.cmd.u.acquire.local = ev.cmd.u.acquire.remote = (struct ip){.family = IP_V4};
	ev.cmd.u.acquire.sel.local.net = ev.cmd.u.acquire.sel.remote.net = (struct ip){.family = IP_V4};
	start();
	fd = dial();
	go();
	for (int i = 0; i < 200; i++) {
		for (int j = 0; j < 256; j++)
			sad_fake_event(sad, &ev);
		go();
	}
	while ((type = hear(fd)) == IKC_ACQUIRE)
		heard++;
	is_int(type, END);
	ok(heard > 100 && heard < 200 * 256);
	close(fd);
	stop();
}

static void a_flood_of_requests_is_taken_a_few_at_a_time(void)
{
	enum { ROUND = 64, MANY = 100 };
	size_t heard = 0;
	int fd;

	start();
	fd = dial();
	go();
	for (uint32_t i = 1; i <= MANY; i++)
		ask(fd, i);
	go();
	while (hear(fd) == IKC_RESULT)
		heard++;
	is_int(heard, ROUND);
	go();
	while (hear(fd) == IKC_RESULT)
		heard++;
	is_int(heard, MANY);
	close(fd);
	stop();
}

static const struct tap_case cases[] = {
    {"who comes second waits until the first has gone", who_comes_second_waits_until_the_first_has_gone},
    {"what is no message ends the connection", what_is_no_message_ends_the_connection},
    {"many that ended at once are all told", many_that_ended_at_once_are_all_told},
    {"who does not read is disconnected", who_does_not_read_is_disconnected},
    {"a flood of requests is taken a few at a time", a_flood_of_requests_is_taken_a_few_at_a_time},
};
TAP_MAIN(cases)
