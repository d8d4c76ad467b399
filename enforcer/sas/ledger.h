/*
 * Private to enforcer/sas: what associations have carried, as sums that never fall (struct kernel_sa_sums). The kernel
 * forgets an association's figures with it, so what it had is written down when it ends; of one that vanished without a
 * word, by a flush, what was read last stays. Pure.
 */
#ifndef SAS_LEDGER_H
#define SAS_LEDGER_H

#include "enforcer/broker/broker.h"
#include "enforcer/kernel/sad.h"

/* An association that was granted, with keys, and what the kernel says of it. */
struct ledger_line {
	struct broker_id of;
	struct sad_usage used;
};
struct ledger {
	struct ledger_line *v; /* as they were read last; owned, by id */
	size_t n;
	struct kernel_sa_sums sums;
};
void ledger_fini(struct ledger *l);
/* By what the kernel finds an association by: for bsearch() and qsort() of values that begin with a struct ike_sa_id. */
int ledger_id_cmp(const void *a, const void *b);
/* These are all that there are now, in order of their ids; the array is the ledger's from then on. */
void ledger_read(struct ledger *l, struct ledger_line *v, size_t n);
/* What was read of it last; NULL: nothing was. Of one that ended since, zeros. */
const struct sad_usage *ledger_last(const struct ledger *l, const struct ike_sa_id *id);
/* It has ended, having carried that; NULL: nobody knows. An association of the same name begins at 0. */
void ledger_end(struct ledger *l, const struct broker_id *of, const struct sad_usage *used);

#endif
