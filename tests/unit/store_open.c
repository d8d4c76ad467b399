/* Opening: rights, damage, versions, reading what is not there or may not be written. */
#include "tests/unit/store_util.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "store/schema.h"
#include "common/base/banned.h"

static char *dir;
static struct arena a;

static void set_up(void)
{
	dir = dir_new();
}

static void tear_down(void)
{
	arena_free(&a);
	dir_free(dir);
}

static unsigned mode_of(const char *path)
{
	struct stat sb;

	return stat(path, &sb) < 0 ? 0 : sb.st_mode & 07777;
}

/* The message with which opening is refused, MSG_NONE when it is not. */
static enum msg_id open_result(enum store_mode mode)
{
	struct err e = {0};
	struct store *st = store_open(dir, mode, &e);

	store_close(st);
	return st ? MSG_NONE : e.id;
}

static size_t lists_in(struct store *st)
{
	struct filterlist *l;
	size_t n = 99;

	works(store_filterlist_list(st, &a, &l, &n, &e));
	return n;
}

static void add_list(const char *name)
{
	struct store *st = open_or_die(dir, STORE_RW);
	struct filterlist l = a_list(name);

	works(store_filterlist_add(st, &l, &e));
	store_close(st);
}

/* Runs SQL on a file of ours behind the store's back. */
static void tamper(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	ok(sqlite3_open(path, &db) == SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		tap_fail(__FILE__, __LINE__, why);
	sqlite3_free(why);
	sqlite3_close(db);
}

static void write_at(const char *path, off_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ok(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
	close(fd);
}

/* --- rights ------------------------------------------------------------------------------------- */

static void rights_do_not_depend_on_the_umask(void)
{
	static const mode_t masks[] = {0, 022, 0777};
	static const char *const files[] = {"policy.db", "policy.db-wal", "policy.db-shm"};

	for (size_t i = 0; i < N_OF(masks); i++) {
		set_up();
		mode_t old = umask(masks[i]);
		struct store *st = open_or_die(dir, STORE_RW);
		struct filterlist l = a_list("L");
		works(store_filterlist_add(st, &l, &e));
		umask(old);
		is_int(mode_of(dir), 0700);
		for (size_t j = 0; j < N_OF(files); j++)
			is_int(mode_of(in_dir(dir, files[j])), 0600);
		store_close(st);
		tear_down();
	}
}

static void what_others_can_write_is_refused(void)
{
	set_up();
	add_list("L");
	chmod(dir, 0720);
	is_int(open_result(STORE_RW), STORE_UNSAFE);
	is_int(open_result(STORE_READ_ONLY), STORE_UNSAFE);
	chmod(dir, 0755);
	is_int(open_result(STORE_RW), MSG_NONE);
	chmod(in_dir(dir, "policy.db"), 0602);
	is_int(open_result(STORE_RW), STORE_UNSAFE);
	is_int(open_result(STORE_READ_ONLY), STORE_UNSAFE);
	chmod(in_dir(dir, "policy.db"), 0600);
	is_int(open_result(STORE_READ_ONLY), MSG_NONE);
	if (geteuid() == 0) { /* only root can give files away */
		ok(chown(in_dir(dir, "policy.db"), 12345, 0) == 0);
		is_int(open_result(STORE_RW), STORE_UNSAFE);
		is_int(open_result(STORE_READ_ONLY), STORE_UNSAFE);
		ok(chown(in_dir(dir, "policy.db"), 0, 0) == 0 && chown(dir, 12345, 0) == 0);
		is_int(open_result(STORE_RW), STORE_UNSAFE);
	}
	tear_down();
}

static void only_a_regular_file_will_do(void)
{
	set_up();
	add_list("L");
	char *aside = xstrdup(in_dir(dir, "aside"));
	ok(rename(in_dir(dir, "policy.db"), aside) == 0 && symlink(aside, in_dir(dir, "policy.db")) == 0);
	is_int(open_result(STORE_RW), STORE_DAMAGED);
	is_int(open_result(STORE_READ_ONLY), STORE_DAMAGED);
	ok(unlink(in_dir(dir, "policy.db")) == 0 && mkdir(in_dir(dir, "policy.db"), 0700) == 0);
	is_int(open_result(STORE_RW), STORE_DAMAGED);
	free(aside);
	tear_down();
}

static void folder_is_made_but_not_its_parents(void)
{
	struct err e = {0};

	set_up();
	ok(store_open(in_dir(dir, "deeper"), STORE_RW, &e) == NULL && e.id == STORE_OPEN);
	tear_down();
}

/* --- reading only ------------------------------------------------------------------------------- */

static void a_missing_store_reads_as_empty(void)
{
	struct err e = {0};
	struct policy p;

	set_up();
	struct store *st = open_or_die(dir, STORE_READ_ONLY);
	is_int(counter_of(st), 0);
	is_int(lists_in(st), 0);
	ok(store_policy_find(st, "P", NULL, &a, &p, &e) == -1 && e.id == POLICY_NOTFOUND);
	char *all = show_store(st, false);
	is_str(all, "");
	free(all);
	is_int(mode_of(dir), 0); /* and is not made by that */
	store_close(st);
	tear_down();
}

static void a_reader_follows_the_file(void)
{
	set_up();
	struct store *st = open_or_die(dir, STORE_READ_ONLY);
	is_int(lists_in(st), 0);
	add_list("appears");
	is_int(counter_of(st), 1);
	is_int(lists_in(st), 1);
	/* Replaced by another one, as when an administrator brings back a saved folder. */
	unlink(in_dir(dir, "policy.db"));
	unlink(in_dir(dir, "policy.db-wal"));
	unlink(in_dir(dir, "policy.db-shm"));
	is_int(lists_in(st), 0);
	add_list("one");
	add_list("two");
	is_int(counter_of(st), 2);
	is_int(lists_in(st), 2);
	store_close(st);
	tear_down();
}

static void a_reader_changes_nothing(void)
{
	struct filterlist l = a_list("M");

	set_up();
	add_list("L");
	struct store *st = open_or_die(dir, STORE_READ_ONLY);
	refused(store_cmd_begin(st, &e), STORE_DENIED);
	refused(store_filterlist_add(st, &l, &e), STORE_DENIED);
	is_int(lists_in(st), 1);
	store_close(st);
	tear_down();
}

/* Runs in a child without root's power to ignore permissions. */
static int as_ordinary_user(int (*f)(void))
{
	int status = -1;

	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		_exit(f());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int make_it(void)
{
	tap_failed = false;
	add_list("L");
	return tap_failed;
}

static int read_it(void)
{
	struct filterlist l = a_list("M");

	tap_failed = false;
	struct store *st = open_or_die(dir, STORE_RW);
	is_int(lists_in(st), 1); /* `show` works as ever, `add` says why not */
	refused(store_filterlist_add(st, &l, &e), STORE_DENIED);
	store_close(st);
	st = open_or_die(dir, STORE_READ_ONLY);
	is_int(lists_in(st), 1);
	is_int(counter_of(st), 1);
	store_close(st);
	fflush(stdout);
	return tap_failed;
}

static void read_only_file_and_folder_can_be_read(void)
{
	static const char *const files[] = {"policy.db", "policy.db-wal", "policy.db-shm"};

	set_up();
	*strrchr(dir, '/') = '\0'; /* the parent must let the ordinary user in */
	chmod(dir, 0777);
	dir[strlen(dir)] = '/';
	is_int(as_ordinary_user(make_it), 0);
	for (size_t i = 0; i < N_OF(files); i++)
		chmod(in_dir(dir, files[i]), 0400);
	is_int(as_ordinary_user(read_it), 0);
	chmod(dir, 0500);
	is_int(as_ordinary_user(read_it), 0);
	chmod(dir, 0700);
	tear_down();
}

/* --- damage and versions ------------------------------------------------------------------------ */

static void foreign_files_are_refused(void)
{
	set_up();
	mkdir(dir, 0700);
	write_at(in_dir(dir, "policy.db"), 0, "this is no database at all, but it is a file\n", 45);
	is_int(open_result(STORE_RW), STORE_DAMAGED);
	is_int(open_result(STORE_READ_ONLY), STORE_DAMAGED);
	unlink(in_dir(dir, "policy.db"));
	tamper(in_dir(dir, "policy.db"), "CREATE TABLE t (x)");
	chmod(in_dir(dir, "policy.db"), 0600);
	is_int(open_result(STORE_RW), STORE_DAMAGED);
	is_int(open_result(STORE_READ_ONLY), STORE_DAMAGED);
	tamper(in_dir(dir, "policy.db"), "PRAGMA user_version = 1");
	is_int(open_result(STORE_RW), STORE_DAMAGED);
	tear_down();
}

static void an_empty_file_is_a_new_store(void)
{
	set_up();
	mkdir(dir, 0700);
	write_at(in_dir(dir, "policy.db"), 0, "", 0);
	struct store *st = open_or_die(dir, STORE_READ_ONLY);
	is_int(lists_in(st), 0);
	add_list("L");
	is_int(lists_in(st), 1);
	store_close(st);
	tear_down();
}

static void a_damaged_page_is_reported(void)
{
	struct err err = {0};
	char junk[4096];
	bool added;

	set_up();
	struct store *st = open_or_die(dir, STORE_RW);
	struct filterlist l = a_list("L");
	works(store_filterlist_add(st, &l, &e));
	store_group_begin(st, &err);
	for (uint32_t i = 0; i < 2000; i++) {
		struct filter f = a_filter(i);
		store_filter_add(st, l.id, &f, &added, &err);
	}
	store_close(st);
	memset(junk, 0xA5, sizeof junk);
	for (off_t page = 30; page < 60; page++)
		write_at(in_dir(dir, "policy.db"), page * 4096, junk, sizeof junk);
	st = open_or_die(dir, STORE_READ_ONLY);
	ok(store_snapshot(st, &err) == NULL && err.id == STORE_DAMAGED);
	store_close(st);
	tear_down();
}

static void impossible_values_are_damage(void)
{
	/* Each leaves a row that the schema's checks would not have let in. */
	static const char *const spoils[] = {
		"UPDATE filter SET src = x''", "UPDATE filter SET src = x'09'", "UPDATE filter SET dst = x'0204'",
		"UPDATE filter SET dst = x'02042101020304'", "UPDATE filter SET dst = x'030401020304'",
		"UPDATE filter SET guid = x'00'", "UPDATE filter SET srcport = 70000",
		"UPDATE filter SET mirrored = 2", "UPDATE filter SET list = 4711",
		"UPDATE rule SET filterlist = 4711 WHERE filterlist IS NOT NULL",
		"UPDATE rule SET tunnel = x'0102'", "UPDATE policy_offer SET encr = 300",
		"UPDATE filteraction_offer SET ah = -1", "UPDATE rule_auth SET kind = 9", "DELETE FROM meta"};
	struct err err = {0};

	for (size_t i = 0; i < N_OF(spoils); i++) {
		struct policy p = a_policy("P");
		struct rule def = a_default_rule();
		struct filterlist l = a_list("L");
		struct filteraction fa = an_action("A", ACTION_NEGOTIATE);
		struct filter f = a_filter(1);
		struct buf sql = {0};
		bool added;

		set_up();
		fa.offers.n = 1;
		struct store *st = open_or_die(dir, STORE_RW);
		works(store_policy_add(st, &p, &def, &e));
		works(store_filterlist_add(st, &l, &e));
		works(store_filteraction_add(st, &fa, &e));
		struct rule r = a_rule("R", &l, &fa);
		works(store_rule_add(st, p.id, &r, NULL, &e));
		works(store_filter_add(st, l.id, &f, &added, &e));
		store_close(st);
		buf_printf(&sql, "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; %s", spoils[i]);
		tamper(in_dir(dir, "policy.db"), sql.data);
		st = open_or_die(dir, STORE_READ_ONLY);
		err = (struct err){0};
		if (store_snapshot(st, &err) || err.id != STORE_DAMAGED)
			tap_fail(__FILE__, __LINE__, spoils[i]);
		store_close(st);
		buf_free(&sql);
		tear_down();
	}
}

static void a_newer_schema_is_refused(void)
{
	struct err e = {0};
	char sql[64];

	set_up();
	add_list("L");
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", schema_policy_n + 1);
	tamper(in_dir(dir, "policy.db"), sql);
	is_int(open_result(STORE_RW), STORE_NEWER);
	is_int(open_result(STORE_READ_ONLY), STORE_NEWER);
	ok(!store_open(dir, STORE_RW, &e) && strstr(e.text, "policy.db' was written by a newer version"));
	tear_down();
}

static char *read_file(const char *path)
{
	struct buf b = {0};
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_take(&b);
}

/* The dump of schema 1 opens with every later program; never edit it, add the next version beside it. */
static void a_store_of_schema_1_is_read(void)
{
	set_up();
	mkdir(dir, 0700);
	char *sql = read_file("tests/unit/data/store-v1.sql");
	char *want = read_file("tests/unit/data/store-v1.txt");
	tamper(in_dir(dir, "policy.db"), sql);
	chmod(in_dir(dir, "policy.db"), 0600);
	struct store *st = open_or_die(dir, STORE_RW);
	char *got = show_store(st, true);
	is_str(got, want);
	add_list("and it can be written");
	store_close(st);
	free(sql);
	free(want);
	free(got);
	tear_down();
}

/* One of many that make the same store at the same moment. */
static void make_and_add(int who)
{
	char name[8];

	snprintf(name, sizeof name, "%d", who);
	tap_failed = false;
	add_list(name);
	fflush(stdout);
	_exit(tap_failed);
}

static void makers_at_once_make_one_store(void)
{
	enum { ROUNDS = 10, MAKERS = 8 };
	int status;

	for (int round = 0; round < ROUNDS; round++) {
		set_up();
		fflush(stdout);
		for (int i = 0; i < MAKERS; i++)
			if (fork() == 0)
				make_and_add(i);
		for (int i = 0; i < MAKERS; i++) {
			wait(&status);
			is_int(status, 0);
		}
		struct store *st = open_or_die(dir, STORE_READ_ONLY);
		is_int(lists_in(st), MAKERS);
		store_close(st);
		tear_down();
	}
}

static const struct tap_case cases[] = {
	{"rights_do_not_depend_on_the_umask", rights_do_not_depend_on_the_umask},
	{"what_others_can_write_is_refused", what_others_can_write_is_refused},
	{"only_a_regular_file_will_do", only_a_regular_file_will_do},
	{"folder_is_made_but_not_its_parents", folder_is_made_but_not_its_parents},
	{"a_missing_store_reads_as_empty", a_missing_store_reads_as_empty},
	{"a_reader_follows_the_file", a_reader_follows_the_file},
	{"a_reader_changes_nothing", a_reader_changes_nothing},
	{"read_only_file_and_folder_can_be_read", read_only_file_and_folder_can_be_read},
	{"foreign_files_are_refused", foreign_files_are_refused},
	{"an_empty_file_is_a_new_store", an_empty_file_is_a_new_store},
	{"a_damaged_page_is_reported", a_damaged_page_is_reported},
	{"impossible_values_are_damage", impossible_values_are_damage},
	{"a_newer_schema_is_refused", a_newer_schema_is_refused},
	{"a_store_of_schema_1_is_read", a_store_of_schema_1_is_read},
	{"makers_at_once_make_one_store", makers_at_once_make_one_store},
};

TAP_MAIN(cases)
