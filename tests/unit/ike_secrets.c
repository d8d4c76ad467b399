/* Nothing of a key is left when what it was for is gone: looked for in the memory of this very process. */
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/sim.h"
#include "tests/unit/memory.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

static void keep_all(struct sim *sim)
{
	for (size_t h = ANDY; h <= BETTY; h++) {
		RING_EACH(&sim->hosts[h].ike->mms, r) {
			const struct ike_keys *k = &OWNER(struct mm, all, r)->keys;

			memory_keep("SKEYID", k->skeyid.b, k->skeyid.n);
			memory_keep("SKEYID_d", k->d.b, k->d.n);
			memory_keep("SKEYID_a", k->a.b, k->a.n);
			memory_keep("the cipher's key", k->key.b, k->key.n);
		}
		for (size_t i = 0; i < SIM_SAS; i++) {
			const struct ike_sa *sa = &sim->hosts[h].sas[i].sa;

			if (sim->hosts[h].sas[i].used && !sim->hosts[h].sas[i].larval)
				memory_keep("an association's keys", sa->key, (size_t)sa->enc_key_len + sa->auth_key_len);
		}
	}
}

static int (*real_shared)(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out);
static int keeping_shared(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	int rc = real_shared(ctx, dh, peer, out);

	memory_keep("g^xy", out->b + out->n / 2, 32);
	return rc;
}

static void forget_kernels(struct sim *sim)
{
	for (size_t h = ANDY; h <= BETTY; h++)
		explicit_bzero(sim->hosts[h].sas, sizeof sim->hosts[h].sas);
}

static void pfs(struct ike_profile *p)
{
	sim_qm(p)->pfs = 2;
	sim_qm(p)->offers[0].has_ah = true;
	sim_qm(p)->offers[0].ah_hash = CRYPTO_SHA1;
}

/* What made the keys ends with the negotiation, the keys with what they were for. */
static void nothing_of_a_key_outlives_its_use(void)
{
	struct crypto *ssl = crypto_openssl_new();
	struct sim *sim = sim_new(40, ssl);

	real_shared = sim->crypto.dh_shared;
	sim->crypto.dh_shared = keeping_shared;
	for (size_t h = ANDY; h <= BETTY; h++) {
		struct ike_profile *p = sim_make_profile(sim, h, h == ANDY ? BETTY : ANDY);

		pfs(p);
		sim_profile(sim, h, p);
	}
	sim_acquire(sim, ANDY, BETTY);
	for (int i = 0; i < 20; i++) {
		sim_run(sim, DUR_MS(10));
		keep_all(sim);
	}
	ok(memory_nkept > 16);
	is_str(memory_holds("SKEYID"), "");
	is_str(memory_holds("g^xy"), "");
	sim_packet(sim, ANDY, BETTY, 10);
	ok(*memory_holds(NULL)); /* of what is up there is something to be found */
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	sim_run(sim, DUR_S(100));
	forget_kernels(sim);
	is_str(memory_holds(NULL), "");
	sim_check(sim);
	ok(sim_ok(sim));
	sim_free(sim);
	crypto_openssl_free(ssl);
}

static const struct tap_case cases[] = {
    {"nothing of a key outlives its use", nothing_of_a_key_outlives_its_use},
};
TAP_MAIN(cases)
