/* A fake kernel in another process, and the channel to it. */
#ifndef TESTS_REMOTE_PAIR_H
#define TESTS_REMOTE_PAIR_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enforcer/remote/remote.h"

struct pair {
	struct kernel *k;
	int questions, events, drops; /* copies of our ends, for tests that say what no client would */
	pid_t server;
};

static inline void no_tell(void *ctx, const char *state)
{
	(void)ctx, (void)state;
}

/* Exit status of the server: 0 when the client went, 3 when it asked what it may not. */
static inline void serve(struct kernel *fake, int questions, int events, int drops)
{
	struct remote_server *s = remote_server_new(fake, questions, events, drops, no_tell, NULL);
	struct err e = {0};
	int rc = 1;

	remote_send_changed(s);
	if (drops >= 0)
		remote_pass_drops(s);
	while (rc == 1)
		rc = remote_serve(s, &e);
	remote_server_free(s);
	kernel_close(fake);
	_exit(rc == 0 ? 0 : 3);
}

static inline struct pair pair_open(struct kernel *fake)
{
	int q[2], ev[2], dr[2] = {-1, -1};
	struct pair p = {.k = NULL};

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, q) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ev) != 0 ||
	    (kernel_drops_fd(fake) >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, dr) != 0))
		return p;
	p.server = fork();
	if (p.server == 0) {
		close(q[0]);
		close(ev[0]);
		close(dr[0]);
		serve(fake, q[1], ev[1], dr[1]);
	}
	close(q[1]);
	close(ev[1]);
	close(dr[1]);
	p.questions = q[0];
	p.events = ev[0];
	p.drops = dr[0];
	p.k = kernel_remote_open(dup(q[0]), dup(ev[0]), dr[0] < 0 ? -1 : dup(dr[0]));
	return p;
}

static inline int pair_close(struct pair *p)
{
	int status = -1;

	kernel_close(p->k);
	close(p->questions);
	close(p->events);
	close(p->drops);
	waitpid(p->server, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

#endif
