/* A bed for the enforcer: a store of its own, the fake kernel, facts from text, and a daemon around it. */
#ifndef TESTS_DAEMON_BED_H
#define TESTS_DAEMON_BED_H

#include <signal.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "enforcer/daemon/daemon.h"
#include "tests/unit/store_util.h"

static const char HOST[] = "interface lo 1 loopback\ninterface eth0 2 lan\naddress lo 127.0.0.1/8\n"
			   "address eth0 10.0.0.1/8 10.255.255.255\n";
static const char HOST_MOVED[] = "interface lo 1 loopback\ninterface eth0 2 lan\naddress lo 127.0.0.1/8\n"
				 "address eth0 10.0.0.99/8 10.255.255.255\n";

struct bed {
	char *dir; /* of the store; its parent is the run folder */
	char boot[256]; /* folder of the copy for the boot, not made */
	struct store *st;
	struct kernel *kernel;
	const char *facts; /* NULL: gathering fails */
	struct enforcer *en;
	struct enforcer_report r;
	struct err e;
	struct filterlist list;
	struct filteraction block;
	int ike; /* listener for ipsec-iked, or -1 */
};

static inline int bed_facts(void *ctx, struct facts *out, struct err *e)
{
	const struct bed *b = ctx;

	if (!b->facts)
		return err_set(e, SYS, "no facts today");
	return facts_parse(b->facts, "host", out, e);
}

/* A clock of which each look takes a microsecond. */
static inline int64_t ticks(void)
{
	static int64_t t;

	return ++t;
}

static inline struct enforcer *new_enforcer(struct bed *b)
{
	const struct enforcer_world w = {.state_dir = b->dir, .boot_dir = b->boot, .kernel = b->kernel, .facts = bed_facts,
		.facts_ctx = b, .now_us = ticks};

	return enforcer_new(&w);
}

static inline struct bed *bed_new(void)
{
	struct bed *b = xcalloc(1, sizeof *b);

	b->dir = dir_new();
	snprintf(b->boot, sizeof b->boot, "%.*s/boot", (int)(strrchr(b->dir, '/') - b->dir), b->dir);
	b->kernel = kernel_fake_open();
	b->facts = HOST;
	b->ike = -1;
	b->en = new_enforcer(b);
	return b;
}

static inline void bed_free(struct bed *b)
{
	enforcer_free(b->en);
	kernel_close(b->kernel);
	store_close(b->st);
	dir_free(b->dir);
	free(b);
}

/* Policy P, assigned: rule R applies `action` to TCP 23 of 10.0.0.1. */
static inline void put_policy(struct bed *b, enum action action)
{
	struct policy p = a_policy("P");
	struct rule def = a_default_rule(), r;
	struct filter f = a_filter(1);
	bool added;

	b->st = open_or_die(b->dir, STORE_RW);
	b->list = a_list("L");
	b->block = an_action("A", action);
	p.assigned = true;
	works(store_policy_add(b->st, &p, &def, &e));
	works(store_filterlist_add(b->st, &b->list, &e));
	works(store_filteraction_add(b->st, &b->block, &e));
	works(store_filter_add(b->st, b->list.id, &f, &added, &e));
	r = a_rule("R", &b->list, &b->block);
	works(store_rule_add(b->st, p.id, &r, NULL, &e));
}

static inline void add_filter(struct bed *b, uint32_t n)
{
	struct filter f = a_filter(n);
	bool added = false;

	works(store_filter_add(b->st, b->list.id, &f, &added, &e));
	ok(added);
}

/* Writes into the file past the store, as no shell would. */
static inline void sql(struct bed *b, const char *text)
{
	sqlite3 *db;

	is_int(sqlite3_open(in_dir(b->dir, "policy.db"), &db), SQLITE_OK);
	is_int(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static inline int settle(struct bed *b, unsigned causes)
{
	b->e = (struct err){0};
	return enforcer_settle(b->en, causes, &b->r, &b->e);
}

/* Does a telnet packet to 10.0.0.n arrive? */
static inline bool telnet_passes(const struct bed *b, uint8_t n)
{
	const struct fake_packet p = {.family = IP_V4, .src = {.family = IP_V4, .b = {10, 0, 0, 200}},
		.dst = {.family = IP_V4, .b = {10, 0, 0, n}}, .protocol = PROTO_TCP, .sport = 40000,
		.dport = 23, .hop_limit = 64, .iface = "eth0"};

	return fake_verdict(kernel_fake_state(b->kernel), &p) != FAKE_DROPPED;
}

static inline bool kernel_is_empty(const struct bed *b)
{
	const struct kstate *s = kernel_fake_state(b->kernel);

	return s->table == KTABLE_NONE && s->nxfrm == 0;
}

/* --- the daemon around it -------------------------------------------------------------------------- */

static inline void run_dir(const struct bed *b, char out[512])
{
	snprintf(out, 512, "%.*s", (int)(strrchr(b->dir, '/') - b->dir), b->dir);
}

static inline struct daemon *open_daemon(struct bed *b, const char *run, const sigset_t *signals)
{
	const struct daemon_conf conf = {.state_dir = b->dir, .boot_dir = b->boot, .run_dir = run, .kernel = b->kernel,
		.facts = bed_facts, .facts_ctx = b, .facts_fd = -1, .listener = -1, .ike_listener = b->ike, .signals = signals};
	struct err e = {0};
	struct daemon *d = daemon_open(&conf, &e);

	is_str(e.text, "");
	return d;
}

static inline int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Runs the daemon until cond(b), at most ten seconds. */
static inline bool step_until(struct daemon *d, bool (*cond)(struct bed *b), struct bed *b)
{
	int64_t end = now_ms() + 10000;
	struct err e = {0};

	while (!cond(b)) {
		if (now_ms() > end || daemon_step(d, 100, &e) != 0)
			return false;
	}
	return true;
}

static pid_t client_pid;
static int client_status;
static inline bool client_done(struct bed *b)
{
	(void)b;
	return waitpid(client_pid, &client_status, WNOHANG) == client_pid;
}

/* A connection without manners; -1 when it is refused. */
static inline int dial(const char *run)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%.80s/enforcerd.sock", run);
	return connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 ? fd : -1;
}

#endif
