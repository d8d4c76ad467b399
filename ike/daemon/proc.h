/*
 * The processes of a running ipsec-iked (SECURITY.md): one program, started anew for each child, so that they share
 * neither heap nor addresses.
 *
 *   parent  the one that the service manager knows. Opens the UDP sockets, unless proc_open_sockets() did, starts the
 *           others, gives up its capabilities; then it reads key texts from the store for *keys*, and connects to the enforcer for *net*.
 *   net     the loop (net.h): parses what strangers send. No capability, no file, no new socket.
 *   keys    holds preshared keys and answers prf(key, nonces). No capability, no file, no socket but its links.
 *
 * When one of them goes without being told to, the others go too, and ipsec-iked ends with a failure: the service
 * manager starts it again. SAs stay in the kernel.
 */
#ifndef IKE_DAEMON_PROC_H
#define IKE_DAEMON_PROC_H

#include "common/base/err.h"
#include "ike/crypto/crypto.h"
#include "ike/daemon/link.h"
#include "ike/daemon/udp.h"

/* What a child finds open when it starts. */
enum { PROC_PARENT = 3, PROC_OTHER = 4 /* the link between the children */, PROC_UDP = 5, PROC_TRACE = PROC_UDP + UDP_SOCKETS };
enum { KEYS_FDS = 2, NET_FDS = 2 + UDP_SOCKETS + 1 };
#define PROC_NET_OPTION "net-process"
#define PROC_KEYS_OPTION "keys-process"

struct proc_options {
	bool debug;
	const char *trace; /* file of ikelogging, or NULL: the log */
};

/* Runs all three until they have ended. 0: stopped in an orderly way; -1: `e`. */
int proc_parent(const struct proc_options *o, struct err *e);
/*
 * Opens the sockets and gives them to the service manager, which hands them to proc_parent() at each start: with
 * them that needs no privilege. Where another program has the ports, which may be the service's own sockets, nothing is done, and
 * the log says so. -1: `e`.
 */
int proc_open_sockets(struct err *e);
/* The children. They end when *parent* does. */
int proc_net(struct err *e);
int proc_keys(struct err *e);

/* --- for the three of them (proc.c) ------------------------------------------------------------------------------ */

/* In a child: is a link open there, as *parent* gave it? Otherwise somebody tried an option. */
bool proc_is_link(int fd);
/* First thing of a child, which ps(1) shows under that name. -1: not started by *parent*. */
int proc_child_begin(const char *name, struct err *e);
/* Tells *parent* that all has been given up. */
int proc_say_ready(struct err *e);
/* Crypto after its self-test, before the sandbox: no file is opened later. NULL: `e`. */
struct crypto *proc_crypto(struct err *e);

#endif
