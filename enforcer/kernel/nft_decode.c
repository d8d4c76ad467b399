/*
 * nf_tables messages -> a state. The mirror of nft_encode.c. The bytes come from the kernel, but
 * nothing is taken on trust: every length is checked, and what is not exactly as we write it makes
 * the table "stale", which has it rebuilt.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "enforcer/kernel/nft_parts.h"

#include "common/base/banned.h"

enum { SETS_MAX = 1 << 16, RULES_MAX = 1 << 16 };

/* The first TLV of user data, if it has that type and at least that length. */
static const uint8_t *get_udata(const struct nlattr *a, uint8_t type, size_t least, size_t *len)
{
	if (!a || mnl_attr_get_payload_len(a) < 2)
		return NULL;
	const uint8_t *d = mnl_attr_get_payload(a);
	if (d[0] != type || d[1] < least || (size_t)d[1] + 2 > mnl_attr_get_payload_len(a))
		return NULL;
	*len = d[1];
	return d + 2;
}

/* --- table and chains -------------------------------------------------------------------- */

static void decode_table(struct nft_scan *s, const struct nlattr *tb[NFA_ATTRS])
{
	size_t len;
	const uint8_t *d = get_udata(tb[NFTA_TABLE_USERDATA], NFT_UDATA_OURS, 1, &len);

	s->present = true;
	s->stale |= !d || d[0] != KSTATE_FORMAT;
}

static bool hook_is(const struct nlattr *tb[NFA_ATTRS], uint32_t hooknum)
{
	const struct nlattr *hook[NFA_ATTRS];
	uint32_t num, priority, policy;

	nfa_nest(tb[NFTA_CHAIN_HOOK], hook);
	return nfa_be32(hook[NFTA_HOOK_HOOKNUM], &num) && num == hooknum &&
	    nfa_be32(hook[NFTA_HOOK_PRIORITY], &priority) &&
	    (int32_t)priority == NFT_BASE_PRIORITY && nfa_be32(tb[NFTA_CHAIN_POLICY], &policy) &&
	    policy == NF_ACCEPT && nfa_is(tb[NFTA_CHAIN_TYPE], "filter");
}

static bool chain_is_right(const struct nlattr *tb[NFA_ATTRS], unsigned chain)
{
	if (chain == NFT_CHAIN_INPUT)
		return hook_is(tb, NF_INET_LOCAL_IN);
	if (chain == NFT_CHAIN_OUTPUT)
		return hook_is(tb, NF_INET_POST_ROUTING);
	return !tb[NFTA_CHAIN_HOOK];
}

static void decode_chain(struct nft_scan *s, const struct nlattr *tb[NFA_ATTRS])
{
	unsigned c = 0;

	while (c < NFT_CHAINS && !nfa_is(tb[NFTA_CHAIN_NAME], nft_chain_names[c]))
		c++;
	if (c == NFT_CHAINS || s->chains & 1u << c || !chain_is_right(tb, c))
		s->stale = true;
	else
		s->chains |= 1u << c;
}

/* --- rules ------------------------------------------------------------------------------- */

static bool rule_in_range(const struct nft_rule *r)
{
	return r->chain < NFT_CHAINS && r->match < NFT_MATCHES && r->conntype <= CONN_DIALUP &&
	    r->verdict <= NFT_V_LOG && r->target < NFT_CHAINS;
}

bool nft_get_rule(const struct nlattr *tb[NFA_ATTRS], struct krule *k, uint8_t *part)
{
	size_t len;
	const uint8_t *d = get_udata(tb[NFTA_RULE_USERDATA], NFT_UDATA_OURS, NFT_RULE_UDATA, &len);
	uint32_t origin[2];

	if (!d || d[0] != KSTATE_FORMAT || len - NFT_RULE_UDATA >= sizeof k->set)
		return false;
	memcpy(origin, d + 8, sizeof origin);
	*k = (struct krule){.rule = {.chain = d[1],
				.match = d[2],
				.conntype = d[3],
				.counter = d[4] & 1,
				.jump = d[4] >> 1 & 1,
				.verdict = d[5],
				.target = d[6],
				.origin = {ntohl(origin[0]), ntohl(origin[1])}},
	    .gen = d[4] >> 2 & 1,
	    .dialup_gen = d[4] >> 3 & 1};
	*part = d[7];
	memcpy(k->set, d + NFT_RULE_UDATA, len - NFT_RULE_UDATA);
	return rule_in_range(&k->rule) &&
	    nfa_is(tb[NFTA_RULE_CHAIN], nft_chain_names[k->rule.chain]);
}

/*
 * Behind the last rule of its chain. The kernel lists chain by chain, so that is nearly always the
 * end.
 */
static void insert_rule(struct kstate *st, const struct krule *k)
{
	size_t at = st->nrules;

	GROW(st->rules, st->nrules, st->cap_rules);
	for (; at > 0 && st->rules[at - 1].rule.chain > k->rule.chain; at--)
		st->rules[at] = st->rules[at - 1];
	st->rules[at] = *k;
	st->nrules++;
}

static void decode_rule(struct nft_scan *s, const struct nlattr *tb[NFA_ATTRS])
{
	struct krule k;
	uint8_t part;

	if (!nft_get_rule(tb, &k, &part) || part != s->part || s->out->nrules >= RULES_MAX) {
		s->stale = true;
		return;
	}
	s->part = (uint8_t)(part + 1u < nft_rule_parts(&k.rule) ? part + 1 : 0);
	if (part == 0)
		insert_rule(s->out, &k);
}

/* --- sets -------------------------------------------------------------------------------- */

/* The padded length of the key that the description asks for. */
static uint8_t key_len_of(const struct nft_set *d)
{
	unsigned addrs = (unsigned)(d->has_src + d->has_dst);
	unsigned fields = (unsigned)(d->has_proto + d->has_sport + d->has_dport);

	switch ((enum nft_keytype)d->keytype) {
	case NFT_KEY_FILTER:
		return (uint8_t)(ip_bits(d->family) / 8 * addrs + 4 * fields);
	case NFT_KEY_IFNAME:
		return 16;
	case NFT_KEY_ADDR4:
		return 4;
	case NFT_KEY_SOFT:
		return (uint8_t)(ip_bits(d->family) / 8 * 2);
	}
	return 0;
}

/* nft_set_name() turned around. */
static bool get_set_name(const struct nlattr *a, char name[KSET_NAME], uint8_t *gen)
{
	const size_t suffix = sizeof NFT_GEN_SUFFIX - 1;
	char full[NFT_SET_NAME];

	if (!nfa_str(a, full, sizeof full))
		return false;
	size_t n = strlen(full);
	*gen = n > suffix && strcmp(full + n - suffix, NFT_GEN_SUFFIX) == 0;
	n -= *gen ? suffix : 0;
	if (n >= KSET_NAME)
		return false;
	memset(name, 0, KSET_NAME);
	memcpy(name, full, n);
	return true;
}

static bool get_set(const struct nlattr *tb[NFA_ATTRS], struct nft_set *out)
{
	size_t len;
	uint32_t key_len, flags = 0;
	const uint8_t *d = get_udata(tb[NFTA_SET_USERDATA], NFT_UDATA_OURS, 6, &len);

	if (!d || d[0] != KSTATE_FORMAT || !nfa_be32(tb[NFTA_SET_KEY_LEN], &key_len))
		return false;
	nfa_be32(tb[NFTA_SET_FLAGS], &flags); /* absent means 0 */
	*out = (struct nft_set){.keytype = d[1],
	    .is_map = d[2] & 1,
	    .has_src = d[2] >> 1 & 1,
	    .has_dst = d[2] >> 2 & 1,
	    .has_proto = d[2] >> 3 & 1,
	    .has_sport = d[2] >> 4 & 1,
	    .has_dport = d[2] >> 5 & 1,
	    .family = d[3],
	    .src_plen = d[4],
	    .dst_plen = d[5]};
	out->key_len = key_len_of(out);
	return get_set_name(tb[NFTA_SET_NAME], out->name, &out->gen) &&
	    flags == (out->is_map ? NFT_SET_MAP : 0) && out->src_plen <= 128 &&
	    out->dst_plen <= 128 && out->key_len > 0 && key_len == nft_key_bytes(out);
}

static struct kset *find_set(struct kstate *st, const char *name, uint8_t gen)
{
	/* Not sorted yet, and elements come set by set: mostly the last one or near it. */
	for (size_t i = st->nsets; i > 0; i--)
		if (st->sets[i - 1].def.gen == gen && strcmp(st->sets[i - 1].def.name, name) == 0)
			return &st->sets[i - 1];
	return NULL;
}

static void decode_set(struct nft_scan *s, const struct nlattr *tb[NFA_ATTRS])
{
	struct kstate *st = s->out;
	struct nft_set def;

	if (!get_set(tb, &def) || find_set(st, def.name, def.gen) || st->nsets >= SETS_MAX) {
		s->stale = true;
		return;
	}
	GROW(st->sets, st->nsets, st->cap_sets);
	st->sets[st->nsets++] = (struct kset){.def = def};
}

/* --- elements ---------------------------------------------------------------------------- */

static bool get_number(const char **at, const char *word, uint32_t *out)
{
	size_t n = strlen(word);
	char *end;

	if (strncmp(*at, word, n) != 0 || (*at)[n] < '0' || (*at)[n] > '9')
		return false;
	unsigned long v = strtoul(*at + n, &end, 10);
	*out = (uint32_t)v;
	*at = end;
	return v <= UINT32_MAX;
}

/* What comes after the word that says whose rule it is. */
static const char *behind_owner(const char *text, uint32_t *mark)
{
	static const struct {
		enum owner owner;
		uint32_t mark;
	} marked[] = {{OWNER_DYNAMIC, ORIGIN_DYNAMIC}, {OWNER_PERSISTENT, ORIGIN_PERSISTENT}};

	for (size_t i = 0; i < sizeof marked / sizeof marked[0]; i++) {
		const char *word = nft_owner_words[marked[i].owner];
		if (strncmp(text, word, strlen(word)) != 0)
			continue;
		*mark = marked[i].mark;
		return text + strlen(word);
	}
	return text;
}

bool nft_get_origin(const struct nlattr *a, struct origin *o)
{
	size_t len;
	char text[64];

	*o = (struct origin){0};
	if (!a)
		return true;
	const uint8_t *d = get_udata(a, NFT_UDATA_COMMENT, 1, &len);
	if (!d || len > sizeof text || d[len - 1] != '\0')
		return false;
	memcpy(text, d, len);
	uint32_t mark = 0;
	const char *at = behind_owner(text, &mark);
	if (!get_number(&at, "rule ", &o->rule) || !get_number(&at, " filter ", &o->filter) || *at)
		return false;
	if (o->rule > (mark ? ORIGIN_MARKED_MAX : ORIGIN_LOCAL_MAX))
		return false;
	o->rule |= mark;
	return true;
}

static bool get_verdict(const struct nlattr *a, uint8_t *verdict)
{
	const struct nlattr *data[NFA_ATTRS], *tb[NFA_ATTRS];
	uint32_t code;

	nfa_nest(a, data);
	nfa_nest(data[NFTA_DATA_VERDICT], tb);
	if (!nfa_be32(tb[NFTA_VERDICT_CODE], &code) || (code != NF_ACCEPT && code != (uint32_t)NFT_RETURN))
		return false;
	*verdict = code == NF_ACCEPT ? NFT_V_ACCEPT : NFT_V_DROP;
	return true;
}

static bool get_elem(const struct nlattr *a, const struct nft_set *def, struct nft_elem *out)
{
	const struct nlattr *tb[NFA_ATTRS], *key[NFA_ATTRS];

	nfa_nest(a, tb);
	nfa_nest(tb[NFTA_SET_ELEM_KEY], key);
	const struct nlattr *value = key[NFTA_DATA_VALUE];
	if (!value || mnl_attr_get_payload_len(value) != nft_key_bytes(def))
		return false;
	*out = (struct nft_elem){.verdict = NFT_V_DROP};
	memcpy(out->key, mnl_attr_get_payload(value), nft_key_bytes(def));
	if (def->is_map && !get_verdict(tb[NFTA_SET_ELEM_DATA], &out->verdict))
		return false;
	return nft_get_origin(tb[NFTA_SET_ELEM_USERDATA], &out->origin);
}

static int decode_elems(struct nft_scan *s, const struct nlattr *tb[NFA_ATTRS], struct err *e)
{
	char name[KSET_NAME];
	uint8_t gen;
	struct kset *set = get_set_name(tb[NFTA_SET_ELEM_LIST_SET], name, &gen)
	    ? find_set(s->out, name, gen)
	    : NULL;
	const struct nlattr *list = tb[NFTA_SET_ELEM_LIST_ELEMENTS], *a;

	if (!list)
		return 0;
	if (!set) {
		s->stale = true;
		return 0;
	}
	for (a = nfa_next(list, NULL); a; a = nfa_next(list, a)) {
		if (++s->nelems > NFT_ELEMS_MAX)
			return err_set(e, NETLINK_BAD, "too many elements");
		GROW(set->elems, set->n, set->cap);
		if (get_elem(a, &set->def, &set->elems[set->n]))
			set->n++;
		else
			s->stale = true;
	}
	return 0;
}

/* --- messages ---------------------------------------------------------------------------- */

enum { ATTR_TABLE = 1 }; /* the first attribute of every kind of object is its table's name */

bool nft_is(const struct nlmsghdr *h)
{
	return h->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES;
}

bool nft_names_table(const struct nlmsghdr *h, const struct nlattr *tb[NFA_ATTRS], const char *name)
{
	const struct nfgenmsg *g = mnl_nlmsg_get_payload(h);

	return g->nfgen_family == NFPROTO_INET && nfa_is(tb[ATTR_TABLE], name);
}

static bool is_type(const struct nlmsghdr *h, unsigned type)
{
	return (h->nlmsg_type & 0xFFu) == type;
}

int nft_decode(struct nft_scan *s, const struct nlmsghdr *nlh, struct err *e)
{
	const struct nlattr *tb[NFA_ATTRS];

	if (!nft_is(nlh) || !nfa_msg(nlh, tb))
		return err_set(e, NETLINK_BAD, "a short nf_tables message");
	if (is_type(nlh, NFT_MSG_NEWTABLE) && nft_names_table(nlh, tb, NFT_GATE_NAME))
		s->out->gate = true;
	if (!nft_names_table(nlh, tb, NFT_TABLE_NAME))
		return 0;
	switch (nlh->nlmsg_type & 0xFF) {
	case NFT_MSG_NEWTABLE:
		decode_table(s, tb);
		break;
	case NFT_MSG_NEWCHAIN:
		decode_chain(s, tb);
		break;
	case NFT_MSG_NEWRULE:
		decode_rule(s, tb);
		break;
	case NFT_MSG_NEWSET:
		decode_set(s, tb);
		break;
	case NFT_MSG_NEWSETELEM:
		return decode_elems(s, tb, e);
	default:
		break; /* objects and flow tables are not ours, and harm nobody */
	}
	return 0;
}

static bool sets_are_there(struct kstate *st, const struct krule *k)
{
	if (k->rule.match == NFT_M_SET && !find_set(st, k->set, k->gen))
		return false;
	return k->rule.conntype == CONN_ALL || find_set(st, PLAN_DIALUP, k->dialup_gen);
}

static int by_question(const void *a, const void *b)
{
	const struct krule *x = a, *y = b;
	int r = strcmp(krule_looks_into(x), krule_looks_into(y));

	return r ? r : x->gen - y->gen;
}

/* Do some look into one generation of a set, and some into the other? We never leave that. */
static bool rules_disagree(const struct kstate *st)
{
	struct krule *v = xcalloc(st->nrules, sizeof *v);
	size_t n = 0, dialups[KSET_GENS] = {0};
	bool two = false;

	for (size_t i = 0; i < st->nrules; i++) {
		if (krule_looks_into(&st->rules[i]))
			v[n++] = st->rules[i];
		if (st->rules[i].rule.conntype != CONN_ALL)
			dialups[st->rules[i].dialup_gen]++;
	}
	if (n)
		qsort(v, n, sizeof *v, by_question);
	for (size_t i = 1; i < n && !two; i++)
		two = v[i].gen != v[i - 1].gen && strcmp(krule_looks_into(&v[i]), krule_looks_into(&v[i - 1])) == 0;
	free(v);
	return two || (dialups[0] && dialups[1]);
}

void nft_decode_finish(struct nft_scan *s)
{
	struct kstate *st = s->out;

	s->stale |= s->chains != (1u << NFT_CHAINS) - 1 || s->part != 0;
	for (size_t i = 0; i < st->nrules && !s->stale; i++)
		s->stale = !sets_are_there(st, &st->rules[i]);
	s->stale = s->stale || rules_disagree(st);
	st->table = !s->present ? KTABLE_NONE : s->stale ? KTABLE_STALE : KTABLE_OURS;
	if (st->table == KTABLE_OURS)
		return;
	for (size_t i = 0; i < st->nsets; i++)
		free(st->sets[i].elems);
	st->nsets = st->nrules = 0;
}

bool nft_decode_gen(const struct nlmsghdr *nlh, uint32_t *gen)
{
	const struct nlattr *tb[NFA_ATTRS];

	return nlh->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN) &&
	    nfa_msg(nlh, tb) && nfa_be32(tb[NFTA_GEN_ID], gen);
}

bool nft_decode_is_ours(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[NFA_ATTRS];

	if (!nft_is(nlh) || is_type(nlh, NFT_MSG_NEWGEN) || !nfa_msg(nlh, tb))
		return false;
	return nft_names_table(nlh, tb, NFT_TABLE_NAME) ||
	    ((is_type(nlh, NFT_MSG_NEWTABLE) || is_type(nlh, NFT_MSG_DELTABLE)) &&
	        nft_names_table(nlh, tb, NFT_GATE_NAME));
}

bool nft_decode_elem_at(const struct nlmsghdr *nlh, uint32_t offset, size_t *index)
{
	const struct nlattr *tb[NFA_ATTRS], *list, *a;
	size_t i = 0;

	if (!nfa_msg(nlh, tb) || !(list = tb[NFTA_SET_ELEM_LIST_ELEMENTS]))
		return false;
	for (a = nfa_next(list, NULL); a; a = nfa_next(list, a)) {
		size_t from = (size_t)((const char *)a - (const char *)nlh);
		if (offset >= from && offset < from + a->nla_len) {
			*index = i;
			return true;
		}
		i++;
	}
	return false;
}
