// FOLDERS: sim ike_engine ike_codec ike_crypto base
// LIBS: -lcrypto
/*
 * Two engines in the middle of whatever the input makes of it. Each step is a byte and its arguments: a message is
 * delivered as it is, changed or lost; bytes of the input arrive as a datagram, from the peer or in fragments; time passes;
 * kernel and administrator want something. Nothing may crash or leak, and afterwards, on a good network and after the
 * old has timed out, the two must come together again.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/private.h"

#include "common/base/banned.h"

static void datagram(struct sim *sim, struct rd *r)
{
	uint8_t head = rd_u8(r);
	size_t to = head & 1, n = rd_u8(r) + (head & 2 ? 256u : 0u);
	struct ike_dgram d = {.natt = head & 4, .local = {sim->hosts[to].ip, head & 4 ? 4500 : 500},
	    .remote = {sim->hosts[1 - to].ip, head & 8 ? 4500 : 500}};
	struct sim_flight *f = sim_next_message(sim);
	uint8_t *copy;

	d.bytes = rd_bytes(r, n < r->n ? n : r->n);
	copy = calloc(1, d.bytes.n + 1);
	if (d.bytes.n)
		memcpy(copy, d.bytes.p, d.bytes.n);
	/* With the cookies of a message that is under way it gets further. */
	if (head & 16 && f && d.bytes.n >= IKE_HEADER_LEN && f->d.bytes.n >= IKE_HEADER_LEN) {
		memcpy(copy, f->d.bytes.p, 16);
		copy[24] = copy[25] = 0;
		copy[26] = (uint8_t)(d.bytes.n >> 8);
		copy[27] = (uint8_t)d.bytes.n;
	}
	d.bytes.p = copy;
	ike_input(sim->hosts[to].ike, sim->now, &d);
	sim_drain(sim, to);
	free(copy);
}

static void changed(struct sim *sim, struct rd *r)
{
	struct sim_flight *f = sim_next_message(sim);
	uint8_t changes = rd_u8(r) % 8;

	for (; f && changes && f->d.bytes.n; changes--) {
		size_t at = rd_u16(r) % f->d.bytes.n;

		f->bytes[at] = (uint8_t)(f->bytes[at] ^ rd_u8(r));
	}
	if (f)
		sim_deliver(sim, f);
}

static void command(struct sim *sim, struct rd *r)
{
	uint8_t b = rd_u8(r);
	size_t host = b & 1;
	struct ike_cmd c = {.kind = IKE_CMD_DELETE};
	const struct sim_sa *s = &sim->hosts[host].sas[rd_u8(r) % 8];

	switch (b >> 1 & 3) {
	case 0:
		sim_acquire(sim, host, 1 - host);
		return;
	case 1:
		sim_packet(sim, host, 1 - host, 100);
		return;
	case 2:
		c.kind = IKE_CMD_EXPIRE;
		c.u.expire.sa = s->sa.id;
		c.u.expire.why = b & 128 ? IKE_FAIL_QM_EXPIRED : IKE_OK;
		break;
	default:
		break;
	}
	sim_command(sim, host, &c);
}

static void step(struct sim *sim, struct rd *r)
{
	struct sim_flight *f = sim_next_message(sim);

	switch (rd_u8(r) % 6) {
	case 0:
		if (f)
			sim_deliver(sim, f);
		break;
	case 1:
		if (f)
			sim_drop(sim, f);
		break;
	case 2:
		changed(sim, r);
		break;
	case 3:
		datagram(sim, r);
		break;
	case 4:
		sim_run(sim, DUR_MS(rd_u16(r)));
		break;
	case 5:
		command(sim, r);
		break;
	}
}

static void must(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct sim *sim = sim_new(4711, NULL);
	struct rd r = rd_of(span_of(bytes, n));

	sim_pair(sim);
	sim->connected = true;
	sim_acquire(sim, ANDY, BETTY);
	for (int i = 0; i < 200 && r.n; i++)
		step(sim, &r);
	sim->connected = false;
	sim_run(sim, DUR_S(400)); /* all that hangs, and the idle time */
	sim_packet(sim, ANDY, BETTY, 10);
	sim_run(sim, DUR_S(100));
	sim_packet(sim, ANDY, BETTY, 10);
	sim_run(sim, DUR_S(20));
	must(sim_packet(sim, ANDY, BETTY, 10) && sim_packet(sim, BETTY, ANDY, 10));
	sim_check(sim);
	must(sim_ok(sim));
	sim_free(sim);
	return 0;
}
