/* Private to ike/channel: the codecs of the values that several messages hold. */
#ifndef IKE_CHANNEL_PRIVATE_H
#define IKE_CHANNEL_PRIVATE_H

#include "common/base/wr.h"
#include "ike/channel/channel.h"

void put_end(struct wr *w, const struct ike_end *end);
void get_end(struct rd *in, struct ike_end *end);
void put_selector(struct wr *w, const struct ike_selector *s);
void get_selector(struct rd *in, struct ike_selector *s);
void put_sa_id(struct wr *w, const struct ike_sa_id *id);
void get_sa_id(struct rd *in, struct ike_sa_id *id);
void put_mono(struct wr *w, struct mono t);
struct mono get_mono(struct rd *in);
void put_mm_offer(struct wr *w, const struct ike_mm_offer *o);
void get_mm_offer(struct rd *in, struct ike_mm_offer *o);
void put_qm_offer(struct wr *w, const struct ike_qm_offer *o);
void get_qm_offer(struct rd *in, struct ike_qm_offer *o);
/* Text of an array of `size` bytes, NUL included. */
void put_text(struct wr *w, const char *s, size_t size);
void get_text(struct rd *in, char *out, size_t size);

/* The bodies of one topic each: msg_profile.c, msg_kernel.c, msg_watch.c. A body that is not in a table does not exist. */
struct ikc_codec {
	uint16_t type;
	void (*put)(struct wr *w, const struct ikc_msg *m);
	void (*get)(struct rd *in, struct ikc_msg *m);
};
enum { IKC_PROFILE_CODECS = 5, IKC_KERNEL_CODECS = 14, IKC_WATCH_CODECS = 11 };
extern const struct ikc_codec ikc_profile_codecs[IKC_PROFILE_CODECS];
extern const struct ikc_codec ikc_kernel_codecs[IKC_KERNEL_CODECS];
extern const struct ikc_codec ikc_watch_codecs[IKC_WATCH_CODECS];
void put_nothing(struct wr *w, const struct ikc_msg *m);
void get_nothing(struct rd *in, struct ikc_msg *m);

#endif
