#include "cli/dyn.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/ipc/ipc.h"
#include "common/base/banned.h"

static int ask(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	return s->ask ? s->ask(s, want, m, e) : err_set(e, SERVICE_STOPPED);
}

int dyn_change(struct session *s, const struct dyn_change *c, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);
	int rc;

	m->type = IPC_CHANGE;
	m->u.change = *c;
	rc = ask(s, IPC_DONE, m, e);
	if (rc == 0 && m->u.done.number)
		rc = err_set_number(e, (int)m->u.done.number, m->u.done.text);
	secret_wipe(m, sizeof *m);
	return rc;
}

int dyn_each(struct session *s, enum dyn_kind kind,
    int (*fn)(void *ctx, const struct dyn_item *it, struct err *e), void *ctx, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);
	uint64_t after = 0;

	do {
		*m = (struct ipc_msg){.type = IPC_LIST, .u.list = {.kind = (uint8_t)kind, .after = after}};
		if (ask(s, IPC_PAGE, m, e) < 0)
			return -1;
		for (size_t i = 0; i < m->u.page.n; i++)
			if (fn(ctx, &m->u.page.v[i], e) != 0)
				return -1;
		after = m->u.page.next;
	} while (m->u.page.more);
	return 0;
}

int dyn_explain(struct session *s, const struct packet *p, bool json, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);

	m->type = IPC_EXPLAIN;
	m->u.explain = (struct ipc_explain){.json = json, .packet = *p};
	if (ask(s, IPC_EXPLANATION, m, e) < 0)
		return -1;
	if (m->u.explanation.number)
		return err_set_number(e, (int)m->u.explanation.number, m->u.explanation.text);
	buf_adds(&s->text, m->u.explanation.text);
	return 0;
}

int dyn_traffic(struct session *s, enum traffic_of of, uint32_t after, struct ipc_traffic_page *out, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);

	m->type = IPC_TRAFFIC;
	m->u.traffic = (struct ipc_traffic){.of = (uint8_t)of, .persistent = s->at == LOCATION_PERSISTENT, .after = after};
	if (ask(s, IPC_TRAFFIC_PAGE, m, e) < 0)
		return -1;
	*out = m->u.traffic_page;
	return 0;
}

static int ike_answered(const struct ipc_ike *ike, bool *running, struct err *e)
{
	*running = ike->running;
	return ike->number ? err_set_number(e, (int)ike->number, ike->text) : 0;
}

int dyn_stats(struct session *s, struct dyn_stats *out, bool *ike, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);

	m->type = IPC_STATS;
	if (ask(s, IPC_COUNTS, m, e) < 0)
		return -1;
	*out = m->u.counts.stats;
	return ike_answered(&m->u.counts.ike, ike, e);
}

int dyn_sas(struct session *s, bool quick, int (*fn)(void *ctx, const struct ipc_sas_page *p, struct err *e), void *ctx,
    bool *ike, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);
	const struct ipc_sas_page *p = &m->u.sas_page;
	uint64_t after = 0;
	bool more;

	do {
		*m = (struct ipc_msg){.type = IPC_SAS, .u.sas = {.quick = quick, .after = after}};
		if (ask(s, IPC_SAS_PAGE, m, e) < 0 || ike_answered(&p->ike, ike, e) < 0)
			return -1;
		if (p->quick != quick)
			return err_set(e, IPC_BAD, "it answers another question");
		if (fn(ctx, p, e) != 0)
			return -1;
		more = quick ? p->u.qm.more : p->u.mm.more;
		after = quick ? p->u.qm.next : p->u.mm.next;
	} while (more);
	return 0;
}

void dyn_say_no_ike(struct session *s)
{
	session_say(s, "the IKE daemon (ipsec-iked) is not running: nothing can be negotiated");
}

int dyn_assigned(struct session *s, const char **out, struct err *e)
{
	struct ipc_msg *m = arena_alloc(&s->arena, sizeof *m);

	m->type = IPC_STATUS;
	if (ask(s, IPC_STATE, m, e) < 0)
		return -1;
	*out = m->u.state.assigned ? m->u.state.policy : NULL;
	return 0;
}
