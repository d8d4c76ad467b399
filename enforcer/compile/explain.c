/* Why a packet meets its fate, in words. */
#include "enforcer/compile/explain.h"

#include "enforcer/compile/compile.h"

#include "common/base/banned.h"

const struct plan_filter *plan_winner(const struct plan *p, const struct packet *packet)
{
	for (size_t i = 0; i < p->nfilters; i++)
		if (plan_filter_takes(p, &p->filters[i], packet))
			return &p->filters[i];
	return NULL;
}

void plan_explain(const struct plan *p, const struct packet *packet, struct explanation *out)
{
	const struct nft_rule *decided;

	*out = (struct explanation){.fate = plan_walk(p, packet, &decided)};
	/* What decides in a base chain, or without asking a filter, is an exemption. */
	if (decided && (decided->chain < NFT_CHAIN_IN4 || decided->match == NFT_M_MCAST || decided->match == NFT_M_BCAST))
		out->exempt = decided;
	out->winner = plan_winner(p, packet);
	for (size_t i = out->winner ? (size_t)(out->winner - p->filters) + 1 : p->nfilters; i < p->nfilters; i++) {
		const struct plan_filter *f = &p->filters[i];
		if (!plan_filter_takes(p, f, packet))
			continue;
		if (out->nbeaten < EXPLAIN_BEATEN)
			out->beaten[out->nbeaten++] = f;
		else
			out->more++;
	}
}

void plan_explanation_shorten(struct explanation *x, size_t n)
{
	if (x->nbeaten <= n)
		return;
	x->more += x->nbeaten - n;
	x->nbeaten = n;
}

static unsigned count_any(const struct plan_filter *f)
{
	return (f->src.kind == SIDE_ANY) + (f->dst.kind == SIDE_ANY);
}

static unsigned count_hosts(const struct plan_filter *f)
{
	unsigned bits = ip_bits(f->family);

	return (f->src.spec == bits) + (f->dst.spec == bits);
}

/* The fields of plan_rank(), in its order. */
const char *plan_order_reason(const struct plan_filter *a, const struct plan_filter *b)
{
	if ((a->tunnel.family == IP_NONE) != (b->tunnel.family == IP_NONE))
		return "tunnel filters come before all others";
	if (count_any(a) != count_any(b))
		return "fewer of its ends are any";
	if (count_hosts(a) != count_hosts(b))
		return "more of its ends are single addresses";
	if (a->dst.spec != b->dst.spec)
		return "its destination is a longer prefix";
	if (a->src.spec != b->src.spec)
		return "its source is a longer prefix";
	if ((a->protocol == PROTO_ANY) != (b->protocol == PROTO_ANY))
		return "it names a protocol";
	if ((a->dport == 0) != (b->dport == 0))
		return "it names a destination port";
	if ((a->sport == 0) != (b->sport == 0))
		return "it names a source port";
	if ((origin_owner(&a->origin) == OWNER_PERSISTENT) != (origin_owner(&b->origin) == OWNER_PERSISTENT))
		return "equally specific, and it is persistent";
	if (a->action != b->action || a->inpass != b->inpass)
		return "equally specific, and its action is the stricter one";
	return "equally specific, with the same action";
}

const char *plan_fate_word(enum fate fate)
{
	switch (fate) {
	case FATE_PASS:
		return "permit";
	case FATE_DROP:
		return "block";
	case FATE_PROTECT:
		return "negotiate";
	}
	return "?";
}

const char *plan_exemption(const struct nft_rule *r)
{
	switch ((enum nft_match)r->match) {
	case NFT_M_LO:
		return "loopback is never filtered";
	case NFT_M_IKE:
		return "IKE is always exempt";
	case NFT_M_IPSEC:
		return "ESP and AH are what negotiation makes of packets";
	case NFT_M_KERBEROS:
		return "Kerberos is exempt by ipsecexempt";
	case NFT_M_RSVP:
		return "RSVP is exempt by ipsecexempt";
	case NFT_M_ALWAYS:
		return "the service is in Block mode: a persistent policy is there and cannot be applied";
	default:
		return "multicast and broadcast are exempt by ipsecexempt";
	}
}

static void print_end(const struct ip *ip, uint16_t port, struct buf *b)
{
	char text[IP_TEXT];

	buf_adds(b, ip_print(ip, text));
	if (port)
		buf_printf(b, " port %u", port);
}

static void print_packet(const struct packet *p, struct buf *b)
{
	const char *name = enum_to_name(protocol_names, p->protocol);

	buf_printf(b, "Packet                 : %s%s ", p->inbound ? "inbound" : "outbound",
	    p->dialup ? " on a dial-up interface" : "");
	if (name)
		buf_printf(b, "%s ", name);
	else
		buf_printf(b, "protocol %u ", p->protocol);
	print_end(&p->src, p->sport, b);
	buf_adds(b, " > ");
	print_end(&p->dst, p->dport, b);
	buf_addc(b, '\n');
}

void plan_explain_print(const struct plan *p, const struct packet *packet, const struct explanation *x,
    struct buf *b)
{
	print_packet(packet, b);
	buf_printf(b, "Verdict                : %s\n", plan_fate_word(x->fate));
	if (x->exempt) {
		buf_printf(b, "Because                : %s\n", plan_exemption(x->exempt));
		return;
	}
	if (!x->winner) {
		buf_printf(b, "Because                : %s\n",
		    p->policy || p->persistent || p->nfilters ? "no filter takes it" : "no policy is assigned");
		return;
	}
	buf_adds(b, "Because of             : ");
	plan_filter_print(p, x->winner, b);
	for (size_t i = 0; i < x->nbeaten; i++) {
		buf_adds(b, "Not                    : ");
		plan_filter_print(p, x->beaten[i], b);
		buf_printf(b, "    the first one wins : %s\n", plan_order_reason(x->winner, x->beaten[i]));
	}
	if (x->more)
		buf_printf(b, "and %zu more that it beat\n", x->more);
}

const struct plan_filter *plan_next(const struct plan *p, size_t at)
{
	for (size_t i = at + 1; i < p->nfilters; i++)
		if (p->filters[i].family == p->filters[at].family)
			return &p->filters[i];
	return NULL;
}

void plan_order_print(const struct plan *p, size_t first, size_t n, struct buf *b)
{
	for (size_t i = first; i < first + n && i < p->nfilters; i++) {
		buf_printf(b, "%-7zu", i + 1);
		plan_filter_print(p, &p->filters[i], b);
		const struct plan_filter *next = plan_next(p, i);
		if (next)
			buf_printf(b, "       before the next : %s\n", plan_order_reason(&p->filters[i], next));
	}
}
