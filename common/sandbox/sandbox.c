/* Capabilities and files. System calls: calls.c. */
#include "common/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* --- capabilities (capabilities(7)) ------------------------------------------------------------------- */

/* Without CAP_SETPCAP the bounding set stays; with no_new_privs and no exec it is out of reach anyway. */
static int bound(uint64_t keep, struct err *e)
{
	for (unsigned c = 0; c < 64 && prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++)
		if (!(keep >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0 && errno != EPERM)
			return err_set_errno(e, errno, SANDBOX, "bounding set");
	return 0;
}

static int limit(uint64_t keep, struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};
	uint32_t held = 0;

	if (syscall(SYS_capget, &head, caps) != 0)
		return err_set_errno(e, errno, SANDBOX, "capget");
	for (unsigned i = 0; i < N_OF(caps); i++) {
		held |= caps[i].permitted | caps[i].inheritable;
		caps[i].permitted &= (uint32_t)(keep >> 32 * i);
		caps[i].effective = caps[i].permitted;
		caps[i].inheritable = 0;
	}
	if (!held) /* whoever gave us none may also keep the call from us */
		return 0;
	return syscall(SYS_capset, &head, caps) == 0 ? 0 : err_set_errno(e, errno, SANDBOX, "capset");
}

int sandbox_capabilities(uint64_t keep, struct err *e)
{
	if (geteuid() == 0 && setgroups(0, NULL) != 0 && errno != EPERM)
		return err_set_errno(e, errno, SANDBOX, "groups");
	if (bound(keep, e) != 0)
		return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return err_set_errno(e, errno, SANDBOX, "ambient capabilities");
	if (limit(keep, e) != 0)
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : err_set_errno(e, errno, SANDBOX, "no_new_privs");
}

/* --- files (Documentation/userspace-api/landlock.rst) ------------------------------------------------- */

/* Our own copy of linux/landlock.h: the one of the system we build on may be older than the kernel we run on. */
enum {
	ACCESS_WRITE_FILE = 1 << 1,
	ACCESS_READ_FILE = 1 << 2,
	ACCESS_READ_DIR = 1 << 3,
	ACCESS_REMOVE_FILE = 1 << 5,
	ACCESS_MAKE_REG = 1 << 8,
	ACCESS_TRUNCATE = 1 << 14,
	ABI_NET = 4,
	ABI_SCOPE = 6,
	NET_ALL = 3,   /* bind and connect of TCP */
	SCOPE_ALL = 3, /* abstract Unix sockets and signals of others */
	RULE_PATH_BENEATH = 1,
	CREATE_VERSION = 1,
};

/* How many access rights to files each version knows. */
static const uint8_t fs_bits[] = {0, 13, 14, 15, 15, 16};

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct __attribute__((packed)) path_attr {
	uint64_t allowed;
	int32_t fd;
};

static const uint64_t rights[] = {
	[SANDBOX_READ] = ACCESS_READ_FILE | ACCESS_READ_DIR,
	[SANDBOX_WRITE] = ACCESS_READ_FILE | ACCESS_READ_DIR | ACCESS_WRITE_FILE | ACCESS_MAKE_REG |
	    ACCESS_REMOVE_FILE | ACCESS_TRUNCATE,
	[SANDBOX_REMOVE] = ACCESS_REMOVE_FILE,
};

/* The folder, or the nearest above it that exists. The caller closes it. */
static int open_folder(const char *path)
{
	char *p = xstrdup(path), *slash;
	int fd = open(p, O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (fd < 0 && errno == ENOENT && (slash = strrchr(p, '/')) != NULL) {
		slash[slash == p] = '\0'; /* "/" is the last one */
		fd = open(p, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (slash == p)
			break;
	}
	free(p);
	return fd;
}

static int allow(int ruleset, const struct sandbox_folder *f, uint64_t handled, struct err *e)
{
	struct path_attr a = {.allowed = rights[f->may] & handled, .fd = open_folder(f->path)};
	int rc = 0;

	if (a.fd < 0)
		return err_set_errno(e, errno, SANDBOX, f->path);
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &a, 0) != 0)
		rc = err_set_errno(e, errno, SANDBOX, f->path);
	close(a.fd);
	return rc;
}

int sandbox_files(const struct sandbox_folder *v, size_t n, struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	struct ruleset_attr attr = {0};
	int ruleset, rc = 0;

	if (abi < 1)
		return 0;
	attr.fs = (1ULL << fs_bits[abi < (long)N_OF(fs_bits) ? (size_t)abi : N_OF(fs_bits) - 1]) - 1;
	attr.net = abi >= ABI_NET ? NET_ALL : 0;
	attr.scoped = abi >= ABI_SCOPE ? SCOPE_ALL : 0;
	/* A kernel takes a longer structure whose unknown part is zero. */
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	if (ruleset < 0)
		return err_set_errno(e, errno, SANDBOX, "Landlock");
	for (size_t i = 0; i < n && rc == 0; i++)
		if (v[i].path)
			rc = allow(ruleset, &v[i], attr.fs, e);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rc = err_set_errno(e, errno, SANDBOX, "Landlock");
	close(ruleset);
	return rc == 0 ? 1 : -1;
}
