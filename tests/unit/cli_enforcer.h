/*
 * A session with an enforcer in the same process: messages really become bytes and back, the objects live in
 * the enforcer's own container, the specific filters come from its compiler. What is missing is the kernel.
 */
#ifndef TESTS_CLI_ENFORCER_H
#define TESTS_CLI_ENFORCER_H

#include "common/ipc/ipc.h"
#include "enforcer/compile/plan_json.h"
#include "enforcer/daemon/listing.h"
#include "tests/unit/cli_util.h"

static struct dynset *set;
static struct facts facts;
static unsigned rules; /* added so far: their names */

/* Through bytes and back, as over the socket. */
static inline void send_over(struct ipc_msg *m)
{
	static uint8_t bytes[IPC_MSG_MAX];
	struct err e = {0};

	is_int(ipc_decode(bytes, ipc_encode(m, bytes), m, &e), 0);
	is_str(e.text, "");
}

static inline void serve_change(struct ipc_msg *m)
{
	struct err e = {0};
	struct dynset *next;

	if (m->u.change.kind == DYN_SA) { /* the kernel's, which is missing here */
		*m = (struct ipc_msg){.type = IPC_DONE};
		return;
	}
	if (m->u.change.kind == DYN_RULE)
		m->u.change.u.rule.filter.guid.b[0] = (uint8_t)++rules;
	next = dynset_change(set, &m->u.change, &e);
	if (next) {
		dynset_free(set);
		set = next;
	}
	*m = (struct ipc_msg){.type = IPC_DONE, .u.done.number = next ? 0 : (uint32_t)err_number(&e)};
	snprintf(m->u.done.text, sizeof m->u.done.text, "%s", e.text);
}

/* The page's texts are the container's and are copied into the message by send_over(). */
static inline void serve_list(struct ipc_msg *m, const struct plan *plan)
{
	const struct listing_source s = {.plan = plan, .facts = &facts, .dynamic = set};
	struct ipc_list list = m->u.list;

	*m = (struct ipc_msg){.type = IPC_PAGE};
	listing_page(&s, (enum dyn_kind)list.kind, list.after, &m->u.page);
}

static inline void serve_explain(struct ipc_msg *m, const struct plan *plan)
{
	static struct buf text;
	struct ipc_explain asked = m->u.explain;
	struct explanation x;

	buf_clear(&text);
	plan_explain(plan, &asked.packet, &x);
	if (asked.json)
		plan_explain_json(plan, &asked.packet, &x, &text);
	else
		plan_explain_print(plan, &asked.packet, &x, &text);
	*m = (struct ipc_msg){.type = IPC_EXPLANATION, .u.explanation.text = buf_text(&text)};
}

static inline int enforcer(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	const struct policyset none = {.npolicies = 0};
	struct dyn_rules dynamic = dynset_rules(set);
	struct plan plan;

	(void)s;
	is_int(plan_compile_dynamic(&none, &dynamic, &facts, &plan, e), 0);
	send_over(m);
	if (want == IPC_DONE)
		serve_change(m);
	else if (want == IPC_PAGE)
		serve_list(m, &plan);
	else if (want == IPC_EXPLANATION)
		serve_explain(m, &plan);
	else if (want == IPC_SAS_PAGE) /* no IKE daemon */
		*m = (struct ipc_msg){.type = want, .u.sas_page.quick = m->u.sas.quick};
	else
		*m = (struct ipc_msg){.type = want};
	send_over(m);
	plan_free(&plan);
	return 0;
}

static inline struct session *connected(void)
{
	struct session *s = cli_new();
	struct err e = {0};

	s->context = "dynamic";
	s->ask = enforcer;
	set = dynset_new();
	rules = 0;
	is_int(facts_parse("interface lo 1 loopback\ninterface eth0 2 lan\naddress lo 127.0.0.1/8\n"
	                   "address eth0 192.0.2.10/24\naddress eth0 2001:db8::10/64\n", "host", &facts, &e), 0);
	return s;
}

static inline void disconnect(struct session *s)
{
	dynset_free(set);
	facts_free(&facts);
	cli_free(s);
}

#endif
