/* Dynamic objects for tests. */
#ifndef TESTS_DYN_UTIL_H
#define TESTS_DYN_UTIL_H

#include <stdlib.h>

#include "common/model/dynamic.h"
#include "common/model/values.h"

static inline struct dyn_change dyn_mm(enum dyn_op op, const char *name)
{
	struct dyn_change c = {.op = (uint8_t)op, .kind = DYN_MMPOLICY, .u.mm = {.name = name, .mmlifetime_s = 28800}};

	struct err e = {0};

	mm_offers_parse(MM_DEFAULT, DIALECT_LINUX, "", &c.u.mm.offers, &e);
	return c;
}

static inline struct dyn_change dyn_qm(enum dyn_op op, const char *name)
{
	struct dyn_change c = {.op = (uint8_t)op, .kind = DYN_QMPOLICY, .u.qm = {.name = name}};

	struct err e = {0};

	qm_offers_parse(QM_DEFAULT, DIALECT_LINUX, "", &c.u.qm.offers, &e);
	return c;
}

/* me <-> 10.0.0.n, TCP to that port of ours */
enum { DYN_PORT = 2323 };
static inline struct dyn_change dyn_telnet(enum dyn_op op, uint8_t n, enum action in, enum action out)
{
	struct dyn_change c = {.op = (uint8_t)op, .kind = DYN_RULE,
		.u.rule = {.filter = {.description = "", .mirrored = true, .protocol = PROTO_TCP, .dstport = DYN_PORT,
		               .dst = {.kind = END_ME},
		               .src = {.kind = END_NET, .plen = 32, .lo = {.family = IP_V4, .b = {10, 0, 0, n}}}},
			.action_in = (uint8_t)in, .action_out = (uint8_t)out, .mmpolicy = "M", .qmpolicy = "",
			.auth = {.v = {{.kind = AUTH_KERBEROS}}, .n = 1}}};

	return c;
}

#endif
