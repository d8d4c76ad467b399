/* What associations carried: as questions between the two processes, and what the sums of IPsec are made of. */
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/sas/ledger.h"
#include "tests/unit/remote_bed.h"
#include "tests/unit/remote_pair.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* --- the channel -------------------------------------------------------------------------------------- */

static struct ip tp_ip(const char *text)
{
	struct ip a;

	ok(ip_parse(text, &a));
	return a;
}

/* In the other process: every sum is its place, every use its SPI; above 1000 it is not known. */
static int sums_there(void *ctx, struct kernel_sa_sums *out, struct err *e)
{
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		out->v[i] = i + 1;
	return ctx ? err_set(e, KERNEL_TALK, "a fault") : 0;
}

static int uses_there(void *ctx, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e)
{
	(void)ctx, (void)e;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct kernel_sa_use){.known = v[i].spi <= 1000, .bytes = v[i].spi, .packets = v[i].protocol};
	return 0;
}

static void what_was_carried_is_told(void)
{
	static const struct kernel_hooks fine = {.sums = sums_there, .uses = uses_there};
	struct kernel *fake = kernel_fake_open();
	struct ike_sa_id ids[KERNEL_USES_MAX];
	struct kernel_sa_use uses[KERNEL_USES_MAX];
	struct kernel_sa_sums sums;
	struct err e = {0};

	for (size_t i = 0; i < N_OF(ids); i++)
		ids[i] = (struct ike_sa_id){tp_ip("192.0.2.1"), tp_ip("192.0.2.2"), i % 2 ? IKE_PROTO_AH : IKE_PROTO_ESP,
			(uint32_t)(1000 + i)};
	kernel_hook(fake, &fine);
	struct pair far = pair_open(fake);
	is_int(kernel_sa_sums(far.k, &sums, &e), 0);
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		is_int(sums.v[i], i + 1);
	is_int(kernel_sa_uses(far.k, ids, N_OF(ids), uses, &e), 0);
	ok(uses[0].known && uses[0].bytes == 1000 && uses[0].packets == IKE_PROTO_ESP);
	ok(!uses[1].known && uses[1].packets == IKE_PROTO_AH && uses[KERNEL_USES_MAX - 1].bytes == 1000 + KERNEL_USES_MAX - 1);
	is_int(kernel_sa_uses(far.k, ids, 0, uses, &e), 0);
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static void a_kernel_that_cannot_say_says_why(void)
{
	struct kernel *fake = kernel_fake_open();
	struct kernel_sa_sums sums;
	struct err e = {0};

	struct pair nobody = pair_open(fake); /* no IKE: nothing is carried */
	is_int(kernel_sa_sums(nobody.k, &sums, &e), 0);
	is_int(sums.v[KERNEL_SUM_SENT], 0);
	is_int(pair_close(&nobody), 0);
	kernel_hook(fake, &(struct kernel_hooks){.ctx = fake, .sums = sums_there});
	struct pair far = pair_open(fake);
	is_int(kernel_sa_sums(far.k, &sums, &e), -1);
	ok(strstr(e.text, "a fault") && !kernel_lost(far.k));
	kernel_close(fake);
	is_int(pair_close(&far), 0);
}

static void names_out_of_bounds_end_the_channel(void)
{
	static const struct {
		uint8_t family, other, protocol;
		uint32_t n;
	} bad[] = {{IP_V4, IP_V6, IKE_PROTO_ESP, 1}, {IP_NONE, IP_NONE, IKE_PROTO_ESP, 1}, {IP_V4, IP_V4, 7, 1},
	    {IP_V4, IP_V4, IKE_PROTO_AH, KERNEL_USES_MAX + 1}};

	for (size_t i = 0; i < N_OF(bad); i++) {
		struct ike_sa_id v[KERNEL_USES_MAX + 1];
		struct tape p = {.n = 0};
		struct packets_out *out = tape_out(&p);
		struct packets_in *in = tape_in(&p);
		struct remote_ids ids;

		for (size_t k = 0; k < N_OF(v); k++)
			v[k] = (struct ike_sa_id){{.family = bad[i].family}, {.family = bad[i].other}, bad[i].protocol, 256};
		packets_begin(out, REMOTE_USES, 1);
		remote_put_ids(&out->w, v, bad[i].n);
		is_int(packets_end(out), 0);
		is_int(packets_open(in), 1);
		remote_get_ids(&in->r, &ids);
		is_int(packets_close(in), -1);
		ok(in->r.bad != NULL && ids.n <= KERNEL_USES_MAX);
		tape_free(&p);
		free(out);
		free(in);
	}
}

/* --- the books ---------------------------------------------------------------------------------------- */

/* Lines as the kernel's of one association each; the sums that are not 0 are named. */
static void books(const struct broker_id *of, size_t n, const struct kernel_sa_sums *want)
{
	struct ledger_line *v = xcalloc(n, sizeof *v);
	struct ledger l = {.v = NULL};

	for (size_t i = 0; i < n; i++)
		v[i] = (struct ledger_line){of[i], {.bytes = 100u << (8 * i), .packets = i + 1}};
	ledger_read(&l, v, n);
	for (size_t i = 0; i < KERNEL_SUMS; i++)
		is_int(l.sums.v[i], want->v[i]);
	ledger_fini(&l);
}

static void a_bundle_is_one_and_a_tunnel_has_sums_of_its_own(void)
{
	const struct broker_id ah_in = {.id = {.protocol = IKE_PROTO_AH, .spi = 1}, .keys = true, .bundle = true, .tunnel = true},
	    esp_in = {.id = {.protocol = IKE_PROTO_ESP, .spi = 2}, .keys = true, .bundle = true, .tunnel = true},
	    esp_out = {.id = {.protocol = IKE_PROTO_ESP, .spi = 3}, .keys = true, .outbound = true, .tunnel = true};

	books((struct broker_id[]){ah_in, esp_in}, 2, &(struct kernel_sa_sums){.v = {[KERNEL_SUM_AH_RECEIVED] = 100,
	    [KERNEL_SUM_ESP_RECEIVED] = 25600, [KERNEL_SUM_RECEIVED] = 25600, [KERNEL_SUM_TUNNEL_RECEIVED] = 25600,
	    [KERNEL_SUM_NUMBERED] = 2, [KERNEL_SUM_PAIRS] = 1, [KERNEL_SUM_TUNNELS] = 1}});
	books(&esp_out, 1, &(struct kernel_sa_sums){.v = {[KERNEL_SUM_ESP_SENT] = 100, [KERNEL_SUM_SENT] = 100,
	    [KERNEL_SUM_TUNNEL_SENT] = 100}});
}

static const struct tap_case cases[] = {
    {"what was carried is told", what_was_carried_is_told},
    {"a kernel that cannot say says why", a_kernel_that_cannot_say_says_why},
    {"names out of bounds end the channel", names_out_of_bounds_end_the_channel},
    {"a bundle is one, and a tunnel has sums of its own", a_bundle_is_one_and_a_tunnel_has_sums_of_its_own},
};
TAP_MAIN(cases)
