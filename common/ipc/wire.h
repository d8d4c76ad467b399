/* Private to common/ipc: cursors over the bytes of one message, and the codecs of the dynamic objects. */
#ifndef IPC_WIRE_H
#define IPC_WIRE_H

#include "common/ipc/ipc.h"

/* Writing past `cap` writes nothing and sets `full`. */
struct wr {
	uint8_t *p;
	size_t n, cap;
	bool full;
};
/* Reading past the end or finding nonsense sets `bad` and yields zeros from then on. */
struct rd {
	const uint8_t *p;
	size_t left;
	const char *bad;    /* the first thing that is wrong, or NULL */
	struct ipc_msg *m;  /* whose pool takes texts */
};

void rd_bad(struct rd *r, const char *why);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_uint(struct wr *w, uint64_t v, unsigned bytes);
uint64_t rd_uint(struct rd *r, unsigned bytes);
/* One byte, at most `max`. */
uint8_t rd_enum(struct rd *r, uint8_t max, const char *why);
void wr_bool(struct wr *w, bool v);
bool rd_bool(struct rd *r);
/* Text in an array of `size` bytes, NUL included. */
void wr_text(struct wr *w, const char *s, size_t size);
void rd_text(struct rd *r, char *out, size_t size);
/* Text of at most `max` bytes that lives elsewhere, after reading in the message's pool. NULL reads as "". */
void wr_string(struct wr *w, const char *s, size_t max);
const char *rd_string(struct rd *r, size_t max);
void wr_guid(struct wr *w, const struct guid *g);
void rd_guid(struct rd *r, struct guid *g);

/* codec_dyn.c */
void wire_put_ip(struct wr *w, const struct ip *ip);
void wire_get_ip(struct rd *r, struct ip *ip);
void wire_put_qm_offer(struct wr *w, const struct qm_offer *o);
void wire_get_qm_offer(struct rd *r, struct qm_offer *o);
void wire_put_change(struct wr *w, const struct ipc_msg *m);
void wire_get_change(struct rd *r, struct ipc_msg *m);
void wire_put_page(struct wr *w, const struct ipc_msg *m);
void wire_get_page(struct rd *r, struct ipc_msg *m);

/* codec_ike.c */
void wire_put_counts(struct wr *w, const struct ipc_msg *m);
void wire_get_counts(struct rd *r, struct ipc_msg *m);
void wire_put_sas(struct wr *w, const struct ipc_msg *m);
void wire_get_sas(struct rd *r, struct ipc_msg *m);
void wire_put_sas_page(struct wr *w, const struct ipc_msg *m);
void wire_get_sas_page(struct rd *r, struct ipc_msg *m);
void wire_put_key_name(struct wr *w, const struct ipc_msg *m);
void wire_get_key_name(struct rd *r, struct ipc_msg *m);
void wire_put_key(struct wr *w, const struct ipc_msg *m);
void wire_get_key(struct rd *r, struct ipc_msg *m);

#endif
