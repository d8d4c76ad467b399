/*
 * Private to the folder: the values that several messages hold, as bytes. Each put beside its get; a get says through
 * rd_bad() what is out of range. Pure.
 */
#ifndef REMOTE_VALUES_H
#define REMOTE_VALUES_H

#include "common/base/wr.h"
#include "enforcer/diff/kstate.h"

enum {
	REMOTE_STATE_TEXT_MAX = 256,
};

/* A count of four bytes; read, it is at most `max`. Memory is taken as items arrive, never by this number. */
void remote_put_count(struct wr *w, size_t n);
uint32_t remote_get_count(struct rd *r, uint32_t max);
void remote_put_origin(struct wr *w, const struct origin *o);
void remote_get_origin(struct rd *r, struct origin *o);
/* Exactly n of them. */
void remote_put_flags(struct wr *w, const bool *v, size_t n);
void remote_get_flags(struct rd *r, bool *v, size_t n);
/* Shorter than its array, without a zero byte. */
void remote_put_name(struct wr *w, const char name[KSET_NAME]);
void remote_get_name(struct rd *r, char name[KSET_NAME]);
void remote_put_text(struct wr *w, const char *s);
void remote_get_text(struct rd *r, char out[REMOTE_STATE_TEXT_MAX]);
/* The generation of a set; one byte. */
uint8_t remote_get_gen(struct rd *r);

void remote_put_rule(struct wr *w, const struct krule *k);
void remote_get_rule(struct rd *r, struct krule *k);
void remote_put_set(struct wr *w, const struct nft_set *s);
void remote_get_set(struct rd *r, struct nft_set *s);
/* What stands behind the set's key length is zero. */
void remote_put_elem(struct wr *w, const struct nft_elem *e, size_t key_len);
void remote_get_elem(struct rd *r, struct nft_elem *e, size_t key_len);

void remote_put_pol(struct wr *w, const struct xfrm_pol *p);
void remote_get_pol(struct rd *r, struct xfrm_pol *p);
void remote_put_kpol(struct wr *w, const struct kpol *k);
void remote_get_kpol(struct rd *r, struct kpol *k);

#endif
