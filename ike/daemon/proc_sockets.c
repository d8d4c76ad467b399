/* The process that needs privilege, and reads nothing that anybody wrote. */
#include <errno.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/manager.h"
#include "ike/daemon/proc.h"

#include "common/base/banned.h"

static int give(int manager, const int udp[UDP_SOCKETS], struct err *e)
{
	int fds[UDP_SOCKETS];
	size_t n = 0;

	for (int i = 0; i < UDP_SOCKETS; i++)
		if (udp[i] >= 0)
			fds[n++] = udp[i];
	return manager_keep(manager, fds, n) == 0 ? 0 : err_set_errno(e, errno, IKE_SOCKET, "to be kept by the service manager");
}

int proc_open_sockets(struct err *e)
{
	int udp[UDP_SOCKETS], manager = manager_open(), rc;

	if (manager < 0)
		return err_set(e, USAGE, "there is no service manager to give sockets to ($NOTIFY_SOCKET)");
	rc = udp_open_all(udp, e);
	if (rc == 0)
		rc = give(manager, udp, e);
	else if (e->errno_ == EADDRINUSE) {
		log_line(LOG_L_INFO, "%s; when ipsec-iked is started again, these are its own", e->text);
		rc = 0;
	}
	for (int i = 0; i < UDP_SOCKETS; i++)
		if (udp[i] >= 0)
			close(udp[i]);
	close(manager);
	return rc;
}
