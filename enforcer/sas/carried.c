/*
 * What associations carried, when *policy* asks: the kernel's figures of this moment into the ledger's sums, which never fall.
 * Counts what was granted and has keys; strangers' traffic is not ours.
 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/sas/private.h"

#include "common/base/banned.h"

static int line_cmp(const void *a, const void *b)
{
	return ledger_id_cmp(&((const struct ledger_line *)a)->of.id, &((const struct ledger_line *)b)->of.id);
}

/* One that has ended, and of whose end we have not yet heard, stays as it was: its last words are on their way. */
static size_t lines(const struct sas *s, const struct sad_listed *there, size_t n, struct ledger_line **out)
{
	struct broker_id *granted;
	size_t ngranted = broker_granted(s->broker, &granted), k = 0;

	*out = xcalloc(ngranted + 1, sizeof **out);
	for (size_t i = 0; i < ngranted; i++) {
		const struct sad_listed *l = sas_listed(there, n, &granted[i].id);
		const struct sad_usage *used = l ? &l->used : ledger_last(&s->ledger, &granted[i].id);

		if (used && granted[i].keys)
			(*out)[k++] = (struct ledger_line){granted[i], *used};
	}
	free(granted);
	if (k)
		qsort(*out, k, sizeof **out, line_cmp);
	return k;
}

int sas_sums(void *ctx, struct kernel_sa_sums *out, struct err *e)
{
	struct sas *s = ctx;
	struct sad_listed *there;
	struct ledger_line *v;
	size_t n;

	if (sas_list(s, &there, &n, e) != 0)
		return -1;
	n = lines(s, there, n, &v);
	free(there);
	ledger_read(&s->ledger, v, n);
	*out = s->ledger.sums;
	out->v[KERNEL_SUM_WAITING] = broker_waiting(s->broker);
	return 0;
}

int sas_uses(void *ctx, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e)
{
	struct sas *s = ctx;
	struct sad_usage used;
	struct broker_id of;

	(void)e;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct kernel_sa_use){.known = broker_find(s->broker, &v[i], &of) && of.keys && sas_read_last(s, &v[i], &used)};
		if (!out[i].known)
			continue;
		out[i].bytes = used.bytes;
		out[i].packets = used.packets;
	}
	return 0;
}
