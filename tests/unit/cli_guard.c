/*
 * The lock-out guard in a session: which commands ask or are refused, what happens to the store meanwhile, and
 * that commands which cannot matter pay nothing. What is cut is tested in lockout_test.c.
 */
#include <sys/stat.h>

#include "cli/ssh_peer.h"
#include "tests/unit/cli_util.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

static unsigned judged; /* how often a policy was */

static int counted_facts(struct facts *out, struct err *e)
{
	judged++;
	return util_facts(out, e);
}

static bool over_ssh(struct connection *out)
{
	return connection_parse("203.0.113.9 50000 192.0.2.1 22", out);
}

static struct {
	struct session *s;
	unsigned times;
	bool yes;
	char question[1024];
	bool could_write; /* somebody else, while the question stood there */
} asked;

static bool confirm(const char *question)
{
	struct err e = {0};
	struct store *other = store_open(asked.s->state_dir, STORE_RW, &e);
	struct filterlist l = {.name = "somebody else's", .description = ""};

	asked.times++;
	snprintf(asked.question, sizeof asked.question, "%s", question);
	asked.could_write = other && (store_filterlist_add(other, &l, &e) == 0 || e.id == FILTERLIST_EXISTS);
	store_close(other);
	return asked.yes;
}

/* A policy P that is not assigned, rule R of which blocks what comes to port 22. */
static struct session *start(void)
{
	struct session *s = cli_new();

	judged = 0;
	memset(&asked, 0, sizeof asked);
	asked.s = s;
	s->facts = counted_facts;
	s->connection = over_ssh;
	does(s, "add policy P");
	does(s, "add filterlist L");
	does(s, "add filter L any me protocol=TCP dstport=22");
	does(s, "add filteraction block action=block");
	does(s, "add filteraction permit action=permit");
	does(s, "add filteraction protect");
	does(s, "add rule R P L block");
	is_int(judged, 0);
	return s;
}

static const char *forced(const char *line)
{
	static char text[256];

	snprintf(text, sizeof text, "%s force=yes", line);
	return text;
}

static bool is_assigned(struct session *s)
{
	return strstr(says(s, "show policy P"), "YES") != NULL;
}

/* --- refusing ------------------------------------------------------------------------------------- */

static void an_assignment_that_cuts_is_refused(void)
{
	struct session *s = start();

	is_str(says(s, "set policy P assign=y"),
	    "ERR IPsec[07050] : this blocks your own connection from 203.0.113.9, inbound: rule 'R' of policy 'P' "
	    "(block any > me TCP dport 22); force=yes does it all the same\n");
	ok(!is_assigned(s));
	does(s, "set policy P assign=y force=yes");
	ok(is_assigned(s));
	does(s, "set policy P assign=n");
	is_int(fails(s, "set policy P assign=y force=no"), 7050);
	does(s, "set rule R P activate=no");
	does(s, "set policy P assign=y");
	cli_free(s);
}

static void negotiation_has_words_of_its_own(void)
{
	struct session *s = start();

	does(s, "set rule R P filteraction=protect");
	is_int(fails(s, "set policy P assign=y"), 7051);
	does(s, "set policy P assign=y force=y");
	/* Worse is asked about again, better is not. */
	is_int(fails(s, "set rule R P filteraction=block"), 7050);
	does(s, "set rule R P filteraction=permit");
	cli_free(s);
}

static void without_a_connection_nothing_is_asked(void)
{
	struct session *s = start();

	s->connection = NULL;
	s->guard.looked = false;
	does(s, "set policy P assign=y");
	cli_free(s);
}

static void windows_has_no_guard(void)
{
	struct session *s = start();

	does(s, "set dialect windows");
	is_int(fails(s, "set policy P assign=y force=yes"), 7004);
	does(s, "set policy P assign=y");
	does(s, "add filter L any me protocol=TCP");
	is_int(judged, 0);
	cli_free(s);
}

/* Each against a policy that is in force and lets the connection be. */
static void what_takes_effect_at_once_is_watched(void)
{
	static const struct {
		const char *prepare[2], *line;
		int number;
	} rows[] = {
		{{NULL}, "add rule R2 P L block", 7050},
		{{NULL}, "set rule R P filteraction=block", 7050},
		{{NULL}, "set filteraction permit action=block", 7050},
		{{NULL}, "set filteraction permit action=negotiate inpass=yes", 7051},
		{{"add rule B P Every block"}, "add filter Every 203.0.113.9 me", 7050},
		{{"add rule B P Every block"}, "add filter Every any me", 0}, /* R is more specific */
		{{"add filter Every any me", "add rule B P Every block"}, "delete rule R P", 7050},
		{{"add filter Every any me", "add rule B P Every block"}, "delete rule all P", 0},
		{{"add filter Every any me", "add rule B P Every block"}, "delete filter L any me", 7050},
		{{"add filter Every any me", "add rule B P Every block"}, "set rule R P activate=no", 7050},
		{{"add filter Every any me", "add rule B P Every block"}, "set rule R P filterlist=Every", 7050},
		{{NULL}, "set rule R P filterlist=Every filteraction=block", 0}, /* that list is empty */
		{{NULL}, "add policy P2 assign=yes", 0},
	};

	for (size_t i = 0; i < N_OF(rows) && !tap_failed; i++) {
		struct session *s = start();
		does(s, "set rule R P filteraction=permit");
		does(s, "add filterlist Every");
		does(s, "set policy P assign=y");
		for (size_t k = 0; k < 2 && rows[i].prepare[k]; k++)
			does(s, rows[i].prepare[k]);
		is_int(fails(s, rows[i].line), rows[i].number);
		if (rows[i].number)
			does(s, forced(rows[i].line));
		if (tap_failed)
			printf("#   %s\n", rows[i].line);
		cli_free(s);
	}
}

static void what_is_cut_already_is_not_asked_about(void)
{
	struct session *s = start();

	does(s, "set policy P assign=y force=yes");
	does(s, "add filter L 203.0.113.9 me");
	does(s, "add rule R2 P L block");
	cli_free(s);
}

static void force_takes_no_untagged_word_and_is_not_dumped(void)
{
	struct session *s = start();

	is_int(fails(s, "add policy Q text no 0 480 yes 180 no 3DES-SHA1-2 yes"), 7007);
	does(s, "set policy P assign=y force=yes");
	ok(strstr(says(s, "dump"), "assign=yes") != NULL);
	ok(strstr(says(s, "dump"), "force") == NULL);
	cli_free(s);
}

static void a_file_is_judged_as_a_whole(void)
{
	struct session *s = start();
	char export[256], import[256];

	snprintf(export, sizeof export, "exportpolicy %s/p.ipsec", s->state_dir);
	snprintf(import, sizeof import, "importpolicy %s/p.ipsec", s->state_dir);
	does(s, "set policy P assign=y force=yes");
	does(s, export);
	does(s, "set rule R P filteraction=permit");
	is_int(fails(s, import), 7050);
	does(s, "add filter L any me protocol=TCP"); /* nothing of the file was kept: R permits */
	does(s, forced(import));
	is_int(fails(s, "restorepolicyexamples release=win2003 force=maybe"), 7010);
	unlink(strchr(import, '/'));
	cli_free(s);
}

static void boot_settings_are_watched(void)
{
	struct session *s = start();

	s->context = "dynamic";
	is_int(fails(s, "set config bootmode block"), 7052);
	is_int(fails(s, "set config bootmode stateful"), 7052);
	does(s, "set config bootmode permit");
	does(s, "set config bootexemptions value=TCP:0:22:inbound");
	does(s, "set config bootmode block");
	is_int(fails(s, "set config bootexemptions none"), 7052);
	is_int(fails(s, "set config bootexemptions value=TCP:0:23:inbound"), 7052);
	does(s, "set config bootexemptions value=\"TCP:0:22:inbound ICMP:inbound\"");
	does(s, "set config ipsecexempt 0");
	does(s, "set config bootexemptions none force=yes");
	cli_free(s);
}

/* --- asking --------------------------------------------------------------------------------------- */

static void a_person_is_asked_and_nothing_is_locked(void)
{
	struct session *s = start();

	s->confirm = confirm;
	is_int(fails(s, "set policy P assign=y"), 7053);
	is_int(asked.times, 1);
	is_str(asked.question, "this blocks your own connection from 203.0.113.9, inbound: rule 'R' of policy 'P' "
	    "(block any > me TCP dport 22)");
	ok(asked.could_write);
	ok(!is_assigned(s));
	asked.yes = true;
	does(s, "set policy P assign=y");
	is_int(asked.times, 2);
	ok(is_assigned(s));
	does(s, "set policy P assign=n");
	s->place = "x.bat:7: ";
	is_int(fails(s, "set policy P assign=y"), 7050);
	is_int(asked.times, 2);
	s->place = NULL;
	/* Also with set batch, which shares a transaction with what came before. */
	does(s, "set batch enable");
	does(s, "add filterlist before");
	does(s, "set policy P assign=y");
	ok(asked.could_write);
	ok(is_assigned(s));
	cli_free(s);
}

static void a_commit_asks_once_or_is_refused_whole(void)
{
	struct session *s = start();

	does(s, "offline");
	does(s, "set policy P assign=y");
	does(s, "add filter L any me protocol=UDP dstport=22");
	does(s, "add filter L any me protocol=TCP");
	is_int(fails(s, "commit"), 7050);
	ok(!is_assigned(s));
	is_int(s->general.queue.n, 3);
	s->confirm = confirm;
	is_int(fails(s, "commit"), 7053);
	is_int(asked.times, 1);
	is_int(s->general.queue.n, 3);
	asked.yes = true;
	does(s, "commit");
	is_int(asked.times, 2);
	is_int(s->general.queue.n, 0);
	ok(is_assigned(s));
	/* What is cut on the way only is not cut; force=yes of one command holds for all. */
	does(s, "set rule R P filteraction=permit");
	does(s, "set filteraction block action=block");
	does(s, "set rule R P filteraction=block");
	does(s, "set rule R P filteraction=permit");
	does(s, "commit");
	is_int(asked.times, 2);
	does(s, "set rule R P filteraction=block");
	does(s, "add filter L any me force=yes");
	does(s, "commit");
	is_int(asked.times, 2);
	cli_free(s);
}

/* --- cost ----------------------------------------------------------------------------------------- */

static void what_cannot_matter_costs_no_judgement(void)
{
	struct session *s = start();
	char line[128];

	does(s, "set rule R P filteraction=permit");
	does(s, "set policy P assign=y");
	does(s, "add filterlist ban");
	does(s, "add rule ban P ban block");
	judged = 0;
	session_group_begin(s);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(line, sizeof line, "add filter ban 198.18.%u.%u me", i / 256, i % 256);
		does(s, line);
	}
	is_int(judged, 0);
	does(s, "delete filter ban 198.18.0.1 me");
	does(s, "add policy other");
	does(s, "add rule ban other L block"); /* not assigned */
	does(s, "add filterlist free");
	does(s, "add filter free any me"); /* no rule uses it */
	is_int(judged, 0);
	session_group_end(s);
	does(s, "add filter L any me protocol=TCP");
	is_int(judged, 1);
	cli_free(s);
}

/* --- dynamic rules -------------------------------------------------------------------------------- */

static unsigned changes;
static bool permit_in_force;

static int enforcer(struct session *s, uint16_t want, struct ipc_msg *m, struct err *e)
{
	changes += want == IPC_DONE;
	(void)s, (void)e;
	*m = (struct ipc_msg){.type = want};
	if (want != IPC_PAGE || !permit_in_force)
		return 0;
	m->u.page.n = 1;
	m->u.page.kind = DYN_RULE;
	m->u.page.v[0] = (struct dyn_item){.kind = DYN_RULE, .u.rule = {.mmpolicy = "M", .qmpolicy = "",
		.filter = {.id = 1, .description = "", .src = {.kind = END_NET, .plen = 32}, .dst = {.kind = END_ME},
			.mirrored = true}}};
	ip_parse("203.0.113.9", &m->u.page.v[0].u.rule.filter.src.lo);
	return 0;
}

static void dynamic_rules_are_judged_with_those_in_force(void)
{
	static const char block[] = "add rule any me mmpolicy=M actioninbound=block actionoutbound=permit";
	struct session *s = start();

	changes = 0;
	permit_in_force = false;
	s->ask = enforcer;
	s->context = "dynamic";
	is_int(fails(s, block), 7050);
	is_int(fails(s, "add rule me any mmpolicy=M qmpolicy=Q"), 7051);
	does(s, "add rule 198.51.100.7 me mmpolicy=M actioninbound=block actionoutbound=block");
	is_int(changes, 1);
	does(s, forced(block));
	is_int(changes, 2);
	permit_in_force = true; /* a more specific one */
	does(s, block);
	is_int(changes, 3);
	is_int(fails(s, "set rule 203.0.113.9 me any 0 0 yes all actioninbound=block"), 7050);
	/* The policy cuts when the permit is gone. */
	s->context = "static";
	does(s, "set policy P assign=y force=y");
	s->context = "dynamic";
	is_int(fails(s, "delete rule 203.0.113.9 me any 0 0 yes all"), 7050);
	is_int(changes, 3);
	cli_free(s);
}

/* --- finding the connection ----------------------------------------------------------------------- */

static char *proc;

static void process(int pid, int parent, const char *env, size_t n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%d", proc, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%d/stat", proc, pid);
	f = fopen(path, "w");
	fprintf(f, "%d (a) 9 (b) S %d 1 1 0 -1\n", pid, parent);
	fclose(f);
	snprintf(path, sizeof path, "%s/%d/environ", proc, pid);
	if (!env)
		return;
	f = fopen(path, "w");
	fwrite(env, 1, n, f);
	fclose(f);
}
#define PROCESS(pid, parent, env) process(pid, parent, env, sizeof env)

static void the_connection_is_that_of_an_ancestor(void)
{
	static const char first[] = "203.0.113.1 50000 192.0.2.1 22";
	struct connection c;

	proc = dir_new();
	mkdir(proc, 0700);
	PROCESS(40, 30, "SUDO_USER=a\0PATH=/bin"); /* sudo */
	process(30, 20, NULL, 0);                  /* not to be read */
	PROCESS(20, 10, "HOME=/\0XSSH_CONNECTION=no\0SSH_CONNECTION=203.0.113.20 50000 192.0.2.1 22");
	PROCESS(10, 1, "SSH_CONNECTION=203.0.113.10 50000 192.0.2.1 22");
	PROCESS(50, 20, "SSH_CONNECTION=");
	PROCESS(60, 20, "SSH_CONNECTION=what is this");
	PROCESS(70, 71, "A=1");
	PROCESS(71, 70, "A=1");
	ok(ssh_peer_find(first, proc, 40, &c) && c.peer.b[3] == 1);
	ok(!ssh_peer_find("", proc, 40, &c));
	ok(ssh_peer_find(NULL, proc, 40, &c) && c.peer.b[3] == 20);
	ok(ssh_peer_find(NULL, proc, 10, &c) && c.peer.b[3] == 10);
	ok(!ssh_peer_find(NULL, proc, 50, &c));
	ok(!ssh_peer_find(NULL, proc, 60, &c));
	ok(!ssh_peer_find(NULL, proc, 70, &c)); /* a circle */
	ok(!ssh_peer_find(NULL, proc, 99, &c));
	dir_free(proc);
}

static const struct tap_case cases[] = {
	{"an assignment that cuts is refused, and done with force=yes", an_assignment_that_cuts_is_refused},
	{"negotiation has words of its own", negotiation_has_words_of_its_own},
	{"without a connection nothing is asked", without_a_connection_nothing_is_asked},
	{"the windows dialect has no guard and no such tag", windows_has_no_guard},
	{"whatever takes effect at once is watched", what_takes_effect_at_once_is_watched},
	{"what is cut already is not asked about again", what_is_cut_already_is_not_asked_about},
	{"force takes no untagged word and is not dumped", force_takes_no_untagged_word_and_is_not_dumped},
	{"a policy file is judged as a whole", a_file_is_judged_as_a_whole},
	{"boot settings are watched", boot_settings_are_watched},
	{"a person is asked, and nothing is locked meanwhile", a_person_is_asked_and_nothing_is_locked},
	{"a commit asks once or is refused whole", a_commit_asks_once_or_is_refused_whole},
	{"what cannot matter costs no judgement", what_cannot_matter_costs_no_judgement},
	{"dynamic rules are judged with those in force", dynamic_rules_are_judged_with_those_in_force},
	{"the connection is that of the nearest ancestor who has one", the_connection_is_that_of_an_ancestor},
};
TAP_MAIN(cases)
