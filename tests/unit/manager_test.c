/* The protocols of the service manager (common/base/manager.h). */
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/manager.h"
#include "common/base/mem.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void watchdog_hears_twice_in_its_time(void)
{
	static const struct {
		const char *usec, *pid;
		int want;
	} rows[] = {
		{NULL, NULL, -1},      {"", NULL, -1},       {"30000000", NULL, 15000}, {"30000000", "42", 15000},
		{"30000000", "43", -1}, {"30000000", "", -1}, {"30s", NULL, -1},         {"-5", NULL, -1},
		{"0", NULL, -1},       {"1", NULL, 1},       {"18446744073709551615", NULL, INT_MAX},
		{"18446744073709551616", NULL, -1},
	};

	for (size_t i = 0; i < N_OF(rows); i++)
		is_int(manager_beat_ms(rows[i].usec, rows[i].pid, 42), rows[i].want);
}

static void sockets_are_those_meant_for_us(void)
{
	static const struct {
		const char *fds, *pid;
		int want;
	} rows[] = {
		{NULL, NULL, 0}, {"4", NULL, 0}, {"4", "41", 0}, {"4", "42", 4}, {"1", "42", 1}, {"0", "42", 0},
		{"99999999999", "42", 4}, {"-1", "42", 0}, {"4x", "42", 0}, {NULL, "42", 0},
	};

	for (size_t i = 0; i < N_OF(rows); i++)
		is_int(manager_given(rows[i].fds, rows[i].pid, 42, 4), rows[i].want);
}

/* An abstract address: @ stands for the zero byte. */
static void what_is_told_arrives(void)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), manager;
	char name[64], got[16];

	snprintf(name, sizeof name, "@ipsecsh-manager-%ld", (long)getpid());
	memcpy(sa.sun_path + 1, name + 1, strlen(name) - 1);
	ok(bind(fd, (struct sockaddr *)&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) == 0);
	unsetenv("NOTIFY_SOCKET");
	is_int(manager_open(), -1);
	setenv("NOTIFY_SOCKET", "relative", 1);
	is_int(manager_open(), -1);
	setenv("NOTIFY_SOCKET", name, 1);
	manager = manager_open();
	ok(manager >= 0);
	manager_tell(manager, "READY=1");
	manager_tell(-1, "nobody hears it");
	is_int(recv(fd, got, sizeof got, MSG_DONTWAIT), 7);
	ok(memcmp(got, "READY=1", 7) == 0);
	is_int(recv(fd, got, sizeof got, MSG_DONTWAIT), -1);
	close(manager);
	close(fd);
}

/* Two ends of a pipe go to the manager; what is written into one comes out of the other. */
static void what_is_to_be_kept_arrives(void)
{
	int pair[2], ends[2], got[2] = {-1, -1};
	char text[32], control[CMSG_SPACE(sizeof got)];
	struct iovec part = {text, sizeof text};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};

	ok(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && pipe(ends) == 0);
	is_int(manager_keep(pair[0], ends, 0), -1);
	is_int(manager_keep(pair[0], ends, MANAGER_FDS_MAX + 1), -1);
	is_int(manager_keep(-1, ends, 2), -1);
	is_int(manager_keep(pair[0], ends, 2), 0);
	is_int(recvmsg(pair[1], &m, MSG_DONTWAIT), 18);
	ok(memcmp(text, "FDSTORE=1\nFDPOLL=0", 18) == 0 && CMSG_FIRSTHDR(&m));
	if (CMSG_FIRSTHDR(&m))
		memcpy(got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof got);
	ok(write(got[1], "x", 1) == 1 && read(ends[0], text, 1) == 1 && text[0] == 'x');
	for (size_t i = 0; i < 2; i++) {
		close(pair[i]);
		close(ends[i]);
		close(got[i]);
	}
}

static const struct tap_case cases[] = {
	{"the watchdog hears twice in its time", watchdog_hears_twice_in_its_time},
	{"sockets are those meant for us", sockets_are_those_meant_for_us},
	{"what is told arrives", what_is_told_arrives},
	{"what is to be kept arrives", what_is_to_be_kept_arrives},
};
TAP_MAIN(cases)
