/*
 * Private to the folder: messages between the two processes as runs of packets, written and read through the cursors of
 * common/base. A packet is one datagram of a SOCK_SEQPACKET socket and begins with a header; the last one of a message
 * says so. What one call writes is never cut in two, so neither side ever holds more than one packet, however long the
 * message is.
 *
 *   header, little-endian: magic 4, version 2, type 1, last 1, number of the message 4, number of the packet 4
 *
 * Pure but for the two callbacks: tests and the fuzz target read from memory.
 */
#ifndef REMOTE_PACKETS_H
#define REMOTE_PACKETS_H

#include "common/base/err.h"
#include "common/base/wr.h"

enum {
	PACKET_MAGIC = 0x494B5250, /* "PRKI" */
	PACKET_VERSION = 1,        /* both ends are one program; this catches an upgrade between fork and exec */
	PACKET_HEAD = 16,
	PACKET_MAX = 65536, /* below the send buffer's default (net.core.wmem_default, 208 KB) */
};

/* Sends one packet, all of it. -1 and `e`. */
typedef int packets_send_fn(void *ctx, const uint8_t *bytes, size_t n, struct err *e);
/* One packet into `room` (PACKET_MAX bytes): its length, 0 at the end of the channel, -1 and `e`. */
typedef long packets_recv_fn(void *ctx, uint8_t *room, struct err *e);

struct packets_out {
	struct wr w; /* first, for its drain; bad: sending failed (`e`), the rest of the message is thrown away */
	packets_send_fn *send;
	void *ctx;
	uint8_t type;
	uint32_t seq, part;
	struct err e;
	uint8_t bytes[PACKET_MAX];
};

struct packets_in {
	struct rd r; /* first, for its refill; bad: what is wrong with the message, or that the channel ended */
	packets_recv_fn *recv;
	void *ctx;
	uint8_t type;
	uint32_t seq, part;
	bool last;
	bool closed; /* the channel ended, or cannot be read: `e` */
	struct err e;
	uint8_t bytes[PACKET_MAX];
};

void packets_begin(struct packets_out *out, uint8_t type, uint32_t seq);
/* Sends what is left. -1: some of the message could not be sent, out->e says why. */
int packets_end(struct packets_out *out);

/* The first packet of the next message. 1; 0: the channel ended; -1: in->e or in->r.bad. */
int packets_open(struct packets_in *in);
/* 0: nothing was wrong and nothing is left; -1: in->r.bad says what. */
int packets_close(struct packets_in *in);

#endif
