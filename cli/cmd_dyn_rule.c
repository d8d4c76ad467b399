/* dynamic add, set, delete rule, delete all (grammar §6.1-§6.3). */
#include "cli/dyn.h"

#include "common/base/mem.h"
#include "common/base/banned.h"

#define HELP_PROTOCOL "Protocol by name or number."
#define HELP_SRCPORT "Source port; 0 is any."
#define HELP_DSTPORT "Destination port; 0 is any."
#define HELP_MIRRORED "Match the opposite direction as well?"
#define HELP_CONNTYPE "The kind of interface to which the rule applies."
#define HELP_TUNNEL "The far tunnel end point; without it the rule is one of transport mode."
#define HELP_MMPOLICY "Name of a main mode policy; block and permit rules need one too."
#define HELP_QMPOLICY "Name of a quick mode policy; needed when an action is negotiate."
#define HELP_INBOUND "What happens to packets that arrive."
#define HELP_OUTBOUND "What happens to packets that leave."

static const struct tag add_tags[] = {
	TAG(dyn_rule_args, srcaddr, type_addr, TAG_REQUIRED, NULL, HELP_DYN_SRC),
	TAG(dyn_rule_args, dstaddr, type_addr, TAG_REQUIRED, NULL, HELP_DYN_DST),
	TAG(dyn_rule_args, mmpolicy, type_mmpolicy_name, TAG_REQUIRED, NULL, HELP_MMPOLICY),
	TAG(dyn_rule_args, qmpolicy, type_qmpolicy_name, 0, NULL, HELP_QMPOLICY),
	TAG(dyn_rule_args, protocol, type_protocol, 0, "ANY", HELP_PROTOCOL),
	TAG(dyn_rule_args, srcport, type_port, 0, "0", HELP_SRCPORT),
	TAG(dyn_rule_args, dstport, type_port, 0, "0", HELP_DSTPORT),
	TAG(dyn_rule_args, mirrored, type_yesno, 0, "yes", HELP_MIRRORED),
	TAG(dyn_rule_args, conntype, type_conntype, 0, "all", HELP_CONNTYPE),
	TAG(dyn_rule_args, actioninbound, type_action, 0, "negotiate", HELP_INBOUND),
	TAG(dyn_rule_args, actionoutbound, type_action, 0, "negotiate", HELP_OUTBOUND),
	TAG(dyn_rule_args, srcmask, type_mask, 0, NULL, HELP_DYN_MASK),
	TAG(dyn_rule_args, dstmask, type_mask, 0, NULL, HELP_DYN_MASK),
	TAG(dyn_rule_args, tunneldstaddress, type_tunnel, 0, NULL, HELP_TUNNEL),
	AUTH_TAGS(dyn_rule_args),
	FORCE_TAG(dyn_rule_args),
};
#define IDENTITY_TAGS                                                                              \
	TAG(dyn_rule_args, srcaddr, type_addr, TAG_REQUIRED, NULL, HELP_DYN_SRC),                   \
	TAG(dyn_rule_args, dstaddr, type_addr, TAG_REQUIRED, NULL, HELP_DYN_DST),                   \
	TAG(dyn_rule_args, protocol, type_protocol, TAG_REQUIRED, NULL, HELP_PROTOCOL),             \
	TAG(dyn_rule_args, srcport, type_port, TAG_REQUIRED, NULL, HELP_SRCPORT),                   \
	TAG(dyn_rule_args, dstport, type_port, TAG_REQUIRED, NULL, HELP_DSTPORT),                   \
	TAG(dyn_rule_args, mirrored, type_yesno, TAG_REQUIRED, NULL, HELP_MIRRORED),                \
	TAG(dyn_rule_args, conntype, type_conntype, TAG_REQUIRED, NULL, HELP_CONNTYPE),             \
	TAG(dyn_rule_args, srcmask, type_mask, 0, NULL, HELP_DYN_MASK),                             \
	TAG(dyn_rule_args, dstmask, type_mask, 0, NULL, HELP_DYN_MASK),                             \
	TAG(dyn_rule_args, tunneldstaddress, type_tunnel, 0, NULL, HELP_TUNNEL)
static const struct tag set_tags[] = {
	IDENTITY_TAGS,
	TAG(dyn_rule_args, mmpolicy, type_mmpolicy_name, 0, NULL, HELP_MMPOLICY),
	TAG(dyn_rule_args, qmpolicy, type_qmpolicy_name, 0, NULL, HELP_QMPOLICY),
	TAG(dyn_rule_args, actioninbound, type_action, 0, NULL, HELP_INBOUND),
	TAG(dyn_rule_args, actionoutbound, type_action, 0, NULL, HELP_OUTBOUND),
	AUTH_TAGS(dyn_rule_args),
	FORCE_TAG(dyn_rule_args),
};
static const struct tag delete_tags[] = {
	IDENTITY_TAGS,
	FORCE_TAG(dyn_rule_args),
};

/* A name may stand for many addresses; a dynamic rule takes the first that fits (semantics §1.4). */
static int first_fitting(struct session *s, const struct dyn_rule_args *a, struct filter *f, struct err *e)
{
	const struct side_args from = {&a->srcaddr, a->srcmask, "srcaddr", "srcmask"};
	const struct side_args to = {&a->dstaddr, a->dstmask, "dstaddr", "dstmask"};
	struct endpoints src, dst;
	struct err first = {0};

	if (side_endpoints(s, &from, addr_family(&a->dstaddr), &src, e) < 0 ||
	    side_endpoints(s, &to, addr_family(&a->srcaddr), &dst, e) < 0)
		return -1;
	for (size_t i = 0; i < src.n * dst.n; i++) {
		struct err why = {0};
		f->src = src.v[i / dst.n];
		f->dst = dst.v[i % dst.n];
		if (filter_validate(f, &why) == 0)
			return 0;
		if (first.kind == ERR_NONE)
			first = why;
	}
	*e = first;
	return -1;
}

static int selectors(struct session *s, const struct dyn_rule_args *a, struct dyn_rule *r, struct err *e)
{
	r->filter = (struct filter){.description = "",
		.protocol = a->protocol,
		.srcport = a->srcport,
		.dstport = a->dstport,
		.mirrored = a->mirrored};
	r->conntype = a->conntype;
	if (first_fitting(s, a, &r->filter, e) < 0)
		return -1;
	return a->given.tunneldstaddress ? tunnel_end(s, a->tunneldstaddress, &r->tunnel, e) : 0;
}

/* As on static rules: a stated list replaces all, kerberos=no alone leaves nothing (grammar §3.8). */
static int methods(const struct dyn_rule_args *a, struct dyn_rule *r, bool *given, struct err *e)
{
	*given = a->given.kerberos || a->given.psk || a->given.rootca;
	if (!*given)
		return 0;
	if (a->auth.list.n == 0)
		return err_set(e, AUTH_NONE);
	r->auth = a->auth.list;
	for (size_t i = 0; i < r->auth.n; i++)
		r->psk[i] = a->auth.psk[i];
	return 0;
}

static int rule_change(struct session *s, const struct dyn_rule_args *a, enum dyn_op op, struct err *e)
{
	struct dyn_change c = {.op = (uint8_t)op, .kind = DYN_RULE,
		.given = (a->given.mmpolicy ? DYN_G_MMPOLICY : 0u) | (a->given.qmpolicy ? DYN_G_QMPOLICY : 0u) |
		    (a->given.actioninbound ? DYN_G_ACTION_IN : 0u) |
		    (a->given.actionoutbound ? DYN_G_ACTION_OUT : 0u)};
	struct dyn_rule *r = &c.u.rule;
	bool auth;

	r->mmpolicy = a->mmpolicy ? a->mmpolicy : "";
	r->qmpolicy = a->qmpolicy ? a->qmpolicy : "";
	r->action_in = a->actioninbound;
	r->action_out = a->actionoutbound;
	if (op == DYN_ADD)
		r->auth = (struct auth_list){.v = {{.kind = AUTH_KERBEROS}}, .n = 1};
	if (selectors(s, a, r, e) < 0 || methods(a, r, &auth, e) < 0)
		return -1;
	if (auth)
		c.given |= DYN_G_AUTH;
	return guard_dynamic(s, &c, e) < 0 ? -1 : dyn_change(s, &c, e);
}

static int add_rule(struct session *s, const void *args, struct err *e)
{
	return rule_change(s, args, DYN_ADD, e);
}

static int set_rule(struct session *s, const void *args, struct err *e)
{
	return rule_change(s, args, DYN_SET, e);
}

static int delete_rule(struct session *s, const void *args, struct err *e)
{
	return rule_change(s, args, DYN_DELETE, e);
}

static int delete_all(struct session *s, const void *args, struct err *e)
{
	const struct dyn_change c = {.op = DYN_DELETE_ALL, .kind = DYN_ALL};

	(void)args;
	return dyn_change(s, &c, e);
}

struct sa_args {
	const char *dstaddr;
	struct {
		bool dstaddr, all;
	} given;
};
static const struct tag sa_tags[] = {
	TAG(sa_args, dstaddr, type_tunnel, TAG_REQUIRED, NULL, "The peer: associations to and from it."),
	KEYWORD(sa_args, all, TAG_RESERVED, "Those with every peer."),
};

static int delete_sa(struct session *s, const void *args, struct err *e)
{
	const struct sa_args *a = args;
	struct dyn_change c = {.op = a->given.all ? DYN_DELETE_ALL : DYN_DELETE, .kind = DYN_SA};

	if (!a->given.all && tunnel_end(s, a->dstaddr, &c.u.peer, e) < 0)
		return -1;
	return dyn_change(s, &c, e);
}

const struct cmd cmd_dynamic_add_rule = {
	.path = "dynamic add rule",
	CMD_TAGS(dyn_rule_args, add_tags),
	.run = add_rule,
	.brief = "Creates a rule that is in force at once, until the service stops.",
	.example = "add rule srcaddr=me dstaddr=192.0.2.7 mmpolicy=MM1 qmpolicy=QM1 protocol=TCP dstport=80",
};
const struct cmd cmd_dynamic_set_rule = {
	.path = "dynamic set rule",
	CMD_TAGS(dyn_rule_args, set_tags),
	.run = set_rule,
	.brief = "Changes policies, actions or methods of the rule of that traffic.",
	.example = "set rule srcaddr=me dstaddr=192.0.2.7 protocol=TCP srcport=0 dstport=80 mirrored=yes conntype=all "
	           "actioninbound=block",
};
const struct cmd cmd_dynamic_delete_rule = {
	.path = "dynamic delete rule",
	CMD_TAGS(dyn_rule_args, delete_tags),
	.run = delete_rule,
	.brief = "Deletes the rule of that traffic.",
	.example = "delete rule srcaddr=me dstaddr=192.0.2.7 protocol=TCP srcport=0 dstport=80 mirrored=yes conntype=all",
};
const struct cmd cmd_dynamic_delete_all = {
	.path = "dynamic delete all",
	.args_size = sizeof(struct dyn_rule_args),
	.run = delete_all,
	.brief = "Deletes all dynamic rules and policies; the assigned policy stays.",
	.example = "delete all",
};
const struct cmd cmd_dynamic_delete_sa = {
	.path = "dynamic delete sa",
	.flags = CMD_EXTENSION,
	CMD_TAGS(sa_args, sa_tags),
	.run = delete_sa,
	.brief = "Deletes security associations and tells the peers; traffic that needs one negotiates anew.",
	.example = "delete sa dstaddr=192.0.2.7",
};
