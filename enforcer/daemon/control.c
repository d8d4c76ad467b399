#include "enforcer/daemon/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/secret.h"

#include "common/base/banned.h"

struct client {
	int fd; /* -1: free place */
	bool allowed;
	bool own;         /* root, or the enforcer's user: it may have keys */
	bool waiting;     /* for a change of a store */
	bool asking;      /* for control_reply() */
	uint32_t seq;     /* of what it waits for */
	uint64_t counter; /* likewise, of that store: */
	bool persistent;
	uint64_t age;     /* number of its connection: the smallest is the oldest. Its ticket */
};

struct control {
	int listener;
	char *path;
	struct loop *loop;
	const struct control_ops *ops;
	void *ctx;
	uint64_t connections;
	struct client clients[CONTROL_CLIENTS_MAX];
};

static void drop(struct control *c, struct client *cl)
{
	loop_remove(c->loop, cl->fd);
	close(cl->fd);
	*cl = (struct client){.fd = -1};
}

/* A client whose queue is full of answers it never read is dropped: nobody waits for it. */
static void reply(struct control *c, struct client *cl, const struct ipc_msg *m)
{
	struct err e = {0};

	if (ipc_send(cl->fd, m, &e) != 0)
		drop(c, cl);
}

static void refuse(struct control *c, struct client *cl, uint32_t seq, const char *why)
{
	struct ipc_msg m = {.type = IPC_ERROR, .seq = seq};
	struct err e = {0};

	snprintf(m.u.error.text, sizeof m.u.error.text, "%s", why);
	ipc_send(cl->fd, &m, &e);
	drop(c, cl);
}

static void on_notify(struct control *c, struct client *cl, struct ipc_msg *m)
{
	(void)c;
	cl->waiting = true;
	cl->seq = m->seq;
	cl->counter = m->u.notify.counter;
	cl->persistent = m->u.notify.persistent;
}

static void on_status(struct control *c, struct client *cl, struct ipc_msg *m)
{
	struct ipc_msg answer = {.type = IPC_STATE, .seq = m->seq};

	c->ops->state(c->ctx, &answer.u.state);
	reply(c, cl, &answer);
}

/* From now on control_reply() may answer it. */
static void ask(struct client *cl, uint32_t seq)
{
	cl->asking = true;
	cl->seq = seq;
}

void control_reply(struct control *c, uint64_t ticket, struct ipc_msg *m)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *cl = &c->clients[i];
		if (cl->fd < 0 || cl->age != ticket || !cl->asking)
			continue;
		cl->asking = false;
		m->seq = cl->seq;
		reply(c, cl, m);
		return;
	}
}

static void on_change(struct control *c, struct client *cl, struct ipc_msg *m)
{
	struct ipc_msg answer = {.type = IPC_DONE, .seq = m->seq};
	struct err e = {0};
	int rc;

	ask(cl, m->seq);
	rc = c->ops->change(c->ctx, cl->age, &m->u.change, &e);
	if (rc > 0)
		return;
	cl->asking = false;
	if (rc < 0) {
		answer.u.done.number = (uint32_t)err_number(&e);
		snprintf(answer.u.done.text, sizeof answer.u.done.text, "%s", e.text);
	}
	reply(c, cl, &answer);
}

static void on_list(struct control *c, struct client *cl, struct ipc_msg *m)
{
	struct ipc_msg answer = {.type = IPC_PAGE, .seq = m->seq};

	c->ops->page(c->ctx, (enum dyn_kind)m->u.list.kind, m->u.list.after, &answer.u.page);
	reply(c, cl, &answer);
}

static void on_stats(struct control *c, struct client *cl, struct ipc_msg *m)
{
	ask(cl, m->seq);
	c->ops->stats(c->ctx, cl->age);
}

static void on_sas(struct control *c, struct client *cl, struct ipc_msg *m)
{
	ask(cl, m->seq);
	c->ops->sas(c->ctx, cl->age, &m->u.sas);
}

/* The copy in `answer` is a pointer; the bytes that are sent are wiped by ipc_send(). */
static void on_key(struct control *c, struct client *cl, struct ipc_msg *m)
{
	struct ipc_msg answer = {.type = IPC_KEY_TEXT, .seq = m->seq};

	if (!cl->own) {
		refuse(c, cl, m->seq, "keys are for the IKE daemon alone");
		return;
	}
	answer.u.key.text = c->ops->key(c->ctx, &m->u.key_name);
	answer.u.key.found = answer.u.key.text != NULL;
	reply(c, cl, &answer);
}

static void on_explain(struct control *c, struct client *cl, struct ipc_msg *m)
{
	struct ipc_msg answer = {.type = IPC_EXPLANATION, .seq = m->seq};
	struct buf text = {0};
	struct err e = {0};

	if (c->ops->explain(c->ctx, &m->u.explain.packet, m->u.explain.json, &text, &e) != 0) {
		answer.u.explanation.number = (uint32_t)err_number(&e);
		buf_clear(&text);
		buf_adds(&text, e.text);
	}
	answer.u.explanation.text = buf_text(&text);
	reply(c, cl, &answer);
	buf_free(&text);
}

static void on_traffic(struct control *c, struct client *cl, struct ipc_msg *m)
{
	struct ipc_msg answer = {.type = IPC_TRAFFIC_PAGE, .seq = m->seq};

	c->ops->traffic(c->ctx, &m->u.traffic, &answer.u.traffic_page);
	reply(c, cl, &answer);
}

/* What a client may send; anything else ends the connection. */
static const struct {
	uint16_t type;
	void (*run)(struct control *c, struct client *cl, struct ipc_msg *m);
} requests[] = {
	{IPC_NOTIFY, on_notify},
	{IPC_STATUS, on_status},
	{IPC_CHANGE, on_change},
	{IPC_LIST, on_list},
	{IPC_STATS, on_stats},
	{IPC_EXPLAIN, on_explain},
	{IPC_TRAFFIC, on_traffic},
	{IPC_SAS, on_sas},
	{IPC_KEY, on_key},
};

static void serve(struct control *c, struct client *cl, struct ipc_msg *m)
{
	if (!cl->allowed) {
		refuse(c, cl, m->seq, "only root and members of the group '" ADMIN_GROUP "' may talk to it");
		return;
	}
	if (cl->asking) {
		refuse(c, cl, m->seq, "one question at a time");
		return;
	}
	for (size_t i = 0; i < N_OF(requests); i++)
		if (requests[i].type == m->type) {
			requests[i].run(c, cl, m);
			return;
		}
	refuse(c, cl, m->seq, "that message is not for the enforcer");
}

static void client_ready(void *ctx, int fd)
{
	struct control *c = ctx;
	struct client *cl = c->clients;
	struct err e = {0};
	struct ipc_msg m;
	int rc;

	while (cl->fd != fd)
		cl++;
	rc = ipc_recv(fd, &m, &e);
	if (rc < 0 && e.errno_ == EAGAIN)
		return; /* the number was that of another connection when poll() looked */
	if (rc == 0 || e.id == IPC_SYSTEM) {
		drop(c, cl);
		return;
	}
	if (rc < 0)
		refuse(c, cl, m.seq, e.text);
	else
		serve(c, cl, &m);
	secret_wipe(m.pool, m.pool_used); /* a change may bring keys */
}

/* A free place; when there is none, the oldest idle connection gives way, otherwise the oldest. */
static struct client *make_place(struct control *c)
{
	struct client *victim = c->clients;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *cl = &c->clients[i];
		if (cl->fd < 0)
			return cl;
		bool busy = cl->waiting || cl->asking, victim_busy = victim->waiting || victim->asking;
		if (busy != victim_busy ? !busy : cl->age < victim->age)
			victim = cl;
	}
	drop(c, victim);
	return victim;
}

static void listener_ready(void *ctx, int fd)
{
	struct control *c = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (peer < 0)
		return;
	struct client *cl = make_place(c);
	struct peer who;
	bool known = peer_of(peer, &who);
	*cl = (struct client){.fd = peer, .age = ++c->connections, .allowed = known && c->ops->may(c->ctx, &who),
		.own = known && peer_is_own(&who, geteuid())};
	if (loop_add(c->loop, peer, client_ready, c) != 0)
		drop(c, cl);
}

struct control *control_open(const char *run_dir, int listener, struct loop *loop, const struct control_ops *ops,
    void *ctx, struct err *e)
{
	struct control *c;

	if (listener < 0)
		listener = ipc_listen(run_dir, e);
	if (listener < 0)
		return NULL;
	c = xcalloc(1, sizeof *c);
	*c = (struct control){.listener = listener, .loop = loop, .ops = ops, .ctx = ctx};
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
	struct buf path = {0};
	buf_printf(&path, "%s/enforcerd.sock", run_dir);
	c->path = buf_take(&path);
	loop_add(loop, listener, listener_ready, c);
	return c;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			drop(c, &c->clients[i]);
	loop_remove(c->loop, c->listener);
	close(c->listener);
	unlink(c->path);
	free(c->path);
	free(c);
}

bool control_waiting(const struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].waiting)
			return true;
	return false;
}

void control_answer(struct control *c, uint64_t local, uint64_t persistent, const char *trouble)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *cl = &c->clients[i];
		struct ipc_msg m = {.type = IPC_RESULT, .seq = cl->seq};
		struct ipc_result *res = &m.u.result;
		if (!cl->waiting)
			continue;
		uint64_t counter = cl->persistent ? persistent : local;
		cl->waiting = false;
		res->counter = counter;
		res->failed = trouble || counter < cl->counter;
		if (trouble)
			snprintf(res->text, sizeof res->text, "%s", trouble);
		else if (res->failed) /* another IPSECSH_STATE than the client's */
			snprintf(res->text, sizeof res->text,
			    "the enforcer reads another policy store: its last change is %llu, not %llu",
			    (unsigned long long)counter, (unsigned long long)cl->counter);
		reply(c, cl, &m);
	}
}
