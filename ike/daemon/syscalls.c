/* The system calls of each process beside those that all share (common/sandbox/calls.c), and the rest of its sandbox. */
#include "ike/daemon/syscalls.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/sandbox/calls.h"
#include "common/sandbox/sandbox.h"

#include "common/base/banned.h"

static const struct sandbox_call parent[] = {
	/* to the enforcer, and who it is */
	CALL_1(socket, EQ(0, AF_UNIX)), CALL(connect), CALL_1(getsockopt, EQ(1, SOL_SOCKET)),
	CALL_1(fcntl, EQ(1, F_SETFL)), CALL_2(setsockopt, EQ(1, SOL_SOCKET), EQ(2, SO_SNDTIMEO)),
	/* the children's end is seen */
	CALL(wait4),
};

static const struct sandbox_call net[] = {
	/* many datagrams at once; descriptors from *parent* are made ready */
	CALL(recvmmsg), CALL_1(fcntl, EQ(1, F_SETFL)),
	/* fstat() of newer C libraries: of a descriptor, never of a path */
	CALL_1(newfstatat, EQ(3, AT_EMPTY_PATH)),
};

static const struct sandbox_call keys[] = {
	CALL_1(fcntl, EQ(1, F_SETFL)),
};

static const struct {
	const struct sandbox_call *v;
	size_t n;
	bool files;
} tables[] = {
    [IKED_PARENT] = {parent, N_OF(parent), true}, [IKED_NET] = {net, N_OF(net), false}, [IKED_KEYS] = {keys, N_OF(keys), false}};

int iked_confine(enum iked_role role, const char *state, struct err *e)
{
	const struct sandbox_folder folders[] = {{tables[role].files ? state : NULL, SANDBOX_WRITE}}; /* SQLite's locks */
	int rc = sandbox_capabilities(0, e);

	if (rc == 0)
		rc = sandbox_files(folders, N_OF(folders), e);
	if (rc == 0 && role == IKED_PARENT)
		log_line(LOG_L_INFO, "this kernel has no Landlock: files are kept apart by their modes alone");
	return rc < 0 ? -1 : sandbox_calls(tables[role].v, tables[role].n, tables[role].files, 0, e);
}
