/*
 * Filters: the one noun that comes by the hundred thousand, so adding costs two tree insertions and
 * nothing else; `modified` of the list is written once a second and command group, not per filter.
 *
 * An endpoint is stored as a few bytes: its kind; for an address or subnet (END_NET) family, prefix
 * length, address; for a range family, first, last. Addresses take 4 or 16 bytes.
 */
#include <string.h>

#include "store/internal.h"
#include "common/base/banned.h"

enum { ENDPOINT_BYTES = 2 + 2 * 16 };

static size_t put_ip(uint8_t *p, const struct ip *a)
{
	size_t n = ip_bits(a->family) / 8;

	memcpy(p, a->b, n);
	return n;
}

static size_t endpoint_encode(const struct endpoint *p, uint8_t out[ENDPOINT_BYTES])
{
	size_t n = 0;

	out[n++] = p->kind;
	if (p->kind == END_NET || p->kind == END_RANGE)
		out[n++] = p->lo.family;
	if (p->kind == END_NET)
		out[n++] = p->plen;
	if (n > 1)
		n += put_ip(out + n, &p->lo);
	if (p->kind == END_RANGE)
		n += put_ip(out + n, &p->hi);
	return n;
}

/* false: not something that endpoint_encode() makes. */
static bool endpoint_decode(const uint8_t *b, size_t n, struct endpoint *p)
{
	*p = (struct endpoint){0};
	if (n == 0 || b[0] > END_GATEWAY)
		return false;
	p->kind = b[0];
	if (p->kind != END_NET && p->kind != END_RANGE)
		return n == 1;
	if (n < 2)
		return false;
	size_t addr = ip_bits(b[1]) / 8;
	if (addr == 0 || n != 2 + (p->kind == END_NET ? 1 + addr : 2 * addr))
		return false;
	p->lo.family = b[1];
	if (p->kind == END_NET) {
		p->plen = b[2];
		memcpy(p->lo.b, b + 3, addr);
		return p->plen <= ip_bits(b[1]);
	}
	p->hi.family = b[1];
	memcpy(p->lo.b, b + 2, addr);
	memcpy(p->hi.b, b + 2 + addr, addr);
	return true;
}

static void row_to_endpoint(struct q *q, struct endpoint *p)
{
	size_t n;
	const uint8_t *b = q_blob(q, &n);

	if (!endpoint_decode(b, n, p))
		q->wrong = true;
}

/* Most descriptions are empty: one for all of them. */
static const char *row_to_description(struct q *q, struct arena *a)
{
	const char *s = q_text(q, NULL);

	return !s || !*s ? "" : a ? arena_strdup(a, s) : s;
}

/* FILTER_COLS */
int row_to_filter(struct q *q, struct arena *a, int64_t *list, struct filter *f, struct err *e)
{
	*list = q_int(q);
	f->id = q_int(q);
	f->guid = q_guid(q);
	f->description = row_to_description(q, a);
	f->mirrored = q_bool(q);
	f->protocol = (uint8_t)q_u32(q, UINT8_MAX);
	f->srcport = (uint16_t)q_u32(q, UINT16_MAX);
	f->dstport = (uint16_t)q_u32(q, UINT16_MAX);
	row_to_endpoint(q, &f->src);
	row_to_endpoint(q, &f->dst);
	f->src.dns = q_text(q, a);
	f->dst.dns = q_text(q, a);
	return q_check(q, e);
}

/* FILTER_COLS; src and dst are encoded into memory of the caller's, which outlives the statement. */
static void bind_filter(struct q *q, int64_t list, const struct filter *f, uint8_t src[ENDPOINT_BYTES],
    uint8_t dst[ENDPOINT_BYTES])
{
	q_put_int(q, list);
	q_put_int(q, f->id);
	q_put_guid(q, &f->guid);
	q_put_text(q, f->description ? f->description : "");
	q_put_int(q, f->mirrored);
	q_put_int(q, f->protocol);
	q_put_int(q, f->srcport);
	q_put_int(q, f->dstport);
	q_put_blob(q, src, endpoint_encode(&f->src, src));
	q_put_blob(q, dst, endpoint_encode(&f->dst, dst));
	q_put_text(q, f->src.dns);
	q_put_text(q, f->dst.dns);
}

/* Hands the rows of a bound statement to fn. */
static int each_row(struct q *q, int (*fn)(void *ctx, const struct filter *f, struct err *e), void *ctx,
    struct err *e)
{
	int64_t list;
	int rc;

	while ((rc = q_step(q, e)) > 0) {
		struct filter f = {0};
		rc = row_to_filter(q, NULL, &list, &f, e);
		if (rc == 0)
			rc = fn(ctx, &f, e);
		if (rc != 0)
			break;
	}
	q_done(q);
	return rc;
}

int store_filter_each(struct store *st, int64_t list_id,
    int (*fn)(void *ctx, const struct filter *f, struct err *e), void *ctx, struct err *e)
{
	struct q q;

	if (read_begin(st, e) < 0)
		return -1;
	int rc = q_use(&q, st, &st->h, SQL_FILTER_EACH, e);
	if (rc == 0) {
		q_put_int(&q, list_id);
		rc = each_row(&q, fn, ctx, e);
	}
	read_end(st);
	return rc;
}

int store_filter_between(struct store *st, int64_t list_id, const struct endpoint *src,
    const struct endpoint *dst, int (*fn)(void *ctx, const struct filter *f, struct err *e), void *ctx,
    struct err *e)
{
	uint8_t from[ENDPOINT_BYTES], to[ENDPOINT_BYTES];
	struct q q;

	if (read_begin(st, e) < 0)
		return -1;
	int rc = q_use(&q, st, &st->h, SQL_FILTER_BETWEEN, e);
	if (rc == 0) {
		q_put_int(&q, list_id);
		q_put_blob(&q, from, endpoint_encode(src, from));
		q_put_blob(&q, to, endpoint_encode(dst, to));
		rc = each_row(&q, fn, ctx, e);
	}
	read_end(st);
	return rc;
}

/* Sets `modified` of the list, once for all writes of this transaction in the same second. */
static int touch(struct store *st, int64_t list, struct err *e)
{
	int64_t now = now_s();

	if (st->touched_list == list && st->touched_s == now)
		return 0;
	if (run_ints(st, SQL_FILTERLIST_TOUCH, (int64_t[]){list, now}, 2, e) < 0)
		return -1;
	st->touched_list = list;
	st->touched_s = now;
	return 0;
}

static int add(struct store *st, int64_t list, const struct filter *f, bool *added, struct err *e)
{
	uint8_t src[ENDPOINT_BYTES], dst[ENDPOINT_BYTES];
	struct q q;

	if (q_use(&q, st, &st->h, SQL_FILTER_ADD, e) < 0)
		return -1;
	bind_filter(&q, list, f, src, dst);
	int rows = q_run(&q, e);
	if (rows < 0)
		return -1;
	*added = rows > 0;
	return *added ? touch(st, list, e) : 0;
}

int store_filter_add(struct store *st, int64_t list_id, struct filter *f, bool *added, struct err *e)
{
	struct filter new = *f;

	*added = false;
	if (store_cmd_begin(st, e) < 0)
		return -1;
	new.guid = guid_or_new(&f->guid);
	int rc = tx_filter_id(st, &new.id, e);
	if (rc == 0)
		rc = add(st, list_id, &new, added, e);
	if (write_end(st, rc, e) < 0) {
		*added = false;
		return -1;
	}
	if (*added) {
		f->id = new.id;
		f->guid = new.guid;
	}
	return 0;
}

/* Remembers a filter that is about to go, for store_filter_changes(). */
static int bury(struct store *st, int64_t list, int64_t id, struct err *e)
{
	if (st->tx.buried >= STORE_GONE_MAX) {
		st->tx.structure = true;
		return 0;
	}
	int rc = run_ints(st, SQL_FILTER_BURY, (int64_t[]){list, id}, 2, e);
	st->tx.buried += rc > 0;
	return rc;
}

int store_filter_delete(struct store *st, int64_t list_id, const int64_t *ids, size_t n, struct err *e)
{
	int rc = 0;
	bool any = false;

	if (store_cmd_begin(st, e) < 0)
		return -1;
	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = bury(st, list_id, ids[i], e);
		if (rc >= 0)
			rc = run_ints(st, SQL_FILTER_DELETE, (int64_t[]){list_id, ids[i]}, 2, e);
		any |= rc > 0;
	}
	if (rc >= 0 && any)
		rc = touch(st, list_id, e);
	return write_end(st, rc < 0 ? -1 : 0, e);
}
