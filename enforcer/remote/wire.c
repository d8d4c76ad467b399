#include "enforcer/remote/wire.h"

#include <string.h>

#include "common/base/banned.h"

/* --- writing ---------------------------------------------------------------------------------------- */

static void store(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t load(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void flush(struct wire_out *w, bool last)
{
	store(w->bytes, WIRE_MAGIC, 4);
	store(w->bytes + 4, WIRE_VERSION, 2);
	store(w->bytes + 6, w->type, 1);
	store(w->bytes + 7, last, 1);
	store(w->bytes + 8, w->seq, 4);
	store(w->bytes + 12, w->part++, 4);
	if (!w->failed && w->send(w->ctx, w->bytes, w->n, &w->e) != 0)
		w->failed = true;
	w->n = WIRE_HEAD;
}

void wire_begin(struct wire_out *w, uint8_t type, uint32_t seq)
{
	w->type = type;
	w->seq = seq;
	w->part = 0;
	w->n = WIRE_HEAD;
	w->failed = false;
	w->e = (struct err){0};
}

int wire_end(struct wire_out *w)
{
	flush(w, true);
	return w->failed ? -1 : 0;
}

static uint8_t *room(struct wire_out *w, size_t n)
{
	if (n > WIRE_PACKET_MAX - w->n)
		flush(w, false);
	w->n += n;
	return w->bytes + w->n - n;
}

void wire_put(struct wire_out *w, uint64_t v, unsigned bytes)
{
	store(room(w, bytes), v, bytes);
}

void wire_put_bytes(struct wire_out *w, const void *p, size_t n)
{
	if (n)
		memcpy(room(w, n), p, n);
}

/* --- reading ---------------------------------------------------------------------------------------- */

void wire_bad(struct wire_in *r, const char *why)
{
	if (!r->bad)
		r->bad = why;
}

bool wire_ok(const struct wire_in *r)
{
	return !r->bad && !r->closed;
}

/* What is wrong with a packet whose header is there, or NULL. */
static const char *head_fault(const struct wire_in *r, bool first)
{
	const uint8_t *h = r->bytes;

	if (load(h, 4) != WIRE_MAGIC)
		return "it is no message of the other process";
	if (load(h + 4, 2) != WIRE_VERSION)
		return "the other process is of another version";
	if (h[7] > 1)
		return "a yes/no field is neither";
	if (load(h + 12, 4) != (first ? 0 : r->part + 1))
		return "packets are out of order";
	if (!first && (h[6] != r->type || load(h + 8, 4) != r->seq))
		return "a message is cut off by another";
	return NULL;
}

/* The next packet. false: the end of the channel, an error, or nonsense. */
static bool next_packet(struct wire_in *r, bool first)
{
	long n = r->recv(r->ctx, r->bytes, &r->e);

	if (n <= 0) {
		r->closed = true;
		return false;
	}
	if (n < WIRE_HEAD) {
		wire_bad(r, "a packet is too short");
		return false;
	}
	wire_bad(r, head_fault(r, first));
	r->type = r->bytes[6];
	r->last = r->bytes[7];
	r->seq = (uint32_t)load(r->bytes + 8, 4);
	r->part = (uint32_t)load(r->bytes + 12, 4);
	r->at = WIRE_HEAD;
	r->n = (size_t)n;
	if (!r->last && r->n == WIRE_HEAD)
		wire_bad(r, "an empty packet is not the last");
	return !r->bad;
}

int wire_open(struct wire_in *r)
{
	r->bad = NULL;
	r->closed = r->last = false;
	r->at = r->n = 0;
	r->e = (struct err){0};
	if (next_packet(r, true))
		return 1;
	return r->closed && r->e.kind == ERR_NONE ? 0 : -1;
}

int wire_close(struct wire_in *r)
{
	if (wire_ok(r) && (!r->last || r->at != r->n))
		wire_bad(r, "something follows its end");
	return wire_ok(r) ? 0 : -1;
}

/* n bytes, all of one packet, or NULL. */
static const uint8_t *take(struct wire_in *r, size_t n)
{
	if (wire_ok(r) && r->at == r->n && !r->last)
		next_packet(r, false);
	if (wire_ok(r) && r->n - r->at < n)
		wire_bad(r, "it ends too early");
	if (!wire_ok(r))
		return NULL;
	r->at += n;
	return r->bytes + r->at - n;
}

uint64_t wire_get(struct wire_in *r, unsigned bytes)
{
	const uint8_t *p = take(r, bytes);

	return p ? load(p, bytes) : 0;
}

uint8_t wire_get_enum(struct wire_in *r, uint8_t max, const char *why)
{
	uint8_t v = (uint8_t)wire_get(r, 1);

	if (v <= max)
		return v;
	wire_bad(r, why);
	return 0;
}

bool wire_get_bool(struct wire_in *r)
{
	return wire_get_enum(r, 1, "a yes/no field is neither") == 1;
}

void wire_get_bytes(struct wire_in *r, void *out, size_t n)
{
	const uint8_t *p = n ? take(r, n) : NULL;

	if (p)
		memcpy(out, p, n);
}

uint32_t wire_get_count(struct wire_in *r, uint32_t max)
{
	uint32_t n = (uint32_t)wire_get(r, 4);

	if (n <= max)
		return n;
	wire_bad(r, "a list is too long");
	return 0;
}
