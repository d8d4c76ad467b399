/*
 * An enforcer for tests of ipsec-iked: it speaks the channel (ike/channel), hands out one profile, and plays a kernel that
 * takes every SA and tells of it.
 *
 *	ike_enforcer RUN-FOLDER STATE-FOLDER LOCAL REMOTE[/LENGTH] [WORD...]
 *
 * The preshared key is the first one of the store. WORDs are those of ike_words.h. Commands come line by line on standard
 * input: acquire, renew (the newest outbound SA reached its soft limit), vain (it seems to send, and nothing comes back),
 * delete (all), counts, list, qmsas, trace, shutdown, end. Everything that happens is a line on standard output.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "ike/channel/channel.h"
#include "ike/channel/sockets.h"
#include "store/store.h"
#include "tests/netns/ike_words.h"

#include "common/base/banned.h"

enum { POLICY, KERNEL, ENDS, REQID = 0x49500001 };

struct double_ {
	int listener[ENDS], fd[ENDS];
	struct ip local, remote;
	struct ip_prefix remotes;
	struct guid secret;
	struct ike_words words;
	struct ike_sa_id newest; /* outbound */
	uint64_t sent;           /* bytes that seem to go out, while nothing comes in; 0: no traffic at all */
	uint32_t spi;
	struct timespec acquired; /* when IKE was asked last */
	struct ikc_msg in, out;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_at(const char *run_dir, const char *name)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/%s", run_dir, name);
	unlink(sa.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 1) != 0)
		die(sa.sun_path);
	return fd;
}

static struct guid first_key(const char *state_dir)
{
	struct err e = {0};
	struct store *st = store_open(state_dir, STORE_READ_ONLY, &e);
	struct policyset *ps = st ? store_snapshot(st, &e) : NULL;
	struct guid id = {{0}};

	for (size_t p = 0; ps && p < ps->npolicies; p++)
		for (size_t r = 0; r < ps->policies[p].nrules; r++)
			for (size_t a = 0; a < ps->policies[p].rules[r].auth.n; a++)
				if (guid_is_null(&id) && ps->policies[p].rules[r].auth.v[a].kind == AUTH_PSK)
					id = ps->policies[p].rules[r].auth.v[a].secret_id;
	policyset_free(ps);
	store_close(st);
	return id;
}

static void put(struct double_ *d, int end, const struct ikc_msg *m)
{
	static uint8_t bytes[IKC_MSG_MAX];
	size_t n = ikc_encode(m, bytes);

	if (send(d->fd[end], bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("send");
}

/* --- the profile --------------------------------------------------------------------------------------------------- */

static void put_profile(struct double_ *d)
{
	const struct ip_prefix local = {d->local, (uint8_t)ip_bits(d->local.family)};
	struct ike_profile *p = ike_words_profile(&d->words, &local, &d->remotes, &d->secret, REQID);
	struct ikc_parts parts;
	struct err e = {0};

	if (ikc_parts_init(&parts, p, &e) != 0)
		die(e.text);
	for (size_t i = 0; i < parts.n; i++) {
		ikc_parts_get(&parts, i, &d->out);
		d->out.seq = 99;
		put(d, POLICY, &d->out);
	}
	ikc_parts_fini(&parts);
	ike_profile_free(p);
}

/* --- what IKE says ------------------------------------------------------------------------------------------------- */

static void tell_sa(struct double_ *d, const struct ike_sa *sa)
{
	char src[IP_TEXT], dst[IP_TEXT];

	if (sa->outbound)
		d->newest = sa->id;
	printf("sa %s %08x %s > %s cipher %u hash %u%s key ", sa->outbound ? "out" : "in", sa->id.spi, ip_print(&sa->id.src, src),
	    ip_print(&sa->id.dst, dst), sa->cipher, sa->hash, sa->udp_encap ? " in UDP" : "");
	for (size_t i = 0; i < (size_t)sa->enc_key_len + sa->auth_key_len; i++)
		printf("%02x", sa->key[i]);
	printf("\n");
}

/* The first packet may go now. */
static void tell_wait(const struct double_ *d)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("waited %lld us\n", (long long)(now.tv_sec - d->acquired.tv_sec) * 1000000 +
	    (now.tv_nsec - d->acquired.tv_nsec) / 1000);
}

static void tell_counts(const struct ike_stats *s)
{
	static const char *const names[] = {
#define M(id, gauge, meaning) #id,
	    IKE_STATS(M)
#undef M
	};

	for (size_t i = 0; i < IKE_STAT_COUNT; i++)
		printf("count %s %llu\n", names[i], (unsigned long long)s->ike[i]);
}

static void tell(struct double_ *d, const struct ikc_msg *m)
{
	const char *why;

	switch (m->type) {
	case IKC_SA_ADD:
		if (m->u.sa.acquire)
			tell_wait(d);
		tell_sa(d, &m->u.sa);
		break;
	case IKC_SA_DEL:
		printf("del %08x\n", m->u.sa_id.spi);
		break;
	case IKC_EVENT:
		why = ike_failure_name(m->u.event.event.why);
		printf("event %d %s %s\n", (int)m->u.event.event.kind, why ? why : "ok", m->u.event.detail);
		break;
	case IKC_COUNTS:
		tell_counts(&m->u.stats);
		break;
	case IKC_MMSAS:
		for (size_t i = 0; i < m->u.mmsas.n; i++)
			printf("mmsa %s group %u\n", m->u.mmsas.v[i].up ? "up" : "coming", m->u.mmsas.v[i].offer.group);
		printf("mmsas %zu\n", m->u.mmsas.n);
		break;
	case IKC_QMSAS:
		for (size_t i = 0; i < m->u.qmsas.n; i++)
			printf("qmsa %s %08x %08x life %u s\n", m->u.qmsas.v[i].up ? "up" : "coming", m->u.qmsas.v[i].esp_in,
			    m->u.qmsas.v[i].esp_out, m->u.qmsas.v[i].life_s);
		printf("qmsas %zu\n", m->u.qmsas.n);
		break;
	default:
		printf("%s\n", ikc_type_name(m->type));
		break;
	}
}

/* Every question of the kernel's gets an answer at once. */
static void answer(struct double_ *d)
{
	static const uint16_t asked[] = {IKC_GET_SPI, IKC_SA_ADD, IKC_SA_QUERY, IKC_SOFT_ADD, IKC_SOFT_QUERY};

	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		if (d->in.type != asked[i])
			continue;
		d->out = (struct ikc_msg){.type = IKC_RESULT, .seq = d->in.seq, .u.result = {.ok = true, .last_use = MONO_NEVER}};
		if (d->in.type == IKC_GET_SPI)
			d->out.u.result.spi = d->spi++;
		if (d->in.type == IKC_SA_QUERY && d->sent && d->in.u.sa_id.spi == d->newest.spi)
			d->out.u.result.bytes = d->sent++;
		put(d, KERNEL, &d->out);
	}
	if (d->in.type == IKC_READY)
		put_profile(d);
}

/* false: IKE is gone. */
static bool take(struct double_ *d, int end)
{
	static uint8_t bytes[IKC_MSG_MAX + 1];
	struct err e = {0};
	ssize_t n = recv(d->fd[end], bytes, sizeof bytes, MSG_DONTWAIT);

	if (n <= 0)
		return false;
	if (ikc_decode(bytes, (size_t)n, IKC_NET, &d->in, &e) != 0)
		die(e.text);
	tell(d, &d->in);
	answer(d);
	return true;
}

/* --- what the test says --------------------------------------------------------------------------------------------- */

static void acquire(struct double_ *d)
{
	struct ike_cmd *c = &d->out.u.cmd;
	const struct ip_prefix *nets = d->words.nets;

	clock_gettime(CLOCK_MONOTONIC, &d->acquired);
	c->kind = IKE_CMD_ACQUIRE;
	c->u.acquire.acquire = 1;
	c->u.acquire.reqid = REQID;
	c->u.acquire.local = d->local;
	c->u.acquire.remote = d->remote;
	c->u.acquire.sel = (struct ike_selector){{d->local, (uint8_t)ip_bits(d->local.family)},
	    {d->remote, (uint8_t)ip_bits(d->remote.family)}, 6, 4711, 23};
	if (d->words.tunnel) {
		c->u.acquire.sel.local.net = nets[0].net;
		c->u.acquire.sel.remote.net = nets[1].net;
	}
}

static void renew(struct double_ *d)
{
	d->out.u.cmd.kind = IKE_CMD_EXPIRE;
	d->out.u.cmd.u.expire.sa = d->newest;
}

static void delete_all(struct double_ *d)
{
	d->out.u.cmd.kind = IKE_CMD_DELETE;
}

static void send_in_vain(struct double_ *d)
{
	d->sent = 1;
}

static void trace_on(struct double_ *d)
{
	d->out.u.logging = true;
}

static void quick_ones(struct double_ *d)
{
	d->out.u.list.quick = true;
}

static const struct command {
	const char *word;
	int end;
	uint16_t type; /* 0: no message */
	bool asks; /* there is an answer */
	void (*fill)(struct double_ *d);
} commands[] = {
    {"acquire", KERNEL, IKC_ACQUIRE, false, acquire},
    {"renew", KERNEL, IKC_EXPIRE, false, renew},
    {"delete", POLICY, IKC_DELETE, false, delete_all},
    {"counts", POLICY, IKC_COUNT, true, NULL},
    {"list", POLICY, IKC_LIST, true, NULL},
    {"qmsas", POLICY, IKC_LIST, true, quick_ones},
    {"vain", POLICY, 0, false, send_in_vain},
    {"trace", POLICY, IKC_LOGGING, false, trace_on},
    {"shutdown", POLICY, IKC_SHUTDOWN, false, NULL},
};

static bool command(struct double_ *d)
{
	static char line[100];

	if (!fgets(line, sizeof line, stdin) || strcmp(line, "end\n") == 0)
		return false;
	line[strcspn(line, "\n")] = 0;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		const struct command *c = &commands[i];

		if (strcmp(line, c->word) != 0)
			continue;
		d->out = (struct ikc_msg){.type = c->type, .seq = c->asks ? 5 : 0};
		if (c->fill)
			c->fill(d);
		if (c->type)
			put(d, c->end, &d->out);
	}
	return true;
}

static void connected(struct double_ *d)
{
	for (int i = 0; i < ENDS; i++) {
		d->fd[i] = accept(d->listener[i], NULL, NULL);
		if (d->fd[i] < 0)
			die("accept");
	}
	printf("connected\n");
}

static bool read_words(struct double_ *d, int argc, char **argv)
{
	bool good = argc >= 5 && ip_parse(argv[3], &d->local);

	if (good && strchr(argv[4], '/'))
		good = ike_words_net(argv[4], &d->remotes);
	else if (good && (good = ip_parse(argv[4], &d->remotes.net)))
		d->remotes.plen = (uint8_t)ip_bits(d->remotes.net.family);
	d->remote = d->remotes.net;
	d->words = ike_words_default();
	for (int i = 5; i < argc && good; i++)
		good = ike_words_take(&d->words, argv[i]);
	return good;
}

int main(int argc, char **argv)
{
	static struct double_ d;
	bool go_on = true;

	if (!read_words(&d, argc, argv))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	d.spi = 0x1000 + (uint32_t)getpid() * 16;
	d.secret = first_key(argv[2]);
	/* IKE connects to *policy* first: then the other one must be there, or half a connection would wait for accept(). */
	d.listener[KERNEL] = listen_at(argv[1], IKC_SOCKET_KERNEL);
	d.listener[POLICY] = listen_at(argv[1], IKC_SOCKET_POLICY);
	while (go_on) {
		connected(&d);
		for (bool there = true; there && go_on;) {
			struct pollfd p[] = {{d.fd[POLICY], POLLIN, 0}, {d.fd[KERNEL], POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

			if (poll(p, 3, -1) < 0)
				die("poll");
			if (p[KERNEL].revents || p[POLICY].revents)
				there = take(&d, p[KERNEL].revents ? KERNEL : POLICY);
			while (!there && take(&d, KERNEL)) /* what it said to the kernel before it went */
				;
			if (there && p[2].revents)
				go_on = command(&d);
		}
		printf("iked is gone\n");
		close(d.fd[POLICY]);
		close(d.fd[KERNEL]);
	}
	return 0;
}
