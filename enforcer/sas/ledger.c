#include "enforcer/sas/ledger.h"

#include <stdlib.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

int ledger_id_cmp(const void *a, const void *b)
{
	const struct ike_sa_id *x = a, *y = b;
	int c = (x->spi > y->spi) - (x->spi < y->spi);

	c = c ? c : (x->protocol > y->protocol) - (x->protocol < y->protocol);
	return c ? c : ip_cmp(&x->dst, &y->dst);
}

void ledger_fini(struct ledger *l)
{
	free(l->v);
	*l = (struct ledger){.v = NULL};
}

static struct ledger_line *find(const struct ledger *l, const struct ike_sa_id *id)
{
	return l->n ? bsearch(id, l->v, l->n, sizeof *l->v, ledger_id_cmp) : NULL;
}

/* A figure that is smaller than it was is another association's: all of it is new. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return before <= now ? now - before : now;
}

/* --- which sums it goes into ------------------------------------------------------------------------ */

enum { OF_ESP = 1, OF_AH = 2, OF_ANY = OF_ESP | OF_AH };

/* Of AH+ESP, AH's packets are those of ESP: they count for AH alone. */
static const struct {
	uint8_t sum, protocols;
	bool outbound, tunnel, once; /* once: not the AH of AH+ESP */
	bool packets;
} rows[] = {
	{KERNEL_SUM_ESP_SENT, OF_ESP, true, false, false, false},
	{KERNEL_SUM_ESP_RECEIVED, OF_ESP, false, false, false, false},
	{KERNEL_SUM_AH_SENT, OF_AH, true, false, false, false},
	{KERNEL_SUM_AH_RECEIVED, OF_AH, false, false, false, false},
	{KERNEL_SUM_SENT, OF_ANY, true, false, true, false},
	{KERNEL_SUM_RECEIVED, OF_ANY, false, false, true, false},
	{KERNEL_SUM_TUNNEL_SENT, OF_ANY, true, true, true, false},
	{KERNEL_SUM_TUNNEL_RECEIVED, OF_ANY, false, true, true, false},
	{KERNEL_SUM_NUMBERED, OF_ANY, false, false, true, true}, /* all of ours have a window (broker.h) */
};

static bool is_extra(const struct broker_id *of)
{
	return of->bundle && of->id.protocol == IKE_PROTO_AH;
}

static void add(struct kernel_sa_sums *to, const struct broker_id *of, const struct sad_usage *now,
    const struct sad_usage *was)
{
	uint8_t protocol = of->id.protocol == IKE_PROTO_AH ? OF_AH : OF_ESP;

	for (size_t i = 0; i < N_OF(rows); i++)
		if ((rows[i].protocols & protocol) && rows[i].outbound == of->outbound && (!rows[i].tunnel || of->tunnel) &&
		    !(rows[i].once && is_extra(of)))
			to->v[rows[i].sum] += rows[i].packets ? since(now->packets, was->packets) : since(now->bytes, was->bytes);
	/* What is refused is refused once, by AH or by ESP. */
	to->v[KERNEL_SUM_REPLAYED] += since(now->replayed, was->replayed);
	to->v[KERNEL_SUM_FORGED] += since(now->forged, was->forged);
}

/* --- outside ---------------------------------------------------------------------------------------- */

static void count_now(struct ledger *l)
{
	l->sums.v[KERNEL_SUM_PAIRS] = l->sums.v[KERNEL_SUM_TUNNELS] = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct broker_id *of = &l->v[i].of;
		bool counts = !of->outbound && !is_extra(of);

		l->sums.v[KERNEL_SUM_PAIRS] += counts;
		l->sums.v[KERNEL_SUM_TUNNELS] += counts && of->tunnel;
	}
}

void ledger_read(struct ledger *l, struct ledger_line *v, size_t n)
{
	static const struct sad_usage nothing;

	for (size_t i = 0; i < n; i++) {
		const struct ledger_line *was = find(l, &v[i].of.id);

		add(&l->sums, &v[i].of, &v[i].used, was ? &was->used : &nothing);
	}
	free(l->v);
	l->v = v;
	l->n = n;
	count_now(l);
}

const struct sad_usage *ledger_last(const struct ledger *l, const struct ike_sa_id *id)
{
	const struct ledger_line *was = find(l, id);

	return was ? &was->used : NULL;
}

void ledger_end(struct ledger *l, const struct broker_id *of, const struct sad_usage *used)
{
	static const struct sad_usage nothing;
	struct ledger_line *was = find(l, &of->id);

	if (used)
		add(&l->sums, of, used, was ? &was->used : &nothing);
	if (was)
		was->used = nothing;
}
