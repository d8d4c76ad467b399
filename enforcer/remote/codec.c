#include "enforcer/remote/codec.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* A field that is new in one of these has to be carried: then write it down here, and count again. */
_Static_assert(sizeof(struct kernel_count) == 24, "put_count() and get_count() know every field");
_Static_assert(sizeof(struct kernel_counts) == 40, "remote_put_counts() and remote_get_counts() know every field");
_Static_assert(sizeof(struct kstate) == 104, "remote_put_state() and remote_get_state() know every field");
_Static_assert(sizeof(struct kernel_drop) == 140, "put_drop() and get_drop() know every field");

/* --- nftables --------------------------------------------------------------------------------------- */

static void put_nft_op(struct wr *w, const struct ops *o, const struct op *op)
{
	wr_u8(w, op->kind);
	wr_u8(w, op->chain);
	wr_le32(w, op->kind == OP_RULE_ADD ? 0 : op->item);
	remote_put_count(w, op->n);
	if (op->kind == OP_RULE_ADD)
		remote_put_rule(w, &o->rules[op->item]);
	for (size_t i = 0; i < op->n; i++)
		remote_put_elem(w, &o->elems[op->first + i], o->sets[op->item].key_len);
}

static void get_nft_elems(struct rd *r, struct op *op, struct ops *out)
{
	op->first = out->nelems;
	if (op->n > REMOTE_ELEMS_MAX - out->nelems) {
		rd_bad(r, "there are too many elements");
		op->n = 0;
	}
	for (size_t i = 0; i < op->n && !r->bad; i++) {
		GROW(out->elems, out->nelems, out->cap_elems);
		remote_get_elem(r, &out->elems[out->nelems++], out->sets[op->item].key_len);
	}
}

static bool names_set(uint8_t kind)
{
	return kind == OP_SET_DEL || kind == OP_SET_ADD || kind == OP_ELEMS_DEL || kind == OP_ELEMS_ADD;
}

static void get_nft_op(struct rd *r, struct ops *out)
{
	struct op op = {.kind = rd_enum(r, OP_GATE_DEL, "there is no such operation of a transaction")};

	op.chain = rd_enum(r, NFT_CHAINS - 1, "there is no such chain");
	op.item = rd_le32(r);
	op.n = rd_le32(r);
	if (names_set(op.kind) ? op.item >= out->nsets : op.item != 0)
		rd_bad(r, "an operation names a set that is not there");
	if (op.n != 0 && op.kind != OP_ELEMS_ADD && op.kind != OP_ELEMS_DEL)
		rd_bad(r, "an operation has elements and may not");
	if (op.n == 0 && (op.kind == OP_ELEMS_ADD || op.kind == OP_ELEMS_DEL))
		rd_bad(r, "an operation has no elements");
	if (op.kind == OP_RULE_ADD && out->nrules == REMOTE_RULES_MAX)
		rd_bad(r, "there are too many rules");
	if (r->bad)
		return;
	if (op.kind == OP_RULE_ADD) {
		GROW(out->rules, out->nrules, out->cap_rules);
		op.item = (uint32_t)out->nrules;
		remote_get_rule(r, &out->rules[out->nrules++]);
	}
	get_nft_elems(r, &op, out);
	GROW(out->v, out->n, out->cap);
	out->v[out->n++] = op;
}

void remote_put_nft(struct wr *w, const struct ops *o)
{
	remote_put_count(w, o->nsets);
	for (size_t i = 0; i < o->nsets; i++)
		remote_put_set(w, &o->sets[i]);
	remote_put_count(w, o->nft_n);
	for (size_t i = 0; i < o->nft_n; i++)
		put_nft_op(w, o, &o->v[o->nft_first + i]);
}

void remote_get_nft(struct rd *r, struct ops *out)
{
	*out = (struct ops){0};
	for (uint32_t n = remote_get_count(r, REMOTE_SETS_MAX); n > 0 && !r->bad; n--) {
		GROW(out->sets, out->nsets, out->cap_sets);
		remote_get_set(r, &out->sets[out->nsets++]);
	}
	ops_index_sets(out);
	for (uint32_t n = remote_get_count(r, REMOTE_OPS_MAX); n > 0 && !r->bad; n--)
		get_nft_op(r, out);
	out->nft_n = out->n;
}

/* --- XFRM ------------------------------------------------------------------------------------------- */

void remote_put_xfrm(struct wr *w, const struct ops *o, size_t first, size_t n, bool undo, const bool *ok)
{
	wr_u8(w, undo);
	remote_put_count(w, n);
	for (size_t i = 0; i < n; i++) {
		const struct op *op = &o->v[first + i];
		const struct xfrm_change *c = &o->xfrm[op->item];
		wr_u8(w, op->kind);
		wr_u8(w, undo && ok[i]);
		if (op->kind != OP_XFRM_ADD)
			remote_put_kpol(w, &c->before);
		if (op->kind != OP_XFRM_DEL)
			remote_put_kpol(w, &c->after);
	}
}

static void get_xfrm_op(struct rd *r, struct remote_xfrm *x)
{
	struct op op = {.kind = rd_enum(r, OP_XFRM_DEL, "there is no such operation")};
	struct xfrm_change c = {.before = {.index = 0}};
	bool ok = rd_bool(r);

	if (!op_is_xfrm(&op))
		rd_bad(r, "the operation does not belong here");
	if (ok && !x->undo)
		rd_bad(r, "an operation is done before it began");
	if (!r->bad && op.kind != OP_XFRM_ADD)
		remote_get_kpol(r, &c.before);
	if (!r->bad && op.kind != OP_XFRM_DEL)
		remote_get_kpol(r, &c.after);
	if (r->bad)
		return;
	GROW(x->ok, x->nok, x->cap_ok);
	x->ok[x->nok++] = ok;
	op.item = (uint32_t)x->o.nxfrm;
	GROW(x->o.xfrm, x->o.nxfrm, x->o.cap_xfrm);
	x->o.xfrm[x->o.nxfrm++] = c;
	GROW(x->o.v, x->o.n, x->o.cap);
	x->o.v[x->o.n++] = op;
}

void remote_get_xfrm(struct rd *r, struct remote_xfrm *out)
{
	*out = (struct remote_xfrm){.undo = rd_bool(r)};
	for (uint32_t n = remote_get_count(r, REMOTE_OPS_MAX); n > 0 && !r->bad; n--)
		get_xfrm_op(r, out);
}

void remote_xfrm_free(struct remote_xfrm *x)
{
	ops_free(&x->o);
	free(x->ok);
	*x = (struct remote_xfrm){.ok = NULL};
}

/* --- states ----------------------------------------------------------------------------------------- */

static void put_pols(struct wr *w, const struct kpol *v, size_t n)
{
	remote_put_count(w, n);
	for (size_t i = 0; i < n; i++)
		remote_put_kpol(w, &v[i]);
}

static struct kpol *get_pols(struct rd *r, size_t *n, size_t *cap)
{
	struct kpol *v = NULL;

	for (uint32_t left = remote_get_count(r, REMOTE_POLS_MAX); left > 0 && !r->bad; left--) {
		GROW(v, *n, *cap);
		remote_get_kpol(r, &v[(*n)++]);
	}
	return v;
}

void remote_put_state(struct wr *w, const struct kstate *s)
{
	wr_u8(w, s->table);
	wr_u8(w, s->gate);
	remote_put_count(w, s->nrules);
	for (size_t i = 0; i < s->nrules; i++)
		remote_put_rule(w, &s->rules[i]);
	remote_put_count(w, s->nsets);
	for (size_t i = 0; i < s->nsets; i++) {
		const struct kset *k = &s->sets[i];
		remote_put_set(w, &k->def);
		remote_put_count(w, k->n);
		for (size_t j = 0; j < k->n; j++)
			remote_put_elem(w, &k->elems[j], k->def.key_len);
	}
	put_pols(w, s->xfrm, s->nxfrm);
	put_pols(w, s->foreign, s->nforeign);
}

static void get_kset(struct rd *r, struct kset *k)
{
	*k = (struct kset){.n = 0};
	remote_get_set(r, &k->def);
	for (uint32_t n = remote_get_count(r, REMOTE_ELEMS_MAX); n > 0 && !r->bad; n--) {
		GROW(k->elems, k->n, k->cap);
		remote_get_elem(r, &k->elems[k->n++], k->def.key_len);
	}
}

void remote_get_state(struct rd *r, struct kstate *out)
{
	*out = (struct kstate){.table = rd_enum(r, KTABLE_STALE, "there is no such table")};
	out->gate = rd_bool(r);
	for (uint32_t n = remote_get_count(r, REMOTE_RULES_MAX); n > 0 && !r->bad; n--) {
		GROW(out->rules, out->nrules, out->cap_rules);
		remote_get_rule(r, &out->rules[out->nrules++]);
	}
	for (uint32_t n = remote_get_count(r, REMOTE_SETS_MAX); n > 0 && !r->bad; n--) {
		GROW(out->sets, out->nsets, out->cap_sets);
		get_kset(r, &out->sets[out->nsets++]);
	}
	out->xfrm = get_pols(r, &out->nxfrm, &out->cap_xfrm);
	out->foreign = get_pols(r, &out->nforeign, &out->cap_foreign);
}

/* --- counters --------------------------------------------------------------------------------------- */

void remote_put_names(struct wr *w, const struct kstate *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nsets; i++)
		n += s->sets[i].def.keytype == NFT_KEY_FILTER;
	remote_put_count(w, n);
	for (size_t i = 0; i < s->nsets; i++)
		if (s->sets[i].def.keytype == NFT_KEY_FILTER) {
			remote_put_name(w, s->sets[i].def.name);
			wr_u8(w, s->sets[i].def.gen);
		}
}

static bool name_before(const struct nft_set *a, const struct nft_set *b)
{
	int r = strcmp(a->name, b->name);

	return r < 0 || (r == 0 && a->gen < b->gen);
}

void remote_get_names(struct rd *r, struct kstate *out)
{
	*out = (struct kstate){.table = KTABLE_OURS};
	for (uint32_t n = remote_get_count(r, REMOTE_SETS_MAX); n > 0 && !r->bad; n--) {
		struct nft_set def = {.keytype = NFT_KEY_FILTER};
		remote_get_name(r, def.name);
		def.gen = remote_get_gen(r);
		if (out->nsets > 0 && !name_before(&out->sets[out->nsets - 1].def, &def))
			rd_bad(r, "sets are not in order, or twice there");
		GROW(out->sets, out->nsets, out->cap_sets);
		out->sets[out->nsets++] = (struct kset){.def = def};
	}
}

static void put_count(struct wr *w, const struct kernel_count *c)
{
	remote_put_origin(w, &c->origin);
	wr_le64(w, c->packets);
	wr_le64(w, c->bytes);
}

static void get_count(struct rd *r, struct kernel_count *c)
{
	remote_get_origin(r, &c->origin);
	c->packets = rd_le64(r);
	c->bytes = rd_le64(r);
}

void remote_put_counts(struct wr *w, const struct kernel_counts *c)
{
	wr_le64(w, c->clear_in);
	wr_le64(w, c->clear_out);
	remote_put_count(w, c->n);
	for (size_t i = 0; i < c->n; i++)
		put_count(w, &c->v[i]);
}

void remote_get_counts(struct rd *r, struct kernel_counts *out)
{
	*out = (struct kernel_counts){0};
	out->clear_in = rd_le64(r);
	out->clear_out = rd_le64(r);
	for (uint32_t n = remote_get_count(r, REMOTE_ELEMS_MAX); n > 0 && !r->bad; n--) {
		GROW(out->v, out->n, out->cap);
		get_count(r, &out->v[out->n++]);
	}
}

/* --- security associations, dropped packets ---------------------------------------------------------- */

void remote_put_peer(struct wr *w, const struct ip *peer)
{
	wr_ip(w, peer ? peer : &(struct ip){.family = IP_NONE});
}

void remote_get_peer(struct rd *r, struct ip *out)
{
	rd_ip(r, out);
}

static void put_drop(struct wr *w, const struct kernel_drop *d)
{
	wr_u8(w, d->inbound);
	wr_le32(w, d->ifindex);
	wr_u8(w, (uint8_t)d->n);
	wr_bytes(w, d->head, d->n);
}

static void get_drop(struct rd *r, struct kernel_drop *d)
{
	*d = (struct kernel_drop){.inbound = rd_bool(r)};
	d->ifindex = rd_le32(r);
	d->n = rd_enum(r, PLAN_LOG_BYTES, "the beginning of a packet is too long");
	rd_copy(r, d->head, d->n);
}

void remote_put_drops(struct wr *w, const struct kernel_drops *d)
{
	wr_le64(w, d->lost);
	wr_u8(w, (uint8_t)d->n);
	for (size_t i = 0; i < d->n; i++)
		put_drop(w, &d->v[i]);
}

void remote_get_drops(struct rd *r, struct kernel_drops *out)
{
	size_t n;

	out->lost = rd_le64(r);
	n = rd_enum(r, KERNEL_DROPS_MAX, "there are too many dropped packets");
	for (out->n = 0; out->n < n && !r->bad; out->n++)
		get_drop(r, &out->v[out->n]);
}

/* --- answers ---------------------------------------------------------------------------------------- */

void remote_put_answer(struct wr *w, const struct remote_answer *a)
{
	wr_u8(w, a->rc != 0);
	wr_le32(w, a->failed);
	remote_put_origin(w, &a->origin);
	wr_u8(w, a->raced);
	wr_le16(w, a->rc != 0 ? (uint16_t)a->e.id : 0);
	wr_le32(w, a->rc != 0 ? (uint32_t)a->e.errno_ : 0);
	remote_put_text(w, a->rc != 0 ? a->e.text : "");
}

void remote_get_answer(struct rd *r, struct remote_answer *out)
{
	char text[REMOTE_STATE_TEXT_MAX];

	*out = (struct remote_answer){.rc = rd_bool(r) ? -1 : 0};
	out->failed = rd_le32(r);
	remote_get_origin(r, &out->origin);
	out->raced = rd_bool(r);
	uint16_t id = rd_le16(r);
	int number = (int)(int32_t)rd_le32(r);
	remote_get_text(r, text);
	if (id >= MSG_IDS || (id == MSG_NONE) != (out->rc == 0))
		rd_bad(r, "there is no such error");
	if (out->rc == 0 && (number != 0 || *text))
		rd_bad(r, "there is no error, and a reason for it");
	if (r->bad || out->rc == 0)
		return;
	err_set_fmt(&out->e, (enum msg_id)id, "%s", text);
	out->e.errno_ = number;
}
