/*
 * The enforcer from store to kernel: a real store in a private folder, the fake kernel, facts from text.
 * First the enforcer by itself, then the daemon around it with its socket, folder watch and signals.
 */
#include "enforcer/daemon/daemon.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/daemon_bed.h"

#include "common/base/banned.h"

enum { CLIENTS = 40 };

/* --- the enforcer --------------------------------------------------------------------------------- */

static void no_store_is_an_empty_one(void)
{
	struct bed *b = bed_new();
	struct ipc_state s;

	is_int(settle(b, 0), 0);
	ok(b->r.changed);
	ok(kernel_is_empty(b));
	enforcer_state(b->en, &s);
	ok(!s.assigned);
	is_int(s.counter, 0);
	is_int(enforcer_poll_s(b->en), 60);
	bed_free(b);
}

static void an_assigned_policy_comes_into_force(void)
{
	struct bed *b = bed_new();
	struct ipc_state s;

	is_int(settle(b, 0), 0);
	put_policy(b, ACTION_BLOCK); /* the store appears after we started */
	ok(telnet_passes(b, 1));
	is_int(settle(b, CAUSE_STORE), 0);
	is_str(b->e.text, "");
	ok(!telnet_passes(b, 1));
	ok(telnet_passes(b, 2));
	is_int(enforcer_counter(b->en), counter_of(b->st));
	enforcer_state(b->en, &s);
	is_str(s.policy, "P");
	is_str(s.version, IPSECSH_VERSION);
	ok(s.assigned && s.nfilters > 0);
	is_int(s.counter, counter_of(b->st));
	is_int(enforcer_poll_s(b->en), 10800);
	bed_free(b);
}

static void a_change_is_a_delta(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	add_filter(b, 2);
	is_int(settle(b, CAUSE_STORE), 0);
	ok(!telnet_passes(b, 2));
	ok(b->r.kernel.elems_added > 0);
	is_int(b->r.kernel.elems_deleted, 0);
	bed_free(b);
}

/* The id of filter n of add_filter(). */
static int64_t filter_id(struct bed *b, uint32_t n)
{
	struct policyset *ps = store_snapshot(b->st, &b->e);
	int64_t id = 0;

	for (size_t i = 0; ps && i < ps->filterlists[0].nfilters; i++)
		if (ps->filterlists[0].filters[i].dst.lo.b[3] == n)
			id = ps->filterlists[0].filters[i].id;
	policyset_free(ps);
	return id;
}

static void delete_filter(struct bed *b, uint32_t n)
{
	int64_t id = filter_id(b, n);

	works(store_filter_delete(b->st, b->list.id, &id, 1, &e));
}

/* Filters of a list in force come and go without a snapshot, a compilation or a comparison. */
static void filters_come_and_go_the_short_way(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	for (uint32_t n = 2; n < 20; n++) {
		add_filter(b, n);
		if (n > 10)
			delete_filter(b, n - 8);
		is_int(settle(b, CAUSE_STORE), 0);
		ok(b->r.changed && b->r.us[STEP_PATCH] > 0 && b->r.us[STEP_APPLY] > 0);
		is_int(b->r.us[STEP_SNAPSHOT] + b->r.us[STEP_COMPILE] + b->r.us[STEP_DIFF], 0);
		ok(!telnet_passes(b, (uint8_t)n));
		is_int(telnet_passes(b, 3), n < 3 || n > 10);
		is_int(enforcer_counter(b->en), counter_of(b->st));
	}
	/* Another list is none of the enforcer's business. */
	struct filterlist other = a_list("Other");
	struct filter f = a_filter(99);
	bool added;
	works(store_filterlist_add(b->st, &other, &e));
	is_int(settle(b, CAUSE_STORE), 0);
	works(store_filter_add(b->st, other.id, &f, &added, &e));
	is_int(settle(b, CAUSE_STORE), 0);
	is_int(b->r.us[STEP_SNAPSHOT], 0);
	ok(telnet_passes(b, 99));
	/* What came the short way is there when all is compiled anew, and after a scan. */
	add_filter(b, 30);
	is_int(settle(b, CAUSE_STORE), 0);
	b->facts = HOST_MOVED;
	is_int(settle(b, CAUSE_FACTS), 0);
	ok(!telnet_passes(b, 30) && !telnet_passes(b, 19) && telnet_passes(b, 3));
	is_int(settle(b, CAUSE_KERNEL), 0);
	is_int(b->r.restored, 0);
	bed_free(b);
}

static void no_news_is_no_work(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	is_int(settle(b, CAUSE_STORE | CAUSE_FACTS), 0);
	ok(!b->r.changed);
	ok(b->r.us[STEP_COUNTER] > 0 && b->r.us[STEP_FACTS] > 0);
	is_int(b->r.us[STEP_SNAPSHOT], 0);
	is_int(b->r.us[STEP_COMPILE], 0);
	is_int(b->r.us[STEP_APPLY], 0);
	is_int(settle(b, CAUSE_REPLACED), 0); /* here the counter proves nothing */
	ok(b->r.us[STEP_SNAPSHOT] > 0);
	is_int(b->r.us[STEP_APPLY], 0);
	bed_free(b);
}

static void what_cannot_be_compiled_leaves_the_old_in_force(void)
{
	struct bed *b = bed_new();
	struct ipc_state s;
	uint64_t old;

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	old = enforcer_counter(b->en);
	add_filter(b, 2);
	sql(b, "UPDATE filter SET id = 5000000000 WHERE id = (SELECT max(id) FROM filter)");
	is_int(settle(b, CAUSE_STORE), -1);
	ok(strstr(b->e.text, "policy 'P', rule 'R'") != NULL);
	ok(!telnet_passes(b, 1));
	ok(telnet_passes(b, 2));
	is_int(enforcer_counter(b->en), old);
	ok(enforcer_due(b->en) & CAUSE_STORE);
	is_int(enforcer_poll_s(b->en), 60);
	enforcer_state(b->en, &s);
	is_str(s.last_error, b->e.text);

	sql(b, "UPDATE filter SET id = 77 WHERE id = 5000000000");
	is_int(settle(b, 0), 0); /* the cause was kept */
	ok(!telnet_passes(b, 2));
	enforcer_state(b->en, &s);
	is_str(s.last_error, "");
	bed_free(b);
}

/* Moves the store out of the way or back, with the part of it that is still in the log. */
static void move_store(const struct bed *b, const char *from, const char *to)
{
	static const char *const parts[] = {"", "-wal"};

	for (size_t i = 0; i < N_OF(parts); i++) {
		char old[600], new[600];
		snprintf(old, sizeof old, "%s%s", in_dir(b->dir, from), parts[i]);
		snprintf(new, sizeof new, "%s%s", in_dir(b->dir, to), parts[i]);
		is_int(rename(old, new), 0);
	}
	remove(in_dir(b->dir, "policy.db-shm"));
}

static void a_store_that_cannot_be_read_leaves_the_old_in_force(void)
{
	struct bed *b = bed_new();
	FILE *f;

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	move_store(b, "policy.db", "good");
	f = fopen(in_dir(b->dir, "policy.db"), "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database\n", f);
	fclose(f);
	chmod(in_dir(b->dir, "policy.db"), 0600);
	is_int(settle(b, CAUSE_STORE | CAUSE_REPLACED), -1);
	is_int(b->e.id, STORE_DAMAGED);
	ok(!telnet_passes(b, 1));
	/* Kernel changes are put back all the same. */
	kernel_fake_set(b->kernel, &(struct kstate){0});
	is_int(settle(b, CAUSE_KERNEL), -1);
	ok(b->r.restored > 0);
	ok(!telnet_passes(b, 1));
	move_store(b, "good", "policy.db");
	is_int(settle(b, 0), 0);
	ok(!telnet_passes(b, 1));
	bed_free(b);
}

static void facts_decide_with(void)
{
	struct bed *b = bed_new();
	struct kstate before;

	put_policy(b, ACTION_NEGOTIATE);
	/* any <-> me: "me" is where XFRM needs addresses */
	works(store_filter_add(b->st, b->list.id, &(struct filter){.description = "", .protocol = PROTO_TCP,
	    .dstport = 80, .mirrored = true, .src = {.kind = END_ANY}, .dst = {.kind = END_ME}}, &(bool){0}, &e));
	is_int(settle(b, 0), 0);
	kstate_dup(kernel_fake_state(b->kernel), &before);
	b->facts = HOST_MOVED;
	is_int(settle(b, CAUSE_FACTS), 0);
	ok(b->r.changed);
	ok(!kstate_eq(&before, kernel_fake_state(b->kernel)));
	b->facts = NULL;
	is_int(settle(b, CAUSE_FACTS), -1);
	is_str(b->e.text, "no facts today");
	b->facts = HOST;
	is_int(settle(b, 0), 0);
	ok(kstate_eq(&before, kernel_fake_state(b->kernel)));
	kstate_free(&before);
	bed_free(b);
}

static void what_somebody_flushed_is_put_back(void)
{
	struct bed *b = bed_new();
	struct kstate before;

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	kstate_dup(kernel_fake_state(b->kernel), &before);
	kernel_fake_set(b->kernel, &(struct kstate){0});
	ok(telnet_passes(b, 1));
	is_int(settle(b, CAUSE_KERNEL), 0);
	ok(b->r.restored > 0);
	ok(!b->r.changed);
	ok(kstate_eq(&before, kernel_fake_state(b->kernel)));
	kstate_free(&before);
	bed_free(b);
}

static void what_the_kernel_refuses_leaves_the_old_in_force(void)
{
	struct bed *b = bed_new();
	uint64_t old;

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	old = enforcer_counter(b->en);
	add_filter(b, 2);
	kernel_fake_fault(b->kernel, FAKE_FAULT_REFUSE, 0);
	is_int(settle(b, CAUSE_STORE), -1);
	ok(strstr(b->e.text, "the kernel refused") != NULL);
	is_int(enforcer_counter(b->en), old);
	ok(!telnet_passes(b, 1));
	ok(telnet_passes(b, 2));
	kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
	is_int(settle(b, 0), 0);
	ok(!telnet_passes(b, 2));
	is_int(enforcer_counter(b->en), counter_of(b->st));
	bed_free(b);
}

/* One try with a fault at operation `at`; false when there are not so many. */
static bool old_stays_in_force(enum fake_fault fault, size_t at, bool negotiate)
{
	struct bed *b = bed_new();
	struct kstate before;
	bool failed;

	put_policy(b, negotiate ? ACTION_BLOCK : ACTION_NEGOTIATE);
	is_int(settle(b, 0), 0);
	kstate_dup(kernel_fake_state(b->kernel), &before);
	add_filter(b, 2);
	add_filter(b, 3);
	sql(b, negotiate ? "UPDATE filteraction SET action = 2; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)"
	                 : "UPDATE filteraction SET action = 1; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)");
	kernel_fake_fault(b->kernel, fault, at);
	failed = settle(b, CAUSE_STORE) != 0;
	if (failed) {
		ok(enforcer_counter(b->en) < counter_of(b->st));
		ok(!telnet_passes(b, 1));
		kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
		b->facts = NULL; /* nothing new can come: what the fault left behind is put right all the same */
		is_int(settle(b, CAUSE_FACTS), -1);
		ok(kstate_eq(kernel_fake_state(b->kernel), &before));
		b->facts = HOST;
		is_int(settle(b, 0), 0);
		ok(!telnet_passes(b, 2) && !telnet_passes(b, 3));
	}
	kstate_free(&before);
	bed_free(b);
	return failed;
}

static void a_fault_anywhere_leaves_the_old_in_force(void)
{
	static const enum fake_fault faults[] = {FAKE_FAULT_REFUSE, FAKE_FAULT_LOSE, FAKE_FAULT_DIE};

	for (size_t i = 0; i < N_OF(faults); i++) {
		for (int negotiate = 0; negotiate < 2; negotiate++) {
			size_t at = 0;
			while (at < 200 && old_stays_in_force(faults[i], at, negotiate))
				at++;
			ok(at > 20 && at < 200);
		}
	}
}

/* Somebody flushed and the old plan cannot be put back: a new policy must still have its chance. */
static void a_new_policy_replaces_what_cannot_be_put_back(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	kernel_fake_set(b->kernel, &(struct kstate){0});
	kernel_fake_fault(b->kernel, FAKE_FAULT_REFUSE, 0);
	is_int(settle(b, CAUSE_KERNEL), -1);
	ok(enforcer_due(b->en) & CAUSE_KERNEL);
	kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
	add_filter(b, 2);
	is_int(settle(b, CAUSE_STORE), 0);
	is_int(enforcer_due(b->en), 0);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 2));
	bed_free(b);
}

/* strongSwan, say, holds a policy for the same traffic: it stays, the host is closed all the same. */
static void a_conflict_is_told_and_the_rest_is_in_force(void)
{
	struct bed *b = bed_new();
	struct kstate all, theirs = {0};

	put_policy(b, ACTION_NEGOTIATE);
	is_int(settle(b, 0), 0);
	is_int(b->r.conflict.kind, ERR_NONE);
	kstate_dup(kernel_fake_state(b->kernel), &all);
	theirs.foreign = xcalloc(1, sizeof *theirs.foreign);
	theirs.nforeign = theirs.cap_foreign = 1;
	theirs.foreign[0] = all.xfrm[all.nxfrm - 1];
	theirs.foreign[0].index = 8;
	kernel_fake_set(b->kernel, &theirs);
	is_int(settle(b, CAUSE_KERNEL), 0);
	is_int(b->r.conflict.id, KERNEL_CONFLICT);
	is_int(kernel_fake_state(b->kernel)->nxfrm, all.nxfrm - 1);
	is_int(kernel_fake_state(b->kernel)->nforeign, 1);
	ok(!telnet_passes(b, 1));
	is_int(enforcer_poll_s(b->en), 60); /* whatever the policy's interval */
	/* The other program goes: nobody tells us, the next look finds it. */
	struct kstate now;
	kstate_dup(kernel_fake_state(b->kernel), &now);
	now.nforeign = 0;
	kernel_fake_set(b->kernel, &now);
	is_int(settle(b, CAUSE_STORE), 0);
	is_int(b->r.conflict.kind, ERR_NONE);
	ok(kstate_eq(kernel_fake_state(b->kernel), &all));
	kstate_free(&now);
	kstate_free(&theirs);
	kstate_free(&all);
	bed_free(b);
}

static void a_restart_changes_nothing(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	enforcer_free(b->en); /* as if killed */
	ok(!telnet_passes(b, 1));
	b->en = new_enforcer(b);
	is_int(settle(b, 0), 0);
	is_int(b->r.us[STEP_APPLY], 0);
	ok(!telnet_passes(b, 1));
	bed_free(b);
}

static void a_restart_without_a_readable_store_removes_nothing(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	enforcer_free(b->en);
	chmod(b->dir, 0777); /* others could have written it */
	b->en = new_enforcer(b);
	is_int(settle(b, 0), -1);
	is_int(b->e.id, STORE_UNSAFE);
	ok(!telnet_passes(b, 1));
	chmod(b->dir, 0700);
	is_int(settle(b, 0), 0);
	ok(!telnet_passes(b, 1));
	bed_free(b);
}

static void unassigned_and_stopped_leave_nothing(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_NEGOTIATE);
	is_int(settle(b, 0), 0);
	ok(!kernel_is_empty(b));
	sql(b, "UPDATE policy SET assigned = 0; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)");
	is_int(settle(b, CAUSE_STORE), 0);
	ok(kernel_is_empty(b));
	sql(b, "UPDATE policy SET assigned = 1; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)");
	is_int(settle(b, CAUSE_STORE), 0);
	ok(!kernel_is_empty(b));
	is_int(enforcer_stop(b->en, &b->r, &b->e), 0);
	ok(kernel_is_empty(b));
	bed_free(b);
}

/* After an upgrade and a reboot there is an old store, a new enforcer, and nobody at the shell. */
static void a_store_of_an_older_schema_is_brought_up_to_date(void)
{
	struct bed *b = bed_new();
	FILE *f = fopen("tests/unit/data/store-v1.sql", "r");
	char *text = xcalloc(1, 1 << 20);
	struct ipc_state s;

	ok(f && fread(text, 1, (1 << 20) - 1, f) > 0);
	mkdir(b->dir, 0700);
	sql(b, text);
	chmod(in_dir(b->dir, "policy.db"), 0600);
	is_int(settle(b, 0), 0);
	is_str(b->e.text, "");
	enforcer_state(b->en, &s);
	ok(s.assigned && !kernel_is_empty(b));
	if (f)
		fclose(f);
	free(text);
	bed_free(b);
}

/* --- the daemon around it --------------------------------------------------------------------------- */

static bool blocked_1(struct bed *b)
{
	return !telnet_passes(b, 1);
}
static bool blocked_2(struct bed *b)
{
	return !telnet_passes(b, 2);
}

/* A shell in another process: notifies of `counter`, exits with 10 + rc, or 20 when there is a complaint. */
static int notify_from_outside(struct daemon *d, struct bed *b, const char *run, uint64_t counter)
{
	fflush(stdout);
	client_pid = fork();
	if (client_pid == 0) {
		struct buf complaint = {0};
		struct err e = {0};
		int rc = ipc_notify_enforcer(run, false, counter, 10000, &complaint, &e);
		_exit(rc == 0 && complaint.len ? 20 : 10 + rc);
	}
	ok(step_until(d, client_done, b));
	return WIFEXITED(client_status) ? WEXITSTATUS(client_status) : -1;
}

static void a_notification_is_answered_when_in_force(void)
{
	struct bed *b = bed_new();
	char run[512];

	put_policy(b, ACTION_BLOCK);
	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, NULL);
	ok(!telnet_passes(b, 1));
	add_filter(b, 2);
	is_int(notify_from_outside(d, b, run, counter_of(b->st)), 10);
	ok(!telnet_passes(b, 2));
	is_int(notify_from_outside(d, b, run, 1), 10); /* long in force */
	is_int(notify_from_outside(d, b, run, counter_of(b->st) + 5), 20); /* no such change in this store */
	add_filter(b, 3);
	sql(b, "UPDATE filter SET id = 5000000000 WHERE id = (SELECT max(id) FROM filter)");
	is_int(notify_from_outside(d, b, run, counter_of(b->st)), 20);
	ok(!telnet_passes(b, 2) && telnet_passes(b, 3));
	daemon_close(d);
	ok(!telnet_passes(b, 2)); /* closed, not stopped */
	bed_free(b);
}

static void a_change_without_notification_is_noticed(void)
{
	struct bed *b = bed_new();
	char run[512];

	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, NULL); /* before there is a store */
	put_policy(b, ACTION_BLOCK);
	ok(step_until(d, blocked_1, b));
	add_filter(b, 2);
	ok(step_until(d, blocked_2, b));
	daemon_close(d);
	bed_free(b);
}

static bool two_seconds_passed(struct bed *b)
{
	static int64_t began;

	(void)b;
	if (!began)
		began = now_ms();
	return now_ms() - began > 2000;
}

/* What somebody flushed cannot be put back at once, and nobody tells of it again: tried soon, not at the next poll. */
static void what_could_not_be_put_back_is_tried_again_soon(void)
{
	sigset_t signals, old;
	struct bed *b = bed_new();
	char run[512];
	struct err e = {0};

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &old);
	put_policy(b, ACTION_BLOCK);
	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, &signals);
	kernel_fake_set(b->kernel, &(struct kstate){0});
	kernel_fake_fault(b->kernel, FAKE_FAULT_REFUSE, 0);
	raise(SIGHUP);
	is_int(daemon_step(d, 1000, &e), 0); /* takes the signal, and is refused */
	ok(telnet_passes(b, 1));
	kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
	ok(step_until(d, two_seconds_passed, b));
	ok(!telnet_passes(b, 1));
	daemon_close(d);
	sigprocmask(SIG_SETMASK, &old, NULL);
	bed_free(b);
}

/* From now on this process has no inotify, as when others took all there is. */
static void forbid_inotify(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_inotify_init1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EMFILE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog prog = {.len = N_OF(program), .filter = program};

	is_int(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	is_int(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

/* In another process: the number of the check that failed, or 0. */
static int poll_without_watch(struct bed *b, const char *run)
{
	forbid_inotify();
	put_policy(b, ACTION_BLOCK);
	sql(b, "UPDATE policy SET pollinginterval_s = 1");
	struct daemon *d = open_daemon(b, run, NULL);
	if (!d || telnet_passes(b, 1))
		return 1;
	add_filter(b, 2);
	if (!step_until(d, blocked_2, b))
		return 2;
	daemon_close(d);
	return 0;
}

static void without_a_watch_the_store_is_polled(void)
{
	struct bed *b = bed_new();
	char run[512];
	int status;

	run_dir(b, run);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(poll_without_watch(b, run));
	is_int(waitpid(pid, &status, 0), pid);
	ok(WIFEXITED(status));
	is_int(WEXITSTATUS(status), 0);
	bed_free(b);
}

/* In another process: the number of the check that failed, or 0. */
static int rude_client(const char *run)
{
	struct ipc_msg m = {.type = IPC_RESULT, .seq = 9};
	struct ipc_state s;
	struct err e = {0};
	int fd;

	/* More connections than there are places, all silent: nobody is locked out by them. */
	for (int i = 0; i < CLIENTS; i++)
		if (dial(run) < 0)
			return 1;
	if (ipc_status(run, 10000, &s, &e) != 0)
		return 2;
	fd = dial(run);
	if (send(fd, "hello", 5, 0) != 5 || ipc_recv(fd, &m, &e) != 1 || m.type != IPC_ERROR)
		return 3;
	if (!strstr(m.u.error.text, "no message of ipsecsh") || ipc_recv(fd, &m, &e) != 0)
		return 4; /* told, and the connection is closed */
	fd = dial(run);
	m = (struct ipc_msg){.type = IPC_RESULT, .seq = 9};
	if (ipc_send(fd, &m, &e) != 0 || ipc_recv(fd, &m, &e) != 1 || m.type != IPC_ERROR || m.seq != 9)
		return 5; /* a message that only the enforcer may send */
	fd = dial(run);
	close(fd);
	return ipc_status(run, 10000, &s, &e) == 0 ? 0 : 6;
}

static void rude_clients_are_told_and_dropped(void)
{
	struct bed *b = bed_new();
	char run[512];

	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, NULL);
	fflush(stdout);
	client_pid = fork();
	if (client_pid == 0)
		_exit(rude_client(run));
	ok(step_until(d, client_done, b));
	is_int(WEXITSTATUS(client_status), 0);
	daemon_close(d);
	bed_free(b);
}

static void signals_reread_and_stop(void)
{
	struct bed *b = bed_new();
	struct err e = {0};
	sigset_t signals, old;
	char run[512];
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, &old);
	put_policy(b, ACTION_BLOCK);
	run_dir(b, run);
	struct daemon *d = open_daemon(b, run, &signals);
	kernel_fake_set(b->kernel, &(struct kstate){0}); /* the fake has no descriptor to tell by */
	raise(SIGHUP);
	ok(step_until(d, blocked_1, b));
	raise(SIGTERM);
	do
		rc = daemon_step(d, 1000, &e);
	while (rc == 0);
	is_int(rc, 1);
	ok(!telnet_passes(b, 1));
	is_int(daemon_stop(d, &e), 0);
	ok(kernel_is_empty(b));
	daemon_close(d);
	sigprocmask(SIG_SETMASK, &old, NULL);
	bed_free(b);
}

static const struct tap_case cases[] = {
	{"enforcer: no store is an empty one", no_store_is_an_empty_one},
	{"enforcer: an assigned policy comes into force", an_assigned_policy_comes_into_force},
	{"enforcer: a change is a delta", a_change_is_a_delta},
	{"enforcer: filters come and go the short way", filters_come_and_go_the_short_way},
	{"enforcer: no news is no work", no_news_is_no_work},
	{"enforcer: what cannot be compiled leaves the old in force", what_cannot_be_compiled_leaves_the_old_in_force},
	{"enforcer: an unreadable store leaves the old in force", a_store_that_cannot_be_read_leaves_the_old_in_force},
	{"enforcer: facts decide with", facts_decide_with},
	{"enforcer: what somebody flushed is put back", what_somebody_flushed_is_put_back},
	{"enforcer: what the kernel refuses leaves the old in force", what_the_kernel_refuses_leaves_the_old_in_force},
	{"enforcer: a fault anywhere leaves the old in force", a_fault_anywhere_leaves_the_old_in_force},
	{"enforcer: a new policy replaces what cannot be put back", a_new_policy_replaces_what_cannot_be_put_back},
	{"enforcer: a conflict is told, the rest is in force", a_conflict_is_told_and_the_rest_is_in_force},
	{"enforcer: a restart changes nothing", a_restart_changes_nothing},
	{"enforcer: a restart without a store removes nothing", a_restart_without_a_readable_store_removes_nothing},
	{"enforcer: unassigned and stopped leave nothing", unassigned_and_stopped_leave_nothing},
	{"enforcer: a store of an older schema is brought up to date", a_store_of_an_older_schema_is_brought_up_to_date},
	{"daemon: a notification is answered when in force", a_notification_is_answered_when_in_force},
	{"daemon: a change without notification is noticed", a_change_without_notification_is_noticed},
	{"daemon: what could not be put back is tried again soon", what_could_not_be_put_back_is_tried_again_soon},
	{"daemon: without a watch the store is polled", without_a_watch_the_store_is_polled},
	{"daemon: rude clients are told and dropped", rude_clients_are_told_and_dropped},
	{"daemon: signals re-read and stop", signals_reread_and_stop},
};
TAP_MAIN(cases)
