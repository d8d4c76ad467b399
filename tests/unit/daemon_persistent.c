/* The enforcer with both stores against the fake kernel: what holds when one of them fails, and Block mode. */
#include <sys/stat.h>
#include <unistd.h>

#include "common/boot/copy_file.h"
#include "tests/unit/daemon_bed.h"
#include "tests/unit/dyn_util.h"
#include "tests/unit/tap.h"

#include "common/base/banned.h"

/* A second store beside that of the bed: policy PP, assigned, rule PR on TCP 23 to 10.0.0.n, in one direction. */
struct second {
	char *dir;
	struct store *st;
	struct filterlist list;
	struct filteraction action;
};

static struct second second_new(struct bed *b, enum action action, uint32_t n)
{
	struct second s = {.dir = store_persistent_dir(b->dir)};
	struct policy p = a_policy("PP");
	struct rule def = a_default_rule(), r;
	struct filter f = a_filter(n);
	bool added;

	s.st = open_or_die(s.dir, STORE_RW);
	s.list = a_list("PL");
	s.action = an_action("PA", action);
	p.assigned = true;
	works(store_policy_add(s.st, &p, &def, &e));
	works(store_filterlist_add(s.st, &s.list, &e));
	works(store_filteraction_add(s.st, &s.action, &e));
	works(store_filter_add(s.st, s.list.id, &f, &added, &e));
	r = a_rule("PR", &s.list, &s.action);
	works(store_rule_add(s.st, p.id, &r, NULL, &e));
	return s;
}

static void second_filter(struct second *s, uint32_t n)
{
	struct filter f = a_filter(n);
	bool added;

	works(store_filter_add(s->st, s->list.id, &f, &added, &e));
}

static void second_free(struct second *s)
{
	store_close(s->st);
	free(s->dir);
}

/* The files of a store are put aside or back: the log of SQLite could make a spoilt database whole again. */
static void move_files(const char *dir, bool aside)
{
	static const char *const files[] = {"policy.db", "policy.db-wal", "policy.db-shm"};
	char here[600], there[600];

	for (size_t i = 0; i < N_OF(files); i++) {
		snprintf(here, sizeof here, "%s/%s", dir, files[i]);
		snprintf(there, sizeof there, "%s/aside-%s", dir, files[i]);
		if (aside)
			rename(here, there);
		else
			rename(there, here);
	}
}

/* Nonsense takes the place of the store's file. */
static void spoil(const char *dir)
{
	char file[600];
	FILE *f;

	move_files(dir, true);
	snprintf(file, sizeof file, "%s/policy.db", dir);
	f = fopen(file, "we");
	for (int i = 0; i < 4096; i++)
		fputc('x', f);
	fclose(f);
	is_int(chmod(file, 0600), 0);
}

static void repair(const char *dir)
{
	char file[600];

	for (int i = 0; i < 2; i++) {
		snprintf(file, sizeof file, "%s/policy.db%s", dir, i ? "-shm" : "-wal");
		unlink(file);
	}
	move_files(dir, false);
}

static void mode_is(struct bed *b, enum opmode mode)
{
	struct ipc_state s;

	enforcer_state(b->en, &s);
	is_int(s.mode, mode);
	is_int(enforcer_is_blocked(b->en), mode == OPMODE_BLOCK);
}

static void both_policies_are_in_force(void)
{
	struct bed *b = bed_new();
	struct ipc_state s;

	put_policy(b, ACTION_BLOCK);
	add_filter(b, 2);
	struct second p = second_new(b, ACTION_PERMIT, 2);
	second_filter(&p, 3);
	is_int(settle(b, 0), 0);
	ok(!telnet_passes(b, 1) && telnet_passes(b, 2) && telnet_passes(b, 3));
	enforcer_state(b->en, &s);
	is_str(s.policy, "P");
	is_str(s.persistent_policy, "PP");
	is_int(s.persistent_counter, counter_of(p.st));
	is_int(s.counter, counter_of(b->st));
	mode_is(b, OPMODE_SECURE);
	/* The short way still serves the local store, and knows who wins. */
	add_filter(b, 3);
	add_filter(b, 4);
	is_int(settle(b, CAUSE_STORE), 0);
	ok(b->r.us[STEP_PATCH] > 0 && telnet_passes(b, 3) && !telnet_passes(b, 4));
	/* And a change of the persistent store is seen whatever the local one does. */
	second_filter(&p, 4);
	add_filter(b, 5);
	is_int(settle(b, CAUSE_STORE), 0);
	ok(telnet_passes(b, 4) && !telnet_passes(b, 5));
	second_free(&p);
	bed_free(b);
}

static void a_failing_local_store_leaves_both_in_force(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	struct second p = second_new(b, ACTION_BLOCK, 9);
	is_int(settle(b, 0), 0);
	add_filter(b, 2);
	is_int(settle(b, CAUSE_STORE), 0); /* patched: what was read is older than what is in force */
	spoil(b->dir);
	is_int(settle(b, CAUSE_ALL), -1);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 2) && !telnet_passes(b, 9));
	mode_is(b, OPMODE_SECURE);
	second_filter(&p, 8);
	is_int(settle(b, CAUSE_STORE), -1);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 2) && !telnet_passes(b, 9) && !telnet_passes(b, 8));
	ok(enforcer_due(b->en) & CAUSE_STORE);
	repair(b->dir);
	is_int(settle(b, CAUSE_ALL), 0);
	ok(!telnet_passes(b, 2) && !telnet_passes(b, 8) && telnet_passes(b, 7));
	second_free(&p);
	bed_free(b);
}

static void a_local_policy_that_cannot_be_compiled_stops_nothing_else(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	struct second p = second_new(b, ACTION_BLOCK, 9);
	is_int(settle(b, 0), 0);
	sql(b, "UPDATE rule SET id = 600000 WHERE name = 'R'; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)");
	second_filter(&p, 8);
	is_int(settle(b, CAUSE_STORE), -1);
	is_int(b->e.id, COMPILE_RULE);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 9) && !telnet_passes(b, 8));
	mode_is(b, OPMODE_SECURE);
	second_free(&p);
	bed_free(b);
}

static void a_failing_local_store_at_start_leaves_the_persistent_policy_alone(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	struct second p = second_new(b, ACTION_BLOCK, 9);
	spoil(b->dir);
	is_int(settle(b, 0), -1);
	is_int(b->e.id, STORE_DAMAGED);
	ok(telnet_passes(b, 1) && !telnet_passes(b, 9));
	mode_is(b, OPMODE_SECURE);
	is_int(enforcer_diagnostics(b->en).bits, 0); /* no settings, so none that were asked for */
	ok(enforcer_due(b->en) & CAUSE_STORE);
	repair(b->dir);
	is_int(settle(b, CAUSE_STORE), 0);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 9));
	second_free(&p);
	bed_free(b);
}

/* An enforcer was killed, and the next one finds the local store spoilt. */
static void what_covers_the_persistent_policy_already_stays(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	struct second p = second_new(b, ACTION_BLOCK, 9);
	is_int(settle(b, 0), 0);
	spoil(b->dir);
	enforcer_free(b->en);
	b->en = new_enforcer(b);
	is_int(settle(b, 0), -1);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 9));
	mode_is(b, OPMODE_SECURE);
	/* Not when the persistent policy says more than the kernel holds. */
	second_filter(&p, 8);
	is_int(settle(b, CAUSE_STORE), -1);
	ok(telnet_passes(b, 1) && !telnet_passes(b, 9) && !telnet_passes(b, 8));
	second_free(&p);
	bed_free(b);
}

static void a_failing_persistent_store_means_block_mode_until_it_is_repaired(void)
{
	for (int at_start = 0; at_start < 2; at_start++) {
		struct bed *b = bed_new();
		put_policy(b, ACTION_BLOCK);
		struct second p = second_new(b, ACTION_PERMIT, 1);
		if (!at_start)
			is_int(settle(b, 0), 0);
		spoil(p.dir);
		is_int(settle(b, CAUSE_ALL), -1);
		ok(b->r.block_began);
		is_int(b->e.id, STORE_DAMAGED);
		ok(!telnet_passes(b, 1) && !telnet_passes(b, 7));
		mode_is(b, OPMODE_BLOCK);
		is_int(enforcer_poll_s(b->en), 10);
		is_int(settle(b, 0), -1); /* it tries again, and says so once only */
		ok(!b->r.block_began);
		kernel_fake_set(b->kernel, &(struct kstate){0}); /* somebody flushes */
		is_int(settle(b, CAUSE_KERNEL), -1);
		ok(!telnet_passes(b, 7));
		repair(p.dir);
		is_int(settle(b, CAUSE_ALL), 0);
		ok(telnet_passes(b, 1) && telnet_passes(b, 7));
		mode_is(b, OPMODE_SECURE);
		is_int(enforcer_stop(b->en, &b->r, &b->e), 0);
		ok(kernel_is_empty(b));
		second_free(&p);
		bed_free(b);
	}
}

/* Deleting the file is no way to unassign a policy: not while it is in force, and not when the copy for the boot knows of it. */
static void a_persistent_store_that_is_gone_means_block_mode(void)
{
	for (int at_start = 0; at_start < 2; at_start++) {
		const struct bootcopy c = {.ever_assigned = true, .assigned_persistent = true};
		struct bed *b = bed_new();
		put_policy(b, ACTION_BLOCK);
		struct second p = second_new(b, ACTION_PERMIT, 1);
		if (at_start)
			works(bootcopy_write(b->boot, &c, &e));
		else
			is_int(settle(b, 0), 0);
		move_files(p.dir, true);
		is_int(settle(b, CAUSE_ALL), -1);
		is_int(b->e.id, STORE_GONE);
		mode_is(b, OPMODE_BLOCK);
		ok(!telnet_passes(b, 1) && !telnet_passes(b, 7));
		move_files(p.dir, false);
		is_int(settle(b, CAUSE_ALL), 0);
		mode_is(b, OPMODE_SECURE);
		ok(telnet_passes(b, 1));
		second_free(&p);
		bed_free(b);
	}
}

static void a_persistent_policy_that_cannot_be_compiled_means_block_mode(void)
{
	struct bed *b = bed_new();
	struct bed other = {0};

	put_policy(b, ACTION_PERMIT);
	struct second p = second_new(b, ACTION_BLOCK, 9);
	is_int(settle(b, 0), 0);
	other.dir = p.dir;
	sql(&other, "UPDATE rule SET id = 300000 WHERE name = 'PR'; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)");
	is_int(settle(b, CAUSE_STORE), -1);
	is_int(b->e.id, COMPILE_RULE);
	ok(strstr(b->e.text, "'PR'"));
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 7));
	mode_is(b, OPMODE_BLOCK);
	sql(&other, "UPDATE policy SET assigned = 0; UPDATE meta SET (counter, structure) = (counter + 1, counter + 1)");
	is_int(settle(b, CAUSE_STORE), 0); /* no persistent policy, no reason to block */
	ok(telnet_passes(b, 1) && telnet_passes(b, 9));
	mode_is(b, OPMODE_SECURE);
	second_free(&p);
	bed_free(b);
}

static void a_persistent_policy_that_the_kernel_refuses_means_block_mode(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_PERMIT);
	struct second p = second_new(b, ACTION_BLOCK, 9);
	b->facts = NULL; /* nothing can be compiled */
	is_int(settle(b, 0), -1);
	ok(!telnet_passes(b, 1));
	mode_is(b, OPMODE_BLOCK);
	b->facts = HOST;
	is_int(settle(b, 0), 0);
	ok(telnet_passes(b, 1) && !telnet_passes(b, 9));
	second_free(&p);
	bed_free(b);
}

static void dynamic_changes_are_refused_in_block_mode(void)
{
	struct bed *b = bed_new();
	struct dyn_change mm = dyn_mm(DYN_ADD, "M"), rule = dyn_telnet(DYN_ADD, 5, ACTION_PERMIT, ACTION_PERMIT);

	struct second p = second_new(b, ACTION_BLOCK, 9);
	spoil(p.dir);
	is_int(settle(b, 0), -1);
	is_int(enforcer_change(b->en, &mm, &b->r, &b->e), 0); /* it enforces nothing */
	b->e = (struct err){0};
	is_int(enforcer_change(b->en, &rule, &b->r, &b->e), -1);
	is_int(err_number(&b->e), 6004);
	ok(!telnet_passes(b, 5));
	second_free(&p);
	bed_free(b);
}

/*
 * The process dies behind every single operation: of a start, of a change of the local policy, of one that comes
 * after a kill. What the persistent policy forbids passes in none of those states once it was in force.
 */
static void no_prefix_lets_through_what_the_persistent_policy_forbids(void)
{
	size_t states = 0;

	for (int negotiate = 0; negotiate < 2; negotiate++) {
		for (size_t at = 0; at < 60; at++) {
			struct bed *b = bed_new();
			put_policy(b, ACTION_PERMIT);
			add_filter(b, 9); /* the local policy permits what the persistent one does not */
			struct second p = second_new(b, negotiate ? ACTION_NEGOTIATE : ACTION_BLOCK, 9);
			kernel_fake_fault(b->kernel, FAKE_FAULT_DIE, at);
			bool whole = settle(b, 0) == 0;
			/* Before the first transaction nothing holds; afterwards it does. */
			ok(kernel_fake_state(b->kernel)->table == KTABLE_NONE || !telnet_passes(b, 9));
			kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
			enforcer_free(b->en);
			b->en = new_enforcer(b);
			is_int(settle(b, 0), 0);
			ok(!telnet_passes(b, 9));
			/* From permit to negotiate and back, by a policy of other shapes. */
			b->block.action = ACTION_NEGOTIATE;
			works(store_filteraction_put(b->st, &b->block, &e));
			kernel_fake_fault(b->kernel, FAKE_FAULT_DIE, at);
			whole &= settle(b, CAUSE_STORE) == 0;
			ok(!telnet_passes(b, 9));
			kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
			states++;
			second_free(&p);
			bed_free(b);
			if (whole)
				break;
		}
	}
	ok(states > 20);
}

static const struct tap_case cases[] = {
	{"both policies are in force", both_policies_are_in_force},
	{"a failing local store leaves both in force", a_failing_local_store_leaves_both_in_force},
	{"a local policy that cannot be compiled stops nothing else",
	    a_local_policy_that_cannot_be_compiled_stops_nothing_else},
	{"a failing local store at start leaves the persistent policy alone",
	    a_failing_local_store_at_start_leaves_the_persistent_policy_alone},
	{"what covers the persistent policy already stays", what_covers_the_persistent_policy_already_stays},
	{"a persistent store that is gone means Block mode", a_persistent_store_that_is_gone_means_block_mode},
	{"a failing persistent store means Block mode until it is repaired",
	    a_failing_persistent_store_means_block_mode_until_it_is_repaired},
	{"a persistent policy that cannot be compiled means Block mode",
	    a_persistent_policy_that_cannot_be_compiled_means_block_mode},
	{"a persistent policy that cannot be applied means Block mode",
	    a_persistent_policy_that_the_kernel_refuses_means_block_mode},
	{"dynamic changes are refused in Block mode", dynamic_changes_are_refused_in_block_mode},
	{"no prefix lets through what the persistent policy forbids",
	    no_prefix_lets_through_what_the_persistent_policy_forbids},
};
TAP_MAIN(cases)
