/*
 * The mask rules of grammar §3.2: what an address word and its mask mean together. Names are resolved
 * here, once, when the command runs.
 */
#include "cli/commands.h"

#include <string.h>

#include "common/base/banned.h"

uint8_t addr_family(const struct addr_arg *a)
{
	bool address = !a->is_name && (a->at.kind == END_NET || a->at.kind == END_RANGE);

	return address ? a->at.lo.family : IP_NONE;
}

/*
 * 0.0.0.0 is how Windows stores `me` (under the host mask) and `any` (under an empty one); the second
 * holds for every address whose mask keeps nothing of it.
 */
static struct endpoint normal_form(struct endpoint p)
{
	const struct ip zero = {.family = IP_V4};

	if (p.kind != END_NET || p.lo.family != IP_V4)
		return p;
	if (p.plen == 0)
		return (struct endpoint){.kind = END_ANY};
	if (p.plen == 32 && ip_eq(&p.lo, &zero))
		return (struct endpoint){.kind = END_ME};
	return p;
}

static int mask_not_here(const struct side_args *side, struct err *e)
{
	return err_set(e, MASK_NOT_HERE, side->mask_tag, side->mask, side->addr_tag, side->addr->text);
}

/* Puts the given mask, or none, on one parsed endpoint. */
static int apply_mask(const struct side_args *side, uint8_t family, struct endpoint *p, struct err *e)
{
	uint8_t plen, own = p->kind == END_NET ? p->lo.family : family;

	if (side->mask) {
		if (p->kind == END_RANGE)
			return mask_not_here(side, e);
		/* Beside `any` and IPv4 on the other side too, 33 is no prefix length. */
		if (mask_parse(side->mask, side->mask_tag, own == IP_NONE ? IP_V4 : own, &plen, e) < 0)
			return -1;
		/* any, me and servers override a mask given with them (scripts-in-the-wild §2). */
		if (p->kind == END_NET && side->addr->has_plen && plen != p->plen)
			return mask_not_here(side, e);
		if (p->kind == END_NET) {
			p->plen = plen;
			p->lo = ip_mask(&p->lo, plen);
		}
	}
	*p = normal_form(*p);
	return 0;
}

int side_endpoints(struct session *s, const struct side_args *side, uint8_t family, struct endpoints *out,
    struct err *e)
{
	struct ip ips[RESOLVE_MAX];

	if (!side->addr->is_name) {
		out->n = 1;
		out->v[0] = side->addr->at;
		return apply_mask(side, family, &out->v[0], e);
	}
	out->n = s->resolve(side->addr->text, ips, RESOLVE_MAX);
	if (out->n == 0)
		return err_set(e, ADDR_BAD, side->addr_tag, side->addr->text);
	for (size_t i = 0; i < out->n; i++) {
		out->v[i] = (struct endpoint){.kind = END_NET,
			.plen = (uint8_t)ip_bits(ips[i].family),
			.lo = ips[i],
			.dns = side->addr->text};
		if (apply_mask(side, family, &out->v[i], e) < 0)
			return -1;
	}
	return 0;
}

bool end_matches(const struct endpoint *have, const struct endpoints *want, const struct addr_arg *addr,
    bool mask_given)
{
	if (addr->is_name && have->dns && str_caseeq(have->dns, addr->text))
		return true;
	for (size_t i = 0; i < want->n; i++) {
		const struct endpoint *w = &want->v[i];
		if (endpoint_eq(have, w))
			return true;
		if (w->kind == END_NET && have->kind == END_NET && !mask_given && !addr->has_plen &&
		    ip_eq(&have->lo, &w->lo))
			return true;
	}
	return false;
}

int tunnel_end(struct session *s, const char *text, struct ip *out, struct err *e)
{
	struct endpoint p;
	struct err ignored = {0};
	bool is_name;

	if (endpoint_parse(text, "tunnel", &p, &is_name, &ignored) < 0)
		return err_set(e, TUNNEL_BAD, text);
	if (is_name)
		return s->resolve(text, out, 1) ? 0 : err_set(e, TUNNEL_BAD, text);
	if (p.kind != END_NET || p.plen != ip_bits(p.lo.family))
		return err_set(e, TUNNEL_BAD, text);
	*out = p.lo;
	return 0;
}
