/* Private to the folder: what the codecs of policies, of associations and of events about them share. Pure. */
#ifndef KERNEL_XFRM_PARTS_H
#define KERNEL_XFRM_PARTS_H

#include <libmnl/libmnl.h>
#include <linux/xfrm.h>

#include "enforcer/kernel/xfrm_sa.h"
#include "ike/engine/actions.h"

enum { XFRM_ATTRS = XFRMA_MAX + 1 };

/* A request, of which the rest follows; `flags` beside NLM_F_REQUEST. */
struct nlmsghdr *xfrm_begin(void *msg, uint16_t type, uint16_t flags, uint32_t seq);
/* The fixed part of a message and its attributes by type. false: shorter than that, or of another fixed part. */
bool xfrm_open(const struct nlmsghdr *h, void *fixed, size_t n, const struct nlattr *tb[XFRM_ATTRS]);
uint16_t xfrm_af_of(uint8_t family);
void xfrm_put_addr(xfrm_address_t *out, const struct ip *a);
bool xfrm_get_ip(const xfrm_address_t *a, uint16_t af, struct ip *out);
struct xfrm_carried xfrm_carried_of(const struct xfrm_usersa_info *i);
bool xfrm_get_id(const struct xfrm_id *id, const xfrm_address_t *saddr, uint16_t family, struct ike_sa_id *out);
bool xfrm_get_selector(const struct xfrm_selector *in, bool outbound, struct ike_selector *out);

#endif
