/* The parts of ipsec-iked's processes, each by itself. The processes together: tests/netns/iked.bats. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/ipc/ipc.h"
#include "ike/daemon/chan.h"
#include "ike/daemon/client.h"
#include "ike/daemon/event.h"
#include "ike/daemon/keyring.h"
#include "ike/daemon/pulse.h"
#include "ike/daemon/source.h"
#include "ike/daemon/syscalls.h"
#include "ike/daemon/udp.h"
#include "tests/unit/iked_samples.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* --- messages between the processes -------------------------------------------------------------------------------- */

static void messages_come_back_as_they_were(void)
{
	for (size_t i = 0; i < N_OF(link_kinds); i++) {
		const struct link_kind *k = &link_kinds[i];
		struct link_msg m = link_sample(k->type), got;
		uint8_t bytes[LINK_MSG_MAX], again[LINK_MSG_MAX];
		size_t n = link_encode(&m, bytes);
		struct err e = {0};

		is_int(link_decode(bytes, n, k->from, k->to, &got, &e), 0);
		ok(got.type == m.type && got.seq == m.seq && link_type_name(m.type));
		ok(link_encode(&got, again) == n && memcmp(bytes, again, n) == 0);
	}
}

static void what_does_not_fit_exactly_is_refused(void)
{
	for (size_t i = 0; i < N_OF(link_kinds); i++) {
		const struct link_kind *k = &link_kinds[i];
		struct link_msg m = link_sample(k->type), got;
		uint8_t bytes[LINK_MSG_MAX + 1] = {0};
		size_t n = link_encode(&m, bytes);
		struct err e = {0};

		for (size_t cut = 0; cut < n; cut++)
			is_int(link_decode(bytes, cut, k->from, k->to, &got, &e), -1);
		is_int(link_decode(bytes, n + 1, k->from, k->to, &got, &e), -1);
		/* Magic, version, type and length: any bit. The sequence number is anything. */
		for (size_t at = 0; at < 12; at++) {
			bytes[at] ^= 0x80;
			is_int(link_decode(bytes, n, k->from, k->to, &got, &e), -1);
			bytes[at] ^= 0x80;
		}
		ok(e.id == LINK_BAD);
	}
}

static void each_process_may_say_only_what_is_its_own(void)
{
	static const unsigned parties[] = {LINK_PARENT, LINK_NET, LINK_KEYS};

	for (size_t i = 0; i < N_OF(link_kinds); i++) {
		struct link_msg m = link_sample(link_kinds[i].type), got;
		uint8_t bytes[LINK_MSG_MAX];
		size_t n = link_encode(&m, bytes);
		struct err e = {0};

		for (size_t f = 0; f < N_OF(parties); f++)
			for (size_t t = 0; t < N_OF(parties); t++)
				is_int(link_decode(bytes, n, parties[f], parties[t], &got, &e),
				    (link_kinds[i].from & parties[f]) && (link_kinds[i].to & parties[t]) ? 0 : -1);
	}
}

static void numbers_out_of_range_are_refused(void)
{
	struct link_msg m = link_sample(LINK_PRF), got;
	uint8_t bytes[LINK_MSG_MAX];
	struct err e = {0};
	size_t n;

	m.u.prf.hash = CRYPTO_HASHES;
	n = link_encode(&m, bytes);
	is_int(link_decode(bytes, n, LINK_NET, LINK_KEYS, &got, &e), -1);
	m = link_sample(LINK_SKEYID);
	m.u.skeyid.ok = false; /* and yet a key */
	n = link_encode(&m, bytes);
	is_int(link_decode(bytes, n, LINK_KEYS, LINK_NET, &got, &e), -1);
	m = link_sample(LINK_KEY);
	m.u.key.found = false;
	n = link_encode(&m, bytes);
	is_int(link_decode(bytes, n, LINK_PARENT, LINK_KEYS, &got, &e), -1);
	bytes[LINK_HEAD_BYTES] = 2; /* no truth value */
	is_int(link_decode(bytes, n, LINK_PARENT, LINK_KEYS, &got, &e), -1);
}

/* --- keys ------------------------------------------------------------------------------------------------------------ */

static struct guid numbered(size_t i)
{
	return (struct guid){{(uint8_t)(i >> 8), (uint8_t)i}};
}

static struct mono at(int64_t s)
{
	return (struct mono){s * 1000};
}

static void keys_are_forgotten_after_their_time(void)
{
	struct keyring k = {0};
	const struct guid a = numbered(1), b = numbered(2), c = numbered(3);

	ok(mono_is_never(keyring_expire(&k, at(0))));
	keyring_put(&k, &b, span_of("bb", 2), at(0));
	keyring_put(&k, &a, span_of("a", 1), at(100));
	keyring_put(&k, &c, span_of("", 0), at(100));
	ok(span_eq(keyring_find(&k, &a, at(100)), span_of("a", 1)));
	ok(span_eq(keyring_find(&k, &b, at(KEYRING_KEEP_S - 1)), span_of("bb", 2)));
	ok(keyring_find(&k, &c, at(100)).p && keyring_find(&k, &c, at(100)).n == 0); /* an empty key is one */
	ok(!keyring_find(&k, &b, at(KEYRING_KEEP_S)).p);
	is_int(keyring_expire(&k, at(KEYRING_KEEP_S)).ms, at(KEYRING_KEEP_S + 100).ms);
	is_int(k.n, 2);
	keyring_put(&k, &a, span_of("A", 1), at(KEYRING_KEEP_S));
	is_int(k.n, 2);
	ok(span_eq(keyring_find(&k, &a, at(KEYRING_KEEP_S + 200)), span_of("A", 1)));
	keyring_free(&k);
	is_int(k.n, 0);
}

static void a_full_ring_loses_the_oldest(void)
{
	struct keyring k = {0};
	struct guid first = numbered(0), second = numbered(1), last = numbered(KEYRING_MAX);

	for (size_t i = 0; i <= KEYRING_MAX; i++) {
		struct guid g = numbered(i);
		keyring_put(&k, &g, span_of("x", 1), (struct mono){(int64_t)i});
	}
	is_int(k.n, KEYRING_MAX);
	ok(!keyring_find(&k, &first, at(2)).p && keyring_find(&k, &second, at(2)).p && keyring_find(&k, &last, at(2)).p);
	keyring_free(&k);
}

/* --- children -------------------------------------------------------------------------------------------------------- */

static struct mono ms(int64_t n)
{
	return (struct mono){n};
}

static void the_watchdog_hears_when_all_have_answered(void)
{
	struct pulse p = {0};

	ok(!pulse_asks(&p, 3, ms(5)) && pulse_wait_ms(&p, ms(5)) == -1); /* before it is started */
	pulse_start(&p, 100, ms(1000));
	is_int(pulse_wait_ms(&p, ms(990)), 10);
	is_int(pulse_wait_ms(&p, ms(1001)), 0);
	ok(!pulse_asks(&p, 3, ms(999)) && pulse_asks(&p, 3, ms(1000)));
	ok(!pulse_hears(&p, 1) && !pulse_hears(&p, 1)); /* one of them twice is not both */
	ok(!pulse_asks(&p, 3, ms(5000)));               /* the other hangs */
	is_int(pulse_wait_ms(&p, ms(5000)), -1);
	ok(pulse_hears(&p, 2) && !pulse_hears(&p, 2));
	ok(pulse_asks(&p, 3, ms(5001)));                /* late, and so at once */
	ok(!pulse_hears(&p, 2) && pulse_hears(&p, 1));
	ok(!pulse_asks(&p, 3, ms(5100)) && pulse_wait_ms(&p, ms(5100)) == 1);
}

static void without_a_watchdog_nobody_is_asked(void)
{
	struct pulse p;

	pulse_start(&p, -1, ms(1000));
	ok(!pulse_asks(&p, 3, ms(99999)) && !pulse_hears(&p, 3) && pulse_wait_ms(&p, ms(0)) == -1);
}

/* Statuses as wait(2) has them: the signal, or 256 times the exit status. */
static void blamed_is_the_child_that_took_the_other_along(void)
{
	static const struct {
		struct pulse_end ends[2];
		int want;
	} rows[] = {
	    {{{true, 0}, {true, SIGKILL}}, 1}, {{{true, SIGKILL}, {true, 1 << 8}}, 0}, {{{true, 1 << 8}, {true, SIGSYS}}, 1},
	    {{{true, 1 << 8}, {true, 1 << 8}}, 0}, {{{true, 0}, {true, 1 << 8}}, 1}, {{{true, 0}, {true, 0}}, -1},
	    {{{false, 0}, {true, SIGSEGV | 128}}, 1}, {{{false, SIGKILL}, {true, 0}}, -1},
	};

	for (size_t i = 0; i < N_OF(rows); i++)
		is_int(pulse_blame(rows[i].ends, 2), rows[i].want);
	is_int(pulse_blame(NULL, 0), -1);
}

/* --- port 4500 -------------------------------------------------------------------------------------------------------- */

static void the_marker_tells_ike_from_esp(void)
{
	static const uint8_t ike[] = {0, 0, 0, 0, 1, 2}, esp[] = {0, 0, 1, 0, 1, 2}, keepalive[] = {0xFF};

	ok(span_eq(udp_unmarked(true, span_of(ike, sizeof ike)), span_of(ike + 4, 2)));
	is_int(udp_unmarked(true, span_of(esp, sizeof esp)).n, 0);
	is_int(udp_unmarked(true, span_of(keepalive, 1)).n, 0);
	is_int(udp_unmarked(true, span_of(ike, 4)).n, 0);
	is_int(udp_unmarked(false, span_of(ike, sizeof ike)).n, sizeof ike);
}

/* --- channels --------------------------------------------------------------------------------------------------------- */

static void a_pair(struct chan *a, struct chan *b)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	chan_init(a, fds[0]);
	chan_init(b, fds[1]);
}

static void what_is_not_read_waits_in_order_up_to_a_bound(void)
{
	struct chan a, b;
	uint32_t sent = 0, got = 0, v[1024] = {0};
	ssize_t n;

	a_pair(&a, &b);
	for (; sent < 1000; sent++) {
		v[0] = sent;
		is_int(chan_send(&a, v, sizeof v), 0);
	}
	ok(chan_waits(&a));
	while ((n = chan_recv(&b, v, sizeof v)) != 0) {
		ok(n == (ssize_t)sizeof v && v[0] == got++);
		is_int(chan_flush(&a), 0);
	}
	is_int(got, sent);
	ok(!chan_waits(&a) && a.kept == 0);
	while (chan_send(&a, v, sizeof v) == 0)
		;
	ok(a.kept <= CHAN_KEPT_MAX && a.kept > CHAN_KEPT_MAX - 2 * sizeof v);
	chan_close(&a);
	ok(a.fd == -1 && !chan_waits(&a));
	while ((n = chan_recv(&b, v, sizeof v)) > 0)
		;
	is_int(n, -1);
	is_int(chan_send(&b, v, sizeof v), -1);
	chan_close(&b);
}

static void descriptors_come_along(void)
{
	struct chan a, b;
	int pipes[2], fds[CHAN_FDS_MAX];
	char text[8];

	a_pair(&a, &b);
	ok(pipe(pipes) == 0);
	is_int(chan_send_fds(&a, "x", 1, pipes, 2), 0);
	is_int(chan_send_fds(&a, "y", 1, pipes, 1), 0); /* one too few: none */
	is_int(chan_send(&a, "longer", 6), 0);
	is_int(chan_recv_fds(&b, text, sizeof text, fds), 1);
	ok(fds[0] >= 0 && fds[1] >= 0 && write(fds[1], "z", 1) == 1 && read(pipes[0], text, 1) == 1 && text[0] == 'z');
	ok(fcntl(fds[0], F_GETFD) == FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	is_int(chan_recv_fds(&b, text, sizeof text, fds), 1);
	is_int(fds[0], -1);
	is_int(chan_recv(&b, text, 2), -1); /* longer than there is room: not cut */
	close(pipes[0]);
	close(pipes[1]);
	chan_close(&a);
	chan_close(&b);
}

/* --- the enforcer's client ------------------------------------------------------------------------------------------------ */

static struct ikc_msg msg; /* large */

static int next_type(int fd, unsigned *seq)
{
	uint8_t bytes[IKC_MSG_MAX];
	struct err e = {0};
	ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n <= 0 || ikc_decode(bytes, (size_t)n, IKC_NET, &msg, &e) != 0)
		return -1;
	*seq = msg.seq;
	return msg.type;
}

static void connect_client(struct client *c, int enforcer[2])
{
	int policy[2], kernel[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, policy) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, kernel) != 0)
		abort();
	enforcer[0] = policy[1];
	enforcer[1] = kernel[1];
	ok(client_connect(c, policy[0], kernel[0]));
}

static void what_an_enforcer_owed_has_failed_when_it_goes(void)
{
	struct client c;
	int enforcer[2];
	unsigned seq;
	struct ike_action spi = {.kind = IKE_DO_GET_SPI, .op = 7}, query = {.kind = IKE_DO_SA_QUERY, .op = 8};
	struct ike_result r;

	client_init(&c);
	spi.u.get_spi.src = spi.u.get_spi.dst = (struct ip){IP_V4, {10, 0, 0, 1}};
	spi.u.get_spi.protocol = query.u.sa_id.protocol = IKE_PROTO_ESP;
	query.u.sa_id.src = query.u.sa_id.dst = spi.u.get_spi.src;
	query.u.sa_id.spi = 0x1234;
	ok(!client_do(&c, &spi)); /* nobody is there */
	is_int(client_failed(&c), 0);
	connect_client(&c, enforcer);
	is_int(next_type(enforcer[0], &seq), IKC_READY);
	ok(client_do(&c, &spi) && client_do(&c, &query));
	is_int(next_type(enforcer[1], &seq), IKC_GET_SPI);
	is_int(seq, 7);
	msg = (struct ikc_msg){.type = IKC_RESULT, .seq = 8, .u.result = {.ok = true, .packets = 3}};
	ok(client_answer(&c, &msg, &r) && r.ok && r.u.usage.packets == 3);
	ok(!client_answer(&c, &msg, &r)); /* once */
	is_int(client_failed(&c), 0);     /* it is still there */
	client_disconnect(&c);
	is_int(client_failed(&c), 7);
	is_int(client_failed(&c), 0);
	close(enforcer[0]);
	close(enforcer[1]);
	client_free(&c);
}

static void deletes_that_nobody_took_are_said_to_the_next_enforcer(void)
{
	struct client c;
	int enforcer[2];
	unsigned seq;
	struct ike_action del = {.kind = IKE_DO_SA_DEL}, event = {.kind = IKE_DO_EVENT};

	client_init(&c);
	del.u.sa_id = (struct ike_sa_id){{IP_V4, {10, 0, 0, 1}}, {IP_V4, {10, 0, 0, 2}}, IKE_PROTO_ESP, 0xABCD};
	event.u.event.detail = "";
	event.u.event.local.ip = event.u.event.remote.ip = del.u.sa_id.src;
	ok(!client_do(&c, &del));
	ok(!client_do(&c, &event));
	connect_client(&c, enforcer);
	is_int(next_type(enforcer[1], &seq), IKC_SA_DEL);
	is_int(msg.u.sa_id.spi, 0xABCD);
	is_int(next_type(enforcer[1], &seq), -1);
	is_int(next_type(enforcer[0], &seq), IKC_READY);
	is_int(next_type(enforcer[0], &seq), -1);
	is_int(c.ndeletes, 0);
	close(enforcer[0]);
	close(enforcer[1]);
	client_free(&c);
}

/* The kernel's party may not hand out a profile, nor the policy's an answer. */
static void each_end_of_the_enforcer_says_only_what_is_its_own(void)
{
	uint8_t bytes[IKC_MSG_MAX];
	size_t n;

	for (int end = 0; end < 2; end++) {
		struct client c;
		struct err e = {0};
		int enforcer[2];

		client_init(&c);
		connect_client(&c, enforcer);
		msg = (struct ikc_msg){.type = end == 0 ? IKC_RESULT : IKC_SHUTDOWN};
		n = ikc_encode(&msg, bytes);
		ok(send(enforcer[1 - end], bytes, n, 0) == (ssize_t)n);
		is_int(client_read(&c, &msg, &e), 1);
		msg = (struct ikc_msg){.type = end == 0 ? IKC_RESULT : IKC_SHUTDOWN};
		n = ikc_encode(&msg, bytes);
		ok(send(enforcer[end], bytes, n, 0) == (ssize_t)n);
		is_int(client_read(&c, &msg, &e), -1);
		ok(e.id == IPC_BAD);
		close(enforcer[0]);
		close(enforcer[1]);
		client_free(&c);
	}
}

/* --- events --------------------------------------------------------------------------------------------------------------- */

static const char *field(const struct ike_event_text *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->f[i].name, name) == 0)
			return t->f[i].value;
	return "";
}

static void an_event_has_text_and_fields(void)
{
	const struct ike_selector sel = {{{IP_V4, {10, 0, 0, 1}}, 32}, {{IP_V4, {10, 0, 0, 0}}, 8}, 6, 0, 23};
	const struct ike_event ev = {.kind = IKE_EV_FAILED, .quick = true, .initiator = true, .at_peer = true,
	    .why = IKE_FAIL_POLICY_MATCH, .local = {{IP_V4, {10, 0, 0, 1}}, 500}, .remote = {{IP_V4, {10, 0, 0, 2}}, 4500},
	    .sel = &sel, .mmsa = 4, .qmsa = 5, .rule = 6, .filter = 7, .detail = "offered 3DES"};
	struct ike_event_text t;

	ike_event_text_make(&ev, &t);
	is_str(t.text, "10.0.0.2 port 4500: negotiation failed (quick mode): POLICY_MATCH: offered 3DES");
	is_int(t.level, LOG_L_WARNING);
	is_int(strlen(t.id), 32);
	is_str(field(&t, "IPSECSH_IKE_EVENT"), "547");
	is_str(field(&t, "IPSECSH_FAILURE"), "POLICY_MATCH");
	is_str(field(&t, "IPSECSH_FAILURE_POINT"), "peer");
	is_str(field(&t, "IPSECSH_ROLE"), "initiator");
	is_str(field(&t, "IPSECSH_REMOTE_NET"), "10.0.0.0/8");
	is_str(field(&t, "IPSECSH_REMOTE_PORT"), "23");
	is_str(field(&t, "IPSECSH_LOCAL_PORT"), ""); /* any */
	is_int(t.n, 15);
	ike_event_text_free(&t);
}

static void failures_by_strangers_fill_no_log(void)
{
	const struct ike_event failed = {.kind = IKE_EV_FAILED}, up = {.kind = IKE_EV_QM_UP};
	struct event_limit l = {0};
	uint32_t missed, told = 0;

	for (int i = 0; i < 1000; i++)
		told += event_may_tell(&l, &failed, at(5), &missed);
	is_int(told, EVENT_FAILURES_PER_S);
	ok(event_may_tell(&l, &up, at(5), &missed) && missed == 0);
	ok(event_may_tell(&l, &failed, at(6), &missed));
	is_int(missed, 1000 - EVENT_FAILURES_PER_S);
}

/* --- sandbox --------------------------------------------------------------------------------------------------------------- */

enum { ENDED_BY_SIGSYS = 128 + SIGSYS, NOT_ENTERED = 99 };

static int do_nothing(void) { return 0; }
static int do_open(void) { return open("/dev/null", O_RDONLY) < 0 && errno != EACCES; }
static int do_unix(void) { return socket(AF_UNIX, SOCK_SEQPACKET, 0) < 0; }
static int do_udp(void) { return socket(AF_INET, SOCK_DGRAM, 0) < 0; }
static int do_fork(void) { return fork() < 0; }
static int do_exec(void)
{
	char *argv[] = {NULL};

	return execve("/bin/true", argv, argv);
}
static int do_connect(void)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	return connect(-1, &none, sizeof none) != -1;
}

enum { P = 1 << IKED_PARENT, N = 1 << IKED_NET, K = 1 << IKED_KEYS };
static const struct attempt {
	const char *what;
	int (*run)(void);
	int allowed;
	bool sanitizer_too; /* forbidden there as well */
} attempts[] = {
    {"nothing", do_nothing, P | N | K, true}, {"open", do_open, P, false}, {"a Unix socket", do_unix, P, true},
    {"a UDP socket", do_udp, 0, true}, {"fork", do_fork, 0, false}, {"exec", do_exec, 0, true}, {"connect", do_connect, P, true},
};

static int in_child(enum iked_role role, int (*run)(void))
{
	struct err e = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(iked_confine(role, "/tmp", &e) != 0 ? NOT_ENTERED : run());
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void forbidden_calls_end_the_process(void)
{
#ifdef __SANITIZE_ADDRESS__
	const bool sanitizer = true;
#else
	const bool sanitizer = false;
#endif
	for (int role = IKED_PARENT; role <= IKED_KEYS; role++)
		for (size_t i = 0; i < N_OF(attempts); i++) {
			int got;

			if (sanitizer && !attempts[i].sanitizer_too)
				continue;
			got = in_child((enum iked_role)role, attempts[i].run);
			if (got != (attempts[i].allowed >> role & 1 ? 0 : ENDED_BY_SIGSYS)) {
				printf("# %s in role %d: %d\n", attempts[i].what, role, got);
				ok(false);
			}
		}
}

/* --- key texts --------------------------------------------------------------------------------------------------- */

/* An enforcer that has one key, for as many questions as there are. */
static void serve_keys(int listener)
{
	static struct ipc_msg m;
	struct err e = {0};
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (ipc_recv(fd, &m, &e) == 1) {
			bool ours = m.type == IPC_KEY && m.u.key_name.b[0] == 7;
			m = (struct ipc_msg){.type = IPC_KEY_TEXT, .seq = m.seq, .u.key = {ours, ours ? "dynamic" : NULL}};
			ipc_send(fd, &m, &e);
		}
		close(fd);
	}
	_exit(0);
}

/* A store has it, or the enforcer (a dynamic rule's), or nobody. */
static void a_key_is_found_where_it_is(void)
{
	char dir[] = "/tmp/iked-keysXXXXXX", path[64];
	const struct guid dynamic = {{7}}, nobodys = {{8}};
	struct err e = {0};
	int listener;
	char *text;
	pid_t pid;

	ok(mkdtemp(dir) != NULL);
	text = source_key(dir, dir, &dynamic, &e); /* no store, no enforcer */
	ok(!text);
	listener = ipc_listen(dir, &e);
	fcntl(listener, F_SETFL, 0);
	pid = fork();
	if (pid == 0)
		serve_keys(listener);
	close(listener);
	text = source_key(dir, dir, &dynamic, &e);
	is_str(text ? text : "(none)", "dynamic");
	free(text);
	e = (struct err){0};
	ok(!source_key(dir, dir, &nobodys, &e));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	snprintf(path, sizeof path, "%s/enforcerd.sock", dir);
	unlink(path);
	rmdir(dir);
}

static const struct tap_case cases[] = {
    {"messages come back as they were", messages_come_back_as_they_were},
    {"what does not fit exactly is refused", what_does_not_fit_exactly_is_refused},
    {"each process may say only what is its own", each_process_may_say_only_what_is_its_own},
    {"numbers out of range are refused", numbers_out_of_range_are_refused},
    {"keys are forgotten after their time", keys_are_forgotten_after_their_time},
    {"a full ring loses the oldest", a_full_ring_loses_the_oldest},
    {"the watchdog hears when all have answered", the_watchdog_hears_when_all_have_answered},
    {"without a watchdog nobody is asked", without_a_watchdog_nobody_is_asked},
    {"blamed is the child that took the other along", blamed_is_the_child_that_took_the_other_along},
    {"the marker tells IKE from ESP", the_marker_tells_ike_from_esp},
    {"what is not read waits in order, up to a bound", what_is_not_read_waits_in_order_up_to_a_bound},
    {"descriptors come along", descriptors_come_along},
    {"what an enforcer owed has failed when it goes", what_an_enforcer_owed_has_failed_when_it_goes},
    {"deletes that nobody took are said to the next enforcer", deletes_that_nobody_took_are_said_to_the_next_enforcer},
    {"each end of the enforcer says only what is its own", each_end_of_the_enforcer_says_only_what_is_its_own},
    {"an event has text and fields", an_event_has_text_and_fields},
    {"failures by strangers fill no log", failures_by_strangers_fill_no_log},
    {"a key is found where it is", a_key_is_found_where_it_is},
    {"forbidden calls end the process", forbidden_calls_end_the_process},
};
TAP_MAIN(cases)
