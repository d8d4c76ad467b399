// FOLDERS: remote kernel diff compile model ike_channel ike_engine ike_codec base
// LIBS: -lmnl
/*
 * Both directions of the channel between the two processes. First byte 0: packets as they come, each behind its
 * length (2 bytes). Otherwise it is the type of a message and the rest its body. What is accepted encodes to the
 * bytes it came from, and what *policy* may ask is encoded for the kernel: nothing may go wrong there any more.
 */
#include <stdlib.h>
#include <string.h>

#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"
#include "enforcer/remote/check.h"
#include "tests/unit/remote_bed.h"

#include "common/base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct packets_out out;
static struct packets_in in;

/* Is what was written since the last packets_begin() one packet with that body? */
static void same(struct tape *p, const uint8_t *body, size_t n)
{
	if (packets_end(&out) != 0 || p->n != 1 || p->v[0].n != PACKET_HEAD + n || memcmp(p->v[0].p + PACKET_HEAD, body, n) != 0)
		abort();
}

static void encode_nft(const struct ops *o)
{
	static _Alignas(8) char msg[NFT_MSG_ROOM];

	for (size_t i = 0; i < o->n; i++) {
		size_t at = 0, room = 0;
		while (nft_encode(o, i, &at, msg, 1))
			if (((const struct nlmsghdr *)(const void *)msg)->nlmsg_len > NFT_MSG_ROOM || ++room > o->nelems + 8)
				abort();
	}
}

static void try_nft(struct tape *p, const uint8_t *body, size_t n)
{
	struct ops o;

	remote_get_nft(&in.r, &o);
	if (packets_close(&in) == 0) {
		remote_put_nft(&out.w, &o);
		same(p, body, n);
		if (!check_nft(&o))
			encode_nft(&o);
	}
	ops_free(&o);
}

static void try_xfrm(struct tape *p, const uint8_t *body, size_t n)
{
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct remote_xfrm x;

	remote_get_xfrm(&in.r, &x);
	if (packets_close(&in) == 0) {
		remote_put_xfrm(&out.w, &x.o, 0, x.o.n, x.undo, x.ok);
		same(p, body, n);
		if (!check_xfrm(&x.o, x.undo))
			for (size_t i = 0; i < x.o.n; i++)
				xfrm_encode(&x.o, i, x.undo, msg, 1);
	}
	remote_xfrm_free(&x);
}

static void try_state(struct tape *p, const uint8_t *body, size_t n)
{
	struct kstate s;

	remote_get_state(&in.r, &s);
	if (packets_close(&in) == 0) {
		remote_put_state(&out.w, &s);
		same(p, body, n);
		kstate_sort(&s);
	}
	kstate_free(&s);
}

static void try_names(struct tape *p, const uint8_t *body, size_t n)
{
	struct kstate s;

	remote_get_names(&in.r, &s);
	if (packets_close(&in) == 0) {
		remote_put_names(&out.w, &s);
		same(p, body, n);
	}
	kstate_free(&s);
}

static void try_counts(struct tape *p, const uint8_t *body, size_t n)
{
	struct kernel_counts c;

	remote_get_counts(&in.r, &c);
	if (packets_close(&in) == 0) {
		remote_put_counts(&out.w, &c);
		same(p, body, n);
	}
	kernel_counts_free(&c);
}

static void try_answer(struct tape *p, const uint8_t *body, size_t n)
{
	struct remote_answer a;

	remote_get_answer(&in.r, &a);
	if (packets_close(&in) == 0) {
		remote_put_answer(&out.w, &a);
		same(p, body, n);
	}
}

static void try_text(struct tape *p, const uint8_t *body, size_t n)
{
	char text[REMOTE_STATE_TEXT_MAX];

	remote_get_text(&in.r, text);
	if (packets_close(&in) == 0) {
		remote_put_text(&out.w, text);
		same(p, body, n);
	}
}

static void try_peer(struct tape *p, const uint8_t *body, size_t n)
{
	struct ip peer;

	remote_get_peer(&in.r, &peer);
	if (packets_close(&in) == 0) {
		remote_put_peer(&out.w, &peer);
		same(p, body, n);
	}
}

/* A profile may come in smaller parts than it is sent in, so the bytes may be others; what is read of them is not. */
static void try_ike(struct tape *p, const uint8_t *body, size_t n)
{
	struct remote_ike x, again;
	struct err e = {0};

	(void)body, (void)n;
	remote_get_ike(&in.r, &x);
	if (packets_close(&in) == 0) {
		(void)check_ike(&x.a);
		if (remote_put_ike(&out.w, &x.a, &e) != 0 || packets_end(&out) != 0)
			abort();
		in.ctx = p;
		if (packets_open(&in) != 1)
			abort();
		remote_get_ike(&in.r, &again);
		if (packets_close(&in) != 0 || again.a.npols != x.a.npols || again.a.nlocals != x.a.nlocals ||
		    !again.a.profile != !x.a.profile || (x.a.profile && again.a.profile->nrules != x.a.profile->nrules))
			abort();
		remote_ike_free(&again);
	}
	remote_ike_free(&x);
}

static void try_sums(struct tape *p, const uint8_t *body, size_t n)
{
	struct kernel_sa_sums s;

	remote_get_sums(&in.r, &s);
	if (packets_close(&in) == 0) {
		remote_put_sums(&out.w, &s);
		same(p, body, n);
	}
}

static void try_ids(struct tape *p, const uint8_t *body, size_t n)
{
	struct remote_ids ids;

	remote_get_ids(&in.r, &ids);
	if (packets_close(&in) == 0) {
		remote_put_ids(&out.w, ids.v, ids.n);
		same(p, body, n);
	}
}

/* How many there are says the question. */
static void try_uses(struct tape *p, const uint8_t *body, size_t n)
{
	enum { EACH = 17 };
	struct kernel_sa_use v[KERNEL_USES_MAX];
	size_t many = n / EACH < KERNEL_USES_MAX ? n / EACH : KERNEL_USES_MAX;

	remote_get_uses(&in.r, v, many);
	if (packets_close(&in) == 0) {
		remote_put_uses(&out.w, v, many);
		same(p, body, n);
	}
}

static void try_drops(struct tape *p, const uint8_t *body, size_t n)
{
	static struct kernel_drops d;

	remote_get_drops(&in.r, &d);
	if (packets_close(&in) == 0) {
		remote_put_drops(&out.w, &d);
		same(p, body, n);
	}
}

static const struct {
	uint8_t type;
	void (*run)(struct tape *p, const uint8_t *body, size_t n);
} tries[] = {
	{REMOTE_IKE, try_ike},       {REMOTE_SAS, try_peer},      {REMOTE_DROPS, try_drops},
	{REMOTE_NFT, try_nft},       {REMOTE_XFRM, try_xfrm},      {REMOTE_SCANNED, try_state}, {REMOTE_COUNTS, try_names},
	{REMOTE_COUNTED, try_counts}, {REMOTE_NFT_DONE, try_answer}, {REMOTE_TELL, try_text},      {REMOTE_SUMMED, try_sums},
	{REMOTE_USES, try_ids},      {REMOTE_USED, try_uses},
};

/* One message of one packet. */
static void one_message(uint8_t type, const uint8_t *body, size_t n)
{
	struct tape sent = {.n = 0}, back = {.n = 0};

	out.ctx = &sent;
	packets_begin(&out, type, 1);
	for (size_t i = 0; i < n; i++)
		wr_u8(&out.w, body[i]);
	packets_end(&out);
	in.ctx = &sent;
	out.ctx = &back;
	for (size_t i = 0; i < N_OF(tries); i++) {
		sent.at = 0;
		if (tries[i].type != type || packets_open(&in) != 1)
			continue;
		packets_begin(&out, type, 1);
		tries[i].run(&back, body, n);
	}
	tape_free(&sent);
	tape_free(&back);
}

/* Packets as somebody else may send them: decoded as a state, which has every kind of list. */
static void raw_packets(const uint8_t *data, size_t size)
{
	struct tape sent = {.n = 0};
	struct err e = {0};

	while (size > 2) {
		size_t n = (size_t)data[0] | (size_t)data[1] << 8;
		n = n > size - 2 ? size - 2 : n;
		if (n)
			tape_send(&sent, data + 2, n, &e);
		data += 2 + n;
		size -= 2 + n;
	}
	in.ctx = &sent;
	while (packets_open(&in) == 1) {
		struct kstate s;
		remote_get_state(&in.r, &s);
		packets_close(&in);
		kstate_free(&s);
	}
	tape_free(&sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in.recv = tape_recv;
	out.send = tape_send;
	if (size == 0)
		return 0;
	if (data[0] == 0)
		raw_packets(data + 1, size - 1);
	else if (size - 1 <= PACKET_MAX - PACKET_HEAD)
		one_message(data[0], data + 1, size - 1);
	return 0;
}
