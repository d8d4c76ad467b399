/* static add and delete filter (grammar §3.2, §5.1, §5.3). netsh has no set or show filter. */
#include "cli/commands.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/banned.h"

struct filter_args {
	const char *filterlist, *description, *srcmask, *dstmask, *srcdns, *dstdns;
	struct guid guid;
	struct addr_arg srcaddr, dstaddr;
	uint8_t protocol;
	bool mirrored, force;
	uint16_t srcport, dstport;
	struct {
		bool filterlist, srcaddr, dstaddr, description, protocol, mirrored, srcmask, dstmask, srcport,
		    dstport, srcdns, dstdns, guid, force;
	} given;
};

#define HELP_SRCADDR "Source: me, any, an address, prefix, range or name, or DNS, WINS, DHCP, GATEWAY."
#define HELP_DSTADDR "Destination, likewise."
#define HELP_MASK "Mask or prefix length; without it an address is a single host. Not with a range."

#define HELP_DNS(of) "The name that " of " was found for, if any; it is shown, and not looked up."

static const struct tag add_tags[] = {
	TAG(filter_args, filterlist, type_filterlist_or_new, TAG_REQUIRED, NULL,
	    "Name of the filter list; a missing one is created."),
	TAG(filter_args, srcaddr, type_addr, TAG_REQUIRED, NULL, HELP_SRCADDR),
	TAG(filter_args, dstaddr, type_addr, TAG_REQUIRED, NULL, HELP_DSTADDR),
	TAG(filter_args, description, type_text, 0, "", "What the filter is for."),
	TAG(filter_args, protocol, type_protocol, 0, "ANY", "Protocol by name or number."),
	TAG(filter_args, mirrored, type_yesno, 0, "yes", "Match the opposite direction as well?"),
	TAG(filter_args, srcmask, type_mask, 0, NULL, HELP_MASK),
	TAG(filter_args, dstmask, type_mask, 0, NULL, HELP_MASK),
	TAG(filter_args, srcport, type_port, 0, "0", "Source port; 0 is any."),
	TAG(filter_args, dstport, type_port, 0, "0", "Destination port; 0 is any."),
	TAG(filter_args, srcdns, type_text, TAG_EXTENSION | TAG_NAMED, NULL, HELP_DNS("srcaddr")),
	TAG(filter_args, dstdns, type_text, TAG_EXTENSION | TAG_NAMED, NULL, HELP_DNS("dstaddr")),
	GUID_TAG(filter_args, guid, "The filter"),
	FORCE_TAG(filter_args),
};
/* No defaults: a criterion that is not given matches anything. */
static const struct tag delete_tags[] = {
	TAG(filter_args, filterlist, type_filterlist_name, TAG_REQUIRED, NULL, "Name of the filter list."),
	TAG(filter_args, srcaddr, type_addr, TAG_REQUIRED, NULL, HELP_SRCADDR),
	TAG(filter_args, dstaddr, type_addr, TAG_REQUIRED, NULL, HELP_DSTADDR),
	TAG(filter_args, protocol, type_protocol, 0, NULL, "Protocol by name or number."),
	TAG(filter_args, mirrored, type_yesno, 0, NULL, "Only mirrored filters, or only others."),
	TAG(filter_args, srcmask, type_mask, 0, NULL, "Only filters with that source mask."),
	TAG(filter_args, dstmask, type_mask, 0, NULL, "Only filters with that destination mask."),
	TAG(filter_args, srcport, type_port, 0, NULL, "Only filters with that source port; 0 is any."),
	TAG(filter_args, dstport, type_port, 0, NULL, "Only filters with that destination port; 0 is any."),
	FORCE_TAG(filter_args),
};

/* Both sides as endpoints. */
static int both_sides(struct session *s, const struct filter_args *a, struct endpoints *src,
    struct endpoints *dst, struct err *e)
{
	const struct side_args from = {&a->srcaddr, a->srcmask, "srcaddr", "srcmask"};
	const struct side_args to = {&a->dstaddr, a->dstmask, "dstaddr", "dstmask"};

	if (side_endpoints(s, &from, addr_family(&a->dstaddr), src, e) < 0)
		return -1;
	return side_endpoints(s, &to, addr_family(&a->srcaddr), dst, e);
}

/* --- add ---------------------------------------------------------------------------------------- */

static int find_or_add_list(struct session *s, const char *name, struct filterlist *l, struct err *e)
{
	struct err why = {0};

	if (store_filterlist_find(s->store, name, NULL, &s->arena, l, &why) == 0)
		return 0;
	if (why.id != FILTERLIST_NOTFOUND) {
		*e = why;
		return -1;
	}
	*l = (struct filterlist){.name = name, .description = ""};
	return store_filterlist_add(s->store, l, e);
}

/*
 * One filter for each pair of addresses. A name may resolve to both IP versions; pairs of different
 * versions are left out as long as one pair remains.
 */
static int add_pairs(struct session *s, const struct filter *like, const struct endpoints *src,
    const struct endpoints *dst, int64_t list, struct err *e)
{
	struct err why = {0};
	size_t good = 0;

	for (size_t i = 0; i < src->n * dst->n; i++) {
		struct filter f = *like;
		bool added, choice = src->n * dst->n > 1;
		f.src = src->v[i / dst->n];
		f.dst = dst->v[i % dst->n];
		if (filter_validate(&f, &why) < 0) {
			if (choice && why.id == ADDR_FAMILIES)
				continue;
			*e = why;
			return -1;
		}
		good++;
		/* A duplicate is not an error: scripts add the same filter again (scripts-in-the-wild §1). */
		if (store_filter_add(s->store, list, &f, &added, e) < 0)
			return -1;
		if (added)
			guard_note_filter(s, list, &f);
	}
	if (good == 0) {
		*e = why;
		return -1;
	}
	return 0;
}

/* Where the address came from, in the words of dump: name and address both. */
static int remember_name(const char *name, const char *tag, const char *addr_tag, struct endpoints *at, struct err *e)
{
	if (!name || !*name)
		return 0;
	if (at->n != 1 || at->v[0].kind != END_NET || at->v[0].dns)
		return err_set(e, DNS_NOT_HERE, tag, addr_tag);
	at->v[0].dns = name;
	return 0;
}

static int add_filter(struct session *s, const void *args, struct err *e)
{
	const struct filter_args *a = args;
	struct endpoints src, dst;
	struct filterlist l;
	struct filter f = {
		.description = a->description,
		.protocol = a->protocol,
		.srcport = a->srcport,
		.dstport = a->dstport,
		.mirrored = a->mirrored,
		.guid = a->guid,
	};

	if (both_sides(s, a, &src, &dst, e) < 0 || remember_name(a->srcdns, "srcdns", "srcaddr", &src, e) < 0 ||
	    remember_name(a->dstdns, "dstdns", "dstaddr", &dst, e) < 0 || find_or_add_list(s, a->filterlist, &l, e) < 0)
		return -1;
	return add_pairs(s, &f, &src, &dst, l.id, e);
}

/* --- delete ------------------------------------------------------------------------------------- */

/* What to delete, and the ids found so far. */
struct hunt {
	struct session *s;
	int64_t list;
	const struct filter_args *a;
	struct endpoints src, dst;
	int64_t *ids;
	size_t n, cap;
};

static int hunt_one(void *ctx, const struct filter *f, struct err *e)
{
	struct hunt *h = ctx;
	const struct filter_args *a = h->a;

	(void)e;
	if ((a->given.protocol && f->protocol != a->protocol) ||
	    (a->given.mirrored && f->mirrored != a->mirrored) ||
	    (a->given.srcport && f->srcport != a->srcport) || (a->given.dstport && f->dstport != a->dstport) ||
	    !end_matches(&f->src, &h->src, &a->srcaddr, a->given.srcmask) ||
	    !end_matches(&f->dst, &h->dst, &a->dstaddr, a->given.dstmask))
		return 0;
	GROW(h->ids, h->n, h->cap);
	h->ids[h->n++] = f->id;
	guard_note_filter(h->s, h->list, f);
	return 0;
}

/* A name that resolves no longer still finds the filters that were made from it. */
static int hunt_side(struct session *s, const struct side_args *side, uint8_t family, struct endpoints *out,
    struct err *e)
{
	out->n = 0;
	if (side_endpoints(s, side, family, out, e) == 0)
		return 0;
	if (!side->addr->is_name || e->id != ADDR_BAD)
		return -1;
	*e = (struct err){0};
	return 0;
}

/* From a host to the next wider subnet of that address: 10.0.0.0/32, /31 ... /7. false: there is none. */
static bool widen(struct endpoint *p)
{
	if (p->kind != END_NET || p->plen == 0)
		return false;
	struct ip wider = ip_mask(&p->lo, p->plen - 1u);
	if (!ip_eq(&wider, &p->lo))
		return false;
	p->plen--;
	return true;
}

/* Without a mask an address stands for every subnet that begins with it (end_matches()). */
static bool any_mask(const struct addr_arg *addr, bool mask_given)
{
	return !mask_given && !addr->has_plen;
}

/* All filters from `src`, and its wider subnets, to one of the destinations. */
static int hunt_from(struct session *s, int64_t list, struct hunt *h, const struct endpoint *src, struct err *e)
{
	bool wide = any_mask(&h->a->dstaddr, h->a->given.dstmask);

	for (size_t i = 0; i < h->dst.n; i++) {
		struct endpoint dst = h->dst.v[i];
		do
			if (store_filter_between(s->store, list, src, &dst, hunt_one, h, e) < 0)
				return -1;
		while (wide && widen(&dst));
	}
	return 0;
}

/* A long list is not read through: what is to go is looked up. Names need the walk. */
static int hunt_all(struct session *s, int64_t list, struct hunt *h, struct err *e)
{
	bool wide = any_mask(&h->a->srcaddr, h->a->given.srcmask);

	if (h->a->srcaddr.is_name || h->a->dstaddr.is_name)
		return store_filter_each(s->store, list, hunt_one, h, e);
	for (size_t i = 0; i < h->src.n; i++) {
		struct endpoint src = h->src.v[i];
		do
			if (hunt_from(s, list, h, &src, e) < 0)
				return -1;
		while (wide && widen(&src));
	}
	return 0;
}

static int delete_filter(struct session *s, const void *args, struct err *e)
{
	const struct filter_args *a = args;
	const struct side_args from = {&a->srcaddr, a->srcmask, "srcaddr", "srcmask"};
	const struct side_args to = {&a->dstaddr, a->dstmask, "dstaddr", "dstmask"};
	struct hunt h = {.s = s, .a = a};
	struct filterlist l;
	int r = -1;

	if (store_filterlist_find(s->store, a->filterlist, NULL, &s->arena, &l, e) < 0)
		goto out;
	h.list = l.id;
	if (hunt_side(s, &from, addr_family(&a->dstaddr), &h.src, e) < 0 ||
	    hunt_side(s, &to, addr_family(&a->srcaddr), &h.dst, e) < 0 ||
	    hunt_all(s, l.id, &h, e) < 0)
		goto out;
	if (h.n == 0)
		err_set(e, FILTER_NOTFOUND, l.name);
	else
		r = store_filter_delete(s->store, l.id, h.ids, h.n, e);
out:
	free(h.ids);
	return r;
}

const struct cmd cmd_static_add_filter = {
	.path = "static add filter",
	CMD_TAGS(filter_args, add_tags),
	.flags = CMD_WRITES | CMD_IN_FILES,
	.run = add_filter,
	.brief = "Adds a filter to a filter list.",
	.example = "add filter filterlist=FilterList1 srcaddr=me dstaddr=192.0.2.0 dstmask=24 protocol=TCP dstport=80",
};
const struct cmd cmd_static_delete_filter = {
	.path = "static delete filter",
	CMD_TAGS(filter_args, delete_tags),
	.flags = CMD_WRITES,
	.run = delete_filter,
	.brief = "Deletes every filter of a list that matches what is given.",
	.example = "delete filter filterlist=FilterList1 srcaddr=me dstaddr=192.0.2.0",
};
