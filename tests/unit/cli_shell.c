/* The shell around the contexts: aliases, offline mode, other machines; words as a line again. */
#include "cli/remote.h"
#include "tests/unit/cli_util.h"
#include "common/base/banned.h"

/* --- words as a line ---------------------------------------------------------------------------- */

static bool same_args(const struct words *a, const struct words *b, struct arena *arena)
{
	struct args x = words_join(a, arena), y = words_join(b, arena);

	if (x.n != y.n)
		return false;
	for (size_t i = 0; i < x.n; i++)
		if (strcmp(x.v[i].value, y.v[i].value) != 0 || !x.v[i].tag != !y.v[i].tag ||
		    (x.v[i].tag && strcmp(x.v[i].tag, y.v[i].tag) != 0))
			return false;
	return true;
}

static void check_round_trip(const struct words *w, struct arena *a)
{
	struct words again = {0};
	struct buf line = {0};
	struct err e = {0};

	words_to_line(w, &line);
	is_int(words_from_line(buf_text(&line), line.len, a, &again, &e), 0);
	ok(same_args(w, &again, a));
	if (tap_failed)
		printf("# '%s'\n", buf_text(&line));
	buf_free(&line);
}

static void words_become_a_line_again(void)
{
	static const char *const lines[] = {"", "a b", "name=\"a b\" x", "name = \"a b\"", "\"\" x", "desc=\"\" assign=y",
		"desc= assign=y", "desc = \"\"", "psk=abc= name=x", "psk = abc= name=x", "a\"b c\"d", "=x", "= =", "name=",
		"\"desc=\" x", "\"open end"};
	static char empty[] = "description=", next[] = "assign=y", value[] = "x y", nothing[] = "", bare[] = "name=";
	static char *const vectors[][3] = {{empty, next, value}, {bare, value, next}, {nothing, empty, nothing},
		{value, bare, empty}, {next, next, bare}};
	struct arena a = {0};
	struct err e = {0};
	struct words w;

	for (size_t i = 0; i < N_OF(lines); i++) {
		is_int(words_from_line(lines[i], strlen(lines[i]), &a, &w, &e), 0);
		check_round_trip(&w, &a);
	}
	for (size_t i = 0; i < N_OF(vectors); i++) {
		is_int(words_from_argv(3, vectors[i], &a, &w, &e), 0);
		check_round_trip(&w, &a);
	}
	for (size_t i = 0; cmd_table[i]; i++) {
		is_int(words_from_line(cmd_table[i]->example, strlen(cmd_table[i]->example), &a, &w, &e), 0);
		check_round_trip(&w, &a);
	}
	arena_free(&a);
}

/* --- aliases ------------------------------------------------------------------------------------ */

static void aliases_stand_for_the_beginning_of_a_line(void)
{
	struct session *s = cli_new();

	does(s, "alias ap add policy");
	does(s, "AP P");
	does(s, "alias quoted \"static add\"");
	does(s, "quoted policy Q");
	does(s, "alias named add policy \"a b\" description=\"\" assign=y");
	does(s, "named");
	ok(strstr(says(s, "show policy \"a b\""), "Assigned               : YES") != NULL);
	is_str(says(s, "alias ap"), "ap\tadd policy\n");
	does(s, "alias ap delete policy");
	does(s, "ap Q");
	is_int(fails(s, "show policy Q"), 5006);
	does(s, "alias loop loop");
	is_int(fails(s, "loop"), 7001); /* once, not for ever */
	is_str(says(s, "show alias"), "ap\tdelete policy\nloop\tloop\n"
	    "named\tadd policy \"a b\" description=\"\" assign=y\nquoted\tstatic add\n");
	does(s, "unalias LOOP");
	is_int(fails(s, "unalias loop"), 7041);
	is_int(fails(s, "alias loop"), 7041);
	cli_free(s);
}

static void what_cannot_be_an_alias(void)
{
	static const char *const names[] = {"exit", "Unalias", "static", "add", "?", "help", "netsh", "ipsec", "..", "a=b"};
	struct session *s = cli_new();
	struct buf line = {0};

	for (size_t i = 0; i < N_OF(names); i++) {
		buf_clear(&line);
		buf_printf(&line, "alias %s show mode", names[i]);
		is_int(fails(s, buf_text(&line)), 7040);
	}
	is_int(fails(s, "alias \"\" show mode"), 7040);
	is_int(fails(s, "alias \"a b\" show mode"), 7040);
	for (int i = 0; i < ALIAS_MAX; i++) {
		buf_clear(&line);
		buf_printf(&line, "alias x%d show mode", i);
		does(s, buf_text(&line));
	}
	is_int(fails(s, "alias one-more show mode"), 7040);
	does(s, "alias x0 show alias"); /* an old one changes */
	buf_free(&line);
	cli_free(s);
}

/* --- offline mode ------------------------------------------------------------------------------- */

static void offline_changes_wait(void)
{
	struct session *s = cli_new();

	does(s, "add policy Old");
	is_str(says(s, "show mode"), "online\n");
	does(s, "set mode offline");
	is_str(says(s, "show mode"), "offline\n");
	cli_changes = 0;
	does(s, "add policy P description=\"a b\"");
	does(s, "add filter L me any");
	does(s, "delete policy Old");
	ok(strstr(says(s, "show policy all"), "Old") && !strstr(buf_text(&cli_out), ": P\n"));
	is_int(cli_changes, 0);
	does(s, "commit");
	is_int(cli_changes, 1);
	is_int(s->general.queue.n, 0);
	ok(strstr(says(s, "show policy all"), ": P\n") && !strstr(buf_text(&cli_out), "Old"));
	ok(strstr(says(s, "show policy P"), ": a b\n") != NULL);
	is_str(says(s, "show mode"), "offline\n");
	does(s, "commit"); /* nothing to do */
	is_int(cli_changes, 1);
	cli_free(s);
}

static void a_commit_is_all_or_nothing(void)
{
	struct session *s = cli_new();

	does(s, "offline");
	does(s, "add policy P");
	does(s, "set dialect windows");
	does(s, "add rule R P nolist noaction psk=Sesame");
	does(s, "add policy Q");
	is_str(says(s, "commit"), "ERR IPsec[05049] : nothing was done: command 3 of 4: there is no filter list 'nolist'\n");
	is_int(s->general.queue.n, 4);
	is_int(fails(s, "show policy P"), 5006);
	is_int(session_dialect(s), DIALECT_LINUX);
	is_int(cli_changes, 0);
	is_int(fails(s, "online"), 5049); /* stays offline */
	is_str(says(s, "show mode"), "offline\n");
	does(s, "abort");
	does(s, "online");
	is_str(says(s, "show mode"), "online\n");
	is_int(fails(s, "show policy all"), 5072);
	cli_free(s);
}

static void lines_are_checked_before_they_wait(void)
{
	struct session *s = cli_new();

	s->ask = util_ask;
	does(s, "offline");
	is_int(fails(s, "add polcy P"), 7001);
	is_int(fails(s, "add policy P assign=maybe"), 7010);
	is_int(fails(s, "add rule R"), 7006);
	is_int(s->general.queue.n, 0);
	/* The service knows no transactions. */
	is_int(fails(s, "dynamic add mmpolicy M"), 7043);
	is_int(fails(s, "dynamic delete all"), 7043);
	is_int(cli_asked, 0);
	ok(strstr(says(s, "dynamic show mmpolicy all"), "mm one") != NULL);
	does(s, "dynamic set config ipsecexempt 3"); /* kept in the store */
	is_int(s->general.queue.n, 1);
	cli_free(s);
}

static void what_waits_at_the_end_is_dropped_aloud(void)
{
	struct session *s = cli_new();

	does(s, "offline");
	does(s, "add policy P");
	does(s, "add policy Q");
	buf_clear(&cli_err);
	is_int(session_fini(s), 1);
	is_str(buf_text(&cli_err), "ipsecsh: 2 commands waited for commit and were not done\n");
	is_int(session_fini(s), 0);
	cli_free(s);
}

static void a_queue_is_bounded(void)
{
	struct queue q = {0};
	struct err e = {0};

	for (size_t i = 0; i < QUEUE_MAX; i++)
		if (queue_add(&q, "x", NULL, &e) < 0)
			break;
	is_int(q.n, QUEUE_MAX);
	is_int(queue_add(&q, "x", NULL, &e), -1);
	is_int(e.id, SHELL_LIMIT);
	queue_free(&q);
	is_int(q.n, 0);
}

/* --- other machines ----------------------------------------------------------------------------- */

static void words_are_quoted_for_a_posix_shell(void)
{
	static const struct {
		const char *word, *quoted;
	} t[] = {
		{"name=P", "name=P"},
		{"", "''"},
		{"a b", "'a b'"},
		{"it's", "'it'\\''s'"},
		{"$HOME", "'$HOME'"},
		{"`id`", "'`id`'"},
		{"a;b", "'a;b'"},
		{"\"", "'\"'"},
		{"\\", "'\\'"},
		{"*", "'*'"},
		{"~", "'~'"},
		{"!", "'!'"},
		{"#x", "'#x'"},
		{"ESP[3DES,SHA1]", "'ESP[3DES,SHA1]'"},
		{"gr\xC3\xBCn", "'gr\xC3\xBCn'"},
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"'", "''\\'''"},
	};
	const char *two[] = {"a b", "c"}, *bad[] = {"a\nb"}, *cr[] = {"a\rb"};
	struct buf b = {0};
	struct err e = {0};

	for (size_t i = 0; i < N_OF(t); i++) {
		buf_clear(&b);
		is_int(remote_quote(&t[i].word, 1, &b, &e), 0);
		is_str(buf_text(&b), t[i].quoted);
	}
	buf_clear(&b);
	is_int(remote_quote(two, 2, &b, &e), 0);
	is_str(buf_text(&b), "'a b' c");
	is_int(remote_quote(bad, 1, &b, &e), -1);
	is_int(e.id, WORD_BAD);
	is_int(remote_quote(cr, 1, &b, &e), -1);
	buf_free(&b);
}

static struct buf ssh_said; /* "<ssh><-T>... input" */
static int ssh_status;

static int ssh(struct session *s, const char *const *argv, const char *input, int *status, struct err *e)
{
	(void)s, (void)e;
	buf_clear(&ssh_said);
	for (; *argv; argv++)
		buf_printf(&ssh_said, "<%s>", *argv);
	buf_printf(&ssh_said, " %s", input);
	*status = ssh_status;
	return 0;
}

static void commands_go_to_the_machine(void)
{
	struct session *s = cli_new();

	s->ssh = ssh;
	ssh_status = 0;
	does(s, "set machine gate user=me");
	does(s, "add policy \"a b\" assign = y description=\"\"");
	is_str(buf_text(&ssh_said), "<ssh><-T><-l><me><--><gate><ipsecsh static add policy 'a b' assign=y 'description=\"\"'> ");
	does(s, "set machine name=gate");
	does(s, "add rule R P L A psk=\"a key\"");
	is_str(buf_text(&ssh_said), "<ssh><-T><--><gate><ipsecsh> static add rule R P L A \"psk=a key\"\n");
	ok(s->secret);
	does(s, "dump");
	is_str(buf_text(&ssh_said), "<ssh><-T><--><gate><ipsecsh static dump> ");
	is_int(fails(s, "add polcy P"), 7001); /* found here */
	ssh_status = 1;
	is_str(says(s, "delete policy P"), ""); /* it has said why itself */
	is_int(session_line(s, "delete policy P", 15), 1);
	ssh_status = 255;
	is_int(fails(s, "delete policy P"), 7046);
	buf_clear(&ssh_said);
	is_str(says(s, "show mode"), "online\n");
	is_int(fails(s, "offline"), 7045);
	is_int(fails(s, "set machine name=-oProxyCommand=x"), 7044);
	is_int(fails(s, "set machine \"a b\""), 7044);
	is_int(fails(s, "set machine host user=-x"), 7044);
	does(s, "set machine");
	does(s, "add policy Here");
	is_str(buf_text(&ssh_said), "");
	does(s, "offline");
	is_int(fails(s, "set machine gate"), 7045);
	buf_free(&ssh_said);
	cli_free(s);
}

/* What the store here thinks of words of ours does not count there, so a guard over there can be overruled. */
static void another_machine_has_its_own_dialect(void)
{
	struct session *s = cli_new();

	s->ssh = ssh;
	ssh_status = 0;
	does(s, "set dialect windows");
	is_int(fails(s, "set policy P assign=y force=yes"), 7004);
	does(s, "set machine gate");
	does(s, "set policy P assign=y force=yes");
	is_str(buf_text(&ssh_said), "<ssh><-T><--><gate><ipsecsh static set policy P assign=y force=yes> ");
	does(s, "set machine");
	is_int(fails(s, "set policy P assign=y force=yes"), 7004);
	buf_free(&ssh_said);
	cli_free(s);
}

/* --dialect, which is that of the commands, wherever they run. */
static void the_dialect_of_a_run_goes_along(void)
{
	struct session *s = cli_new();

	s->ssh = ssh;
	ssh_status = 0;
	s->dialect = DIALECT_WINDOWS;
	s->dialect_from = DIALECT_OF_RUN;
	does(s, "set machine gate");
	is_int(fails(s, "set policy P assign=y force=yes"), 7004);
	does(s, "set policy P assign=y");
	is_str(buf_text(&ssh_said), "<ssh><-T><--><gate><ipsecsh --dialect windows static set policy P assign=y> ");
	does(s, "add rule R P L A psk=key");
	is_str(buf_text(&ssh_said), "<ssh><-T><--><gate><ipsecsh --dialect windows> static add rule R P L A psk=key\n");
	buf_free(&ssh_said);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"words become a line again", words_become_a_line_again},
	{"aliases stand for the beginning of a line", aliases_stand_for_the_beginning_of_a_line},
	{"what cannot be an alias", what_cannot_be_an_alias},
	{"offline, changes wait", offline_changes_wait},
	{"a commit is all or nothing", a_commit_is_all_or_nothing},
	{"lines are checked before they wait", lines_are_checked_before_they_wait},
	{"what waits at the end is dropped aloud", what_waits_at_the_end_is_dropped_aloud},
	{"a queue is bounded", a_queue_is_bounded},
	{"words are quoted for a POSIX shell", words_are_quoted_for_a_posix_shell},
	{"commands go to the machine", commands_go_to_the_machine},
	{"another machine has its own dialect", another_machine_has_its_own_dialect},
	{"the dialect of a run goes along", the_dialect_of_a_run_goes_along},
};
TAP_MAIN(cases)
