/* The system calls of each process beside those that all share (common/sandbox/calls.c). */
#include "enforcer/daemon/syscalls.h"

#include <linux/membarrier.h>
#include <linux/netlink.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "common/base/mem.h"
#include "common/sandbox/calls.h"

#include "common/base/banned.h"

static const struct sandbox_call kernel[] = {
	/* netlink: room in the send buffer, leaving and joining the group of events */
	CALL(setsockopt),
	/* between two transactions: until no packet is in the old rules */
	CALL_1(membarrier, EQ(0, MEMBARRIER_CMD_GLOBAL)),
	/* fstat() of newer C libraries: of a descriptor, never of a path */
	CALL_1(newfstatat, EQ(3, AT_EMPTY_PATH)),
	/* IKE's connection, and who is at its other end */
	CALL(accept4), CALL_1(getsockopt, EQ(1, SOL_SOCKET)),
	/* the child: signals are passed on, its end is seen */
	CALL_OF(kill, SANDBOX_CHILD), CALL(wait4), CALL(waitid),
};

static const struct sandbox_call policy[] = {
	/* folders that are watched */
	CALL(inotify_add_watch), CALL(inotify_rm_watch),
	/* facts: a fresh rtnetlink socket each time they are asked for */
	CALL_2(socket, EQ(0, AF_NETLINK), EQ(2, NETLINK_ROUTE)),
	CALL(bind), CALL(getsockname), CALL(setsockopt),
	/* clients of the control socket */
	CALL(accept4), CALL_1(getsockopt, EQ(1, SOL_SOCKET)),
};

int enforcer_calls(enum enforcer_role role, pid_t child, struct err *e)
{
	static const struct {
		const struct sandbox_call *v;
		size_t n;
		bool files;
	} tables[] = {[ROLE_KERNEL] = {kernel, N_OF(kernel), false}, [ROLE_POLICY] = {policy, N_OF(policy), true}};

	return sandbox_calls(tables[role].v, tables[role].n, tables[role].files, child, e);
}
