#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/base/log.h"
#include "ike/daemon/net.h"
#include "ike/daemon/proc.h"
#include "ike/daemon/syscalls.h"

#include "common/base/banned.h"

static int udp_given(int fd)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM ? fd : -1;
}

static int file_given(int fd)
{
	struct stat sb;

	return fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) ? fd : -1;
}

int proc_net(struct err *e)
{
	struct net_conf conf = {.parent = PROC_PARENT, .keys = PROC_OTHER, .trace = file_given(PROC_TRACE)};
	struct crypto *crypto;
	struct net *n;
	int rc;

	if (proc_child_begin("iked-net", e) != 0)
		return -1;
	for (int i = 0; i < UDP_SOCKETS; i++)
		conf.udp[i] = udp_given(PROC_UDP + i);
	crypto = proc_crypto(e);
	if (!crypto)
		return -1;
	conf.crypto = crypto;
	rc = iked_confine(IKED_NET, NULL, e);
	if (rc == 0)
		rc = proc_say_ready(e);
	if (rc == 0) {
		n = net_open(&conf);
		do
			rc = net_step(n, e);
		while (rc == 0);
		net_close(n);
	}
	crypto_openssl_free(crypto);
	return rc < 0 ? -1 : 0;
}
