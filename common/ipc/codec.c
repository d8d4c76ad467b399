/*
 * Messages of the control channel <-> bytes. Pure: no sockets here. Each put_X stands beside its get_X;
 * a decoder copies into a struct and nothing else, meaning is the business of the two programs.
 */
#include "common/ipc/ipc.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/str.h"

#include "common/base/banned.h"

/* The worst case of every body fits, so writing needs no error path. */
_Static_assert(IPC_VERSION_TEXT_MAX + IPC_NAME_MAX + IPC_TEXT_MAX + 64 <= IPC_BODY_MAX, "state fits");

struct wr {
	uint8_t *p;
	size_t n;
};
/* Reading past the end or finding nonsense sets `bad` and yields zeros from then on. */
struct rd {
	const uint8_t *p;
	size_t left;
	const char *bad; /* the first thing that is wrong, or NULL */
};

/* --- numbers, text, guid -------------------------------------------------------------------------- */

static void put_uint(struct wr *w, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		w->p[w->n++] = (uint8_t)(v >> 8 * i);
}

/* n bytes of the input, or NULL. */
static const uint8_t *take(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (!r->bad && r->left < n)
		r->bad = "it ends too early";
	if (r->bad)
		return NULL;
	r->p += n;
	r->left -= n;
	return p;
}

static uint64_t get_uint(struct rd *r, unsigned bytes)
{
	const uint8_t *p = take(r, bytes);
	uint64_t v = 0;

	for (unsigned i = 0; p && i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static void put_bool(struct wr *w, bool v)
{
	put_uint(w, v, 1);
}

static bool get_bool(struct rd *r)
{
	uint64_t v = get_uint(r, 1);

	if (v > 1 && !r->bad)
		r->bad = "a yes/no field is neither";
	return v == 1;
}

/* Text that was cut somewhere ends at its last whole character, so that the reader accepts it. */
static void put_text(struct wr *w, const char *s, size_t size)
{
	size_t n = str_utf8_valid(s, strnlen(s, size - 1));

	put_uint(w, n, 2);
	memcpy(w->p + w->n, s, n);
	w->n += n;
}

static void get_text(struct rd *r, char *out, size_t size)
{
	size_t n = (size_t)get_uint(r, 2);
	const uint8_t *p;

	out[0] = '\0';
	if (n >= size && !r->bad)
		r->bad = "a text is too long";
	p = take(r, n);
	if (!p)
		return;
	if (memchr(p, '\0', n) || str_utf8_valid((const char *)p, n) != n) {
		r->bad = "a text is not UTF-8";
		return;
	}
	memcpy(out, p, n);
	out[n] = '\0';
}

static void put_guid(struct wr *w, const struct guid *g)
{
	memcpy(w->p + w->n, g->b, sizeof g->b);
	w->n += sizeof g->b;
}

static void get_guid(struct rd *r, struct guid *g)
{
	const uint8_t *p = take(r, sizeof g->b);

	if (p)
		memcpy(g->b, p, sizeof g->b);
}

/* --- bodies --------------------------------------------------------------------------------------- */

static void put_notify(struct wr *w, const struct ipc_msg *m)
{
	put_uint(w, m->u.notify.counter, 8);
}

static void get_notify(struct rd *r, struct ipc_msg *m)
{
	m->u.notify.counter = get_uint(r, 8);
}

static void put_result(struct wr *w, const struct ipc_msg *m)
{
	put_uint(w, m->u.result.counter, 8);
	put_bool(w, m->u.result.failed);
	put_text(w, m->u.result.text, sizeof m->u.result.text);
}

static void get_result(struct rd *r, struct ipc_msg *m)
{
	m->u.result.counter = get_uint(r, 8);
	m->u.result.failed = get_bool(r);
	get_text(r, m->u.result.text, sizeof m->u.result.text);
}

static void put_nothing(struct wr *w, const struct ipc_msg *m)
{
	(void)w;
	(void)m;
}

static void get_nothing(struct rd *r, struct ipc_msg *m)
{
	(void)r;
	(void)m;
}

static void put_state(struct wr *w, const struct ipc_msg *m)
{
	const struct ipc_state *s = &m->u.state;

	put_text(w, s->version, sizeof s->version);
	put_bool(w, s->assigned);
	put_text(w, s->policy, sizeof s->policy);
	put_guid(w, &s->guid);
	put_uint(w, s->counter, 8);
	put_uint(w, s->nfilters, 4);
	put_uint(w, s->nxfrm, 4);
	put_text(w, s->last_error, sizeof s->last_error);
}

static void get_state(struct rd *r, struct ipc_msg *m)
{
	struct ipc_state *s = &m->u.state;

	get_text(r, s->version, sizeof s->version);
	s->assigned = get_bool(r);
	get_text(r, s->policy, sizeof s->policy);
	get_guid(r, &s->guid);
	s->counter = get_uint(r, 8);
	s->nfilters = (uint32_t)get_uint(r, 4);
	s->nxfrm = (uint32_t)get_uint(r, 4);
	get_text(r, s->last_error, sizeof s->last_error);
}

static void put_error(struct wr *w, const struct ipc_msg *m)
{
	put_text(w, m->u.error.text, sizeof m->u.error.text);
}

static void get_error(struct rd *r, struct ipc_msg *m)
{
	get_text(r, m->u.error.text, sizeof m->u.error.text);
}

/* A message that is not in this table does not exist. */
static const struct codec {
	uint16_t type;
	void (*put)(struct wr *w, const struct ipc_msg *m);
	void (*get)(struct rd *r, struct ipc_msg *m);
} codecs[] = {
	{IPC_NOTIFY, put_notify, get_notify},
	{IPC_RESULT, put_result, get_result},
	{IPC_STATUS, put_nothing, get_nothing},
	{IPC_STATE, put_state, get_state},
	{IPC_ERROR, put_error, get_error},
};

static const struct codec *find_codec(uint64_t type)
{
	for (size_t i = 0; i < N_OF(codecs); i++)
		if (codecs[i].type == type)
			return &codecs[i];
	return NULL;
}

/* --- whole messages ------------------------------------------------------------------------------- */

size_t ipc_encode(const struct ipc_msg *m, uint8_t out[IPC_MSG_MAX])
{
	struct wr body = {.p = out + IPC_HEAD_BYTES}, head = {.p = out};

	find_codec(m->type)->put(&body, m);
	put_uint(&head, IPC_MAGIC, 4);
	put_uint(&head, IPC_VERSION, 2);
	put_uint(&head, m->type, 2);
	put_uint(&head, body.n, 4);
	put_uint(&head, m->seq, 4);
	return IPC_HEAD_BYTES + body.n;
}

/* Reads the header; NULL with the reason in `e`. */
static const struct codec *get_head(struct rd *r, struct ipc_msg *m, struct err *e)
{
	uint64_t magic = get_uint(r, 4), version = get_uint(r, 2), type = get_uint(r, 2);
	uint64_t length = get_uint(r, 4), seq = get_uint(r, 4);
	const struct codec *c = find_codec(type);
	char why[80] = "";

	if (r->bad || magic != IPC_MAGIC) {
		err_set(e, IPC_BAD, "it is no message of ipsecsh");
		return NULL;
	}
	m->seq = (uint32_t)seq;
	if (version != IPC_VERSION)
		snprintf(why, sizeof why, "it speaks version %u, this program version %u",
		    (unsigned)version, (unsigned)IPC_VERSION);
	else if (!c)
		snprintf(why, sizeof why, "message type %u is unknown", (unsigned)type);
	else if (length != r->left)
		snprintf(why, sizeof why, "its length is wrong");
	if (why[0]) {
		err_set(e, IPC_BAD, why);
		return NULL;
	}
	m->type = (uint16_t)type;
	return c;
}

int ipc_decode(const uint8_t *bytes, size_t n, struct ipc_msg *m, struct err *e)
{
	struct rd r = {.p = bytes, .left = n};
	const struct codec *c;

	*m = (struct ipc_msg){0};
	c = get_head(&r, m, e);
	if (!c)
		return -1;
	c->get(&r, m);
	if (!r.bad && r.left != 0)
		r.bad = "something follows its end";
	return r.bad ? err_set(e, IPC_BAD, r.bad) : 0;
}

void ipc_state_print(const struct ipc_state *s, struct buf *b)
{
	char guid[GUID_TEXT];

	buf_printf(b, "version: %s\n", s->version);
	if (s->assigned)
		buf_printf(b, "policy: %s %s\n", s->policy, guid_print(&s->guid, guid));
	else
		buf_adds(b, "policy: none\n");
	buf_printf(b, "change: %llu\n", (unsigned long long)s->counter);
	buf_printf(b, "filters: %u\n", s->nfilters);
	buf_printf(b, "xfrm policies: %u\n", s->nxfrm);
	buf_printf(b, "last error: %s\n", s->last_error[0] ? s->last_error : "none");
}
