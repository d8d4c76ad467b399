/* Preshared keys: where they are, where they are not, and that none is lost or left behind. */
#include "tests/unit/store_util.h"

#include <fcntl.h>
#include <sqlite3.h>

#include "common/base/secret.h"
#include "common/base/banned.h"

#define KEY "a-very-secret-key-0123456789"

static char *dir;
static struct store *st;
static struct arena a;
static struct policy p;
static struct filterlist l;
static struct filteraction fa;

static void set_up(void)
{
	struct rule def = a_default_rule();

	dir = dir_new();
	st = open_or_die(dir, STORE_RW);
	p = a_policy("P");
	l = a_list("L");
	fa = an_action("A", ACTION_NEGOTIATE);
	works(store_policy_add(st, &p, &def, &e));
	works(store_filterlist_add(st, &l, &e));
	works(store_filteraction_add(st, &fa, &e));
}

static void tear_down(void)
{
	store_close(st);
	arena_free(&a);
	dir_free(dir);
}

static struct rule psk_rule(const char *name)
{
	struct rule r = a_rule(name, &l, &fa);

	r.auth.v[0] = (struct auth_method){.kind = AUTH_PSK};
	return r;
}

static int add_psk_rule(const char *name, const char *key, struct rule *r, struct err *e)
{
	const char *psk[] = {key};

	*r = psk_rule(name);
	return store_rule_add(st, p.id, r, psk, e);
}

/* Do the bytes of a file hold that text? */
static bool file_holds(const char *file, const char *text)
{
	struct buf b = {0};
	char chunk[4096];
	ssize_t n;
	int fd = open(in_dir(dir, file), O_RDONLY);

	while (fd >= 0 && (n = read(fd, chunk, sizeof chunk)) > 0)
		buf_add(&b, chunk, (size_t)n);
	if (fd >= 0)
		close(fd);
	bool holds = b.len > 0 && memmem(b.data, b.len, text, strlen(text)) != NULL;
	buf_free(&b);
	return holds;
}

static int keys_kept(void)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	int n = -1;

	if (sqlite3_open_v2(in_dir(dir, "secrets.db"), &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM secret", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static void is_key(struct store *from, const struct guid *id, const char *want)
{
	char *text = NULL;

	works(store_psk_get(from, id, &text, &e));
	is_str(text, want);
	secret_free(text);
}

static void a_key_is_in_its_own_file_only(void)
{
	struct rule r, *v;
	struct stat sb;
	size_t n;

	set_up();
	ok(stat(in_dir(dir, "secrets.db"), &sb) < 0); /* none, no file */
	mode_t old = umask(0);
	works(add_psk_rule("R", KEY, &r, &e));
	umask(old);
	ok(!guid_is_null(&r.auth.v[0].secret_id));
	is_key(st, &r.auth.v[0].secret_id, KEY);
	ok(stat(in_dir(dir, "secrets.db"), &sb) == 0 && (sb.st_mode & 0777) == 0600);
	ok(file_holds("secrets.db", KEY));
	ok(!file_holds("policy.db", KEY) && !file_holds("policy.db-wal", KEY));
	works(store_rule_list(st, p.id, &a, &v, &n, &e));
	ok(v[0].auth.v[0].kind == AUTH_PSK && !v[0].auth.v[0].text);
	ok(guid_eq(&v[0].auth.v[0].secret_id, &r.auth.v[0].secret_id));
	char *all = show_store(st, true);
	ok(!strstr(all, KEY));
	free(all);
	tear_down();
}

static void a_deleted_key_is_gone_from_the_disk(void)
{
	struct rule r, s;

	set_up();
	works(add_psk_rule("R", KEY, &r, &e));
	works(add_psk_rule("S", "other", &s, &e));
	works(store_rule_delete(st, r.id, &e));
	is_int(keys_kept(), 1);
	ok(!file_holds("secrets.db", KEY) && !file_holds("secrets.db-journal", KEY));
	is_key(st, &s.auth.v[0].secret_id, "other");
	works(store_policy_delete(st, p.id, &e));
	is_int(keys_kept(), 0);
	refused(store_psk_get(st, &s.auth.v[0].secret_id, &(char *){NULL}, &e), SECRET_NOTFOUND);
	tear_down();
}

static void a_replaced_key_takes_the_place_of_the_old_one(void)
{
	const char *psk[] = {"new", NULL};
	struct rule r;

	set_up();
	works(add_psk_rule("R", KEY, &r, &e));
	struct guid old = r.auth.v[0].secret_id;
	r.auth.v[0].secret_id = (struct guid){0};
	works(store_rule_put(st, p.id, &r, psk, &e));
	ok(!guid_eq(&old, &r.auth.v[0].secret_id));
	is_key(st, &r.auth.v[0].secret_id, "new");
	refused(store_psk_get(st, &old, &(char *){NULL}, &e), SECRET_NOTFOUND);
	is_int(keys_kept(), 1);
	uint64_t before;
	works(store_counter(st, &before, &e));
	works(store_rule_put(st, p.id, &r, NULL, &e)); /* the same key: no change */
	is_int(counter_of(st), before);
	tear_down();
}

static void a_key_may_be_shared_or_missing(void)
{
	struct err why = {0};
	struct rule r, s;

	set_up();
	works(add_psk_rule("R", KEY, &r, &e));
	s = psk_rule("S");
	s.auth.v[0].secret_id = r.auth.v[0].secret_id;
	works(store_rule_add(st, p.id, &s, NULL, &e));
	works(store_rule_delete(st, r.id, &e));
	is_key(st, &s.auth.v[0].secret_id, KEY);
	s = psk_rule("T");
	s.auth.v[0].secret_id = guid_new();
	works(store_rule_add(st, p.id, &s, NULL, &e));
	is_int(store_psk_known(st, &s.auth.v[0].secret_id, &why), 0);
	is_int(store_psk_known(st, &r.auth.v[0].secret_id, &why), 1);
	refused(store_psk_get(st, &s.auth.v[0].secret_id, &(char *){NULL}, &e), SECRET_NOTFOUND);
	s = psk_rule("U");
	refused(store_rule_add(st, p.id, &s, NULL, &e), BUG);
	tear_down();
}

static void an_undone_command_keeps_no_key(void)
{
	struct rule r;

	set_up();
	works(store_cmd_begin(st, &e));
	works(add_psk_rule("R", KEY, &r, &e));
	is_key(st, &r.auth.v[0].secret_id, KEY); /* the command sees its own work */
	works(store_cmd_end(st, false, &e));
	ok(keys_kept() <= 0 && !file_holds("secrets.db", KEY));
	/* In a group the key of the failing command goes, that of its neighbour stays. */
	works(store_group_begin(st, &e));
	works(store_cmd_begin(st, &e));
	works(add_psk_rule("good", "good key", &r, &e));
	works(store_cmd_end(st, true, &e));
	struct guid good = r.auth.v[0].secret_id;
	works(store_cmd_begin(st, &e));
	works(add_psk_rule("bad", KEY, &r, &e));
	works(store_cmd_end(st, false, &e));
	works(store_group_end(st, &e));
	is_int(keys_kept(), 1);
	is_key(st, &good, "good key");
	tear_down();
}

static void a_writer_sweeps_what_a_crash_left(void)
{
	struct filterlist m = a_list("M");
	struct rule r;
	sqlite3 *db;

	set_up();
	works(add_psk_rule("R", KEY, &r, &e));
	store_close(st);
	sqlite3_open(in_dir(dir, "secrets.db"), &db);
	ok(sqlite3_exec(db, "INSERT INTO secret VALUES (randomblob(16), 'orphan')", NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	st = open_or_die(dir, STORE_RW);
	is_int(keys_kept(), 2); /* reading sweeps nothing */
	works(store_filterlist_add(st, &m, &e));
	is_int(keys_kept(), 1);
	is_key(st, &r.auth.v[0].secret_id, KEY);
	tear_down();
}

static void a_reader_gets_keys_only_when_it_asks(void)
{
	struct rule r;

	set_up();
	works(add_psk_rule("R", KEY, &r, &e));
	struct store *ro = open_or_die(dir, STORE_READ_ONLY);
	is_key(ro, &r.auth.v[0].secret_id, KEY);
	/* A key file that cannot even be opened does not keep the policy from being read. */
	ok(unlink(in_dir(dir, "secrets.db")) == 0);
	int fd = open(in_dir(dir, "secrets.db"), O_WRONLY | O_CREAT, 0600);
	ok(dprintf(fd, "no database here, but enough bytes to look like one at first sight") > 0);
	close(fd);
	char *all = show_store(ro, false);
	ok(strstr(all, "rule 'R'"));
	free(all);
	refused(store_psk_get(ro, &r.auth.v[0].secret_id, &(char *){NULL}, &e), STORE_DAMAGED);
	unlink(in_dir(dir, "secrets.db"));
	refused(store_psk_get(ro, &r.auth.v[0].secret_id, &(char *){NULL}, &e), SECRET_NOTFOUND);
	struct stat sb;
	ok(stat(in_dir(dir, "secrets.db"), &sb) < 0);
	store_close(ro);
	tear_down();
}

static void a_key_file_that_others_can_read_is_refused(void)
{
	struct rule r, s;

	set_up();
	works(add_psk_rule("R", KEY, &r, &e));
	chmod(in_dir(dir, "secrets.db"), 0640);
	refused(store_psk_get(st, &r.auth.v[0].secret_id, &(char *){NULL}, &e), STORE_UNSAFE);
	char *before = show_store(st, true);
	refused(add_psk_rule("S", "x", &s, &e), STORE_UNSAFE);
	char *after = show_store(st, true);
	is_str(after, before);
	free(before);
	free(after);
	tear_down();
}

static const struct tap_case cases[] = {
	{"a_key_is_in_its_own_file_only", a_key_is_in_its_own_file_only},
	{"a_deleted_key_is_gone_from_the_disk", a_deleted_key_is_gone_from_the_disk},
	{"a_replaced_key_takes_the_place_of_the_old_one", a_replaced_key_takes_the_place_of_the_old_one},
	{"a_key_may_be_shared_or_missing", a_key_may_be_shared_or_missing},
	{"an_undone_command_keeps_no_key", an_undone_command_keeps_no_key},
	{"a_writer_sweeps_what_a_crash_left", a_writer_sweeps_what_a_crash_left},
	{"a_reader_gets_keys_only_when_it_asks", a_reader_gets_keys_only_when_it_asks},
	{"a_key_file_that_others_can_read_is_refused", a_key_file_that_others_can_read_is_refused},
};

TAP_MAIN(cases)
