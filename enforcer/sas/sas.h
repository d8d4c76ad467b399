/*
 * Does for IKE what the broker grants: asks it (enforcer/broker), does it (enforcer/kernel/sad.h), reports how that went.
 * Here is what both need to be in step: a policy beside the plan stands before the first association that needs it and
 * goes after the last; traffic in clear ends by itself, even should this process be gone; what vanishes from the
 * kernel is forgotten by the broker, and IKE hears of it, and why. What the kernel asked keys for is kept until it has them, or may
 * ask again (asked.h). Decides nothing else; waits for nobody.
 *
 * Grants outlive IKE's connection: it may come back. What is in the kernel and was not granted (the enforcer was
 * started anew) is deleted when IKE comes, which is told, and negotiates anew.
 */
#ifndef SAS_SAS_H
#define SAS_SAS_H

#include "enforcer/kernel/sad.h"
#include "ike/channel/channel.h"

struct sas;

/* Sends to IKE without waiting. What cannot be sent ends the connection: the owner says so by sas_connected(). */
typedef void sas_put(void *ctx, const struct ikc_msg *m);

/* `sad` is borrowed. Free with sas_free(); NULL is fine. */
struct sas *sas_new(struct sad *sad, sas_put *put, void *ctx);
void sas_free(struct sas *s);

/* For struct kernel_hooks; ctx is the struct sas. */
int sas_allow(void *ctx, const struct kernel_ike *a, struct err *e);
int sas_hold(void *ctx, struct err *e);
void sas_soft_anew(void *ctx);
int sas_sums(void *ctx, struct kernel_sa_sums *out, struct err *e);
int sas_uses(void *ctx, const struct ike_sa_id *v, size_t n, struct kernel_sa_use *out, struct err *e);

/* IKE came, or went. */
void sas_connected(struct sas *s, bool connected);
/* A message of IKE's, well formed and of those that it may send to *kernel*. The caller wipes it. */
void sas_take(struct sas *s, const struct ikc_msg *m);
/* The kernel has events. */
void sas_events(struct sas *s);
/*
 * Associations that ended and of which IKE has not heard yet: any number of them may end at once, and IKE reads as fast as
 * it can. Then what the kernel asked for while IKE was not there, or of an IKE that has gone since.
 * false: there is nothing; otherwise the message, and sas_told() when it was sent.
 */
bool sas_owes(struct sas *s, struct ikc_msg *out);
void sas_told(struct sas *s);

/* Something is to be done in so many milliseconds (-1: nothing is), and what is to be done now. */
int sas_wait_ms(const struct sas *s);
void sas_tick(struct sas *s);

/* How many associations are granted; how many requests were refused or failed so far. */
size_t sas_count(const struct sas *s);
uint64_t sas_refused(const struct sas *s);

#endif
