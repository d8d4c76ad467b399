/*
 * One TCP connection of this host with a peer, as a value: the one over which a person works, as sshd tells it.
 * Pure.
 */
#ifndef MODEL_CONNECTION_H
#define MODEL_CONNECTION_H

#include "common/model/model.h"
#include "common/model/packet.h"

struct connection {
	struct ip peer, own; /* of one family */
	uint16_t peer_port, own_port;
};

/*
 * Reads what sshd puts into SSH_CONNECTION: "PEER PEER-PORT OWN OWN-PORT", separated by single blanks
 * (ssh(1)). The zone of a link-local address (RFC 4007 §11) is left out, an IPv4-mapped address
 * (RFC 4291 §2.5.5.2) becomes the IPv4 address that is on the wire. false: it is anything else.
 */
bool connection_parse(const char *text, struct connection *out);
/* A packet of it that arrives, or one that leaves; on an interface that is no dial-up one. */
struct packet connection_packet(const struct connection *c, bool inbound);
/*
 * May the filter, or its mirror image, take packets of it? false is certain. true may be wrong where only the
 * facts of the host tell: server types. Cheap: for each of very many filters.
 */
bool connection_meets(const struct connection *c, const struct filter *f);

#endif
