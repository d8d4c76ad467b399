/* The kernel's part of a quick mode: SPIs, keys, SAs; what is asked, and what becomes of the answers. */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/engine/algorithm.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum {
	SPI_RESERVED = 255,  /* RFC 2402 §2.4, RFC 2406 §2.1 */
	REPLAY_WINDOW = 64,  /* RFC 2401 App. C */
	SOFT_PERCENT = 85,   /* of the bytes: then a new pair is made */
};

void install_ask_spi(struct ike *ike, struct qm *qm, size_t which)
{
	struct queued *q = queue_add(ike, IKE_DO_GET_SPI, 0);
	struct op *op = op_new(ike, q, NULL, qm);

	q->a.u.get_spi.src = op->src = qm->path.remote.ip;
	q->a.u.get_spi.dst = op->dst = qm->path.local.ip;
	q->a.u.get_spi.protocol = op->protocol = qm->in[which].protocol;
	q->a.u.get_spi.reqid = qm->reqid;
	q->a.u.get_spi.tunnel = qm->tunnel;
	q->a.u.get_spi.acquire = qm->acquire;
	op->which = (uint8_t)which;
	qm->setup->waiting++;
	count(ike, IKE_STAT_TOTAL_GET_SPI);
}

void install_spi_answer(struct ike *ike, struct qm *qm, size_t which, const struct ike_result *r)
{
	if (!qm->setup || qm->x.state != QM_SPI_WAIT)
		return;
	if (r->ok && r->u.spi > SPI_RESERVED && !ref_find(ike, &qm->path.local.ip, qm->in[which].protocol, r->u.spi)) {
		ref_set(ike, &qm->in[which], &qm->path.local.ip, r->u.spi);
		qm->in[which].reserved = true;
	} else {
		qm->setup->failed = true;
	}
	if (--qm->setup->waiting)
		return;
	if (qm->setup->failed) {
		if (!qm->x.initiator && qm->mm)
			info_failure(ike, qm->mm, qm, IKE_FAIL_GETSPIFAIL);
		qm_fail(ike, qm, IKE_FAIL_GETSPIFAIL, false, NULL);
	} else if (qm->mm) {
		core_trigger(ike, qm->mm, qm, ON_SPIS);
	}
}

/* Lengths of the two keys of one SA. */
static void key_lengths(const struct qm *qm, size_t which, struct ike_sa *sa)
{
	const struct ike_qm_offer *o = &qm->choice.offer;
	const struct alg_esp *esp = alg_esp_get(o->esp_cipher);
	const struct alg_hash *hash;

	sa->cipher = which == ESP ? o->esp_cipher : IKE_ENC_NULL;
	sa->hash = which == ESP ? (esp && esp->aead ? CRYPTO_HASH_NONE : o->esp_hash) : o->ah_hash;
	hash = alg_hash_get(sa->hash);
	sa->enc_key_len = which == ESP && esp ? esp->key_len : 0;
	sa->auth_key_len = hash ? hash->key_len : 0;
}

/* The SA of one protocol and direction, with its keys. -1: they cannot be made. */
static int sa_make(struct ike *ike, struct qm *qm, size_t which, bool out, struct ike_sa *sa)
{
	const struct qm_setup *setup = qm->setup;
	const struct ref *ref = out ? &qm->out[which] : &qm->in[which];
	uint64_t bytes = (uint64_t)qm->life_kb * 1024;

	*sa = (struct ike_sa){
	    .id = {out ? qm->path.local.ip : qm->path.remote.ip, out ? qm->path.remote.ip : qm->path.local.ip,
	        ref->protocol, ref->spi},
	    .outbound = out,
	    .bundle = qm->choice.offer.has_ah && qm->choice.offer.has_esp,
	    .reqid = qm->reqid,
	    .rule = qm->rule_id,
	    .filter = qm->filter,
	    .tunnel = qm->tunnel,
	    .sel = qm->sel,
	    .replay_window = REPLAY_WINDOW,
	    .hard_s = qm->life_s,
	    .soft_s = qm->life_s - qm->life_s / 10,
	    .hard_bytes = bytes,
	    .soft_bytes = bytes / 100 * SOFT_PERCENT,
	    .udp_encap = qm->encap,
	    .original = qm->original,
	};
	if (qm->encap) {
		sa->encap_sport = out ? qm->path.local.port : qm->path.remote.port;
		sa->encap_dport = out ? qm->path.remote.port : qm->path.local.port;
	}
	key_lengths(qm, which, sa);
	return ike_keymat(ike->crypto, &qm->mm->keys, setup->has_gxy ? &setup->gxy : NULL, ref->protocol, ref->spi,
	    blob_span(&setup->nonce[0]), blob_span(&setup->nonce[1]), sa->key, (size_t)sa->enc_key_len + sa->auth_key_len);
}

/* `last` of the SAs that protect what waits: packets may go when it is there. */
static void add_one(struct ike *ike, struct qm *qm, size_t which, bool out, bool last)
{
	struct queued *q;
	struct ike_sa *sa;
	struct op *op;

	if (out && ref_find(ike, &qm->path.remote.ip, qm->out[which].protocol,
	               which == AH ? qm->choice.ah_spi : qm->choice.esp_spi)) {
		qm->setup->failed = true; /* the peer gave an SPI twice */
		return;
	}
	if (out)
		ref_set(ike, &qm->out[which], &qm->path.remote.ip, which == AH ? qm->choice.ah_spi : qm->choice.esp_spi);
	qm->in[which].reserved = false;
	q = queue_add(ike, IKE_DO_SA_ADD, sizeof *sa);
	sa = (struct ike_sa *)(void *)q->bytes;
	if (sa_make(ike, qm, which, out, sa))
		qm->setup->failed = true;
	sa->acquire = out && last ? qm->acquire : 0;
	q->a.u.sa = sa;
	op = op_new(ike, q, NULL, qm);
	op->out = out;
	qm->setup->waiting++;
	count(ike, out ? IKE_STAT_KEY_ADDS : IKE_STAT_KEY_UPDATES);
}

void install_add(struct ike *ike, struct qm *qm, bool out)
{
	qm->setup->failed = false;
	if (qm->choice.offer.has_esp)
		add_one(ike, qm, ESP, out, !qm->choice.offer.has_ah);
	if (qm->choice.offer.has_ah)
		add_one(ike, qm, AH, out, true);
}

void install_add_answer(struct ike *ike, struct qm *qm, bool out, const struct ike_result *r)
{
	if (!qm->setup || qm->x.state != (out ? QM_OUT_WAIT : QM_IN_WAIT))
		return;
	qm->setup->failed = qm->setup->failed || !r->ok;
	if (--qm->setup->waiting)
		return;
	if (qm->setup->failed) {
		if (!out && qm->mm)
			info_failure(ike, qm->mm, qm, IKE_FAIL_ADD_UPDATE_KEY_FAILED);
		qm_fail(ike, qm, IKE_FAIL_ADD_UPDATE_KEY_FAILED, false, NULL);
	} else if (qm->mm) {
		core_trigger(ike, qm->mm, qm, ON_ADDED);
	}
}

void install_remove(struct ike *ike, struct qm *qm)
{
	const struct ip *local = &qm->path.local.ip, *remote = &qm->path.remote.ip;

	for (size_t i = 0; i < PROTOCOLS; i++) {
		if (qm->in[i].spi)
			act_sa_del(ike, remote, local, qm->in[i].protocol, qm->in[i].spi);
		if (qm->out[i].spi)
			act_sa_del(ike, local, remote, qm->out[i].protocol, qm->out[i].spi);
		ref_clear(ike, &qm->in[i]);
		ref_clear(ike, &qm->out[i]);
	}
}
