/* Private to ike/codec: what its files share. */
#ifndef IKE_CODEC_PRIVATE_H
#define IKE_CODEC_PRIVATE_H

#include "ike/codec/codec.h"

/* Sets the fault and evaluates to -1. */
int ike_fail(struct ike_fault *f, enum ike_failure code, uint8_t payload, size_t at, const char *why);

/* Where one payload is being decoded: its body as a cursor, and its place for faults. */
struct ike_dec {
	struct rd r;
	const uint8_t *message; /* start, for offsets */
	uint8_t type;
	enum ike_failure code;  /* PROCESS_ERR_* of the payload */
	struct arena *a;
	struct ike_fault *f;
};
/* A fault at the cursor. Evaluates to -1. */
int ike_dec_fail(const struct ike_dec *d, const char *why);

/* One payload's body in each direction; -1 with the fault set. Encoders report through w->bad. */
int ike_sa_decode(struct ike_dec *d, struct ike_payload *p);
void ike_sa_encode(const struct ike_payload *p, struct wr *w);
int ike_id_decode(struct ike_dec *d, struct ike_payload *p);
void ike_id_encode(const struct ike_payload *p, struct wr *w);
int ike_notify_decode(struct ike_dec *d, struct ike_payload *p);
void ike_notify_encode(const struct ike_payload *p, struct wr *w);
int ike_delete_decode(struct ike_dec *d, struct ike_payload *p);
void ike_delete_encode(const struct ike_payload *p, struct wr *w);
int ike_frag_decode(struct ike_dec *d, struct ike_payload *p);
void ike_frag_payload_encode(const struct ike_payload *p, struct wr *w);
int ike_cert_decode(struct ike_dec *d, struct ike_payload *p);
void ike_cert_encode(const struct ike_payload *p, struct wr *w);

#endif
