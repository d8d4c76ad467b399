/*
 * The running enforcer: everything it listens to, and when it acts on it. Events only set causes; one
 * place acts on all of them together, so a burst of changes costs one compilation, and everybody who
 * waits is answered by it.
 *
 *   control socket   a shell that changed the store: acted on at once, answered when in force
 *   IKE daemon       takes the policy over, tells what is associated (ike_link.h)
 *   store folder     a shell that could not reach the socket: at most as often as it costs
 *   rtnetlink, files addresses, routes, servers: after a moment of quiet
 *   kernel watch     somebody changed what is ours: put back at once
 *   timer            the policy's polling interval
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <signal.h>

#include "enforcer/daemon/enforcer.h"
#include "enforcer/facts/facts_linux.h"

struct daemon_conf {
	const char *state_dir, *run_dir;
	const char *boot_dir; /* of the copy for the boot; NULL: not asked */
	struct kernel *kernel; /* borrowed */
	/* Facts come from here, and facts_fd (or -1) tells when to ask again. */
	int (*facts)(void *ctx, struct facts *out, struct err *e);
	void *facts_ctx;
	int facts_fd;
	const struct fact_paths *fact_paths; /* watched for changes; NULL: none */
	int listener; /* of the control socket; daemon_open() owns it. -1: it listens itself */
	int ike_listener; /* for ipsec-iked (ike_link.h); likewise. -1: there is none */
	/* Called when everything is open and nothing that others wrote was read yet; NULL: not. */
	int (*confine)(void *ctx, struct err *e);
	void *confine_ctx;
	/* Told what is in force (manager.h), whenever that is another line than before. NULL: nobody. */
	void (*status)(void *ctx, const char *line);
	void *status_ctx;
	const sigset_t *signals; /* blocked by the caller; SIGHUP re-reads, others stop. NULL: none */
};

struct daemon;

/*
 * Opens socket and watches and does the first settlement, whose failure is logged and not fatal.
 * NULL and `e` on failure.
 */
struct daemon *daemon_open(const struct daemon_conf *conf, struct err *e);
/* One round: waits at most max_ms (-1: as long as it likes), acts. 0: go on; 1: asked to stop; -1: `e`. */
int daemon_step(struct daemon *d, int max_ms, struct err *e);
/* As enforcer_is_ready(): from now on services that wait for the policy may start. */
bool daemon_is_ready(const struct daemon *d);
/* Orderly stop: removes enforcement from the kernel. */
int daemon_stop(struct daemon *d, struct err *e);
/* Frees and closes; what is in force stays. NULL is fine. */
void daemon_close(struct daemon *d);

#endif
