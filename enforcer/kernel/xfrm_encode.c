/* XFRM operations -> messages. Layout: linux/xfrm.h; decoding: xfrm_decode.c. */
#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

#include "enforcer/kernel/xfrm_codec.h"
#include "enforcer/kernel/xfrm_parts.h"

#include "common/base/banned.h"

enum { PORT_EXACT = 0xFFFF };

static struct xfrm_selector selector_of(const struct kpol *k)
{
	const struct xfrm_pol *p = &k->pol;
	struct xfrm_selector s = {.family = xfrm_af_of(p->family),
	    .prefixlen_s = p->src_plen,
	    .prefixlen_d = p->dst_plen,
	    .proto = p->protocol,
	    .sport = htons(p->sport),
	    .dport = htons(p->dport),
	    .sport_mask = p->sport ? PORT_EXACT : 0,
	    .dport_mask = p->dport ? PORT_EXACT : 0,
	    .user = kpol_user(k)};

	xfrm_put_addr(&s.saddr, &p->src);
	xfrm_put_addr(&s.daddr, &p->dst);
	return s;
}

/*
 * Which algorithms are allowed is IKE's affair: the template admits all of them. `tunnel`: it makes the outer
 * header.
 */
static struct xfrm_user_tmpl template_of(const struct xfrm_pol *p, uint8_t protocol, bool tunnel)
{
	struct xfrm_user_tmpl t = {.id.proto = protocol,
	    .reqid = p->reqid,
	    .mode = tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT,
	    .share = XFRM_SHARE_ANY,
	    .optional = p->optional,
	    .aalgos = ~0u,
	    .ealgos = ~0u,
	    .calgos = ~0u,
	    .family = xfrm_af_of(p->tunnel ? p->tunnel_dst.family : p->family)};

	if (tunnel) {
		xfrm_put_addr(&t.saddr, &p->tunnel_src);
		xfrm_put_addr(&t.id.daddr, &p->tunnel_dst);
	}
	return t;
}

/*
 * In the order in which an outbound packet passes them: ESP, and AH around it. Of a tunnel the first makes the outer
 * header, which AH then protects as in transport mode.
 */
static void put_templates(struct nlmsghdr *h, const struct xfrm_pol *p)
{
	struct xfrm_user_tmpl t[XFRM_TEMPLATES];
	size_t n = 0;

	if (p->protection & PROTECT_ESP)
		t[n++] = template_of(p, IPPROTO_ESP, p->tunnel);
	if (p->protection & PROTECT_AH) {
		t[n] = template_of(p, IPPROTO_AH, p->tunnel && n == 0);
		n++;
	}
	mnl_attr_put(h, XFRMA_TMPL, n * sizeof *t, t);
}

static void encode_put(struct nlmsghdr *h, const struct kpol *k, uint32_t life_s)
{
	struct xfrm_userpolicy_info *i = mnl_nlmsg_put_extra_header(h, sizeof *i);

	i->sel = selector_of(k);
	i->lft.soft_byte_limit = i->lft.hard_byte_limit = XFRM_INF;
	i->lft.soft_packet_limit = i->lft.hard_packet_limit = XFRM_INF;
	i->lft.hard_add_expires_seconds = life_s;
	i->priority = k->pol.priority;
	i->index = k->index;
	i->dir = k->pol.dir;
	i->action = k->pol.kind == XFRM_K_BLOCK ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
	i->share = XFRM_SHARE_ANY;
	if (k->pol.kind == XFRM_K_PROTECT)
		put_templates(h, &k->pol);
}

/* By selector alone: with an index the kernel would look at nothing else. */
static void encode_del(struct nlmsghdr *h, const struct kpol *k)
{
	struct xfrm_userpolicy_id *id = mnl_nlmsg_put_extra_header(h, sizeof *id);

	id->sel = selector_of(k);
	id->dir = k->pol.dir;
}

void xfrm_encode(const struct ops *o, size_t i, bool inverse, void *msg, uint32_t seq)
{
	const struct xfrm_change *c = &o->xfrm[o->v[i].item];
	const struct kpol *before = inverse ? &c->after : &c->before;
	const struct kpol *after = inverse ? &c->before : &c->after;

	if (o->v[i].kind == OP_XFRM_UPDATE)
		encode_put(xfrm_begin(msg, XFRM_MSG_UPDPOLICY, NLM_F_ACK, seq), after, 0);
	else if ((o->v[i].kind == OP_XFRM_ADD) != inverse)
		encode_put(xfrm_begin(msg, XFRM_MSG_NEWPOLICY, NLM_F_ACK, seq), after, 0);
	else
		encode_del(xfrm_begin(msg, XFRM_MSG_DELPOLICY, NLM_F_ACK, seq), before);
}

/* An update makes a policy that is not there. */
void xfrm_encode_granted(const struct kpol *k, bool gone, uint32_t life_s, void *msg, uint32_t seq)
{
	if (gone)
		encode_del(xfrm_begin(msg, XFRM_MSG_DELPOLICY, NLM_F_ACK, seq), k);
	else
		encode_put(xfrm_begin(msg, XFRM_MSG_UPDPOLICY, NLM_F_ACK, seq), k, life_s);
}

void xfrm_encode_granted_get(const struct kpol *k, void *msg, uint32_t seq)
{
	encode_del(xfrm_begin(msg, XFRM_MSG_GETPOLICY, 0, seq), k);
}

void xfrm_encode_dump(void *msg, uint32_t seq)
{
	mnl_nlmsg_put_extra_header(xfrm_begin(msg, XFRM_MSG_GETPOLICY, NLM_F_DUMP, seq), sizeof(struct xfrm_userpolicy_id));
}

void xfrm_encode_sa_dump(void *msg, uint32_t seq)
{
	mnl_nlmsg_put_extra_header(xfrm_begin(msg, XFRM_MSG_GETSA, NLM_F_DUMP, seq), sizeof(struct xfrm_usersa_id));
}

void xfrm_encode_sa_delete(const struct kernel_sa *sa, void *msg, uint32_t seq)
{
	struct nlmsghdr *h = xfrm_begin(msg, XFRM_MSG_DELSA, NLM_F_ACK, seq);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(h, sizeof *id);
	xfrm_address_t src = {0};

	xfrm_put_addr(&id->daddr, &sa->dst);
	id->spi = htonl(sa->spi);
	id->family = xfrm_af_of(sa->dst.family);
	id->proto = sa->protocol;
	xfrm_put_addr(&src, &sa->src);
	mnl_attr_put(h, XFRMA_SRCADDR, sizeof src, &src);
}
