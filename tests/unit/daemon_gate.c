/*
 * The enforcer behind the boot gate: what takes the gate away and what must not, and a store that is gone, which
 * says nothing about what shall be in force.
 */
#include "common/boot/copy_file.h"
#include "tests/unit/daemon_bed.h"
#include "tests/unit/dyn_util.h"

#include "common/base/banned.h"

static void gate_stands(struct bed *b)
{
	struct kstate s;

	kstate_dup(kernel_fake_state(b->kernel), &s);
	s.gate = true;
	kernel_fake_set(b->kernel, &s);
	kstate_free(&s);
}

static bool gate_is_there(const struct bed *b)
{
	return kernel_fake_state(b->kernel)->gate;
}

/* What ipsecsh writes when it assigns. */
static void copy_says(struct bed *b, bool assigned)
{
	const struct bootcopy c = {.ever_assigned = true, .assigned_local = assigned};

	works(bootcopy_write(b->boot, &c, &e));
}

static void remove_store(struct bed *b)
{
	store_close(b->st);
	b->st = NULL;
	is_int(unlink(in_dir(b->dir, "policy.db")), 0);
	unlink(in_dir(b->dir, "policy.db-wal"));
	unlink(in_dir(b->dir, "policy.db-shm"));
}

/* --- the gate --------------------------------------------------------------------------------------- */

static void the_gate_goes_once_the_policy_is_in_force(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	gate_stands(b);
	is_int(settle(b, 0), 0);
	ok(!telnet_passes(b, 1));
	ok(!gate_is_there(b));
	ok(b->r.gate_opened && enforcer_is_ready(b->en));
	bed_free(b);
}

static void a_policy_that_cannot_be_applied_leaves_the_gate(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	gate_stands(b);
	kernel_fake_fault(b->kernel, FAKE_FAULT_REFUSE, 0);
	is_int(settle(b, 0), -1);
	ok(gate_is_there(b));
	ok(!b->r.gate_opened && !enforcer_is_ready(b->en));
	kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
	is_int(settle(b, 0), 0);
	ok(!gate_is_there(b));
	bed_free(b);
}

/* The daemon dies between plan and gate: the next one takes it away. */
static void a_restarted_enforcer_takes_the_gate_away_too(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	gate_stands(b);
	enforcer_free(b->en);
	b->en = new_enforcer(b);
	is_int(settle(b, 0), 0);
	ok(!gate_is_there(b));
	ok(!telnet_passes(b, 1));
	bed_free(b);
}

static void a_gate_that_comes_back_is_somebodys_wish(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	gate_stands(b);
	is_int(settle(b, CAUSE_KERNEL), 0);
	ok(gate_is_there(b));
	ok(b->r.gate_again);
	is_int(settle(b, CAUSE_KERNEL), 0);
	ok(!b->r.gate_again); /* said once */
	is_int(settle(b, CAUSE_ALL), 0);
	ok(gate_is_there(b));
	bed_free(b);
}

static void without_any_policy_the_gate_goes_as_well(void)
{
	struct bed *b = bed_new();

	gate_stands(b);
	is_int(settle(b, 0), 0);
	ok(!gate_is_there(b));
	bed_free(b);
}

/* Refused: tried again with the next settlement, and the policy is in force all the time. */
static void a_gate_that_cannot_be_removed_is_an_error(void)
{
	struct bed *b = bed_new();

	gate_stands(b);
	kernel_fake_fault(b->kernel, FAKE_FAULT_REFUSE, 0); /* no policy: the gate is the only operation */
	is_int(settle(b, 0), -1);
	ok(gate_is_there(b));
	kernel_fake_fault(b->kernel, FAKE_FAULT_NONE, 0);
	is_int(settle(b, 0), 0);
	ok(!gate_is_there(b));
	bed_free(b);
}

/* --- the store -------------------------------------------------------------------------------------- */

static void a_store_that_vanishes_does_not_open_the_host(void)
{
	struct bed *b = bed_new();

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	remove_store(b);
	is_int(settle(b, CAUSE_STORE), -1); /* the poll comes before the watch of the folder */
	is_int(b->e.id, STORE_GONE);
	is_int(settle(b, CAUSE_REPLACED), -1);
	is_int(b->e.id, STORE_GONE);
	ok(!telnet_passes(b, 1));
	b->facts = HOST_MOVED; /* nor does what happens next */
	is_int(settle(b, CAUSE_FACTS), -1);
	ok(!telnet_passes(b, 1));
	put_policy(b, ACTION_PERMIT);
	is_int(settle(b, CAUSE_REPLACED), 0);
	ok(telnet_passes(b, 1));
	bed_free(b);
}

/* Filters in the plan that are newer than the snapshot make the next compilation read the store anew. */
static void nor_does_it_when_a_dynamic_rule_needs_a_new_snapshot(void)
{
	struct bed *b = bed_new();
	struct dyn_change mm = dyn_mm(DYN_ADD, "M"), c = dyn_telnet(DYN_ADD, 9, ACTION_BLOCK, ACTION_BLOCK);
	struct err e = {0};

	put_policy(b, ACTION_BLOCK);
	is_int(settle(b, 0), 0);
	add_filter(b, 2);
	is_int(settle(b, CAUSE_STORE), 0);
	remove_store(b);
	is_int(enforcer_change(b->en, &mm, &b->r, &e), 0);
	c.u.rule.filter.src.plen = 24; /* a shape of its own: no patch */
	is_int(enforcer_change(b->en, &c, &b->r, &e), -1);
	is_int(e.id, STORE_GONE);
	ok(!telnet_passes(b, 1) && !telnet_passes(b, 2));
	bed_free(b);
}

static void at_start_the_copy_knows_that_a_store_is_gone(void)
{
	struct bed *b = bed_new();

	copy_says(b, true);
	gate_stands(b);
	is_int(settle(b, 0), -1);
	is_int(b->e.id, STORE_GONE);
	ok(gate_is_there(b) && !enforcer_is_ready(b->en));
	copy_says(b, false);
	is_int(settle(b, 0), 0);
	ok(!gate_is_there(b) && enforcer_is_ready(b->en));
	bed_free(b);
}

static void a_damaged_copy_and_no_store_is_no_reason_to_open(void)
{
	struct bed *b = bed_new();
	FILE *f;

	copy_says(b, false);
	f = fopen(in_dir(b->boot, "gate"), "a");
	ok(f && fputs("x", f) >= 0 && fclose(f) == 0);
	gate_stands(b);
	is_int(settle(b, 0), -1);
	is_int(b->e.id, STORE_GONE);
	ok(gate_is_there(b));
	put_policy(b, ACTION_BLOCK); /* a store that is there knows better */
	is_int(settle(b, CAUSE_STORE), 0);
	ok(!gate_is_there(b));
	bed_free(b);
}

static void a_damaged_store_leaves_the_gate(void)
{
	struct bed *b = bed_new();
	FILE *f;

	put_policy(b, ACTION_BLOCK);
	remove_store(b);
	f = fopen(in_dir(b->dir, "policy.db"), "w");
	ok(f && fputs("not a database, and long enough to be read as one", f) >= 0 && fclose(f) == 0);
	chmod(in_dir(b->dir, "policy.db"), 0600);
	gate_stands(b);
	is_int(settle(b, 0), -1);
	ok(gate_is_there(b) && !enforcer_is_ready(b->en));
	bed_free(b);
}

static const struct tap_case cases[] = {
	{"the gate goes once the policy is in force", the_gate_goes_once_the_policy_is_in_force},
	{"a policy that cannot be applied leaves the gate", a_policy_that_cannot_be_applied_leaves_the_gate},
	{"a restarted enforcer takes the gate away too", a_restarted_enforcer_takes_the_gate_away_too},
	{"a gate that comes back is somebody's wish", a_gate_that_comes_back_is_somebodys_wish},
	{"without any policy the gate goes as well", without_any_policy_the_gate_goes_as_well},
	{"a gate that cannot be removed is an error", a_gate_that_cannot_be_removed_is_an_error},
	{"a store that vanishes does not open the host", a_store_that_vanishes_does_not_open_the_host},
	{"nor does it when a dynamic rule needs a new snapshot", nor_does_it_when_a_dynamic_rule_needs_a_new_snapshot},
	{"at start the copy knows that a store is gone", at_start_the_copy_knows_that_a_store_is_gone},
	{"a damaged copy and no store is no reason to open", a_damaged_copy_and_no_store_is_no_reason_to_open},
	{"a damaged store leaves the gate", a_damaged_store_leaves_the_gate},
};
TAP_MAIN(cases)
