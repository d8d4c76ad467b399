/*
 * Operations -> nf_tables messages (linux/netfilter/nf_tables.h). Rules: nft_rule.c; the way back:
 * nft_decode.c.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "enforcer/kernel/nft_put.h"

#include "common/base/banned.h"

enum { NEST_FULL = 60000 }; /* bytes; the length of a nest is 16 bits */

/* --- messages ---------------------------------------------------------------------------- */

static struct nlmsghdr *put_header(
    void *msg, int type, int flags, uint8_t family, uint16_t res_id, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(msg);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = seq;
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof *g);
	g->nfgen_family = family;
	g->version = NFNETLINK_V0;
	g->res_id = htons(res_id);
	return h;
}

struct nlmsghdr *nft_put_header(void *msg, int type, int flags, uint32_t seq)
{
	return put_header(msg, NFNL_SUBSYS_NFTABLES << 8 | type, flags, NFPROTO_INET, 0, seq);
}

void nft_put_be32(struct nlmsghdr *h, uint16_t attr, uint32_t v)
{
	mnl_attr_put_u32(h, attr, htonl(v));
}

void nft_encode_batch(void *msg, uint16_t type, uint32_t seq)
{
	put_header(msg, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, seq);
}

void nft_encode_getgen(void *msg, uint32_t seq)
{
	nft_put_header(msg, NFT_MSG_GETGEN, 0, seq);
}

void nft_encode_dump(void *msg, uint16_t type, const char *set, uint32_t seq)
{
	struct nlmsghdr *h = nft_put_header(msg, type, NLM_F_DUMP, seq);

	/*
	 * In all object types the first attribute is the table's name; kernels that do not filter
	 * by it send other tables too, which the decoder passes over.
	 */
	if (type != NFT_MSG_GETTABLE)
		mnl_attr_put_strz(h, NFTA_RULE_TABLE, NFT_TABLE_NAME);
	if (set)
		mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set);
}

void nft_put_value(struct nlmsghdr *h, uint16_t attr, const void *bytes, size_t n)
{
	struct nlattr *nest = mnl_attr_nest_start(h, attr);

	mnl_attr_put(h, NFTA_DATA_VALUE, n, bytes);
	mnl_attr_nest_end(h, nest);
}

void nft_put_verdict(struct nlmsghdr *h, uint16_t attr, uint32_t code, const char *chain)
{
	struct nlattr *nest = mnl_attr_nest_start(h, attr);
	struct nlattr *verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);

	nft_put_be32(h, NFTA_VERDICT_CODE, code);
	if (chain)
		mnl_attr_put_strz(h, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, nest);
}

void nft_set_name(const char *name, uint8_t gen, char out[NFT_SET_NAME])
{
	snprintf(out, NFT_SET_NAME, "%.*s%s", (int)KSET_NAME - 1, name, gen ? NFT_GEN_SUFFIX : "");
}

static void put_set_name(struct nlmsghdr *h, uint16_t attr, const struct nft_set *s)
{
	char name[NFT_SET_NAME];

	nft_set_name(s->name, s->gen, name);
	mnl_attr_put_strz(h, attr, name);
}

/* --- table, chains, sets ----------------------------------------------------------------- */

static void encode_table(void *msg, bool add, uint32_t seq)
{
	static const uint8_t version[] = {NFT_UDATA_OURS, 1, KSTATE_FORMAT};
	struct nlmsghdr *h = nft_put_header(
	    msg, add ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE, add ? NLM_F_CREATE : 0, seq);

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, NFT_TABLE_NAME);
	if (add)
		mnl_attr_put(h, NFTA_TABLE_USERDATA, sizeof version, version);
}

static void encode_gate_del(void *msg, uint32_t seq)
{
	mnl_attr_put_strz(nft_put_header(msg, NFT_MSG_DELTABLE, 0, seq), NFTA_TABLE_NAME, NFT_GATE_NAME);
}

/* The policy never decides, the last rule does: the kernel sets a policy later than it makes rules count. */
static void encode_chain(void *msg, uint8_t chain, uint32_t seq)
{
	struct nlmsghdr *h = nft_put_header(msg, NFT_MSG_NEWCHAIN, NLM_F_CREATE, seq);

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, NFT_TABLE_NAME);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, nft_chain_names[chain]);
	if (chain != NFT_CHAIN_INPUT && chain != NFT_CHAIN_OUTPUT)
		return;
	struct nlattr *hook = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);
	nft_put_be32(
	    h, NFTA_HOOK_HOOKNUM, chain == NFT_CHAIN_INPUT ? NF_INET_LOCAL_IN : NF_INET_POST_ROUTING);
	nft_put_be32(h, NFTA_HOOK_PRIORITY, (uint32_t)NFT_BASE_PRIORITY);
	mnl_attr_nest_end(h, hook);
	nft_put_be32(h, NFTA_CHAIN_POLICY, NF_ACCEPT);
	mnl_attr_put_strz(h, NFTA_CHAIN_TYPE, "filter");
}

/* Deleting rules of a chain without naming one deletes all of them. */
static void encode_flush(void *msg, uint8_t chain, uint32_t seq)
{
	struct nlmsghdr *h = nft_put_header(msg, NFT_MSG_DELRULE, 0, seq);

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, NFT_TABLE_NAME);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, nft_chain_names[chain]);
}

/* nft's datatype of the key, which the kernel only keeps for listings. */
static uint32_t key_type(const struct nft_set *s)
{
	uint32_t t = 0, addr = s->family == IP_V6 ? NFT_TYPE_IPV6 : NFT_TYPE_IPV4;

	if (s->keytype == NFT_KEY_IFNAME)
		return NFT_TYPE_IFNAME;
	if (s->keytype == NFT_KEY_ADDR4)
		return NFT_TYPE_IPV4;
	t = s->has_src ? t << NFT_TYPE_BITS | addr : t;
	t = s->has_dst ? t << NFT_TYPE_BITS | addr : t;
	t = s->has_proto ? t << NFT_TYPE_BITS | NFT_TYPE_PROTO : t;
	t = s->has_sport ? t << NFT_TYPE_BITS | NFT_TYPE_PORT : t;
	return s->has_dport ? t << NFT_TYPE_BITS | NFT_TYPE_PORT : t;
}

size_t nft_key_bytes(const struct nft_set *s)
{
	bool addr = s->has_src || s->has_dst || s->keytype != NFT_KEY_FILTER;
	int small = s->has_proto + s->has_sport + s->has_dport;

	return addr || small != 1 ? s->key_len : s->has_proto ? 1 : 2;
}

/*
 * TLV: version, keytype, flags, family, prefix lengths. Names are kept in host byte order, says
 * nft's own.
 */
static void put_set_udata(struct nlmsghdr *h, const struct nft_set *s)
{
	uint8_t flags = (uint8_t)(s->is_map | s->has_src << 1 | s->has_dst << 2 |
	    s->has_proto << 3 | s->has_sport << 4 | s->has_dport << 5);
	uint8_t d[] = {NFT_UDATA_OURS, 6, KSTATE_FORMAT, s->keytype, flags, s->family, s->src_plen,
	    s->dst_plen, NFT_UDATA_KEYBYTEORDER, sizeof(uint32_t), 0, 0, 0, 0};
	uint32_t host = NFT_BYTEORDER_HOST;
	size_t ours = sizeof d - 2 - sizeof host;

	memcpy(d + ours + 2, &host, sizeof host);
	mnl_attr_put(h, NFTA_SET_USERDATA, s->keytype == NFT_KEY_IFNAME ? sizeof d : ours, d);
}

/* Every element of a filter counts what met it; the kernel gives each its own copy of this. */
static void put_counter(struct nlmsghdr *h)
{
	struct nlattr *expr = mnl_attr_nest_start(h, NFTA_SET_EXPR);

	mnl_attr_put_strz(h, NFTA_EXPR_NAME, "counter");
	mnl_attr_nest_end(h, mnl_attr_nest_start(h, NFTA_EXPR_DATA));
	mnl_attr_nest_end(h, expr);
}

/*
 * No NFTA_SET_DESC: with a size the kernel would take the hash that cannot grow, with a
 * concatenation the interval set; without either it is the resizable hash, exact in every field.
 */
static void encode_set(void *msg, const struct nft_set *s, uint32_t id, uint32_t seq)
{
	struct nlmsghdr *h = nft_put_header(msg, NFT_MSG_NEWSET, NLM_F_CREATE, seq);

	mnl_attr_put_strz(h, NFTA_SET_TABLE, NFT_TABLE_NAME);
	put_set_name(h, NFTA_SET_NAME, s);
	nft_put_be32(h, NFTA_SET_FLAGS, s->is_map ? NFT_SET_MAP : 0);
	nft_put_be32(h, NFTA_SET_KEY_TYPE, key_type(s));
	nft_put_be32(h, NFTA_SET_KEY_LEN, (uint32_t)nft_key_bytes(s));
	if (s->is_map)
		nft_put_be32(h, NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT);
	nft_put_be32(h, NFTA_SET_ID, id);
	if (s->keytype == NFT_KEY_FILTER || s->keytype == NFT_KEY_SOFT)
		put_counter(h);
	put_set_udata(h, s);
}

static void encode_set_del(void *msg, const struct nft_set *s, uint32_t seq)
{
	struct nlmsghdr *h = nft_put_header(msg, NFT_MSG_DELSET, 0, seq);

	mnl_attr_put_strz(h, NFTA_SET_TABLE, NFT_TABLE_NAME);
	put_set_name(h, NFTA_SET_NAME, s);
}

/* --- elements ---------------------------------------------------------------------------- */

const char *const nft_owner_words[] = {
	[OWNER_PROGRAM] = "", [OWNER_LOCAL] = "", [OWNER_PERSISTENT] = "persistent ", [OWNER_DYNAMIC] = "dynamic "};

static void put_comment(struct nlmsghdr *h, const struct origin *o)
{
	char d[64];

	if (!o->rule && !o->filter)
		return;
	int n = snprintf(d + 2, sizeof d - 2, "%srule %u filter %u", nft_owner_words[origin_owner(o)], origin_row(o),
	    o->filter);
	d[0] = NFT_UDATA_COMMENT;
	d[1] = (char)(n + 1);
	mnl_attr_put(h, NFTA_SET_ELEM_USERDATA, (size_t)n + 3, d);
}

static void put_elem(
    struct nlmsghdr *h, const struct nft_set *s, const struct nft_elem *e, bool add)
{
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_LIST_ELEM);

	nft_put_value(h, NFTA_SET_ELEM_KEY, e->key, nft_key_bytes(s));
	if (add && s->is_map)
		nft_put_verdict(
		    h, NFTA_SET_ELEM_DATA, e->verdict == NFT_V_ACCEPT ? NF_ACCEPT : (uint32_t)NFT_RETURN, NULL);
	if (add)
		put_comment(h, &e->origin);
	mnl_attr_nest_end(h, nest);
}

/* As many elements from *at on as one nest holds. */
static void encode_elems(
    const struct ops *o, const struct op *op, size_t *at, void *msg, uint32_t seq)
{
	const struct nft_set *s = &o->sets[op->item];
	bool add = op->kind == OP_ELEMS_ADD;
	struct nlmsghdr *h = nft_put_header(
	    msg, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM, add ? NLM_F_CREATE : 0, seq);

	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE_NAME);
	put_set_name(h, NFTA_SET_ELEM_LIST_SET, s);
	struct nlattr *list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	while (*at < op->n && h->nlmsg_len < NEST_FULL)
		put_elem(h, s, &o->elems[op->first + (*at)++], add);
	mnl_attr_nest_end(h, list);
}

void nft_encode_empty(void *msg, const char *set, uint32_t seq)
{
	struct nlmsghdr *h = nft_put_header(msg, NFT_MSG_DELSETELEM, NLM_F_ACK, seq);

	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE_NAME);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set);
}

bool nft_encode(const struct ops *o, size_t i, size_t *at, void *msg, uint32_t seq)
{
	const struct op *op = &o->v[i];
	size_t parts = op->kind == OP_RULE_ADD ? nft_rule_parts(&o->rules[op->item].rule)
	    : op->kind == OP_ELEMS_ADD || op->kind == OP_ELEMS_DEL ? op->n
								   : 1;

	if (*at >= parts)
		return false;
	switch ((enum op_kind)op->kind) {
	case OP_TABLE_DEL:
	case OP_TABLE_ADD:
		encode_table(msg, op->kind == OP_TABLE_ADD, seq);
		break;
	case OP_CHAIN_ADD:
		encode_chain(msg, op->chain, seq);
		break;
	case OP_CHAIN_FLUSH:
		encode_flush(msg, op->chain, seq);
		break;
	case OP_SET_DEL:
		encode_set_del(msg, &o->sets[op->item], seq);
		break;
	case OP_SET_ADD:
		encode_set(msg, &o->sets[op->item], op->item + 1, seq);
		break;
	case OP_ELEMS_DEL:
	case OP_ELEMS_ADD:
		encode_elems(o, op, at, msg, seq);
		return true;
	case OP_RULE_ADD:
		nft_encode_rule(o, &o->rules[op->item], (unsigned)*at, msg, seq);
		break;
	case OP_GATE_DEL:
		encode_gate_del(msg, seq);
		break;
	case OP_NEXT: /* says where a transaction begins; it has no message */
	case OP_XFRM_ADD:
	case OP_XFRM_UPDATE:
	case OP_XFRM_DEL:
		return false;
	}
	++*at;
	return true;
}
