/* A message of each type of the control channel, with every field set; their bytes are in tests/unit/data/ipc-bytes.txt. */
#ifndef TESTS_IPC_SAMPLES_H
#define TESTS_IPC_SAMPLES_H

#include <stdio.h>

#include "common/ipc/ipc.h"
#include "tests/unit/assoc_samples.h"
#include "tests/unit/tap.h"

static inline struct dyn_rule a_rule(void)
{
	struct dyn_rule r = {
		.filter = {.description = "", .protocol = 6, .srcport = 7, .dstport = 0xABCD, .mirrored = true,
		    .src = {.kind = END_NET, .plen = 24, .lo = {.family = IP_V4, .b = {10, 1, 2}}, .dns = "peer.test"},
		    .dst = {.kind = END_RANGE, .lo = {.family = IP_V6, .b = {0x20, 1}},
		        .hi = {.family = IP_V6, .b = {0x20, 2}}}},
		.conntype = CONN_LAN, .action_in = ACTION_PERMIT, .action_out = ACTION_NEGOTIATE,
		.tunnel = {.family = IP_V4, .b = {192, 0, 2, 1}}, .mmpolicy = "Größe", .qmpolicy = "q",
		.auth = {.v = {{.kind = AUTH_PSK}, {.kind = AUTH_ROOTCA, .certmap = true, .text = "CN=x"},
		    {.kind = AUTH_KERBEROS}}, .n = 3},
		.psk = {"key"}};

	r.filter.guid.b[3] = 9;
	return r;
}

static inline struct dyn_change a_change(void)
{
	return (struct dyn_change){.op = DYN_SET, .kind = DYN_RULE, .given = DYN_G_EVERY, .u.rule = a_rule()};
}

static inline void a_page(struct dyn_page *p)
{
	struct dyn_item it = {.kind = DYN_SPECIFIC, .is_static = true, .dir = DYN_OUT, .weight = 77,
		.u.rule = a_rule()};
	size_t bytes = 0;

	p->kind = DYN_SPECIFIC;
	p->more = true;
	p->next = 0x123456789A;
	for (int i = 0; i < 3; i++)
		ok(ipc_page_add(p, &bytes, &it));
}

static inline void a_state(struct ipc_state *s)
{
	s->mode = OPMODE_BLOCK;
	snprintf(s->reason, sizeof s->reason, "no");
	s->applied_s = 1234567890;
	s->persistent_assigned = true;
	snprintf(s->persistent_policy, sizeof s->persistent_policy, "Rescue");
	s->persistent_guid.b[0] = 0x34;
	s->persistent_counter = 7;
	snprintf(s->version, sizeof s->version, "0.1");
	s->assigned = true;
	snprintf(s->policy, sizeof s->policy, "Telnet");
	s->guid.b[0] = 0x12;
	s->guid.b[15] = 0xFE;
	s->counter = 99;
	s->nfilters = 100000;
	s->nxfrm = 3;
	s->ike_running = true;
	snprintf(s->ike, sizeof s->ike, "running");
	snprintf(s->last_error, sizeof s->last_error, "old trouble");
}

static inline void a_traffic_page(struct ipc_traffic_page *p)
{
	p->policy.b[3] = 9;
	p->more = true;
	p->n = IPC_TRAFFIC_MAX;
	for (uint32_t i = 0; i < IPC_TRAFFIC_MAX; i++)
		p->v[i] = (struct traffic){.id = i + 1, .packets = UINT64_MAX - i, .bytes = i};
}

static inline struct ipc_ike an_ike(void)
{
	return (struct ipc_ike){.running = true, .number = 6005, .text = "no"};
}

static inline void a_sas_page(bool quick, struct ipc_sas_page *p)
{
	p->ike = an_ike();
	p->now_s = 1000000002;
	p->quick = quick;
	for (unsigned n = 1; n <= 4 && quick; n++)
		p->u.qm.v[p->u.qm.n++] = assoc_qmsa(n);
	for (unsigned n = 1; n <= 4 && !quick; n++)
		p->u.mm.v[p->u.mm.n++] = assoc_mmsa(n);
	if (quick) {
		p->u.qm.more = true;
		p->u.qm.next = 4;
	}
}

/* Messages about IKE. */
static inline void ike_sample(uint16_t type, struct ipc_msg *m)
{
	switch (type) {
	case IPC_COUNTS:
		m->u.counts.ike = an_ike();
		m->u.counts.stats.ike[3] = 4;
		m->u.counts.stats.ipsec[DYN_STATS_IPSEC - 1] = UINT64_MAX;
		m->u.counts.stats.replayed = 77;
		break;
	case IPC_SAS:
		m->u.sas.quick = true;
		m->u.sas.after = 0xAABBCCDDEEFF0011;
		break;
	case IPC_SAS_PAGE:
		a_sas_page(true, &m->u.sas_page);
		break;
	case IPC_KEY:
		m->u.key_name.b[7] = 7;
		break;
	case IPC_KEY_TEXT:
		m->u.key.found = true;
		m->u.key.text = "Schlüssel";
		break;
	}
}

static inline struct ipc_msg sample(uint16_t type)
{
	struct ipc_msg m = {.type = type, .seq = 0xA1B2C3D4};

	switch (type) {
	case IPC_NOTIFY:
		m.u.notify.persistent = true;
		m.u.notify.counter = 0x0102030405060708;
		break;
	case IPC_RESULT:
		m.u.result.counter = 7;
		m.u.result.failed = true;
		snprintf(m.u.result.text, sizeof m.u.result.text, "policy 'p', rule 'Tür': no");
		break;
	case IPC_STATE:
		a_state(&m.u.state);
		break;
	case IPC_CHANGE:
		m.u.change = a_change();
		break;
	case IPC_DONE:
		m.u.done.number = 13005;
		snprintf(m.u.done.text, sizeof m.u.done.text, "in use");
		break;
	case IPC_LIST:
		m.u.list.kind = DYN_QMPOLICY;
		m.u.list.after = 1;
		break;
	case IPC_PAGE:
		a_page(&m.u.page);
		break;
	case IPC_EXPLAIN:
		m.u.explain.json = m.u.explain.packet.inbound = true;
		m.u.explain.packet.family = IP_V4;
		m.u.explain.packet.src = m.u.explain.packet.dst = (struct ip){.family = IP_V4, .b = {10, 0, 0, 9}};
		m.u.explain.packet.protocol = PROTO_TCP;
		m.u.explain.packet.dport = 23;
		break;
	case IPC_EXPLANATION:
		m.u.explanation.text = "Verdict: block\n";
		break;
	case IPC_TRAFFIC:
		m.u.traffic.of = TRAFFIC_FILTERS;
		m.u.traffic.persistent = true;
		m.u.traffic.after = 7;
		break;
	case IPC_TRAFFIC_PAGE:
		a_traffic_page(&m.u.traffic_page);
		break;
	case IPC_ERROR:
		snprintf(m.u.error.text, sizeof m.u.error.text, "what?");
		break;
	default:
		ike_sample(type, &m);
	}
	return m;
}

static const uint16_t types[] = {IPC_NOTIFY, IPC_RESULT, IPC_STATUS, IPC_STATE, IPC_CHANGE, IPC_DONE, IPC_LIST,
	IPC_PAGE, IPC_STATS, IPC_COUNTS, IPC_EXPLAIN, IPC_EXPLANATION, IPC_TRAFFIC, IPC_TRAFFIC_PAGE,
	IPC_SAS, IPC_SAS_PAGE, IPC_KEY, IPC_KEY_TEXT, IPC_ERROR};
enum { N_TYPES = sizeof types / sizeof *types };

#endif
