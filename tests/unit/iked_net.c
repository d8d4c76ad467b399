/*
 * The loop of *net* with its descriptors in our hands: what only the daemon can count (stats.h), against numbers that are
 * known, and whose turn it is when datagrams lie in heaps.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "ike/channel/channel.h"
#include "ike/daemon/chan.h"
#include "ike/daemon/link.h"
#include "ike/daemon/net.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static struct crypto *ssl;
static struct ikc_msg m; /* large */

struct bed {
	struct net *net;
	struct chan parent, keys, policy, kernel; /* our ends */
	int stranger, pipe_in;
	struct sockaddr_in to; /* andy's port 500, which is another one here */
	long steps;
};

static void a_pair(int type, int fds[2])
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
}

static int udp_at_loopback(struct sockaddr_in *at)
{
	socklen_t n = sizeof *at;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)at, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)at, &n) != 0)
		abort();
	return fd;
}

static void step(struct bed *b)
{
	struct err e = {0};

	is_int(net_step(b->net, &e), 0);
	b->steps++;
}

static void says(struct chan *c, const struct ikc_msg *msg)
{
	static uint8_t bytes[IKC_MSG_MAX];

	is_int(chan_send(c, bytes, ikc_encode(msg, bytes)), 0);
}

/* The next message of that type, into `m`. */
static void hears(struct chan *c, uint16_t type)
{
	static uint8_t bytes[IKC_MSG_MAX];
	struct err e = {0};
	ssize_t n;

	do {
		n = chan_recv(c, bytes, sizeof bytes);
		ok(n > 0);
	} while (n > 0 && (ikc_decode(bytes, (size_t)n, IKC_NET, &m, &e) != 0 || m.type != type));
	is_int(m.type, type);
}

static struct ike_profile *profile_for(const struct ip *local, const struct ip *remote)
{
	struct ike_profile *p = ike_profile_new();
	struct ike_mm_policy *mm = arena_alloc(&p->arena, sizeof *mm);
	struct ike_qm_policy *qm = arena_alloc(&p->arena, sizeof *qm);

	*mm = (struct ike_mm_policy){.id = 1, .noffers = 1, .nauths = 1, .offers = {{CRYPTO_AES128_CBC, CRYPTO_SHA1, 2}},
	    .auths = {{IKE_AUTH_PSK, {{1}}}}};
	*qm = (struct ike_qm_policy){.noffers = 1,
	    .offers = {{.has_esp = true, .esp_cipher = IKE_ENC_AES128, .esp_hash = CRYPTO_SHA1}}};
	p->nrules = 1;
	p->rules = arena_alloc(&p->arena, sizeof *p->rules);
	p->rules[0] = (struct ike_rule){.reqid = 16, .rule = 1, .filter = 1, .mm = mm, .qm = qm,
	    .sel = {.local = {*local, 128}, .remote = {*remote, 128}}};
	return p;
}

static const struct ip here = {IP_V6, {0xfd, [15] = 1}}, there = {IP_V6, {0xfd, [15] = 2}};

/* Without one nothing that comes is worth a look. */
static void hands_out_a_profile(struct bed *b)
{
	struct ike_profile *p = profile_for(&here, &there);
	struct ikc_parts parts;
	struct err e = {0};

	is_int(ikc_parts_init(&parts, p, &e), 0);
	for (size_t i = 0; i < parts.n; i++) {
		ikc_parts_get(&parts, i, &m);
		m.seq = 9;
		says(&b->policy, &m);
	}
	ikc_parts_fini(&parts);
	ike_profile_free(p);
	step(b);
	hears(&b->policy, IKC_PROFILE_DONE);
}

/* One UDP socket that works and one that is none, nothing for IPv6, and an enforcer. */
static struct bed *bed_up(void)
{
	struct bed *b = xcalloc(1, sizeof *b);
	struct sockaddr_in from;
	int parent[2], keys[2], policy[2], kernel[2], broken[2];
	const struct link_msg enforcer = {.type = LINK_ENFORCER};
	struct net_conf conf = {.udp = {-1, -1, -1, -1}, .trace = -1, .crypto = ssl};
	uint8_t bytes[LINK_MSG_MAX];

	a_pair(SOCK_SEQPACKET, parent);
	a_pair(SOCK_SEQPACKET, keys);
	a_pair(SOCK_SEQPACKET, policy);
	a_pair(SOCK_SEQPACKET, kernel);
	if (pipe(broken) != 0 || write(broken[1], "", 1) != 1) /* there is always something to read */
		abort();
	conf.udp[0] = udp_at_loopback(&b->to);
	conf.udp[UDP_NATT] = broken[0];
	conf.parent = parent[1];
	conf.keys = keys[1];
	b->pipe_in = broken[1];
	b->stranger = udp_at_loopback(&from);
	chan_init(&b->parent, parent[0]);
	chan_init(&b->keys, keys[0]);
	chan_init(&b->policy, policy[0]);
	chan_init(&b->kernel, kernel[0]);
	b->net = net_open(&conf);
	const int fds[CHAN_FDS_MAX] = {policy[1], kernel[1]};
	is_int(chan_send_fds(&b->parent, bytes, link_encode(&enforcer, bytes), fds, CHAN_FDS_MAX), 0);
	close(policy[1]);
	close(kernel[1]);
	step(b);
	hears(&b->policy, IKC_READY);
	hands_out_a_profile(b);
	return b;
}

static void bed_down(struct bed *b)
{
	net_close(b->net);
	chan_close(&b->parent);
	chan_close(&b->keys);
	chan_close(&b->policy);
	chan_close(&b->kernel);
	close(b->stranger);
	close(b->pipe_in);
	free(b);
}

static const struct ike_stats *counts(struct bed *b)
{
	m = (struct ikc_msg){.type = IKC_COUNT, .seq = 5};
	says(&b->policy, &m);
	step(b);
	hears(&b->policy, IKC_COUNTS);
	return &m.u.stats;
}

static void sends_rubbish(struct bed *b, int n)
{
	while (n-- > 0)
		is_int(sendto(b->stranger, "no message", 10, 0, (struct sockaddr *)&b->to, sizeof b->to), 10);
}

/* --- counters --------------------------------------------------------------------------------------- */

static void messages_that_wait_are_counted(void)
{
	enum { SENT = 40 };
	struct bed *b = bed_up();
	const struct ike_stats *s = counts(b);
	uint64_t waiting;

	is_int(s->ike[IKE_STAT_ACTIVE_RECEIVE], 0);
	is_int(s->ike[IKE_STAT_RECEIVE_HEAP], UDP_SLOTS);
	sends_rubbish(b, SENT);
	step(b); /* takes all of them out of the socket, and has its turn with some */
	m = (struct ikc_msg){.type = IKC_COUNT, .seq = 5};
	says(&b->policy, &m);
	step(b); /* who asks is answered before the rest has its turn */
	hears(&b->policy, IKC_COUNTS);
	waiting = m.u.stats.ike[IKE_STAT_ACTIVE_RECEIVE];
	ok(waiting > 0 && waiting < SENT);
	is_int(waiting + m.u.stats.ike[IKE_STAT_INVALID_PACKETS], SENT);
	for (int i = 0; i < SENT && waiting; i++)
		waiting = counts(b)->ike[IKE_STAT_ACTIVE_RECEIVE];
	is_int(waiting, 0);
	is_int(m.u.stats.ike[IKE_STAT_INVALID_PACKETS], SENT);
	bed_down(b);
}

/* A flood fills the slots and then the socket, and takes no memory. */
static void no_more_wait_than_there_are_slots(void)
{
	struct bed *b = bed_up();

	sends_rubbish(b, 2 * UDP_SLOTS);
	step(b);
	for (int i = 0; i < 3; i++) {
		const struct ike_stats *s = counts(b);

		ok(s->ike[IKE_STAT_ACTIVE_RECEIVE] > 0 && s->ike[IKE_STAT_ACTIVE_RECEIVE] < UDP_SLOTS);
	}
	bed_down(b);
}

/* The second socket is none: each time that it is read is one failure. */
static void failures_of_receiving_are_counted(void)
{
	struct bed *b = bed_up();
	long before;

	before = b->steps;
	is_int(counts(b)->ike[IKE_STAT_RECEIVE_FAILURES], before);
	sends_rubbish(b, 1); /* the other one is not held up */
	step(b);
	before = b->steps;
	is_int(counts(b)->ike[IKE_STAT_RECEIVE_FAILURES], before);
	is_int(m.u.stats.ike[IKE_STAT_INVALID_PACKETS], 1);
	bed_down(b);
}

/* There is no socket for IPv6. */
static void failures_of_sending_are_counted(void)
{
	struct bed *b = bed_up();

	is_int(counts(b)->ike[IKE_STAT_SEND_FAILURES], 0);
	m = (struct ikc_msg){.type = IKC_ACQUIRE, .u.cmd = {.kind = IKE_CMD_ACQUIRE}};
	m.u.cmd.u.acquire.acquire = 1;
	m.u.cmd.u.acquire.reqid = 16;
	m.u.cmd.u.acquire.local = here;
	m.u.cmd.u.acquire.remote = there;
	m.u.cmd.u.acquire.sel = (struct ike_selector){{here, 128}, {there, 128}, 6, 4711, 23};
	says(&b->kernel, &m);
	step(b); /* main mode 1 gets nowhere */
	is_int(counts(b)->ike[IKE_STAT_SEND_FAILURES], 1);
	is_int(m.u.stats.ike[IKE_STAT_TOTAL_ACQUIRE], 1);
	is_int(m.u.stats.ike[IKE_STAT_ACTIVE_ACQUIRE], 1);
	bed_down(b);
}

static const struct tap_case cases[] = {
    {"messages that wait are counted, and who asks comes between", messages_that_wait_are_counted},
    {"no more wait than there are slots", no_more_wait_than_there_are_slots},
    {"failures of receiving are counted", failures_of_receiving_are_counted},
    {"failures of sending are counted", failures_of_sending_are_counted},
};

int main(void)
{
	int status;

	ssl = crypto_openssl_new();
	if (!ssl) {
		printf("Bail out! no OpenSSL\n");
		return 1;
	}
	status = tap_run(cases, N_OF(cases));
	crypto_openssl_free(ssl);
	return status;
}
