/* Associations with every field set, and a page of many; for the bytes of the control channel and for what shells print. */
#ifndef TESTS_ASSOC_SAMPLES_H
#define TESTS_ASSOC_SAMPLES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/model/assoc.h"

static inline struct ip assoc_ip(const char *text)
{
	struct ip a;

	if (!ip_parse(text, &a))
		abort();
	return a;
}

/* The n-th: with 10.0.0.n, of IPv6 when n is even. */
static inline struct mmsa assoc_mmsa(unsigned n)
{
	char peer[IP_TEXT];
	struct mmsa a = {.id = n, .icookie = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, (uint8_t)n},
		.rcookie = {0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10}, .initiator = n % 2, .natt = n % 2 == 0, .dpd = n % 2,
		.offer = {ENCR_3DES, INTEG_SHA1, 2}, .auth = AUTH_PSK, .life_s = 28800, .quick_modes = 3, .since_s = 1000000000,
		.until_s = 1000028800};

	snprintf(peer, sizeof peer, n % 2 ? "10.0.0.%u" : "2001:db8::%u", n);
	a.local = (struct assoc_end){assoc_ip(n % 2 ? "192.0.2.1" : "2001:db8::10"), (uint16_t)(a.natt ? 4500 : 500)};
	a.remote = (struct assoc_end){assoc_ip(peer), a.local.port};
	snprintf(a.remote_id, sizeof a.remote_id, "%s", peer);
	return a;
}

/* 1: ESP and AH of one host, TCP 23; 2: a tunnel of nets, behind a NAT, IPv6; 3: soft; then 1 again with another peer. */
static inline struct qmsa assoc_qmsa(unsigned n)
{
	const struct mmsa m = assoc_mmsa(n);
	struct qmsa a = {.id = n, .mmsa = m.id, .local = m.local, .remote = m.remote, .initiator = m.initiator, .src = {m.local.ip, 32},
		.dst = {m.remote.ip, 32}, .protocol = PROTO_TCP, .dport = 23, .since_s = 1000000001, .until_s = 1000003601, .policy = "QM1",
		.offer = {INTEG_SHA1, true, ENCR_3DES, INTEG_MD5, 100000, 3600}, .pfs = 2, .ah_in = 0x1001, .ah_out = 0x1002,
		.esp_in = 0xC0FFEE01, .esp_out = 0x1004, .counted = true, .sent = 5000000000, .received = 1008, .sent_packets = 4000000,
		.received_packets = 1};

	if (n == 2) {
		a.tunnel = a.udp_encap = true;
		a.original = assoc_ip("2001:db8:9::9");
		a.src = (struct ip_prefix){assoc_ip("2001:db8:1::"), 48};
		a.dst = (struct ip_prefix){assoc_ip("2001:db8:2::"), 64};
		a.protocol = 0;
		a.dport = 0;
		a.offer = (struct qm_offer){INTEG_NONE, true, ENCR_AESGCM128, INTEG_NONE, 0, 3600};
		a.ah_in = a.ah_out = a.pfs = 0;
		a.policy = "Größe";
	} else if (n == 3) {
		a.soft = true;
		a.offer = (struct qm_offer){.life_s = 900};
		a.mmsa = a.pfs = a.ah_in = a.ah_out = a.esp_in = a.esp_out = 0;
		a.policy = "";
		a.counted = false;
		a.sent = a.received = a.sent_packets = a.received_packets = 0;
	} else if (n % 2 == 0) {
		a.src.plen = a.dst.plen = 128;
	}
	return a;
}

#endif
