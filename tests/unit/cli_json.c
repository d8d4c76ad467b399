/* format=json: every document is one (tests/unit/json_check.h), says what the store holds, and is written as it is read. */
#include "tests/unit/cli_util.h"
#include "tests/unit/json_names.h"
#include "common/base/banned.h"

/* Runs the line, which must print one document and nothing else, and gives the value at the path. */
static const char *member(struct session *s, const char *command, const char *path)
{
	const char *text = says(s, command);

	if (json_check(text))
		return json_get(text, path);
	ok(!"not a document");
	printf("#   %s: %.200s\n", command, text);
	return "";
}

#define is_member(s, command, path, want) is_str(member((s), (command), (path)), (want))

static struct session *furnished(void)
{
	struct session *s = cli_new();

	does(s, "add policy P description=\"a \\\\ b\tc \xE4\xB8\xAD\" mmlifetime=60 assign=y mmsec=\"3DES-SHA1-3 DES-MD5-1\"");
	does(s, "add filter L one.test me protocol=TCP dstport=80 description=web");
	does(s, "add filter L 10.0.0.0/8 any protocol=47 mirrored=no");
	does(s, "add filter L 10.0.0.1-10.0.0.9 me");
	does(s, "add filter L 2001:db8::1 me");
	does(s, "add filter L me DNS");
	does(s, "add filteraction A qmsec=\"AH[MD5]+ESP[None,SHA1] ESP[3DES,None]:3600s AH[SHA1]:20480k\" soft=yes");
	does(s, "add rule R P L A tunnel=192.0.2.7 conntype=lan psk=\"Sesame street\" rootca=\"CN=\\'a\\' certmap:yes\"");
	return s;
}

static const char *const commands[] = {"show policy all", "show policy P level=verbose", "show rule all P",
	"show rule all P level=verbose", "show rule default P", "show rule R P type=transport", "show filterlist all",
	"show filterlist L level=verbose", "show filterlist rule=R resolvedns=yes level=verbose", "show filteraction all",
	"show filteraction rule=R level=verbose", "show all", "show all wide=yes", "show store", "show dialect", "show gpoassignedpolicy",
	"show order", "show order policy=P", "explain srcaddr=10.0.0.5 dstaddr=me protocol=47"};

static void every_listing_is_a_document_without_keys(void)
{
	struct session *s = furnished();

	for (size_t i = 0; i < N_OF(commands); i++) {
		char command[100];
		snprintf(command, sizeof command, "%s format=json", commands[i]);
		member(s, command, "");
		ok(!strstr(buf_text(&cli_out), "Sesame"));
	}
	cli_free(s);
}

/* --- doc/json.md is the schema -------------------------------------------------------------------- */

static void the_page_names_every_member_and_no_other(void)
{
	struct session *s = furnished();
	static struct names written, promised;

	for (size_t i = 0; i < N_OF(commands); i++) {
		char command[100];
		snprintf(command, sizeof command, "%s format=json", commands[i]);
		member(s, command, "");
		names_of_document(buf_text(&cli_out), &written);
	}
	names_of_page("static", &promised);
	ok(strlen(promised.text) > 300);
	is_among(&written, &promised, "is not in doc/json.md");
	is_among(&promised, &written, "is in doc/json.md and in no document");
	cli_free(s);
}

/* A command that shows the store and knows no JSON would be a hole. */
static void every_show_command_has_it(void)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		const struct cmd *cmd = cmd_table[i];
		bool has = false;
		if (strncmp(cmd->path, "static show ", 12) != 0)
			continue;
		for (size_t k = 0; k < cmd->ntags; k++)
			has = has || strcmp(cmd->tags[k].name, "format") == 0;
		ok(has);
		has = false;
		for (size_t k = 0; k < N_OF(commands); k++)
			has = has || strncmp(commands[k], cmd->path + 7, strlen(cmd->path + 7)) == 0;
		ok(has); /* in the list above */
	}
}

static void policies_and_rules(void)
{
	struct session *s = furnished();
	const char *all = "show policy P verbose json";

	is_member(s, all, "0.name", "\"P\"");
	is_member(s, all, "0.description", "\"a \\\\\\\\ b\\tc \xE4\xB8\xAD\"");
	is_member(s, all, "0.assign", "true");
	is_member(s, all, "0.mmlifetime", "60");
	is_member(s, all, "0.pollinginterval", "180");
	is_member(s, all, "0.mmsecmethods.1", "{\"encryption\": \"DES\", \"integrity\": \"MD5\", \"group\": 1}");
	is_member(s, all, "0.nrules", "2");
	is_member(s, all, "0.rules.0.tunnel", "\"192.0.2.7\"");
	is_member(s, all, "0.rules.0.conntype", "\"lan\"");
	is_member(s, all, "0.rules.0.auth.0", "{\"method\": \"psk\"}");
	is_member(s, all, "0.rules.0.auth.1.name", "\"CN=\\\"a\\\"\"");
	is_member(s, all, "0.rules.0.auth.1.certmap", "true");
	is_member(s, all, "0.rules.0.qmsecmethods", "null");
	is_member(s, all, "0.rules.0.details.filterlist.filters.0.dstport", "80");
	is_member(s, all, "0.rules.0.details.filteraction.soft", "true");
	is_member(s, all, "0.rules.1.name", "null");
	is_member(s, all, "0.rules.1.default", "true");
	is_member(s, all, "0.rules.1.filterlist", "null");
	is_member(s, all, "0.rules.1.qmsecmethods.0.seconds", "0");
	is_member(s, all, "0.rules.1.details.filterlist", "null");
	is_member(s, "show policy P format=json", "0.rules", "(none)");
	is_member(s, "show rule id=2 policy=P format=json", "0.id", "2");
	is_member(s, "show rule R P format=json", "0.details", "(none)");
	is_member(s, "show rule all P type=transport format=json", "0.default", "true");
	cli_free(s);
}

static void filters_and_actions(void)
{
	struct session *s = furnished();
	const char *list = "show filterlist L verbose json";

	is_member(s, list, "0.nfilters", "5");
	is_member(s, list, "0.filters.0.srcaddr",
	    "{\"kind\": \"address\", \"address\": \"192.0.2.1\", \"prefix\": 32, \"name\": \"one.test\"}");
	is_member(s, list, "0.filters.0.dstaddr", "{\"kind\": \"me\"}");
	is_member(s, list, "0.filters.0.srcport", "null");
	is_member(s, list, "0.filters.0.protocol", "\"TCP\"");
	is_member(s, list, "0.filters.0.description", "\"web\"");
	is_member(s, list, "0.filters.1.srcaddr",
	    "{\"kind\": \"subnet\", \"address\": \"10.0.0.0\", \"prefix\": 8, \"name\": null}");
	is_member(s, list, "0.filters.1.dstaddr.kind", "\"any\"");
	is_member(s, list, "0.filters.1.protocol", "\"47\"");
	is_member(s, list, "0.filters.1.mirrored", "false");
	is_member(s, list, "0.filters.2.srcaddr", "{\"kind\": \"range\", \"first\": \"10.0.0.1\", \"last\": \"10.0.0.9\"}");
	is_member(s, list, "0.filters.4.dstaddr.kind", "\"dns\"");
	is_member(s, list, "0.filters.3.srcaddr.prefix", "128");
	is_member(s, "show filterlist L format=json", "0.filters", "(none)");
	is_member(s, "show filteraction A format=json", "0.qmsecmethods.0",
	    "{\"ah\": \"MD5\", \"esp\": {\"encryption\": null, \"integrity\": \"SHA1\"}, \"kilobytes\": 100000, \"seconds\": 3600}");
	is_member(s, "show filteraction A format=json", "0.qmsecmethods.1.esp.integrity", "null");
	is_member(s, "show filteraction A format=json", "0.qmsecmethods.2.esp", "null");
	is_member(s, "show filteraction A format=json", "0.qmsecmethods.2.kilobytes", "20480");
	is_member(s, "show all format=json", "filterlists.0.filters.0.dstport", "80");
	is_member(s, "show all format=json", "policies.0.rules.0.filterlist", "\"L\"");
	is_member(s, "show all format=json", "policies.0.rules.0.details", "(none)");
	is_member(s, "show store format=json", "", "{\"location\": \"local\", \"host\": \"HOST\", \"domain\": null}");
	is_member(s, "show gpoassignedpolicy format=json", "local", "\"P\"");
	cli_free(s);
}

static void nothing_there_is_an_empty_array(void)
{
	struct session *s = cli_new();

	is_str(says(s, "show policy all format=json"), "[]\n");
	is_int(session_line(s, "show filterlist all format=json", 31), 0);
	is_str(says(s, "show filterlist all format=json"), "[]\n");
	is_str(says(s, "show filteraction all format=json"), "[]\n");
	is_member(s, "show all format=json", "policies", "[]");
	is_member(s, "show gpoassignedpolicy format=json", "local", "null");
	is_int(fails(s, "show policy P format=json"), 5006);
	is_int(fails(s, "show filterlist L format=json"), 5049);
	is_int(fails(s, "show store format=table"), 7010);
	does(s, "add policy P activatedefaultrule=no");
	is_str(says(s, "show rule all P type=tunnel format=json"), "[]\n");
	is_int(fails(s, "show rule R P format=json"), 5021);
	cli_free(s);
}

/* --- streaming ---------------------------------------------------------------------------------- */

static size_t largest;

static void measure(void *ctx, const char *text, size_t n)
{
	util_out(ctx, text, n);
	largest = n > largest ? n : largest;
}

static void many_filters_are_passed_on_as_they_come(void)
{
	enum { MANY = 20000 };
	struct session *s = cli_new();
	char path[40];

	session_group_begin(s);
	for (unsigned i = 0; i < MANY; i++) {
		char add[80];
		snprintf(add, sizeof add, "add filter L 10.%u.%u.%u me", i >> 16, i >> 8 & 255, i & 255);
		does(s, add);
	}
	session_group_end(s);
	s->out = measure;
	is_member(s, "show filterlist L verbose json", "0.nfilters", "20000");
	snprintf(path, sizeof path, "0.filters.%d.srcaddr.address", MANY - 1);
	is_str(json_get(buf_text(&cli_out), path), "\"10.0.78.31\"");
	ok(cli_out.len > MANY * 100);
	ok(largest < 128 * 1024);
	ok(s->text.cap <= 256 * 1024);
	cli_free(s);
}

static const struct tap_case cases[] = {
	{"every listing is a document without keys", every_listing_is_a_document_without_keys},
	{"doc/json.md names every member and no other", the_page_names_every_member_and_no_other},
	{"every show command has it", every_show_command_has_it},
	{"policies and rules", policies_and_rules},
	{"filters and actions", filters_and_actions},
	{"nothing there is an empty array", nothing_there_is_an_empty_array},
	{"many filters are passed on as they come", many_filters_are_passed_on_as_they_come},
};
TAP_MAIN(cases)
