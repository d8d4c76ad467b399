/* Whole messages: header, who may send what, and the way between actions and messages. Pure. */
#include "ike/channel/channel.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/channel/private.h"

#include "common/base/banned.h"

static const struct kind {
	uint16_t type;
	uint8_t from, to; /* enum ikc_party */
	const char *name;
} kinds[] = {
#define M(id, number, from, to, meaning) {number, IKC_##from, IKC_##to, #id},
    IKC_MESSAGES(M)
#undef M
};

static const struct kind *find_kind(uint64_t type)
{
	for (size_t i = 0; i < N_OF(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

const char *ikc_type_name(uint16_t type)
{
	const struct kind *k = find_kind(type);

	return k ? k->name : NULL;
}

unsigned ikc_type_from(uint16_t type)
{
	const struct kind *k = find_kind(type);

	return k ? k->from : 0;
}

_Static_assert(IKC_PROFILE_CODECS + IKC_KERNEL_CODECS + IKC_WATCH_CODECS == N_OF(kinds), "each message has a codec");

static const struct ikc_codec *find_codec(uint16_t type)
{
	static const struct {
		const struct ikc_codec *v;
		size_t n;
	} tables[] = {{ikc_profile_codecs, IKC_PROFILE_CODECS}, {ikc_kernel_codecs, IKC_KERNEL_CODECS},
	    {ikc_watch_codecs, IKC_WATCH_CODECS}};

	for (size_t t = 0; t < N_OF(tables); t++)
		for (size_t i = 0; i < tables[t].n; i++)
			if (tables[t].v[i].type == type)
				return &tables[t].v[i];
	return NULL;
}

size_t ikc_encode(const struct ikc_msg *m, uint8_t out[IKC_MSG_MAX])
{
	struct wr head = wr_of(out, IKC_HEAD_BYTES), body = wr_of(out + IKC_HEAD_BYTES, IKC_BODY_MAX);

	find_codec(m->type)->put(&body, m);
	wr_u32(&head, IKC_MAGIC);
	wr_u16(&head, IKC_VERSION);
	wr_u16(&head, m->type);
	wr_u32(&head, (uint32_t)body.n);
	wr_u32(&head, m->seq);
	return IKC_HEAD_BYTES + body.n;
}

/* The header; NULL with the reason in `e`. */
static const struct ikc_codec *get_head(struct rd *in, unsigned from, struct ikc_msg *m, struct err *e)
{
	uint64_t magic = rd_u32(in), version = rd_u16(in), type = rd_u16(in), length = rd_u32(in);
	const struct kind *k = find_kind(type);
	char why[80] = "";

	m->seq = rd_u32(in);
	if (in->bad || magic != IKC_MAGIC)
		snprintf(why, sizeof why, "it is no message of the IKE channel");
	else if (version != IKC_VERSION)
		snprintf(why, sizeof why, "it speaks version %u, this program version %u", (unsigned)version,
		    (unsigned)IKC_VERSION);
	else if (!k)
		snprintf(why, sizeof why, "message type %u is unknown", (unsigned)type);
	else if (!(k->from & from))
		snprintf(why, sizeof why, "%s may not come from there", k->name);
	else if (length != in->n || length > IKC_BODY_MAX)
		snprintf(why, sizeof why, "the length of %s is wrong", k->name);
	if (why[0]) {
		err_set(e, IPC_BAD, why);
		return NULL;
	}
	m->type = (uint16_t)type;
	return find_codec(m->type);
}

int ikc_decode(const uint8_t *bytes, size_t n, unsigned from, struct ikc_msg *m, struct err *e)
{
	struct rd in = rd_of(span_of(bytes, n));
	const struct ikc_codec *c;

	memset(m, 0, sizeof *m);
	c = get_head(&in, from, m, e);
	if (!c)
		return -1;
	c->get(&in, m);
	if (!in.bad && in.n != 0)
		in.bad = "something follows its end";
	if (!in.bad)
		return 0;
	ikc_wipe(m);
	return err_set(e, IPC_BAD, in.bad);
}

void ikc_wipe(struct ikc_msg *m)
{
	secret_wipe(m, sizeof *m);
}

/* --- actions ------------------------------------------------------------------------------------------------- */

static void from_event(const struct ike_event *event, struct ikc_event *out)
{
	out->event = *event;
	if (event->sel) {
		out->sel = *event->sel;
		out->event.sel = &out->sel;
	}
	snprintf(out->detail, sizeof out->detail, "%s", event->detail);
	out->event.detail = out->detail;
}

static void from_soft(const struct ike_action *a, struct ikc_soft *out)
{
	*out = (struct ikc_soft){a->u.soft.id, a->u.soft.sel, a->u.soft.reqid, a->u.soft.life};
}

/* The bodies; the type is known. */
static void from_action(const struct ike_action *a, struct ikc_msg *m)
{
	switch (m->type) {
	case IKC_GET_SPI:
		m->u.get_spi = (struct ikc_get_spi){a->u.get_spi.src, a->u.get_spi.dst, a->u.get_spi.protocol,
		    a->u.get_spi.reqid, a->u.get_spi.tunnel, a->u.get_spi.acquire};
		break;
	case IKC_SA_ADD:
		m->u.sa = *a->u.sa;
		break;
	case IKC_SA_DEL:
	case IKC_SA_QUERY:
		m->u.sa_id = a->u.sa_id;
		break;
	case IKC_SA_MOVE:
		m->u.move = (struct ikc_move){a->u.move.sa, a->u.move.local, a->u.move.remote};
		break;
	case IKC_ACQUIRE_DONE:
		m->u.acquire_done = (struct ikc_acquire_done){a->u.acquire.acquire, (uint32_t)a->u.acquire.why};
		break;
	case IKC_EVENT:
		from_event(&a->u.event, &m->u.event);
		break;
	default: /* SOFT_ADD, SOFT_QUERY, SOFT_DEL */
		from_soft(a, &m->u.soft);
		break;
	}
}

bool ikc_from_action(const struct ike_action *a, struct ikc_msg *m)
{
	static const struct {
		enum ike_do kind;
		uint16_t type;
	} rows[] = {
	    {IKE_DO_GET_SPI, IKC_GET_SPI}, {IKE_DO_SA_ADD, IKC_SA_ADD}, {IKE_DO_SA_DEL, IKC_SA_DEL},
	    {IKE_DO_SA_MOVE, IKC_SA_MOVE}, {IKE_DO_SA_QUERY, IKC_SA_QUERY},
	    {IKE_DO_ACQUIRE_DONE, IKC_ACQUIRE_DONE}, {IKE_DO_SOFT_ADD, IKC_SOFT_ADD},
	    {IKE_DO_SOFT_QUERY, IKC_SOFT_QUERY}, {IKE_DO_SOFT_DEL, IKC_SOFT_DEL}, {IKE_DO_EVENT, IKC_EVENT},
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		if (rows[i].kind != a->kind)
			continue;
		memset(m, 0, sizeof *m);
		m->type = rows[i].type;
		m->seq = a->op;
		from_action(a, m);
		return true;
	}
	return false;
}

struct ike_result ikc_to_result(const struct ikc_result *r, enum ike_do kind)
{
	struct ike_result out = {.ok = r->ok};

	if (kind == IKE_DO_GET_SPI) {
		out.u.spi = r->spi;
	} else {
		out.u.usage.bytes = r->bytes;
		out.u.usage.packets = r->packets;
		out.u.usage.last_use = r->last_use;
	}
	return out;
}
