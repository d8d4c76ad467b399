/* What commands do to the copy for the boot: when it changes, how strict it is meanwhile, what failing costs. */
#include <sqlite3.h>
#include <strings.h>
#include <sys/wait.h>

#include "common/boot/copy_file.h"
#include "tests/unit/cli_util.h"

#include "common/base/banned.h"

static char boot[300];

static struct session *new_session(void)
{
	struct session *s = cli_new();

	snprintf(boot, sizeof boot, "%.250s-boot", s->state_dir);
	s->boot_dir = boot;
	return s;
}

/* Another program run over the same store. */
static struct session *again(struct session *s)
{
	struct session *other = cli_new();

	dir_free((char *)(size_t)other->state_dir);
	other->state_dir = s->state_dir;
	other->boot_dir = boot;
	session_fini(s);
	free(s);
	return other;
}

static const char *copy_text(void)
{
	static struct buf b;
	struct err e = {0};
	struct bootcopy c;
	int rc = bootcopy_read(boot, &c, &e);

	buf_clear(&b);
	if (rc == 0)
		return "none";
	if (rc < 0)
		return "unusable";
	bootcopy_print(&c, &b);
	buf_truncate(&b, b.len - strlen("checksum 01234567\n"));
	return buf_text(&b);
}

#define COPY2(mode, exempt, ever, local, persistent)                                                \
	"ipsecsh-boot 1\nbootmode " mode "\nbootexemptions " exempt "\neverassigned " ever               \
	"\nassigned-local " local "\nassigned-persistent " persistent "\n"
#define COPY(mode, exempt, ever, local) COPY2(mode, exempt, ever, local, "no")

static ino_t inode(void)
{
	struct stat sb;

	return stat(in_dir(boot, "gate"), &sb) == 0 ? sb.st_ino : 0;
}

/* In the way of the next write. */
static void writes_fail(bool fail)
{
	if (fail) {
		ok(mkdir(in_dir(boot, "gate.new"), 0700) == 0);
		ok(mkdir(in_dir(boot, "gate.new/x"), 0700) == 0);
	} else {
		ok(rmdir(in_dir(boot, "gate.new/x")) == 0);
		ok(rmdir(in_dir(boot, "gate.new")) == 0);
	}
}

static void nothing_is_written_for_what_does_not_matter(void)
{
	struct session *s = new_session();

	does(s, "add policy P");
	does(s, "add filterlist L");
	does(s, "dynamic set config ipsecexempt 1");
	is_str(copy_text(), "none");
	does(s, "set policy P assign=y");
	ino_t before = inode();
	does(s, "set policy P assign=y");
	does(s, "set policy P description=x");
	does(s, "add filter L me any");
	does(s, "add policy Q");
	is_int(inode(), before);
	cli_free(s);
}

static void the_copy_follows_assignments_and_settings(void)
{
	static const struct {
		const char *line, *copy;
	} rows[] = {
		{"add policy P", "none"},
		{"set policy P assign=y", COPY("default", "none", "yes", "yes")},
		{"add policy Q assign=y", COPY("default", "none", "yes", "yes")},
		{"set policy Q assign=n", COPY("default", "none", "yes", "no")},
		{"dynamic set config bootmode block", COPY("block", "none", "yes", "no")},
		{"dynamic set config bootexemptions \"ICMP:inbound TCP:0:22:inbound\"",
		    COPY("block", "ICMP:inbound TCP:0:22:inbound", "yes", "no")},
		{"set policy Q assign=y", COPY("block", "ICMP:inbound TCP:0:22:inbound", "yes", "yes")},
		{"dynamic set config bootmode permit", COPY("permit", "ICMP:inbound TCP:0:22:inbound", "yes", "yes")},
		{"dynamic set config bootexemptions none", COPY("permit", "none", "yes", "yes")},
		{"delete policy Q", COPY("permit", "none", "yes", "no")},
	};
	struct session *s = new_session();

	for (size_t i = 0; i < N_OF(rows); i++) {
		does(s, rows[i].line);
		is_str(copy_text(), rows[i].copy);
	}
	cli_free(s);
}

static void the_copy_tells_the_two_stores_apart(void)
{
	static const struct {
		const char *line, *copy;
	} rows[] = {
		{"add policy P assign=y", COPY2("default", "none", "yes", "yes", "no")},
		{"set store persistent", COPY2("default", "none", "yes", "yes", "no")},
		{"add policy P assign=y", COPY2("default", "none", "yes", "yes", "yes")},
		{"dynamic set config bootmode block", COPY2("block", "none", "yes", "yes", "yes")},
		{"set store local", COPY2("block", "none", "yes", "yes", "yes")},
		{"delete policy P", COPY2("block", "none", "yes", "no", "yes")},
		{"set store persistent", COPY2("block", "none", "yes", "no", "yes")},
		{"set policy P assign=n", COPY2("block", "none", "yes", "no", "no")},
	};
	struct session *s = new_session();

	for (size_t i = 0; i < N_OF(rows); i++) {
		does(s, rows[i].line);
		is_str(copy_text(), rows[i].copy);
	}
	cli_free(s);
}

/* Also across programs, and in a script whose commands share a transaction. */
static void that_a_policy_was_assigned_is_never_forgotten(void)
{
	struct session *s = new_session();

	session_group_begin(s);
	does(s, "add policy P assign=y");
	does(s, "delete policy P");
	is_int(session_group_end(s), 0);
	is_str(copy_text(), COPY("default", "none", "yes", "no"));
	s = again(s);
	ok(strstr(says(s, "dynamic show config"), "Boot Mode              : Stateful") != NULL);
	unlink(in_dir(boot, "gate")); /* the store knows it by itself */
	does(s, "add filterlist L");
	is_str(copy_text(), COPY("default", "none", "yes", "no"));
	cli_free(s);
}

/* A crash between any two steps finds a copy that is no more open than before or after. */
static void in_a_script_the_copy_is_strict_until_all_is_on_disk(void)
{
	struct session *s = new_session();

	does(s, "add policy P assign=y");
	does(s, "dynamic set config bootexemptions TCP:0:22:inbound");
	session_group_begin(s);
	does(s, "dynamic set config bootmode permit"); /* not committed yet */
	is_str(copy_text(), COPY("stateful", "TCP:0:22:inbound", "yes", "yes"));
	does(s, "set policy P assign=n");
	does(s, "dynamic set config bootexemptions \"TCP:0:22:inbound ICMP:inbound\"");
	is_str(copy_text(), COPY("stateful", "TCP:0:22:inbound", "yes", "yes"));
	does(s, "dynamic set config bootmode block");
	is_str(copy_text(), COPY("block", "TCP:0:22:inbound", "yes", "yes"));
	does(s, "dynamic set config bootmode permit");
	is_str(copy_text(), COPY("block", "TCP:0:22:inbound", "yes", "yes"));
	is_int(session_group_end(s), 0);
	is_str(copy_text(), COPY("permit", "TCP:0:22:inbound ICMP:inbound", "yes", "no"));
	cli_free(s);
}

static void a_copy_that_cannot_be_written_refuses_that_command_alone(void)
{
	struct session *s = new_session();

	does(s, "add policy P assign=y");
	does(s, "dynamic set config bootmode permit");
	writes_fail(true);
	session_group_begin(s);
	does(s, "add policy Q");
	is_int(fails(s, "dynamic set config bootmode block"), 9023);
	is_int(fails(s, "set policy P assign=n"), 0); /* what is on disk is as strict already */
	is_int(session_group_end(s), 1);              /* but not exact */
	ok(strstr(says(s, "show policy Q"), "Policy") != NULL);
	ok(strstr(says(s, "dynamic show config"), "Permit") != NULL);
	is_str(copy_text(), COPY("permit", "none", "yes", "yes"));
	writes_fail(false);
	s = again(s);
	does(s, "add filterlist L"); /* the next program that writes makes it exact */
	is_str(copy_text(), COPY("permit", "none", "yes", "no"));
	cli_free(s);
}

static void an_import_that_assigns_is_a_change_like_any(void)
{
	struct session *s = new_session();
	char line[400];

	snprintf(line, sizeof line, "exportpolicy %.250s-policies", s->state_dir);
	does(s, "add policy P assign=y");
	does(s, line);
	does(s, "delete all");
	is_str(copy_text(), COPY("default", "none", "yes", "no"));
	memcpy(line, "im", 2);
	does(s, line);
	is_str(copy_text(), COPY("default", "none", "yes", "yes"));
	cli_free(s);
}

/* Shells on one store, at once: the last one standing leaves a copy that is exact. */
static void shells_do_not_overtake_each_other(void)
{
	enum { SHELLS = 4, TURNS = 20 };
	struct session *s = new_session();
	const char *const modes[] = {"block", "permit", "stateful"};
	int status, bad = 0;

	does(s, "add policy P assign=y");
	for (int i = 0; i < SHELLS; i++) {
		if (fork() != 0)
			continue;
		struct session *mine = cli_new();
		mine->state_dir = s->state_dir;
		mine->boot_dir = boot;
		for (int turn = 0; turn < TURNS; turn++) {
			char line[80];
			snprintf(line, sizeof line, "dynamic set config bootmode %s", modes[(turn + i) % 3]);
			bad |= *says(mine, line) != '\0';
		}
		bad |= session_fini(mine);
		_exit(bad);
	}
	while (wait(&status) > 0)
		bad |= status;
	is_int(bad, 0);
	const char *shown = strstr(says(s, "dynamic show config"), "Boot Mode"), *copy = strstr(copy_text(), "bootmode ");
	ok(shown && copy);
	const char *word = shown ? strchr(shown, ':') + 2 : "", *other = copy ? copy + strlen("bootmode ") : "";
	ok(strncasecmp(word, other, strcspn(other, "\n")) == 0);
	cli_free(s);
}

static void a_damaged_copy_is_made_anew(void)
{
	struct session *s = new_session();
	FILE *f;

	does(s, "add policy P assign=y");
	f = fopen(in_dir(boot, "gate"), "a");
	ok(f && fputs("x", f) >= 0 && fclose(f) == 0);
	is_str(copy_text(), "unusable");
	s = again(s);
	does(s, "add filterlist L");
	is_str(copy_text(), COPY("default", "none", "yes", "yes"));
	cli_free(s);
}

/* Whoever deletes the store has still had a policy; whoever makes a new one has none assigned. */
static void a_store_that_is_made_anew_does_not_open_the_boot(void)
{
	struct session *s = new_session();

	does(s, "add policy P assign=y");
	s = again(s);
	ok(unlink(in_dir(s->state_dir, "policy.db")) == 0);
	unlink(in_dir(s->state_dir, "policy.db-wal"));
	unlink(in_dir(s->state_dir, "policy.db-shm"));
	ok(strstr(says(s, "show policy all"), "05072") != NULL);
	is_str(copy_text(), COPY("default", "none", "yes", "yes")); /* looking changes nothing */
	does(s, "add filterlist L");
	is_str(copy_text(), COPY("default", "none", "yes", "no"));
	cli_free(s);
}

/* A store of an older program: assigned, and no note of it. */
static void an_upgrade_takes_note_of_what_is_assigned(void)
{
	struct session *s = new_session();
	sqlite3 *db;

	s->boot_dir = NULL;
	does(s, "add policy P assign=y");
	s = again(s);
	is_int(sqlite3_open(in_dir(s->state_dir, "policy.db"), &db), SQLITE_OK);
	is_int(sqlite3_exec(db, "DELETE FROM setting WHERE name = 'everassigned'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ok(strstr(says(s, "dynamic show config"), "Stateful") != NULL);
	does(s, "set policy P assign=n");
	is_str(copy_text(), COPY("default", "none", "yes", "no"));
	ok(strstr(says(s, "dynamic show config"), "Stateful") != NULL);
	cli_free(s);
}

/* A person hears when it takes effect, a script never, and in Windows' dialect nobody. */
static void a_person_hears_when_a_setting_takes_effect(void)
{
	struct session *s = new_session();

	does(s, "dynamic set config bootmode block");
	is_str(buf_text(&cli_err), "");
	s->person = true;
	does(s, "dynamic set config bootmode permit");
	is_str(buf_text(&cli_err), "ipsecsh: bootmode takes effect at the next boot\n");
	buf_clear(&cli_err);
	does(s, "dynamic set config ipsecexempt 1");
	is_str(buf_text(&cli_err), "ipsecsh: ipsecexempt takes effect at once\n");
	buf_clear(&cli_err);
	does(s, "dynamic set config strongcrlcheck 2");
	ok(strstr(buf_text(&cli_err), "strongcrlcheck is kept, and checks nothing") != NULL);
	buf_clear(&cli_err);
	is_int(fails(s, "dynamic set config bootmode sideways"), 7010);
	ok(strstr(buf_text(&cli_err), "effect") == NULL);
	buf_clear(&cli_err);
	does(s, "static set dialect windows");
	does(s, "dynamic set config bootmode block");
	is_str(buf_text(&cli_err), "");
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"a person hears when a setting takes effect", a_person_hears_when_a_setting_takes_effect},
	{"nothing is written for what does not matter", nothing_is_written_for_what_does_not_matter},
	{"the copy tells the two stores apart", the_copy_tells_the_two_stores_apart},
	{"the copy follows assignments and settings", the_copy_follows_assignments_and_settings},
	{"that a policy was assigned is never forgotten", that_a_policy_was_assigned_is_never_forgotten},
	{"in a script the copy is strict until all is on disk", in_a_script_the_copy_is_strict_until_all_is_on_disk},
	{"a copy that cannot be written refuses that command alone",
	    a_copy_that_cannot_be_written_refuses_that_command_alone},
	{"an import that assigns is a change like any", an_import_that_assigns_is_a_change_like_any},
	{"shells do not overtake each other", shells_do_not_overtake_each_other},
	{"a damaged copy is made anew", a_damaged_copy_is_made_anew},
	{"a store that is made anew does not open the boot", a_store_that_is_made_anew_does_not_open_the_boot},
	{"an upgrade takes note of what is assigned", an_upgrade_takes_note_of_what_is_assigned},
};
TAP_MAIN(cases)
