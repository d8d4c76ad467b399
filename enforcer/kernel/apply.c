/* Operations to the kernel: XFRM messages in small groups, nf_tables as one batch. */
#include <errno.h>
#include <linux/membarrier.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "enforcer/kernel/kernel_netlink.h"
#include "enforcer/kernel/nft_codec.h"
#include "enforcer/kernel/xfrm_codec.h"

#include "common/base/banned.h"

/* --- XFRM -------------------------------------------------------------------------------- */

/*
 * Each message of a datagram is done and answered by itself; the group bounds the answers in
 * flight.
 */
enum { GROUP = 128 };

struct group {
	size_t op[GROUP]; /* counted from the run's first */
	size_t n;
	struct buf bytes;
	uint32_t first_seq;
};

/* Deleting what is gone already is done; so is taking back what nobody has. */
static bool counts_as_done(const struct ops *o, size_t i, bool undo, int error)
{
	bool deletes = o->v[i].kind == (undo ? OP_XFRM_ADD : OP_XFRM_DEL);

	return error == 0 || (deletes && error == ENOENT);
}

static int settle_ack(const struct nl_ack *a, const struct group *g, const struct ops *o,
    size_t first, bool undo, bool *ok, size_t *failed, struct err *e)
{
	size_t i = g->op[a->seq - g->first_seq];

	if (counts_as_done(o, first + i, undo, a->error)) {
		ok[i] = !undo;
		return 0;
	}
	if (e->kind == ERR_NONE) { /* the first reason counts */
		*failed = first + i;
		err_set_errno(e, a->error, SYS, *a->text ? a->text : "XFRM");
	}
	return -1;
}

static int send_group(struct nl *nl, struct group *g, const struct ops *o, size_t first, bool undo,
    bool *ok, size_t *failed, struct err *e)
{
	size_t open = g->n;
	int r = nl_send(nl, g->bytes.data, g->bytes.len, e);

	if (r)
		*failed = first + g->op[0];
	while (open && (r == 0 || e->id == SYS)) {
		struct nl_ack acks[GROUP];
		size_t n = 0;
		if (nl_acks(nl, true, acks, GROUP, &n, e))
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (acks[i].seq - g->first_seq >= g->n)
				continue; /* an answer to something long given up */
			open--;
			if (settle_ack(&acks[i], g, o, first, undo, ok, failed, e))
				r = -1;
		}
	}
	return r;
}

int netlink_xfrm(struct kernel *kernel, const struct ops *o, size_t first, size_t n, bool undo,
    bool *ok, size_t *failed, struct err *e)
{
	struct nl *nl = &((struct kernel_netlink *)kernel)->xfrm;
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct group g = {0};
	int r = 0;

	for (size_t m = 0; m < n && (r == 0 || undo); m++) {
		size_t i = undo ? n - 1 - m : m;
		if (!undo || ok[i]) {
			if (!g.n)
				g.first_seq = nl->seq + 1;
			struct nlmsghdr *h = (void *)msg;
			xfrm_encode(o, first + i, undo, h, ++nl->seq);
			h->nlmsg_pid = nl->portid; /* XFRM copies it into the event: the watch knows
			                              ours by it */
			g.op[g.n++] = i;
			buf_add(&g.bytes, h, h->nlmsg_len);
		}
		if (g.n && (g.n == GROUP || m + 1 == n)) {
			if (send_group(nl, &g, o, first, undo, ok, failed, e))
				r = -1;
			g.n = 0;
			buf_clear(&g.bytes);
		}
	}
	buf_free(&g.bytes);
	return r;
}

/* --- nf_tables --------------------------------------------------------------------------- */

/* Where a message of the batch came from, by its sequence number. */
struct source {
	size_t op, first_elem; /* first_elem: counted from the op's first */
	size_t at;             /* in the batch's bytes */
};

struct batch {
	struct buf bytes;
	struct source *src;
	size_t n, cap;
	uint32_t first_seq;
};

static void batch_add(struct batch *b, const void *msg)
{
	/* All messages here have lengths that are multiples of 4: attributes are padded. */
	buf_add(&b->bytes, msg, ((const struct nlmsghdr *)msg)->nlmsg_len);
}

static void build(struct batch *b, const struct ops *o, struct nl *nl)
{
	void *msg = xcalloc(1, NFT_MSG_ROOM);

	nft_encode_batch(msg, NFNL_MSG_BATCH_BEGIN, ++nl->seq);
	batch_add(b, msg);
	b->first_seq = nl->seq + 1;
	for (size_t i = o->nft_first; i < o->nft_first + o->nft_n; i++) {
		for (size_t at = 0, was = 0; nft_encode(o, i, &at, msg, nl->seq + 1); was = at) {
			nl->seq++;
			GROW(b->src, b->n, b->cap);
			b->src[b->n++] = (struct source){
			    .op = i, .first_elem = was, .at = b->bytes.len};
			batch_add(b, msg);
		}
	}
	/*
	 * One acknowledgement, of the last message: it comes only if all before it were processed.
	 * Kernels before 6.13 do not acknowledge the end of a batch.
	 */
	if (b->n)
		((struct nlmsghdr *)(void *)(b->bytes.data + b->src[b->n - 1].at))->nlmsg_flags |=
		    NLM_F_ACK;
	nft_encode_batch(msg, NFNL_MSG_BATCH_END, ++nl->seq);
	batch_add(b, msg);
	free(msg);
}

/* From the acknowledgement back to the line of the policy. */
static void blame(const struct batch *b, const struct ops *o, const struct nl_ack *a,
    size_t *failed, struct origin *origin)
{
	size_t m = a->seq - b->first_seq, index;

	if (m >= b->n) {
		*failed = o->nft_first; /* the batch as a whole */
		return;
	}
	const struct source *s = &b->src[m];
	const struct op *op = &o->v[s->op];
	*failed = s->op;
	if ((op->kind == OP_ELEMS_ADD || op->kind == OP_ELEMS_DEL) && a->offset &&
	    nft_decode_elem_at((const void *)(b->bytes.data + s->at), a->offset, &index) &&
	    s->first_elem + index < op->n)
		*origin = o->elems[op->first + s->first_elem + index].origin;
}

/* The kernel has answered everything before sendmsg() returned. */
static int collect(struct nl *nl, const struct batch *b, const struct ops *o, size_t *failed,
    struct origin *origin, struct err *e)
{
	enum { ROOM = 64 };
	struct nl_ack acks[ROOM];
	bool done = false;

	for (;;) {
		size_t n = 0;
		if (nl_acks(nl, false, acks, ROOM, &n, e))
			return -1;
		if (!n)
			break;
		for (size_t i = 0; i < n; i++) {
			if (acks[i].seq + 1 < b->first_seq)
				continue; /* of an earlier batch */
			if (acks[i].error) {
				blame(b, o, &acks[i], failed, origin);
				return err_set_errno(e, acks[i].error, SYS,
				    *acks[i].text ? acks[i].text : "nf_tables");
			}
			done = true;
		}
	}
	return done ? 0 : err_set_errno(e, EPROTO, SYS, "no answer to the transaction");
}

/* Whatever a failed transaction still has to say would be taken for the answer to the next one. */
static void drain(struct nl *nl)
{
	struct nl_ack acks[16];
	struct err ignored = {0};
	size_t n;

	do
		n = 0;
	while (nl_acks(nl, false, acks, N_OF(acks), &n, &ignored) == 0 && n);
}

/*
 * When this returns, every packet that was in the rules has left them: they are walked under RCU, and a global barrier
 * waits for whoever is in there. Kernels that run without ticks refuse it; then time must do, a thousand times what a packet takes.
 */
static void outlast_packets(void)
{
	const struct timespec nap = {.tv_nsec = 20000000};

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		nanosleep(&nap, NULL);
}

int netlink_nft(struct kernel *kernel, const struct ops *o, size_t *failed, struct origin *origin,
    bool *raced, struct err *e)
{
	struct kernel_netlink *k = (struct kernel_netlink *)kernel;
	struct batch b = {0};
	struct err ignored = {0};
	uint32_t before = 0, after = 0;

	if (o->nft_n && o->v[o->nft_first].kind == OP_NEXT)
		outlast_packets();
	build(&b, o, &k->nft);
	*raced = netlink_genid(k, &before, &ignored) != 0;
	watch_pause(&k->watch, true);
	int r = nl_send(&k->nft, b.bytes.data, b.bytes.len, e);
	if (r == 0)
		r = collect(&k->nft, &b, o, failed, origin, e);
	watch_pause(&k->watch, false);
	if (r)
		drain(&k->nft);
	*raced |= netlink_genid(k, &after, &ignored) != 0 || after != before + (r == 0);
	buf_free(&b.bytes);
	free(b.src);
	return r;
}

int netlink_empty_set(struct kernel_netlink *k, const char *set, struct err *e)
{
	struct nl *nl = &k->nft;
	_Alignas(8) char msg[XFRM_MSG_ROOM];
	struct buf bytes = {0};
	struct nl_ack ack = {.error = EPROTO};
	uint32_t seq;
	size_t n = 0;
	int rc;

	nft_encode_batch(msg, NFNL_MSG_BATCH_BEGIN, ++nl->seq);
	buf_add(&bytes, msg, ((const struct nlmsghdr *)(const void *)msg)->nlmsg_len);
	seq = ++nl->seq;
	nft_encode_empty(msg, set, seq);
	buf_add(&bytes, msg, ((const struct nlmsghdr *)(const void *)msg)->nlmsg_len);
	nft_encode_batch(msg, NFNL_MSG_BATCH_END, ++nl->seq);
	buf_add(&bytes, msg, ((const struct nlmsghdr *)(const void *)msg)->nlmsg_len);
	rc = nl_send(nl, bytes.data, bytes.len, e);
	buf_free(&bytes);
	if (rc == 0)
		rc = nl_acks(nl, false, &ack, 1, &n, e);
	drain(nl);
	if (rc != 0 || (n && (ack.error == 0 || ack.error == ENOENT)))
		return rc;
	return err_set_errno(e, n ? ack.error : EPROTO, KERNEL_TALK, "emptying a set");
}
