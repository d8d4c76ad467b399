/* What a process gives up it has not any more: each case in a child that enters the sandbox for good. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/sandbox/sandbox.h"
#include "enforcer/daemon/syscalls.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { ENDED_BY_SIGSYS = 128 + SIGSYS, NOT_ENTERED = 99 };

/* Exit status of a child that runs it, 128 + the signal that ended it. */
static int in_child(int (*run)(const void *arg), const void *arg)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(arg));
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- system calls ------------------------------------------------------------------------------------- */

static int do_execve(void)
{
	char *argv[] = {NULL};

	return execve("/bin/true", argv, argv);
}
static int do_fork(void) { return (int)syscall(SYS_fork); }
static int do_tcp(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int do_unix(void) { return socket(AF_UNIX, SOCK_DGRAM, 0); }
static int do_netfilter(void) { return socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER); }
static int do_route(void) { return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
static int do_open(void) { return open("/dev/null", O_RDONLY); }
static int do_ptrace(void) { return (int)syscall(SYS_ptrace, 0, 0, 0, 0); }
static int do_seteuid(void) { return (int)syscall(SYS_setresuid, 0, 0, 0); }
static int do_kill(void) { return kill(getppid(), 0); }
static int do_bpf(void) { return (int)syscall(SYS_bpf, 0, NULL, 0); }
static int do_mount(void) { return (int)syscall(SYS_mount, "", "", "", 0, NULL); }
static int do_ioctl(void) { return (int)syscall(SYS_ioctl, 1, 0x5412 /* TIOCSTI */, "x"); }
static int do_code(void)
{
	return (int)syscall(SYS_mmap, NULL, 4096, 7 /* read, write, execute */, 0x22, -1, 0) == -1;
}
static int do_daily_work(void)
{
	char *p = malloc(1 << 20);
	int n = snprintf(p, 100, "%d", getpid());
	struct timespec none = {0};

	n = (int)write(-1, p, (size_t)n) == -1 && nanosleep(&none, NULL) == 0 ? 0 : 1;
	free(p);
	return n;
}

enum { IN_KERNEL = 1 << ROLE_KERNEL, IN_POLICY = 1 << ROLE_POLICY, IN_BOTH = 3 };
static const struct attempt {
	const char *what;
	int (*run)(void);
	int allowed;        /* IN_* */
	bool sanitizer_too; /* forbidden there as well */
} attempts[] = {
	{"daily work", do_daily_work, IN_BOTH, true},
	{"execve", do_execve, 0, true},
	{"fork", do_fork, 0, true},
	{"a TCP socket", do_tcp, 0, true},
	{"a Unix socket", do_unix, 0, true},
	{"a netfilter socket", do_netfilter, 0, true},
	{"a route socket", do_route, IN_POLICY, true},
	{"open", do_open, IN_POLICY, false},
	{"ptrace", do_ptrace, 0, false},
	{"another user", do_seteuid, 0, true},
	{"a signal to others", do_kill, 0, false},
	{"bpf", do_bpf, 0, true},
	{"mount", do_mount, 0, true},
	{"ioctl", do_ioctl, 0, false},
	{"memory to run code from", do_code, 0, false},
};

struct entering {
	enum enforcer_role role;
	int (*run)(void);
};

static int enter_and_run(const void *arg)
{
	const struct entering *t = arg;
	struct err e = {0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || enforcer_calls(t->role, getpid(), &e) != 0)
		return NOT_ENTERED;
	return t->run() < 0;
}

static void forbidden_calls_end_the_process(void)
{
#ifdef __SANITIZE_ADDRESS__
	const bool sanitizer = true;
#else
	const bool sanitizer = false;
#endif
	for (int role = ROLE_KERNEL; role <= ROLE_POLICY; role++)
		for (size_t i = 0; i < N_OF(attempts); i++) {
			struct entering t = {(enum enforcer_role)role, attempts[i].run};
			int want = attempts[i].allowed >> role & 1 ? 0 : ENDED_BY_SIGSYS, got;
			if (sanitizer && !attempts[i].sanitizer_too)
				continue;
			got = in_child(enter_and_run, &t);
			if (got != want)
				printf("# %s in %s\n", attempts[i].what, role == ROLE_KERNEL ? "kernel" : "policy");
			is_int(got, want);
		}
}

/* --- capabilities ------------------------------------------------------------------------------------- */

/* A line of /proc/self/status, in hexadecimal. */
static unsigned long long status_of(const char *name)
{
	char line[256];
	unsigned long long v = ~0ULL;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			v = strtoull(line + strlen(name) + 1, NULL, 16);
	if (f)
		fclose(f);
	return v;
}

static int drop_to(const void *arg)
{
	const uint64_t keep = *(const uint64_t *)arg;
	unsigned long long had = status_of("CapPrm");
	bool may_bound = had >> CAP_SETPCAP & 1;
	struct err e = {0};

	if (sandbox_capabilities(keep, &e) != 0)
		return NOT_ENTERED;
	return status_of("CapEff") != (had & keep) || status_of("CapPrm") != (had & keep) || status_of("CapInh") != 0 ||
	    status_of("CapAmb") != 0 || status_of("NoNewPrivs") != 1 || (may_bound && (status_of("CapBnd") & ~keep));
}

static void capabilities_are_those_that_are_kept(void)
{
	is_int(in_child(drop_to, &(uint64_t){0}), 0);
	is_int(in_child(drop_to, &(uint64_t){SANDBOX_CAP(CAP_NET_ADMIN)}), 0);
}

/* --- files -------------------------------------------------------------------------------------------- */

static int can(const char *folder, const char *file, int flags)
{
	char path[200];
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, file);
	fd = open(path, flags, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : errno;
}

static int confine_to(const void *arg)
{
	const char *base = arg;
	char in[100], out[100], later[100];
	struct err e = {0};

	snprintf(in, sizeof in, "%s/in", base);
	snprintf(out, sizeof out, "%s/out", base);
	snprintf(later, sizeof later, "%s/out/later/still", base);
	const struct sandbox_folder v[] = {{in, SANDBOX_WRITE}, {NULL, SANDBOX_READ}};
	int rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? sandbox_files(v, N_OF(v), &e) : -1;
	if (rc == 0) /* said to be missing: is it? */
		return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1 ? 0 : NOT_ENTERED;
	if (rc < 0)
		return NOT_ENTERED;
	if (can(in, "new", O_RDWR | O_CREAT) != 0 || can(in, "new", O_RDONLY) != 0)
		return 1;
	if (can(out, "there", O_RDONLY) != EACCES || can(out, "new", O_WRONLY | O_CREAT) != EACCES)
		return 2;
	/* A second layer: a folder that is missing is reached through the nearest above it. Rights only shrink. */
	const struct sandbox_folder w[] = {{later, SANDBOX_READ}};
	return sandbox_files(w, N_OF(w), &e) == 1 && can(in, "new", O_RDONLY) == EACCES ? 0 : 3;
}

static void files_outside_cannot_be_opened(void)
{
	char base[] = "/tmp/ipsecsh-sandbox.XXXXXX", path[100];

	ok(mkdtemp(base) != NULL);
	snprintf(path, sizeof path, "%s/in", base);
	ok(mkdir(path, 0700) == 0);
	snprintf(path, sizeof path, "%s/out", base);
	ok(mkdir(path, 0700) == 0);
	is_int(can(path, "there", O_WRONLY | O_CREAT), 0);
	is_int(in_child(confine_to, base), 0);
	snprintf(path, sizeof path, "%s/out/there", base);
	unlink(path);
	snprintf(path, sizeof path, "%s/in/new", base);
	unlink(path);
	snprintf(path, sizeof path, "%s/in", base);
	rmdir(path);
	snprintf(path, sizeof path, "%s/out", base);
	rmdir(path);
	ok(rmdir(base) == 0);
}

static const struct tap_case cases[] = {
	{"forbidden system calls end the process", forbidden_calls_end_the_process},
	{"capabilities are those that are kept", capabilities_are_those_that_are_kept},
	{"files outside of the folders cannot be opened", files_outside_cannot_be_opened},
};
TAP_MAIN(cases)
