#include "ike/daemon/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/ipc/ipc.h"
#include "ike/channel/sockets.h"
#include "store/store.h"

#include "common/base/banned.h"

/* Opened for the moment: the store may be replaced, and nothing of it stays in our memory. */
static char *key_in(const char *dir, const struct guid *name, struct err *e)
{
	struct store *st = store_open(dir, STORE_READ_ONLY, e);
	char *text = NULL;

	if (st && store_psk_known(st, name, e) == 1 && store_psk_get(st, name, &text, e) != 0)
		text = NULL;
	store_close(st);
	return text;
}

/* Keys of dynamic rules live in the enforcer's memory alone. One that hangs costs other keys no more than this. */
enum { ENFORCER_MS = 1000 };

char *source_key(const char *state_dir, const char *run_dir, const struct guid *name, struct err *e)
{
	char *persistent = store_persistent_dir(state_dir), *text = key_in(state_dir, name, e);

	if (!text)
		text = key_in(persistent, name, e);
	if (!text)
		ipc_key(run_dir, ENFORCER_MS, name, &text, e);
	free(persistent);
	return text;
}

/* --- the enforcer ---------------------------------------------------------------------------------------------- */

static bool is_trusted(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof cred;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && (cred.uid == 0 || cred.uid == geteuid());
}

static int connect_to(const char *run_dir, const char *name)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int n = snprintf(sa.sun_path, sizeof sa.sun_path, "%s/%s", run_dir, name), fd;

	if (n < 0 || (size_t)n >= sizeof sa.sun_path)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && is_trusted(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool source_enforcer(const char *run_dir, int fds[CHAN_FDS_MAX])
{
	static const char *const names[CHAN_FDS_MAX] = {IKC_SOCKET_POLICY, IKC_SOCKET_KERNEL};
	size_t n = 0;

	while (n < CHAN_FDS_MAX && (fds[n] = connect_to(run_dir, names[n])) >= 0)
		n++;
	if (n == CHAN_FDS_MAX)
		return true;
	while (n-- > 0)
		close(fds[n]);
	return false;
}
