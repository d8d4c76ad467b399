/*
 * What elements and rules of our table have counted, read from their dumps. The description on each object says whose it is
 * (nft_decode.c); a state (struct kstate) is not needed for that, nor made.
 */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/kernel/nft_attrs.h"
#include "enforcer/kernel/nft_parts.h"

#include "common/base/banned.h"

/* An expression; anything but a counter leaves `out` alone. */
static bool get_counter(const struct nlattr *a, struct kernel_count *out)
{
	const struct nlattr *expr[NFA_ATTRS], *data[NFA_ATTRS];

	nfa_nest(a, expr);
	if (!nfa_is(expr[NFTA_EXPR_NAME], "counter"))
		return true;
	nfa_nest(expr[NFTA_EXPR_DATA], data);
	return nfa_be64(data[NFTA_COUNTER_PACKETS], &out->packets) && nfa_be64(data[NFTA_COUNTER_BYTES], &out->bytes);
}

/* An element that does not count stays at 0: one of a table that an older version wrote. */
static bool get_count(const struct nlattr *a, struct kernel_count *out)
{
	const struct nlattr *tb[NFA_ATTRS];

	nfa_nest(a, tb);
	*out = (struct kernel_count){.packets = 0};
	return nft_get_origin(tb[NFTA_SET_ELEM_USERDATA], &out->origin) && get_counter(tb[NFTA_SET_ELEM_EXPR], out);
}

/* The counter among the expressions of a rule, which has one at most. */
static bool get_rule_counter(const struct nlattr *list, struct kernel_count *out)
{
	for (const struct nlattr *a = list ? nfa_next(list, NULL) : NULL; a; a = nfa_next(list, a))
		if (!get_counter(a, out))
			return false;
	return true;
}

/* Rules that stand for a filter without a key, and those that drop what should have been protected. */
static int take_rule_count(const struct nlattr *tb[NFA_ATTRS], struct kernel_counts *out, struct err *e)
{
	struct kernel_count c = {.packets = 0};
	struct krule k;
	uint8_t part;

	if (!nft_get_rule(tb, &k, &part) || !k.rule.counter || k.rule.match != NFT_M_ALWAYS)
		return 0;
	if (!get_rule_counter(tb[NFTA_RULE_EXPRESSIONS], &c))
		return err_set(e, NETLINK_BAD, "a counter");
	if (k.rule.origin.rule) {
		c.origin = k.rule.origin;
		GROW(out->v, out->n, out->cap);
		out->v[out->n++] = c;
	} else if (k.rule.chain == NFT_CHAIN_NEG_IN) {
		out->clear_in += c.packets;
	} else if (k.rule.chain == NFT_CHAIN_NEG_OUT) {
		out->clear_out += c.packets;
	}
	return 0;
}

int nft_decode_counts(const struct nlmsghdr *nlh, struct kernel_counts *out, struct err *e)
{
	const struct nlattr *tb[NFA_ATTRS], *list, *a;
	int type = nlh->nlmsg_type & 0xFF;

	if (!nft_is(nlh) || (type != NFT_MSG_NEWSETELEM && type != NFT_MSG_NEWRULE))
		return 0;
	if (!nfa_msg(nlh, tb))
		return err_set(e, NETLINK_BAD, "elements");
	if (type == NFT_MSG_NEWRULE)
		return nft_names_table(nlh, tb, NFT_TABLE_NAME) ? take_rule_count(tb, out, e) : 0;
	list = tb[NFTA_SET_ELEM_LIST_ELEMENTS];
	for (a = list ? nfa_next(list, NULL) : NULL; a; a = nfa_next(list, a)) {
		if (out->n >= NFT_ELEMS_MAX)
			return err_set(e, NETLINK_BAD, "too many elements");
		GROW(out->v, out->n, out->cap);
		if (!get_count(a, &out->v[out->n]))
			return err_set(e, NETLINK_BAD, "a counter");
		out->n++;
	}
	return 0;
}

int nft_decode_count_of(const struct nlmsghdr *nlh, const uint8_t *key, size_t n, uint64_t *packets, uint64_t *bytes,
    struct err *e)
{
	const struct nlattr *tb[NFA_ATTRS], *list, *a;
	struct kernel_count c;

	if (!nft_is(nlh) || (nlh->nlmsg_type & 0xFF) != NFT_MSG_NEWSETELEM)
		return 0;
	if (!nfa_msg(nlh, tb))
		return err_set(e, NETLINK_BAD, "elements");
	list = tb[NFTA_SET_ELEM_LIST_ELEMENTS];
	for (a = list ? nfa_next(list, NULL) : NULL; a; a = nfa_next(list, a)) {
		const struct nlattr *el[NFA_ATTRS], *value[NFA_ATTRS];

		nfa_nest(a, el);
		nfa_nest(el[NFTA_SET_ELEM_KEY], value);
		if (!value[NFTA_DATA_VALUE] || mnl_attr_get_payload_len(value[NFTA_DATA_VALUE]) != n ||
		    memcmp(mnl_attr_get_payload(value[NFTA_DATA_VALUE]), key, n) != 0)
			continue;
		if (!get_count(a, &c))
			return err_set(e, NETLINK_BAD, "a counter");
		*packets = c.packets;
		*bytes = c.bytes;
	}
	return 0;
}
