/*
 * Where the enforcer listens for IKE, in its run folder: one SOCK_SEQPACKET socket for each of its two parties
 * (channel.h), mode 0600, root's. IKE connects to both, and when one of the two connections ends it closes the other and
 * begins anew. Then it says READY to *policy*.
 */
#ifndef IKE_CHANNEL_SOCKETS_H
#define IKE_CHANNEL_SOCKETS_H

#define IKC_SOCKET_POLICY "ike-policy.sock"
#define IKC_SOCKET_KERNEL "ike-kernel.sock"

#endif
