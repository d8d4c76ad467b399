/*
 * The four UDP sockets of IKE: ports 500 and 4500, both families. *parent* opens them, since that needs privilege; *net*
 * gets them open and only receives and sends. Each end of a datagram is known: ours comes with IP_PKTINFO (ip(7),
 * ipv6(7)), and answers leave from the address that was asked.
 */
#ifndef IKE_DAEMON_UDP_H
#define IKE_DAEMON_UDP_H

#include "common/base/err.h"
#include "ike/engine/actions.h"

enum { UDP_PORT = 500, UDP_PORT_NATT = 4500 }; /* RFC 2408 §2.5.1, RFC 3947 §4 */
enum { UDP_SOCKETS = 4, UDP_NATT = 1 /* bits of the index: port 4500 */, UDP_V6 = 2 };

/*
 * Opens them all, fds[i] by UDP_NATT and UDP_V6. Our own packets pass XFRM policies unprotected (IP_XFRM_POLICY); on
 * port 4500 the kernel takes ESP out of UDP (UDP_ENCAP_ESPINUDP, RFC 3948). A host without IPv6 has -1 there.
 * Needs CAP_NET_ADMIN and CAP_NET_BIND_SERVICE. -1: IKE_SOCKET, and nothing is open.
 */
int udp_open_all(int fds[UDP_SOCKETS], struct err *e);
/*
 * Sorts descriptors that udp_open_all() opened in a process before us and takes them over; what is none of the four is
 * closed. false: there is no socket for port 500 among them, and nothing is open.
 */
bool udp_adopt_all(int fds[UDP_SOCKETS], const int *given, size_t n);

/* --- receiving ------------------------------------------------------------------------------------------------ */

enum {
	UDP_SLOTS = 64,          /* datagrams that are held */
	UDP_DATAGRAM_MAX = 65535, /* bytes of one */
};
struct udp_slot;
/* Received datagrams that wait for their turn: a flood fills it and then the sockets, and takes nobody's time. */
struct inbox {
	struct udp_slot *v; /* UDP_SLOTS of them, used in a ring */
	size_t first, n;
	uint64_t failures;  /* of the receive call; those that the network reports about what we sent are none */
};
void inbox_init(struct inbox *b);
void inbox_free(struct inbox *b);
/* Reads from one of the sockets what there is, as much as fits; it does not wait. */
void inbox_fill(struct inbox *b, const int fds[UDP_SOCKETS], size_t index);
/*
 * The next datagram for ike_input(), borrowed until the next call; false: none is left. What is none of IKE is passed
 * over: on port 4500 all without non-ESP marker (RFC 3948 §2.2), and what has no address of ours.
 */
bool inbox_next(struct inbox *b, struct ike_dgram *out);

/* The marker of port 4500 taken off; empty: it is ESP, a keepalive, or nothing. Pure. */
struct span udp_unmarked(bool natt, struct span bytes);

/* --- sending --------------------------------------------------------------------------------------------------- */

/* Never waits. false: it could not be sent; IKE's retransmission is for that. */
bool udp_send(const int fds[UDP_SOCKETS], const struct ike_dgram *d);

#endif
