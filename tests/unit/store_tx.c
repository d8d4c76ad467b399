/* Commands, groups, the change counter, and several programs at one store. */
#include "tests/unit/store_util.h"

#include <sys/wait.h>
#include <time.h>

#include "store/internal.h"
#include "common/base/banned.h"

static char *dir;
static struct store *st;

static void set_up(void)
{
	dir = dir_new();
	st = open_or_die(dir, STORE_RW);
}

static void tear_down(void)
{
	store_close(st);
	dir_free(dir);
}

static size_t lists_in(struct store *s)
{
	struct arena a = {0};
	struct filterlist *l;
	size_t n = 0;

	works(store_filterlist_list(s, &a, &l, &n, &e));
	arena_free(&a);
	return n;
}

static int add_list(struct store *s, const char *name, struct err *e)
{
	struct filterlist l = a_list(name);

	return store_filterlist_add(s, &l, e);
}

/* --- the change counter ------------------------------------------------------------------------- */

static void counter_moves_once_with_each_change(void)
{
	struct policy p = a_policy("P");
	struct rule def = a_default_rule();
	struct filterlist l = a_list("L");
	struct filteraction fa = an_action("A", ACTION_PERMIT);

	set_up();
	is_int(counter_of(st), 0);
	works(store_policy_add(st, &p, &def, &e));
	is_int(counter_of(st), 1);
	works(store_filterlist_add(st, &l, &e));
	works(store_filteraction_add(st, &fa, &e));
	is_int(counter_of(st), 3);
	works(store_cmd_begin(st, &e));
	works(add_list(st, "one", &e));
	works(add_list(st, "two", &e));
	works(store_cmd_end(st, true, &e));
	is_int(counter_of(st), 4);
	works(store_policy_delete(st, p.id, &e));
	is_int(counter_of(st), 5);
	tear_down();
}

static void counter_stays_when_nothing_changes(void)
{
	struct policy p = a_policy("P");
	struct rule def = a_default_rule(), *v;
	struct filterlist l = a_list("L");
	struct filteraction fa = an_action("A", ACTION_PERMIT);
	struct arena a = {0};
	size_t n;

	set_up();
	fa.offers.n = 1;
	p.assigned = true;
	works(store_policy_add(st, &p, &def, &e));
	works(store_filterlist_add(st, &l, &e));
	works(store_filteraction_add(st, &fa, &e));
	struct rule r = a_rule("R", &l, &fa);
	works(store_rule_add(st, p.id, &r, NULL, &e));
	uint64_t before = counter_of(st);
	works(store_policy_put(st, &p, &e));
	works(store_filterlist_put(st, &l, &e));
	works(store_filteraction_put(st, &fa, &e));
	works(store_rule_list(st, p.id, &a, &v, &n, &e));
	for (size_t i = 0; i < n; i++)
		works(store_rule_put(st, p.id, &v[i], NULL, &e));
	works(store_filter_delete(st, l.id, (int64_t[]){1, 2}, 2, &e));
	works(store_rule_delete(st, 99, &e));
	works(store_policy_delete(st, 99, &e));
	works(store_filterlist_delete(st, 99, &e));
	works(store_cmd_begin(st, &e));
	works(store_cmd_end(st, true, &e));
	refused(add_list(st, "l", &e), FILTERLIST_EXISTS);
	works(store_cmd_begin(st, &e));
	works(add_list(st, "undone", &e));
	works(store_cmd_end(st, false, &e));
	is_int(counter_of(st), before);
	arena_free(&a);
	tear_down();
}

static void every_field_that_changes_moves_the_counter(void)
{
	struct policy p = a_policy("P");
	struct rule def = a_default_rule(), r;
	struct filterlist l = a_list("L");
	struct filteraction fa = an_action("A", ACTION_NEGOTIATE);

	set_up();
	works(store_policy_add(st, &p, &def, &e));
	works(store_filterlist_add(st, &l, &e));
	works(store_filteraction_add(st, &fa, &e));
	r = a_rule("R", &l, &fa);
	works(store_rule_add(st, p.id, &r, NULL, &e));
	uint64_t n = counter_of(st);
#define CHANGE(field, value, put)                                                                  \
	do {                                                                                       \
		field = value;                                                                     \
		works(put);                                                                        \
		is_int(counter_of(st), ++n);                                                       \
	} while (0)
	CHANGE(p.name, "p", store_policy_put(st, &p, &e));
	CHANGE(p.description, "d", store_policy_put(st, &p, &e));
	CHANGE(p.mmpfs, true, store_policy_put(st, &p, &e));
	CHANGE(p.assigned, true, store_policy_put(st, &p, &e));
	CHANGE(p.qmpermm, 9, store_policy_put(st, &p, &e));
	CHANGE(p.mmlifetime_s, 9, store_policy_put(st, &p, &e));
	CHANGE(p.pollinginterval_s, 9, store_policy_put(st, &p, &e));
	CHANGE(p.offers.v[0].group, 1, store_policy_put(st, &p, &e));
	CHANGE(p.offers.n, 0, store_policy_put(st, &p, &e));
	CHANGE(l.name, "l", store_filterlist_put(st, &l, &e));
	CHANGE(l.description, "d", store_filterlist_put(st, &l, &e));
	CHANGE(fa.name, "a", store_filteraction_put(st, &fa, &e));
	CHANGE(fa.description, "d", store_filteraction_put(st, &fa, &e));
	CHANGE(fa.action, ACTION_BLOCK, store_filteraction_put(st, &fa, &e));
	CHANGE(fa.qmpfs, true, store_filteraction_put(st, &fa, &e));
	CHANGE(fa.inpass, true, store_filteraction_put(st, &fa, &e));
	CHANGE(fa.soft, true, store_filteraction_put(st, &fa, &e));
	CHANGE(fa.offers.n, 1, store_filteraction_put(st, &fa, &e));
	CHANGE(fa.offers.v[0].life_s, 1, store_filteraction_put(st, &fa, &e));
	CHANGE(r.name, "r", store_rule_put(st, p.id, &r, NULL, &e));
	CHANGE(r.description, "d", store_rule_put(st, p.id, &r, NULL, &e));
	CHANGE(r.active, false, store_rule_put(st, p.id, &r, NULL, &e));
	CHANGE(r.conntype, CONN_DIALUP, store_rule_put(st, p.id, &r, NULL, &e));
	CHANGE(r.tunnel.family, IP_V4, store_rule_put(st, p.id, &r, NULL, &e));
	CHANGE(r.auth.n, 0, store_rule_put(st, p.id, &r, NULL, &e));
#undef CHANGE
	tear_down();
}

static void a_group_moves_the_counter_once_a_transaction(void)
{
	set_up();
	works(store_group_begin(st, &e));
	works(add_list(st, "a", &e));
	works(add_list(st, "b", &e));
	works(store_group_flush(st, &e));
	is_int(counter_of(st), 1);
	works(store_group_flush(st, &e));
	works(add_list(st, "c", &e));
	works(store_group_end(st, &e));
	is_int(counter_of(st), 2);
	works(add_list(st, "d", &e));
	is_int(counter_of(st), 3);
	tear_down();
}

/* --- all or nothing ----------------------------------------------------------------------------- */

static void an_undone_command_leaves_nothing(void)
{
	struct filterlist l = a_list("L");
	struct filter f = a_filter(1);
	bool added;

	set_up();
	works(add_list(st, "kept", &e));
	char *before = show_store(st, true);
	works(store_cmd_begin(st, &e));
	works(store_filterlist_add(st, &l, &e));
	works(store_filter_add(st, l.id, &f, &added, &e));
	is_int(lists_in(st), 2); /* the command sees its own work */
	works(store_cmd_end(st, false, &e));
	char *after = show_store(st, true);
	is_str(after, before);
	free(before);
	free(after);
	tear_down();
}

static void a_failing_call_leaves_the_command_usable(void)
{
	set_up();
	works(store_cmd_begin(st, &e));
	works(add_list(st, "a", &e));
	refused(add_list(st, "A", &e), FILTERLIST_EXISTS);
	works(add_list(st, "b", &e));
	works(store_cmd_begin(st, &e));
	works(add_list(st, "c", &e));
	works(store_cmd_end(st, false, &e));
	works(store_cmd_end(st, true, &e));
	is_int(lists_in(st), 2);
	tear_down();
}

static void a_call_that_fails_half_way_is_undone(void)
{
	struct policy p = a_policy("P"), q;
	struct rule def = a_default_rule();
	struct arena a = {0};

	set_up();
	p.assigned = true;
	works(store_policy_add(st, &p, &def, &e));
	/* Unassigns P, adds Q, and fails at the default rule, whose key has no text. */
	q = p;
	q.name = "Q";
	q.guid = (struct guid){0};
	def.auth.v[0].kind = AUTH_PSK;
	works(store_cmd_begin(st, &e));
	refused(store_policy_add(st, &q, &def, &e), BUG);
	works(add_list(st, "later", &e));
	works(store_cmd_end(st, true, &e));
	works(store_policy_find(st, "P", NULL, &a, &p, &e));
	ok(p.assigned);
	refused(store_policy_find(st, "Q", NULL, &a, &q, &e), POLICY_NOTFOUND);
	is_int(lists_in(st), 1);
	arena_free(&a);
	tear_down();
}

static void a_failing_command_spares_its_group(void)
{
	set_up();
	works(store_group_begin(st, &e));
	for (int i = 0; i < 30; i++) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		works(store_cmd_begin(st, &e));
		works(add_list(st, name, &e));
		if (i % 3 == 0)
			refused(add_list(st, name, &e), FILTERLIST_EXISTS);
		works(store_cmd_end(st, i % 3 != 0, &e));
	}
	works(store_group_end(st, &e));
	is_int(lists_in(st), 20);
	tear_down();
}

static void only_what_was_flushed_is_seen_by_others(void)
{
	set_up();
	struct store *other = open_or_die(dir, STORE_READ_ONLY);
	works(store_group_begin(st, &e));
	works(add_list(st, "a", &e));
	is_int(lists_in(other), 0);
	works(store_group_flush(st, &e));
	is_int(lists_in(other), 1);
	works(add_list(st, "b", &e));
	is_int(lists_in(other), 1);
	store_close(st); /* flushes */
	is_int(lists_in(other), 2);
	store_close(other);
	st = open_or_die(dir, STORE_RW);
	tear_down();
}

static void a_group_is_flushed_by_time(void)
{
	struct timespec wait = {.tv_nsec = (STORE_GROUP_MS + 20) * 1000000L};

	set_up();
	struct store *other = open_or_die(dir, STORE_READ_ONLY);
	works(store_group_begin(st, &e));
	works(add_list(st, "a", &e));
	nanosleep(&wait, NULL);
	is_int(lists_in(other), 0);
	works(add_list(st, "b", &e));
	is_int(lists_in(other), 2);
	store_close(other);
	tear_down();
}

static void an_open_command_is_undone_by_close(void)
{
	set_up();
	works(store_group_begin(st, &e));
	works(add_list(st, "done", &e));
	works(store_cmd_begin(st, &e));
	works(add_list(st, "not done", &e));
	store_close(st);
	st = open_or_die(dir, STORE_RW);
	is_int(lists_in(st), 1);
	tear_down();
}

static int begin_inside(void *ctx, const struct filter *f, struct err *e)
{
	(void)ctx, (void)f;
	return store_cmd_begin(st, e);
}

static void wrong_nesting_is_reported(void)
{
	struct filterlist l = a_list("L");
	struct filter f = a_filter(1);
	bool added;

	set_up();
	refused(store_cmd_end(st, true, &e), BUG);
	works(store_filterlist_add(st, &l, &e));
	works(store_filter_add(st, l.id, &f, &added, &e));
	refused(store_filter_each(st, l.id, begin_inside, NULL, &e), BUG);
	for (int i = 0; i < STORE_DEPTH_MAX; i++)
		works(store_cmd_begin(st, &e));
	refused(store_cmd_begin(st, &e), BUG);
	refused(store_group_flush(st, &e), BUG);
	refused(store_group_begin(st, &e), BUG);
	for (int i = 0; i < STORE_DEPTH_MAX; i++)
		works(store_cmd_end(st, true, &e));
	tear_down();
}

/* --- several programs --------------------------------------------------------------------------- */

static void a_second_writer_waits_and_then_says_so(void)
{
	set_up();
	struct store *other = open_or_die(dir, STORE_RW);
	sqlite3_busy_timeout(other->h.db, 50);
	works(store_cmd_begin(st, &e));
	works(add_list(st, "mine", &e));
	refused(add_list(other, "theirs", &e), STORE_BUSY);
	is_int(lists_in(other), 0); /* reading goes on */
	works(store_cmd_end(st, true, &e));
	works(add_list(other, "theirs", &e));
	is_int(lists_in(st), 2);
	store_close(other);
	tear_down();
}

static void writer(int who, int n)
{
	struct store *mine = open_or_die(dir, STORE_RW);
	struct err e = {0};
	int bad = 0;

	if (who % 2)
		bad |= store_group_begin(mine, &e) < 0;
	for (int i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof name, "%d-%d", who, i);
		bad |= add_list(mine, name, &e) < 0;
		if (i % 10 == 9)
			bad |= store_group_flush(mine, &e) < 0;
	}
	store_close(mine);
	_exit(bad);
}

static void writers_at_once_lose_nothing(void)
{
	enum { WRITERS = 4, EACH = 40 };
	int status;

	set_up();
	store_close(st); /* an open SQLite handle must not cross a fork */
	fflush(stdout);
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			writer(i, EACH);
	struct store *reader = open_or_die(dir, STORE_READ_ONLY);
	for (int i = 0; i < WRITERS; i++) {
		ok(lists_in(reader) <= WRITERS * EACH);
		wait(&status);
		is_int(status, 0);
	}
	is_int(lists_in(reader), WRITERS * EACH);
	ok(counter_of(reader) >= 2 * EACH && counter_of(reader) <= WRITERS * EACH);
	store_close(reader);
	st = open_or_die(dir, STORE_RW);
	tear_down();
}

static void a_snapshot_is_one_moment(void)
{
	struct err err = {0};
	int status;

	set_up();
	works(add_list(st, "0", &e));
	store_close(st); /* an open SQLite handle must not cross a fork */
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		/* Each command adds a list and a filter in it; a snapshot sees both or none. */
		struct store *mine = open_or_die(dir, STORE_RW);
		for (uint32_t i = 1; i < 60; i++) {
			struct filter f = a_filter(i);
			char name[16];
			bool added;
			snprintf(name, sizeof name, "%u", i);
			struct filterlist l = a_list(name);
			store_cmd_begin(mine, &err);
			store_filterlist_add(mine, &l, &err);
			store_filter_add(mine, l.id, &f, &added, &err);
			store_cmd_end(mine, true, &err);
		}
		store_close(mine);
		_exit(err.kind != ERR_NONE);
	}
	st = open_or_die(dir, STORE_READ_ONLY);
	for (bool done = false; !done;) {
		done = waitpid(pid, &status, WNOHANG) == pid;
		struct policyset *ps = store_snapshot(st, &err);
		size_t filters = 0;
		for (size_t i = 0; i < ps->nfilterlists; i++)
			filters += ps->filterlists[i].nfilters;
		is_int(filters, ps->nfilterlists - 1);
		is_int(ps->counter, ps->nfilterlists);
		policyset_free(ps);
	}
	is_int(status, 0);
	is_int(lists_in(st), 60);
	tear_down();
}

/* --- whole commands ------------------------------------------------------------------------------ */

static void a_whole_command_is_kept_as_one(void)
{
	set_up();
	works(store_whole_begin(st, &e));
	works(add_list(st, "one", &e));
	works(add_list(st, "two", &e));
	refused(add_list(st, "TWO", &e), FILTERLIST_EXISTS); /* had written nothing */
	works(store_cmd_end(st, true, &e));
	is_int(lists_in(st), 2);
	is_int(counter_of(st), 1);
	works(store_whole_begin(st, &e));
	works(add_list(st, "three", &e));
	works(store_cmd_end(st, false, &e));
	is_int(lists_in(st), 2);
	is_int(counter_of(st), 1);
	tear_down();
}

static void a_part_that_fails_dooms_the_whole(void)
{
	set_up();
	works(store_group_begin(st, &e));
	works(add_list(st, "before", &e));
	works(store_cmd_begin(st, &e));
	works(store_whole_begin(st, &e));
	works(add_list(st, "one", &e));
	works(store_cmd_begin(st, &e));
	works(add_list(st, "two", &e));
	works(store_cmd_end(st, false, &e));
	refused(store_cmd_end(st, true, &e), BUG);
	works(store_cmd_end(st, false, &e));
	works(add_list(st, "after", &e));
	works(store_group_end(st, &e));
	is_int(lists_in(st), 2);
	is_int(counter_of(st), 1);
	tear_down();
}

static const struct tap_case cases[] = {
	{"counter_moves_once_with_each_change", counter_moves_once_with_each_change},
	{"counter_stays_when_nothing_changes", counter_stays_when_nothing_changes},
	{"every_field_that_changes_moves_the_counter", every_field_that_changes_moves_the_counter},
	{"a_group_moves_the_counter_once_a_transaction", a_group_moves_the_counter_once_a_transaction},
	{"an_undone_command_leaves_nothing", an_undone_command_leaves_nothing},
	{"a_failing_call_leaves_the_command_usable", a_failing_call_leaves_the_command_usable},
	{"a_call_that_fails_half_way_is_undone", a_call_that_fails_half_way_is_undone},
	{"a_failing_command_spares_its_group", a_failing_command_spares_its_group},
	{"only_what_was_flushed_is_seen_by_others", only_what_was_flushed_is_seen_by_others},
	{"a_group_is_flushed_by_time", a_group_is_flushed_by_time},
	{"an_open_command_is_undone_by_close", an_open_command_is_undone_by_close},
	{"wrong_nesting_is_reported", wrong_nesting_is_reported},
	{"a_second_writer_waits_and_then_says_so", a_second_writer_waits_and_then_says_so},
	{"writers_at_once_lose_nothing", writers_at_once_lose_nothing},
	{"a_snapshot_is_one_moment", a_snapshot_is_one_moment},
	{"a_whole_command_is_kept_as_one", a_whole_command_is_kept_as_one},
	{"a_part_that_fails_dooms_the_whole", a_part_that_fails_dooms_the_whole},
};

TAP_MAIN(cases)
