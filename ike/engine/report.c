/* What people and counters get to know: log lines, trace, events. No secret is in reach of these functions. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "ike/engine/private.h"

#include "common/base/banned.h"

enum { LINE = 512, TOLD_PER_S = 10, TRACED_PER_S = 1000 };

/* Counts one more; false: there were too many in this second. */
static bool within(struct ike *ike, struct rate *r, uint32_t most)
{
	if (dur_s(mono_since(r->from, ike->now)) >= 1)
		*r = (struct rate){.from = ike->now};
	if (r->n >= most)
		return false;
	r->n++;
	return true;
}

void count(struct ike *ike, enum ike_stat s)
{
	ike->stats.ike[s]++;
}

void count_q(struct ike *ike, enum ike_qstat s)
{
	ike->stats.ipsec[s]++;
}

void say(struct ike *ike, enum log_level level, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;

	if (!ike->env.log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	ike->env.log(ike->env.log_ctx, level, false, line);
}

void trace(struct ike *ike, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;

	if (!ike->trace || !ike->env.log || !within(ike, &ike->traced, TRACED_PER_S))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	ike->env.log(ike->env.log_ctx, LOG_L_DEBUG, true, line);
}

void trace_msg(struct ike *ike, bool sent, const struct path *p, const struct ike_msg *m)
{
	char remote[IP_TEXT];
	struct buf b = {0};

	if (!ike->trace || !ike->env.log || !within(ike, &ike->traced, TRACED_PER_S))
		return;
	trace(ike, "%s %s port %u", sent ? "sent to" : "received from", ip_print(&p->remote.ip, remote), p->remote.port);
	ike_msg_print(m, &b);
	for (char *line = b.data, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		else
			end = line + strlen(line);
		ike->env.log(ike->env.log_ctx, LOG_L_DEBUG, true, line);
	}
	buf_free(&b);
}

bool may_tell(struct ike *ike)
{
	return within(ike, &ike->told, TOLD_PER_S);
}

static void queue_event(struct ike *ike, const struct ike_event *e, const struct ike_selector *sel, const char *detail)
{
	size_t n = strlen(detail) + 1;
	struct queued *q = queue_add(ike, IKE_DO_EVENT, n);

	memcpy(q->bytes, detail, n);
	q->a.u.event = *e;
	q->a.u.event.detail = (char *)q->bytes;
	if (sel) {
		q->sel = *sel;
		q->a.u.event.sel = &q->sel;
	}
}

static const char *text_of(enum ike_failure why, const char *detail)
{
	const char *text = ike_failure_text(why);

	if (detail && *detail)
		return detail;
	return text ? text : "";
}

void event_mm(struct ike *ike, const struct mm *mm, enum ike_event_kind kind, enum ike_failure why, bool at_peer,
    const char *detail)
{
	struct ike_event e = {
	    .kind = kind,
	    .initiator = mm->x.initiator,
	    .at_peer = at_peer,
	    .why = why,
	    .mmsa = mm->id,
	    .local = mm->path.local,
	    .remote = mm->path.remote,
	};

	queue_event(ike, &e, NULL, text_of(why, detail));
}

void event_qm(struct ike *ike, const struct qm *qm, enum ike_event_kind kind, enum ike_failure why, bool at_peer,
    const char *detail)
{
	struct ike_event e = {
	    .kind = kind,
	    .quick = true,
	    .initiator = qm->x.initiator,
	    .at_peer = at_peer,
	    .why = why,
	    .mmsa = qm->mm ? qm->mm->id : 0,
	    .qmsa = qm->id,
	    .local = qm->path.local,
	    .remote = qm->path.remote,
	    .reqid = qm->reqid,
	    .rule = qm->rule_id,
	    .filter = qm->filter,
	};

	queue_event(ike, &e, &qm->sel, text_of(why, detail));
}
