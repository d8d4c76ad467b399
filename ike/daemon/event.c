#include "ike/daemon/event.h"

#include "common/base/mem.h"

#include "common/base/banned.h"

/* `id`: for ever one for each kind (systemd.journal-fields(7)); `number`: the Windows event (semantics §6.3). */
static const struct row {
	enum log_level level;
	const char *id, *words, *number;
} rows[] = {
    [IKE_EV_MM_UP] = {LOG_L_INFO, "1d0ce7c27d8241f0a4e28fa9bdd0ffb3", "main mode is up", "541"},
    [IKE_EV_MM_DOWN] = {LOG_L_INFO, "a1b8ea4a1e9b4a39a7cd36b05ca52d36", "main mode ended", "543"},
    [IKE_EV_QM_UP] = {LOG_L_INFO, "4f1fe2a3a0f34b0b8de80cf8ff46b5ad", "quick mode is up", "541"},
    [IKE_EV_QM_DOWN] = {LOG_L_INFO, "e0d16d3b7a254c6a9b57d62b7f4c8d11", "quick mode ended", "542"},
    [IKE_EV_QM_REKEYED] = {LOG_L_INFO, "7cb2e9b35d5744d7a3ac0e5a83f6b3d2", "quick mode was renewed", "541"},
    [IKE_EV_SOFT_UP] = {LOG_L_WARNING, "5b6f0a1de1c447f5b4ed27b8a7c1a3c9", "traffic passes in clear", "541"},
    [IKE_EV_SOFT_DOWN] = {LOG_L_INFO, "c37a6fd48a3c4bb98b9e0d1f2a5e7c44", "traffic in clear ended", "542"},
    [IKE_EV_FAILED] = {LOG_L_WARNING, "98c1f3a6e5d64b1f8f20b6d7a94e3c05", "negotiation failed", "547"},
};

static void put(struct ike_event_text *t, const char *name, const char *value)
{
	if (value && *value && t->n < IKE_EVENT_FIELDS)
		t->f[t->n++] = (struct log_field){name, value};
}

static void put_number(struct ike_event_text *t, const char *name, uint64_t v)
{
	if (v)
		put(t, name, arena_printf(&t->mem, "%llu", (unsigned long long)v));
}

static const char *end_text(struct ike_event_text *t, const struct ike_end *end)
{
	char ip[IP_TEXT];

	return arena_printf(&t->mem, "%s port %u", ip_print(&end->ip, ip), end->port);
}

static const char *prefix_text(struct ike_event_text *t, const struct ip_prefix *p)
{
	char ip[IP_TEXT];

	return arena_printf(&t->mem, "%s/%u", ip_print(&p->net, ip), p->plen);
}

static void put_traffic(struct ike_event_text *t, const struct ike_selector *s)
{
	put(t, "IPSECSH_LOCAL_NET", prefix_text(t, &s->local));
	put(t, "IPSECSH_REMOTE_NET", prefix_text(t, &s->remote));
	put_number(t, "IPSECSH_PROTOCOL", s->protocol);
	put_number(t, "IPSECSH_LOCAL_PORT", s->local_port);
	put_number(t, "IPSECSH_REMOTE_PORT", s->remote_port);
}

void ike_event_text_make(const struct ike_event *ev, struct ike_event_text *t)
{
	const struct row *r = &rows[ev->kind];
	const char *remote, *why = ike_failure_name(ev->why);
	bool failed = ev->kind == IKE_EV_FAILED;

	*t = (struct ike_event_text){.level = r->level, .id = r->id};
	remote = end_text(t, &ev->remote);
	put(t, "IPSECSH_IKE_EVENT", r->number);
	put(t, "IPSECSH_MODE", ev->quick ? "quick" : "main");
	put(t, "IPSECSH_LOCAL", end_text(t, &ev->local));
	put(t, "IPSECSH_REMOTE", remote);
	put(t, "IPSECSH_ROLE", ev->initiator ? "initiator" : "responder");
	put(t, "IPSECSH_FAILURE", why);
	put(t, "IPSECSH_FAILURE_POINT", !why ? NULL : ev->at_peer ? "peer" : "here");
	put_number(t, "IPSECSH_MMSA", ev->mmsa);
	put_number(t, "IPSECSH_QMSA", ev->qmsa);
	put_number(t, "IPSECSH_RULE_NUMBER", ev->rule);
	put_number(t, "IPSECSH_FILTER", ev->filter);
	if (ev->sel)
		put_traffic(t, ev->sel);
	t->text = arena_printf(&t->mem, "%s: %s%s%s%s%s%s", remote, r->words, !failed ? "" : ev->quick ? " (quick mode)" : " (main mode)",
	    why ? ": " : "", why ? why : "", *ev->detail ? ": " : "", ev->detail);
}

void ike_event_text_free(struct ike_event_text *t)
{
	arena_free(&t->mem);
}

bool event_may_tell(struct event_limit *l, const struct ike_event *ev, struct mono now, uint32_t *missed)
{
	*missed = 0;
	if (ev->kind != IKE_EV_FAILED)
		return true;
	if (dur_s(mono_since(l->from, now)) >= 1) {
		*missed = l->untold;
		*l = (struct event_limit){.from = now};
	}
	if (l->told < EVENT_FAILURES_PER_S) {
		l->told++;
		return true;
	}
	l->untold++;
	return false;
}
