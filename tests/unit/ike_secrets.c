/* Nothing of a key is left when what it was for is gone: looked for in the memory of this very process. */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"
#include "tests/sim/sim.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* What must not be left behind, kept so that it is not found itself. */
static struct kept {
	const char *what;
	size_t n;
	uint8_t masked[128];
} kept[64];
static size_t nkept;

static void keep(const char *what, const uint8_t *bytes, size_t n)
{
	if (n < 8 || nkept == N_OF(kept))
		return;
	kept[nkept] = (struct kept){.what = what, .n = n};
	for (size_t i = 0; i < n; i++)
		kept[nkept].masked[i] = bytes[i] ^ 0xA5;
	nkept++;
}

static void keep_all(struct sim *sim)
{
	for (size_t h = ANDY; h <= BETTY; h++) {
		RING_EACH(&sim->hosts[h].ike->mms, r) {
			const struct ike_keys *k = &OWNER(struct mm, all, r)->keys;

			keep("SKEYID", k->skeyid.b, k->skeyid.n);
			keep("SKEYID_d", k->d.b, k->d.n);
			keep("SKEYID_a", k->a.b, k->a.n);
			keep("the cipher's key", k->key.b, k->key.n);
		}
		for (size_t i = 0; i < SIM_SAS; i++) {
			const struct ike_sa *sa = &sim->hosts[h].sas[i].sa;

			if (sim->hosts[h].sas[i].used && !sim->hosts[h].sas[i].larval)
				keep("an association's keys", sa->key, (size_t)sa->enc_key_len + sa->auth_key_len);
		}
	}
}

static int (*real_shared)(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out);
static int keeping_shared(void *ctx, const struct crypto_dh *dh, struct span peer, struct shared *out)
{
	int rc = real_shared(ctx, dh, peer, out);

	keep("g^xy", out->b + out->n / 2, 32);
	return rc;
}

/* In what malloc() has, or had. The parts of that begin anew where it was given back to the system. */
static const char *found(bool skeyid_only)
{
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	const char *what = NULL;

	while (maps && !what && fgets(line, sizeof line, maps)) {
		unsigned long from, to;

		if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		for (size_t i = 0; i < nkept && !what; i++) {
			uint8_t plain[sizeof kept[i].masked];
			bool meant = !skeyid_only || strcmp(kept[i].what, "SKEYID") == 0 || strcmp(kept[i].what, "g^xy") == 0;

			for (size_t j = 0; j < kept[i].n; j++)
				plain[j] = kept[i].masked[j] ^ 0xA5;
			if (meant && memmem((const void *)from, to - from, plain, kept[i].n))
				what = kept[i].what;
			explicit_bzero(plain, sizeof plain);
		}
	}
	if (maps)
		fclose(maps);
	return what;
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

/* What made the keys ends with the negotiation, the keys with what they were for; renewed ones and those of failures too. */
static void nothing_of_a_key_outlives_its_use(void)
{
#ifndef __SANITIZE_ADDRESS__ /* where freed memory is kept for itself, and has no name */
	struct crypto *ssl = crypto_openssl_new();
	struct sim *sim = sim_new(40, ssl);
	const char *what;

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
	ok(nkept > 16);
	what = found(true);
	is_str(what ? what : "", "");
	sim_packet(sim, ANDY, BETTY, 10);
	what = found(false);
	ok(what != NULL); /* of what is up there is something to be found */
	sim_command(sim, ANDY, &(struct ike_cmd){.kind = IKE_CMD_DELETE});
	sim_run(sim, DUR_S(100));
	forget_kernels(sim);
	what = found(false);
	is_str(what ? what : "", "");
	sim_check(sim);
	ok(sim_ok(sim));
	sim_free(sim);
	crypto_openssl_free(ssl);
#endif
}

static const struct tap_case cases[] = {
    {"nothing of a key outlives its use", nothing_of_a_key_outlives_its_use},
};
TAP_MAIN(cases)
