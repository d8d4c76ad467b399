#include "enforcer/daemon/daemon.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "enforcer/daemon/control.h"
#include "enforcer/daemon/diag.h"
#include "enforcer/daemon/loop.h"
#include "enforcer/daemon/folders.h"
#include "enforcer/daemon/host.h"
#include "enforcer/daemon/ike_desk.h"
#include "enforcer/daemon/manager.h"
#include "enforcer/daemon/peer.h"
#include "enforcer/daemon/stats.h"
#include "store/store.h"

#include "common/base/banned.h"

enum {
	QUIET_MS = 50,          /* events of one burst come closer together than this */
	QUIET_MAX_MS = 2000,    /* and a long policy does not make changes wait longer than this */
	RESTORE_MS = 100,       /* least distance of two restorations: a fight must not eat the host */
	REPAIR_MS = 500,        /* until what could not be put back, or was left half-done, is tried again */
	NO_STORE_MS = 1000,     /* look for the store's folder that often */
	NEVER = -1,
};

struct daemon {
	struct daemon_conf conf;
	struct enforcer *en;
	struct control *control;
	struct ike_desk *ike;
	struct diag *diag;
	struct loop loop;
	struct folders folders;
	char *persistent_dir; /* one of them */
	int signal_fd, stats_fd;
	bool stop;
	bool has_group;      /* of those who may use the socket */
	gid_t group;
	char status[MANAGER_STATUS_MAX]; /* as last told */
	unsigned causes;     /* happened, not yet acted on */
	int64_t act_ms;      /* when to act on them; NEVER when there are none */
	int64_t poll_ms;     /* when to look at everything without being told */
	int64_t settled_ms;  /* when we last did */
	int64_t cost_ms;     /* and how long that took */
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t wall_s(void)
{
	return (int64_t)time(NULL);
}

static int64_t now_ms(void)
{
	return now_us() / 1000;
}

/* --- causes ----------------------------------------------------------------------------------------- */

/* Acts on `causes` in delay_ms, or earlier when something else is due earlier. */
static void note(struct daemon *d, unsigned causes, int64_t delay_ms)
{
	int64_t at = now_ms() + delay_ms;

	if (!causes)
		return;
	d->causes |= causes;
	if (d->act_ms == NEVER || at < d->act_ms)
		d->act_ms = at;
}

/*
 * Rests four times as long as the last settlement took: a script that goes on writing costs a fifth of a
 * processor. At its end it notifies, and then nothing waits.
 */
static int64_t quiet_ms(const struct daemon *d)
{
	int64_t rest = 4 * d->cost_ms;

	return rest < QUIET_MS ? QUIET_MS : rest < QUIET_MAX_MS ? rest : QUIET_MAX_MS;
}

static void folders_ready(void *ctx, int fd)
{
	struct daemon *d = ctx;

	(void)fd;
	note(d, folders_read(&d->folders), quiet_ms(d));
}

static void facts_ready(void *ctx, int fd)
{
	struct daemon *d = ctx;

	if (facts_watch_read(fd))
		note(d, CAUSE_FACTS, QUIET_MS);
}

static void kernel_ready(void *ctx, int fd)
{
	struct daemon *d = ctx;
	int64_t since = now_ms() - d->settled_ms;

	(void)fd;
	if (kernel_watch_read(d->conf.kernel))
		note(d, CAUSE_KERNEL, since < RESTORE_MS ? RESTORE_MS - since : 0);
}

static void drops_ready(void *ctx, int fd)
{
	struct daemon *d = ctx;

	(void)fd;
	diag_read(d->diag, now_ms());
}

static void plan_swapping(void *ctx)
{
	diag_swapping(((struct daemon *)ctx)->diag);
}

static void signal_ready(void *ctx, int fd)
{
	struct daemon *d = ctx;
	struct signalfd_siginfo si;

	while (read(fd, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGHUP)
			note(d, CAUSE_ALL, 0);
		else
			d->stop = true;
	}
}

static void state_asked(void *ctx, struct ipc_state *out)
{
	struct daemon *d = ctx;

	enforcer_state(d->en, out);
	ike_desk_state(d->ike, out);
}

static void page_asked(void *ctx, enum dyn_kind kind, uint64_t after, struct dyn_page *out)
{
	enforcer_page(((struct daemon *)ctx)->en, kind, after, out);
}

static void stats_asked(void *ctx, uint64_t ticket)
{
	ike_desk_stats(((struct daemon *)ctx)->ike, ticket);
}

static void sas_asked(void *ctx, uint64_t ticket, const struct ipc_sas *asked)
{
	ike_desk_sas(((struct daemon *)ctx)->ike, ticket, asked);
}

static const char *key_asked(void *ctx, const struct guid *name)
{
	return enforcer_key(((struct daemon *)ctx)->en, name);
}

static int explain_asked(void *ctx, const struct packet *p, bool json, struct buf *b, struct err *e)
{
	return enforcer_explain(((struct daemon *)ctx)->en, p, json, b, e);
}

static void traffic_asked(void *ctx, const struct ipc_traffic *asked, struct ipc_traffic_page *out)
{
	enforcer_traffic(((struct daemon *)ctx)->en, asked, out);
}

static bool peer_asked(void *ctx, const struct peer *p)
{
	const struct daemon *d = ctx;

	return peer_may(p, geteuid(), d->has_group, d->group);
}

static int change_asked(void *ctx, uint64_t ticket, struct dyn_change *c, struct err *e);
static const struct control_ops control_ops = {.state = state_asked, .change = change_asked, .page = page_asked,
	.stats = stats_asked, .sas = sas_asked, .key = key_asked, .explain = explain_asked, .traffic = traffic_asked,
	.may = peer_asked};

static struct mono mono_asked(void *ctx)
{
	(void)ctx;
	return (struct mono){now_ms()};
}

static int64_t wall_asked(void *ctx)
{
	(void)ctx;
	return wall_s();
}

static void ike_answered(void *ctx, uint64_t ticket, struct ipc_msg *answer)
{
	control_reply(((struct daemon *)ctx)->control, ticket, answer);
}

/* --- acting ----------------------------------------------------------------------------------------- */

static void log_times(const struct enforcer_report *r)
{
	struct buf b = {0};

	for (size_t i = 0; i < STEPS; i++)
		if (r->us[i])
			buf_printf(&b, "%s%s %.1f", b.len ? ", " : "", enforcer_step_names[i],
			    (double)r->us[i] / 1000);
	if (b.len)
		log_line(LOG_L_DEBUG, "took (ms): %s", buf_text(&b));
	buf_free(&b);
}

static void log_conflict(const struct enforcer_report *r)
{
	if (r->conflict.kind)
		log_line(LOG_L_ERROR, "%s; it stays, everything else is in force", r->conflict.text);
}

static void log_outcome(const struct daemon *d, const struct enforcer_report *r, int rc,
    const struct err *e)
{
	/* A change that changed nothing in the kernel is less of a story. */
	enum log_level level = r->us[STEP_APPLY] ? LOG_L_NOTICE : LOG_L_INFO;
	struct ipc_state s;

	if (r->restored)
		log_line(LOG_L_WARNING,
		    "somebody changed or removed our tables or policies in the kernel; "
		    "put back with %zu operations",
		    r->restored);
	if (r->block_began)
		log_line(LOG_L_ERROR,
		    "BLOCK MODE: the persistent policy cannot be applied, so everything but loopback is dropped. Repair "
		    "it, or at the console stop the service (systemctl stop ipsec-enforcerd): then all traffic passes");
	if (rc != 0)
		log_line(LOG_L_ERROR, "%s; %s", e->text,
		    enforcer_is_blocked(d->en) ? "everything stays blocked" : "what was in force stays in force");
	if (r->gate_opened)
		log_line(LOG_L_NOTICE, "the policy is in force: the boot gate is gone");
	if (r->gate_again)
		log_line(LOG_L_WARNING, "somebody put up the boot gate again: it stays (ipsec-bootgate --open removes it)");
	log_conflict(r);
	if (!r->changed)
		return;
	enforcer_state(d->en, &s);
	if (s.persistent_assigned)
		log_line(level, "persistent policy '%s' in force (change %llu)", s.persistent_policy,
		    (unsigned long long)s.persistent_counter);
	if (s.assigned)
		log_line(level,
		    "policy '%s' in force: %u filters, %u XFRM policies, change %llu "
		    "(elements +%zu -%zu, XFRM %zu)",
		    s.policy, s.nfilters, s.nxfrm, (unsigned long long)s.counter, r->kernel.elems_added,
		    r->kernel.elems_deleted, r->kernel.xfrm_ops);
	else
		log_line(level, "no policy is assigned: nothing is enforced (change %llu)",
		    (unsigned long long)s.counter);
}

static void tell_status(struct daemon *d)
{
	char line[MANAGER_STATUS_MAX];
	struct ipc_state s;

	if (!d->conf.status)
		return;
	enforcer_state(d->en, &s);
	manager_status(&s, line);
	if (strcmp(line, d->status) == 0)
		return;
	memcpy(d->status, line, sizeof line);
	d->conf.status(d->conf.status_ctx, line);
}

/* What comes with the objects of a change: the name that a rule is shown by, and those of its keys. */
static void name_parts(struct dyn_change *c)
{
	struct dyn_rule *r = &c->u.rule;

	if (c->kind != DYN_RULE)
		return;
	if (c->op == DYN_ADD)
		r->filter.guid = guid_new();
	for (size_t i = 0; i < r->auth.n; i++)
		if (r->auth.v[i].kind == AUTH_PSK)
			r->auth.v[i].secret_id = guid_new();
}

/* Dynamic changes do not gather: whoever asked waits for this one. */
static int change_asked(void *ctx, uint64_t ticket, struct dyn_change *c, struct err *e)
{
	static const char *const ops[] = {"", "added", "changed", "deleted", "deleted (all)"};
	static const char *const kinds[] = {"objects", "main mode policy", "quick mode policy", "rule"};
	struct daemon *d = ctx;
	struct enforcer_report r;
	int rc;

	if (c->kind == DYN_SA)
		return ike_desk_delete(d->ike, ticket, c->op == DYN_DELETE ? &c->u.peer : NULL, e);
	name_parts(c);
	rc = enforcer_change(d->en, c, &r, e);
	log_times(&r);
	diag_follow(d->diag, now_ms());
	log_conflict(&r);
	if (enforcer_due(d->en))
		note(d, enforcer_due(d->en), RESTORE_MS);
	if (rc == 0)
		log_line(LOG_L_NOTICE, "dynamic %s %s: %zu dynamic rules in force (elements +%zu -%zu, XFRM %zu)",
		    kinds[c->kind], ops[c->op], enforcer_dynamic_rules(d->en), r.kernel.elems_added,
		    r.kernel.elems_deleted, r.kernel.xfrm_ops);
	return rc;
}

static void settle(struct daemon *d)
{
	struct enforcer_report r;
	struct err e = {0};
	int64_t began = now_ms();
	unsigned causes = d->causes;
	int rc;

	d->causes = 0;
	d->act_ms = NEVER;
	rc = enforcer_settle(d->en, causes, &r, &e);
	d->settled_ms = now_ms();
	d->cost_ms = d->settled_ms - began;
	d->poll_ms = d->settled_ms + (int64_t)enforcer_poll_s(d->en) * 1000;
	log_outcome(d, &r, rc, &e);
	log_times(&r);
	diag_follow(d->diag, d->settled_ms);
	tell_status(d);
	if (rc == 0)
		note(d, enforcer_due(d->en), RESTORE_MS); /* others were at it meanwhile */
	else
		note(d, enforcer_due(d->en) & CAUSE_KERNEL, REPAIR_MS);
	control_answer(d->control, enforcer_counter(d->en), enforcer_persistent_counter(d->en),
	    rc != 0 ? e.text : r.conflict.kind ? r.conflict.text : NULL);
}

/* Milliseconds until there is something to do without being told; at most max_ms, if that is >= 0. */
static int timeout_ms(const struct daemon *d, int max_ms)
{
	int64_t now = now_ms(), left = d->poll_ms - now, sums_ms = diag_due_ms(d->diag);
	struct mono ike = ike_desk_due(d->ike);

	if (d->act_ms != NEVER && d->act_ms - now < left)
		left = d->act_ms - now;
	if (sums_ms != NEVER && sums_ms - now < left)
		left = sums_ms - now;
	if (!mono_is_never(ike) && ike.ms - now < left)
		left = ike.ms - now;
	if (d->folders.fd >= 0 && !folders_is_armed(&d->folders, d->conf.state_dir) && left > NO_STORE_MS)
		left = NO_STORE_MS;
	if (max_ms >= 0 && left > max_ms)
		left = max_ms;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Without a watch of its folder the store may even have become another file. */
static unsigned polled(const struct daemon *d)
{
	bool watched = folders_is_armed(&d->folders, d->conf.state_dir);

	return CAUSE_STORE | CAUSE_FACTS | (watched ? 0 : CAUSE_REPLACED);
}

int daemon_step(struct daemon *d, int max_ms, struct err *e)
{
	if (loop_wait(&d->loop, timeout_ms(d, max_ms), e) != 0)
		return -1;
	if (kernel_lost(d->conf.kernel))
		return err_set(e, REMOTE_BAD, "it is gone");
	if (d->stop)
		return 1;
	diag_tick(d->diag, now_ms());
	note(d, folders_arm(&d->folders), 0);
	if (now_ms() >= d->poll_ms)
		note(d, polled(d), 0);
	if (control_waiting(d->control))
		note(d, CAUSE_STORE, 0);
	if (d->act_ms != NEVER && now_ms() >= d->act_ms)
		settle(d);
	ike_desk_tick(d->ike);
	return 0;
}

/* --- begin and end ---------------------------------------------------------------------------------- */

static void watch_folders(struct daemon *d)
{
	const struct fact_paths *p = d->conf.fact_paths;

	d->persistent_dir = store_persistent_dir(d->conf.state_dir);
	folders_add(&d->folders, d->conf.state_dir, "policy.db", CAUSE_STORE, CAUSE_REPLACED);
	/* The folder itself, so that its coming and going wakes us, and what is in it. */
	folders_add(&d->folders, d->conf.state_dir, "persistent", CAUSE_STORE, CAUSE_REPLACED);
	folders_add(&d->folders, d->persistent_dir, "policy.db", CAUSE_STORE, CAUSE_REPLACED);
	if (p) {
		folders_add(&d->folders, "/etc", "resolv.conf", CAUSE_FACTS, 0);
		folders_add_target(&d->folders, p->resolv_conf, CAUSE_FACTS);
		folders_add(&d->folders, "/run/systemd/resolve", "resolv.conf", CAUSE_FACTS, 0);
		folders_add(&d->folders, p->networkd_leases, "", CAUSE_FACTS, 0);
		folders_add(&d->folders, p->dhclient_leases, "dhclient", CAUSE_FACTS, 0);
		folders_add(&d->folders, p->nm_devices, "", CAUSE_FACTS, 0);
		folders_add(&d->folders, p->dhcpcd_leases, "", CAUSE_FACTS, 0);
	}
	folders_arm(&d->folders); /* before the first look at the store: no change falls between */
}

static int open_sources(struct daemon *d, struct err *e)
{
	struct err share = {0}, no_watch = {0};

	if (folders_open(&d->folders, &no_watch) != 0)
		log_line(LOG_L_WARNING, "%s: changes that nobody tells of are seen at the polling interval only",
		    no_watch.text);
	else
		watch_folders(d);
	d->control = control_open(d->conf.run_dir, d->conf.listener, &d->loop, &control_ops, d, e);
	if (!d->control)
		return -1;
	if (d->has_group && host_share(d->conf.run_dir, d->group, &share) != 0)
		log_line(LOG_L_WARNING, "%s: only root can reach it", share.text);
	if (d->conf.signals) {
		d->signal_fd = signalfd(-1, d->conf.signals, SFD_NONBLOCK | SFD_CLOEXEC);
		if (d->signal_fd < 0)
			return err_set_errno(e, errno, SYS, "signalfd");
	}
	/* Few and the first: there is always a place. */
	loop_add(&d->loop, d->signal_fd, signal_ready, d);
	loop_add(&d->loop, kernel_watch_fd(d->conf.kernel), kernel_ready, d);
	loop_add(&d->loop, kernel_drops_fd(d->conf.kernel), drops_ready, d);
	loop_add(&d->loop, d->folders.fd, folders_ready, d);
	loop_add(&d->loop, d->conf.facts_fd, facts_ready, d);
	return d->conf.confine ? d->conf.confine(d->conf.confine_ctx, e) : 0;
}

static struct ike_desk *open_ike(struct daemon *d)
{
	const struct ike_desk_conf conf = {.listener = d->conf.ike_listener, .loop = &d->loop, .en = d->en,
		.stats_fd = d->stats_fd, .now = mono_asked, .wall_s = wall_asked, .reply = ike_answered, .ctx = d};

	return ike_desk_open(&conf);
}

struct daemon *daemon_open(const struct daemon_conf *conf, struct err *e)
{
	struct daemon *d = xcalloc(1, sizeof *d);
	struct enforcer_world world = {.state_dir = conf->state_dir, .boot_dir = conf->boot_dir, .kernel = conf->kernel,
		.facts = conf->facts, .facts_ctx = conf->facts_ctx, .now_us = now_us, .wall_s = wall_s,
		.swapping = plan_swapping, .swapping_ctx = d};

	*d = (struct daemon){.conf = *conf, .signal_fd = -1, .stats_fd = stats_open(), .folders.fd = -1, .act_ms = NEVER};
	d->has_group = peer_group(&d->group);
	d->en = enforcer_new(&world);
	d->diag = diag_new(conf->kernel, d->en, d->stats_fd);
	d->ike = open_ike(d);
	if (open_sources(d, e) != 0) {
		daemon_close(d);
		return NULL;
	}
	settle(d);
	return d;
}

bool daemon_is_ready(const struct daemon *d)
{
	return enforcer_is_ready(d->en);
}

int daemon_stop(struct daemon *d, struct err *e)
{
	struct enforcer_report r;
	int rc;

	diag_end(d->diag, now_ms()); /* while there are counters */
	ike_desk_goodbye(d->ike);
	rc = enforcer_stop(d->en, &r, e);

	log_times(&r);
	return rc;
}

void daemon_close(struct daemon *d)
{
	if (!d)
		return;
	ike_desk_close(d->ike);
	control_close(d->control);
	if (d->signal_fd >= 0)
		close(d->signal_fd);
	if (d->stats_fd >= 0)
		close(d->stats_fd);
	folders_close(&d->folders);
	diag_free(d->diag);
	enforcer_free(d->en);
	free(d->persistent_dir);
	free(d);
}
