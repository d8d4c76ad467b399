/*
 * Private to the folder: messages between the two processes as runs of packets. A packet is one datagram of a
 * SOCK_SEQPACKET socket and begins with a header; the last one of a message says so. What one call writes is
 * never cut in two, so neither side ever holds more than one packet, however long the message is.
 *
 *   header, little-endian: magic 4, version 2, type 1, last 1, number of the message 4, number of the packet 4
 *
 * Pure but for the two callbacks: tests and the fuzz target read from memory.
 */
#ifndef REMOTE_WIRE_H
#define REMOTE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum {
	WIRE_MAGIC = 0x494B5250, /* "PRKI" */
	WIRE_VERSION = 1,        /* both ends are one program; this catches an upgrade between fork and exec */
	WIRE_HEAD = 16,
	WIRE_PACKET_MAX = 65536, /* below the send buffer's default (net.core.wmem_default, 208 KB) */
};

/* Sends one packet, all of it. -1 and `e`. */
typedef int wire_send_fn(void *ctx, const uint8_t *bytes, size_t n, struct err *e);
/* One packet into `room` (WIRE_PACKET_MAX bytes): its length, 0 at the end of the channel, -1 and `e`. */
typedef long wire_recv_fn(void *ctx, uint8_t *room, struct err *e);

struct wire_out {
	wire_send_fn *send;
	void *ctx;
	uint8_t type;
	uint32_t seq, part;
	size_t n;
	bool failed; /* sending failed; the rest of the message is thrown away */
	struct err e;
	uint8_t bytes[WIRE_PACKET_MAX];
};

/* Sticky: after the first thing that is wrong everything reads as zero. */
struct wire_in {
	wire_recv_fn *recv;
	void *ctx;
	uint8_t type;
	uint32_t seq, part;
	size_t at, n;
	bool last;
	bool closed;     /* the channel ended, or cannot be read: `e` */
	const char *bad; /* what is wrong with the message, or NULL */
	struct err e;
	uint8_t bytes[WIRE_PACKET_MAX];
};

void wire_begin(struct wire_out *w, uint8_t type, uint32_t seq);
/* Sends what is left. -1: some of the message could not be sent, w->e says why. */
int wire_end(struct wire_out *w);
void wire_put(struct wire_out *w, uint64_t v, unsigned bytes);
void wire_put_bytes(struct wire_out *w, const void *p, size_t n);

/* The first packet of the next message. 1; 0: the channel ended; -1: r->e or r->bad. */
int wire_open(struct wire_in *r);
/* 0: nothing was wrong and nothing is left; -1: r->e or r->bad. */
int wire_close(struct wire_in *r);
void wire_bad(struct wire_in *r, const char *why);
uint64_t wire_get(struct wire_in *r, unsigned bytes);
/* One byte, at most `max`. */
uint8_t wire_get_enum(struct wire_in *r, uint8_t max, const char *why);
bool wire_get_bool(struct wire_in *r);
void wire_get_bytes(struct wire_in *r, void *out, size_t n);
/* A count of four bytes, at most `max`. Memory is taken as items arrive, never by this number. */
uint32_t wire_get_count(struct wire_in *r, uint32_t max);
/* Has nothing gone wrong so far? */
bool wire_ok(const struct wire_in *r);

#endif
