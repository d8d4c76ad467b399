#include "enforcer/remote/packets.h"

#include "common/base/banned.h"

/* --- writing ---------------------------------------------------------------------------------------- */

static void send_packet(struct packets_out *out, bool last)
{
	struct wr head = wr_of(out->bytes, PACKET_HEAD);

	wr_le32(&head, PACKET_MAGIC);
	wr_le16(&head, PACKET_VERSION);
	wr_u8(&head, out->type);
	wr_bool(&head, last);
	wr_le32(&head, out->seq);
	wr_le32(&head, out->part++);
	if (!out->w.bad && out->send(out->ctx, out->bytes, out->w.n, &out->e) != 0)
		out->w.bad = true;
	out->w.n = PACKET_HEAD;
}

static void send_full(struct wr *w)
{
	send_packet((struct packets_out *)w, false);
}

void packets_begin(struct packets_out *out, uint8_t type, uint32_t seq)
{
	out->w = (struct wr){.p = out->bytes, .n = PACKET_HEAD, .cap = sizeof out->bytes, .drain = send_full};
	out->type = type;
	out->seq = seq;
	out->part = 0;
	out->e = (struct err){0};
}

int packets_end(struct packets_out *out)
{
	send_packet(out, true);
	return out->w.bad ? -1 : 0;
}

/* --- reading ---------------------------------------------------------------------------------------- */

/* Takes the header, which is there. What is wrong with it, or NULL. */
static const char *take_head(struct packets_in *in, bool first)
{
	struct rd head = rd_of(span_of(in->bytes, PACKET_HEAD));
	uint32_t magic = rd_le32(&head), version = rd_le16(&head);
	uint8_t type = rd_u8(&head), last = rd_u8(&head);
	uint32_t seq = rd_le32(&head), part = rd_le32(&head);

	if (magic != PACKET_MAGIC)
		return "it is no message of the other process";
	if (version != PACKET_VERSION)
		return "the other process is of another version";
	if (last > 1)
		return "a yes/no field is neither";
	if (part != (first ? 0 : in->part + 1))
		return "packets are out of order";
	if (!first && (type != in->type || seq != in->seq))
		return "a message is cut off by another";
	in->type = type;
	in->last = last;
	in->seq = seq;
	in->part = part;
	return NULL;
}

static void receive(struct packets_in *in, bool first)
{
	long n = in->recv(in->ctx, in->bytes, &in->e);
	const char *fault;

	if (n <= 0) {
		in->closed = true;
		rd_bad(&in->r, "it is gone");
		return;
	}
	fault = n < PACKET_HEAD ? "a packet is too short" : take_head(in, first);
	if (!fault && !in->last && n == PACKET_HEAD)
		fault = "an empty packet is not the last";
	if (fault) {
		rd_bad(&in->r, fault);
		return;
	}
	in->r.p = in->bytes + PACKET_HEAD;
	in->r.n = (size_t)n - PACKET_HEAD;
}

static void receive_next(struct rd *r)
{
	struct packets_in *in = (struct packets_in *)r;

	if (!in->last)
		receive(in, false);
}

int packets_open(struct packets_in *in)
{
	in->r = (struct rd){.refill = receive_next};
	in->closed = false;
	in->e = (struct err){0};
	receive(in, true);
	if (!in->r.bad)
		return 1;
	return in->closed && in->e.kind == ERR_NONE ? 0 : -1;
}

int packets_close(struct packets_in *in)
{
	if (!in->last || in->r.n != 0)
		rd_bad(&in->r, "something follows its end");
	return in->r.bad ? -1 : 0;
}
