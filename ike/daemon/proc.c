#include "ike/daemon/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/paths.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

bool proc_is_link(int fd)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int proc_child_begin(const char *name, struct err *e)
{
	sigset_t ours;
	bool given;
	const char *journal;

	if (!proc_is_link(PROC_PARENT) || !proc_is_link(PROC_OTHER))
		return err_set(e, USAGE, "only ipsec-iked itself starts its other processes");
	secret_no_core();
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* From a terminal these go to all: *parent* decides what becomes of them. */
	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, NULL);
	journal = paths_journal(&given);
	log_journal(journal, given);
	tzset(); /* which reads a file, once */
	return 0;
}

int proc_say_ready(struct err *e)
{
	const struct link_msg m = {.type = LINK_READY};
	uint8_t bytes[LINK_MSG_MAX];

	return send(PROC_PARENT, bytes, link_encode(&m, bytes), MSG_NOSIGNAL) > 0 ? 0 : err_set_errno(e, errno, IKE_CHILD_ENDED, "parent");
}

struct crypto *proc_crypto(struct err *e)
{
	struct crypto *c = crypto_openssl_new();
	const char *wrong = NULL;

	if (!c)
		err_set(e, IKE_CRYPTO);
	else if ((wrong = crypto_selftest(c)) != NULL)
		err_set(e, IKE_SELFTEST, wrong);
	if (wrong) {
		crypto_openssl_free(c);
		return NULL;
	}
	return c;
}
