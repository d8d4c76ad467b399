/*
 * The disk fails at the n-th write, for every n: the store is afterwards what it was before the command
 * or what it is after it, never between; whoever was told of success finds it done; and every rule finds
 * its key.
 */
#include "tests/unit/store_util.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common/base/secret.h"
#include "tests/unit/store_vfs.h"
#include "common/base/banned.h"

enum { TOO_MANY = 400 }; /* writes that one command can need at most */

static char *dir;

/* A store in a fresh `dir`: a policy with a rule with a key. */
static void make(void)
{
	const char *psk[] = {"old key"};
	struct policy p = a_policy("P");
	struct rule def = a_default_rule();
	struct filterlist l = a_list("L");
	struct filteraction fa = an_action("A", ACTION_NEGOTIATE);

	dir = dir_new();
	struct store *st = open_or_die(dir, STORE_RW);
	works(store_policy_add(st, &p, &def, &e));
	works(store_filterlist_add(st, &l, &e));
	works(store_filteraction_add(st, &fa, &e));
	struct rule r = a_rule("old", &l, &fa);
	r.auth.v[0] = (struct auth_method){.kind = AUTH_PSK};
	works(store_rule_add(st, p.id, &r, psk, &e));
	store_close(st);
}

static char *made;

static void forget(void)
{
	dir_free(made);
}

static void copy(const char *from, const char *file)
{
	char chunk[4096];
	size_t n;
	FILE *in = fopen(in_dir(from, file), "r"), *out = fopen(in_dir(dir, file), "w");

	while (in && out && (n = fread(chunk, 1, sizeof chunk, in)) > 0)
		ok(fwrite(chunk, 1, n, out) == n);
	ok(in && out && fclose(in) == 0 && fclose(out) == 0);
	chmod(in_dir(dir, file), 0600);
}

/* The same in another fresh `dir`, without the syncs of making it. */
static void prepare(void)
{
	if (!made) {
		make();
		made = dir;
		atexit(forget);
	}
	dir = dir_new();
	mkdir(dir, 0700);
	copy(made, "policy.db");
	copy(made, "secrets.db");
}

static int find_all(struct store *st, struct arena *a, struct policy *p, struct filterlist *l,
    struct filteraction *fa, struct rule **r, struct err *e)
{
	size_t n;

	if (store_policy_find(st, "P", NULL, a, p, e) < 0 || store_filterlist_find(st, "L", NULL, a, l, e) < 0 ||
	    store_filteraction_find(st, "A", NULL, a, fa, e) < 0)
		return -1;
	return store_rule_list(st, p->id, a, r, &n, e);
}

/* What the command does: assigns, adds filters, replaces the rule by one with another key. */
static int change(struct store *st, struct arena *a, struct err *e)
{
	const char *psk[] = {"new key"};
	struct policy p;
	struct filterlist l;
	struct filteraction fa;
	struct rule *old, new;
	bool added;

	if (find_all(st, a, &p, &l, &fa, &old, e) < 0)
		return -1;
	p.assigned = true;
	if (store_policy_put(st, &p, e) < 0)
		return -1;
	for (uint32_t i = 0; i < 200; i++) {
		struct filter f = a_filter(i);
		if (store_filter_add(st, l.id, &f, &added, e) < 0)
			return -1;
	}
	new = a_rule("new", &l, &fa);
	new.auth.v[0] = (struct auth_method){.kind = AUTH_PSK};
	if (store_rule_delete(st, old[0].id, e) < 0)
		return -1;
	return store_rule_add(st, p.id, &new, psk, e);
}

/* The whole life of a program: open, one command, close. */
static int run(void)
{
	struct arena a = {0};
	struct err e = {0}, second = {0};
	int rc = -1;

	struct store *st = store_open(dir, STORE_RW, &e);
	if (st && store_cmd_begin(st, &e) == 0) {
		rc = change(st, &a, &e);
		rc = rc == 0 ? store_cmd_end(st, true, &e) : (store_cmd_end(st, false, &second), -1);
	}
	store_close(st);
	arena_free(&a);
	return rc;
}

/* Every rule finds its key. */
static void check_keys(struct store *st, const char *when, long n)
{
	struct err e = {0};
	struct policyset *ps = store_snapshot(st, &e);
	char *text = NULL;

	for (size_t i = 0; ps && i < ps->policies[0].nrules; i++) {
		const struct rule *r = &ps->policies[0].rules[i];
		if (r->is_default)
			continue;
		if (store_psk_get(st, &r->auth.v[0].secret_id, &text, &e) < 0 ||
		    strncmp(text, r->name, 3) != 0) {
			tap_fail(__FILE__, __LINE__, "a rule without its key");
			printf("#   %s write %ld: rule '%s': %s\n", when, n, r->name, e.text);
		}
		secret_free(text);
		text = NULL;
	}
	policyset_free(ps);
}

static int count_rows(const char *file, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	int n = -1;

	if (sqlite3_open_v2(in_dir(dir, file), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

/* The state after a fault at call n is one of the two; `must`: 1 after, 0 before, -1 either. */
static void check_state(const char *before, const char *after, int must, const char *when, long n)
{
	struct filterlist probe = a_list("probe");
	struct store *st = open_or_die(dir, STORE_RW);
	char *now = show_store(st, false);
	bool is_before = strcmp(now, before) == 0, is_after = strcmp(now, after) == 0;

	if (!(is_before && must != 1) && !(is_after && must != 0)) {
		tap_fail(__FILE__, __LINE__, "neither before nor after");
		printf("#   %s write %ld, must=%d:\n%s", when, n, must, now);
	}
	check_keys(st, when, n);
	/* The next writer leaves exactly the keys that are referred to. */
	works(store_filterlist_add(st, &probe, &e));
	is_int(count_rows("secrets.db", "SELECT count(*) FROM secret"), 1);
	free(now);
	store_close(st);
}

static char *state(void)
{
	struct store *st = open_or_die(dir, STORE_READ_ONLY);
	char *s = show_store(st, false);

	store_close(st);
	return s;
}

/* The two states between which nothing may be seen. */
static void both_states(char **before, char **after)
{
	prepare();
	*before = state();
	is_int(run(), 0);
	*after = state();
	ok(strcmp(*before, *after) != 0);
	dir_free(dir);
}

static void every_failing_write_leaves_before_or_after(void)
{
	char *before, *after;
	long n = 0;

	both_states(&before, &after);
	do {
		prepare();
		fault_at(++n, false);
		int rc = run();
		fault_off();
		/* A commit whose sync failed may have reached the disk all the same; success may not be lost. */
		check_state(before, after, rc == 0 ? 1 : -1, "failing", n);
		dir_free(dir);
	} while (fault.fired && n < TOO_MANY);
	ok(n > 10 && n < TOO_MANY);
	free(before);
	free(after);
}

static void every_crash_leaves_before_or_after(void)
{
	char *before, *after;
	int status;
	long n = 0;

	both_states(&before, &after);
	do {
		prepare();
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0) {
			fault_at(n + 1, true);
			_exit(run() != 0);
		}
		n++;
		waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == VFS_CRASHED));
		check_state(before, after, WEXITSTATUS(status) == 0 ? 1 : -1, "crash at", n);
		dir_free(dir);
	} while (WEXITSTATUS(status) == VFS_CRASHED && n < TOO_MANY);
	ok(n > 10 && n < TOO_MANY);
	free(before);
	free(after);
}

static void making_a_store_can_be_interrupted_anywhere(void)
{
	struct filterlist l = a_list("L");
	int status;
	long n = 0;

	do {
		dir = dir_new();
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0) {
			struct err e = {0};
			fault_at(n + 1, true);
			struct store *st = store_open(dir, STORE_RW, &e);
			store_close(st);
			_exit(st == NULL);
		}
		n++;
		waitpid(pid, &status, 0);
		struct store *st = open_or_die(dir, STORE_READ_ONLY);
		is_int(counter_of(st), 0);
		store_close(st);
		st = open_or_die(dir, STORE_RW);
		works(store_filterlist_add(st, &l, &e));
		store_close(st);
		dir_free(dir);
	} while (WEXITSTATUS(status) == VFS_CRASHED && n < TOO_MANY);
	ok(n > 3 && n < TOO_MANY);
}

/* A disk that breaks in the middle of a group takes the group with it, says so, and is usable again. */
static void a_lost_group_is_told(void)
{
	struct err err = {0};
	bool told = false;

	prepare();
	struct store *st = open_or_die(dir, STORE_RW);
	char *before = show_store(st, true);
	works(store_group_begin(st, &e));
	for (int i = 0; i < 3; i++) {
		char name[8];
		snprintf(name, sizeof name, "%d", i);
		struct filterlist l = a_list(name);
		works(store_filterlist_add(st, &l, &e));
	}
	fault_at(1, false);
	is_int(store_group_flush(st, &err), -1);
	fault_off();
	is_int(err.id, STORE_FAILED);
	told = strstr(err.text, "(the 3 commands before it are undone too)") != NULL;
	ok(told);
	char *after = show_store(st, true);
	is_str(after, before);
	struct filterlist l = a_list("again");
	works(store_filterlist_add(st, &l, &e));
	works(store_group_end(st, &e));
	store_close(st);
	st = open_or_die(dir, STORE_READ_ONLY);
	struct arena a = {0};
	works(store_filterlist_find(st, "again", NULL, &a, &l, &e));
	arena_free(&a);
	store_close(st);
	free(before);
	free(after);
	dir_free(dir);
}

/* Fills the "disk" (a limit on the size of files) and reports through the exit status. */
static int fill(void)
{
	struct rlimit limit = {300 * 1024, 300 * 1024};
	struct err e = {0};
	uint32_t n = 0;
	bool added;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	struct store *st = open_or_die(dir, STORE_RW);
	struct filterlist l = a_list("big");
	if (store_filterlist_add(st, &l, &e) < 0)
		return 2;
	for (; n < 100000 && !e.kind; n++) {
		if (store_cmd_begin(st, &e) < 0)
			break;
		for (uint32_t i = 0; i < 50; i++) {
			struct filter f = a_filter(n * 50 + i);
			if (store_filter_add(st, l.id, &f, &added, &e) < 0)
				break;
		}
		struct err second = {0};
		if (store_cmd_end(st, e.kind == ERR_NONE, &second) < 0 && !e.kind)
			e = second;
	}
	char *now = show_store(st, true);
	store_close(st);
	st = open_or_die(dir, STORE_READ_ONLY);
	char *reopened = show_store(st, true);
	bool same = strcmp(now, reopened) == 0;
	store_close(st);
	free(now);
	free(reopened);
	if (e.id != STORE_FAILED)
		printf("# %s\n", e.text);
	fflush(stdout);
	return e.id != STORE_FAILED ? 3 : !same ? 4 : 0;
}

static void a_full_disk_is_an_error_not_a_damage(void)
{
	struct filterlist l = a_list("room again");
	int status;

	dir = dir_new();
	fflush(stdout);
	if (fork() == 0)
		_exit(fill());
	wait(&status);
	is_int(status, 0);
	/* Whole commands only, and with room again it goes on. */
	struct store *st = open_or_die(dir, STORE_RW);
	works(store_filterlist_add(st, &l, &e));
	store_close(st);
	int n = count_rows("policy.db", "SELECT count(*) FROM filter");
	ok(n > 0 && n % 50 == 0);
	dir_free(dir);
}

static const struct tap_case cases[] = {
	{"every_failing_write_leaves_before_or_after", every_failing_write_leaves_before_or_after},
	{"every_crash_leaves_before_or_after", every_crash_leaves_before_or_after},
	{"making_a_store_can_be_interrupted_anywhere", making_a_store_can_be_interrupted_anywhere},
	{"a_lost_group_is_told", a_lost_group_is_told},
	{"a_full_disk_is_an_error_not_a_damage", a_full_disk_is_an_error_not_a_damage},
};

/* Before main, and so before the first store is opened. */
__attribute__((constructor)) static void install(void)
{
	fault_install();
}

TAP_MAIN(cases)
