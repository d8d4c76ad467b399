#include "enforcer/remote/codec.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/model/model.h"

#include "common/base/banned.h"

/* A field that is new in one of these has to be carried: then write it down here, and count again. */
_Static_assert(sizeof(struct nft_rule) == 20, "put_rule() and get_rule() know every field");
_Static_assert(sizeof(struct nft_set) == 72, "put_set() and get_set() know every field");
_Static_assert(sizeof(struct nft_elem) == 56, "put_elem() and get_elem() know every field");
_Static_assert(sizeof(struct xfrm_pol) == 100, "remote_put_pol() and remote_get_pol() know every field");
_Static_assert(sizeof(struct kpol) == 104, "put_kpol() and get_kpol() know every field");
_Static_assert(sizeof(struct kernel_count) == 24, "put_count() and get_count() know every field");
_Static_assert(sizeof(struct kernel_counts) == 40, "remote_put_counts() and remote_get_counts() know every field");
_Static_assert(sizeof(struct kstate) == 104, "remote_put_state() and remote_get_state() know every field");
_Static_assert(sizeof(struct kernel_drop) == 140, "put_drop() and get_drop() know every field");

/* --- small values ----------------------------------------------------------------------------------- */

static void put_origin(struct wire_out *w, const struct origin *o)
{
	wire_put(w, o->rule, 4);
	wire_put(w, o->filter, 4);
}

static void get_origin(struct wire_in *r, struct origin *o)
{
	o->rule = (uint32_t)wire_get(r, 4);
	o->filter = (uint32_t)wire_get(r, 4);
}

static uint8_t get_family(struct wire_in *r)
{
	uint8_t f = (uint8_t)wire_get(r, 1);

	if (f == IP_NONE || f == IP_V4 || f == IP_V6)
		return f;
	wire_bad(r, "there is no such address family");
	return IP_NONE;
}

void remote_put_ip(struct wire_out *w, const struct ip *a)
{
	wire_put(w, a->family, 1);
	wire_put_bytes(w, a->b, ip_bits(a->family) / 8);
}

void remote_get_ip(struct wire_in *r, struct ip *a)
{
	*a = (struct ip){.family = get_family(r)};
	wire_get_bytes(r, a->b, ip_bits(a->family) / 8);
}

void remote_put_flags(struct wire_out *w, const bool *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wire_put(w, v[i], 1);
}

void remote_get_flags(struct wire_in *r, bool *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = wire_get_bool(r);
}

/* A name shorter than KSET_NAME. */
static void put_name(struct wire_out *w, const char name[KSET_NAME])
{
	size_t n = strnlen(name, KSET_NAME - 1);

	wire_put(w, n, 1);
	wire_put_bytes(w, name, n);
}

static void get_name(struct wire_in *r, char name[KSET_NAME])
{
	size_t n = wire_get_enum(r, KSET_NAME - 1, "a name is too long");

	memset(name, 0, KSET_NAME);
	wire_get_bytes(r, name, n);
	if (strnlen(name, KSET_NAME) != n)
		wire_bad(r, "a name holds a zero byte");
}

static uint8_t get_gen(struct wire_in *r)
{
	return wire_get_enum(r, KSET_GENS - 1, "there is no such generation");
}

void remote_put_text(struct wire_out *w, const char *s)
{
	size_t n = strnlen(s, REMOTE_STATE_TEXT_MAX - 1);

	wire_put(w, n, 2);
	wire_put_bytes(w, s, n);
}

void remote_get_text(struct wire_in *r, char out[REMOTE_STATE_TEXT_MAX])
{
	size_t n = (size_t)wire_get(r, 2);

	memset(out, 0, REMOTE_STATE_TEXT_MAX);
	if (n >= REMOTE_STATE_TEXT_MAX)
		wire_bad(r, "a text is too long");
	else
		wire_get_bytes(r, out, n);
	if (wire_ok(r) && strlen(out) != n)
		wire_bad(r, "a text holds a zero byte");
}

/* --- nftables --------------------------------------------------------------------------------------- */

static void put_rule(struct wire_out *w, const struct krule *k)
{
	const struct nft_rule *r = &k->rule;

	wire_put(w, r->chain, 1);
	wire_put(w, r->match, 1);
	wire_put(w, r->conntype, 1);
	wire_put(w, r->counter, 1);
	wire_put(w, r->jump, 1);
	wire_put(w, r->verdict, 1);
	wire_put(w, r->target, 1);
	put_origin(w, &r->origin);
	put_name(w, k->set);
	wire_put(w, k->gen, 1);
	wire_put(w, k->dialup_gen, 1);
}

static void get_rule(struct wire_in *r, struct krule *k)
{
	*k = (struct krule){.rule = {0}};
	k->rule.chain = wire_get_enum(r, NFT_CHAINS - 1, "there is no such chain");
	k->rule.match = wire_get_enum(r, NFT_MATCHES - 1, "there is no such match");
	k->rule.conntype = wire_get_enum(r, CONN_DIALUP, "there is no such kind of connection");
	k->rule.counter = wire_get_bool(r);
	k->rule.jump = wire_get_bool(r);
	k->rule.verdict = wire_get_enum(r, NFT_V_LOG, "there is no such verdict");
	k->rule.target = wire_get_enum(r, NFT_CHAINS - 1, "there is no such chain");
	get_origin(r, &k->rule.origin);
	get_name(r, k->set);
	k->gen = get_gen(r);
	k->dialup_gen = get_gen(r);
}

static void put_set(struct wire_out *w, const struct nft_set *s)
{
	put_name(w, s->name);
	wire_put(w, s->gen, 1);
	wire_put(w, s->keytype, 1);
	wire_put(w, s->is_map, 1);
	wire_put(w, s->family, 1);
	remote_put_flags(w, (const bool[]){s->has_src, s->has_dst, s->has_proto, s->has_sport, s->has_dport}, 5);
	wire_put(w, s->src_plen, 1);
	wire_put(w, s->dst_plen, 1);
	wire_put(w, s->key_len, 1);
}

static void get_set(struct wire_in *r, struct nft_set *s)
{
	bool has[5];

	*s = (struct nft_set){.name = ""};
	get_name(r, s->name);
	s->gen = get_gen(r);
	s->keytype = wire_get_enum(r, NFT_KEY_SOFT, "there is no such kind of key");
	s->is_map = wire_get_bool(r);
	s->family = get_family(r);
	remote_get_flags(r, has, N_OF(has));
	s->has_src = has[0];
	s->has_dst = has[1];
	s->has_proto = has[2];
	s->has_sport = has[3];
	s->has_dport = has[4];
	s->src_plen = wire_get_enum(r, 128, "a prefix is too long");
	s->dst_plen = wire_get_enum(r, 128, "a prefix is too long");
	s->key_len = wire_get_enum(r, NFT_KEY_MAX, "a key is too long");
}

/* What stands behind the set's key length is zero. */
static void put_elem(struct wire_out *w, const struct nft_elem *e, size_t key_len)
{
	wire_put_bytes(w, e->key, key_len);
	wire_put(w, e->verdict, 1);
	put_origin(w, &e->origin);
}

static void get_elem(struct wire_in *r, struct nft_elem *e, size_t key_len)
{
	*e = (struct nft_elem){.key = {0}};
	wire_get_bytes(r, e->key, key_len);
	e->verdict = wire_get_enum(r, NFT_V_DROP, "an element has no such verdict");
	get_origin(r, &e->origin);
}

static void put_nft_op(struct wire_out *w, const struct ops *o, const struct op *op)
{
	wire_put(w, op->kind, 1);
	wire_put(w, op->chain, 1);
	wire_put(w, op->kind == OP_RULE_ADD ? 0 : op->item, 4);
	wire_put(w, op->n, 4);
	if (op->kind == OP_RULE_ADD)
		put_rule(w, &o->rules[op->item]);
	for (size_t i = 0; i < op->n; i++)
		put_elem(w, &o->elems[op->first + i], o->sets[op->item].key_len);
}

static void get_nft_elems(struct wire_in *r, struct op *op, struct ops *out)
{
	op->first = out->nelems;
	if (op->n > REMOTE_ELEMS_MAX - out->nelems) {
		wire_bad(r, "there are too many elements");
		op->n = 0;
	}
	for (size_t i = 0; i < op->n && wire_ok(r); i++) {
		GROW(out->elems, out->nelems, out->cap_elems);
		get_elem(r, &out->elems[out->nelems++], out->sets[op->item].key_len);
	}
}

static bool names_set(uint8_t kind)
{
	return kind == OP_SET_DEL || kind == OP_SET_ADD || kind == OP_ELEMS_DEL || kind == OP_ELEMS_ADD;
}

static void get_nft_op(struct wire_in *r, struct ops *out)
{
	struct op op = {.kind = wire_get_enum(r, OP_GATE_DEL, "there is no such operation of a transaction")};

	op.chain = wire_get_enum(r, NFT_CHAINS - 1, "there is no such chain");
	op.item = (uint32_t)wire_get(r, 4);
	op.n = (uint32_t)wire_get(r, 4);
	if (names_set(op.kind) ? op.item >= out->nsets : op.item != 0)
		wire_bad(r, "an operation names a set that is not there");
	if (op.n != 0 && op.kind != OP_ELEMS_ADD && op.kind != OP_ELEMS_DEL)
		wire_bad(r, "an operation has elements and may not");
	if (op.n == 0 && (op.kind == OP_ELEMS_ADD || op.kind == OP_ELEMS_DEL))
		wire_bad(r, "an operation has no elements");
	if (!wire_ok(r))
		return;
	if (op.kind == OP_RULE_ADD) {
		GROW(out->rules, out->nrules, out->cap_rules);
		op.item = (uint32_t)out->nrules;
		get_rule(r, &out->rules[out->nrules++]);
	}
	get_nft_elems(r, &op, out);
	GROW(out->v, out->n, out->cap);
	out->v[out->n++] = op;
}

void remote_put_nft(struct wire_out *w, const struct ops *o)
{
	wire_put(w, o->nsets, 4);
	for (size_t i = 0; i < o->nsets; i++)
		put_set(w, &o->sets[i]);
	wire_put(w, o->nft_n, 4);
	for (size_t i = 0; i < o->nft_n; i++)
		put_nft_op(w, o, &o->v[o->nft_first + i]);
}

void remote_get_nft(struct wire_in *r, struct ops *out)
{
	*out = (struct ops){0};
	for (uint32_t n = wire_get_count(r, REMOTE_SETS_MAX); n > 0 && wire_ok(r); n--) {
		GROW(out->sets, out->nsets, out->cap_sets);
		get_set(r, &out->sets[out->nsets++]);
	}
	for (uint32_t n = wire_get_count(r, REMOTE_OPS_MAX); n > 0 && wire_ok(r); n--)
		get_nft_op(r, out);
	out->nft_n = out->n;
}

/* --- XFRM ------------------------------------------------------------------------------------------- */

void remote_put_pol(struct wire_out *w, const struct xfrm_pol *p)
{
	wire_put(w, p->dir, 1);
	wire_put(w, p->kind, 1);
	wire_put(w, p->src_plen, 1);
	wire_put(w, p->dst_plen, 1);
	wire_put(w, p->protocol, 1);
	wire_put(w, p->sport, 2);
	wire_put(w, p->dport, 2);
	wire_put(w, p->family, 1);
	remote_put_ip(w, &p->src);
	remote_put_ip(w, &p->dst);
	wire_put(w, p->priority, 4);
	wire_put(w, p->reqid, 4);
	wire_put(w, p->optional, 1);
	wire_put(w, p->tunnel, 1);
	wire_put(w, p->protection, 1);
	wire_put(w, p->offered, 1);
	remote_put_ip(w, &p->tunnel_src);
	remote_put_ip(w, &p->tunnel_dst);
	put_origin(w, &p->origin);
}

void remote_get_pol(struct wire_in *r, struct xfrm_pol *p)
{
	p->dir = wire_get_enum(r, XFRM_D_FWD, "there is no such direction");
	p->kind = wire_get_enum(r, XFRM_K_PROTECT, "there is no such kind of policy");
	p->src_plen = (uint8_t)wire_get(r, 1);
	p->dst_plen = (uint8_t)wire_get(r, 1);
	p->protocol = (uint8_t)wire_get(r, 1);
	p->sport = (uint16_t)wire_get(r, 2);
	p->dport = (uint16_t)wire_get(r, 2);
	p->family = get_family(r);
	remote_get_ip(r, &p->src);
	remote_get_ip(r, &p->dst);
	p->priority = (uint32_t)wire_get(r, 4);
	p->reqid = (uint32_t)wire_get(r, 4);
	p->optional = wire_get_bool(r);
	p->tunnel = wire_get_bool(r);
	p->protection = wire_get_enum(r, PROTECT_AH_ESP, "there is no such protection");
	p->offered = (uint8_t)wire_get(r, 1);
	remote_get_ip(r, &p->tunnel_src);
	remote_get_ip(r, &p->tunnel_dst);
	get_origin(r, &p->origin);
	if (p->family == IP_NONE || p->src.family != p->family || p->dst.family != p->family)
		wire_bad(r, "the ends of a policy are of different families");
	if (p->src_plen > ip_bits(p->family) || p->dst_plen > ip_bits(p->family))
		wire_bad(r, "a prefix is too long");
	if ((p->protection != 0) != (p->kind == XFRM_K_PROTECT)) /* no template would be in clear */
		wire_bad(r, "a policy protects by nothing, or passes by something");
	if (p->tunnel && (p->tunnel_src.family == IP_NONE || p->tunnel_src.family != p->tunnel_dst.family))
		wire_bad(r, "the ends of a tunnel are of different families");
}

static void put_kpol(struct wire_out *w, const struct kpol *k)
{
	wire_put(w, k->index, 4);
	remote_put_pol(w, &k->pol);
}

static void get_kpol(struct wire_in *r, struct kpol *k)
{
	*k = (struct kpol){.index = (uint32_t)wire_get(r, 4)};
	remote_get_pol(r, &k->pol);
}

void remote_put_xfrm(struct wire_out *w, const struct ops *o, size_t first, size_t n, bool undo, const bool *ok)
{
	wire_put(w, undo, 1);
	wire_put(w, n, 4);
	for (size_t i = 0; i < n; i++) {
		const struct op *op = &o->v[first + i];
		const struct xfrm_change *c = &o->xfrm[op->item];
		wire_put(w, op->kind, 1);
		wire_put(w, undo && ok[i], 1);
		if (op->kind != OP_XFRM_ADD)
			put_kpol(w, &c->before);
		if (op->kind != OP_XFRM_DEL)
			put_kpol(w, &c->after);
	}
}

static void get_xfrm_op(struct wire_in *r, struct remote_xfrm *x)
{
	struct op op = {.kind = wire_get_enum(r, OP_XFRM_DEL, "there is no such operation")};
	struct xfrm_change c = {.before = {.index = 0}};
	bool ok = wire_get_bool(r);

	if (!op_is_xfrm(&op))
		wire_bad(r, "the operation does not belong here");
	if (ok && !x->undo)
		wire_bad(r, "an operation is done before it began");
	if (wire_ok(r) && op.kind != OP_XFRM_ADD)
		get_kpol(r, &c.before);
	if (wire_ok(r) && op.kind != OP_XFRM_DEL)
		get_kpol(r, &c.after);
	if (!wire_ok(r))
		return;
	x->ok = xreallocarray(x->ok, x->o.n + 1, sizeof *x->ok);
	x->ok[x->o.n] = ok;
	op.item = (uint32_t)x->o.nxfrm;
	GROW(x->o.xfrm, x->o.nxfrm, x->o.cap_xfrm);
	x->o.xfrm[x->o.nxfrm++] = c;
	GROW(x->o.v, x->o.n, x->o.cap);
	x->o.v[x->o.n++] = op;
}

void remote_get_xfrm(struct wire_in *r, struct remote_xfrm *out)
{
	*out = (struct remote_xfrm){.undo = wire_get_bool(r)};
	for (uint32_t n = wire_get_count(r, REMOTE_OPS_MAX); n > 0 && wire_ok(r); n--)
		get_xfrm_op(r, out);
}

void remote_xfrm_free(struct remote_xfrm *x)
{
	ops_free(&x->o);
	free(x->ok);
	*x = (struct remote_xfrm){.ok = NULL};
}

/* --- states ----------------------------------------------------------------------------------------- */

static void put_pols(struct wire_out *w, const struct kpol *v, size_t n)
{
	wire_put(w, n, 4);
	for (size_t i = 0; i < n; i++)
		put_kpol(w, &v[i]);
}

static struct kpol *get_pols(struct wire_in *r, size_t *n, size_t *cap)
{
	struct kpol *v = NULL;

	for (uint32_t left = wire_get_count(r, REMOTE_POLS_MAX); left > 0 && wire_ok(r); left--) {
		GROW(v, *n, *cap);
		get_kpol(r, &v[(*n)++]);
	}
	return v;
}

void remote_put_state(struct wire_out *w, const struct kstate *s)
{
	wire_put(w, s->table, 1);
	wire_put(w, s->gate, 1);
	wire_put(w, s->nrules, 4);
	for (size_t i = 0; i < s->nrules; i++)
		put_rule(w, &s->rules[i]);
	wire_put(w, s->nsets, 4);
	for (size_t i = 0; i < s->nsets; i++) {
		const struct kset *k = &s->sets[i];
		put_set(w, &k->def);
		wire_put(w, k->n, 4);
		for (size_t j = 0; j < k->n; j++)
			put_elem(w, &k->elems[j], k->def.key_len);
	}
	put_pols(w, s->xfrm, s->nxfrm);
	put_pols(w, s->foreign, s->nforeign);
}

static void get_kset(struct wire_in *r, struct kset *k)
{
	*k = (struct kset){.n = 0};
	get_set(r, &k->def);
	for (uint32_t n = wire_get_count(r, REMOTE_ELEMS_MAX); n > 0 && wire_ok(r); n--) {
		GROW(k->elems, k->n, k->cap);
		get_elem(r, &k->elems[k->n++], k->def.key_len);
	}
}

void remote_get_state(struct wire_in *r, struct kstate *out)
{
	*out = (struct kstate){.table = wire_get_enum(r, KTABLE_STALE, "there is no such table")};
	out->gate = wire_get_bool(r);
	for (uint32_t n = wire_get_count(r, REMOTE_RULES_MAX); n > 0 && wire_ok(r); n--) {
		GROW(out->rules, out->nrules, out->cap_rules);
		get_rule(r, &out->rules[out->nrules++]);
	}
	for (uint32_t n = wire_get_count(r, REMOTE_SETS_MAX); n > 0 && wire_ok(r); n--) {
		GROW(out->sets, out->nsets, out->cap_sets);
		get_kset(r, &out->sets[out->nsets++]);
	}
	out->xfrm = get_pols(r, &out->nxfrm, &out->cap_xfrm);
	out->foreign = get_pols(r, &out->nforeign, &out->cap_foreign);
}

/* --- counters --------------------------------------------------------------------------------------- */

void remote_put_names(struct wire_out *w, const struct kstate *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nsets; i++)
		n += s->sets[i].def.keytype == NFT_KEY_FILTER;
	wire_put(w, n, 4);
	for (size_t i = 0; i < s->nsets; i++)
		if (s->sets[i].def.keytype == NFT_KEY_FILTER) {
			put_name(w, s->sets[i].def.name);
			wire_put(w, s->sets[i].def.gen, 1);
		}
}

void remote_get_names(struct wire_in *r, struct kstate *out)
{
	*out = (struct kstate){.table = KTABLE_OURS};
	for (uint32_t n = wire_get_count(r, REMOTE_SETS_MAX); n > 0 && wire_ok(r); n--) {
		GROW(out->sets, out->nsets, out->cap_sets);
		out->sets[out->nsets] = (struct kset){.def.keytype = NFT_KEY_FILTER};
		get_name(r, out->sets[out->nsets].def.name);
		out->sets[out->nsets++].def.gen = get_gen(r);
	}
}

static void put_count(struct wire_out *w, const struct kernel_count *c)
{
	put_origin(w, &c->origin);
	wire_put(w, c->packets, 8);
	wire_put(w, c->bytes, 8);
}

static void get_count(struct wire_in *r, struct kernel_count *c)
{
	get_origin(r, &c->origin);
	c->packets = wire_get(r, 8);
	c->bytes = wire_get(r, 8);
}

void remote_put_counts(struct wire_out *w, const struct kernel_counts *c)
{
	wire_put(w, c->clear_in, 8);
	wire_put(w, c->clear_out, 8);
	wire_put(w, c->n, 4);
	for (size_t i = 0; i < c->n; i++)
		put_count(w, &c->v[i]);
}

void remote_get_counts(struct wire_in *r, struct kernel_counts *out)
{
	*out = (struct kernel_counts){0};
	out->clear_in = wire_get(r, 8);
	out->clear_out = wire_get(r, 8);
	for (uint32_t n = wire_get_count(r, REMOTE_ELEMS_MAX); n > 0 && wire_ok(r); n--) {
		GROW(out->v, out->n, out->cap);
		get_count(r, &out->v[out->n++]);
	}
}

/* --- security associations, dropped packets ---------------------------------------------------------- */

void remote_put_peer(struct wire_out *w, const struct ip *peer)
{
	remote_put_ip(w, peer ? peer : &(struct ip){.family = IP_NONE});
}

void remote_get_peer(struct wire_in *r, struct ip *out)
{
	remote_get_ip(r, out);
}

static void put_drop(struct wire_out *w, const struct kernel_drop *d)
{
	wire_put(w, d->inbound, 1);
	wire_put(w, d->ifindex, 4);
	wire_put(w, d->n, 1);
	wire_put_bytes(w, d->head, d->n);
}

static void get_drop(struct wire_in *r, struct kernel_drop *d)
{
	*d = (struct kernel_drop){.inbound = wire_get_bool(r)};
	d->ifindex = (uint32_t)wire_get(r, 4);
	d->n = wire_get_enum(r, PLAN_LOG_BYTES, "the beginning of a packet is too long");
	wire_get_bytes(r, d->head, d->n);
}

void remote_put_drops(struct wire_out *w, const struct kernel_drops *d)
{
	wire_put(w, d->lost, 8);
	wire_put(w, d->n, 1);
	for (size_t i = 0; i < d->n; i++)
		put_drop(w, &d->v[i]);
}

void remote_get_drops(struct wire_in *r, struct kernel_drops *out)
{
	size_t n;

	out->lost = wire_get(r, 8);
	n = wire_get_enum(r, KERNEL_DROPS_MAX, "there are too many dropped packets");
	for (out->n = 0; out->n < n && wire_ok(r); out->n++)
		get_drop(r, &out->v[out->n]);
}

/* --- answers ---------------------------------------------------------------------------------------- */

void remote_put_answer(struct wire_out *w, const struct remote_answer *a)
{
	wire_put(w, a->rc != 0, 1);
	wire_put(w, a->failed, 4);
	put_origin(w, &a->origin);
	wire_put(w, a->raced, 1);
	wire_put(w, a->rc != 0 ? (uint64_t)a->e.id : 0, 2);
	wire_put(w, a->rc != 0 ? (uint32_t)a->e.errno_ : 0, 4);
	remote_put_text(w, a->rc != 0 ? a->e.text : "");
}

void remote_get_answer(struct wire_in *r, struct remote_answer *out)
{
	char text[REMOTE_STATE_TEXT_MAX];

	*out = (struct remote_answer){.rc = wire_get_bool(r) ? -1 : 0};
	out->failed = (uint32_t)wire_get(r, 4);
	get_origin(r, &out->origin);
	out->raced = wire_get_bool(r);
	uint64_t id = wire_get(r, 2);
	int number = (int)(int32_t)wire_get(r, 4);
	remote_get_text(r, text);
	if (id >= MSG_IDS || (id == MSG_NONE) != (out->rc == 0))
		wire_bad(r, "there is no such error");
	if (out->rc == 0 && (number != 0 || *text))
		wire_bad(r, "there is no error, and a reason for it");
	if (!wire_ok(r) || out->rc == 0)
		return;
	err_set_fmt(&out->e, (enum msg_id)id, "%s", text);
	out->e.errno_ = number;
}
