/* Private to common/ipc: texts and names in messages, and the codecs that stand in other files than codec.c. */
#ifndef IPC_PRIVATE_H
#define IPC_PRIVATE_H

#include "common/base/wr.h"
#include "common/ipc/ipc.h"

/* --- text.c --------------------------------------------------------------------------------------- */

/* Text in an array of `size` bytes, NUL included. */
void wr_text(struct wr *w, const char *s, size_t size);
void rd_text(struct rd *r, char *out, size_t size);
/* Text of at most `max` bytes that lives elsewhere, after reading in the pool of `m`. NULL reads as "". */
void wr_string(struct wr *w, const char *s, size_t max);
const char *rd_string(struct rd *r, struct ipc_msg *m, size_t max);
void wr_guid(struct wr *w, const struct guid *g);
void rd_guid(struct rd *r, struct guid *g);

/* --- codec_dyn.c ---------------------------------------------------------------------------------- */

void ipc_put_qm_offer(struct wr *w, const struct qm_offer *o);
void ipc_get_qm_offer(struct rd *r, struct qm_offer *o);
void ipc_put_change(struct wr *w, const struct ipc_msg *m);
void ipc_get_change(struct rd *r, struct ipc_msg *m);
void ipc_put_page(struct wr *w, const struct ipc_msg *m);
void ipc_get_page(struct rd *r, struct ipc_msg *m);

/* --- codec_ike.c ---------------------------------------------------------------------------------- */

void ipc_put_counts(struct wr *w, const struct ipc_msg *m);
void ipc_get_counts(struct rd *r, struct ipc_msg *m);
void ipc_put_sas(struct wr *w, const struct ipc_msg *m);
void ipc_get_sas(struct rd *r, struct ipc_msg *m);
void ipc_put_sas_page(struct wr *w, const struct ipc_msg *m);
void ipc_get_sas_page(struct rd *r, struct ipc_msg *m);
void ipc_put_key_name(struct wr *w, const struct ipc_msg *m);
void ipc_get_key_name(struct rd *r, struct ipc_msg *m);
void ipc_put_key(struct wr *w, const struct ipc_msg *m);
void ipc_get_key(struct rd *r, struct ipc_msg *m);

#endif
