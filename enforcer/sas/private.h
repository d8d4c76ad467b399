/* Private to enforcer/sas: the state, and what its parts do for each other. */
#ifndef SAS_PRIVATE_H
#define SAS_PRIVATE_H

#include "enforcer/broker/broker.h"
#include "enforcer/sas/asked.h"
#include "enforcer/sas/beside.h"
#include "enforcer/sas/ledger.h"
#include "enforcer/sas/sas.h"

/* An association that ended, and why. */
struct sas_end {
	struct ike_sa_id id;
	enum ike_failure why;
};

struct sas {
	struct sad *sad; /* borrowed */
	struct broker *broker;
	struct beside beside;
	struct ledger ledger;
	struct asked asked;
	sas_put *put;
	void *ctx;
	bool connected;
	struct sas_end *owed; /* a queue: owed[owed_at..nowed) */
	size_t owed_at, nowed, cap_owed;
	uint64_t refused;
	struct mono quiet_until; /* no line about refusals before */
};

/* --- sas.c: what ends ---------------------------------------------------------------------------------------------- */

/* IKE is to hear that it ended, and why. */
void sas_owe(struct sas *s, const struct ike_sa_id *id, enum ike_failure why);
/* What it has carried, before it goes or gets another name. false: the kernel does not know it. */
bool sas_read_last(struct sas *s, const struct ike_sa_id *id, struct sad_usage *out);
/* Into the sums, if it was granted and has keys; NULL: what was read of it last. */
void sas_book(struct sas *s, const struct ike_sa_id *id, const struct sad_usage *used);
/* Deletes it in the kernel, and books it. It is to be forgotten next. -1: it stays. */
int sas_delete(struct sas *s, const struct ike_sa_id *id, struct err *e);
/* It is no longer in the kernel, nor is the policy that it alone needed. IKE_OK: because IKE wanted that; otherwise IKE is owed why. */
void sas_gone(struct sas *s, const struct ike_sa_id *id, enum ike_failure why);
void sas_end_soft(struct sas *s, uint64_t id);

/* --- events.c: what is there ---------------------------------------------------------------------------------------- */

/* All of ours that the kernel holds, by ledger_id_cmp(); the caller frees. */
int sas_list(struct sas *s, struct sad_listed **there, size_t *n, struct err *e);
/* One of them, or NULL. */
const struct sad_listed *sas_listed(const struct sad_listed *there, size_t n, const struct ike_sa_id *id);
/* What was granted and is not there is forgotten, for that reason; `strangers`: what is there and was not granted is deleted. */
void sas_compare(struct sas *s, enum ike_failure why, bool strangers);

#endif
