/* The two dialects: how one is chosen, what each knows, what it does without being told. */
#include "tests/unit/cli_util.h"

#include "cli/commands.h"
#include "tests/unit/tap.h"
#include "common/base/banned.h"

/* --- choosing ----------------------------------------------------------------------------------- */

static void the_dialect_belongs_to_the_store(void)
{
	struct session *s = cli_new(), *other = cli_new();

	is_str(says(s, "show dialect"), "Dialect : linux\n");
	does(s, "set dialect windows");
	is_str(says(s, "show dialect"), "Dialect : windows\n");
	is_str(says(other, "show dialect"), "Dialect : linux\n");
	dir_free((char *)(size_t)other->state_dir);
	session_fini(other);
	other->state_dir = s->state_dir;
	other->dialect_from = DIALECT_UNKNOWN;
	is_str(says(other, "show dialect"), "Dialect : windows\n");
	does(other, "set dialect linux");
	is_str(says(other, "show dialect"), "Dialect : linux\n");
	session_fini(other);
	free(other);
	cli_free(s);
}

static void a_run_can_have_its_own(void)
{
	struct session *s = cli_new();

	s->dialect = DIALECT_WINDOWS;
	s->dialect_from = DIALECT_OF_RUN;
	is_str(says(s, "show dialect"), "Dialect : windows\n");
	is_int(fails(s, "show policy all format=json"), 7010);
	/* What is set is from then on in force. */
	does(s, "set dialect linux");
	is_str(says(s, "show policy all format=json"), "[]\n");
	cli_free(s);
}

static void a_dialect_that_is_taken_back_stays_out(void)
{
	struct session *s = cli_new();

	is_int(fails(s, "set dialect dos"), 7010);
	is_int(fails(s, "set dialect windows extra"), 7007);
	is_str(says(s, "show dialect"), "Dialect : linux\n");
	cli_free(s);
}

/* --- words -------------------------------------------------------------------------------------- */

static void windows_knows_no_json(void)
{
	struct session *s = cli_new();

	does(s, "set dialect windows");
	is_int(fails(s, "show policy all format=json"), 7010);
	ok(strstr(buf_text(&cli_out), "'json'") && strstr(buf_text(&cli_out), "list, table\n"));
	is_int(fails(s, "show store format=json"), 7004);
	is_int(fails(s, "show store json"), 7007);
	is_int(fails(s, "show policy all format=table"), 5072);
	cli_free(s);
}

static void help_shows_what_can_be_said(void)
{
	struct session *s = cli_new();

	ok(strstr(says(s, "show policy ?"), "json") != NULL);
	does(s, "set dialect windows");
	ok(strstr(says(s, "show policy ?"), "(list | table)") != NULL);
	ok(strstr(says(s, "show policy ?"), "json") == NULL);
	ok(strstr(says(s, "show store ?"), "format") == NULL);
	cli_free(s);
}

/* What is enough on Windows is enough here: words of ours stand back. */
static void abbreviations_mean_what_they_mean_on_windows(void)
{
	struct session *s = cli_new();

	does(s, "add policy P");
	does(s, "set def P activate=no");
	does(s, "set d P activate=yes");
	is_str(says(s, "set di windows"), "");
	is_str(says(s, "show di"), "Dialect : windows\n");
	does(s, "set d P activate=no");
	cli_free(s);
}

/* Grammar §13.2 and §3.4, §3.5: what Windows rejects, and its defaults. */
static void algorithms_and_defaults(void)
{
	struct session *s = cli_new();

	does(s, "add filteraction name=B qmsec=ESP[AES128,SHA256]");
	does(s, "add policy name=X mmsec=3DES-SHA1-14");
	does(s, "add policy name=Y");
	ok(strstr(says(s, "show policy Y verbose"), "AES256       SHA256       19\n") != NULL);
	ok(strstr(says(s, "show policy X verbose"), "3DES         SHA1         14\n") != NULL);
	ok(strstr(says(s, "show filteraction B verbose"), "[SHA256, AES128]") != NULL);
	does(s, "set dialect windows");
	is_int(fails(s, "add filteraction name=C qmsec=ESP[AES128,SHA256]"), 7030);
	is_int(fails(s, "add policy name=Z mmsec=3DES-SHA1-14"), 7030);
	does(s, "add policy name=Z");
	ok(strstr(says(s, "show policy Z verbose"), "AES") == NULL);
	ok(strstr(says(s, "show rule default Z level=verbose"), "[SHA1 , DES]") != NULL);
	does(s, "add filteraction name=D");
	ok(strstr(says(s, "show filteraction D verbose"), "No. of Security.Methods: 2\n") != NULL);
	cli_free(s);
}

/* A person at the terminal is told once, a script never. */
static void weak_methods_are_mentioned_to_a_person(void)
{
	struct session *s = cli_new();

	does(s, "add policy name=P mmsec=DES-MD5-1");
	is_int(cli_err.len, 0);
	s->person = true;
	does(s, "add policy name=Q mmsec=\"DES-MD5-1 DES-SHA1-1\"");
	is_str(buf_text(&cli_err), "ipsecsh: mmsecmethods: DES is weak, keep it for peers that know nothing better\n");
	buf_clear(&cli_err);
	does(s, "add policy name=R"); /* not named: not the person's doing */
	does(s, "add filteraction name=A qmsec=ESP[AES256,SHA256]");
	is_int(cli_err.len, 0);
	does(s, "set filteraction name=A qmsec=AH[MD5]");
	ok(strstr(buf_text(&cli_err), "qmsecmethods: MD5 is weak") != NULL);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"the dialect belongs to the store", the_dialect_belongs_to_the_store},
	{"a run can have its own", a_run_can_have_its_own},
	{"a dialect that is refused stays out", a_dialect_that_is_taken_back_stays_out},
	{"windows knows no json", windows_knows_no_json},
	{"help shows what can be said", help_shows_what_can_be_said},
	{"abbreviations mean what they mean on Windows", abbreviations_mean_what_they_mean_on_windows},
	{"algorithms and defaults", algorithms_and_defaults},
	{"weak methods are mentioned to a person", weak_methods_are_mentioned_to_a_person},
};
TAP_MAIN(cases)
