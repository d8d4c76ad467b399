/*
 * An IKE of few words for tests of the enforcer's *kernel*: it negotiates nothing and asks for what it is told to.
 *
 *	ike_asker RUN-FOLDER
 *
 * Commands come line by line on standard input, reqids in hexadecimal:
 *	soft ID LOCAL REMOTE REQID SECONDS	unsoft ID	passed ID	garbage
 *	spi esp|ah SRC DST REQID	add in|out esp|ah SPI SRC DST REQID [udp]	carried esp|ah SPI SRC DST
 *	drop esp|ah SPI SRC DST		move in|out SPI SRC DST PORT
 *	keyed	failed				what the kernel asked for last
 * Associations are of the policy's first filter, with keys that anybody knows: AES-128 and SHA-1.
 * What *kernel* says is a line on standard output.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ike/channel/channel.h"
#include "ike/channel/sockets.h"

#include "common/base/banned.h"

static int fd;
static uint32_t seq, asked; /* `asked`: the number of the kernel's last request */
static struct ikc_msg m;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void dial(const char *run_dir)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/%s", run_dir, IKC_SOCKET_KERNEL);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0)
		die(sa.sun_path);
	printf("connected\n");
}

static void put(void)
{
	static uint8_t bytes[IKC_MSG_MAX];
	size_t n;

	m.seq = ++seq;
	n = ikc_encode(&m, bytes);
	if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("send");
}

static struct ip address(const char *text)
{
	struct ip a = {.family = IP_NONE};

	ip_parse(text, &a);
	return a;
}

static void ask_soft(const char *line)
{
	char local[64], remote[64];
	unsigned id, reqid, seconds;

	if (sscanf(line, "soft %u %63s %63s %x %u", &id, local, remote, &reqid, &seconds) != 5)
		die(line);
	m = (struct ikc_msg){.type = IKC_SOFT_ADD, .u.soft = {.id = id, .reqid = reqid, .life = DUR_S(seconds)}};
	m.u.soft.sel.local.net = address(local);
	m.u.soft.sel.remote.net = address(remote);
	m.u.soft.sel.local.plen = m.u.soft.sel.remote.plen = (uint8_t)ip_bits(m.u.soft.sel.local.net.family);
	put();
}

/* SRC DST behind `at`; a protocol and an SPI as named. */
static struct ike_sa_id named(const char *protocol, unsigned spi, const char *src, const char *dst)
{
	return (struct ike_sa_id){.src = address(src), .dst = address(dst), .spi = spi,
	    .protocol = strcmp(protocol, "ah") == 0 ? IKE_PROTO_AH : IKE_PROTO_ESP};
}

static void ask_spi(const char *line)
{
	char protocol[8], src[64], dst[64];
	unsigned reqid;

	if (sscanf(line, "spi %7s %63s %63s %x", protocol, src, dst, &reqid) != 4)
		die(line);
	struct ike_sa_id id = named(protocol, 0, src, dst);
	m = (struct ikc_msg){.type = IKC_GET_SPI,
	    .u.get_spi = {.src = id.src, .dst = id.dst, .protocol = id.protocol, .reqid = reqid}};
	put();
}

static void ask_add(const char *line)
{
	char dir[8], protocol[8], src[64], dst[64], encap[8] = "";
	unsigned spi, reqid;

	if (sscanf(line, "add %7s %7s %x %63s %63s %x %7s", dir, protocol, &spi, src, dst, &reqid, encap) < 6)
		die(line);
	struct ike_sa sa = {.id = named(protocol, spi, src, dst), .outbound = strcmp(dir, "out") == 0, .reqid = reqid, .rule = 1,
	    .filter = 1, .hash = CRYPTO_SHA1, .auth_key_len = 20, .replay_window = 64, .hard_s = 3600, .hard_bytes = 1 << 20,
	    .udp_encap = *encap != 0, .encap_sport = 4500, .encap_dport = 4500};
	bool ah = sa.id.protocol == IKE_PROTO_AH;
	uint8_t bits = (uint8_t)ip_bits(sa.id.src.family);
	sa.cipher = ah ? IKE_ENC_NULL : IKE_ENC_AES128;
	sa.enc_key_len = ah ? 0 : 16;
	for (uint8_t i = 0; i < sa.enc_key_len + sa.auth_key_len; i++)
		sa.key[i] = (uint8_t)(7 * i + 1);
	sa.sel.local = (struct ip_prefix){sa.outbound ? sa.id.src : sa.id.dst, bits};
	sa.sel.remote = (struct ip_prefix){sa.outbound ? sa.id.dst : sa.id.src, bits};
	m = (struct ikc_msg){.type = IKC_SA_ADD, .u.sa = sa};
	put();
}

static void ask_named(const char *line, uint16_t type)
{
	char protocol[8], src[64], dst[64];
	unsigned spi;

	if (sscanf(line, "%*s %7s %x %63s %63s", protocol, &spi, src, dst) != 4)
		die(line);
	m = (struct ikc_msg){.type = type, .u.sa_id = named(protocol, spi, src, dst)};
	put();
}

/* The peer's port is another now. */
static void ask_move(const char *line)
{
	char dir[8], src[64], dst[64];
	unsigned spi, port;

	if (sscanf(line, "move %7s %x %63s %63s %u", dir, &spi, src, dst, &port) != 5)
		die(line);
	bool out = strcmp(dir, "out") == 0;
	m = (struct ikc_msg){.type = IKC_SA_MOVE, .u.move = {named("esp", spi, src, dst), {address(out ? src : dst), 4500},
	    {address(out ? dst : src), (uint16_t)port}}};
	put();
}

/* What the kernel asked for last came to that. */
static void done(enum ike_failure why)
{
	m = (struct ikc_msg){.type = IKC_ACQUIRE_DONE, .u.acquire_done = {.acquire = asked, .why = why}};
	put();
}

/* The other words; `soft` messages carry a selector that does not count. */
static void ask_id(const char *line, const char *word, uint16_t type)
{
	struct ikc_msg soft = {.type = type};

	soft.u.soft.id = strtoull(line + strlen(word), NULL, 10);
	soft.u.soft.life = DUR_S(1);
	soft.u.soft.sel.local = (struct ip_prefix){address("192.0.2.1"), 32};
	soft.u.soft.sel.remote = (struct ip_prefix){address("192.0.2.2"), 32};
	m = soft;
	put();
}

static void command(const char *line)
{
	if (strncmp(line, "soft ", 5) == 0)
		ask_soft(line);
	else if (strncmp(line, "spi ", 4) == 0)
		ask_spi(line);
	else if (strncmp(line, "add ", 4) == 0)
		ask_add(line);
	else if (strncmp(line, "carried ", 8) == 0)
		ask_named(line, IKC_SA_QUERY);
	else if (strncmp(line, "drop ", 5) == 0)
		ask_named(line, IKC_SA_DEL);
	else if (strncmp(line, "move ", 5) == 0)
		ask_move(line);
	else if (strncmp(line, "unsoft ", 7) == 0)
		ask_id(line, "unsoft ", IKC_SOFT_DEL);
	else if (strncmp(line, "passed ", 7) == 0)
		ask_id(line, "passed ", IKC_SOFT_QUERY);
	else if (strncmp(line, "keyed", 5) == 0)
		done(IKE_OK);
	else if (strncmp(line, "failed", 6) == 0)
		done(IKE_FAIL_POLICY_MATCH);
	else if (strncmp(line, "garbage", 7) == 0 && send(fd, "garbage", 7, MSG_NOSIGNAL) != 7)
		die("send");
}

static void tell(void)
{
	char a[IP_TEXT], b[IP_TEXT];

	if (m.type == IKC_RESULT)
		printf("%s packets %llu used %s spi %x\n", m.u.result.ok ? "done" : "refused",
		    (unsigned long long)m.u.result.packets, mono_is_never(m.u.result.last_use) ? "never" : "yes", m.u.result.spi);
	else if (m.type == IKC_ACQUIRE && (asked = m.u.cmd.u.acquire.acquire))
		printf("acquire %x %s > %s\n", m.u.cmd.u.acquire.reqid, ip_print(&m.u.cmd.u.acquire.local, a),
		    ip_print(&m.u.cmd.u.acquire.remote, b));
	else if (m.type == IKC_EXPIRE)
		printf("EXPIRE %x %d\n", m.u.cmd.u.expire.sa.spi, m.u.cmd.u.expire.why);
	else
		printf("%s\n", ikc_type_name(m.type));
}

static void hear(void)
{
	static uint8_t bytes[IKC_MSG_MAX];
	struct err e = {0};
	ssize_t n = recv(fd, bytes, sizeof bytes, 0);

	if (n <= 0) {
		printf("gone\n");
		exit(0);
	}
	if (ikc_decode(bytes, (size_t)n, IKC_KERNEL, &m, &e) != 0)
		die(e.text);
	tell();
}

int main(int argc, char **argv)
{
	char line[512];
	struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	dial(argv[1]);
	p[1].fd = fd;
	while (poll(p, 2, -1) > 0) {
		if (p[1].revents)
			hear();
		if (p[0].revents && fgets(line, sizeof line, stdin))
			command(line);
	}
	return 0;
}
