/*
 * A host (the namespace the test is in) and the wire of its two interfaces, eth0 and ppp0, of which both ends
 * are in our hands: frames are put on the wire as some neighbour would, what the host sends is read off it, and
 * raw sockets tell what of the former reached the host. One thread on one CPU, so a packet is where it goes
 * when the call that sent it returns.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include "common/model/packet.h"

/*
 * Makes the namespaces with the addresses and routes of host_facts() (world.h); the caller is in the host's
 * afterwards. -1: they cannot be made here, and `why` says why not.
 */
int wire_up(const char **why);

/*
 * Sends the packet, marked with that number: an inbound one from the wire, an outbound one by a socket of its
 * protocol. -1 when the host could not even try (that is no verdict on the packet), with errno.
 */
int wire_send(const struct packet *p, unsigned number);

enum { WIRE_NUMBERS = 256 };
/*
 * Which of the packets sent since the last call arrived: the inbound ones at the host, the outbound ones on the
 * wire, in clear. false: the wire is broken, not even exempt packets arrive.
 */
bool wire_arrived(bool arrived[WIRE_NUMBERS]);

#endif
