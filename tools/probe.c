/*
 * Traffic for the demonstration, the namespace tests and nothing else: a server that echoes what it gets,
 * and clients that say in one word what became of their packets. Small and exact where nc differs from one
 * version to the next.
 *
 *   probe serve tcp:23 udp:53 ...     echoes on these ports, IPv4 and IPv6; prints "ready", runs until killed
 *   probe tcp  ADDR PORT [OPTIONS]    one connection: open | refused | silent | unreachable
 *   probe udp  ADDR PORT [OPTIONS]    one datagram:   open | refused | silent | unreachable
 *   probe ping ADDR [OPTIONS]         one echo request (needs root)
 *   probe flood ADDR PORT [OPTIONS]   datagrams at a rate until -n are sent: "sent N answered M"
 *   probe knock ADDR PORT [OPTIONS]   the same with connections, each given up when it is time for the next
 *   probe journal PATH                is the journal at that socket: prints each message as a line, its fields
 *                                     with tabs between them, a newline in a value as \n; runs until killed
 *   probe pump ADDR PORT [OPTIONS]    -n KB through one connection to the echo server and back, each byte compared: open
 *   probe cast ADDR PORT [OPTIONS]    one datagram to a broadcast or multicast address, no answer wanted: sent
 *   probe notified PATH COUNT         a service manager's socket: prints COUNT messages and whose they are
 *   probe given PATH COMMAND...       the same: waits there for descriptors to keep, then runs COMMAND, which finds them
 *
 * Options: -t MS waits that long for an answer (800), -s PORT sends from that port, -n COUNT (2000) and
 * -r PER_SECOND (2000) for flood and knock. pump waits that long for each 32 KB. Exit status 0: open (those: ran), 1: anything else, 2: wrong use.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/base/ip.h"

#include "common/base/banned.h"

enum { FDS_MAX = 64, BUFFER = 2048, PUMP_BLOCK = 32768 };
/* Message types: RFC 792, RFC 4443 §4. The layout is the same in both: type, code, checksum, id, sequence. */
enum { ECHO_REQUEST_4 = 8, ECHO_REPLY_4 = 0, ECHO_REQUEST_6 = 128, ECHO_REPLY_6 = 129, ECHO_BYTES = 8 };

enum outcome { OPEN, REFUSED, SILENT, UNREACHABLE, BROKEN };
static const char *const outcome_names[] = { "open", "refused", "silent", "unreachable", "broken" };

struct options {
	struct sockaddr_in6 to; /* IPv4 addresses as ::ffff:a.b.c.d, so that there is one kind of socket */
	struct ip ip;
	int timeout_ms;
	uint16_t from_port;
	long count, rate;
};

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void sleep_until(long long us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static struct sockaddr_in6 any_address(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	return a;
}

/* A non-blocking socket of both families, bound to `port` (0: none). -1 on failure. */
static int open_socket(int type, uint16_t port)
{
	struct sockaddr_in6 a = any_address(port);
	int off = 0, on = 1, room = 4 << 20;
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* a peer's delayed ACK is 40 ms */
	if (port && bind(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static enum outcome outcome_of(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		return REFUSED;
	case EAGAIN: /* a negotiate filter holds the packet: nothing was sent, nothing comes */
	case ETIMEDOUT:
		return SILENT;
	case EPERM: /* our own host's filter says no to sending */
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
		return UNREACHABLE;
	default:
		return BROKEN;
	}
}

/* Waits for `events`; SILENT when the time is over. */
static enum outcome await(int fd, short events, long long until_us)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		long long left_ms = (until_us - now_us() + 999) / 1000;
		int r = poll(&p, 1, left_ms > 0 ? (int)left_ms : 0);

		if (r > 0)
			return OPEN;
		if (r == 0)
			return SILENT;
		if (errno != EINTR)
			return BROKEN;
	}
}

/* Sends a word and wants to see it again. */
static enum outcome echo_once(int fd, long long until_us)
{
	static const char word[] = "hello from probe";
	char back[sizeof word];
	enum outcome o;
	ssize_t n;

	if (send(fd, word, sizeof word, MSG_NOSIGNAL) < 0)
		return outcome_of(errno);
	o = await(fd, POLLIN, until_us);
	if (o != OPEN)
		return o;
	n = recv(fd, back, sizeof back, 0);
	if (n < 0)
		return outcome_of(errno);
	return n == sizeof word && memcmp(back, word, sizeof word) == 0 ? OPEN : BROKEN;
}

static enum outcome connect_within(int fd, const struct options *o, long long until_us)
{
	int error = 0;
	socklen_t size = sizeof error;
	enum outcome w;

	if (connect(fd, (const struct sockaddr *)&o->to, sizeof o->to) == 0)
		return OPEN;
	if (errno != EINPROGRESS)
		return outcome_of(errno);
	w = await(fd, POLLOUT, until_us);
	if (w != OPEN)
		return w;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error ? outcome_of(error) : OPEN;
}

static enum outcome talk(int type, const struct options *o)
{
	long long until = now_us() + o->timeout_ms * 1000LL;
	int fd = open_socket(type, o->from_port);
	enum outcome w;

	if (fd < 0)
		return BROKEN;
	w = connect_within(fd, o, until);
	if (w == OPEN)
		w = echo_once(fd, until);
	close(fd);
	return w;
}

static enum outcome probe_tcp(const struct options *o)
{
	return talk(SOCK_STREAM, o);
}

/* One block there and back; its bytes say which block it is. */
static enum outcome pump_block(int fd, long block, long long until_us)
{
	uint8_t out[PUMP_BLOCK], back[PUMP_BLOCK];
	size_t sent = 0, got = 0;

	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(block * 31 + (long)i * 7);
	while (got < sizeof back) {
		enum outcome o = await(fd, (short)(sent < sizeof out ? POLLIN | POLLOUT : POLLIN), until_us);
		ssize_t n;

		if (o != OPEN)
			return o;
		n = send(fd, out + sent, sizeof out - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return outcome_of(errno);
		sent += n > 0 ? (size_t)n : 0;
		n = recv(fd, back + got, sizeof back - got, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return n ? outcome_of(errno) : BROKEN;
		got += n > 0 ? (size_t)n : 0;
	}
	return memcmp(out, back, sizeof out) == 0 ? OPEN : BROKEN;
}

static enum outcome probe_pump(const struct options *o)
{
	int fd = open_socket(SOCK_STREAM, o->from_port);
	enum outcome w = fd < 0 ? BROKEN : connect_within(fd, o, now_us() + o->timeout_ms * 1000LL);

	for (long i = 0; w == OPEN && i < o->count * 1024 / PUMP_BLOCK; i++)
		w = pump_block(fd, i, now_us() + o->timeout_ms * 1000LL);
	if (fd >= 0)
		close(fd);
	return w;
}

static enum outcome probe_udp(const struct options *o)
{
	return talk(SOCK_DGRAM, o);
}

/*
 * One's complement sum over 16-bit words (RFC 1071), left out for ICMPv6 where the kernel does it (RFC 3542
 * §3.1). The only words that are not zero are the first and the id.
 */
static void make_request(uint8_t out[ECHO_BYTES], bool v6, uint16_t id)
{
	uint32_t sum = ((uint32_t)ECHO_REQUEST_4 << 8) + id;

	sum = ~((sum & 0xffff) + (sum >> 16));
	memset(out, 0, ECHO_BYTES);
	out[0] = v6 ? ECHO_REQUEST_6 : ECHO_REQUEST_4;
	out[2] = v6 ? 0 : (uint8_t)(sum >> 8);
	out[3] = v6 ? 0 : (uint8_t)sum;
	out[4] = (uint8_t)(id >> 8);
	out[5] = (uint8_t)id;
}

/* Is that raw packet the answer to our request? IPv4 raw sockets deliver the IP header as well. */
static bool is_echo_reply(const uint8_t *packet, size_t n, bool v6, uint16_t id)
{
	size_t head = v6 ? 0 : (size_t)(packet[0] & 15) * 4;

	return n >= head + ECHO_BYTES && packet[head] == (v6 ? ECHO_REPLY_6 : ECHO_REPLY_4) &&
	    (packet[head + 4] << 8 | packet[head + 5]) == id;
}

static int send_request(int fd, const struct options *o, uint16_t id)
{
	bool v6 = o->ip.family == IP_V6;
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = o->to;
	uint8_t request[ECHO_BYTES];

	memcpy(&to4.sin_addr, o->ip.b, 4);
	make_request(request, v6, id);
	if (connect(fd, v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4, v6 ? sizeof to6 : sizeof to4) < 0)
		return -1;
	return send(fd, request, sizeof request, 0) < 0 ? -1 : 0;
}

static enum outcome probe_ping(const struct options *o)
{
	bool v6 = o->ip.family == IP_V6;
	uint16_t id = (uint16_t)getpid();
	long long until = now_us() + o->timeout_ms * 1000LL;
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	enum outcome w = SILENT;
	uint8_t packet[BUFFER];

	if (fd < 0)
		return BROKEN;
	if (send_request(fd, o, id) < 0)
		w = outcome_of(errno);
	while (w == SILENT && await(fd, POLLIN, until) == OPEN) {
		ssize_t n = recv(fd, packet, sizeof packet, 0);

		if (n > 0 && is_echo_reply(packet, (size_t)n, v6, id))
			w = OPEN;
	}
	close(fd);
	return w;
}

/* Says only whether it left: who receives it, and whether, is the receivers' story. */
static enum outcome probe_cast(const struct options *o)
{
	static const char word[] = "hello all";
	struct sockaddr_in6 to = o->to;
	int fd = open_socket(SOCK_DGRAM, o->from_port), on = 1;
	enum outcome w = OPEN;

	if (fd < 0)
		return BROKEN;
	if (o->ip.family == IP_V6)
		to.sin6_scope_id = if_nametoindex("eth0"); /* that of the hosts of tools/lan.bash */
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	if (sendto(fd, word, sizeof word, 0, (const struct sockaddr *)&to, sizeof to) < 0)
		w = outcome_of(errno);
	else
		puts("sent");
	close(fd);
	return w;
}

/* Takes what has come back; each answer counts once, whatever its order. */
static long count_answers(int fd, long long until_us)
{
	char b[64];
	long n = 0;

	while (await(fd, POLLIN, until_us) == OPEN)
		while (recv(fd, b, sizeof b, MSG_DONTWAIT) > 0)
			n++;
	return n;
}

static enum outcome probe_flood(const struct options *o)
{
	int fd = open_socket(SOCK_DGRAM, o->from_port);
	long long start = now_us();
	long sent = 0, answered = 0;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&o->to, sizeof o->to) < 0)
		return BROKEN;
	for (long i = 0; i < o->count; i++) {
		answered += count_answers(fd, start + i * 1000000LL / o->rate);
		send(fd, &i, sizeof i, 0); /* a refusal by our own filter is an unanswered packet as well */
		sent++;
	}
	answered += count_answers(fd, now_us() + o->timeout_ms * 1000LL);
	close(fd);
	printf("sent %ld answered %ld\n", sent, answered);
	return OPEN;
}

/* Whether it was answered is seen once, when its time is over. */
static bool knock_once(const struct options *o, long long until_us)
{
	int fd = open_socket(SOCK_STREAM, o->from_port);
	bool answered;

	if (fd < 0)
		return false;
	answered = connect_within(fd, o, until_us) == OPEN;
	close(fd);
	return answered;
}

static enum outcome probe_knock(const struct options *o)
{
	long long start = now_us();
	long answered = 0;

	for (long i = 0; i < o->count; i++) {
		answered += knock_once(o, start + (i + 1) * 1000000LL / o->rate);
		sleep_until(start + (i + 1) * 1000000LL / o->rate);
	}
	printf("sent %ld answered %ld\n", o->count, answered);
	return OPEN;
}

/* --- server ------------------------------------------------------------------------------------- */

struct server {
	struct pollfd fds[FDS_MAX];
	bool listening[FDS_MAX], datagrams[FDS_MAX];
	nfds_t n;
};

static bool server_add(struct server *s, int fd, bool listening, bool datagrams)
{
	if (fd < 0 || s->n == FDS_MAX)
		return false;
	s->fds[s->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	s->listening[s->n] = listening;
	s->datagrams[s->n++] = datagrams;
	return true;
}

static void server_drop(struct server *s, nfds_t i)
{
	close(s->fds[i].fd);
	s->n--;
	s->fds[i] = s->fds[s->n];
	s->listening[i] = s->listening[s->n];
	s->datagrams[i] = s->datagrams[s->n];
}

static void answer_datagrams(int fd)
{
	struct sockaddr_in6 from;
	socklen_t size = sizeof from;
	char b[BUFFER];
	ssize_t n;

	while ((n = recvfrom(fd, b, sizeof b, 0, (struct sockaddr *)&from, &size)) >= 0)
		sendto(fd, b, (size_t)n, 0, (struct sockaddr *)&from, size);
}

/* All of it, within 20 s: a client that sends much and reads late is no reason to lose bytes, and a guest may be slow. */
static bool send_all(int fd, const char *b, size_t n)
{
	long long until = now_us() + 20 * 1000000LL;

	while (n) {
		ssize_t sent = send(fd, b, n, MSG_NOSIGNAL);

		if (sent < 0 && (errno != EAGAIN || await(fd, POLLOUT, until) != OPEN))
			return false;
		if (sent > 0) {
			b += sent;
			n -= (size_t)sent;
		}
	}
	return true;
}

static void serve_ready(struct server *s, nfds_t i)
{
	int fd = s->fds[i].fd;
	char b[PUMP_BLOCK];
	ssize_t n;

	if (s->listening[i]) {
		int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (peer >= 0 && !server_add(s, peer, false, false))
			close(peer);
	} else if (s->datagrams[i]) {
		answer_datagrams(fd);
	} else {
		n = recv(fd, b, sizeof b, 0);
		if (n <= 0 || !send_all(fd, b, (size_t)n))
			server_drop(s, i);
	}
}

/* "tcp:23" or "udp:53". */
static bool server_open(struct server *s, const char *word)
{
	bool udp = strncmp(word, "udp:", 4) == 0;
	long port = strtol(word + 4, NULL, 10);
	int fd;

	if ((!udp && strncmp(word, "tcp:", 4) != 0) || port < 1 || port > 65535)
		return false;
	fd = open_socket(udp ? SOCK_DGRAM : SOCK_STREAM, (uint16_t)port);
	if (fd >= 0 && !udp)
		listen(fd, 32);
	return server_add(s, fd, !udp, udp);
}

static int serve(int nwords, char **words)
{
	static struct server s;

	for (int i = 0; i < nwords; i++)
		if (!server_open(&s, words[i])) {
			fprintf(stderr, "probe: cannot serve %s: %s\n", words[i], strerror(errno));
			return 2;
		}
	puts("ready");
	fflush(stdout);
	while (poll(s.fds, s.n, -1) >= 0 || errno == EINTR)
		for (nfds_t i = s.n; i-- > 0;)
			if (s.fds[i].revents)
				serve_ready(&s, i);
	return 1;
}

/* --- journal ------------------------------------------------------------------------------------ */

static void print_value(const char *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i] == '\n')
			fputs("\\n", stdout);
		else
			putchar(v[i]);
	}
}

/* One field from `at` on: NAME=value\n, or NAME\n, 64 bits of length, value, \n. Where the next one begins; 0: bad. */
static size_t print_field(const char *m, size_t n, size_t at)
{
	size_t name = at, end;

	while (at < n && m[at] != '=' && m[at] != '\n')
		at++;
	if (at == n)
		return 0;
	printf("%.*s=", (int)(at - name), m + name);
	if (m[at] == '=') {
		for (end = ++at; end < n && m[end] != '\n';)
			end++;
	} else {
		uint64_t len = 0;
		if (n - at < 9)
			return 0;
		for (unsigned i = 0; i < 8; i++)
			len |= (uint64_t)(uint8_t)m[at + 1 + i] << 8 * i;
		at += 9;
		if (len >= n - at)
			return 0;
		end = at + (size_t)len;
	}
	if (end >= n || m[end] != '\n')
		return 0;
	print_value(m + at, end - at);
	putchar('\t');
	return end + 1;
}

static int journal(const char *path)
{
	static char message[1 << 16];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		perror("probe: journal");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while ((n = recv(fd, message, sizeof message, 0)) >= 0) {
		size_t at = 0;
		do
			at = print_field(message, (size_t)n, at);
		while (at > 0 && at < (size_t)n);
		puts(at ? "" : "BAD");
	}
	return 1;
}

/* --- a service manager (sd_notify(3)) ------------------------------------------------------------ */

/* The process that the kernel says it is from; 0: it does not say. */
static long sender_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct ucred who = { .pid = 0 };

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
		memcpy(&who, CMSG_DATA(c), sizeof who);
	return who.pid;
}

static int notified(const char *path, long count)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int on = 1, fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (long i = 0; i < count; i++) {
		_Alignas(struct cmsghdr) char control[256];
		char text[BUFFER];
		struct iovec io = { text, sizeof text };
		struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
		ssize_t n = recvmsg(fd, &m, 0);
		if (n < 0)
			return 1;
		printf("%.*s from %ld\n", (int)n, text, sender_of(&m));
	}
	return 0;
}

/* Descriptors of the first message that brings some (FDSTORE=1) go to a program as sd_listen_fds(3) says. */
static int given(const char *path, char **command)
{
	enum { FIRST = 3, MOST = 8, HIGH = 100 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))];
	char text[BUFFER], number[16];
	struct iovec io = { text, sizeof text };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int fds[MOST], n, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct cmsghdr *c;

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || recvmsg(fd, &m, 0) < 0 ||
	    (c = CMSG_FIRSTHDR(&m)) == NULL || c->cmsg_type != SCM_RIGHTS)
		return 1;
	n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), (size_t)n * sizeof(int));
	for (int i = 0; i < n; i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH);
	for (int i = 0; i < n; i++)
		dup2(fds[i], FIRST + i);
	snprintf(number, sizeof number, "%d", n);
	setenv("LISTEN_FDS", number, 1);
	snprintf(number, sizeof number, "%ld", (long)getpid());
	setenv("LISTEN_PID", number, 1);
	execvp(command[0], command);
	return 1;
}

/* --- command line ------------------------------------------------------------------------------- */

static const struct client {
	const char *name;
	enum outcome (*run)(const struct options *);
	bool port, quiet;
} clients[] = {
	{ "tcp", probe_tcp, true, false },
	{ "udp", probe_udp, true, false },
	{ "ping", probe_ping, false, false },
	{ "flood", probe_flood, true, true },
	{ "knock", probe_knock, true, true },
	{ "pump", probe_pump, true, false },
	{ "cast", probe_cast, true, true },
};

static bool parse_target(struct options *o, const char *addr, long port)
{
	uint8_t *to = o->to.sin6_addr.s6_addr;

	if (!ip_parse(addr, &o->ip) || port < 0 || port > 65535)
		return false;
	o->to = any_address((uint16_t)port);
	if (o->ip.family == IP_V4) {
		memset(to + 10, 0xff, 2);
		memcpy(to + 12, o->ip.b, 4);
	} else {
		memcpy(to, o->ip.b, 16);
	}
	return true;
}

static bool parse_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "t:s:n:r:")) != -1) {
		long v = optarg ? strtol(optarg, NULL, 10) : 0;

		if (c == 't')
			o->timeout_ms = (int)v;
		else if (c == 's')
			o->from_port = (uint16_t)v;
		else if (c == 'n')
			o->count = v;
		else if (c == 'r' && v > 0)
			o->rate = v;
		else
			return false;
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct options o = { .timeout_ms = 800, .count = 2000, .rate = 2000 };

	if (argc >= 3 && strcmp(argv[1], "serve") == 0)
		return serve(argc - 2, argv + 2);
	if (argc == 3 && strcmp(argv[1], "journal") == 0)
		return journal(argv[2]);
	if (argc == 4 && strcmp(argv[1], "notified") == 0)
		return notified(argv[2], strtol(argv[3], NULL, 10));
	if (argc >= 4 && strcmp(argv[1], "given") == 0)
		return given(argv[2], argv + 3);
	for (size_t i = 0; argc >= 3 && i < sizeof clients / sizeof clients[0]; i++) {
		const struct client *k = &clients[i];
		int used = k->port ? 3 : 2;
		enum outcome w;

		if (strcmp(argv[1], k->name) != 0)
			continue;
		if (argc <= used || !parse_target(&o, argv[2], k->port ? strtol(argv[3], NULL, 10) : 0) ||
		    !parse_options(argc - used, argv + used, &o))
			break;
		w = k->run(&o);
		if (!k->quiet || w != OPEN)
			puts(outcome_names[w]);
		return w != OPEN;
	}
	fputs("usage: probe serve tcp:PORT udp:PORT ... | tcp|udp|flood|knock|pump|cast ADDR PORT [OPTIONS] | ping ADDR [OPTIONS]\n"
	      "       probe journal PATH\n",
	    stderr);
	return 2;
}
