/* The process that holds preshared keys. It asks *parent* for one that it has not, and gives it to nobody. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/base/secret.h"
#include "ike/daemon/chan.h"
#include "ike/daemon/keyring.h"
#include "ike/daemon/proc.h"
#include "ike/daemon/syscalls.h"

#include "common/base/banned.h"

enum { WAITING_MAX = 4096 }; /* questions whose key is on its way */

struct waiting {
	uint32_t seq; /* of WANT */
	struct link_msg question;
};
struct keys {
	const struct crypto *crypto;
	struct chan parent, net;
	struct keyring ring;
	struct waiting *waiting;
	size_t nwaiting, cap;
	uint32_t last_seq;
};

static struct mono now_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct mono){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

static int put(struct chan *to, const struct link_msg *m, const char *who, struct err *e)
{
	uint8_t bytes[LINK_MSG_MAX];
	size_t n = link_encode(m, bytes);
	int rc = chan_send(to, bytes, n);

	secret_wipe(bytes, n);
	return rc == 0 ? 0 : err_set(e, IKE_CHILD_ENDED, who);
}

/* `key`.p NULL: there is none of that name. RFC 2409 §5.4: SKEYID = prf(pre-shared-key, Ni_b | Nr_b). */
static int answer(struct keys *k, const struct link_msg *question, struct span key, struct err *e)
{
	struct link_msg m = {.type = LINK_SKEYID, .seq = question->seq};
	const struct span nonces = span_of(question->u.prf.nonces, question->u.prf.n);
	enum crypto_hash hash = (enum crypto_hash)question->u.prf.hash;
	int rc;

	m.u.skeyid.ok = key.p && k->crypto->has_hash(k->crypto->ctx, hash) &&
	    k->crypto->hmac(k->crypto->ctx, hash, key, &nonces, 1, &m.u.skeyid.skeyid) == 0;
	if (!m.u.skeyid.ok)
		secret_clear(&m.u.skeyid.skeyid);
	rc = put(&k->net, &m, "net", e);
	secret_wipe(&m, sizeof m);
	return rc;
}

static int on_question(struct keys *k, const struct link_msg *m, struct err *e)
{
	struct span key = keyring_find(&k->ring, &m->u.prf.secret, now_mono());
	struct link_msg want = {.type = LINK_WANT, .u.want = m->u.prf.secret};

	if (key.p || k->nwaiting == WAITING_MAX)
		return answer(k, m, key, e);
	want.seq = ++k->last_seq;
	GROW(k->waiting, k->nwaiting, k->cap);
	k->waiting[k->nwaiting++] = (struct waiting){want.seq, *m};
	return put(&k->parent, &want, "parent", e);
}

/* *parent* answers in order, so it is the first one. */
static int take_key(struct keys *k, const struct link_msg *m, struct err *e)
{
	struct link_msg question;
	struct span key = {NULL, 0};

	if (k->nwaiting == 0 || k->waiting[0].seq != m->seq)
		return err_set(e, LINK_BAD, "a key that was not asked for");
	question = k->waiting[0].question;
	memmove(k->waiting, k->waiting + 1, --k->nwaiting * sizeof *k->waiting);
	if (m->u.key.found) {
		keyring_put(&k->ring, &question.u.prf.secret, span_of(m->u.key.text, m->u.key.n), now_mono());
		key = keyring_find(&k->ring, &question.u.prf.secret, now_mono());
	}
	return answer(k, &question, key, e);
}

static int on_parent(struct keys *k, const struct link_msg *m, struct err *e)
{
	return m->type == LINK_ASK ? put(&k->parent, &(struct link_msg){.type = LINK_ALIVE}, "parent", e) : take_key(k, m, e);
}

/* All that has come through a link. 1: the other end is gone, and it is not for us to say whether that is right. */
static int read_all(struct keys *k, struct chan *c, enum link_party from,
    int (*take)(struct keys *k, const struct link_msg *m, struct err *e), struct err *e)
{
	uint8_t bytes[LINK_MSG_MAX];
	struct link_msg m;
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = chan_recv(c, bytes, sizeof bytes)) != 0) {
		if (n < 0)
			return 1;
		rc = link_decode(bytes, (size_t)n, from, LINK_KEYS, &m, e);
		if (rc == 0)
			rc = take(k, &m, e);
		secret_wipe(bytes, sizeof bytes);
		secret_wipe(&m, sizeof m);
	}
	return rc;
}

static short events_of(const struct chan *c)
{
	return (short)(chan_waits(c) ? POLLIN | POLLOUT : POLLIN);
}

/* 0: go on; 1: the others are gone; -1. */
static int step(struct keys *k, struct err *e)
{
	struct mono now = now_mono(), until = keyring_expire(&k->ring, now);
	struct pollfd p[] = {{.fd = k->parent.fd, .events = events_of(&k->parent)}, {.fd = k->net.fd, .events = events_of(&k->net)}};
	int rc, wait = mono_is_never(until) ? -1 : (int)mono_since(now, until).ms;

	if (poll(p, N_OF(p), wait) < 0 && errno != EINTR)
		return err_set_errno(e, errno, SYS, "poll");
	rc = read_all(k, &k->parent, LINK_PARENT, on_parent, e);
	if (rc == 0)
		rc = read_all(k, &k->net, LINK_NET, on_question, e);
	if (rc != 0)
		return rc;
	return chan_flush(&k->parent) == 0 && chan_flush(&k->net) == 0 ? 0 : err_set(e, IKE_CHILD_ENDED, "net");
}

int proc_keys(struct err *e)
{
	struct keys k = {.crypto = NULL};
	struct crypto *crypto;
	int rc;

	if (proc_child_begin("iked-keys", e) != 0)
		return -1;
	crypto = proc_crypto(e);
	if (!crypto)
		return -1;
	k.crypto = crypto;
	chan_init(&k.parent, PROC_PARENT);
	chan_init(&k.net, PROC_OTHER);
	rc = iked_confine(IKED_KEYS, NULL, e);
	if (rc == 0)
		rc = proc_say_ready(e);
	while (rc == 0)
		rc = step(&k, e);
	keyring_free(&k.ring);
	chan_close(&k.parent);
	chan_close(&k.net);
	free(k.waiting);
	crypto_openssl_free(crypto);
	return rc < 0 ? -1 : 0;
}
