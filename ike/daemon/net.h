/*
 * The loop of *net*: datagrams, deadlines and messages into the engine, its actions out. Opens nothing and knows of no
 * sandbox; proc_net.c is around it.
 */
#ifndef IKE_DAEMON_NET_H
#define IKE_DAEMON_NET_H

#include "common/base/err.h"
#include "ike/crypto/crypto.h"
#include "ike/daemon/udp.h"

/* Descriptors are taken over. */
struct net_conf {
	int udp[UDP_SOCKETS]; /* -1: none */
	int parent, keys;     /* links (link.h) */
	int trace;            /* a file, or -1 */
	const struct crypto *crypto; /* borrowed */
};

struct net *net_open(const struct net_conf *conf);
void net_close(struct net *n);
/*
 * Waits for something and does it. 0: go on; 1: it was told to end, and has said goodbye to all peers; -1: a process of
 * ours is gone (*e).
 */
int net_step(struct net *n, struct err *e);

#endif
