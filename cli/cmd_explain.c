/*
 * explain and static show order: what a policy (static) or everything in force (dynamic) does with a packet and
 * why, and the order in which the compiler puts filters. Windows has neither (semantics §0.4, fact 10); all use
 * a compiled plan: the static ones make one of the store, the dynamic one asks the enforcer about its own.
 */
#include "cli/dyn.h"

#include <stdlib.h>

#include "cli/render.h"
#include "common/base/mem.h"
#include "enforcer/compile/plan_json.h"
#include "common/base/banned.h"

struct explain_args {
	struct addr_arg srcaddr, dstaddr;
	uint8_t protocol, direction;
	uint16_t srcport, dstport;
	uint8_t format;
	const char *policy;
	struct {
		bool srcaddr, dstaddr, protocol, srcport, dstport, direction, policy, format;
	} given;
};

#define HELP_POLICY "Name of the policy; without it the assigned one."

#define PACKET_TAGS                                                                                    \
	TAG(explain_args, srcaddr, type_addr, TAG_REQUIRED, NULL, "Source of the packet: an address, a name, or me."), \
	TAG(explain_args, dstaddr, type_addr, TAG_REQUIRED, NULL, "Destination, likewise."),           \
	TAG(explain_args, protocol, type_protocol, 0, "TCP", "Protocol by name or number."),           \
	TAG(explain_args, srcport, type_port, 0, "0", "Source port; 0 is one that no filter names."),  \
	TAG(explain_args, dstport, type_port, 0, "0", "Destination port, likewise."),                  \
	TAG(explain_args, direction, type_direction, 0, NULL,                                          \
	    "As seen from this host; without it, outbound when the source is an address of this host.")

static const struct tag explain_tags[] = {
	PACKET_TAGS,
	TAG(explain_args, policy, type_policy_name, 0, NULL, HELP_POLICY),
	TAG(explain_args, format, type_listformat, 0, "list", HELP_LISTFORMAT),
};
static const struct tag dynamic_tags[] = {
	PACKET_TAGS,
	TAG(explain_args, format, type_listformat, 0, "list", HELP_LISTFORMAT),
};
static const struct tag order_tags[] = {
	TAG(explain_args, policy, type_policy_name, 0, NULL, HELP_POLICY),
	TAG(explain_args, format, type_listformat, 0, "list", HELP_LISTFORMAT),
};

/* --- the plan of a policy, assigned or not, beside what the other store has assigned ----------------------------------------------------------- */

struct compiled {
	struct policyset *ps, *other; /* of the store that is worked on, and of the other one */
	struct facts facts;
	struct plan plan;
};

static void compiled_free(struct compiled *c)
{
	plan_free(&c->plan);
	facts_free(&c->facts);
	policyset_free(c->ps);
	policyset_free(c->other);
}

/* Assigns the named policy, in this copy of the store only. */
static int assign_in_copy(struct policyset *ps, const char *name, struct err *e)
{
	bool found = false;

	for (size_t i = 0; i < ps->npolicies; i++) {
		ps->policies[i].assigned = str_caseeq(ps->policies[i].name, name);
		found |= ps->policies[i].assigned;
	}
	return found ? 0 : err_set(e, POLICY_NOTFOUND, name);
}

static int compile(struct session *s, const char *policy, struct compiled *c, struct err *e)
{
	*c = (struct compiled){.ps = store_snapshot(s->store, e)};
	struct plan_sources from;

	if (c->ps)
		c->other = session_other(s, e);
	if (!c->ps || !c->other || (policy && assign_in_copy(c->ps, policy, e) < 0))
		return -1;
	if (s->facts && s->facts(&c->facts, e) < 0)
		return -1;
	from = s->at == LOCATION_PERSISTENT ? (struct plan_sources){.local = c->other, .persistent = c->ps}
	                                    : (struct plan_sources){.local = c->ps, .persistent = c->other};
	return plan_compile_sources(&from, &c->facts, &c->plan, e);
}

/* --- the packet -------------------------------------------------------------------------------------- */

static const struct fact_addr *own_address(const struct facts *f, const struct ip *ip)
{
	for (size_t i = 0; i < f->naddrs; i++)
		if (ip_eq(&f->addrs[i].ip, ip))
			return &f->addrs[i];
	return NULL;
}

/* This host's first address of that family that is no loopback. */
static bool first_address(const struct facts *f, uint8_t family, struct ip *out)
{
	for (size_t i = 0; i < f->naddrs; i++) {
		if (f->addrs[i].ip.family != family || f->ifs[f->addrs[i].iface].kind == IF_LOOPBACK)
			continue;
		*out = f->addrs[i].ip;
		return true;
	}
	return false;
}

/* One address: of a packet there is no range, and any is none. */
static int packet_end(struct session *s, const struct addr_arg *a, const char *tag, struct ip *out, struct err *e)
{
	if (a->is_name)
		return s->resolve(a->text, out, 1) ? 0 : err_set(e, ADDR_BAD, tag, a->text);
	if (a->at.kind == END_ME) {
		*out = (struct ip){.family = IP_NONE};
		return 0;
	}
	if (a->at.kind != END_NET || a->has_plen || a->at.plen != ip_bits(a->at.lo.family))
		return err_set(e, EXPLAIN_END, tag, a->text);
	*out = a->at.lo;
	return 0;
}

static int me_as_address(const struct facts *f, struct ip *me, const struct ip *other, struct err *e)
{
	if (me->family != IP_NONE)
		return 0;
	return first_address(f, other->family, me) ? 0 : err_set(e, EXPLAIN_NO_ADDRESS, other->family);
}

static int packet_of(struct session *s, const struct explain_args *a, const struct facts *f, struct packet *p,
    struct err *e)
{
	const struct fact_addr *own;

	if (packet_end(s, &a->srcaddr, "srcaddr", &p->src, e) < 0 ||
	    packet_end(s, &a->dstaddr, "dstaddr", &p->dst, e) < 0)
		return -1;
	if (p->src.family == IP_NONE && p->dst.family == IP_NONE)
		return err_set(e, BOTH_SIDES_ME, "me");
	bool from_me = p->src.family == IP_NONE;
	if (me_as_address(f, &p->src, &p->dst, e) < 0 || me_as_address(f, &p->dst, &p->src, e) < 0)
		return -1;
	if (p->src.family != p->dst.family)
		return err_set(e, ADDR_FAMILIES, a->srcaddr.text, a->dstaddr.text);
	p->inbound = a->given.direction ? a->direction == DIRECTION_IN : !from_me && !own_address(f, &p->src);
	own = own_address(f, p->inbound ? &p->dst : &p->src);
	p->dialup = own && f->ifs[own->iface].kind == IF_DIALUP;
	p->family = p->src.family;
	p->protocol = a->protocol == PROTO_ICMP && p->family == IP_V6 ? PROTO_ICMPV6 : a->protocol;
	p->sport = a->srcport;
	p->dport = a->dstport;
	return 0;
}

static int explain(struct session *s, const void *args, struct err *e)
{
	const struct explain_args *a = args;
	struct compiled c;
	struct packet p = {0};
	int rc = compile(s, a->policy, &c, e);

	if (rc == 0)
		rc = packet_of(s, a, &c.facts, &p, e);
	if (rc == 0) {
		struct explanation x;
		plan_explain(&c.plan, &p, &x);
		if (a->format == FORMAT_JSON)
			plan_explain_json(&c.plan, &p, &x, &s->text);
		else
			plan_explain_print(&c.plan, &p, &x, &s->text);
	}
	compiled_free(&c);
	return rc;
}

static int explain_in_force(struct session *s, const void *args, struct err *e)
{
	const struct explain_args *a = args;
	struct facts facts = {0};
	struct packet p = {0};
	int rc = s->facts ? s->facts(&facts, e) : 0;

	if (rc == 0)
		rc = packet_of(s, a, &facts, &p, e);
	if (rc == 0)
		rc = dyn_explain(s, &p, a->format == FORMAT_JSON, e);
	facts_free(&facts);
	return rc;
}

enum { AT_ONCE = 500 }; /* filters between two hand-overs of a long listing */

static void print_order(struct session *s, const struct plan *p)
{
	for (size_t i = 0; i < p->nfilters; i += AT_ONCE) {
		plan_order_print(p, i, AT_ONCE, &s->text);
		session_flush_text(s);
	}
}

static void json_order(struct session *s, const struct plan *p)
{
	struct json j;

	json_begin(&j, &s->text);
	json_array(&j, NULL, JSON_LINES);
	for (size_t i = 0; i < p->nfilters; i += AT_ONCE) {
		plan_order_json(p, i, AT_ONCE, &j);
		session_flush_text(s);
	}
	json_close(&j);
	json_end(&j);
}

static int show_order(struct session *s, const void *args, struct err *e)
{
	const struct explain_args *a = args;
	struct compiled c;
	int rc = compile(s, a->policy, &c, e);

	if (rc == 0 && !c.plan.policy && !c.plan.persistent)
		rc = err_set(e, NOT_ASSIGNED);
	if (rc == 0 && a->format == FORMAT_JSON)
		json_order(s, &c.plan);
	else if (rc == 0)
		print_order(s, &c.plan);
	compiled_free(&c);
	return rc;
}

const struct cmd cmd_static_explain = {
	.path = "static explain",
	CMD_TAGS(explain_args, explain_tags),
	.flags = CMD_READS | CMD_EXTENSION,
	.run = explain,
	.brief = "Says what a policy does with a packet, and why.",
	.example = "explain srcaddr=192.0.2.9 dstaddr=me protocol=TCP dstport=23",
};
const struct cmd cmd_dynamic_explain = {
	.path = "dynamic explain",
	CMD_TAGS(explain_args, dynamic_tags),
	.flags = CMD_EXTENSION,
	.run = explain_in_force,
	.brief = "Says what becomes of a packet now, by policy and dynamic rules, and why.",
	.example = "explain srcaddr=192.0.2.9 dstaddr=me protocol=TCP dstport=23",
};
const struct cmd cmd_static_show_order = {
	.path = "static show order",
	CMD_TAGS(explain_args, order_tags),
	.flags = CMD_READS | CMD_EXTENSION,
	.run = show_order,
	.brief = "Displays the filters of a policy in the order in which they are tried.",
	.example = "show order policy=Policy1",
};
