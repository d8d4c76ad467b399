#include "common/sandbox/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* Memory that no code can be run from. */
#define NOT_EXECUTABLE SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)

/* What every process of ours does. A new row needs a reason that one can read off its group. */
static const struct sandbox_call shared[] = {
	/* memory; sysinfo is qsort()'s way to see how much there is */
	CALL(brk), CALL_1(mmap, NOT_EXECUTABLE), CALL_1(mprotect, NOT_EXECUTABLE), CALL(munmap), CALL(mremap),
	CALL(madvise), CALL(sysinfo), CALL(getrandom),
	/* descriptors that are open */
	CALL(read), CALL(write), CALL(writev), CALL(close), CALL(poll), CALL(ppoll), CALL(recvfrom), CALL(recvmsg),
	CALL(sendto), CALL(sendmsg), CALL(fstat),
	CALL_1(ioctl, EQ(1, TCGETS)), /* the C library asks whether a stream is a terminal */
	/* time, waiting, locks of the C library */
	CALL(clock_gettime), CALL(gettimeofday), CALL(time), CALL(nanosleep), CALL(clock_nanosleep), CALL(futex),
	CALL(restart_syscall), CALL(sched_yield),
	/* the end, abort() included */
	CALL(exit), CALL(exit_group), CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(getpid),
	CALL(gettid), CALL_OF(tgkill, SANDBOX_SELF),
};

static const struct sandbox_call store_files[] = {
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
};

/* What AddressSanitizer does besides, mostly when it has something to report. */
static const struct sandbox_call sanitizer[] = {
#ifdef __SANITIZE_ADDRESS__
	CALL(mmap), CALL(mprotect), CALL(openat), CALL(open), CALL(newfstatat), CALL(readlink), CALL(getdents64),
	CALL(lseek), CALL(sigaltstack), CALL(prctl), CALL(prlimit64), CALL(getrlimit), CALL(sched_getaffinity),
	CALL(set_robust_list), CALL(clone), CALL(clone3), CALL(ptrace), CALL(wait4), CALL(dup), CALL(fcntl), CALL(kill),
	CALL(tgkill), CALL(geteuid), CALL(process_vm_readv), CALL(ioctl), CALL(getppid), CALL(rseq),
#else
	CALL(read), /* a table has a row */
#endif
};

static int add_rows(scmp_filter_ctx ctx, const struct sandbox_call *v, size_t n, pid_t child)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct sandbox_call *r = &v[i];
		struct scmp_arg_cmp who = EQ(0, r->target == SANDBOX_SELF ? getpid() : child);
		rc = r->target == SANDBOX_ANYBODY ? seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call, r->n, r->args)
					  : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, r->call, 1, &who);
		if (rc == -EEXIST)
			rc = 0;
	}
	return rc;
}

int sandbox_calls(const struct sandbox_call *v, size_t n, bool files, pid_t child, struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx ? 0 : -ENOMEM;

	if (rc == 0)
		rc = add_rows(ctx, shared, N_OF(shared), child);
	if (rc == 0)
		rc = add_rows(ctx, v, n, child);
	if (rc == 0 && files)
		rc = add_rows(ctx, store_files, N_OF(store_files), child);
	if (rc == 0)
		rc = add_rows(ctx, sanitizer, N_OF(sanitizer), child);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? 0 : err_set_errno(e, -rc, SANDBOX, "seccomp");
}
