/*
 * The system calls of each process, as tables: what is not in them ends the process. Where a call can do much more
 * than is needed, a row says with which arguments. A new row needs a reason that one can read off its group.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "enforcer/daemon/sandbox.h"

#include "common/base/banned.h"

/* Whose number the first argument must be. */
enum target { ANYBODY, SELF, CHILD };

struct row {
	int call;
	enum target target;
	uint8_t n; /* arguments looked at */
	struct scmp_arg_cmp args[2];
};

/* libseccomp's SCMP_A0() and so on leave a field out, which clang does not let pass. */
#define EQ(n, value) {.arg = (n), .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)(value)}
#define CALL(name) {.call = SCMP_SYS(name)}
#define CALL_1(name, a) {.call = SCMP_SYS(name), .n = 1, .args = {a}}
#define CALL_2(name, a, b) {.call = SCMP_SYS(name), .n = 2, .args = {a, b}}
#define CALL_OF(name, who) {.call = SCMP_SYS(name), .target = (who)}
/* Memory that no code can be run from. */
#define NOT_EXECUTABLE SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)

static const struct row both[] = {
	/* memory; sysinfo is qsort()'s way to see how much there is */
	CALL(brk), CALL_1(mmap, NOT_EXECUTABLE), CALL_1(mprotect, NOT_EXECUTABLE), CALL(munmap), CALL(mremap),
	CALL(madvise), CALL(sysinfo), CALL(getrandom),
	/* descriptors that are open */
	CALL(read), CALL(write), CALL(writev), CALL(close), CALL(poll), CALL(ppoll), CALL(recvfrom), CALL(recvmsg),
	CALL(sendto), CALL(sendmsg), CALL(fstat),
	CALL_1(ioctl, EQ(1, TCGETS)), /* isatty(): how a log line looks */
	/* time, waiting, locks of the C library */
	CALL(clock_gettime), CALL(gettimeofday), CALL(time), CALL(nanosleep), CALL(clock_nanosleep), CALL(futex),
	CALL(restart_syscall), CALL(sched_yield),
	/* the end, abort() included */
	CALL(exit), CALL(exit_group), CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(getpid),
	CALL(gettid), CALL_OF(tgkill, SELF),
};

static const struct row kernel[] = {
	/* netlink: room in the send buffer, leaving and joining the group of events */
	CALL(setsockopt),
	/* fstat() of newer C libraries: of a descriptor, never of a path */
	CALL_1(newfstatat, EQ(3, AT_EMPTY_PATH)),
	/* the child: signals are passed on, its end is seen */
	CALL_OF(kill, CHILD), CALL(wait4), CALL(waitid),
};

static const struct row policy[] = {
	/* files: which ones is Landlock's business. SQLite locks, maps and, after an upgrade, writes. */
	CALL(openat), CALL(open), CALL(newfstatat), CALL(stat), CALL(lstat), CALL(statx), CALL(access), CALL(faccessat),
	CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getdents64), CALL(getcwd), CALL(lseek), CALL(pread64),
	CALL(pwrite64), CALL(ftruncate), CALL(fsync), CALL(fdatasync), CALL(fchmod), CALL(fchown), CALL(unlink),
	CALL(unlinkat), CALL(mkdir), CALL(mkdirat), CALL(chmod), CALL(fchmodat), CALL(umask),
	CALL_1(fcntl, EQ(1, F_GETFD)), CALL_1(fcntl, EQ(1, F_SETFD)),
	CALL_1(fcntl, EQ(1, F_GETFL)), CALL_1(fcntl, EQ(1, F_GETLK)),
	CALL_1(fcntl, EQ(1, F_SETLK)), CALL_1(fcntl, EQ(1, F_SETLKW)),
	CALL_1(fcntl, EQ(1, F_DUPFD_CLOEXEC)), CALL_1(fcntl, EQ(1, F_DUPFD)),
	CALL(geteuid), CALL(getuid), CALL(getegid), CALL(getgid),
	/* folders that are watched */
	CALL(inotify_add_watch), CALL(inotify_rm_watch),
	/* facts: a fresh rtnetlink socket each time they are asked for */
	CALL_2(socket, EQ(0, AF_NETLINK), EQ(2, NETLINK_ROUTE)),
	CALL(bind), CALL(getsockname), CALL(setsockopt),
	/* clients of the control socket */
	CALL(accept4), CALL_1(getsockopt, EQ(1, SOL_SOCKET)),
};

/* What AddressSanitizer does besides, mostly when it has something to report. */
static const struct row sanitizer[] = {
#ifdef __SANITIZE_ADDRESS__
	CALL(mmap), CALL(mprotect), CALL(openat), CALL(open), CALL(newfstatat), CALL(readlink), CALL(getdents64),
	CALL(lseek), CALL(sigaltstack), CALL(prctl), CALL(prlimit64), CALL(getrlimit), CALL(sched_getaffinity),
	CALL(set_robust_list), CALL(clone), CALL(clone3), CALL(ptrace), CALL(wait4), CALL(dup), CALL(fcntl), CALL(kill),
	CALL(tgkill), CALL(geteuid), CALL(process_vm_readv), CALL(ioctl), CALL(getppid), CALL(rseq),
#else
	CALL(read), /* a table has a row */
#endif
};

static int add_rows(scmp_filter_ctx ctx, const struct row *v, size_t n, pid_t child)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct row *r = &v[i];
		struct scmp_arg_cmp who = EQ(0, r->target == SELF ? getpid() : child);
		rc = r->target == ANYBODY ? seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call, r->n, r->args)
					  : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call, 1, &who);
		if (rc == -EEXIST)
			rc = 0;
	}
	return rc;
}

int sandbox_syscalls(enum sandbox_role role, pid_t child, struct err *e)
{
	static const struct {
		const struct row *v;
		size_t n;
	} tables[] = {[SANDBOX_KERNEL] = {kernel, N_OF(kernel)}, [SANDBOX_POLICY] = {policy, N_OF(policy)}};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? 0 : -ENOMEM;

	if (rc == 0)
		rc = add_rows(ctx, both, N_OF(both), child);
	if (rc == 0)
		rc = add_rows(ctx, tables[role].v, tables[role].n, child);
	if (rc == 0)
		rc = add_rows(ctx, sanitizer, N_OF(sanitizer), child);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0 : err_set_errno(e, -rc, SANDBOX, "seccomp");
}
