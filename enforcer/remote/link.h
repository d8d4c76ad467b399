/* Private to the folder: packets of packets.h over a socket, which `ctx` points to (int *). */
#ifndef REMOTE_LINK_H
#define REMOTE_LINK_H

#include "enforcer/remote/packets.h"

int link_send(void *ctx, const uint8_t *bytes, size_t n, struct err *e);
long link_recv(void *ctx, uint8_t *room, struct err *e);

#endif
