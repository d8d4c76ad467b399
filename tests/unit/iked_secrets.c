/* Keys on their way through ipsec-iked: in the key ring, in messages that wait, on the way to the enforcer. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "ike/daemon/chan.h"
#include "ike/daemon/client.h"
#include "ike/daemon/keyring.h"
#include "tests/unit/memory.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

enum { N = 48 };
static uint8_t numbers; /* each secret is another one */

/* The caller wipes it. */
static void secret_of(const char *what, uint8_t out[N])
{
	for (size_t i = 0; i < N; i++)
		out[i] = (uint8_t)(37 * i + 11 * numbers + 1);
	numbers++;
	memory_keep(what, out, N);
}

static void a_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
}

static void of_a_key_ring(void)
{
	static const char *const names[] = {"replaced", "expired", "freed"};
	const struct guid a = {{1}}, b = {{2}}, c = {{3}};
	struct keyring k = {0};
	uint8_t text[N];

	for (int i = 0; i < 3; i++) {
		secret_of(names[i], text);
		keyring_put(&k, i == 0 ? &a : i == 1 ? &b : &c, span_of(text, N), (struct mono){i == 1 ? 0 : 1000 * KEYRING_KEEP_S});
		secret_wipe(text, N);
		is_str(memory_holds(names[i]), names[i]);
	}
	keyring_put(&k, &a, span_of("another", 7), (struct mono){1000 * KEYRING_KEEP_S});
	is_str(memory_holds("replaced"), "");
	keyring_expire(&k, (struct mono){1000 * KEYRING_KEEP_S});
	is_str(memory_holds("expired"), "");
	is_str(memory_holds("freed"), "freed");
	keyring_free(&k);
	is_str(memory_holds(NULL), "");
}

/* What does not fit the socket is kept: until it is sent, or never. */
static void of_messages_that_wait(void)
{
	static uint8_t filler[60000], in[60000];
	static const char *const names[] = {"sent late", "never sent"};

	for (int late = 0; late < 2; late++) {
		struct chan a, b;
		uint8_t text[N];
		int fds[2];

		a_pair(fds);
		chan_init(&a, fds[0]);
		chan_init(&b, fds[1]);
		while (!chan_waits(&a))
			is_int(chan_send(&a, filler, sizeof filler), 0);
		secret_of(names[late], text);
		is_int(chan_send(&a, text, N), 0);
		secret_wipe(text, N);
		is_str(memory_holds(NULL), names[late]);
		while (late == 0 && chan_waits(&a)) {
			ok(chan_recv(&b, in, sizeof in) > 0);
			is_int(chan_flush(&a), 0);
		}
		if (late == 1)
			chan_close(&a);
		is_str(memory_holds(NULL), "");
		chan_close(&a);
		chan_close(&b);
	}
}

/* An association for an enforcer that is there, for one that does not read, and for none. */
static void of_associations_for_the_enforcer(void)
{
	struct ike_sa sa = {.id = {{IP_V4, {10, 0, 0, 1}}, {IP_V4, {10, 0, 0, 2}}, IKE_PROTO_ESP, 0x1234}, .outbound = true,
	    .reqid = 16, .sel = {.local = {{IP_V4, {10, 0, 0, 1}}, 32}, .remote = {{IP_V4, {10, 0, 0, 2}}, 32}},
	    .cipher = IKE_ENC_AES128, .hash = CRYPTO_SHA1, .enc_key_len = 16, .auth_key_len = 20, .replay_window = 64};
	struct client *c = xcalloc(1, sizeof *c);
	struct ike_action add = {.kind = IKE_DO_SA_ADD, .op = 7, .u.sa = &sa};
	uint8_t key[N];
	int policy[2], kernel[2];

	secret_of("an association", key);
	memcpy(sa.key, key, 36);
	memory_keep("an association", key, 36);
	secret_wipe(key, N);
	client_init(c);
	ok(!client_do(c, &add)); /* nobody is there */
	a_pair(policy);
	a_pair(kernel);
	ok(client_connect(c, policy[0], kernel[0]));
	ok(client_do(c, &add));
	is_str(memory_holds(NULL), "");
	while (!chan_waits(&c->kernel))
		ok(client_do(c, &add));
	is_str(memory_holds("an association"), "an association"); /* it waits */
	client_disconnect(c);
	is_str(memory_holds(NULL), "");
	client_free(c);
	close(policy[1]);
	close(kernel[1]);
	free(c);
	secret_wipe(&sa, sizeof sa);
}

static const struct tap_case cases[] = {
    {"nothing is left of the keys of a key ring", of_a_key_ring},
    {"nothing is left of messages that waited", of_messages_that_wait},
    {"nothing is left of associations for the enforcer", of_associations_for_the_enforcer},
};
TAP_MAIN(cases)
