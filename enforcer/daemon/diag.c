#include "enforcer/daemon/diag.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "enforcer/compile/explain.h"
#include "enforcer/daemon/diag_event.h"
#include "enforcer/daemon/stats.h"

#include "common/base/banned.h"

enum { NEVER = -1, READS = 16 /* datagrams in one call, so that a flood does not keep the loop from others */ };

struct diag {
	struct kernel *kernel;
	struct enforcer *en;
	int stats_fd;
	unsigned bits;       /* enum plan_diagnostics in force; 0: nothing is told */
	unsigned interval_s;
	int64_t began_ms;    /* the interval */
	struct droplog log;
	struct reading {
		struct drop_sums sums;
		struct totals totals;
	} base, /* of the counters: all of it has been seen */
	  came; /* in the interval, until the base was taken */
	bool swapped; /* another plan may be in force than when the base was taken */
};

struct diag *diag_new(struct kernel *kernel, struct enforcer *en, int stats_fd)
{
	struct diag *d = xcalloc(1, sizeof *d);

	d->kernel = kernel;
	d->en = en;
	d->stats_fd = stats_fd;
	return d;
}

void diag_free(struct diag *d)
{
	if (!d)
		return;
	free(d->base.sums.v);
	free(d->came.sums.v);
	free(d);
}

static void write_event(enum log_level level, struct event *ev)
{
	log_event(level, ev->id, ev->text, ev->f, ev->n);
	event_free(ev);
}

/* --- an interval ---------------------------------------------------------------------------------- */

static struct reading take_counters(struct diag *d)
{
	struct kernel_counts c;
	char text[STATS_TEXT];
	struct reading r;

	enforcer_counts(d->en, &c);
	drop_sums_make(&c, &r.sums);
	r.totals = totals_make(stats_read(d->stats_fd, text), &c);
	kernel_counts_free(&c);
	return r;
}

static void replace(struct reading *r, struct reading with)
{
	free(r->sums.v);
	*r = with;
}

/* What came since the base joins `came`, and is the new base. The plan must be the one that counted. */
static void gather(struct diag *d)
{
	struct reading now = take_counters(d), more = {.totals = totals_since(&now.totals, &d->base.totals)};

	drop_sums_since(&now.sums, &d->base.sums, &more.sums);
	drop_sums_of(&more.sums, enforcer_plan(d->en), d->bits);
	drop_sums_add(&d->came.sums, &more.sums);
	totals_add(&d->came.totals, &more.totals);
	free(more.sums.v);
	replace(&d->base, now);
}

static void begin(struct diag *d, int64_t now_ms)
{
	d->began_ms = now_ms;
	droplog_next(&d->log);
	replace(&d->came, (struct reading){.sums = {0}});
}

static void write_sums(struct diag *d, int64_t seconds)
{
	struct diag_rest rest = {.untold = d->log.untold, .lost = d->log.lost, .journal_lost = log_lost()};
	const struct drop_sums *s = &d->came.sums;
	struct event ev;

	drop_sums_name(&d->came.sums, enforcer_plan(d->en));
	for (size_t i = 0; i < s->n; i++) {
		if (i < DROPLOG_SUMS && s->v[i].filter) {
			event_sum(&ev, enforcer_plan(d->en), &s->v[i], seconds);
			write_event(LOG_L_NOTICE, &ev);
		} else {
			rest.filters++;
			rest.packets += s->v[i].packets;
		}
	}
	if (!rest.filters && !rest.untold && !rest.lost && !rest.journal_lost)
		return;
	event_rest(&ev, &rest, seconds);
	write_event(LOG_L_NOTICE, &ev);
}

static void end_interval(struct diag *d, int64_t now_ms)
{
	int64_t seconds = (now_ms - d->began_ms + 999) / 1000;
	struct event ev;

	gather(d);
	write_sums(d, seconds);
	if (d->bits & DIAG_TOTALS && totals_any(&d->came.totals)) {
		event_totals(&ev, &d->came.totals, seconds);
		write_event(LOG_L_NOTICE, &ev);
	}
	begin(d, now_ms);
}

void diag_swapping(struct diag *d)
{
	if (!d->bits)
		return;
	gather(d);
	d->swapped = true;
}

/* Counters of rules, and of elements of sets, that a plan exchanged have begun anew; the others go on. */
static void rebase(struct diag *d)
{
	struct reading now = take_counters(d);

	drop_sums_rebase(&d->base.sums, &now.sums);
	totals_rebase(&d->base.totals, &now.totals);
	free(now.sums.v);
	d->swapped = false;
}

void diag_follow(struct diag *d, int64_t now_ms)
{
	struct diag_settings s = enforcer_diagnostics(d->en);

	if (d->swapped)
		rebase(d);
	if (s.bits == d->bits && s.interval_s == d->interval_s)
		return;
	if (s.bits & (DIAG_IN | DIAG_OUT) && kernel_drops_fd(d->kernel) < 0)
		log_line(LOG_L_WARNING,
		    "dropped packets are summed, but not told of one by one: this kernel lacks NFLOG, or another "
		    "program listens to its group %d", PLAN_LOG_GROUP);
	diag_end(d, now_ms);
	d->bits = s.bits;
	d->interval_s = s.interval_s;
	begin(d, now_ms);
	replace(&d->base, d->bits ? take_counters(d) : (struct reading){.sums = {0}});
	if (d->bits)
		log_line(LOG_L_NOTICE, "diagnostics %u: summed every %u s", d->bits, d->interval_s);
}

void diag_end(struct diag *d, int64_t now_ms)
{
	if (d->bits)
		end_interval(d, now_ms);
}

int64_t diag_due_ms(const struct diag *d)
{
	return d->bits ? d->began_ms + (int64_t)d->interval_s * 1000 : NEVER;
}

void diag_tick(struct diag *d, int64_t now_ms)
{
	if (d->bits && now_ms >= diag_due_ms(d))
		end_interval(d, now_ms);
}

/* --- packets -------------------------------------------------------------------------------------- */

static bool is_dialup(const struct facts *facts, uint32_t ifindex)
{
	for (size_t i = 0; i < facts->nifs; i++)
		if (facts->ifs[i].index == ifindex)
			return facts->ifs[i].kind == IF_DIALUP;
	return false;
}

/* The filter that would drop the packet now; the plan may be newer than the record. */
static const struct plan_filter *dropped_by(const struct plan *p, const struct packet *packet)
{
	return plan_walk(p, packet, NULL) == FATE_PASS ? NULL : plan_winner(p, packet);
}

static void tell(struct diag *d, const struct kernel_drop *k)
{
	const struct plan *p = enforcer_plan(d->en);
	const struct facts *facts = enforcer_facts(d->en);
	struct packet_head h;
	struct event ev;

	if (!packet_head_parse(k->head, k->n, &h)) {
		d->log.untold++;
		return;
	}
	h.packet.inbound = k->inbound;
	h.packet.dialup = is_dialup(facts, k->ifindex);
	const struct plan_filter *by = dropped_by(p, &h.packet);
	if (!droplog_tell(&d->log, by ? &by->origin : &(struct origin){0}, k->inbound))
		return;
	event_drop(&ev, p, facts, &h, k->ifindex, by);
	write_event(LOG_L_INFO, &ev);
}

void diag_read(struct diag *d, int64_t now_ms)
{
	static struct kernel_drops drops; /* 9 KB that are not worth a place on the stack */

	for (int i = 0; i < READS && kernel_drops_read(d->kernel, &drops); i++) {
		d->log.lost += drops.lost;
		for (size_t k = 0; k < drops.n; k++) {
			unsigned bit = drops.v[k].inbound ? DIAG_IN : DIAG_OUT;
			if (d->bits & bit && droplog_look(&d->log, now_ms))
				tell(d, &drops.v[k]);
		}
	}
}
