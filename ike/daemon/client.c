#include "ike/daemon/client.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

void client_init(struct client *c)
{
	*c = (struct client){.policy.fd = -1, .kernel.fd = -1};
}

void client_disconnect(struct client *c)
{
	chan_close(&c->policy);
	chan_close(&c->kernel);
	ikc_assembly_fini(&c->assembly);
}

void client_free(struct client *c)
{
	client_disconnect(c);
	free(c->asked);
	free(c->deletes);
	ikc_wipe(&c->out);
	client_init(c);
}

bool client_connected(const struct client *c)
{
	return c->policy.fd >= 0 && c->kernel.fd >= 0;
}

static bool put(struct chan *to, const struct ikc_msg *m)
{
	uint8_t bytes[IKC_MSG_MAX];
	size_t n = ikc_encode(m, bytes);
	int rc = chan_send(to, bytes, n);

	secret_wipe(bytes, n);
	return rc == 0;
}

bool client_tell(struct client *c, const struct ikc_msg *m)
{
	return put(&c->policy, m);
}

bool client_connect(struct client *c, int policy, int kernel)
{
	bool good;

	client_disconnect(c);
	chan_init(&c->policy, policy);
	chan_init(&c->kernel, kernel);
	c->out = (struct ikc_msg){.type = IKC_READY};
	good = put(&c->policy, &c->out);
	for (size_t i = 0; i < c->ndeletes && good; i++) {
		c->out = (struct ikc_msg){.type = IKC_SA_DEL, .u.sa_id = c->deletes[i]};
		good = put(&c->kernel, &c->out);
	}
	if (good)
		c->ndeletes = 0;
	return good;
}

/* An inbound SA that nobody removed would take packets for as long as it lives. */
static void keep_delete(struct client *c, const struct ike_action *a)
{
	if (a->kind != IKE_DO_SA_DEL || c->ndeletes == CLIENT_DELETES_MAX)
		return;
	GROW(c->deletes, c->ndeletes, c->cap_deletes);
	c->deletes[c->ndeletes++] = a->u.sa_id;
}

bool client_do(struct client *c, const struct ike_action *a)
{
	bool good = client_connected(c) && ikc_from_action(a, &c->out);

	if (good)
		good = put(a->kind == IKE_DO_EVENT ? &c->policy : &c->kernel, &c->out);
	if (a->kind == IKE_DO_SA_ADD)
		ikc_wipe(&c->out);
	if (!good) {
		keep_delete(c, a);
		return false;
	}
	if (a->op) {
		GROW(c->asked, c->nasked, c->cap_asked);
		c->asked[c->nasked++] = (struct client_asked){a->op, a->kind};
	}
	return true;
}

int client_read(struct client *c, struct ikc_msg *m, struct err *e)
{
	const struct {
		struct chan *from;
		unsigned party;
	} ends[] = {{&c->kernel, IKC_KERNEL}, {&c->policy, IKC_POLICY}};
	uint8_t bytes[IKC_MSG_MAX];

	for (size_t i = 0; i < N_OF(ends); i++) {
		ssize_t n = chan_recv(ends[i].from, bytes, sizeof bytes);

		if (n < 0)
			return err_set(e, IKE_ENFORCER_GONE);
		if (n > 0)
			return ikc_decode(bytes, (size_t)n, ends[i].party, m, e) == 0 ? 1 : -1;
	}
	return 0;
}

/* Answers come in the order of the questions, so it is the first one nearly always. */
bool client_answer(struct client *c, const struct ikc_msg *m, struct ike_result *out)
{
	for (size_t i = 0; i < c->nasked; i++) {
		if (c->asked[i].op != m->seq)
			continue;
		*out = ikc_to_result(&m->u.result, c->asked[i].kind);
		memmove(&c->asked[i], &c->asked[i + 1], (c->nasked - i - 1) * sizeof *c->asked);
		c->nasked--;
		return true;
	}
	return false;
}

bool client_flush(struct client *c)
{
	return chan_flush(&c->policy) == 0 && chan_flush(&c->kernel) == 0;
}

uint32_t client_failed(struct client *c)
{
	return c->nasked && !client_connected(c) ? c->asked[--c->nasked].op : 0;
}
