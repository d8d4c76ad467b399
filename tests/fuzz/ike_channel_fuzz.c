// FOLDERS: broker ike_channel ike_engine base
/*
 * The channel between IKE and the enforcer, both directions: the first byte says who is at the other end, the rest is
 * a run of messages, each behind two bytes of length. What is accepted must encode to the very bytes it came from.
 * Then what each end does with it: *net* puts profiles together and takes them apart, the enforcer asks the broker,
 * which may grant nothing without a plan that a template of it waits for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "enforcer/broker/broker.h"
#include "ike/channel/channel.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ikc_assembly assembly;
static struct broker *broker;
static uint32_t reqids[2] = {0x49500001, 0x49500002};

/* A plan of one template and no profile at first; a profile that came through the channel is the broker's then. */
static void give_plan(struct ike_profile *p)
{
	static const struct ip local = {.family = IP_V4, .b = {10, 0, 0, 1}};
	struct xfrm_pol pol = {.dir = XFRM_D_OUT, .kind = XFRM_K_PROTECT, .family = IP_V4, .src = local, .src_plen = 32,
	    .dst = {.family = IP_V4, .b = {10, 1}}, .dst_plen = 16, .protocol = 6, .sport = 0x1234, .dport = 23,
	    .reqid = reqids[0], .protection = PROTECT_ESP};

	broker_set_plan(broker, &pol, 1, p, &local, 1);
}

/* Through parts and back it is the same number of rules. */
static void take_profile(struct ike_profile *p)
{
	struct ikc_assembly again = {0};
	struct ike_profile *q = NULL;
	struct ikc_parts parts;
	static struct ikc_msg m;
	struct err e = {0};
	int rc = 0;

	if (ikc_parts_init(&parts, p, &e))
		abort();
	for (size_t i = 0; i < parts.n && rc == 0; i++) {
		ikc_parts_get(&parts, i, &m);
		rc = ikc_assemble(&again, &m, &q, &e);
	}
	if (rc != 1 || q->nrules != p->nrules)
		abort();
	ikc_parts_fini(&parts);
	ike_profile_free(q);
	give_plan(p);
}

static void as_net(const struct ikc_msg *m)
{
	struct ike_profile *p = NULL;
	struct err e = {0};

	if (m->type > IKC_PROFILE_END || (m->type == IKC_PROFILE_BEGIN && m->u.begin.nrules > 1000))
		return;
	if (ikc_assemble(&assembly, m, &p, &e) == 1)
		take_profile(p);
}

static void add(const struct ike_sa *sa)
{
	struct broker_grant g;

	if (broker_sa_add(broker, sa, &g) != BROKER_OK)
		return;
	if (sa->replay_window < BROKER_WINDOW_MIN || !sa->hard_s || !sa->hard_bytes)
		abort();
	if (!g.policy.needed && sa->reqid != reqids[0])
		abort(); /* nobody waits for that */
	broker_added(broker, sa, &g);
	if (broker_names(broker, &sa->id) != BROKER_OK)
		abort();
}

static void as_enforcer(const struct ikc_msg *m)
{
	struct broker_grant g;
	struct ike_selector sel;
	struct ike_sa_id id;
	struct ike_sa sa;

	switch (m->type) {
	case IKC_GET_SPI:
		id = (struct ike_sa_id){m->u.get_spi.src, m->u.get_spi.dst, m->u.get_spi.protocol, 0x1000};
		if (broker_get_spi(broker, &id, m->u.get_spi.reqid, m->u.get_spi.tunnel) == BROKER_OK)
			broker_reserved(broker, &id);
		break;
	case IKC_SA_ADD:
		add(&m->u.sa);
		break;
	case IKC_SA_DEL:
		if (broker_names(broker, &m->u.sa_id) == BROKER_OK)
			broker_gone(broker, &m->u.sa_id);
		break;
	case IKC_SA_MOVE:
		if (broker_move(broker, &m->u.move.sa, &m->u.move.local, &m->u.move.remote, &sa, &g) == BROKER_OK)
			broker_moved(broker, &m->u.move.sa, &sa, &g);
		break;
	case IKC_SOFT_ADD:
		if (broker_soft_add(broker, m->u.soft.id, &m->u.soft.sel, m->u.soft.reqid, m->u.soft.life) == BROKER_OK)
			broker_soft_added(broker, m->u.soft.id, &m->u.soft.sel, m->u.soft.reqid, m->u.soft.life);
		break;
	case IKC_SOFT_DEL:
		if (broker_soft_names(broker, m->u.soft.id, &sel) == BROKER_OK)
			broker_soft_gone(broker, m->u.soft.id);
		break;
	}
}

static void one(const uint8_t *bytes, size_t n, unsigned from)
{
	static struct ikc_msg m;
	static uint8_t again[IKC_MSG_MAX];
	struct err e = {0};

	if (ikc_decode(bytes, n, from, &m, &e) != 0) {
		if (e.id != IPC_BAD)
			abort();
		return;
	}
	if (!(ikc_type_from(m.type) & from) || ikc_encode(&m, again) != n || memcmp(again, bytes, n) != 0)
		abort();
	if (from & IKC_NET)
		as_enforcer(&m);
	if (from & IKC_ENFORCER)
		as_net(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned from = size ? data[0] & (IKC_NET | IKC_ENFORCER) : 0;

	broker = broker_new();
	give_plan(NULL);
	for (size_t at = 1; at + 2 <= size;) {
		size_t n = (size_t)data[at] << 8 | data[at + 1];

		at += 2;
		n = n < size - at ? n : size - at;
		one(data + at, n, from);
		at += n;
	}
	broker_free(broker);
	ikc_assembly_fini(&assembly);
	return 0;
}
