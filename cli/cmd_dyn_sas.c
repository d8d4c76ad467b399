/* dynamic show mmsas, qmsas (grammar §6.4, §7.10). */
#include "cli/dyn.h"

#include "cli/labels_dyn.h"
#include "cli/render_dyn_json.h"
#include "cli/render_sas.h"
#include "common/base/mem.h"
#include "common/base/banned.h"

static const struct tag mmsas_tags[] = {
	{.name = "srcaddr", .type = &type_addr, .help = SHOW_SRC,
	 .offset = offsetof(struct dyn_rule_args, srcaddr), .given = offsetof(struct dyn_rule_args, given.srcaddr)},
	KEYWORD(dyn_rule_args, all, TAG_RESERVED, "Every association."),
	TAG(dyn_rule_args, dstaddr, type_addr, 0, NULL, SHOW_DST),
	TAG(dyn_rule_args, format, type_format, 0, "list", HELP_FORMAT),
	SHOW_RESOLVE_TAG,
};
static const struct tag qmsas_tags[] = {
	{.name = "srcaddr", .type = &type_addr, .help = SHOW_SRC,
	 .offset = offsetof(struct dyn_rule_args, srcaddr), .given = offsetof(struct dyn_rule_args, given.srcaddr)},
	KEYWORD(dyn_rule_args, all, TAG_RESERVED, "Every association."),
	TAG(dyn_rule_args, dstaddr, type_addr, 0, NULL, SHOW_DST),
	TAG(dyn_rule_args, srcmask, type_mask, 0, NULL, SHOW_SRCMASK),
	TAG(dyn_rule_args, dstmask, type_mask, 0, NULL, SHOW_DSTMASK),
	SHOW_PORT_TAGS,
	TAG(dyn_rule_args, format, type_format, 0, "list", HELP_FORMAT),
	SHOW_RESOLVE_TAG,
};

/* --- which associations a line asks for --------------------------------------------------------------- */

/* One side of an association: where it is, and whether that is this host. */
struct have {
	struct ip_prefix net;
	bool own;
};
struct wanted_side {
	struct endpoints ends; /* none: any */
	bool exact; /* a mask was given: only that one */
	const char *mask, *mask_tag;
};

static int side_init(struct session *s, const struct side_args *side, bool given, struct wanted_side *out, struct err *e)
{
	struct err ignored = {0};
	uint8_t plen;

	*out = (struct wanted_side){.mask = given ? NULL : side->mask, .mask_tag = side->mask_tag,
		.exact = side->mask || side->addr->has_plen};
	if (given)
		return side_endpoints(s, side, IP_NONE, &out->ends, e);
	/* A mask alone narrows as well; one that is of neither IP version is said at once. */
	if (!side->mask || mask_parse(side->mask, side->mask_tag, IP_V6, &plen, &ignored) == 0)
		return 0;
	return mask_parse(side->mask, side->mask_tag, IP_V4, &plen, e);
}

static bool is_inside(const struct ip_prefix *in, const struct endpoint *p)
{
	struct ip last = ip_last(&in->net, in->plen);

	if (p->kind == END_RANGE)
		return p->lo.family == last.family && ip_cmp(&p->lo, &in->net) <= 0 && ip_cmp(&last, &p->hi) <= 0;
	return p->lo.family == last.family && in->plen >= p->plen && ip_in_prefix(&in->net, &p->lo, p->plen);
}

/*
 * `me` is this host's end. An address without mask also finds the net that begins with it, as everywhere. Servers are
 * the business of rules: an association has addresses.
 */
static bool end_wanted(const struct wanted_side *w, const struct endpoint *p, const struct have *h)
{
	switch ((enum end_kind)p->kind) {
	case END_ANY:
		return true;
	case END_ME:
		return h->own;
	case END_NET:
	case END_RANGE:
		return is_inside(&h->net, p) || (p->kind == END_NET && !w->exact && ip_eq(&p->lo, &h->net.net));
	default:
		return false;
	}
}

static bool side_wanted(const struct wanted_side *w, const struct have *h)
{
	struct err ignored = {0};
	uint8_t plen;

	if (w->mask)
		return mask_parse(w->mask, w->mask_tag, h->net.net.family, &plen, &ignored) == 0 && plen == h->net.plen;
	for (size_t i = 0; i < w->ends.n; i++)
		if (end_wanted(w, &w->ends.v[i], h))
			return true;
	return w->ends.n == 0;
}

/* --- listing ------------------------------------------------------------------------------------------ */

struct sas_walk {
	struct session *s;
	const struct dyn_rule_args *a;
	struct wanted_side src, dst;
	int format;
	struct json_list *json; /* NULL: list or table */
	size_t shown;
};

static struct have host_of(const struct ip *ip, bool own)
{
	return (struct have){{*ip, (uint8_t)ip_bits(ip->family)}, own};
}

static bool mmsa_wanted(const struct sas_walk *w, const struct mmsa *a)
{
	const struct have src = host_of(&a->local.ip, true), dst = host_of(&a->remote.ip, false);

	return side_wanted(&w->src, &src) && side_wanted(&w->dst, &dst);
}

static bool qmsa_wanted(const struct sas_walk *w, const struct qmsa *q)
{
	const struct dyn_rule_args *a = w->a;
	const struct have src = {q->src, ip_eq(&q->src.net, &q->local.ip)}, dst = {q->dst, false};

	return side_wanted(&w->src, &src) && side_wanted(&w->dst, &dst) &&
	       (!a->given.protocol || a->protocol == q->protocol) && (!a->given.srcport || a->srcport == q->sport) &&
	       (!a->given.dstport || a->dstport == q->dport);
}

static int mm_page(void *ctx, const struct ipc_sas_page *p, struct err *e)
{
	struct sas_walk *w = ctx;

	(void)e;
	for (size_t i = 0; i < p->u.mm.n; i++) {
		const struct mmsa *a = &p->u.mm.v[i];
		if (!mmsa_wanted(w, a))
			continue;
		if (w->json) {
			json_list_element(w->json);
			json_mmsa(w->s, w->json->j, a, w->a->resolvedns);
		} else {
			if (w->shown == 0)
				render_mmsas_title(w->s, w->format, p->now_s);
			render_mmsa(w->s, w->format, a, w->a->resolvedns);
		}
		w->shown++;
	}
	return 0;
}

static int qm_page(void *ctx, const struct ipc_sas_page *p, struct err *e)
{
	struct sas_walk *w = ctx;

	(void)e;
	for (size_t i = 0; i < p->u.qm.n; i++) {
		const struct qmsa *a = &p->u.qm.v[i];
		if (!qmsa_wanted(w, a))
			continue;
		if (w->json) {
			json_list_element(w->json);
			json_qmsa(w->s, w->json->j, a, w->a->resolvedns);
		} else {
			if (w->shown == 0)
				render_qmsas_title(w->s, w->format);
			render_qmsa(w->s, w->format, a, w->a->resolvedns);
		}
		w->shown++;
	}
	return 0;
}

int show_dyn_sas(struct session *s, const struct dyn_rule_args *a, bool quick, struct json_list *json, bool *ike,
    struct err *e)
{
	const struct side_args from = {&a->srcaddr, a->srcmask, "srcaddr", "srcmask"};
	const struct side_args to = {&a->dstaddr, a->dstmask, "dstaddr", "dstmask"};
	struct sas_walk w = {.s = s, .a = a, .format = a->format, .json = json};

	if (side_init(s, &from, a->given.srcaddr, &w.src, e) < 0 || side_init(s, &to, a->given.dstaddr, &w.dst, e) < 0 ||
	    dyn_sas(s, quick, quick ? qm_page : mm_page, &w, ike, e) < 0)
		return -1;
	if (json)
		return 0;
	if (w.shown == 0)
		return quick ? err_set(e, NO_QMSAS) : err_set(e, NO_MMSAS);
	render_sas_end(s, w.format, quick ? D_QMSAS_COUNT : D_MMSAS_COUNT, w.shown);
	return 0;
}

static int show_sas(struct session *s, const struct dyn_rule_args *a, bool quick, struct err *e)
{
	struct json_list json = {.s = s};
	bool as_json = a->format == FORMAT_JSON, ike = true;
	int rc = show_dyn_sas(s, a, quick, as_json ? &json : NULL, &ike, e);

	if (!ike)
		dyn_say_no_ike(s);
	if (rc == 0 && as_json)
		json_list_end(&json);
	return rc;
}

static int show_mmsas(struct session *s, const void *args, struct err *e)
{
	return show_sas(s, args, false, e);
}

static int show_qmsas(struct session *s, const void *args, struct err *e)
{
	return show_sas(s, args, true, e);
}

const struct cmd cmd_dynamic_show_mmsas = {
	.path = "dynamic show mmsas",
	CMD_TAGS(dyn_rule_args, mmsas_tags),
	.run = show_mmsas,
	.brief = "Displays main mode security associations.",
	.example = "show mmsas all",
};
const struct cmd cmd_dynamic_show_qmsas = {
	.path = "dynamic show qmsas",
	CMD_TAGS(dyn_rule_args, qmsas_tags),
	.run = show_qmsas,
	.brief = "Displays quick mode security associations.",
	.example = "show qmsas all",
};
