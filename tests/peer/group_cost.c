/*
 * What the arithmetic of a group costs here: microseconds of CPU time for a key pair and a shared secret at each of two
 * ends, one after the other. With it tools/bench tells which part of a negotiation is ours.
 *
 *	group_cost GROUP
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ike/crypto/crypto.h"

#include "common/base/banned.h"

enum { TIMES = 200 };

static double cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static bool both_ends(const struct crypto *c, uint16_t group)
{
	uint8_t public_a[CRYPTO_PUBLIC_MAX], public_b[CRYPTO_PUBLIC_MAX];
	size_t n = crypto_group_len(group);
	struct crypto_dh *a = c->dh_new(c->ctx, group, public_a), *b = c->dh_new(c->ctx, group, public_b);
	struct shared ab, ba;
	bool good = a && b && c->dh_shared(c->ctx, a, span_of(public_b, n), &ab) == 0 &&
	    c->dh_shared(c->ctx, b, span_of(public_a, n), &ba) == 0 && crypto_equal(shared_span(&ab), shared_span(&ba));

	c->dh_free(c->ctx, a);
	c->dh_free(c->ctx, b);
	return good;
}

int main(int argc, char **argv)
{
	uint16_t group = (uint16_t)(argc == 2 ? strtoul(argv[1], NULL, 10) : 0);
	struct crypto *c = crypto_openssl_new();
	double best = 0;

	for (int i = 0; i < TIMES; i++) {
		double from = cpu_us(), took;

		if (!c || !both_ends(c, group)) {
			fprintf(stderr, "usage: group_cost GROUP\n");
			return 2;
		}
		took = cpu_us() - from;
		best = i == 0 || took < best ? took : best;
	}
	printf("%.0f\n", best);
	crypto_openssl_free(c);
	return 0;
}
