/*
 * The beginning of a packet, from its IP header on -> a packet as a value. Pure; the bytes come from the wire
 * and may be cut anywhere. Follows what nf_tables sees: for IPv6 the protocol behind the extension headers.
 */
#ifndef DAEMON_PACKET_HEAD_H
#define DAEMON_PACKET_HEAD_H

#include <stddef.h>

#include "common/model/packet.h"

struct packet_head {
	struct packet packet; /* ports 0 unless `ports`; inbound and dialup are the caller's */
	uint32_t length;      /* of the whole packet in bytes, as its header says */
	bool ports;           /* TCP, UDP, SCTP, DCCP, UDP-Lite: both ports are there */
	bool icmp;            /* ICMP, ICMPv6: type and code are there */
	uint8_t type, code;
	bool fragment;        /* a later fragment: it has no ports, no type */
};

/* false: not even an IP header. What is cut off behind it is missing, and `ports` and `icmp` say so. */
bool packet_head_parse(const uint8_t *bytes, size_t n, struct packet_head *out);

#endif
